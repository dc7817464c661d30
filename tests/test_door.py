"""Strangers at the door: port scans, callers that break off, and crowds of them."""

import itertools
import os
import re
import signal
import socket
import struct
import threading
from pathlib import Path

import pytest

from fullscreen import not_under_sanitizers
from peers import DEADLINE, HOST, call, children, eventually, is_listening, without_port
from test_keep import BUSY
from test_log import entries
from test_screen import notice, theirs

OTHER = "127.0.0.2"  # somebody else calls from there
CROWD = 1000
AT_ONCE = 8  # more than wait in the kernel would try again only after a second: BACKLOG in door.c


def scan(port, how):
    """Connects, and breaks off at once; the port that it called from."""
    with socket.create_connection((HOST, port), DEADLINE) as scanner:
        if how == "reset":
            scanner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return scanner.getsockname()[1]


def ask(port):
    """Calls and listens to the end; what was heard."""
    with socket.create_connection((HOST, port), DEADLINE) as caller:
        return b"".join(iter(lambda: caller.recv(1024), b""))


def descriptor_count(pid):
    """How many descriptors a process has; none if it has gone, None if one may not know."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except PermissionError:
        return None


def holdings(pid):
    """How many descriptors and children a process has, and how many descriptors these."""
    return [descriptor_count(process) for process in [pid, *children(pid)]]


def anonymous_memory(pid):
    """What a process has written to memory and still holds, in bytes."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "RssAnon" in line]
    return int(line.split()[1]) * 1024


class Crowd:
    """Strangers who call one after the other, several at a time, until a number of them has called."""

    def __init__(self, port, size=CROWD):
        self.port, self.size = port, size
        self.told, self.failures = 0, []
        self.turn = itertools.count()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.come) for _ in range(AT_ONCE)]
        for thread in self.threads:
            thread.start()

    def come(self):
        try:
            while (number := next(self.turn)) < self.size:
                if number % 10 == 8:
                    scan(self.port, "close")
                elif number % 10 == 9:
                    scan(self.port, "reset")
                else:
                    said = ask(self.port)
                    assert said == BUSY
                    with self.lock:
                        self.told += 1
        except BaseException as failure:  # raised again in the thread of the test
            self.failures.append(failure)

    def is_here(self):
        return any(thread.is_alive() for thread in self.threads)

    def assert_told(self):
        for thread in self.threads:
            thread.join()
        for failure in self.failures:
            raise failure
        assert self.told == self.size * 8 // 10


@pytest.fixture
def talk(called, screen_called):
    """A conversation with -k: the server's process id, and a function by which each side says a line
    and the other hears it."""
    def talk(front):
        server, caller = (called if front == "plain" else screen_called)("-k")

        def exchange(number):
            caller.send(f"line {number}\n")
            if front == "plain":
                server.expect(f"line {number}\n")
                server.send(f"answer {number}\n")
            else:
                server.wait_for(theirs(f"line {number}"))
                server.say(f"answer {number}")
            caller.expect(f"answer {number}\n")

        exchange("to begin with")  # now the listener has begun
        return server.pid, exchange

    return talk


both_fronts = pytest.mark.parametrize("front", ["plain", "screen"])


# During a conversation


@both_fronts
def test_crowd(talk, port, front):
    """A thousand strangers are told that the line is busy, some break off; lines go both ways all the
    while, and nothing of the strangers stays."""
    pid, exchange = talk(front)
    before = holdings(pid)
    number = 0
    while number <= 3:
        crowd = Crowd(port)
        while crowd.is_here():
            exchange(number)
            number += 1
        crowd.assert_told()
    exchange(number)
    eventually(lambda: holdings(pid) == before, "that all strangers are gone")


@not_under_sanitizers
@both_fronts
def test_memory_of_a_crowd(talk, port, front):
    """However many strangers call, they take no memory."""
    pid, exchange = talk(front)
    Crowd(port, 100).assert_told()
    exchange(1)
    before = anonymous_memory(pid)
    Crowd(port, 500).assert_told()
    exchange(2)
    assert anonymous_memory(pid) < before + 200_000


def test_crowd_is_summed_up(called, port, tmp_path):
    """A few strangers who find the line busy are told of, the others counted; at the end all have been."""
    log = tmp_path / "log"
    server, caller = called("-k", "-l", log)
    crowd = Crowd(port, 300)
    crowd.assert_told()
    caller.send("what a noise\n")
    server.expect("what a noise\n")
    server.kill(signal.SIGTERM)
    caller.close_input()
    server.wait()
    said = [text for _, text in entries(log)]
    assert server.err.data.decode().splitlines() == \
        [f"tchat: {without_port(line)}" for line in said if line != "what a noise"]
    one_by_one = sum(line.endswith(" called while the line was busy") for line in said)
    [summed_up] = [line for line in said if " more " in line]
    count = re.fullmatch(rf"(\d+) more called while the line was busy, the last of them: {HOST} port \d+", summed_up)[1]
    assert 5 <= one_by_one <= 6 and one_by_one + int(count) >= crowd.told


@both_fronts
def test_stranger_that_never_stops(talk, port, front):
    """Who is told that the line is busy and only talks on is hung up on all the same."""
    pid, exchange = talk(front)
    before = holdings(pid)
    stranger = call(port)

    def talk_on():
        try:
            while True:
                stranger.send("listen to me\n" * 1000)
        except OSError:
            pass

    talking = threading.Thread(target=talk_on, daemon=True)
    talking.start()
    stranger.expect(BUSY)
    numbers = itertools.count()

    def is_hung_up_on():
        exchange(next(numbers))
        return not talking.is_alive()

    eventually(is_hung_up_on, "that the stranger is hung up on")
    eventually(lambda: holdings(pid) == before, "that the stranger is gone")


