"""Bad company for TLS: what is no TLS, what is old or broken, and who stalls, lies or breaks off.

Each is one clear notice and status 1; a server with -k goes on.
"""

import signal
import socket
import ssl
import time

import pytest

from peers import HOST, SLOWNESS, Door, call
from tls import OUTDATED_TIMES, Identity, TlsDoor, TlsLine, client_context, elements, needs_tls, server_context, tls_call

pytestmark = needs_tls


def client_hello(**settings):
    """How a caller of TLS begins."""
    leaving = ssl.MemoryBIO()
    tls = client_context(**settings).wrap_bio(ssl.MemoryBIO(), leaving)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return leaving.read()


SILENT = "it hung up; perhaps it needs -t"


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
    peer = HOST
    server.notice(f"{peer} has called")
    server.notice(cannot_agree(peer, "it does not speak TLS: it needs -t"))
    caller.incoming.expect_end()
    goes_on(server)


@pytest.mark.parametrize("text", NOT_TLS.values(), ids=NOT_TLS)
def test_server_that_does_not_speak_tls(tls_client, text):
    """A server that speaks something else is found out."""
    door = Door()
    client, peer = tls_client(door)
    door.accept().send(text)
    client.notice(f"connected to {peer}")
    client.notice(cannot_agree(peer, "it does not speak TLS: it needs -t"))
    assert client.wait() == 1
    assert client.out.data == b""


def test_plain_tchat_calls_encrypted_tchat(friendly, start, port):
    """When one forgot -t the other one says so, and nothing that was typed is shown."""
    server = friendly("--once")
    client = start("-c", HOST, port)
    client.send("a line that is not encrypted\n")
    server.err.expect("it does not speak TLS: it needs -t\n")
    assert server.wait() == 1
    assert server.out.data == b""
    client.close_input()
    client.wait()


@pytest.mark.parametrize("mode", [[], ["-a"], ["--recv-only"]], ids=str)
def test_encrypted_tchat_calls_plain_tchat(serve, start, port, bob, mode):
    """The other way round, the one without -t knows what the other one speaks; the other one guesses."""
    server = serve(*mode)
    client = start("-c", "-t", HOST, port, env=bob.env)
    server.err.expect(" speaks TLS: that needs -t here\n")
    assert server.wait() == 1
    assert server.out.data == b""
    assert client.wait() == 1
    client.notice(cannot_agree(f"{HOST} port {port}", SILENT))


def test_plain_screen_is_called_with_tls(screen_called):
    """In the full screen it says so too."""
    server, caller = screen_called()
    caller.send(client_hello())
    server.wait_for(f"{HOST} speaks TLS: that needs -t here$")


def test_plain_client_gets_an_alert(calling):
    """A client without -t that gets an alert of TLS instead of an answer says what that means."""
    client, callee = calling()
    callee.send(b"\x15\x03\x03\x00\x02\x02\x0a")  # unexpected_message
    client.err.expect(" speaks TLS: that needs -t here\n")
    assert client.wait() == 1
    assert client.out.data == b""


def test_plain_keeping_server_is_called_with_tls(serve, port):
    """With -k the server without -t goes on."""
    server = serve("-k")
    caller = call(port)
    caller.send(client_hello())
    server.notice(f"{HOST} speaks TLS: that needs -t here")
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
    server.err.expect("tchat: cannot agree on encryption with ")
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


@pytest.mark.parametrize("size", [0, 1, 5, 100, None])
def test_caller_hangs_up(friendly, port, goes_on, size):
    """A caller who hangs up in its first words, or after them, is noticed at once."""
    server = friendly("-k")
    caller = call(port)
    caller.send(client_hello()[:size])
    caller.close_input()
    server.notice(cannot_agree(HOST, "it hung up" if size != 0 else SILENT))
    caller.incoming.expect_end()
    goes_on(server)


