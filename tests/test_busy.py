"""A patient client (-w) finds the line busy: it calls again, and what nobody has heard is sent again."""

import re
import signal
from pathlib import Path

import pytest

from peers import HOST, SLOWNESS, Door, as_bytes, call, callers, eventually
from terminal import ENTER
from test_again import CALL_AGAIN, F8, is_busy, said
from test_keep import BUSY
from test_log import entries
from test_screen import notice, theirs
from tls import BUSY_ALERTS, TlsDoor, needs_tls

MEBIBYTE = 1 << 20
PATIENCE = int(60 * SLOWNESS)
UNTIL_FREE = [f"calling {HOST} port PORT, for up to SECONDS s", f"connected to {HOST} port PORT"], [
    "calling again while the line is busy, for up to SECONDS s", f"connected to {HOST} port PORT"]


@pytest.fixture
def patient(start):
    """Starts a patient client, and returns it with the door at which it calls."""
    def patient(*arguments, **options):
        door = Door()
        return start("-c", "-w", PATIENCE, *arguments, HOST, door.port, **options), door

    return patient


def told(client):
    """What a client has said on standard error, line by line, without what differs each time."""
    text = client.err.data.decode().replace("tchat: ", "")
    return re.sub(r"port \d+", "port PORT", re.sub(r"\d+ s$", "SECONDS s", text, flags=re.MULTILINE)).splitlines()


def is_busy_in_tls(peer):
    """There it says so in alerts."""
    peer.send(BUSY_ALERTS)
    peer.close_input()


# Lines on standard input and output


def test_line_that_becomes_free(serve, start, port, tmp_path):
    """It is said once that it is called again.  Then all is as if the line had been free, and the log has nothing
    twice."""
    server = serve("-k", "-p")
    first = call(port)
    server.err.expect("has called\n")
    client = start("-c", "-w", PATIENCE, "-l", tmp_path / "log", HOST, port)
    client.send("is somebody there?\n")
    for _ in range(3):
        server.err.expect("called while the line was busy\n")
    first.close_input()
    server.expect("is somebody there?\n")
    server.send("yes\n")
    client.expect("yes\n")
    client.close_input()
    server.err.expect("has left\n")
    server.err.expect("has left\n")
    assert client.wait() == 0
    assert client.out.data == b"yes\n"
    assert server.out.data == b"is somebody there?\n"
    lines = [*UNTIL_FREE[0], f"{HOST} is busy, and has heard nothing", *UNTIL_FREE[1],
             "sent again, as nobody heard it: 1 line", f"{HOST} has left"]
    assert told(client) == lines
    log = entries(tmp_path / "log")
    assert [text for mark, text in log if mark in "<>"] == ["is somebody there?", "yes"]
    assert len([text for mark, text in log if mark == "*"]) == len(lines)


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"], ["--send-only"]], ids=str)
def test_what_nobody_heard_is_sent_again(patient, mode):
    """From its first byte, as often as it takes, and then what was typed meanwhile.  The busy line is not shown."""
    client, door = patient(*mode)
    client.send("one\n")
    callee = door.accept()
    callee.expect("one\n")
    is_busy(callee)
    client.send("two\n")
    both = "one\n" if "-a" in mode else "one\ntwo\n"  # in turns it is not two's turn
    for _ in range(2):
        callee = door.accept()
        callee.expect(both)
        is_busy(callee)
    callee = door.accept()
    callee.expect(both)
    callee.send("hello\n")
    if "-a" in mode:
        callee.expect("two\n")
    client.send("three\n")
    if "-a" in mode:
        callee.send("again\n")
    callee.expect("three\n")
    callee.close_input()
    client.close_input()
    assert client.wait() == 0
    assert callee.incoming.data == b"one\ntwo\nthree\n"
    assert client.out.data == {"-a": b"hello\nagain\n", "--send-only": b""}.get("".join(mode), b"hello\n")


