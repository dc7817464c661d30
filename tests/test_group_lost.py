"""Lines that some of a group, or all, have not got: what the host's full screen says of them, and how it leaves."""

import os
import re
import signal

import pytest

from fullscreen import DELIVERED, LOST, marked
from peers import eventually, listeners, needs_linux, process_state
from terminal import ctrl
from test_group_pace import join_deaf, lines
from test_group_screen import host, join  # noqa: F401, a fixture
from test_log import entries
from test_screen import notice

pytestmark = needs_linux


def lost_by(name):
    """What is said of one who lacks lines."""
    return rf"\d+ lines were not delivered to ~{name}"


def lag(terminal, *names):
    """So many come, and are sent more than they take, as they read nothing; all others have it."""
    deaf = [join_deaf(terminal, name) for name in names]
    [ann] = join(terminal, "ann")
    ann.send(lines(1000, 800))
    terminal.wait_for("000000799$")
    return deaf, ann


def leave(terminal, member, left):
    """One leaves, and has all that was said; so many are left."""
    member.close_input()
    member.expect_end()
    terminal.wait_for(lambda: f"{left} other" in terminal.bar)


@pytest.mark.parametrize("later", [False, True], ids=["two", "one, and another who came later"])
def test_line_that_nobody_got(host, later):  # noqa: F811
    """It is marked as lost, though there are others: they go at the same moment, or have come later."""
    terminal = host()
    deaf, ann = lag(terminal, *["one", "two"][:1 if later else 2])
    leave(terminal, ann, len(deaf))
    terminal.say("is anybody here?")
    if later:
        join(terminal, "cleo")
    left = listeners(terminal.pid)[:len(deaf)]
    os.kill(terminal.pid, signal.SIGSTOP)
    for end in deaf:
        end.reset()
    eventually(lambda: not any(map(process_state, left)), "the end of the listeners")
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_for(marked(LOST, "is anybody here\\?", "carl"))


def test_line_that_one_lacks_who_leaves(host):  # noqa: F811
    """The others have it: it is marked as delivered, the status is 0, and at the end nothing is said of it."""
    terminal = host()
    [slow], ann = lag(terminal, "slow")
    terminal.say("important")
    ann.expect("<carl> important\n")
    slow.reset()
    terminal.wait_for(notice(lost_by("slow")))
    terminal.wait_for(marked(DELIVERED, "important", "carl"))
    before = len(terminal.shown)
    terminal.press(ctrl("D"))
    ann.incoming.expect_end()
    ann.close_input()
    assert terminal.wait() == 0
    assert not re.search(rb"tchat: .*not delivered", terminal.shown[before:])


@pytest.mark.parametrize("names", [["slow"], ["slow", "other"]], ids=["one", "two"])
def test_leaving_one_who_does_not_read(host, tmp_path, names):  # noqa: F811
    """The bar says how many lines are waited for; how many each has not got is said at the end, and so are one's own
    that nobody has; the status is 1.  Of who has left before, nothing is said any more."""
    log = tmp_path / "log"
    terminal = host("-l", log)
    (early, *deaf), ann = lag(terminal, "early", *names)
    early.reset()
    terminal.wait_for(notice(lost_by("early")))
    leave(terminal, ann, len(deaf))
    terminal.say("important")
    terminal.press(ctrl("D"))
    terminal.wait_for(lambda: re.search(r"waiting to deliver \d+ lines · Ctrl-D gives up", terminal.bar))
    [count] = re.findall(r"deliver (\d+)", terminal.bar)
    assert 1 < int(count) <= 804
    if len(names) > 1:  # one goes meanwhile
        deaf[0].reset()
        terminal.wait_for(notice(lost_by("slow")))
        eventually(lambda: len(listeners(terminal.pid)) == 1, "the end of its listener")
    terminal.press(ctrl("D"))
    assert terminal.wait() == 1
    for name in names:
        assert terminal.shows(f"^tchat: {lost_by(name)}$")
    assert not terminal.shows(f"^tchat: {lost_by('early')}$")
    assert terminal.shows("^tchat: not delivered: important$")
    assert ("*", "not delivered: important") in entries(log)
