"""A group with -t: those whose keys are known go by their names, and no others come in, or without a name of a key."""

import hmac
import re
import signal
import socket
import time

import pytest

from fullscreen import not_under_sanitizers
from peers import HOST, call, eventually, found_in_memory, listeners, looks_into_listener, needs_linux, unsent
from room import QUESTION, enter, lines_of
from test_tls_peers import CALLERS
from tls import TlsLine, client_context, needs_tls, tls_call

pytestmark = needs_tls


@pytest.fixture
def others(identity):
    """People whose keys Ann knows by other names than they give themselves."""
    return {name: identity(name=f"I am {name}") for name in ("Bob", "Cleo")}


@pytest.fixture
def tls_room(room, ann, others):
    """Ann's room, which knows them."""
    def tls_room(*arguments, **options):
        ann.knows(*(f"caller {other.fingerprint} {name}" for name, other in others.items()))
        return room("-t", "-n", "Ann", *arguments, env=ann.env, **options)

    return tls_room


def test_known_callers(tls_room, others):
    """They are not asked, and go by the names that their keys are known by."""
    host = tls_room()
    bob = tls_call(host.port, others["Bob"])
    assert bob.expect("\n") == b"* Welcome, Bob. Here: Ann."
    host.server.notice("Bob has joined: 2 are here")
    bob.send("is it me first?\n")
    host.server.expect("<Bob> is it me first?\n")
    cleo = tls_call(host.port, others["Cleo"])
    assert cleo.expect("\n") == b"* Welcome, Cleo. Here: Ann and Bob."
    bob.expect("* Cleo has joined: 3 are here\n")
    cleo.send("yes\n")
    bob.expect("<Cleo> yes\n")
    host.say("welcome")
    for end in bob, cleo:
        end.expect("<Ann> welcome\n")
    cleo.close_input()
    bob.expect("* Cleo has left: 2 are here\n")
    assert QUESTION.encode() not in bob.incoming.data


def test_tchat_in_a_room(tls_room, start, ann, bob):
    """tchat calls with -t as it calls anybody."""
    ann.knows(f"caller {bob.fingerprint} Bobby")
    host = tls_room()
    bob.knows(f"server {ann.fingerprint} {HOST} {host.port}")
    client = start("-c", "-t", "-p", HOST, host.port, env=bob.env)
    client.expect("* Welcome, Bobby. Here: Ann.\n")
    client.send("hello\n")
    host.server.expect("<Bobby> hello\n")
    client.close_input()
    assert client.wait() == 0
    host.server.notice("Bobby has left: 1 is here")


def test_known_caller_who_comes_and_goes(tls_room, others):
    """Somebody who does so all the time does not fill the screen with what there is to say of the key."""
    host, began, visits = tls_room(), time.monotonic(), 40
    for _ in range(visits):
        bob = tls_call(host.port, others["Bob"])
        bob.expect("* Welcome, Bob. Here: Ann.\n")
        bob.close_input()
        bob.incoming.expect_end()
    emptied = f": 1 is here\ntchat: waiting on port {host.port}\n".encode()
    eventually(lambda: host.server.err.data.endswith(emptied), "that the room is empty")
    assert len(host.server.err.data.splitlines()) <= 20 + time.monotonic() - began


def test_one_key_calls_twice(tls_room, others):
    """The second is asked for a name, which is one that no key vouches for."""
    host = tls_room()
    bob = tls_call(host.port, others["Bob"])
    bob.expect("* Welcome, Bob. Here: Ann.\n")
    again = enter(tls_call(host.port, others["Bob"]), "second")
    again.send("hello\n")
    bob.expect("<~second> hello\n")
    bob.close_input()
    again.expect("* Bob has left: 2 are here\n")
    third = tls_call(host.port, others["Bob"])
    third.expect("* Welcome, Bob. Here: Ann and ~second.\n")


def test_unknown_key_is_refused(tls_room, stranger, others):
    """In plain mode nobody can be asked, as is said; the room goes on."""
    host = tls_room()
    bob = tls_call(host.port, others["Bob"])
    bob.expect("Welcome, Bob.")
    other = tls_call(host.port, stranger)
    host.server.err.expect("the key was not accepted: in a group nobody is asked in plain mode, --pin or the full "
                           "screen lets in\n")
    other.incoming.expect_end()
    assert b"Welcome" not in other.incoming.data
    host.say("yes")  # it is no answer
    bob.expect("<Ann> yes\n")
    assert b"joined" not in bob.incoming.data


