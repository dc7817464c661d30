"""The elementary chat: strict turns, line by line (-a)."""

import contextlib
import fcntl
import re
import signal
import termios
import threading
from pathlib import Path

import pytest

from fullscreen import not_under_sanitizers, peak_memory
from peers import DEADLINE, HOST, Door, eventually, is_idle

STILL_WAITING = ("still waiting for the peer's first line; "
                 "if the peer waits too, leave and start again with -f me")


def test_lines_typed_ahead_stay_back(calling):
    """Of three lines typed at once, each is sent only when its turn has come."""
    client, callee = calling("-a")
    client.send("one\ntwo\nthree\n")
    callee.expect("one\n")
    client.settle()
    assert callee.incoming.data == b"one\n"
    callee.send("answer to one\n")
    client.expect("answer to one\n")
    callee.expect("two\n")
    client.settle()
    assert callee.incoming.data == b"one\ntwo\n"
    callee.send("answer to two\n")
    callee.expect("three\n")


def test_lines_that_come_early_stay_back(calling):
    """Of three lines that arrive at once, each is shown only when its turn has come."""
    client, callee = calling("-a")
    callee.send("answer one\nanswer two\n")
    client.settle()
    assert client.out.data == b""
    client.send("one\n")
    client.expect("answer one\n")
    client.settle()
    assert client.out.data == b"answer one\n"
    client.send("two\n")
    client.expect("answer two\n")


def test_half_a_line_is_not_a_turn(called):
    """A turn is a whole line, however it was cut on its way."""
    server, caller = called("-a")
    server.send("mine\n")
    caller.send("the")
    server.settle()
    assert server.out.data == b""
    assert caller.incoming.data == b""
    caller.send("irs\n")
    server.expect("theirs\n")
    caller.expect("mine\n")


def test_server_waits_for_the_first_line(called):
    """By default the client begins: what the server types waits for that."""
    server, caller = called("-a")
    server.send("eager\n")
    server.settle()
    assert caller.incoming.data == b""
    caller.send("first\n")
    server.expect("first\n")
    caller.expect("eager\n")


def test_server_may_begin(conversation):
    """With -f me here and -f peer there, the server speaks first."""
    server, client = conversation(server=["-a", "-f", "me"], client=["-a", "--first", "peer"])
    client.send("second\n")
    server.send("first\n")
    client.expect("first\n")
    server.expect("second\n")
    server.send("third\n")
    client.expect("third\n")


def test_many_turns(conversation):
    """A thousand turns, all typed ahead at both ends, come out in order."""
    server, client = conversation(server=["-a"], client=["-a"])
    for end in (server, client):
        end.send("".join(f"{'server' if end is server else 'client'} {n}\n" for n in range(1000)))
        end.close_input()
    assert server.output().decode().splitlines() == [f"client {n}" for n in range(1000)]
    assert client.output().decode().splitlines() == [f"server {n}" for n in range(1000)]
    assert (server.wait(), client.wait()) == (0, 0)


def test_both_ends_waiting(conversation):
    """When each waits for the other, both say so after a few seconds; a new start helps."""
    server, client = conversation(server=["-a"], client=["-a", "-f", "peer"])
    server.notice(STILL_WAITING)
    client.notice(STILL_WAITING)
    assert server.out.data == client.out.data == b""


def test_silence_after_the_first_line_is_nothing_special(called, start):
    """Who has been spoken to knows that the peer does not wait; nothing is said about it."""
    server, caller = called("-a")
    caller.send("first\n")
    server.expect("first\n")
    door = Door()
    other = start("-c", "-a", "-f", "peer", HOST, door.port)
    door.accept()
    other.notice(STILL_WAITING)  # it has waited long enough, and began later
    server.settle()
    assert b"still waiting" not in server.err.data


def test_both_ends_beginning(conversation):
    """When both speak first the lines cross, and nothing is lost."""
    server, client = conversation(server=["-a", "-f", "me"], client=["-a"])
    server.send("server one\nserver two\n")
    client.send("client one\nclient two\n")
    server.expect("client one\nclient two\n")
    client.expect("server one\nserver two\n")


def test_the_one_whose_turn_it_is_leaves(conversation):
    """The end of the input ends the conversation when its turn has come."""
    server, client = conversation(server=["-a"], client=["-a"])
    client.send("good bye\n")
    server.expect("good bye\n")
    server.close_input()
    client.close_input()
    assert (server.wait(), client.wait()) == (0, 0)
    client.err.expect(" has left\n")


