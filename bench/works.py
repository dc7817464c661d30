"""The works: what tchat and its peers are given to do, in turns, and what is measured of it.

Each is a function that takes the size of the run and returns a Work.  A work that did not do all that
it should, whose file has not the right content for example, raises an error: figures of such a run
mean nothing.
"""

import filecmp
import os
import re
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, nullcontext

from common import (HOST, KEY, LAST, PATIENCE, TCHAT, TOP, Terminal, cpu_time, eventually, flood, free_port,
                    is_connected, kill_group, memory, running, scratch, terminal_streams, wait_for_end,
                    wait_listening)
from group import disturbed, group, visits
from programs import CLIENTS, PACKAGES, Tchat, Waiting, is_there, last_line
from report import COUNT, MB, MICROSECONDS, MILLISECONDS, MIB, BYTES, Column, Work
from strangers import strangers

BARE = TCHAT.parent / "bare"
PAGE_UP, TO_START, TO_END = b"\x1b[5~", b"\x1b[5;5~", b"\x1b[6;5~"
ENTER = b"\r"
TRIES = 10  # for a program that fails now and then
KEYS = 40  # typed at most: they have to fit into the input line


def those_there(commands):
    return {name: command for name, command in commands.items() if is_there(str(command[0]))}


def at_port(command, port):
    """The command with the port where it says PORT, or else at its end."""
    words = [str(word).replace("PORT", str(port)) for word in command]
    return words if words != [str(word) for word in command] else [*words, port]


# --- The flood into the full screen. ---

def run_flood(program, lines, key_every=0.05, look_every=0.1):
    """Feeds a program that shows its screen.  Returns lines a second until the last one is shown, the
    longest wait of a key typed meanwhile, and the most memory that was seen."""
    terminal, text = program.terminal, program.dress(flood(lines)) + last_line(program)
    sender = threading.Thread(target=program.feed, args=(text,), daemon=True)
    typed, waits, looked, most, tail = None, [], 0, 0, b""
    start = next_key = time.perf_counter()
    sender.start()
    while LAST not in tail:
        now = time.perf_counter()
        if now > start + PATIENCE:
            raise TimeoutError(f"{program.name} did not show the last line")
        if typed is None and now >= next_key and len(waits) < KEYS:
            terminal.type(KEY)
            typed, next_key = now, now + key_every
        if now >= looked + look_every:
            most = max(most, memory(terminal.pid))
            looked = now
        tail = tail[-8:] + terminal.read(0.005)
        if typed is not None and KEY in tail:
            waits.append(time.perf_counter() - typed)
            typed = None
            tail = tail.replace(KEY, b"")
    seconds = time.perf_counter() - start
    sender.join(PATIENCE)
    if typed is not None:
        waits.append(terminal.wait_for(KEY) - typed)
    most = max(most, memory(terminal.pid))
    return {"rate": lines / seconds, "wait": max(waits), "memory": most}


def full_screen(size):
    fewer = "; ".join(f"{name} {lines:,}" for name, lines in size.client_lines.items())
    work = Work(
        "screen", f"{size.lines:,} lines of mixed UTF-8 text, mean 71 bytes, into the full screen",
        [Column("rate", "lines/s", COUNT), Column("wait", "a key waits", MILLISECONDS),
         Column("memory", "memory", MIB)],
        note="The IRC clients get the same lines as messages in a channel, catgirl through TLS as it "
             f"must, and fewer of them: {fewer}. Unseen is what goes into a window that is not shown, all "
             "but the last line. A rate ends when the last line is on the screen. A key is typed every 50 "
             "ms, the longest wait counts. Memory is the most that was seen, of all processes, shared "
             "pages in shares (PSS).")
    for _ in range(size.rounds):
        with Tchat() as program:
            work.add(program.name, run_flood(program, size.lines))
        for name, lines in size.client_lines.items():
            if is_there(name):
                with CLIENTS[name]() as program:
                    work.add(name, run_flood(program, lines))
    work.bar("at least 1,000,000 lines a second", "rate", at_least=1e6)
    work.bar("at least 7 times catgirl's rate", "rate", than="catgirl", at_least=7)
    work.bar("... and of what it takes in unseen", "rate", than="catgirl, unseen", at_least=7)
    work.bar("a key is shown within 50 ms", "wait", at_most=0.05)
    work.bar("not more memory than catgirl", "memory", than="catgirl", at_most=1)
    return work


