"""The process that holds the private key: that nobody else has it, and what becomes of people without it."""

import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fullscreen import not_under_sanitizers
from peers import (HOST, SLOWNESS, TCHAT, children, eventually, is_listening, keepers, looks_into_listener, needs_linux,
                   needs_seccomp, pieces_of_memory, process_state, title)
from terminal import ctrl
from test_confined import allowed_calls, confined_calls, status
from test_processes import descriptors
from test_resources import size_of
from tls import KEYS, TlsDoor, needs_tls, openssl, tls_call, wait_for_question

pytestmark = needs_tls

SOURCE = Path(__file__).parent.parent / "src/trust/keeper.c"
BREAKOUT = Path(TCHAT).parent / "tests" / "breakout"  # tchat that looks for the key in its memory
DIED = "the process that holds the key died: Killed"
SILENT = "the process that holds the key does not answer"


def keeper_of(pid):
    """The process id of the keeper of a tchat."""
    return eventually(lambda: keepers(pid), "the keeper")[0]


def bring_key(person, kind):
    """Gives a person a key of that kind, for which tchat makes the certificate."""
    person.directory.mkdir(mode=0o700)
    openssl("genpkey", *KEYS[kind], "-out", person.key)
    person.key.chmod(0o600)
    subprocess.run([TCHAT, "--fingerprint"], env=person.env, check=True, capture_output=True)


def secret_of(person, kind):
    """The bytes that make a key a private one, as memory can have them: as they are written, or as a number is stored."""
    text = openssl("pkey", "-in", person.key, "-noout", "-text").decode()
    name = "prime1" if kind.startswith("rsa") else "priv"
    octets = bytes.fromhex("".join(re.search(rf"^{name}:\n((?: +[0-9a-f:]+\n)+)", text, re.M)[1].split()).replace(":", ""))
    if kind == "ed25519":  # these are no number: a zero at the beginning is one of them
        return [octets]
    return [octets.lstrip(b"\0"), octets.lstrip(b"\0")[::-1]]


def has_in_memory(pid, secrets):
    """Whether a process has one of these texts anywhere in its memory."""
    return any(secret in piece for piece in pieces_of_memory(pid) for secret in secrets)


# Who has the key


@looks_into_listener
@needs_linux
@not_under_sanitizers
@pytest.mark.parametrize("kind", KEYS)
def test_only_the_keeper_of_a_server_has_the_key(start, ann, friend, port, kind):
    """Neither who parses a stranger's handshake has it, nor who reads what the peer sends."""
    bring_key(ann, kind)
    secrets = secret_of(ann, kind)
    ann.knows(f"caller {friend.fingerprint} friend")
    server = start("-s", "-t", "-k", port, env=ann.env)
    server.notice(f"waiting on port {port}")
    caller = tls_call(port, friend)
    caller.send("hello\n")
    server.expect("hello\n")
    assert has_in_memory(keeper_of(server.pid), secrets)
    assert not has_in_memory(server.pid, secrets)
    assert not has_in_memory(server.listener(), secrets)


@looks_into_listener
@needs_linux
@not_under_sanitizers
@pytest.mark.parametrize("kind", KEYS)
def test_only_the_keeper_of_a_client_has_the_key(start, bob, friend, kind):
    """The same for who calls; once the only conversation is agreed on, nobody has the key."""
    bring_key(bob, kind)
    secrets = secret_of(bob, kind)
    door = TlsDoor(friend, callers=[bob])
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    client = start("-c", "-t", HOST, door.port, env=bob.env)
    client.notice(f"connected to {HOST} port {door.port}")
    keeper = keeper_of(client.pid)
    assert has_in_memory(keeper, secrets) and not has_in_memory(client.pid, secrets)
    callee = door.accept()
    assert callee.seen == bob.fingerprint
    callee.send("hello\n")
    client.expect("hello\n")
    assert not has_in_memory(client.pid, secrets)
    assert not has_in_memory(client.listener(), secrets)
    eventually(lambda: process_state(keeper) is None, "the end of the keeper")


@needs_linux
@not_under_sanitizers
def test_listener_that_looks_for_the_key(run, ann, friend, port, tmp_path):
    """A taken-over speaker or listener that searches its own memory does not find the key there."""
    assert ann.fingerprint
    secret = secret_of(ann, "ed25519")[0]
    ann.knows(f"caller {friend.fingerprint} friend")
    searched = tmp_path / "searched"
    server = run(BREAKOUT, "-s", "-t", port, env=dict(
        ann.env, SEARCHED=str(searched), SOUGHT=bytes(byte ^ 0x5a for byte in secret).hex()))
    server.notice(f"waiting on port {port}")
    caller = tls_call(port, friend)
    caller.send("hello\n")
    server.expect("hello\n")
    assert searched.read_text() == "keeper: found\nspeaker: not found\nlistener: not found\n"