@pytest.mark.parametrize("mode", [["-a", "-f", "peer"], ["--recv-only"]], ids=str)
def test_nothing_was_said_to_a_busy_line(patient, mode):
    """Who waits for the other's first line waits on; nothing but that is shown."""
    client, door = patient(*mode)
    client.send("mine\n")
    for _ in range(2):
        is_busy(door.accept())
    callee = door.accept()
    callee.send("yours\n")
    client.expect("yours\n")
    if "-a" in mode:
        callee.expect("mine\n")
    assert client.out.data == b"yours\n"


@pytest.mark.parametrize("mode", [[], ["-r"], ["--send-only"]], ids=str)
def test_end_of_input_before_the_line_is_free(patient, mode):
    """Who is called again hears the end, too, after all that there was."""
    client, door = patient(*mode)
    client.send("the last word")
    client.close_input()
    all_of_it = b"the last word" if "-r" in mode else b"the last word\n"
    for _ in range(2):
        callee = door.accept()
        assert callee.expect_end() == all_of_it
        is_busy(callee)
    callee = door.accept()
    assert callee.expect_end() == all_of_it
    if "--send-only" not in mode:
        callee.send("thanks\n")
        client.expect("thanks\n")
    callee.close_input()
    assert client.wait() == 0
    assert BUSY not in client.out.data


def test_no_input_at_all(patient):
    """Then there is nothing to be sent, now or again."""
    client, door = patient()
    client.close_input()
    for _ in range(2):
        callee = door.accept()
        assert callee.expect_end() == b""
        is_busy(callee)
    callee = door.accept()
    assert callee.expect_end() == b""
    callee.send("hello\n")
    callee.close_input()
    assert client.output() == b"hello\n"
    assert b"sent again" not in client.err.data


def test_end_of_input_in_turns(patient):
    """There it is told to whoever has answered, in its turn."""
    client, door = patient("-a")
    client.send("the last word")
    client.close_input()
    for _ in range(2):
        callee = door.accept()
        callee.expect("the last word\n")
        is_busy(callee)
    callee = door.accept()
    callee.send("thanks\n")
    assert callee.expect_end() == b"the last word\n"
    callee.close_input()
    assert client.output() == b"thanks\n"


