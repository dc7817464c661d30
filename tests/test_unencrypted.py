"""A server that is known by its key, called without -t: somebody in between could answer, so the person is asked."""

import contextlib
import os
import re
import signal

import pytest

from peers import HOST, SLOWNESS, TCHAT, Door, eventually
from terminal import UP, ctrl
from test_again import is_busy, said
from tls import OBEDIENT

KEY = "SHA256:" + "B" * 42 + "A"
WIDE = {"columns": 150, "rows": 40}
GO_ON = "go on without encryption[?] answer yes or no"
FRONTS = pytest.mark.parametrize("front", [[], ["-p"], ["-a"], ["-r"]],
                                 ids=["full screen", "plain", "turns", "raw"])


@pytest.fixture
def known(tmp_path, environment):
    """A door whose key is known, and the environment and the file of who knows it."""
    door = Door()
    environment["XDG_DATA_HOME"] = str(tmp_path)
    file = tmp_path / "tchat" / "known_peers"
    file.parent.mkdir(mode=0o700)
    file.write_text(f"# Ann's\nserver {KEY} {HOST} {door.port}\n")
    file.chmod(0o600)
    return door, file


def statement(door):
    return f"{HOST} port {door.port} is known by its key, but without -t it shows none: anybody can have answered"


@pytest.fixture
def asked(known, screen):
    """tchat on a terminal, which has called that door, and asks; and who has answered."""
    def asked(*front, **more):
        door, _ = known
        client = screen("-c", *front, HOST, door.port, **(more or WIDE))
        callee = door.accept()
        client.wait_for(statement(door) + "$")
        client.wait_for(GO_ON + "$")
        if not front:
            client.wait_for(lambda: "yes or no?" in client.bar)
        return client, callee

    return asked


