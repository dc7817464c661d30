"""The four exercises, each against tchat itself and against programs that nobody here wrote."""

import pytest

from peers import DEADLINE, HOST, TCHAT

CALLERS = {
    "tchat": lambda port: [TCHAT, "-c", HOST, port],
    "nc": lambda port: ["nc", HOST, port],
    "ncat": lambda port: ["ncat", HOST, port],
    "socat": lambda port: ["socat", "-", f"TCP:{HOST}:{port}"],
    "telnet": lambda port: ["telnet", HOST, port],
}
SERVERS = {
    "tchat": lambda port: [TCHAT, "-s", port],
    "nc": lambda port: ["nc", "-l", HOST, port],
    "ncat": lambda port: ["ncat", "-l", HOST, port],
    "socat": lambda port: ["socat", "-", f"TCP-LISTEN:{port},bind={HOST},reuseaddr"],
}


@pytest.fixture(params=CALLERS)
def with_caller(request, serve, run, port):
    """tchat as a server with the given options, and each program that can call it."""
    def with_caller(*options):
        server = serve(*options)
        caller = run(*CALLERS[request.param](port))
        server.err.expect("has called\n")
        return server, caller

    return with_caller


@pytest.fixture(params=SERVERS)
def with_server(request, start, run, port):
    """tchat as a client with the given options, and each program that can be its server."""
    def with_server(*options):
        server = run(*SERVERS[request.param](port))
        client = start("-c", "-w", int(DEADLINE), *options, HOST, port)
        client.notice(f"connected to {HOST} port {port}")
        return client, server

    return with_server


def test_server_shows_what_it_receives(with_caller):
    """Exercise 1: every line that the caller types appears."""
    server, caller = with_caller("--recv-only")
    caller.send("first\n")
    server.expect("first\n")
    caller.send("second\nthird\n")
    server.expect("second\nthird\n")
    assert server.out.data == b"first\nsecond\nthird\n"


def test_client_sends_what_is_typed(with_server):
    """Exercise 2: every typed line appears at the server, and then the end."""
    client, server = with_server("--send-only")
    client.send("first\n")
    server.expect("first\n")
    client.send("second\nthird\n")
    client.close_input()
    server.expect("second\nthird\n")
    assert client.wait() == 0
    assert client.out.data == b""


def test_server_takes_turns(with_caller):
    """Exercise 3: the caller speaks first, then one line each."""
    server, caller = with_caller("-a")
    for turn in range(3):
        caller.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        server.send(f"answer {turn}\n")
        caller.expect(f"answer {turn}\n")


def test_client_takes_turns(with_server):
    """Exercise 3: the client speaks first, then one line each."""
    client, server = with_server("-a")
    for turn in range(3):
        client.send(f"question {turn}\n")
        server.expect(f"question {turn}\n")
        server.send(f"answer {turn}\n")
        client.expect(f"answer {turn}\n")


def test_server_speaks_at_any_time(with_caller):
    """Exercise 4: both sides say what they want when they want."""
    server, caller = with_caller()
    server.send("welcome\n")
    caller.expect("welcome\n")
    server.send("who is there?\n")
    caller.expect("who is there?\n")
    caller.send("me\n")
    server.expect("me\n")
    caller.send("and me\n")
    server.expect("and me\n")


def test_client_speaks_at_any_time(with_server):
    """Exercise 4: both sides say what they want when they want."""
    client, server = with_server()
    client.send("hello\n")
    server.expect("hello\n")
    client.send("anybody?\n")
    server.expect("anybody?\n")
    server.send("yes\n")
    client.expect("yes\n")
    server.send("here\n")
    client.expect("here\n")


def test_server_leaves_in_order(with_caller):
    """Whoever calls sees all that was said, and then the end."""
    server, caller = with_caller()
    server.send("good bye\n")
    server.close_input()
    caller.expect("good bye\n")
    caller.close_input()
    assert server.wait() == 0


def test_client_leaves_in_order(with_server):
    """The server sees all that was said, and then the end."""
    client, server = with_server()
    client.send("good bye\n")
    client.close_input()
    server.expect("good bye\n")
    server.close_input()
    assert client.wait() == 0
