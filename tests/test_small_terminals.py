"""Small and broken terminals: no crash, no spin, and what is said arrives all the same."""

import os
import signal
import time

import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, F2, processor_time
from peers import HOST, call, eventually, is_listening, listeners, process_state
from terminal import PAGE_DOWN, PAGE_UP, ctrl
from test_screen import TIME, own, theirs

SIZES = [(1, 1), (1, 80), (24, 1), (2, 2), (3, 3), (2, 80), (24, 8), (5, 7)]
FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize("rows, columns", SIZES)
def test_tiny_terminal(screen, port, rows, columns):
    """In a terminal of any size one can talk; made larger, it shows what was said."""
    server = screen("-s", port, rows=rows, columns=columns)
    eventually(lambda: server.update(0.01) or is_listening(port), "the server")
    caller = call(port)
    eventually(lambda: server.update(0.01) or listeners(server.pid), "the listener")
    caller.send("漢字 theirs e\u0301" + FAMILY + "\n" + "x" * 300 + "\n")
    server.say("mine 漢字")
    caller.expect("mine 漢字\n")
    server.press(PAGE_UP + "x" + CTRL_PAGE_UP + PAGE_DOWN + ctrl("L") + ctrl("C"))
    server.resize(24, 80)
    server.wait_for(own("mine 漢字"))
    server.wait_for(theirs("漢字 theirs é👨👩👧"))  # pyte joins nothing
    server.press(ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0


def test_resizing_through_all_sizes(screen_called):
    """However the window changes while lines come and keys are pressed, it ends well."""
    server, caller = screen_called()
    for n in range(1, 40):
        server.resize(1 + n * 7 % 13, 1 + n * 11 % 31)
        caller.send(f"漢字 {n} " + "word " * n + "\n")
        server.press(("漢", PAGE_UP, ctrl("L"), PAGE_DOWN, "e\u0301")[n % 5])
        server.update(0)
    server.resize(24, 80)
    server.press(ctrl("U") + CTRL_PAGE_DOWN + "done")
    server.wait_for(lambda: server.input == "> done")
    server.wait_for(" 漢字 39 word")


# A terminal that disappears


IGNORING = ("sh", "-c", 'trap "" HUP; read go; "$@"', "sh")


@pytest.mark.usefixtures("vanishing")
@pytest.mark.parametrize("state", ["waiting", "talking", "pasting", "undelivered", "paging"])
@pytest.mark.parametrize("shell", [None, IGNORING], ids=["hang-up", "no signal"])
def test_terminal_disappears(screen, environment, port, tmp_path, state, shell):
    """When the window is gone tchat goes too, with all of its processes, whether a signal tells it or
    only that there is nothing more to read."""
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho '[pager]'\nread key </dev/tty\n")
    pager.chmod(0o700)
    options = {"shell": shell} if shell else {}
    server = screen("-s", port, env=dict(environment, PAGER=str(pager)), **options)
    if shell:
        server.press("\r")
    server.wait_for("waiting on port")
    if state != "waiting":
        caller = call(port)
        server.wait_for("has called")
    if state == "pasting":
        server.press("\x1b[200~half a paste")
    if state == "undelivered":
        server.press("half-typed")
    if state == "paging":
        server.press(F2)
        server.wait_for(r"^\[pager\]$")
    processes = [server.pid, *listeners(server.pid)]
    server.hang_up()
    if state != "waiting":
        caller.expect_end()
        caller.close_input()
    for pid in processes:
        eventually(lambda: process_state(pid) is None, f"the end of {pid}")


# A terminal that takes no output


@pytest.fixture
def blocked(screen_called, tmp_path):
    """tchat on a terminal that takes no more output, the caller, and how many lines that one has said."""
    log = tmp_path / "log"
    server, caller = screen_called("-l", log, rows=60, columns=200)
    said = 0
    while not server.is_full():
        server.press(ctrl("L"))
        caller.send(f"{said} {'x' * 150}\n")
        eventually(lambda: f" < {said} " in log.read_text()[-1000:], f"line {said} in the log")
        said += 1
    return server, caller, said


def test_blocked_output(blocked, tmp_path):
    """While the terminal stands still lines go both ways, without a spin; when it goes on all is shown."""
    server, caller, said = blocked
    server.say("mine")
    caller.expect("mine\n")
    caller.send("theirs\n")
    eventually(lambda: " < theirs\n" in (tmp_path / "log").read_text()[-1000:], "the line in the log")
    before, start = processor_time(server.pid), time.monotonic()
    eventually(lambda: time.monotonic() - start > 0.5, "half a second")
    assert processor_time(server.pid) - before < 0.1
    server.wait_for(theirs("theirs"))
    assert server.shows(own("mine"))
    for n in range(max(0, said - 50), said):
        assert server.shows(TIME + f"{HOST} +{n} x+$")


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_while_output_is_blocked(blocked, signo):
    """A terminal that stands still does not keep tchat from ending."""
    server, caller, said = blocked
    processes = [server.pid, *listeners(server.pid)]
    os.kill(processes[0], signo)
    assert caller.expect_end() == b""
    caller.close_input()
    for pid in processes:
        eventually(lambda: process_state(pid) is None, f"the end of {pid}")


@pytest.mark.usefixtures("vanishing")
def test_window_closed_while_output_is_blocked(blocked):
    """A terminal that stands still and then disappears leaves nothing behind."""
    server, caller, said = blocked
    processes = [server.pid, *listeners(server.pid)]
    server.hang_up()
    caller.expect_end()
    caller.close_input()
    for pid in processes:
        eventually(lambda: process_state(pid) is None, f"the end of {pid}")
