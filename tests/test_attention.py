"""Attention: a line, a call or a question that comes while nobody looks rings, and is counted in the window's title."""

import os
import re
import shlex
import signal
import socket

import pytest

from fullscreen import CTRL_PAGE_DOWN, F2, FOCUS_IN, FOCUS_OUT
from peers import HASTY, HOST, TCHAT, call, eventually
from terminal import ENTER, PAGE_UP, ctrl
from test_again import said
from test_screen import lines, notice, theirs
from tls import needs_tls, tls_call

REPORT_FOCUS = 1004 << 5  # as pyte notes the mode


def rings(terminal):
    """How often the bell has rung; that character ends titles, too."""
    return re.sub(rb"\x1b\][^\x07]*\x07", b"", terminal.shown).count(b"\a")


def hear(server, caller, text):
    """The peer says a line, which is seen."""
    caller.send(text + "\n")
    server.wait_for(theirs(text))


def test_focus_is_asked_for(screen_called):
    """The terminal is asked to say whether it has the keyboard, as long as tchat runs."""
    server, caller = screen_called()
    server.wait_for(lambda: REPORT_FOCUS in server.display.mode)
    server.press(ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    assert REPORT_FOCUS not in server.display.mode


def test_focus_is_not_asked_for_in_vain(screen, port):
    """A call that fails at once asks for nothing: the answer would come to the shell."""
    client = screen("-c", HOST, port)
    client.wait_for(lambda: "Enter calls again" in client.bar)
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert b"\x1b[?1004h" not in client.shown


def test_focus_is_asked_for_while_waiting(screen, port):
    """Whoever waits for a call can do so in another window."""
    client = screen("-c", "-w", "60", HOST, port)
    client.wait_for(lambda: REPORT_FOCUS in client.display.mode)


def test_bell_while_not_focused(screen_called):
    """It rings while another window has the keyboard, and not when one is back."""
    server, caller = screen_called()
    hear(server, caller, "one")
    assert rings(server) == 0
    server.press(FOCUS_OUT + "x")
    server.wait_for(lambda: server.input == "> x")
    hear(server, caller, "two")
    assert rings(server) == 1
    server.press(FOCUS_IN + "y")
    server.wait_for(lambda: server.input == "> xy")
    hear(server, caller, "three")
    assert rings(server) == 1


def test_bell_while_scrolled_back(screen_called):
    """It rings when a line comes below what one is reading."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    assert rings(server) == 0
    caller.send("one\n")
    server.wait_for(lambda: "1 new below" in server.bar)
    assert rings(server) == 1
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("one"))
    hear(server, caller, "two")
    assert rings(server) == 1


def test_own_lines_and_notices_do_not_ring(screen_called):
    """Only what the peer says is worth a bell."""
    server, caller = screen_called()
    server.press(FOCUS_OUT)
    server.say("mine")
    caller.expect("mine\n")
    caller.close_input()
    server.wait_for("has left")
    assert rings(server) == 0


@pytest.mark.parametrize("when, focused, away", [("always", 2, 3), ("never", 0, 0), ("auto", 0, 1)])
def test_bell_option(screen_called, when, focused, away):
    """-B turns the bell always on or off; a call is the first to ring it."""
    server, caller = screen_called("-B", when)
    hear(server, caller, "one")
    assert rings(server) == focused
    server.press(FOCUS_OUT + "x")
    server.wait_for(lambda: server.input == "> x")
    hear(server, caller, "two")
    assert rings(server) == away


def look_away(terminal):
    """Another window gets the keyboard."""
    terminal.press(FOCUS_OUT + "x")
    terminal.wait_for(lambda: terminal.input == "> x")
    assert rings(terminal) == 0


def test_call_rings(screen, port):
    """A call that comes while another window has the keyboard rings, and is counted."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    look_away(server)
    caller = call(port)
    server.wait_for(lambda: server.display.title == f"(1) tchat: {HOST}")
    assert rings(server) == 1
    hear(server, caller, "one")
    server.wait_for(lambda: server.display.title == f"(2) tchat: {HOST}")
    assert rings(server) == 2
    server.press(FOCUS_IN)
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")


def test_call_in_view_does_not_ring(screen_called):
    """Whoever has the window before them sees the call."""
    server, caller = screen_called()
    hear(server, caller, "one")
    assert rings(server) == 0
    assert server.display.title == f"tchat: {HOST}"


def test_answer_rings(screen, port):
    """Who keeps calling may do something else meanwhile: that somebody answers rings."""
    client = screen("-c", "-w", "60", HOST, port)
    client.wait_for("calling")
    look_away(client)
    with socket.create_server((HOST, port)) as door:
        callee = door.accept()[0]
    client.wait_for(lambda: client.display.title == f"(1) tchat: {HOST}")
    assert rings(client) == 1
    callee.close()


@needs_tls
def test_question_rings(ann, stranger, screen, port):
    """With -t the call rings, and so does the question: whoever calls waits for the answer."""
    server = screen("-s", "-t", port, env=ann.env)
    server.wait_for("waiting on port")
    look_away(server)
    line = tls_call(port, stranger)
    server.wait_for(lambda: server.display.title == "(2) tchat")
    server.wait_for("let it in")
    assert rings(server) in (1, 2)  # both may have come before the screen was drawn
    line.close_input()


@needs_tls
def test_strangers_do_not_ring_for_ever(ann, on_terminal, port):
    """Who calls again and again, and means nothing by it, rings as often as is told: five times at first."""
    server = on_terminal(HASTY, "-s", "-t", port, env=ann.env, rows=80)
    server.wait_for("waiting on port")
    look_away(server)
    callers = []

    def is_summed_up():
        callers.append(call(port))
        callers[-1].close_input()
        callers[-1].incoming.expect_end()
        server.update(0.01)
        return server.shows(r"\d more called")

    eventually(is_summed_up, "that some are but counted")

    def told():
        return said(server, notice(".* has called"))

    server.wait_for(lambda: server.display.title == f"({told()}) tchat")
    assert 5 <= told() < len(callers)
    assert 1 <= rings(server) <= told()


def test_wrong_bell_option(screen, port):
    """-B knows no other words."""
    server = screen("-s", "-B", "often", port)
    assert server.wait() == 2
    assert server.shows("^tchat: -B takes 'auto', 'always' or 'never', not 'often'$")


def test_title(screen_called):
    """The title has the peer's name and the count of lines not seen."""
    server, caller = screen_called()
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    hear(server, caller, "one")
    server.press(FOCUS_OUT + "x")
    server.wait_for(lambda: server.input == "> x")
    assert server.display.title == f"tchat: {HOST}"
    caller.send("two\nthree\n")
    server.wait_for(lambda: server.display.title == f"(2) tchat: {HOST}")
    caller.send("four\n")
    server.wait_for(lambda: server.display.title == f"(3) tchat: {HOST}")
    server.press(FOCUS_IN)
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")


def test_title_while_scrolled_back(screen_called):
    """What is new below is not seen either."""
    server, caller = screen_called()
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    caller.send("one\ntwo\n")
    server.wait_for(lambda: server.display.title == f"(2) tchat: {HOST}")
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")


def test_title_without_a_peer(screen, port):
    """While nobody is there the title is only the program's name."""
    server = screen("-s", port)
    server.wait_for(lambda: server.display.title == "tchat")


def test_title_is_saved_and_restored(screen_called):
    """The terminal is asked to keep its title before it is changed, and to show it again."""
    server, caller = screen_called()
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    server.press(ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    sequences = re.findall(rb"\x1b\[2[23];2t|\x1b\]2;[^\x07]*\x07", server.shown)
    assert sequences[0] == b"\x1b[22;2t" and sequences[-1] == b"\x1b[23;2t"
    assert b"\x1b]2;tchat\x07" in sequences


def saved_titles(terminal):
    """What was asked of the terminal for its title: to save it (22), and to show again what was saved (23)."""
    return re.findall(rb"\x1b\[(2[23]);2t", terminal.shown)


def test_title_while_the_terminal_is_anothers(on_terminal, environment, port):
    """In the pager and while suspended the window has the title that it had; then it names the other side again."""
    shell = on_terminal("sh", "-i", shell=(), env=dict(environment, PS1="ready: ", ENV="",
                                                       PAGER="echo [pager]; read key </dev/tty"))
    shell.wait_for("^ready:$")
    shell.say(f"{shlex.quote(TCHAT)} -s {port}")
    shell.wait_for("waiting on port")
    call(port)
    shell.wait_for(lambda: shell.display.title == f"tchat: {HOST}")
    for key, seen, back in ((F2, r"^\[pager\]$", ""), (ctrl("Z"), "Stopped", "fg")):
        shell.press(key)
        shell.wait_for(seen)
        assert shell.display.title == ""
        shell.say(back)
        shell.wait_for(lambda: shell.display.title == f"tchat: {HOST}")
    assert saved_titles(shell) == [b"22", b"23", b"22", b"23", b"22"]


def test_title_of_whoever_ends_in_the_pager(screen_called, environment):
    """The title that the terminal had is put back once, and no other of an earlier program."""
    server, caller = screen_called(env=dict(environment, PAGER="echo [pager]; read key </dev/tty"))
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    os.kill(server.pid, signal.SIGTERM)
    caller.close_input()
    server.wait()
    assert saved_titles(server) == [b"22", b"23"]


def test_title_in_a_multiplexer(screen_called, environment):
    """A terminal inside a terminal has a title, too."""
    server, caller = screen_called(env=dict(environment, TERM="tmux"))
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")


@pytest.mark.parametrize("name", ["linux", "vt100"])
def test_no_title(screen_called, environment, name):
    """A terminal that has no title gets none; it would show it as text."""
    server, caller = screen_called(env=dict(environment, TERM=name))
    server.press(FOCUS_OUT + "x")
    server.wait_for(lambda: server.input == "> x")
    hear(server, caller, "one")
    assert rings(server) == 1
    server.press(ctrl("C") + ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    assert not re.search(rb"\x1b\][012];|\x1b\[2[23];2t", server.shown)
    assert not any("tchat:" in row for row in server.rows())


def test_peer_cannot_set_the_title(screen_called):
    """Nothing that the peer says gets into the title."""
    server, caller = screen_called()
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    caller.send("\x1b]2;evil\x07\n")
    server.wait_for(theirs("^[]2;evil^G"))
    assert server.display.title == f"tchat: {HOST}"
