"""What a stranger's handshake costs who is called, before anything is agreed."""

import contextlib
import itertools
import os
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

from common import PATIENCE, TCHAT, TOP, Terminal, free_port, scratch
from report import MILLISECONDS, Column, Work

HAS_TLS = all(map(find_spec, ("cryptography", "pytest", "pyte")))  # what the tests' own TLS takes

if HAS_TLS:
    os.environ["TCHAT"] = str(TCHAT)  # the tests want to know it, too
    sys.path.append(str(TOP / "tests"))
    from tls13 import ED25519, RSA_PSS_RSAE_SHA256, Caller, Identity, certificate, element, rsa_public

NOBODY = "SHA256:" + "A" * 43  # who else calls is refused, and nobody is asked


def with_rsa(bits, exponent=65537):
    """Shows an RSA key, and a signature that nobody has made."""
    shown = certificate(rsa_public(bits, exponent))

    def call(caller):
        caller.show(shown)
        caller.prove(RSA_PSS_RSAE_SHA256, lambda text: b"\0" + os.urandom(bits // 8 - 1))

    return call


def with_names(count, times=1, size=1 << 14):
    """Shows a certificate that stands for many names, perhaps several times, in records of some size."""
    names = element(0x30, *[element(0x82, b"x")] * count)
    extension = element(0x30, element(0x06, b"\x55\x1d\x11"), element(0x04, names))
    identity = Identity()
    shown = [identity.certificate(extensions=element(0xa3, element(0x30, extension)))] * times

    def call(caller):
        caller.show(*shown, size=size)
        caller.prove(ED25519, identity.sign)

    return call


def byte_by_byte(caller):
    """Says something in many writes."""
    for byte in caller.record(22, b"\x0b\0\x40\0" + bytes(15000)):
        caller.send(bytes([byte]))


def strangers_there():
    large = int.from_bytes(os.urandom(512), "big") >> 1 | 1
    return {
        "Ed25519, as usual": with_names(1),
        "RSA, 2,048 bits": with_rsa(2048),
        "RSA, 4,096 bits": with_rsa(4096),
        "RSA, 4,096 bits, exponent too": with_rsa(4096, large),
        "RSA, 16,384 bits, exponent 4,096": with_rsa(16384, large),
        "RSA, 65,536 bits, exponent 4,096": with_rsa(65536, large),
        "RSA, 160,000 bits": with_rsa(160_000),
        "certificate of 8 KB": with_names(2600),
        "certificate of 12 KB": with_names(3700),
        "certificate of 60 KB": with_names(20000),
        "chain of 12 KB": with_names(1, times=32),
        "in records of one byte": with_names(1000, size=1),
        "byte by byte": byte_by_byte,
    }


def computed(pid):
    """Seconds of processor time of a process alone."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def endure(stranger):
    """Has a stranger call a tchat in a terminal.  Returns what that cost it, and the longest wait of a key."""
    port, waits, keys = free_port(), [], map(chr, itertools.count(0x4e00))
    with scratch() as home, Terminal(TCHAT, "-s", "-t", "-k", "--pin", NOBODY, port, home=home) as terminal:
        terminal.wait_for(b"waiting on port")
        terminal.settle()
        before = computed(terminal.pid)

        def call():
            caller = Caller(port)
            with contextlib.suppress(OSError):
                caller.begin()
                stranger(caller)
                caller.end()
                caller.socket.shutdown(1)

        calling = threading.Thread(target=call, daemon=True)
        calling.start()
        calling.join(PATIENCE)
        terminal.wait_for(b"127.0.0.1")
        terminal.settle(0.2)
        cost = computed(terminal.pid) - before

        calling = threading.Thread(target=call, daemon=True)
        calling.start()
        while calling.is_alive() or not waits:
            key, typed = next(keys).encode(), time.perf_counter()
            terminal.type(key)
            waits.append(terminal.wait_for(key) - typed)
            if len(waits) % 30 == 0:
                terminal.type(b"\x15")  # they have to fit into the input line
    return {"cost": cost, "wait": max(waits)}


def strangers(size):
    if not HAS_TLS:
        return None
    work = Work("strangers", "A stranger who calls a server with -t, in the full screen",
                [Column("cost", "processor time", MILLISECONDS), Column("wait", "a key waits", MILLISECONDS)],
                note="Of the process at the keyboard, until it waits again, with what it draws. Keys are typed one "
                     "after the other meanwhile; the longest wait of a round counts.")
    work.programs_are_tchat = True
    for _ in range(size.rounds):
        for name, stranger in strangers_there().items():
            work.add(name, endure(stranger))
    for name in work.programs():
        work.bar(f"at most 20 ms, {name}", "cost", of=name, at_most=0.02)
    for name in work.programs():
        work.bar(f"a key is shown within 50 ms, {name}", "wait", of=name, at_most=0.05)
    return work
