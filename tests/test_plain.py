"""Plain mode: lines in, lines out, on standard input and output; and raw: bytes in, bytes out."""

import os
import random
import signal
import socket
import struct

import pytest

from peers import HOST, TCHAT, Door, Line, call, eventually, together, unread

# What a hostile peer may send, and what is seen of it.
HOSTILE = {
    "escape sequences": (b"\x1b[2J\x1b]0;title\x07", "^[[2J^[]0;title^G"),
    "other controls": (b"\x00\x01\x08\x0b\x0c\x0e\x1f\x7f", "^@^A^H^K^L^N^_^?"),
    "C1 controls": ("\u0080\u0085\u009b31m", "<U+0080><U+0085><U+009B>31m"),
    "lone CR": (b"visible\rhidden", "visible^Mhidden"),
    "separators": ("a\u2028b\u2029c", "a<U+2028>b<U+2029>c"),
    "bidirectional": ("\u202egnp.exe\u202c\u2066x\u2069", "<U+202E>gnp.exe<U+202C><U+2066>x<U+2069>"),
    "byte order mark": ("\ufeffx", "<U+FEFF>x"),
    "tags": ("\U000e0041\U000e007f", "<U+E0041><U+E007F>"),
    "noncharacters": ("\ufffe\U0010ffff\ufdd0", "<U+FFFE><U+10FFFF><U+FDD0>"),
    "truncated UTF-8": (b"a\x80b\xc3(\xe2\x82(\xf0\x9f\x98(", "a\ufffdb\ufffd(\ufffd(\ufffd("),
    "surrogates": (b"\xed\xa0\x80\xff", "\ufffd" * 4),
    "overlong UTF-8": (b"\xc0\xaf\xe0\x80\xaf", "\ufffd" * 5),
}


def many_lines(label):
    """20,000 lines that are all different, not of one length, and not all ASCII."""
    return "".join(f"{label} {number} {'Grüße 漢字 ' * (number % 10)}\n" for number in range(20_000))


def test_each_sees_what_the_other_writes(conversation):
    """What one types the other one reads, as it was typed."""
    server, client = conversation()
    server.send("Grüße, 漢字, 👩‍👩‍👧 and e\u0301\n")
    client.expect("Grüße, 漢字, 👩‍👩‍👧 and e\u0301\n")
    client.send("\ttab, then an empty line\n\n")
    server.expect("\ttab, then an empty line\n\n")


def test_notices_go_to_standard_error(conversation):
    """Standard output has the conversation and nothing else."""
    server, client = conversation()
    client.send("a line\n")
    client.close_input()
    server.close_input()
    assert (server.wait(), client.wait()) == (0, 0)
    server.err.expect(" has left\n")
    assert server.out.data == b"a line\n"
    assert client.out.data == b""
    for line in (server.err.data + client.err.data).splitlines():
        assert line.startswith(b"tchat: ")


def test_what_arrives_is_shown_at_once(called):
    """The beginning of a line is not held back until the rest of it comes."""
    server, caller = called()
    caller.send("half")
    server.expect("half")
    caller.send(" and half\n")
    server.expect(" and half\n")


def test_many_lines_each_way_at_once(conversation):
    """20,000 lines each way at the same time: nothing is lost, nothing changes its order."""
    server, client = conversation()
    ours, theirs = many_lines("ours"), many_lines("theirs")
    together(lambda: server.send(ours), lambda: client.send(theirs))
    server.close_input()
    client.close_input()
    assert server.output().decode() == theirs
    assert client.output().decode() == ours
    assert (server.wait(), client.wait()) == (0, 0)


def test_hearing_does_not_wait_for_speaking(serve, port):
    """Lines are shown while the other end takes none of ours."""
    server = serve()
    with socket.create_connection((HOST, port)) as deaf:
        server.err.expect("has called\n")
        server.clog(server.process.stdin.fileno())
        deaf.sendall(b"can you hear me?\n")
        server.expect("can you hear me?\n")


def test_speaking_does_not_wait_for_hearing(serve, port):
    """Lines are sent while nobody reads what is shown."""
    reading, writing = os.pipe()
    server = serve(stdout=writing)
    os.close(writing)
    with socket.create_connection((HOST, port)) as flood:
        server.err.expect("has called\n")
        server.clog(flood.fileno())
        flood.setblocking(True)
        server.send("I can still speak\n")
        Line(flood.dup()).expect("I can still speak\n")
    os.close(reading)


def test_unfinished_last_line_is_finished(called):
    """The last line of a file that lacks its line end arrives as a line."""
    server, caller = called()
    server.send("one\ntwo")
    server.close_input()
    assert caller.expect("two\n") == b"one\n"
    caller.close_input()
    assert caller.expect_end() == b"one\ntwo\n"


