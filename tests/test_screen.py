"""The full screen: conversation pane, status bar, input line, on a terminal."""

import os
import random
import re
import shlex
import signal
import socket
import struct
from pathlib import Path

import pytest

from peers import (DEADLINE, HOST, TCHAT, Door, call, children, editors, eventually, listeners, looks_into_listener,
                   needs_linux, process_state)
from terminal import BACKSPACE, DOWN, ENTER, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, UP, ctrl

EMACS, VI = "set editing-mode emacs\n", "set editing-mode vi\n"  # for ~/.inputrc
TIME = r"^\d\d:\d\d +"


def own(text):
    """How one's own line is shown."""
    return TIME + r"you\W+" + re.escape(text) + "$"


def theirs(text, name=HOST):
    """How the peer's line is shown."""
    return TIME + re.escape(name) + r"\W+?" + re.escape(text) + "$"


def notice(text):
    """How the program's own word is shown."""
    return TIME + r"\W*" + text + "$"


FIRST = notice("(tell the other person|no address in a network).*")  # what a server says, before it waits


def lines(count, text="line"):
    return "".join(f"{text} {number}\n" for number in range(count))


def pasted(text):
    """What a terminal sends when text is pasted into it."""
    return f"\x1b[200~{text}\x1b[201~"


# Two people talking


def test_two_screens_talk(screen, port):
    """Two people each see both sides, with the time and who said it, newest at the bottom."""
    server = screen("-s", port)
    server.wait_for(notice(f"waiting on port {port}"))
    client = screen("-c", "localhost", port)
    client.wait_for(notice(f"connected to localhost port {port}"))
    server.wait_for(notice(r"\S+ has called"))  # from 127.0.0.1 or ::1: names differ in what comes first
    name = re.search(r"(\S+) has called", "\n".join(server.pane))[1]
    client.say("hello server")
    client.wait_for(own("hello server"))
    server.wait_for(theirs("hello server", name))
    server.say("hello client")
    server.wait_for(own("hello client"))
    client.wait_for(theirs("hello client", "localhost"))
    assert re.search(own("hello client"), server.pane[-1])
    assert re.search(theirs("hello server", name), server.pane[-2])
    for person in (server, client):
        person.wait_for(lambda: person.input == ">")


def test_status_bar_says_who_and_since_when(screen, port):
    """The bar, in reverse video, says what is going on."""
    server = screen("-s", port)
    server.wait_for(lambda: f"waiting on port {port}" in server.bar)
    caller = call(port)
    server.wait_for(lambda: HOST in server.bar)
    server.wait_for(lambda: re.search(r"since \d\d:\d\d", server.bar))
    server.wait_for(lambda: all(server.display.buffer[22][x].reverse for x in range(80)))
    assert not any(server.display.buffer[y][x].reverse for y in (21, 23) for x in range(80))


def test_typed_line_arrives_as_it_was_typed(screen_called):
    """There are no commands to escape, and blanks are characters like others."""
    server, caller = screen_called()
    for line in ("/quit", "  two  blanks  ", " ", "~.", "Grüße 漢字"):
        server.say(line)
        caller.expect(line + "\n")


def test_enter_on_an_empty_line(screen_called):
    """Enter where nothing is typed sends nothing: it may have been pressed for a conversation that has ended."""
    server, caller = screen_called()
    server.press_and_wait(ENTER)
    server.press_and_wait(ENTER)
    server.say("this")
    assert caller.expect("this\n") == b""


def test_half_typed_text_stays(screen_called):
    """While lines pour in, what is being typed stays whole and in its place."""
    server, caller = screen_called()
    server.press("half a thought")
    server.wait_for(lambda: server.input == "> half a thought")
    caller.send(lines(20_000))
    while not server.shows(theirs("line 19999")):
        server.update(DEADLINE)
        assert server.input == "> half a thought"
    assert [row.split()[-1] for row in server.pane] == [str(n) for n in range(20_000 - 22, 20_000)]
    server.wait_for(lambda: server.cursor == (23, len("> half a thought")))
    server.say(" is finished")
    caller.expect("half a thought is finished\n")


def test_typing_goes_on_while_lines_pour_in(screen_called):
    """Keys pressed during a flood are all there."""
    server, caller = screen_called()
    for letter in "abcdefghij":
        caller.send(lines(500))
        server.press(letter)
    server.press(ENTER)
    caller.expect("abcdefghij\n")


def stuff_terminal(server, caller):
    """Both talk while the server's terminal is not read, until it takes no more.  The system moves what
    it has taken about, so that it can be full for a moment only."""
    full = 0
    while full < 20:
        caller.send(random.randbytes(2000).hex() + "\n")
        server.say("still here")
        caller.expect("still here\n")
        full = full + 1 if server.is_full() else 0


