"""A person's terminal in a test: a pseudo-terminal, and the screen that it shows."""

import contextlib
import copy
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata
from collections import defaultdict

import pyte
from wcwidth import wcwidth

from peers import DEADLINE, children, eventually, is_idle, rest

ENTER, ESCAPE, BACKSPACE = "\r", "\x1b", "\x7f"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"

# A shell that waits for a key before it starts the command, so that the terminal's settings can be
# read before, and stays afterwards, because the end of a session would reset them.
SHELL = ("sh", "-c", 'trap : INT; read go; "$@"; echo "[status $?]"; while read stay; do :; done', "sh")


def ctrl(letter):
    return chr(ord(letter) ^ 0x40)


class Display(pyte.Screen):
    """pyte's screen, and what today's terminals have beyond it: the alternate screen, and more ways
    to scroll and to repeat."""

    def __init__(self, columns, lines):
        super().__init__(columns, lines)
        self.alternate = False
        self.last = " "
        self.saved_modes = set()

    def draw(self, data):
        # pyte stops at joiners and variation selectors, which add nothing to what it shows.
        data = "".join(c for c in data if wcwidth(c) > 0 or unicodedata.combining(c))
        self.last = data[-1:] or self.last
        super().draw(data)

    def set_mode(self, *modes, private=False):
        if private and 1049 in modes and not self.alternate:
            self.alternate = True
            self.main = self.buffer, copy.copy(self.cursor)
            self.buffer = defaultdict(self.buffer.default_factory)
        super().set_mode(*modes, private=private)

    def reset_mode(self, *modes, private=False):
        if private and 1049 in modes and self.alternate:
            self.alternate = False
            self.main[1].hidden = self.cursor.hidden
            self.buffer, self.cursor = self.main
        super().reset_mode(*modes, private=private)

    def save_modes(self, *modes, private=False):
        if private:
            self.saved_modes = {mode << 5 for mode in modes} & self.mode

    def set_margins(self, *arguments, private=False):
        if not private:
            super().set_margins(*arguments)
        else:  # the same letter restores modes that were saved
            self.mode = self.mode - {mode << 5 for mode in arguments} | self.saved_modes

    def scroll_up(self, count=None):
        self._scroll(self.margins.bottom if self.margins else self.lines - 1, self.index, count)

    def scroll_down(self, count=None):
        self._scroll(self.margins.top if self.margins else 0, self.reverse_index, count)

    def _scroll(self, y, step, count):
        before, self.cursor.y = self.cursor.y, y
        for _ in range(count or 1):
            step()
        self.cursor.y = before

    def repeat(self, count=None):
        self.draw(self.last * (count or 1))


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, S="scroll_up", T="scroll_down", b="repeat", s="save_modes")


class Session:
    """A command on a pseudo-terminal, which it has for its controlling terminal."""

    def __init__(self, command, rows, columns, echo=True, **options):
        self.descriptor, device = pty.openpty()
        os.set_blocking(self.descriptor, False)
        if not echo:
            settings = termios.tcgetattr(device)
            settings[3] &= ~termios.ECHO
            termios.tcsetattr(device, termios.TCSANOW, settings)
        self.resize(rows, columns)
        # Who leads a session gets the terminal that it opens.  (Python would have to fork for that, which takes long.)
        self._process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 3<>"$0" 3>&-', os.ttyname(device), *command], stdin=device, stdout=device,
            stderr=device, start_new_session=True, **options)
        self.pid = self._process.pid
        os.close(device)

    def resize(self, rows, columns):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, size, timeout):
        """What it writes, at most so many bytes; TimeoutError if that is nothing so long, EOFError at its end."""
        if not select.select([self.descriptor], [], [], timeout)[0]:
            raise TimeoutError
        try:
            return os.read(self.descriptor, size)
        except OSError as error:
            if error.errno == errno.EIO:
                raise EOFError from error
            raise

    def hang_up(self):
        """Closes the window."""
        if not self.closed:
            os.close(self.descriptor)
        self.descriptor = -1

    @property
    def closed(self):
        return self.descriptor == -1

    def wait(self):
        self._process.wait()


