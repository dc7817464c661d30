"""Other programs at the other end of an encrypted conversation, and what they ask for."""

import fcntl
import re
import termios

import pytest

from peers import HOST, Door, children, eventually, is_listening, together
from test_plain import many_lines
from tls import needs_tls, wait_for_question

pytestmark = needs_tls


def credentials(certificate, key):
    """How to give a program its identity, if it has one."""
    def words(identity):
        return [certificate + str(identity.certificate), key + str(identity.key)] if identity else []

    return words


def socat(address):
    return lambda port, identity: [
        "socat", "-", address.format(host=HOST, port=port) + ",verify=0" +
        (f",cert={identity.certificate},key={identity.key}" if identity else "")]


OF_OPENSSL = credentials("-cert=", "-key=")
OF_GNUTLS = credentials("--x509certfile=", "--x509keyfile=")
OF_NCAT = credentials("--ssl-cert=", "--ssl-key=")
CALLERS = {
    "openssl": lambda port, identity: ["openssl", "s_client", "-quiet", "-no_ign_eof", "-nocommands",
                                       "-connect", f"{HOST}:{port}", *OF_OPENSSL(identity)],
    "gnutls-cli": lambda port, identity: ["gnutls-cli", "--insecure", "-p", port, HOST, *OF_GNUTLS(identity)],
    "ncat": lambda port, identity: ["ncat", "--ssl", HOST, port, *OF_NCAT(identity)],
    "socat": socat("OPENSSL:{host}:{port}"),
}
SERVERS = {
    "openssl": lambda port, identity: ["openssl", "s_server", "-accept", f"{HOST}:{port}", "-Verify", 1,
                                       *OF_OPENSSL(identity)],
    "ncat": lambda port, identity: ["ncat", "--ssl", "-l", HOST, port, *OF_NCAT(identity)],
    "socat": socat("OPENSSL-LISTEN:{port},bind={host},reuseaddr"),
}
KINDS = pytest.mark.parametrize("kind", ["ed25519", "ec", "rsa"])


@pytest.fixture
def with_caller(serve, run, ann, port):
    """tchat as a server, and a program that has called it."""
    def with_caller(program, *options, identity=None):
        server = serve("-t", *options, env=ann.env)
        caller = run(*CALLERS[program](port, identity))
        server.err.expect("has called\n")
        server.err.expect("encrypted")
        return server, caller

    return with_caller


@pytest.fixture
def with_server(start, run, bob, port):
    """tchat as a client, and a program that it has called and whose key it knows by a pin."""
    def with_server(program, *options, identity, servers=SERVERS):
        server = run(*servers[program](port, identity))
        eventually(lambda: is_listening(port), "a listening server")
        client = start("-c", "-t", "--pin", identity.fingerprint, *options, HOST, port, env=bob.env)
        client.notice(f"encrypted: the key of {HOST} port {port} is pinned")
        return client, server

    return with_server


def assert_left(tchat, program, rude=("ncat",)):
    """Whether tchat has noticed that the other one ended in order; some do not always do so."""
    if tchat.wait() == 0:
        tchat.err.expect(" has left\n")
    else:
        tchat.err.expect(" was cut off: it ended without a goodbye\n")
        assert program in rude


# Each end, each program


@pytest.mark.parametrize("program, options, reason", [
    ("openssl", ["-verify_return_error"],
     "it sent what cannot be decrypted; perhaps it does not accept the key here"),
    ("gnutls-cli", ["--ca-verification"], "it does not accept the key here")])
def test_caller_does_not_accept_the_key(serve, run, ann, port, program, options, reason):
    """A caller that looks whose key it meets, and does not like it, is understood."""
    server = serve("-t", "--anonymous", "--once", env=ann.env)
    words = [word for word in CALLERS[program](port, None) if word != "--insecure"]
    run(*words, *options)
    server.err.expect(f": {reason}\n")
    assert server.wait() == 1


@pytest.mark.parametrize("alert, words", [
    (10, "unexpected message"), (21, "decryption failed"), (80, "internal error")])
