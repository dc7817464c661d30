"""The local network, without an address: who waits announces it (-A), others list that (-L), and call (@NAME)."""

import os
import re
import signal

import pytest

from avahi import gone, seen
from peers import (HOST, TCHAT, Door, call, callers, children, eventually, looks_into_listener, need_landlock_for,
                   needs_landlock, title)
from terminal import ctrl
from test_confined import BREAKOUT, SANITIZED, status
from test_processes import descriptors
from tls import TlsDoor, needs_tls, wait_for_question

WIDE = {"columns": 150, "rows": 40}
RIGHT_ONE = "is it the right one[?] answer yes or no"
GO_ON = "go on without encryption[?] answer yes or no"
NO_DAEMON = "the daemon does not run: install the package avahi-daemon, or start it"
NOT_RUNNING = "Failed to create client object: Daemon not running"
FRONTS = pytest.mark.parametrize("front", [[], ["-p"], ["-a"]], ids=["full screen", "plain", "turns"])


def rows(program):
    """What was listed, as words of columns, once it is over."""
    return [line.split("\t") for line in program.output().decode().splitlines()]


# --- The list. ---


def test_list(fakes, start):
    """Names, hosts, ports, and whether they encrypt."""
    fakes.browse(seen("Ann of York", 8080) + seen("B;b\\é.", 9000, host="shed.local", tls="no"))
    tchat = start("-L")
    assert rows(tchat) == [["Ann of York", "tower.local", "8080", "encrypted"],
                           ["B;b\\é.", "shed.local", "9000", "not encrypted"]]
    assert tchat.wait() == 0
    assert tchat.err.data == b""
    assert fakes.words() == ["-p -r -k _tchat._tcp"]
    eventually(fakes.are_gone, "the end of avahi-browse")


def test_list_of_several_interfaces(fakes, start):
    """Who is seen several times is one line, and has gone once seen nowhere."""
    fakes.browse(seen("Ann", 8080) + seen("Ann", 8080, interface="eth0") + seen("Ann", 8080, protocol="IPv6",
                                                                              address="fe80::1"))
    tchat = start("-L")
    tchat.expect("Ann\ttower.local\t8080\tencrypted\n")
    fakes.tell(gone("Ann") + gone("Ann", protocol="IPv6") + seen("Bob", 1))
    assert tchat.expect("Bob\ttower.local\t1\tencrypted\n") == b""
    fakes.tell(gone("Ann", interface="eth0"))
    assert tchat.expect("Ann\ttower.local\t8080\tgone\n") == b""


def test_list_of_who_has_moved(fakes, start):
    fakes.browse(seen("Ann", 8080))
    tchat = start("-L")
    tchat.expect("Ann\ttower.local\t8080\tencrypted\n")
    fakes.tell(seen("Ann", 8080) + seen("Ann", 8081))
    assert tchat.expect("Ann\ttower.local\t8081\tencrypted\n") == b"Ann\ttower.local\t8080\tgone\n"


def test_list_of_strangers_text(fakes, start):
    """What is no text cannot get at the terminal."""
    fakes.browse(seen("\033]0;x\007\n\u202eAnn", 8080, host="a\033[2J") + seen(b"\xff\x9b2J", 8081))
    assert rows(start("-L")) == [["^[]0;x^G^J<U+202E>Ann", "a^[[2J", "8080", "encrypted"],
                                 ["\uFFFD\uFFFD2J", "tower.local", "8081", "encrypted"]]


def test_list_of_names_that_look_alike(fakes, start):
    fakes.browse(seen("Ann", 8080) + seen("A-N n", 8081) + seen("Ann", 8082, interface="eth0"))
    assert [row[4:] for row in rows(start("-L"))] == [[], ["looks like another one"], ["looks like another one"]]


