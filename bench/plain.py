#!/usr/bin/env python3
"""Plain and raw mode into a file, the way of a line, and the start, each beside nc in the same run.

usage: plain.py [lines]     (by default 2000000)
"""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time

from common import TCHAT, connect, flood, free_port

ROUNDS = 5
QUIET = dict(stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def throughput(command, text, target):
    """Seconds from the first byte sent until all of it is in the file."""
    port = free_port()
    with open(target, "wb") as file:
        receiver = subprocess.Popen([*command, str(port)], stdout=file, **QUIET)
        connection = connect(port)
        start = time.monotonic()
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        receiver.wait()
        seconds = time.monotonic() - start
    connection.close()
    if os.path.getsize(target) != len(text):
        raise ValueError(f"{command}: not all arrived")
    return seconds


def compare(name, commands, text):
    """Says how many bytes a second each command takes, the best of some rounds, taken in turns."""
    best = {}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(ROUNDS):
            for label, command in commands:
                seconds = throughput(command, text, os.path.join(directory, "file"))
                best[label] = min(seconds, best.get(label, seconds))
    reference = best["nc -l"]
    print(f"{name}, {len(text) / 1e6:.0f} MB into a file:")
    for label, seconds in best.items():
        print(f"  {label:18} {len(text) / seconds / 1e6:8,.0f} MB/s   {reference / seconds:5.2f} times nc -l")


def way_of_a_line(server, client):
    """Microseconds from a line's start to its arrival at the other program's output, the median."""
    port = free_port()
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    waiting = subprocess.Popen([*server, str(port)], **pipes)
    while not is_listening(port):
        time.sleep(0.001)
    calling = subprocess.Popen([*client, "127.0.0.1", str(port)], **pipes)
    times = []
    for number in range(500):
        line = f"line {number}\n".encode()
        start = time.perf_counter()
        calling.stdin.write(line)
        calling.stdin.flush()
        seen = b""
        while not seen.endswith(line):
            select.select([waiting.stdout], [], [])
            seen += os.read(waiting.stdout.fileno(), 4096)
        times.append(time.perf_counter() - start)
    for process in calling, waiting:
        process.kill()
        process.wait()
    return sorted(times)[len(times) // 2] * 1e6


def is_listening(port):
    """Whether the port is open, without calling it."""
    for name in "tcp", "tcp6":
        with open(f"/proc/net/{name}") as table:
            if any(f":{port:04X} " in line and " 0A " in line for line in table):
                return True
    return False


def start(command):
    """Milliseconds from the start to listening, the median."""
    times = []
    for _ in range(21):
        port = free_port()
        begun = time.perf_counter()
        process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, **QUIET)
        while not is_listening(port):
            pass
        times.append(time.perf_counter() - begun)
        process.kill()
        process.wait()
    return sorted(times)[len(times) // 2] * 1e3


def main():
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 2000000
    nc = ("nc -l", ["nc", "-l"])
    plain = ("tchat --recv-only", [TCHAT, "-s", "--recv-only"])
    raw = ("tchat -r", [TCHAT, "-s", "-r", "--recv-only"])
    text = flood(lines)
    compare("mixed UTF-8 text", [nc, plain, raw], text)
    compare("ASCII text", [nc, plain], text.decode().encode("ascii", "replace"))
    ours, theirs = way_of_a_line([TCHAT, "-s"], [TCHAT, "-c"]), way_of_a_line(["nc", "-l"], ["nc"])
    print(f"a line from one program to the other: tchat {ours:.0f} us, nc {theirs:.0f} us"
          f" ({ours / theirs:.2f} times)")
    ours, theirs = start([TCHAT, "-s", "-p"]), start(["nc", "-l"])
    print(f"from start to listening: tchat {ours:.1f} ms, nc {theirs:.1f} ms")


if __name__ == "__main__":
    main()
