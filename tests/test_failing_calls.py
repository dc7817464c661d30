"""System calls that fail: what passes is survived, what lasts is said in one line, with status 1.

strace makes them fail, each one in a process and at a moment of the conversation that is named below.
"""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from fullscreen import (DELIVERED, DeafCaller, marked, not_under_sanitizers,
                        screen_deaf)  # noqa: F401, a fixture
from peers import (HOST, TCHAT, Door, call, eventually, keepers, listeners, looks_into_listener, needs_linux,
                   needs_seccomp)
from terminal import ctrl
from tls import tls_call

from test_screen import notice, pasted, theirs

WITHOUT_SECCOMP = Path(TCHAT).parent / "tests" / "without_seccomp"

pytestmark = [
    pytest.mark.usefixtures("leaks_unchecked"),  # a process can be traced by one other only
    pytest.mark.skipif(
        not shutil.which("strace") or
        subprocess.run(["strace", "-qq", "true"], capture_output=True).returncode != 0,
        reason="strace is not installed, or may not trace")]


class Fault(NamedTuple):
    call: str
    error: str
    says: str = ""  # a notice, and the status is 1; without, nothing is lost
    when: str = "1"
    path: str = ""  # only where the call has to do with that

    def __str__(self):
        return f"{self.call.strip('/^$')} {self.error} {self.when}"


def faults(call, errors, says="", when="1", path=""):
    """The same call, failing for several reasons; {} in the notice is what the reason is called."""
    return [Fault(call, error, says.format(REASONS.get(error)), moment, path)
            for error in errors.split() for moment in when.split()]


def on_linux(faults):
    """Those that can happen only where what is Linux's is there."""
    return [pytest.param(fault, marks=needs_linux) for fault in faults]


def confined(faults):
    """Those that come as another call of several where there is no seccomp."""
    return [pytest.param(fault, marks=needs_seccomp) for fault in faults]


def unseen(faults):
    """Those of the process that calls, once it may not be looked into; 32-bit programs make them through one call,
    socketcall(2), and what it is for stands in their memory."""
    return [pytest.param(fault, marks=looks_behind_socketcall) for fault in faults]


looks_behind_socketcall = pytest.mark.skipif(
    os.geteuid() != 0 and struct.calcsize("P") == 4, reason="only root can look behind socketcall(2) there")

REASONS = {
    "EACCES": "Permission denied", "EADDRINUSE": "Address already in use",
    "EADDRNOTAVAIL": "Cannot assign requested address",
    "EAGAIN": "Resource temporarily unavailable", "ECONNRESET": "Connection reset by peer",
    "EHOSTUNREACH": "No route to host", "EINTR": "Interrupted system call",
    "EINVAL": "Invalid argument", "EIO": "Input/output error", "EMFILE": "Too many open files",
    "ENETUNREACH": "Network is unreachable", "ENFILE": "Too many open files in system",
    "ENOBUFS": "No buffer space available", "ENOMEM": "Cannot allocate memory",
    "ENOSPC": "No space left on device", "EPERM": "Operation not permitted",
    "ETIMEDOUT": "Connection timed out"}

BROKE = "the connection to PEER broke: {}"
TAKEN = "cannot listen on port PORT: {}; if somebody waits there, call with -c"
UNSTARTED = "cannot start the process that calls: {}"
UNKEPT = "cannot start the process that holds the key: {}"
UNCONFINED = "cannot confine the process that holds the key: {}"
UNHEARD = "PEER cannot be listened to: {}"

SPEAKER = [
    *faults("sendto", "EINTR EAGAIN ENOBUFS ENOMEM", when="1 2"),
    *faults("sendto", "EIO EPERM EHOSTUNREACH ECONNRESET", BROKE),
    *faults("read", "EINTR EAGAIN", when="1 2"),
    *faults("ppoll", "EINTR", when="1 2"),
    *faults("ppoll", "ENOMEM", "cannot wait for input: {}"),
    *on_linux(faults("ioctl", "EINVAL EINTR", when="1 2")),
    *faults("shutdown", "EIO ENOTCONN"),
    *faults("wait4", "EINTR ECHILD"),
    *faults("close", "EINTR EIO", when="1 1+"),
    *faults("write", "EINTR EAGAIN EIO ENOSPC"),  # of a notice
]