def test_list_of_a_thousand(fakes, start):
    """All of them are listed in time, by two protocols on two interfaces each."""
    fakes.browse_at_once("".join(
        seen(f"somebody {i}", 1 + i, interface=interface, protocol=protocol)
        for interface in ("eth0", "eth1") for protocol in ("IPv4", "IPv6") for i in range(1000)))
    tchat = start("-L")
    listed = rows(tchat)
    assert [row[0] for row in listed] == [f"somebody {i}" for i in range(1000)]
    assert tchat.wait() == 0
    assert tchat.err.data == b""


def test_list_of_too_many(fakes, start):
    """What is beyond a bound is counted, and said; but not who is listed already."""
    fakes.browse_at_once("".join(seen(f"somebody {i}", 8080) for i in range(4097)) +
                         seen("somebody 0", 8080, interface="eth0"))
    tchat = start("-L")
    assert len(rows(tchat)) == 4096
    tchat.notice("1 more announcement is not listed")
    assert tchat.wait() == 0


@pytest.mark.parametrize("lines", [
    "x" * 1_000_000, "x" * 1_000_000 + "\n", "=;;;\n\0\n\n;;;;;;;;;;\n", b"\xff" * 5000 + b"\n",
    seen("Ann", 8080)[:-24], seen("Ann", 8080).replace(HOST, "nowhere"), seen("x" * 64, 8080)],
    ids=["endless line", "long line", "garbage", "no text", "part of a line", "no address", "long name"])
def test_list_of_what_is_none(fakes, start, lines):
    """What avahi-browse should not print is left alone, and what follows counts."""
    fakes.browse()
    tchat = start("-L")
    fakes.tell(lines)
    fakes.tell("\n" + seen("Bob", 9000))
    assert rows(tchat) == [["Bob", "tower.local", "9000", "encrypted"]]
    assert tchat.wait() == 0
    assert tchat.err.data == b""


def test_list_of_nobody(fakes, start):
    fakes.browse()
    tchat = start("-L")
    assert tchat.wait() == 0
    assert tchat.out.data == b""
    assert tchat.err.data == b"tchat: nobody who waits in the local network announces that\n"


def test_list_on_a_terminal(fakes, screen):
    """Columns stand one below the other, also where a character takes two of them."""
    fakes.browse(seen("Somebody", 8080) + seen("\u6f22\u5b57", 1, host="x"))
    terminal = screen("-L", rows=6)
    terminal.wait_for("^\u6f22 *\u5b57")
    wide, narrow = (next(row for row in terminal.rows() if name in row) for name in ("\u6f22", "Somebody"))
    assert wide.index("encrypted") + len("\u6f22\u5b57") == narrow.index("encrypted")


def test_list_until_a_key(fakes, screen):
    """A key ends it before its time, and is nobody else's."""
    fakes.browse(seen("Ann", 8080))
    terminal = screen("-L", rows=6)
    terminal.wait_for("^Ann ")
    terminal.press("q")
    assert terminal.wait() == 0
    assert not terminal.shows("q")


@pytest.mark.usefixtures("leaks_unchecked")  # glibc leaks where there is a LOCPATH
def test_list_in_a_terminal_of_another_charset(fakes, screen, environment, locale_of):
    environment.update(locale_of("en_US", "ISO-8859-1"))
    fakes.browse(seen("Ann", 8080))
    terminal = screen("-L", **WIDE)
    terminal.wait_for("the terminal's character set is .*, not UTF-8")
    assert terminal.wait() == 1


WHY = {
    "no daemon": (lambda fakes: fakes.fail("avahi-browse", NOT_RUNNING), NO_DAEMON),
    "no program": (lambda fakes: fakes.lack(), "there is no avahi-browse: install the package avahi-utils"),
    "something else": (lambda fakes: fakes.fail("avahi-browse", "out of\033 order"),
                       "avahi-browse: out of^[ order"),
    "nothing said": (lambda fakes: fakes.make("avahi-browse", "exit 0"), "avahi-browse has ended"),
}


@pytest.mark.parametrize("why", WHY)
def test_list_that_cannot_be(fakes, start, why):
    """One line, and status 1."""
    prepare, text = WHY[why]
    prepare(fakes)
    tchat = start("-L")
    assert tchat.wait() == 1
    assert tchat.err.data.decode() == f"tchat: cannot list who waits in the local network: {text}\n"