def test_terminal_that_stands_still(screen_called):
    """Lines are sent although the terminal, which may hang, takes no output."""
    server, caller = screen_called(rows=60, columns=200)
    stuff_terminal(server, caller)
    os.kill(server.pid, signal.SIGTERM)
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 128 + signal.SIGTERM


def test_terminal_that_stands_still_to_the_end(screen_called):
    """What it does not take is thrown away, and so it is left as it was."""
    server, caller = screen_called(rows=60, columns=200)
    stuff_terminal(server, caller)
    os.kill(server.pid, signal.SIGTERM)
    eventually(lambda: not children(server.child.pid), "the end")
    assert server.wait() == 128 + signal.SIGTERM
    assert server.is_restored()


def test_log_has_both_directions(screen_called, tmp_path):
    """The log is the same as in plain mode."""
    log = tmp_path / "log"
    server, caller = screen_called("-l", log)
    server.say("mine")
    caller.expect("mine\n")
    caller.send("theirs\n")
    server.wait_for(theirs("theirs"))
    caller.close_input()
    server.wait_for("has left")
    server.press(ctrl("D"))
    server.wait()
    spoken = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert [line for line in spoken if line[0] != "*"] == ["> mine", "< theirs"]
    assert [line.split()[-1] for line in spoken if line[0] == "*"][1:3] == ["called", "left"]


# Text in rows and columns


def text_column(terminal, text):
    """The column in which text starts that is shown in the pane."""
    return next(row.index(text) for row in terminal.pane if text in row)


def test_words_wrap(screen_called):
    """A long line is broken between words, and goes on where its text has started."""
    server, caller = screen_called(columns=60)
    words = [f"word{number}" for number in range(40)]
    caller.send("START " + " ".join(words) + "\n")
    server.wait_for("word39$")
    column = text_column(server, "START")
    rows = [row for row in server.pane if "word" in row]
    assert all(row[:column].isspace() for row in rows[1:])
    assert [word for row in rows for word in row[column:].split()] == ["START", *words]
    assert all(len(row) + len(" word00") > 60 - 1 for row in rows[:-1])


def test_long_words_are_broken(screen_called):
    """A word longer than a row is broken where the row is full."""
    server, caller = screen_called(columns=60)
    word = "START" + "".join(chr(97 + n % 26) for n in range(150)) + "END"
    caller.send(word + "\n")
    server.wait_for("END")
    column = text_column(server, "START")
    rows = [row[column:] for row in server.pane]
    assert word in "".join(rows)
    assert len([row for row in rows if row in word and len(row) == 60 - column]) >= 2


@pytest.mark.parametrize("text, columns", [
    ("abc", 3), ("漢字", 4), ("e\u0301u\u0308", 2), ("한국어", 6), ("👍", 2), ("ﾊﾝｶｸ", 4),
    ("naïve", 5), ("❤\ufe0f", 1), ("❤\ufe0f\u200d🔥", 3), ("👋🏽", 2), ("🇩🇪", 2), ("1\ufe0f\u20e3", 1), ("a\u1160", 1),
    ("\u1112\u1161\u11ab", 2), ("a\u00adb", 2), ("葛\U000e0100", 2)])
def test_characters_take_their_columns(screen_called, text, columns):
    """What follows wide and combining characters stands in the right column."""
    server, caller = screen_called()
    caller.send(f"[{text}]\n")
    server.wait_for(lambda: any(row.endswith("]") for row in server.pane))
    cells = server.display.buffer[21]
    [start] = [x for x in range(80) if cells[x].data == "["]
    assert cells[start + 1 + columns].data == "]"
    server.press(f"[{text}]")
    server.wait_for(lambda: server.cursor == (23, len("> []") + columns))
    assert server.display.buffer[23][len("> [") + columns].data == "]"
    server.press(ENTER)
    caller.expect(f"[{text}]\n")


def test_wide_characters_wrap(screen_called):
    """A wide character that does not fit into a row starts the next one, whole."""
    server, caller = screen_called(columns=61)
    caller.send("漢" * 100 + "|\n")
    server.wait_for(lambda: any(row.endswith("漢|") for row in server.pane))
    assert "".join(server.pane).count("漢") == 100


def test_tabs_are_blanks(screen_called):
    """A TAB moves the text after it to the right, and leaves nothing else."""
    server, caller = screen_called()
    caller.send("a\tb\n")
    server.wait_for(r"a +b$")


