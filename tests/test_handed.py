"""Listening sockets that whoever has started a server hands over, as systemd does (sd_listen_fds(3))."""

import contextlib
import fcntl
import os
import re
import shlex
import signal
import socket
import sys

import pytest

from fullscreen import BACK, F2
from peers import DEADLINE, HOST, TCHAT, Door, call, is_listening, needs_linux
from room import Room, enter
from test_network import needs_ipv6
from test_same_machine import ME, hand_over_to, needs_passrights

FIRST = 3  # the descriptor of the first one

# Becomes a program that has these descriptors, with the variables for this process, or another one.
LAUNCHER = f"""
import os, sys
descriptors, pid, program = sys.argv[1].split(), sys.argv[2], sys.argv[3:]
for number, descriptor in enumerate(descriptors, {FIRST}):
    os.dup2(int(descriptor), number)
os.closerange({FIRST} + len(descriptors), 1 + max([{FIRST}, *map(int, descriptors)]))
os.environ.update(LISTEN_PID=pid or str(os.getpid()), LISTEN_FDS=str(len(descriptors)), LISTEN_FDNAMES="names")
os.execv(program[0], program)
"""


@pytest.fixture
def handing():
    """Runs tchat, by run or on_terminal, with descriptors from the first one on."""
    with contextlib.ExitStack() as copies:
        def handing(run, sockets, *arguments, pid="", **options):
            high = [fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, 100) for sock in sockets]  # beyond those they become
            for descriptor in high:
                copies.callback(os.close, descriptor)
            return run(sys.executable, "-c", LAUNCHER, " ".join(map(str, high)), str(pid), TCHAT,
                       *map(str, arguments), pass_fds=high, **options)

        yield handing


@pytest.fixture
def hand_over(handing, run):
    """Runs tchat with pipes, and these sockets."""
    return lambda sockets, *arguments, **options: handing(run, sockets, *arguments, **options)


def listening(address="0.0.0.0", **options):
    """A socket that listens at some port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, 0), family=family, **options)


def port_of(sock):
    return sock.getsockname()[1]


@pytest.fixture
def door():
    """A socket that was handed over."""
    with listening() as door:
        yield door


def test_server_waits_at_it(hand_over, door, port):
    """And not at the port that was given, which it does not take."""
    server = hand_over([door], "-s", "-p", port)
    server.notice(f"waiting on port {port_of(door)}")
    caller = call(port_of(door))
    server.notice(f"{HOST} has called")
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    assert not is_listening(port)


def test_group_meets_there(hand_over, door):
    """With a notice of who comes on standard error, and nobody at the keyboard."""
    host = hand_over([door], "-s", "-g", "-p")
    host.notice(f"waiting on port {port_of(door)}")
    ann, bob = Room(host, port_of(door)).join("ann", "bob")
    host.notice("~bob has joined: 3 are here")
    ann.send("hello\n")
    bob.expect("<~ann> hello\n")


@pytest.mark.parametrize("arguments", [["-k", "-p"], ["-g", "-p"]], ids=["-k", "-g"])
def test_one_after_the_other(hand_over, door, arguments):
    """Where more than one may call, later ones come in there, too."""
    server = hand_over([door], "-s", *arguments)
    for count in range(3):
        caller = call(port_of(door))
        if "-g" in arguments:
            enter(caller, "ann")
        caller.send(f"line {count}\n")
        server.expect(f"line {count}\n")
        caller.close_input()
        caller.expect_end()


def test_caller_from_before(hand_over, door):
    """Who has called before the server was started, which is why it was, is let in."""
    caller = call(port_of(door))
    caller.send("is somebody there?\n")
    server = hand_over([door], "-s", "-p")
    server.expect("is somebody there?\n")
    server.send("now\n")
    caller.expect("now\n")


@needs_ipv6
@pytest.mark.parametrize("arguments", [["-k", "-p"], ["-g", "-p"]], ids=["-k", "-g"])
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "not blocking"])
def test_several(hand_over, arguments, blocking):
    """At all of them somebody can call, in any order, however they were made: one at which nobody calls keeps nobody
    waiting."""
    with listening() as four, listening("::1") as six:
        for sock in four, six:
            sock.setblocking(blocking)
        server = hand_over([four, six], "-s", *arguments)
        server.notice(f"waiting on port {port_of(four)}")
        for sock, host in (six, "::1"), (four, HOST), (four, HOST), (six, "::1"):
            caller = call(port_of(sock), host)
            server.send("answer\n")
            caller.expect("answer\n")
            caller.close_input()
            caller.expect_end()


@needs_ipv6
def test_ipv4_callers_of_a_socket_for_both(hand_over, tmp_path):
    """They are shown by the address that they have, also in the log."""
    log = tmp_path / "log"
    with listening("::", dualstack_ipv6=True) as both:
        server = hand_over([both], "-s", "-k", "-p", "-l", log)
        server.notice(f"waiting on port {port_of(both)}")
        for host in HOST, "::1":
            caller = call(port_of(both), host)
            server.notice(f"{host} has called")
            caller.close_input()
            caller.expect_end()
            server.notice(f"{host} has left")
    assert f"{HOST} port " in log.read_text()
    assert "ffff" not in log.read_text()


@pytest.mark.parametrize("arguments", [[], ["-g"]], ids=["one caller", "-g"])
def test_full_screen(handing, on_terminal, environment, door, arguments):
    """There, too; and the variables are gone, so that no program that it starts takes a socket of its own for one."""
    variables = shlex.quote("env | sed -n 's/^LISTEN_.*/[&]/p'; echo '[all]'")
    server = handing(on_terminal, [door], "-s", *arguments, env=dict(environment, PAGER=f"sh -c {variables}"))
    server.wait_for(f"waiting on port {port_of(door)}")
    caller = call(port_of(door))
    if arguments:
        enter(caller, "ann")
    caller.send("question\n")
    server.wait_for("question$")
    server.say("answer")
    caller.expect("answer\n")
    server.press(F2)
    server.wait_for(BACK)
    assert server.shows(r"^\[all\]$") and not server.shows("LISTEN_")


@pytest.mark.parametrize("name", ["here", ""], ids=["path", "unnamed"])
def test_path(hand_over, start, tmp_path, name):
    """One that is on this machine alone: callers are known by their users, who see who has made it, and it stays."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / name) if name else "")  # the kernel finds one
        door.listen()
        server = hand_over([door], "-s", "-k", "-p")
        server.notice(f"waiting on {tmp_path / name}" if name else "waiting on unnamed")
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(door.getsockname())
            server.notice(f"{ME} has called")
            caller.sendall(b"question\n")
            server.expect("question\n")
            if name:
                start("-c", "-U", door.getsockname()).notice(f"connected to {door.getsockname()}, where {ME} waits")
        server.kill(signal.SIGTERM)
        server.wait()
        assert not name or (tmp_path / name).is_socket()


