"""Colours: what has one can be read on white and on black, in whatever terminal."""

import re
from pathlib import Path

import pytest

from fullscreen import DELIVERED, F2, PLAIN_SIGNS
from peers import LINUX
from test_form import find, talk
from test_screen import TIME, notice

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
READABLE = 4.5  # to 1: WCAG 2.1, success criterion 1.4.3

PALETTES = ["xterm-256color", "screen-256color", "tmux-256color"]
FEW_COLOURS = ["xterm", "linux", "screen", "rxvt", "vt100"]
SGR = re.compile(rb"\x1b\[([0-9;]*)m")


def of_palette(number):
    """What every terminal makes of a colour of the 256, from the 16th on: a cube, and greys."""
    assert 16 <= number < 256, "each terminal has its own"
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    levels = (0, 95, 135, 175, 215, 255)
    return tuple(levels[(number - 16) // weight % 6] for weight in (36, 6, 1))


def luminance(colour):
    """The relative luminance, as WCAG 2.1 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def styles(shown):
    """All that was asked of the terminal's looks, as words: "1", "38;5;243"."""
    for sequence in SGR.finditer(shown):
        yield from re.findall(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+", sequence[1].decode())


def show_everything(screen_called, environment, delivered=DELIVERED):
    """A screen with all that has a look of its own: names, marks, notices, an alarm."""
    server, caller = screen_called(env=dict(environment, PAGER="/no/such/pager"))
    talk(server, caller, delivered)
    server.press(F2)
    server.wait_for(notice("cannot start the pager /no/such/pager: .*"))
    return server


def test_measure():
    """The measure is the right one: its ends, and a grey that is known to be just readable on white."""
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(of_palette(243), WHITE) == pytest.approx(4.54, abs=0.005)
    assert contrast(of_palette(51), WHITE) == pytest.approx(1.25, abs=0.005)


@pytest.mark.parametrize("name", PALETTES)
def test_colours_can_be_read(screen_called, environment, name):
    """Whatever has a colour stands out from a white background as from a black one; nothing is faint otherwise."""
    server = show_everything(screen_called, dict(environment, TERM=name))
    found = set(styles(server.shown))
    colours = {int(style.split(";")[2]) for style in found if style.startswith("38;5;")}
    assert len(colours) == (4 if LINUX else 3)
    for number in colours:
        assert min(contrast(of_palette(number), WHITE), contrast(of_palette(number), BLACK)) >= READABLE, number
    assert found - {f"38;5;{number}" for number in colours} <= {"0", "1", "7", "22", "27", "39", "49"}


def test_what_has_a_colour(screen_called, environment):
    """The other side's name, times and notices, the mark of what has arrived, and alarms: each has its own."""
    server = show_everything(screen_called, environment)
    cells = server.display.buffer

    def colour(text):
        y, x = find(server, text)
        return cells[y][x].fg

    [time] = {cells[y][0].fg for y, row in enumerate(server.pane) if re.match(TIME, row)}
    own, _ = find(server, "mine")
    alarm, _ = find(server, "cannot start")
    mark = cells[own][server.pane[own].index(DELIVERED)].fg
    assert colour("waiting on port") == time
    assert len({time, mark, colour("127.0.0.1   theirs"), colour("cannot start"), "default"}) == (5 if LINUX else 4)
    assert cells[alarm][server.pane[alarm].index("!")].fg == colour("cannot start")


@pytest.mark.parametrize("settings", [{"TERM": name} for name in FEW_COLOURS] + [{"NO_COLOR": "1"}], ids=str)
def test_too_few_colours(screen_called, environment, settings):
    """Where the colours are the terminal's own, and where none are wanted, attributes alone tell things apart."""
    signs = PLAIN_SIGNS if settings.get("TERM") in ("linux", "vt100") else {}
    server = show_everything(screen_called, environment | settings, DELIVERED.translate(signs))
    assert set(styles(server.shown)) <= {"", "0", "1", "7", "10", "22", "27", "39", "49"}
    for text in ("127.0.0.1   theirs", "cannot start"):
        y, x = find(server, text)
        assert server.display.buffer[y][x].bold
    for text in ("theirs", "mine", "waiting on port"):
        y, x = find(server, text)
        assert not server.display.buffer[y][x].bold


def test_colours_that_are_numbers_of_another_kind(screen_called, environment):
    """Where a colour's number is what it is made of, that of a palette would be nearly black."""
    if not any(Path(directory, "x/xterm-direct").exists() for directory in ("/usr/share/terminfo", "/lib/terminfo")):
        pytest.skip("no terminal of that kind is described here")
    server = show_everything(screen_called, dict(environment, TERM="xterm-direct"))
    assert set(styles(server.shown)) <= {"", "0", "1", "7", "22", "27", "39", "49"}
