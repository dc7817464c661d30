"""Reading: where one stopped, whoever comes back to the window sees at once; whoever may have gone is called once."""

import itertools
import re

import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, F4, FOCUS_IN, FOCUS_OUT
from peers import HASTY, HOST, call, eventually
from terminal import ESCAPE, PAGE_UP
from test_attention import hear, rings
from test_screen import lines, notice, own, theirs

RULE = "^─{80}$"


def ruled_rows(server):
    """The rows of the conversation in which a line goes from one side to the other."""
    return [y for y, row in enumerate(server.pane) if re.search(RULE, row)]


def look_away(server):
    """The window loses the keyboard, and the program knows."""
    server.press(FOCUS_OUT + "x")
    server.wait_for(lambda: server.input == "> x")


def look_back(server):
    server.press(FOCUS_IN + "\x7f")
    server.wait_for(lambda: server.input == ">")


def test_line_where_one_stopped(screen_called):
    """A thin line stands between what was there when one left and what came since; the count in the title goes."""
    server, caller = screen_called()
    hear(server, caller, "seen")
    look_away(server)
    assert not ruled_rows(server)
    caller.send("one\ntwo\n")
    server.wait_for(theirs("two"))
    [y] = ruled_rows(server)
    assert re.search(theirs("seen"), server.pane[y - 1]) and re.search(theirs("one"), server.pane[y + 1])
    assert server.display.title == f"(2) tchat: {HOST}"
    look_back(server)
    assert server.display.title == f"tchat: {HOST}"
    assert ruled_rows(server) == [y]


def test_line_outlasts_a_search(screen_called):
    """Who has searched meanwhile, and goes back, still sees it."""
    server, caller = screen_called()
    hear(server, caller, "seen")
    server.press(F4)
    server.wait_for(lambda: server.input.startswith("search:"))
    server.press(FOCUS_OUT)
    caller.send("one\n")
    server.wait_for(theirs("one"))
    server.press_and_wait(ESCAPE)
    server.wait_for(lambda: server.input == ">")
    assert ruled_rows(server)


def test_line_moves_with_what_is_said(screen_called):
    """It stays where it was when one comes back, and scrolls away with the conversation."""
    server, caller = screen_called()
    hear(server, caller, "seen")
    look_away(server)
    hear(server, caller, "one")
    look_back(server)
    server.say("mine")
    server.wait_for(own("mine"))
    [y] = ruled_rows(server)
    assert re.search(theirs("seen"), server.pane[y - 1]) and re.search(own("mine"), server.pane[y + 2])
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    assert not ruled_rows(server)
    server.press(CTRL_PAGE_UP)
    server.wait_for(notice("waiting on port .*"))
    assert len(ruled_rows(server)) == 1
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("line 99"))


def test_there_is_one_line(screen_called):
    """Who leaves again has seen what is above; and who leaves twice without coming back, no more than before."""
    server, caller = screen_called()
    look_away(server)
    hear(server, caller, "one")
    look_back(server)
    look_away(server)
    server.wait_for(lambda: not ruled_rows(server))
    hear(server, caller, "two")
    server.press(FOCUS_OUT)
    hear(server, caller, "three")
    [y] = ruled_rows(server)
    assert re.search(theirs("two"), server.pane[y + 1])


def test_line_of_whoever_was_scrolled_back(screen_called):
    """What had come below by then had not been seen."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    caller.send("unseen\n")
    server.wait_for(lambda: "1 new below" in server.bar)
    look_away(server)
    caller.send("later\n")
    server.wait_for(lambda: "2 new below" in server.bar)
    assert server.display.title == f"(2) tchat: {HOST}"
    look_back(server)
    assert server.display.title == f"tchat: {HOST}"
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("later"))
    [y] = ruled_rows(server)
    assert re.search(theirs("unseen"), server.pane[y + 1])


@pytest.mark.parametrize("name", ["linux", "vt100"])
def test_line_in_other_terminals(screen_called, environment, name):
    """It is drawn with what the terminal has for lines."""
    server, caller = screen_called(env=dict(environment, TERM=name))
    hear(server, caller, "seen")
    look_away(server)
    hear(server, caller, "one")
    assert len(ruled_rows(server)) == 1


def test_line_as_the_window_changes(screen_called):
    """It is as wide as the window, whatever that is."""
    server, caller = screen_called()
    hear(server, caller, "seen")
    look_away(server)
    hear(server, caller, "one")
    for rows, columns in ((24, 30), (5, 9), (24, 120)):
        server.resize(rows, columns)
        server.wait_for(lambda: server.shows("^" + "─" * columns + "$"))
        assert server.shows("one$")


# A terminal that does not say whether it has the keyboard


def test_lines_ring_after_a_minute_without_a_key(on_terminal, port):
    """Where nobody may be there any more, a line rings once, until the next key: by a clock that runs fast."""
    server = on_terminal(HASTY, "-s", port)
    server.wait_for(notice("waiting on port .*"))
    caller = call(port)
    server.wait_for(notice(".* has called"))

    def rings_when_somebody_speaks():
        hear(server, caller, next(words))
        return rings(server) > before

    words = (f"word {n}" for n in itertools.count())
    for before in (0, 1):
        assert not rings_when_somebody_speaks()
        eventually(rings_when_somebody_speaks, "the bell")
        for _ in range(5):
            rings_when_somebody_speaks()
        assert rings(server) == before + 1
        server.press("x")
        server.wait_for(lambda: server.input == "> x" + before * "x")
