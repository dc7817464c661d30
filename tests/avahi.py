"""The local network in a test: what takes the place of the programs of avahi-utils and says what real ones would not,
and real ones on two machines of the tests' own."""

import contextlib
import os
import shlex
import shutil
import subprocess

import pytest

from peers import HOST, eventually, process_state

TYPE = "_tchat._tcp"


def escape(name):
    """A name as avahi-browse prints it."""
    return "".join(chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"\\{byte:03d}"
                   for byte in (name if isinstance(name, bytes) else name.encode()))


def seen(name, port, host="tower.local", address=HOST, tls="yes", interface="lo", protocol="IPv4"):
    """The lines by which it says that somebody is there."""
    where = f"{interface};{protocol};{escape(name)};{TYPE};local"
    return f'+;{where}\n=;{where};{host};{address};{port};"tls={tls}"\n'


def gone(name, interface="lo", protocol="IPv4"):
    return f"-;{interface};{protocol};{escape(name)};{TYPE};local\n"


class Fakes:
    """What stands before the real programs in the path of an environment."""

    def __init__(self, folder, environment):
        self.folder = folder / "fakes"
        self.folder.mkdir()
        self.environment = environment
        environment["PATH"] = f"{self.folder}:{environment['PATH']}"
        self.started = self.folder / "started"  # words, a line for each program
        self.lines = self.folder / "lines"
        os.mkfifo(self.lines)
        self.writing = None

    def make(self, program, script):
        """A program, written for a shell."""
        path = self.folder / program
        path.write_text(f"#!/bin/sh\necho \"$$ $0 $*\" >>{shlex.quote(str(self.started))}\n{script}\n")
        path.chmod(0o755)

    def browse(self, lines=""):
        """avahi-browse prints these lines, and others that are told later, until it is over."""
        self.make("avahi-browse", f"exec cat {shlex.quote(str(self.lines))}")
        self.writing = os.open(self.lines, os.O_RDWR)
        self.tell(lines)

    def browse_at_once(self, lines):
        """avahi-browse prints lines that there are before it is started, and stays."""
        printed = self.folder / "printed"
        printed.write_text(lines)
        self.make("avahi-browse", f"exec tail -n +1 -f {shlex.quote(str(printed))}")

    def tell(self, lines):
        data = memoryview(lines if isinstance(lines, bytes) else lines.encode())
        while data:
            data = data[os.write(self.writing, data):]

    def end(self):
        """avahi-browse ends."""
        if self.writing is not None:
            os.close(self.writing)
        self.writing = None

    def publish(self, text="Established under name 'Ann'"):
        """avahi-publish says a line, and stays."""
        self.make("avahi-publish", f"echo {shlex.quote(text)} >&2\nexec tail -f /dev/null")

    def fail(self, program, text, status=1):
        self.make(program, f"echo {shlex.quote(text)} >&2\nexit {status}")

    def lack(self):
        """There are none at all."""
        self.environment["PATH"] = str(self.folder)

    def pids(self):
        return [int(line.split()[0]) for line in self.started.read_text().splitlines()] \
            if self.started.exists() else []

    def words(self):
        return [line.split(" ", 2)[2] for line in self.started.read_text().splitlines()]

    def are_gone(self):
        return not any(process_state(pid) for pid in self.pids())


@pytest.fixture
def fakes(tmp_path, environment):
    fakes = Fakes(tmp_path, environment)
    yield fakes
    fakes.end()


# --- Real ones. ---

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/>
</policy></busconfig>
"""

DAEMON = """[server]
host-name={}
use-ipv4=yes
use-ipv6=yes
allow-interfaces=net0
[publish]
publish-workstation=no
publish-hinfo=no
"""

NEEDED = ["avahi-daemon", "avahi-browse", "avahi-publish", "dbus-daemon", "ip", "nsenter", "unshare"]


class Machine:
    """A machine of a network of two: namespaces, with a bus and a daemon of their own."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        self.bus = self.folder / "bus"
        self.programs = []
        self.init = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/avahi-daemon && "
             "ip link set lo up && echo ready && exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.init.stdout.readline() != b"ready\n":
            pytest.skip("there can be no machines of a test's own here")
        self.within = ["nsenter", f"--net=/proc/{self.init.pid}/ns/net", f"--mount=/proc/{self.init.pid}/ns/mnt",
                       f"--wd={self.folder}", "env", f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={self.bus}"]

    def does(self, *words):
        return subprocess.run([*self.within, *words], capture_output=True).returncode == 0

    def start(self, *words):
        with (self.folder / "said").open("a") as said:
            self.programs.append(subprocess.Popen([*self.within, *words], stdout=said, stderr=said))
        return self.programs[-1]

    def announce(self):
        """Starts the bus and the daemon."""
        (self.folder / "bus.conf").write_text(BUS.format(self.bus))
        (self.folder / "daemon.conf").write_text(DAEMON.format(self.name))
        self.start("dbus-daemon", "--config-file=bus.conf", "--nofork", "--nopidfile")
        eventually(self.bus.exists, "the bus")
        self.daemon = self.start("avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f",
                                 str(self.folder / "daemon.conf"))
        eventually(lambda: self.does("avahi-browse", "-t", "-p", TYPE), "the daemon")

    def end(self):
        for program in [*self.programs, self.init]:
            program.kill()
            program.wait()


@pytest.fixture
def machines(tmp_path):
    """Two machines, tower and shed, on one wire."""
    if os.geteuid() != 0:
        pytest.skip("only root makes machines")
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"there is no {missing[0]}")
    with contextlib.ExitStack() as ends:
        pair = []
        for number, name in enumerate(["tower", "shed"], 1):
            pair.append(Machine(name, tmp_path))
            ends.callback(pair[-1].end)
        tower, shed = pair
        if not tower.does("ip", "link", "add", "net0", "type", "veth", "peer", "name", "net0", "netns",
                          str(shed.init.pid)):
            pytest.skip("there can be no wire between machines here")
        for number, machine in enumerate(pair, 1):
            assert machine.does("ip", "addr", "add", f"192.0.2.{number}/24", "dev", "net0")
            assert machine.does("ip", "link", "set", "net0", "up", "multicast", "on")
            assert machine.does("ip", "route", "add", "224.0.0.0/4", "dev", "net0")
        for machine in pair:
            machine.announce()
        yield pair
