"""Each process of tchat killed, or stopped for a while, at every stage of a conversation."""

import os
import re
import signal
import threading

import pytest

from fullscreen import DELIVERED, F2, DeafCaller, marked
from peers import (HOST, LINUX, call, callers, children, editors, eventually, is_listening, listeners, needs_linux, process_state,
                   together)
from terminal import ENTER, ctrl
from test_help import pager  # noqa: F401, a fixture
from test_network import looking_up  # noqa: F401, a fixture
from test_screen import lines, notice, own, pasted, theirs

FILLER = "x" * 200_000


def kill(pid, signo=signal.SIGKILL):
    os.kill(pid, signo)


def gone(*pids):
    """Waits until none of the processes is left."""
    eventually(lambda: not any(map(process_state, pids)), "the end of all processes")


def pour(caller, text=lines(1000)):
    """Sends lines in the background until the other end is gone."""
    def run():
        try:
            while True:
                caller.send(text)
        except OSError:
            pass

    threading.Thread(target=run, daemon=True).start()


def exchange(server, caller):
    """One line each way, in plain mode."""
    server.send("answer\n")
    caller.expect("answer\n")
    caller.send("question\n")
    server.expect("question\n")


# What goes on in plain mode when the process is killed, each with the peer.


def just_connected(serve, port):
    server = serve()
    caller = call(port)
    server.err.expect("has called\n")
    return server, caller


def talking(serve, port):
    server, caller = just_connected(serve, port)
    exchange(server, caller)
    return server, caller


def in_a_flood(serve, port):
    server, caller = just_connected(serve, port)
    pour(caller)
    server.out.expect_amount(1 << 20)
    return server, caller


def peer_is_deaf(serve, port):
    server = serve()
    caller = DeafCaller(port)
    server.err.expect("has called\n")
    server.clog(server.process.stdin.fileno())
    return server, caller


def closing(serve, port):
    server, caller = talking(serve, port)
    server.close_input()
    caller.incoming.expect_end()
    return server, caller


PLAIN = [just_connected, talking, in_a_flood, peer_is_deaf, closing]


@pytest.mark.parametrize("stage", PLAIN, ids=lambda stage: stage.__name__)
def test_speaker_killed(serve, port, stage):
    """kill -9 of the speaker, plain: the shell tells; the listener goes, and the peer sees the end."""
    server, caller = stage(serve, port)
    listener = server.listener()
    server.kill()
    assert server.wait() == -signal.SIGKILL
    gone(listener)
    line = caller.read() if isinstance(caller, DeafCaller) else caller
    line.incoming.expect_end()
    if stage is talking:
        assert line.incoming.data == b"answer\n"


@pytest.mark.parametrize("stage", PLAIN, ids=lambda stage: stage.__name__)
def test_listener_killed(serve, port, stage):
    """kill -9 of the listener, plain: tchat says so, counts the lines that did not arrive, and fails."""
    server, caller = stage(serve, port)
    kill(server.listener())
    server.notice("the listener died: Killed")
    if stage is peer_is_deaf:
        assert re.search(rb"tchat: \d+ lines? (was|were)$", server.err.expect(" not delivered\n"))
    else:
        caller.incoming.expect_end()
    assert server.wait() == 1
    assert (b"not delivered" in server.err.data) == (stage is peer_is_deaf)


def test_turns_killed(called):
    """kill -9 in turns: the one process is gone, and the peer sees the end."""
    server, caller = called("-a")
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    server.kill()
    assert server.wait() == -signal.SIGKILL
    assert caller.expect_end() == b"answer\n"


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["both", "turns"])
def test_waiting_server_killed(serve, port, mode):
    """kill -9 of a server that nobody has called: its port is free a moment later."""
    server = serve(*mode)
    server.kill()
    assert server.wait() == -signal.SIGKILL
    eventually(lambda: not is_listening(port), "a port that is free")  # once the process that waits is gone


def test_calling_client_killed(start, silent_port):
    """kill -9 of a client that nobody answers: nothing is left."""
    client = start("-c", HOST, silent_port)
    client.notice(f"calling {HOST} port {silent_port}")
    client.settle()
    client.kill()
    assert client.wait() == -signal.SIGKILL


def test_helper_that_looks_up_killed(looking_up, port):
    """kill -9 of the process that looks a name up: the name counts as not found."""
    [caller] = children(looking_up.pid)
    kill(eventually(lambda: children(caller), "the helper")[0])
    looking_up.err.expect("cannot find nosuch.invalid: ")
    assert looking_up.wait() == 1


# The same in the full screen.


def screen_talking(screen, port, **options):
    server = screen("-s", port, columns=120, **options)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for("has called")
    server.say("answer")
    server.wait_for(marked(DELIVERED, "answer"))
    caller.send("question\n")
    server.wait_for(theirs("question"))
    return server, caller


def screen_in_a_flood(screen, port, **options):
    server, caller = screen_talking(screen, port, **options)
    pour(caller)
    server.wait_for(r" line \d+$")
    return server, caller


def screen_peer_is_deaf(screen, port, **options):
    server = screen("-s", port, columns=120, **options)
    server.wait_for("waiting on port")
    caller = DeafCaller(port)
    server.wait_for("has called")
    server.say(pasted(FILLER))
    server.say("one more")
    server.wait_for(lambda: "does not read" in server.bar)
    return server, caller


def screen_closing(screen, port, **options):
    server, caller = screen_peer_is_deaf(screen, port, **options)
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    return server, caller


def screen_in_the_pager(screen, port, **options):
    server, caller = screen_talking(screen, port, **options)
    server.press("half-typed" + F2)
    server.wait_for(r"^\[pager\]$")
    return server, caller