def test_words_of_the_library(start, bob, alert, words):
    """What the library says becomes a part of the sentence."""
    door = Door()
    client = start("-c", "-t", HOST, door.port, env=bob.env)
    callee = door.accept()
    callee.expect("\x16\x03")
    callee.send(bytes([21, 3, 3, 0, 2, 2, alert]))
    client.notice(f"cannot agree on encryption with {HOST} port {door.port}: {words}")


@pytest.mark.parametrize("program", CALLERS)
def test_lines_from_a_caller_and_back(with_caller, program):
    """Callers without a key of their own talk both ways, and their end is the end."""
    server, caller = with_caller(program, "--anonymous")
    server.err.expect("it has shown no key\n")
    caller.send("hello\n")
    server.expect("hello\n")
    server.send("who is there?\n")
    caller.expect("who is there?\n")
    caller.send("Quite so: me\n")  # no command to the program
    server.expect("Quite so: me\n")
    caller.close_input()
    eventually(lambda: children(server.pid) == [], "the end of the listener")
    server.close_input()
    assert_left(server, program)


@pytest.mark.parametrize("program", CALLERS)
def test_server_leaves_in_order(with_caller, program):
    """Whoever calls sees all that was said, and then the end."""
    server, caller = with_caller(program, "--anonymous")
    server.send("good bye\n")
    server.close_input()
    caller.expect("good bye\n")
    if program == "ncat":  # the others end by themselves
        caller.close_input()
    assert_left(server, program, rude=("ncat", "gnutls-cli"))
    caller.wait()


@KINDS
@pytest.mark.parametrize("program", CALLERS)
def test_caller_with_a_key(with_caller, ann, identity, program, kind):
    """Callers with keys of all kinds are known by them."""
    friend = identity(key=kind)
    ann.knows(f"caller {friend.fingerprint} friend")
    server, caller = with_caller(program, identity=friend)
    server.err.expect(": the caller is friend\n")
    caller.send("hello\n")
    server.expect("hello\n")
    server.send("hello friend\n")
    caller.expect("hello friend\n")


@KINDS
@pytest.mark.parametrize("program", SERVERS)
def test_lines_to_a_server_and_back(with_server, identity, program, kind):
    """Servers with keys of all kinds are known by them, and lines go both ways."""
    client, server = with_server(program, identity=identity(key=kind))
    client.send("hello\n")
    server.expect("hello\n")
    server.send("who is there?\n")
    client.expect("who is there?\n")
    client.send("me\n")
    server.expect("me\n")


@pytest.mark.parametrize("program", SERVERS)
def test_client_leaves_in_order(with_server, identity, program):
    """The server sees all that was said, and then the end."""
    client, server = with_server(program, identity=identity())
    client.send("good bye\n")
    client.close_input()
    server.expect("good bye\n")
    if program != "openssl":  # which ends by itself
        server.close_input()
    assert_left(client, program)


@pytest.mark.parametrize("program", ["ncat", "socat"])
def test_server_leaves_first(with_server, identity, program):
    """The client sees all that was said, and then the end."""
    client, server = with_server(program, identity=identity())
    client.send("hello\n")
    server.expect("hello\n")
    server.send("good bye\n")
    server.close_input()
    client.close_input()
    assert_left(client, program)
    assert client.out.data == b"good bye\n"


@KINDS
def test_echo_of_gnutls_serv(with_server, identity, kind):
    """A server of GnuTLS that sends back what it gets."""
    client, server = with_server("gnutls-serv", identity=identity(key=kind), servers={
        "gnutls-serv": lambda port, identity: ["gnutls-serv", "--echo", "-p", port, *OF_GNUTLS(identity)]})
    client.send("hello\n")
    client.expect("hello\n")
    client.send("are you mocking me?\n")
    client.close_input()
    assert client.output() == b"hello\nare you mocking me?\n"
    assert client.wait() == 0


def test_new_server_is_accepted(run, bob, identity, screen, port):
    """A person who calls another program for the first time is asked, and can say yes."""
    server = run(*SERVERS["ncat"](port, identity()))
    eventually(lambda: is_listening(port), "a listening server")
    client = screen("-c", "-t", HOST, port, env=bob.env, columns=120)
    wait_for_question(client, "is it the right one.*")
    client.say("yes")
    client.wait_for("is known from now on$")
    client.say("hello")
    server.expect("hello\n")
    assert bob.keys() == [f"server {identity().fingerprint} {HOST} {port}"]


