"""What the other side is called: as one says here, as its key is known, as it says itself, or by its host."""

import re

import pytest

from fullscreen import status_bar
from peers import HOST, TCHAT, call
from terminal import UP
from test_log import entries
from test_screen import notice, theirs
from test_trust import OTHER, RIGHT_ONE, WIDE
from tls import F3, OBEDIENT, TlsDoor, needs_tls, tls_call, wait_for_question

needs_keys = needs_tls
PEER = ["--peer", "Ann Example"]


def place(line):
    """Where one end of a connection is, as the log and F3 say it."""
    return "{} port {}".format(*line.socket.getsockname())


@pytest.fixture
def named(bob, screen, start):
    """tchat as Bob's client, which calls a door with -t; the door, and who has answered there."""
    def named(identity, *options, door=None, front="screen"):
        door = door or TlsDoor(identity)
        assert bob.fingerprint
        if front == "screen":
            client = screen("-c", "-t", *options, HOST, door.port, env=bob.env, **WIDE)
        else:
            client = start("-c", "-t", *options, HOST, door.port, env=bob.env)
        return client, door.accept(), door

    return named


# By the host, without the port


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["plain", "turns"])
def test_port_of_a_caller(serve, port, tmp_path, mode):
    """A caller goes by its address; its port is in the log, once."""
    log = tmp_path / "log"
    server = serve(*mode, "-l", log)
    caller = call(port)
    caller.close_input()
    server.notice(f"{HOST} has called")
    server.notice(f"{HOST} has left")
    server.close_input()
    server.wait()
    assert entries(log) == [("*", f"waiting on port {port}"), ("*", f"{place(caller)} has called"),
                            ("*", f"{HOST} has left")]


def test_ports_in_the_full_screen(screen, port, tmp_path):
    """F3 and the log have the ports of callers, and nothing else has."""
    log = tmp_path / "log"
    server = screen("-s", "-l", log, port, **WIDE)
    server.wait_for(notice(f"waiting on port {port}"))
    first = call(port)
    server.wait_for(notice(f"{HOST} has called"))
    server.wait_for(lambda: re.search(rf"^ ?{HOST} · not encrypted ·", status_bar(server)))
    second = call(port)
    server.wait_for(notice(f"{HOST} called while the line was busy"))
    assert not server.shows(str(first.port)) and not server.shows(str(second.port))
    server.press(F3)
    server.wait_for(place(first))
    server.press(UP)
    server.wait_for(lambda: not server.shows(place(first)))
    assert ("*", f"{place(first)} has called") in entries(log)
    assert ("*", f"{place(second)} called while the line was busy") in entries(log)


def test_place_that_is_called(screen, port, tmp_path):
    """A client says where it calls; who is there goes by the host."""
    server = screen("-s", "-b", HOST, port)
    server.wait_for("waiting on")
    client = screen("-c", HOST, port, **WIDE)
    client.wait_for(notice(f"connected to {HOST} port {port}"))
    client.wait_for(lambda: re.search(rf"^ ?{HOST} · not encrypted ·", status_bar(client)))
    client.press(F3)
    client.wait_for(f"^ +{HOST} port {port}$")


# As one says here: --peer


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["plain", "turns"])
def test_peer_option(serve, port, tmp_path, mode):
    """With --peer whoever calls is called so, and the log has the address and the port, too."""
    log = tmp_path / "log"
    server = serve(*mode, *PEER, "--labels", "-l", log)
    caller = call(port, own="127.0.0.2")
    server.notice("Ann Example has called")
    caller.send("hello\n")
    server.expect("< Ann Example: hello\n")
    caller.close_input()
    server.notice("Ann Example has left")
    server.close_input()
    server.wait()
    assert ("*", f"Ann Example ({place(caller)}) has called") in entries(log)


def test_peer_option_is_for_all_callers(serve, port):
    """Of a server it names everybody who calls, but not who finds the line busy."""
    server = serve("-k", *PEER)
    for _ in range(2):
        caller = call(port)
        server.notice("Ann Example has called")
        call(port).expect_end()
        server.notice(f"{HOST} called while the line was busy")
        caller.close_input()
        server.notice("Ann Example has left")


def test_peer_option_in_the_full_screen(screen, port):
    """The bar, the title, the label, the notices and F3 say it, on both sides."""
    server = screen("-s", *PEER, port, **WIDE)
    server.wait_for(notice(f"waiting on port {port}"))
    client = screen("-c", "--peer", "Zoë", HOST, port, **WIDE)
    server.wait_for(notice("Ann Example has called"))
    client.wait_for(notice(f"connected to {HOST} port {port}"))
    for terminal, name in (server, "Ann Example"), (client, "Zoë"):
        terminal.wait_for(lambda: status_bar(terminal).lstrip().startswith(f"{name} · not encrypted ·"))
        terminal.wait_for(lambda: terminal.display.title == f"tchat: {name}")
    server.say("hello")
    client.wait_for(theirs("hello", "Zoë"))
    client.press(F3)
    client.wait_for(re.escape(f"Zoë ({HOST} port {port})"))