def test_long_input_is_seen_whole(screen_called):
    """Text longer than a row goes on in another one; nothing of it is hidden."""
    server, caller = screen_called()
    text = "".join(f"<{number}>" for number in range(50))
    server.press(text)
    server.wait_for(lambda: text in "".join(server.rows()))
    server.wait_for(lambda: server.cursor == ((len(text) + 2) // 80 + 21, (len(text) + 2) % 80))
    server.press(ENTER)
    caller.expect(text + "\n")
    server.wait_for(lambda: server.input == ">")


@pytest.mark.parametrize("sent, shown", [
    (b"\x1b[2J\x1b[Hcleared", "^[[2J^[[Hcleared"), (b"\x1b]0;title\x07", "^[]0;title^G"),
    (b"over\rwritten\x08", "over^Mwritten^H"), (b"\xc2\x9b31mred", "<U+009B>31mred"),
    ("\u202eevil".encode(), "<U+202E>evil"), (b"\xff\xfe", "\ufffd\ufffd")])
def test_hostile_bytes_are_made_visible(screen_called, sent, shown):
    """What could do something to the terminal is shown instead of done."""
    server, caller = screen_called()
    caller.send(sent)
    caller.send("\n")
    server.wait_for(theirs(shown))
    assert sent not in server.shown
    assert server.display.title == f"tchat: {HOST}"


def test_own_control_characters_are_made_visible(screen_called):
    """A control character that is typed on purpose does nothing to one's own terminal."""
    server, caller = screen_called()
    server.say("a" + ctrl("V") + ESCAPE + "[2Jb")
    caller.expect("a\x1b[2Jb\n")
    server.wait_for(own("a^[[2Jb"))


@pytest.mark.parametrize("settings", [{}, {"LANG": "C"}, {"LC_ALL": "POSIX"}], ids=str)
def test_utf8_without_a_locale(screen_called, environment, settings):
    """Where a remote shell has no LANG, text is UTF-8 all the same."""
    env = {name: value for name, value in environment.items() if name != "LANG"} | settings
    server, caller = screen_called(env=env)
    caller.send("Grüße 漢字\n")
    server.wait_for(theirs("Grüße 漢字"))
    server.press("ö漢")
    server.wait_for(lambda: server.input == "> ö漢")
    server.say(BACKSPACE + "字")
    caller.expect("ö字\n")


# Scrolling


def test_scrolling(screen_called):
    """PgUp shows what was said before and PgDn what was said after it."""
    server, caller = screen_called()
    caller.send(lines(200))
    server.wait_for("line 199$")
    server.press(PAGE_UP)
    server.wait_for(lambda: not server.shows(theirs("line 199")))
    server.press(PAGE_UP)
    server.wait_for("line 150$")
    server.press(PAGE_UP * 20)
    server.wait_for(FIRST)
    assert re.search(FIRST, server.pane[0])
    server.press(PAGE_DOWN * 20)
    server.wait_for(lambda: re.search(theirs("line 199"), server.pane[-1]))


def test_new_lines_do_not_move_what_is_being_read(screen_called):
    """Scrolled back, the view stays where it is; the bar says how much has come since."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for("line 99$")
    server.press(PAGE_UP)
    server.wait_for(lambda: not server.shows(theirs("line 99")))
    before = server.pane
    caller.send("one\ntwo\nthree\n")
    server.wait_for(lambda: "3 new below" in server.bar)
    assert server.pane[:-1] == before[:-1]
    server.press(PAGE_DOWN * 2)
    server.wait_for(theirs("three"))
    server.wait_for(lambda: "below" not in server.bar)
    caller.send("four\n")
    server.wait_for(theirs("four"))


def test_own_line_brings_the_newest_back(screen_called):
    """Who says something sees it."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for("line 99$")
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    server.say("here I am")
    server.wait_for(own("here I am"))


# The window


def test_resizing(screen_called):
    """Made smaller, down to one cell, and larger again, the screen is always right."""
    server, caller = screen_called()
    caller.send("漢字 " + "some words " * 20 + "end\n")
    server.wait_for("end$")
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    before = server.rows()
    for rows, columns in ((10, 40), (50, 200), (5, 20), (3, 12), (2, 8), (1, 5), (1, 1), (4, 1), (1, 80)):
        server.resize(rows, columns)
        server.wait_for(lambda: not any("E" * columns in row for row in server.rows()))
        caller.send("漢字 while it is small\n")
    server.resize(2, 30)
    server.wait_for(lambda: server.input == "> half-typed")
    server.resize(60, 80)
    server.wait_for(lambda: server.input == "> half-typed")
    for row in before[-8:-2]:
        server.wait_for("^" + re.escape(row) + "$")
    assert len([row for row in server.rows() if "while it is small" in row]) == 9
    server.say("")
    caller.expect("half-typed\n")


def test_resizing_while_lines_pour_in(screen_called):
    """Every size in the midst of a flood ends well."""
    server, caller = screen_called()
    server.press("half-typed")
    for size in (*range(24, 0, -1), *range(1, 25)):
        caller.send(lines(200))
        server.resize(size, 3 * size + 8)
        server.update(0)
    caller.send("the end\n")
    server.wait_for(theirs("the end"))
    server.wait_for(lambda: server.input == "> half-typed")


def test_resizing_there_and_back(screen_called):
    """A size that was changed and is as before when tchat looks: the terminal has spoilt what it showed."""
    server, caller = screen_called()
    caller.send("a line\n")
    server.wait_for(theirs("a line"))
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed" and server.cursor == (23, 12))
    before = server.rows()
    os.kill(server.pid, signal.SIGSTOP)
    eventually(lambda: process_state(server.pid) == "T", "standstill")
    server.resize(10, 40)
    server.resize(24, 80)
    os.kill(server.pid, signal.SIGCONT)
    server.wait_for(lambda: server.rows() == before)


def test_redrawing(screen_called):
    """Ctrl-L repairs a screen that another program has spoilt."""
    server, caller = screen_called()
    caller.send("a line\n")
    server.wait_for(theirs("a line"))
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    before = server.rows()
    server.scribble()
    assert server.rows() != before
    server.press(ctrl("L"))
    server.wait_for(lambda: server.rows() == before)


@pytest.mark.parametrize("how", ["Ctrl-Z", "SIGTSTP"])
def test_suspending(on_terminal, environment, port, how):
    """Ctrl-Z gives the shell back; after fg all is there again, and what came meanwhile."""
    shell = on_terminal("sh", "-i", shell=(), env=dict(environment, PS1="ready: ", ENV=""))
    shell.wait_for("^ready:$")
    settings, modes = shell.read_settings(), set(shell.display.mode)
    shell.say(f"{shlex.quote(TCHAT)} -s {port}")
    shell.wait_for("waiting on port")
    caller = call(port)
    caller.send("a line\n")
    shell.wait_for(theirs("a line"))
    shell.press("half-typed")
    shell.wait_for(lambda: shell.input == "> half-typed")
    if how == "Ctrl-Z":
        shell.press(ctrl("Z"))
    else:
        os.kill(shell.pid, signal.SIGTSTP)
    shell.wait_for("Stopped")
    assert not shell.display.alternate and not shell.display.cursor.hidden
    assert (shell.read_settings(), shell.display.mode) == (settings, modes)
    caller.send("while it was stopped\n")
    shell.say("fg")
    shell.wait_for(lambda: shell.display.alternate)
    shell.wait_for(theirs("while it was stopped"))
    shell.wait_for(lambda: shell.input == "> half-typed")
    assert shell.shows(theirs("a line"))
    shell.press(ENTER)
    caller.expect("half-typed\n")


def test_ended_while_suspended(on_terminal, environment, port):
    """A job that is stopped can be ended: it neither takes the terminal again nor writes on it."""
    shell = on_terminal("sh", "-i", shell=(), env=dict(environment, PS1="ready: ", ENV=""))
    shell.wait_for("^ready:$")
    shell.say(f"{shlex.quote(TCHAT)} -s {port}")
    shell.wait_for("waiting on port")
    tchat, = children(shell.child.pid)
    shell.press(ctrl("Z"))
    shell.wait_for("Stopped")
    written = len(shell.shown)
    os.kill(tchat, signal.SIGTERM)
    os.kill(tchat, signal.SIGCONT)
    eventually(lambda: process_state(tchat) in (None, "Z"), "its end")
    shell.say("echo still here")
    shell.wait_for("^still here$")
    assert b"\x1b[?1049h" not in shell.shown[written:]


def test_suspending_what_a_script_has_started(on_terminal, environment, port, tmp_path):
    """Ctrl-Z suspends the script, too, as the shell comes back only then; the listener has no need to stop."""
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\n"{TCHAT}" -s {port}\necho "it was over"\n')
    script.chmod(0o755)
    shell = on_terminal("sh", "-i", shell=(), env=dict(environment, PS1="ready: ", ENV=""))
    shell.wait_for("^ready:$")
    shell.say("./script")
    shell.wait_for("waiting on port")
    caller = call(port)
    caller.send("a line\n")
    shell.wait_for(theirs("a line"))
    script_pid, = children(shell.child.pid)
    tchat, = children(script_pid)
    others = listeners(tchat) + editors(tchat)
    assert len(others) == 2
    for _ in range(2):
        shell.press(ctrl("Z"))
        eventually(lambda: process_state(script_pid) == process_state(tchat) == "T", "standstill")
        assert [process_state(pid) for pid in others] == ["S", "S"]
        shell.say("fg")
        shell.wait_for(lambda: shell.display.alternate)
        shell.wait_for(theirs("a line"))
    shell.press(ctrl("D"))
    shell.wait_for("it was over")


# The input line


def test_ctrl_c_abandons_the_line(screen_called):
    """Ctrl-C throws away what was typed; on an empty line it leaves."""
    server, caller = screen_called()
    server.press("never mind")
    server.wait_for(lambda: server.input == "> never mind")
    server.press(ctrl("C"))
    server.wait_for(lambda: server.input == ">")
    server.say("this one")
    caller.expect("this one\n")
    server.press(ctrl("C"))
    assert caller.expect_end() == b"this one\n"
    caller.close_input()
    assert server.wait() == 0


def test_ctrl_c_abandons_a_search(screen_called):
    """In an incremental search Ctrl-C ends that, as in shells, and not the conversation."""
    server, caller = screen_called()
    server.say("an earlier line")
    caller.expect("an earlier line\n")
    for searched in ("", "earl", "no such line"):
        server.press("typed" + ctrl("R") + searched)
        server.wait_for(lambda: f"search)`{searched}" in server.input)
        server.press(ctrl("C"))
        server.wait_for(lambda: server.input == "> typed")
        server.press(ctrl("U"))
    server.press(ctrl("R"))
    server.wait_for(lambda: "search)`" in server.input)
    server.press(ctrl("C"))
    server.wait_for(lambda: server.input == ">")
    server.say("still there")
    caller.expect("still there\n")


def test_ctrl_c_leaves_the_history_as_it_was(screen_called):
    """A line of the history that is abandoned stays in it; the next one fetched is the newest."""
    server, caller = screen_called()
    for text in ("one", "two", "three"):
        server.say(text)
        caller.expect(f"{text}\n")
    server.press("typed" + UP + UP + " changed")
    server.wait_for(lambda: server.input == "> two changed")
    server.press(ctrl("C"))
    server.wait_for(lambda: server.input == ">")
    server.press(ctrl("Y"))
    server.wait_for(lambda: server.input == "> two changed")
    server.press(ctrl("C"))
    for text in ("three", "two", "one"):
        server.press(UP)
        server.wait_for(lambda: server.input == f"> {text}")
    for text in ("> two", "> three", ">"):
        server.press(DOWN)
        server.wait_for(lambda: server.input == text)


@pytest.mark.parametrize("inputrc, keys", [
    (EMACS, ["l", ENTER, "H", UP, ESCAPE + "p", "zz", ENTER, ctrl("P"), ctrl("O"), UP, ENTER]),
    (VI, ["one", ENTER, ESCAPE, "k", "?", ctrl("G"), "S", ESCAPE, "k", ENTER, ESCAPE, "k", ENTER]),
    (VI, ["#", ENTER, ESCAPE, UP, "?", ctrl("G"), "S", ESCAPE, UP, ENTER, UP, ENTER]),
], ids=repr)
def test_after_a_search_that_is_not_incremental(screen_called, environment, tmp_path, inputrc, keys):
    """Readline does not crash: it would confuse the lines of its history."""
    (tmp_path / "inputrc").write_text(inputrc)
    server, caller = screen_called(env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))
    for key in keys:
        server.press_and_wait(key)
    server.press(ESCAPE + "A" + ctrl("U") if inputrc is VI else ctrl("U"))
    server.say("the last")
    caller.expect("the last\n")
    server.press(ctrl("C"))
    caller.close_input()
    assert server.wait() == 0


def test_ctrl_d_leaves_on_an_empty_line_only(screen_called):
    """Ctrl-D deletes in a line that has text; on an empty line it leaves."""
    server, caller = screen_called()
    server.press("axb" + LEFT + LEFT + ctrl("D"))
    server.wait_for(lambda: server.input == "> ab")
    server.press(ENTER)
    caller.expect("ab\n")
    server.press(ctrl("D"))
    assert caller.expect_end() == b"ab\n"
    caller.close_input()
    assert server.wait() == 0


def test_editing(screen_called):
    """The keys are those of Readline: moving, killing, yanking, undoing."""
    server, caller = screen_called()
    server.say("world" + ctrl("A") + "hello " + ctrl("E") + "!")
    caller.expect("hello world!\n")
    server.say("two one" + ctrl("W") + ctrl("A") + ctrl("Y") + " ")
    caller.expect("one two \n")
    server.say("keep" + " not this" + ctrl("W") * 2 + ctrl("_") + ctrl("_") + ctrl("U") + "new")
    caller.expect("new\n")


def test_history(screen_called):
    """The arrow keys fetch back what was typed before."""
    server, caller = screen_called()
    server.say("first")
    server.say("second")
    caller.expect("second\n")
    server.press(UP + UP)
    server.wait_for(lambda: server.input == "> first")
    server.press(DOWN)
    server.wait_for(lambda: server.input == "> second")
    server.say(" again")
    caller.expect("second again\n")


def test_vi_keys(screen_called, environment, tmp_path):
    """Who has vi keys in ~/.inputrc has them here."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text("set editing-mode vi\n")
    server, caller = screen_called(env=dict(environment, INPUTRC=str(inputrc)))
    server.press("xhello world" + ESCAPE)
    server.wait_for(lambda: server.cursor == (23, len("> xhello worl")))
    server.press("0xwD")
    server.wait_for(lambda: server.input == "> hello")
    server.say("Avi")
    caller.expect("hello vi\n")
    server.press("again" + ESCAPE)
    server.wait_for(lambda: server.input == "> again")
    server.say("k0ix")
    caller.expect("xhello vi\n")


def test_inputrc_section(screen_called, environment, tmp_path):
    """~/.inputrc can have a section for tchat alone."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('$if tchat\n"\\C-o": "from its own section"\n$endif\n'
                       '$if other\n"\\C-o": "from another"\n$endif\n')
    server, caller = screen_called(env=dict(environment, INPUTRC=str(inputrc)))
    server.say(ctrl("O"))
    caller.expect("from its own section\n")


