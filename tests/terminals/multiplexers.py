"""tmux and GNU screen: terminals without a window of their own."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

from peers import eventually
from terminals.real import Real

# What an xterm in which they run sends for a key.
_LETTERS = {"Up": "A", "Down": "B", "Right": "C", "Left": "D", "End": "F", "Home": "H"}
_NUMBERS = {"Insert": 2, "Delete": 3, "Prior": 5, "Next": 6}
_CHARACTERS = {"question": "?", "Return": "\r", "Tab": "\t", "BackSpace": "\x7f", "Escape": "\033", "space": " "}
_FUNCTIONS = {"F1": "\033OP", "F2": "\033OQ", "F3": "\033OR", "F4": "\033OS"}


def sequence_of(key):
    """What xterm sends for a key, as of ctlseqs, "PC-Style Function Keys"."""
    *modifiers, key = key.split("+")
    number = 1 + ("shift" in modifiers) + 2 * ("alt" in modifiers) + 4 * ("ctrl" in modifiers)
    if key in _LETTERS:
        return f"\033[1;{number}{_LETTERS[key]}" if number > 1 else f"\033O{_LETTERS[key]}"
    if key in _NUMBERS:
        return f"\033[{_NUMBERS[key]};{number}~" if number > 1 else f"\033[{_NUMBERS[key]}~"
    if key in _FUNCTIONS and number == 1:
        return _FUNCTIONS[key]
    text = _CHARACTERS.get(key, key)
    assert len(text) == 1, f"no sequence is known for {key}"
    if "ctrl" in modifiers:
        text = chr(ord(text.upper()) ^ 0x40)
    elif "shift" in modifiers:
        text = text.upper()
    return "\033" * ("alt" in modifiers) + text


class Multiplexer(Real):
    """Runs on a pseudo-terminal, from which all is read, and nothing looked at: what counts is what it says."""

    def attach(self, command, rows, columns):
        """Starts it on a terminal of that size."""
        self.terminal, end = pty.openpty()
        self.outside = b""
        self.set_size(rows, columns)
        self.environment["TERM"] = "xterm-256color"
        self.spawn_on(end, command)
        os.close(end)
        threading.Thread(target=self._drain, daemon=True).start()

    def spawn_on(self, end, command):
        self.processes.append(subprocess.Popen(
            list(map(str, command)), stdin=end, stdout=end, stderr=end, env=self.environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(end, termios.TIOCSCTTY, 0)))

    def _drain(self):
        with contextlib.suppress(OSError):
            while data := os.read(self.terminal, 1 << 16):
                self.outside += data

    def set_size(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def send(self, text):
        """Has the terminal outside send something."""
        data = text.encode()
        while data:
            data = data[os.write(self.terminal, data):]

    def press(self, *keys):
        for key in keys:
            self.send(sequence_of(key))

    def paste(self, text):
        """As the terminal outside does it that was asked to mark pastes (bracketed paste mode)."""
        marks = "\033[200~", "\033[201~"
        asked = self.outside.rfind(b"\033[?2004h") > self.outside.rfind(b"\033[?2004l")
        self.send(text.replace("\n", "\r").join(marks if asked else ("", "")))

    def close(self):
        super().close()
        with contextlib.suppress(AttributeError, OSError):
            os.close(self.terminal)


class Tmux(Multiplexer):
    NAME = "tmux"
    NEEDS = ("tmux",)

    @classmethod
    def version(cls):
        return subprocess.run(["tmux", "-V"], capture_output=True, text=True).stdout.split()[1]

    def begin(self, command, rows, columns):
        self.attach([*self.command, "-u", "-f", "/dev/null", "new-session", *command], rows + 1, columns)
        self.tmux("set-option", "-g", "status", "off")
        self.set_size(rows, columns)

    @property
    def command(self):
        return "tmux", "-S", self.folder / "tmux"

    def tmux(self, *arguments):
        def attempt():
            done = subprocess.run([*self.command, *arguments], env=self.environment, capture_output=True, text=True)
            return done.returncode == 0 and (done.stdout,)

        return eventually(attempt, f"tmux {arguments}")[0]

    def read(self):
        self.cursor()
        return self.tmux("capture-pane", "-p").split("\n")

    def paste(self, text):
        self.tmux("set-buffer", "--", text)
        self.tmux("paste-buffer", "-p")

    def wheel(self, notches):
        rows, columns = self.size()
        self.tmux("set-option", "-g", "mouse", "on")
        for _ in range(abs(notches)):
            self.send(f"\033[<{64 if notches > 0 else 65};{columns // 2};{rows // 2}M")

    def title(self):
        return self.tmux("display-message", "-p", "#{pane_title}").rstrip("\n")

    def close(self):
        with contextlib.suppress(OSError):
            subprocess.run([*self.command, "kill-server"], env=self.environment, capture_output=True)
        super().close()


class Screen(Multiplexer):
    NAME = "screen"
    NEEDS = ("screen",)

    @classmethod
    def version(cls):
        return subprocess.run(["screen", "-v"], capture_output=True, text=True).stdout.split()[2]

    def begin(self, command, rows, columns):
        folder = self.folder / "screens"
        folder.mkdir(mode=0o700)
        self.environment["SCREENDIR"] = str(folder)
        (self.folder / "screenrc").write_text("startup_message off\nhardcopy_append off\naltscreen on\n")
        self.attach(["screen", "-U", "-c", self.folder / "screenrc", "-S", "bench", *command], rows, columns)

    def screen(self, *arguments):
        self.run("screen", "-S", "bench", "-p", "0", "-X", *arguments)

    def read(self):
        """By its copy mode, as its hardcopy knows nothing of UTF-8: from the upper left corner to the lower right."""
        self.cursor()
        copy, end = self.folder / "copy", self.folder / "end"
        end.unlink(missing_ok=True)
        self.screen("eval", "copy", r"stuff 'H L$ '", f"writebuf -e utf8 '{copy}'", f"writebuf '{end}'")
        eventually(end.exists, "the copy")  # it writes one after the other
        return copy.read_text().split("\n")

    def press(self, *keys):
        for key in keys:
            super().press(*[key, "a"] if key == "ctrl+a" else [key])  # its own key, and the one that means that

    def wheel(self, notches):
        """screen passes on what the terminal outside sends, which is cursor keys where the mouse is not asked for."""
        self.press(*["Up" if notches > 0 else "Down"] * 3 * abs(notches))

    def title(self):
        return self.run("screen", "-S", "bench", "-p", "0", "-Q", "title").decode()

    def close(self):
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            self.run("screen", "-S", "bench", "-X", "quit")
        super().close()