LISTENER = [
    *faults("recvfrom", "EINTR EAGAIN", when="1 2"),
    *faults("recvfrom", "EIO ENOMEM ETIMEDOUT", BROKE),
    *faults("writev", "EINTR EAGAIN", when="1 2"),
    *faults("writev", "EIO ENOSPC", "cannot write what arrives: {}"),
    *faults("write", "EINTR EAGAIN"),  # of the report to the speaker
    *faults("write", "EIO", "the listener died: unknown cause"),
]

# Where bytes pass unchanged: from the socket into a pipe, from there to the output.
RAW_LISTENER = [
    *on_linux(faults("splice", "EINTR EAGAIN", when="1 2 3 4")),
    *on_linux(faults("splice", "EINVAL", when="2 4")),  # the output cannot be spliced to, then it is written to
    *on_linux(faults("splice", "EIO ECONNRESET", BROKE)),
    *on_linux(faults("splice", "EIO ENOSPC", "cannot write what arrives: {}", when="2")),
    *faults("write", "EIO", "the listener died: unknown cause"),  # of the report
]

RAW_SPEAKER = [
    *faults("sendfile", "EINTR EAGAIN ENOMEM", when="1 2"),
    *faults("sendfile", "EINVAL ENOSYS EIO EOVERFLOW EBADF EACCES", when="1 2 1+"),  # then it is read and sent
    *faults("sendfile", "ECONNRESET EHOSTUNREACH", BROKE, when="1 2"),
]

TURNS = [
    *faults("recvfrom", "EINTR EAGAIN", when="1 2"),
    *faults("recvfrom", "EIO", BROKE),
    *faults("sendto", "EINTR EAGAIN ENOBUFS ENOMEM", when="1 2"),
    *faults("sendto", "EIO", BROKE, when="1 2"),
    *faults("read", "EINTR EAGAIN", when="1 2"),
    *faults("write", "EINTR EAGAIN", when="1 2"),
    *faults("write", "EIO ENOSPC", "cannot write what arrives: {}", when="1 2"),
    *faults("ppoll", "EINTR"),
    *on_linux(faults("ioctl", "EINVAL", when="1 2")),
]

# From the start on, as a server ...
SERVER = [
    *faults("/^(clone|fork)", "EAGAIN ENOMEM", UNSTARTED),
    *faults("/^(clone|fork)", "EAGAIN ENOMEM", UNHEARD, when="2"),
    *faults("socketpair", "EMFILE", UNSTARTED),
    *confined(faults("pipe2", "EMFILE ENFILE", "cannot prepare the listener's confinement: {}")),
    *confined(faults("pipe2", "EMFILE ENFILE", UNHEARD, when="2")),
    *faults("dup2", "EMFILE", UNSTARTED),
    *faults("socket", "EMFILE ENOBUFS EACCES", "cannot listen on port PORT: {}", when="1+"),
    *faults("bind", "EACCES", "cannot listen on port PORT: {}", when="1+"),
    *faults("bind", "EADDRINUSE", TAKEN, when="1+"),
    *faults("listen", "EADDRINUSE", TAKEN, when="1 2"),
    *faults("setsockopt", "ENOMEM", "cannot listen on port PORT: {}", when="1 2"),
    *unseen(faults("accept4", "EINTR ECONNABORTED")),
    *on_linux(faults("prctl", "EINVAL")),
    *faults("close_range", "ENOSYS EMFILE", when="1+"),
    *faults("openat", "EMFILE", "cannot open /dev/null: {}", path="/dev/null"),
    *faults("rt_sigprocmask", "EINVAL", "cannot block signals: {}", when="1+"),  # C libraries make some themselves
]

# ... which sanitizers make themselves, or not at all ...
SERVER_ALONE = [
    *faults("getrandom", "EAGAIN ENOSYS"),
    *faults("rt_sigaction", "EINVAL", "cannot catch signal 17: {}", when="1+"),
]

# ... and as a client.
CLIENT = [
    *faults("/^(clone|fork)", "EAGAIN ENOMEM", UNSTARTED),
    *faults("/^(clone|fork)", "EAGAIN ENOMEM", UNHEARD, when="2"),
    *confined(faults("pipe2", "EMFILE ENFILE", UNHEARD, when="2")),
    *unseen(faults("socket", "EMFILE ENOBUFS EACCES", "cannot call PEER: {}", when="1+")),
    *unseen(faults("connect", "EAGAIN ENETUNREACH EADDRNOTAVAIL", "cannot call PEER: {}", when="1+")),
    *unseen(faults("getsockopt", "ENOBUFS", "cannot call PEER: {}")),
    *faults("setsockopt", "ENOPROTOOPT", when="1+"),
    *unseen(faults("getsockname,getpeername", "ENOBUFS", when="1+")),
    *faults("fcntl", "EINTR", UNHEARD, when="3"),
    *faults("wait4", "EINTR ECHILD"),
    *faults("kill", "ESRCH"),
]


