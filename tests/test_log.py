"""The log (-l): the whole conversation, line by line, in a file."""

import os
import re
import resource
import signal
import time
from pathlib import Path

import pytest

from fullscreen import not_under_sanitizers
from peers import HOST, SLOWNESS, Incoming, call, eventually, needs_linux, together
from terminal import ctrl
from test_screen import theirs

ENTRY = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d) ([<>*]) (.*)")


@pytest.fixture
def log(tmp_path):
    """Where the log is written."""
    return tmp_path / "conversation.log"


def entries(log):
    """The log's lines as (who, text); they all have a time."""
    *lines, rest = log.read_text().split("\n")
    assert rest == "", "the last line is whole"
    return [ENTRY.fullmatch(line).groups()[1:] for line in lines]


def spoken(log):
    """The log's lines without the notices."""
    return [(who, text) for who, text in entries(log) if who != "*"]


def test_log_has_both_directions_and_notices(called, port, log):
    """Who reads the log knows who said what, and when who called and left."""
    server, caller = called("-l", log)
    caller.send("hello\n")
    eventually(lambda: spoken(log), "the line in the log")
    server.send("welcome\n")
    caller.expect("welcome\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    assert entries(log) == [
        ("*", f"waiting on port {port}"), ("*", f"{HOST} port {caller.port} has called"),
        ("<", "hello"), (">", "welcome"), ("*", f"{HOST} has left")]


def test_log_is_written_as_the_conversation_goes(called, log):
    """The log can be followed while people talk."""
    server, caller = called("--log", log)
    caller.send("hello\n")
    eventually(lambda: ("<", "hello") in spoken(log), "the line in the log")
    server.send("welcome\n")
    eventually(lambda: (">", "welcome") in spoken(log), "the line in the log")


def test_log_is_private(serve, log):
    """Nobody else can read it."""
    serve("-l", log)
    assert log.stat().st_mode & 0o777 == 0o600


def test_log_is_continued(called, log):
    """What the file has already stays."""
    log.write_text("2026-01-31T17:05:09+01:00 > an old line\n")
    server, caller = called("-l", log)
    caller.send("a new line\n")
    server.expect("a new line\n")
    caller.close_input()
    server.close_input()
    server.wait()
    assert spoken(log) == [(">", "an old line"), ("<", "a new line")]


def test_log_has_the_local_time(called, log, environment):
    """The time is that of the place, with its offset."""
    server, caller = called("-l", log, env=dict(environment, TZ="XYZ-05:30"))
    caller.send("hello\n")
    eventually(lambda: spoken(log), "a line in the log")
    assert all(line[19:25] == "+05:30" for line in log.read_text().splitlines())


def test_log_is_safe_to_show(called, log):
    """What a hostile peer sends does no more harm in the log than on the screen."""
    server, caller = called("-l", log)
    caller.send(b"\x1b[31mred\xff\r\n\tx\ry\n")
    eventually(lambda: len(spoken(log)) == 2, "two lines in the log")
    assert spoken(log) == [("<", "^[[31mred\ufffd"), ("<", "\tx^My")]


def test_log_has_whole_lines(called, log):
    """Lines that come and go in pieces are one entry each; the last ones may lack their end."""
    server, caller = called("-l", log)
    server.send("my li")
    caller.expect("my li")
    caller.send("your li")
    server.expect("your li")
    server.send("ne\nmy end")
    caller.send("ne\nyour end")
    server.close_input()
    caller.close_input()
    server.wait()
    lines = spoken(log)
    assert [text for who, text in lines if who == ">"] == ["my line", "my end"]
    assert [text for who, text in lines if who == "<"] == ["your line", "your end"]


def test_log_of_a_flood(conversation, log):
    """Two processes write 20,000 lines each into one log; every line is whole and in order."""
    server, client = conversation(server=["-l", log])
    together(*(lambda end=end: end.send("".join(f"line {n}\n" for n in range(20_000)))
               for end in (server, client)))
    server.close_input()
    client.close_input()
    assert (server.wait(), client.wait()) == (0, 0)
    lines = spoken(log)
    for who in "<>":
        assert [text for by, text in lines if by == who] == [f"line {n}" for n in range(20_000)]


def test_log_of_turns(called, log):
    """Lines are in the log in the order of the turns, and not before their turn."""
    server, caller = called("-a", "-l", log)
    server.send("two\nfour\n")
    caller.send("one\nthree\n")
    server.expect("three\n")
    eventually(lambda: len(spoken(log)) == 4, "four lines in the log")
    assert spoken(log) == [("<", "one"), (">", "two"), ("<", "three"), (">", "four")]


