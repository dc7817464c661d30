#!/usr/bin/env python3
"""Runs the benchmarks, prints the tables, and draws the picture.  See README.md; bench/run starts it."""

import argparse
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from common import TCHAT, TOP
from programs import machine
from report import as_picture, as_text
from works import WORKS

BEGIN, END = "<!-- results -->\n", "<!-- end of the results -->\n"


@dataclass
class Size:
    """How much work there is."""
    rounds: int = 5
    lines: int = 1000000
    client_lines: dict = field(default_factory=lambda: {
        "catgirl": 50000, "catgirl, unseen": 200000, "weechat": 20000, "irssi": 20000})
    bytes: int = 500000000
    ways: int = 100
    starts: int = 5
    histories: tuple = (1000, 10000, 100000, 1000000)
    actions: int = 20
    seconds: float = 1
    milliseconds: int = 100
    members: int = 100
    encrypted_members: int = 32
    visitors: int = 500
    said: int = 10000
    said_by_all: int = 1000
    endless: int = 100 << 20
    quiet: float = 3
    idle: float = 5
    trouble: float = 1
    limit: int = 1800  # seconds for all of it


QUICK = Size(rounds=1, lines=20000, client_lines={name: 500 for name in Size().client_lines},
             bytes=5000000, ways=5, starts=1, histories=(1000, 5000), actions=4, seconds=0.1,
             milliseconds=2, members=6, encrypted_members=3, visitors=6, said=200, said_by_all=50, endless=1 << 20,
             quiet=0.1, idle=0.1, trouble=0.05, limit=100)


def give_up(signo, _):
    raise SystemExit(f"bench: ended by {signal.Signals(signo).name}")


def save(text, picture):
    """Puts the results where the README shows them."""
    readme = TOP / "bench" / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}```\n{text}```\n{END}{after}")
    (TOP / "doc" / "bench.svg").write_text(picture)


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every work once, and little of it")
    parser.add_argument("--rounds", type=int, help="how often everything is done")
    parser.add_argument("--save", action="store_true", help="also write bench/README.md and doc/bench.svg")
    parser.add_argument("work", nargs="*", help=", ".join(WORKS) + "; by default all")
    arguments = parser.parse_args()
    if unknown := set(arguments.work) - set(WORKS):
        parser.error(f"no such work: {', '.join(unknown)}")
    size = QUICK if arguments.quick else Size()
    size.rounds = arguments.rounds or size.rounds
    for signo in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM:
        signal.signal(signo, give_up)
    signal.alarm(size.limit)

    about, works = machine(), []
    for name in arguments.work or WORKS:
        print(f"bench: {name}", file=sys.stderr)
        if work := WORKS[name](size):
            works.append(work)
        else:
            print(f"bench: {name}: left out, as what it takes is not there", file=sys.stderr)
    text, picture = as_text(works, about, size.rounds), as_picture(works, about)
    print(text, end="")
    directory = Path(TCHAT).parent
    (directory / "bench.txt").write_text(text)
    (directory / "bench.svg").write_text(picture)
    print(f"bench: the same in {directory}/bench.txt, as a picture in {directory}/bench.svg", file=sys.stderr)
    if arguments.save:
        save(text, picture)


if __name__ == "__main__":
    main()
