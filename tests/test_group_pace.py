"""One member who does not read, or says too much, delays nobody in a group."""

import socket

import pytest

from fullscreen import DeafCaller
from peers import HASTY, eventually, is_idle, needs_linux, unsent
from room import QUESTION, expect_lines, lines_of
from test_killed import pour

MEBIBYTE = 1 << 20
FLOOD = "".join(f"line {number}\n" for number in range(1000))
PREFIX = b"<~mallory> "


def visit_deaf(host):
    """Somebody who is asked for a name, and then reads nothing any more."""
    deaf, heard = DeafCaller(host.port), b""
    while not heard.endswith(QUESTION.encode()):
        heard += deaf.socket.recv(1 << 16)
    return deaf


def join_deaf(host, name):
    """Somebody who gives a name, and then reads nothing any more."""
    deaf, heard = visit_deaf(host), b""
    deaf.socket.sendall(f"{name}\n".encode())
    while f"* You are ~{name}: ".encode() not in heard:
        heard += deaf.socket.recv(1 << 16)
    return deaf


def lines(size, count):
    """So many lines of that size, all different."""
    return "".join(f"{number:09} {'x' * (size - 11)}\n" for number in range(count))


@needs_linux
def test_member_who_does_not_read(room):
    """The others hear each other; once too much waits for that one, and nothing is taken, it is hung up on."""
    host = room(program=[HASTY])
    deaf = join_deaf(host, "deaf")
    ann, bob = host.join("ann", "bob")
    for number in range(100):
        ann.send(f"{number}\n")
        bob.expect(f"<~ann> {number}\n")
    text = lines(1000, 6000)
    ann.send(text)
    for end in bob, host.server:
        end.expect("<~ann> 000005999 ")
    gone = "~deaf was hung up on, as it takes too little of what is said: 3 are here"
    host.server.notice(gone)
    lost = host.server.err.expect(" lines were not delivered to ~deaf\n")
    assert 1000 < int(lost.removeprefix(b"tchat: ")) < 6100
    eventually(lambda: all(f"* {gone}\n".encode() in end.incoming.data for end in (ann, bob)), "the word to all")
    assert b"".join(line + b"\n" for line in lines_of(bob.incoming)[100:]).replace(b"<~ann> ", b"") == text.encode()
    bob.send("is everybody here?\n")
    ann.expect("<~bob> is everybody here?\n")


@needs_linux
def test_each_who_is_hung_up_on_is_told_of(room):
    """However many they are at once: none is only counted among those who leave."""
    host = room(program=[HASTY])
    names = "ash", "birch", "cedar", "dogwood", "elm", "fir", "gorse", "hazel", "ivy", "juniper"
    deaf = [join_deaf(host, name) for name in names]  # held, as what nobody holds is closed
    ann, bob = host.join("ann", "bob")
    ann.send(lines(1000, 3000))
    bob.expect("<~ann> 000002999 ")
    for name in names:
        for told in host.server.err, ann.incoming:
            eventually(lambda: f"* ~{name} was hung up on, as it takes too little".encode() in
                       bytes(told.data).replace(b"tchat: ", b"* "), f"what is told of {name}")
    assert len(deaf) == 10


@needs_linux
def test_member_who_takes_too_little(room):
    """Nobody can hold the others up for ever by taking a little now and then."""
    host = room(program=[HASTY])
    slow = join_deaf(host, "slow")
    ann, bob = host.join("ann", "bob")
    ann.send(lines(1000, 6000))
    gone = b"~slow was hung up on, as it takes too little of what is said: 3 are here\n"
    eventually(lambda: slow.socket.recv(64) and gone in host.server.err.data, "the end of the one who is slow")
    bob.expect("<~ann> 000005999 ")


@needs_linux
def test_one_who_floods_and_lacks_little(room):
    """Who says much itself is to take what there is all the same: else all that is kept for it."""
    host = room(program=[HASTY])
    deaf = join_deaf(host, "deaf")
    ann, bob = host.join("ann", "bob")
    ann.send(lines(1000, 200))
    bob.expect("<~ann> 000000199 ")
    deaf.socket.sendall(lines(1000, 1000).encode())
    bob.expect("~deaf was hung up on, as it takes too little of what is said: 3 are here\n")
    ann.send("well, well\n")
    bob.expect("<~ann> well, well\n")


def hold_up(host, slow, *members, text=FLOOD):
    """They say as much as they can, while one takes a little now and then: nobody hears more of them, for now."""
    shown, in_a_row = len(host.server.out.data), 0

    def are_held_up():
        nonlocal in_a_row
        slow.socket.recv(1 << 10)
        held_up = (len(host.server.out.data) > shown + 20_000 and
                   all(unsent(member.socket) > 0 for member in members) and is_idle(host.server.pid))
        in_a_row = in_a_row + 1 if held_up else 0
        return in_a_row == 4  # once is not enough: all are idle, too, while one of them waits for this test

    for member in members:
        pour(member, text)
    eventually(are_held_up, "that the flood is held up")


@needs_linux
@pytest.mark.parametrize("text", [FLOOD, "\n" * 10_000], ids=["lines", "empty lines"])
def test_nobody_waits_for_one_who_is_slow(room, text):
    """Not even beside somebody who floods: the others have shares of their own."""
    host = room()
    slow = join_deaf(host, "slow")
    mallory, ann, bob = host.join("mallory the verbose", "ann", "bob")
    hold_up(host, slow, mallory, text=text)
    ann.send(lines(100, 3000))
    bob.expect("<~ann> 000002999 ")
    assert b"hung up" not in host.server.err.data


