"""Lines that were not delivered: they are offered again when the same other side is there again."""

import re
import socket

import pytest

from fullscreen import (DELIVERED, F6, LONG, LOST, DeafCaller, marked, not_under_sanitizers,
                        screen_deaf)  # noqa: F401, a fixture
from peers import (HOST, Door, assert_knows_nothing, call, found_in_memory, listeners, looks_into_listener,
                   needs_linux)
from terminal import ENTER, ctrl
from test_again import CALL_AGAIN, is_busy, said, waits_again
from test_log import entries
from test_screen import notice, own, pasted
from tls import TlsDoor, needs_tls, server_context, tls_call

FILLER = "x" * 100_000
NOBODY_VOUCHES = ", and nobody vouches that this is the same person"
SENT_NOW = r"{} sent now, typed before \d\d:\d\d:"


def offer(number, name):
    """What is said when somebody is back."""
    counted, them = (f"{number} lines were", "them") if number > 1 else ("1 line was", "it")
    return f"{counted} not delivered to {re.escape(name)} before: F6 sends {them} now"


def fill(program):
    """Says what the other side does not take, and then two lines which stay here."""
    program.say(pasted(FILLER))
    program.wait_for(lambda: "does not read" in program.bar)
    program.say("the first")
    program.say("the second 漢字")
    program.wait_for(own("the second 漢字"))


FILLED = f"{FILLER}\nthe first\nthe second 漢字\n"


# A server


@pytest.fixture
def lost(screen_deaf):  # noqa: F811
    """tchat as a server in the full screen, whose caller is gone and has not taken three lines; and who that was."""
    def lost(*arguments):
        server, caller = screen_deaf(*arguments, columns=160)
        fill(server)
        caller.reset()
        waits_again(server, 1)  # what was said before is out of view
        return server, caller.host

    return lost


@needs_linux
@pytest.mark.parametrize("options", [(), ("-k",)])
def test_caller_who_is_back(lost, port, options):
    """From the same address: the offer says that nobody vouches for it, and a key sends all, as it was typed."""
    server, host = lost(*options)
    assert server.shows(marked(LOST, "the first"))
    server.press("half a line")
    again = call(port, own=host)
    server.wait_for(notice(offer(3, host) + NOBODY_VOUCHES))
    server.wait_for(lambda: "F6 sends 3 lines again" in server.bar)
    assert server.input == "> half a line"
    server.press(ctrl("C"))
    server.say("a new line")
    assert again.expect("a new line\n") == b""
    server.press(F6)
    again.expect(FILLED)
    server.wait_for(marked(DELIVERED, "the first"))
    assert "F6" not in server.bar
    server.press(F6)
    server.wait_for(notice("there is nothing to be sent again: what has a . has arrived"))
    again.close_input()
    server.press(ctrl("D"))
    assert server.wait() == 0
    assert not server.shows("not delivered: ")


@needs_linux
def test_somebody_else_calls(lost, port):
    """They are not for somebody else; who leaves then is told of them."""
    server, host = lost()
    other = call(port)
    server.wait_for(lambda: said(server, "has called$") == 1)
    server.press(F6)
    server.wait_for(notice("what is to be sent again is for somebody else"))
    server.say("to the other one")
    assert other.expect("to the other one\n") == b""
    assert not server.shows(offer(3, host)) and "F6" not in server.bar
    other.close_input()
    waits_again(server, 2)
    server.press(F6)
    server.wait_for(notice("nobody is there to be sent that again"))
    server.press(ctrl("D"))
    assert server.wait() == 0
    for text in "the first", "the second 漢字":
        assert server.shows(f"^tchat: not delivered: {text}$")


@needs_linux
def test_lost_once_more(lost, port):
    """What is sent again can be lost again, with what was said after it."""
    server, host = lost()
    again = DeafCaller(port, own=host)
    server.wait_for(notice(offer(3, host) + NOBODY_VOUCHES))
    server.press(F6)
    server.wait_for(lambda: "does not read" in server.bar)
    server.say("and a third")
    again.reset()
    waits_again(server, 1)
    again = call(port, own=host)
    server.wait_for(notice(offer(4, host) + NOBODY_VOUCHES))
    server.press(F6)
    again.expect(f"{FILLED}and a third\n")


@needs_linux
def test_bytes_are_the_same(screen_deaf, port):  # noqa: F811
    """A long paste with all that a paste can hold: it is sent again as it was the first time."""
    server, caller = screen_deaf(columns=160)
    server.say(pasted("x" * LONG + "\x07\x1b[m\t\u202e\r\r\xe9\U0001F44D\U0001F3FD end"))
    server.wait_for(lambda: "does not read" in server.bar)
    assert caller.socket.recv(20_000)
    caller.reset()
    server.wait_for(notice("3 lines were not delivered"))
    again = call(port, own=caller.host)
    server.wait_for(notice(offer(3, caller.host) + NOBODY_VOUCHES))
    server.press(F6)
    assert again.expect(" end\n").decode() == "x" * LONG + "^G^[[m\t\u202e\n\n\xe9\U0001F44D\U0001F3FD"


