"""A group in a test: its host, on pipes, and those who come and talk, as sockets or programs."""

import contextlib
import os
import pty
import select
import termios

import pytest

from peers import TCHAT, Incoming, call, eventually, is_listening

QUESTION = "* What is your name? Your first line is it; what you say after that goes to all.\n"


def give_name(end, name):
    """Somebody who has been asked for a name gives one, and gets it."""
    end.send(f"{name}\n")
    end.expect(f"* You are ~{name}: ")
    end.expect(" here.\n")
    return end


def enter(end, name):
    """The same, from the question on."""
    end.expect(QUESTION)
    return give_name(end, name)


def lines_of(incoming):
    """What was said, as it has arrived so far: whole lines, without those of the room itself, such as who comes and
    goes."""
    return [line for line in bytes(incoming.data).split(b"\n")[:-1] if not line.startswith(b"* ")]


def expect_lines(incoming, count):
    """Waits until so many lines have been said, and returns them."""
    eventually(lambda: bytes(incoming.data).count(b"\n") >= count and len(lines_of(incoming)) >= count,
               f"line {count}")
    return lines_of(incoming)


class Reader:
    """Who is to read what a host writes, from a pipe or a terminal, and can hold it up.  Another user's terminal
    cannot be opened by its name."""

    def __init__(self, kind):
        self.is_pipe = kind == "pipe"
        self.descriptor, self.writing = os.pipe() if self.is_pipe else pty.openpty()
        if kind == "terminal of another":
            os.fchmod(self.writing, 0)

    def hold_up(self):
        """From now on nobody can write: the pipe is full, or as if Ctrl-S had been pressed."""
        if self.is_pipe:
            os.set_blocking(self.writing, False)
            with contextlib.suppress(BlockingIOError):
                while os.write(self.writing, bytes(select.PIPE_BUF)):
                    pass
            os.set_blocking(self.writing, True)
        else:
            termios.tcflow(self.writing, termios.TCOOFF)

    def let_flow(self):
        """Reads; returns what arrives."""
        if not self.is_pipe:
            termios.tcflow(self.writing, termios.TCOON)
        return Incoming(lambda size: os.read(self.descriptor, size))


READERS = ["pipe", "terminal", "terminal of another"]


class Room:
    """Where several meet."""

    def __init__(self, server, port):
        self.server = server
        self.port = port

    def visit(self, **options):
        """Somebody calls, and is asked for a name."""
        caller = call(self.port, **options)
        caller.expect(QUESTION)
        return caller

    def join(self, *names):
        """So many call, one after the other, and give their names."""
        return [give_name(self.visit(), name) for name in names]

    def say(self, text):
        """Whoever runs it says a line."""
        self.server.send(f"{text}\n")


@pytest.fixture
def room(run, port):
    """tchat as the host of a group; its port is the fixture port."""
    def room(*arguments, program=(TCHAT,), errors=None, **options):
        if errors is not None:  # where standard error leads to; nobody is at the keyboard then
            program, options["stdin"] = ["sh", "-c", 'exec "$@" 2>&0 </dev/null', "sh", *program], errors
        server = run(*program, "-s", "-g", "-p", *arguments, port, **options)
        if errors is None:
            server.notice(f"waiting on port {port}")
        else:
            eventually(lambda: is_listening(port), "the room")
        return Room(server, port)

    return room