def test_log_keeps_callers_apart(called, port, log):
    """What was begun for one caller is not mixed with what the next one says."""
    server, first = called("-k", "-l", log)
    server.send("unfinished")
    first.expect("unfinished")
    first.close_input()
    server.notice(f"waiting on port {port}")
    second = call(port)
    server.notice(f"{HOST} has called")
    second.send("hello\n")
    eventually(lambda: ("<", "hello") in spoken(log), "the second caller's line")
    assert (">", "unfinished") in spoken(log)


def test_log_has_what_was_said_before_a_signal(called, log):
    """A conversation that is ended by a signal is in the log to its last line."""
    server, caller = called("-l", log)
    server.send("my last words\n")
    caller.expect("my last words\n")
    caller.send("half a li")
    server.expect("half a li")
    server.kill(signal.SIGTERM)
    caller.expect_end()
    caller.send("ne, and more\n")
    caller.close_input()
    assert server.wait() == -signal.SIGTERM
    assert spoken(log) == [(">", "my last words"), ("<", "half a line, and more")]


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "stays"])
@pytest.mark.parametrize("how", ["signal", "key"])
def test_log_has_what_arrives_while_leaving(screen_called, log, how, hangs_up):
    """What the peer says while the full screen is left, and sees delivered, is in the log."""
    server, caller = screen_called("-l", log)
    caller.send("before\n")
    server.wait_for("before$")
    if how == "signal":
        os.kill(server.pid, signal.SIGTERM)
    else:
        server.press(ctrl("D"))
    caller.expect_end()
    caller.send("after\nhalf a li")
    if hangs_up:
        caller.close_input()
    assert server.wait() == (128 + signal.SIGTERM if how == "signal" else 0)
    assert spoken(log) == [("<", "before"), ("<", "after"), ("<", "half a li")]
    assert (entries(log)[-1] == ("*", f"{HOST} has left")) == hangs_up
    assert server.is_restored()


def test_log_has_a_flood_that_arrives_while_leaving(screen_called, log):
    """However much that is."""
    server, caller = screen_called("-l", log)
    caller.send("before\n")
    server.wait_for("before$")
    os.kill(server.pid, signal.SIGTERM)
    caller.expect_end()
    caller.send("".join(f"line {n}\n" for n in range(20_000)))
    caller.close_input()
    assert server.wait() == 128 + signal.SIGTERM
    assert [text for _, text in spoken(log)] == ["before"] + [f"line {n}" for n in range(20_000)]


def test_log_that_fails_while_leaving(screen_called, log):
    """Where it cannot be, that is said."""
    server, caller = screen_called("-l", log, columns=120)
    size = log.stat().st_size
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, size))
    os.kill(server.pid, signal.SIGTERM)
    caller.expect_end()
    caller.send("after\n")
    caller.close_input()
    assert server.wait() == 128 + signal.SIGTERM
    assert server.shows("^tchat: cannot write to the log; the conversation goes on without it: File too large$")


def test_log_that_fails_in_both_processes(called, tmp_path):
    """A log that fails in the midst of the conversation, in either direction, is reported once."""
    log = tmp_path / "log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    server, caller = called("-l", log)
    os.close(reader)
    for turn in range(3):
        caller.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    complaint = "tchat: cannot write to the log; the conversation goes on without it: Broken pipe\n"
    assert server.err.data.decode().count(complaint) == 1


@pytest.mark.parametrize("path, cause", [
    ("/nonexistent/log", "No such file or directory; name a file in a directory that is there"),
    ("/dev/null/log", "Not a directory; name a file in a directory that is there"),
    ("/", "Is a directory; name a file in it"),
    ("/sys/log", "Permission denied; name a file that you may write")])
def test_log_that_cannot_be_opened(start, port, path, cause):
    """A log that cannot be had is an error before anybody is called, which says what helps."""
    server = start("-s", "-l", path, port)
    server.notice(f"cannot write to the log {path}: {cause}")
    assert server.wait() == 1
    assert server.err.data.count(b"\n") == 1


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["both", "turns"])
def test_log_on_a_full_disk(start, port, mode):
    """A log that fails later is reported once, and the conversation goes on."""
    server = start("-s", "-l", "/dev/full", *mode, port)
    complaint = "cannot write to the log; the conversation goes on without it: No space left on device"
    server.notice(f"waiting on port {port}")
    server.notice(complaint)
    caller = call(port)
    for turn in range(3):
        caller.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    assert server.err.data.decode().count(complaint) == 1


