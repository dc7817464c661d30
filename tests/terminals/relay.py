"""Stands between a terminal and a command, and passes on what goes from one to the other.

    relay.py DIRECTORY COMMAND...

The terminal runs this.  It connects to the socket "control" in the directory, says there what it sees of the terminal,
and obeys: each request is a line of JSON, and so is each answer.

    start                       runs the command, on a pseudo-terminal
    ask SEQUENCE PATTERN        writes to the terminal, and takes the answer out of what comes from it
    write TEXT                  writes to the terminal
    type TEXT                   has the command read it, as if it had come from the terminal
    size                        rows, columns, and the height and width of all of them in pixels

What the command writes is also in the file "written" of the directory, and what it reads in "typed".
"""

import base64
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import tty

TERMINAL = 0
# The end of what was written, if that is the beginning of a control sequence or of a character.
INCOMPLETE = re.compile(rb"\x1b(\[[0-9;?>]*|\][^\a\x1b]*|[()])?\Z|[\xc0-\xdf]\Z|[\xe0-\xef][\x80-\xbf]?\Z|"
                        rb"[\xf0-\xff][\x80-\xbf]{0,2}\Z")


def size():
    rows, columns, width, height = struct.unpack("4H", fcntl.ioctl(TERMINAL, termios.TIOCGWINSZ, bytes(8)))
    return rows, columns, height, width


def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


class Relay:
    def __init__(self, directory, command):
        self.directory, self.command = directory, command
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(os.path.join(directory, "control"))
        self.child, self.program = None, None
        self.question = None  # a pattern, while the terminal has not answered
        self.arrived = b""
        self.requests = b""
        self.waiting = []
        self.last = b""  # what the command has written

    def tell(self, **what):
        self.control.sendall(json.dumps(what).encode() + b"\n")

    def keep(self, name, data):
        with open(os.path.join(self.directory, name), "ab") as file:
            file.write(data)

    def start(self):
        self.child, self.program = pty.fork()
        if self.child == 0:
            os.execvp(self.command[0], self.command)
        self.pass_size_on()
        signal.signal(signal.SIGWINCH, self.pass_size_on)
        self.tell(pid=self.child)

    def pass_size_on(self, *_):
        rows, columns, height, width = size()
        fcntl.ioctl(self.program, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, width, height))

    def obey(self, request, text="", pattern=""):
        text = base64.b64decode(text)
        if request == "start":
            self.start()
        elif request == "size":
            self.tell(size=size())
        elif request == "type":
            self.type(text)
            self.tell()
        elif request == "write":
            write(TERMINAL, text)
            self.tell()
        elif request == "ask":
            self.question = pattern.encode()
            write(TERMINAL, text)

    def type(self, data):
        if self.program is not None:
            self.keep("typed", data)
            write(self.program, data)

    def listen(self):
        """To the terminal."""
        self.arrived += os.read(TERMINAL, 1 << 16)
        if self.question:
            if not (found := re.search(self.question, self.arrived)):
                return
            self.tell(answer=[group.decode() for group in found.groups()])
            self.arrived = self.arrived[:found.start()] + self.arrived[found.end():]
            self.question = None
        self.type(self.arrived)
        self.arrived = b""

    def read_requests(self):
        """False when there will be no more."""
        if not (data := self.control.recv(1 << 16)):
            return False
        *lines, self.requests = (self.requests + data).split(b"\n")
        self.waiting += lines
        return True

    def run(self):
        tty.setraw(TERMINAL)
        self.tell(environment=dict(os.environ), size=size())
        while True:
            sources = [self.control, TERMINAL] + ([self.program] if self.program is not None else [])
            ready = select.select(sources, [], [], 0 if self.waiting and not INCOMPLETE.search(self.last) else None)[0]
            if self.program in ready:
                try:
                    data = os.read(self.program, 1 << 16)
                except OSError:  # it has ended
                    self.program = None
                    self.keep("ended", str(os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])).encode())
                    continue
                self.keep("written", data)
                write(TERMINAL, data)
                self.last = (self.last + data)[-512:]
            if TERMINAL in ready:
                self.listen()
            if self.control in ready and not self.read_requests():
                return
            if self.waiting and self.program not in ready and not INCOMPLETE.search(self.last):
                self.obey(*json.loads(self.waiting.pop(0)))  # not amid a sequence of the command's


if __name__ == "__main__":
    Relay(sys.argv[1], sys.argv[2:]).run()
