"""What the tests of the full screen share: keys, the marks of one's own lines, a peer that does not
read, and looking at a process."""

import random
import socket
import struct
from pathlib import Path

import pytest

from peers import DEADLINE, HOST, LINUX, TCHAT, Line
from test_screen import TIME, notice

F1, F2, F4, F6, F9 = "\x1bOP", "\x1bOQ", "\x1bOS", "\x1b[17~", "\x1b[20~"
BACK = "^tchat: any key goes back to the conversation$"
CTRL_PAGE_UP, CTRL_PAGE_DOWN = "\x1b[5;5~", "\x1b[6;5~"
FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"
WAITING, ON_ITS_WAY, DELIVERED, LOST = "·›✓✗" if LINUX else ">>>✗"
DOUBTED = r"\?"
PLAIN_SIGNS = str.maketrans("·›✓✗…⏎", "->+x~$")  # as a terminal shows them whose font lacks them

SANITIZED = b"__asan_init" in Path(TCHAT).read_bytes()
not_under_sanitizers = pytest.mark.skipif(SANITIZED, reason="sanitizers take memory of their own")
# Bytes of a long line.  Readline has it grow in small steps, at each of which the sanitizers have all of it copied to new
# pages: there a megabyte takes from seconds to minutes.
LONG = 1 << (17 if SANITIZED else 20)


def marked(mark, text, name="you"):
    """How one's own line is shown that has come so far; text is a regular expression."""
    return f"{TIME}{name} {mark} {text}$"


def status_bar(terminal):
    """The status bar, however many rows are below it: what is in reverse video."""
    rows = [row for y, row in enumerate(terminal.rows()) if terminal.display.buffer[y][0].reverse]
    return "\n".join(rows)


class DeafCaller:
    """A caller that does not read.  What is sent to it soon fills its machine's buffer, which is
    small, and then one's own, which short segments keep small.  It has an address of its own: of others the
    kernel remembers earlier connections (tcp_metrics, see ip-tcp_metrics(8)), and holds more for some."""

    def __init__(self, port, room=4096, own=None):
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.bind((own or ".".join(["127", *(str(random.randrange(1, 255)) for _ in range(3))]), 0))
        self.socket.connect((HOST, port))
        self.host = self.socket.getsockname()[0]

    def read(self):
        """From now on it reads all that comes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        return Line(self.socket)

    def reset(self):
        """Breaks the connection."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


@pytest.fixture
def screen_deaf(screen, port):
    """tchat as a server on a terminal, and a caller that does not read."""
    def screen_deaf(*arguments, **options):
        server = screen("-s", *arguments, port, **options)
        server.wait_for(notice(f"waiting on port {port}"))
        caller = DeafCaller(port)
        server.wait_for(notice(f"{caller.host} has called"))
        return server, caller

    return screen_deaf


def processor_time(pid):
    """Seconds that a process has run so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def peak_memory(pid):
    """About the most that a process ever had in memory of its own, in bytes: without what it has of files now, as how
    large its libraries are is theirs."""
    return _from_status(pid, "VmHWM") - _from_status(pid, "RssFile")


def memory(pid):
    """What a process has in memory of its own, files left out, in bytes."""
    return _from_status(pid, "RssAnon")


def _from_status(pid, name):
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if name in line]
    return int(line.split()[1]) * 1024
