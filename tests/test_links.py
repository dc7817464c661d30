"""Links: an address that goes over several rows is one link, of the cells that show it and of no others."""

import random
import re
from collections import defaultdict, namedtuple

import pyte
import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, F1, F2
from peers import HOST
from terminal import ENTER, PAGE_DOWN, PAGE_UP, Display, Stream, ctrl
from test_screen import lines, own, theirs

URL = "https://example.org/a/way/that/is/long?" + "&".join(f"name{n}=value{n}" for n in range(12))
FORMS = {"VTE": {"VTE_VERSION": "7006"}, "Konsole": {"KONSOLE_VERSION": "230804"},
         "iTerm2": {"TERM_PROGRAM": "iTerm.app"}}

Cell = namedtuple("Cell", [*pyte.screens.Char._fields, "link"])


class LinkStream(Stream):
    """A stream that knows OSC 8, which pyte passes over."""
    sequence = re.compile(rb"\x1b\]8;([^;\x1b]*);([^\x1b]*)\x1b\\")
    held = b""

    def feed(self, data):
        data = self.held + data
        start = 0
        for found in self.sequence.finditer(data):
            super().feed(data[start:found.start()])
            self.listener.set_link(found[1].decode(), found[2].decode())
            start = found.end()
        escape = data.rfind(b"\x1b", start)
        whole = escape == -1 or not (data[escape:].startswith(b"\x1b]8;") or b"\x1b]8;".startswith(data[escape:]))
        end = len(data) if whole else escape
        self.held = data[end:]
        super().feed(data[start:end])


class LinkDisplay(Display):
    """A screen each of whose cells has the link that it was written with."""
    Stream = LinkStream
    link = None

    @property
    def default_char(self):
        return Cell(*super().default_char, None)

    def set_link(self, parameters, target):
        self.link = (parameters, target) if target else None
        self.select_graphic_rendition(10)  # changes nothing else

    def select_graphic_rendition(self, *attributes):
        super().select_graphic_rendition(*attributes)
        self.cursor.attrs = Cell(*self.cursor.attrs[:len(Cell._fields) - 1], self.link)


def links(server):
    """The links that are on the screen: of each, its target and what its cells show, from the top on."""
    cells, shown = server.display.buffer, defaultdict(str)
    for y in range(server.display.lines):
        for x in range(server.display.columns):
            if cells[y][x].link is not None:
                shown[cells[y][x].link] += cells[y][x].data
    return sorted((target, text) for (_, target), text in shown.items())


@pytest.fixture
def linking(screen_called, environment):
    """tchat in a terminal that knows links, and a caller."""
    def linking(*options, columns=80, rows=24, settings=FORMS["VTE"]):
        env = {name: value for name, value in environment.items() if name not in ("TMUX", "STY")} | settings
        return screen_called(*options, columns=columns, rows=rows, env=env, display=LinkDisplay)

    return linking


@pytest.mark.parametrize("settings", FORMS.values(), ids=FORMS)
def test_address_of_several_rows(linking, settings):
    """All cells that show it are one link, with it as the target, and nothing around it is."""
    server, caller = linking(settings=settings)
    caller.send(f"before\nsee ({URL}), it is good\nafter\n")
    server.wait_for(theirs("after"))
    assert links(server) == [(URL, URL)]
    assert not any(server.shows(part) for part in ("id=", "]8"))


def test_own_address(linking):
    """What one says oneself is the same."""
    server, caller = linking()
    server.press(URL)
    server.wait_for(lambda: server.input.endswith("value11"))
    server.press(ENTER)
    caller.expect(URL + "\n")
    server.wait_for(own(URL[:62]))
    assert links(server) == [(URL, URL)]


def test_two_addresses(linking):
    """Each has its own target, also where both are in one row."""
    server, caller = linking()
    other = URL.replace("https", "http").replace("org", "net")
    caller.send(f"{URL} {other}\n{URL}\nend\n")
    server.wait_for(theirs("end"))
    assert links(server) == sorted([(URL, URL), (URL, URL), (other, other)])


@pytest.mark.parametrize("text", [
    "https://example.org/short", URL.replace("https", "ftp"), URL.replace("value3", "välue"), "x" + URL,
    "https://" + "x" * 1993, "www." + URL[8:]], ids=lambda text: text[:20] + str(len(text)))
def test_what_is_no_link(linking, text):
    """What fits into a row the terminal finds by itself; and what may lead elsewhere than it seems is none."""
    server, caller = linking(rows=50)
    caller.send(f"{text}\nend\n")
    server.wait_for(theirs("end"))
    assert b"\x1b]8" not in server.shown


def test_longest_address(linking):
    """One of 2000 bytes is a link, in all of its rows."""
    server, caller = linking(rows=50)
    url = "https://" + "x" * 1992
    caller.send(f"{url}\nend\n")
    server.wait_for(theirs("end"))
    assert links(server) == [(url, url)]