SCREEN = [screen_talking, screen_in_a_flood, pytest.param(screen_peer_is_deaf, marks=needs_linux),
          pytest.param(screen_closing, marks=needs_linux), screen_in_the_pager]
by_name = {"ids": lambda stage: stage.__name__.removeprefix("screen_")}


@pytest.mark.parametrize("stage", SCREEN, **by_name)
def test_speaker_killed_in_the_full_screen(screen, port, pager, stage):
    """kill -9 of the speaker: the shell tells; nothing of tchat is left, and the peer sees the end."""
    server, caller = stage(screen, port, env=pager)
    pid = server.pid
    others = children(pid)
    kill(pid)
    assert server.wait() == 128 + signal.SIGKILL
    gone(*others if LINUX else others[:1])  # elsewhere the pager stays until its terminal goes
    line = caller.read() if isinstance(caller, DeafCaller) else caller
    line.incoming.expect_end()


@pytest.mark.parametrize("stage", SCREEN, **by_name)
def test_listener_killed_in_the_full_screen(screen, port, pager, stage):
    """kill -9 of the listener: the pane says so; who leaves then is told what was not delivered."""
    server, caller = stage(screen, port, env=pager)
    kill(listeners(server.pid)[0])
    if stage is screen_in_the_pager:
        server.press(ENTER)
    lost = ["one more"] if stage in (screen_peer_is_deaf, screen_closing) else []
    if stage is not screen_closing:
        server.wait_for(notice("the listener died: Killed"))
        if stage is screen_in_the_pager:
            server.wait_for(lambda: server.input == "> half-typed")
            server.press(ctrl("U"))
        server.press(ctrl("D"))
    assert server.wait() == 1
    said = [row for row in server.rows() if row.startswith("tchat: not delivered: ")]
    assert [row.partition("delivered: ")[2] for row in said] == lost
    assert server.is_restored()


@pytest.mark.parametrize("stage", ["waiting", "calling"])
def test_killed_before_the_conversation(screen, port, silent_port, stage):
    """kill -9 while nobody is there yet: the shell tells, and nothing is left."""
    program = screen("-s", port) if stage == "waiting" else screen("-c", HOST, silent_port)
    program.wait_for(f"{stage} .*port")
    pid = program.pid
    others = children(pid)
    kill(pid)
    assert program.wait() == 128 + signal.SIGKILL
    gone(pid, *others)
    eventually(lambda: not is_listening(port), "a port that is free")  # once the process that waits is gone


def test_pager_killed(screen, port, pager):
    """kill -9 of the pager: the full screen comes back as it was."""
    server, caller = screen_in_the_pager(screen, port, env=pager)
    [shown] = set(children(server.pid)) - {*listeners(server.pid), *editors(server.pid), *callers(server.pid)}
    kill(shown)
    server.wait_for(lambda: server.display.alternate and server.input == "> half-typed")
    caller.send("still there?\n")
    server.wait_for(theirs("still there?"))


# Stopped, and continued


COUNT = 20_000


def stop(*pids):
    for pid in pids:
        kill(pid, signal.SIGSTOP)
    eventually(lambda: all(process_state(pid) == "T" for pid in pids), "standstill")


def go_on(*pids):
    for pid in pids:
        kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("who", ["speaker", "listener", "both"])
def test_stopped_amid_traffic(called, who):
    """A process of plain tchat that stands still for a while: all lines arrive, in order, both ways."""
    server, caller = called()
    pids = {"speaker": [server.pid], "listener": [server.listener()]}
    pids["both"] = pids["speaker"] + pids["listener"]

    def interrupt():
        server.out.expect_amount(1000)
        caller.incoming.expect_amount(1000)
        for _ in range(3):
            stop(*pids[who])
            go_on(*pids[who])

    text = lines(COUNT)
    together(lambda: server.send(text), lambda: caller.send(text), interrupt)
    server.close_input()
    assert caller.expect_end().decode() == text
    caller.close_input()
    assert server.output().decode() == text
    assert server.wait() == 0


@pytest.mark.parametrize("who", ["speaker", "listener", "both"])
def test_stopped_amid_traffic_in_the_full_screen(screen_called, tmp_path, who):
    """The same in the full screen: keys pressed meanwhile count, and all lines are in the log."""
    log = tmp_path / "log"
    server, caller = screen_called("-l", log)
    pids = {"speaker": [server.pid], "listener": listeners(server.pid)}
    pids["both"] = pids["speaker"] + pids["listener"]
    caller.send(lines(COUNT))
    server.wait_for(r" line \d+$")
    stop(*pids[who])
    server.press("typed while it stood still")
    sender = threading.Thread(target=caller.send, args=(lines(COUNT, "then"),))
    sender.start()
    go_on(*pids[who])
    server.press(ENTER)
    server.wait_for(theirs(f"then {COUNT - 1}"))
    sender.join()
    server.wait_for(lambda: server.input == ">")
    caller.expect("typed while it stood still\n")
    heard = [line.split(" < ")[1] for line in log.read_text().splitlines() if " < " in line]
    assert heard == (lines(COUNT) + lines(COUNT, "then")).splitlines()
    caller.send("and on\n")
    server.wait_for(theirs("and on"))
    server.say("it goes")
    server.wait_for(own("it goes"))


def test_turns_stopped(called):
    """In turns, what comes and is typed while tchat stands still waits for its turn."""
    server, caller = called("-a")
    stop(server.pid)
    caller.send(lines(100, "theirs"))
    server.send(lines(100, "mine"))
    go_on(server.pid)
    caller.expect("mine 99\n")
    server.close_input()
    caller.close_input()
    assert caller.expect_end().decode() == lines(100, "mine")
    assert server.output().decode() == lines(100, "theirs")
