"""Pasting: what is pasted stays in the input line until it is sent, and is never taken for keys."""

import os
import signal
import time

import pytest

from fullscreen import F1, F2, LONG, status_bar
from peers import DEADLINE
from terminal import BACKSPACE, ENTER, ESCAPE, PAGE_UP, UP, ctrl
from test_screen import EMACS, VI, own, pasted

BRACKETED_PASTE = 2004 << 5  # as pyte notes the mode


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
def test_several_lines(screen_called, end):
    """Several pasted lines are seen, each with a sign at its end, and sent by Enter, not before."""
    server, caller = screen_called()
    server.press(pasted(end.join(["one", "two", "", "four"])))
    server.wait_for(lambda: server.rows()[-4:] == ["> one⏎", "two⏎", "⏎", "four"])
    assert caller.incoming.data == b""
    server.press(BACKSPACE)
    server.wait_for(lambda: server.input == "fou")
    server.press("r" + ENTER)
    caller.expect("one\ntwo\n\nfour\n")
    server.wait_for(own("four"))
    assert server.shows(own("one")) and server.shows(own("two"))
    server.wait_for(lambda: server.input == ">")
    server.press(UP)
    server.wait_for(lambda: server.rows()[-4:] == ["> one⏎", "two⏎", "⏎", "four"])


def test_lines_that_can_be_fetched_back_are_limited(screen_called):
    """They are a mebibyte together at most, whatever is pasted: the oldest are forgotten."""
    server, caller = screen_called()
    server.say("the first")
    lines = [letter * 128 * 1024 for letter in "abcdefghij"]
    for line in lines:
        server.press(pasted(line) + ENTER)
        caller.expect(line + "\n")
    server.press(UP * 20 + ENTER)
    caller.expect(lines[2] + "\n")


def test_how_much_it_is(screen_called):
    """Before a paste is sent, the bar says how much it is, also where no more than a part of it is in view."""
    server, caller = screen_called()
    server.press(pasted("\r".join(f"line {n}" for n in range(50)) + "\r"))
    server.wait_for(lambda: " 50 lines, Enter sends all" in status_bar(server))
    server.press(BACKSPACE * 2)
    server.wait_for(lambda: server.input == "line 4")
    assert " 50 lines, Enter sends all" in status_bar(server)
    server.press(ENTER)
    caller.expect("line 4\n")
    server.wait_for(lambda: "lines" not in status_bar(server))
    server.press("one")
    server.wait_for(lambda: server.input == "> one")
    assert "line" not in status_bar(server)


@pytest.mark.parametrize("columns, shown", [(52, "50 lines, Enter sends all"), (34, "50 lines")])
def test_how_much_it_is_where_there_is_little_room(screen_called, columns, shown):
    """Of the bar much else is left out before that."""
    server, caller = screen_called(columns=columns)
    server.press(pasted("x\r" * 50))
    server.wait_for(lambda: shown in status_bar(server))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_paste_with_a_last_line_end(screen_called, end):
    """The end of a paste's last line and Enter are one; an empty line that was pasted is one."""
    server, caller = screen_called()
    server.say(pasted(f"one{end}two{end}"))
    server.say(pasted(f"three{end}{end}"))
    server.say(pasted(end))
    server.say("four")
    assert caller.expect("four\n") == b"one\ntwo\nthree\n\n\n"


