"""Help, the pager, and keys of one's own."""

import re
from pathlib import Path

import pytest

from fullscreen import BACK, CTRL_PAGE_DOWN, F1, F2, FOCUS_OUT, screen_deaf  # noqa: F401, a fixture
from peers import HOST, TCHAT, eventually, needs_linux
from terminal import BACKSPACE, ENTER, ESCAPE, PAGE_UP, UP, ctrl
from test_processes import descriptors
from test_screen import lines, notice, own, pasted, theirs
from tls import F3

HELP = "closes this"
ALT_QUESTION_MARK = "\x1b?"

in_memory = pytest.mark.skipif(b"memfd_create" not in Path(TCHAT).read_bytes(),
                               reason="this tchat knows no files in memory")


def closed(server):
    return not server.shows(HELP)


def test_help(screen_called):
    """F1 shows the keys over the conversation, and F1 closes it."""
    server, caller = screen_called()
    caller.send(lines(50))
    server.wait_for(theirs("line 49"))
    before = server.pane
    server.press(F1)
    server.wait_for(HELP)
    for key in ("Enter", "Ctrl-D", "PgUp PgDn", "F2", "F4", "Ctrl-R", "Ctrl-L", "Ctrl-Z"):
        assert server.shows(rf"\b{key}  +\w")
    assert "since" in server.bar and server.input == ">"
    server.press(F1)
    server.wait_for(lambda: server.pane == before)


def test_help_fits_beside_another_program(screen, port):
    """In half of a usual terminal, under the bar of a multiplexer, all of the help is there, each key in a row."""
    server = screen("-s", port, rows=23, columns=39)
    server.wait_for("waiting on port")
    server.press(F1)
    server.wait_for(HELP)
    shown = [row.strip() for row in server.pane]
    first = next(i for i, row in enumerate(shown) if row.startswith("Enter "))
    assert [row.split("  ")[0] for row in shown[first:first + 15]] == [
        "Enter", "Alt-Enter", "Ctrl-D", "PgUp PgDn", "F1 Alt-?", "F2", "F3", "F4", "F6", "F8", "F9", "Up Down", "Ctrl-R",
        "Ctrl-L", "Ctrl-Z"]
    assert len([row for row in shown[first + 15:first + 18] if row]) == 3


def test_second_key_for_help(screen_called):
    """Where the terminal takes F1 for itself, there is another key."""
    server, caller = screen_called()
    server.press(ALT_QUESTION_MARK)
    server.wait_for(HELP)
    server.press(ALT_QUESTION_MARK)
    server.wait_for(lambda: closed(server))


CLOSING = {"letter": "q", "Ctrl-U": ctrl("U"), "Enter": ENTER, "Ctrl-D": ctrl("D"), "Ctrl-C": ctrl("C"),
           "Ctrl-Z": ctrl("Z"), "Escape": ESCAPE, "PgUp": PAGE_UP, "Up": UP, "F1": F1, "F2": F2, "F3": F3,
           "Alt-d": "\x1bd", "umlaut": "ü", "unknown": "\x1b[99;9~", "Backspace": BACKSPACE}


@pytest.mark.parametrize("shows", [F1, F3], ids=["F1", "F3"])
@pytest.mark.parametrize("key", CLOSING.values(), ids=CLOSING)
def test_any_key_closes_it_and_does_nothing_else(screen_called, key, shows):
    """The key that closes what is shown over the conversation is not typed, sends nothing, and leads nowhere."""
    server, caller = screen_called()
    caller.send(lines(50))
    server.wait_for(theirs("line 49"))
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    before = server.rows()
    server.press(shows)
    server.wait_for(lambda: server.rows() != before)
    server.press(key)
    server.wait_for(lambda: server.rows() == before)
    server.press("!")
    server.wait_for(lambda: server.input == "> half-typed!" and server.rows()[:-1] == before[:-1])
    server.press(ENTER)
    caller.expect("half-typed!\n")


def test_keys_typed_ahead(screen_called):
    """A key that comes together with F1, as over a slow line, closes the help as well; those that follow it do not."""
    server, caller = screen_called()
    server.press(F1 + "xyz")
    server.wait_for(lambda: server.input == "> yz")
    assert closed(server)


def test_paste_is_no_key(screen_called):
    """What is pasted closes the help, so that it is seen, and is put into the line as ever, with what is typed next."""
    server, caller = screen_called()
    server.press(F1)
    server.wait_for(HELP)
    server.press(pasted("one\ntwo") + "three")
    server.wait_for(lambda: closed(server) and server.rows()[-2:] == ["> one⏎", "twothree"])


def test_another_window_is_no_key(screen_called):
    """The help stays when one goes to another window and back."""
    server, caller = screen_called()
    server.press(F1)
    server.wait_for(HELP)
    server.press(FOCUS_OUT)
    caller.send("meanwhile\n")
    server.wait_for(theirs("meanwhile"))
    assert not closed(server)


