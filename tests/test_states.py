"""All states of a conversation in the full screen, and all ways between them: doc/states.md, played."""

import contextlib
import re
import socket
from pathlib import Path

import pytest

from peers import DEADLINE, HOST, Line, call, free_port, needs_linux
from terminal import ENTER, ctrl
from test_again import F8
from test_keep import BUSY
from tls import BUSY_ALERTS, TlsLine, needs_tls, server_context, tls_call

DOCUMENT = (Path(__file__).parent.parent / "doc/states.md").read_text()
KEYS = {"Enter": ENTER, "F8": F8, "Ctrl-C": ctrl("C"), "Ctrl-D": ctrl("D"), "yes": "yes" + ENTER, "no": "no" + ENTER}


def table(text):
    """The cells of the first table in a text, row by row."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for i, line in enumerate(lines) if i != 1]


def read(text):
    """What follows from what in a table: {state: {event: state}}."""
    (_, *events), *rows = table(text)
    return {state: {event: cell for event, cell in zip(events, cells) if cell} for state, *cells in rows}


STATES = {state: (bar.split(" · "), said) for state, bar, said in table(DOCUMENT)[1:]}
GONE = {"gone, 0", "gone, 1"}
SAID = {said for _, said in STATES.values() if said}
SIDES = {command: read(section)
         for command, section in re.findall(r"^## .*`tchat (.*)`\n((?:(?!## ).*\n)+)", DOCUMENT, re.MULTILINE)}


def path_to(side, state):
    """The ways that lead from the start to a state, as few as possible: each a state, an event, and what follows."""
    paths = {"start": []}
    for before in (reached := ["start"]):
        for event, after in SIDES[side].get(before, {}).items():
            if after not in paths:
                paths[after] = [*paths[before], (before, event, after)]
                reached.append(after)
    return paths[state]


class Place:
    """Where a client calls: somebody answers there, or nobody, or nobody waits there."""

    def __init__(self):
        self.port = free_port()
        self._door, self._queue = None, []

    def _open(self, backlog):
        self._door = socket.create_server((HOST, self.port), backlog=backlog)
        self._door.settimeout(DEADLINE)

    def leave(self):
        """Calls are refused."""
        for sock in [self._door, *self._queue] if self._door else []:
            sock.close()
        self._door, self._queue = None, []

    def fall_silent(self):
        """The queue is full, and nobody takes anybody out of it."""
        self.leave()
        self._open(backlog=0)
        for _ in range(2):
            self._queue.append(socket.socket())
            self._queue[-1].setblocking(False)
            self._queue[-1].connect_ex((HOST, self.port))

    def wake(self):
        """Calls are answered, also one that has been made."""
        if self._door is None:
            self._open(backlog=8)
        self._door.listen(8)

    def answer(self):
        """Takes the call."""
        others = [sock.getsockname() for sock in self._queue]
        while True:
            connected, caller = self._door.accept()
            if caller not in others:
                return connected
            connected.close()


class Play:
    """One side, which is tchat in a full screen, and what happens to it: a method for each event."""

    def __init__(self, get, side):
        self._get, self._options = get, side.split()
        self._server = "-s" in self._options
        self._place = Place()
        self._peer = self._terminal = None

    def close(self):
        self._place.leave()

    def begins(self):
        place = [self._place.port] if self._server else [HOST, self._place.port]
        env = self._get("ann").env if "-t" in self._options else None
        self._terminal = self._get("screen")(*self._options, *place, columns=160, env=env)

    def _begins_at_last(self):
        if self._terminal is None:
            self.begins()

    def nobody_answers(self):
        self._place.fall_silent()
        self._begins_at_last()

    def nobody_waits(self):
        self._place.leave()
        self._begins_at_last()

    def _answers(self, key=None):
        self._place.wake()
        self._begins_at_last()
        connected = self._place.answer()
        self._peer = TlsLine(connected, server_context(key, num_tickets=0), server_side=True) if key else Line(connected)

    def somebody_answers(self):
        self._answers()

    def somebody_mute_answers(self):
        self._answers()

    def _friend(self):
        """The key of somebody who is known from now on."""
        friend = self._get("friend")
        place = "friend" if self._server else f"{HOST} {self._place.port}"
        self._get("ann").knows(f"{'caller' if self._server else 'server'} {friend.fingerprint} {place}")
        return friend

    def a_friend_answers(self):
        self._answers(self._friend())

    def a_stranger_answers(self):
        self._answers(self._get("stranger"))

    def somebody_calls(self):
        self._peer = call(self._place.port)

    def somebody_mute_calls(self):
        self.somebody_calls()

    def a_friend_calls(self):
        self._peer = tls_call(self._place.port, self._friend())

    def a_stranger_calls(self):
        self._peer = tls_call(self._place.port, self._get("stranger"))

    def another_calls(self):
        """... and is told that the line is busy."""
        call(self._place.port).expect_end()

    def it_leaves(self):
        self._peer.close_input()

    def it_breaks(self):
        if not self._server:
            self._place.fall_silent()
        self._peer.reset()

    def it_is_busy(self):
        if not self._server:
            self._place.fall_silent()
        self._peer.send(BUSY_ALERTS if "-t" in self._options else BUSY)
        self._peer.close_input()

    def time_passes(self):
        self._place.fall_silent()

    def press(self, key, stays):
        """Presses a key.  Who is hung up on hangs up as well."""
        if key == "Enter" and not self._server and not stays:
            self._place.fall_silent()
        (self._terminal.press_and_wait if stays else self._terminal.press)(KEYS[key])
        if key in ("F8", "Ctrl-C", "Ctrl-D") and self._peer:
            self._peer.incoming.expect_end()
            with contextlib.suppress(OSError):
                self._peer.close_input()

    def expect(self, state):
        """Waits until the person sees that it is so."""
        if state in GONE:
            assert self._terminal.wait() == int(state.partition(", ")[2])
            return
        bar, said = STATES[state]

        def seen():
            told = [row for row in self._terminal.pane if any(words in row for words in SAID)]
            return all(words in self._terminal.bar for words in bar) and (not said or told and said in told[-1])

        self._terminal.wait_for(seen)

    def go(self, before, event, after):
        """Something happens, and what follows is seen."""
        if event in KEYS:
            self.press(event, stays=before == after)
        else:
            getattr(self, event.replace(" ", "_"))()
        if before != after and event in ("it leaves", "it breaks", "it is busy"):
            self._peer = None
        self.expect(after)


PLACES = [(side, before, event, after) for side, rows in SIDES.items() for before, cells in rows.items()
          for event, after in cells.items()]


def marks(side, before, event):
    """What it takes to come to a state, and to see what follows there from an event."""
    ways = [way[:2] for way in path_to(side, before)] + [(before, event)]
    return [*[needs_tls] * ("-t" in side), *[needs_linux] * (("asked", "it leaves") in ways)]


@pytest.mark.parametrize("side, before, event, after", [
    pytest.param(*place, id="-".join(place[:3]), marks=marks(*place[:3])) for place in PLACES])
def test_way(request, side, before, event, after):
    """From one state to the next, as the document says."""
    with contextlib.closing(Play(request.getfixturevalue, side)) as play:
        for way in [*path_to(side, before), (before, event, after)]:
            play.go(*way)


def test_nothing_is_left_out():
    """What a person can press is answered in each state; each state is explained, and can be reached."""
    assert len(SIDES) > 4 and len(PLACES) > 100
    for rows in SIDES.values():
        keys = set(KEYS) & {event for cells in rows.values() for event in cells} - {"yes", "no"}
        assert all(keys <= set(cells) for state, cells in rows.items() if state != "start")
        assert {after for cells in rows.values() for after in cells.values()} - GONE == set(rows) - {"start"}
    assert {state for rows in SIDES.values() for state in rows} - {"start"} == set(STATES)