def test_list_that_nobody_gets(fakes, start):
    fakes.browse(seen("Ann", 8080))
    with open("/dev/full", "wb") as full:
        tchat = start("-L", stdout=full)
        tchat.notice("cannot write to standard output: No space left on device")
        assert tchat.wait() == 1


def test_list_is_interrupted(fakes, start):
    """By a signal, before its time; nothing is left."""
    fakes.browse(seen("Ann", 8080))
    tchat = start("-L")
    tchat.expect("Ann")
    tchat.kill(signal.SIGTERM)
    assert tchat.wait() == -signal.SIGTERM
    eventually(fakes.are_gone, "the end of avahi-browse")


# --- Announcing. ---


def test_announced(fakes, serve, port):
    """The program is told name and port, and ends with the door."""
    fakes.publish("Established under name '-Ann'")
    server = serve("-A", "-p", "-n", "Ann")
    server.notice("announced on the local network as -Ann")
    assert fakes.words() == [f"-s -- Ann _tchat._tcp {port} tls=no"]
    assert not fakes.are_gone()
    caller = call(port)
    server.notice(f"{HOST} has called")
    eventually(fakes.are_gone, "the end of the announcement")
    caller.send("hello\n")
    server.expect("hello\n")


@needs_tls
@pytest.mark.parametrize("options", [["-g"], ["-k"], ["-g", "-t"]], ids=" ".join)
def test_announced_as_long_as_there_is_a_door(fakes, serve, port, ann, options):
    """After a caller has come, too."""
    fakes.publish()
    server = serve("-A", "-p", *options, env=ann.env)
    server.notice("announced on the local network as Ann")
    user = re.fullmatch(rf"-s -- (.+@.+) _tchat\._tcp {port} tls={'yes' if '-t' in options else 'no'}",
                        fakes.words()[0])
    assert user
    caller = call(port)
    if "-t" not in options:
        caller.send("Bob\n")
        server.err.expect("\n")
    assert not fakes.are_gone()
    server.kill(signal.SIGTERM)
    server.wait()
    eventually(fakes.are_gone, "the end of the announcement")


def test_announced_in_the_full_screen(fakes, screen, port):
    fakes.publish()
    server = screen("-s", "-A", port)
    server.wait_for("announced on the local network as Ann$")
    server.press(ctrl("D"))
    server.wait()
    eventually(fakes.are_gone, "the end of the announcement")


@pytest.mark.parametrize("whom", ["speaker", "caller"])
def test_announcement_ends_with_a_process_that_is_killed(fakes, serve, whom):
    """Whatever it is confined to."""
    fakes.publish()
    server = serve("-A", "-p", "-k")
    server.notice("announced on the local network as Ann")
    os.kill(server.pid if whom == "speaker" else callers(server.pid)[0], signal.SIGKILL)
    eventually(fakes.are_gone, "the end of the announcement")
    server.wait()


@needs_landlock
@looks_into_listener
def test_announcing_processes(fakes, serve):
    """Who announces has nothing of tchat's, and who started that is as confined as ever."""
    fakes.publish()
    server = serve("-A", "-p", "-k")
    server.notice("announced on the local network as Ann")
    [caller] = callers(server.pid)
    [guard] = eventually(lambda: children(caller), "the guard")
    [program] = eventually(lambda: children(guard), "the program")
    eventually(lambda: title(guard) == "tchat: guarding avahi-publish", "the title")
    assert {target.split(":")[0] for number, target in descriptors(guard).items() if number > 2} == set()
    eventually(lambda: title(program).startswith("tail"), "the program")
    own = {number: target for number, target in descriptors(program).items() if "inotify" not in target}
    assert own.pop(0) == own.pop(1) == "/dev/null"
    assert own.pop(2).startswith("pipe:")
    assert set(own.values()) <= {"/dev/null"}  # tail's own
    kinds = sorted(target.split(":")[0] for number, target in descriptors(caller).items() if number > 2)
    assert set(kinds) == {"pipe", "socket"} and kinds.count("pipe") == 2  # lifeline, standard error
    for pid in (caller, guard):
        eventually(lambda: status(pid, "NoNewPrivs") == "1", "its confinement")


