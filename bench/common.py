"""What the benchmarks share: the text, programs and terminals that are ended in any case, what a
process costs, and waiting with a deadline."""

import fcntl
import os
import pty
import random
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time
from contextlib import contextmanager, suppress
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TCHAT = Path(os.environ.get("TCHAT") or TOP / "build" / "bench" / "tchat").resolve()
HOST = "127.0.0.1"
PATIENCE = 60  # seconds until something is taken to be wrong

WORDS = ("the quick brown fox jumps over a lazy dog and so on with words of some length naïve café "
         "Grüße élan 你好 世界 мир привет 😀 👍 presently plain ones again for most of the line").split()

# Characters that the text never has.  One that is on the screen for the first time must be sent to
# the terminal, however well a program avoids to draw what is there already.
LAST = "終".encode()
KEY = b"~"


def flood(lines):
    """So many lines of mixed UTF-8, always the same ones, with a mean of 71 bytes."""
    chooser = random.Random(71)
    block = [" ".join(chooser.choices(WORDS, k=chooser.randint(6, 20))) for _ in range(20000)]
    whole, rest = divmod(lines, len(block))
    return "".join(line + "\n" for line in block).encode() * whole + \
        "".join(line + "\n" for line in block[:rest]).encode()


# --- Running: whatever is started is ended, also when something goes wrong. ---

@contextmanager
def scratch():
    """A directory in memory, if there is one, so that no disk is measured."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(
            prefix="bench-", dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


def environment(home):
    """Neither the person's settings nor their terminal decide."""
    return dict(PATH=os.environ["PATH"], HOME=str(home), TERM="xterm-256color", LC_ALL="C.UTF-8",
                INPUTRC="/dev/null", USER="bench", TZ="UTC")


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@contextmanager
def running(*command, **options):
    """A program with its input and output as in subprocess.Popen, by default nowhere."""
    streams = {name: options.pop(name, subprocess.DEVNULL) for name in ("stdin", "stdout", "stderr")}
    process = subprocess.Popen([str(word) for word in command], start_new_session=True,
                               env=environment("/nonexistent"), **streams, **options)
    try:
        yield process
    finally:
        kill_group(process.pid)
        process.wait()


def wait_for_end(process):
    """Waits until a program has ended, and is told at once; Popen.wait with a limit looks every 50 ms."""
    descriptor = os.pidfd_open(process.pid)
    try:
        if not select.select([descriptor], [], [], PATIENCE)[0]:
            raise TimeoutError(f"{process.args} does not end")
    finally:
        os.close(descriptor)


def set_size(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def terminal_streams():
    """A pseudo-terminal as a program's input and output, for one that is started in no time: a fork of this
    process, as for Terminal, takes longer than all that is to be measured."""
    controller, terminal = os.openpty()
    set_size(terminal, 24, 80)
    try:
        yield dict(stdin=terminal, stdout=terminal, stderr=terminal)
    finally:
        os.close(controller)
        os.close(terminal)


class Terminal:
    """A program in a pseudo-terminal of its own, of which only the bytes are looked at."""

    def __init__(self, *command, home="/nonexistent", rows=24, columns=80):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir("/")
                os.execvpe(str(command[0]), [str(word) for word in command], environment(home))
            finally:
                os._exit(127)
        self.name = Path(command[0]).name
        self.resize(rows, columns)
        self.tail = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill_group(self.pid)
        os.close(self.fd)
        os.waitpid(self.pid, 0)

    def resize(self, rows, columns):
        set_size(self.fd, rows, columns)

    def type(self, keys):
        os.write(self.fd, keys)

    def read(self, timeout):
        """What has come, or nothing once the time is up."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self.fd, 1 << 16)
        except OSError:
            raise RuntimeError(f"{self.name} has ended: {self.tail[-500:]}") from None

    def wait_for(self, text, timeout=PATIENCE):
        """Reads until the text has come, and returns when that was."""
        end = time.perf_counter() + timeout
        while text not in self.tail:
            if time.perf_counter() > end:
                raise TimeoutError(f"{self.name} did not show {text}: {self.tail[-500:]}")
            self.tail = self.tail[-4096:] + self.read(0.1)
        self.tail = b""
        return time.perf_counter()

    def wait_for_output(self):
        """Reads until something has come, and then nothing for a while."""
        if not self.read(PATIENCE):
            raise TimeoutError(f"{self.name} shows nothing")
        self.settle(0.03)

    def settle(self, quiet=0.05):
        """Reads until nothing comes for a while."""
        while self.read(quiet):
            pass


# --- The network. ---

def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def connect(port):
    """Calls until somebody answers."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((HOST, port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


def has_socket(port, state):
    """Whether there is a socket of this port in that state, which /proc says in hexadecimal."""
    for name in "tcp", "tcp6":
        with open(f"/proc/net/{name}") as table:
            if any(f":{port:04X} " in line and f" {state} " in line for line in table):
                return True
    return False


def is_listening(port):
    """Whether the port is open, without calling it."""
    return has_socket(port, "0A")


def is_connected(port):
    return has_socket(port, "01")


def wait_listening(port):
    eventually(lambda: is_listening(port), f"listening on port {port}")


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.001)


# --- What a process costs. ---

def family(pid):
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(other for child in children for other in family(int(child)))]


def _bytes_of(file, kind):
    """What a file of a process in /proc says of a kind of memory."""
    return sum(int(line.split()[1]) * 1024 for line in file.read_text().splitlines()
               if line.startswith(kind + ":"))


def memory(pid, kind="Pss"):
    """Bytes of memory, shared ones in shares: of a process and all that descend from it.  Of one that only root can
    look into, shared ones count in full."""
    total = 0
    for process in (Path(f"/proc/{member}") for member in family(pid)):
        with suppress(FileNotFoundError, ProcessLookupError):
            try:
                total += _bytes_of(process / "smaps_rollup", kind)
            except PermissionError:
                total += _bytes_of(process / "status", {"Pss": "VmRSS", "Anonymous": "RssAnon"}[kind])
    return total


def cpu_time(pid):
    """Seconds of processor time so far: of a process and all that descend from it."""
    return sum(int(Path(f"/proc/{member}/schedstat").read_text().split()[0])
               for member in family(pid)) / 1e9
