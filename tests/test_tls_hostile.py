"""Bad company for TLS: what is no TLS, what is old or broken, and who stalls, lies or breaks off.

Each is one clear notice and status 1; a server with -k goes on.
"""

import re
import socket
import ssl

import pytest

from peers import DEADLINE, HOST, SLOWNESS, Door, call, eventually
from tls import TlsDoor, TlsLine, client_context, server_context, tls_call


def client_hello(**settings):
    """How a caller of TLS begins."""
    leaving = ssl.MemoryBIO()
    tls = client_context(**settings).wrap_bio(ssl.MemoryBIO(), leaving)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return leaving.read()


def cannot_agree(peer, reason):
    return f"cannot agree on encryption with {peer}: {reason}"


@pytest.fixture
def friendly(ann, friend, serve):
    """tchat as Ann's server, who knows her friend."""
    def friendly(*options):
        ann.knows(f"caller {friend.fingerprint} friend")
        return serve("-t", *options, env=ann.env)

    return friendly


@pytest.fixture
def goes_on(port, friend):
    """Whether a server that keeps still takes the next caller."""
    def goes_on(server):
        server.notice(f"waiting on port {port}")
        caller = tls_call(port, friend)
        server.notice("encrypted: the caller is friend")
        caller.send("it is me\n")
        server.expect("it is me\n")

    return goes_on


@pytest.fixture
def tls_client(bob, start):
    """tchat as Bob's client, which has called a door."""
    def tls_client(door, *options):
        client = start("-c", "-t", *options, HOST, door.port, env=bob.env)
        return client, f"{HOST} port {door.port}"

    return tls_client


# Who does not speak TLS, or not this one

NOT_TLS = {
    "a line": b"hello, is there anybody?\n",
    "a request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(1000),
    "garbage": bytes(range(255, 0, -1)) * 10,
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
}


@pytest.mark.parametrize("text", NOT_TLS.values(), ids=NOT_TLS)
def test_caller_that_does_not_speak_tls(friendly, port, goes_on, text):
    """A caller without -t, or a browser, is told off; with -k the next is waited for."""
    server = friendly("-k")
    caller = call(port)
    caller.send(text)
    peer = f"{HOST} port {caller.port}"
    server.notice(f"{peer} has called")
    server.notice(cannot_agree(peer, "it does not speak TLS"))
    caller.incoming.expect_end()
    goes_on(server)


@pytest.mark.parametrize("text", NOT_TLS.values(), ids=NOT_TLS)
def test_server_that_does_not_speak_tls(tls_client, text):
    """A server that speaks something else is found out."""
    door = Door()
    client, peer = tls_client(door)
    door.accept().send(text)
    client.notice(f"connected to {peer}")
    client.notice(cannot_agree(peer, "it does not speak TLS"))
    assert client.wait() == 1
    assert client.out.data == b""


def test_plain_tchat_calls_encrypted_tchat(friendly, start, port):
    """When one forgot -t the other one says so, and nothing that was typed is shown."""
    server = friendly()
    client = start("-c", HOST, port)
    client.send("a line that is not encrypted\n")
    server.err.expect("it does not speak TLS\n")
    assert server.wait() == 1
    assert server.out.data == b""
    client.close_input()
    client.wait()


@pytest.mark.parametrize("mode", [[], ["-a"], ["--recv-only"]], ids=str)
def test_encrypted_tchat_calls_plain_tchat(serve, start, port, bob, mode):
    """The other way round, the one without -t knows what the other one speaks."""
    server = serve(*mode)
    client = start("-c", "-t", HOST, port, env=bob.env)
    server.err.expect(" speaks TLS: that needs -t\n")
    assert server.wait() == 1
    assert server.out.data == b""
    assert client.wait() == 1
    client.err.expect("tchat: cannot agree on encryption with ")


def test_plain_screen_is_called_with_tls(screen_called):
    """In the full screen it says so too."""
    server, caller = screen_called()
    caller.send(client_hello())
    server.wait_for(f"{HOST} port {caller.port} speaks TLS: that needs -t$")


def test_plain_client_calls_tls_server(calling):
    """A server of TLS that a client without -t called waits for the client to begin; its alert shows it."""
    client, callee = calling()
    callee.send(b"\x15\x03\x03\x00\x02\x02\x0a")
    client.err.expect(" speaks TLS: that needs -t\n")
    assert client.wait() == 1
    assert client.out.data == b""


def test_plain_keeping_server_is_called_with_tls(serve, port):
    """With -k the server without -t goes on."""
    server = serve("-k")
    caller = call(port)
    caller.send(client_hello())
    server.notice(f"{HOST} port {caller.port} speaks TLS: that needs -t")
    server.notice(f"waiting on port {port}")
    caller = call(port)
    caller.send("hello\n")
    server.expect("hello\n")


def test_raw_mode_passes_tls_on(called):
    """Raw bytes may well be TLS, for another program."""
    server, caller = called("-r")
    hello = client_hello()
    caller.send(hello)
    caller.close_input()
    server.close_input()
    assert server.output() == hello
    assert server.wait() == 0


def test_line_that_looks_like_tls(called):
    """A first line that begins with a control character, as TLS does, is a line."""
    server, caller = called()
    caller.send(b"\x16 is Ctrl-V\n")
    server.expect("^V is Ctrl-V\n")