# --- Bytes into a file, and from a file. ---

def into_file(command, source, target):
    """Seconds from the first byte until the program has ended, with all in the file."""
    port = free_port()
    with open(target, "wb") as file, running(*at_port(command, port), stdout=file) as receiver, \
            open(source, "rb") as text:
        wait_listening(port)
        start = time.perf_counter()
        with running(BARE, "send", "splice", port, stdin=text):
            wait_for_end(receiver)
        return time.perf_counter() - start


def from_file(command, source):
    """Seconds from the start until all has arrived."""
    port = free_port()
    with running(BARE, "drop", port, stdout=subprocess.PIPE) as sink, open(source, "rb") as text:
        wait_listening(port)
        start = time.perf_counter()
        with running(*at_port(command, port), stdin=text):
            arrived = int(sink.stdout.read())
        seconds = time.perf_counter() - start
        sink.stdout.close()
    if arrived != os.path.getsize(source):
        raise ValueError(f"{command}: {arrived} bytes arrived")
    return seconds


def receive_all(work, size, commands, source, target, column="rate"):
    for _ in range(size.rounds):
        for name, command in those_there(commands).items():
            seconds = into_file(command, source, target)
            if not filecmp.cmp(source, target, shallow=False):
                raise ValueError(f"{name}: what arrived is not what was sent")
            work.add(name, {column: os.path.getsize(source) / seconds})
            os.remove(target)


def plain(size):
    work = Work("plain", f"{size.lines:,} lines of the same text through plain mode, filtered, into a file",
                [Column("rate", "MB/s", MB)],
                note="Files are in memory, so that no disk is measured.")
    with scratch() as directory:
        (directory / "text").write_bytes(flood(size.lines))
        receive_all(work, size, {
            "tchat": [TCHAT, "-s", "--recv-only"],
            "nc": ["nc", "-l"],
            "ncat": ["ncat", "-l", "--recv-only"],
            "socat": ["socat", "-u", "TCP-LISTEN:PORT", "STDOUT"],
        }, directory / "text", directory / "file")
    work.bar("at least the rate of nc -l", "rate", than="nc", at_least=1)
    return work