# At the start of whoever encrypts, of the process that holds the key, and in that one.
KEEPER = [
    *faults("/^(clone|fork)", "EAGAIN ENOMEM", UNKEPT, when="2"),
    *unseen(faults("socketpair", "EMFILE", UNKEPT, when="2")),
    *faults("dup2", "EMFILE", UNKEPT.format("it has ended")),
    *on_linux(faults("prctl", "EINVAL", UNCONFINED, when="2 3")),
    *confined(faults("pipe2", "EMFILE ENFILE", UNCONFINED)),
]

# ... and when it signs.
SIGNING = [
    *faults("recvfrom", "EINTR", when="1 2"),
    *faults("sendto", "EINTR", when="1 2"),
    *faults("getrandom", "EAGAIN ENOSYS"),
]


# What 32-bit processors have in the place of some calls, or besides.
NAMES = {"sendto": "/^send(to)?$", "recvfrom": "/^recv(from)?$", "sendfile": "/^sendfile(64)?$",
         "fcntl": "/^fcntl(64)?$"}


def tracing(fault, report):
    """What strace is to do."""
    name = NAMES.get(fault.call, fault.call)
    return ["strace", "-f", "-o", report, "-e", f"trace={name}", "-e",
            f"inject={name}:error={fault.error}:when={fault.when}",
            *(["-P", fault.path] if fault.path else [])]


@pytest.fixture
def called_unconfined(run, port):
    """tchat as a server whose listener is not confined by seccomp, and a bare socket that has called it."""
    def called_unconfined(*arguments):
        server = run(WITHOUT_SECCOMP, TCHAT, "-s", *arguments, port)
        server.notice(f"waiting on port {port}")
        caller = call(port)
        server.notice(f"{HOST} has called")
        return server, caller

    return called_unconfined


@pytest.fixture
def report(tmp_path):
    """Where strace writes what it has done."""
    return tmp_path / "strace"


@pytest.fixture
def inject(run, report):
    """Makes a call of a running process fail."""
    def inject(pid, fault):
        tracer = run(*tracing(fault, report), "-p", pid)
        eventually(lambda: b"\n" in tracer.err.data, "the beginning of the trace")
        if b"Operation not permitted" in tracer.err.data:  # as with kernel.yama.ptrace_scope, ptrace(2)
            pytest.skip("a process that was not started by strace may not be traced")
        tracer.err.expect(" attached\n")
        return tracer

    return inject


def has_happened(report):
    """Whether a call was made to fail."""
    return "(INJECTED)" in report.read_text()


def converse(program, peer, count=3):
    """Lines both ways, by turns, and good bye; nothing is lost, and nothing is said of a fault."""
    for turn in range(count):
        peer.send(f"question {turn}\n")
        program.expect(f"question {turn}\n")
        program.send(f"answer {turn}\n")
        peer.expect(f"answer {turn}\n")
    program.close_input()
    peer.close_input()
    assert peer.expect_end() == b"".join(b"answer %d\n" % turn for turn in range(count))
    assert program.output() == b"".join(b"question %d\n" % turn for turn in range(count))
    assert program.wait() == 0
    assert not re.search(rb"not delivered|cannot|broke|died", program.err.data)


def fail(program, peer, says):
    """Lines both ways as long as it goes; it ends by itself, with the notice and status 1.  Lines
    that were read and have not arrived are counted."""
    typed = "".join(f"answer {turn}\n" for turn in range(3))
    try:
        peer.send("".join(f"question {turn}\n" for turn in range(3)))
        program.send(typed)
    except OSError:
        pass  # it has ended already
    assert program.wait() == 1
    said = program.err.data.decode()
    assert said.count(f"tchat: {says}\n") == 1
    peer.incoming.expect_end()
    lost = re.search(r"tchat: (\d+) lines? (?:was|were) not delivered\n", said)
    return int(lost[1]) if lost else 0


def play(fault, program, peer, port):
    """A conversation during which the fault happens."""
    if fault.says:
        return fail(program, peer, fault.says.replace("PEER", HOST).replace("HOST", HOST))
    return converse(program, peer)


