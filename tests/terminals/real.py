"""What all terminals of the bench have in common."""

import base64
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unicodedata import normalize

from peers import DEADLINE, eventually, family, is_idle

RELAY = Path(__file__).with_name("relay.py")
# In kitty's keyboard protocol: a key that is released, and one that does nothing by itself, as Shift.
RELEASED = rb"\x1b\[[\d;]*:3[~A-Zu]|\x1b\[574(?:4[1-9]|5[0-4])(?:;[\d:]*)?u"
PLACE = r"\x1b\[\??(\d+);(\d+)(?:;\d+)?R"  # CPR, as of ctlseqs


class Real:
    """A real terminal in which a command runs, with a relay between the two.

    Keys are named as in xdotool(1): "Return", "shift+Prior", "ctrl+l".  A class says what has to be installed for it
    (NEEDS, programs), and makes of these what it can: begin, read, press, paste, wheel, set_size."""

    NAME = ""
    NEEDS = ()
    RESIZES = True  # whether its size can be changed here
    PASTES = True  # whether something can be pasted here
    MARKED = ""  # what it may tell instead of a character with marks

    def __init__(self, command, rows=24, columns=80, env=None):
        self.folder = Path(tempfile.mkdtemp(prefix="tchat-"))
        self.environment = dict(env or os.environ, PYTHONDONTWRITEBYTECODE="1")
        self.processes = []
        self.relay = None
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(self.folder / "control"))
        door.listen()
        try:
            self.begin([sys.executable, str(RELAY), str(self.folder), *map(str, command)], rows, columns)
            if not select.select([door], [], [], DEADLINE)[0]:
                raise AssertionError(f"{self.NAME} does not start:\n{self.complaints()[-2000:]}")
            self.control = door.accept()[0]
            self.control.settimeout(DEADLINE)
            self.said = self.control.makefile("r")
            self.relay = self.hear()["environment"]
            self.has_begun()
            self.resize(rows, columns)
            self.pid = self.request("start")["pid"]
        except BaseException:
            self.close()
            raise
        finally:
            door.close()

    # What a terminal is made of

    @classmethod
    def is_missing(cls):
        """What keeps it from being used here, or None."""
        missing = [program for program in cls.NEEDS if shutil.which(program) is None]
        return f"there is no {' and no '.join(missing)} here" if missing else None

    @classmethod
    def version(cls):
        """Its version."""
        raise NotImplementedError

    def begin(self, command, rows, columns):
        """Starts the terminal with a command in it, about that large."""
        raise NotImplementedError

    def has_begun(self):
        """Is called once the command runs; self.relay is its environment."""

    def read(self):
        """The rows that the terminal says it shows."""
        raise NotImplementedError

    def press(self, *keys):
        """Presses keys."""
        raise NotImplementedError

    def paste(self, text):
        """Pastes text, as the terminal does."""
        raise NotImplementedError

    def wheel(self, notches):
        """Turns the mouse wheel over the middle of the window: up, or down if notches are negative."""
        raise NotImplementedError

    def set_size(self, rows, columns):
        """Makes it that large."""
        raise NotImplementedError

    def picture(self, path):
        """Makes a picture of it."""
        raise NotImplementedError

    def title(self):
        """The title of the window."""
        raise NotImplementedError

    # What can be done with all of them

    def run(self, *command, **options):
        """Runs another program; what it writes."""
        done = subprocess.run(list(map(str, command)), env=self.environment, capture_output=True, timeout=DEADLINE,
                              **options)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return done.stdout

    def spawn(self, *command, **options):
        """Starts a program that is ended with the terminal."""
        with open(self.folder / "complaints", "ab") as complaints:
            self.processes.append(subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stderr=complaints, env=self.environment,
                start_new_session=True, **{"stdout": complaints, **options}))
        return self.processes[-1]

    def complaints(self):
        """What such programs have said."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "complaints").read_text(errors="replace")

    def hear(self):
        """The relay's next answer."""
        return json.loads(self.said.readline())

    def send_request(self, name, text="", *more):
        request = [name, base64.b64encode(text.encode()).decode(), *more]
        self.control.sendall(json.dumps(request).encode() + b"\n")

    def request(self, name, text="", *more):
        """Asks the relay for something, and returns its answer."""
        self.send_request(name, text, *more)
        return self.hear()

    def ask(self, sequence, pattern):
        """Asks the terminal for something by a control sequence: what the groups of the answer's pattern hold.  It has
        then worked through all that was written before."""
        return self.request("ask", sequence, pattern)["answer"]

    def expect(self, pattern):
        """Has the relay look for something in what is about to come from the terminal: heard, that is not passed on."""
        self.send_request("ask", "", pattern)

    def heard(self, seconds):
        """Whether that has come, for which it waits no longer than that."""
        return bool(select.select([self.control], [], [], seconds)[0]) and bool(self.hear())

    def size(self):
        """Rows and columns."""
        return tuple(self.request("size")["size"][:2])

    def rows(self):
        """The rows that it shows, without the blanks at their ends, when it has worked through what was written.  Some
        put characters and marks together, so all are (NFC)."""
        rows = [normalize("NFC", row.rstrip()) for row in self.read()]
        height = self.size()[0]
        return [*rows, *[""] * (height - len(rows))][:height]

    def cursor(self):
        """Where the cursor is: row and column, from 0."""
        row, column = self.ask("\033[6n", PLACE)
        return int(row) - 1, int(column) - 1

    def type(self, text):
        """Types text, as it comes from an input method: not every character has a key."""
        self.request("type", text)

    def press_and_wait(self, *keys):
        """Presses keys that the terminal does not keep to itself, and waits until the command can read them."""
        def pressed():
            return len(re.sub(RELEASED, b"", self.typed()))

        before = pressed()
        self.press(*keys)
        eventually(lambda: pressed() > before, "the keys")

    def resize(self, rows, columns):
        """Makes it that large, and waits until it is."""
        if self.size() != (rows, columns):
            self.set_size(rows, columns)
            eventually(lambda: self.size() == (rows, columns), f"the size of {rows} rows and {columns} columns")

    def written(self):
        """All that the command ever wrote."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "written").read_bytes()
        return b""

    def typed(self):
        """All that the command ever read."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "typed").read_bytes()
        return b""

    def settle(self):
        """Waits until the command has nothing to do, and the terminal has worked through what it wrote."""
        eventually(lambda: is_idle(self.pid), "silence")
        self.ask("\033[6n", PLACE)

    def wait_for(self, condition):
        """Waits until a condition holds of the rows, or until one matches if it is a regular expression; then until
        all is drawn.  Returns the rows."""
        def holds(rows):
            if callable(condition):
                return condition(rows)
            return any(re.search(condition, row) for row in rows)

        end = time.monotonic() + DEADLINE
        while not holds(rows := self.rows()):
            assert time.monotonic() < end, "\n".join([f"not seen in {self.NAME}: {condition}", *rows])
        self.settle()
        return self.rows()

    def close(self):
        """Ends it and all that belongs to it."""
        for process in reversed(self.processes):
            for pid in family(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait(DEADLINE)
        shutil.rmtree(self.folder, ignore_errors=True)