@pytest.mark.parametrize("said", [None, "", "fifo", "~/.inputrc"])
def test_fifo_in_place_of_inputrc(screen, port, environment, tmp_path, said):
    """Nobody is waited for who could write to it."""
    del environment["INPUTRC"]
    if said is not None:
        environment["INPUTRC"] = said
    os.mkfifo(tmp_path / (said if said == "fifo" else ".inputrc"))
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.press(ctrl("D"))
    assert server.wait() == 0


def test_pasting(screen_called):
    """Pasted lines are looked at before they are sent, and nothing in them is taken for a key."""
    server, caller = screen_called()
    server.press(pasted("one\rtwo" + ctrl("D") + ctrl("C")))
    server.wait_for("two")
    assert caller.incoming.data == b""
    server.press(ENTER)
    caller.expect("one\ntwo")
    assert not caller.incoming.ended
    server.say("go on")
    caller.expect("go on\n")


def test_escape_key_does_no_harm(screen_called):
    """The Escape key by itself neither blocks the line nor eats what follows later."""
    server, caller = screen_called()
    server.press("a" + ESCAPE)
    server.wait_for(lambda: server.input == "> a")
    caller.send("a line\n")
    server.wait_for(theirs("a line"))


# Nobody there


def test_line_typed_with_nobody_connected_stays(screen, port):
    """A line that nobody would read stays in the input line, until somebody does."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.say("hello?")
    server.wait_for(notice(".* stays in the input line"))
    server.wait_for(lambda: server.input == "> hello?")
    assert not server.shows(own("hello?"))
    caller = call(port)
    server.wait_for("has called")
    server.press(ENTER)
    caller.expect("hello?\n")
    server.wait_for(own("hello?"))


def test_typed_ahead_with_nobody_connected(screen, port):
    """Lines that were typed at once, and that nobody reads, stay lines."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.press("hello?" + ENTER + "are you there?" + ENTER)
    server.wait_for(lambda: server.rows()[-2:] == ["> hello?⏎", "are you there?"])
    caller = call(port)
    server.wait_for("has called")
    server.press(ENTER)
    caller.expect("hello?\nare you there?\n")


