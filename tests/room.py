"""A group in a test: its host, on pipes, and those who come and talk, as sockets or programs."""

import pytest

from peers import TCHAT, call, eventually

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
    def room(*arguments, program=(TCHAT,), **options):
        server = run(*program, "-s", "-g", "-p", *arguments, port, **options)
        server.notice(f"waiting on port {port}")
        return Room(server, port)

    return room
