"""Names, ports and addresses: who can be reached, and what is said when nobody can."""

import contextlib
import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from peers import DEADLINE, HOST, SLOWNESS, TCHAT, Door, call, eventually, family, is_listening, process_state, socket_of


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as six:
            six.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def assert_refused(port, host=HOST):
    with pytest.raises(ConnectionRefusedError):
        call(port, host)


# A server's door


def test_server_listens_on_all_addresses(serve, port):
    """Somebody can call on any address of the machine."""
    server = serve()
    call(port, "127.0.0.2")
    server.notice("127.0.0.1 has called")


@needs_ipv6
def test_server_listens_on_ipv6_too(serve, port):
    """IPv6 callers come in through the same port."""
    server = serve()
    caller = call(port, "::1")
    server.notice("::1 has called")


@needs_ipv6
def test_server_on_ipv4_only(serve, port):
    """With -4, nobody comes in through IPv6."""
    serve("-4")
    assert_refused(port, "::1")
    call(port)


@needs_ipv6
def test_server_on_ipv6_only(serve, port):
    """With -6, nobody comes in through IPv4."""
    serve("-6")
    assert_refused(port)
    call(port, "::1")


def test_server_bound_to_an_address(start, port):
    """With -b, somebody who calls another address of the machine is refused."""
    server = start("-s", "-b", "127.0.0.2", port)
    server.notice(f"waiting on 127.0.0.2 port {port}")
    assert_refused(port)
    call(port, "127.0.0.2")
    server.err.expect("has called\n")


def test_server_on_the_default_port(start):
    """Without a port it is 8080."""
    server = start("-s")
    line = server.err.expect("\n").decode()
    assert line in ("tchat: waiting on port 8080",
                    "tchat: cannot listen on port 8080: Address already in use; if somebody waits there, call with -c")


def test_second_caller_finds_the_door_closed(called, port):
    """Without -k, one caller is all."""
    called()
    assert not is_listening(port)
    assert_refused(port)


def test_port_in_use(start):
    """Two servers cannot have one port."""
    door = Door("0.0.0.0")
    server = start("-s", door.port)
    server.notice(f"cannot listen on port {door.port}: Address already in use; if somebody waits there, call with -c")
    assert server.wait() == 1


@needs_ipv6
def test_port_in_use_on_one_family(start):
    """A port that somebody has on IPv6 alone is no port for both."""
    door = Door("::1")
    server = start("-s", door.port)
    server.notice(f"cannot listen on port {door.port}: Address already in use; if somebody waits there, call with -c")
    assert server.wait() == 1


def test_port_is_free_again_at_once(called, port, start):
    """A server that has just ended can be started again on the same port."""
    server, caller = called()
    server.close_input()
    caller.expect_end()  # the server ends first, so the kernel remembers its port for a while
    caller.close_input()
    assert server.wait() == 0
    server = start("-s", port)
    server.notice(f"waiting on port {port}")
    call(port)
    server.err.expect("has called\n")


def test_address_of_another_machine(start, port):
    """Only own addresses can be listened on."""
    server = start("-s", "-b", "192.0.2.1", port)
    server.notice(f"cannot listen on 192.0.2.1 port {port}: Cannot assign requested address")
    assert server.wait() == 1


def test_privileged_port_without_privilege(run):
    """Ports below 1024 are for those who may."""
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if first < 2:
        pytest.skip("no port is privileged here")
    unprivileged = ["setpriv", "--bounding-set=-net_bind_service"] if os.geteuid() == 0 else []
    server = run(*unprivileged, TCHAT, "-s", first - 1)
    server.notice(f"cannot listen on port {first - 1}: Permission denied; take a port from 1024 on")
    assert server.wait() == 1


# A client's call


def test_nobody_answers(start, port):
    """A port on which nobody waits."""
    client = start("-c", HOST, port)
    client.notice(f"calling {HOST} port {port}")
    client.notice(f"cannot call {HOST} port {port}: Connection refused; the other side waits with tchat -s {port}")
    assert client.wait() == 1
    assert client.out.data == b""


def test_machine_that_does_not_answer(start, silent_port):
    """A call that is neither taken nor refused ends when the patience of -w does."""
    client = start("-c", "-w", 1, HOST, silent_port)
    client.notice(f"cannot call {HOST} port {silent_port}: Connection timed out")
    assert client.wait() == 1


def test_name_that_does_not_resolve(start, port):
    """A name that nobody has."""
    client = start("-c", "nosuch.invalid", port)
    client.err.expect("tchat: cannot find nosuch.invalid: ")
    assert client.wait() == 1
    assert re.fullmatch(rb"tchat: calling nosuch.invalid port \d+\n"
                        rb"tchat: cannot find nosuch.invalid: [A-Z][^\n]+\n", client.err.data)


