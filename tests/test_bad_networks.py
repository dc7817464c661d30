"""Networks that lose, delay, repeat and reorder packets, and peers that do strange things."""

import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from fullscreen import DELIVERED, LOST, ON_ITS_WAY, WAITING, marked, screen_deaf  # noqa: F401, a fixture
from peers import DEADLINE, HASTY, HOST, TCHAT, eventually, needs_linux, socket_of, together
from room import enter
from terminal import ctrl
from test_group_pace import talk
from test_screen import lines, pasted, theirs
from tls import needs_tls

HERE, THERE = "192.0.2.1", "192.0.2.2"
NOWHERE, ELSEWHERE = "198.51.100.1", "203.0.113.1"


class Link:
    """Two hosts, namespaces of this machine, and a link between them whose packets this class carries,
    or not: some are lost, late, repeated or overtaken by others, always the same ones for a seed.  What is
    not lossy can be slow: so many bytes a second."""

    LOST, REPEATED, LATE = 0.1, 0.05, 0.2
    IN_SUCCESSION = 2  # lost at most: TCP waits twice as long each time, sooner or later longer than a test

    def __init__(self, name, seed):
        self._name = name
        self.hosts = [f"{name}-here", f"{name}-there"]
        self.lossy, self.cut, self.speed = True, False, float("inf")
        self._free = {}  # for each end, when the packet before is through
        self.lost = self._lost_now = 0
        self._random = random.Random(seed)
        self._ends = []
        self._waking, self._awake = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        try:
            for number, (host, address) in enumerate(zip(self.hosts, (HERE, THERE))):
                self._ip(f"netns add {host}")
                device = self._device(number)
                end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                self._ends.append(end)
                iff_tun, iff_no_pi, tunsetiff = 1, 0x1000, 0x400454CA
                fcntl.ioctl(end, tunsetiff, struct.pack("16sH22x", device.encode(), iff_tun | iff_no_pi))
                self._ip(f"link set {device} netns {host}")
                self._ip(f"-n {host} address add {address}/30 dev {device}")
                self._ip(f"-n {host} link set {device} up")
                self._ip(f"-n {host} link set lo up")
        except BaseException:
            self.remove()
            raise
        self._thread.start()

    @staticmethod
    def _ip(words):
        subprocess.run(["ip", *words.split()], check=True, capture_output=True)

    def _device(self, number):
        return f"t{self._name[-6:]}{number}"

    def set_up(self, up):
        """Unplugs the first host, or plugs it in again."""
        self._ip(f"-n {self.hosts[0]} link set {self._device(0)} {'up' if up else 'down'}")

    def add_address(self, address):
        """Gives the first host one more address."""
        self._ip(f"-n {self.hosts[0]} address add {address}/32 dev {self._device(0)}")

    def add_route(self, address):
        """Has the second host send over the link what is for an address that no host need have."""
        self._ip(f"-n {self.hosts[1]} route add {address} dev {self._device(1)}")

    def _arrivals(self, end, packet):
        """When a packet arrives, in seconds from now: each time that it does."""
        unlucky = self._random.random() < self.LOST and self._lost_now < self.IN_SUCCESSION
        if self.cut or (self.lossy and unlucky):
            self.lost += 1
            self._lost_now += 1
            return []
        self._lost_now = 0
        if not self.lossy:
            now = time.monotonic()
            self._free[end] = max(self._free.get(end, 0), now) + len(packet) / self.speed
            return [self._free[end] - now]
        times = 2 if self._random.random() < self.REPEATED else 1
        return [self._random.random() * 0.02 if self._random.random() < self.LATE else 0
                for _ in range(times)]

    def _carry(self):
        late, count = [], 0  # packets that are on their way: when they arrive, where, and what they are
        while True:
            timeout = max(0, late[0][0] - time.monotonic()) if late else None
            ready = select.select([self._waking, *self._ends], [], [], timeout)[0]
            if self._waking in ready:
                return
            for end in ready:
                packet = os.read(end, 65536)
                for delay in self._arrivals(end, packet):
                    count += 1
                    other = self._ends[1 - self._ends.index(end)]
                    heapq.heappush(late, (time.monotonic() + delay, count, other, packet))
            while late and late[0][0] <= time.monotonic():
                try:
                    os.write(late[0][2], late[0][3])
                except OSError:
                    pass  # no room, or the device is down: one more that is lost
                heapq.heappop(late)

    def inside(self, number):
        """What comes before a command that is to run on one of the hosts."""
        return ["ip", "netns", "exec", self.hosts[number]]

    def remove(self):
        if self._thread.is_alive():
            os.write(self._awake, b"x")
            self._thread.join()
        for host in self.hosts:
            subprocess.run(["ip", "netns", "delete", host], capture_output=True)
        for descriptor in (*self._ends, self._waking, self._awake):
            os.close(descriptor)


