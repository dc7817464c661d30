"""Every way to leave a group: for those who came, and for its host."""

import errno
import os
import signal
import socket

import pytest

from peers import HASTY, HOST, eventually, is_listening, listeners, needs_linux, process_state
from room import enter, expect_lines, lines_of
from test_confined import BREAKOUT
from test_group_pace import join_deaf, lines, visit_deaf

LEFT, GONE = "has left", "has gone: the connection broke"


def close(end):
    """Hangs up in order: nothing more is heard."""
    end.close_input()
    end.expect_end()


WAYS = {"half-closed": (lambda end: end.close_input(), LEFT), "closed": (close, LEFT),
        "reset": (lambda end: end.reset(), GONE)}


@pytest.mark.parametrize("leave, done", WAYS.values(), ids=WAYS)
def test_member_leaves(room, leave, done):
    """The others are told, and go on; all that was said before the end arrives, the last half line, too."""
    host = room()
    ann, bob, cleo = host.join("ann", "bob", "cleo")
    ann.send("".join(f"{number}\n" for number in range(5000)) + "and ha")
    expect_lines(bob.incoming, 5000)
    host.server.settle()
    leave(ann)
    for end in bob, cleo:
        end.expect(f"<~ann> and ha\n* ~ann {done}: 3 are here\n")
    host.server.notice(f"~ann {done}: 3 are here")
    bob.send("as I said\n")
    for end in cleo, host.server:
        end.expect("<~bob> as I said\n")
    for incoming in bob.incoming, cleo.incoming, host.server.out:
        said = [line for line in lines_of(incoming) if line.startswith(b"<~ann> ")]
        assert said == [*(f"<~ann> {number}".encode() for number in range(5000)), b"<~ann> and ha"]


def test_lines_and_the_end_at_once(room):
    """Who says a lot and leaves without waiting is heard to the end."""
    host = room()
    ann, bob = host.join("ann", "bob")
    ann.send("".join(f"{number}\n" for number in range(50_000)))
    ann.close_input()
    bob.expect("<~ann> 49999\n")
    assert bob.expect("are here\n") == b"* ~ann has left: 2 "
    assert len(lines_of(bob.incoming)) == 50_000


PROGRAM_WAYS = {"input ends": lambda client: client.close_input(), "Ctrl-C": lambda client: client.kill(signal.SIGINT),
                "killed": lambda client: client.kill(signal.SIGKILL)}


@pytest.mark.parametrize("leave", PROGRAM_WAYS.values(), ids=PROGRAM_WAYS)
def test_tchat_leaves(room, start, leave):
    """tchat as a member: what it has said has arrived, and the others are told."""
    host = room()
    [ann] = host.join("ann")
    client = enter(start("-c", "-p", HOST, host.port), "bob")
    client.send("good bye\n")
    ann.expect("<~bob> good bye\n")
    leave(client)
    client.wait()
    ann.expect("* ~bob has left: 2 are here\n")
    host.server.notice("~bob has left: 2 are here")


def test_client_hears_what_is_said_until_it_has_left(room, start):
    """A client whose input has ended gets what it was sent before; the room does not keep it."""
    host = room()
    [ann] = host.join("ann")
    client = enter(start("-c", "-p", HOST, host.port), "bob")
    ann.send("".join(f"{number}\n" for number in range(1000)))
    client.expect("<~ann> 999\n")
    client.close_input()
    assert client.wait() == 0
    assert len(lines_of(client.out)) == 1000


def test_listener_of_a_member_killed(room):
    """That one goes, as the others are told, who go on."""
    host = room()
    ann, bob, cleo = host.join("ann", "bob", "cleo")
    listener = listeners(host.server.pid)[1]
    host.server.settle()
    os.kill(listener, signal.SIGKILL)
    for end in ann, cleo:
        end.expect("* ~bob has gone: the connection broke: 3 are here\n")
    host.server.notice("~bob has gone: the connection broke: 3 are here")
    bob.incoming.expect_end()
    ann.send("where is bob?\n")
    cleo.expect("<~ann> where is bob?\n")


