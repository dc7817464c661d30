"""How a conversation ends: nothing that was sent is thrown away, and the exit status tells."""

import fcntl
import os
import select
import signal
import socket

import pytest

from peers import HOST, TCHAT, Door, call, children, eventually, needs_linux, together

DEADLY = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


def test_end_of_input_is_not_the_end_of_hearing(called):
    """Half-closed from here: what the peer still sends is shown until it ends too."""
    server, caller = called()
    server.send("my last line\n")
    server.close_input()
    assert caller.expect_end() == b"my last line\n"
    caller.send("one more\n")
    server.expect("one more\n")
    caller.send("and one\n")
    caller.close_input()
    server.expect("and one\n")
    server.notice(f"{HOST} has left")
    assert server.wait() == 0


def test_rest_of_the_input_is_still_sent(called):
    """Half-closed from there: a file or a pipe is sent to its end."""
    server, caller = called()
    caller.close_input()
    eventually(lambda: children(server.pid) == [], "the end of the listener")
    server.settle()
    server.send("one\n")
    caller.expect("one\n")
    server.send("two\n")
    server.close_input()
    assert caller.expect_end() == b"one\ntwo\n"
    server.notice(f"{HOST} has left")
    assert server.wait() == 0


@needs_linux
def test_told_to_end_while_the_rest_is_sent(start, tmp_path):
    """Who is told to end, once, while the rest of a file is on its way, waits a moment for it."""
    rest = b"line\n" * 800_000
    (tmp_path / "file").write_bytes(rest)
    door = Door()
    with (tmp_path / "file").open("rb") as file:
        client = start("-c", "-p", HOST, door.port, stdin=file)
    callee, _ = door.socket.accept()
    callee.shutdown(socket.SHUT_WR)
    client.notice(f"{HOST} has left")
    client.settle()
    client.kill(signal.SIGTERM)
    arrived = bytearray()
    while chunk := callee.recv(1 << 16):
        arrived += chunk
    assert client.wait() == -signal.SIGTERM
    assert b"not delivered" not in client.err.data and rest.startswith(arrived)


def test_client_names_the_peer_as_it_was_called(start):
    """Notices name the peer as the person named it."""
    door = Door()
    client = start("-c", "-4", "localhost", door.port)
    client.notice(f"calling localhost port {door.port}")
    client.notice(f"connected to localhost port {door.port}")
    door.accept().close_input()
    client.close_input()
    client.notice(f"localhost has left")
    assert client.wait() == 0


def test_everything_arrives_although_the_peer_talks(calling):
    """Who leaves while the other still talks loses nothing of what was sent."""
    client, callee = calling("--send-only")
    text = "a line\n" * 100_000
    together(lambda: callee.send(b"y\n" * 1_000_000), lambda: client.send(text))
    client.close_input()
    assert callee.expect_end() == text.encode()
    callee.close_input()
    assert client.wait() == 0


def test_connection_reset(called):
    """A connection that breaks is named, with the reason, and is a failure."""
    server, caller = called()
    caller.send("a line\n")
    server.expect("a line\n")
    port = caller.port
    caller.reset()
    server.notice(f"the connection to {HOST} broke: Connection reset by peer")
    assert server.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"], ["-r", "--recv-only"]], ids=str)
def test_reset_before_the_first_line(called, mode):
    """A connection that breaks at once is no orderly end either."""
    server, caller = called(*mode)
    server.settle()
    port = caller.port
    caller.reset()
    server.notice(f"the connection to {HOST} broke: Connection reset by peer")
    assert server.wait() == 1


def test_reset_after_the_last_line(calling):
    """With --send-only too, a connection that breaks while the peer's farewell is waited for is a failure."""
    client, callee = calling("--send-only")
    client.send("a line\n")
    client.close_input()
    callee.expect_end()
    port = callee.port
    callee.reset()
    client.notice(f"the connection to {HOST} broke: Connection reset by peer")
    assert client.wait() == 1


