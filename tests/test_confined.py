"""What is left to whoever takes over one of the processes: nothing."""

import contextlib
import os
import re
import resource
import signal
import sys
from pathlib import Path

import pytest

from fullscreen import BACK, F2
from peers import (CONFINED, HOST, TCHAT, Door, Line, call, callers, children, editors, eventually, is_idle, listeners,
                   looks_into_listener, need_landlock_for, needs_landlock, needs_seccomp, process_state)
from terminal import ctrl
from test_same_machine import call as call_path, wait_at
from tls import tls_call

SOURCE = Path(__file__).parent.parent / "src/link/cell.c"
BREAKOUT = Path(TCHAT).parent / "tests" / "breakout"  # tchat that does what the peer says
BROKEN = "the listener died: it attempted what it may not do"
SANITIZED = b"__asan_init" in Path(TCHAT).read_bytes()
ATTEMPTS = ["read file", "write file", "make socket", "call elsewhere", "execute", "make process",
            "end speaker", "make code", "tell peer", "read from peer", "splice from pipe to peer",
            "splice from peer to output", "share memory", "close connection", "open terminal", "type at terminal"]


@pytest.fixture
def obedient(run, port):
    """A server that does what its peer says, and the peer."""
    def obedient(*arguments):
        server = run(BREAKOUT, "-s", *arguments, port)
        server.notice(f"waiting on port {port}")
        caller = call(port)
        server.notice(f"{HOST} has called")
        return server, caller

    return obedient


