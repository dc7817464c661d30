"""A path on this machine in place of host and port (-U): who calls is known by its user."""

import array
import contextlib
import fcntl
import os
import platform
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import sys
import tempfile
import termios
from pathlib import Path

import pytest

from fullscreen import DELIVERED, LOST, ON_ITS_WAY, marked, status_bar
from peers import DEADLINE, HOST, TCHAT, Line, callers, children, eventually, listeners, needs_linux, process_state
from room import QUESTION, give_name
from test_group_screen import words
from test_keep import BUSY
from test_log import entries
from terminal import ctrl
from test_trust import OTHER
from tls import F3, needs_tls, wait_for_question

ME = f"user {pwd.getpwuid(os.getuid()).pw_name} (uid {os.getuid()})"
SOMEBODY = "nobody"  # another user, for tests that root runs
NAMELESS = ["setpriv", "--reuid=54321", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "here"


@pytest.fixture
def serve(start, path):
    """tchat as a server at the path."""
    def serve(*arguments, **options):
        server = start("-s", "-U", *arguments, path, **options)
        server.notice(f"waiting on {path}")
        return server

    return serve


def call(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE)
    sock.connect(str(path))
    return Line(sock)


def wait_at(path):
    """Somebody who waits there, and is no tchat."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen()
    return sock


PASSRIGHTS = {"parisc": 0x4051, "parisc64": 0x4051, "sparc": 0x5c, "sparc64": 0x5c}.get(platform.machine(), 83)


def refuses_descriptors():
    """Whether the kernel has SO_PASSRIGHTS."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, PASSRIGHTS, 0)
        except OSError:
            return False
        return sys.platform == "linux"


needs_passrights = pytest.mark.skipif(not refuses_descriptors(), reason="the kernel has no SO_PASSRIGHTS")


def hand_over_to(sock):
    """Sends a line, and with it a descriptor."""
    with open(os.devnull) as file:
        rights = array.array("i", [file.fileno()])
        sock.sendmsg([b"with a descriptor\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


@contextlib.contextmanager
def locked(folder):
    """Keeps a folder locked."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def leave_dead(path):
    """A socket at which nobody listens any more."""
    wait_at(path).close()


# Who talks to whom

def test_conversation(serve, start, path):
    """Both are told which user is at the other end, and each gets what the other says."""
    server = serve()
    client = start("-c", "-U", path)
    client.notice(f"connected to {path}, where {ME} waits")
    server.notice(f"{ME} has called")
    client.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    client.expect("answer\n")
    client.close_input()
    server.notice(f"{ME} has left")
    server.close_input()
    assert server.wait() == 0
    assert client.wait() == 0


def test_any_program(serve, start, path):
    """It is the stream that any program can have."""
    server = serve()
    caller = call(path)
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    server.kill(signal.SIGTERM)
    server.wait()
    with wait_at(path) as door:
        client = start("-c", "-U", path)
        client.send("hello\n")
        callee = Line(door.accept()[0])
        callee.expect("hello\n")


@pytest.mark.skipif(not shutil.which("nc"), reason="there is no nc(1)")
def test_nc(serve, run, path):
    """nc -U calls it, and is called."""
    server = serve("-k")
    caller = run("nc", "-U", path)
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")


def test_turns(serve, start, path):
    """Turns are taken there, too."""
    server = serve("-a")
    client = start("-c", "-a", "-U", path)
    server.send("answer\n")
    client.send("question\n")
    server.expect("question\n")
    client.expect("answer\n")


def test_one_direction(serve, start, path):
    """And one direction alone."""
    server = serve("--recv-only")
    client = start("-c", "--send-only", "-U", path)
    client.send("only\n")
    client.close_input()
    server.expect("only\n")
    assert server.wait() == 0


def test_raw_file(serve, start, path, tmp_path):
    """Bytes pass unchanged, also straight from a file."""
    data = os.urandom(1 << 20)
    (tmp_path / "data").write_bytes(data)
    server = serve("-r")
    with open(tmp_path / "data", "rb") as file:
        client = start("-c", "-r", "-U", path, stdin=file)
        server.close_input()
        assert server.output() == data
        assert client.wait() == 0


def test_full_screen(screen, path):
    """The bar says that it is the same machine, F3 who is there, and a line is marked once it was read."""
    server = screen("-s", "-U", path, columns=120)
    server.wait_for(lambda: f"waiting on {path}" in " ".join(server.rows()))
    client = screen("-c", "-U", path, columns=120)
    for side in server, client:
        side.wait_for(lambda: "same machine" in status_bar(side))
        assert ME in status_bar(side)
    client.say("hello")
    server.wait_for("hello$")
    client.wait_for(marked(DELIVERED, "hello"))
    client.press(F3)
    client.wait_for(re.escape(f"{ME} ({path})"))
    client.wait_for("Both sides are on this machine")


@needs_linux
def test_mark_waits_until_it_was_read(screen, path):
    """What the kernel has taken is not yet read: it says so only once all of it is."""
    with wait_at(path) as door:
        client = screen("-c", "-U", path)
        callee = door.accept()[0]
        client.wait_for(lambda: "same machine" in status_bar(client))
        client.say("one")
        client.wait_for(marked("›", "one"))
        client.say("two")
        client.wait_for(marked("›", "two"))
        assert callee.recv(2) == b"on"
        assert client.shows(marked("›", "one"))
        assert callee.recv(100) == b"e\ntwo\n"
        client.wait_for(marked("✓", "two"))
        assert client.shows(marked("✓", "one"))


@needs_linux
def test_reader_that_stands_still(screen, path):
    """It is said of one who takes nothing."""
    with wait_at(path) as door:
        client = screen("-c", "-U", path)
        callee = door.accept()[0]
        client.wait_for(lambda: "same machine" in status_bar(client))
        client.say("one")
        client.wait_for(lambda: "does not read" in status_bar(client))
        assert callee.recv(100) == b"one\n"
        client.wait_for(lambda: "same machine" in status_bar(client))


def lost_in(log):
    """The lines that a log says were not delivered."""
    return [text for _, text in entries(log) if text.startswith("not delivered: ")]


@needs_linux
@pytest.mark.parametrize("last", [b"", b"a last word\n"], ids=["silent", "last word"])
def test_line_that_was_never_read(screen, path, tmp_path, last):
    """Whoever closes with it unread has it dropped by the kernel: it was not delivered, whatever is said after it."""
    with wait_at(path) as door:
        client = screen("-c", "-U", path, "-l", tmp_path / "log", columns=120)
        callee = door.accept()[0]
        client.wait_for(lambda: "same machine" in status_bar(client))
        client.say("read")
        assert callee.recv(100) == b"read\n"
        client.wait_for(marked(DELIVERED, "read"))
        client.say("never read")
        client.wait_for(marked(ON_ITS_WAY, "never read"))
        callee.sendall(last)
        callee.close()
        client.wait_for("1 line was not delivered")
    assert client.shows(marked(LOST, "never read"))
    assert client.shows(marked(DELIVERED if last else rf"[{DELIVERED}?]", "read"))
    assert lost_in(tmp_path / "log") == ["not delivered: never read"]


@needs_linux
@pytest.mark.parametrize("shuts", [False, True], ids=["at once", "shuts first"])
def test_line_that_was_never_read_plain(start, path, tmp_path, shuts):
    """The same in plain mode, also where the other side had only said before that it will say nothing more."""
    with wait_at(path) as door:
        client = start("-c", "-U", path, "-l", tmp_path / "log")
        callee = door.accept()[0]
        if shuts:
            callee.shutdown(socket.SHUT_WR)
            client.notice(f"{ME} has left")
        client.send("never read\n")
        eventually(lambda: unread(callee) == len("never read\n"), "the line")
        callee.close()
        client.notice("1 line was not delivered")
        client.close_input()
        assert client.wait() == 1
    assert "1 line was not delivered" in (tmp_path / "log").read_text()


def read_as_far_as(sock, text):
    """Reads until what was read ends so."""
    data = b""
    sock.settimeout(DEADLINE)
    while not data.endswith(text.encode()):
        data += sock.recv(1)


def unread(sock):
    """How many bytes wait in a socket."""
    return int.from_bytes(fcntl.ioctl(sock, termios.FIONREAD, bytes(4)), sys.byteorder)


@needs_linux
@needs_tls
def test_encrypted_line_that_was_never_read(screen, ann, bob, path, tmp_path):
    """With -t it is no other: the other side is stopped, and killed."""
    ann.knows(f"caller {bob.fingerprint} bob")
    bob.knows(f"server {ann.fingerprint} {path}")
    server = screen("-s", "-t", "-U", path, env=ann.env, columns=120)
    server.wait_for("waiting on")
    client = screen("-c", "-t", "-U", path, "-l", tmp_path / "log", env=bob.env, columns=120)
    client.wait_for(lambda: re.search(r"\bencrypted\b", status_bar(client)))
    server.wait_for(lambda: re.search(r"\bencrypted\b", status_bar(server)))
    family = [*listeners(server.pid), server.pid]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    client.say("never read")
    client.wait_for(marked(ON_ITS_WAY, "never read"))
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    client.wait_for("1 line was not delivered")
    assert lost_in(tmp_path / "log") == ["not delivered: never read"]


@pytest.mark.parametrize("arguments", [[], ["-a"], ["-r"], ["--send-only"]], ids=" ".join)
def test_all_was_read_as_both_leave(start, path, arguments):
    """Where both have shut their sides in order, nothing is lost, though the kernel cannot be asked any more."""
    with wait_at(path) as door:
        client = start("-c", *arguments, "-U", path)
        callee = door.accept()[0]
        client.send("all of it\n")
        client.close_input()
        assert callee.recv(100) == b"all of it\n"
        callee.shutdown(socket.SHUT_WR)
        assert callee.recv(100) == b""
        callee.close()
        assert client.wait() == 0
    assert b"not delivered" not in client.err.data


@needs_linux
def test_all_was_read_as_the_other_leaves(screen, path):
    """The same in the full screen: it has the mark."""
    with wait_at(path) as door:
        client = screen("-c", "-U", path, columns=120)
        callee = door.accept()[0]
        client.wait_for(lambda: "same machine" in status_bar(client))
        callee.sendall(b"question\n")
        client.wait_for("question$")
        client.say("answer")
        assert callee.recv(100) == b"answer\n"
        callee.close()
        client.wait_for(f"{re.escape(ME)} has left")
        client.wait_for(marked(DELIVERED, "answer"))


@needs_linux
def test_member_that_never_reads(serve, path):
    """Of a group one breaks off who has not read what was said, which is told; the others have it."""
    host = serve("-g", "-p")
    ann = call(path)
    ann.expect(QUESTION)
    give_name(ann, "ann")
    with socket.socket(socket.AF_UNIX) as bob:
        bob.connect(str(path))
        read_as_far_as(bob, QUESTION)
        bob.sendall(b"bob\n")
        ann.expect("* ~bob has joined")
        read_as_far_as(bob, " here.\n")
        host.send("never read by one\n")
        ann.expect("never read by one\n")
        eventually(lambda: unread(bob) > 0, "the line")
    host.notice("1 line was not delivered to ~bob")


@needs_linux
def test_command_that_never_reads(start, tmp_path):
    """A command that ends with something unread has not passed that on."""
    client = start("-c", "--via", "read line; echo last word", HOST)
    client.send("read\nnever read\n")
    client.expect("last word\n")
    client.notice("2 lines were not delivered")
    client.close_input()
    assert client.wait() == 1


@needs_linux
@needs_passrights
def test_descriptors_are_refused(serve, start, path):
    """The kernel takes none from whoever is at the other end: closing one can be made to take long."""
    server = serve("-k")
    caller = call(path)
    with pytest.raises(PermissionError):
        hand_over_to(caller.socket)
    caller.send("without\n")
    server.expect("without\n")
    server.kill(signal.SIGTERM)
    server.wait()
    with wait_at(path) as door:
        client = start("-c", "-U", path)
        callee = door.accept()[0]
        with pytest.raises(PermissionError):
            hand_over_to(callee)
        callee.sendall(b"without\n")
        client.expect("without\n")


def test_group(serve, start, path):
    """Several call there, and hear each other."""
    host = serve("-g", "-p")
    ann, bob = call(path), call(path)
    for caller, name in (ann, "ann"), (bob, "bob"):
        caller.expect(QUESTION)
        give_name(caller, name)
    ann.send("hello\n")
    bob.expect("<~ann> hello\n")
    host.expect("<~ann> hello\n")


def test_group_on_the_screen(screen, path):
    """The bar says that all are on this machine."""
    host = screen("-s", "-g", "-U", path, columns=120)
    host.wait_for("waiting on")
    caller = call(path)
    caller.expect(QUESTION)
    give_name(caller, "ann")
    host.wait_for(lambda: "1 other here" in status_bar(host))
    assert "same machine" in status_bar(host)
    assert "not encrypted" not in status_bar(host)


def test_busy(serve, path):
    """A second caller is told that the line is busy, and the first hears nothing of it."""
    server = serve("-k")
    first = call(path)
    server.notice(f"{ME} has called")
    assert call(path).expect_end() == BUSY
    server.notice(f"{ME} called while the line was busy")
    first.send("still here\n")
    server.expect("still here\n")


@needs_tls
@pytest.mark.parametrize("name", ["here", "with blanks and it's"])
def test_encrypted(screen, ann, bob, tmp_path, name):
    """It is said how it is called from anywhere; the key is asked about, remembered with the whole path, and known the
    next time; the bar says encrypted."""
    path = tmp_path / name
    ann.knows(f"caller {bob.fingerprint} bob")
    server = screen("-s", "-t", "-U", name, env=ann.env, columns=150)
    server.wait_for("waiting on")
    assert f"only this machine can call: tchat -c -t -U {shlex.quote(str(path))}".replace("'\"'\"'", "'\\''") in words(server)
    for known in False, True:
        client = screen("-c", "-t", "-U", name, env=bob.env, columns=150)
        if not known:
            client.wait_for(re.escape(f"the key of {name} is not known yet: {ann.fingerprint}"))
            wait_for_question(client, "is it the right one[?] answer yes or no")
            client.say("yes")
        client.wait_for(f"encrypted: the key of {name} is known{'' if known else ' from now on'}$")
        client.wait_for(lambda: re.search(r"\bencrypted\b", status_bar(client)))
        client.say("hello")
        server.wait_for("hello$")
        client.press(ctrl("D"))
        client.wait()
    assert bob.keys() == [f"server {ann.fingerprint} {path}"]


@needs_tls
def test_path_too_long_to_be_remembered(run, tmp_path):
    """With -t a client that could not know the key again does not call; without it can."""
    folder = tmp_path
    while len(str(folder)) < 260:
        folder /= "d" * 60
    folder.mkdir(parents=True)
    there = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder, TCHAT]
    run(*there, "-s", "-U", "here").notice("waiting on here")
    client = run(*there, "-c", "-t", "-U", "here")
    assert client.wait() == 2
    assert client.err.data.decode() == (
        "tchat: with -t, a key is remembered with the whole path: that of 'here' is too long, or cannot be known\n")
    run(*there, "-c", "-U", "here").notice(f"connected to here, where {ME} waits")


@needs_tls
def test_another_key(start, ann, bob, path):
    """Where a key is known of a path, another one is an alarm."""
    ann.knows(f"caller {bob.fingerprint} bob")
    bob.knows(f"server {OTHER} {path}")
    start("-s", "-t", "-k", "-U", path, env=ann.env).notice(f"waiting on {path}")
    client = start("-c", "-t", "-U", path, env=bob.env)
    client.notice(f"THE KEY OF {path} HAS CHANGED: somebody may be in between")
    assert client.wait() == 1


@needs_tls
def test_known_by_its_key(screen, bob, path):
    """Without -t it is not talked to before a question, as at any other place."""
    bob.knows(f"server {OTHER} {path}")
    with wait_at(path):
        client = screen("-c", "-U", path, env=bob.env, columns=150)
        client.wait_for(re.escape(f"{path} is known by its key, but without -t it shows none"))


def test_log(serve, path, tmp_path):
    """The log has the same words."""
    server = serve("-l", tmp_path / "log")
    caller = call(path)
    server.notice(f"{ME} has called")
    caller.close_input()
    server.close_input()
    server.wait()
    assert [text for _, text in entries(tmp_path / "log")][:3] == [
        f"waiting on {path}", f"{ME} has called", f"{ME} has left"]


@as_root
def test_another_user(start, run, environment):
    """Another user can call, and is known as such; it sees who listens, whoever that is."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "here")
        server = start("-s", "-k", "-U", path)
        server.notice(f"waiting on {path}")
        program = shutil.copy(TCHAT, folder)
        client = run("setpriv", f"--reuid={SOMEBODY}", "--clear-groups", program, "-c", "-U", path,
                     env=dict(environment, HOME=folder))
        client.notice(f"connected to {path}, where user root (uid 0) waits")
        server.notice(f"user {SOMEBODY} (uid {pwd.getpwnam(SOMEBODY).pw_uid}) has called")
        client.send("hello\n")
        server.expect("hello\n")


@as_root
def test_user_without_a_name(serve, run, path):
    """One whom no file names is known by number."""
    server = serve()
    os.chmod(path, 0o666)
    run(*NAMELESS, sys.executable, "-c", "import socket, sys; s = socket.socket(socket.AF_UNIX); "
        f"s.connect({str(path)!r}); sys.stdin.read()")
    server.notice("uid 54321 has called")


# The socket

def is_there(path):
    return os.path.lexists(path)


def test_anybody_may_call(serve, path):
    """The folder decides who may: the socket lets all in, whatever the umask."""
    before = os.umask(0o077)
    try:
        serve()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


@pytest.mark.parametrize("arguments", [[], ["-k"], ["-g", "-p"], ["--once"], ["-a"]], ids=" ".join)
@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_is_taken_away(serve, path, arguments, signo):
    """At the end of the program nothing is left."""
    server = serve(*arguments)
    assert is_there(path)
    server.kill(signo)
    server.wait()
    assert not is_there(path)


def test_is_taken_away_with_the_only_caller(serve, path):
    """And once nobody else can call."""
    server = serve()
    caller = call(path)
    server.notice(f"{ME} has called")
    eventually(lambda: not is_there(path), "the end of the socket")
    caller.send("hello\n")
    server.expect("hello\n")


def test_what_has_taken_its_place_stays(serve, path):
    """Somebody has removed it, and put something else there: that is not its own."""
    server = serve()
    path.unlink()
    path.write_text("mine")
    server.kill(signal.SIGTERM)
    server.wait()
    assert path.read_text() == "mine"


def test_dead_one_is_replaced(serve, path):
    """A socket that nobody has any more, after a crash for example, is no hindrance."""
    leave_dead(path)
    serve()
    call(path).send("hello\n")


def test_living_one_is_not(serve, start, path):
    """Where somebody waits nobody else does, and who waits hears nothing of the attempt."""
    server = serve()
    other = start("-s", "-U", path)
    assert other.wait() == 1
    assert other.err.data.decode() == (f"tchat: cannot listen on {path}: {os.strerror(98)}; "
                                       "if somebody waits there, call with -c\n")
    caller = call(path)
    server.notice(f"{ME} has called")
    caller.send("hello\n")
    server.expect("hello\n")
    assert server.err.data.decode().count("called") == 1


def test_socket_that_does_not_listen_yet(start, path):
    """Somebody is about to."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        server = start("-s", "-U", path)
        assert server.wait() == 1
        assert b"if somebody waits there" in server.err.data
    assert is_there(path)


@pytest.mark.parametrize("make", [lambda path: path.write_text("text"), lambda path: path.mkdir(),
                                  lambda path: path.symlink_to("nowhere"), lambda path: os.mkfifo(path)],
                         ids=["file", "folder", "link", "fifo"])
def test_what_is_no_socket_stays(start, path, make):
    """Whatever else is there is left alone."""
    make(path)
    before = os.lstat(path)
    server = start("-s", "-U", path)
    assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot listen on {path}: what is there is no socket; name another path\n")
    assert os.lstat(path).st_ino == before.st_ino


@as_root
def test_dead_one_of_another_user_stays(start, path):
    """Also where one might remove it."""
    leave_dead(path)
    os.chown(path, pwd.getpwnam(SOMEBODY).pw_uid, -1)
    server = start("-s", "-U", path)
    assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot listen on {path}: what is there is another user's; name another path\n")
    assert is_there(path)


def test_many_at_once(start, path):
    """Of several that start in the same moment, where a dead one lies, one waits, and can be called."""
    leave_dead(path)
    servers = [start("-s", "-k", "-U", path) for _ in range(8)]
    eventually(lambda: sum(b"cannot listen" in server.err.data for server in servers) == 7, "the end of seven")
    [server] = [server for server in servers if b"cannot listen" not in server.err.data]
    server.notice(f"waiting on {path}")
    call(path).send("hello\n")
    server.expect("hello\n")


def test_locked_folder(start, path):
    """A folder that somebody keeps locked is waited for where a dead socket lies, not for ever, and that is said."""
    leave_dead(path)
    with locked(path.parent):
        server = start("-s", "-U", path)
        assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot listen on {path}: another program keeps its folder locked\n")


def test_locked_folder_where_nothing_lies(serve, path):
    """A path that is free is taken all the same, and given back at the end."""
    with locked(path.parent):
        server = serve()
        call(path).send("hello\n")
        server.expect("hello\n")
        server.kill(signal.SIGTERM)
        server.wait()
        assert not is_there(path)


def test_locked_folder_where_somebody_waits(serve, start, path):
    """That is said at once, too."""
    serve("-k")
    with locked(path.parent):
        server = start("-s", "-U", path)
        assert server.wait() == 1
    assert b"if somebody waits there" in server.err.data


def test_folder_that_cannot_be_read(run, environment):
    """To make a file in it, and to call there, takes no right to list it."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, "folder")
        folder.mkdir()
        become = ["setpriv", f"--reuid={SOMEBODY}", "--clear-groups"] if os.getuid() == 0 else []
        program = shutil.copy(TCHAT, top)
        os.chmod(top, 0o755)
        if become:
            os.chown(folder, pwd.getpwnam(SOMEBODY).pw_uid, -1)
        folder.chmod(0o311)
        server = run(*become, program, "-s", "-U", folder / "here", env=dict(environment, HOME=top))
        server.notice(f"waiting on {folder / 'here'}")
        server.kill(signal.SIGTERM)
        server.wait()
        assert not is_there(folder / "here")
        folder.chmod(0o755)


@pytest.mark.parametrize("arguments", [[], ["-k"], ["-g", "-p"]], ids=" ".join)
def test_is_taken_away_after_a_kill(serve, path, arguments):
    """Also where the program is killed: who waits for calls outlives it for that."""
    server = serve(*arguments)
    [waiting] = callers(server.pid)
    os.kill(waiting, signal.SIGSTOP)  # or it could be faster than what would end it
    server.kill(signal.SIGKILL)
    eventually(lambda: process_state(server.pid) is None, "the end of the program")
    with contextlib.suppress(ProcessLookupError):
        os.kill(waiting, signal.SIGCONT)
    eventually(lambda: not is_there(path), "the end of the socket")


def test_caller_that_broke_off(serve, path):
    """Who has gone before it is let in, and has said nothing, is nobody; who has said something is heard."""
    server = serve("-k")
    server.kill(signal.SIGSTOP)
    [waiting] = callers(server.pid)
    os.kill(waiting, signal.SIGSTOP)
    for said in b"", b"only this\n", b"":
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(said)
    os.kill(waiting, signal.SIGCONT)
    server.kill(signal.SIGCONT)
    server.expect("only this\n")
    server.notice(f"{ME} has left")
    call(path).send("I am here\n")
    server.expect("I am here\n")
    assert server.err.data.decode().count("has called") == 2


@pytest.mark.parametrize("place, why", [
    ("x" * 200, "File name too long"),
    ("missing/here", "No such file or directory; name a path in a directory that is there"),
    ("file/here", "Not a directory; name a path in a directory that is there")])
def test_path_that_cannot_be(start, tmp_path, place, why):
    """Is named, and why."""
    (tmp_path / "file").touch()
    server = start("-s", "-U", place)
    assert server.wait() == 1
    assert server.err.data.decode() == f"tchat: cannot listen on {place}: {why}\n"


def test_relative_path(start, tmp_path):
    """Is one in the folder that it is started in."""
    server = start("-s", "-U", "here")
    server.notice("waiting on here")
    call(tmp_path / "here")
    server.notice(f"{ME} has called")
    eventually(lambda: not is_there(tmp_path / "here"), "the end of the socket")


# Calling

@pytest.mark.parametrize("dead", [False, True])
def test_nobody_waits(start, path, dead):
    """In one line, with what the other side has to do."""
    if dead:
        leave_dead(path)
    client = start("-c", "-U", path)
    assert client.wait() == 1
    why = os.strerror(111 if dead else 2)
    assert client.err.data.decode().splitlines()[-1] == (
        f"tchat: cannot call {path}: {why}; the other side waits with tchat -s -U {path}")


@pytest.fixture
def crowded(path):
    """The path, where as many call as can wait there, and who waits."""
    with contextlib.ExitStack() as all_of_them:
        door = all_of_them.enter_context(wait_at(path))
        door.listen(0)
        door.settimeout(DEADLINE)
        with contextlib.suppress(BlockingIOError):
            while True:
                caller = all_of_them.enter_context(socket.socket(socket.AF_UNIX))
                caller.setblocking(False)
                caller.connect(str(path))
        yield door


@needs_linux
def test_too_many_call(start, path, crowded):
    """Then it is tried for a while, and that is said in words."""
    client = start("-c", "-w", 1, "-U", path)
    assert client.wait() == 1
    assert client.err.data.decode().splitlines()[-1] == f"tchat: cannot call {path}: too many call there at once"


@needs_linux
def test_waits_for_its_turn(start, path, crowded):
    """Once there is room it is through, also without -w."""
    client = start("-c", "-U", path)
    client.settle()
    while b"connected to" not in client.err.data:
        crowded.accept()[0].close()
        client.settle()


def test_waits_for_somebody(start, serve, path):
    """With -w, it does not matter who is started first."""
    client = start("-c", "-w", int(DEADLINE), "-U", path)
    client.notice(f"calling {path}, for up to {int(DEADLINE)} s")
    client.settle()
    server = serve()
    client.send("at last\n")
    server.expect("at last\n")