@needs_linux
@needs_passrights
def test_descriptors_are_refused(hand_over, tmp_path):
    """Also of who has called before the server was started."""
    with listening_at(tmp_path / "here") as door, socket.socket(socket.AF_UNIX) as early:
        early.connect(door.getsockname())
        server = hand_over([door], "-s", "-k", "-p")
        server.notice(f"{ME} has called")
        for caller in early, socket.socket(socket.AF_UNIX):
            if caller is not early:
                caller.connect(door.getsockname())
            with caller, pytest.raises(PermissionError):
                hand_over_to(caller)


def listening_at(path):
    """A socket that listens at a path, or where the kernel finds a place if there is none."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen()
    return door


def test_how_to_call_is_said_for_what_can_be_called(handing, on_terminal, tmp_path):
    """The whole path where there is but one, an address where there is one, and nothing where neither is known."""
    with listening_at(tmp_path / "here") as door:
        server = handing(on_terminal, [door], "-s", columns=150)
        server.wait_for(f"only this machine can call: tchat -c -U {tmp_path / 'here'}$")


def test_how_to_call_an_address(handing, on_terminal, tmp_path):
    """Beside a path, too."""
    with listening() as door, listening_at(tmp_path / "here") as local:
        server = handing(on_terminal, [door], "-s", columns=150)
        server.wait_for(f" {port_of(door)}$")
        [row] = [row for row in server.pane if f" {port_of(door)}" in row and "tchat -c" in row]
        if "tell the other person" not in row:
            pytest.skip("this machine has no address in a network")
        server = handing(on_terminal, [local, door], "-s", columns=150)
        server.wait_for(re.escape(row[row.index("tell"):].rstrip()))


@pytest.mark.parametrize("name", ["", "here"], ids=["unnamed", "relative"])
def test_how_to_call_is_not_said(handing, on_terminal, tmp_path, monkeypatch, name):
    """A socket without a path, or with one from a directory that is not known, is nothing to tell of."""
    monkeypatch.chdir(tmp_path)
    with listening_at(name) as door:
        server = handing(on_terminal, [door], "-s", columns=150)
        server.wait_for(f"waiting on {name or 'unnamed'}")
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(door.getsockname())
            server.wait_for(f"{re.escape(ME)} has called")
        assert not server.shows("tchat -c")


def test_both(hand_over, tmp_path):
    """Where some call from this machine and others by TCP, it is said of each where they are."""
    with listening() as door, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "here"))
        local.listen()
        server = hand_over([door, local], "-s", "-k", "-p")
        server.notice(f"waiting on port {port_of(door)}")
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(local.getsockname())
            server.notice(f"{ME} has called")
        server.notice(f"{ME} has left")
        call(port_of(door))
        server.notice(f"{HOST} has called")


def test_meant_for_another_process(hand_over, door, port):
    """Then it listens by itself, at the port that was given."""
    server = hand_over([door], "-s", "-p", port, pid=os.getpid())
    server.notice(f"waiting on port {port}")
    call(port)
    server.notice(f"{HOST} has called")


def test_client_does_without(hand_over, door):
    """It calls as ever, whatever was handed over, and leaves that alone."""
    with no_socket() as other:
        callee = Door()
        client = hand_over([door, other], "-c", "-p", HOST, callee.port)
        client.notice(f"connected to {HOST} port {callee.port}")
        line = callee.accept()
        client.send("hello\n")
        line.expect("hello\n")


def no_socket():
    return open(os.devnull)


def connected():
    """An end of a conversation, which is no place to wait for one."""
    with listening(HOST) as door:
        return socket.create_connection(door.getsockname())


def datagram():
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    return sock


def not_yet():
    """Has a port, but does not listen."""
    sock = socket.socket()
    sock.bind((HOST, 0))
    return sock


@pytest.mark.parametrize("make", [no_socket, connected, datagram, not_yet])
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_no_listening_socket(hand_over, door, make, place):
    """Is said, in one line, and nobody is let in by any of them."""
    with make() as other:
        sockets = [door]
        sockets.insert(place, other)
        server = hand_over(sockets, "-s", "-p")
        assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot wait at descriptor {FIRST + place}: it is no stream socket that listens\n")


def test_descriptor_that_is_not_there(run):
    """The variables promise more than there is."""
    server = run("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", TCHAT, "-s", "-p")
    assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot wait at descriptor {FIRST}: it is no stream socket that listens\n")


@pytest.mark.parametrize("options", [["-b", HOST], ["-4"], ["-6"], ["-U", "here"]],
                         ids=lambda options: options[0])
def test_address_that_they_do_not_have(hand_over, door, options):
    """It is for whoever opens a socket to say where that waits: nobody is let in who would not be expected."""
    server = hand_over([door], "-s", "-g", "-p", *options)
    assert server.wait() == 1
    assert server.err.data.decode() == ("tchat: cannot wait at sockets that were handed over with "
                                        f"{options[0]}: they have their addresses\n")


@pytest.mark.parametrize("count", ["abc", "", "-1", "1x", "99999999999999999999"])
def test_count_that_is_none(run, port, count):
    """Then there may be some: it does not wait at a port of its own."""
    server = run("sh", "-c", f'LISTEN_PID=$$ LISTEN_FDS={count} exec "$@"', "sh", TCHAT, "-s", "-p", port)
    assert server.wait() == 1
    assert server.err.data == (b"tchat: cannot wait at sockets that were handed over: "
                               b"LISTEN_FDS does not say how many\n")


def test_none(run, port):
    """It waits at the port that was given, at the address that was."""
    server = run("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=0 exec "$@"', "sh", TCHAT, "-s", "-p", "-b", HOST, port)
    server.notice(f"waiting on {HOST} port {port}")


def test_too_many(hand_over):
    """Four are fine, five are not."""
    with contextlib.ExitStack() as all_of_them:
        doors = [all_of_them.enter_context(listening()) for _ in range(5)]
        server = hand_over(doors[:4], "-s", "-p")
        server.notice(f"waiting on port {port_of(doors[0])}")
        call(port_of(doors[3]))
        server.notice(f"{HOST} has called")
        server = hand_over(doors, "-s", "-p")
        assert server.wait() == 1
        assert server.err.data == b"tchat: cannot wait at 5 sockets that were handed over: 4 at most\n"


@pytest.mark.parametrize("arguments", [["-p"], ["-k", "-p"], ["-g", "-p"]], ids=["one caller", "-k", "-g"])
def test_nothing_happens_to_it(hand_over, door, arguments):
    """It belongs to who has made it: it goes on listening after the end, and is as it was."""
    door.settimeout(None)
    flags = fcntl.fcntl(door, fcntl.F_GETFL)
    for _ in range(2):
        server = hand_over([door], "-s", *arguments)
        server.notice(f"waiting on port {port_of(door)}")
        caller = call(port_of(door))
        server.send("hello\n")
        caller.expect("hello\n")
        assert fcntl.fcntl(door, fcntl.F_GETFL) == flags
        server.kill(signal.SIGTERM)
        caller.incoming.expect_end()
        caller.close_input()
        server.wait()
    later = call(port_of(door))
    door.settimeout(DEADLINE)
    with door.accept()[0] as accepted:
        later.send("hello\n")
        assert accepted.recv(6) == b"hello\n"