def test_rest_of_a_file_follows_when_the_peer_leaves(called):
    """A file is sent whole: once the peer says nothing more, no turn is waited for."""
    server, caller = called("-a")
    server.send("one\ntwo\nthree")
    server.close_input()
    caller.send("only line\n")
    caller.close_input()
    assert caller.expect_end() == b"one\ntwo\nthree\n"
    assert server.output() == b"only line\n"
    assert server.wait() == 0


def test_what_came_early_is_shown_at_the_end(calling):
    """Lines that waited for their turn are not lost when the peer leaves."""
    client, callee = calling("-a")
    callee.send("one\ntwo\nthree")
    callee.close_input()
    client.send("mine\n")
    client.close_input()
    assert client.output() == b"one\ntwo\nthree\n"
    assert callee.expect_end() == b"mine\n"


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM])
def test_typed_ahead_lines_are_counted_when_leaving(calling, signo):
    """Who is made to leave learns what was typed and never sent."""
    client, callee = calling("-a")
    client.send("one\ntwo\nthree\n")
    callee.expect("one\n")
    client.settle()
    client.kill(signo)
    assert callee.expect_end() == b"one\n"
    callee.close_input()
    assert client.wait() == -signo
    client.notice("2 lines were typed ahead, not sent")


def test_unfinished_line_is_counted_when_the_connection_breaks(calling):
    """A line of which a part was read when all ended was typed and not sent, too."""
    client, callee = calling("-a")
    client.send("half a thought")
    eventually(lambda: fcntl.ioctl(client.process.stdin, termios.FIONREAD, bytes(4)) == bytes(4),
               "that it is read")
    callee.reset()
    client.notice("1 line was typed ahead, not sent")
    assert client.wait() == 1


def test_hostile_lines_are_made_visible(called):
    """Turns pass the text filter like all plain output."""
    server, caller = called("-a")
    caller.send(b"\x1b[31mred\xff\r\n")
    server.expect("^[[31mred\ufffd\n")


def test_broken_connection_is_an_error(called):
    """A connection that breaks ends the turns, with the reason."""
    server, caller = called("-a")
    caller.send("hello\n")
    server.expect("hello\n")
    caller.reset()
    server.err.expect(" broke: Connection reset by peer\n")
    assert server.wait() == 1


def test_full_disk_is_an_error(called):
    """Lines that cannot be written end the conversation with the reason."""
    with open("/dev/full", "wb") as full:
        server, caller = called("-a", stdout=full)
        caller.send("a line\n")
        server.notice("cannot write what arrives: No space left on device")
        assert server.wait() == 1


