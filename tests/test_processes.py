"""The two processes of a conversation: what they are called, what they hold, and how they die."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from peers import HOST, SLOWNESS, call, children, eventually, looks_into_listener, process_state, title

from test_confined import SANITIZED


def descriptors(pid):
    """The open descriptors of a process, and what they lead to."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def nonblocking(pid):
    """Which of a process's descriptors do not block."""
    def flags(number):
        for line in Path(f"/proc/{pid}/fdinfo/{number}").read_text().splitlines():
            if line.startswith("flags:"):
                return int(line.split()[1], 8)

    return {number: target for number, target in descriptors(pid).items()
            if flags(number) & os.O_NONBLOCK}


def test_titles_say_who_talks_to_whom(called):
    """ps shows which process talks, which one listens, and to whom."""
    server, caller = called()
    peer = f"{HOST} port {caller.port}"
    eventually(lambda: title(server.pid) == f"tchat: talking to {peer}", "the speaker's title")
    listener = server.listener()
    eventually(lambda: title(listener) == f"tchat: listening to {peer}", "the listener's title")


def test_turns_are_one_process(called):
    """By alternation needs no second process, once somebody is there."""
    server, caller = called("-a")
    caller.send("hello\n")
    server.expect("hello\n")
    eventually(lambda: children(server.pid) == [], "the end of the process that waited")


@looks_into_listener
@pytest.mark.parametrize("side", ["called", "calling"])
def test_nothing_shared_is_nonblocking(request, side):
    """Neither standard input and output nor the connection are switched to non-blocking."""
    program, other = request.getfixturevalue(side)()
    program.send("hello\n")
    other.expect("hello\n")
    other.send("hello\n")
    program.expect("hello\n")
    assert nonblocking(program.pid) == {}
    assert nonblocking(program.listener()) == {}


@looks_into_listener
def test_listener_holds_what_it_needs(called, tmp_path):
    """The process that reads hostile bytes has the connection, outputs, its report and the log."""
    server, caller = called("-k", "-l", tmp_path / "log")
    caller.send("hello\n")
    server.expect("hello\n")
    held = descriptors(server.listener())
    assert 0 not in held
    assert held[1] == os.readlink(f"/proc/{server.pid}/fd/1")
    assert held.get(2) == (os.readlink(f"/proc/{server.pid}/fd/2") if SANITIZED else None)
    others = sorted(target.split(":")[0] for number, target in held.items() if number > 2)
    assert others == [str(tmp_path / "log"), "pipe", "socket"]


def test_killed_listener_is_reported(called):
    """kill -9 of the listener: tchat says so and fails, and the peer sees the end."""
    server, caller = called()
    os.kill(server.listener(), signal.SIGKILL)
    server.notice("the listener died: Killed")
    caller.expect_end()
    assert server.wait() == 1


def test_killed_speaker_leaves_no_orphan(called):
    """kill -9 of the speaker: within a second the listener is gone too, and the peer sees it."""
    server, caller = called()
    listener = server.listener()
    server.settle()
    server.kill(signal.SIGKILL)
    begin = time.monotonic()
    eventually(lambda: process_state(listener) is None, "the end of the listener")
    assert time.monotonic() - begin < 1 * SLOWNESS
    caller.incoming.expect_end()


def test_killed_speaker_of_a_stopped_reader(serve, port):
    """kill -9 of the speaker while the listener waits for a reader that does not read."""
    reading, writing = os.pipe()
    server = serve(stdout=writing)
    os.close(writing)
    with socket.create_connection((HOST, port)) as flood:
        server.err.expect("has called\n")
        server.clog(flood.fileno())
        listener = server.listener()
        server.kill(signal.SIGKILL)
        eventually(lambda: process_state(listener) is None, "the end of the listener")
    os.close(reading)


@pytest.mark.parametrize("ending", ["leave", "reset", "signal"])
def test_nothing_is_left_behind(called, ending):
    """However a conversation ends, no process of it remains."""
    server, caller = called()
    listener = server.listener()
    if ending == "reset":
        caller.reset()
    else:
        if ending == "signal":
            server.kill(signal.SIGTERM)
        server.close_input()
        caller.close_input()
    server.wait()
    assert process_state(listener) is None
    with pytest.raises(ProcessLookupError):
        os.killpg(server.pid, 0)


def test_many_callers_leave_nothing_behind(serve, port):
    """After many callers a server that keeps has no more descriptors and children than before."""
    server = serve("-k")
    before, waiting = descriptors(server.pid).keys(), children(server.pid)
    for _ in range(30):
        caller = call(port)
        server.notice(f"{HOST} has called")
        caller.close_input()
        server.notice(f"waiting on port {port}")
        caller.expect_end()
    assert descriptors(server.pid).keys() == before
    assert children(server.pid) == waiting
