"""The pager: where it opens, and what is on the terminal until the screen is back."""

import os
import re
import shlex
import shutil
import signal

import pytest

from fullscreen import BACK, CTRL_PAGE_UP, F1, F2, FOCUS_OUT
from peers import HOST, TCHAT, call, children, eventually, process_state
from terminal import DOWN, ENTER, ESCAPE, PAGE_UP, ctrl
from test_attention import rings
from test_screen import lines, own, pasted, theirs

SAID = rf"^ *\d* *\d{{4}}-\d\d-\d\d \d\d:\d\d {HOST} < "  # before a line in the pager, which may have a number
PRINTS = "echo '[pager]'"  # a pager that ends at once
WAITS = "echo '[pager]'; read key </dev/tty"

needs_less = pytest.mark.skipif(shutil.which("less") is None, reason="there is no less(1)")


def is_back(server):
    return server.display.alternate


@pytest.fixture
def paging(screen_called, environment):
    """tchat as a server with some pager, and a caller who has said so many lines."""
    def paging(count, *arguments, **variables):
        server, caller = screen_called(*arguments, env=dict(environment, **variables))
        caller.send(lines(count))
        server.wait_for(theirs(f"line {count - 1}"))
        return server, caller

    return paging


# What ends at once


@pytest.mark.parametrize("variables", [
    {"PAGER": "cat"}, {"PAGER": "tail -n 5"}, {"PAGER": "head -n 100 | tail -n 5"},
    pytest.param({"PAGER": "less", "LESS": "-FRX"}, marks=needs_less),
    pytest.param({"PAGER": "less --quit-if-one-screen -X", "LESS": "-R"}, marks=needs_less),
    pytest.param({"PAGER": "less -E"}, marks=needs_less),
    pytest.param({"PAGER": shlex.quote(shutil.which("less") or "less"), "LESS": "FX"}, marks=needs_less)])
def test_pager_that_ends_at_once(paging, variables):
    """What it has shown stays until a key is pressed, which does nothing else."""
    server, caller = paging(5, **variables)
    server.press("half-typed" + F2)
    server.wait_for(BACK)
    assert not is_back(server)
    if "-E" not in variables["PAGER"]:  # which shows it on a screen of its own
        assert server.shows(SAID + "line 4$")
    server.press("q")
    server.wait_for(lambda: is_back(server) and server.input == "> half-typed")
    server.press(ENTER)
    caller.expect("half-typed\n")


@needs_less
@pytest.mark.parametrize("count, length, options", [(5, 5, ""), (5, 5, "-RXeP-F"), (100, 5, "-FRX"), (15, 70, "-FRX")])
def test_less_that_waits(screen_called, environment, count, length, options):
    """Where less(1) waits for a key by itself, none is asked for; also if it does as lines take several rows."""
    server, caller = screen_called(env=dict(environment, PAGER="less", LESS=options))
    caller.send(lines(count, "x" * length))
    server.wait_for(f"x {count - 1}$")
    server.press(F2)
    server.wait_for(lambda: server.shows(r"^(\(END\)|-F)$") and server.shows(f"x {count - 1}$"))
    server.press("q")
    server.wait_for(lambda: is_back(server))
    assert BACK.strip("^$").encode() not in server.shown
    server.say("still here")
    caller.expect("still here\n")


@pytest.mark.parametrize("key", ["x", "漢", ENTER, ESCAPE, DOWN, F1, F2, ctrl("C"), ctrl("D"), ctrl("Q"), "\x1bx"])
def test_any_key_brings_the_screen_back(paging, key):
    """Whatever key it is, it is not in the input line, and does nothing that it does otherwise."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    server.press(key)
    server.wait_for(lambda: is_back(server) and server.input == ">")
    server.press("next")
    server.wait_for(lambda: server.input == "> next")
    assert server.shows(theirs("line 4")) and not server.shows("Ctrl-D     leave")


def test_key_in_pieces(paging):
    """A key that a network has cut is one, and the screen is back with its end.  It is not cut behind Escape, which may
    be a key by itself: for what follows it, but a moment is waited."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    for piece in (DOWN[:2], DOWN[2:]):
        server.press_and_wait(piece)
    server.wait_for(lambda: is_back(server))
    server.press("next")
    server.wait_for(lambda: server.input == "> next")


def test_paste_brings_the_screen_back(paging):
    """A paste is no key: it is in the input line, and nothing of it is lost."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    server.press(pasted("all of it") + " and more")
    server.wait_for(lambda: is_back(server) and server.input == "> all of it and more")


def test_paste_behind_escape(paging):
    """A key before it, at once, makes no keys of the paste."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    server.press(ESCAPE + pasted("one\rtwo\r") + "three")
    server.wait_for(lambda: is_back(server) and server.rows()[-3:] == ["> one⏎", "two⏎", "three"])