def status(pid, name):
    """A value from /proc/PID/status."""
    return re.search(rf"^{name}:\s*(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def allowed_calls(source=SOURCE, sanitized=SANITIZED):
    """The system calls that a process may make, as its source lists them."""
    table = re.search(r"allowed\[\] = \{(.*?)\n\};", source.read_text(), re.S)[1]
    if not sanitized:
        table = re.sub(r"#if defined\(SANITIZED\).*?#endif", "", table, flags=re.S)
    return set(re.findall(r"SCMP_SYS\((\w+)\)", table))


@needs_seccomp
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_listener_dies_of_the_attempt(obedient, attempt):
    """A listener that does anything but its work is ended, which the person is told."""
    server, caller = obedient()
    caller.send("hello\n")
    server.expect("hello\n")
    must_die(server, caller, attempt)


@needs_seccomp
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_listener_of_raw_bytes(obedient, attempt):
    """The same where bytes pass unchanged.  It looks at the first of them only."""
    must_die(*obedient("-r"), attempt)


def must_die(server, caller, attempt):
    """What the peer has the listener do ends it."""
    caller.send(f"{attempt}\n")
    server.notice(BROKEN)
    caller.incoming.expect_end()
    assert server.wait() == 1
    assert b"escaped" not in server.out.data + caller.incoming.data


@needs_seccomp
def test_listener_of_the_full_screen(on_terminal, port):
    """The same in the full screen; what was said can still be read."""
    server = on_terminal(BREAKOUT, "-s", port)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for("has called")
    caller.send("hello\n")
    server.wait_for("hello$")
    caller.send("read file\n")
    server.wait_for(re.escape(BROKEN))
    server.wait_for(lambda: "waiting on port" in server.bar)
    assert server.shows("hello$")


@pytest.fixture
def gate(tmp_path):
    """What the pager waits for."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    return gate


@pytest.fixture
def obedient_screen(on_terminal, environment, port, gate):
    """The full screen of such a server, and the peer."""
    pager = f"echo '[pager]'; read go <{gate}"
    server = on_terminal(BREAKOUT, "-s", "-l", "log", port, env=dict(environment, PAGER=pager))
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for("has called")
    return server, caller


@pytest.mark.parametrize("order", ["write long line", "write without end"])
def test_line_longer_than_any(obedient_screen, order):
    """What writes lines that no filter makes is no listener, and not waited for; nothing of them is shown."""
    server, caller = obedient_screen
    caller.send(f"{order}\n")
    server.wait_for(BROKEN)
    server.wait_for(lambda: "waiting on port" in server.bar)
    assert not server.shows(r"xxxx|\^@")


IMPOSSIBLE = {
    "escape sequence": b"\x1b]0;owned\x07", "NUL": b"\0", "carriage return": b"x\r", "delete": b"\x7f",
    "C1 control": "\x9b31m".encode(), "separator": "\u2028".encode(), "embedding": "\u202e".encode(),
    "byte order mark": "\ufeff".encode(), "tag": "\U000e0041".encode(), "noncharacter": "\ufffe".encode(),
    "no UTF-8": b"\xff", "too long": b"\xc0\x9b", "cut character": b"\xe2\x82", "surrogate": b"\xed\xa0\x80",
    "marks without end": b"a" + "\u0301".encode() * 31}


@pytest.mark.parametrize("text", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_bytes_that_no_filter_makes(obedient_screen, tmp_path, text):
    """What comes from the listener is not believed: such a byte ends it.  The lines before it count."""
    server, caller = obedient_screen
    caller.send(b"write: before\n" + text + b"\nafter\n")
    server.wait_for(BROKEN)
    server.wait_for(lambda: "waiting on port" in server.bar)
    assert b"owned" not in server.shown
    log = (tmp_path / "log").read_bytes()
    assert b" < before\n" in log and b"after" not in log
    assert text not in log


def test_character_that_the_end_cuts(obedient_screen, tmp_path):
    """A listener that dies amid a character has not done what it should not; there is none in its place."""
    server, caller = obedient_screen
    caller.send(b"write: euro \xe2\x82")
    eventually(lambda: is_idle(server.pid), "silence")
    os.kill(listeners(server.pid)[0], signal.SIGKILL)
    server.wait_for("the listener died: Killed")
    server.wait_for("euro \ufffd")
    assert " < euro \ufffd".encode() in (tmp_path / "log").read_bytes()


@pytest.mark.skipif(SANITIZED, reason="the sanitizers' messages go there")
def test_listener_of_the_full_screen_has_no_terminal(obedient_screen):
    """It could write lines there that seem to be tchat's own."""
    server, caller = obedient_screen
    caller.send("write to errors\n")
    server.wait_for("refused: write to errors$")
    assert b"escaped" not in server.shown


@pytest.mark.skipif(SANITIZED, reason="the sanitizers' messages go there")
def test_listener_has_no_standard_error(obedient):
    """What the program has to say is not the listener's."""
    server, caller = obedient()
    caller.send("write to errors\n")
    server.expect("refused: write to errors\n")
    assert b"escaped" not in server.err.data


needs_limit = pytest.mark.skipif(SANITIZED or sys.platform != "linux",
                                 reason="not every system can limit memory, and the sanitizers need much")


@needs_limit
@pytest.mark.parametrize("more", [[], ["-l", "log"]], ids=["", "with a log"])
def test_listener_has_little_memory(obedient, more):
    """What whoever takes it over can use up is little."""
    server, caller = obedient(*more)
    caller.send("take memory\n")
    server.expect("refused: take memory\n")
    caller.send("hello\n")
    server.expect("hello\n")


@needs_limit
def test_listener_that_has_no_memory_left(obedient):
    """A listener that cannot go on says so."""
    server, caller = obedient("-l", "log")
    caller.send("leave no memory\n")
    server.out.expect("leave no memory\n")
    caller.send("x" * 70_000 + "\n")  # more than what it has by now has room for
    server.notice(f"{HOST} cannot be listened to: Cannot allocate memory")
    assert server.wait() == 1


@pytest.mark.parametrize("how", [*range(-1, 11), 2**31 - 1])
@pytest.mark.parametrize("cause", [-2**31, -1, 0, 9999, 2**31 - 1])
def test_report_that_lies(obedient, how, cause):
    """Whatever the listener says of the end, it is one line."""
    server, caller = obedient()
    server.close_input()
    caller.send(f"report: {how} {cause}\n")
    assert server.wait() == (0 if how == 1 else 1)
    called, ended = server.err.data.decode().splitlines()[1:]
    assert ended.isprintable() and len(ended) < 150
    assert 1 <= how <= 8 or ended == "tchat: the listener died: unknown cause"


@pytest.mark.parametrize("words", [[], ["-l", "log"]], ids=["", "with a log"])
def test_listener_that_complains_of_the_log(obedient, words):
    """That the log fails is believed where there is one, and changes nothing for the speaker."""
    server, caller = obedient(*words)
    caller.send("report: 0 5\n")
    if words:
        server.notice("cannot write to the log; the conversation goes on without it: Input/output error")
    server.notice("the listener died: unknown cause")
    assert server.wait() == 1
    assert server.err.data.count(b"the log") == len(words) // 2


CLOSES = pytest.mark.skipif("seccomp" in CONFINED, reason="the listener cannot close its output while it lives")


@CLOSES
def test_listener_that_closes_and_stays(obedient_screen):
    """A listener that says nothing more, and stays, does not hold the screen up."""
    server, caller = obedient_screen
    caller.send("close all and stay\n")
    server.wait_for("the listener died: Killed")
    server.wait_for(lambda: "waiting on port" in server.bar)


def test_listener_that_stays(obedient_screen):
    """One that says that the conversation is over, and stays, does not keep the person from leaving."""
    server, caller = obedient_screen
    caller.send("stay\n")
    caller.close_input()
    server.press(ctrl("D"))
    assert server.wait() == 0


@CLOSES
@looks_into_listener
def test_pager_ends_while_a_listener_stays(obedient_screen, gate):
    """That the pager has ended is noticed, also if it is just then that the listener's end is waited for."""
    server, caller = obedient_screen
    listener, = listeners(server.pid)
    server.press(F2)
    server.wait_for(r"^\[pager\]$")
    pager, = set(children(server.pid)) - {listener, *editors(server.pid), *callers(server.pid)}
    caller.send("close all and stay\n")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # waited for no longer, but killed
        eventually(lambda: not os.listdir(f"/proc/{listener}/fd"), "a listener that has nothing any more")
    gate.write_text("go\n")
    eventually(lambda: process_state(pager) is None, "the end of the pager")
    with contextlib.suppress(ProcessLookupError):
        os.kill(listener, signal.SIGKILL)
    server.wait_for(BACK)
    server.press("x")
    server.wait_for("the listener died: Killed")
    server.wait_for(lambda: "waiting on port" in server.bar)


def test_plain_listener_that_stays(obedient):
    """The same in plain mode, where the report is heard."""
    server, caller = obedient()
    caller.send("stay\n")
    server.notice(f"{HOST} has left")
    server.close_input()
    assert server.wait() == 0


@CLOSES
def test_plain_listener_that_closes_and_stays(obedient):
    """... or its end."""
    server, caller = obedient()
    caller.send("close all and stay\n")
    server.notice("the listener died: Killed")
    assert server.wait() == 1


@needs_seccomp
def test_listener_of_a_later_caller(obedient, port):
    """Each listener of a server that keeps is confined, and the server outlives it."""
    server, caller = obedient("-k")
    for _ in range(2):
        caller.send("make socket\n")
        server.notice(BROKEN)
        server.notice(f"waiting on port {port}")
        caller = call(port)
        server.notice(f"{HOST} has called")
    caller.send("hello\n")
    server.expect("hello\n")


@needs_landlock
@pytest.mark.skipif(SANITIZED, reason="the leak checker opens files")
@pytest.mark.parametrize("attempt", ["read file", "write file", "call elsewhere", "execute"])
def test_turns_are_refused_the_attempt(obedient, attempt):
    """The one process that takes turns has neither files nor further connections, and goes on."""
    need_landlock_for(attempt)
    server, caller = obedient("-a")
    caller.send(f"{attempt}\n")
    server.expect(f"refused: {attempt}\n")
    server.send("hello\n")
    caller.expect("hello\n")


@needs_landlock
@pytest.mark.skipif(SANITIZED, reason="the leak checker opens files")
@pytest.mark.parametrize("side, attempt", [
    (side, attempt) for side in ("server", "client", "server at a path", "client of a path")
    for attempt in ("read home", "write file", "remove file", "call elsewhere", "execute", "end speaker")] +
    [("server", "read file")])
def test_caller_is_refused_the_attempt(run, environment, port, tmp_path, side, attempt):
    """Who takes over the process that calls, or waits for calls, has no files and can call nobody else."""
    door, path = Door(), tmp_path / "folder" / "here"
    (tmp_path / "kept").touch()
    path.parent.mkdir()
    words, meet = {
        "server": (["-s", port], lambda: call(port)),
        "client": (["-c", HOST, door.port], door.accept),
        "server at a path": (["-s", "-U", path], lambda: call_path(path)),
        "client of a path": (["-c", "-U", path], lambda: Line(path_door.accept()[0]))}[side]
    path_door = wait_at(path) if side == "client of a path" else None
    need_landlock_for(attempt)
    program = run(BREAKOUT, *words, env=dict(environment, CALLER=f"{attempt}\n"))
    program.err.expect("\n")
    other = meet()
    other.send("hello\n")
    program.expect("hello\n")
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("side, attempt", [("server", "escape"), ("client", "escape"), ("client", "read file")])
def test_caller_that_escaped(run, environment, port, side, attempt):
    """What the test above would see otherwise; names are looked up in files, so that a client's can read some."""
    words = ["-s", port] if side == "server" else ["-c", HOST, Door().port]
    program = run(BREAKOUT, *words, env=dict(environment, CALLER=f"{attempt}\n"))
    if side == "server":
        program.notice(f"waiting on port {port}")
        call(port)
    program.notice(f"the process that {'waits for calls' if side == 'server' else 'calls'} died: Aborted")
    assert program.wait() == 1


@needs_landlock
def test_speaker_makes_no_connection_in_a_handshake(run, ann, port):
    """Who has called, and nothing is agreed on, finds a process that can call nobody."""
    need_landlock_for("call elsewhere")
    server = run(BREAKOUT, "-s", "-t", port, env=dict(ann.env, TELL="1"))
    server.err.expect(f"waiting on port {port}\n")
    call(port).send("call\n")
    server.err.expect("refused: call\n")


@needs_seccomp
def test_listener_leaves_no_core(called):
    """No core file could tell what was said, and no program run by it could get more rights."""
    server, caller = called()
    caller.send("hello\n")
    server.expect("hello\n")
    listener = server.listener()
    assert resource.prlimit(listener, resource.RLIMIT_CORE) == (0, 0)
    assert status(listener, "CoreDumping") == "0"
    assert status(listener, "NoNewPrivs") == status(server.pid, "NoNewPrivs") == "1"
    assert status(listener, "Seccomp") == "2"
    assert os.stat(f"/proc/{listener}/environ").st_uid == 0  # proc(5): it cannot be dumped


CONFINES = "SECCOMP_SET_MODE_FILTER, 0, "


def confined_calls(directory, pid):
    """What this process of the traced program called once it was confined.  Through which call it receives is
    the C library's to decide where there are several, and strace need not see which of them is behind socketcall."""
    before, confines, after = (directory / f"trace.{pid}").read_text().partition(CONFINES)
    assert confines, before
    # Of who is killed as a call begins strace cannot ask any more which one that was, and can take another's for it.
    after = re.sub(r"^.*\n\+\+\+ killed by SIGKILL ", "", after, flags=re.M)
    return {"recvfrom" if name in ("recv", "socketcall") else name for name in re.findall(r"^(\w+)\(", after, re.M)}


@pytest.fixture
def traced(run, environment, port, tmp_path):
    """A server whose processes are traced."""
    def traced(*arguments, env=environment):
        env = dict(env, ASAN_OPTIONS="detect_leaks=0")  # it cannot look while strace does
        server = run("strace", "-ff", "-o", tmp_path / "trace", TCHAT, "-s", *arguments, port, env=env)
        server.notice(f"waiting on port {port}")
        return server

    return traced


def traced_listener(server):
    """The process id of the listener of a traced server."""
    return eventually(lambda: listeners(children(server.pid)[0]), "a listener")[0]


HOSTILE = b"hello \x1b[2J\xff\r\n" + b"x" * 200_000 + "äöü €\n".encode() * 10_000 + b"end"


@needs_seccomp
def test_calls_of_a_conversation(traced, port, tmp_path):
    """A conversation with all that a listener does makes no other calls than those allowed."""
    server = traced("-l", tmp_path / "log")
    caller = call(port)
    server.notice(f"{HOST} has called")
    caller.send(HOSTILE)
    server.expect("äöü €\n" * 10_000)
    listener = traced_listener(server)
    os.kill(listener, signal.SIGSTOP)
    eventually(lambda: status(listener, "State")[0] in "Tt", "the stop")
    os.kill(listener, signal.SIGCONT)
    caller.close_input()
    server.close_input()
    server.expect("end\n")
    assert server.wait() == 0
    assert {"recvfrom", "writev", "write", "exit_group"} <= confined_calls(tmp_path, listener) <= allowed_calls()


@needs_seccomp
@pytest.mark.parametrize("log, made, not_made", [
    ([], {"splice"}, set()), (["-l", "log"], {"recvfrom"}, {"splice", "read"})], ids=["unseen", "for the log"])
def test_calls_of_raw_bytes(traced, port, tmp_path, log, made, not_made):
    """The same where bytes pass unchanged: they come into the process for the log only."""
    server = traced("-r", *log)
    caller = call(port)
    server.notice(f"{HOST} has called")
    caller.send(HOSTILE)
    server.expect(HOSTILE)
    listener = traced_listener(server)
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    assert made | {"write", "exit_group"} <= confined_calls(tmp_path, listener) <= allowed_calls() - not_made


@needs_seccomp
def test_calls_of_an_encrypted_conversation(traced, ann, friend, port, tmp_path):
    """The confined listener can still decrypt, and makes no other calls for it."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = traced("-t", env=ann.env)
    caller = tls_call(port, friend)
    server.notice("encrypted: the caller is friend")
    caller.send(HOSTILE)
    server.expect("äöü €\n" * 10_000)
    server.send("answer\n")
    caller.expect("answer\n")
    listener = traced_listener(server)
    caller.close_input()
    server.close_input()
    server.expect("end\n")
    assert server.wait() == 0
    assert {"recvfrom", "writev", "write", "exit_group"} <= confined_calls(tmp_path, listener) <= allowed_calls()


@needs_seccomp
@needs_landlock
@pytest.mark.parametrize("call_name, missing", [
    ("seccomp", "seccomp"), ("landlock_create_ruleset", "Landlock"),
    ("seccomp,landlock_create_ruleset", "seccomp and Landlock")])
def test_kernel_without_it(run, environment, port, call_name, missing):
    """On a kernel that cannot confine, tchat says so once and goes on."""
    environment["ASAN_OPTIONS"] = "detect_leaks=0"
    server = run("strace", "-f", "-o", os.devnull, "-e", f"inject={call_name}:error=ENOSYS",
                 TCHAT, "-s", "-k", port)
    server.notice(f"this kernel does not have {missing}: the listener is less confined")
    server.notice(f"waiting on port {port}")
    for _ in range(2):
        caller = call(port)
        caller.send("hello\n")
        server.expect("hello\n")
        caller.close_input()
        server.notice(f"waiting on port {port}")
    assert server.err.data.count(b"does not have") == 1


@needs_seccomp
@needs_landlock
def test_full_screen_on_a_kernel_without_it(on_terminal, environment, port):
    """The same in the full screen."""
    environment["ASAN_OPTIONS"] = "detect_leaks=0"
    server = on_terminal("strace", "-f", "-o", os.devnull, "-e", "inject=landlock_create_ruleset:error=ENOSYS",
                         TCHAT, "-s", port)
    server.wait_for("does not have Landlock")
    call(port).send("hello\n")
    server.wait_for("hello$")


@needs_seccomp
@needs_landlock
def test_version_says_how_it_is_confined(start):
    """--version tells what was built in."""
    assert "Confined by seccomp and Landlock.\n".encode() in start("--version").output()