@pytest.fixture
def much(tmp_path):
    """A file of more than is kept, open to be read."""
    path = tmp_path / "much"
    path.write_bytes(b"".join(b"%07d\n" % number for number in range(3 * MEBIBYTE // 8)))
    with path.open("rb") as file:
        yield file


@pytest.mark.parametrize("mode", [[], ["-r"]], ids=str)
def test_no_more_is_read_than_is_kept(patient, much, mode):
    """A mebibyte is sent before it is known that somebody listens, and all of the rest then."""
    client, door = patient(*mode, stdin=much)
    for _ in range(2):
        callee = door.accept()
        callee.incoming.expect_amount(MEBIBYTE)
        is_busy(callee)
        assert len(callee.expect_end()) == MEBIBYTE
    callee = door.accept()
    callee.incoming.expect_amount(MEBIBYTE)
    callee.send("I am here\n")
    assert callee.expect_end() == Path(much.name).read_bytes()
    callee.close_input()
    assert client.output() == b"I am here\n"


def test_busy_too_late(patient, much):
    """Who says nothing for some seconds is taken for somebody who listens.  If that was wrong, the call is not
    repeated, which is said."""
    client, door = patient(stdin=much)
    callee = door.accept()
    callee.incoming.expect_amount(3 * MEBIBYTE)
    is_busy(callee)
    client.notice(f"{HOST} is busy, and has heard nothing")
    client.notice("not called again: what it was sent is not kept any more")
    assert client.wait() == 1


def test_patience_is_over(serve, start, port):
    """Then nobody has heard what was sent, which is said; what was heard is no part of a conversation."""
    server = serve("-k", "-p")
    first = call(port)
    server.err.expect("has called\n")
    client = start("-c", "-w", 3, HOST, port)
    client.send("hello\n")
    client.notice("calling again while the line is busy, for up to 3 s")
    client.notice(f"{HOST} is busy, and has heard nothing")
    client.notice("1 line was not delivered")
    assert client.wait() == 1
    assert client.out.data == b""
    first.send("still here\n")
    server.expect("still here\n")


@pytest.mark.parametrize("pieces", [["The line is busy", " on Mondays.\n"], [BUSY, "Or stay.\n"],
                                    ["The line was busy.\n", "It is not now.\n"]], ids=str)
@pytest.mark.parametrize("mode", [[], ["-r"], ["-a", "-f", "peer"]], ids=str)
def test_line_that_begins_like_the_busy_one(patient, mode, pieces):
    """It is shown like any other, and who has said it is there."""
    client, door = patient(*mode)
    callee = door.accept()
    said_there = b"".join(map(as_bytes, pieces))
    callee.send(pieces[0])
    client.settle()
    callee.send(pieces[1])
    client.expect(said_there.partition(b"\n")[0])
    client.send("I see\n")
    callee.expect("I see\n")
    callee.close_input()
    client.close_input()
    assert client.output() == said_there
    assert client.process.returncode == 0


def test_somebody_who_says_that_it_is_busy(patient):
    """Who stays after these words is shown, and talked to."""
    client, door = patient()
    callee = door.accept()
    callee.send(BUSY)
    client.expect(BUSY)
    client.send("so?\n")
    callee.expect("so?\n")
    callee.send("not really\n")
    client.expect("not really\n")


def test_part_of_the_busy_line(patient):
    """Who leaves in the middle of it was there."""
    client, door = patient()
    callee = door.accept()
    callee.send("The line")
    callee.close_input()
    client.expect("The line\n")
    client.notice(f"{HOST} has left")
    client.close_input()
    assert client.wait() == 0


def test_busy_line_and_a_reset(patient):
    """Who does not read what it was sent may reset the connection behind the line that says why."""
    client, door = patient()
    client.send("hello\n" * 10)
    callee = door.accept()
    callee.expect("hello\n" * 10)
    callee.send(BUSY)
    callee.reset()
    callee = door.accept()
    callee.expect("hello\n" * 10)
    assert client.out.data == b""


@pytest.mark.parametrize("how", ["told to end", "nobody answers"])
def test_what_is_not_sent_again(start, how):
    """If nobody answers the next call, or there is none, what was not heard is counted."""
    door = Door()
    client = start("-c", "-w", 3 if how == "nobody answers" else PATIENCE, HOST, door.port)
    client.send("one\ntwo\n")
    callee = door.accept()
    callee.expect("one\ntwo\n")
    door.socket.close()
    is_busy(callee)
    client.notice(f"{HOST} is busy, and has heard nothing")
    if how == "told to end":
        client.kill(signal.SIGTERM)
    client.notice("2 lines were not delivered")
    assert client.wait() == (1 if how == "nobody answers" else -signal.SIGTERM)


def test_who_calls_is_needed_until_somebody_listens(patient):
    """Then nobody is called any more, and the process that does is gone."""
    client, door = patient()
    callee = door.accept()
    client.notice(f"connected to {HOST} port {door.port}")
    assert callers(client.pid)
    callee.send("hello\n")
    client.expect("hello\n")
    eventually(lambda: not callers(client.pid), "the end of the process that called")


def test_typed_on_a_terminal(screen):
    """It is the same for who types."""
    door = Door()
    client = screen("-c", "-p", "-w", PATIENCE, HOST, door.port)
    callee = door.accept()
    client.wait_for("connected to")
    client.say("one")
    callee.expect("one\n")
    is_busy(callee)
    client.wait_for("calling again")
    client.say("two")
    callee = door.accept()
    callee.expect("one\ntwo\n")
    callee.send("hello\n")
    client.wait_for("^hello$")
    assert not client.shows("The line is busy")


# Encrypted


@needs_tls
def test_encrypted_line(bob, friend, start):
    """Nothing is read before it is agreed on."""
    door = TlsDoor(friend)
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    client = start("-c", "-t", "-w", PATIENCE, HOST, door.port, env=bob.env)
    client.send("hello\n")
    for _ in range(3):
        is_busy_in_tls(Door.accept(door))
    callee = door.accept()
    callee.expect("hello\n")
    callee.send("welcome\n")
    client.expect("welcome\n")
    assert told(client)[-7:] == [
        *UNTIL_FREE[0], f"{HOST} is busy, and has heard nothing", *UNTIL_FREE[1],
        f"encrypted: the key of {HOST} port PORT is known", f"{HOST} port PORT is known as friend from now on"]


@needs_tls
def test_encrypted_line_that_becomes_free(tls_called, start, ann, bob, port):
    """The same with tchat at the other end."""
    server, first = tls_called("-k", "--anonymous")
    client = start("-c", "-t", "-w", PATIENCE, "--pin", ann.fingerprint, HOST, port, env=bob.env)
    client.send("hello\n")
    server.err.expect("called while the line was busy\n")
    ann.knows(f"caller {bob.fingerprint} bob")
    first.close_input()
    server.expect("hello\n")


@needs_tls
def test_patience_with_an_encrypted_line_is_over(bob, start):
    """Then it ends as without -w."""
    door = Door()
    client = start("-c", "-t", "-w", 2, HOST, door.port, env=bob.env)
    is_busy_in_tls(door.accept())
    client.err.expect("is busy, and has heard nothing\n")
    is_busy_in_tls(door.accept())
    client.err.expect("is busy, and has heard nothing\n")
    assert client.wait() == 1


# The full screen


def test_busy_line_in_the_screen(screen):
    """It is said once that it is busy; what is typed stays in the input line, and goes to who answers."""
    door = Door()
    client = screen("-c", "-w", PATIENCE, HOST, door.port, columns=120)
    for _ in range(3):
        is_busy(door.accept())
    client.wait_for(notice("calling again while the line is busy, for up to .*"))
    client.press("for whoever is there")
    client.wait_for(lambda: client.input == "> for whoever is there")
    callee = door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)
    client.press(ENTER)
    callee.expect("for whoever is there\n")
    callee.send("welcome\n")
    client.wait_for(theirs("welcome"))
    assert said(client, "is busy, and has heard nothing$") == said(client, notice("calling again .*")) == 1
    assert not client.shows(theirs("The line is busy.*"))
    assert callee.incoming.data == b"for whoever is there\n"


def test_it_is_given_up_in_the_screen(screen):
    """F8 hangs up on who may be busy, and then the line is not called again by itself."""
    door = Door()
    client = screen("-c", "-w", PATIENCE, HOST, door.port, columns=120)
    is_busy(door.accept())
    callee = door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)
    client.press(F8)
    callee.expect_end()
    is_busy(callee)
    client.wait_for(lambda: CALL_AGAIN in client.bar)


def test_patience_is_over_in_the_screen(screen):
    """Then it is as without -w: Enter calls again, and is patient anew."""
    door = Door()
    client = screen("-c", "-w", 2, HOST, door.port, columns=120)
    for _ in range(2):
        is_busy(door.accept())
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    assert said(client, "is busy, and has heard nothing$") == 2
    client.press(ENTER)
    is_busy(door.accept())
    client.wait_for(lambda: said(client, notice("calling again .*")) == 2)


def test_patience_is_over_and_it_calls_again(screen):
    """With -k it goes on calling, ever more seldom."""
    door = Door()
    client = screen("-c", "-k", "-w", 2, HOST, door.port, columns=120)
    for _ in range(4):
        is_busy(door.accept())
    callee = door.accept()
    client.wait_for(lambda: "encrypted" in client.bar)
    callee.send("at last\n")
    client.wait_for(theirs("at last"))
