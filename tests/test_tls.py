"""Encrypted conversations: every form of a conversation is the same with -t as without."""

import contextlib
import os
import random
import re
import signal
import socket
import ssl
import struct

import pytest

from peers import HOST, call, children, eventually, is_listening, needs_linux, socket_of, together, unread
from test_closing import DEADLY
from test_plain import many_lines
from tls import Wiretap, needs_tls, tls_call

pytestmark = needs_tls


def test_each_sees_what_the_other_writes(tls_conversation):
    """What one types the other one reads, as it was typed."""
    server, client = tls_conversation()
    server.send("Grüße, 漢字, 👩‍👩‍👧 and e\u0301\n")
    client.expect("Grüße, 漢字, 👩‍👩‍👧 and e\u0301\n")
    client.send("\ttab, then an empty line\n\n")
    server.expect("\ttab, then an empty line\n\n")


def test_nobody_can_listen_in(acquainted, serve, start, port):
    """Who copies all that travels finds neither what was said nor who spoke."""
    ann, bob = acquainted
    server = serve("-t", "-n", "Annabel", env=ann.env)
    wire = Wiretap(port)
    client = start("-c", "-t", "-n", "Bobby", "--pin", ann.fingerprint, HOST, wire.port, env=bob.env)
    client.send("a secret of mine\n")
    server.expect("a secret of mine\n")
    server.send("a secret of hers\n")
    client.expect("a secret of hers\n")
    assert len(wire.heard["caller"]) > 200 and len(wire.heard["server"]) > 200
    for word in (b"secret", b"Annabel", b"Bobby"):
        assert all(word not in heard for heard in wire.heard.values())


def test_it_is_tls_1_3(tls_called, tls_calling):
    """Nothing older is spoken."""
    assert tls_called()[1].tls.version() == tls_calling()[1].tls.version() == "TLSv1.3"


def test_what_arrives_is_shown_at_once(tls_called):
    """The beginning of a line is not held back until the rest of it comes."""
    server, caller = tls_called()
    caller.send("half")
    server.expect("half")
    caller.send(" and half\n")
    server.expect(" and half\n")


def test_many_lines_each_way_at_once(tls_conversation):
    """20,000 lines each way at the same time: nothing is lost, nothing changes its order."""
    server, client = tls_conversation()
    ours, theirs = many_lines("ours"), many_lines("theirs")
    together(lambda: server.send(ours), lambda: client.send(theirs))
    server.close_input()
    client.close_input()
    assert server.output().decode() == theirs
    assert client.output().decode() == ours
    assert (server.wait(), client.wait()) == (0, 0)


@pytest.mark.parametrize("role", ["tls_called", "tls_calling"])
def test_many_lines_each_way_with_another_program(request, role):
    """20,000 lines each way at the same time, with OpenSSL at the other end."""
    tchat, friend = request.getfixturevalue(role)()
    ours, theirs = many_lines("ours"), many_lines("theirs")
    together(lambda: tchat.send(ours), lambda: friend.send(theirs))
    tchat.close_input()
    friend.close_input()
    assert tchat.output().decode() == theirs
    assert friend.expect_end().decode() == ours
    assert tchat.wait() == 0


def test_one_direction(tls_conversation):
    """One types, the other one only looks on."""
    server, client = tls_conversation(server=["--recv-only"], client=["--send-only"])
    server.send("never sent\n")
    client.send("first\n")
    server.expect("first\n")
    client.send("second\n")
    client.close_input()
    assert client.output() == b""
    assert server.output() == b"first\nsecond\n"
    assert (server.wait(), client.wait()) == (0, 0)


def test_send_only_shows_nothing(tls_called):
    """What the peer says is not shown, and does not stop it from hearing everything."""
    server, caller = tls_called("--send-only")
    caller.send("x" * 1_000_000)
    server.send("a line\n")
    server.close_input()
    caller.expect("a line\n")
    caller.close_input()
    assert caller.expect_end() == b"a line\n"
    assert server.output() == b""


def test_turns(tls_conversation):
    """In turns, what is typed ahead is sent when its turn has come."""
    server, client = tls_conversation(server=["-a"], client=["-a"])
    server.send("answer 0\nanswer 1\n")
    for turn in range(3):
        client.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        if turn == 2:
            server.send("answer 2\n")
        client.expect(f"answer {turn}\n")
    client.close_input()
    server.close_input()
    assert (server.wait(), client.wait()) == (0, 0)