@pytest.mark.parametrize("key", [ctrl("C"), ctrl("D")], ids=["Ctrl-C", "Ctrl-D"])
def test_waiting_server_can_be_left(screen, port, key):
    """Who no longer wants to wait leaves."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.press(key)
    assert server.wait() == 0
    assert server.is_restored()


@pytest.mark.parametrize("key", [ctrl("C"), ctrl("D")], ids=["Ctrl-C", "Ctrl-D"])
def test_calling_client_can_be_left(screen, silent_port, key):
    """Who no longer wants to call leaves; meanwhile one can type."""
    client = screen("-c", HOST, silent_port)
    client.wait_for(notice(f"calling {HOST} port {silent_port}"))
    client.press("x")
    client.wait_for(lambda: client.input == "> x")
    client.press(BACKSPACE + key)
    client.wait()
    assert client.is_restored()


def test_failing_call_is_reported(screen, port):
    """Who leaves after a call that nobody took is told why on the terminal, which is restored."""
    client = screen("-c", HOST, port, columns=120)
    client.wait_for(lambda: "Enter calls again" in client.bar)
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert client.shows(f"^tchat: cannot call {HOST} port {port}: Connection refused; the other side waits")
    assert client.is_restored()


def test_port_in_use_is_reported(screen):
    """A server without a port never takes the screen."""
    door = Door("0.0.0.0")
    server = screen("-s", door.port, columns=120)
    assert server.wait() == 1
    assert server.shows(f"^tchat: cannot listen on port {door.port}: Address already in use; if somebody waits there")
    assert b"\x1b" not in server.shown


def test_client_keeps_calling(screen, start, port):
    """With -w the screen is there before the server is."""
    client = screen("-c", "-w", int(DEADLINE), HOST, port)
    client.wait_for(notice(f"calling {HOST} port {port}, for up to .*"))
    server = start("-s", port)
    client.wait_for(notice(f"connected to {HOST} port {port}"))
    client.say("at last")
    server.expect("at last\n")


# How it ends


def test_peer_leaves(screen_called):
    """The conversation stays to be read and scrolled; Ctrl-D leaves."""
    server, caller = screen_called()
    caller.send(lines(100))
    caller.close_input()
    server.wait_for(notice(f"{HOST} has left"))
    assert caller.expect_end() == b""
    server.press(PAGE_UP)
    server.wait_for(lambda: not server.shows(TIME + ".* has left$"))
    server.press(PAGE_DOWN)
    server.wait_for(TIME + ".* has left$")
    server.say("are you there?")
    server.wait_for(notice(".* stays in the input line"))
    server.press(ctrl("U") + ctrl("D"))
    assert server.wait() == 0
    assert server.is_restored()


def test_connection_reset(screen_called):
    """The pane says that the connection broke, and stays; leaving then is a failure."""
    server, caller = screen_called(columns=120)
    port = caller.port
    caller.reset()
    server.wait_for(notice(f"the connection to {HOST} broke: Connection reset by peer"))
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.is_restored()


@needs_linux
def test_lines_that_cannot_be_sent(screen, port):
    """When too much waits for a peer that does not read, a line stays in the input; when the
    connection then breaks, the pane says how many lines were lost."""
    server = screen("-s", port, columns=120)
    server.wait_for("waiting on port")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((HOST, port))
        server.wait_for("has called")
        while not server.shows("stays in the input line"):  # of so many lines not all are said again at the end
            server.say(pasted(("x" * 100 + "\n") * 600))
            server.wait_for(lambda: server.input == ">" or server.shows("stays in the input line"))
        server.wait_for(lambda: re.search("x{100}", server.input))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.wait_for("broke: Connection reset")
    server.wait_for(notice(r"\d+ lines? (was|were) not delivered"))
    server.press(ctrl("C") + ctrl("D"))
    assert server.wait() == 1


def test_peer_that_does_not_hang_up(screen_called):
    """Leaving does not wait for ever for a peer that does not leave too."""
    server, caller = screen_called()
    server.say("bye")
    server.press(ctrl("D"))
    caller.expect_end()
    assert server.wait() == 0


def test_killed_listener_is_reported(screen_called):
    """kill -9 of the listener: the pane says so, and leaving is a failure."""
    server, caller = screen_called()
    [listener] = listeners(server.pid)
    os.kill(listener, signal.SIGKILL)
    server.wait_for(notice("the listener died: Killed"))
    server.press(ctrl("D"))
    caller.close_input()
    assert server.wait() == 1
    assert server.is_restored()


def test_killed_speaker_leaves_no_orphan(screen_called):
    """kill -9 of the speaker: the listener is gone too."""
    server, caller = screen_called()
    [listener] = listeners(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    caller.incoming.expect_end()
    eventually(lambda: process_state(listener) is None, "the end of the listener")


def test_line_that_is_busy(screen, called, port):
    """Who calls and finds the line busy is told so; it was no conversation."""
    called("-k")
    client = screen("-c", HOST, port)
    client.wait_for(notice(f"{HOST} is busy, and has heard nothing"))
    assert client.shows(theirs("The line is busy. Please call again later."))
    client.press(ctrl("D"))
    assert client.wait() == 1


def test_second_caller_finds_the_line_busy(screen_called, port):
    """With -k, the pane says who called meanwhile; later the next caller is let in."""
    server, first = screen_called("-k")
    second = call(port)
    second.expect("The line is busy. Please call again later.\n")
    server.wait_for(notice(f"{HOST} called while the line was busy"))
    server.say("only for the first")
    first.expect("only for the first\n")
    first.close_input()
    server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
    third = call(port)
    server.wait_for(lambda: server.pane[-1].endswith(f"{HOST} has called"))
    server.say("hello third")
    third.expect("hello third\n")


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("state", ["waiting", "talking"])
def test_terminal_is_restored_after_a_signal(screen, port, signo, state):
    """A signal ends it with the terminal as it was, the peer informed, and its usual status."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    if state == "talking":
        caller = call(port)
        server.wait_for("has called")
        server.say("my last line")
        caller.expect("my last line\n")
        server.press("half-typed")
        server.wait_for(lambda: server.input == "> half-typed")
    os.kill(server.pid, signo)
    if state == "talking":
        assert caller.expect_end() == b"my last line\n"
        caller.close_input()
    assert server.wait() == 128 + signo
    assert server.is_restored()