def raw(size):
    work = Work("raw", f"{size.bytes / 1e6:.0f} MB through raw mode",
                [Column("receive", "into a file, MB/s", MB),
                 Column("send", "from a file, MB/s", MB)],
                note="The loops written for the benchmark (bare.c) use splice(2), or read(2) and write(2) "
                     "with a buffer of 1 MiB; the faster one is what tchat is held against. Files are in "
                     "memory. What is received comes from the splice loop, what is sent goes to one that "
                     "drops it.")
    with scratch() as directory:
        source = directory / "bytes"
        with open(source, "wb") as file:
            for _ in range(size.bytes // 1000000):
                file.write(os.urandom(1000000))
        receive_all(work, size, {
            "tchat": [TCHAT, "-s", "-r", "--recv-only"],
            "nc": ["nc", "-l"],
            "ncat": ["ncat", "-l", "--recv-only"],
            "socat": ["socat", "-u", "TCP-LISTEN:PORT", "STDOUT"],
            "loop, splice": [BARE, "receive", "splice"],
            "loop, buffer": [BARE, "receive", "copy"],
        }, source, directory / "file", "receive")
        for _ in range(size.rounds):
            for name, command in those_there({
                "tchat": [TCHAT, "-c", "-r", "--send-only", HOST],
                "nc": ["nc", "-N", HOST],
                "ncat": ["ncat", "--send-only", HOST],
                "socat": ["socat", "-u", "STDIN", f"TCP:{HOST}:PORT"],
                "loop, splice": [BARE, "send", "splice"],
                "loop, buffer": [BARE, "send", "copy"],
            }).items():
                work.add(name, {"send": size.bytes / from_file(command, source)})
    for column, what in ("receive", "into a file"), ("send", "from a file"):
        loop = max(("loop, splice", "loop, buffer"), key=lambda name: work.median(name, column))
        work.bar(f"at least twice the rate of nc, {what}", column, than="nc", at_least=2)
        work.bar(f"within 20 percent of the faster loop, {what}", column, than=loop, at_least=0.8)
    return work


def across(receiver, sender, source, target):
    """Seconds from the start of the sender until the receiver has ended, with all in the file."""
    port = free_port()
    with open(target, "wb") as file, running(*at_port(receiver, port), stdout=file) as there, \
            open(source, "rb") as text:
        wait_listening(port)
        start = time.perf_counter()
        with running(*at_port(sender, port), stdin=text):
            wait_for_end(there)
        return time.perf_counter() - start


def encrypted(size):
    work = Work("encrypted", f"{size.lines:,} lines of the same text through TLS, into a file",
                [Column("rate", "MB/s", MB)],
                note="Each program at both ends: the text is encrypted by one process of it and decrypted "
                     "by another. tchat's passes its filter, too. openssl makes the key of ncat and socat. ncat "
                     "gives up with an input/output error now and then, and then tries again.")
    with scratch() as directory:
        source, target, key = directory / "text", directory / "file", directory / "key.pem"
        source.write_bytes(flood(size.lines))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key,
                        "-out", key, "-subj", "/CN=localhost", "-days", "2"],
                       check=True, stderr=subprocess.DEVNULL)
        tchat = ["env", f"XDG_DATA_HOME={directory}", TCHAT]
        pin = subprocess.run([*tchat, "--fingerprint"], check=True, stdout=subprocess.PIPE,
                             text=True).stdout.strip()
        pairs = {
            "tchat": ([*tchat, "-s", "-t", "--pin", pin, "--recv-only"],
                      [*tchat, "-c", "-t", "--pin", pin, "--send-only", HOST]),
            "ncat": (["ncat", "--ssl", "--ssl-cert", key, "--ssl-key", key, "-l", "--recv-only"],
                     ["ncat", "--ssl", "--send-only", HOST]),
            "socat": (["socat", "-u", f"OPENSSL-LISTEN:PORT,cert={key},verify=0", "STDOUT"],
                      ["socat", "-u", "STDIN", f"OPENSSL:{HOST}:PORT,verify=0"]),
        }
        for _ in range(size.rounds):
            for name, (receiver, sender) in pairs.items():
                for _ in range(TRIES):
                    seconds = across(receiver, sender, source, target)
                    if filecmp.cmp(source, target, shallow=False):
                        work.add(name, {"rate": os.path.getsize(source) / seconds})
                        break
                    if name != "ncat":
                        raise ValueError(f"{name}: what arrived is not what was sent")
    return work


# --- The way of one line. ---

def pair(waiting, calling, greeting):
    """Two programs in terminals, connected; the caller says so with the greeting, if it says anything."""
    port = free_port()
    with ExitStack() as stack:
        there = stack.enter_context(Terminal(*at_port(waiting, port)))
        wait_listening(port)
        here = stack.enter_context(Terminal(*at_port(calling, port)))
        eventually(lambda: is_connected(port), "a connection")
        if greeting:
            here.wait_for(greeting)
        for terminal in here, there:
            terminal.settle(0.2)
        stack.pop_all()
    return here, there


def way(waiting, calling, greeting, count, pause):
    """Seconds from Enter in one terminal until the line is seen in the other: of so many lines."""
    here, there = pair(waiting, calling, greeting)
    seconds = []
    with here, there:
        for number in range(count):
            character = chr(0x4E00 + number).encode()  # on no screen before, see common.LAST
            here.type(b"a line that is typed " + character)
            here.wait_for(character)
            here.settle(pause)
            start = time.perf_counter()
            here.type(ENTER)
            seconds.append(there.wait_for(character) - start)
            here.settle(0.001)
    return seconds


def one_line(size):
    work = Work("line", "One line, from Enter to the other screen, both idle",
                [Column("median", "median", MICROSECONDS, statistic="median"),
                 Column("tail", "99th percentile", MICROSECONDS, statistic="percentile")],
                note=f"{size.ways * size.rounds:,} lines each, between two pseudo-terminals.")
    commands = {
        "tchat": ([TCHAT, "-s"], [TCHAT, "-c", HOST], b"connected to"),
        "tchat -p": ([TCHAT, "-s", "-p"], [TCHAT, "-c", "-p", HOST], b"connected to"),
        "nc": (["nc", "-l"], ["nc", HOST], None),
        "ncat": (["ncat", "-l"], ["ncat", HOST], None),
        "socat": (["socat", "-", "TCP-LISTEN:PORT"], ["socat", "-", f"TCP:{HOST}:PORT"], None),
    }
    for _ in range(size.rounds):
        for name, (waiting, calling, greeting) in commands.items():
            if is_there(str(waiting[0])):
                for seconds in way(waiting, calling, greeting, size.ways, 0.03):
                    work.add(name, {"median": seconds, "tail": seconds})
    work.bar("within 1.5 times the time of nc, median", "median", than="nc", at_most=1.5)
    work.bar("within twice the time of nc, 99th percentile", "tail", than="nc", at_most=2)
    return work