def test_unfinished_last_line_that_arrives_is_finished(called):
    """A peer that leaves in the middle of a line does not spoil the line after it."""
    server, caller = called()
    server.close_input()
    caller.send("one\ntwo")
    caller.close_input()
    assert server.output() == b"one\ntwo\n"


def test_nothing_is_added_to_an_empty_conversation(called):
    """A conversation without a word leaves not even an empty line."""
    server, caller = called()
    server.close_input()
    caller.close_input()
    assert caller.expect_end() == b""
    assert server.output() == b""


def test_carriage_returns_before_line_ends_vanish(called):
    """Lines as telnet sends them look like any others."""
    server, caller = called()
    caller.send(b"one\r\ntwo\r")
    server.expect("one\n")
    caller.send(b"\nthree\r\n")
    server.expect("two\nthree\n")


@pytest.mark.parametrize("sent, shown", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_made_visible(called, sent, shown):
    """What could do something to a terminal is shown instead of done."""
    server, caller = called()
    caller.send(sent)
    caller.send("\n")
    server.expect("\n")
    assert server.out.data.decode() == shown + "\n"


def test_random_bytes_are_made_harmless(called):
    """Whatever bytes a peer sends, only text, TAB and LF reach the terminal."""
    server, caller = called()
    server.close_input()
    caller.send(random.Random(1).randbytes(300_000))
    caller.close_input()
    shown = server.output().decode()
    assert all(c in "\t\n" or c.isprintable() or not c.isascii() for c in shown)
    assert not any("\x7f" <= c < "\xa0" for c in shown)


def test_much_that_is_hostile_is_all_shown(called):
    """However much has to be rewritten at once, nothing of it is lost or out of order."""
    server, caller = called()
    server.close_input()
    caller.send("".join(f"\x1b[{n}m\u202e\u0085{n}\r\n" for n in range(100_000)))
    caller.close_input()
    shown = "".join(f"^[[{n}m<U+202E><U+0085>{n}\n" for n in range(100_000))
    assert server.output().decode() == shown


def test_characters_cut_in_pieces_are_whole(called):
    """A character whose bytes come one by one is shown as itself."""
    server, caller = called()
    caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in "é漢👍\n".encode():
        caller.send(bytes([byte]))
        server.settle()
    server.expect("\n")
    assert server.out.data.decode() == "é漢👍\n"


def test_endless_line_is_cut(called):
    """A line without end is shown in pieces of at most 64 KiB."""
    server, caller = called()
    server.close_input()
    caller.send("x" * 200_000)
    caller.close_input()
    lines = server.output().split(b"\n")
    assert [len(line) for line in lines] == [65536, 65536, 65536, 200_000 - 3 * 65536, 0]


@pytest.mark.parametrize("settings", [{}, {"LANG": "C"}, {"LC_ALL": "POSIX"}], ids=str)
def test_utf8_without_a_locale(called, environment, settings):
    """Where a remote shell has no LANG, text is UTF-8 all the same."""
    env = {name: value for name, value in environment.items() if name != "LANG"} | settings
    server, caller = called(env=env)
    caller.send("Grüße 漢字 \x1b\n")
    server.expect("Grüße 漢字 ^[\n")


def test_raw_bytes_pass_unchanged(conversation):
    """Binary data is the same at the other end, in both directions at once."""
    server, client = conversation(server=["-r"], client=["--raw"])
    generator = random.Random(2)
    ours, theirs = generator.randbytes(3_000_000), generator.randbytes(2_000_001)
    together(lambda: server.send(ours), lambda: client.send(theirs))
    server.close_input()
    client.close_input()
    assert server.output() == theirs
    assert client.output() == ours
    assert (server.wait(), client.wait()) == (0, 0)


def test_raw_bytes_are_appended(serve, port, tmp_path):
    """A file that standard output appends to keeps what it has."""
    target, sent = tmp_path / "file", random.Random(3).randbytes(3_000_000)
    target.write_bytes(b"before")
    with target.open("ab") as file:
        server = serve("-r", stdout=file)
    caller = call(port)
    caller.send(sent)
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    assert target.read_bytes() == b"before" + sent


def test_raw_bytes_from_a_file_into_a_file(run, serve, port, tmp_path):
    """A file is sent from where standard input has been read to, and arrives as it is."""
    sent = random.Random(4).randbytes(3_000_001)
    (tmp_path / "source").write_bytes(b"read before" + sent)
    with (tmp_path / "target").open("wb") as target, (tmp_path / "source").open("rb") as source:
        server = serve("-r", "--recv-only", stdout=target)
        os.read(source.fileno(), len(b"read before"))
        client = run(TCHAT, "-c", "-r", HOST, port, stdin=source)
        assert (server.wait(), client.wait()) == (0, 0)
        assert os.lseek(source.fileno(), 0, os.SEEK_CUR) == len(b"read before" + sent)
    assert (tmp_path / "target").read_bytes() == sent


def test_raw_file_and_a_peer_that_speaks_too(run, port, tmp_path):
    """Both directions at once, one from a file; the peer reads late."""
    ours, theirs = random.Random(5).randbytes(9_000_000), random.Random(6).randbytes(1_000_000)
    (tmp_path / "source").write_bytes(ours)
    with (tmp_path / "source").open("rb") as source:
        server = run(TCHAT, "-s", "-r", port, stdin=source)
    server.notice(f"waiting on port {port}")
    with socket.create_connection((HOST, port)) as late:
        late.sendall(theirs)
        late.shutdown(socket.SHUT_WR)
        server.out.expect_amount(len(theirs))
        assert late.makefile("rb").read() == ours
    assert server.output() == theirs
    assert server.wait() == 0


def test_raw_file_that_does_not_arrive(run, port, tmp_path):
    """Of a file the bytes that the peer's machine has not got are counted, when the connection breaks and
    when the person has waited long enough."""
    length = 9_000_000  # more than fits into the sockets
    (tmp_path / "source").write_bytes(bytes(length))
    for end in "reset", "signal":
        with (tmp_path / "source").open("rb") as source:
            server = run(TCHAT, "-s", "-r", port, stdin=source)
        server.notice(f"waiting on port {port}")
        with socket.create_connection((HOST, port)) as deaf:
            eventually(lambda: server.settle() or unread(deaf) > 0, "some of the file")
            arrived = unread(deaf)
            if end == "signal":
                server.kill(signal.SIGTERM)
                server.wait()
            else:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        said = server.err.expect(" bytes were not delivered\n").rpartition(b"tchat: ")[2]
        assert server.wait() == (-signal.SIGTERM if end == "signal" else 1)
        # Of what the program has read: it goes on reading no further than the socket takes.
        assert 0 < int(said) <= length - arrived


def test_recv_only_sends_nothing(called):
    """What is typed stays here, and the end of the input does not end the conversation."""
    server, caller = called("--recv-only")
    server.send("never sent\n")
    server.close_input()
    caller.send("a line\n")
    server.expect("a line\n")
    caller.close_input()
    assert caller.expect_end() == b""
    assert server.wait() == 0


def test_send_only_shows_nothing(called):
    """What the peer says is not shown, and does not stop it from hearing everything."""
    server, caller = called("--send-only")
    caller.send("x" * 1_000_000)
    server.send("a line\n")
    server.close_input()
    caller.expect("a line\n")
    caller.close_input()
    assert caller.expect_end() == b"a line\n"
    assert server.output() == b""


@pytest.mark.parametrize("options", [[], ["-r"]], ids=str)
def test_full_disk_is_an_error(called, options):
    """Lines that cannot be written end the conversation with the reason."""
    with open("/dev/full", "wb") as full:
        server, caller = called(*options, stdout=full)
        caller.send("a line\n")
        server.notice("cannot write what arrives: No space left on device")
        assert server.wait() == 1


@pytest.mark.parametrize("options", [[], ["-r"]], ids=str)
def test_reader_that_went_away_is_an_error(called, options):
    """As in `tchat | head`: the conversation ends with the reason."""
    reading, writing = os.pipe()
    server, caller = called(*options, stdout=writing)
    os.close(writing)
    os.close(reading)
    caller.send("a line\n")
    server.notice("cannot write what arrives: Broken pipe")
    assert server.wait() == 1


@pytest.mark.parametrize("redirection", ["</dev/null", "<&-"])
def test_no_standard_input_is_an_empty_one(run, port, redirection):
    """Started without an input, tchat has nothing to say and still listens."""
    server = run("sh", "-c", f'exec "$@" {redirection}', "sh", TCHAT, "-s", port)
    server.notice(f"waiting on port {port}")
    caller = call(port)
    assert caller.expect_end() == b""
    caller.send("a line\n")
    server.expect("a line\n")
    caller.close_input()
    assert server.wait() == 0


def test_no_standard_error_loses_only_the_notices(run):
    """Started without a standard error, tchat tells nobody what was meant for it."""
    door = Door()
    client = run("sh", "-c", 'exec "$@" 2>&-', "sh", TCHAT, "-c", HOST, door.port)
    callee = door.accept()
    client.send("a line\n")
    client.close_input()
    assert callee.expect_end() == b"a line\n"
    callee.close_input()
    assert client.wait() == 0


@pytest.mark.parametrize("options", [[], ["-r"]], ids=str)
def test_output_that_somebody_made_non_blocking(serve, port, options):
    """Standard output is shared, and another program can have made it non-blocking: nothing is lost."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    server = serve(*options, stdout=writing)
    os.close(writing)
    caller = call(port)
    caller.send("a line of text\n" * 50_000)
    caller.close_input()
    server.settle()
    server.close_input()
    with open(reading, "rb") as output:
        assert output.read() == b"a line of text\n" * 50_000
    assert server.wait() == 0