@pytest.mark.usefixtures("vanishing")
def test_window_that_is_closed(screen_called):
    """When the window is closed, tchat goes, and the peer sees it."""
    server, caller = screen_called()
    pid = server.pid
    server.hang_up()
    caller.expect_end()
    caller.close_input()
    eventually(lambda: process_state(pid) is None, "the end of tchat")


@looks_into_listener
def test_terminal_is_never_nonblocking(screen_called):
    """The terminal, which the shell shares, is not switched to non-blocking."""
    server, caller = screen_called()
    caller.send("hello\n")
    server.wait_for(theirs("hello"))  # now the listener has what it keeps
    for pid in (server.pid, *listeners(server.pid)):
        for number in {"0", "1", "2"}.intersection(os.listdir(f"/proc/{pid}/fd")):
            flags = re.search(r"flags:\s*(\d+)", Path(f"/proc/{pid}/fdinfo/{number}").read_text())[1]
            assert not int(flags, 8) & os.O_NONBLOCK


# Terminals that can do no full screen, and other terminals that can


@pytest.mark.parametrize("name", ["dumb", None, "no-such-terminal"])
def test_simple_terminals_get_plain_mode(on_terminal, environment, port, name):
    """Where the terminal can do no full screen the conversation is plain."""
    env = {key: value for key, value in environment.items() if key != "TERM"}
    server = on_terminal(TCHAT, "-s", port, env=env | ({"TERM": name} if name else {}))
    server.wait_for(f"^tchat: waiting on port {port}$")
    caller = call(port)
    server.wait_for("has called$")
    server.say("mine")
    caller.expect("mine\n")
    caller.send("theirs\n")
    server.wait_for("^theirs$")
    assert b"\x1b" not in server.shown
    unknown = server.shows("^tchat: the terminal no-such-terminal is not known on this machine: plain")
    assert unknown == (name == "no-such-terminal")
    caller.close_input()
    assert server.wait() == 0


