"""Signals at any moment, to each process: nothing is lost, and the screen is right afterwards."""

import os
import random
import re
import signal
import sys
import threading
from pathlib import Path

import pytest

from fullscreen import DELIVERED, F2, marked
from peers import HOST, TCHAT, Door, call, callers, children, eventually, listeners, process_state, title, together
from terminal import ENTER, ctrl
from test_screen import lines, theirs

HARMLESS = [signal.SIGWINCH, signal.SIGCHLD, signal.SIGTSTP, signal.SIGCONT, signal.SIGPIPE, signal.SIGURG]
COUNT = 20_000


class Storm:
    """Signals to processes, in the background, until it is told to end and so many have been sent."""

    def __init__(self, *pids):
        self._pids, self._stop = pids, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        generator, sent = random.Random(1), 0
        while sent < 500 or not self._stop.is_set():
            os.kill(generator.choice(self._pids), generator.choice(HARMLESS))
            sent += 1
            if sent % 10 == 0:
                self._stop.wait(0.0005)

    def end(self):
        self._stop.set()
        self._thread.join()
        for pid in self._pids:
            os.kill(pid, signal.SIGCONT)


def test_storm_in_plain_mode(called):
    """Signals to both processes amid traffic both ways: all lines arrive, in order."""
    server, caller = called()
    storm = Storm(server.pid, server.listener())
    text = lines(COUNT)
    together(lambda: server.send(text), lambda: caller.send(text))
    caller.expect(f"line {COUNT - 1}\n")
    server.expect(f"line {COUNT - 1}\n")
    storm.end()
    server.close_input()
    caller.close_input()
    assert caller.expect_end().decode() == text
    assert server.output().decode() == text
    assert server.wait() == 0


def test_storm_in_turns(called):
    """Signals to the one process that takes turns."""
    server, caller = called("-a")
    storm = Storm(server.pid)
    for turn in range(200):
        caller.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")
    storm.end()
    caller.close_input()
    server.close_input()
    assert server.wait() == 0


def test_storm_in_the_full_screen(screen_called, tmp_path):
    """Signals to both processes amid lines both ways: none is lost, and the screen is right."""
    log = tmp_path / "log"
    server, caller = screen_called("-l", log)
    listener, = listeners(server.pid)
    storm = Storm(server.pid, listener)
    sender = threading.Thread(target=caller.send, args=(lines(COUNT),))
    sender.start()
    for turn in range(10):
        server.say(f"answer {turn}")
        server.update(0)
    server.wait_for(lambda: f" < line {COUNT - 1}\n" in log.read_text()[-10_000:])
    sender.join()
    caller.expect("answer 9\n")
    storm.end()
    assert caller.incoming.data.decode() == "".join(f"answer {turn}\n" for turn in range(10))
    heard = [line.split(" < ")[1] for line in log.read_text().splitlines() if " < " in line]
    assert heard == lines(COUNT).splitlines()
    caller.send("after the storm\n")
    server.wait_for(theirs("after the storm"))
    server.say("calm")
    server.wait_for(marked(DELIVERED, "calm"))
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed" and server.cursor == (23, 12))
    before = server.rows()
    server.scribble()
    server.press(ctrl("L"))
    server.wait_for(lambda: server.rows() == before)
    assert listeners(server.pid) == [listener]
    assert process_state(listener) is not None
    server.press(ctrl("U") + ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()


def test_storm_while_waiting(screen, port):
    """Signals to a server that nobody has called: it still waits, and takes keys."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    storm = Storm(server.pid)
    server.press("half-typed")
    storm.end()
    server.wait_for(lambda: server.input == "> half-typed")
    server.press(ctrl("U") + ctrl("D"))
    assert server.wait() == 0
    assert server.is_restored()


@pytest.mark.parametrize("signo", [signal.SIGUSR1, signal.SIGALRM])
def test_other_signals_kill(called, signo):
    """What tchat makes nothing of ends it as it ends other programs; no process is left behind."""
    server, caller = called()
    server.send("answer\n")
    caller.expect("answer\n")
    listener = server.listener()
    server.kill(signo)
    assert server.wait() == -signo
    caller.incoming.expect_end()
    eventually(lambda: process_state(listener) is None, "the end of the listener")


def test_listener_killed_by_another_signal(called):
    """What ended the listener is said by its name."""
    server, caller = called()
    os.kill(server.listener(), signal.SIGUSR1)
    server.notice("the listener died: User defined signal 1")
    assert server.wait() == 1


def test_no_zombies(screen_called, port):
    """After conversations that ended in all kinds of ways no dead process is left."""
    server, caller = screen_called("-k")
    caller.close_input()
    for ending in ("leave", "reset", "kill"):
        server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
        caller = call(port)
        server.wait_for(lambda: server.pane[-1].endswith(f"{HOST} has called"))
        if ending == "kill":
            os.kill(listeners(server.pid)[0], signal.SIGKILL)
        elif ending == "reset":
            caller.reset()
        else:
            caller.close_input()
    server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
    assert {title(child) for child in children(server.pid)} == {f"tchat: waiting on port {port}", "tchat: editing a line"}


def test_signal_for_all_processes(serve):
    """What timeout(1) and a shell's kill(1) send to a whole job ends it as if it were for one of them."""
    for _ in range(20):
        server = serve("-k")
        os.killpg(server.pid, signal.SIGTERM)
        assert server.wait() == -signal.SIGTERM
        assert b"died" not in server.err.data


# Signals that are blocked or ignored when tchat is started, as some programs leave them to those that they start.
LEFT = {
    "SIGCHLD blocked": "pthread_sigmask(SIG_BLOCK, [SIGCHLD])",
    "those that end it blocked": "pthread_sigmask(SIG_BLOCK, [SIGHUP, SIGINT, SIGQUIT, SIGTERM])",
    "SIGWINCH blocked": "pthread_sigmask(SIG_BLOCK, [SIGWINCH])",
    "all blocked": "pthread_sigmask(SIG_BLOCK, valid_signals())",
    "SIGCHLD ignored": "signal(SIGCHLD, SIG_IGN)",
    "SIGWINCH ignored": "signal(SIGWINCH, SIG_IGN)",
    "SIGPIPE ignored": "signal(SIGPIPE, SIG_IGN)",
}
left = pytest.mark.parametrize("how", LEFT)


def leaving(how, *command):
    """A command, and what starts it with signals left so."""
    start = f"import os, sys; from signal import *; {LEFT.get(how, how)}; os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", start, *command]


