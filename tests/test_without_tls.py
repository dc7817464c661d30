"""A tchat that was built without TLS."""

import pytest

from peers import HOST
from tls import HAS_TLS

pytestmark = pytest.mark.skipif(HAS_TLS, reason="this tchat was built with TLS")


@pytest.mark.parametrize("arguments", [
    ["-s", "-t"], ["-c", "--tls", HOST], ["--fingerprint"], ["-s", "-t", "--anonymous"],
    ["-c", "-t", "--pin", "SHA256:" + "A" * 43, HOST]], ids=" ".join)
def test_encryption_is_wrong_usage(start, arguments):
    """Whoever wants encryption is told that there is none, and does not talk without it."""
    tchat = start(*arguments)
    assert tchat.wait() == 2
    assert tchat.err.data == b"tchat: this tchat was built without TLS\n"
    assert tchat.out.data == b""


def test_conversation(conversation):
    """Everything else is as it always is."""
    server, client = conversation()
    server.send("hello\n")
    client.expect("hello\n")
    client.send("hello server\n")
    server.expect("hello server\n")