class LateCaller(TlsLine):
    """Somebody whose last word of the handshake is still to be said."""

    def flush(self):
        if self.tls.version() is None:
            super().flush()

    def go_on(self):
        """Says it."""
        super().flush()
        eventually(lambda: unsent(self.socket) == 0, "its arrival")


def test_two_unknown_keys_at_once(tls_room, identity):
    """Neither waits until something else happens."""
    host = tls_room()
    callers = [LateCaller(socket.create_connection((HOST, host.port)), client_context(identity(name=name)), deaf=True)
               for name in ("one", "another")]
    host.server.kill(signal.SIGSTOP)
    for caller in callers:
        caller.go_on()
    host.server.kill(signal.SIGCONT)
    for caller in callers:
        caller.listen()
        caller.incoming.expect_end()


def test_pinned_keys(tls_room, others, stranger):
    """Those who are pinned come in, by the name that is known, or else the one they give; nobody else does."""
    host = tls_room("--pin", others["Bob"].fingerprint, "--pin", stranger.fingerprint)
    bob = tls_call(host.port, others["Bob"])
    bob.expect("* Welcome, Bob. Here: Ann.\n")
    other = enter(tls_call(host.port, stranger), "Dora")
    other.send("hello\n")
    bob.expect("<~Dora> hello\n")
    tls_call(host.port, others["Cleo"]).incoming.expect_end()
    host.server.notice(f"the key of {HOST} is not one of those pinned: {others['Cleo'].fingerprint}")
    assert b"Cleo" not in bob.incoming.data


def test_anonymous(tls_room, others):
    """Who shows no key is asked for a name, and cannot have that of a key; who shows one has it."""
    host = tls_room("--anonymous")
    bob = tls_call(host.port, others["Bob"])
    bob.expect("* Welcome, Bob. Here: Ann.\n")
    nobody = tls_call(host.port)
    nobody.expect(QUESTION)
    for name in "bob", "CLEO":  # who is not even there
        nobody.send(f"{name}\n")
        nobody.expect(" will not do. Another one, please:\n")
    nobody.send("Dora\nhello\n")
    bob.expect("<~Dora> hello\n")


def test_who_speaks_first_is_a_guest(tls_room, others):
    """Only what is said after the question is a name: what comes with the end of the handshake is none."""
    host = tls_room("--anonymous")
    bob = tls_call(host.port, others["Bob"])
    bob.expect("* Welcome, Bob. Here: Ann.\n")
    early = tls_call(host.port, at_once=lambda line: line.send("my question\nanybody?\n"))
    assert bob.expect("<~guest 2> my question\n<~guest 2> anybody?\n") == b"* ~guest 2 has joined: 3 are here\n"
    early.expect("* You are ~guest 2.\n")
    assert QUESTION.encode() not in early.incoming.data


def test_who_only_looks(tls_room, others):
    """A goodbye that comes with the end of the handshake is not said to anybody: nobody is told of that one."""
    host = tls_room("--anonymous")
    bob = tls_call(host.port, others["Bob"])
    bob.expect("* Welcome, Bob. Here: Ann.\n")
    tls_call(host.port, at_once=TlsLine.say_goodbye).incoming.expect_end()
    cleo = tls_call(host.port, others["Cleo"])
    cleo.expect("* Welcome, Cleo. Here: Ann and Bob.\n")
    assert bob.expect(" are here\n") == b"* Cleo has joined: 3"


@pytest.mark.parametrize("program", CALLERS)
def test_programs_are_asked(tls_room, run, program):
    """What they send of themselves in a handshake, or after it, is nothing that they say."""
    host = tls_room("--anonymous")
    caller = enter(run(*CALLERS[program](host.port, None)), "eve")
    caller.send("hello\n")
    host.server.expect("<~eve> hello\n")


