"""A peer that sends as much as it can: the screen stays usable, and nothing is lost."""

import contextlib
import re
import threading

from fullscreen import CTRL_PAGE_UP, not_under_sanitizers, peak_memory
from peers import listeners
from terminal import PAGE_UP, ctrl
from test_screen import theirs

COUNT = 1_000_000
TEXT = "Grüße 漢字 some words"


class Flood:
    """Lines sent in the background as fast as they are taken: so many, and on until told to stop."""

    def __init__(self, caller, lines=COUNT):
        self.sent = 0
        self.stop = threading.Event()
        self._caller, self._lines = caller, lines
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody reads any more
            while self.sent < self._lines or not self.stop.is_set():
                self._caller.send("".join(f"{TEXT} {n}\n" for n in range(self.sent, self.sent + 10_000)))
                self.sent += 10_000

    def is_sent(self):
        return not self._thread.is_alive()

    def end(self, server):
        """Waits until the last line is shown; returns how many there were."""
        self.stop.set()
        while not self.is_sent():
            server.update(0.01)
        server.wait_for(last(self.sent - 1))
        return self.sent


def last(n):
    """How the line of that number is shown."""
    return theirs(f"{TEXT} {n}")


def test_nothing_is_lost(screen_called, tmp_path):
    """During a million lines and more each key is seen at once; after them the history has the last
    ones, and the log has all."""
    log = tmp_path / "log"
    server, caller = screen_called("-l", log)
    flood = Flood(caller)
    server.wait_for(rf" {TEXT} \d+$")
    for typed in ("t", "ty", "typ", "type", "typed"):
        server.press(typed[-1])
        server.wait_for(lambda: server.input == f"> {typed}")
    count = flood.end(server)
    assert [row.split()[-1] for row in server.pane] == [str(n) for n in range(count - 22, count)]
    assert server.input == "> typed"
    server.press(CTRL_PAGE_UP)
    server.wait_for(lambda: re.search(last(count - 10_000), server.pane[0]) and
                    re.search(last(count - 10_000 + 20), server.pane[-2]))
    with log.open() as file:
        logged = [line.split(" ", 1)[1] for line in file if " < " in line]
    assert len(logged) == count
    assert all(line == f"< {TEXT} {n}\n" for n, line in enumerate(logged))


@not_under_sanitizers
def test_memory(screen_called):
    """A million lines take no more memory than the history is allowed."""
    server, caller = screen_called()
    Flood(caller).end(server)
    for pid in (server.pid, *listeners(server.pid)):
        assert peak_memory(pid) < 6 << 20


def test_line_without_an_end(screen_called):
    """Many megabytes without the end of a line are cut into lines, and do not pile up."""
    server, caller = screen_called()
    caller.send("x" * (32 << 20))
    caller.send("\nthe end\n")
    server.wait_for(theirs("the end"))
    server.say("still here")
    caller.expect("still here\n")


def test_leaving_during_a_flood(screen_called):
    """One can leave while lines pour in, and the peer gets what one said last."""
    server, caller = screen_called()
    flood = Flood(caller)
    server.wait_for(rf" {TEXT} \d+$")
    server.say("bye")
    server.press(ctrl("D"))
    caller.expect("bye\n")
    flood.stop.set()
    assert server.wait() in (0, 1)
    assert server.is_restored()


def test_scrolled_back_during_a_flood(screen_called):
    """What one reads stays where it is while lines pour in, as long as it is held."""
    server, caller = screen_called("-H", "1000000")
    caller.send("".join(f"before {n}\n" for n in range(100)))
    server.wait_for(theirs("before 99"))
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    before = server.pane[:-1]
    flood = Flood(caller, lines=100_000)
    flood.stop.set()  # which may be a little late

    def is_over():
        assert server.pane[:-1] == before
        return flood.is_sent() and f"{flood.sent} new below" in server.bar

    server.wait_for(is_over)