@pytest.mark.parametrize("why", ["no daemon", "no program", "name", "something else"])
def test_announcement_that_cannot_be(fakes, serve, port, why):
    """One line says so, and the server waits on."""
    texts = {"no daemon": (NOT_RUNNING, NO_DAEMON),
             "something else": ("out of\033 order", "avahi-publish: out of^[ order"),
             "name": ("Failed to add service: Local name collision",
                      "another one here is announced by that name: choose one with -n")}
    said, text = texts.get(why, ("", "there is no avahi-publish: install the package avahi-utils"))
    if why == "no program":
        fakes.lack()
    else:
        fakes.fail("avahi-publish", said)
    server = serve("-A", "-p")
    server.notice(f"cannot announce: {text}")
    caller = call(port)
    server.notice(f"{HOST} has called")
    caller.send("hello\n")
    server.expect("hello\n")


def test_announcement_that_ends(fakes, serve):
    fakes.make("avahi-publish", "echo \"Established under name 'Ann'\" >&2; echo gone >&2")
    server = serve("-A", "-p")
    server.notice("not announced any more: avahi-publish: gone")


def test_announcing_what_only_this_machine_can_call(fakes, start, port):
    """No other one would get there."""
    fakes.publish()
    server = start("-s", "-A", "-b", "localhost", port)
    server.notice("cannot announce: only this machine can call")
    assert fakes.pids() == []


def test_announcing_a_path_that_was_handed_over(fakes, start, run, tmp_path):
    """A socket of this machine is nobody else's business."""
    import socket
    import sys

    from test_handed import LAUNCHER
    fakes.publish()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "path"))
        door.listen()
        server = run(sys.executable, "-c", LAUNCHER, str(door.fileno()), "", TCHAT, "-s", "-A",
                     pass_fds=[door.fileno()])
        server.err.expect("cannot announce a path that was handed over")
        assert server.wait() == 1
    assert fakes.pids() == []


# --- Calling by a name. ---


@pytest.fixture
def found(fakes, bob, stranger, screen):
    """tchat as Bob's client on a terminal, which calls somebody whom the network knows; and who answers there."""
    def found(*options, name="Ann", **announced):
        door = TlsDoor(stranger)
        assert bob.fingerprint
        fakes.browse(seen(name, door.port, **announced))
        return screen("-c", *options, f"@{name}", env=bob.env, **WIDE), door

    return found