def test_tchat_is_asked(tls_room, start, ann, bob):
    """The same of tchat, with a key whose name is taken: it calls twice."""
    host = tls_room("--pin", bob.fingerprint)
    bob.knows(f"server {ann.fingerprint} {HOST} {host.port}")
    call_host = "-c", "-t", "-p", HOST, host.port
    start(*call_host, env=bob.env).expect("* Welcome, ")
    enter(start(*call_host, env=bob.env), "second")


def test_key_displaces_a_name(tls_room, ann, identity):
    """Who has a name without a key loses it to one whose key has it since; both hear all that is said then, at once."""
    dora = identity(name="I am Dora")
    host = tls_room("--anonymous")
    nobody = tls_call(host.port)
    enter(nobody, "Dora")
    ann.knows(f"caller {dora.fingerprint} Dora")
    real = tls_call(host.port, dora)
    assert real.expect("\n") == b"* Welcome, Dora. Here: Ann and ~guest 1."
    nobody.expect("* You are ~guest 1 now: Dora is the name of somebody with a key.\n")
    nobody.expect("* Dora has joined: 3 are here\n")
    host.say("welcome")
    for end in real, nobody:
        assert end.expect("<Ann> welcome\n") == b""


def test_who_calls_without_encryption(tls_room, others):
    """Is no member, and disturbs nobody."""
    host = tls_room()
    bob = tls_call(host.port, others["Bob"])
    bob.expect("Welcome, Bob.")
    bare = call(host.port)
    bare.send("hello\n")
    bare.incoming.expect_end()
    host.say("well")
    bob.expect("<Ann> well\n")
    assert lines_of(bob.incoming) == [b"<Ann> well"]
    assert host.server.out.data == b""


def test_reset_of_an_encrypted_member(tls_room, others):
    """The connection breaks, as the others are told."""
    host = tls_room()
    bob, cleo = (tls_call(host.port, others[name]) for name in ("Bob", "Cleo"))
    cleo.expect("Here: Ann and Bob.\n")
    bob.send("I have to\n")
    cleo.expect("<Bob> I have to\n")
    bob.reset()
    cleo.expect("* Bob has gone: the connection broke: 2 are here\n")
    host.server.notice("Bob has gone: the connection broke: 2 are here")


def key_of(secret):
    """The key for AES-256 that follows from a secret (RFC 8446, 7.1 and 7.3)."""
    hash_name = {32: "sha256", 48: "sha384"}[len(secret)]
    return hmac.digest(secret, b"\0\x20\x09tls13 key\0\x01", hash_name)[:32]


def keys_of(keylog):
    """What a conversation is encrypted with: the secrets of both directions, and the keys that follow from them."""
    secrets = re.findall(r"^(?:CLIENT|SERVER)_TRAFFIC_SECRET_0 \w+ (\w+)$", keylog.read_text(), re.MULTILINE)
    assert len(secrets) == 2
    return [key for secret in map(bytes.fromhex, secrets) for key in (secret, key_of(secret))]


def known_to(pid, keys):
    return [key for key in keys if found_in_memory(pid, re.escape(key))]


@needs_linux
@looks_into_listener
@not_under_sanitizers
def test_listener_has_no_keys_of_others(tls_room, others, tmp_path):
    """Who listens to one has the keys of that conversation alone, of those before it as of those that go on."""
    host = tls_room()
    ends, logs, hearing = [], [], []

    def join(name):
        """Somebody comes, and is listened to."""
        logs.append(tmp_path / f"{len(logs)}")
        ends.append(tls_call(host.port, others[name], keylog_filename=logs[-1]))
        ends[-1].expect(f"Welcome, {name}.")
        hearing.append(eventually(lambda: set(listeners(host.server.pid)) - set(hearing), "a listener").pop())

    join("Bob")
    join("Cleo")
    ends[0].send("what Bob says\n")
    ends[1].expect("<Bob> what Bob says\n")
    bob, cleo = map(keys_of, logs)
    assert len(known_to(host.server.pid, bob)) >= 2 and len(known_to(host.server.pid, cleo)) >= 2
    assert known_to(hearing[0], bob) and known_to(hearing[1], cleo)
    assert known_to(hearing[0], cleo) == []
    assert known_to(hearing[1], bob) == []
    ends[0].close_input()
    ends[1].expect("Bob has left")
    join("Bob")
    assert known_to(hearing[2], bob + cleo) == []