@needs_linux
def test_shares_of_those_who_leave(room):
    """Who floods, leaves, and comes again, does not have the others wait either."""
    host = room()
    slow = join_deaf(host, "slow")
    ann, bob = host.join("ann", "bob")
    for names in "abcdefgh", "jkmnopqr", "stuvwxyz":
        mallories = host.join(*(f"mallory {name}" for name in names))
        hold_up(host, slow, *mallories)
        for mallory in mallories:
            mallory.reset()
    ann.send("who was that?\n")
    bob.expect("<~ann> who was that?\n")
    assert b"slow was hung up on" not in host.server.err.data


@needs_linux
def test_member_who_reads_later(room):
    """Who is behind, but not as far as that, gets everything."""
    host = room()
    slow = join_deaf(host, "slow")
    ann, bob = host.join("ann", "bob")
    text = lines(100, 5000)
    ann.send(text)
    bob.expect("<~ann> 000004999 ")
    peer = slow.read()
    peer.expect("<~ann> 000004999 ")
    said = b"".join(line + b"\n" for line in lines_of(peer.incoming) if line.startswith(b"<~ann> "))
    assert text.encode().startswith(said.replace(b"<~ann> ", b"")[:-1])


@needs_linux
def test_member_who_reads_slowly(room):
    """As long as it takes enough it stays, however much there is: those who speak are read more slowly."""
    host = room(program=[HASTY])
    slow = join_deaf(host, "slow")
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MEBIBYTE)
    ann, bob = host.join("ann", "bob")
    count, got = 20_000, bytearray()
    ann.socket.setblocking(False)
    text = memoryview(lines(1000, count).encode())
    sent = 0
    while not got.endswith(b"the end\n"):
        if sent < len(text):
            try:
                sent += ann.socket.send(text[sent:sent + MEBIBYTE])
            except BlockingIOError:
                pass
            if sent == len(text):
                ann.socket.setblocking(True)
                ann.send("the end\n")
        chunk = slow.socket.recv(1 << 14)
        assert chunk, "it was hung up on"
        got += chunk
    said = [line for line in bytes(got).split(b"\n") if line.startswith(b"<~ann> ")]
    assert len(said) == count + 1
    assert len(expect_lines(bob.incoming, count + 1)) == count + 1


def talk(one, other, sign, count=20):
    """Each says a line, and waits for the other's."""
    for number in range(count):
        one.send(f"{sign} {number}\n")
        other.expect(f"> {sign} {number}\n")
        other.send(f"{sign}, too: {number}\n")
        one.expect(f"> {sign}, too: {number}\n")


def test_flood(room):
    """However much one says at once, and goes on, the others are heard all the time."""
    host = room()
    mallory, ann, bob = host.join("mallory", "ann", "bob")
    pour(mallory)
    ann.incoming.expect_amount(MEBIBYTE)
    talk(ann, bob, "I am heard")
    flooded = len(bob.incoming.data)
    talk(bob, ann, "so am I")
    bob.incoming.expect_amount(flooded + MEBIBYTE)
    mallory.expect("<~ann> so am I, too: 19\n")  # so that nothing is on its way to that one
    mallory.reset()
    ann.expect("* ~mallory has gone: the connection broke: 3 are here\n")


def test_endless_line(room):
    """A line without end is cut into lines with the name before each, and nobody waits for it."""
    host = room()
    mallory, ann, bob = host.join("mallory", "ann", "bob")
    size = 10 * MEBIBYTE
    mallory.send("x" * (size // 2))
    talk(ann, bob, "meanwhile")
    mallory.send("x" * (size - size // 2))
    mallory.close_input()
    ann.expect("* ~mallory has left: 3 are here\n")
    parts = [line for line in lines_of(ann.incoming) if not line.startswith(b"<~bob> ")]
    assert {line[:len(PREFIX)] for line in parts} == {PREFIX}
    assert max(map(len, parts)) <= 65536
    assert sum(len(line) - len(PREFIX) for line in parts) == size


def test_someone_who_never_ends_the_first_line(room):
    """Nor does anybody wait for a name."""
    host = room()
    mallory, ann, bob = host.visit(), *host.join("ann", "bob")
    mallory.send("x" * MEBIBYTE)
    mallory.expect("* You are ~guest 1.\n")
    assert mallory.incoming.data.count(b"is too long: there is room for 20 columns") == 3
    talk(ann, bob, "meanwhile")
    for end in ann, bob:
        assert {line[:12] for line in lines_of(end.incoming) if b"x" * 100 in line} <= {b"<~guest 1> x"}


@pytest.mark.parametrize("text", [b"\n" * 300_000, b"\xff\n" * 100_000, b"\x1b[2J" * 100_000 + b"\n",
                                  "\u202e".encode() * 100_000 + b"\n"], ids=["empty", "no UTF-8", "controls", "overrides"])
def test_much_that_grows(room, text):
    """What becomes several times as long by the name, or as it is made visible, is passed on whole."""
    host = room()
    mallory, ann, bob = host.join("mallory", "ann", "bob")
    mallory.send(text)
    talk(ann, bob, "meanwhile")
    mallory.send("end\n")
    for end in ann, bob, host.server:
        end.expect("<~mallory> end\n")
    said = [line for line in lines_of(bob.incoming) if line.startswith(PREFIX)]
    assert [line for line in lines_of(bob.incoming) if not line.startswith((PREFIX, b"<~ann> "))] == []
    assert len(said) >= text.count(b"\n") + 1
