#!/usr/bin/env python3
"""Floods the full screen in a pseudo-terminal, beside nc in one; then scrolls and resizes it.

usage: fullscreen.py [lines]     (by default 2000000)
"""

import sys
import threading
import time

from common import (LAST, TCHAT, Terminal, children, connect, cpu_time, flood, free_port,
                    peak_memory, send_all)

KEY = b"~"  # not in the flood
REDRAW = b"\f"


def run_flood(command, port, text, full_screen):
    """Floods the program; returns it, the connection, the seconds it took, and the waits of keys."""
    terminal = Terminal(*command)
    if full_screen:
        terminal.wait_for(b"waiting on port")
    connection = connect(port)
    sender = threading.Thread(target=send_all, args=(connection, text), daemon=True)
    waits, typed, redrawn = [], None, 0
    tail = b""
    start = time.monotonic()
    sender.start()
    while LAST.encode() not in tail:
        now = time.monotonic()
        if now - start > 120:
            raise TimeoutError("the end of the flood was not shown")
        if full_screen and typed is None and now - start > 0.05 * (len(waits) + 1):
            terminal.type(KEY)
            typed = now
        if full_screen and not sender.is_alive() and now - redrawn > 0.01:
            terminal.type(REDRAW)  # else only what differs from the lines before is drawn
            redrawn = now
        read = terminal.read(0.005)
        if typed is not None and KEY in read:
            waits.append(time.monotonic() - typed)
            typed = None
        tail = tail[-200:] + read
    elapsed = time.monotonic() - start
    sender.join()
    return terminal, connection, elapsed, waits


def report_flood(lines):
    text = flood(lines)
    count = text.count(b"\n")
    port = free_port()
    terminal, connection, seconds, waits = run_flood([TCHAT, "-s", str(port)], port, text, True)
    speaker = peak_memory(terminal.pid)
    listener = max(peak_memory(child) for child in children(terminal.pid))
    used = cpu_time(terminal.pid) + sum(cpu_time(child) for child in children(terminal.pid))
    connection.close()
    terminal.close()

    port = free_port()
    other, connection, other_seconds, _ = run_flood(["nc", "-l", str(port)], port, text, False)
    connection.close()
    other.close()

    print(f"flood of {count} lines, mean {len(text) / count:.0f} bytes:")
    print(f"  tchat   {count / seconds:12,.0f} lines a second"
          f"   ({count / used:,.0f} for each second of processor time, both processes)")
    print(f"  nc -l   {count / other_seconds:12,.0f} lines a second in the same terminal"
          f"   (tchat: {other_seconds / seconds:.1f} times as many)")
    print(f"  a key typed meanwhile was on the screen after {max(waits) * 1000:.1f} ms at the most"
          f" ({len(waits)} keys)")
    print(f"  peak memory {speaker:.1f} MiB, listener {listener:.1f} MiB")


def cost(terminal, actions):
    """Milliseconds of processor time that each action costs, drawing included."""
    terminal.settle()
    before = cpu_time(terminal.pid)
    for action in actions:
        action()
        terminal.settle()
    return (cpu_time(terminal.pid) - before) / len(actions) * 1000


def report_history(lines):
    port = free_port()
    terminal, connection, _, _ = run_flood([TCHAT, "-s", "-H", str(lines), str(port)], port,
                                           flood(lines), True)
    scroll = cost(terminal, [lambda: terminal.type(b"\x1b[5~")] * 20)
    far = cost(terminal, [lambda: terminal.type(b"\x1b[5;5~"), lambda: terminal.type(b"\x1b[6;5~")] * 5)
    resize = cost(terminal, [lambda: terminal.resize(30, 100), lambda: terminal.resize(24, 80)] * 10)
    memory = peak_memory(terminal.pid)
    connection.close()
    terminal.close()
    print(f"{lines:12,} {scroll:12.2f} {far:12.2f} {resize:12.2f} {memory:12.1f}")


def main():
    report_flood(int(sys.argv[1]) if len(sys.argv) > 1 else 2000000)
    print("milliseconds of processor time, by lines of history:")
    print("       lines         page    first/last     resize       MiB")
    for lines in (1000, 10000, 1000000):
        report_history(lines)


if __name__ == "__main__":
    main()