# --- Waiting. ---

def time_to_listening(command, in_terminal):
    """Seconds until a call is answered."""
    port = free_port()
    with terminal_streams() if in_terminal else nullcontext({}) as streams:
        start = time.perf_counter()
        with running(*at_port(command, port), **streams):
            return listened(port) - start


def listened(port):
    """Calls, without any pause, until somebody answers; returns when that was."""
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        with socket.socket() as caller:
            if caller.connect_ex((HOST, port)) == 0:
                return time.perf_counter()
    raise TimeoutError("nobody listens")


def waiting(size):
    work = Work("waiting", "Waiting, after the start",
                [Column("start", "to listening", MILLISECONDS), Column("memory", "memory", MIB)],
                note="Memory: of all processes, shared pages in shares (PSS); tchat waiting for a call, "
                     "and with a caller; the IRC clients in one empty channel of a server on this "
                     "machine.")
    commands = {
        "tchat": ([TCHAT, "-s"], True),
        "tchat -p": ([TCHAT, "-s", "-p"], False),
        "nc": (["nc", "-l"], False),
        "ncat": (["ncat", "-l"], False),
        "socat": (["socat", "-", "TCP-LISTEN:PORT"], False),
    }
    for _ in range(size.rounds):
        for _ in range(size.starts):
            for name, (command, in_terminal) in commands.items():
                if is_there(str(command[0])):
                    work.add(name, {"start": time_to_listening(command, in_terminal)})
        with Waiting() as program:
            work.add("tchat", {"memory": memory(program.terminal.pid)})
        with Tchat() as program:
            work.add("tchat, called", {"memory": memory(program.terminal.pid)})
        for name, client in CLIENTS.items():
            if name in PACKAGES and is_there(name):
                with client() as program:
                    work.add(name, {"memory": memory(program.terminal.pid)})
    work.bar("listening within 20 ms", "start", at_most=0.02)
    work.bar("less than half of WeeChat's memory", "memory", than="weechat", at_most=0.5)
    work.bar("less memory than catgirl", "memory", than="catgirl", at_most=1)
    return work


# --- The length of the history. ---

def cost(terminal, actions):
    """Seconds of processor time that each action costs, drawing included."""
    before = cpu_time(terminal.pid)
    for action in actions:
        action()
        terminal.wait_for_output()
    return (cpu_time(terminal.pid) - before) / len(actions)


def history_costs(lines, actions):
    """What a history costs that is full, and has been for as long again; the memory that was added since the
    start; the mean length of a line."""
    with Tchat("-H", lines) as program:
        terminal, text = program.terminal, flood(2 * lines)
        before = memory(terminal.pid, "Anonymous")
        sender = threading.Thread(target=program.feed, args=(text + last_line(program),), daemon=True)
        sender.start()
        terminal.wait_for(LAST)
        sender.join()
        terminal.settle()
        held = memory(terminal.pid, "Anonymous") - before
        half = actions // 2
        new = iter(range(actions))
        costs = {
            "page": cost(terminal, [lambda: terminal.type(PAGE_UP)] * actions),
            "far": cost(terminal, [lambda: terminal.type(TO_START), lambda: terminal.type(TO_END)] * half),
            "resize": cost(terminal, [lambda: terminal.resize(30, 100),
                                      lambda: terminal.resize(24, 80)] * half),
            "line": cost(terminal, [lambda: program.feed(b"a new line, number %d\n" % next(new))] * actions),
        }
    return costs, held, len(text) / (2 * lines)