def test_typed_before_a_key_is_asked_for(paging, tmp_path):
    """What was typed before, for tchat or while the pager had the terminal, brings nothing back and is not lost."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server, caller = paging(5, PAGER=f"{PRINTS}; read go <{gate}")
    server.press(F2 + "one ")
    server.wait_for(r"^\[pager\]$")
    server.press("two ")
    server.wait_for("^two$")
    gate.write_text("go\n")
    server.wait_for(BACK)
    assert not is_back(server)
    server.press("x")
    server.wait_for(lambda: is_back(server) and server.input == "> one two")


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_while_a_key_is_asked_for(paging, signo):
    """It ends tchat as ever, and says what was typed."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press("half-typed" + F2)
    server.wait_for(BACK)
    os.kill(server.pid, signo)
    caller.close_input()
    assert server.wait() == 128 + signo
    assert server.shows("^tchat: not sent: half-typed$") and server.is_restored()
    assert server.shown.count(b"\x1b[?1049l") == 1  # what else was saved before tchat is still to be had


def test_hang_up_while_a_key_is_asked_for(paging, vanishing):
    """With the window tchat is gone, and the caller is told."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    pid = server.pid
    server.hang_up()
    caller.expect_end()
    caller.close_input()
    eventually(lambda: process_state(pid) is None, "the end of tchat")


def test_resize_while_a_key_is_asked_for(paging):
    """The screen comes back in the size that the window has then."""
    server, caller = paging(5, PAGER=PRINTS)
    server.press(F2)
    server.wait_for(BACK)
    server.resize(10, 60)
    server.press("x")
    server.wait_for(lambda: is_back(server) and server.input == ">" and server.cursor == (9, 2))
    assert server.shows(theirs("line 4"))


# Job control


@pytest.fixture
def job(on_terminal, environment, port):
    """A shell with tchat as its job, in whose pager one is."""
    def job(pager):
        shell = on_terminal("sh", "-i", shell=(), env=dict(environment, PS1="ready: ", ENV="", PAGER=pager))
        shell.wait_for("^ready:$")
        shell.say(f"{shlex.quote(TCHAT)} -s {port}")
        shell.wait_for("waiting on port")
        caller = call(port)
        shell.wait_for("has called")
        shell.press(F2)
        return shell, caller

    return job


@pytest.mark.parametrize("how", ["Ctrl-Z", "SIGTSTP"])
@pytest.mark.parametrize("pager, seen, end", [
    (PRINTS, BACK, "x"), (WAITS, r"^\[pager\]$", ENTER), ("echo '[pager]'; tail -f", r"^\[pager\]$", ctrl("C"))],
    ids=["a key is asked for", "it waits for a key", "it asks for none"])
def test_stopping_in_the_pager(job, pager, seen, end, how):
    """Ctrl-Z, or a signal, gives the shell back; after fg the pager goes on, or a key is asked for again."""
    shell, caller = job(pager)
    shell.wait_for(seen)
    settings = shell.read_settings()
    if how == "Ctrl-Z":
        shell.press_and_wait(ctrl("Z"))
    else:
        os.kill(shell.pid, signal.SIGTSTP)
    shell.wait_for("Stopped")
    shell.say("echo at the prompt")
    shell.wait_for("^at the prompt$")
    before = shell.shown.count(BACK.strip("^$").encode())
    shell.say("fg")
    if seen == BACK:
        shell.wait_for(lambda: shell.shown.count(BACK.strip("^$").encode()) > before)
    else:
        eventually(lambda: shell.read_settings() == settings and
                   process_state(max(children(shell.pid))) in ("S", "R"), "that the pager goes on")
    shell.press(end)
    shell.wait_for(lambda: is_back(shell))
    shell.say("still here")
    caller.expect("still here\n")


def test_interrupt_of_a_pager_that_wants_no_key(paging):
    """Ctrl-C ends it, also where it has never read from the terminal; no further key is asked for."""
    server, caller = paging(5, PAGER="echo '[pager]'; tail -f")
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    server.press(ctrl("C"))
    server.wait_for(lambda: is_back(server))
    server.say("still here")
    caller.expect("still here\n")


def test_all_of_the_pager_ends(paging):
    """When a signal ends tchat, none of the processes stays that the pager is made of."""
    server, caller = paging(5, PAGER="echo '[pager]'; tail -f | cat")
    others = set(children(server.pid))
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    [shell] = set(children(server.pid)) - others
    eventually(lambda: len(children(shell)) == 2, "a pipeline")
    pagers = children(shell)
    os.kill(server.pid, signal.SIGTERM)
    caller.close_input()
    assert server.wait() == 128 + signal.SIGTERM
    for pid in pagers:
        eventually(lambda pid=pid: process_state(pid) is None, "the end of the pager")


# Where it opens


@needs_less
@pytest.mark.parametrize("command", ["less", "less -i", shlex.quote(shutil.which("less") or "less"), ""])
def test_less_opens_at_the_newest_line(paging, command):
    """By default the last line is at the bottom."""
    server, caller = paging(200, PAGER=command)
    server.press(F2)
    server.wait_for(SAID + "line 199$")
    assert re.search(SAID + "line 199$", server.rows()[-2]) and not server.shows("line 150$")
    server.press("g")
    server.wait_for("waiting on port")


@pytest.mark.parametrize("command", [pytest.param("less", marks=needs_less), "more"])
def test_pager_opens_where_one_is(paging, command):
    """Scrolled back, what is at the top of the pane is at the top of the pager."""
    if shutil.which(command) is None:
        pytest.skip(f"there is no {command}(1)")
    server, caller = paging(200, PAGER=command)
    server.press(PAGE_UP * 3)
    server.wait_for(lambda: "scrolled back" in server.bar)
    first = re.search(r"line \d+$", server.pane[0])[0]
    server.press(F2)
    server.wait_for(lambda: re.search(SAID + first + "$", server.rows()[0]))


@needs_less
def test_place_when_old_lines_are_forgotten(paging):
    """Lines are counted from the oldest that is held."""
    server, caller = paging(300, "-H", "100", PAGER="less")
    server.press(CTRL_PAGE_UP)
    server.wait_for(lambda: re.search(theirs("line 200"), server.pane[0]))
    server.press(F2)
    server.wait_for(lambda: re.search(SAID + "line 200$", server.rows()[0]))


@needs_less
@pytest.mark.parametrize("options, seen", [
    ("-N", r"^ *20\d \d{4}-"), ("N", r"^ *20\d \d{4}-"), ("--LINE-NUMBERS", r"^ *20\d \d{4}-"),
    ("-Pto 'quote' \"or\" `not` | & ;$-N", "^to 'quote' \"or\" `not` [|] & ;$"), ("--prompt=to be", "^to be$"),
    ("+1g", "waiting on port")])
def test_options_of_ones_own(paging, options, seen):
    """What is in LESS goes on to hold, however it is written."""
    server, caller = paging(200, PAGER="less", LESS=options)
    server.press(F2)
    server.wait_for(seen)
    if "+" not in options:
        assert server.shows(SAID + "line 199$")


@needs_less
def test_short_text(paging):
    """A text that fits is shown from its beginning, at the top."""
    server, caller = paging(5, PAGER="less", LESS="-X")
    server.press(F2)
    server.wait_for(SAID + "line 4$")
    assert re.search("tell the other person|no address in a network", server.rows()[0])


def test_pager_that_is_not_known(paging, tmp_path):
    """Other pagers find LESS and MORE as they were, or not at all."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "less: ${LESS-none}, more: ${MORE-none}"\nread key </dev/tty\n')
    script.chmod(0o700)
    server, caller = paging(5, PAGER=str(script), LESS="-R")
    server.press(F2)
    server.wait_for("^less: -R, more: none$")


