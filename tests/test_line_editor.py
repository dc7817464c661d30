"""Readline, which has mistakes: its process, what is done against those that are known, and what others cost."""

import os
import re
import resource
import signal
import time
from pathlib import Path

import pytest

from fullscreen import DELIVERED, marked, not_under_sanitizers, screen_deaf  # noqa: F401, a fixture
from peers import DEADLINE, TCHAT, call, editors, eventually, looks_into_listener, needs_linux, process_state
from terminal import ENTER, ESCAPE, UP, ctrl
from test_resources import limit, size_of
from test_screen import EMACS, VI, notice, pasted

FRAGILE = Path(TCHAT).parent / "tests" / "fragile"  # tchat whose Readline goes wrong at a word
DIED = r"the line editor died: {}; look at what is in the input line, it is all that was typed"
DEFINE, DEFINED, CALL = ctrl("X") + "(", ctrl("X") + ")", ctrl("X") + "e"


@pytest.fixture
def with_init_file(screen_called, environment, tmp_path):
    """tchat as a server on a terminal, with an init file of Readline's, and a caller."""
    def with_init_file(text):
        (tmp_path / "inputrc").write_text(text)
        return screen_called("-l", tmp_path / "log", env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))

    return with_init_file


@pytest.fixture
def fragile(on_terminal, port, environment, leaks_unchecked, tmp_path):
    """The same whose Readline goes wrong."""
    def fragile(**variables):
        server = on_terminal(FRAGILE, "-s", "-l", tmp_path / "log", port, columns=120, env={**environment, **variables})
        server.wait_for("waiting on port")
        caller = call(port)
        server.wait_for("has called")
        return server, caller

    return fragile


def editor_of(server):
    [editor] = eventually(lambda: editors(server.pid), "the line editor")
    return editor


def kill_editor(server, signo=signal.SIGKILL):
    """As a mistake of Readline's does it, at a moment in which nothing is typed."""
    editor = editor_of(server)
    os.kill(editor, signo)
    eventually(lambda: process_state(editor) is None, "its end")


# What is done against the mistakes that are known


SEARCHES = {
    "yank-last-arg": ["one two", ENTER, ESCAPE, "G", "R", ESCAPE + "<", ctrl("P"), ESCAPE, "/a", ENTER, ctrl("E"),
                      ESCAPE, "?a", ENTER, ESCAPE + "<", "a", ENTER],
    "undo": [ESCAPE + "#", ESCAPE, "y", "u", UP, "A", ESCAPE, "-", ESCAPE, "/a", ENTER, ctrl("E"), ESCAPE + "#",
             ESCAPE + "<", ESCAPE + "#"],
    "failed": ["n", ENTER, ESCAPE, "k", "I", ESCAPE, "k", "/foo", ENTER, ESCAPE, "-", ESCAPE, "C", ESCAPE, "?", "/foo",
               ENTER, "\n"],
    "again": ["one two", ENTER, ESCAPE, "k", ctrl("E"), ESCAPE, DEFINE, ctrl("X") + ctrl("R"), ESCAPE, "G",
              ESCAPE, "?a", ENTER, "r", "a", ENTER, ESCAPE, "G", "N"],
}
CRASHED = {
    "macro that calls itself": (EMACS, [DEFINE, CALL, ESCAPE + "t", DEFINED, CALL]),
    "macro that is broken off": (EMACS + '"z": "\\C-x\\C-g"\n', ["a", "z", "z"]),
    "macro of the init file that calls none": (EMACS + '"z": "\\C-xe"\n', ["z", "z"]),
    "history-size": (EMACS + "set history-size 3\n", [*(f"line {n}{ENTER}" for n in range(8)), ctrl("X") + ctrl("R"),
                                                      *[UP] * 8, ctrl("N"), ENTER]),
    **{f"vi search, {name}": (VI, keys) for name, keys in SEARCHES.items()},
}


@pytest.mark.parametrize("init_file, keys", CRASHED.values(), ids=CRASHED)
def test_keys_that_crashed(with_init_file, tmp_path, init_file, keys):
    """Keys at which Readline 8.2 crashes, or never comes back, are like any others."""
    server, caller = with_init_file(init_file)
    editor = editor_of(server)
    for key in keys:
        server.press_and_wait(key)
    if init_file.startswith(VI):
        server.press(ESCAPE + "A")
    server.press(ctrl("U") + ctrl("G"))
    server.say(pasted("the last"))
    caller.expect("the last\n")
    assert editors(server.pid) == [editor]
    assert "died" not in (tmp_path / "log").read_text()


def test_macro_is_called(with_init_file):
    """A macro of the keyboard is as ever, also by another key."""
    server, caller = with_init_file('"\\C-t": call-last-kbd-macro\n')
    server.press(DEFINE + "ab" + DEFINED + " " + CALL + ctrl("T"))
    server.wait_for(lambda: server.input == "> ab abab")