def test_told_to_end_in_a_flood(called):
    """Who is told to end does not show for ever what still comes."""
    server, caller = called("-a")

    def flood():
        with contextlib.suppress(OSError):  # it has hung up
            while True:
                caller.socket.sendall(b"line\n" * 10_000)

    flooding = threading.Thread(target=flood)
    flooding.start()
    server.expect("line\n")
    server.kill(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == -signal.SIGTERM
    flooding.join()


# A line that is longer than what is held at once

PIECE = 65_536  # of a long line that is shown, as of all long lines


def in_pieces(text):
    """How a long line is shown."""
    return "".join(text[at:at + PIECE] + "\n" for at in range(0, len(text), PIECE))


def test_long_line_that_comes_is_one_turn(called):
    """A long line is shown as it comes, and answered when it has ended."""
    server, caller = called("-a")
    server.send("mine\nnext\n")
    caller.send("x" * 200_000)
    server.expect(in_pieces("x" * 3 * PIECE))
    server.settle()
    assert caller.incoming.data == b""
    caller.send("y\n")
    server.expect("xy\n")
    caller.expect("mine\n")
    server.settle()
    assert caller.incoming.data == b"mine\n"


def read_of(program):
    """How many bytes of the file on its standard input a program has read."""
    return int(re.search(r"pos:\s+(\d+)", Path(f"/proc/{program.pid}/fdinfo/0").read_text())[1])


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_long_line_that_ends_where_it_is_cut(called, size):
    """However long a line is, it is one turn, and no empty line is shown."""
    server, caller = called("-a")
    server.send("mine\nnext\n")
    caller.send("x" * size + "\n" + "early\n")
    caller.expect("mine\n")
    server.expect("early\n")
    caller.expect("next\n")
    assert server.out.data.decode() == in_pieces("x" * size) + "early\n"


def test_long_line_that_is_typed_is_one_turn(calling):
    """A long line is sent before its end is typed; what comes early, and what follows, waits until it has ended."""
    client, callee = calling("-a")
    client.send("x" * 200_000)
    callee.incoming.expect_amount(2 * PIECE)
    callee.send("early\n")
    client.settle()
    assert client.out.data == b""
    client.send("y\nnext\n")
    callee.expect("xy\n")
    client.expect("early\n")
    callee.expect("next\n")
    assert callee.incoming.data == b"x" * 200_000 + b"y\nnext\n"


def test_long_lines_alternate(serve, start, port, tmp_path):
    """Where both ends send lines of all lengths, each answer follows all of what it answers."""
    sizes = [200_000, 3, PIECE, 70_000, PIECE + 1, 500_000]
    for name in ("server", "client"):
        (tmp_path / name).write_text("".join(f"{name} {n} {'x' * size}\n" for n, size in enumerate(sizes)))
    with open(tmp_path / "server") as typed:
        server = serve("-a", "-l", tmp_path / "log", stdin=typed)
    with open(tmp_path / "client") as typed:
        client = start("-c", "-a", HOST, port, stdin=typed)
    assert (server.wait(), client.wait()) == (0, 0)
    for end, other in ((server, "client"), (client, "server")):
        assert end.out.data.decode() == "".join(
            in_pieces(f"{other} {n} {'x' * size}") for n, size in enumerate(sizes))
    said = re.findall(r"^\S+ [<>] (\w+ \d)? ?x+$", (tmp_path / "log").read_text(), re.MULTILINE)
    assert [turn for turn in said if turn] == [
        f"{name} {n}" for n in range(len(sizes)) for name in ("client", "server")]


@pytest.mark.parametrize("size", [PIECE, 100_000, 2 * PIECE])
def test_long_last_line(called, tmp_path, size):
    """The end of the stream ends a long line, in both directions."""
    (tmp_path / "line").write_text("y" * size)
    with open(tmp_path / "line") as line:
        server, caller = called("-a", stdin=line)
    caller.send("x" * size)
    caller.close_input()
    assert caller.expect_end().decode() == "y" * size + "\n"
    assert server.output().decode() == in_pieces("x" * size)
    assert server.wait() == 0


def test_told_to_end_in_a_long_line(calling):
    """A signal ends the program also in the middle of a long line."""
    client, callee = calling("-a")
    client.send("x" * 100_000)
    callee.incoming.expect_amount(PIECE)
    client.kill(signal.SIGTERM)
    assert set(callee.expect_end()) == {ord("x")}
    callee.close_input()
    assert client.wait() == -signal.SIGTERM


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_long_lines_that_cross(serve, start, port, tmp_path, signo):
    """Two lines that cross, longer than what is held at once, hold each other up, and cost nothing meanwhile; who
    leaves then ends it for both."""
    (tmp_path / "line").write_bytes(b"x" * 50_000_000)
    with open(tmp_path / "line") as mine, open(tmp_path / "line") as theirs:
        server = serve("-a", "-f", "me", stdin=mine)
        client = start("-c", "-a", HOST, port, stdin=theirs)
    eventually(lambda: read_of(server) > PIECE < read_of(client) and is_idle(server.pid) and is_idle(client.pid),
               "that both wait")
    assert server.out.data == client.out.data == b""
    client.kill(signo)
    assert client.wait() == -signo
    server.err.expect(" has left\n" if signo != signal.SIGKILL else " broke: Connection reset by peer\n")
    assert server.wait() == (0 if signo != signal.SIGKILL else 1)
    assert len(server.out.data) > PIECE and (signo != signal.SIGKILL or b" not delivered\n" in server.err.data)


@not_under_sanitizers
def test_memory_for_a_line_without_end(serve, start, port, tmp_path):
    """However long a line is, nobody holds all of it: neither who sends it nor who shows it."""
    size = 50_000_000
    (tmp_path / "line").write_bytes(b"x" * size)
    server = serve("-a")
    with open(tmp_path / "line") as line:
        client = start("-c", "-a", HOST, port, stdin=line)
    server.out.expect_amount(size)
    assert max(peak_memory(server.pid), peak_memory(client.pid)) < size / 2