@pytest.mark.parametrize("fault", SPEAKER, ids=str)
def test_speaker(called, inject, report, fault):
    """A call of the speaker fails."""
    server, caller = called()
    name = caller.port
    assert server.listener()  # else it would be traced, too
    tracer = inject(server.pid, fault)
    lost = play(fault, server, caller, name)
    tracer.wait()
    assert has_happened(report)
    if fault.call == "sendto" and fault.says:
        assert lost == 3 - caller.incoming.data.count(b"\n") > 0


@looks_into_listener
@pytest.mark.parametrize("fault", LISTENER, ids=str)
def test_listener(called_unconfined, inject, report, fault):
    """A call of the listener fails."""
    server, caller = called_unconfined()
    name = caller.port
    tracer = inject(server.listener(), fault)
    if fault.call == "write" and fault.says:
        caller.close_input()
        server.notice(fault.says)
        assert server.wait() == 1
    else:
        play(fault, server, caller, name)
    tracer.wait()
    assert has_happened(report)


@pytest.mark.parametrize("fault", TURNS, ids=str)
def test_turns(called, inject, report, fault):
    """A call of the one process that takes turns fails."""
    server, caller = called("-a")
    name = caller.port
    tracer = inject(server.pid, fault)
    lost = play(fault, server, caller, name)
    tracer.wait()
    assert has_happened(report)
    if fault.call == "sendto" and fault.says:
        assert lost == 3 - caller.incoming.data.count(b"\n") > 0


@looks_into_listener
@pytest.mark.parametrize("fault", RAW_LISTENER, ids=str)
def test_raw_listener(called_unconfined, inject, report, fault):
    """A call of the listener fails where bytes pass unchanged."""
    server, caller = called_unconfined("-r")
    name = caller.port
    tracer = inject(server.listener(), fault)
    if fault.call == "write":
        caller.close_input()
        server.notice(fault.says)
        assert server.wait() == 1
    else:
        play(fault, server, caller, name)
    tracer.wait()
    assert has_happened(report)


@needs_linux
@pytest.mark.parametrize("fault", RAW_SPEAKER, ids=str)
def test_raw_file(run, tmp_path, report, port, fault):
    """A call fails that sends a file: all of it arrives all the same, or what did not is counted."""
    sent = bytes(3_000_000)
    (tmp_path / "source").write_bytes(sent)
    with (tmp_path / "source").open("rb") as source:
        server = run(*tracing(fault, report), TCHAT, "-s", "-r", port, stdin=source)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    if not fault.says:
        assert caller.expect_end() == sent
        caller.close_input()
        assert server.wait() == 0
        assert b"not delivered" not in server.err.data
    else:
        server.notice(fault.says.replace("PEER", HOST))
        assert server.wait() == 1
        assert len(caller.incoming.expect_end()) < len(sent)
    assert has_happened(report)


@pytest.mark.parametrize("mode", [[], ["-a"]], ids=["both", "turns"])
def test_input_that_cannot_be_read(called, inject, mode):
    """An input that fails counts as ended, which is said; what the peer says is still shown."""
    server, caller = called(*mode)
    assert mode or server.listener()  # the conversation has been set up, for which it reads, too
    inject(server.pid, Fault("read", "EIO"))
    if mode:
        caller.send("question\n")
    server.send("never read\n")
    server.notice("cannot read standard input: Input/output error")
    assert caller.expect_end() == b""
    caller.send("one more\n")
    server.expect("one more\n")
    caller.close_input()
    assert server.wait() == 0


@pytest.mark.parametrize("fault", [
    *SERVER, *(pytest.param(fault, marks=not_under_sanitizers) for fault in SERVER_ALONE)], ids=str)
def test_server(run, report, port, fault):
    """A call of a server fails, from its start on."""
    server = run(*tracing(fault, report), TCHAT, "-s", port)
    if fault.says and "PEER" not in fault.says:
        server.notice(fault.says.replace("PORT", str(port)))
        assert server.wait() == 1
    else:
        server.notice(f"waiting on port {port}")
        caller = call(port)
        play(fault, server, caller, caller.port)
    assert has_happened(report)


@pytest.mark.parametrize("fault", KEEPER, ids=str)
def test_keeper_that_cannot_begin(run, report, ann, port, fault):
    """Without the process that holds the key nobody is waited for."""
    server = run(*tracing(fault, report), TCHAT, "-s", "-t", port, env=ann.env)
    server.notice(fault.says)
    assert server.wait() == 1
    assert has_happened(report)


