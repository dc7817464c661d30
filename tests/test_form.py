"""What lines look like: two voices told apart at a glance, and text that is easy to read."""

import re

import pytest

from fullscreen import DELIVERED, PLAIN_SIGNS, marked
from peers import HOST, LINUX
from test_screen import notice, theirs

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|4[0-7]|[34]8;[0-9;]*|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
TERMINALS = ["xterm-256color", "xterm", "screen", "tmux", "linux", "vt100"]


def find(terminal, text):
    """Where text is shown: its row and its first column."""
    [found] = [(y, row.index(text)) for y, row in enumerate(terminal.rows()) if text in row]
    return found


def talk(server, caller, delivered=DELIVERED):
    """Each side says something, which is seen."""
    server.say("mine")
    caller.expect("mine\n")
    caller.send("theirs\n")
    server.wait_for(theirs("theirs"))
    server.wait_for(marked(re.escape(delivered), "mine"))


@pytest.mark.parametrize("settings", [{"TERM": name} for name in TERMINALS] +
                         [{"NO_COLOR": "1"}, {"LANG": "C"}, {"TERM": "linux", "LC_ALL": "POSIX"}], ids=str)
def test_conversation_in_every_terminal(screen_called, environment, settings):
    """Every terminal shows who said what and when, how far it has come, and what happened."""
    server, caller = screen_called(env=environment | settings)
    signs = PLAIN_SIGNS if settings.get("TERM") in ("linux", "vt100") else {}
    talk(server, caller, DELIVERED.translate(signs))
    assert server.shows(notice(f"{HOST} has called"))
    assert f"{HOST} · not encrypted · since ".translate(signs) in server.bar
    assert all(server.display.buffer[22][x].reverse for x in range(80))


def test_voices_have_colours(screen_called):
    """The peer's name has a colour, one's own has none, and what is said is plain."""
    server, caller = screen_called()
    talk(server, caller)
    cells = server.display.buffer
    (y, x), (own_y, own_x) = find(server, HOST + "   theirs"), find(server, "you")
    assert cells[y][x].fg != "default"
    assert all(cells[y][x + n].fg == cells[y][x].fg and cells[y][x + n].bold for n in range(len(HOST)))
    assert all(cells[own_y][own_x + n].fg == "default" and cells[own_y][own_x + n].bold for n in range(3))
    assert cells[own_y][own_x + 4].data == DELIVERED and (cells[own_y][own_x + 4].fg == "default") != LINUX
    for text in ("theirs", "mine"):
        y, x = find(server, text)
        assert all(cells[y][x + n].fg == "default" and not cells[y][x + n].bold for n in range(len(text)))


@pytest.mark.parametrize("settings", [{"NO_COLOR": "1"}, {"TERM": "vt100"}], ids=str)
def test_voices_without_colours(screen_called, environment, settings):
    """Without colours the voices differ all the same: by their names, and by a mark before one's own."""
    server, caller = screen_called(env=environment | settings)
    delivered = DELIVERED.translate(PLAIN_SIGNS if "TERM" in settings else {})
    talk(server, caller, delivered)
    assert not COLOUR.search(server.shown)
    (y, x), (own_y, own_x) = find(server, "theirs"), find(server, "mine")
    assert x == own_x
    assert server.pane[y][x - 2:x] == "  " and server.pane[own_y][x - 2:x] == delivered + " "
    assert server.display.buffer[y][x - 4].bold and server.display.buffer[own_y][x - 4].bold


@pytest.mark.parametrize("value", ["", None])
def test_no_color_that_says_nothing(screen_called, environment, value):
    """Only a NO_COLOR that is set to something takes the colours away."""
    server, caller = screen_called(env=environment | ({} if value is None else {"NO_COLOR": value}))
    talk(server, caller)
    assert COLOUR.search(server.shown)


