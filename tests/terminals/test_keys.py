"""Keys and the mouse's wheel, as real terminals send them."""

import re

import pytest

from peers import TCHAT, eventually
from terminals.multiplexers import Multiplexer
from terminals.windows import Window

WHEEL_SCROLLS = ("kitty",)  # it tells it from keys, as foot does
SOMEWHERE = ("foot",)  # where its window is, the compositor alone knows: no pointer can be put there
REPEATS = ("foot",)  # a key that is held down, by itself; for others the X server would, which has no keyboard
TELLS_ENTER = ("kitty", "foot", "konsole")  # Enter with Shift is not Enter
READ_WITH_THE_MOUSE = ("alacritty", "mlterm")  # by its driver


def lines(first, last):
    return "".join(f"line {n}\n" for n in range(first, last))


def typed(terminal):
    """What stands in the input line."""
    rows = [row for row in terminal.rows() if row.startswith(">")]
    return rows[-1] if rows else ""


@pytest.fixture
def talking(real_called):
    """tchat in a real terminal, with a line in its history and one half typed, and a conversation to scroll in."""
    terminal, caller = real_called()
    terminal.type("earlier\r")
    caller.expect("earlier\n")
    caller.send(lines(0, 60))
    terminal.wait_for("line 59$")
    terminal.type("ab")
    terminal.wait_for("^> ab$")
    return terminal, caller


def test_editing(talking):
    """Home, End and Delete."""
    terminal, caller = talking
    terminal.press("Home", "Delete", "End", "d")
    terminal.wait_for("^> bd$")


@pytest.mark.parametrize("key", ["shift+Right", "shift+Delete", "ctrl+Up", "Insert", "F5", "F7", "alt+F5", "shift+F4"])
def test_key_without_meaning(talking, key):
    """It changes nothing."""
    terminal, caller = talking
    if isinstance(terminal, Multiplexer) and re.search(r"F\d", key):
        pytest.skip("the driver has no such key")
    terminal.press(key, "c")
    terminal.wait_for("^> abc$")


def test_alt_enter(talking):
    """It goes on in another line of the message; so it does with Shift, where the terminal tells."""
    terminal, caller = talking
    if terminal.NAME == "xterm":
        pytest.skip("it makes its window as large as the screen")
    terminal.press("shift+Return" if terminal.NAME in TELLS_ENTER else "alt+Return")
    terminal.wait_for("^> ab⏎$")
    terminal.type("c")
    terminal.wait_for("^c$")
    terminal.press("Return")
    caller.expect("ab\nc\n")


def test_keys_are_pressed_once(talking):
    """Letters, Enter, Backspace, Tab and Escape do what they always do, once."""
    terminal, caller = talking
    terminal.press("c", "D", "e", "BackSpace", "Tab", "Escape", "f", "ctrl+a", "x", "Return", "y")
    caller.expect("xabcD\n")
    terminal.wait_for("^> y$")


def test_pages(talking):
    """PgUp scrolls; with Alt, too, and with Shift, where the terminal does not keep that for itself."""
    terminal, caller = talking
    terminal.press("alt+Prior")
    terminal.wait_for("scrolled back")
    assert typed(terminal) == "> ab"
    terminal.press("Next")
    terminal.wait_for(lambda rows: not any("scrolled back" in row for row in rows))


def test_wheel(talking):
    """It leaves the line alone, and scrolls where it can be told from keys."""
    terminal, caller = talking
    if isinstance(terminal, Multiplexer) or terminal.NAME in SOMEWHERE:
        pytest.skip("its wheel is its own")
    terminal.wheel(2)
    if terminal.NAME in WHEEL_SCROLLS:
        terminal.wait_for("scrolled back")
    terminal.press("Home", "c")  # what the wheel sends has come before
    terminal.wait_for("^> cab$")


def test_arrow_key_does_not_scroll(talking):
    """It fetches lines typed before, also when it is held down, where the terminal tells."""
    terminal, caller = talking
    if terminal.NAME in REPEATS:
        before = len(terminal.typed())
        terminal.hold("Up", lambda: terminal.typed()[before:].count(b"A") > 5)
    else:
        terminal.press_and_wait("Up")  # three that come together would be a notch of the wheel in kitty
    terminal.wait_for("^> earlier$")
    assert not re.search("scrolled back", "\n".join(terminal.rows()))


def test_mouse_key(talking):
    """After F9 the wheel scrolls everywhere."""
    terminal, caller = talking
    if not isinstance(terminal, Window) or terminal.NAME in READ_WITH_THE_MOUSE + SOMEWHERE:
        pytest.skip("the driver cannot look at it")
    terminal.press("F9")
    terminal.wait_for("mouse")
    terminal.wheel(1)
    terminal.wait_for("scrolled back")
    assert typed(terminal) == "> ab"
    terminal.press("F9")
    terminal.wait_for(lambda rows: not any("mouse" in row for row in rows))


def test_given_back(real, port):
    """When tchat has ended, keys come as they came before."""
    script = f"'{TCHAT}' -s {port}; stty raw -echo; printf '[over]\\r\\n'; exec cat"
    terminal = real("sh", "-c", script)
    terminal.wait_for("waiting on port")
    terminal.press("ctrl+d")
    terminal.wait_for(r"\[over\]")
    terminal.press("a", "Return", "ctrl+a", "Up")
    eventually(lambda: terminal.typed().endswith(b"a\r\x01\x1b[A"), "the keys")