@pytest.mark.parametrize("size", [0, 1, 5, 100, 200])
def test_server_hangs_up(tls_client, stranger, size):
    """A server that hangs up in its first words, or after some of them, is noticed at once."""
    door = Door()
    client, peer = tls_client(door)
    callee = door.accept()
    callee.incoming.expect_amount(5)
    callee.incoming.expect_amount(5 + int.from_bytes(callee.incoming.data[3:5], "big"))
    arriving, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    arriving.write(bytes(callee.incoming.data))
    tls = server_context(stranger).wrap_bio(arriving, leaving, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    callee.send(leaving.read()[:size])
    callee.close_input()
    client.notice(cannot_agree(peer, "it hung up" if size else SILENT))
    assert client.wait() == 1


def test_caller_resets(friendly, port, goes_on):
    """A caller whose connection breaks before encryption is agreed on is noticed at once."""
    server = friendly("-k")
    caller = call(port)
    caller.send(client_hello()[:100])
    server.err.expect("has called\n")
    peer = HOST
    caller.reset()
    server.err.expect(f"tchat: {cannot_agree(peer, '')}")
    goes_on(server)


def test_caller_gives_its_reason_and_resets(friendly, port):
    """What a caller complained about is said, even if it does not wait for the end of what it is sent."""
    server = friendly("--once")
    server.kill(signal.SIGSTOP)
    caller = call(port)
    caller.send(client_hello() + bytes([21, 3, 3, 0, 2, 2, 48]))  # an alert: unknown CA
    peer = HOST
    caller.reset()
    server.kill(signal.SIGCONT)
    server.notice(cannot_agree(peer, "it sent what cannot be decrypted; perhaps it does not accept the key here"))
    assert server.wait() == 1


def test_caller_stalls(friendly, port, goes_on):
    """A caller who says no more is given ten seconds."""
    server = friendly("-k")
    began = time.monotonic()
    caller = call(port)
    caller.send(client_hello()[:100])
    peer = HOST
    server.notice(f"{peer} has called")
    server.notice(cannot_agree(peer, "it took more than 10 seconds"))
    assert 9 < time.monotonic() - began < 11 + 5 * SLOWNESS
    assert b"-t" not in caller.incoming.expect_end()
    goes_on(server)


def test_caller_stalls_while_another_calls(friendly, port, friend):
    """A caller who says no more does not keep the line from who calls then: it makes room after two seconds."""
    server = friendly("-k")
    began = time.monotonic()
    stranger = call(port)
    stranger.send(client_hello()[:100])
    peer = HOST
    server.notice(f"{peer} has called")
    caller = tls_call(port, friend)
    server.notice(cannot_agree(peer, "it took more than 2 seconds, and others call"))
    server.notice("encrypted: the caller is friend")
    assert time.monotonic() - began >= 2
    caller.send("it is me\n")
    server.expect("it is me\n")
    stranger.incoming.expect_end()
    assert b"busy" not in server.err.data


def test_second_caller_waits_for_a_moment(friendly, port, friend):
    """A caller who agrees on encryption soon is not disturbed by another who calls before: the other hears
    that the line is busy."""
    server = friendly("-k")
    first = socket.create_connection((HOST, port))
    server.notice(f"{HOST} has called")
    second = call(port)
    caller = TlsLine(first, client_context(friend))
    server.notice("encrypted: the caller is friend")
    server.notice(f"{HOST} called while the line was busy")
    caller.send("it is me\n")
    server.expect("it is me\n")


def test_caller_without_encryption_waits(friendly, port, start):
    """A caller who only waits for a line, as one without -t does, learns in plain text what is wanted."""
    server = friendly("-k")
    client = start("-c", HOST, port)
    client.expect("This line is encrypted: call with -t.\n")
    client.close_input()
    client.notice(f"{HOST} speaks TLS: that needs -t here")
    assert client.wait() == 1
    server.err.expect(": it took more than 10 seconds; it most likely does not encrypt: it needs -t\n")


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"]], ids=str)
def test_caller_that_is_told_what_is_wanted(calling, mode):
    """That it was told so, and nothing else, is how it ended, in whatever form."""
    client, callee = calling(*mode)
    callee.send("This line is encrypted: call with -t.\n")
    callee.close_input()
    client.close_input()
    client.notice(f"{HOST} speaks TLS: that needs -t here")
    assert client.wait() == 1


def test_person_who_says_so(calling):
    """Who says more than that has had a conversation."""
    client, callee = calling()
    callee.send("This line is encrypted: call with -t.\n")
    client.expect("with -t.\n")
    callee.send("Just joking.\n")
    callee.close_input()
    client.close_input()
    assert client.wait() == 0


@pytest.mark.parametrize("text", ["\n", "hi\n", "a"], ids=ascii)
def test_caller_that_says_less_than_a_record_has(friendly, port, text):
    """However little it says, it is no TLS, which is said at once, to both."""
    server = friendly("--once")
    caller = call(port)
    caller.send(text)
    server.notice(cannot_agree(HOST, "it does not speak TLS: it needs -t"))
    assert caller.incoming.expect_end().startswith(b"\x15\x03")  # an alert
    assert server.wait() == 1


def test_server_that_says_nothing(tls_client):
    """A server without -t may wait for a line, too."""
    door = Door()
    client, peer = tls_client(door)
    callee = door.accept()
    client.notice(cannot_agree(peer, "it took more than 10 seconds; it most likely does not encrypt: it needs -t"))
    assert client.wait() == 1
    callee.incoming.expect_end()


def test_caller_that_says_nothing_makes_room(friendly, port, friend):
    """What is likely is said to one, too, who has less time because others call."""
    server = friendly("-k")
    stranger = call(port)
    peer = HOST
    server.notice(f"{peer} has called")
    tls_call(port, friend)
    server.notice(cannot_agree(peer, "it took more than 2 seconds, and others call; it most likely does not encrypt: "
                                     "it needs -t"))


# Certificates


@pytest.fixture(scope="session")
def outdated(tmp_path_factory):
    """Identities whose certificates are not valid now: one ended long ago, one begins far in the future."""
    others = {}
    for name, times in OUTDATED_TIMES.items():
        others[name] = Identity(tmp_path_factory.mktemp("outdated"), name=name)
        others[name].outdate(*times)
    return others


OUTDATED = pytest.mark.parametrize("name", OUTDATED_TIMES)


@OUTDATED
def test_caller_with_an_outdated_certificate(ann, outdated, friendly, port, goes_on, name):
    """A certificate counts as long as it says, even if its key is known."""
    caller = outdated[name]
    ann.knows(f"caller {caller.fingerprint} somebody")
    server = friendly("-k")
    line = tls_call(port, caller)
    server.notice(cannot_agree(line.peer, f"its certificate {name}"))
    assert line.alert
    assert server.out.data == b""
    goes_on(server)


@OUTDATED
def test_server_with_an_outdated_certificate(outdated, tls_client, name):
    """A certificate counts as long as it says, even if its key is pinned."""
    server = outdated[name]
    door = TlsDoor(server)
    client, peer = tls_client(door, "--pin", server.fingerprint)
    meet(door)
    client.notice(cannot_agree(peer, f"its certificate {name}"))
    assert client.wait() == 1


def meet(door):
    """Shakes hands with whoever calls, as far as that goes, and waits for the end; the line, if it came
    about."""
    try:
        callee = door.accept()
    except (ssl.SSLError, OSError):
        return None
    callee.incoming.expect_end()
    return callee


def damage_algorithm(other):
    """The two places that name the algorithm of the signature contradict each other."""
    body, algorithm, signature = elements(other.der)
    return other.der.replace(body, body.replace(algorithm, algorithm[:-1] + b"\x71", 1))


def damage_time(other):
    """The time at which it ends is none."""
    return other.der.replace(other.times[1], b"999999999999Z")


DAMAGED = pytest.mark.parametrize("damage", [damage_algorithm, damage_time],
                                  ids=lambda damage: damage.__name__)


@pytest.fixture
def damaged(tmp_path):
    """An identity with a certificate that is none, although OpenSSL takes it."""
    def damaged(damage):
        (tmp_path / "damaged").mkdir()
        other = Identity(tmp_path / "damaged", name="damaged")
        other.certificate.write_text(ssl.DER_cert_to_PEM_cert(damage(other)))
        return other

    return damaged


@DAMAGED
def test_caller_with_a_damaged_certificate(ann, damaged, friendly, port, goes_on, damage):
    """What is no certificate is no identity."""
    caller = damaged(damage)
    ann.knows(f"caller {caller.fingerprint} somebody")
    server = friendly("-k")
    line = tls_call(port, caller)
    server.notice(cannot_agree(line.peer, "its certificate cannot be read"))
    assert line.alert
    goes_on(server)


@DAMAGED
def test_server_with_a_damaged_certificate(damaged, tls_client, damage):
    """What is no certificate is no identity."""
    server = damaged(damage)
    door = TlsDoor(server)
    client, peer = tls_client(door, "--pin", server.fingerprint)
    meet(door)
    client.notice(cannot_agree(peer, "its certificate cannot be read"))
    assert client.wait() == 1


@pytest.fixture(scope="session")
def giant(tmp_path_factory):
    """An identity with a certificate of more than 64 KiB, which stands for a thousand names."""
    names = ",".join(f"DNS:{number}.{'x' * 60}.example" for number in range(1000))
    giant = Identity(tmp_path_factory.mktemp("giant"), name="giant", extensions=(f"subjectAltName={names}",))
    assert len(giant.der) > 1 << 16
    return giant


def test_caller_with_a_giant_certificate(giant, friendly, port, goes_on):
    """There is an end to what a certificate may be."""
    server = friendly("-k")
    line = tls_call(port, giant)
    server.err.expect(f"tchat: cannot agree on encryption with {line.peer}: ")
    assert line.alert
    goes_on(server)


def test_server_with_a_giant_certificate(giant, tls_client):
    """There is an end to what a certificate may be."""
    door = TlsDoor(giant)
    client, peer = tls_client(door, "--pin", giant.fingerprint)
    meet(door)
    client.err.expect(f"tchat: cannot agree on encryption with {peer}: ")
    assert client.wait() == 1


# Alerts, and ends that are none


def test_server_refuses_to_agree(tls_client):
    """An alert instead of an answer is told by its name."""
    door = Door()
    client, peer = tls_client(door)
    callee = door.accept()
    callee.expect("\x16\x03")
    callee.send(b"\x15\x03\x03\x00\x02\x02\x28")  # handshake_failure
    client.err.expect(f"tchat: cannot agree on encryption with {peer}: ")
    assert client.err.expect("\n")
    assert client.wait() == 1


@pytest.mark.parametrize("number", [1, 28, 255])
def test_server_with_an_alert_without_a_name(tls_client, number):
    """Anybody in between can send an alert of any number before there is a key."""
    door = Door()
    client, peer = tls_client(door)
    callee = door.accept()
    callee.expect("\x16\x03")
    callee.send(b"\x15\x03\x03\x00\x02\x02" + bytes([number]))
    client.notice(cannot_agree(peer, "an unknown alert"))
    assert client.wait() == 1


@pytest.mark.parametrize("number", [1, 28, 255])
def test_caller_with_an_alert_without_a_name(friendly, port, goes_on, number):
    """So can any caller, and the server goes on; what GnuTLS makes of it depends on when it comes."""
    server = friendly("-k")
    caller = call(port)
    caller.send(b"\x15\x03\x03\x00\x02\x02" + bytes([number]))
    server.err.expect("tchat: " + cannot_agree(HOST, ""))
    goes_on(server)


def test_server_that_wants_another_key(friend, stranger, bob, start):
    """A server that knows whom it wants breaks off when somebody else calls."""
    assert bob.fingerprint
    door = TlsDoor(friend, callers=[stranger])
    client = start("-c", "-t", "--pin", friend.fingerprint, HOST, door.port, env=bob.env)
    meet(door)
    client.err.expect("tchat: friend broke off: ")
    assert client.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-a"], ["-r"]], ids=str)
def test_peer_breaks_off(tls_called, mode):
    """An alert in mid-conversation is told by its name; what came before it is shown."""
    server, caller = tls_called(*mode)
    caller.send("a line\n")
    server.expect("a line\n")
    caller.break_off()
    assert server.err.expect("tchat: friend broke off: ") == b""
    assert server.err.expect("\n")
    assert server.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-a"], ["-r"], ["--recv-only"]], ids=str)
def test_stream_is_cut(tls_called, mode):
    """An end without a goodbye may be the work of somebody in between, and is none in order."""
    server, caller = tls_called(*mode)
    caller.send("a line\n")
    server.expect("a line\n")
    caller.cut()
    server.notice("the connection to friend was cut off: it ended without a goodbye")
    assert server.wait() == 1
    assert server.out.data == b"a line\n"


def test_stream_is_cut_in_the_middle_of_a_record(tls_called):
    """So is an end in the middle of what was encrypted as a whole: nothing of it is shown."""
    server, caller = tls_called()
    caller.send("a line\n")
    server.expect("a line\n")
    caller.socket.sendall(caller.seal(b"never to be seen\n")[:20])
    caller.cut()
    server.notice("the connection to friend was cut off: it ended without a goodbye")
    assert server.wait() == 1
    assert server.out.data == b"a line\n"


INSERTED = {
    "text": b"GET / HTTP/1.1\r\n\r\n",
    "forged": b"\x17\x03\x03\x00\x20" + bytes(32),
    "too long": b"\x17\x03\x03\xff\xff" + bytes(1 << 16),
    "not encrypted": b"\x17\x03\x03\x00\x06hello\n",
    "another beginning": client_hello(),
}


@pytest.mark.parametrize("text", INSERTED.values(), ids=INSERTED)
def test_somebody_else_speaks_in_between(tls_called, text):
    """What the peer has not encrypted ends the conversation; nothing of it is shown."""
    server, caller = tls_called("-k")
    caller.send("a line\n")
    server.expect("a line\n")
    caller.socket.sendall(text)
    server.err.expect("tchat: the connection to friend broke: ")
    caller.incoming.expect_end()
    assert server.out.data == b"a line\n"


def test_record_is_changed_on_its_way(tls_called):
    """A single bit that was changed ends the conversation; nothing of it is shown."""
    server, caller = tls_called()
    record = bytearray(caller.seal(b"pay me 100\n"))
    record[9] ^= 1
    caller.socket.sendall(record)
    server.err.expect("tchat: the connection to friend broke: ")
    assert server.wait() == 1
    assert server.out.data == b""


def test_record_comes_twice(tls_called):
    """What somebody has recorded and plays again ends the conversation."""
    server, caller = tls_called()
    record = caller.seal(b"pay me 100\n")
    caller.socket.sendall(record + record)
    server.expect("pay me 100\n")
    server.err.expect("tchat: the connection to friend broke: ")
    assert server.wait() == 1
    assert server.out.data == b"pay me 100\n"


def test_many_callers_that_stall(friendly, port, friend):
    """Callers who come while somebody talks and say nothing do not disturb that."""
    server = friendly("-k")
    caller = tls_call(port, friend)
    server.notice("encrypted: the caller is friend")
    stalling = [call(port) for _ in range(12)]
    caller.send("what a noise\n")
    server.expect("what a noise\n")
    server.send("yes\n")
    caller.expect("yes\n")
    for line in stalling:
        line.incoming.expect_end()