def test_line_begun_before_a_named_one(screen, port):
    """Who is there now is said by name."""
    server = screen("-s", *PEER, port, **WIDE)
    server.wait_for(notice(f"waiting on port {port}"))
    first = call(port)
    server.wait_for(notice("Ann Example has called"))
    server.press("half")
    server.wait_for(lambda: server.input == "> half")
    first.close_input()
    server.wait_for(lambda: "waiting on" in status_bar(server))
    second = call(port)
    server.wait_for(lambda: "Ann Example" in status_bar(server))
    server.press("\r")
    server.wait_for(notice("that was begun before Ann Example came: Enter again sends it"))
    assert second.incoming.data == b""


@needs_keys
def test_peer_option_goes_before_the_key(ann, friend, serve, port):
    """What one says here goes before the name that the key is known by, of which the notice tells."""
    ann.knows(f"caller {friend.fingerprint} Ben")
    server = serve("-t", "--peer", "Benjamin", "--labels", env=ann.env)
    caller = tls_call(port, friend)
    server.notice("Benjamin has called")
    server.notice("encrypted: the caller is Ben")
    caller.send("hello\n")
    server.expect("< Benjamin: hello\n")


# As the key is known


@needs_keys
def test_known_caller_leaves(ann, friend, serve, port):
    """A caller that is known by its key leaves under its name, not under its address."""
    ann.knows(f"caller {friend.fingerprint} Ben")
    server = serve("-t", env=ann.env)
    caller = tls_call(port, friend)
    server.notice(f"{HOST} has called")
    server.notice("encrypted: the caller is Ben")
    caller.close_input()
    server.notice("Ben has left")


@needs_keys
def test_caller_is_not_called_as_it_claims(ann, identity, serve, port):
    """A name that somebody claims is none before the key is accepted."""
    ann.knows(f"caller {OTHER} Ben")
    claims = identity(name="Ben")
    server = serve("-t", "-k", env=ann.env)
    tls_call(port, claims)
    server.notice(f"{HOST} has called")
    server.err.expect("it calls itself \"Ben\"\n")
    server.notice("the key was not accepted: there is no terminal to ask on")
    assert b"Ben has" not in server.err.data


# As a server says itself


@needs_keys
def test_name_of_a_server(named, bob, stranger):
    """A server's name is in the question, and becomes the one that its key is known by."""
    client, callee, door = named(stranger)
    client.wait_for(re.escape(f"the key of {door.peer} is not known yet: {stranger.fingerprint}, "
                              "it calls itself \"stranger\"") + "$")
    wait_for_question(client, RIGHT_ONE)
    assert status_bar(client).lstrip().startswith(HOST)
    client.say("yes")
    client.wait_for(notice(f"{door.peer} is known as stranger from now on"))
    client.wait_for(lambda: status_bar(client).lstrip().startswith("stranger · encrypted, new key ·"))
    client.wait_for(lambda: client.display.title == "tchat: stranger")
    callee.send("hello\n")
    client.wait_for(theirs("hello", "stranger"))
    client.press(F3)
    client.wait_for(re.escape(f"stranger ({door.peer})"))
    client.press(UP)
    callee.close_input()
    client.wait_for(notice("stranger has left"))
    assert bob.known() == [f"server {stranger.fingerprint} {HOST} {door.port}", f"name {stranger.fingerprint} stranger"]


@needs_keys
def test_server_that_calls_itself_otherwise(named, bob, friend):
    """The name that the key is known by stays, whatever the server calls itself later."""
    door = TlsDoor(friend)
    known = [f"server {friend.fingerprint} {HOST} {door.port}", f"name {friend.fingerprint} Zoë"]
    bob.knows(*known)
    client, callee, _ = named(friend, "--labels", door=door, front="plain")
    client.notice(f"encrypted: the key of {door.peer} is known")
    callee.send("hello\n")
    client.expect("< Zoë: hello\n")
    callee.close_input()
    client.notice("Zoë has left")
    assert bob.known() == known