def test_listener_of_a_member_lies(room):
    """Taken over, it reports that what arrives cannot be written: that one goes alone, and others still come."""
    host = room(program=[BREAKOUT])
    ann, bob = host.join("ann", "bob")
    bob.send(f"report: 8 {errno.EPIPE}\n")
    ann.expect("* ~bob has gone: the connection broke: 2 are here\n")
    host.server.notice("~bob has gone: the connection broke: 2 are here")
    [cleo] = host.join("cleo")
    cleo.send("is anybody here?\n")
    ann.expect("<~cleo> is anybody here?\n")


def test_who_has_given_no_name_leaves(room):
    """Of whom nobody was told, nobody is told."""
    host = room()
    [ann] = host.join("ann")
    silent = host.visit()
    silent.close_input()
    silent.expect_end()
    [bob] = host.join("bob")
    assert ann.expect("* ~bob has joined: 3 are here\n") == b""


@needs_linux
def test_what_was_said_after_somebody_left(room):
    """Of lines that could not be delivered to somebody who leaves none is counted that was said later."""
    host = room(program=[HASTY])
    slow = join_deaf(host, "slow")
    ann, bob = host.join("ann", "bob")
    ann.send(lines(1000, 800))
    bob.expect("<~ann> 000000799 ")
    slow.socket.shutdown(socket.SHUT_WR)
    bob.expect("* ~slow has left: 3 are here\n")
    ann.send(lines(20, 3000))
    bob.expect("<~ann> 000002999 ")
    lost = host.server.err.expect(" lines were not delivered to ~slow\n").split()[-1]
    assert 0 < int(lost) <= 802


# The host


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_room_is_closed(room, signo):
    """A signal ends it: all get what was said before, and are told."""
    host = room()
    ann, bob = host.join("ann", "bob")
    silent = host.visit()
    ann.send("".join(f"{number}\n" for number in range(5000)))
    host.server.expect("<~ann> 4999\n")
    host.server.kill(signo)
    for end in bob, silent:
        assert end.expect("* the room is closed\n").endswith(b"<~ann> 4999\n")
    for end in ann, bob, silent:
        assert end.expect_end().endswith(b"* the room is closed\n")
    for end in ann, bob, silent:
        end.close_input()
    assert host.server.wait() == -signo
    assert not is_listening(host.port)
    assert b"has left" not in host.server.err.data


def test_name_given_as_the_room_is_closed(room):
    """It comes too late, and displaces nothing of what that one is still to get."""
    host = room()
    [ann] = host.join("ann")
    silent = visit_deaf(host)
    ann.send(lines(1000, 300))
    host.server.expect("<~ann> 000000299 ")
    host.server.kill(signal.SIGTERM)
    ann.expect("* the room is closed\n")
    silent.socket.sendall(b"late\nhello\n")
    host.server.settle()
    heard = silent.read().expect_end()
    assert heard.endswith(b"\n* the room is closed\n")
    assert len([line for line in heard.splitlines() if line.startswith(b"<~ann> ")]) == 300
    ann.close_input()
    assert host.server.wait() == -signal.SIGTERM
    assert b"late" not in host.server.err.data


def test_empty_room_is_closed(room):
    """Nobody is there to be told."""
    host = room()
    host.server.kill(signal.SIGTERM)
    assert host.server.wait() == -signal.SIGTERM
    assert host.server.err.data == f"tchat: waiting on port {host.port}\n".encode()


def test_host_killed(room):
    """kill -9: the members see the end, and no process is left."""
    host = room()
    ann, bob = host.join("ann", "bob")
    ann.send("hello\n")
    bob.expect("<~ann> hello\n")
    left = listeners(host.server.pid)
    assert len(left) == 2
    host.server.kill()
    assert host.server.wait() == -signal.SIGKILL
    eventually(lambda: not any(map(process_state, left)), "the end of all listeners")
    for end in ann, bob:
        end.incoming.expect_end()
    eventually(lambda: not is_listening(host.port), "a port that is free")