@pytest.mark.parametrize("role", ["tls_called", "tls_calling"])
def test_turns_with_another_program(request, role):
    """Lines that arrive early wait here until their turn has come, however they were encrypted."""
    tchat, friend = request.getfixturevalue(role)("-a", "-f", "peer")
    friend.send("one\ntwo\n")
    tchat.expect("one\n")
    tchat.send("I\n")
    friend.expect("I\n")
    tchat.expect("two\n")
    tchat.send("II\n")
    friend.expect("II\n")
    friend.close_input()
    tchat.close_input()
    assert tchat.wait() == 0


def test_raw_bytes_pass_unchanged(tls_conversation):
    """Binary data is the same at the other end, in both directions at once."""
    server, client = tls_conversation(server=["-r"], client=["--raw"])
    generator = random.Random(2)
    ours, theirs = generator.randbytes(3_000_000), generator.randbytes(2_000_001)
    together(lambda: server.send(ours), lambda: client.send(theirs))
    server.close_input()
    client.close_input()
    assert server.output() == theirs
    assert client.output() == ours
    assert (server.wait(), client.wait()) == (0, 0)


def test_hostile_bytes_are_made_visible(tls_called):
    """An encrypted peer's text passes the filter as any other."""
    server, caller = tls_called()
    caller.send("\x1b[2J\u202e\n")
    server.expect("^[[2J<U+202E>\n")


def test_log(tls_conversation, tmp_path):
    """The log has both directions, and what was said about the encryption."""
    server, client = tls_conversation(server=["-l", tmp_path / "log"])
    server.send("mine\n")
    client.expect("mine\n")
    client.send("theirs\n")
    server.expect("theirs\n")
    client.close_input()
    server.close_input()
    assert (server.wait(), client.wait()) == (0, 0)
    logged = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert [line for line in logged if "port" not in line] == [
        "* encrypted: the caller is bob", "> mine", "< theirs", "* bob has left"]


# One caller after the other


def test_one_caller_after_the_other(tls_called, port, bob, ann, start):
    """A server that keeps encrypts each conversation anew, for each caller by name."""
    ann.knows(f"caller {bob.fingerprint} bob")
    server, first = tls_called("-k")
    first.send("I am the first\n")
    server.expect("I am the first\n")
    first.close_input()
    server.notice("friend has left")
    server.notice(f"waiting on port {port}")
    client = start("-c", "-t", "--pin", ann.fingerprint, HOST, port, env=bob.env)
    server.err.expect("has called\n")
    server.notice("encrypted: the caller is bob")
    client.send("I am the second\n")
    server.expect("I am the second\n")
    server.send("welcome, second\n")
    client.expect("welcome, second\n")
    assert first.expect_end() == b""


def test_second_caller_is_told_that_the_line_is_busy(tls_called, start, ann, bob, port):
    """Another caller learns that the line is busy; who speaks already is not disturbed."""
    server, first = tls_called("-k")
    client = start("-c", "-t", "--pin", ann.fingerprint, HOST, port, env=bob.env)
    client.notice(f"{HOST} is busy, and has heard nothing")
    assert client.wait() == 1
    server.err.expect(" called while the line was busy\n")
    with pytest.raises(ssl.SSLError):
        tls_call(port)
    first.send("go on\n")
    server.expect("go on\n")
    server.send("yes\n")
    first.expect("yes\n")
    assert server.out.data == b"go on\n"


def test_door_is_closed_behind_the_caller(tls_called, port):
    """Without -k, one caller is all, once it has been agreed with."""
    tls_called()
    eventually(lambda: not is_listening(port), "a closed door")


def test_client_waits_for_the_server(acquainted, start, serve, port):
    """With -w a client calls until somebody answers, and then encrypts."""
    ann, bob = acquainted
    client = start("-c", "-t", "-w", 60, HOST, port, env=bob.env)
    client.notice(f"calling {HOST} port {port}, for up to 60 s")
    server = serve("-t", env=ann.env)
    client.notice(f"encrypted: the key of {HOST} port {port} is known")
    client.send("at last\n")
    server.expect("at last\n")


# How it ends


