"""What a stranger may cost before anything is agreed, and a peer afterwards: hardly anything, whatever is sent.

GnuTLS by itself would compute for minutes with some of the keys that are shown here.
"""

import contextlib
import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from peers import HOST, SLOWNESS, Door, eventually
from tls import KEYS, TlsDoor, element, needs_tls, tls_call
from tls13 import (ALERT, ALGORITHMS, CLIENT_HELLO, ED25519, GROUPS, RSA_PSS_RSAE_SHA256, SERVER_HELLO, Callee, Caller,
                   Identity, certificate, extensions_of, rsa_public, take)

pytestmark = needs_tls


def processor_time(pid):
    """The seconds that a process has computed so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(params=[Caller, Callee], ids=["calls", "is called"])
def stranger(request, serve, start, port, ann, bob):
    """A stranger at the other end of tchat's connection, and how to see that tchat refuses it, and how cheaply."""
    def stranger():
        if request.param == Caller:
            tchat, end = serve("-t", "-k", env=ann.env), Caller(port)
        else:
            door = Door()
            tchat = start("-c", "-t", HOST, door.port, env=bob.env)
            end = Callee(door)

        def refused(reason):
            tchat.notice(f"cannot agree on encryption with {end.peer}: {reason}")
            assert processor_time(tchat.pid) < SLOWNESS
            end.hear_end()

        return end, refused

    return stranger


