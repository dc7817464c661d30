"""History: what can be scrolled back to, and what is seen meanwhile."""

import re
import time
from datetime import datetime, timedelta, timezone

import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, DELIVERED, marked
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
                    re.search(theirs("line 70"), server.pane[-2]))


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
        assert server.pane[:-1] == before[:-1]
    caller.send("the last\n")
    server.wait_for(lambda: "501 new below" in server.bar)
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("the last"))
    server.wait_for(lambda: not re.search("below|scrolled", server.bar))
    caller.send("and on\n")
    server.wait_for(theirs("and on"))


@pytest.mark.parametrize("columns, before", [(80, f"below {HOST}   "), (30, "127\\.0\\.…   "),
                                             (22, "  ")])
def test_newest_line_is_in_view(screen_called, columns, before):
    """Scrolled back, the row above the bar shows the newest line, as much of it as there is room for."""
    server, caller = screen_called(columns=columns)
    caller.send(lines(100))
    server.wait_for("line 99$")
    server.press(PAGE_UP)
    server.wait_for(lambda: re.search(f"^{before}line 99$", server.pane[-1]) and "line 79" in server.pane[-2])
    above = server.pane[:-1]
    caller.send("one\ntwo\n")
    server.wait_for(lambda: re.search(f"^{before}two$", server.pane[-1]))
    caller.send("漢字 " * 100 + "\n")
    server.wait_for(lambda: re.search(f"^{before}(漢 ?字 ?)+漢? ?…$", server.pane[-1]))
    assert server.pane[:-1] == above
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(lambda: server.pane[-1].endswith("漢字"))


def test_newest_line_can_be_anybodys(screen_called):
    """It is that of whoever spoke last, with what stands before it, and it goes when one comes back to it."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.say("mine")
    server.wait_for(marked(DELIVERED, "mine"))
    server.press(PAGE_UP)
    server.wait_for(lambda: re.search(f"^below +you {DELIVERED} mine$", server.pane[-1]))
    caller.close_input()
    server.wait_for(lambda: re.search(r"^below +\* waiting on port \d+$", server.pane[-1]))
    server.press(PAGE_DOWN * 2)
    server.wait_for(lambda: re.search(TIME + ".* waiting on port \\d+$", server.pane[-1]) and not server.shows("^below"))


def test_pages_there_and_back(screen_called):
    """As many PgDn as PgUp lead back to the newest line; none of either leaves a line out."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    seen = set()
    for key in (PAGE_UP, PAGE_UP, PAGE_UP, PAGE_DOWN, PAGE_DOWN, PAGE_DOWN):
        before = [row for row in server.pane if re.match(TIME, row)]
        seen.update(before)
        server.press(key)
        server.wait_for(lambda: [row for row in server.pane if re.match(TIME, row)] != before)
        assert set(before) & set(server.pane)
    assert re.search(theirs("line 99"), server.pane[-1]) and "scrolled" not in server.bar
    assert len({row for row in seen if HOST in row}) >= 80


@pytest.mark.parametrize("rows", [5, 4, 3])
def test_small_screen_scrolled_back(screen_called, rows):
    """Where the conversation has two rows or one, none of them is spared for the newest line."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.resize(rows, 80)
    server.wait_for(lambda: len(server.pane) == rows - 2 and re.search(theirs("line 99"), server.pane[-1]))
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    assert re.search("^below.*line 99$" if rows == 5 else theirs("line 98"), server.pane[-1])
    server.press(PAGE_DOWN)
    server.wait_for(lambda: re.search(theirs("line 99"), server.pane[-1]))


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