def test_end_of_input_is_not_the_end_of_hearing(tls_called):
    """Half-closed from here: what the peer still sends is shown until it ends too."""
    server, caller = tls_called()
    server.send("my last line\n")
    server.close_input()
    assert caller.expect_end() == b"my last line\n"
    caller.send("one more\n")
    server.expect("one more\n")
    caller.close_input()
    server.notice("friend has left")
    assert server.wait() == 0


def test_rest_of_the_input_is_still_sent(tls_calling):
    """Half-closed from there: a file or a pipe is sent to its end."""
    client, callee = tls_calling()
    callee.close_input()
    eventually(lambda: children(client.pid) == [], "the end of the listener")
    client.send("one\n")
    callee.expect("one\n")
    client.send("two\n")
    client.close_input()
    assert callee.expect_end() == b"one\ntwo\n"
    assert client.wait() == 0


def test_goodbye_without_hanging_up(tls_called):
    """The peer has left when it says so within the encryption, even if its connection stays."""
    server, caller = tls_called()
    server.close_input()
    caller.send("good")
    caller.say_goodbye()
    server.notice("friend has left")
    assert server.output() == b"good\n"
    assert server.wait() == 0


def test_everything_arrives_although_the_peer_talks(tls_calling):
    """Who leaves while the other still talks loses nothing of what was sent."""
    client, callee = tls_calling("--send-only")
    text = "a line\n" * 100_000
    together(lambda: callee.send(b"y\n" * 1_000_000), lambda: client.send(text))
    client.close_input()
    assert callee.expect_end() == text.encode()
    callee.close_input()
    assert client.wait() == 0


def test_connection_reset(tls_called):
    """A connection that breaks is named, with the reason, and is a failure."""
    server, caller = tls_called()
    caller.send("a line\n")
    server.expect("a line\n")
    caller.reset()
    server.notice("the connection to friend broke: Connection reset by peer")
    assert server.wait() == 1


def test_lines_not_delivered_are_counted(ann, friend, serve, port):
    """When the connection breaks, what still waits here is reported."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = serve("-t", env=ann.env)
    deaf = tls_call(port, friend, deaf=True)
    server.notice("encrypted: the caller is friend")
    server.clog(server.process.stdin.fileno())
    deaf.reset()
    server.err.expect("broke: Connection reset by peer\n")
    assert re.search(rb"tchat: \d+ lines? (was|were)$", server.err.expect(" not delivered\n"))
    assert server.wait() == 1


def is_stuck(sock):
    """Whether a socket cannot send what it has: the peer's machine has acknowledged all, and takes no more."""
    information = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 148)
    in_flight, = struct.unpack_from("I", information, 24)
    not_sent, = struct.unpack_from("I", information, 144)
    return in_flight == 0 and not_sent > 0


def length_of_text(deaf):
    """How much text the whole records have that have arrived at a deaf caller.  They are not taken, which
    would make room for more."""
    deaf.arriving.write(deaf.socket.recv(unread(deaf.socket), socket.MSG_PEEK))
    length = 0
    with contextlib.suppress(ssl.SSLWantReadError):
        while True:
            length += len(deaf.tls.read(1 << 16))
    return length


@needs_linux
def test_lines_that_have_arrived_are_not_counted(ann, friend, serve, port):
    """Of records of which the kernel has taken some, those that the peer's machine has count as delivered."""
    ann.knows(f"caller {friend.fingerprint} friend")
    line = 100
    server = serve("-t", env=ann.env)
    deaf = tls_call(port, friend, deaf=True, room=1 << 15)
    server.notice("encrypted: the caller is friend")
    with socket_of(server) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # less than is sealed at once
        typed = server.clog(server.process.stdin.fileno())
        eventually(lambda: is_stuck(same), "the end of the room for what is sent")
    arrived = length_of_text(deaf)
    assert arrived > 0
    deaf.reset()
    server.err.expect("broke: Connection reset by peer\n")
    lost = re.search(rb"tchat: (\d+) lines? (?:was|were)$", server.err.expect(" not delivered\n"))
    assert server.wait() == 1
    delivered = typed - unread(server.process.stdin) - int(lost[1]) * line
    assert arrived - 2 * line < delivered <= arrived  # a line read in part is lost, too