@looks_into_listener
@pytest.mark.parametrize("fault", SIGNING, ids=str)
def test_keeper(run, report, inject, ann, friend, port, fault):
    """A call of the process that holds the key fails: what is to be signed is signed."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = run(WITHOUT_SECCOMP, TCHAT, "-s", "-t", "-k", port, env=ann.env)
    server.notice(f"waiting on port {port}")
    inject(keepers(server.pid)[0], fault)
    for _ in range(2):
        caller = tls_call(port, friend)
        server.notice("encrypted: the caller is friend")
        caller.send("hello\n")
        server.expect("hello\n")
        caller.close_input()
        server.notice(f"waiting on port {port}")
    assert b"died" not in server.err.data


@looks_behind_socketcall
@pytest.mark.parametrize("error", ["EPROTO", "EPERM", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"])
def test_door_that_lets_nobody_in_for_a_while(run, report, port, error):
    """Who cannot be let in waits, which is said once, and is let in later; tchat does not spin."""
    server = run(*tracing(Fault("accept4", error, when="1..10"), report), "-ttt", TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    server.notice(f"{HOST} has called")
    assert server.err.data.count(b"tchat: nobody can be let in: ") == 1
    caller.send("question\n")
    server.expect("question\n")
    failed = [float(line.split()[1]) for line in report.read_text().splitlines() if "INJECTED" in line]
    assert len(failed) == 10 and failed[-1] - failed[0] > 0.3


@pytest.mark.parametrize("fault", CLIENT, ids=str)
def test_client(run, report, fault):
    """A call of a client fails, from its start on."""
    door = Door()
    client = run(*tracing(fault, report), TCHAT, "-c", HOST, door.port)
    if "PEER" in fault.says or not fault.says:
        client.notice(f"calling {HOST} port {door.port}")
    if fault.says.startswith("cannot"):
        client.notice(fault.says.replace("PEER", f"{HOST} port {door.port}").replace("HOST", HOST))
        assert client.wait() == 1
    else:
        callee = door.accept()
        client.notice(f"connected to {HOST} port {door.port}")
        play(fault, client, callee, door.port)
    assert has_happened(report)


# In the full screen


@needs_linux
def test_kernel_that_does_not_say_what_arrived(screen_deaf, inject):
    """Where it is not known which lines have arrived, none is called delivered."""
    server, caller = screen_deaf(columns=120)
    inject(server.pid, Fault("ioctl", "EINVAL", when="1+"))
    server.say(pasted("x" * 50_000))
    server.say("one more")
    server.wait_for(lambda: "does not read" in server.bar)
    assert not server.shows(DELIVERED)
    caller.reset()
    server.wait_for(notice("2 lines were not delivered"))


@needs_linux
def test_end_that_nobody_foresaw(screen_deaf, inject):
    """Where tchat cannot go on, it says why, and what was typed and has not arrived."""
    server, caller = screen_deaf(columns=120)
    server.say(pasted("x" * 50_000))
    server.say("one more")
    server.press("half-typed")
    server.wait_for(lambda: "does not read" in server.bar and server.input == "> half-typed")
    inject(server.pid, Fault("ppoll", "ENOMEM"))
    assert server.wait() == 1
    assert server.is_restored()
    said = [row for row in server.rows() if row.startswith("tchat: ")]
    assert said[-3:] == ["tchat: not delivered: one more", "tchat: not sent: half-typed",
                         "tchat: cannot wait for input: Cannot allocate memory"]


def test_end_that_nobody_foresaw_in_plain_mode(serve, port, inject):
    """The same in plain mode: lines that were read and have not arrived are counted."""
    server = serve()
    caller = DeafCaller(port)
    server.err.expect("has called\n")
    server.clog(server.process.stdin.fileno())
    inject(server.pid, Fault("ppoll", "ENOMEM"))
    assert re.search(rb"tchat: \d+ lines? (was|were)$", server.err.expect(" not delivered\n"))
    server.notice("cannot wait for input: Cannot allocate memory")
    assert server.wait() == 1


SCREEN_SPEAKER = [
    *faults("sendto", "EINTR EAGAIN ENOBUFS ENOMEM"),
    *faults("sendto", "EIO", BROKE),
    *faults("read", "EINTR", when="1 2 3"),
    *faults("read", "EAGAIN", when="1 2"),
    *faults("write", "EINTR EAGAIN", when="1 2"),
    *faults("ppoll", "EINTR"),
    *on_linux(faults("ioctl", "EINVAL")),
]

SCREEN_LISTENER = [
    *faults("recvfrom", "EINTR EAGAIN"),
    *faults("recvfrom", "EIO", BROKE),
    *faults("writev", "EINTR EAGAIN"),
    *faults("writev", "EIO", "cannot write what arrives: {}"),
]


def converse_on_screen(server, caller, fault, tracer):
    """Lines both ways, keys, and leaving."""
    if fault.says:
        caller.send("question\n")
        server.say("answer")
        server.wait_for(notice(fault.says.replace("PEER", HOST)))
        server.press(ctrl("U") + ctrl("D"))
        assert server.wait() == 1
    else:
        for turn in range(3):
            caller.send(f"question {turn}\n")
            server.wait_for(theirs(f"question {turn}"))
            server.say(f"answer {turn}")
            caller.expect(f"answer {turn}\n")
            server.wait_for(marked(DELIVERED, f"answer {turn}"))
        server.press("half-typed")
        server.wait_for(lambda: server.input == "> half-typed")
        server.resize(20, 120)
        server.wait_for(lambda: server.input == "> half-typed")
        server.press(ctrl("U") + ctrl("D"))
        caller.close_input()
        assert server.wait() == 0
    assert server.is_restored()
    tracer.wait()


@pytest.mark.parametrize("fault", SCREEN_SPEAKER, ids=str)
def test_speaker_in_the_full_screen(screen_called, inject, report, fault):
    """A call of the speaker fails."""
    server, caller = screen_called(columns=120)
    server.wait_for(lambda: "since" in server.bar)
    converse_on_screen(server, caller, fault, inject(server.pid, fault))
    assert has_happened(report)


@looks_into_listener
@pytest.mark.parametrize("fault", SCREEN_LISTENER, ids=str)
def test_listener_in_the_full_screen(on_terminal, inject, report, port, fault):
    """A call of the listener fails."""
    server = on_terminal(WITHOUT_SECCOMP, TCHAT, "-s", port, columns=120)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for(lambda: "since" in server.bar)
    converse_on_screen(server, caller, fault, inject(listeners(server.pid)[0], fault))
    assert has_happened(report)


@pytest.mark.parametrize("fault", [
    *on_linux(faults("memfd_create", "EMFILE", "cannot use the terminal xterm-256color: {}")),
    Fault("/^(clone|fork)", "EAGAIN", f"cannot start the process that edits the line: {REASONS['EAGAIN']}", when="2"),
    Fault("/^(clone|fork)", "EAGAIN", UNHEARD.format(REASONS["EAGAIN"]), when="3"),
    Fault("pipe2", "EMFILE", UNHEARD.format(REASONS["EMFILE"]), when="2")], ids=str)
def test_beginning_in_the_full_screen(on_terminal, report, port, fault):
    """A call fails before the conversation; the terminal is as it was afterwards."""
    server = on_terminal(*tracing(fault, report), TCHAT, "-s", port, columns=120)
    if "PEER" in fault.says:
        server.wait_for("waiting on port")
        caller = call(port)
        server.wait_for(notice(fault.says.replace("PEER", HOST)))
        server.press(ctrl("D"))
    assert server.wait() == 1
    assert "PEER" in fault.says or server.shows(f"^tchat: {fault.says}$")
    assert server.is_restored()
    assert has_happened(report)


def test_terminal_that_fails_once(screen_called, inject, report):
    """Where the terminal does not take some output, Ctrl-L makes the screen right; no line is lost."""
    server, caller = screen_called()
    server.wait_for(lambda: "since" in server.bar)
    inject(server.pid, Fault("write", "EIO"))
    caller.send("question\n")
    eventually(lambda: has_happened(report), "the fault")
    server.press(ctrl("L"))
    server.wait_for(theirs("question"))


def test_screen_that_cannot_be_kept(screen_called, inject):
    """Where tchat cannot draw any more it says why, and the terminal is as it was."""
    server, caller = screen_called()
    server.press("half-typed")
    server.wait_for(lambda: server.input == "> half-typed")
    inject(server.pid, Fault("pread64", "EIO"))
    caller.send("question\n")
    assert server.wait() == 1
    assert server.is_restored()
    assert server.shows("^tchat: not sent: half-typed$")
    assert server.shows("^tchat: cannot read what is to be shown: Input/output error$")
