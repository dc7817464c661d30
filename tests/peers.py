"""The ends of a conversation in a test: programs on pipes, and bare sockets.

Threads gather what arrives, so no end ever blocks the other, and every wait has a deadline.
"""

import contextlib
import ctypes
import fcntl
import itertools
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

TCHAT = str(Path(os.environ.get("TCHAT") or Path(__file__).parent.parent / "build" / "tchat").resolve())
HASTY = Path(TCHAT).parent / "tests" / "hasty"  # the same whose clock runs fast

# Whether it was built with what only Linux has, such as splice(2) and the knowledge of what has arrived, and how its
# processes are confined.
LINUX = b"sendfile" in Path(TCHAT).read_bytes()
CONFINED = re.search(r"Confined by (.*)\.", subprocess.run([TCHAT, "--version"], capture_output=True,
                                                          text=True).stdout)[1]
needs_linux = pytest.mark.skipif(not LINUX, reason="this tchat was built without what is Linux's")
needs_seccomp = pytest.mark.skipif("seccomp" not in CONFINED, reason="this tchat was built without seccomp")
needs_landlock = pytest.mark.skipif("Landlock" not in CONFINED, reason="this tchat was built without Landlock")


def landlock_version():
    """What the kernel knows of Landlock: from 4 on connections, from 6 on signals; see landlock(7)."""
    create_ruleset, version = 444, 1  # <asm-generic/unistd.h>, <linux/landlock.h>
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version)


def need_landlock_for(attempt):
    """Skips a test of what the kernel's Landlock cannot refuse."""
    if landlock_version() < {"call elsewhere": 4, "end speaker": 6}.get(attempt, 1):
        pytest.skip("this kernel's Landlock does not know of that")

# Sanitizers and busy machines make everything slower; nothing should ever take this long.
SLOWNESS = float(os.environ.get("TCHAT_SLOWNESS", "1"))
DEADLINE = 15 * SLOWNESS

HOST = "127.0.0.1"


# What programs see of the environment in which they are tested: where programs are and where there is room, what
# sanitizers and tests are told.
_KEPT = re.compile(r"PATH|TMPDIR|[A-Z]+SAN_OPTIONS|TCHAT\w*|SEED|PYTHON\w+|PYTEST_\w+")


def forget_environment():
    """Makes the environment of this process, and of all programs that it starts, anew: nothing depends on the
    language or the taste of whoever is at work here."""
    for name in [name for name in os.environ if not _KEPT.fullmatch(name)]:
        del os.environ[name]
    os.environ.update(LANG="C.UTF-8", TERM="xterm-256color")


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


# Below those that the kernel gives to whoever calls (ip_local_port_range, ip(7)), and for each process of
# tests others, so that nobody takes one before it is used.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
_PORTS = range(10_000 + 1_400 * _WORKER, 10_000 + 1_400 * (_WORKER + 1))
_ports = itertools.cycle(random.sample(_PORTS, len(_PORTS)))


def free_port():
    """A port that nobody uses, neither on IPv4 nor on IPv6."""
    for port in _ports:
        with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
            try:
                four.bind(("0.0.0.0", port))
                six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                six.bind(("::", port))
            except OSError as error:
                if "in use" in str(error):
                    continue
            return port


def without_port(notice):
    """A notice of the log as it is shown: the port of who has called is in the log alone."""
    return re.sub(r"^((?:\* )?(?:\d+ more .*: )?\S+) port \d+(?= has called$| called while |$)", r"\1", notice)


def unread(descriptor):
    """How many bytes wait in a socket or pipe to be read."""
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0]


def unsent(descriptor):
    """How many bytes wait in a socket to be taken by the other end (SIOCOUTQ, tcp(7))."""
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))[0]


def eventually(condition, what):
    """Waits until condition() holds, and returns what it returned."""
    end = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.005)
    return result


