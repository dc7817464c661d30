"""The terminal is out of reach: nothing that a peer sends gets there as anything but printed characters.

What a terminal got is taken apart as it would do that itself (sequences.py).
"""

import os
import random
import re
import socket
import subprocess
import unicodedata
from pathlib import Path

import pytest
from wcwidth import wcwidth

from attacks import ATTACKS, MARKS_MAX, shown
from fullscreen import BACK, F2, not_under_sanitizers, peak_memory, processor_time
from peers import HOST, TCHAT, Door, call, eventually, is_listening, listeners
from sequences import controls, tokens
from terminal import ENTER, ctrl
from test_screen import pasted, theirs

SCRIPT = b"".join(f"{name}:\n<".encode() + attack + b">\n" for name, attack in ATTACKS.items())
LOGGED = r"^\S{25} < "  # what stands before a line of the peer in the log,
PAGED = rf"^\S+ \S+ {HOST} < "  # in the pager,
PAGER = "echo '[pager]'; cat; echo '[end]'"
DRAWN = rf"^\d\d:\d\d +{HOST} +"  # and in the pane

# What ncurses sends to draw on xterm: where the cursor goes, what is erased, inserted or scrolled there,
# and the attributes and colours of the screen's parts.
DRAWING = re.compile(r"""[\t\n\r\x08] | \x1b\(B | \x1bM
    | \x1b\[ (?: \d{0,3} [ABCDGILMPSTXZ@bd] | (?:\d{1,3};\d{1,3})? H | \d{1,2};\d{1,2} r | [01]? K | J
               | (?: (?:0|1|7|39|49) (?:;(?:1|7))* | 38;5;(?:29|63|163|243) )? m | \?25 [hl] | \?7l )""", re.VERBOSE)
# A glyph about whose width terminals may disagree, put in its place: blanks, it, and the cursor behind it, each whole.
PLACED = re.compile(rb"\x1b7 {1,5}\x1b8\x1b7([^\x00-\x1f\x7f]+)\x1b8\x1b\[C")
# What is sent besides when the terminal is taken and given back, and the title.
FRAME = re.compile(r"""\x1b\[ (?: 2J | 4l | 39;49m | \?7h | \?1?[lh] | \?12;25h | \?12l | \?1049 [hl]
                                | \?2004 [hl] | \?1004 [hl] | \?1007 [hlrs] | 22;0;0t | 23;0;0t | 2[23];2t )
    | \x1b\]2;[^\x00-\x1f]*\x07 | \x1b\]104\x07 | \x1b[=>]""", re.VERBOSE)
# What is cut where it has been read to: a sequence, or a character.
CUT = re.compile(rb"""\x1b (?: \[ [0-?]* [ -/]* | \] [^\x07]* | [ -/]* )? \Z
    | (?: [\xc0-\xff] | [\xe0-\xff][\x80-\xbf] | [\xf0-\xff][\x80-\xbf]{2} ) \Z""", re.VERBOSE)
# What terminals answer to, in full: as if the answer had been typed.
QUESTION = re.compile(r"""\x05 | \x1bZ | \x1b\[ [0-?]* (?: [cnxu] | \$[pw] | \*y | >0?q | (?:1[1-9]|2[01]) t )
    | \x1bP.* | \x1b\][^?]*\?.*""", re.VERBOSE | re.DOTALL)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def said(text, before=""):
    """The lines of text from the peer, by what stands before them."""
    lines = text.decode(errors="surrogateescape").replace("\r\n", "\n").split("\n")
    return [re.sub(before, "", line) for line in lines if re.search(before, line)]


def must_be_harmless(text, before=""):
    """Each attack is seen as what it is, and there is nothing but text and ends of lines."""
    lines = said(text, before)
    for name, attack in ATTACKS.items():
        at = lines.index(f"{name}:")
        assert lines[at + 1] == f"<{shown(attack)}>", name
    assert set(controls(text)) <= {"\n"}