# What it signs, where a handshake begins once more


def hellos(messages):
    """How often a client said hello, in what openssl has noted."""
    return messages.read_text().count(", ClientHello\n")


@pytest.mark.parametrize("kind", ["ed25519", "ec", "rsa"])
def test_second_hello_of_a_caller(serve, run, ann, friend, port, tmp_path, kind):
    """The caller offers what is not agreed to, is asked for something else, and the keeper signs that, too."""
    bring_key(ann, kind)
    ann.knows(f"caller {friend.fingerprint} friend")
    server = serve("-t", env=ann.env)
    caller = run("openssl", "s_client", "-quiet", "-groups", "X448:P-256", "-msg", "-msgfile", tmp_path / "messages",
                 "-cert", friend.certificate, "-key", friend.key, "-connect", f"{HOST}:{port}")
    server.notice("encrypted: the caller is friend")
    caller.send("hello\n")
    server.expect("hello\n")
    assert hellos(tmp_path / "messages") == 2


@pytest.mark.parametrize("kind", ["ed25519", "ec", "rsa"])
def test_second_hello_to_a_server(start, run, bob, friend, port, tmp_path, kind):
    """The same where the server wants a group of which tchat sent no share."""
    bring_key(bob, kind)
    server = run("openssl", "s_server", "-quiet", "-groups", "P-521", "-msg", "-msgfile", tmp_path / "messages",
                 "-Verify", 1, "-cert", friend.certificate, "-key", friend.key, "-accept", f"{HOST}:{port}")
    eventually(lambda: is_listening(port), "a listening server")
    client = start("-c", "-t", "--pin", friend.fingerprint, HOST, port, env=bob.env)
    client.notice(f"encrypted: the key of {HOST} port {port} is pinned")
    client.send("hello\n")
    server.expect("hello\n")
    assert hellos(tmp_path / "messages") == 2


# What it is


@pytest.fixture
def waiting(serve, ann):
    """A server that keeps, and its keeper."""
    server = serve("-t", "-k", env=ann.env)
    return server, keeper_of(server.pid)


def test_title(waiting):
    """ps shows what it does."""
    assert title(waiting[1]) == "tchat: keeping the key"


@looks_into_listener
@needs_linux
def test_keeper_holds_what_it_needs(serve, ann, tmp_path):
    """It has a socket, but neither the keyboard nor the output nor the log, nor standard error."""
    server = serve("-t", "-k", "-l", tmp_path / "log", env=ann.env)
    held = descriptors(keeper_of(server.pid))
    assert held.pop(0) == held.pop(1) == held.pop(2) == "/dev/null"
    assert [target.split(":")[0] for target in held.values()] == ["socket"]


