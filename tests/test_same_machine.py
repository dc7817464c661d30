"""A path on this machine in place of host and port (-U): who calls is known by its user."""

import fcntl
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from fullscreen import DELIVERED, marked, status_bar
from peers import DEADLINE, HOST, TCHAT, Line, children, eventually, needs_linux, process_state
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
    """A folder that somebody keeps locked is waited for, not for ever, and that is said."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    server = start("-s", "-U", path)
    assert server.wait() == 1
    assert server.err.data.decode() == (
        f"tchat: cannot listen on {path}: another program keeps its folder locked\n")
    os.close(descriptor)


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


def test_waits_for_somebody(start, serve, path):
    """With -w, it does not matter who is started first."""
    client = start("-c", "-w", int(DEADLINE), "-U", path)
    client.notice(f"calling {path}, for up to {int(DEADLINE)} s")
    client.settle()
    server = serve()
    client.send("at last\n")
    server.expect("at last\n")
