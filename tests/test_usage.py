"""The command line: what is understood, and what is said when it is not."""

import re
import socket

import pytest

from peers import HOST

WRONG = {
    "nothing": [],
    "neither": ["8080"],
    "both": ["-s", "-c", HOST, "8080"],
    "no host": ["-c"],
    "empty host": ["-c", ""],
    "many operands": ["-s", "8080", "8081"],
    "many operands of a client": ["-c", HOST, "8080", "8081"],
    "port 0": ["-s", "0"],
    "port 65536": ["-s", "65536"],
    "port 80x": ["-s", "80x"],
    "negative port": ["-s", "--", "-1"],
    "port with a sign": ["-s", "+80"],
    "port with a space": ["-s", " 80"],
    "empty port": ["-s", ""],
    "unknown service": ["-s", "no-such-service"],
    "port of a client": ["-c", HOST, "0"],
    "keeping client": ["-c", "-k", HOST],
    "first without turns": ["-s", "-f", "me"],
    "first is nobody": ["-s", "-a", "-f", "you"],
    "raw turns": ["-s", "-a", "-r"],
    "one-way turns": ["-s", "-a", "--recv-only"],
    "no way at all": ["-s", "--recv-only", "--send-only"],
    "no family at all": ["-s", "-4", "-6"],
    "waiting server": ["-s", "-w", "3"],
    "no seconds": ["-c", "-w", "0", HOST],
    "wrong seconds": ["-c", "-w", "soon", HOST],
    "no name for the peer": ["-s", "--peer", ""],
    "one name for both": ["-s", "-n", "Ann", "--peer", "ann"],
    "group of a client": ["-c", "-g", HOST],
    "group that takes turns": ["-s", "-g", "-a"],
    "raw group": ["-s", "-g", "-r"],
    "one-way group": ["-s", "-g", "--recv-only"],
    "group of one": ["-s", "-g", "--once"],
    "group of nobody": ["-s", "-g", "--members", "0"],
    "group of a guest": ["-s", "-g", "-n", "guest 3"],
    "members of nothing": ["-s", "--members", "5"],
    "recall of nothing": ["-s", "--recall", "5"],
    "server by a command": ["-s", "--via", "nc %h %p"],
    "command and path": ["-c", "-U", "--via", "nc %h %p", "path"],
    "command and family": ["-c", "-4", "--via", "nc %h %p", HOST],
    "command and address": ["-c", "-b", HOST, "--via", "nc %h %p", HOST],
    "no command": ["-c", "--via", "", HOST],
    "unknown percent": ["-c", "--via", "nc %x", HOST],
    "no word for a command": ["-c", "--via", "nc %h %p", "$(x)"],
    "command and name": ["-c", "--via", "nc %h %p", "@Ann"],
    "onion that is looked up": ["-c", "example.onion"],
    "onion to wait at": ["-s", "-b", "example.onion"],
    "onion to call from": ["-c", "-b", "example.onion", HOST],
    "announcing client": ["-c", "-A", HOST],
    "announced path": ["-s", "-A", "-U", "path"],
    "list and something": ["-L", "-s"],
    "list of a name": ["-L", "Ann"],
    "nobody nearby": ["-c", "@"],
    "port of a name": ["-c", "@Ann", "8080"],
    "unknown letter": ["-s", "-z"],
    "unknown word": ["-s", "--no-such-option"],
    "missing argument": ["-s", "-l"],
    "superfluous argument": ["-s", "--keep=yes"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_wrong_usage(start, arguments):
    """One clear line on standard error, and status 2."""
    tchat = start(*arguments)
    assert tchat.wait() == 2
    assert tchat.out.data == b""
    assert re.fullmatch(rb"tchat: [^\n]{10,}\n", tchat.err.data)


HOSTILE = "x\033[2J\a\n\u009b"


@pytest.mark.parametrize("arguments", [
    ["-s", HOSTILE], ["-s", "--" + HOSTILE], ["-s", "-l", HOSTILE + "/log"], ["-c", HOSTILE, "8080"],
    ["-s", "--peer", HOSTILE], ["-c", "--via", "%" + HOSTILE, HOST], ["-c", "--via", "nc", HOSTILE], ["-c", "@" + HOSTILE]],
    ids=["port", "option", "log", "host", "peer", "command", "host of a command", "name"])
def test_controls_in_words(start, arguments):
    """A message that quotes a word with control characters stays a line, and shows them as text."""
    tchat = start(*arguments)
    assert tchat.wait() != 0
    assert re.fullmatch(r"(tchat: .*x\^\[\[2J\^G\^J<U\+009B>.*\n)+", tchat.err.data.decode())


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(start, option):
    """All options, on standard output, in lines that fit a terminal."""
    tchat = start(option)
    assert tchat.wait() == 0
    assert tchat.err.data == b""
    text = tchat.out.data.decode()
    for word in ("-s", "-c", "-4", "-6", "--alternate", "--announce", "--bind", "--bell", "--first", "--history", "--keep",
                 "--list", "--log", "--name", "--plain", "--raw", "--unix", "--wait", "--recv-only", "--send-only", "--tls",
                 "--fingerprint", "--pin", "--anonymous", "--peer", "--group", "--members", "--recall", "--via", "--help",
                 "--version"):
        assert word in text
    assert max(len(line) for line in text.splitlines()) < 80


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(start, option):
    """The version, on standard output."""
    tchat = start(option)
    assert tchat.wait() == 0
    assert tchat.err.data == b""
    assert re.match(rb"tchat \d+\.\d+", tchat.out.data)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_nobody_gets(start, option):
    """Help that cannot be written is an error."""
    with open("/dev/full", "wb") as full:
        tchat = start(option, stdout=full)
        tchat.notice("cannot write to standard output: No space left on device")
        assert tchat.wait() == 1


def test_long_options(start, port):
    """Long forms, their values after = and in a word of their own."""
    server = start("--server", "--alternate", "--first=me", "--bind", HOST, "--keep",
                   "--plain", "--log", "/dev/null", port)
    server.notice(f"waiting on {HOST} port {port}")
    client = start("--client", "--alternate", "--first", "peer", "--wait=5", HOST, port)
    server.send("long\n")
    client.expect("long\n")


def test_service_names(start):
    """A port can be the name of a service."""
    try:
        number = socket.getservbyname("http", "tcp")
    except OSError:
        pytest.skip("this machine knows no services")
    client = start("-c", "-b", "192.0.2.1", HOST, "http")  # where it cannot call from
    client.notice(f"calling {HOST} port {number}")
    client.notice("cannot call from 192.0.2.1: Cannot assign requested address")