def mask(pid, name):
    """The signals that a process has blocked, ignored or caught, as bits (proc(5))."""
    return int(re.search(rf"{name}:\t(\w+)", Path(f"/proc/{pid}/status").read_text())[1], 16)


# In the masks that the pager shows, the C library's own two, 32 and 33, are what make(1) has left.
NO_SIGNALS, HANGUP_ALONE = r"\w+[08]0{7}$", r"\w+[08]0{6}1$"


@pytest.fixture
def with_pager(environment, tmp_path):
    """An environment with a pager that shows which signals it has blocked and ignored, and waits for Enter."""
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\ngrep Sig /proc/self/status\necho "[pager]"\nread key </dev/tty\n')
    pager.chmod(0o700)
    return dict(environment, PAGER=str(pager))


@left
def test_signals_left_in_the_full_screen(on_terminal, with_pager, port, how):
    """Whatever was blocked or ignored, the screen comes back from the pager, which has its signals as programs expect
    them; the size of the window is heard of, and so is Ctrl-D; no process is left over."""
    server = on_terminal(*leaving(how, TCHAT, "-s", "-b", HOST, port), env=with_pager)
    server.wait_for("waiting on")
    caller = call(port)
    server.wait_for("has called")
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    assert server.shows(rf"^SigBlk:\s*{NO_SIGNALS}") and server.shows(rf"^SigIgn:\s*{NO_SIGNALS}")
    server.press(ENTER)
    server.wait_for("has called")
    caller.send("after the pager\n")
    server.wait_for(theirs("after the pager"))
    server.resize(10, 60)
    server.wait_for(lambda: server.input == ">" and server.cursor[0] == 9)
    server.press(ctrl("C") + ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()


@left
@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_left_in_plain_mode(run, port, how, signo):
    """Whatever was blocked or ignored, a signal is heard while waiting and while talking, by every process."""
    server = run(*leaving(how, TCHAT, "-s", "-p", "-k", "-b", HOST, port))
    server.err.expect("waiting on")
    caller = call(port)
    server.err.expect("has called")
    processes = [server.listener(), *callers(server.pid)]
    for pid in processes:
        eventually(lambda: mask(pid, "SigBlk") == 0, "a process that blocks nothing")
    server.kill(signo)
    caller.expect_end()
    caller.close_input()
    assert server.wait() == -signo
    assert all(process_state(pid) is None for pid in processes)


@left
def test_signals_left_in_turns(run, how):
    """Whatever was blocked or ignored, a signal is heard in turns."""
    door = Door()
    client = run(*leaving(how, TCHAT, "-c", "-a", HOST, door.port))
    callee = door.accept()
    client.err.expect("connected to")
    client.kill(signal.SIGTERM)
    callee.expect_end()
    callee.close_input()
    assert client.wait() == -signal.SIGTERM


@left
def test_listener_with_signals_left_is_killed(run, port, how):
    """What ends a listener ends it at once."""
    server = run(*leaving(how, TCHAT, "-s", "-p", "-b", HOST, port))
    server.err.expect("waiting on")
    call(port)
    os.kill(server.listener(), signal.SIGUSR1)
    server.notice("the listener died: User defined signal 1")
    assert server.wait() == 1


def test_hangup_that_nohup_ignores(on_terminal, with_pager, port):
    """What is ignored so that a program stays stays ignored, also in the pager."""
    server = on_terminal(*leaving("signal(SIGHUP, SIG_IGN)", TCHAT, "-s", port), env=with_pager)
    server.wait_for("waiting on")
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    assert server.shows(rf"^SigIgn:\s*{HANGUP_ALONE}")
    os.kill(server.pid, signal.SIGHUP)
    server.press(ENTER)
    server.wait_for("waiting on")
    server.press(ctrl("D"))
    assert server.wait() == 0
