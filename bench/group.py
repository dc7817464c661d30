"""What a group costs: those who talk in it, those who come and go, and those whom the others suffer from."""

import base64
import hashlib
import itertools
import os
import select
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import (PATIENCE, TCHAT, Terminal, eventually, family, free_port, memory, running, scratch,
                    wait_listening)
from programs import is_there
from report import COUNT, KIB, MIB_FINE, MILLISECONDS, Column, Work

CROWD = TCHAT.parent / "crowd"
CLEAR, KEYS = b"\x15", 30  # typed keys have to fit into the input line
FEW = 10
WITH_TLS = b"with GnuTLS" in subprocess.run([TCHAT, "--version"], check=True, stdout=subprocess.PIPE).stdout
NCAT = ["ncat", "-l", "--chat", "-m", "600"]


def tchat(members, *options):
    return [TCHAT, "-s", "-g", "--members", members, *options]


# --- The host of a group, and its members. ---

@contextmanager
def plain_host(command):
    """Returns its port, and its number as a process."""
    port = free_port()
    with running(*command, port) as host:
        wait_listening(port)
        yield port, host.pid


@contextmanager
def screen_host(command):
    """In a terminal that takes whatever it shows."""
    port = free_port()
    with Terminal(*command, port) as terminal:
        over = threading.Event()

        def take():
            while not over.is_set():
                terminal.read(0.05)

        taking = threading.Thread(target=take)
        taking.start()
        try:
            wait_listening(port)
            yield port, terminal.pid
        finally:
            over.set()
            taking.join()


def crowd(*words, **options):
    return running(CROWD, *words, stdout=subprocess.PIPE, stderr=None, **options)


def wait_for_line(member):
    """What it prints, when it has something to print."""
    there, _, _ = select.select([member.stdout], [], [], PATIENCE)
    line = member.stdout.readline() if there else b""
    if not line:
        raise ValueError(f"{member.args} has failed")
    return line


def figures(member):
    return [float(word) for word in wait_for_line(member).split()]


def talk(kind, port, members, speakers, lines, *keys):
    """Has so many members say so many lines each.  Returns how many are delivered, and in how many seconds."""
    with crowd("talk", kind, port, members, speakers, lines, *keys) as member:
        return figures(member)


def rate(*arguments):
    delivered, seconds = talk(*arguments)
    return delivered / seconds


# --- Those who talk. ---

def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def make_keys(directory, count):
    """Makes keys of so many members, and has a tchat whose data are in that directory know them."""
    (directory / "tchat").mkdir(mode=0o700)
    with (directory / "tchat" / "known_peers").open("w") as known:
        for number in range(count):
            key = directory / f"{number}.pem"
            openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", key,
                    "-subj", f"/CN=m{number:04}", "-days", "2")
            digest = hashlib.sha256(openssl("pkey", "-in", key, "-pubout", "-outform", "DER")).digest()
            known.write(f"caller SHA256:{base64.b64encode(digest).decode().rstrip('=')} m{number:04}\n")


def group(size):
    members, few = size.members, size.encrypted_members
    work = Work("group", f"A group of {members}: what one says reaches all others",
                [Column("one", "one says, lines/s", COUNT), Column("all", "all say, lines/s", COUNT)],
                note=f"Lines of 71 bytes that are delivered a second: one member says {size.said:,}, or all say "
                     f"{size.said_by_all:,} each, at once. Encrypted: {few} members, and as many lines. The host is "
                     "in plain mode, and reads nothing from its standard input; all members are one program (crowd.c). "
                     "With tchat each line is seen to be whole, named and in the same order at every member; "
                     "ncat puts a name before whatever it reads at once, so that its lines can only be counted.")
    hosts = {
        "tchat": ("asked", tchat(members, "-p"), members, []),
        "ncat": ("chunks", NCAT, members, []),
    }
    with scratch() as directory:
        if WITH_TLS:
            make_keys(directory, few)
            hosts["tchat -t"] = ("known", ["env", f"XDG_DATA_HOME={directory}", *tchat(few, "-p", "-t")], few,
                                 [directory])
            hosts["ncat --ssl"] = ("chunks", [*NCAT, "--ssl", "--ssl-cert", directory / "0.pem", "--ssl-key",
                                              directory / "0.pem"], few, [directory])
        for _ in range(size.rounds):
            for name, (kind, command, count, keys) in hosts.items():
                if not is_there(str(command[0])):
                    continue
                with plain_host(command) as (port, _):
                    work.add(name, {"one": rate(kind, port, count, 1, size.said, *keys)})
                with plain_host(command) as (port, _):
                    work.add(name, {"all": rate(kind, port, count, count, size.said_by_all, *keys)})
    work.bar("at least the rate of ncat --chat, one says", "one", than="ncat", at_least=1)
    one = work.median("tchat", "one")
    work.bar(f"at least half of that rate ({one:,.0f}), all say", "all", at_least=one / 2)
    return work


# --- Those who come and go. ---

@contextmanager
def visitors(kind, port, count):
    """So many come, and leave at the end of the context.  Returns a dictionary, with figures of that in the end."""
    times = {}
    with crowd("visit", kind, port, count, stdin=subprocess.PIPE) as crowd_there:
        times["come"], times["named"] = figures(crowd_there)
        yield times
        crowd_there.stdin.close()
        [times["leave"]] = figures(crowd_there)


def held(pid):
    """What a program has: its processes, the descriptors of the first of them."""
    return len(family(pid)), len(os.listdir(f"/proc/{pid}/fd"))


def turns(pid):
    """How often a program had a processor, all of its processes; whoever had none has called no system."""
    return sum(int(Path(f"/proc/{member}/schedstat").read_text().split()[2]) for member in family(pid))


