"""A peer that does not read: the screen stays alive, and nothing is lost in silence."""

import re

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, LONG, screen_deaf, status_bar  # noqa: F401, a fixture
from peers import needs_linux
from terminal import ENTER, PAGE_UP, ctrl
from test_screen import lines, notice, own, pasted, theirs

FILLER = "x" * 50_000


def queued(server):
    """How many KiB wait for the peer, as the status bar has it; None while it says nothing."""
    found = re.search(r"does not read · (\d+) KiB queued", status_bar(server))
    return int(found[1]) if found else None


def fill(server):
    """Says things until the queue is full; returns all that was said, the last of which stays."""
    said = ""
    while not server.shows("queue is full"):
        assert len(said) < 2 << 20, "the queue has no end"
        mark = f" {len(said)}."
        server.say(pasted(FILLER + mark))
        server.wait_for(lambda: server.shows("queue is full") or server.pane[-1].endswith(mark))
        said += FILLER + mark + "\n"
    return said


def test_screen_stays_alive(screen_deaf):
    """While lines wait for the peer one can type, scroll and read, and sees what waits."""
    server, caller = screen_deaf(columns=100)
    caller.socket.sendall(lines(100).encode())
    server.wait_for(theirs("line 99", caller.host))
    for _ in range(8):  # of which the own machine may take some
        server.say(pasted(FILLER))
    server.wait_for(lambda: (queued(server) or 0) > 100)
    assert queued(server) <= 391
    server.press("still typing")
    server.wait_for(lambda: server.input == "> still typing")
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    server.press(CTRL_PAGE_UP)
    server.wait_for(theirs("line 0", caller.host))
    caller.socket.sendall(b"still listening\n")
    server.wait_for(lambda: "1 new below" in server.bar)
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("still listening", caller.host))
    assert server.input == "> still typing"


@needs_linux
def test_leaving(screen_deaf):
    """One can leave a peer that does not read."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.wait_for(lambda: queued(server))
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 1 line " in server.bar)
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.is_restored()


@needs_linux
def test_full_queue(screen_deaf):
    """When too much waits, the next line stays in the input line; nothing is lost, all arrives in
    order once the peer reads."""
    server, caller = screen_deaf(columns=120)
    said = fill(server)
    assert server.shows(notice(f"{caller.host} takes nothing and the queue is full: .*"))
    server.wait_for(lambda: re.fullmatch(r"x+ \d+\.", server.input))
    server.wait_for(lambda: queued(server))
    assert len(said) - 60_000 < 1 << 20 < len(said)
    assert 900 < queued(server) <= 1025
    line = caller.read()
    server.wait_for(lambda: "since" in status_bar(server))
    server.press(ENTER)
    server.wait_for(lambda: server.input == ">")
    server.say("the end")
    server.wait_for(own("the end"))
    server.press(ctrl("D"))
    assert line.expect_end().decode() == said + "the end\n"
    line.close_input()
    assert server.wait() == 0


def read_and_enter(server, caller, said):
    """The caller reads all that was said but the last line, and Enter sends what stayed once that is known."""
    line = caller.read()
    line.expect(said.splitlines()[-2] + "\n")
    while server.input != ">":
        server.press_and_wait(ENTER)
    return line


@needs_linux
def test_typing_on(screen_deaf):
    """What is typed after a line that was refused is a line of its own: typed ahead, or later."""
    server, caller = screen_deaf(columns=120)
    said = fill(server)
    server.press("".join(f"ahead {n}{ENTER}" for n in range(3)))
    server.wait_for(lambda: server.rows()[-3:] == ["ahead 0⏎", "ahead 1⏎", "ahead 2"])
    server.press("later")
    server.wait_for(lambda: server.rows()[-2:] == ["ahead 2⏎", "later"])
    server.press_and_wait(ENTER)
    server.press(pasted("pasted") + "!")
    server.wait_for(lambda: server.rows()[-2:] == ["later⏎", "pasted!"])
    line = read_and_enter(server, caller, said)
    line.expect(said.splitlines()[-1] + "\nahead 0\nahead 1\nahead 2\nlater\npasted!\n")


@needs_linux
def test_pasting_on(screen_deaf):
    """So is what was pasted at once behind it, and no line is between them."""
    server, caller = screen_deaf(columns=120)
    fill(server)
    server.press("refused" + ENTER + pasted("pasted"))
    server.wait_for(lambda: server.rows()[-2:] == ["refused⏎", "pasted"])


@needs_linux
def test_editing_what_was_refused(screen_deaf):
    """A line that was refused can be edited: that is no text after it."""
    server, caller = screen_deaf(columns=120)
    said = fill(server)
    server.press(ctrl("A") + "[" + ctrl("E") + "]")
    server.wait_for(lambda: server.input.endswith(".]"))
    line = read_and_enter(server, caller, said)
    line.expect(f"[{said.splitlines()[-1]}]\n")
    server.say("the end")
    assert line.expect("the end\n") == b""


@needs_linux
def test_megabyte_typed_on(screen_deaf):
    """Any number of lines can follow one that was refused, and each costs no more than it would otherwise."""
    server, caller = screen_deaf(columns=120)
    said = fill(server)
    *_, last = lines = [f"typed {n}" for n in range(LONG // 10)]
    typed = "".join(line + "\n" for line in lines)
    server.press(typed.replace("\n", ENTER))
    server.wait_for(lambda: server.input == last)
    line = read_and_enter(server, caller, said)
    line.expect(f"{said.splitlines()[-1]}\n{typed}")