@needs_linux
def test_log(screen_deaf, port, tmp_path):  # noqa: F811
    """There they stand as lost, as offered, and as said when they were sent again."""
    log = tmp_path / "log"
    server, caller = screen_deaf("-l", log, columns=160)
    fill(server)
    caller.reset()
    waits_again(server, 1)
    again = call(port, own=caller.host)
    server.wait_for(notice(offer(3, caller.host) + NOBODY_VOUCHES))
    server.press(F6)
    again.expect(FILLED)
    again.close_input()
    waits_again(server, 1)
    server.press(ctrl("D"))
    server.wait()
    written = entries(log)
    offered = [bool(re.fullmatch(offer(3, caller.host) + NOBODY_VOUCHES, text)) for _, text in written].index(True)
    before, (now, *after) = written[:offered], written[offered + 1:]
    assert (">", "the first") in before and ("*", "not delivered: the first") in before
    assert re.fullmatch(SENT_NOW.format("3 lines"), now[1])
    assert [text for who, text in after if who == ">"][-2:] == ["the first", "the second 漢字"]


@looks_into_listener
@needs_linux
@not_under_sanitizers
def test_listener_does_not_know_them(screen_deaf, port):  # noqa: F811
    """Who listens to the next caller has no copy of what somebody else has not got."""
    server, first = screen_deaf(columns=160)
    server.say(pasted(FILLER))
    server.wait_for(lambda: "does not read" in server.bar)
    server.press("".join(f"line {number:05} for the first one\r" for number in range(2000)))
    server.wait_for(own("line 01999 for the first one"))
    first.reset()
    waits_again(server, 1)
    second = call(port)
    server.wait_for(notice(".* has called"))
    server.say("hello")
    second.expect("hello\n")

    known = rb"line \d{5} for the first"
    assert len(found_in_memory(server.pid, known)) == 2000
    assert_knows_nothing(listeners(server.pid)[0], "for the first")


# ... with -t


@needs_linux
@needs_tls
def test_key_tells_who_is_back(ann, friend, stranger, screen, port):
    """Wherever the same key calls from, the lines are its own, and another key gets none."""
    ann.knows(f"caller {friend.fingerprint} friend", f"caller {stranger.fingerprint} stranger")
    server = screen("-s", "-t", port, env=ann.env, columns=160)
    server.wait_for("waiting on port")
    caller = tls_call(port, friend, deaf=True)
    server.wait_for("encrypted: the caller is friend")
    fill(server)
    caller.reset()
    waits_again(server, 1)
    other = tls_call(port, stranger)
    server.wait_for("encrypted: the caller is stranger")
    server.press(F6)
    server.wait_for(notice("what is to be sent again is for somebody else"))
    assert not server.shows("F6 sends")
    other.close_input()
    waits_again(server, 2)
    again = tls_call(port, friend)
    server.wait_for(notice(offer(3, "friend")))
    server.press(F6)
    again.expect(FILLED)


# A client


def test_line_was_busy(screen):
    """What was typed to a busy line is offered when it is called again."""
    door = Door()
    client = screen("-c", HOST, door.port, columns=160)
    callee = door.accept()
    client.wait_for("connected to")
    client.say("are you there?")
    callee.expect("are you there?\n")
    is_busy(callee)
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ENTER)
    callee = door.accept()
    client.wait_for(notice(offer(1, HOST) + NOBODY_VOUCHES))
    client.press(F6)
    callee.expect("are you there?\n")
    client.wait_for(marked(DELIVERED, r"are you there\?"))
    client.wait_for(notice(SENT_NOW.format("1 line")))


def test_more_lines_than_the_history_has(screen):
    """They are counted, and offered, all the same."""
    door = Door()
    client = screen("-c", "-H", 100, HOST, door.port, columns=160)
    callee = door.accept()
    client.wait_for("connected to")
    client.press(pasted("\r".join(f"line {n}" for n in range(150))) + ENTER)
    callee.expect("line 149\n")
    is_busy(callee)
    client.wait_for("150 lines were not delivered$")
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ENTER)
    callee = door.accept()
    client.wait_for(notice(offer(150, HOST) + NOBODY_VOUCHES))


def test_nothing_is_sent_by_itself(screen):
    """A client that calls again by itself does not repeat by itself what it has said."""
    door = Door()
    client = screen("-c", "-k", HOST, door.port, columns=160)
    callee = door.accept()
    client.wait_for("connected to")
    client.say("are you there?")
    callee.expect("are you there?\n")
    is_busy(callee)
    callee = door.accept()
    client.wait_for(notice(offer(1, HOST) + NOBODY_VOUCHES))
    client.say("now I talk to you")
    assert callee.expect("now I talk to you\n") == b""


@needs_linux
@needs_tls
def test_another_key_answers(bob, friend, stranger, screen):
    """It gets nothing of what was for the one before, who does when it answers again."""
    door = TlsDoor(friend)
    door.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for identity in friend, stranger:
        bob.knows(f"server {identity.fingerprint} {HOST} {door.port}")
    client = screen("-c", "-t", HOST, door.port, env=bob.env, columns=160)
    callee = door.accept(deaf=True)
    client.wait_for("is known$")
    fill(client)
    callee.reset()
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    door.context = server_context(stranger)
    client.press(ENTER)
    callee = door.accept()
    client.wait_for(lambda: said(client, "is known$") == 1)
    client.press(F6)
    client.wait_for(notice("what is to be sent again is for somebody else"))
    assert not client.shows("F6 sends")
    callee.close_input()
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    door.context = server_context(friend)
    client.press(ENTER)
    callee = door.accept()
    client.wait_for(notice(offer(3, "friend")))
    client.press(F6)
    callee.expect(FILLED)