def test_macro_of_several_lines(screen_called, environment, tmp_path):
    """A key can be bound to several lines; an empty one among them is one."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\C-t": "one\\C-m\\C-mtwo\\C-m"\n')
    environment["INPUTRC"] = str(inputrc)
    server, caller = screen_called()
    server.press(ctrl("T"))
    assert caller.expect("two\n") == b"one\n\n"


@pytest.mark.parametrize("inputrc, keys", [
    (EMACS, ctrl("V")), (EMACS, ctrl("X")), (EMACS, ctrl("]")), (EMACS, ESCAPE + "p"), (EMACS, ESCAPE + "3"),
    (EMACS, ctrl("R")), (EMACS, ctrl("R") + "ear"), (VI, ctrl("V")), (VI, ESCAPE + "r"), (VI, ESCAPE + "f"),
    (VI, ESCAPE + "d"), (VI, ESCAPE + "/")], ids=repr)
def test_paste_in_the_middle_of_a_key(screen_called, environment, tmp_path, inputrc, keys):
    """Whatever the keys before it wait for, a paste is a paste, and nothing of it is sent."""
    (tmp_path / "inputrc").write_text(inputrc)
    server, caller = screen_called(env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))
    server.say("earlier")
    caller.expect("earlier\n")
    for key in keys:
        server.press(key)
    server.press(pasted("one\rtwo\rthree"))
    server.wait_for(lambda: server.rows()[-3].endswith("one⏎") and server.rows()[-2] == "two⏎" and
                    server.input.startswith("three"))
    assert caller.incoming.data == b"earlier\n"


@pytest.mark.parametrize("keys", [ctrl("R"), ESCAPE + "p"], ids=["Ctrl-R", "Alt-P"])
def test_long_paste_in_a_search(screen_called, environment, tmp_path, keys):
    """Readline does not read a paste itself, not even if it is told to."""
    (tmp_path / "inputrc").write_text("set enable-bracketed-paste on\n")
    server, caller = screen_called(env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))
    server.say("earlier")
    caller.expect("earlier\n")
    server.press(keys)
    server.press(pasted("x" * 9000 + "!"))
    server.wait_for("x!$")
    server.press(ctrl("A") + ctrl("K") + "later" + ENTER)
    caller.expect("later\n")


def test_pasted_between(screen_called):
    """A paste goes where the cursor is, between what was typed."""
    server, caller = screen_called()
    server.press("<>" + ctrl("B") + pasted("in\rbetween") + "!")
    server.wait_for(lambda: server.rows()[-2:] == ["> <in⏎", "between!>"])
    server.press(ENTER)
    caller.expect("<in\nbetween!>\n")


def test_controls_are_no_keys(screen_called):
    """Nothing in a paste scrolls, leaves, suspends, searches or shows help."""
    server, caller = screen_called()
    keys = "".join(map(chr, range(1, 32))).replace("\n", "").replace("\r", "").replace("\t", "")
    server.press("a" + pasted(f"b\tc{keys}{F1}{F2}{PAGE_UP}\x7fd") + "e")
    shown = "".join(f"^{ctrl(key)}" for key in keys) + "^[OP^[OQ^[[5~^?d"
    server.wait_for(lambda: "".join(server.rows()[-3:]).endswith(shown + "e"))
    server.press(ENTER)
    caller.expect(f"ab\tc{shown}e\n")


UNKNOWN = "\U0003FFFD"  # a noncharacter's neighbour, which no C library knows


HIDDEN = "\U000E0067\U000E0062\U000E0065\U000E006E\U000E007F\u202b\u202c\ufeff\u2028" + UNKNOWN


@pytest.mark.parametrize("text", [
    "the \U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F side", "\u202bright to left\u202c",
    "\ufeffmarked", f"new: {UNKNOWN}", "two\u2028lines", "a" + "\u0301" * 40, "\ue000 \ufffe"], ids=ascii)
def test_sent_as_it_was_pasted(screen_called, tmp_path, text):
    """What is shown of a paste may be rewritten, as it is when it has been said; what is sent is not."""
    server, caller = screen_called(columns=120)
    shown = "".join(f"<U+{ord(c):04X}>" if c in HIDDEN else c for c in text)
    server.press(pasted(f"[{text}]"))
    server.wait_for(lambda: server.input.startswith("> [") and server.input.endswith("]"))
    assert "U+" not in shown or server.input == f"> [{shown}]"
    server.press(ENTER)
    caller.expect(f"[{text}]\n")


def test_controls_are_seen_before_they_are_sent(screen_called):
    """What could do something to the terminal of a reader without a filter is made visible, and sent as it is seen."""
    server, caller = screen_called()
    server.press(pasted("\x00 \x9b31m \x1b]2;x\x07 \x7f\x85.\ttab"))
    shown = "^@ <U+009B>31m ^[]2;x^G ^?<U+0085>."
    server.wait_for(lambda: server.input.startswith(f"> {shown}") and server.input.endswith("tab"))
    server.press(ENTER)
    caller.expect(f"{shown}\ttab\n")


@pytest.mark.parametrize(
    "line", ["x" * 1023 + "\n", "x" * (LONG - 1) + "\n", "漢字\n" * 100, "\n" * 1024],
    ids=["lines", "one line", "short lines", "empty lines"])
def test_megabyte(screen_called, line):
    """A megabyte can be pasted, looked at, and sent."""
    server, caller = screen_called()
    text = line * (LONG // len(line.encode()))
    server.press(pasted(text.replace("\n", "\r")) + "the end")
    server.wait_for(lambda: server.input.endswith("the end"))
    server.press(ENTER)
    server.wait_for(lambda: server.input == ">")
    assert caller.expect("the end\n").decode() == text
    server.say("and on")
    caller.expect("and on\n")


def test_abandoned(screen_called):
    """A paste by mistake is thrown away by one key."""
    server, caller = screen_called()
    server.press(pasted("one\rtwo\rthree\r"))
    server.wait_for(lambda: server.shows("^three⏎$"))
    server.press(ctrl("C"))
    server.wait_for(lambda: server.input == ">" and not server.shows("⏎"))
    server.say("this")
    assert caller.expect("this\n") == b""


def test_end_that_never_comes(screen_called):
    """A paste whose end never comes is taken as it is after a moment; keys are keys again."""
    server, caller = screen_called()
    server.press("\x1b[200~half a paste\x1b[20")
    caller.send("meanwhile\n")
    server.wait_for("meanwhile$")
    server.wait_for(lambda: server.input.startswith("> half a paste"))
    server.press(ctrl("U") + "still here" + ENTER)
    caller.expect("still here\n")


@pytest.mark.parametrize("line", ["", "half-typed"])
def test_signal_amid_a_paste(screen, port, line):
    """What was pasted and not taken yet, because its end has not come, is said when a signal ends tchat."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.finish(time.monotonic() + DEADLINE)
    server.press_and_wait(f"{line}\x1b[200~one\rt\x1b[2Jwo\x1b[20")
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    said = [row for row in server.rows() if row.startswith("tchat: ")]
    assert said == [f"tchat: not sent: {text}" for text in (line, "one", "t^[[2Jwo^[[20") if text]