def history(size):
    work = Work("history", "The length of the history",
                [Column("page", "a page up", MICROSECONDS), Column("far", "first/last line", MICROSECONDS),
                 Column("resize", "a resize", MICROSECONDS), Column("line", "a new line", MICROSECONDS),
                 Column("memory", "memory beyond text", BYTES)],
                note="Processor time of all processes, drawing included. Memory, for each line, is what a "
                     "history takes more than the shortest one, less the text, after twice as many lines "
                     "as are kept have come.")
    names = {f"{lines:,} lines": lines for lines in size.histories}
    first, last = list(names)[0], list(names)[-1]
    for _ in range(size.rounds):
        for name, lines in names.items():
            costs, held, mean = history_costs(lines, size.actions)
            if name == first:
                least = held
            else:
                costs["memory"] = (held - least) / (lines - names[first]) - mean
            work.add(name, costs)
    work.programs_are_tchat = True
    for column, what in (("page", "a page up"), ("far", "the first and last line"), ("resize", "a resize"),
                         ("line", "a new line")):
        work.bar(f"{what} costs the same with {last} as with {first} (within half)", column, of=last,
                 than=first, at_most=1.5)
    work.bar(f"within 24 bytes of its text for each line, with {last}", "memory", of=last, at_most=24)
    return work


# --- Callers, one after the other. ---

def answered(command, seconds):
    """How many callers a second get what they want: to say a line and to see the end."""
    port = free_port()
    with running(*at_port(command, port), stdout=subprocess.PIPE) as server:
        heard = []
        reader = threading.Thread(target=lambda: heard.append(server.stdout.read()), daemon=True)
        reader.start()
        wait_listening(port)
        with running(BARE, "call", port, seconds, stdout=subprocess.PIPE) as caller:
            count, elapsed = caller.stdout.read().split()
            caller.stdout.close()
        time.sleep(0.1)  # for the last of them to be written
        kill_group(server.pid)
        reader.join(PATIENCE)
        server.stdout.close()
    lines = heard[0].count(b"\n")
    if lines < int(count):
        raise ValueError(f"{command}: {count.decode()} callers, {lines} lines")
    return int(count) / float(elapsed)


def callers(size):
    work = Work("callers", "A server with -k: callers, one after the other, each of them says a line",
                [Column("rate", "callers/s", COUNT)],
                note="A caller is done when the server has hung up too. tchat and socat start a new process "
                     "for each of them, ncat and nc do not; what that costs by itself shows the loop that "
                     "does nothing else (bare.c).")
    commands = those_there({
        "tchat": [TCHAT, "-s", "-k", "--recv-only"],
        "ncat": ["ncat", "-k", "-l", "--recv-only"],
        "nc": ["nc", "-k", "-l", "-N"],
        "socat, fork": ["socat", "-u", "TCP-LISTEN:PORT,fork", "STDOUT"],
        "loop, fork": [BARE, "fork"],
    })
    for _ in range(size.rounds):
        for name, command in commands.items():
            work.add(name, {"rate": answered(command, size.seconds)})
    work.bar("at least as many as ncat -k -l", "rate", than="ncat", at_least=1)
    return work


# --- The filter alone. ---

def filter_alone(size):
    """What bench/filter prints; None where it is not there."""
    if not (TOP / "bench" / "filter.c").exists():
        return None
    work = Work("filter", "The text filter alone, on one processor",
                [Column("rate", "MB/s", MB)])
    for _ in range(size.rounds):
        printed = subprocess.run([TCHAT.parent / "bench" / "filter", str(size.milliseconds)], check=True,
                                 text=True, timeout=PATIENCE, stdout=subprocess.PIPE).stdout
        rates = re.findall(r"^(\S.*?)\s+([\d.]+) MB/s", printed, re.MULTILINE)
        if not rates:
            raise ValueError(f"bench/filter printed {printed!r}")
        for name, rate in rates:
            work.add(name, {"rate": float(rate) * 1e6})
    work.programs_are_tchat = True
    for name in work.programs():
        least = 2e9 if name.lower() == "ascii" else 5e8
        work.bar(f"at least {least / 1e6:,.0f} MB a second, {name}", "rate", of=name, at_least=least)
    return work


WORKS = {"screen": full_screen, "plain": plain, "raw": raw, "encrypted": encrypted, "line": one_line,
         "waiting": waiting, "history": history, "callers": callers, "strangers": strangers, "filter": filter_alone,
         "group": group, "visits": visits, "disturbed": disturbed}