class Terminal:
    """A terminal of a given size in which a command runs."""

    def __init__(self, command, rows=24, columns=80, shell=SHELL, display=Display, **options):
        command = [*shell, *map(str, command)]
        self.display = display(columns, rows)
        self.stream = getattr(display, "Stream", Stream)(self.display)
        self.shown = b""  # all bytes that the display ever got
        self.child = Session(command, rows, columns, **options)
        self.settings, self.modes = self.read_settings(), set(self.display.mode)
        if shell is SHELL:
            self.press(ENTER)

    def read_settings(self):
        return termios.tcgetattr(self.child.descriptor)

    @property
    def pid(self):
        """The process id of the command."""
        return eventually(lambda: children(self.child.pid), "the program")[0]

    # What is seen

    def update(self, timeout):
        """Shows what the program writes, waiting for it no longer than that."""
        try:
            data = self.child.read(1 << 16, timeout)
        except TimeoutError:
            return
        self.shown += data
        self.stream.feed(data)

    def rows(self):
        """The rows of the screen as text, without the blanks at their ends."""
        return ["".join(self.display.buffer[y][x].data for x in range(self.display.columns)).rstrip()
                for y in range(self.display.lines)]

    def shows(self, pattern):
        """Whether the regular expression is found in a row."""
        return any(re.search(pattern, row) for row in self.rows())

    def wait_for(self, condition):
        """Waits until a condition holds, or until a row matches if it is a regular expression."""
        holds = condition if callable(condition) else lambda: self.shows(condition)
        end = time.monotonic() + DEADLINE
        while not holds():
            left = end - time.monotonic()
            assert left > 0, "\n".join([f"not seen: {condition}", *self.rows(),
                                        f"cursor {self.cursor}, last {self.shown[-500:]}"])
            self.update(left)
        self.finish(end)

    def finish(self, end):
        """Shows the rest of what the program draws now: a terminal may be read in the middle of that.  Of
        one that goes on drawing, a screenful more is enough, whose letters and colours take several bytes each."""
        enough = len(self.shown) + 8 * self.display.lines * self.display.columns
        while len(self.shown) < enough:
            idle = is_idle(self.child.pid)
            if not select.select([self.child.descriptor], [], [], 0)[0]:
                if idle:
                    return
                assert time.monotonic() < end, "the program is busy, and draws nothing"
            try:
                self.update(0.005)
            except EOFError:
                return

    @property
    def input(self):
        """The row in which text is typed."""
        return self.rows()[-1]

    @property
    def bar(self):
        """The status bar, above it."""
        return self.rows()[-2]

    @property
    def pane(self):
        """The rows of the conversation."""
        return self.rows()[:-2]

    @property
    def cursor(self):
        """Where the cursor is: row and column."""
        return self.display.cursor.y, self.display.cursor.x

    @contextlib.contextmanager
    def device(self):
        """A descriptor of the terminal, as the programs have it that run there."""
        device = os.open(f"/proc/{self.child.pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
        try:
            yield device
        finally:
            os.close(device)

    def is_full(self):
        """Whether it takes nothing from the program before some of it is read."""
        with self.device() as terminal:
            return not select.select([], [terminal], [], 0)[1]

    # What is done

    def press(self, keys):
        """Types keys."""
        rest = keys.encode()
        while rest:
            assert select.select([], [self.child.descriptor], [], DEADLINE)[1], "the keys are not read"
            rest = rest[os.write(self.child.descriptor, rest):]

    def press_and_wait(self, keys):
        """Types keys of which nothing need be seen, to a program that has nothing to do, and waits until it has worked
        them through: they reach it a moment after they were typed."""
        before = rest(self.child.pid)
        self.press(keys)
        eventually(lambda: rest(self.child.pid) != before, "the reading of the keys")
        self.finish(time.monotonic() + DEADLINE)

    def say(self, line):
        """Types a line and sends it."""
        self.press(line + ENTER)

    def resize(self, rows, columns):
        """Changes the size of the window.  What terminals leave in it then cannot be relied on."""
        self.display.resize(rows, columns)
        if self.display.alternate:
            self.scribble()
        self.child.resize(rows, columns)

    def scribble(self):
        """Spoils the screen, as another program's message does."""
        self.display.alignment_display()

    def wait(self):
        """Waits until the command has ended; its exit status as a shell tells it."""
        self.wait_for(lambda: re.search(rb"\[status \d+\][^\n]*\n", self.shown))
        return int(re.search(rb"\[status (\d+)\]", self.shown)[1])

    def is_restored(self):
        """Whether the terminal is as it was before the command."""
        return (self.read_settings() == self.settings and self.display.mode == self.modes and
                not self.display.alternate and not self.display.cursor.hidden)

    def hang_up(self):
        """Closes the window."""
        self.child.hang_up()

    def clean_up(self):
        """Ends whatever is left of it."""
        def end(pid):
            for child in children(pid):
                end(child)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        end(self.child.pid)
        self.child.wait()
        self.hang_up()