def test_notices_and_times_are_quiet(screen_called):
    """What the program says, and the time, are grey."""
    server, caller = screen_called()
    caller.send("theirs\n")
    server.wait_for(theirs("theirs"))
    cells = server.display.buffer
    (y, x), (their_y, their_x) = find(server, "waiting on port"), find(server, "theirs")
    colour = cells[y][x].fg
    assert len({colour[n:n + 2] for n in (0, 2, 4)}) == 1
    for row, column in ((y, x - 2), (y, x + 14), (y, 0), (their_y, 0), (their_y, 4)):
        assert cells[row][column].fg == colour and not cells[row][column].bold
    assert cells[their_y][their_x].fg == "default"


def test_own_name(screen_called, tmp_path):
    """-n labels one's own lines; the peer does not learn of it."""
    server, caller = screen_called("-n", "Zoë 漢", "-l", tmp_path / "log")
    server.say("mine")
    assert caller.expect("mine\n") == b""
    server.wait_for(marked(DELIVERED, "mine", "Zoë 漢"))
    caller.send("theirs\n")
    server.wait_for(theirs("theirs"))
    cells = server.display.buffer
    [(y, x)] = [(y, x) for y in range(22) for x in range(80) if cells[y][x].data == DELIVERED]
    (peer_y, peer_x) = find(server, "theirs")
    assert peer_x == x + 2


def test_long_name(screen_called):
    """A long name is cut, so that it is seen to be, and leaves the text its place."""
    server, caller = screen_called("--name", "Maximiliana Wilhelmina")
    server.say("mine")
    server.wait_for(marked(DELIVERED, "mine", "Maximiliana Wil\u2026"))
    server.resize(24, 40)
    server.wait_for(marked(DELIVERED, "mine", "Maximilia\u2026"))


def test_no_name(screen, port):
    """An empty name is wrong usage."""
    server = screen("-s", "-n", "", port)
    assert server.wait() == 2
    assert server.shows("^tchat: -n takes no name that shows nothing: ''$")


def test_hanging_indent(screen_called):
    """What does not fit into a row goes on where the text began, for both voices and notices."""
    server, caller = screen_called(columns=50)
    server.say("mine " + "word " * 20 + "end")
    server.wait_for("end$")
    caller.send("theirs " + "wort " * 20 + "Ende\n")
    server.wait_for("Ende$")
    column = find(server, "mine")[1]
    assert find(server, "theirs")[1] == column
    for text in ("mine", "theirs"):
        y, _ = find(server, text)
        for row in server.rows()[y + 1:y + 4]:
            assert row[:column].isspace() and re.match("wor[dt] |end|Ende", row[column:])


URL = "https://example.org/a/path?with=a&query=of#" + "f" * 10


@pytest.mark.parametrize("before, after", [
    ("see ", ""), ("have you read ", " yet?"), ("漢字漢字漢字漢字漢字", "漢字"), ("(", ")."), ("", "")])
def test_url_is_not_broken(screen_called, before, after):
    """A URL that does not fit into the rest of a row gets a row of its own."""
    server, caller = screen_called(columns=80)
    text = before + URL + after
    caller.send(text + "\nnow\n")
    server.wait_for(theirs("now"))
    assert server.shows(re.escape(URL))


def test_long_url_fills_the_rows(screen_called):
    """A URL longer than a row is broken only where a row is full, so that it can be put together."""
    server, caller = screen_called()
    url = URL + "".join(chr(97 + n % 26) for n in range(150))
    caller.send(f"see {url} now\n")
    server.wait_for("now$")
    column = find(server, "see")[1]
    assert url + " now" in "".join(row[column:] for row in server.pane)


@pytest.mark.parametrize("columns, seen", [(79, r"^\d\d:\d\d 127.0.0.1   hi$"), (39, r"^127.0.0.1   hi$"),
                                           (23, r"^  hi$"), (7, r"^hi$")])
def test_narrow_screens_keep_the_text(screen_called, columns, seen):
    """The narrower the screen, the less stands before the text: no time, no name, no mark."""
    server, caller = screen_called()
    caller.send("hi\n")
    server.wait_for(theirs("hi"))
    server.resize(24, columns)
    server.wait_for(seen)