def test_enter_after_a_number(with_init_file):
    """The line is sent at once, and not at the next key."""
    server, caller = with_init_file(EMACS)
    server.press("a line" + ESCAPE + "3" + ENTER)
    caller.expect("a line\n")
    server.wait_for(lambda: server.input == ">")


def test_undo_goes_back_in_a_line_of_the_history(with_init_file):
    """What can be undone is what was done to the line since it was fetched."""
    server, caller = with_init_file(EMACS)
    server.say("a line")
    caller.expect("a line\n")
    server.press(UP + " changed" + ctrl("X") + ctrl("U"))
    server.wait_for(lambda: server.input == "> a line")


# Any other mistake


MISHAPS = {"crash!": "Segmentation fault", "abort!": "Aborted", "overflow!": "Segmentation fault",
           "exit!": ".*", "loop!": "it gave no answer", "nonsense!": ".*"}


@pytest.mark.parametrize("word", MISHAPS)
def test_readline_goes_wrong(fragile, tmp_path, word):
    """Whatever it does: what was typed is in the input line again and can be sent, and all is as before."""
    server, caller = fragile()
    server.say("before")
    caller.expect("before\n")
    server.press(f"half a {word}")
    server.wait_for(lambda: server.input == f"> half a {word}")
    server.press("z")
    server.wait_for(DIED[:26].format(MISHAPS[word]))
    server.wait_for(lambda: server.input == f"> half a {word}z")
    server.press(ENTER)
    caller.expect(f"half a {word}z\n")
    server.press(UP)
    server.wait_for(lambda: server.input == f"> half a {word}z")
    server.press(ctrl("C") + ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()
    assert re.search(DIED.format(MISHAPS[word]), (tmp_path / "log").read_text())


def test_keys_that_come_at_once(fragile):
    """None of them is lost, and none of them sends what nobody has looked at."""
    server, caller = fragile()
    server.press("one\rtwo crash!" + ctrl("A") + "three\rfour\r" + "x" * 600 + "\rfive")
    caller.expect("one\n")
    server.wait_for("the line editor died")
    server.wait_for(lambda: "five" in server.input)
    server.press(ENTER)
    text = caller.incoming.expect("five\n").decode()
    assert text == "two crash!^Athree\nfour\n" + "x" * 600 + "\n"


def test_paste_that_crashes(fragile, tmp_path):
    """The same where text that is put into the line is the cause, so that nothing can be typed any more: tchat ends in
    order, the lines that were sent before are delivered, and what was typed and pasted is said."""
    server, caller = fragile(FRAGILE="text")
    server.say("a line")
    server.wait_for(marked(DELIVERED, "a line"))
    server.press("typed ")
    server.wait_for(lambda: server.input == "> typed")
    server.press(pasted("pasted\nand more"))
    assert caller.expect_end() == b"a line\n"
    caller.close_input()
    assert server.wait() == 1
    assert server.is_restored()
    said = [row for row in server.rows() if row.startswith("tchat: ")]
    assert said[1:] == ["tchat: not sent: typed pasted", "tchat: not sent: and more"]
    assert re.match("tchat: the line editor died: .*; another cannot be started", said[0])
    assert "another cannot be started" in (tmp_path / "log").read_text()


@needs_linux
def test_lines_on_their_way(screen_deaf):  # noqa: F811
    """That Readline dies costs none of the lines that the peer has not taken yet."""
    server, caller = screen_deaf(columns=120)
    server.say(pasted("x" * 50_000))
    server.say("one more")
    server.wait_for(lambda: "does not read" in server.bar)
    kill_editor(server)
    server.press("z")
    server.wait_for("the line editor died: Killed")
    assert server.input == "> z"
    caller.read().expect("x\none more\n")


def test_editor_killed(screen_called):
    """Between two keys: the next one tells so, and is not lost."""
    server, caller = screen_called(columns=120)
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    kill_editor(server)
    server.press("!")
    server.wait_for(notice(DIED.format("Killed")))
    server.wait_for(lambda: server.input == "> half-typed!")
    server.press(ENTER)
    caller.expect("half-typed!\n")


def test_line_put_back_that_crashes(on_terminal, port, environment, leaks_unchecked):
    """The same where a line that could not be sent is put back."""
    server = on_terminal(FRAGILE, "-s", port, columns=120, env={**environment, "FRAGILE": "text"})
    server.wait_for("waiting on port")
    server.say("for nobody")
    assert server.wait() == 1
    assert server.is_restored()
    assert "tchat: not sent: for nobody" in server.rows()


@pytest.mark.parametrize("keys, shown", [(UP, "an earlier line"), (ctrl("R") + "earl", "an earlier line"),
                                         (UP + " changed", "an earlier line changed")], ids=repr)
def test_line_that_another_one_hides(screen_called, keys, shown):
    """What was typed before a line of the history was fetched, or searched for, is there again, too."""
    server, caller = screen_called(columns=120)
    server.say("an earlier line")
    caller.expect("an earlier line\n")
    server.press("typed" + keys)
    server.wait_for(lambda: shown in server.input)
    kill_editor(server)
    server.press("!")
    server.wait_for("the line editor died: Killed")
    server.wait_for(lambda: re.search("> typed", "\n".join(server.rows()[-2:])))
    assert ("changed" in "\n".join(server.rows()[-2:])) == ("changed" in shown)


@pytest.mark.parametrize("keys, shown, said", [
    (UP, "> an earlier line", ["typed"]),
    (ctrl("R") + "earl", "an earlier line", ["typed"]),
    (ESCAPE + "pea", ":ea", ["typed"]),
    (UP + " changed", "> an earlier line changed", ["typed", "an earlier line changed"]),
], ids=["fetched", "found", "searched for", "changed"])
def test_hidden_line_is_said(screen_called, keys, shown, said):
    """At the end it is said that it was not sent; a line of the history that was, is none of those."""
    server, caller = screen_called(columns=120)
    server.say("an earlier line")
    caller.expect("an earlier line\n")
    server.press("typed" + keys)
    server.wait_for(lambda: server.input.endswith(shown))
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    assert [row for row in server.rows() if "not sent" in row] == [f"tchat: not sent: {line}" for line in said]


def test_signal_while_readline_gives_no_answer(screen_called):
    """tchat ends at once, and says the keys that Readline has not taken."""
    server, caller = screen_called()
    server.press("typed")
    server.wait_for(lambda: server.input == "> typed")
    os.kill(editor_of(server), signal.SIGSTOP)
    server.finish(time.monotonic() + DEADLINE)
    server.press_and_wait(" and more")
    began = time.monotonic()
    os.kill(server.pid, signal.SIGTERM)
    caller.expect_end()
    assert time.monotonic() - began < 4  # Readline would be waited for five seconds
    caller.close_input()
    assert server.wait() == 128 + signal.SIGTERM
    assert server.is_restored()
    said = [row for row in server.rows() if "not sent" in row]
    assert said == ["tchat: not sent: typed", "tchat: not sent:  and more"]


def test_init_file_that_never_comes(screen, environment, port, tmp_path):
    """A signal ends tchat all the same, while Readline waits for it."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "inputrc").write_text(f"$include {tmp_path / 'fifo'}\n")
    server = screen("-s", port, env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))
    editor_of(server)
    server.finish(time.monotonic() + DEADLINE)
    began = time.monotonic()
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - began < 4  # Readline would be waited for five seconds
    assert server.is_restored()


@not_under_sanitizers
def test_memory_runs_out_in_the_editor(screen_called):
    """No memory there for what is pasted: another one has it."""
    server, caller = screen_called(columns=120)
    server.press("typed ")
    server.wait_for(lambda: server.input == "> typed")
    editor = editor_of(server)
    limit(editor, resource.RLIMIT_AS, size_of(editor) + 200_000)
    server.press(pasted("y" * 1_000_000 + " pasted"))
    server.wait_for("the line editor died: Cannot allocate memory")
    server.wait_for(lambda: server.input.endswith("y pasted"))
    server.press(ENTER)
    assert caller.expect(" pasted\n") == b"typed " + b"y" * 1_000_000


@needs_linux
def test_no_other_editor_can_be_started(screen_called, leaks_unchecked):
    """No process can be made: tchat ends in order, and says what was typed."""
    server, caller = screen_called(columns=120)
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    limit(server.pid, resource.RLIMIT_NOFILE, 3)
    kill_editor(server)
    server.press("!")
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 1
    assert server.is_restored()
    assert [row for row in server.rows() if "not sent" in row] == ["tchat: not sent: half-typed!"]


# What it holds


@looks_into_listener
@needs_linux
def test_editor_holds_what_it_needs(screen_called, tmp_path):
    """Its socket: no terminal, no connection, no log; the next one neither."""
    server, caller = screen_called("-l", tmp_path / "log")
    for _ in range(2):
        editor = editor_of(server)
        held = {int(fd): os.readlink(f"/proc/{editor}/fd/{fd}") for fd in os.listdir(f"/proc/{editor}/fd")}
        assert held.pop(3).startswith("socket:")
        assert set(held.values()) == {"/dev/null"}
        status = Path(f"/proc/{editor}/status").read_text()
        assert re.search(r"^NoNewPrivs:\s*1$", status, re.M)
        kill_editor(server)
        server.press("!")
        server.wait_for("the line editor died")


def test_editor_ends_with_the_speaker(screen_called):
    """Even if that is killed."""
    server, caller = screen_called()
    editor = editor_of(server)
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: process_state(editor) is None, "its end")
