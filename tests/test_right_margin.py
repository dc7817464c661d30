"""A row that is wider than the screen, because the terminal shows characters wider than this machine's C
library says, stays in its row: the rows below, and the status bar, are what tchat says."""

import os
import re
import signal
import socket

import pytest
from wcwidth import wcswidth

from fullscreen import F2
from peers import DEADLINE, HOST
from terminal import ENTER, Display, ctrl
from test_screen import own, theirs
from tls import TlsLine, client_context, needs_tls

AUTOWRAP = 7 << 5  # as pyte notes the mode
OFF = b"\x1b[?7l"
SPACING = "\u0903"  # DEVANAGARI SIGN VISARGA, of general category Mc
WIDER = "\u2603"  # where ambiguous characters are wide, as in terminals for Chinese (UAX 11)
BAR = r"^ {HOST} [·-] not encrypted [·-] since \d\d:\d\d +F1/Alt-\? help$"


# What terminals disagree about, and what is drawn for it so that they agree.
DRAWN = {"❤\ufe0f\u200d🔥": "❤🔥", "☀\ufe0f": "☀", "🇩🇪": "DE", "🇫": "F", "a\u1160\u11a8": "a", "👋🏽": "👋",
         "\u1112\u1161\u11ab": "한", "1\ufe0f\u20e3": "1", "s\u00adh\u200b": "sh", "葛\U000e0100": "葛"}
JOINING = "\ufe0f\u200d\u1160\u1161\u11a8\u11ab\u00ad\u200b\U000e0100🏽🇩🇪🇫"


class WiderDisplay(Display):
    """A screen with other widths than the C library's."""

    def draw(self, data):
        wide = dict.fromkeys(map(ord, WIDER + JOINING), "\uff0a")  # which takes two columns
        super().draw(data.translate(wide))


@pytest.fixture
def wider(screen_called, environment):
    """tchat on such a terminal, and its caller."""
    def wider(name="xterm-256color", options=()):
        return screen_called(*options, env=dict(environment, TERM=name), display=WiderDisplay)

    return wider


def must_stand(server, caller):
    """A row that runs over changes neither the line below nor the bar, also when they are drawn again."""
    bar = BAR.format(HOST=re.escape(HOST))
    forged = WIDER * 36 + "x" * 20 + "FORGED"  # a row for tchat

    def wide_rows():
        return sum(WIDER in row or "\uff0a" in row for row in server.rows())

    before = wide_rows()
    caller.send(f"before\n{forged}\nafter\n{forged}\n")
    server.wait_for(theirs("after"))
    server.wait_for(lambda: wide_rows() == before + 2)
    for key in ("", ctrl("L")):
        server.press(key + "typed")
        server.wait_for(lambda: server.input.endswith("typed"))
        assert re.search(bar, server.bar)
        assert server.shows(theirs("before")) and server.shows(theirs("after"))
        assert not server.shows("^FORGED|^x+FORGED")
        server.press(ctrl("U"))
        server.wait_for(lambda: server.input == ">")


@pytest.mark.parametrize("name", ["xterm-256color", "screen", "tmux-256color", "linux", "vt100", "rxvt"])
def test_row_that_is_too_wide(wider, name):
    """It ends at the right margin, and the bar below cannot be written by the other side."""
    server, caller = wider(name)
    must_stand(server, caller)


def test_row_that_is_too_wide_after_suspension(wider, environment):
    """So it is after the screen was away: for the pager, and by Ctrl-Z."""
    environment["PAGER"] = "echo '[pager]'; read key </dev/tty"
    server, caller = wider()
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    assert AUTOWRAP in server.display.mode
    server.press("\r")
    server.wait_for(lambda: AUTOWRAP not in server.display.mode)
    must_stand(server, caller)
    before = len(server.shown)
    os.kill(server.pid, signal.SIGTSTP)  # without a shell that controls jobs it comes back at once
    server.wait_for(lambda: b"\x1b[?7h" in server.shown[before:])
    os.kill(server.pid, signal.SIGCONT)
    server.wait_for(lambda: AUTOWRAP not in server.display.mode)
    must_stand(server, caller)


def test_typed_text_up_to_the_last_column(wider):
    """What ncurses does for the lower right corner, where it takes a terminal to wrap, leaves nothing switched on."""
    server, caller = wider()
    server.press("y" * 800 + ctrl("A"))
    server.wait_for(lambda: server.input == "y" * 80)
    assert AUTOWRAP not in server.display.mode
    server.press(ctrl("E") + ctrl("U"))
    server.wait_for(lambda: server.input == ">")
    must_stand(server, caller)


def test_what_terminals_disagree_about(wider, environment, tmp_path):
    """It is drawn as its base characters, in the pane and where it is typed; the other side, the log and the pager
    get it as it is."""
    environment["PAGER"] = "cat; echo '[end]'"
    server, caller = wider(options=["-l", tmp_path / "log"])
    for text, drawn in DRAWN.items():
        caller.send(f"[{text}] theirs\n")
        server.wait_for(theirs(f"[{drawn}] theirs"))
        server.press(f"[{text}] mine")
        server.wait_for(lambda: server.input == f"> [{drawn}] mine")
        assert server.cursor == (23, len("> ") + wcswidth(f"[{drawn}] mine"))
        server.press(ENTER)
        caller.expect(f"[{text}] mine\n")
        server.wait_for(own(f"[{drawn}] mine"))
    assert not re.search(f"[{JOINING}]", server.shown.decode())
    must_stand(server, caller)
    server.press(F2)
    server.wait_for(lambda: b"[end]" in server.shown)
    log = (tmp_path / "log").read_text()
    for text in DRAWN:
        for line in (f"[{text}] theirs\n", f"[{text}] mine\n"):
            assert line in log and line in server.shown.decode().replace("\r\n", "\n")


class NarrowerDisplay(Display):
    """A screen that has no columns for spacing marks, as kitty."""

    def draw(self, data):
        super().draw(data.replace(SPACING, ""))


@needs_tls
def test_name_that_a_terminal_shows_narrower(ann, friend, screen, port):
    """Nothing of what the bar said before is left in it, and what stands behind the name is in its place."""
    name = "Ben" + SPACING * 10
    ann.knows(f"caller {friend.fingerprint} {name}")
    server = screen("-s", "-t", port, env=ann.env, display=NarrowerDisplay)
    server.wait_for("waiting on port")
    connected = socket.create_connection((HOST, port), DEADLINE)
    server.wait_for(lambda: "agreeing on encryption" in server.bar)
    caller = TlsLine(connected, client_context(friend))
    server.wait_for("encrypted: the caller is Ben$")
    caller.send("hello\n")
    server.wait_for("hello$")
    server.wait_for(lambda: re.search(r"^ Ben {11}· encrypted · since \d\d:\d\d +F1/Alt-\? help$", server.bar))


@pytest.mark.parametrize("end", ["left", "SIGTERM"])
def test_wrapping_is_given_back(screen_called, end):
    """However it ends, the terminal wraps again as it did."""
    server, caller = screen_called()
    assert OFF in server.shown and AUTOWRAP not in server.display.mode
    if end == "left":
        server.press(ctrl("D"))
    else:
        os.kill(server.pid, signal.SIGTERM)
    caller.close_input()
    server.wait()
    assert AUTOWRAP in server.display.mode and server.is_restored()


def test_terminal_that_knows_no_wrapping(screen_called, environment):
    """A terminal whose description does not have the cursor stay behind the last column is left as it is."""
    server, caller = screen_called(env=dict(environment, TERM="ansi"))
    assert OFF not in server.shown