def together(*actions):
    """Does things at the same time, each in a thread, until all are done."""
    failures = []

    def attempt(action):
        try:
            action()
        except BaseException as failure:  # raised again below, in the thread of the test
            failures.append(failure)

    threads = [threading.Thread(target=attempt, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def is_listening(port):
    """Whether a socket of this machine listens on the port."""
    sockets = (line.split() for name in ("tcp", "tcp6")
               for line in Path("/proc/net", name).read_text().splitlines()[1:])
    return any(words[1].endswith(f":{port:04X}") and words[3] == "0A" for words in sockets)


def process_state(pid):
    """The letter that ps(1) shows, or None if there is no such process; a zombie is none."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else state


def children(pid):
    """The process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def title(pid):
    """What ps(1) shows of a process; the rest of the memory for it is setproctitle(3bsd)'s own business."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode().rstrip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def listeners(pid):
    """The process ids of the listeners of a tchat."""
    return [child for child in children(pid) if title(child).startswith("tchat: listening to ")]


def keepers(pid):
    """The process ids of whoever holds the key of a tchat."""
    return [child for child in children(pid) if title(child) == "tchat: keeping the key"]


def editors(pid):
    """The process ids of the line editors of a tchat: one, in the full screen."""
    return [child for child in children(pid) if title(child) == "tchat: editing a line"]


def callers(pid):
    """The process ids of whoever waits for calls, or calls, for a tchat; one that is just ending has no title."""
    return [child for child in children(pid)
            if not title(child) or title(child).startswith(("tchat: waiting on ", "tchat: calling "))]


def has_handed_over(pid, arguments):
    """Whether the process that waited, or called, is gone, where it is not to go on (-k)."""
    return "-k" in arguments or not callers(pid)


def family(pid):
    """The process ids of a process and all its descendants."""
    return [pid, *(other for child in children(pid) for other in family(child))]


def rest(pid):
    """How often each of a process and its descendants has lain down; None if not all of them sleep.
    Who is stopped, or dead, does nothing either."""
    counts = {}
    for member in family(pid):
        try:
            status = Path(f"/proc/{member}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None  # its end is news for another
        if not re.search(r"^State:\t[STZ]", status, re.MULTILINE):
            return None
        counts[member] = re.findall(r"voluntary_ctxt_switches:.*", status)
    return counts


def is_idle(pid):
    """Whether a process and its descendants have nothing to do.  They cannot all be looked at in one
    moment; but those that were seen asleep twice, and have not run in between, slept at the same time."""
    before = rest(pid)
    return before is not None and rest(pid) == before


# proc(5): whose core must not be dumped, as the listener's, can be looked into by root only.
looks_into_listener = pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into the listener")


def pieces_of_memory(pid):
    """What a process has in its memory, piece by piece."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_, name = [*line.split(maxsplit=5), ""][:6]
            if "r" not in rights or name.startswith("[v"):  # the kernel's own
                continue
            start, end = (int(number, 16) for number in place.split("-"))
            file.seek(start)
            piece = bytearray()
            while start + len(piece) < end and (chunk := file.read(end - start - len(piece))):
                piece += chunk
            yield bytes(piece)


def found_in_memory(pid, pattern):
    """What there is in a process's memory that matches a regular expression, each once."""
    return {text for piece in pieces_of_memory(pid) for text in re.findall(pattern, piece)}


def said_in_memory(pid, word):
    """How often a process has a word in its memory: as bytes, as wide characters, as ncurses keeps it on the screen."""
    letters = [re.escape(letter.encode()) for letter in word]
    forms = b"".join(letters), b"\\0{3}".join(letters), b"\\0{3}.{24}".join(letters)
    return [sum(len(re.findall(form, piece, re.DOTALL)) for piece in pieces_of_memory(pid)) for form in forms]


def assert_knows_nothing(pid, *words):
    """A process has none of these words in its memory, however they may stand there."""
    assert {word: said_in_memory(pid, word) for word in words} == {word: [0, 0, 0] for word in words}


def sockets(pid):
    """The descriptors of a process that are sockets."""
    numbers = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                numbers.append(int(name))
    return numbers


def socket_of(program):
    """The socket of a program's connection, through a copy of the descriptor."""
    pidfd_getfd = 438  # <asm/unistd.h>; Python has no function for it
    try:
        number = max(eventually(lambda: sockets(program.pid), "a socket"))  # those that listen were made before
    except PermissionError as error:  # of a process with secrets
        pytest.skip(f"cannot look at another process: {error.strerror}")
    libc = ctypes.CDLL(None, use_errno=True)
    copy = libc.syscall(pidfd_getfd, os.pidfd_open(program.pid), number, 0)
    if copy < 0:
        pytest.skip(f"cannot look at another process: {os.strerror(ctypes.get_errno())}")
    return socket.socket(fileno=copy)


class Incoming:
    """What arrives on a stream.  Each expectation goes on where the one before has ended."""

    def __init__(self, read):
        self.data = bytearray()
        self.ended = False
        self.error = None
        self._seen = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._gather, args=(read,), daemon=True)
        self._thread.start()

    def _gather(self, read):
        while not self.ended:
            try:
                chunk = read(1 << 16)
            except OSError as error:
                self.error = error
                chunk = b""
            with self._news:
                self.data += chunk
                self.ended = not chunk
                self._news.notify_all()

    def _wait_for(self, condition):
        with self._news:
            return self._news.wait_for(condition, DEADLINE)

    def expect(self, text):
        """Waits until text arrives, and returns what arrived before it."""
        text = as_bytes(text)
        self._wait_for(lambda: self.ended or self.data.find(text, self._seen) >= 0)
        before, found, _ = self.data[self._seen:].partition(text)
        assert found, f"{text!r} did not arrive, but {bytes(before[-2000:])!r}"
        self._seen += len(before) + len(found)
        return bytes(before)

    def expect_amount(self, size):
        """Waits until so many bytes have arrived in all."""
        self._wait_for(lambda: self.ended or len(self.data) >= size)
        assert len(self.data) >= size, f"only {len(self.data)} bytes of {size} arrived"

    def expect_end(self):
        """Waits until the stream has ended, and returns all that ever arrived on it."""
        assert self._wait_for(lambda: self.ended), f"no end, but {bytes(self.data[-2000:])!r}"
        self._thread.join()
        return bytes(self.data)


class Program:
    """A running program, by default with pipes for its input and output."""

    def __init__(self, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
            bufsize=0, start_new_session=True, **options)
        self.pid = self.process.pid
        if self.process.stdin:
            os.set_blocking(self.process.stdin.fileno(), False)
        self.out = self._gather(self.process.stdout)
        self.err = self._gather(self.process.stderr)

    @staticmethod
    def _gather(stream):
        return Incoming(lambda size: os.read(stream.fileno(), size)) if stream else None

    def send(self, text):
        """Types text."""
        rest = memoryview(as_bytes(text))
        while rest:
            ready = select.select([], [self.process.stdin], [], DEADLINE)[1]
            assert ready, f"the program does not read its input, {len(rest)} bytes are left"
            rest = rest[os.write(self.process.stdin.fileno(), rest):]

    def close_input(self):
        """Types the end of file."""
        self.process.stdin.close()

    def expect(self, text):
        """Waits until text is on standard output, and returns what came before it."""
        return self.out.expect(text)

    def notice(self, text):
        """Waits until tchat says text on standard error, as a line of its own."""
        self.err.expect(f"tchat: {text}\n")

    def wait(self):
        """Waits until the program has ended and nobody holds its output any more; its exit status."""
        self.err.expect_end()
        if self.out:
            self.out.expect_end()
        return self.process.wait(DEADLINE)

    def output(self):
        """Waits until the program has ended, and returns all of its standard output."""
        self.wait()
        return bytes(self.out.data)

    def kill(self, signo=signal.SIGKILL):
        os.kill(self.pid, signo)

    def listener(self):
        """The process id of tchat's listener, once there is one."""
        return eventually(lambda: listeners(self.pid), "a listener")[0]

    def settle(self):
        """Waits until the program and its children have nothing to do: they sleep."""
        eventually(lambda: is_idle(self.pid), "silence")

    def clog(self, descriptor):
        """Writes to a descriptor that leads to the program until it takes no more: it sleeps, and
        still there is no room.  Returns how many bytes were written."""
        os.set_blocking(descriptor, False)
        stuck, written = False, 0
        while True:
            try:
                written += os.write(descriptor, b"x" * 99 + b"\n")
                stuck = False
            except BlockingIOError:
                if stuck:
                    return written
                self.settle()
                stuck = True

    def clean_up(self):
        """Ends whatever is left of it."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(DEADLINE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and stream is not self.process.stdin:
                (self.out if stream is self.process.stdout else self.err).expect_end()
            if stream:
                stream.close()


class Line:
    """One end of a connection, with no program behind it."""

    def __init__(self, connected):
        self.socket = connected
        self.socket.settimeout(None)
        self.incoming = Incoming(self.read)

    def read(self, size):
        """What has arrived, at most so many bytes."""
        return self.socket.recv(size)

    def send(self, text):
        self.socket.sendall(as_bytes(text))

    def expect(self, text):
        return self.incoming.expect(text)

    def expect_end(self):
        """Waits until the other end has hung up in order, and returns all that it ever sent."""
        data = self.incoming.expect_end()
        assert self.incoming.error is None
        return data

    def close_input(self):
        """Sends nothing more, but goes on listening."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Breaks the connection.  What has arrived before is acknowledged: a reset does not do that, and the kernel
        takes its time otherwise (TCP_QUICKACK, tcp(7))."""
        if self.socket.family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.shutdown(socket.SHUT_RD)  # wakes the thread, which holds the socket open
        self.incoming.expect_end()
        self.socket.close()

    @property
    def port(self):
        return self.socket.getsockname()[1]


def call(port, host=HOST, own=""):
    """Calls a server, from an address of one's own if that matters."""
    return Line(socket.create_connection((host, port), DEADLINE, source_address=(own, 0)))


class Door:
    """A listening socket."""

    def __init__(self, host=HOST, backlog=8):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.settimeout(DEADLINE)
        self.socket.bind((host, 0))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]

    def accept(self):
        """Waits for a caller."""
        return Line(self.socket.accept()[0])