def test_signal_while_keys_wait(screen, port, environment):
    """What was typed behind the key that starts the pager is said when a signal ends tchat there."""
    server = screen("-s", port, env=dict(environment, PAGER="echo '[pager]'; read key </dev/tty"))
    server.wait_for("waiting on port")
    os.write(server.child.descriptor, F2.encode() + b"one\rtwo \xe6\xbc")  # the end of it is half a character
    server.wait_for(r"^\[pager\]$")
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    assert server.shows("^tchat: not sent: one$") and server.shows("^tchat: not sent: two \ufffd$")


def test_nothing_pasted(screen_called):
    """An empty paste does nothing."""
    server, caller = screen_called()
    server.say("a" + pasted("") + "b")
    caller.expect("ab\n")


def test_paste_in_pieces(screen_called):
    """However the bytes of a paste come in, it is one paste."""
    server, caller = screen_called()
    for byte in pasted("漢\rtwo"):
        server.press(byte)
        server.update(0)
    server.wait_for(lambda: server.rows()[-2:] == ["> 漢⏎", "two"])
    server.press(ENTER)
    caller.expect("漢\ntwo\n")


@pytest.mark.parametrize("how", ["key", "signal"])
def test_terminal_mode(screen_called, how):
    """The terminal marks what is pasted as long as tchat runs, and not longer."""
    server, caller = screen_called()
    server.wait_for(lambda: BRACKETED_PASTE in server.display.mode)
    if how == "key":
        server.press(ctrl("D"))
    else:
        os.kill(server.pid, signal.SIGTERM)
    caller.close_input()
    server.wait()
    assert BRACKETED_PASTE not in server.display.mode