def test_conversation_goes_on_under_the_help(screen_called):
    """Lines that come while the help is read are there when it is closed."""
    server, caller = screen_called()
    server.press("half-typed" + F1)
    server.wait_for(lambda: server.shows(HELP) and server.input == "> half-typed")
    caller.send("meanwhile\n")
    server.wait_for(theirs("meanwhile"))
    server.press("!")
    server.wait_for(lambda: closed(server) and server.input == "> half-typed")
    assert server.shows(theirs("meanwhile"))


@pytest.mark.parametrize("rows, columns", [(5, 20), (1, 80), (24, 4)])
def test_help_on_a_small_screen(screen_called, rows, columns):
    """As much of the help is shown as there is room for."""
    server, caller = screen_called()
    server.press(F1)
    server.wait_for(HELP)
    server.resize(rows, columns)
    server.wait_for(lambda: not any("E" * columns in row for row in server.rows()))
    server.resize(24, 80)
    server.wait_for(HELP)
    server.press("xy")
    server.wait_for(lambda: closed(server) and server.input == "> y")


def test_hint(screen, start, port):
    """The bar tells how to get help, whatever has been said, and while one is scrolled back, too."""
    server = screen("-s", port)
    server.wait_for(lambda: server.bar.endswith(" F1/Alt-? help"))
    client = start("-c", HOST, port)
    server.wait_for("has called")
    client.send(lines(30))
    server.wait_for(lambda: server.shows(theirs("line 29")) and server.bar.endswith(" F1/Alt-? help"))
    assert " · not encrypted · since " in server.bar
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar and server.bar.endswith(" F1 help"))


@pytest.mark.parametrize("columns", [40, 39])
def test_hint_in_half_a_terminal(screen, port, columns):
    """There is room for it in each half of a terminal of 80 columns: it is worth more than the time."""
    server = screen("-s", "-b", "localhost", port, columns=columns)
    server.wait_for("waiting on")
    client = screen("-c", "localhost", port, columns=columns)
    for terminal, peer in ((server, r"(127\.0\.0\.1|::1)"), (client, "localhost")):
        terminal.wait_for(lambda: re.search(f"^ {peer} · not encrypted  +F1 help$", terminal.bar))


def leaves_while_nothing_is_typed(server, words):
    """What the bar says of Ctrl-D is there while nothing is typed."""
    server.wait_for(lambda: words in server.bar)
    server.press("x")
    server.wait_for(lambda: server.input == "> x" and "Ctrl-D" not in server.bar)
    server.press(BACKSPACE)
    server.wait_for(lambda: server.input == ">" and words in server.bar)


def test_way_out_is_named_while_it_is_one(screen_called):
    """The bar says that Ctrl-D leaves where it does: in a line that has text it deletes."""
    server, caller = screen_called("--once")
    caller.close_input()
    leaves_while_nothing_is_typed(server, " · over · Ctrl-D leaves ")


@needs_linux
def test_way_to_give_up_is_named_while_it_is_one(screen_deaf):  # noqa: F811
    """The same while what was said is waited for."""
    server, caller = screen_deaf(columns=120)
    server.say(pasted("x" * 200_000))
    server.press(ctrl("D"))
    leaves_while_nothing_is_typed(server, " · waiting to deliver 1 line · Ctrl-D gives up")


# The pager


@pytest.fixture
def pager(tmp_path, environment):
    """An environment with a pager that shows the last lines and waits for Enter."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\ntail -n 10\necho "[pager]"\nread key </dev/tty\n')
    script.chmod(0o700)
    return dict(environment, PAGER=str(script))


def test_pager(screen_called, pager):
    """F2 shows the whole conversation in the pager; what is said meanwhile is there afterwards."""
    server, caller = screen_called(env=pager)
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.say("mine")
    server.wait_for(own("mine"))
    modes = set(server.display.mode)
    server.press("half-typed" + F2)
    server.wait_for(r"^\[pager\]$")
    assert not server.display.alternate and server.display.mode == server.modes
    date = r"^\d{4}-\d\d-\d\d \d\d:\d\d "
    assert server.shows(date + f"{HOST} < line 99$") and server.shows(date + "you > mine$")
    assert server.shows(date + f"{HOST} < line 91$")
    caller.send("meanwhile\n" * 3 + "the last\n")
    server.press(ENTER)
    server.wait_for(lambda: server.display.alternate)
    server.wait_for(theirs("the last"))
    server.wait_for(lambda: server.input == "> half-typed" and server.cursor == (23, 12))
    server.wait_for(lambda: server.display.mode == modes)
    server.press(ENTER)
    caller.expect("mine\nhalf-typed\n")


@in_memory
def test_pager_reads_from_memory(screen_called, environment, tmp_path):
    """What the pager reads is a file that it can read again, on no disk, and gone with the processes."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "$(readlink /proc/$$/fd/0): $(grep -c secret /dev/stdin)"\n'
                      'grep -o "secret.*" /dev/stdin\nread key </dev/tty\n')
    script.chmod(0o700)
    server, caller = screen_called(env=dict(environment, PAGER=str(script)))
    caller.send("secret said\n")
    server.wait_for(theirs("secret said"))
    server.press(F2)
    server.wait_for("^secret said$")
    assert server.shows(r"^/memfd:conversation \(deleted\): 1$")


