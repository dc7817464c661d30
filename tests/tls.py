"""Encrypted conversations in a test: people with keys of their own, and peers that Python or OpenSSL
plays, as they should and as they should not."""

import base64
import contextlib
import errno
import functools
import hashlib
import os
import re
import socket
import ssl
import struct
import subprocess
import threading

import pytest

from fullscreen import DeafCaller
from peers import DEADLINE, HOST, TCHAT, Door, Line

HAS_TLS = b"with GnuTLS" in subprocess.run([TCHAT, "--version"], capture_output=True).stdout
needs_tls = pytest.mark.skipif(not HAS_TLS, reason="this tchat was built without TLS")

F3 = "\x1bOR"

BUSY_ALERTS = b"\x15\3\3\0\2\1\x5a\x15\3\3\0\2\1\0"  # user_canceled, close_notify: what a busy tchat says

KEYS = {
    "ed25519": ["-algorithm", "ed25519"],
    "ed448": ["-algorithm", "ed448"],
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ec 384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ec 521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa 4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "rsa-pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
}


def openssl(*words, **options):
    """Runs openssl(1), and returns what it writes."""
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, **options).stdout


# Fingerprints, computed without tchat and without GnuTLS


def fingerprint(public_key):
    """The fingerprint of a public key, given as the DER of its SubjectPublicKeyInfo."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public_key).digest()).decode().rstrip("=")


def elements(der):
    """The elements of a DER sequence, each with its header."""
    def end(at):
        """Where the header of an element ends, and where the element."""
        size, at = der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7f
            size, at = int.from_bytes(der[at:at + count], "big"), at + count
        return at, at + size

    at, last = end(0)
    parts = []
    while at < last:
        _, after = end(at)
        parts.append(der[at:after])
        at = after
    return parts


def element(tag, *contents):
    """A DER element, its contents put together."""
    content = b"".join(contents)
    size = len(content).to_bytes(2, "big").lstrip(b"\0") or b"\0"
    header = size if len(content) < 0x80 else bytes([0x80 + len(size)]) + size
    return bytes([tag]) + header + content


COMMON_NAME = bytes.fromhex("0603550403")


def parts_of_certificate(der):
    """The serial number, algorithm, issuer, times, subject and SubjectPublicKeyInfo in a certificate."""
    parts = elements(elements(der)[0])
    return parts[1:7] if parts[0][0] == 0xa0 else parts[:6]  # only the first version does not say so


def key_of_certificate(der):
    """The SubjectPublicKeyInfo in a certificate."""
    return parts_of_certificate(der)[5]


FINGERPRINT = r"SHA256:[A-Za-z0-9+/]{43}"


# People

# What comes before a command so that the modes of files count for it, even if it is root's.
OBEDIENT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


class Person:
    """Somebody with a data directory of their own: an identity of tchat, and known peers."""

    def __init__(self, home, environment):
        self.home = home
        self.directory = home / "tchat"
        self.key = self.directory / "key.pem"
        self.certificate = self.directory / "certificate.pem"
        self.known_peers = self.directory / "known_peers"
        self.env = dict(environment, XDG_DATA_HOME=str(home))

    @functools.cached_property
    def fingerprint(self):
        """The fingerprint of this person's key, which tchat makes if there is none yet."""
        if not self.key.exists():
            subprocess.run([TCHAT, "--fingerprint"], env=self.env, check=True, capture_output=True)
        return fingerprint(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER"))

    def knows(self, *lines):
        """Writes lines into the file of known peers."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.known_peers.open("a") as file:
            file.writelines(line + "\n" for line in lines)

    def known(self):
        """The lines of the file of known peers."""
        return self.known_peers.read_text().splitlines() if self.known_peers.exists() else []

    def keys(self):
        """The same without what only names a server."""
        return [line for line in self.known() if not line.startswith("name ")]


OUTDATED_TIMES = {"has expired": (b"200101000000Z", b"200102000000Z"),
                  "is not valid yet": (b"480101000000Z", b"480102000000Z")}


class Identity:
    """A key and a certificate that openssl(1) has made, for the peers that are not tchat."""

    def __init__(self, directory, key="ed25519", name="peer", extensions=("basicConstraints=CA:TRUE",)):
        self.name = name
        self.key = directory / "key.pem"
        self.certificate = directory / "certificate.pem"
        openssl("genpkey", *KEYS[key], "-out", self.key)
        config = directory / "config"
        config.write_text("[req]\ndistinguished_name=name\n[name]\n[extensions]\n" + "\n".join(extensions))
        escaped = re.sub(r"([/+=\\])", r"\\\1", name)
        openssl("req", "-x509", "-utf8", "-config", config, "-extensions", "extensions", "-days", 30,
                "-key", self.key, "-out", self.certificate, "-subj", f"/CN={escaped}")

    @property
    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())

    @property
    def fingerprint(self):
        return fingerprint(key_of_certificate(self.der))

    def sign(self, body):
        """Makes another certificate (of an Ed25519 key) of its body."""
        _, algorithm, _ = elements(self.der)
        (self.certificate.parent / "body").write_bytes(body)
        signed = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key,
                         "-in", self.certificate.parent / "body")
        der = element(0x30, body, algorithm, element(0x03, b"\0", signed))
        self.certificate.write_text(ssl.DER_cert_to_PEM_cert(der))

    def patch(self, old, new):
        """Changes bytes of the certificate, and signs it again."""
        body = elements(self.der)[0]
        assert body.count(old) == 1 and len(old) == len(new)
        self.sign(body.replace(old, new))

    def rename(self, name, attribute=COMMON_NAME):
        """Gives the certificate a name that openssl(1) would not, and signs it again."""
        parts = elements(elements(self.der)[0])
        text = element(0x0c, name.encode())
        parts[5] = element(0x30, element(0x31, element(0x30, attribute, text)))
        self.sign(element(0x30, *parts))

    @property
    def times(self):
        """The two times of the certificate, as its bytes have them."""
        return [element[2:] for element in elements(parts_of_certificate(self.der)[3])]

    def outdate(self, begin, end):
        """Changes the times of the certificate, and signs it again."""
        before, after = self.times
        self.patch(before + b"\x17\r" + after, begin + b"\x17\r" + end)


@pytest.fixture
def person(tmp_path, environment):
    """Makes people, whom only a tchat with TLS can tell one from the other."""
    if not HAS_TLS:
        pytest.skip("this tchat was built without TLS")

    def person(name):
        home = tmp_path / name
        home.mkdir()
        return Person(home, environment)

    return person


@pytest.fixture
def ann(person):
    """Who waits for calls."""
    return person("ann")


@pytest.fixture
def bob(person):
    """Who calls."""
    return person("bob")


@pytest.fixture
def acquainted(ann, bob, port):
    """Ann and Bob know each other's keys already: he calls her on the port."""
    ann.knows(f"caller {bob.fingerprint} bob")
    bob.knows(f"server {ann.fingerprint} {HOST} {port}", f"name {ann.fingerprint} ann")
    return ann, bob


@pytest.fixture(scope="session")
def identity(tmp_path_factory):
    """Makes identities for peers that are not tchat; those that are asked for again are the same."""
    @functools.cache
    def identity(**options):
        return Identity(tmp_path_factory.mktemp("identity"), **options)

    return identity


@pytest.fixture
def stranger(identity):
    """Somebody whose key nobody knows."""
    return identity(name="stranger")


# Peers that Python plays


def client_context(identity=None, **settings):
    """How Python calls; it does not care who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _prepared(context, identity, settings)


def server_context(identity, callers=(), **settings):
    """How Python answers; callers are asked for a certificate if those that may come are given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for caller in callers:
        context.load_verify_locations(caller.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return _prepared(context, identity, settings)


def _prepared(context, identity, settings):
    for name, value in settings.items():
        setattr(context, name, value)
    if identity:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


class TlsLine(Line):
    """One end of an encrypted connection.  One thread reads and another writes, which OpenSSL does not
    let them do at the same time, so it works on memory, and a lock guards it.  A deaf one does not
    read before it is told to listen.  What it does at once comes together with the end of the handshake."""

    def __init__(self, connected, context, server_side=False, deaf=False, at_once=lambda line: None):
        self.arriving, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.arriving, self.leaving, server_side=server_side)
        self.memory, self.wire = threading.Lock(), threading.Lock()
        self.early = []  # what was read before it was asked for
        self.broken = False
        self.socket = connected
        self.socket.settimeout(DEADLINE)
        self._shake_hands(at_once)
        shown = self.tls.getpeercert(binary_form=True)
        self.seen = fingerprint(key_of_certificate(shown)) if shown else None  # of the key tchat has shown
        if not deaf:
            self.listen()

    def listen(self):
        """From now on it reads all that comes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        super().__init__(self.socket)

    @property
    def peer(self):
        """How tchat names this end of the connection."""
        return HOST

    @property
    def alert(self):
        """The alert with which tchat has ended the connection, once it has."""
        self.incoming.expect_end()
        return getattr(self.incoming.error, "reason", None)

    def _shake_hands(self, at_once):
        while True:
            try:
                self.tls.do_handshake()
                at_once(self)
                self.flush()
                return
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                self.flush()
                self.socket.shutdown(socket.SHUT_WR)
                while self.socket.recv(1 << 16):  # so that the alert is not lost with the connection
                    pass
                raise
            self.flush()
            self._take(self.socket.recv(1 << 16))

    def _take(self, data):
        if data:
            self.arriving.write(data)
        else:
            self.arriving.write_eof()

    def read(self, size):
        """What has arrived, decrypted; nothing at the peer's goodbye."""
        while True:
            try:
                with self.memory:
                    if self.early:
                        return self.early.pop(0)
                    return self.tls.read(size)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                return b""
            finally:
                if self.leaving.pending:  # else it goes on reading, whatever the other thread sends
                    self.flush()
            data = self.socket.recv(1 << 16)
            with self.memory:
                self._take(data)

    def flush(self):
        """Sends what OpenSSL has to send.  Afterwards, what the other thread has taken is sent, too."""
        with self.wire:
            with self.memory:
                data = self.leaving.read()
            if data and not self.broken:  # not even nothing can be sent after the end
                self.socket.sendall(data)

    def send(self, text):
        text = memoryview(text if isinstance(text, bytes) else text.encode())
        for at in range(0, len(text), 1 << 16):
            with self.memory:
                self.tls.write(text[at:at + (1 << 16)])
            self.flush()

    def seal(self, text):
        """What send would put on the wire for a short text, which the caller may then do himself.  The
        other thread, which sends whatever is there, must not come in between."""
        with self.memory:
            self.tls.write(text)
            return self.leaving.read()

    def reset(self):
        """Breaks the connection, without the alert that OpenSSL makes of an end that it did not expect."""
        with self.wire:
            self.broken = True
        if hasattr(self, "incoming"):
            super().reset()
        else:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()

    def say_goodbye(self):
        """Says that nothing more will come, as TLS says it, and no more than that.  OpenSSL then looks
        for the peer's goodbye and wants to find nothing else, so what has arrived is read before."""
        with self.memory:
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                while data := self.tls.read(1 << 16):
                    self.early.append(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.unwrap()
        self.flush()

    def close_input(self):
        """Sends nothing more, but goes on listening.  Who has hung up, and waits for this only so long, may
        have answered the goodbye by a reset."""
        self.say_goodbye()
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise

    def cut(self):
        """Ends the connection in order for TCP, but without a goodbye."""
        self.socket.shutdown(socket.SHUT_WR)

    def break_off(self):
        """Takes what never was encrypted for the peer's, and complains about it with an alert."""
        with self.memory:
            self.arriving.write(b"\x17\x03\x03\x00\x20" + bytes(32))
            with contextlib.suppress(ssl.SSLError):
                self.tls.read(1)
        self.flush()


def tls_call(port, identity=None, deaf=False, room=4096, own="", at_once=lambda line: None, **settings):
    """Calls a server, from an address of one's own if that matters, and shakes hands.  For a deaf caller the kernel has
    room for so many bytes."""
    connected = DeafCaller(port, room).socket if deaf else socket.create_connection((HOST, port), DEADLINE,
                                                                                    source_address=(own, 0))
    return TlsLine(connected, client_context(identity, **settings), deaf=deaf, at_once=at_once)


class TlsDoor(Door):
    """A listening socket with a key, which wants to see the callers' keys if those are given."""

    def __init__(self, identity, callers=(), **settings):
        super().__init__()
        self.context = server_context(identity, callers, **settings)
        self.peer = f"{HOST} port {self.port}"

    def accept(self, deaf=False):
        """Waits for a caller, and shakes hands."""
        return TlsLine(self.socket.accept()[0], self.context, server_side=True, deaf=deaf)


class Wiretap:
    """Somebody in between, who passes on what each end sends, and keeps a copy."""

    def __init__(self, port):
        self.door = Door()
        self.port = self.door.port
        self.heard = {"caller": bytearray(), "server": bytearray()}
        threading.Thread(target=self._listen_in, args=(port,), daemon=True).start()

    def _listen_in(self, port):
        caller = self.door.socket.accept()[0]
        server = socket.create_connection((HOST, port))
        for source, other, heard in ((caller, server, "caller"), (server, caller, "server")):
            threading.Thread(target=self._pass_on, args=(source, other, heard), daemon=True).start()

    def _pass_on(self, source, other, heard):
        source.settimeout(None)
        while data := source.recv(1 << 16):
            self.heard[heard] += data
            other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)


# tchat, encrypted


def wait_for_question(terminal, question):
    """Waits until a question is seen, and what is typed from then on can be the answer."""
    terminal.wait_for(question + "$")
    if terminal.display.alternate:  # the full screen
        terminal.wait_for(lambda: "yes or no?" in terminal.bar)


@pytest.fixture
def friend(identity):
    """Somebody without tchat, whom Ann and Bob know."""
    return identity(name="friend")


@pytest.fixture
def tls_conversation(acquainted, serve, start, port):
    """tchat at both ends, encrypted: Ann waits, Bob calls, and they know each other."""
    def tls_conversation(server=(), client=(), **options):
        ann, bob = acquainted
        server = serve("-t", *server, env=ann.env, **options)
        client = start("-c", "-t", *client, HOST, port, env=bob.env, **options)
        client.notice(f"connected to {HOST} port {port}")
        client.notice(f"encrypted: the key of {HOST} port {port} is known")
        server.err.expect("has called\n")
        server.notice("encrypted: the caller is bob")
        return server, client

    return tls_conversation


@pytest.fixture
def tls_called(ann, friend, serve, port):
    """tchat as Ann's encrypted server, and a friend who has called with Python."""
    def tls_called(*arguments, **options):
        ann.knows(f"caller {friend.fingerprint} friend")
        server = serve("-t", *arguments, env=ann.env, **options)
        caller = tls_call(port, friend)
        server.notice(f"{caller.peer} has called")
        server.notice("encrypted: the caller is friend")
        return server, caller

    return tls_called


@pytest.fixture
def tls_calling(bob, friend, start):
    """tchat as Bob's encrypted client, and a friend who has answered with Python."""
    def tls_calling(*arguments, **options):
        door = TlsDoor(friend)
        bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
        client = start("-c", "-t", *arguments, HOST, door.port, env=bob.env, **options)
        callee = door.accept()
        client.notice(f"connected to {door.peer}")
        client.notice(f"encrypted: the key of {door.peer} is known")
        return client, callee

    return tls_calling


@pytest.fixture
def tls_screen_called(ann, friend, screen, port):
    """tchat as Ann's encrypted server on a terminal, and a friend who has called with Python."""
    def tls_screen_called(*arguments, deaf=False, **options):
        ann.knows(f"caller {friend.fingerprint} friend")
        server = screen("-s", "-t", *arguments, port, env=ann.env, **options)
        server.wait_for("waiting on port")
        caller = tls_call(port, friend, deaf)
        server.wait_for("encrypted: the caller is friend")
        return server, caller

    return tls_screen_called
