"""TLS 1.3 of the tests' own (RFC 8446), to send what no library would.

It has one cipher suite and one group, checks nothing of what it is told, and does no step by itself that a test may
want to do otherwise.  It needs Python's cryptography.
"""

import contextlib
import hashlib
import hmac
import os
import socket
import struct

import pytest

from peers import DEADLINE, HOST
from tls import COMMON_NAME, element, fingerprint

pytest.importorskip("cryptography", reason="there is no cryptography for Python")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# The types of records and of messages, extensions, and what stands for algorithms
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, TEXT = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED, KEY_UPDATE = \
    1, 2, 8, 11, 15, 20, 24
GROUPS, ALGORITHMS, VERSIONS, KEY_SHARE = 10, 13, 43, 51
AES_128_GCM_SHA256, X25519 = b"\x13\x01", b"\x00\x1d"
ED25519, RSA_PSS_RSAE_SHA256 = b"\x08\x07", b"\x08\x04"
RECORD_MAX = 1 << 14


# How things are written


def vector(size, content):
    """The length, in so many bytes, then the content."""
    return len(content).to_bytes(size, "big") + content


def message(kind, content):
    return bytes([kind]) + vector(3, content)


def extension(kind, content):
    return struct.pack(">H", kind) + vector(2, content)


def take(data, size):
    """What stands first, after its length in so many bytes, and what comes behind it."""
    end = size + int.from_bytes(data[:size], "big")
    return data[size:end], data[end:]


def extensions_of(data):
    """The extensions, by their kinds."""
    found = {}
    while data:
        content, rest = take(data[2:], 2)
        found[int.from_bytes(data[:2], "big")] = content
        data = rest
    return found


# Keys (RFC 8446, 7.1)