# Keys of the encryption that change in mid-conversation

UPDATING = {
    "tchat serves": lambda port: ["s_client", "-connect", f"{HOST}:{port}"],
    "tchat calls": lambda port: ["s_server", "-accept", f"{HOST}:{port}"],
}


@pytest.fixture(params=UPDATING)
def with_updates(request, run, serve, start, port, ann, friend, tmp_path):
    """tchat at one end, and at the other OpenSSL, which changes its keys when told to by a letter on a
    line of its own, and notes what it sends and gets."""
    def with_updates():
        openssl = ["openssl", *UPDATING[request.param](port), *OF_OPENSSL(friend),
                   "-msg", "-msgfile", tmp_path / "messages"]
        options = ["-t", "--pin", friend.fingerprint]
        if request.param == "tchat serves":
            tchat = serve(*options, env=ann.env)
            other = run(*openssl)
        else:
            other = run(*openssl)
            eventually(lambda: is_listening(port), "a listening server")
            tchat = start("-c", *options, HOST, port, env=ann.env)
        tchat.err.expect("is pinned\n")
        other.messages = tmp_path / "messages"
        return tchat, other

    return with_updates


def updates(openssl, direction):
    """How often OpenSSL has sent (>>>) or got (<<<) the message that its sender's keys change."""
    return openssl.messages.read_text().count(f"{direction} TLS 1.3, Handshake [length 0005], KeyUpdate")


def read_all(openssl):
    """Waits until OpenSSL has read its input: it knows a command only where reading begins."""
    eventually(lambda: fcntl.ioctl(openssl.process.stdin, termios.FIONREAD, bytes(4)) == bytes(4),
               "that all is read")


def update(openssl, command):
    """Has OpenSSL change its keys, and with K ask for the same."""
    before = updates(openssl, ">>>")
    read_all(openssl)
    openssl.send(command + "\n")
    eventually(lambda: updates(openssl, ">>>") > before, "new keys")


def talk(tchat, openssl, word):
    """A line each way."""
    openssl.send(f"{word} from there\n")
    tchat.expect(f"{word} from there\n")
    tchat.send(f"{word} from here\n")
    openssl.expect(f"{word} from here\n")


@pytest.mark.parametrize("command, answers", [("k", 0), ("K", 1)])
def test_peer_changes_its_keys(with_updates, command, answers):
    """The peer changes its keys, or wants both to change them, and the conversation goes on."""
    tchat, openssl = with_updates()
    talk(tchat, openssl, "before")
    update(openssl, command)
    talk(tchat, openssl, "after")
    talk(tchat, openssl, "and then")
    assert updates(openssl, "<<<") == answers


def test_peer_changes_its_keys_often(with_updates):
    """It can do so several times, with or without a line in between."""
    tchat, openssl = with_updates()
    for turn in range(3):
        update(openssl, "K")
        talk(tchat, openssl, f"turn {turn}")
    update(openssl, "K")
    update(openssl, "k")
    update(openssl, "K")
    talk(tchat, openssl, "the end")
    assert 4 <= updates(openssl, "<<<") <= 5


def test_keys_change_while_many_lines_go_each_way(with_updates):
    """Nothing is lost, and nothing changes its order, when keys change in the middle of it."""
    tchat, openssl = with_updates()
    ours, theirs = many_lines("ours"), many_lines("theirs")
    half = theirs.index("\n", len(theirs) // 2) + 1

    def speak():
        openssl.send(theirs[:half])
        update(openssl, "K")
        openssl.send(theirs[half:])

    together(lambda: tchat.send(ours), speak)
    tchat.expect("theirs 19999 ")
    openssl.expect("ours 19999 ")
    talk(tchat, openssl, "after")
    assert updates(openssl, "<<<") == 1
    assert tchat.out.data.decode() == theirs + "after from there\n"
    got = re.sub(rb"Read BLOCK\n|SSL_do_handshake -> 1\n", b"", openssl.out.data).decode()  # its own remarks
    assert got[got.index("ours 0"):] == ours + "after from here\n"