def test_caller_of_tls_1_2(friendly, port, friend, goes_on):
    """What is older than TLS 1.3 is refused."""
    server = friendly("-k")
    with pytest.raises(ssl.SSLError):
        tls_call(port, friend, maximum_version=ssl.TLSVersion.TLSv1_2)
    server.err.expect(cannot_agree(f"{HOST} port ", "").rstrip(": "))
    server.err.expect(": it does not speak TLS 1.3\n")
    goes_on(server)


def test_server_of_tls_1_2(tls_client, stranger):
    """What is older than TLS 1.3 is refused."""
    door = TlsDoor(stranger, maximum_version=ssl.TLSVersion.TLSv1_2)
    client, peer = tls_client(door, "--pin", stranger.fingerprint)
    with pytest.raises(ssl.SSLError):
        door.accept()
    client.notice(cannot_agree(peer, "it does not speak TLS 1.3"))
    assert client.wait() == 1


# Who stops in the middle of it


def beginnings():
    """How much of its first message a caller has said."""
    return {"nothing": lambda hello: b"", "a byte": lambda hello: hello[:1], "half": lambda hello: hello[:100],
            "all": lambda hello: hello}


@pytest.mark.parametrize("part", beginnings().values(), ids=beginnings())
def test_caller_hangs_up(friendly, port, goes_on, part):
    """A caller who hangs up before encryption is agreed on is noticed at once."""
    server = friendly("-k")
    caller = call(port)
    caller.send(part(client_hello()))
    caller.close_input()
    server.notice(cannot_agree(f"{HOST} port {caller.port}", "it hung up"))
    caller.incoming.expect_end()
    goes_on(server)


@pytest.mark.parametrize("part", [0, 1, 100])
def test_server_hangs_up(tls_client, stranger, part):
    """A server that hangs up before encryption is agreed on is noticed at once."""
    door = Door()
    client, peer = tls_client(door)
    callee = door.accept()
    callee.expect("\x16\x03")
    if part:
        arriving, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = server_context(stranger).wrap_bio(arriving, leaving, server_side=True)
        eventually(lambda: callee.incoming.data[5:] and len(callee.incoming.data) >= 5 + int.from_bytes(
            callee.incoming.data[3:5], "big"), "the first message")
        arriving.write(bytes(callee.incoming.data))
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        callee.send(leaving.read()[:part])
    callee.close_input()
    client.notice(cannot_agree(peer, "it hung up"))
    assert client.wait() == 1


def test_caller_resets(friendly, port, goes_on):
    """A caller whose connection breaks before encryption is agreed on is noticed at once."""
    server = friendly("-k")
    caller = call(port)
    caller.send(client_hello()[:100])
    server.err.expect("has called\n")
    peer = f"{HOST} port {caller.port}"
    caller.reset()
    server.err.expect(f"tchat: {cannot_agree(peer, '')}")
    goes_on(server)


def test_caller_stalls(friendly, port, goes_on, friend, start, bob):
    """A caller who says nothing is given ten seconds; others are told meanwhile that the line is busy."""
    import time
    server = friendly("-k")
    began = time.monotonic()
    caller = call(port)
    caller.send(client_hello()[:100])
    peer = f"{HOST} port {caller.port}"
    server.notice(f"{peer} has called")
    client = start("-c", "-t", HOST, port, env=bob.env)
    client.notice(cannot_agree(f"{HOST} port {port}", "the line is busy"))
    assert client.wait() == 1
    server.err.expect("called while the line was busy\n")
    server.notice(cannot_agree(peer, "it took more than 10 seconds"))
    assert 9 < time.monotonic() - began < 11 + 5 * SLOWNESS
    caller.incoming.expect_end()
    goes_on(server)


# Certificates


@pytest.fixture
def outdated(identity):
    """An identity whose certificate is not valid now: it ended long ago, or begins far in the future."""
    def outdated(name):
        other = identity(name=name)
        begin, end = other.times
        if name == "expired" and end != b"200102000000Z":
            other.patch(begin + b"\x17\r" + end, b"200101000000Z\x17\r200102000000Z")
        elif name == "not yet valid" and begin != b"480101000000Z":
            other.patch(begin + b"\x17\r" + end, b"480101000000Z\x17\r480102000000Z")
        return other

    return outdated


OUTDATED = pytest.mark.parametrize("name, reason", [
    ("expired", "its certificate has expired"), ("not yet valid", "its certificate is not valid yet")])


@OUTDATED
def test_caller_with_an_outdated_certificate(ann, outdated, friendly, port, goes_on, name, reason):
    """A certificate counts as long as it says, even if its key is known."""
    caller = outdated(name)
    ann.knows(f"caller {caller.fingerprint} somebody")
    server = friendly("-k")
    line = tls_call(port, caller)
    line.send("hello\n")
    server.notice(cannot_agree(line.peer, reason))
    assert line.alert
    assert server.out.data == b""
    goes_on(server)


@OUTDATED
def test_server_with_an_outdated_certificate(outdated, tls_client, name, reason):
    """A certificate counts as long as it says, even if its key is pinned."""
    server = outdated(name)
    door = TlsDoor(server)
    client, peer = tls_client(door, "--pin", server.fingerprint)
    with pytest.raises(ssl.SSLError):
        door.accept().incoming.expect_end()
        raise ssl.SSLError
    client.notice(cannot_agree(peer, reason))
    assert client.wait() == 1