@pytest.mark.parametrize("settings", [
    {}, {"VTE_VERSION": "4900"}, {"VTE_VERSION": "new"}, {"TERM": "linux", "VTE_VERSION": "7006"},
    {"TERM": "screen-256color", "VTE_VERSION": "7006"}, {"TMUX": "/tmp/tmux,1,0", "VTE_VERSION": "7006"}], ids=str)
def test_terminals_without_links(linking, settings):
    """Where it is not known that the terminal knows links, there are none; a multiplexer is a terminal of its own."""
    server, caller = linking(settings={"KONSOLE_VERSION": "", "TERM_PROGRAM": ""} | settings)
    caller.send(f"{URL}\nend\n")
    server.wait_for(theirs("end"))
    assert b"\x1b]8" not in server.shown


def test_links_that_somebody_says(linking):
    """Nobody else can make one: what would is text."""
    server, caller = linking()
    caller.send("\x1b]8;;https://evil.example/\x1b\\click here\x1b]8;;\x1b\\\n")
    server.wait_for("click here")
    assert links(server) == [] and b"\x1b]8" not in server.shown


def test_links_are_sent_once(linking):
    """While nothing changes about it, a link is not sent again."""
    server, caller = linking()
    caller.send(f"{URL}\n")
    server.wait_for("value11$")
    server.press("typed")
    server.wait_for(lambda: server.input == "> typed")
    assert server.shown.count(b"\x1b]8;id=") == 1 and links(server) == [(URL, URL)]


@pytest.mark.parametrize("away", [
    F1, F2, ctrl("L"), CTRL_PAGE_UP + CTRL_PAGE_DOWN, PAGE_UP + "x"], ids=["F1", "F2", "Ctrl-L", "scrolling", "PgUp"])
def test_links_after_something_else(linking, environment, away):
    """What was over them, or in their place, is no link; and they are links again."""
    environment["PAGER"] = "echo [pager]; read key </dev/tty"
    server, caller = linking()
    caller.send(lines(40) + f"{URL}\nend\n")
    server.wait_for(theirs("end"))
    server.press(away)
    if away == F1:
        server.wait_for("closes this")
        assert links(server) == []
        server.press("x")
    elif away == F2:
        server.wait_for(r"^\[pager\]$")
        server.press(ENTER)
        server.wait_for(lambda: server.display.alternate)
    elif away == PAGE_UP + "x":
        server.wait_for(lambda: server.input == "> x" and "scrolled back" in server.bar)
        assert links(server) == []
        server.press(PAGE_DOWN)
    server.wait_for(lambda: server.shows(theirs("end")) and links(server) == [(URL, URL)])


def test_link_that_leaves(linking):
    """As the conversation goes on, the rows that are left are a link, and what takes their place is none."""
    server, caller = linking(rows=8)
    caller.send(f"{URL}\n")
    server.wait_for("value11$")
    left = [URL]
    for number in range(7):
        assert [text for _, text in links(server)] == left
        caller.send(f"{URL[number:number + 50]}\n")
        server.wait_for(theirs(URL[number:number + 50]))
        rows = [row[18:] for row in server.pane if row[18:] == URL[:62] or row.startswith(" " * 18)]
        left = ["".join(rows)] if rows else []
        assert not left or URL.endswith(*left)
    assert left == []


def test_same_text_in_the_same_place(linking):
    """Cells that show what another link showed there before, or what is none, have what is theirs."""
    server, caller = linking(rows=6)
    column = 18
    width = 80 - column
    row = "x" * width
    first, second = ("https://example.org/" + name.ljust(width - 20, "/") + row * 2 for name in "ab")
    for said, shown in ((first, [(first, row * 2)]), (second, [(second, row * 2)]), (row * 4, [])):
        caller.send(f"{said}\nend\n")
        server.wait_for(theirs("end"))
        server.wait_for(lambda: [(target, text[-2 * width:]) for target, text in links(server)] == shown)


def is_right(server):
    """Whether all that is linked is shown in one piece, with the target's text."""
    return all(text in target for target, text in links(server))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens(linking, seed):
    """Whatever is said, scrolled and resized: no cell has a link that is not its own."""
    chance = random.Random(seed)
    server, caller = linking(rows=10)
    for number in range(60):
        url = f"http://{chance.choice('ab') * chance.randint(1, 200)}/{'/' * chance.randint(0, 100)}{number}"
        text = chance.choice([url, url, f"see {url} {url[:90]}", "a" * chance.randint(1, 300), "/" * 70, "short"])
        caller.send(f"{text}\n")
        server.press(chance.choice([PAGE_UP, PAGE_DOWN, CTRL_PAGE_DOWN, "x", ctrl("U"), CTRL_PAGE_DOWN]))
        if chance.random() < 0.1:
            server.resize(chance.randint(3, 20), chance.randint(8, 100))
        server.update(0.02)
        if number % 10 == 9:
            server.press(CTRL_PAGE_DOWN + ctrl("U"))
            caller.send(f"end {number}\n")
            server.wait_for(f"end {number}$")
            assert is_right(server), links(server)
    assert b"\x1b]8;id=" in server.shown