def test_cut_after_the_last_line(tls_calling):
    """With --send-only too, an end without a goodbye is none in order."""
    client, callee = tls_calling("--send-only")
    client.send("a line\n")
    client.close_input()
    assert callee.expect_end() == b"a line\n"
    callee.cut()
    client.err.expect(" was cut off: it ended without a goodbye\n")
    assert client.wait() == 1


@pytest.mark.parametrize("signo", DEADLY)
def test_signal_ends_the_conversation_in_order(tls_called, signo):
    """Told to end, tchat sees to it that the peer has all lines and a goodbye, then dies of the signal."""
    server, caller = tls_called()
    server.send("my last line\n")
    server.settle()
    server.kill(signo)
    assert caller.expect_end() == b"my last line\n"
    caller.close_input()
    assert server.wait() == -signo


def test_signal_to_the_whole_group(tls_called):
    """Ctrl-C reaches both processes of tchat; what arrives before the peer's end is still shown."""
    server, caller = tls_called()
    server.settle()
    os.killpg(server.pid, signal.SIGINT)
    caller.expect_end()
    caller.send("what I still wanted to say\n")
    caller.close_input()
    server.expect("what I still wanted to say\n")
    assert server.wait() == -signal.SIGINT


def test_signal_while_waiting(serve, ann):
    """A server that nobody has called ends at once."""
    server = serve("-t", env=ann.env)
    server.kill(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM


def test_signal_in_the_middle_of_agreeing(serve, ann, port):
    """Told to end while a caller takes its time to agree on encryption, tchat ends at once."""
    server = serve("-t", env=ann.env)
    caller = call(port)
    server.err.expect("has called\n")
    server.kill(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    caller.incoming.expect_end()


# Usage


SOME = "SHA256:" + "A" * 43
WRONG = {
    "pin without TLS": (["-c", "--pin", SOME, HOST], "--pin needs -t"),
    "anonymous without TLS": (["-s", "--anonymous"], "--anonymous needs -t"),
    "pinned and anonymous": (["-s", "-t", "--pin", SOME, "--anonymous"],
                             "--pin and --anonymous exclude each other"),
} | {
    f"pin {text or 'of nothing'}": (
        ["-s", "-t", "--pin", text],
        f"'{text}' is no fingerprint: SHA256: and 43 characters of base64")
    for text in ("", "SHA256:", SOME[:-1], SOME + "A", SOME[:-1] + "=", SOME[:-1] + "-", "sha256:" + "A" * 43,
                 "A" * 43, "SHA1:" + "A" * 27, "x")
}


@pytest.mark.parametrize("arguments, said", WRONG.values(), ids=WRONG)
def test_wrong_usage(start, arguments, said):
    """One clear line on standard error, and status 2."""
    tchat = start(*arguments)
    assert tchat.wait() == 2
    assert tchat.err.data.decode() == f"tchat: {said}\n"
    assert tchat.out.data == b""


# What the environment asks the library for


def test_keys_are_written_nowhere(acquainted, tls_conversation, tmp_path):
    """A file that other programs write the keys of their conversations into gets none of these."""
    keys = tmp_path / "keys"
    for person in acquainted:
        person.env["SSLKEYLOGFILE"] = str(keys)
    server, client = tls_conversation()
    client.send("hello\n")
    server.expect("hello\n")
    assert not keys.exists()


def test_library_says_nothing(acquainted, tls_conversation):
    """Nor does the library tell on standard error what it does: keys, and what the peer sends as it is."""
    for person in acquainted:
        person.env["GNUTLS_DEBUG_LEVEL"] = "99"
    server, client = tls_conversation()
    client.send("hello\n")
    server.expect("hello\n")
    for program in (server, client):
        assert b"gnutls[" not in program.err.data


def test_library_does_not_even_begin(environment, start):
    """Where nothing is encrypted it does not get ready, which takes time and memory, and of which it would tell."""
    environment["GNUTLS_DEBUG_LEVEL"] = "99"
    program = start("--version", env=environment)
    assert program.output().startswith(b"tchat ")
    assert program.err.data == b""


def test_library_that_is_not_to_begin_by_itself(acquainted, tls_conversation):
    """Where the library is kept from getting ready before the program has begun, it does so in time."""
    for person in acquainted:
        person.env.update(GNUTLS_NO_IMPLICIT_INIT="1", GNUTLS_NO_EXPLICIT_INIT="1")
    server, client = tls_conversation()
    client.send("hello\n")
    server.expect("hello\n")