@pytest.mark.parametrize("name", ["xterm", "screen", "tmux-256color", "linux", "vt100", "rxvt"])
def test_other_terminals(screen_called, environment, name):
    """Every terminal that can move its cursor shows the same."""
    server, caller = screen_called(env=dict(environment, TERM=name))
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(PAGE_UP)
    server.wait_for(theirs("line 70"))
    server.press(PAGE_DOWN + "typed")
    server.wait_for(lambda: server.input == "> typed")
    server.wait_for(theirs("line 99"))
    assert all(re.search(theirs(f"line {78 + n}"), row) for n, row in enumerate(server.pane))
    server.press(ctrl("C") + ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()


# Plain mode on a terminal


@pytest.mark.parametrize("option", ["-p", "-r", "--recv-only", "--send-only", "-a"])
def test_plain_modes_on_a_terminal(screen, port, option):
    """What is plain is plain on a terminal too."""
    server = screen("-s", option, port)
    server.wait_for(f"^tchat: waiting on port {port}$")
    call(port)
    server.wait_for("has called$")
    assert b"\x1b" not in server.shown


def test_pipes_get_plain_mode(on_terminal, port):
    """A terminal on one side is not enough for a full screen."""
    server = on_terminal("sh", "-c", '"$@" | cat', "sh", TCHAT, "-s", port)
    server.wait_for(f"^tchat: waiting on port {port}$")
    caller = call(port)
    caller.send("theirs\n")
    server.wait_for("^theirs$")
    server.say("mine")
    caller.expect("mine\n")


@pytest.mark.parametrize("option", ["-p", "-a"])
def test_plain_mode_ends_when_the_peer_leaves(screen, port, option):
    """A person at a terminal need not press Ctrl-D once the peer has left."""
    server = screen("-s", option, port)
    server.wait_for("waiting on port")
    caller = call(port)
    caller.send("bye\n")
    caller.close_input()
    server.wait_for("^bye$")
    server.wait_for(f"^tchat: {HOST} has left$")
    assert server.wait() == 0


def test_plain_mode_ctrl_c(screen, port):
    """Ctrl-C ends plain mode by its signal, after an orderly good bye."""
    server = screen("-s", "-p", port)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for("has called")
    server.say("my last line")
    caller.expect("my last line\n")
    server.press(ctrl("C"))
    assert caller.expect_end() == b"my last line\n"
    caller.close_input()
    assert server.wait() == 128 + signal.SIGINT


def test_plain_mode_ctrl_d(screen, port):
    """Ctrl-D ends one's own side; what the peer still says is shown."""
    server = screen("-s", "-p", port)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for("has called")
    server.press(ctrl("D"))
    assert caller.expect_end() == b""
    caller.send("one more\n")
    server.wait_for("^one more$")
    caller.close_input()
    assert server.wait() == 0


@pytest.mark.parametrize("keys", [")", "e", "z", ctrl("E"), ctrl("X")])
def test_prefix_within_a_search(screen_called, keys):
    """Ctrl-X, at which Readline dies within a search, ends the search and nothing else."""
    server, caller = screen_called()
    server.press("kept" + ctrl("R") + ctrl("X") + keys + ctrl("G"))
    server.wait_for(lambda: server.input == "> kept")
    server.press(ENTER)
    caller.expect("kept\n")
