"""What a conversation needs runs out: descriptors, memory, processes, room on a disk."""

import os
import re
import resource
import select
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from fullscreen import F2, DeafCaller, not_under_sanitizers, screen_deaf  # noqa: F401, a fixture
from peers import HOST, TCHAT, Door, call, eventually, listeners, looks_into_listener
from terminal import ENTER, ctrl
from test_screen import lines, notice, own, pasted, theirs

pytestmark = pytest.mark.usefixtures("leaks_unchecked")  # that needs descriptors, memory and a process


def limit(pid, what, value):
    """Lowers a limit of a running process; its hard limit stays.  Returns what it was."""
    before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (value, before[1]))
    return before


def size_of(pid):
    """How much address space a process has, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


# Descriptors


def lowest_free_descriptor(pid):
    """The number that the next one would get."""
    held = set(map(int, os.listdir(f"/proc/{pid}/fd")))
    return next(number for number in range(len(held) + 1) if number not in held)


@pytest.mark.parametrize("count", range(4, 10))
def test_few_descriptors(run, port, count):
    """However few descriptors there are, a server talks, or says in one line that there are too few."""
    server = run("prlimit", f"--nofile={count}", TCHAT, "-s", port)
    server.err.expect("tchat: ")
    eventually(lambda: b"\n" in server.err.data, "a whole line")
    if b"waiting" in server.err.data:
        caller = call(port)
        eventually(lambda: server.err.data.count(b"\n") > 1, "another line")
        if b"nobody can be let in" in server.err.data:
            server.notice("nobody can be let in: Too many open files")
            server.kill(signal.SIGTERM)
            assert server.wait() == -signal.SIGTERM
            return
        server.notice(f"{HOST} cannot be listened to: Too many open files")
    else:
        assert re.fullmatch(rb"tchat: cannot (listen on port \d+|prepare the listener's confinement|"
                            rb"start the process that calls): "
                            rb"Too many open files\n", bytes(server.err.data))
    assert server.wait() == 1


@pytest.mark.parametrize("count", range(4, 9))
def test_few_descriptors_for_a_screen(on_terminal, port, count):
    """With too few descriptors for the full screen the terminal is as it was, and tells why."""
    server = on_terminal("prlimit", f"--nofile={count}", TCHAT, "-s", port)
    assert server.wait() == 1
    assert server.shows("^tchat: (the line editor died: Too many open files|cannot (start the process that (calls|edits the line)"
                        "|prepare the listener|listen on port|use the terminal))")
    assert server.is_restored()


@pytest.mark.parametrize("count", range(9, 14))
def test_few_descriptors_for_a_listener(on_terminal, count):
    """With too few for a conversation the screen says so, and stays until one leaves."""
    door = Door()
    client = on_terminal("prlimit", f"--nofile={count}", TCHAT, "-c", HOST, door.port, columns=120)
    door.accept()
    client.wait_for(notice(f"{HOST} cannot be listened to: Too many open files"))
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert client.is_restored()


def test_no_descriptors_for_a_while(serve, port):
    """A caller whom nobody can let in waits, and is let in when there are descriptors again."""
    server = serve()
    server.settle()
    before = limit(server.pid, resource.RLIMIT_NOFILE, 3)
    caller = call(port)
    server.notice("nobody can be let in: Too many open files")
    caller.send("is anybody there?\n")
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
    server.notice(f"{HOST} has called")
    server.expect("is anybody there?\n")
    assert server.err.data.count(b"nobody can be let in") == 1


@looks_into_listener
def test_no_descriptors_amid_a_conversation(screen_called, port, environment):
    """Who talks goes on talking; only the pager does not start, which is said."""
    server, caller = screen_called("-k", env=dict(environment, PAGER="false"))
    caller.send("question\n")
    server.wait_for(theirs("question"))
    for pid in (server.pid, *listeners(server.pid)):
        limit(pid, resource.RLIMIT_NOFILE, lowest_free_descriptor(pid))
    call(port)
    caller.send(lines(100))
    server.wait_for(theirs("line 99"))
    server.press(F2)
    server.wait_for(notice("cannot start the pager false: Too many open files"))
    server.say("still here")
    caller.expect("still here\n")
    server.resize(30, 90)
    server.wait_for(own("still here"))


# Processes


def test_no_process_can_be_made(run, port):
    """Where no process can be made that waits for calls, that is said."""
    user = 60000 + port % 5000  # somebody who has no other processes; root has no such limit
    place = tempfile.mkdtemp()
    try:
        shutil.copy(TCHAT, place)
        os.chmod(place, 0o755)
        os.chmod(Path(place, "tchat"), 0o755)  # whoever built it, and with whatever umask
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        become = become if os.geteuid() == 0 else []
        server = run(*become, "prlimit", "--nproc=0", Path(place, "tchat"), "-s", port)
        server.notice("cannot start the process that calls: Resource temporarily unavailable")
        assert server.wait() == 1
    finally:
        shutil.rmtree(place)


# Memory


unechoed = {"echo": False}  # what is typed after its end is not seen amid what it says


def press_while_it_lives(server, keys):
    """Types keys until they are read, or the command has ended: nobody would read them any more."""
    rest = keys.encode()

    def is_done():
        nonlocal rest
        server.update(0)
        if rest and select.select([], [server.child.descriptor], [], 0)[1]:
            rest = rest[os.write(server.child.descriptor, rest):]
        return not rest or b"[status" in server.shown

    eventually(is_done, "the reading of the keys")


@not_under_sanitizers
@pytest.mark.parametrize("more", [0, 1_000_000])
def test_memory_runs_out_while_lines_wait(screen_deaf, more):
    """No memory for what is typed: the terminal is as it was, and what was not delivered is said."""
    server, caller = screen_deaf(columns=120, **unechoed)
    limit(server.pid, resource.RLIMIT_AS, size_of(server.pid) + more)
    n = 0
    while b"[status" not in server.shown:
        press_while_it_lives(server, pasted("x" * 50_000 + f" {n}."))
        server.wait_for(lambda: server.input.endswith(f" {n}.") or b"[status" in server.shown)
        if b"[status" not in server.shown:
            server.press(ENTER)
            server.wait_for(lambda: server.input == ">" or b"[status" in server.shown)
        n += 1
    assert server.wait() == 1
    assert server.is_restored()
    assert b"tchat: cannot get" in server.shown or b"tchat: not" in server.shown


@not_under_sanitizers
def test_memory_runs_out_in_the_input_line(screen_called):
    """No memory in the midst of a paste: Readline does not leave the terminal as it is."""
    server, caller = screen_called(**unechoed)
    server.press("typed before ")
    server.wait_for(lambda: server.input == "> typed before")
    limit(server.pid, resource.RLIMIT_AS, size_of(server.pid) + 1_500_000)
    text = "y" * 50_000
    n = 0
    while b"[status" not in server.shown:
        press_while_it_lives(server, pasted(text + f" {n}."))
        server.wait_for(lambda: server.input.endswith(f" {n}.") or b"[status" in server.shown)
        n += 1
    assert server.wait() == 1
    assert server.is_restored()
    assert b"tchat: not sent: typed before y" in server.shown or b"tchat: cannot get" in server.shown
    assert b"virtual memory" not in server.shown


@not_under_sanitizers
def test_memory_runs_out_for_a_larger_window(screen_called):
    """No memory for a larger screen: the terminal is as it was."""
    server, caller = screen_called()
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    limit(server.pid, resource.RLIMIT_AS, size_of(server.pid) + 1_000_000)
    server.resize(300, 500)
    assert server.wait() == 1
    assert server.is_restored()
    assert b"tchat: not sent: half-typed\r\ntchat: cannot get " in server.shown


@not_under_sanitizers
def test_memory_is_short_when_somebody_calls(serve, port, environment):
    """What confines a listener is there from the start: somebody who is let in later can be heard."""
    server = serve(env=dict(environment, MALLOC_TOP_PAD_="0"))  # glibc gets no memory ahead of need, mallopt(3)
    server.settle()
    limit(server.pid, resource.RLIMIT_AS, size_of(server.pid))
    caller = call(port)
    caller.send("question\n")
    server.expect("question\n")


@not_under_sanitizers
def test_memory_runs_out_in_plain_mode(serve, port):
    """No memory for further lines is said; what was not read stays where it is."""
    server = serve()
    caller = DeafCaller(port)
    server.err.expect("has called\n")
    server.listener()
    server.settle()
    limit(server.pid, resource.RLIMIT_AS, size_of(server.pid))
    with pytest.raises(BrokenPipeError):
        server.send(lines(100_000))
    server.err.expect("cannot get ")
    assert server.wait() == 1
    caller.reset()


# Room on a disk


def test_log_that_has_grown_to_its_limit(run, port, tmp_path):
    """A log that may not grow further is reported once, and the conversation goes on."""
    log = tmp_path / "log"
    log.write_bytes(b"x\n" * 500)
    server = run("prlimit", "--fsize=1024", TCHAT, "-s", "-l", log, port)
    server.notice("cannot write to the log; the conversation goes on without it: File too large")
    caller = call(port)
    server.send("answer\n")
    caller.expect("answer\n")
    caller.send("question\n")
    server.expect("question\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"]], ids=["both", "raw", "turns"])
def test_output_that_has_grown_to_its_limit(run, port, tmp_path, mode):
    """A file that may not grow further ends the conversation with the reason."""
    with open(tmp_path / "shown", "wb") as shown:
        server = run("prlimit", "--fsize=10", TCHAT, "-s", *mode, port, stdout=shown)
        server.notice(f"waiting on port {port}")
        caller = call(port)
        caller.send("a line\n")
        eventually(lambda: (tmp_path / "shown").read_bytes() == b"a line\n", "the first line")
        server.send("answer\n")
        caller.send("another line\n")
        server.notice("cannot write what arrives: File too large")
        assert server.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"]], ids=["both", "raw", "turns"])
def test_reader_that_goes_away_amid_the_conversation(serve, port, mode):
    """As in `tchat | head`: after the first lines the conversation ends with the reason."""
    reading, writing = os.pipe()
    server = serve(*mode, stdout=writing)
    os.close(writing)
    caller = call(port)
    caller.send("a line\n")
    assert os.read(reading, 100) == b"a line\n"
    os.close(reading)
    server.send("answer\n")
    caller.expect("answer\n")
    caller.send("another line\n")
    server.notice("cannot write what arrives: Broken pipe")
    assert server.wait() == 1


def test_raw_bytes_on_a_full_disk(called):
    """Raw bytes that cannot be written end the conversation with the reason."""
    with open("/dev/full", "wb") as full:
        server, caller = called("-r", stdout=full)
        caller.send("a line\n")
        server.notice("cannot write what arrives: No space left on device")
        assert server.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-r"], ["-a"]], ids=["both", "raw", "turns"])
def test_no_standard_output(run, port, mode):
    """Started without a standard output, what arrives goes nowhere, and the conversation goes on."""
    server = run("sh", "-c", 'exec "$@" >&-', "sh", TCHAT, "-s", *mode, port)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    caller.send("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    caller.close_input()
    server.close_input()
    assert caller.expect_end() == b"answer\n"
    assert server.wait() == 0


MODES = pytest.mark.parametrize("mode", [[], ["-a"], ["-r"]], ids=["both", "turns", "raw"])


@MODES
@pytest.mark.parametrize("redirection, cause", [
    ("<.", "Is a directory"), ("0>written", "Bad file descriptor"), ("0>>written", "Bad file descriptor")])
def test_unreadable_standard_input(run, port, tmp_path, mode, redirection, cause):
    """An input that cannot be read, such as a directory, counts as ended, which is said; the connection is none the
    worse."""
    server = run("sh", "-c", f'exec "$@" {redirection}', "sh", TCHAT, "-s", *mode, port)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    caller.send("question\n")
    server.expect("question\n")
    server.notice(f"cannot read standard input: {cause}")
    caller.close_input()
    assert caller.expect_end() == b""
    assert server.wait() == 0


@MODES
def test_unwritable_standard_output(run, port, mode):
    """An output that cannot be written is what is said to be wrong, and not the connection."""
    server = run("sh", "-c", 'exec "$@" 1</dev/null', "sh", TCHAT, "-s", *mode, port)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    caller.send("question\n")
    server.notice("cannot write what arrives: Bad file descriptor")
    assert server.wait() == 1
    assert b"broke" not in server.err.data