def forged(bits):
    """A signature that nobody has made; it is as long as one."""
    return lambda text: b"\0" + os.urandom(bits // 8 - 1)


def of_size(bits):
    """A number of so many bits."""
    return int.from_bytes(os.urandom(bits // 8), "big") | 1 << bits - 1


@pytest.mark.parametrize("bits", [4104, 16384, 65536])
def test_rsa_key_too_large(stranger, bits):
    """An RSA key that takes long to compute with is not computed with: with that of 65,536 bits it would be many
    seconds."""
    end, refused = stranger()
    end.begin()
    end.show(certificate(rsa_public(bits, of_size(4096) >> 1)))
    end.prove(RSA_PSS_RSAE_SHA256, forged(bits))
    refused(f"its RSA key is too large ({bits} bits): at most 4096")


def test_exponent_too_large(stranger):
    """So can a small one take long, as many do not look at its other number."""
    end, refused = stranger()
    end.begin()
    end.show(certificate(rsa_public(4096, of_size(4096) >> 1)))
    end.prove(RSA_PSS_RSAE_SHA256, forged(4096))
    refused("the exponent of its RSA key is too large (512 bytes): at most 8")


def alternatives(count):
    """The extension of a certificate that stands for so many names."""
    names = element(0x30, *[element(0x82, b"x")] * count)
    return element(0xa3, element(0x30, element(0x30, element(0x06, b"\x55\x1d\x11"), element(0x04, names))))


def test_certificate_too_large(stranger):
    """Nor is a certificate taken that says very much."""
    end, refused = stranger()
    identity = Identity()
    shown = identity.certificate(extensions=alternatives(3000))
    end.begin()
    end.show(shown)
    end.prove(ED25519, identity.sign)
    refused(f"its certificate is too large ({len(shown)} bytes): at most 8192")


MORE_THAN_THAT_TAKES = {
    "a key": [certificate(rsa_public(160_000))],
    "a certificate": [Identity().certificate(extensions=alternatives(8000))],
    "a chain": [Identity().certificate()] * 100,
    "many nothings": [b"x"] * 3000,
}


@pytest.mark.parametrize("chain", MORE_THAN_THAT_TAKES.values(), ids=MORE_THAN_THAT_TAKES)
def test_message_too_large(stranger, chain):
    """There is an end to what is read of a message."""
    end, refused = stranger()
    end.begin()
    with contextlib.suppress(OSError):
        end.show(*chain)
    refused("it sends more than that takes")


def test_message_in_crumbs(stranger):
    """A message that comes byte by byte, each encrypted, costs many times as much, and is given up."""
    end, refused = stranger()
    end.begin()
    with contextlib.suppress(OSError):
        end.show(Identity().certificate(name="x" * 2000), size=1)
    refused("it sends more than that takes")


def test_chain_is_taken(ann, serve, port):
    """What some show besides their own certificate does no harm."""
    server = serve("-t", env=ann.env)
    caller = Caller(port)
    identity = Identity()
    caller.begin()
    caller.show(*[identity.certificate()] * 10)
    caller.prove(ED25519, identity.sign)
    caller.end()
    server.notice(f"the caller's key is not known yet: {identity.fingerprint}, it calls itself \"stranger\"")


# What is agreed to

FFDHE2048, FFDHE8192, X448, SHA1 = b"\x01\x00", b"\x01\x04", b"\x00\x1e", (b"\x02\x01", b"\x02\x03")


@pytest.mark.parametrize("group, size", [(FFDHE2048, 256), (FFDHE8192, 1024), (X448, 56)], ids=["2048", "8192", "448"])
def test_caller_with_an_expensive_group(ann, serve, port, group, size):
    """A key exchange that costs hundreds of times as much as others is not for a caller to choose."""
    server = serve("-t", "--once", env=ann.env)
    caller = Caller(port)
    caller.say(caller.hello(group, b"\0" + os.urandom(size - 1)))
    server.err.expect(f"tchat: cannot agree on encryption with {caller.peer}: ")
    assert server.wait() == 1
    with pytest.raises((AssertionError, ConnectionResetError)):  # an alert
        caller.hear(SERVER_HELLO)


def numbers(data):
    """The numbers of two bytes in a list with its length before it."""
    listed, _ = take(data, 2)
    return [listed[at:at + 2] for at in range(0, len(listed), 2)]


def test_client_offers_what_is_cheap(bob, start):
    """Nor for a server; and no signature is asked for that nobody should make any more."""
    door = Door()
    start("-c", "-t", HOST, door.port, env=bob.env)
    callee = Callee(door)
    hello = callee.hear(CLIENT_HELLO)
    _, rest = take(hello[34:], 1)
    _, rest = take(rest, 2)
    extensions = extensions_of(rest[4:])
    groups, algorithms = numbers(extensions[GROUPS]), numbers(extensions[ALGORITHMS])
    assert {b"\x00\x1d", b"\x00\x17", b"\x00\x18", b"\x00\x19"} <= set(groups)  # X25519, P-256, P-384, P-521
    assert not [group for group in groups if group == X448 or group[0] == 1]
    assert {ED25519, RSA_PSS_RSAE_SHA256} <= set(algorithms)
    assert not set(SHA1) & set(algorithms)


@pytest.mark.parametrize("kind", KEYS)
def test_usual_keys_are_taken(identity, ann, bob, serve, start, port, kind):
    """What other programs make by themselves goes on working, from both sides."""
    other = identity(key=kind)
    ann.knows(f"caller {other.fingerprint} other")
    server = serve("-t", env=ann.env)
    tls_call(port, other)
    server.notice("encrypted: the caller is other")
    door = TlsDoor(other)
    client = start("-c", "-t", "--pin", other.fingerprint, HOST, door.port, env=bob.env)
    door.accept()
    client.notice(f"encrypted: the key of {door.peer} is pinned")


# In the conversation


@pytest.fixture
def familiar(ann, serve, port):
    """tchat as a server, and somebody whom it knows, who has called."""
    def familiar(*options):
        identity = Identity()
        ann.knows(f"caller {identity.fingerprint} familiar")
        server = serve("-t", *options, env=ann.env)
        caller = Caller(port)
        caller.introduce(identity)
        server.notice("encrypted: the caller is familiar")
        return server, caller

    return familiar


class Flood:
    """Records without content, which somebody sends for as long as they last."""

    def __init__(self, end, count):
        self.data = memoryview(b"".join(end.text(b"") for _ in range(count)))
        self.sent = 0
        self.socket = end.socket
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        with contextlib.suppress(OSError):
            while self.sent < len(self.data):
                self.sent += self.socket.send(self.data[self.sent:self.sent + 4096])

    def goes_on(self):
        """Whether some of it is left."""
        return self.sent < len(self.data)


def test_flood_of_nothing_in_turns(familiar):
    """In turns there is one process: a flood of what says nothing does not keep it from hearing a signal."""
    server, caller = familiar("-a")
    flood = Flood(caller, 200_000)
    eventually(lambda: flood.sent > len(flood.data) // 4, "some of it")
    server.kill(signal.SIGTERM)
    assert caller.hear_record() == (ALERT, b"\1\0")  # the goodbye
    assert flood.goes_on()
    assert server.wait() == -signal.SIGTERM


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=str)
def test_line_after_much_of_nothing(familiar, mode):
    """What comes behind such a flood is heard: nothing that has arrived is left lying."""
    server, caller = familiar(*mode)
    caller.send(*(caller.text(b"") for _ in range(5000)), caller.text(b"hello\n"))
    server.expect("hello\n")


def test_flood_of_key_updates(familiar):
    """New keys without end are more than anybody needs: they end the conversation, and the speaker makes none."""
    server, caller = familiar("-k")
    caller.send(*(caller.update(ask=True) for _ in range(1000)))
    server.err.expect("tchat: the connection to familiar broke: ")
    assert processor_time(server.pid) < SLOWNESS
    server.err.expect("tchat: waiting on port ")