def test_stranger_that_broke_off_is_not_noted(called, port):
    """Who has broken off before anybody could say that the line is busy is no caller."""
    server, caller = called("-k")
    server.send("hello\n")
    caller.expect("hello\n")
    server.settle()
    before = holdings(server.pid)
    server.kill(signal.SIGSTOP)
    gone = scan(port, "reset")
    stranger = call(port)
    server.kill(signal.SIGCONT)
    assert stranger.expect_end() == BUSY
    server.notice(f"{HOST} called while the line was busy")
    assert f"port {gone} ".encode() not in server.err.data
    stranger.close_input()
    eventually(lambda: holdings(server.pid) == before, "that both are gone")


# While a server waits


@pytest.mark.parametrize("options", [[], ["-k"], ["-a"], ["--recv-only"]], ids=" ".join)
def test_caller_that_broke_off(serve, port, options):
    """A caller that has broken off before it is let in is nobody; the next is the first."""
    server = serve(*options)
    server.kill(signal.SIGSTOP)
    for _ in range(3):
        scan(port, "reset")
    caller = call(port)
    caller.send("I am here\n")
    server.kill(signal.SIGCONT)
    assert server.err.expect(f"{HOST} has called\n") == b"tchat: "
    server.expect("I am here\n")


def test_caller_that_broke_off_before_a_screen(screen, port):
    """The same in the full screen, which shows nothing of it."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    os.kill(server.pid, signal.SIGSTOP)
    scan(port, "reset")
    caller = call(port)
    os.kill(server.pid, signal.SIGCONT)
    server.wait_for(notice(f"{HOST} has called"))
    assert sum("has called" in row for row in server.pane) == 1
    server.say("you are the first")
    caller.expect("you are the first\n")


@pytest.mark.parametrize("end, status", [("close_input", 0), ("reset", 1)])
def test_lines_of_a_caller_that_has_gone(serve, port, end, status):
    """Who calls, says something and has gone before it is let in is heard."""
    server = serve()
    server.kill(signal.SIGSTOP)
    caller = call(port)
    caller.send("only this\n")
    getattr(caller, end)()
    server.kill(signal.SIGCONT)
    server.expect("only this\n")
    server.close_input()
    assert server.wait() == status


def test_caller_that_hangs_up_at_once(serve, port):
    """A caller that says nothing more may have come to listen: it gets the input, and that is the end."""
    server = serve()
    server.kill(signal.SIGSTOP)
    caller = call(port)
    caller.close_input()
    server.send("all that there is\n")
    server.close_input()
    server.kill(signal.SIGCONT)
    assert caller.expect_end() == b"all that there is\n"
    assert server.wait() == 0


@pytest.mark.parametrize("how", ["close", "reset"])
def test_scans_of_a_server_that_keeps(serve, port, how):
    """Port scans do not end a server with -k, and leave nothing behind."""
    server = serve("-k")
    before = holdings(server.pid)
    for _ in range(20):
        scan(port, how)

    def get_through():
        caller = call(port, own=OTHER)
        answer = f"{OTHER} has called\n".encode()
        eventually(lambda: answer in server.err.data or caller.incoming.ended, "an answer")
        return None if caller.incoming.ended else caller

    caller = eventually(get_through, "that the line is not busy with a scan")
    caller.send("at last\n")
    server.expect("at last\n")
    caller.close_input()
    server.notice(f"{OTHER} has left")
    server.notice(f"waiting on port {port}")
    eventually(lambda: holdings(server.pid) == before, "that all scans are gone")


def test_strangers_are_summed_up(serve, port):
    """Of those who call and leave at once five are told of; the others are counted before the next who stays."""
    server = serve("-k")
    for number in range(40):
        with socket.create_connection((HOST, port), DEADLINE) as caller:
            caller.sendall(f"{number}\n".encode())
            server.expect(f"{number}\n")
            caller.shutdown(socket.SHUT_WR)
            assert caller.recv(1) == b""
    caller = call(port, own=OTHER)
    server.notice(f"{OTHER} has called")
    said = server.err.data.decode()
    one_by_one = said.count("has called\n") - 1
    count = re.search(rf"tchat: (\d+) more called, the last of them: {HOST}\ntchat: .* has called\n$", said)[1]
    assert 5 <= one_by_one <= 6 and one_by_one + int(count) == 40
    caller.send("at last\n")
    server.expect("at last\n")
    caller.close_input()
    server.notice(f"{OTHER} has left")
    server.notice(f"waiting on port {port}")


@pytest.mark.parametrize("keep", [True, False], ids=["-k", "without -k"])
def test_many_callers_at_once(serve, port, keep):
    """Of those who call at the same time the first is let in; the others find the line busy, or nobody
    without -k."""
    server = serve(*["-k"] * keep)
    server.kill(signal.SIGSTOP)
    first, *others = [call(port) for _ in range(6)]
    server.kill(signal.SIGCONT)
    server.notice(f"{HOST} has called")
    for other in others:
        if keep:
            assert other.expect_end() == BUSY
        else:
            assert other.incoming.expect_end() == b""
    first.send("here I am\n")
    server.expect("here I am\n")
    server.send("and you alone\n")
    first.expect("and you alone\n")
    assert is_listening(port) == keep