# Plain mode, turns, and the log


@pytest.mark.parametrize("options", [(), ("--recv-only",), ("-a",)], ids=str)
def test_attacks_in_plain_mode(called, log, options):
    """Whether output is a file or a terminal behind ssh: text, and nothing else; in the log, too."""
    server, caller = called(*options, "-l", log)
    server.close_input()
    caller.send(SCRIPT)
    caller.close_input()
    must_be_harmless(server.output())
    must_be_harmless(log.read_bytes(), LOGGED)
    assert set(controls(bytes(server.err.data))) == {"\n"}


@pytest.mark.parametrize("options", [("-p",), ("--recv-only",), ("-a",)], ids=str)
def test_attacks_in_plain_mode_on_a_terminal(screen, port, options):
    """The terminal gets text and ends of lines."""
    server = screen("-s", *options, port)
    server.wait_for(f"waiting on port {port}")
    caller = call(port)
    server.wait_for("has called")
    caller.send(SCRIPT)
    caller.close_input()
    assert server.wait() == 0
    must_be_harmless(server.shown.replace(b"\r\n", b"\n"))


def test_attacks_in_raw_mode(called, log):
    """Raw output is what was sent; the log is safe all the same."""
    server, caller = called("-r", "-l", log)
    server.close_input()
    caller.send(SCRIPT)
    caller.close_input()
    assert server.output() == SCRIPT
    must_be_harmless(log.read_bytes(), LOGGED)


def test_attacks_of_a_server(calling, log):
    """It does not matter who has called whom."""
    client, callee = calling("-l", log)
    client.close_input()
    callee.send(SCRIPT)
    callee.close_input()
    must_be_harmless(client.output())
    must_be_harmless(log.read_bytes(), LOGGED)


def test_attacks_cut_at_every_byte(called):
    """An attack that comes in two reads is no other: the first part is read when the line before it
    is seen, and then the rest is sent."""
    server, caller = called("--recv-only")
    caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, attack in ATTACKS.items():
        line = b"<" + attack + b">\n"
        for cut in range(2, len(line) - 1):
            caller.send(f"{name}, {cut}:\n".encode() + line[:cut])
            server.expect(f"{name}, {cut}:\n")
            caller.send(line[cut:])
            assert server.expect(">\n").decode() == f"<{shown(attack)}", f"{name}, cut at {cut}"
    assert set(controls(bytes(server.out.data))) == {"\n"}


# The full screen


def got(server, since=0):
    """What the terminal has got since so many bytes; what is cut there is waited for."""
    server.wait_for(lambda: not CUT.search(server.shown[-200:]))
    return server.shown[since:]


def must_draw(sent, drawn):
    """What was sent while the screen was only drawn does nothing else."""
    for token in tokens(PLACED.sub(rb"\1", drawn)):
        assert token.kind == "text" or DRAWING.fullmatch(token.text), f"{token.text!r} in {sent}: {drawn}"


def must_not_ask(server):
    """In all that the terminal ever got there is nothing unknown, and nothing to answer."""
    for token in tokens(got(server)):
        assert token.kind == "text" or DRAWING.fullmatch(token.text) or FRAME.fullmatch(token.text), token
        assert not QUESTION.fullmatch(token.text)


def on_display(text):
    """How the terminal of the tests shows text; see Display."""
    text = "".join(c for c in text if wcwidth(c) > 0 or unicodedata.combining(c))
    return unicodedata.normalize("NFC", text)


def paged(server):
    """What the pager, which is cat, shows of the conversation."""
    before = len(server.shown)
    server.press(F2)
    server.wait_for(lambda: b"[end]\r\n" in server.shown[before:])
    server.wait_for(BACK)
    server.press(ENTER)
    server.wait_for(lambda: server.display.alternate)
    return server.shown[before:].partition(b"[pager]\r\n")[2].partition(b"[end]")[0].replace(b"\r\n", b"\n")


