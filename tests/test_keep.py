"""A server that keeps (-k): one caller after the other, and one at a time."""

import contextlib
import signal
import socket

import pytest

from fullscreen import F2, DeafCaller, memory, not_under_sanitizers
from peers import (HOST, assert_knows_nothing, call, is_listening, listeners, looks_into_listener, needs_linux,
                   said_in_memory, socket_of)
from test_log import entries
from test_screen import theirs

BUSY = b"The line is busy. Please call again later.\n"


def test_one_caller_after_the_other(called, port):
    """When a caller leaves, the server waits for the next."""
    server, first = called("-k")
    first.send("I am the first\n")
    server.expect("I am the first\n")
    first.close_input()
    server.notice(f"{HOST} has left")
    server.notice(f"waiting on port {port}")
    second = call(port)
    server.notice(f"{HOST} has called")
    second.send("I am the second\n")
    server.expect("I am the second\n")
    server.send("welcome, second\n")
    second.expect("welcome, second\n")
    assert first.expect_end() == b""


def test_whom_a_line_is_said_to_is_told_before_it(screen, port, tmp_path):
    """Of one caller more than are told of at once, too, who is not yet known to stay."""
    log = tmp_path / "log"
    server = screen("-s", "-l", log, port)
    for number in range(6):
        server.wait_for(lambda: "waiting on" in server.bar)
        caller = call(port)
        server.wait_for(lambda: HOST in server.bar)
        server.say(f"welcome, number {number}")
        caller.expect(f"welcome, number {number}\n")
        caller.close_input()
    server.wait_for(lambda: "waiting on" in server.bar)
    told = [text for who, text in entries(log) if who == ">" or text.endswith("has called")]
    assert [text.startswith("welcome") for text in told] == [False, True] * 6


@pytest.mark.parametrize("rows, columns", [(24, 80), (60, 200)])
@looks_into_listener
@needs_linux
@not_under_sanitizers
def test_listener_has_no_history(screen_called, port, environment, rows, columns):
    """Who listens to the next caller knows nothing of what was said, typed or shown before."""
    pager = "cat; echo '[end]'; read key </dev/tty"
    server, first = screen_called("-k", env=dict(environment, PAGER=pager), rows=rows, columns=columns)
    first.send("".join(f"{number:05} heardbefore, and more\n" for number in range(5000)))
    server.wait_for("04999 heardbefore")
    server.press(F2)
    server.wait_for(r"^\[end\]$")
    server.press("\r")
    server.wait_for("04999 heardbefore")
    for size in [(rows + 7, columns + 30), (rows - 3, columns - 20), (rows, columns)]:
        server.resize(*size)
        server.wait_for("04999 heardbefore")
    for number in range(10):
        server.say(f"{number:05} saidbefore")
    first.expect("00009 saidbefore\n")
    server.press("\x01leftbefore")
    server.wait_for("leftbefore")
    first.close_input()
    server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
    second = call(port)
    second.send("I am the second\n")
    server.wait_for(theirs("I am the second"))
    kept, _, cells = said_in_memory(server.pid, "heardbefore")
    assert kept > 0 and cells > 0
    assert_knows_nothing(listeners(server.pid)[0], "heardbefore", "saidbefore", "leftbefore")


@pytest.mark.parametrize("log", [False, True], ids=["without a log", "with a log"])
@looks_into_listener
@needs_linux
@not_under_sanitizers
def test_listener_of_plain_mode_has_nothing_of_before(called, port, tmp_path, log):
    """It shows lines, and logs them, by itself."""
    server, first = called("-k", *(("-l", tmp_path / "log") if log else ()))
    first.send("heardbefore\n" * 5000)
    server.expect("heardbefore\n" * 5000)
    server.send("saidbefore\n" * 5000)
    first.expect("saidbefore\n" * 5000)
    first.close_input()
    server.notice(f"waiting on port {port}")
    second = call(port)
    second.send("I am the second\n")
    server.expect("I am the second\n")
    assert_knows_nothing(listeners(server.pid)[0], "heardbefore", "saidbefore")
    if log:
        assert entries(tmp_path / "log")[-1] == ("<", "I am the second")


@needs_linux
@not_under_sanitizers
def test_memory_of_a_long_queue_is_given_back(called, port):
    """What waited for a caller who did not read for a while is no burden once the caller has left."""
    server, first = called("-k")
    first.close_input()
    server.notice(f"waiting on port {port}")
    before = memory(server.pid)
    for _ in range(2):  # the C library learns from the first how much may be wanted again
        slow = DeafCaller(port)
        server.notice(f"{slow.host} has called")
        with socket_of(server) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)  # as large as it gets on a long way
        typed = server.clog(server.process.stdin.fileno())
        assert memory(server.pid) > before + 300_000
        peer = slow.read()
        peer.incoming.expect_amount(typed)
        peer.close_input()
        server.notice(f"waiting on port {port}")
    assert memory(server.pid) < before + 100_000


