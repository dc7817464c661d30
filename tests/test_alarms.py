"""What must not be missed: failures and dangers stand out on the screen, and are said again after it."""

import os
import re
import signal

import pytest

from fullscreen import status_bar
from peers import HOST, call, listeners
from terminal import ctrl
from test_screen import TIME, notice, theirs
from test_trust import OTHER, said
from tls import TlsDoor, needs_tls, tls_call, wait_for_question

WIDE = {"columns": 300}  # no row is wrapped
BOLD, ALARM, FAINT = (True, "default"), (True, "d700af"), (False, "767676")  # readable on white and on black


def look(terminal, text):
    """How the row that holds a text is drawn: its mark, and how its words look."""
    [y] = [y for y, row in enumerate(terminal.rows()) if text in row]
    row = terminal.display.buffer[y]
    at = terminal.rows()[y].index(text)
    [style] = {(row[x].bold, row[x].fg) for x in range(at, at + len(text)) if row[x].data != " "}
    return terminal.rows()[y][at - 2], style


def leave(terminal):
    """Leaves the full screen; the exit status, and what is said after it."""
    terminal.press(ctrl("D"))
    status = terminal.wait()
    assert terminal.is_restored()
    return status, [row.removeprefix("tchat: ") for row in terminal.rows() if row.startswith("tchat: ")]


@pytest.fixture
def changed_key(bob, stranger, screen):
    """tchat as Bob's client on a terminal, which meets a key that is not the one known; the lines it says."""
    def changed_key(**more):
        door = TlsDoor(stranger)
        bob.knows(f"server {OTHER} {HOST} {door.port}")
        client = screen("-c", "-t", HOST, door.port, **dict({"env": bob.env, **WIDE}, **more))
        door.accept()
        client.wait_for("and call again$")
        return client, [
            f"THE KEY OF {door.peer} HAS CHANGED: somebody may be in between", f"known:    {OTHER}",
            f"received: {stranger.fingerprint}",
            f"if it was changed on purpose, remove the server's line from {bob.known_peers} and call again"]

    return changed_key


@needs_tls
def test_changed_key_stands_out(changed_key):
    """That a key has changed is drawn like nothing else, and the bar does not pass it over."""
    client, said = changed_key()
    for line in said:
        assert look(client, line) == ("!", ALARM)
    assert look(client, "connected to") == ("*", FAINT)
    client.wait_for(lambda: "failed" in status_bar(client))


@needs_tls
def test_changed_key_without_colours(changed_key, bob):
    """Where there is no colour, it still is."""
    client, said = changed_key(env=dict(bob.env, NO_COLOR="1"))
    for line in said:
        assert look(client, line) == ("!", BOLD)


@needs_tls
def test_changed_key_is_said_again(changed_key):
    """After the full screen both fingerprints and the advice are on the terminal, whole."""
    client, said = changed_key()
    assert leave(client) == (1, said)


@needs_tls
def test_question_stands_out(ann, stranger, screen, port):
    """A question is not as faint as what needs no answer."""
    assert ann.fingerprint
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    tls_call(port, stranger)
    wait_for_question(server, "let it in.*")
    assert look(server, "the caller's key is not known yet") == ("?", BOLD)
    assert look(server, "let it in?") == ("?", BOLD)
    assert look(server, "has called")[1] == FAINT
    server.say("no")
    server.wait_for("was not accepted$")
    assert look(server, "the key was not accepted") == ("!", ALARM)
    assert leave(server) == (0, [])  # there was no conversation


def break_off(server, caller):
    caller.reset()
    return "the connection to .* broke: Connection reset by peer"


def kill_listener(server, caller):
    os.kill(listeners(server.pid)[0], signal.SIGKILL)
    return "the listener died: Killed"


@pytest.mark.parametrize("end", [break_off, kill_listener])
def test_failure_is_said_again(screen_called, end):
    """What has ended the conversation with status 1 is on the terminal afterwards."""
    server, caller = screen_called(**WIDE)
    expected = end(server, caller)
    server.wait_for(notice(expected))
    [row] = [row for row in server.pane if re.search(expected, row)]
    assert look(server, re.sub(TIME + r"\W*", "", row)) == ("!", ALARM)
    server.wait_for(lambda: "waiting on port" in server.bar)
    status, said = leave(server)
    assert status == 1 and len(said) == 1 and re.fullmatch(expected, said[0])


@needs_tls
@pytest.mark.parametrize("end, expected", [
    (lambda caller: caller.cut(), "the connection to {} was cut off: it ended without a goodbye"),
    (lambda caller: caller.break_off(), "{} broke off: .*")], ids=["cut", "alert"])
def test_failure_of_encryption_is_said_again(tls_screen_called, end, expected):
    """So is what has gone wrong with the encryption."""
    server, caller = tls_screen_called(**WIDE)
    expected = expected.format("friend")
    end(caller)
    server.wait_for(notice(expected))
    status, said = leave(server)
    assert status == 1 and len(said) == 1 and re.fullmatch(expected, said[0])


@needs_tls
def test_disagreement_is_said_again(ann, screen, port):
    """So is why no encryption came about."""
    server = screen("-s", "-t", "--once", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    caller = call(port)
    caller.send("hello\n")
    expected = f"cannot agree on encryption with {HOST}: it does not speak TLS: it needs -t"
    server.wait_for(notice(expected))
    assert look(server, expected) == ("!", ALARM)
    assert leave(server) == (1, [expected])


def test_orderly_end_is_not_said_again(screen_called):
    """What ends as it should leaves nothing behind."""
    server, caller = screen_called(**WIDE)
    caller.send("goodbye\n")
    server.wait_for(theirs("goodbye"))
    caller.close_input()
    server.wait_for(notice(".* has left"))
    assert look(server, "has left")[1] == FAINT
    server.wait_for(lambda: "waiting on port" in server.bar)
    assert leave(server) == (0, [])


def test_failure_of_an_earlier_caller(screen_called, port):
    """With -k, what went wrong with a caller is not held against the next."""
    server, caller = screen_called("-k")
    caller.reset()
    server.wait_for(notice("the connection to .* broke: .*"))
    server.wait_for(lambda: said(server, f"waiting on port {port}") == 2)
    second = call(port)
    server.wait_for(lambda: said(server, "has called") == 2)
    second.close_input()
    server.wait_for(lambda: said(server, f"waiting on port {port}") == 3)
    assert leave(server) == (0, [])
