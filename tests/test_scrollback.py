"""History: what can be scrolled back to, and what is seen meanwhile."""

import re
import time
from datetime import datetime, timedelta, timezone

import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP
from peers import HOST, SLOWNESS, eventually
from terminal import PAGE_DOWN, PAGE_UP
from test_screen import TIME, lines, notice, own, theirs


@pytest.mark.parametrize("option, held", [((), 10_000), (("-H", "100"), 100), (("--history=12345",), 12_345)])
def test_history_is_bounded(screen_called, option, held):
    """One can scroll back to the last so many lines, by default 10,000; the older ones are gone."""
    server, caller = screen_called(*option)
    caller.send(lines(held + 50))
    server.wait_for(theirs(f"line {held + 49}"))
    server.press(CTRL_PAGE_UP)
    server.wait_for(lambda: re.search(theirs("line 50"), server.pane[0]) and
                    re.search(theirs("line 71"), server.pane[-1]))


@pytest.mark.parametrize("value", ["0", "99", "-1", "many", "10000001", ""])
def test_absurd_history(screen, port, value):
    """A history of no or too many lines is wrong usage."""
    server = screen("-s", "-H", value, port)
    assert server.wait() == 2
    assert server.shows("^tchat: -H takes lines from 100 to 10000000, not")


def test_view_stays_while_lines_arrive(screen_called):
    """Scrolled back, nothing moves; the bar counts what is new, and one key returns to it."""
    server, caller = screen_called()
    caller.send(lines(1000))
    server.wait_for(theirs("line 999"))
    server.press(PAGE_UP * 3)
    server.wait_for(theirs("line 920"))
    server.wait_for(lambda: "scrolled back" in server.bar)
    before = server.pane
    for n in range(1, 6):
        caller.send("more\n" * 100)
        server.wait_for(lambda: f" {n * 100} new below" in server.bar)
        assert server.pane == before
    caller.send("the last\n")
    server.wait_for(lambda: "501 new below" in server.bar)
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("the last"))
    server.wait_for(lambda: not re.search("below|scrolled", server.bar))
    caller.send("and on\n")
    server.wait_for(theirs("and on"))


def test_view_stays_until_it_is_forgotten(screen_called):
    """When what is being read becomes too old to be held, the oldest that is held is shown."""
    server, caller = screen_called("-H", "100")
    caller.send(lines(60))
    server.wait_for(theirs("line 59"))
    server.press(CTRL_PAGE_UP)
    server.wait_for(notice("waiting on .*"))
    caller.send(lines(1000, "newer"))
    server.wait_for(lambda: "1000 new below" in server.bar)
    server.wait_for(lambda: re.search(theirs("newer 900"), server.pane[0]))
    server.press(PAGE_DOWN)
    server.wait_for(theirs("newer 940"))
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("newer 999"))


def test_resizing_keeps_the_place(screen_called):
    """What is being read stays in view when the window gets another size."""
    server, caller = screen_called()
    caller.send("".join(f"{n} {'word ' * 40}end\n" for n in range(300)))
    server.wait_for("end$")
    server.press(PAGE_UP * 10)
    server.wait_for(lambda: "scrolled back" in server.bar)
    place = [re.search(TIME + HOST + r" +(\d+) word", row)[1] for row in server.pane
             if re.search(TIME + HOST + r" +\d+ word", row)][-1]
    for rows, columns in ((24, 60), (10, 120), (40, 50), (24, 80)):
        server.resize(rows, columns)
        server.wait_for(TIME + HOST + rf" +{place} word")
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(TIME + HOST + " +299 word")


def test_day_changes(screen_called, environment):
    """The first line of another day comes after that day's name."""
    midnight = int(time.time() + 2 + SLOWNESS)  # of a time zone made for this test
    east = -midnight % 86_400
    zone = f"TST-{east // 3600}:{east // 60 % 60}:{east % 60}"
    server, caller = screen_called(env=dict(environment, TZ=zone))
    server.say("late")
    server.wait_for(own("late"))
    caller.send("very late\n")
    server.wait_for(theirs("very late"))
    eventually(lambda: time.time() > midnight + 0.1, "midnight")  # time(2) lags behind by a tick
    caller.send("early\n")
    server.wait_for(theirs("early"))
    server.say("very early")
    server.wait_for(own("very early"))
    today = datetime.fromtimestamp(midnight, timezone(timedelta(seconds=east)))
    rows = [" ".join(row.split()) for row in server.pane]
    day = today.strftime("%A, %F")
    assert rows[-4:-1] == [f"23:59 {HOST} very late", f"00:00 * {day}", f"00:00 {HOST} early"]