@FRONTS
def test_yes(asked, known, front):
    """Who says yes talks to whoever is there; it is not remembered."""
    before = known[1].read_text()
    client, callee = asked(*front)
    callee.send("let me in\n")
    client.say("perhaps")
    client.wait_for('"perhaps" is no answer$')
    assert not client.shows("let me in$")
    client.say("yes")
    client.wait_for(f"not encrypted, though the key of {HOST} port {known[0].port} is known$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    client.wait_for("let me in$")
    assert known[1].read_text() == before


@FRONTS
def test_no(asked, known, front):
    """Who says no has sent nothing, and is told what to do."""
    client, callee = asked(*front)
    client.say("no")
    client.wait_for(f"nothing was sent to {HOST} port {known[0].port}$")
    client.wait_for("call with -t, or, if it has no key any more, remove the server's line from")
    if not front:
        client.press(ctrl("D"))
    assert client.wait() == 1
    assert callee.expect_end() == b""


@FRONTS
def test_leaving_is_no(asked, front):
    """Leaving is no, and so is the end of the terminal's input."""
    client, callee = asked(*front)
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert callee.expect_end() == b""


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_signal(asked, front):
    """As is a signal that ends the program."""
    client, callee = asked(*front)
    os.kill(client.pid, signal.SIGTERM)
    assert client.wait() == 128 + signal.SIGTERM
    assert callee.expect_end() == b""


@pytest.mark.parametrize("front", [[], ["-a"], ["-r"], ["--send-only"], ["--recv-only"], ["-w", "60"]], ids=str)
def test_nobody_can_be_asked(known, start, front):
    """Where there is no terminal the call is refused, and nothing is sent."""
    door, file = known
    client = start("-c", *front, HOST, door.port)
    with contextlib.suppress(BrokenPipeError):  # it may have ended already
        client.send("a secret\n")
    callee = door.accept()
    client.notice(statement(door))
    client.notice(f"nothing was sent to {HOST} port {door.port}: there is no terminal to ask on")
    client.notice(f"call with -t, or, if it has no key any more, remove the server's line from {file}")
    assert client.wait() == 1
    assert callee.expect_end() == b"" and client.out.data == b""


def test_what_was_typed_before_is_no_answer(asked, known):
    """No line that was meant for the other side is taken for the answer, nor lost."""
    client, callee = asked()
    client.say("half a thought")
    client.wait_for('"half a thought" is no answer$')
    client.say("yes")
    client.wait_for("not encrypted, though")
    client.press(UP + UP + "\r")
    assert callee.expect("half a thought\n") == b""


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_it_leaves_while_one_is_asked(asked, known, front):
    """When it hangs up there is nobody to talk to any more."""
    client, callee = asked(*front)
    callee.close_input()
    client.wait_for(f"{HOST} has left$")


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_it_speaks_and_leaves_while_one_is_asked(asked, front):
    """What was said before that is still heard, after yes."""
    client, callee = asked(*front)
    callee.send("hi\n")
    callee.close_input()
    client.say("yes")
    client.wait_for("hi$")


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_busy_line(known, screen, front):
    """Who calls again while the line is busy (-w) is asked when it is first called, and when it is not busy."""
    door, _ = known
    client = screen("-c", "-w", int(60 * SLOWNESS), *front, HOST, door.port, **WIDE)
    first = door.accept()
    client.wait_for(GO_ON + "$")
    is_busy(first)
    for _ in range(3):
        is_busy(door.accept())
    callee = door.accept()
    client.wait_for(lambda: said(client, re.escape(statement(door))) == 2)
    client.wait_for(GO_ON + "$")
    client.say("yes")
    client.wait_for("not encrypted, though")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    once = ["calling again while the line is busy", f"{HOST} is busy, and has heard nothing"]
    assert [said(client, text) for text in once] == [1, 1] and said(client, "connected to") == 2
    assert said(client, re.escape(statement(door))) == 2


@pytest.mark.parametrize("key", [ctrl("C"), ctrl("D")], ids=["stops", "leaves"])
def test_giving_up_a_busy_line(known, screen, key):
    """While it is looked whether the line is busy again, too: nobody is asked then, and nothing was sent."""
    door, _ = known
    client = screen("-c", "-w", int(60 * SLOWNESS), HOST, door.port, **WIDE)
    first = door.accept()
    client.wait_for(GO_ON + "$")
    is_busy(first)
    client.wait_for("calling again while the line is busy")
    callee = door.accept()
    client.wait_for(lambda: f"calling {HOST}" in client.bar and "Ctrl-C stops that" in client.bar)
    client.press(key)
    if key == ctrl("C"):
        client.wait_for("not calling any more")
        client.wait_for(lambda: "Enter calls again" in client.bar)
        assert client.pane[-1].endswith("not calling any more")
        client.press(ctrl("D"))
    assert client.wait() == 1
    assert callee.expect_end() == b"" and said(client, "nothing was sent") == 0


def test_lines_of_others(known, start):
    """Other hosts, other ports and callers are not that server."""
    door, file = known
    file.write_text(f"server {KEY} {HOST} 1\nserver {KEY} elsewhere.example {door.port}\n"
                    f"caller {KEY} {HOST}\n# server {KEY} {HOST} {door.port}\n")
    client = start("-c", HOST, door.port)
    client.send("hello\n")
    door.accept().expect("hello\n")


@pytest.mark.parametrize("mode, cause", [
    (0, "Permission denied"), (0o622, "it is not one's own, or others can write to it")])
def test_file_that_cannot_be_read(known, run, mode, cause):
    """That it cannot be told is said, and does not stop a call."""
    door, file = known
    file.chmod(mode)
    client = run(*OBEDIENT, TCHAT, "-c", HOST, door.port)
    client.send("hello\n")
    door.accept().expect("hello\n")
    client.notice(f"cannot look in {file} whether that server is known by a key: {cause}")


def test_nothing_is_made(environment, tmp_path, start):
    """A call without -t leaves no directory behind."""
    environment["XDG_DATA_HOME"] = str(tmp_path / "data")
    door = Door()
    client = start("-c", HOST, door.port)
    client.send("hello\n")
    door.accept().expect("hello\n")
    eventually(lambda: not (tmp_path / "data").exists(), "no directory")