@needs_tls
@FRONTS
def test_new_server_is_accepted(found, bob, stranger, front):
    """Who is called for the first time is asked about, with where it was found; and remembered by its name."""
    client, door = found(*front, name="Ann of York")
    callee = door.accept()
    client.wait_for(re.escape(f"the key of @Ann of York ({HOST} port {door.port}) is not known yet"))
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for("is known from now on$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    callee.send("hello Bob\n")
    client.wait_for("hello Bob$")
    assert bob.known() == [f"server {stranger.fingerprint} @Ann of York", f"name {stranger.fingerprint} stranger"]


@needs_tls
@pytest.mark.parametrize("known", ["server {} @Ann", "server {} @A-N n", "caller {} ANN"])
def test_known_server(found, bob, stranger, known):
    """The key that is known by that name is accepted."""
    bob.knows(*known.replace("{}", stranger.fingerprint).split("\n"))
    client, door = found("-p")
    callee = door.accept()
    client.wait_for(r"encrypted: the key of @Ann \(.*\) is known$")
    client.say("hello")
    assert callee.expect("hello\n") == b""


@needs_tls
@pytest.mark.parametrize("known", ["server {} @Ann", "server {} @A-N n", "caller {} ANN"])
def test_another_key(found, bob, stranger, known):
    """No other key is."""
    other = "SHA256:" + "B" * 42 + "A"
    bob.knows(*known.replace("{}", other).split("\n"))
    before = bob.known()
    client, door = found("-p")
    callee = door.accept()
    client.wait_for(r"THE KEY OF @Ann \(.*\) HAS CHANGED: somebody may be in between$")
    client.wait_for(f"known: +{other}$")
    client.wait_for(f"received: {re.escape(stranger.fingerprint)}$")
    assert client.wait() == 1
    assert callee.incoming.data == b""
    assert bob.known() == before


@needs_tls
def test_name_that_a_server_has_chosen(found, bob, stranger):
    """What a known server calls itself makes its key nobody's who is announced, and is minded."""
    other = "SHA256:" + "B" * 42 + "A"
    bob.knows(f"server {stranger.fingerprint} localhost 1", f"name {stranger.fingerprint} Ann")
    client, door = found("-p")
    door.accept()
    client.wait_for(r"the key of @Ann \(.*\) is not known yet")
    wait_for_question(client, RIGHT_ONE)
    assert not client.shows("mind the name")
    client.say("no")
    assert client.wait() == 1
    bob.knows(f"server {other} localhost 1", f"name {other} ann")
    client, door = found("-p")
    door.accept()
    wait_for_question(client, RIGHT_ONE)
    assert client.shows("mind the name: another key is known by it")


@needs_tls
def test_pinned(fakes, bob, stranger, start):
    door = TlsDoor(stranger)
    fakes.browse(seen("Ann", door.port))
    client = start("-c", "--pin", stranger.fingerprint, "@Ann", env=bob.env)
    callee = door.accept()
    client.notice(f"encrypted: the key of @Ann ({HOST} port {door.port}) is pinned")
    client.send("hello\n")
    callee.expect("hello\n")


@needs_tls
@FRONTS
def test_bare_server(fakes, bob, screen, front):
    """Without encryption only after a question."""
    door = Door()
    fakes.browse(seen("Ann", door.port, tls="no"))
    assert bob.fingerprint
    client = screen("-c", *front, "@Ann", env=bob.env, **WIDE)
    callee = door.accept()
    client.wait_for(r"@Ann \(.*\) is announced without encryption: anybody can have answered, and read along$")
    wait_for_question(client, GO_ON)
    client.say("yes")
    client.wait_for(r"not encrypted: nobody knows who @Ann \(.*\) is$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    callee.send("hello Bob\n")
    client.wait_for("hello Bob$")
    assert bob.known() == []


@needs_tls
def test_bare_server_is_not_accepted(fakes, bob, screen):
    door = Door()
    fakes.browse(seen("Ann", door.port, tls="no"))
    client = screen("-c", "-p", "@Ann", env=bob.env, **WIDE)
    callee = door.accept()
    wait_for_question(client, GO_ON)
    client.say("no")
    client.wait_for(r"nothing was sent to @Ann \(.*\)$")
    assert client.wait() == 1
    callee.incoming.expect_end()
    assert callee.incoming.data == b""


def is_not_called(fakes, client, why):
    """That a client does not call Ann, who is announced without encryption."""
    door = Door()
    fakes.tell(seen("Ann", door.port, tls="no"))
    client.notice(f"@Ann is announced without encryption, but {why}: not called")
    assert client.wait() == 1
    door.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        door.socket.accept()


@needs_tls
@pytest.mark.parametrize("known", ["server {} @Ann", "server {} @ann", "caller {} Ann",
                                   "server {} localhost 1\nname {} Ann"])
def test_bare_server_that_is_known(fakes, bob, start, known):
    """What is announced does not make one of whom a key is known a stranger."""
    bob.knows(*known.replace("{}", "SHA256:" + "B" * 42 + "A").split("\n"))
    fakes.browse()
    is_not_called(fakes, start("-c", "@Ann", env=bob.env), "it is known by its key")


@needs_tls
@pytest.mark.parametrize("options, why", [
    (["-t"], "-t asks for it"), (["--pin", "SHA256:" + "B" * 42 + "A"], "a key is pinned")])
def test_bare_server_where_encryption_is_asked_for(fakes, bob, start, options, why):
    """What is announced does not weaken what was typed."""
    fakes.browse()
    assert bob.fingerprint
    is_not_called(fakes, start("-c", *options, "@Ann", env=bob.env), why)


@needs_tls
def test_bare_server_whose_key_was_accepted_since(found, bob, fakes, stranger):
    """Who is known by now is not talked to, as if it had been so at the start."""
    client, door = found("-k")
    callee = door.accept()
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for("is known from now on$")
    bare = Door()
    fakes.tell(gone("Ann") + seen("Ann", bare.port, tls="no"))
    callee.close_input()
    client.wait_for("Enter calls again")
    client.press("\r")
    bare.accept().incoming.expect_end()
    client.wait_for("@Ann is announced without encryption, but it is known by its key: nothing was sent$")


@needs_tls
def test_search_that_ends(found, bob, fakes, stranger):
    """Who calls again by itself says so, and does not go on for ever."""
    bob.knows(f"server {stranger.fingerprint} @Ann")
    client, door = found("-k")
    callee = door.accept()
    client.wait_for("is known$")
    [pid] = fakes.pids()
    os.kill(pid, signal.SIGTERM)
    eventually(fakes.are_gone, "the end of avahi-browse")
    callee.close_input()
    client.wait_for("Enter calls again")
    client.press("\r")
    client.wait_for("cannot look for @Ann: avahi-browse has ended$")
    client.press(ctrl("D"))
    assert client.wait() == 1


@needs_tls
def test_two_of_one_name(fakes, bob, start):
    """Nobody is called, and both are named."""
    doors = [Door(), Door()]
    fakes.browse("".join(seen("Ann", door.port, host=host, interface=host) for door, host in zip(doors, "ab")))
    client = start("-c", "-w", "60", "@Ann", env=bob.env)
    client.notice(f"there is more than one @Ann, nobody is called: one is at a port {doors[0].port}, "
                  f"another one at b port {doors[1].port}")
    assert client.wait() == 1
    for door in doors:
        door.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            door.socket.accept()


@needs_tls
def test_only_that_name(fakes, bob, stranger, start):
    """Others are not called, however much they look like it."""
    door, other = TlsDoor(stranger), Door()
    bob.knows(f"server {stranger.fingerprint} @Ann")
    fakes.browse(seen("ann", other.port) + seen("Ann ", other.port) + seen("Ann", door.port))
    client = start("-c", "@Ann", env=bob.env)
    door.accept()
    client.notice(f"encrypted: the key of @Ann ({HOST} port {door.port}) is known")


@needs_tls
def test_only_that_family(fakes, bob, start):
    door = Door()
    fakes.browse(seen("Ann", door.port))
    client = start("-c", "-6", "@Ann", env=bob.env)
    client.notice("cannot find @Ann on the local network")
    assert client.wait() == 1


@needs_tls
def test_nobody_of_that_name(fakes, bob, start):
    fakes.browse(seen("Bob", 8080))
    client = start("-c", "@Ann", env=bob.env)
    client.notice("calling @Ann")
    client.notice("cannot find @Ann on the local network")
    assert client.wait() == 1
    eventually(fakes.are_gone, "the end of avahi-browse")


@needs_tls
def test_who_comes_later(fakes, bob, stranger, start):
    """With -w it is waited for."""
    bob.knows(f"server {stranger.fingerprint} @Ann")
    door = TlsDoor(stranger)
    fakes.browse(seen("Bob", 8080))
    client = start("-c", "-w", "60", "@Ann", env=bob.env)
    client.notice("calling @Ann, for up to 60 s")
    eventually(fakes.pids, "avahi-browse")
    client.settle()
    fakes.tell(seen("Ann", door.port))
    door.accept()
    client.notice(f"encrypted: the key of @Ann ({HOST} port {door.port}) is known")


@needs_tls
def test_who_has_gone(fakes, bob, port, start):
    """Somebody who was announced, and does not answer; and who is gone before."""
    fakes.browse(seen("Bob", port) + gone("Bob") + seen("Ann", port))
    client = start("-c", "@Ann", env=bob.env)
    client.notice("cannot call @Ann: Connection refused")
    assert client.wait() == 1
    fakes.end()
    fakes.browse(seen("Ann", port) + gone("Ann"))
    client = start("-c", "@Ann", env=bob.env)
    client.notice("cannot find @Ann on the local network")


@needs_tls
@pytest.mark.parametrize("why", WHY)
def test_search_that_cannot_be(fakes, bob, start, why):
    prepare, text = WHY[why]
    assert bob.fingerprint
    bob.env["PATH"] = fakes.environment["PATH"]
    prepare(fakes)
    bob.env["PATH"] = fakes.environment["PATH"]
    client = start("-c", "@Ann", env=bob.env)
    client.notice(f"cannot look for @Ann: {text}")
    assert client.wait() == 1


@needs_tls
def test_called_again(found, bob, stranger):
    """In the full screen, with one key, by what is seen then."""
    bob.knows(f"server {stranger.fingerprint} @Ann")
    client, door = found()
    callee = door.accept()
    client.wait_for(r"encrypted: the key of @Ann \(.*\) is known$")
    callee.close_input()
    client.wait_for("has left")
    client.press("\r")
    door.accept()


@needs_tls
@needs_landlock
def test_who_looks_is_confined(fakes, bob, start):
    """It opens no file, and can get no rights; avahi-browse has nothing of tchat's."""
    fakes.browse(seen("Bob", 8080))
    client = start("-c", "-w", "60", "@Ann", env=bob.env)
    client.notice("calling @Ann, for up to 60 s")
    caller = eventually(lambda: [pid for pid in children(client.pid) if title(pid) == "tchat: calling @Ann"],
                        "the caller")[0]
    eventually(lambda: status(caller, "NoNewPrivs") == "1", "its confinement")
    [guard] = eventually(lambda: children(caller), "the guard")
    [program] = eventually(lambda: children(guard), "the program")
    eventually(lambda: str(fakes.lines) in descriptors(program).values(), "what it reads")
    held = descriptors(program)
    assert held.pop(0) == "/dev/null"
    assert held.pop(3) == str(fakes.lines)  # its own
    assert set(held) == {1, 2} and all(target.startswith("pipe:") for target in held.values())


TAKEN_OVER = pytest.mark.parametrize("attempt", ["read home", "write file", "remove file", "execute", "end speaker"])
confined = pytest.mark.skipif(SANITIZED, reason="the leak checker opens files")


@needs_tls
@needs_landlock
@confined
@TAKEN_OVER
def test_taken_over_while_it_calls(fakes, bob, stranger, run, tmp_path, attempt):
    """Who takes over the process that calls has no files, and goes on."""
    need_landlock_for(attempt)
    (tmp_path / "kept").touch()
    door = TlsDoor(stranger)
    bob.knows(f"server {stranger.fingerprint} @Ann")
    fakes.browse(seen("Ann", door.port))
    client = run(BREAKOUT, "-c", "@Ann", env=bob.env | {"CALLER": f"{attempt}\n"})
    callee = door.accept()
    client.err.expect("encrypted: the key of @Ann")
    client.send("hello\n")
    assert callee.expect("hello\n") == b""


@needs_landlock
@confined
@TAKEN_OVER
def test_taken_over_while_it_is_announced(fakes, environment, run, port, tmp_path, attempt):
    """The same of the one that waits."""
    need_landlock_for(attempt)
    (tmp_path / "kept").touch()
    fakes.publish()
    server = run(BREAKOUT, "-s", "-A", port, env=environment | {"CALLER": f"{attempt}\n"})
    server.notice("announced on the local network as Ann")
    caller = call(port)
    caller.send("hello\n")
    server.expect("hello\n")


# --- What real programs do. ---


@pytest.fixture
def people(machines, ann, bob):
    """Ann on one machine, and Bob on the other, who know each other's keys."""
    ann.knows(f"caller {bob.fingerprint} Bob")
    bob.knows(f"caller {ann.fingerprint} Ann")
    return machines


@pytest.fixture
def announced(people, ann, run, port):
    """Ann waits, and is announced."""
    def announced(*options, name="Ann"):
        server = run(*people[0].within, TCHAT, "-s", "-A", "-p", "-n", name, *options, port, env=ann.env)
        server.notice(f"announced on the local network as {name}")
        return server

    return announced


def listed(run, machine, *row):
    """Whether the list of a machine has that row, and no other one."""
    tchat = run(*machine.within, TCHAT, "-L")
    found = rows(tchat)
    return found == ([list(map(str, row))] if row else [])


@needs_tls
def test_real_conversation(people, announced, bob, run, port):
    """Announced by one machine, listed and called by the other."""
    server = announced("-t")
    eventually(lambda: listed(run, people[1], "Ann", "tower.local", port, "encrypted"), "the announcement")
    client = run(*people[1].within, TCHAT, "-c", "-4", "@Ann", env=bob.env)
    client.notice(f"connected to @Ann (192.0.2.1 port {port})")
    client.notice(f"encrypted: the key of @Ann (192.0.2.1 port {port}) is known")
    server.notice("encrypted: the caller is Bob")
    client.send("hello\n")
    server.expect("hello\n")
    server.send("hello Bob\n")
    client.expect("hello Bob\n")
    eventually(lambda: listed(run, people[1]), "the end of the announcement")


@needs_tls
def test_real_link_local_address(people, announced, bob, run):
    """An address of IPv6 is that of an interface."""
    assert people[0].does("ip", "addr", "flush", "dev", "net0", "scope", "global")
    server = announced("-t")
    client = run(*people[1].within, TCHAT, "-c", "-6", "-w", "20", "@Ann", env=bob.env)
    client.err.expect("connected to @Ann (fe80::")
    client.err.expect("%net0 port")
    client.send("hello\n")
    server.expect("hello\n")


@needs_tls
def test_real_names(people, announced, run, port):
    """Whatever name it is, it is the same one at the other end."""
    name = "-Ann & Éloïse (2.5)@x_,'+"
    announced(name=name)
    eventually(lambda: listed(run, people[1], name, "tower.local", port, "not encrypted"), "the announcement")


@needs_tls
def test_real_announcement_ends(people, announced, run, port):
    """Also where the program was killed."""
    server = announced("-k")
    eventually(lambda: listed(run, people[1], "Ann", "tower.local", port, "not encrypted"), "the announcement")
    server.kill()
    eventually(lambda: listed(run, people[1]), "the end of the announcement")


@needs_tls
def test_real_name_that_is_taken(people, announced, ann, run, port):
    """On another machine: the name becomes another one, which is said.  On this one it has to be chosen."""
    announced()
    other = run(*people[1].within, TCHAT, "-s", "-A", "-p", "-n", "Ann", port, env=ann.env)
    other.notice("announced on the local network as Ann #2")
    third = run(*people[0].within, TCHAT, "-s", "-A", "-p", "-n", "Ann", port + 1, env=ann.env)
    third.notice("cannot announce: another one here is announced by that name: choose one with -n")


@needs_tls
def test_real_daemon_that_ends(people, announced, ann, run, port):
    server = announced("-k")
    people[0].daemon.terminate()
    server.err.expect("not announced any more: avahi-publish: ")
    other = run(*people[0].within, TCHAT, "-s", "-A", "-p", port + 1, env=ann.env)
    other.notice(f"cannot announce: {NO_DAEMON}")
    tchat = run(*people[0].within, TCHAT, "-L")
    tchat.notice(f"cannot list who waits in the local network: {NO_DAEMON}")
    assert tchat.wait() == 1
