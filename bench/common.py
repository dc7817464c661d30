"""What the benchmarks share: the text of the flood, a program in a terminal, the cost of a process."""

import fcntl
import os
import pty
import random
import select
import signal
import socket
import struct
import termios
import time

TCHAT = os.environ.get("TCHAT", os.path.join(os.path.dirname(__file__), "..", "build", "tchat"))
WORDS = ("the quick brown fox jumps over a lazy dog and so on with words of some length naïve café "
         "Grüße élan 你好 世界 мир привет 😀 👍 then plain ones again for most of the line").split()
LAST = "the flood is over"


def flood(lines):
    """So many short lines of mixed UTF-8 text, always the same ones."""
    chooser = random.Random(71)
    block = []
    while len(block) < min(lines, 20000):
        block.append(" ".join(chooser.choices(WORDS, k=chooser.randint(6, 19))))
    text = "\n".join(block).encode() + b"\n"
    return text * max(1, lines // len(block))


def free_port():
    with socket.socket(socket.AF_INET) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port):
    """Calls until somebody answers."""
    end = time.monotonic() + 5
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


class Terminal:
    """A program in a pseudo-terminal of its own, of which only the bytes are looked at."""

    def __init__(self, *arguments, rows=24, columns=80):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execvp(arguments[0], arguments)
        self.resize(rows, columns)
        self.tail = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys)

    def read(self, timeout):
        """What has come, or nothing once the time is up."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self.fd, 1 << 16)
        except OSError:
            return b""

    def wait_for(self, text, timeout=30):
        """Reads until the text has come."""
        end = time.monotonic() + timeout
        while text not in self.tail:
            if time.monotonic() > end:
                raise TimeoutError(text)
            self.tail = self.tail[-4096:] + self.read(0.1)
        self.tail = b""

    def settle(self):
        """Reads until nothing comes for a while; returns when the last of it came."""
        last = time.monotonic()
        while self.read(0.05):
            last = time.monotonic()
        return last

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def peak_memory(pid):
    """The most memory that the process ever had, in MiB."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def cpu_time(pid):
    """Seconds of processor time so far."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def send_all(connection, text):
    """Sends the text and then a last line."""
    connection.sendall(text)
    connection.sendall(LAST.encode() + b"\n")