def test_lines_not_delivered_are_counted(serve, port):
    """When the connection breaks, what still waits here is reported."""
    server = serve()
    with socket.create_connection((HOST, port)) as deaf:
        server.err.expect("has called\n")
        server.clog(server.process.stdin.fileno())
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.err.expect("broke: Connection reset by peer\n")
    server.err.expect(" not delivered\n")
    assert server.wait() == 1


@pytest.mark.parametrize("signo", DEADLY)
def test_signal_ends_the_conversation_in_order(called, signo):
    """Told to end, tchat first sees to it that the peer has all lines, then dies of the signal."""
    server, caller = called()
    server.send("my last line\n")
    server.settle()
    server.kill(signo)
    assert caller.expect_end() == b"my last line\n"
    caller.close_input()
    assert server.wait() == -signo


@needs_linux  # elsewhere the kernel may take the rest while tchat lingers, and then all counts as delivered
def test_signal_while_the_peer_takes_nothing(serve, port):
    """Told to end, tchat does not wait for a peer that does not read, and says what it lost."""
    server = serve()
    with socket.create_connection((HOST, port)):
        server.err.expect("has called\n")
        server.clog(server.process.stdin.fileno())
        server.kill(signal.SIGTERM)
        server.err.expect(" not delivered\n")
        assert server.wait() == -signal.SIGTERM


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["both", "turns"])
def test_signal_while_nobody_reads(serve, port, mode):
    """Told to end, tchat does not wait for a reader that does not read what it shows."""
    reading, writing = os.pipe()
    set_pipe_size = 1031  # F_SETPIPE_SZ of <linux/fcntl.h>; Python has it since 3.10
    fcntl.fcntl(writing, set_pipe_size, 4096)
    server = serve(*mode, stdout=writing)
    os.close(writing)
    caller = call(port)
    caller.send(("x" * 5_000 + "\n") * 10)
    eventually(lambda: select.select([reading], [], [], 0)[0], "the beginning of the first line")
    server.settle()
    server.kill(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    os.close(reading)


@pytest.mark.parametrize("signo", DEADLY)
def test_signal_while_waiting(serve, signo):
    """A server that nobody has called ends at once."""
    server = serve()
    server.kill(signo)
    assert server.wait() == -signo


@pytest.mark.parametrize("signo", DEADLY)
def test_signal_while_calling(start, silent_port, signo):
    """A client that nobody answers ends at once."""
    client = start("-c", HOST, silent_port)
    client.notice(f"calling {HOST} port {silent_port}")
    client.kill(signo)
    assert client.wait() == -signo


def test_signal_to_the_whole_group(called):
    """Ctrl-C reaches both processes of tchat; what arrives before the peer's end is still shown."""
    server, caller = called()
    server.settle()
    os.killpg(server.pid, signal.SIGINT)
    caller.expect_end()
    caller.send("what I still wanted to say\n")
    caller.close_input()
    server.expect("what I still wanted to say\n")
    assert server.wait() == -signal.SIGINT


def test_peer_that_does_not_hang_up(called):
    """Told to end, tchat does not wait for ever until the peer ends too."""
    server, caller = called()
    server.kill(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    caller.expect_end()


def test_ignored_signal_stays_ignored(run, port):
    """Under nohup(1) a conversation survives the end of the terminal."""
    server = run("sh", "-c", 'trap "" HUP; exec "$@"', "sh", TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    server.kill(signal.SIGHUP)
    caller = call(port)
    server.err.expect("has called\n")
    server.kill(signal.SIGHUP)
    caller.send("still there?\n")
    server.expect("still there?\n")


def test_server_in_a_pipeline(run, port):
    """As in `echo hello | tchat -s | cat`: the pipeline ends when the conversation does."""
    server = run("sh", "-c", 'printf "hello\\n" | "$@" | cat', "sh", TCHAT, "-s", port)
    server.err.expect("waiting")
    caller = call(port)
    assert caller.expect_end() == b"hello\n"
    caller.send("bye\n")
    caller.close_input()
    assert server.output() == b"bye\n"
    assert server.wait() == 0
