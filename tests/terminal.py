"""A person's terminal in a test: a pseudo-terminal with a shell in it, and the screen it shows."""

import copy
import re
import signal
import termios
import time
from collections import defaultdict

import pexpect
import pyte
from wcwidth import wcwidth

from peers import DEADLINE, children, eventually

ENTER = "\r"
ESCAPE = "\x1b"
BACKSPACE = "\x7f"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"

# Waits until it may begin, so that the terminal's settings can be read before; stays afterwards,
# because the end of a session resets them.
SHELL = 'trap : INT HUP TERM; read go; "$@"; echo "[status $?]"; while :; do read stay; done'


def ctrl(letter):
    return chr(ord(letter.upper()) ^ 0x40)


class Display(pyte.Screen):
    """pyte's screen, and what today's terminals have beyond it: the alternate screen, and more ways
    to scroll and repeat."""

    ALTERNATE = 1049

    def __init__(self, columns, lines):
        super().__init__(columns, lines)
        self.alternate = False
        self.last_drawn = " "

    def draw(self, data):
        # pyte stops at joiners and variation selectors; terminals add them to the character before.
        visible = "".join(c for c in data if wcwidth(c) != 0 or "\u0300" <= c < "\u0370")
        self.last_drawn = visible[-1:] or self.last_drawn
        super().draw(visible)

    def set_mode(self, *modes, private=False):
        if private and self.ALTERNATE in modes and not self.alternate:
            self.alternate = True
            self.main = self.buffer, copy.copy(self.cursor)
            self.buffer = defaultdict(self.buffer.default_factory)
        super().set_mode(*modes, private=private)

    def reset_mode(self, *modes, private=False):
        if private and self.ALTERNATE in modes and self.alternate:
            self.alternate = False
            hidden = self.cursor.hidden
            self.buffer, self.cursor = self.main
            self.cursor.hidden = hidden
        super().reset_mode(*modes, private=private)

    def scroll_up(self, count=None):
        cursor = copy.copy(self.cursor)
        self.cursor.y = self.margins.bottom if self.margins else self.lines - 1
        for _ in range(count or 1):
            self.index()
        self.cursor = cursor

    def scroll_down(self, count=None):
        cursor = copy.copy(self.cursor)
        self.cursor.y = self.margins.top if self.margins else 0
        for _ in range(count or 1):
            self.reverse_index()
        self.cursor = cursor

    def repeat(self, count=None):
        self.draw(self.last_drawn * (count or 1))


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, S="scroll_up", T="scroll_down", b="repeat")


class Terminal:
    """A terminal of a given size in which a command runs, by default below a small shell."""

    def __init__(self, command, rows=24, columns=80, shell=("sh", "-c", SHELL, "sh"), **options):
        command = [str(word) for word in (*shell, *command)]
        self.display = Display(columns, rows)
        self.stream = Stream(self.display)
        self.shown = b""  # all bytes that were ever shown
        self.child = pexpect.spawn(command[0], command[1:], dimensions=(rows, columns), **options)
        self.child.delaybeforesend = None
        self.settings = self.read_settings()
        self.modes = set(self.display.mode)
        if shell:
            self.press(ENTER)

    def read_settings(self):
        return termios.tcgetattr(self.child.child_fd)

    @property
    def pid(self):
        """The process id of the command."""
        return eventually(lambda: children(self.child.pid), "the program")[0]

    # What is seen

    def update(self, timeout):
        """Shows what the program writes, waiting for that no longer than timeout."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout)
        except pexpect.TIMEOUT:
            return
        self.shown += data
        self.stream.feed(data)

    def rows(self):
        """The rows of the screen as text, without the blanks at their ends."""
        return ["".join(self.display.buffer[y][x].data for x in range(self.display.columns)).rstrip()
                for y in range(self.display.lines)]

    def shows(self, pattern):
        """Whether a row matches the regular expression."""
        return any(re.search(pattern, row) for row in self.rows())

    def wait_for(self, condition, what=""):
        """Waits until condition(), or a row that matches if it is a regular expression."""
        if isinstance(condition, str):
            what, pattern = condition, condition
            condition = lambda: self.shows(pattern)
        end = time.monotonic() + DEADLINE
        while not condition():
            left = end - time.monotonic()
            assert left > 0, "\n".join([f"not seen: {what}", *self.rows(), f"{self.display.cursor.__dict__ if False else (self.display.cursor.y, self.display.cursor.x)}"])
            self.update(left)

    @property
    def input(self):
        """The row in which text is typed."""
        return self.rows()[-1]

    @property
    def status_bar(self):
        return self.rows()[-2]

    @property
    def cursor(self):
        """Where the cursor is: row and column."""
        return self.display.cursor.y, self.display.cursor.x

    # What is done

    def press(self, keys):
        """Types keys."""
        self.child.send(keys)

    def say(self, line):
        """Types a line and sends it."""
        self.press(line + ENTER)

    def resize(self, rows, columns):
        """Changes the size of the window; what terminals leave in it then is not to be relied on."""
        self.display.resize(rows, columns)
        if self.display.alternate:
            self.display.alignment_display()
        self.child.setwinsize(rows, columns)

    def scribble(self):
        """Spoils the screen, as a message from another program does."""
        self.display.alignment_display()

    def wait(self):
        """Waits until the command has ended; its exit status as a shell tells it."""
        self.wait_for(lambda: b"[status " in self.shown and b"]" in self.shown.rpartition(b"[status ")[2],
                      "the end")
        return int(re.search(rb"\[status (\d+)\]", self.shown)[1])

    def is_restored(self):
        """Whether the terminal is as it was before."""
        return (self.read_settings() == self.settings and self.display.mode == self.modes and
                not self.display.alternate and not self.display.cursor.hidden)

    def close(self):
        """Closes the window."""
        self.child.ptyproc.delayafterclose = self.child.ptyproc.delayafterterminate = 0
        ...