@needs_keys
def test_known_server_gets_a_name(named, bob, friend):
    """One that is known without a name, as older versions have noted it, goes by what it calls itself from then on."""
    door = TlsDoor(friend)
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    client, callee, _ = named(friend, door=door, front="plain")
    client.notice(f"encrypted: the key of {door.peer} is known")
    client.notice(f"{door.peer} is known as friend from now on")
    callee.close_input()
    client.notice("friend has left")
    assert bob.known()[1:] == [f"name {friend.fingerprint} friend"]


@needs_keys
def test_caller_that_is_called(named, bob, friend):
    """Somebody who is known as a caller has that name when called, too."""
    bob.knows(f"caller {friend.fingerprint} Ben")
    client, callee, door = named(friend)
    client.wait_for(re.escape(f"is not known yet: {friend.fingerprint}, it is that of \"Ben\"") + "$")
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for(lambda: status_bar(client).lstrip().startswith("Ben · encrypted, new key ·"))
    assert bob.known()[1:] == [f"server {friend.fingerprint} {HOST} {door.port}"]


UNFIT = {"of a known caller": ("BEN", ["caller {} Ben"], []),
         "of a known server": ("Ben", ["server {} elsewhere 8080", "name {} Ben"], []),
         "one's own": ("bob", [], ["-n", "Bob"]),
         "like a fingerprint": ("SHA256 of me", [], []),
         "like the number": ("Ben 42194 66105", [], []),
         "the program's": ("tchat", [], []),
         "none": ("***", [], [])}


@needs_keys
@pytest.mark.parametrize("name, known, options", UNFIT.values(), ids=UNFIT)
def test_name_that_will_not_do_for_a_server(named, bob, identity, name, known, options):
    """A server's name has to be one that a caller could have; otherwise it is not shown, and it goes by its host."""
    bob.knows("# people", *(line.format(OTHER) for line in known))
    before = bob.known()
    server = identity(name=name)
    client, callee, door = named(server, *options)
    client.wait_for(re.escape(f"the key of {door.peer} is not known yet: {server.fingerprint}") + "$")
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for(lambda: status_bar(client).lstrip().startswith(f"{HOST} · encrypted, new key ·"))
    assert bob.known() == [*before, f"server {server.fingerprint} {HOST} {door.port}"]


@needs_keys
def test_name_of_a_key_that_was_removed(named, bob, stranger):
    """Where a key has changed on purpose, removing the server's line is enough for the new one to have the name."""
    bob.knows(f"name {OTHER} stranger")
    client, callee, door = named(stranger)
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for(notice(f"{door.peer} is known as stranger from now on"))


@needs_keys
@pytest.mark.parametrize("role", ["server", "client"])
def test_name_of_a_pinned_key(ann, bob, friend, serve, port, named, role):
    """Who is pinned goes by what it calls itself; nothing is noted."""
    if role == "server":
        tchat = serve("-t", "--pin", friend.fingerprint, env=ann.env)
        peer = tls_call(port, friend)
        tchat.notice(f"encrypted: the key of {HOST} is pinned")
    else:
        tchat, peer, door = named(friend, "--pin", friend.fingerprint, front="plain")
        tchat.notice(f"encrypted: the key of {door.peer} is pinned")
    peer.close_input()
    tchat.notice("friend has left")
    assert ann.known() == bob.known() == []


@needs_keys
def test_known_name_of_a_pinned_key(ann, friend, stranger, serve, port):
    """One pinned key cannot pass for another: it goes by the name it is known by; of several, one that is not known goes
    by none."""
    ann.knows(f"caller {friend.fingerprint} Ben")
    server = serve("-t", "-k", "--pin", friend.fingerprint, "--pin", stranger.fingerprint, env=ann.env)
    tls_call(port, friend).close_input()
    server.notice("Ben has left")
    tls_call(port, stranger).close_input()
    server.notice(f"{HOST} has left")


@needs_keys
def test_name_that_cannot_be_noted(bob, friend, run):
    """A name that cannot be written is used, and that is said."""
    door = TlsDoor(friend)
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    bob.known_peers.chmod(0o400)
    client = run(*OBEDIENT, TCHAT, "-c", "-t", HOST, door.port, env=bob.env)
    callee = door.accept()
    client.notice(f"encrypted: the key of {door.peer} is known")
    client.notice("cannot remember the name: Permission denied")
    callee.close_input()
    client.notice("friend has left")
    assert len(bob.known()) == 1


def test_names_are_refused(start):
    """--peer takes what -n takes, and nothing that makes both sides look the same."""
    for arguments, says in {("--peer", "*"): "--peer takes no name that has other signs than letters",
                            ("-n", "Ann", "--peer", "ann"): "-n and --peer give both sides one name"}.items():
        program = start("-s", *arguments)
        program.err.expect(f"tchat: {says}")
        assert program.wait() == 2
