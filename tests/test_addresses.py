"""A name that has several addresses: which of them is called, and when (RFC 8305)."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from peers import HOST, TCHAT, callers, eventually, process_state
from test_bad_networks import HERE, NOWHERE, THERE, Link
from tls import needs_tls

SIX_HERE, SIX_THERE, SIX_NOWHERE, SIX_ELSEWHERE = (f"2001:db8::{n}" for n in range(1, 5))
SYN, RST, ACK = 0x02, 0x04, 0x10


def read_packet(packet):
    """The destination of a packet, and the flags of its TCP header, or 0."""
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        return socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[header + 13] if packet[9] == 6 else 0
    return socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40 + 13] if packet[6] == 6 else 0


class Choice(Link):
    """A link over which the second host calls the first, which has addresses of both families.  What is for some
    addresses gets lost, and answers to calls can be held back."""

    def __init__(self, name):
        self.silent = set()
        self.called, self.established, self.reset = {}, set(), set()  # addresses; and when they were first called
        self.holds, self.held = False, {}  # answers that are held back: who is to get them, as (end, packet)
        super().__init__(name, 0)
        self.lossy = False
        for number, address in enumerate((SIX_HERE, SIX_THERE)):
            self._ip(f"-n {self.hosts[number]} -6 address add {address}/64 dev {self._device(number)} nodad")

    def _arrivals(self, end, packet):
        address, flags = read_packet(packet)
        if flags & (SYN | ACK) == SYN:
            self.called.setdefault(address, time.monotonic())
        elif flags & RST:
            self.reset.add(address)
        elif flags & SYN == 0:
            self.established.add(address)
        if address in self.silent:
            return []
        if flags & (SYN | ACK) == SYN | ACK and self.holds:
            self.held[address] = self._ends[1 - self._ends.index(end)], packet
            return []
        return super()._arrivals(end, packet)

    def link_local(self, number):
        """The address of a host that is good on the link alone, as the other one has to call it."""
        shown = subprocess.run(["ip", "-n", self.hosts[number], "-6", "address", "show", "dev", self._device(number)],
                               capture_output=True, text=True, check=True).stdout
        return f"{re.search('inet6 (fe80::[^/]*)', shown)[1]}%{self._device(1 - number)}"

    def release(self, *whose):
        """Has the answers arrive, in that order."""
        self.holds = False
        for address in whose:
            os.write(*self.held[address])


@pytest.fixture
def choice(port):
    """The link, where this user may make one."""
    try:
        link = Choice(f"tchat-{port}")
    except (FileNotFoundError, PermissionError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces: {getattr(error, 'stderr', error)}")
    yield link
    link.remove()


@pytest.fixture
def calling(choice, with_etc, run, port):
    """tchat on the second host, which calls a name that has these addresses."""
    def calling(*addresses, options=()):
        hosts = "".join(f"{address} several\n" for address in addresses)
        for address in addresses:
            if "." in address and address != HERE:
                choice.add_route(address)
        return run(*choice.inside(1), *with_etc(hosts=hosts), TCHAT, "-c", *options, "several", port)

    return calling


@pytest.fixture
def answering(choice, run, port):
    """tchat on the first host, which waits for one call."""
    def answering(*options):
        server = run(*choice.inside(0), TCHAT, "-s", *options, port)
        server.err.expect(f"port {port}\n")
        return server

    return answering


def talk(client, server):
    client.send("hello\n")
    server.expect("hello\n")
    server.send("and hello\n")
    client.expect("and hello\n")


def test_address_that_does_not_answer(choice, answering, calling, port):
    """It costs a moment, not the ten seconds after which it is given up."""
    choice.silent = {SIX_NOWHERE}
    server = answering()
    client = calling(SIX_NOWHERE, HERE)
    client.notice(f"connected to several port {port}")
    assert choice.called[HERE] - choice.called[SIX_NOWHERE] < 9
    talk(client, server)


def test_nobody_answers(choice, calling, port):
    """The families take turns, beginning with IPv6, each in its order, and the last one is not forgotten."""
    choice.silent = {HERE, NOWHERE, SIX_NOWHERE, SIX_ELSEWHERE}
    client = calling(SIX_NOWHERE, SIX_ELSEWHERE, NOWHERE, HERE, options=["-w", 3])
    client.notice(f"cannot call several port {port}: Connection timed out")
    assert client.wait() == 1
    assert [":" in address for address in choice.called] == [True, False, True, False]


def test_address_that_refuses(choice, answering, calling, port):
    """The next one is called."""
    server = answering("-b", HERE)
    client = calling(SIX_HERE, HERE)
    client.notice(f"connected to several port {port}")
    assert list(choice.called) == [SIX_HERE, HERE]
    talk(client, server)


def test_refusal_tells_more_than_silence(choice, calling, port):
    """Where nobody can be had, that an address has refused is what is said, though others did not answer after that."""
    choice.silent = {SIX_NOWHERE, NOWHERE}
    client = calling(SIX_NOWHERE, HERE, NOWHERE, options=["-w", 2])
    client.notice(f"cannot call several port {port}: Connection refused; the other side waits with tchat -s {port}")
    assert client.wait() == 1
    assert set(choice.called) == {SIX_NOWHERE, HERE, NOWHERE}


def test_slow_answer_loses(choice, answering, calling, port):
    """Of two addresses that answer, the first to answer is taken; and a server for one call takes that one."""
    choice.holds = True
    server = answering()
    client = calling(SIX_HERE, HERE)
    eventually(lambda: len(choice.held) == 2, "both answers")
    choice.release(THERE)
    client.notice(f"connected to several port {port}")
    choice.release(SIX_THERE)
    eventually(lambda: SIX_HERE in choice.reset, "the reset")
    server.notice(f"{THERE} has called")
    talk(client, server)


def test_both_answer_at_once(choice, answering, calling, port):
    """Two addresses have been connected with before either could be taken: the other one is reset, and a server for one
    call, at which both are, passes it over."""
    choice.holds = True
    server = answering()
    client = calling(SIX_HERE, HERE)
    eventually(lambda: len(choice.held) == 2, "both answers")
    [dialling], [waiting] = callers(client.pid), callers(server.pid)
    for pid in waiting, dialling:
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda pid=pid: process_state(pid) == "T", "a pause")
    choice.release(THERE, SIX_THERE)
    eventually(lambda: {HERE, SIX_HERE} <= choice.established, "both connections")
    os.kill(dialling, signal.SIGCONT)
    client.notice(f"connected to several port {port}")
    eventually(lambda: HERE in choice.reset, "the reset")
    os.kill(waiting, signal.SIGCONT)
    server.notice(f"{SIX_THERE} has called")
    talk(client, server)


def test_scoped_address(choice, run, port):
    """An address that is good on one link alone is called by the name of the interface there, and shown as typed."""
    server = run(*choice.inside(0), TCHAT, "-s", port)
    server.err.expect(f"port {port}\n")
    there = choice.link_local(0)
    client = run(*choice.inside(1), TCHAT, "-c", there, port)
    client.notice(f"connected to {there} port {port}")
    server.err.expect(" has called\n")
    talk(client, server)


@pytest.mark.parametrize("written", [f"::ffff:{HOST}", f"[::ffff:{HOST}]"])
def test_ipv4_in_ipv6(start, port, written):
    """It is called, and the caller is shown by the address that it has."""
    server = start("-s", "-b", HOST, port)
    server.notice(f"waiting on {HOST} port {port}")
    client = start("-c", written, port)
    client.notice(f"connected to ::ffff:{HOST} port {port}")
    server.notice(f"{HOST} has called")
    talk(client, server)


def test_twenty_addresses(with_etc, run, start, port):
    """All of them are called, one after the other, until one answers."""
    last = "127.0.0.40"
    server = start("-s", "-b", last, port)
    server.notice(f"waiting on {last} port {port}")
    addresses = [f"127.0.0.{number}" for number in range(21, 40)] + [last]
    client = run(*with_etc(hosts="".join(f"{address} several\n" for address in addresses)), TCHAT, "-c", "several", port)
    client.notice(f"connected to several port {port}")
    talk(client, server)


@needs_tls
def test_international_name(with_etc, run, start, port, environment):
    """It is looked up in the form that name servers have it in (RFC 5890), and shown as it was typed."""
    name, encoded = "bücher.example", "xn--bcher-kva.example"
    server = start("-s", "-b", HOST, port)
    server.notice(f"waiting on {HOST} port {port}")
    client = run(*with_etc(hosts=f"{HOST} {encoded}\n"), TCHAT, "-c", name, port)
    client.notice(f"connected to {name} port {port}")
    talk(client, server)


def test_name_of_a_service(with_etc, run, start, port):
    """So is a port that has a name."""
    server = start("-s", "-b", HOST, port)
    server.notice(f"waiting on {HOST} port {port}")
    client = run(*with_etc(services=f"conversation {port}/tcp\n"), TCHAT, "-c", HOST, "conversation")
    client.notice(f"connected to {HOST} port {port}")
    talk(client, server)
