"""The process that waits for calls, or calls: what it is called, what it holds, and what it sees."""

import os
import re
import resource
import signal

import pytest

from peers import HOST, TCHAT, call, callers, children, eventually, keepers, looks_into_listener, needs_linux, title
from test_confined import SANITIZED, status
from test_keep import BUSY
from test_processes import descriptors
from test_same_machine import ME, call as call_at


@pytest.fixture
def traced(run, environment, port, tmp_path):
    """A waiting server whose processes are traced: its speaker and its caller, by their process ids."""
    def traced(*arguments, place=None, env=environment):
        env = dict(env, ASAN_OPTIONS="detect_leaks=0")  # it cannot look while strace does
        server = run("strace", "-ff", "-s", "999", "-o", tmp_path / "trace", TCHAT, "-s", *arguments,
                     *(["-U", place] if place else [port]), env=env)
        server.notice(f"waiting on {place or f'port {port}'}")
        [speaker] = children(server.pid)
        return server, speaker, callers(speaker)[0]

    return traced


@pytest.fixture(params=["waiting", "calling"])
def caller(request, start, port, silent_port):
    """One that waits or calls, by its process id, and what it is doing."""
    program = start("-s", port) if request.param == "waiting" else start("-c", HOST, silent_port)
    doing = f"waiting on port {port}" if request.param == "waiting" else f"calling {HOST} port {silent_port}"
    program.notice(doing)
    return children(program.pid)[0], doing


def test_title(caller):
    """ps shows what is being done."""
    pid, doing = caller
    eventually(lambda: title(pid) == f"tchat: {doing}", "the title")


@looks_into_listener
@needs_linux
def test_caller_holds_what_it_needs(serve, tmp_path):
    """It has sockets, but neither the keyboard nor the output nor the log, nor standard error."""
    server = serve("-k", "-l", tmp_path / "log")
    [caller] = children(server.pid)
    held = descriptors(caller)
    assert held.pop(0) == held.pop(1) == held.pop(2) == "/dev/null"
    assert {target.split(":")[0] for target in held.values()} == {"socket"}


@looks_into_listener
@needs_linux
@pytest.mark.skipif(SANITIZED, reason="the leak checker is a debugger")
def test_caller_leaves_no_core(caller):
    """No core file could tell what it knows, and no program run by it could get more rights."""
    pid, _ = caller
    assert status(pid, "NoNewPrivs") == "1"
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)


@looks_into_listener
def test_caller_has_no_key(traced, ann, tmp_path):
    """It is made before the key is read, and of all processes only the keeper reads it."""
    _, speaker, caller = traced("-t", env=ann.env)
    [keeper] = keepers(speaker)
    texts = {pid: (tmp_path / f"trace.{pid}").read_text() for pid in (speaker, caller, keeper)}
    assert texts[speaker].index(f" = {caller}\n") < texts[speaker].index(f" = {keeper}\n")
    assert [pid for pid, text in texts.items() if "key.pem" in text] == [keeper]


@looks_into_listener
@needs_linux
@pytest.mark.parametrize("local", [False, True], ids=["TCP", "path"])
def test_caller_sees_nothing_of_what_is_sent(traced, port, tmp_path, local):
    """Neither of whom it lets in, nor of whom it turns away: the kernel drops that, and the line stays in order."""
    path = tmp_path / "here"
    server, _, caller = traced("-k", place=path) if local else traced("-k")
    here = (lambda: call_at(path)) if local else (lambda: call(port))
    who, drops = (ME, r"splice\(.* = 7$") if local else (HOST, r", MSG_TRUNC\|MSG_DONTWAIT.* = 7$")
    first = here()
    first.send("secret\n")
    server.expect("secret\n")
    server.notice(f"{who} has called")
    other = here()
    other.send("secret\n")
    server.notice(f"{who} called while the line was busy")
    trace = tmp_path / f"trace.{caller}"
    eventually(lambda: re.search(drops, trace.read_text(), re.M), "what is dropped")
    assert other.expect_end() == BUSY
    other.close_input()
    assert "secret" not in trace.read_text()


def test_caller_killed(start, port, silent_port):
    """kill -9 of who waits or calls: nobody will be there any more, which is said."""
    server, client = start("-s", port), start("-c", HOST, silent_port)
    for program, doing, said in (server, f"waiting on port {port}", "waits for calls"), \
            (client, f"calling {HOST} port {silent_port}", "calls"):
        program.notice(doing)
        os.kill(children(program.pid)[0], signal.SIGKILL)
        program.notice(f"the process that {said} died: Killed")
        assert program.wait() == 1


def test_caller_killed_amid_a_conversation(called):
    """The same with -k and somebody there: the conversation goes on, and is the last one."""
    server, caller = called("-k")
    [waiting] = [child for child in children(server.pid) if title(child).startswith("tchat: waiting on ")]
    os.kill(waiting, signal.SIGKILL)
    server.notice("the process that waits for calls died: Killed")
    caller.send("question\n")
    server.expect("question\n")
    server.send("answer\n")
    caller.expect("answer\n")
    caller.close_input()
    server.notice(f"{HOST} has left")
    assert server.wait() == 1