# A log that is no file


@pytest.fixture
def fifo(tmp_path):
    """A FIFO to be the log, and somebody who has it open and reads nothing."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    yield path, reader
    os.close(reader)


def test_log_that_nobody_reads(start, port, tmp_path):
    """A FIFO that nobody reads is an error at the start, and keeps nobody waiting."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    server = start("-s", "-l", path, port)
    server.notice(f"cannot write to the log {path}: nobody reads it")
    assert server.wait() == 1


def test_log_whose_reader_just_begins(start, port, tmp_path):
    """Whoever is to read the FIFO may be started at the same time."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    server = start("-s", "-l", path, port)
    reader = Incoming(lambda size, file=os.open(path, os.O_RDONLY): os.read(file, size))
    server.notice(f"waiting on port {port}")
    reader.expect(f" * waiting on port {port}\n")


HALF = [f"{n} {'x' * 90}" for n in range(4_000)]  # more than a FIFO takes, less than is kept for it


def converse(server, caller, text):
    """Many lines come, and then a question and an answer."""
    caller.send("".join(line + "\n" for line in text) + "question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")


@pytest.mark.parametrize("mode", [[], ["-r"]], ids=["both", "raw"])
def test_log_whose_reader_stands_still(called, fifo, mode):
    """A log that takes nothing holds up neither direction; when it is read, all is there, line by line, and once."""
    path, reader = fifo
    server, caller = called(*mode, "-l", path)
    converse(server, caller, HALF)
    server.settle()
    written = Incoming(lambda size: os.read(reader, size))
    written.expect(" < question\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    entries = [ENTRY.fullmatch(line).groups()[1:] for line in written.expect_end().decode().splitlines()]
    assert [text for who, text in entries if who == "<"] == [*HALF, "question"]
    assert [text for who, text in entries if who == ">"] == ["answer"]


def test_log_whose_reader_stands_still_in_turns(called, fifo):
    """The same in turns, where one process writes all of it, with long lines."""
    path, reader = fifo
    server, caller = called("-a", "-l", path)
    for turn in range(20):
        caller.send(f"question {turn} {'x' * 9_000}\n")
        server.expect(f"question {turn} ")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")
    written = Incoming(lambda size: os.read(reader, size))
    written.expect(" > answer 19\n")
    entries = [ENTRY.fullmatch(line).groups()[1:] for line in written.data.decode().splitlines()]
    assert [text.split(" x")[0] for who, text in entries if who != "*"] == [
        text for turn in range(20) for text in (f"question {turn}", f"answer {turn}")]


def test_log_whose_reader_stands_still_on_the_screen(screen_called, fifo):
    """The same in the full screen: keys are seen, lines are shown, and at the end nothing is missing."""
    path, reader = fifo
    server, caller = screen_called("-l", path)
    caller.send("".join(line + "\n" for line in HALF) + "question\n")
    server.wait_for(theirs("question"))
    server.say("answer")
    caller.expect("answer\n")
    written = Incoming(lambda size: os.read(reader, size))
    written.expect(" > answer\n")
    server.press(ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    entries = [ENTRY.fullmatch(line).groups()[1:] for line in written.expect_end().decode().splitlines()]
    assert [text for who, text in entries if who != "*"] == [*HALF, "question", "answer"]


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["both", "turns"])
def test_log_that_is_never_read(called, fifo, mode):
    """What is kept for a log that takes nothing is bounded; beyond that it has failed, which is said once."""
    server, caller = called(*mode, "-l", fifo[0])
    for turn in range(40):
        caller.send(f"question {turn} {'x' * 60_000}\n")
        server.expect(f"question {turn} ")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")
    complaint = "cannot write to the log; the conversation goes on without it: No buffer space available"
    server.notice(complaint)
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    assert server.err.data.decode().count(complaint) == 1


def test_signal_after_a_log_that_is_never_read(screen_called, fifo):
    """In the full screen, too, it is said that it has failed, and a signal is heard then."""
    server, caller = screen_called("-l", fifo[0], rows=50, columns=500)
    lines = 2200  # nearly as many as are kept for a reader
    for step in range(10):
        caller.send(("x" * 450 + "\n") * lines + f"step {step}\n")
        server.wait_for(theirs(f"step {step}"))
        if server.shows("cannot write to the log"):
            break
        lines = 40  # few enough to leave in view what is said meanwhile
    else:
        pytest.fail("the reader is waited for")
    begun = time.monotonic()
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 10 * SLOWNESS


def test_log_that_is_not_read_to_the_end(called, fifo):
    """Who leaves waits for the log's reader for a moment, then says what has become of it."""
    server, caller = called("-a", "-l", fifo[0])
    caller.send("question " + "x" * 60_000 + "\n")
    server.expect("question ")
    server.send("answer " + "x" * 60_000 + "\n")
    caller.expect("answer ")
    caller.close_input()
    server.close_input()
    server.notice("cannot write to the log; the conversation goes on without it: No buffer space available")
    assert server.wait() == 0


