"""tchat and its peers: how each is started in a terminal, and what it is fed with."""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from common import LAST, TCHAT, Terminal, connect, free_port
from irc import CHANNEL, Server, as_messages, make_certificate

IRSSI_CONFIG = """
servers = ( {{ address = "127.0.0.1"; chatnet = "bench"; port = "{port}"; autoconnect = "yes"; }} );
chatnets = {{ bench = {{ type = "IRC"; }}; }};
channels = ( {{ name = "{channel}"; chatnet = "bench"; autojoin = "yes"; }} );
settings = {{ core = {{ nick = "ben"; user_name = "ben"; real_name = "ben"; }}; }};
"""


class InTerminal:
    """A chat program in a terminal, connected, so that its connection can be fed."""

    def __enter__(self):
        self.stack = ExitStack()
        try:
            self.open()
            self.terminal.settle(0.2)
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def home(self):
        """A new home directory, in which nothing is set."""
        return Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))

    def run(self, *command, home="/nonexistent"):
        self.terminal = self.stack.enter_context(Terminal(*command, home=home))

    @staticmethod
    def dress(text):
        """The lines as they travel to the program."""
        return text

    def feed(self, text):
        self.connection.sendall(text)


class Tchat(InTerminal):
    name = "tchat"

    def __init__(self, *options):
        self.options = options

    def open(self):
        port = free_port()
        self.run(TCHAT, "-s", *self.options, port)
        self.terminal.wait_for(b"waiting on port")
        self.connection = self.stack.enter_context(connect(port))
        self.terminal.wait_for(b"has called")


class Waiting(Tchat):
    """tchat that nobody has called yet."""

    def open(self):
        self.run(TCHAT, "-s", *self.options, free_port())
        self.terminal.wait_for(b"waiting on port")


class IrcClient(InTerminal):
    dress = staticmethod(as_messages)

    def serve(self, certificate=None):
        self.server = self.stack.enter_context(Server(certificate))
        return self.server.port

    def wait_joined(self):
        self.server.wait_joined()
        self.connection = self.server.connection


class Catgirl(IrcClient):
    name = "catgirl"
    RECORD = 8000  # it reads up to 8703 bytes at once, and would not come back for the rest of a TLS record

    def feed(self, text):
        for start in range(0, len(text), self.RECORD):
            self.connection.sendall(text[start:start + self.RECORD])

    def open(self):
        home = self.home()
        certificate = make_certificate(home)
        port = self.serve(certificate)
        self.run("catgirl", "-h", "localhost", "-p", port, "-t", certificate[0], "-n", "ben", "-j", CHANNEL,
                 home=home)
        self.wait_joined()


class CatgirlUnseen(Catgirl):
    """All but the last line go into a window that is not shown."""
    name = "catgirl, unseen"

    @staticmethod
    def dress(text):
        messages = as_messages(text)
        return messages if text.startswith(LAST) else messages.replace(CHANNEL.encode(), b"ben")


class Weechat(IrcClient):
    name = "weechat"

    def open(self):
        home = self.home()
        port = self.serve()
        commands = (
            "/set irc.server_default.ssl off", "/set irc.server_default.tls off",  # old and new name
            "/set logger.file.auto_log off", "/set irc.look.temporary_servers on",
            f"/server add bench 127.0.0.1/{port}", f"/set irc.server.bench.autojoin {CHANNEL}",
            "/set irc.server.bench.nicks ben", "/connect bench")
        self.run("weechat", "-d", home / "weechat", *(word for each in commands for word in ("-r", each)),
                 home=home)
        self.wait_joined()


class Irssi(IrcClient):
    name = "irssi"

    def open(self):
        home = self.home()
        config = home / "config"
        config.write_text(IRSSI_CONFIG.format(port=self.serve(), channel=CHANNEL))
        self.run("irssi", f"--home={home}", f"--config={config}", home=home)
        self.wait_joined()


CLIENTS = {client.name: client for client in (Catgirl, CatgirlUnseen, Weechat, Irssi)}


def last_line(program):
    return program.dress(LAST + b"\n")


# --- Which of them are there. ---

PACKAGES = {"nc": "netcat-openbsd", "ncat": "ncat", "socat": "socat", "catgirl": "catgirl",
            "weechat": "weechat-curses", "irssi": "irssi"}


def is_there(name):
    """Whether a program can be started, by the first word of its name."""
    return shutil.which(name.split(",")[0]) is not None


def versions():
    """What is measured, as the Debian packages say it."""
    found = {"tchat": output(TCHAT, "--version").splitlines()[0].split()[-1]}
    for name, package in PACKAGES.items():
        version = output("dpkg-query", "-W", "-f", "${Version}", package)
        if is_there(name):
            found[name] = version or "version unknown"
    return found


def output(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    except FileNotFoundError:
        return ""


def machine():
    """The machine, in a few lines."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    system = os.uname()
    load = " ".join(Path("/proc/loadavg").read_text().split()[:3])
    return [f"{os.cpu_count()} processors, {cpu[1] if cpu else system.machine}; "
            f"{int(total[1]) / 2 ** 20:.0f} GiB of memory; {system.sysname} {system.release}; "
            f"load before: {load}",
            ", ".join(f"{name} {version}" for name, version in versions().items())]