@pytest.fixture
def link(port):
    """A link that loses packets, where this user may make one."""
    try:
        link = Link(f"tchat-{port}", port)
    except (FileNotFoundError, PermissionError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces: {getattr(error, 'stderr', error)}")
    yield link
    link.remove()


def test_patience_is_for_every_address(link, with_etc, run, port):
    """With -w, an address that does not answer does not take the time of those after it."""
    link.lossy, link.speed = False, 1000  # a packet takes a while
    link.add_address(ELSEWHERE)
    for address in NOWHERE, ELSEWHERE:
        link.add_route(address)
    server = run(*link.inside(0), TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    hosts = f"{NOWHERE} several\n{ELSEWHERE} several\n"
    client = run(*link.inside(1), *with_etc(hosts=hosts), TCHAT, "-c", "-w", 4, "several", port)
    client.notice(f"calling several port {port}, for up to 4 s")
    client.notice(f"connected to several port {port}")


def test_lossy_network(link, run, port):
    """Hundreds of lines each way over a network that loses, repeats, delays and reorders packets: all
    arrive, once, in order."""
    server = run(*link.inside(0), TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    client = run(*link.inside(1), TCHAT, "-c", HERE, port)
    client.notice(f"connected to {HERE} port {port}")

    said = {"ours": 0, "theirs": 0}

    def talk(program, label):
        while said[label] < 300 or link.lost <= 5:
            program.send(f"{label} {said[label]}\n")
            program.settle()  # it has sent that, so the next line goes in another packet
            said[label] += 1

    together(lambda: talk(server, "ours"), lambda: talk(client, "theirs"))
    client.expect(f"ours {said['ours'] - 1}\n")
    server.expect(f"theirs {said['theirs'] - 1}\n")
    server.close_input()
    client.close_input()
    assert server.output().decode() == lines(said["theirs"], "theirs")
    assert client.output().decode() == lines(said["ours"], "ours")
    assert (server.wait(), client.wait()) == (0, 0)


@needs_linux
def test_marks_over_a_lossy_network(link, on_terminal, run, port):
    """However packets are lost, every line is ticked off once it has arrived."""
    server = on_terminal(*link.inside(0), TCHAT, "-s", port)
    server.wait_for("waiting on port")
    client = run(*link.inside(1), TCHAT, "-c", HERE, port)
    server.wait_for("has called")
    for n in range(20):
        server.say(f"ours {n}")
        client.send(f"theirs {n}\n")
        server.update(0.005)
    client.expect("ours 19\n")
    server.wait_for(theirs("theirs 19", THERE))
    server.wait_for(marked(DELIVERED, "ours 19"))
    assert not any(f" you {mark} " in row for row in server.pane for mark in WAITING + ON_ITS_WAY)
    assert client.out.data.decode() == lines(20, "ours")
    server.press(ctrl("D"))
    client.close_input()
    assert server.wait() == 0


@needs_linux
def test_unplugged_for_a_while(link, on_terminal, run, port):
    """The bar does not say of a peer to whom there is no way that it does not read."""
    link.lossy = False
    server = on_terminal(*link.inside(0), TCHAT, "-s", port)
    server.wait_for("waiting on port")
    client = run(*link.inside(1), TCHAT, "-c", HERE, port)
    server.wait_for("has called")
    link.set_up(False)
    server.say("into the dark")
    server.wait_for(lambda: "no answer" in server.bar)
    assert server.shows(marked(ON_ITS_WAY, "into the dark"))
    link.set_up(True)
    client.expect("into the dark\n")
    server.wait_for(marked(DELIVERED, "into the dark"))
    assert "not encrypted" in server.bar


@needs_linux
@needs_tls
def test_slow_network(link, on_terminal, run, ann, bob, port):
    """While a line takes seconds, encrypted as one piece, nothing is said against the peer."""
    link.lossy = False
    server = on_terminal(*link.inside(0), TCHAT, "-s", "-t", "--pin", bob.fingerprint, port, env=ann.env,
                         columns=120)
    server.wait_for("waiting on port")
    run(*link.inside(1), TCHAT, "-c", "-t", "--pin", ann.fingerprint, HERE, port, env=bob.env)
    server.wait_for(lambda: " encrypted " in server.bar)
    link.speed = 6000
    server.say(pasted("x" * 16_000))
    server.say("the last")
    end = time.monotonic() + DEADLINE
    while not server.shows(marked(DELIVERED, "the last")):
        assert time.monotonic() < end
        server.update(0.1)
        assert "no answer" not in server.bar and "does not read" not in server.bar


def allow_silence(program, seconds):
    """Makes the kernel ask after a silent peer of a program sooner."""
    with socket_of(program) as same:
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
            same.setsockopt(socket.IPPROTO_TCP, option, seconds)


@pytest.fixture(params=["far", "here"])
def cut(request, link):
    """Cuts the link, somewhere on the way or before one's own door."""
    def cut():
        if request.param == "here":
            link.set_up(False)
        link.cut = True

    return cut


def test_peer_that_vanishes(link, cut, run, port):
    """When the peer's machine is gone without a word, or one's own is unplugged, while nothing is said, the
    kernel notices, and tchat says so."""
    link.lossy = False
    server = run(*link.inside(0), TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    client = run(*link.inside(1), TCHAT, "-c", HERE, port)
    server.err.expect("has called\n")
    client.send("question\n")
    server.expect("question\n")
    allow_silence(server, 1)
    cut()
    server.err.expect(b" broke: Connection timed out\n")
    assert server.wait() == 1


@needs_linux
@pytest.mark.parametrize("program", [HASTY, TCHAT], ids=["lines on their way", "nothing said"])
def test_member_who_vanishes(link, cut, room, run, program):
    """When the machine of one of a group is gone like that, the others are told once that is noticed; they talk on
    afterwards, and before, if there is to be something on its way then."""
    link.lossy = False
    host = room(program=[*link.inside(0), program])
    ann, cleo = (enter(run(*link.inside(0), TCHAT, "-c", "-p", HOST, host.port), name) for name in ("ann", "cleo"))
    bob = enter(run(*link.inside(1), TCHAT, "-c", "-p", HERE, host.port), "bob")
    talk(ann, bob, "all there")  # the last line is bob's: nothing is on the way to him
    said, began = program == HASTY, time.monotonic()
    if not said:
        allow_silence(host.server, 1)
    cut()
    if said:
        talk(ann, cleo, "meanwhile")
    gone = "~bob has gone: the connection broke: 3 are here"
    for end in ann, cleo:
        end.expect(f"* {gone}\n")
    host.server.notice(gone)
    if said:
        assert time.monotonic() - began > 2  # 40 s by the clock of HASTY
        host.server.notice("40 lines were not delivered to ~bob")
    talk(cleo, ann, "afterwards")


@pytest.fixture
def hasty(link, on_terminal, run, port):
    """tchat whose minutes are short, on a terminal, and a client on another host."""
    link.lossy = False
    server = on_terminal(*link.inside(0), HASTY, "-s", port, columns=120)
    server.wait_for("waiting on port")
    client = run(*link.inside(1), TCHAT, "-c", HERE, port)
    server.wait_for("has called")
    return server, client


def stop_reading(server, client):
    """The client's program does not read any more what the server says."""
    for pid in (client.listener(), client.pid):
        os.kill(pid, signal.SIGSTOP)
    for _ in range(10):  # not as one line, for which a Readline under the sanitizers takes long by the fast clock
        server.say(pasted("x" * 50_000))
    server.wait_for(lambda: "does not read" in server.bar)


@needs_linux
@pytest.mark.parametrize("reads", [True, False], ids=["it reads", "it does not read"])
def test_peer_that_vanishes_with_lines_on_their_way(hasty, cut, reads):
    """When lines are on their way then, or cannot be sent, tchat looks itself whether the peer's machine
    answers, and gives it up after a minute."""
    server, client = hasty
    if not reads:
        stop_reading(server, client)
    cut()
    server.say("into the dark")
    server.wait_for(lambda: "no answer" in server.bar)
    server.wait_for(" broke: Connection timed out$")
    server.wait_for(marked(LOST, "into the dark"))
    server.press(ctrl("D"))
    assert server.wait() == 1


@needs_linux
def test_peer_that_does_not_read_for_minutes(hasty):
    """As long as its machine answers, it is not given up."""
    server, client = hasty
    stop_reading(server, client)
    with socket_of(server) as same:
        # tcpi_backoff: that many are asked takes 0.2 + 0.4 + ... seconds at least, two minutes of the server's
        for asked in range(1, 6):
            eventually(lambda: same.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[4] >= asked, "a question")
    server.say("still there")
    server.wait_for(lambda: "does not read" in server.bar)
    for pid in (client.listener(), client.pid):
        os.kill(pid, signal.SIGCONT)
    client.expect("x\nstill there\n")
    server.wait_for(marked(DELIVERED, "still there"))


# Peers


def test_half_closed_both_ways(screen_called):
    """A peer that has closed its side still gets what waits for it."""
    server, caller = screen_called()
    caller.send("half a line")
    server.say("answer")
    caller.expect("answer\n")
    caller.close_input()
    server.wait_for(theirs("half a line"))
    server.wait_for("has left$")
    assert caller.expect_end() == b"answer\n"


@needs_linux
def test_peer_that_stops_reading(screen_deaf):
    """While the peer does not read, for however long, keys work and the bar says so; then it all arrives."""
    server, caller = screen_deaf(columns=120)
    server.say(pasted("x" * 50_000))
    server.say("the last")
    server.wait_for(lambda: "does not read" in server.bar)
    for turn in range(10):
        server.press("abc")
        server.wait_for(lambda: server.input == "> abc")
        server.press(ctrl("U"))
        server.wait_for(lambda: server.input == ">")
        caller.socket.sendall(f"question {turn}\n".encode())
        server.wait_for(theirs(f"question {turn}", caller.host))
    assert "does not read" in server.bar and server.shows(marked(f"[{WAITING}{ON_ITS_WAY}]", "the last"))
    caller.read().expect("x\nthe last\n")
    server.wait_for(marked(DELIVERED, "the last"))


def test_byte_by_byte(screen_called):
    """A line that comes byte by byte is shown when it is whole, and nothing of it before."""
    server, caller = screen_called()
    text = "é漢👍 slowly"
    for n, byte in enumerate(text.encode()):
        caller.send(bytes([byte]))
        server.press("x")
        server.wait_for(lambda: server.input == "> " + "x" * (n + 1))
    assert not server.shows("slowly$")
    caller.send("\n")
    server.wait_for(theirs("é漢👍 slowly"))


def test_reset_amid_a_flood(called):
    """A connection that breaks in a flood: what has arrived is shown as whole lines, then the reason."""
    server, caller = called()
    text = lines(20_000)
    caller.send(text)
    server.expect("line 10000\n")
    caller.reset()
    server.err.expect(" broke: Connection reset by peer\n")
    assert server.wait() == 1
    shown = server.output().decode()
    assert shown.endswith("\n") and text.startswith(shown[:-1])