def test_lines_keep_their_speaker(screen, port, environment, tmp_path):
    """What one caller has said is not taken for the next one's, on the screen, in the pager, in the log."""
    other, log = "127.0.0.2", tmp_path / "log"
    pager = "cat; echo '[end]'; read key </dev/tty"
    server = screen("-s", "-k", "-l", log, port, env=dict(environment, PAGER=pager))
    server.wait_for("waiting on port")
    first = call(port)
    first.send("pay a hundred\n")
    server.wait_for(theirs("pay a hundred"))
    first.close_input()
    server.wait_for("has left$")
    second = call(port, own=other)
    server.wait_for(f"{other} has called$")
    assert server.shows(theirs("pay a hundred"))
    second.send("hello\n")
    server.wait_for(theirs("hello", other))
    assert server.shows(theirs("pay a hundred"))
    server.press(F2)
    server.wait_for(r"^\[end\]$")
    assert server.shows(f":\\d\\d {HOST} < pay a hundred$") and server.shows(f":\\d\\d {other} < hello$")
    assert entries(log) == [
        ("*", f"waiting on port {port}"), ("*", f"{HOST} port {first.port} has called"),
        ("<", "pay a hundred"), ("*", f"{HOST} has left"),
        ("*", f"waiting on port {port}"), ("*", f"{other} port {second.port} has called"), ("<", "hello")]


def test_second_caller_is_told_that_the_line_is_busy(called, port):
    """A second caller learns that the line is busy; who speaks already is not disturbed."""
    server, first = called("-k")
    second = call(port)
    assert second.expect_end() == BUSY
    server.notice(f"{HOST} called while the line was busy")
    first.send("go on\n")
    server.expect("go on\n")
    server.send("yes\n")
    first.expect("yes\n")
    assert server.out.data == b"go on\n"


def test_busy_line_is_heard_by_those_who_talk_already(called, port):
    """A second caller that has sent a lot gets the busy line too, and no broken connection."""
    server, _ = called("-k")
    server.send("not for the second caller\n")
    server.process.send_signal(signal.SIGSTOP)  # so that it speaks before anybody answers
    second = call(port)
    second.send("hello?\n" * 10_000)
    server.process.send_signal(signal.SIGCONT)
    second.expect(BUSY)
    second.close_input()
    assert second.expect_end() == BUSY


def test_many_busy_callers(called, port):
    """However many stay on the busy line, all are told, and the conversation goes on."""
    server, first = called("-k")
    callers = []
    for _ in range(12):
        callers.append(call(port))
        callers[-1].expect(BUSY)
    for caller in callers:
        assert caller.expect_end() == BUSY
    first.send("what a noise\n")
    server.expect("what a noise\n")


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"], ["--send-only"]], ids=str)
def test_busy_client(serve, start, port, mode):
    """tchat as the second caller shows the busy line, and does not take it for a conversation."""
    server = serve("-k")
    first = call(port)
    server.err.expect("has called\n")
    second = start("-c", *mode, HOST, port)
    with contextlib.suppress(BrokenPipeError):  # it may be told, and end, before
        second.send("hello?\n")
    if mode != ["--send-only"]:
        second.expect(BUSY)
    second.notice(f"{HOST} is busy, and has heard nothing")
    assert second.wait() == 1
    first.send("still here\n")
    server.expect("still here\n")


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a", "-f", "peer"]], ids=str)
def test_peer_that_says_more_than_that_it_is_busy(calling, mode):
    """Those words are a conversation like any other if there are more."""
    client, peer = calling(*mode)
    peer.send(BUSY)
    client.expect(BUSY)
    client.send("so?\n")
    peer.expect("so?\n")
    peer.send("not really\n")
    client.expect("not really\n")
    peer.close_input()
    client.close_input()
    assert client.wait() == 0


def test_next_caller_after_a_broken_connection(called, port):
    """A connection that breaks is reported, and the next caller is welcome."""
    server, first = called("-k")
    first.send("hello\n")
    server.expect("hello\n")
    first.reset()
    server.notice(f"the connection to {HOST} broke: Connection reset by peer")
    second = call(port)
    second.send("better now\n")
    server.expect("better now\n")


def test_half_a_line_goes_only_to_whom_it_was_typed(called, port):
    """What was begun for one caller is not finished for the next."""
    server, first = called("-k")
    server.send("only for the fir")
    first.expect("only for the fir")
    first.close_input()
    server.notice(f"waiting on port {port}")
    second = call(port)
    server.notice(f"{HOST} has called")
    server.send("st\nfor the second\n")
    assert second.expect("for the second\n") == b"st\n"


def test_server_without_input_keeps(serve, port):
    """At the end of its input a server says good bye to each caller, and goes on listening."""
    server = serve("-k")
    server.close_input()
    for _ in range(3):
        caller = call(port)
        assert caller.expect_end() == b""
        caller.send("a line\n")
        server.expect("a line\n")
        caller.close_input()
        server.notice(f"waiting on port {port}")


def test_full_disk_ends_it(called):
    """Where nothing can be shown any more, no further caller is let in."""
    with open("/dev/full", "wb") as full:
        server, caller = called("-k", stdout=full)
        caller.send("a line\n")
        server.notice("cannot write what arrives: No space left on device")
        assert server.wait() == 1


def test_turns_with_one_after_the_other(called, port):
    """Each caller takes turns from the beginning."""
    server, first = called("-k", "-a")
    first.send("one\n")
    server.expect("one\n")
    first.close_input()
    server.notice(f"{HOST} has left")
    second = call(port)
    second.send("two\n")
    server.expect("two\n")
    server.send("three\n")
    second.expect("three\n")


def test_signal_ends_it(called, port):
    """Told to end during a conversation, the server does not wait for another caller."""
    server, caller = called("-k")
    server.kill(signal.SIGTERM)
    caller.expect_end()
    caller.close_input()
    assert server.wait() == -signal.SIGTERM
    assert not is_listening(port)
