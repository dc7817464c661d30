#!/usr/bin/env python3
"""Where the time goes, from the socket to the screen, for each line of the flood into the full screen.

usage: bench/profile.py [--save] [lines]       (by default 3000000; needs perf, Debian's linux-perf)

perf looks, a few thousand times a second, at what both processes are doing; here each look is counted
for one of the steps below.  TCHAT is the program, by default build/bench/tchat, which has symbols.
"""

import argparse
import re
import signal
import subprocess
import time
from collections import Counter

from common import TOP, cpu_time, family, scratch
from programs import Tchat
from works import run_flood

BEGIN, END = "<!-- profile -->\n", "<!-- end of the profile -->\n"

# What is found first in the functions that were called, the innermost first, decides.
LISTENER = [
    ("recv: from the socket", r"_sys_recv"),
    ("filter: bytes to safe lines", r"^(filter_|utf8_|is_safe|pass_on|outlet_add|skip_)"),
    ("writev: into the pipe", r"writev|ksys_write|vmsplice|splice"),
    ("listener, other", r""),
]
SPEAKER = [
    ("draw: rows, ncurses, the terminal",
     r"^(screen_|pane_|wrap_|draw|row_at|rows_|step_down|align|utf8_|w[a-z]+$|isw|__isw|_nc_|tputs|strftime"
     r"|__strftime|__tz|doupdate|attention_|output_|.*printf)|ksys_(write|pread64|lseek)|shmem_|n_tty_|tty_"
     r"|^\[unknown\]$"),  # ncurses has no symbols
    ("read: out of the pipe", r"ksys_read|^(__)?read$"),
    ("keep: find the line, put it into the history",
     r"^(record_|history_|line_of|end_before|entry_at|has_room|make_room|drop_oldest|find_block|all_blocks"
     r"|log_|mark_day|buffer_|read_lines|memchr|memcpy|__mem|_int_|malloc|c?free|unlink_chunk)"),
    ("poll: waiting, and who is next", r"poll|^turn$|clock_"),
    ("speaker, other", r""),
]


def record(lines, directory):
    """Floods tchat under perf.  Returns what perf saw, who the speaker is, and seconds for each process."""
    with Tchat() as program:
        members = family(program.terminal.pid)
        data = directory / "perf.data"
        before = {pid: own_time(pid) for pid in members}
        perf = subprocess.Popen(["perf", "record", "-q", "-g", "-F", "4999", "-e", "cpu-clock", "-o", data,
                                 "-p", ",".join(map(str, members))], stderr=subprocess.DEVNULL)
        time.sleep(0.5)  # it does not say when it has begun
        try:
            rate = run_flood(program, lines, key_every=1e9, look_every=1)["rate"]
            seconds = {pid: own_time(pid) - before[pid] for pid in members}
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait()
        script = subprocess.run(["perf", "script", "-i", data, "-F", "pid,ip,sym"], check=True, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return script, program.terminal.pid, seconds, rate


def own_time(pid):
    return cpu_time(pid) - sum(cpu_time(child) for child in family(pid)[1:])


def step_of(functions, steps):
    """The step that the innermost known function belongs to."""
    for function in functions:
        for name, pattern in steps[:-1]:
            if re.search(pattern, function):
                return name
    return steps[-1][0]


def count_steps(script, speaker):
    """How often each process was seen at each step."""
    counts = Counter()
    for sample in script.split("\n\n"):
        head, *frames = sample.strip("\n").splitlines() or [""]
        if not head.strip():
            continue
        pid = int(head.split()[0])
        functions = [frame.split(maxsplit=1)[1] for frame in frames if len(frame.split(maxsplit=1)) == 2]
        counts[pid, step_of(functions, SPEAKER if pid == speaker else LISTENER)] += 1
    return counts


def describe(script, speaker, seconds, rate, lines):
    counts, text = count_steps(script, speaker), []
    for pid, who, steps in (next(p for p in seconds if p != speaker), "listener", LISTENER), \
            (speaker, "speaker", SPEAKER):
        total = sum(count for (member, _), count in counts.items() if member == pid)
        text.append(f"{who:48}{seconds[pid] / lines * 1e9:6.0f} ns")
        text += [f"    {step:44}{seconds[pid] / lines * 1e9 * counts[pid, step] / max(1, total):6.0f} ns"
                 for step, _ in steps]
    text.append(f"{rate:,.0f} lines a second; {sum(counts.values()):,} looks")
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="also write bench/README.md")
    parser.add_argument("lines", type=int, nargs="?", default=3000000)
    arguments = parser.parse_args()
    with scratch() as directory:
        text = describe(*record(arguments.lines, directory), arguments.lines)
    print(text, end="")
    if arguments.save:
        readme = TOP / "bench" / "README.md"
        before, rest = readme.read_text().split(BEGIN)
        readme.write_text(f"{before}{BEGIN}```\n{text}```\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