@looks_into_listener
@needs_linux
def test_keeper_leaves_no_core(waiting):
    """No core file could tell the key, no file takes it, and no program run by it could get more rights."""
    keeper = waiting[1]
    assert status(keeper, "NoNewPrivs") == "1"
    assert resource.prlimit(keeper, resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(keeper, resource.RLIMIT_FSIZE) == (0, 0)
    assert os.stat(f"/proc/{keeper}/environ").st_uid == 0  # proc(5): it cannot be dumped


@looks_into_listener
@needs_linux
@not_under_sanitizers
def test_keeper_has_little(waiting):
    """It gets no more descriptors, no process and a few mebibytes, which cannot be changed any more."""
    keeper = waiting[1]
    assert resource.prlimit(keeper, resource.RLIMIT_NOFILE) == (4, 4)
    assert resource.prlimit(keeper, resource.RLIMIT_NPROC) == (0, 0)
    now, most = resource.prlimit(keeper, resource.RLIMIT_AS)
    assert now == most
    assert now < size_of(keeper) + 12 * 1024 * 1024


@needs_seccomp
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("side", ["server", "client"])
def test_calls_of_the_keeper(run, ann, friend, port, tmp_path, kind, side):
    """Once it has the key, it makes no other calls than those allowed, whatever the key is; a stop changes nothing."""
    bring_key(ann, kind)
    door = TlsDoor(friend, callers=[ann])
    ann.knows(f"caller {friend.fingerprint} friend", f"server {friend.fingerprint} {HOST} {door.port}")
    words = ["-s", "-k", port] if side == "server" else ["-c", HOST, door.port]
    program = run("strace", "-ff", "-o", tmp_path / "trace", TCHAT, "-t", *words,
                  env=dict(ann.env, ASAN_OPTIONS="detect_leaks=0"))  # it cannot look while strace does
    program.err.expect("waiting on" if side == "server" else "calling")
    [speaker] = children(program.pid)
    keeper = keeper_of(speaker)
    os.kill(keeper, signal.SIGSTOP)
    eventually(lambda: status(keeper, "State")[0] in "Tt", "the stop")
    os.kill(keeper, signal.SIGCONT)
    other = tls_call(port, friend) if side == "server" else door.accept()
    other.send("hello\n")
    program.expect("hello\n")
    os.kill(speaker, signal.SIGTERM)
    other.close_input()
    program.err.expect_end()
    calls = confined_calls(tmp_path, keeper)
    assert {"recvfrom"} <= calls
    assert {"recvfrom" if name == "recv" else "sendto" if name == "send" else name for name in calls} <= \
        allowed_calls(SOURCE)


# Without it


def test_keeper_killed(waiting):
    """kill -9 while nobody is there: nobody can be agreed with any more, which is said."""
    server, keeper = waiting
    os.kill(keeper, signal.SIGKILL)
    server.notice(DIED)
    assert server.wait() == 1


def test_keeper_killed_in_the_full_screen(screen, ann, port):
    """The same there: it can still be read."""
    server = screen("-s", "-t", port, env=ann.env)
    server.wait_for("waiting on port")
    os.kill(keeper_of(server.pid), signal.SIGKILL)
    server.wait_for(DIED)
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.is_restored()


def test_keeper_killed_amid_a_conversation(tls_called):
    """The same with -k and somebody there: the conversation goes on, and is the last one."""
    server, caller = tls_called("-k")
    os.kill(keeper_of(server.pid), signal.SIGKILL)
    server.notice(DIED)
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    caller.close_input()
    server.err.expect("has left\n")
    assert server.wait() == 1


def test_keeper_killed_while_the_person_is_asked(screen, ann, stranger, port):
    """The same while the person decides: both sides have signed already."""
    server = screen("-s", "-t", port, env=ann.env, columns=120)
    server.wait_for("waiting on port")
    caller = tls_call(port, stranger)
    wait_for_question(server, "a name to know it by, or no")
    os.kill(keeper_of(server.pid), signal.SIGKILL)
    server.wait_for(DIED)
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on")
    caller.send("question\n")
    server.wait_for("question$")


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: status(pid, "State")[0] in "Tt", "the stop")


def call_in_vain(server, port):
    """Calls, and asks for a signature that does not come."""
    with pytest.raises(OSError):
        tls_call(port)
    said = server.err.expect(f": {SILENT}\n").decode()
    assert "cannot agree on encryption with " in said


@needs_linux
def test_keeper_stopped(waiting, friend, ann, port):
    """Who calls then is hung up on at once; and once it goes on, the next one is let in."""
    server, keeper = waiting
    ann.knows(f"caller {friend.fingerprint} friend")
    stop(keeper)
    for _ in range(2):
        call_in_vain(server, port)
    os.kill(keeper, signal.SIGCONT)
    caller = tls_call(port, friend)
    server.notice("encrypted: the caller is friend")
    caller.send("hello\n")
    server.expect("hello\n")


@needs_linux
def test_keeper_killed_while_asked(waiting, port):
    """The handshake fails, and what has happened is said."""
    server, keeper = waiting
    stop(keeper)
    call_in_vain(server, port)
    os.kill(keeper, signal.SIGKILL)
    server.notice(DIED)
    assert server.wait() == 1


@needs_linux
def test_keeper_stopped_when_the_program_ends(waiting):
    """A keeper that hears nothing does not hold the end up."""
    server, keeper = waiting
    stop(keeper)
    server.kill(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    assert process_state(keeper) is None


def test_killed_speaker_leaves_no_keeper(waiting):
    """kill -9 of the speaker: within a second the keeper is gone, too."""
    server, keeper = waiting
    server.settle()
    server.kill(signal.SIGKILL)
    begin = time.monotonic()
    eventually(lambda: process_state(keeper) is None, "the end of the keeper")
    assert time.monotonic() - begin < 1 * SLOWNESS


def test_signals_of_the_terminal(waiting, friend, ann, port):
    """What Ctrl-C, Ctrl-\\ and Ctrl-Z send to all processes is not the keeper's to obey."""
    server, keeper = waiting
    for signo in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        os.kill(keeper, signo)
    server.settle()
    assert status(keeper, "State")[0] == "S"
    assert tls_call(port).seen == ann.fingerprint


def test_keeper_goes_when_it_is_not_needed(tls_called):
    """Once the only conversation is agreed on, nothing more is signed, and the key is in no memory."""
    server, caller = tls_called()
    caller.send("hello\n")
    server.expect("hello\n")
    eventually(lambda: not keepers(server.pid), "the end of the keeper")
    assert b"died" not in server.err.data