@in_memory
def test_screen_is_kept_in_memory(screen_called):
    """What the terminal has not taken yet waits in a file on no disk, and there is no other."""
    server, _ = screen_called()
    files = {target for target in descriptors(server.pid).values() if target.startswith("/")}
    assert {target for target in files if not target.startswith("/dev/")} == {"/memfd:screen (deleted)"}


def test_flood_while_in_the_pager(screen_called, pager, tmp_path):
    """However much comes while one reads in the pager, it comes in."""
    server, caller = screen_called("-l", tmp_path / "log", env=pager)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    caller.send(lines(100_000))
    eventually(lambda: (tmp_path / "log").read_text().endswith("line 99999\n"), "the last line in the log")
    server.press(ENTER)
    server.wait_for(theirs("line 99999"))
    assert server.shows(theirs("line 99980"))


def test_ctrl_c_in_the_pager(screen_called, pager):
    """Ctrl-C is the pager's while that has the terminal."""
    server, caller = screen_called(env=pager)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    server.press(ctrl("C"))
    server.wait_for(lambda: server.display.alternate)
    server.say("still here")
    caller.expect("still here\n")


@pytest.mark.parametrize("command, cause", [
    ("/no/such/pager", "No such file or directory"), ("nosuchpager -x", "No such file or directory"),
    ("/etc/passwd", "Permission denied")])
def test_pager_that_cannot_be_started(screen_called, environment, command, cause):
    """A pager that cannot be started does no harm, and that is said."""
    server, caller = screen_called(env=dict(environment, PAGER=command), columns=120)
    server.press(F2)
    server.wait_for(notice(f"cannot start the pager {command}: {cause}"))
    server.say("still here")
    caller.expect("still here\n")
    server.wait_for(own("still here"))


def test_marks_in_the_pager(screen_deaf, pager):
    """The pager shows which lines were lost, and tells notices from alarms."""
    server, caller = screen_deaf(env=pager)
    server.say(pasted("x" * 200_000))
    server.say("lost")
    server.wait_for(lambda: "does not read" in server.bar)
    caller.reset()
    server.wait_for(notice("2 lines were not delivered"))
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    assert server.shows(r"\d you ✗ lost$") and server.shows(r"\d ! 2 lines were not delivered$")


def test_leaving_from_the_pager(screen_called, pager):
    """When the peer leaves while one reads in the pager, one learns it afterwards."""
    server, caller = screen_called(env=pager)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    caller.close_input()
    caller.expect_end()
    server.press(ENTER)
    server.wait_for(notice(".* has left"))
    server.press(ctrl("D"))
    assert server.wait() == 0
    assert server.is_restored()


# Keys of one's own


def test_commands_have_names(screen_called, environment, tmp_path):
    """All that tchat adds to Readline can be bound to other keys in ~/.inputrc."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\C-xh": show-help\n"\\C-xu": scroll-page-up\n"\\C-xd": scroll-page-down\n'
                       '"\\C-xs": scroll-to-start\n"\\C-xe": scroll-to-end\n"\\C-xp": show-in-pager\n'
                       '"\\C-xc": abandon-line\n"\\C-xl": redraw-screen\n"\\C-xz": suspend\n')
    server, caller = screen_called(env=dict(environment, INPUTRC=str(inputrc),
                                            PAGER="tail -n 1; echo in the pager"))
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    command = ctrl("X")
    server.press(command + "h")
    server.wait_for(HELP)
    server.press(command + "u")
    server.wait_for(lambda: closed(server))
    server.press(command + "u")
    server.wait_for(theirs("line 70"))
    server.press(command + "d")
    server.wait_for(theirs("line 99"))
    server.press(command + "s")
    server.wait_for(notice("waiting on port .*"))
    server.press(command + "e")
    server.wait_for(theirs("line 99"))
    server.press("text" + command + "c")
    server.wait_for(lambda: server.input == ">")
    server.scribble()
    server.press(command + "l")
    server.wait_for(lambda: server.shows(theirs("line 99")) and not server.shows("EEE"))
    server.press(command + "p")
    server.wait_for("^in the pager$")
    server.wait_for(BACK)
    server.press("x")
    server.wait_for(lambda: server.display.alternate and server.input == ">")


def test_keys_can_be_given_to_other_commands(screen_called, environment, tmp_path):
    """A key of tchat's can be bound to another command of tchat's."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\e[5~": scroll-to-start\n')
    server, caller = screen_called(env=dict(environment, INPUTRC=str(inputrc)))
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(PAGE_UP)
    server.wait_for(notice("waiting on port .*"))
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("line 99"))


def test_help_that_is_cut(screen_called):
    """Where there is no room for all of the keys, one sees that there are more."""
    server, caller = screen_called(rows=10)
    server.press(F1)
    server.wait_for(lambda: server.pane[-1].endswith(" …"))