# The bell


@pytest.mark.parametrize("bell, count", [("auto", 1), ("always", 1), ("never", 0)])
@pytest.mark.parametrize("pager, seen", [(WAITS, r"^\[pager\]$"), (PRINTS, BACK)])
def test_bell_in_the_pager(paging, tmp_path, bell, count, pager, seen):
    """A line that comes while the screen is away rings like any that is not in view."""
    log = tmp_path / "log"
    server, caller = paging(5, "-B", bell, "-l", log, PAGER=pager)
    server.press(F2)
    server.wait_for(seen)
    before = rings(server)
    caller.send("meanwhile\n")
    eventually(lambda: "meanwhile" in log.read_text(), "the line in the log")
    if count:
        server.wait_for(lambda: rings(server) > before)
    server.press(ENTER)
    server.wait_for(theirs("meanwhile"))
    assert rings(server) - before == count
    assert not is_back(server) or server.display.title == f"tchat: {HOST}"


def test_bell_where_output_stops_who_is_in_the_background(on_terminal, environment, port, tmp_path):
    """stty tostop does not stop tchat when it rings, nor the pager when it shows its text."""
    log = tmp_path / "log"
    server = on_terminal("sh", "-c", 'stty tostop; exec "$@"', "sh", TCHAT, "-s", "-l", log, port,
                         env=dict(environment, PAGER=WAITS))
    server.wait_for("waiting on")
    caller = call(port)
    server.wait_for("has called")
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    caller.send("meanwhile\n")
    server.wait_for(lambda: rings(server) == 1)
    server.press(ENTER)
    server.wait_for(theirs("meanwhile"))


def test_flood_in_the_pager_rings_at_times(paging, tmp_path):
    """However many lines come at once, the bell does not ring for each."""
    log = tmp_path / "log"
    server, caller = paging(5, "-l", log, PAGER=WAITS)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    caller.send(lines(10_000, "more"))
    eventually(lambda: log.read_text().endswith("more 9999\n"), "the last line in the log")
    server.press(ENTER)
    server.wait_for(theirs("more 9999"))
    assert 0 < rings(server) < 1000


def test_own_lines_do_not_ring_in_the_pager(paging, tmp_path):
    """What is said by tchat itself does not, there either; nor does what had rung before."""
    log = tmp_path / "log"
    server, caller = paging(5, "-l", log, PAGER=WAITS)
    server.press(FOCUS_OUT)
    caller.send("before\n")
    server.wait_for(theirs("before"))
    server.wait_for(lambda: rings(server) == 1)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    caller.close_input()
    eventually(lambda: "has left" in log.read_text(), "that it is said who has left")
    server.press(ENTER)
    server.wait_for("has left")
    assert rings(server) == 1