def settle(pid, quiet):
    """Waits until it has not been woken for so many seconds."""
    def is_quiet():
        before = turns(pid)
        time.sleep(quiet)
        return turns(pid) == before

    eventually(is_quiet, "a group that is idle")


def woken(pid, seconds):
    """How often a program is woken in so many seconds."""
    before = turns(pid)
    time.sleep(seconds)
    return turns(pid) - before


def receive(kind, host, command, size):
    """Has visitors come and go, and others stay."""
    with host(command) as (port, pid):
        settle(pid, min(size.quiet, 0.1))
        before, anonymous = held(pid), []
        for _ in range(2):  # buffers grow to what they need, the first time
            with visitors(kind, port, size.visitors) as times:
                pass
            eventually(lambda: held(pid) == before, f"{before} processes and descriptors again")
            anonymous.append(memory(pid, "Anonymous"))
        times["left"] = anonymous[1] - anonymous[0]
        with visitors(kind, port, size.members):
            times["memory"] = memory(pid) / size.members
            settle(pid, size.quiet)
            times["woken"] = woken(pid, size.idle)
    return times


def visits(size):
    work = Work("visits", f"Members of a group: {size.visitors} come one after the other, stay, and leave",
                [Column("come", "to come", MILLISECONDS), Column("named", "to be named", MILLISECONDS),
                 Column("leave", "to leave", MILLISECONDS), Column("left", "left over", KIB),
                 Column("memory", "memory, each", MIB_FINE), Column("woken", "woken", COUNT)],
                note="The mean of the times from the call to the greeting, from the name to its answer, and from the "
                     "member's end to the host's. Left over is the memory that nobody else shares, after they "
                     "have come and gone twice, beyond that after once; in the full screen the lines that told of "
                     f"it stay, in a page at most. With {size.members} members: memory (PSS) of all processes, for "
                     f"each member; how often any process was woken in {size.idle:g} s in which nothing happened.")
    work.programs_are_tchat = True
    hosts = {
        "tchat": ("asked", plain_host, tchat(size.visitors, "-p")),
        "tchat, full screen": ("asked", screen_host, tchat(size.visitors)),
        "ncat": ("chunks", plain_host, NCAT),
    }
    for _ in range(size.rounds):
        for name, (kind, host, command) in hosts.items():
            if is_there(str(command[0])):
                work.add(name, receive(kind, host, command, size))
    for name, told in {"tchat": 0, "tchat, full screen": 4096}.items():
        work.bar(f"greeted within 2 ms, {name}", "come", of=name, at_most=0.002)
        work.bar(f"let go within 2 ms, {name}", "leave", of=name, at_most=0.002)
        work.bar(f"nothing else is left over, {name}", "left", of=name, at_most=told)
        work.bar(f"at most 0.5 MiB for each member, {name}", "memory", of=name, at_most=2 ** 19)
        work.bar(f"no system call while nothing happens, {name}", "woken", of=name, at_most=0)
    return work


# --- Those whom the others suffer from. ---

@contextmanager
def company(port, *members):
    """Members that have begun to be what they are: see crowd.c."""
    with ExitStack() as stack:
        for how, *words in members:
            wait_for_line(stack.enter_context(crowd(how, port, *words)))
        yield


@contextmanager
def person_at(terminal):
    """Somebody types a key every 20 ms. Returns a list to which the seconds are added until each is shown."""
    waits, gone = [], threading.Event()

    def type_keys():
        for key in map(chr, itertools.count(0x4e00)):  # see common.LAST
            typed = time.perf_counter()
            terminal.type(key.encode())
            waits.append(terminal.wait_for(key.encode()) - typed)
            if len(waits) % KEYS == 0:
                terminal.type(CLEAR)
            while not gone.is_set() and (pause := typed + 0.02 - time.perf_counter()) > 0:
                terminal.read(pause)
            if gone.is_set():
                return

    typing = threading.Thread(target=type_keys)
    typing.start()
    try:
        yield waits
    finally:
        gone.set()
        typing.join()


def suffer(size, *others):
    """Has members talk while a person types at the host.  Returns when all have all, and the longest wait of a key."""
    port = free_port()
    with Terminal(*tchat(FEW + len(others)), port) as terminal:
        terminal.wait_for(b"waiting on port")
        with person_at(terminal) as waits, company(port, *others):
            time.sleep(size.trouble if others else 0)  # until whoever does not read is far behind, and all buffers full
            _, seconds = talk("asked", port, FEW, FEW, size.said_by_all)
    return {"time": seconds, "wait": max(waits)}


def disturbed(size):
    work = Work("disturbed", f"{FEW} members of a group say {size.said_by_all:,} lines each, at once",
                [Column("time", "until all have all", MILLISECONDS), Column("wait", "a key waits", MILLISECONDS)],
                note="Beside them are others. Keys are typed at the host, in its full screen, every 20 ms; the longest "
                     "wait of a round counts.")
    work.programs_are_tchat = True
    mute, flood, endless = ("mute",), ("flood",), ("endless", size.endless)
    alone = "among themselves"
    cases = {alone: [], "one does not read": [mute], "one floods": [flood],
             f"one says a line of {size.endless >> 20} MiB": [endless], "all three": [mute, flood, endless]}
    for _ in range(size.rounds):
        for name, others in cases.items():
            work.add(name, suffer(size, *others))
    for name in cases:
        if name != alone:
            work.bar(f"within twice the time, {name}", "time", of=name, than=alone, at_most=2)
        work.bar(f"a key is shown within 50 ms, {name}", "wait", of=name, at_most=0.05)
    return work