def test_attacks_in_full_screen(screen_called, environment, log):
    """In the pane, in the pager and in the log they are text.  Nothing else happens: not to the title,
    not to the input line, and when tchat ends the terminal is as before."""
    server, caller = screen_called("-l", log, rows=50, columns=200, env=dict(environment, PAGER=PAGER))
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    names = list(ATTACKS)
    for first in range(0, len(names), 20):
        batch, before = names[first:first + 20], len(got(server))
        for name in batch:
            caller.send(f"{name}:\n<".encode() + ATTACKS[name] + b">\n")
        caller.send(f"{first}.\n")
        server.wait_for(theirs(f"{first}."))
        must_draw(batch, got(server, before))
        rows = [re.sub(DRAWN, "", row) for row in server.pane]
        for name in batch:
            assert rows[rows.index(f"{name}:") + 1] == on_display(f"<{shown(ATTACKS[name])}>"), name
    assert server.display.title == f"tchat: {HOST}" and server.input == ">"
    must_not_ask(server)

    must_be_harmless(paged(server), PAGED)
    server.wait_for(lambda: server.display.alternate and server.input == ">")
    server.press(ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    server.wait_for(server.is_restored)
    must_be_harmless(log.read_bytes(), LOGGED)


def test_attacks_byte_by_byte_in_full_screen(screen_called):
    """Each byte as a segment of its own: however slowly a sequence comes, it is none."""
    server, caller = screen_called(rows=50, columns=200)
    caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    names = random.Random(1).sample(list(ATTACKS), 40)
    before = len(got(server))
    for name in names:
        for byte in f"{name}:\n<".encode() + ATTACKS[name] + b">\n":
            caller.send(bytes([byte]))
        server.wait_for(theirs(f"<{on_display(shown(ATTACKS[name]))}>"))
    must_draw(names, got(server, before))


def test_copied_end_of_a_paste(screen_called):
    """A peer's "end of paste", copied from the pane and pasted, ends nothing: what follows is no keys."""
    server, caller = screen_called()
    caller.send("\x1b[201~evil\r.\n")
    server.wait_for(theirs("^[[201~evil^M."))
    [row] = [row for row in server.pane if "evil" in row]
    server.press(pasted(row.split()[-1]))
    server.wait_for(lambda: server.input == "> ^[[201~evil^M.")
    assert caller.incoming.data == b""
    server.press(ENTER)
    caller.expect("^[[201~evil^M.\n")


# Random bytes

PIECES = rb"""\x1b \x1b[ \x1b] \x1bP \x1b_ \x1b\\ \x9b \xc2\x9b \x9d \x07 \r \x08 \x0e \x00 \x7f ? $ > ; 0
            1 52 1049 c h n t x \n \xe2 \x80 \xae \xcc\x81 \xf0\x9f\x98\x80 \xc0""".split()
PIECES = [piece.decode("unicode_escape").encode("latin-1") for piece in PIECES]


@pytest.fixture
def noise():
    """Random bytes, and random pieces of sequences; what they come from, to see the same ones again."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    generator = random.Random(seed)
    pieces = [b"".join(generator.choices(PIECES, k=40)) if n % 2 else generator.randbytes(60)
              for n in range(1000)]
    print(f"SEED={seed}")
    return b"\n".join(pieces) + b"\nthe end\n"


@pytest.mark.parametrize("options", [(), ("-a",)], ids=str)
def test_random_bytes_in_plain_mode(called, log, noise, options):
    server, caller = called(*options, "-l", log)
    server.close_input()
    caller.send(noise)
    caller.close_input()
    for text in (server.output(), log.read_bytes()):
        assert set(controls(text)) <= {"\n", "\t"}


def test_random_bytes_in_full_screen(screen_called, environment, noise):
    server, caller = screen_called(env=dict(environment, PAGER=PAGER))
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    before = len(got(server))
    pieces = noise.split(b"\n")
    for first in range(0, len(pieces), 50):
        caller.send(b"\n".join(pieces[first:first + 50]) + b"\n" + f"{first}.\n".encode())
        server.wait_for(theirs(f"{first}."))
    must_draw("noise", got(server, before))
    assert set(controls(paged(server))) <= {"\n", "\t"}


# Too much of what is harmless

MARKS = {
    "combining marks": "\u0301", "enclosing marks": "\u20dd",
    "marks of many scripts": "\u0e31\u0ebb\u0f39\u3099", "zero-width spaces": "\u200b",
    "non-joiners": "\u200c", "joiners": "\u200d", "word joiners": "\u2060", "grapheme joiners": "\u034f",
    "variation selectors": "\ufe0f", "more variation selectors": "\U000e0100",
    "marks of direction": "\u200e\u200f\u061c", "conjoining letters": "\u1160\u11a8",
}
CELL_MAX = 3  # marks that there is room for in a cell


def heap(marks, count):
    return (marks * count)[:count]


@pytest.mark.parametrize("options", [("--recv-only",), ("-a",)], ids=str)
def test_marks_are_bounded(called, log, options):
    """As many as any language needs pass; of the others one sees the numbers."""
    server, caller = called(*options, "-l", log)
    server.close_input()
    heaps = {name: heap(marks, 1000) for name, marks in MARKS.items()}
    caller.send("".join(f"a{marks}b{marks[:MARKS_MAX]}c\n" for marks in heaps.values()))
    caller.close_input()
    for lines in (said(server.output()), said(log.read_bytes(), LOGGED)):
        for (name, marks), line in zip(heaps.items(), lines):
            numbers = "".join(f"<U+{ord(c):04X}>" for c in marks[MARKS_MAX:])
            assert line == f"a{marks[:MARKS_MAX]}{numbers}b{marks[:MARKS_MAX]}c", name


@pytest.mark.parametrize("columns", [60, 7])  # with times and labels before the text, and without
def test_marks_stay_in_their_cells(screen, port, columns):
    """A character is one cell, whatever is heaped on it, and the cells before and above it stay as
    they are."""
    server = screen("-s", port, rows=24, columns=columns)
    eventually(lambda: server.update(0.01) or is_listening(port), "the server")
    caller = call(port)
    for n, (name, marks) in enumerate(MARKS.items()):
        if any(map(wcwidth, marks)):
            continue  # the terminal of the tests does not know them
        before, many = len(got(server)), heap(marks, MARKS_MAX)
        caller.send(f"{many}\ty\n" + "x" * columns + f"\n{many}z\na{many}漢{many}c\n{n}.\n")
        server.wait_for(lambda: server.pane[-1].endswith(f"{n}."))
        for token in tokens(got(server, before)):
            widths = "".join(str(wcwidth(c)) for c in token.text)
            assert token.kind != "text" or re.fullmatch(f"([12]0{{0,{CELL_MAX}}})+", widths), (name, token)
            assert "漢\u200d" not in token.text  # terminals do not agree how wide joined characters are
        above, start, row = (unicodedata.normalize("NFD", row) for row in server.pane[-4:-1])
        assert not any(map(unicodedata.combining, above + start)), name
        assert above[-1] == "x" and start[-1] == "z", name
        drawn = on_display(f"a{heap(marks, CELL_MAX)}漢{heap(marks, CELL_MAX)}c")
        assert row.endswith(unicodedata.normalize("NFD", drawn)), name


@not_under_sanitizers
@pytest.mark.parametrize("name", ["combining marks", "zero-width spaces"])
def test_marks_without_end(screen_called, name):
    """Lines of nearly nothing but what takes no column cost neither memory nor time: a key is seen at
    once."""
    server, caller = screen_called(rows=50, columns=200)
    for base in ("", "a"):
        caller.send((base + heap(MARKS[name], MARKS_MAX)) * (1 << 15) + f"\nthe end of {base or 'it'}\n")
        server.wait_for(theirs(f"the end of {base or 'it'}"))
        before = processor_time(server.pid)
        for n in range(1, 11):
            server.press("k")
            server.wait_for(lambda: server.input == "> " + "k" * n)
        assert processor_time(server.pid) - before < 10 * 0.05
        server.press(ctrl("U"))
    for pid in (server.pid, *listeners(server.pid)):
        assert peak_memory(pid) < 6 << 20


@not_under_sanitizers
@pytest.mark.parametrize("options", [("--recv-only",), ("-a",)], ids=str)
def test_line_without_an_end(called, tmp_path, options):
    """100 MiB without the end of a line are shown as lines, in little memory."""
    shown = tmp_path / "shown"
    with shown.open("wb") as file:
        server, caller = called(*options, stdout=file)
    server.close_input()
    processes = [server.pid] if "-a" in options else [server.pid, server.listener()]
    for _ in range(100):
        caller.send(b"x" * (1 << 20))
    caller.send("\nthe end\n")
    size = (100 << 20) + (100 << 20) // (1 << 16) + len("the end\n")
    eventually(lambda: shown.stat().st_size >= size, "all that was sent")
    assert shown.stat().st_size == size
    shown.unlink()
    for pid in processes:
        assert peak_memory(pid) < 6 << 20


@not_under_sanitizers
def test_line_without_an_end_in_full_screen(screen_called):
    """The same in the pane, where a key is seen afterwards as before."""
    server, caller = screen_called()
    for _ in range(100):
        caller.send(b"x" * (1 << 20))
    caller.send("\nthe end\n")
    server.wait_for(theirs("the end"))
    server.say("still here")
    caller.expect("still here\n")
    for pid in (server.pid, *listeners(server.pid)):
        assert peak_memory(pid) < 6 << 20


# Names: of the peer, one's own, and those in messages

EVIL = "e\x1b]2;evil\x07\u009b31m\u202ev\nil"
EVIL_SHOWN = "e^[]2;evil^G<U+009B>31m<U+202E>v^Jil"


MESSAGES = {
    "host": (("-c", EVIL), f"cannot find {EVIL_SHOWN}: "),
    "scope of a host": (("-c", f"::1%{EVIL}"), f"cannot find ::1%{EVIL_SHOWN}: "),
    "address to wait on": (("-s", "-b", EVIL), f"cannot find {EVIL_SHOWN}: "),
    "address to call from": (("-c", "-b", EVIL, HOST), f"cannot call from {EVIL_SHOWN}: "),
    "path to wait at": (("-s", "-U", f"/no/such/{EVIL}"), f"cannot listen on /no/such/{EVIL_SHOWN}: No such file"),
    "path to call": (("-c", "-U", EVIL), f"cannot call {EVIL_SHOWN}: No such file"),
    "command": (("-c", "--via", f"%{EVIL}", HOST), f": '%{EVIL_SHOWN}'"),
    "host of a command": (("-c", "--via", "nc %h", EVIL), f"no host such as '{EVIL_SHOWN}'"),
    "announced name": (("-c", f"@{EVIL}"), f"'@{EVIL_SHOWN}' is no @ and a name"),
    "log": (("-s", "-l", f"/no/such/{EVIL}"), f"write to the log /no/such/{EVIL_SHOWN}: No such file"),
    "port": (("-s", EVIL), f"'{EVIL_SHOWN}' is no port"),
    "operand": (("-c", HOST, "1", EVIL), f"from '{EVIL_SHOWN}' on"),
    "first": (("-s", "-f", EVIL), f"not '{EVIL_SHOWN}'"),
    "bell": (("-s", "-B", EVIL), f"not '{EVIL_SHOWN}'"),
    "history": (("-s", "-H", EVIL), f"not '{EVIL_SHOWN}'"),
    "wait": (("-c", "-w", EVIL, HOST), f"not '{EVIL_SHOWN}'"),
    "long option": (("-s", f"--{EVIL}"), f"unknown option --{EVIL_SHOWN}"),
    "short option": (("-s", "-\x1b"), "unknown option -^["),
}


@pytest.mark.parametrize("arguments, message", MESSAGES.values(), ids=MESSAGES)
def test_messages_are_safe(start, arguments, message):
    """What somebody else may have made up, as in tchat -c "$(cat host)", does nothing in a message."""
    program = start(*arguments)
    assert program.wait() in (1, 2)
    err = bytes(program.err.data)
    assert message in err.decode()
    assert set(controls(err)) == {"\n"} and err.count(b"\n") == err.count(b"tchat: ")


def test_typed_controls_are_safe(screen_called):
    """C1 controls that one types, or pastes where the terminal does not mark what is pasted, do nothing
    to one's own terminal either."""
    server, caller = screen_called()
    server.wait_for(lambda: server.display.title == f"tchat: {HOST}")
    before = len(got(server))
    server.press("a\u009b31mb\u0090c\x1b[D")
    server.wait_for(lambda: server.input == "> a<U+009B>31mb<U+0090>c" and server.cursor == (23, 23))
    server.press(ENTER)
    caller.expect("a\u009b31mb\u0090c\n")
    server.wait_for("a<U\\+009B>31mb<U\\+0090>c$")
    must_draw("a paste", got(server, before))


def test_name_of_the_peer_is_safe(on_terminal, with_etc, environment, log):
    """A host whose name has controls, as the system's files can have it, does nothing: not in a notice,
    not in the bar, not as a label, in the title, in the pager or in the log."""
    name, name_shown = "h\x1b]2;evil\x07\u202e", "h^[]2;evil^G<U+202E>"
    door = Door()
    client = on_terminal(*with_etc(hosts=f"{HOST} {name}\n"), TCHAT, "-c", "-l", log, name, door.port,
                         columns=120, env=dict(environment, PAGER=PAGER))
    callee = door.accept()
    client.wait_for(f"connected to {re.escape(name_shown)} port {door.port}$")
    callee.send("hello\n")
    client.wait_for(rf"\d {re.escape(name_shown[:15])}\u2026 +hello$")
    client.wait_for(lambda: client.display.title == f"tchat: {name_shown}" and name_shown in client.bar)
    assert f" {name_shown} < hello\n" in paged(client).decode()
    client.wait_for(lambda: client.display.alternate and name_shown in client.bar)
    must_not_ask(client)
    assert name_shown in log.read_text() and set(controls(log.read_bytes())) == {"\n"}
    [listener] = listeners(client.pid)
    assert Path(f"/proc/{listener}/cmdline").read_text().startswith(f"tchat: listening to {name_shown} ")


@pytest.fixture
def with_interface():
    """What comes before a command that is to have a network of its own, as far as one may do that: an
    interface of that name, with the address fe80::5."""
    def with_interface(name):
        script = """ip link set lo up && ip link add name "$0" type veth && ip link set "$0" up &&
            ip address add fe80::5/64 dev "$0" nodad && exec "$@" """
        command = ["unshare", "--net", "sh", "-c", script, name]
        if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            pytest.skip("no network can be made here")
        return command

    return with_interface


def test_address_of_the_peer_is_safe(on_terminal, with_interface, run, port):
    """The address of a caller on the same cable ends in the name of an interface, which can be anything."""
    interface = "e\x1b]2;evil\x07"
    name_shown = "fe80::5%e^[]2;evil^G"
    server = on_terminal(*with_interface(interface), TCHAT, "-s", port, columns=120)
    server.wait_for(f"waiting on port {port}")
    caller = run("nsenter", "--net", "--target", server.pid, "nc", f"fe80::5%{interface}", port)
    server.wait_for(f"{re.escape(name_shown)} has called$")
    caller.send("hello\n")
    server.wait_for(rf"\d {re.escape(name_shown[:15])}\u2026 +hello$")
    server.wait_for(lambda: server.display.title == f"tchat: {name_shown}" and name_shown in server.bar)
    must_not_ask(server)
