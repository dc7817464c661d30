"""Small, giant and broken terminals: no crash, no spin, and what is said arrives all the same."""

import os
import signal
import time

import pytest

from fullscreen import BACK, CTRL_PAGE_DOWN, CTRL_PAGE_UP, F2, not_under_sanitizers, peak_memory, processor_time
from peers import HOST, TCHAT, call, eventually, is_listening, listeners, process_state
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


# A terminal that is larger than any, or says so

ORDINARY, LARGE = 10 << 20, 64 << 20  # memory for a screen of ordinary size, and for the largest


def with_size(rows, columns, *command):
    """A command, and what starts it on a terminal that says it has so many rows and columns."""
    return ["sh", "-c", f'stty rows {rows} cols {columns}; exec "$@"', "sh", *command]


@not_under_sanitizers
def test_size_that_the_environment_claims(screen_called, environment):
    """The terminal says itself how large it is: that the environment says something else takes no memory, not even
    when the screen comes back from the pager, which sees the environment as it was."""
    server, caller = screen_called(env=dict(environment, LINES="30000", COLUMNS="29999",
                                            PAGER="echo size $LINES $COLUMNS; read key </dev/tty"))
    caller.send("theirs\n")
    server.wait_for(theirs("theirs"))
    server.press(F2)
    server.wait_for("^size 30000 29999$")
    server.press("\r")
    server.wait_for(theirs("theirs"))
    server.say("mine")
    server.wait_for(own("mine"))
    server.resize(20, 70)
    server.wait_for(lambda: server.input == ">" and server.cursor == (19, 2))
    assert peak_memory(server.pid) < ORDINARY


def test_size_that_only_the_environment_knows(on_terminal, environment, port):
    """Where the terminal does not say how large it is, the environment is believed, as far as that is sane."""
    server = on_terminal(*with_size(0, 0, TCHAT, "-s", port), env=dict(environment, LINES="10", COLUMNS="40"))
    server.wait_for("waiting on port")
    server.wait_for(lambda: server.cursor == (9, 2))


@not_under_sanitizers
@pytest.mark.parametrize("environment_says", [{}, {"LINES": "30000", "COLUMNS": "30000"}, {"LINES": "-1"}], ids=str)
def test_size_that_the_terminal_claims(on_terminal, environment, port, environment_says):
    """A terminal that says it is larger than any gets a screen that is as large as anybody can read."""
    size = (0, 0) if environment_says else (65_535, 65_535)
    server = on_terminal(*with_size(*size, TCHAT, "-s", port), env=environment | environment_says | {"PAGER": "true"})
    server.wait_for(lambda: b"waiting on port" in server.shown)
    caller = call(port)
    caller.send("theirs\n")
    server.wait_for(lambda: b"theirs" in server.shown)
    server.press(F2)
    server.wait_for(lambda: BACK.strip("^$").encode() in server.shown)
    server.press("x")
    server.wait_for(lambda: server.shown.count(b"\x1b[?1049h") == 2)
    caller.send("after the pager\n")
    server.wait_for(lambda: b"after the pager" in server.shown)
    assert peak_memory(server.pid) < LARGE


@not_under_sanitizers
def test_size_that_the_terminal_claims_later(screen_called):
    """The same when its size changes, and back."""
    server, caller = screen_called()
    server.child.resize(65_535, 65_535)
    server.wait_for(lambda: b"\x1b[500;" in server.shown)
    caller.send("theirs\n")
    server.wait_for(lambda: b"theirs" in server.shown)
    server.resize(24, 80)
    server.wait_for(theirs("theirs"))
    server.say("mine")
    server.wait_for(own("mine"))
    assert peak_memory(server.pid) < LARGE


@pytest.mark.parametrize("rows, columns", [(510, 80), (24, 1010)])
def test_rest_of_a_giant_terminal(screen, port, rows, columns):
    """What is beyond the largest screen stays empty."""
    server = screen("-s", port, rows=rows, columns=columns)
    server.wait_for(lambda: server.rows()[min(rows, 500) - 1] == ">")
    shown = server.rows()
    assert "waiting on port" in shown[min(rows, 500) - 2] and "F1/Alt-? help" in shown[min(rows, 500) - 2][:1000]
    assert not any(shown[500:]) and not any(row[1000:] for row in shown)


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
