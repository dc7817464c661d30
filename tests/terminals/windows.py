"""Terminals with a window, each on an X server of its own (Xvfb), so that no other window has the keyboard."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from peers import DEADLINE, SLOWNESS, eventually
from terminals.real import Real

VTE = Path(__file__).with_name("vte.py")


class Window(Real):
    """A window: keys, the mouse and the selection are X's own (XTEST), and come through the terminal."""

    NEEDS = ("Xvfb", "xdotool", "xclip", "import")
    VERSION = ()  # the command that tells it

    @classmethod
    def version(cls):
        done = subprocess.run(cls.VERSION, capture_output=True, text=True)
        return re.search(r"\d[\d.]+", done.stdout + done.stderr)[0]

    def begin(self, command, rows, columns):
        reading, writing = os.pipe()
        # "-displayfd" takes a number that is free; no keyboard that repeats, as the machine may be slow.
        self.spawn("Xvfb", "-displayfd", writing, "-screen", "0", "1600x1200x24", "-nolisten", "tcp", "-r",
                   pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as number:
            self.environment["DISPLAY"] = ":" + number.readline().strip()
        self.environment.update(LIBGL_ALWAYS_SOFTWARE="1", XDG_RUNTIME_DIR=str(self.folder), NO_AT_BRIDGE="1")
        self.open(command, rows, columns)

    def open(self, command, rows, columns):
        """Opens the window."""
        raise NotImplementedError

    def find_window(self):
        def find():
            _root, *windows = self.run_freely("xdotool", "search", "--onlyvisible", "--maxdepth", "1", "--name",
                                              "").split()
            return windows

        self.window = eventually(find, "a window")[-1]

    def has_begun(self):
        self.find_window()
        self.cell = [pixels // count for pixels, count in zip(self.extent(), self.size())]

    def run_freely(self, *command):
        """What a program writes, whether it fails or not."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout

    def geometry(self, window):
        return self.run_freely("xdotool", "getwindowgeometry", "--shell", window)

    def focus(self):
        """Gives the window the keyboard, as there is no window manager to do it."""
        self.run("xdotool", "windowfocus", "--sync", self.window)

    def press(self, *keys):
        self.focus()
        self.run("xdotool", "key", "--clearmodifiers", *keys)

    def hold(self, key, enough):
        """Holds a key down until enough has come of it."""
        self.focus()
        self.run("xdotool", "keydown", key)
        try:
            eventually(enough, f"{key}, repeated")
        finally:
            self.run("xdotool", "keyup", key)

    def wheel(self, notches):
        height, width = self.extent()
        self.run("xdotool", "mousemove", "--window", self.window, width // 2, height // 2,
                 "click", "--repeat", abs(notches), 4 if notches > 0 else 5)

    def paste(self, text):
        """By the selection, and the key for it."""
        self.select(text)
        self.press("shift+Insert")

    def extent(self):
        """The height and width of the window, in pixels."""
        now = dict(line.split("=") for line in self.geometry(self.window).split())
        return int(now["HEIGHT"]), int(now["WIDTH"])

    def select(self, text):
        """Makes text what was selected, and copied."""
        for selection in ("primary", "clipboard"):
            subprocess.run(["xclip", "-selection", selection], input=text.encode(), env=self.environment, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # it stays, and holds them open

    def set_size(self, rows, columns):
        """Changes the window by so many cells."""
        (old_rows, old_columns), (height, width) = self.size(), self.extent()
        self.run("xdotool", "windowsize", self.window, width + (columns - old_columns) * self.cell[1],
                 height + (rows - old_rows) * self.cell[0])

    def picture(self, path):
        self.run("import", "-window", "root", path)

    def title(self):
        return self.run("xdotool", "getwindowname", self.window).decode().rstrip("\n")


class Xterm(Window):
    """It writes what it shows to a file when a key is pressed.  For a printer it would run a command, and hang if that
    ends before it waits for it."""

    NAME = "xterm"
    NEEDS = (*Window.NEEDS, "xterm")
    VERSION = "xterm", "-version"
    HIDDEN = "\uffff"  # what it writes for the second column of a wide character

    def open(self, command, rows, columns):
        resources = {"printFileImmediate": f"{self.folder}/paper", "printModeImmediate": "0", "printOptsImmediate": "1",
                     "VT100.translations": "#override <Key>Print: print-immediate()"}
        self.spawn("xterm", "-u8", "-geometry", f"{columns}x{rows}+0+0",
                   *(word for name, value in resources.items() for word in ("-xrm", f"*{name}: {value}")), "-e", *command)

    def read(self):
        def papers():
            return list(self.folder.glob("paper*"))  # with the time in its name

        self.cursor()
        self.press("Print")
        [paper] = eventually(papers, "the print")
        self.cursor()  # it has been printed as a whole
        text = paper.read_text()
        paper.unlink()
        return text.replace(self.HIDDEN, "").split("\n")


class Kitty(Window):
    NAME = "kitty"
    NEEDS = (*Window.NEEDS, "kitty")
    VERSION = "kitty", "--version"

    def open(self, command, rows, columns):
        self.address = f"unix:{self.folder}/kitty"
        options = {"allow_remote_control": "yes", "remember_window_size": "no", "update_check_interval": "0",
                   "initial_window_width": f"{columns}c", "initial_window_height": f"{rows}c",
                   "confirm_os_window_close": "0", "shell_integration": "disabled"}
        self.spawn("kitty", "--config", "NONE", "--listen-on", self.address,
                   *(word for name, value in options.items() for word in ("-o", f"{name}={value}")), *command)

    def has_begun(self):
        """Also waits until a key comes through: the first one can be lost, or be taken for another, as long as kitty has
        not taken notice of the focus."""
        super().has_begun()
        self.expect("x")
        eventually(lambda: (self.press("x"), self.heard(1 + SLOWNESS))[1], "a key")

    def remote(self, command, **payload):
        """What `kitty @` gives for a command; its remote control protocol is faster than that."""
        with socket.socket(socket.AF_UNIX) as connected:
            connected.settimeout(DEADLINE)
            connected.connect(self.address.removeprefix("unix:"))
            request = {"cmd": command, "version": [0, 26, 0], "payload": payload}
            connected.sendall(b"\033P@kitty-cmd" + json.dumps(request).encode() + b"\033\\")
            answer = b""
            while not answer.endswith(b"\033\\"):
                answer += connected.recv(1 << 16)
        return json.loads(answer[answer.index(b"{"):-2])["data"]

    def read(self):
        self.cursor()
        return self.remote("get-text", extent="screen").split("\n")


class Vte(Window):
    """What GNOME's terminal and many others are made of."""

    NAME = "VTE"

    @classmethod
    def is_missing(cls):
        found = subprocess.run([sys.executable, VTE, "--version"], capture_output=True).returncode == 0
        return super().is_missing() or (None if found else "there is no VTE here")

    @classmethod
    def version(cls):
        return subprocess.run([sys.executable, VTE, "--version"], capture_output=True, text=True).stdout.strip()

    def open(self, command, rows, columns):
        self.spawn(sys.executable, VTE, self.folder / "vte", rows, columns, *command)

    def read(self):
        self.cursor()
        with socket.socket(socket.AF_UNIX) as connected:
            connected.connect(str(self.folder / "vte"))
            return connected.makefile().read().split("\n")


class St(Window):
    NAME = "st"
    NEEDS = (*Window.NEEDS, "st")
    VERSION = "st", "-v"

    def open(self, command, rows, columns):
        self.paper = self.folder / "paper"
        self.spawn("st", "-g", f"{columns}x{rows}+0+0", "-o", self.paper, "-e", *command)

    def read(self):
        """It prints what it shows when it is asked to (Media Copy, ctlseqs)."""
        self.request("write", "\033[4i")  # no longer all that it is sent, which it prints at first
        self.cursor()
        before = self.paper.stat().st_size
        self.request("write", "\033[i")
        self.cursor()
        return self.paper.read_bytes()[before:].decode().replace("\0", "").split("\n")


# urxvt's own printing is no UTF-8 where there are marks.  This has "?" for a character with marks.
PRINT_PERL = r"""sub on_osc_seq_perl {
	my ($term, $path) = @_;
	return unless $path =~ s/^print;//;
	open my $paper, '>:utf8', "$path.new";
	for my $row (0 .. $term->nrow - 1) {
		print $paper $term->special_decode($term->ROW_t($row)) =~ s/\x{ffff}//gr, "\n";
	}
	close $paper;
	rename "$path.new", $path;
}
"""


class Urxvt(Window):
    NAME = "urxvt"
    MARKED = "?"
    NEEDS = (*Window.NEEDS, "urxvt")
    VERSION = "urxvt", "-help"

    def open(self, command, rows, columns):
        (self.folder / "print").write_text(PRINT_PERL)
        self.spawn("urxvt", "-geometry", f"{columns}x{rows}+0+0", "--perl-lib", self.folder,
                   "-pe", "print,-confirm-paste", "-e", *command)  # which would ask whether it is to paste

    def read(self):
        paper = self.folder / "paper"
        paper.unlink(missing_ok=True)
        self.request("write", f"\033]777;print;{paper}\a")
        eventually(paper.exists, "the print")
        return paper.read_text().split("\n")


class Foot(Window):
    """In a compositor for Wayland that has a window on the X server: X cannot change the size of the terminal's window,
    and has another clipboard."""

    RESIZES = PASTES = False

    NAME = "foot"
    NEEDS = (*Window.NEEDS, "foot", "weston")
    VERSION = "foot", "--version"

    def open(self, command, rows, columns):
        def listens():
            with socket.socket(socket.AF_UNIX) as connecting:
                return connecting.connect_ex(str(self.folder / "wayland-bench")) == 0

        paper = self.folder / "paper"
        (self.folder / "foot.ini").write_text(
            f"[key-bindings]\npipe-visible=[sh -c \"cat >{paper}.new; mv {paper}.new {paper}\"] Control+Shift+F11\n")
        self.spawn("weston", "--backend=x11-backend.so", "--width=1200", "--height=900", "--no-config",
                   "--socket=wayland-bench", "--idle-time=0")
        eventually(listens, "the compositor")
        self.find_window()
        self.focus()  # weston may lose the focus of a terminal that had it before
        self.environment.update(WAYLAND_DISPLAY="wayland-bench", WAYLAND_DEBUG="client")
        self.spawn("foot", "-c", self.folder / "foot.ini", f"--window-size-chars={columns}x{rows}", *command)

    def has_begun(self):
        """Also waits until weston has given it the keyboard: keys are lost until then."""
        super().has_begun()
        eventually(lambda: re.search(r"wl_keyboard@\d+\.enter\(", self.complaints()), "the keyboard")

    def read(self):
        self.cursor()
        paper = self.folder / "paper"
        paper.unlink(missing_ok=True)
        self.press("ctrl+shift+F11")
        eventually(paper.exists, "the pipe")  # it is empty as long as the screen is
        return paper.read_text().split("\n")
