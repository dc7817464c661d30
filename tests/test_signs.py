"""Signs: where the terminal's font lacks them, another form of each is drawn; the text keeps them."""

import re

import pytest

from fullscreen import DELIVERED, F1, F2, LOST, ON_ITS_WAY, PLAIN_SIGNS, WAITING, marked
from fullscreen import screen_deaf  # noqa: F401, a fixture
from peers import HOST, needs_linux
from test_screen import notice, pasted, theirs

POOR = ["linux", "vt100", "vt220", "ansi", "cons25", "sun"]
SIGNS = "·›✓✗…⏎"
NAME = "Maximiliana Wilhelmina"


def plain(text):
    return text.translate(PLAIN_SIGNS)


def mark(sign):
    """How a mark of one's own lines is shown there, as a regular expression."""
    return re.escape(plain(sign))


@pytest.mark.parametrize("name", POOR)
def test_signs_that_a_font_lacks(screen_called, environment, name):
    """Marks, separators, what is cut, ends of pasted lines and the help: nothing but ASCII reaches such a terminal."""
    server, caller = screen_called("-n", NAME, env=dict(environment, TERM=name))
    assert plain(" · not encrypted · since ") in server.bar
    server.say("mine")
    caller.expect("mine\n")
    server.wait_for(marked(mark(DELIVERED), "mine", plain(NAME[:15] + "…")))
    server.press("\x1b[200~one\ntwo\x1b[201~")
    server.wait_for(lambda: server.rows()[-2:] == [plain("> one⏎"), "two"])
    server.press(F1)
    server.wait_for(mark("✓ arrived, ✗ lost"))
    assert server.shown.isascii()


@needs_linux
def test_marks_that_a_font_lacks(screen_deaf, environment):  # noqa: F811
    """Each mark can be told from the others: of what waits, is on its way, and is lost."""
    server, caller = screen_deaf(env=dict(environment, TERM="linux"))
    server.say("first")
    server.say(pasted("x" * 300_000))
    server.say("last")
    server.wait_for(marked(mark(WAITING), "last"))
    assert not server.shows(marked(mark(ON_ITS_WAY), "last"))
    caller.reset()
    server.wait_for(marked(mark(LOST), "last"))


def test_signs_that_somebody_says(screen_called, environment, tmp_path):
    """What a person says with such signs is drawn in the same way; the log, the pager and the other side get them."""
    server, caller = screen_called("-l", tmp_path / "log",
                                   env=dict(environment, TERM="linux", PAGER="cat; echo '[end]'"))
    caller.send(f"theirs {SIGNS}\n")
    server.wait_for(theirs(f"theirs {plain(SIGNS)}"))
    server.say(f"mine {SIGNS}")
    caller.expect(f"mine {SIGNS}\n")
    server.press(F2)
    server.wait_for(lambda: b"[end]" in server.shown)
    for line in (f" {HOST} < theirs {SIGNS}", f" you > mine {SIGNS}"):
        assert line in server.shown.decode()
    assert f" > mine {SIGNS}\n" in (tmp_path / "log").read_text()


def test_signs_that_a_font_has(screen_called, environment):
    """Other terminals show the signs themselves."""
    server, caller = screen_called(env=dict(environment, TERM="xterm"))
    server.press(F1)
    server.wait_for("✓ arrived, ✗ lost")
    assert " · not encrypted · since " in server.bar