def digest(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def derive(secret, label, context, size=32):
    label = vector(1, b"tls13 " + label) + vector(1, context)
    return mac(secret, struct.pack(">H", size) + label + b"\1")[:size]


class Sealer:
    """Seals and opens records with the keys that come from a secret."""

    def __init__(self, secret):
        self.secret = secret
        self.cipher = AESGCM(derive(secret, b"key", b"", 16))
        self.start = derive(secret, b"iv", b"", 12)
        self.count = 0

    def next(self):
        """Who comes after a KeyUpdate."""
        return Sealer(derive(self.secret, b"traffic upd", b""))

    def _nonce(self):
        count = self.count.to_bytes(12, "big")
        self.count += 1
        return bytes(a ^ b for a, b in zip(self.start, count))

    def seal(self, kind, content):
        header = b"\x17\x03\x03" + struct.pack(">H", len(content) + 17)
        return header + self.cipher.encrypt(self._nonce(), content + bytes([kind]), header)

    def open(self, header, sealed):
        content = self.cipher.decrypt(self._nonce(), sealed, header).rstrip(b"\0")
        return content[-1], content[:-1]


class Identity:
    """An Ed25519 key."""

    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = element(0x30, ED25519_ALGORITHM, element(0x03, b"\0", raw))
        self.fingerprint = fingerprint(self.public)

    def certificate(self, **options):
        return certificate(self.public, **options)

    def sign(self, text):
        return self.key.sign(text)


# Certificates; nobody looks at their signatures

ED25519_ALGORITHM = element(0x30, bytes.fromhex("06032b6570"))
RSA_ALGORITHM = element(0x30, bytes.fromhex("06092a864886f70d0101010500"))


def number(value):
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def attribute(name):
    """One part of a name: what somebody is called."""
    return element(0x31, element(0x30, COMMON_NAME, element(0x0c, name.encode())))


def rsa_public(bits, exponent=65537):
    """The SubjectPublicKeyInfo of an RSA key of so many bits, for which nobody has a private one."""
    modulus = int.from_bytes(os.urandom(bits // 8), "big") | 1 << bits - 1 | 1
    return element(0x30, RSA_ALGORITHM, element(0x03, b"\0", element(0x30, number(modulus), number(exponent))))


def certificate(public, name="stranger", subject=None, extensions=b""):
    """A certificate for a SubjectPublicKeyInfo; subject is the content of a whole name."""
    subject = element(0x30, attribute(name) if subject is None else subject)
    times = element(0x30, element(0x17, b"200101000000Z"), element(0x17, b"490101000000Z"))
    version = element(0xa0, element(0x02, b"\2"))
    body = element(0x30, version, number(1), ED25519_ALGORITHM, subject, times, subject, public, extensions)
    return element(0x30, body, ED25519_ALGORITHM, element(0x03, b"\0", bytes(64)))


# The two ends


class End:
    """One end of a connection.  What it says and hears of the handshake is kept, as signatures are made of it."""

    def __init__(self, connected):
        self.socket = connected
        self.socket.settimeout(DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sealer = self.opener = None
        self.transcript = b""
        self.heard = b""

    def record(self, kind, content):
        """A record, encrypted if it is time for that."""
        if self.sealer:
            return self.sealer.seal(kind, content)
        return bytes([kind]) + b"\x03\x03" + vector(2, content)

    def say(self, *messages, size=RECORD_MAX):
        """Sends messages of the handshake, in records of at most so many bytes."""
        text = b"".join(messages)
        self.transcript += text
        self.send(*(self.record(HANDSHAKE, text[at:at + size]) for at in range(0, len(text), size)))

    def send(self, *records):
        self.socket.sendall(b"".join(records))

    def _take(self, size):
        data = b""
        while len(data) < size:
            if not (chunk := self.socket.recv(size - len(data))):
                raise EOFError
            data += chunk
        return data

    def hear_record(self):
        """The kind and the content of the next record."""
        header = self._take(5)
        content = self._take(int.from_bytes(header[3:], "big"))
        if self.opener and header[0] == TEXT:
            return self.opener.open(header, content)
        return (header[0], content) if header[0] != CHANGE_CIPHER_SPEC else self.hear_record()

    def hear(self, kind):
        """Waits for a message of that kind, and returns its content."""
        while True:
            while len(self.heard) < 4 or len(self.heard) < 4 + int.from_bytes(self.heard[1:4], "big"):
                what, content = self.hear_record()
                assert what == HANDSHAKE, f"a record of kind {what}: {content!r}"
                self.heard += content
            content, rest = take(self.heard[1:], 3)
            found, said = self.heard[0], self.heard[:4 + len(content)]
            self.transcript += said
            self.heard = rest
            if found == kind:
                return content

    def hear_end(self):
        """Waits until the other end has hung up, whatever it says before."""
        with contextlib.suppress(ConnectionResetError):
            while self.socket.recv(RECORD_MAX):
                pass

    def agree(self, share):
        """What both know from now on, by the share of the other end."""
        shared = self.share.exchange(X25519PublicKey.from_public_bytes(share))
        early = mac(bytes(32), bytes(32))
        self.secret = mac(derive(early, b"derived", digest(b"")), shared)
        self.secrets = [derive(self.secret, name + b" hs traffic", digest(self.transcript)) for name in (b"c", b"s")]

    def conclude(self):
        """The secrets after the handshake; the server's Finished is the last that counts for them."""
        secret = mac(derive(self.secret, b"derived", digest(b"")), bytes(32))
        return [Sealer(derive(secret, name + b" ap traffic", digest(self.transcript))) for name in (b"c", b"s")]

    def show(self, *certificates, extensions=b"", **options):
        """Says who it is."""
        chain = b"".join(vector(3, shown) + vector(2, extensions) for shown in certificates)
        self.say(message(CERTIFICATE, b"\0" + vector(3, chain)), **options)

    def prove(self, algorithm, sign, **options):
        """Signs what was said, as sign does it."""
        text = b" " * 64 + b"TLS 1.3, " + self.role + b" CertificateVerify\0" + digest(self.transcript)
        self.say(message(CERTIFICATE_VERIFY, algorithm + vector(2, sign(text))), **options)

    def finish(self, secret):
        """Ends its part of the handshake."""
        self.say(message(FINISHED, mac(derive(secret, b"finished", b""), digest(self.transcript))))

    def new_share(self):
        """Its part of the key exchange."""
        self.share = X25519PrivateKey.generate()
        return self.share.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def text(self, content):
        """A record of the conversation."""
        return self.sealer.seal(TEXT, content)

    def update(self, ask=False):
        """A record with a KeyUpdate (RFC 8446, 4.6.3), after which come other keys."""
        record = self.sealer.seal(HANDSHAKE, message(KEY_UPDATE, bytes([ask])))
        self.sealer = self.sealer.next()
        return record


class Caller(End):
    """Who calls a server of tchat."""

    role = b"client"

    def __init__(self, port):
        super().__init__(socket.create_connection((HOST, port), DEADLINE))
        self.peer = HOST  # as tchat calls it

    def hello(self, group=X25519, share=None, more=b""):
        """A ClientHello for a group and a share of it, with more extensions."""
        share = share or self.new_share()
        extensions = [extension(VERSIONS, b"\x02\x03\x04"), extension(GROUPS, vector(2, group)),
                      extension(ALGORITHMS, vector(2, ED25519 + RSA_PSS_RSAE_SHA256)),
                      extension(KEY_SHARE, vector(2, group + vector(2, share))), more]
        return message(CLIENT_HELLO, b"\x03\x03" + os.urandom(32) + vector(1, b"")
                       + vector(2, AES_128_GCM_SHA256) + b"\x01\x00" + vector(2, b"".join(extensions)))

    def begin(self, **options):
        """All until the server waits for who it is."""
        self.say(self.hello(), **options)
        hello = self.hear(SERVER_HELLO)
        _, rest = take(hello[34:], 1)
        self.agree(extensions_of(rest[5:])[KEY_SHARE][4:])
        self.sealer, self.opener = map(Sealer, self.secrets)
        self.hear(FINISHED)
        self.after = self.conclude()

    def end(self):
        """Its Finished; then they talk."""
        self.finish(self.secrets[0])
        self.sealer, self.opener = self.after

    def introduce(self, identity, **options):
        """A whole handshake, as it should be."""
        self.begin()
        self.show(identity.certificate(**options))
        self.prove(ED25519, identity.sign)
        self.end()


class Callee(End):
    """Who is called by a client of tchat: at a door, which is a listening socket."""

    role = b"server"

    def __init__(self, door):
        super().__init__(door.socket.accept()[0])
        self.peer = f"{HOST} port {door.port}"

    def begin(self):
        """All until the client waits for who it is."""
        hello = self.hear(CLIENT_HELLO)
        session, rest = take(hello[34:], 1)
        _, rest = take(rest, 2)
        offered, shares = take(extensions_of(rest[4:])[KEY_SHARE], 2)[0], {}
        while offered:
            group = offered[:2]
            shares[group], offered = take(offered[2:], 2)
        extensions = [extension(VERSIONS, b"\x03\x04"), extension(KEY_SHARE, X25519 + vector(2, self.new_share()))]
        self.say(message(SERVER_HELLO, b"\x03\x03" + os.urandom(32) + vector(1, session) + AES_128_GCM_SHA256
                         + b"\0" + vector(2, b"".join(extensions))))
        self.agree(shares[X25519])
        self.opener, self.sealer = map(Sealer, self.secrets)
        self.say(message(ENCRYPTED_EXTENSIONS, vector(2, b"")))

    def end(self):
        """Its Finished, and the client's; then they talk."""
        self.finish(self.secrets[1])
        self.after = self.conclude()
        self.hear(FINISHED)
        self.opener, self.sealer = self.after
