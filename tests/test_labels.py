"""Labels: in plain mode, and only if asked for, each line of the other side says that it is theirs."""

import pytest

from peers import HOST, TCHAT, call
from test_plain import many_lines


@pytest.mark.parametrize("arriving", [
    ["one\ntwo\n\n", "three\r\n"], ["on", "e\nt", "wo\n", "\n", "three\r", "\n"], ["one\ntwo\n\nthree"]], ids=repr)
def test_every_line(called, arriving):
    """Each line has its label, however it arrives, and the first one the name, too."""
    server, caller = called("--labels")
    for piece in arriving:
        caller.send(piece)
    caller.close_input()
    server.close_input()
    assert server.output().decode() == f"< {HOST}: one\n< two\n< \n< three\n"


def test_next_caller(serve, port):
    """Whoever speaks next is named."""
    server = serve("--labels", "-k")
    for line in "one", "two":
        caller = call(port)
        caller.send(line + "\nand on\n")
        server.expect(f"< {HOST}: {line}\n< and on\n")
        caller.close_input()
        caller.expect_end()


def test_in_turns(called):
    """In turns it is the same."""
    server, caller = called("-a", "--labels")
    caller.send("one\n")
    server.expect(f"< {HOST}: one\n")
    server.send("mine\n")
    caller.expect("mine\n")
    caller.send("two\n")
    assert server.expect("< two\n") == b""


def test_long_and_hostile_lines(called):
    """What is cut off a line that is too long is another line, and no line can pass for another one's."""
    server, caller = called("--labels")
    caller.send("x" * 65537 + "\n\x1b[2J\r< somebody: else\n")
    caller.close_input()
    server.close_input()
    assert server.output().decode() == f"< {HOST}: {'x' * 65536}\n< x\n< ^[[2J^M< somebody: else\n"


def test_many_lines(called):
    """Labels lose nothing."""
    server, caller = called("--labels")
    text = many_lines("theirs")
    caller.send(text)
    caller.close_input()
    server.close_input()
    labelled = "".join(f"< {line}\n" for line in text.splitlines())
    assert server.output().decode().replace(f"< {HOST}: ", "< ", 1) == labelled


def test_on_a_terminal(on_terminal, port):
    """They mean plain mode: the full screen has its own."""
    server = on_terminal(TCHAT, "-s", "--labels", port)
    server.wait_for(f"^tchat: waiting on port {port}$")
    caller = call(port)
    caller.send("theirs\n")
    server.wait_for(f"^< {HOST}: theirs$")
    assert b"\x1b" not in server.shown


def test_log_has_none(called, tmp_path):
    """The log has what was said."""
    server, caller = called("--labels", "-l", tmp_path / "log")
    caller.send("theirs\n")
    server.expect("theirs\n")
    caller.close_input()
    server.close_input()
    server.output()
    assert " < theirs\n" in (tmp_path / "log").read_text()