@needs_ipv6
@pytest.mark.parametrize("address", ["::1", "127.0.0.1", "127.0.0.3"])
def test_client_tries_every_address(run, with_etc, address):
    """Of the addresses that a name has, the one where somebody waits is found."""
    door = Door(address)
    hosts = "127.0.0.3 several\n127.0.0.1 several\n::1 several\n"
    client = run(*with_etc(hosts=hosts), TCHAT, "-c", "several", door.port)
    door.accept()
    client.notice(f"connected to several port {door.port}")


def test_hosts_that_are_somewhere_else(run, with_linked_hosts):
    """/etc/hosts, or its like, can be a link to anywhere."""
    door = Door()
    client = run(*with_linked_hosts(f"{HOST} elsewhere\n"), TCHAT, "-c", "elsewhere", door.port)
    door.accept()
    client.notice(f"connected to elsewhere port {door.port}")


@pytest.fixture
def looking_up(run, with_etc, environment, port):
    """tchat as a client while it looks up a name, and nobody answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as names:
        try:
            names.bind(("127.0.0.54", 53))
        except OSError as error:
            pytest.skip(f"cannot be a name server: {error}")
        names.settimeout(DEADLINE)
        client = run(*with_etc(resolv_conf="nameserver 127.0.0.54\n"), TCHAT, "-c", "nosuch.invalid",
                     port, env=dict(environment, RES_OPTIONS="timeout:30"))
        names.recv(512)
        yield client


def test_name_server_that_does_not_answer(looking_up):
    """Who is told to end while a name is looked up ends at once."""
    looking_up.kill(signal.SIGTERM)
    assert looking_up.wait() == -signal.SIGTERM


def test_killed_while_a_name_is_looked_up(looking_up):
    """kill -9 while a name is looked up: nothing of tchat goes on with that."""
    helpers = family(looking_up.pid)[1:]
    assert len(helpers) == 2  # who calls, and who looks up for it
    looking_up.kill()
    looking_up.wait()
    eventually(lambda: not any(map(process_state, helpers)), "the end of the helper")


@needs_ipv6
def test_client_calls_ipv6(start):
    """An IPv6 address is a host like any other."""
    door = Door("::1")
    client = start("-c", "::1", door.port)
    door.accept()
    client.notice(f"connected to ::1 port {door.port}")


@pytest.mark.parametrize("family, host", [("-4", "::1"), ("-6", HOST)])
def test_client_of_one_family(start, port, family, host):
    """With -4 or -6, an address of the other family is none."""
    client = start("-c", family, host, port)
    client.err.expect(f"tchat: cannot find {host}: ")
    assert client.wait() == 1


def test_client_bound_to_an_address(start):
    """With -b, the server sees the call come from that address."""
    door = Door()
    client = start("-c", "-b", "127.0.0.2", HOST, door.port)
    callee = door.accept()
    client.err.expect("connected")
    assert callee.socket.getpeername()[0] == "127.0.0.2"


def test_client_bound_to_a_foreign_address(start, port):
    """Nobody can call from an address that is not theirs."""
    client = start("-c", "-b", "192.0.2.1", HOST, port)
    client.notice("cannot call from 192.0.2.1: Cannot assign requested address")
    assert client.wait() == 1


def test_client_keeps_calling(start, port):
    """With -w, it does not matter who is started first."""
    client = start("-c", "-w", int(DEADLINE), HOST, port)
    client.notice(f"calling {HOST} port {port}, for up to {int(DEADLINE)} s")
    client.settle()
    server = start("-s", port)
    client.notice(f"connected to {HOST} port {port}")
    client.send("at last\n")
    server.expect("at last\n")


def test_client_gives_up_calling(start, port):
    """With -w 1, the last refusal is reported after about a second."""
    begin = time.monotonic()
    client = start("-c", "-w", 1, HOST, port)
    client.notice(f"cannot call {HOST} port {port}: Connection refused; the other side waits with tchat -s {port}")
    assert client.wait() == 1
    assert 0.5 < time.monotonic() - begin < 5 * SLOWNESS


# What the kernel is asked for


def socket_options(program, *options):
    """What the options of a program's connection are, looked at through a copy of its socket."""
    with socket_of(program) as same:
        return [same.getsockopt(level, option) for level, option in options]


@pytest.mark.parametrize("side", ["called", "calling"])
def test_vanished_machine_is_noticed_in_a_minute(request, side):
    """The kernel asks after a silent peer, and gives up after about a minute; lines do not wait."""
    program, _ = request.getfixturevalue(side)()
    keepalive, idle, interval, count, no_delay = socket_options(
        program, (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT), (socket.IPPROTO_TCP, socket.TCP_NODELAY))
    assert keepalive and no_delay
    assert 30 <= idle + interval * count <= 90


def test_peer_that_reads_late_is_no_vanished_machine(serve, port):
    """A peer may leave lines unread for as long as it likes: the kernel does not give it up then, not even
    while tchat is stopped, and cannot look."""
    server = serve()
    with socket.create_connection((HOST, port)):
        server.err.expect("has called\n")
        server.clog(server.process.stdin.fileno())
        assert socket_options(server, (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)) == [0]