def test_log_that_is_behind_when_the_output_fails(called, fifo):
    """What is shown to nobody any more is in the log nevertheless, also what its reader had not taken by then."""
    path, reader = fifo
    out, its_out = os.pipe()
    server, caller = called("-l", path, stdout=its_out)
    os.close(its_out)
    caller.send("".join(line + "\n" for line in HALF) + "question\n")
    shown = b""
    while b"question\n" not in shown:
        shown += os.read(out, 1 << 16)
    os.close(out)
    caller.send("last\n")
    written = Incoming(lambda size: os.read(reader, size))
    server.notice("cannot write what arrives: Broken pipe")
    assert server.wait() == 1
    entries = [ENTRY.fullmatch(line).groups()[1:] for line in written.expect_end().decode().splitlines()]
    assert [text for who, text in entries if who == "<"] == [*HALF, "question", "last"]


def test_log_that_is_behind_when_the_listener_is_killed(called, fifo):
    """Who leaves does not wait for the listener; that the log lacks what it had to write is said."""
    path, reader = fifo
    server, caller = called("-l", path)
    caller.send("".join(line + "\n" for line in HALF) + "question\n")
    server.expect("question\n")
    server.kill(signal.SIGTERM)
    server.notice("cannot write to the log; the conversation goes on without it: No buffer space available")
    assert server.wait() == -signal.SIGTERM
    assert server.err.data.count(b"cannot write to the log") == 1


@needs_linux
@not_under_sanitizers
def test_memory_for_a_log_that_is_behind(called, fifo):
    """A flood of empty lines, each with its time, takes a few mebibytes of the listener's memory."""
    path, reader = fifo
    server, caller = called("-l", path)
    caller.send("hello\n")
    server.expect("hello\n")
    listener = server.listener()

    def peak():
        return int(re.search(r"VmPeak:\s*(\d+) kB", Path(f"/proc/{listener}/status").read_text())[1])

    before = peak()
    written = Incoming(lambda size: os.read(reader, size))
    caller.send("\n" * 1_000_000 + "end\n")
    written.expect(" < end\n")
    assert peak() - before < 8 * 1024


def test_log_on_a_terminal_that_stands_still(called, tmp_path):
    """A terminal that takes nothing holds nobody up either."""
    ours, theirs_ = os.openpty()
    try:
        server, caller = called("-l", os.ttyname(theirs_))
        converse(server, caller, HALF)
        eventually(lambda: b"waiting" in os.read(ours, 1 << 16), "the log")
    finally:
        os.close(ours)
        os.close(theirs_)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_log_on_a_device(called, device):
    """A log can be a device."""
    server, caller = called("-l", device)
    converse(server, caller, ["one"])
    assert b"log" not in server.err.data


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o664])
def test_log_that_others_can_read(start, port, log, mode):
    """A file that is there already, and that others can read, is used; that they can is said."""
    log.touch()
    log.chmod(mode)
    server = start("-s", "-l", log, port)
    server.notice(f"others can read the log {log} (chmod 600)")
    server.notice(f"waiting on port {port}")
    assert log.stat().st_mode & 0o777 == mode


def test_log_that_others_can_read_on_the_screen(screen, port, log):
    """The same in the full screen."""
    log.touch()
    log.chmod(0o644)
    server = screen("-s", "-l", "conversation.log", port)
    server.wait_for(r"! others can read the log conversation\.log \(chmod 600\)$")


@pytest.mark.parametrize("path", ["new", "own", "/dev/null"])
def test_log_that_others_cannot_read(serve, tmp_path, path):
    """Of a log that is one's own, or no file, there is nothing to say."""
    (tmp_path / "own").touch(0o600)
    server = serve("-l", tmp_path / path)
    assert b"others" not in server.err.data
