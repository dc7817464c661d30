"""A group (-g): several callers at once, who hear each other."""

import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from fullscreen import SANITIZED, memory, not_under_sanitizers
from peers import (HASTY, HOST, SLOWNESS, TCHAT, Incoming, call, children, eventually, found_in_memory, listeners,
                   looks_into_listener, together)
from room import QUESTION, READERS, Reader, enter, expect_lines, give_name, lines_of
from test_log import entries
from test_plain import HOSTILE
from tls import OBEDIENT

FULL = b"The room is full. Please call again later.\n"
UNKNOWN = "\u0378"  # a character that no C library knows, as there is none


# What everybody gets


def test_whoever_comes_is_asked_for_a_name(room):
    """In words, with who is there, and hears the others at once; the name is said back, and goes to nobody."""
    host = room("-n", "Carl")
    ann = call(host.port)
    assert ann.expect(QUESTION) == b"* Welcome. Here: Carl.\n"
    host.say("good morning")
    assert ann.expect("<Carl> good morning\n") == b""
    ann.send("ann\n")
    assert ann.expect("\n") == b"* You are ~ann: 2 are here."
    host.server.notice("~ann has joined: 2 are here")
    bob = call(host.port)
    assert bob.expect(QUESTION) == b"* Welcome. Here: Carl and ~ann.\n"
    ann.send("who is it?\n")
    assert bob.expect("<~ann> who is it?\n") == b""
    bob.send("bob\nme\n")
    assert bob.expect("\n") == b"* You are ~bob: 3 are here."
    assert ann.expect("<~bob> me\n") == b"* ~bob has joined: 3 are here\n"
    host.server.expect("<~bob> me\n")
    assert host.server.out.data == b"<~ann> who is it?\n<~bob> me\n"


def test_what_one_says_reaches_all_others(room):
    """Under the name of who has said it; nothing comes back to that one."""
    host = room()
    ann, bob, cleo = host.join("ann", "bob", "cleo")
    ann.send("hello\n")
    for end in bob, cleo, host.server:
        end.expect("<~ann> hello\n")
    host.say("hello, ann")
    for end in ann, bob, cleo:
        end.expect("<host> hello, ann\n")
    cleo.send("I am here, too\n")
    for end in ann, bob, host.server:
        end.expect("<~cleo> I am here, too\n")
    assert lines_of(ann.incoming) == [b"<host> hello, ann", b"<~cleo> I am here, too"]
    assert lines_of(cleo.incoming) == [b"<~ann> hello", b"<host> hello, ann"]
    assert lines_of(host.server.out) == [b"<~ann> hello", b"<~cleo> I am here, too"]


def test_all_hear_the_same_order(room):
    """However many talk at once, each has all lines of all others, in the order that is everybody's."""
    host, names, count = room(), ["ann", "bob", "cleo", "dora"], 400
    [silent, *speakers] = host.join("silent", *names)

    def speak(send):
        for number in range(count):
            send(f"{number}\n" if number % 50 else f"{number} {'x' * 30_000}\n")

    together(*(lambda end=end: speak(end.send) for end in speakers), lambda: speak(host.server.send))
    order = expect_lines(silent.incoming, (len(names) + 1) * count)
    assert len(order) == (len(names) + 1) * count
    for name in ["~ann", "~bob", "~cleo", "~dora", "host"]:
        said = [int(line.split()[1]) for line in order if line.startswith(f"<{name}> ".encode())]
        assert said == list(range(count))
    for name, incoming in [("host", host.server.out), *((f"~{n}", end.incoming) for n, end in zip(names, speakers))]:
        others = [line for line in order if not line.startswith(f"<{name}> ".encode())]
        assert expect_lines(incoming, len(others)) == others


def test_lines_are_whole(room):
    """A line that comes in pieces goes on once it is complete, with the name once, whatever others say meanwhile."""
    host = room()
    ann, bob = host.join("ann", "bob")
    ann.send("one, ")
    host.server.settle()
    bob.send("nobody waits for ann\n")
    host.server.expect("<~bob> nobody waits for ann\n")
    two = "two, Grüße\r\n\n".encode()
    ann.send(two[:8])  # amid the ü
    host.server.settle()
    assert host.server.out.data == b"<~bob> nobody waits for ann\n"
    ann.send(two[8:])
    assert bob.expect("<~ann> one, two, Grüße\n<~ann> \n") == b""


@pytest.mark.parametrize("sent, shown", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_made_visible_for_all(room, sent, shown):
    """Nobody can do something to the terminals of the others."""
    host = room()
    ann, bob = host.join("ann", "bob")
    ann.send(sent)
    ann.send("\n")
    for incoming in bob.incoming, host.server.out:
        [line] = expect_lines(incoming, 1)
        assert line.decode() == f"<~ann> {shown}"


def test_what_the_host_types_is_made_safe(room):
    """Whatever program is at the host's input."""
    host = room()
    [ann] = host.join("ann")
    host.server.send("\x1b[2J\u202e\r\n")
    ann.expect("<host> ^[[2J<U+202E>\n")


def test_characters_that_only_others_know(room, start):
    """What the host's own C library does not know passes as it is; who has it shown sees its number."""
    host = room()
    ann, bob = host.join("ann", "bob")
    client = start("-c", "-p", HOST, host.port)
    enter(client, "cleo")
    ann.send(f"{UNKNOWN}\n")
    bob.expect(f"<~ann> {UNKNOWN}\n")
    host.server.expect("<~ann> <U+0378>\n")
    client.expect("<~ann> <U+0378>\n")
    host.say(UNKNOWN)
    bob.expect(f"<host> {UNKNOWN}\n")


def test_comings_and_goings(room):
    """Who comes and goes is said in one line, with how many are there; to all but that one."""
    host = room()
    [ann] = host.join("ann")
    [bob] = host.join("bob")
    host.server.notice("~ann has joined: 2 are here")
    host.server.notice("~bob has joined: 3 are here")
    ann.expect("* ~bob has joined: 3 are here\n")
    bob.close_input()
    host.server.notice("~bob has left: 2 are here")
    ann.expect("* ~bob has left: 2 are here\n")
    assert b"has joined" not in bob.expect_end()
    ann.close_input()
    host.server.notice("~ann has left: 1 is here")


def test_who_gives_no_name_is_told_of_all_the_same(room):
    """Whoever listens for some seconds is said to be there, as a guest; and when there is a name, that."""
    host = room(program=[HASTY])
    [ann] = host.join("ann")
    guest = host.visit()
    ann.expect("* ~guest 2 has joined: 3 are here\n")
    give_name(guest, "bob")
    ann.expect("* ~guest 2 is ~bob now\n")
    guest.send("hello\n")
    ann.expect("<~bob> hello\n")


def told_of(incoming, done):
    """Of how many it was told that they have "joined", or "left", one by one or in sums."""
    told = bytes(incoming.data).decode()
    return (len(re.findall(rf"~[\w ]+ has {done}: ", told)) +
            sum(map(int, re.findall(rf"(?<!guest )\b(\d+) ha(?:s|ve) {done}\b", told))))


def test_crowd_is_summed_up(room):
    """Forty who come and go do not fill everybody's screen; the sums are right, and nobody is told of oneself."""
    host, began = room("--members", 41), time.monotonic()
    [ann] = host.join("ann")
    crowd = host.join(*(f"caller no{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(40)))
    for end in crowd:
        end.close_input()
    for incoming in ann.incoming, host.server.err:
        eventually(lambda: told_of(incoming, "left") == 40, "the sum of those who left")
        told = bytes(incoming.data).decode()
        assert told_of(incoming, "joined") - told.count("~ann has joined") == 40
        assert len(re.findall("joined|left", told)) <= 10 + 2 * (time.monotonic() - began)
        assert told.endswith("2 are here\n")


def test_one_who_comes_and_goes(room):
    """Nor does one who does that all the time, though the room is empty each time: that is told in the end."""
    host, began, visits = room(), time.monotonic(), 60
    for n in range(visits):
        [caller] = host.join(f"name {'abcdef'[n // 10]}{'abcdefghij'[n % 10]}")
        caller.close_input()
        caller.expect_end()
    emptied = f": 1 is here\ntchat: waiting on port {host.port}\n".encode()
    eventually(lambda: told_of(host.server.err, "left") == visits and host.server.err.data.endswith(emptied),
               "that the room is empty")
    assert told_of(host.server.err, "joined") == visits
    assert len(host.server.err.data.splitlines()) <= 12 + time.monotonic() - began


# How many


def test_room_is_full(room):
    """The next one is told so, as the host is; once somebody has left, there is room again."""
    host = room("--members", 2)
    ann, bob = host.join("ann", "bob")
    assert call(host.port).expect_end() == FULL
    host.server.notice(f"{HOST} called while the room was full")
    ann.close_input()
    ann.expect_end()
    [cleo] = host.join("cleo")
    cleo.send("still here?\n")
    bob.expect("<~cleo> still here?\n")


@pytest.mark.parametrize("patient", [False, True], ids=["once", "-w"])
def test_client_finds_the_room_full(room, start, patient):
    """tchat as the next caller says so; a patient one calls again until there is room."""
    host = room("--members", 1)
    [ann] = host.join("ann")
    client = start("-c", "-p", *(["-w", int(60 * SLOWNESS)] if patient else []), HOST, host.port)
    client.notice(f"{HOST} is busy, and has heard nothing")
    host.server.notice(f"{HOST} called while the room was full")
    if not patient:
        client.expect(FULL)
        assert client.wait() == 1
        return
    ann.close_input()
    enter(client, "bob")
    host.say("welcome")
    client.expect("<host> welcome\n")


def test_32_by_default(room):
    """So many find room if nothing else is said."""
    host = room()
    members = host.join(*(f"name {'abcdefgh'[n // 8]}{'abcdefgh'[n % 8]}" for n in range(32)))
    assert call(host.port).expect_end() == FULL
    members[0].send("full house\n")
    for end in members[1:]:
        end.expect("full house\n")


def test_few_descriptors(room):
    """The host takes as many descriptors as it may have, and not just those that it was given."""
    host = room(program=["prlimit", "--nofile=64:1024", TCHAT])
    members = host.join(*(f"name {'abcdefgh'[n // 8]}{'abcdefgh'[n % 8]}" for n in range(32)))
    members[0].send("hello\n")
    members[-1].expect("> hello\n")


def descriptors(pid):
    """How many a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def come_and_go(host):
    """A hundred do, ten at a time; some of them without giving a name, some without a word."""
    letters = "abcdefghij"  # names are not given twice: that somebody has left is seen a little later
    for turn in letters:
        ends = [host.visit() for _ in letters]
        for number, end in enumerate(ends):
            if number % 3 == 0:
                give_name(end, f"name {turn}{letters[number]}")
            end.reset() if number % 2 else end.close_input()


def test_nothing_is_left_of_those_who_have_left(room):
    """After hundreds have come and gone there is no descriptor, no process and no memory more."""
    host = room()
    [ann] = host.join("ann")
    host.server.settle()
    before = descriptors(host.server.pid), len(children(host.server.pid))

    def all_have_left():
        return (descriptors(host.server.pid), len(children(host.server.pid))) == before

    come_and_go(host)
    eventually(all_have_left, "as few as before")
    taken = memory(host.server.pid)
    for _ in range(2):
        come_and_go(host)
        eventually(all_have_left, "as few as before")
    if not SANITIZED:  # which keep what is freed for a while
        eventually(lambda: memory(host.server.pid) <= taken + 32 * 1024, "no more memory")
    ann.send("alone again\n")
    host.server.expect("<~ann> alone again\n")


# The host


def test_end_of_the_input_ends_nothing(room):
    """The room goes on, both ways, until a signal ends it."""
    host = room()
    ann, bob = host.join("ann", "bob")
    host.server.send("good night")
    host.server.close_input()
    ann.expect("<host> good night\n")
    ann.send("good night, host\n")
    bob.expect("<~ann> good night, host\n")
    host.server.expect("<~ann> good night, host\n")
    [cleo] = host.join("cleo")
    cleo.send("hello\n")
    ann.expect("<~cleo> hello\n")


def test_nobody_at_the_keyboard(room):
    """As on a small server: nothing to read, and the room is there."""
    host = room(stdin=subprocess.DEVNULL)
    ann, bob = host.join("ann", "bob")
    ann.send("hello\n")
    bob.expect("<~ann> hello\n")
    host.server.expect("<~ann> hello\n")


@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends"])
def test_line_typed_with_nobody_there_waits(room, ends):
    """Whoever comes first gets it."""
    host = room()
    host.say("is somebody there?")
    if ends:
        host.server.close_input()
    host.server.settle()
    ann = host.visit()
    ann.expect("<host> is somebody there?\n")


def test_log_has_the_names(room, tmp_path):
    """Who said what, who came and went and from where, and what was said here."""
    log = tmp_path / "log"
    host = room("-l", log)
    ann, bob = host.join("ann", "bob")
    ann.send("hello\n")
    host.server.expect("<~ann> hello\n")
    host.say("welcome")
    ann.expect("<host> welcome\n")
    bob.close_input()
    ann.expect("* ~bob has left: 2 are here\n")
    assert entries(log) == [
        ("*", f"waiting on port {host.port}"),
        ("*", f"~ann has joined: 2 are here ({HOST} port {ann.port})"),
        ("*", f"~bob has joined: 3 are here ({HOST} port {bob.port})"),
        ("<", "<~ann> hello"), (">", "welcome"),
        ("*", f"~bob has left: 2 are here ({HOST} port {bob.port})")]


def test_output_that_nobody_reads(room):
    """The host's own reader holds up nobody for long; what it has missed is counted."""
    reading, writing = os.pipe()
    host = room(stdout=writing)
    os.close(writing)
    ann, bob = host.join("ann", "bob")
    count = 3000
    ann.send(f"{'x' * 999}\n" * count)
    assert len(expect_lines(bob.incoming, count)) == count
    bob.send("all there\n")
    ann.expect("<~bob> all there\n")
    output = Incoming(lambda size: os.read(reading, size))
    missed = int(host.server.err.expect(" lines were not shown: standard output took nothing\n").split()[-1])
    host.say("thank you")
    ann.expect("<host> thank you\n")
    bob.send("you are welcome\n")
    output.expect("<~bob> you are welcome\n")
    assert missed > 0
    assert missed + len(lines_of(output)) == count + 2
    os.close(reading)


@pytest.mark.parametrize("kind", READERS)
def test_standard_error_that_nobody_reads(room, kind):
    """Whoever holds it up holds up nobody in the room; what was to be told is, later."""
    reader = Reader(kind)
    host = room(errors=reader.writing, program=[*OBEDIENT, TCHAT])
    ann, bob = host.join("ann", "bob")
    reader.hold_up()
    [cleo] = host.join("cleo")
    cleo.send("hello\n")
    bob.expect("<~cleo> hello\n")
    ann.send("hello, cleo\n")
    host.server.expect("<~ann> hello, cleo\n")
    reader.let_flow().expect("tchat: ~cleo has joined: 4 are here")


@pytest.mark.parametrize("kind", READERS)
def test_signal_while_nobody_reads_standard_error(room, kind):
    """It ends the room all the same."""
    reader = Reader(kind)
    host = room(errors=reader.writing, program=[*OBEDIENT, TCHAT])
    [ann] = host.join("ann")
    reader.hold_up()
    [bob] = host.join("bob")
    host.server.kill(signal.SIGTERM)
    bob.expect("* the room is closed\n")
    ann.close_input()
    bob.close_input()
    assert host.server.wait() == -signal.SIGTERM


def test_notices_that_are_too_many(room, tmp_path):
    """While nobody reads standard error some wait, and the others are counted, which is told then; the log has all."""
    reader, log = Reader("pipe"), tmp_path / "log"
    host = room("--members", 41, "-l", log, program=[HASTY], errors=reader.writing)
    [ann] = host.join("ann")
    reader.hold_up()
    for batch in range(1, 5):
        guests = [host.visit() for _ in range(40)]
        eventually(lambda: told_of(ann.incoming, "joined") == 40 * batch, "that they are told of as guests")
        for n, guest in enumerate(guests):
            give_name(guest, f"{'長' * 9}{'abcdefgh'[n // 8]}{'abcdefgh'[n % 8]}")  # which is told of each
            guest.close_input()
        eventually(lambda: told_of(ann.incoming, "left") == 40 * batch, "that they have left")
    errors = reader.let_flow()
    missed = int(errors.expect(" notices were not shown: standard error took nothing\n").split()[-1])

    def noted():
        return sum(mark == "*" for mark, text in entries(log))

    assert 0 < missed < noted()
    eventually(lambda: bytes(errors.data).count(b"tchat: ") + missed == noted(), "that the log has all")


def test_terminal_of_another_user(room):
    """The host may not open its terminal, as after su(1): that holds up nobody either, and all is shown later."""
    reader, count = Reader("terminal of another"), 1000
    host = room(stdout=reader.writing, program=[*OBEDIENT, TCHAT])
    ann, bob = host.join("ann", "bob")
    ann.send(f"\t{'x' * 98}\n" * count)  # more than it takes
    assert len(expect_lines(bob.incoming, count)) == count
    bob.send("all there\n")
    ann.expect("<~bob> all there\n")
    shown = reader.let_flow().expect("<~bob> all there")
    assert shown.count(b"x" * 98) == count


# Other programs


PROGRAMS = {
    "nc": lambda port: ["nc", HOST, port],
    "ncat": lambda port: ["ncat", HOST, port],
    "socat": lambda port: ["socat", "-", f"TCP:{HOST}:{port}"],
    "telnet": lambda port: ["telnet", HOST, port],
    "client": lambda port: [TCHAT, "-c", "-p", HOST, port],
}


def test_all_kinds_of_programs(room, run, screen):
    """In one room each hears what each says."""
    host = room()
    ends = {name: enter(run(*command(host.port)), name) for name, command in PROGRAMS.items() if shutil.which(
        str(command(host.port)[0]))}
    client = screen("-c", HOST, host.port, columns=120)
    client.wait_for(re.escape(QUESTION.strip()))
    client.say("fay")
    client.wait_for("You are ~fay")
    for name, end in ends.items():
        end.send(f"this is {name}\n")
        for other in ends.values():
            if other is not end:
                other.expect(f"<~{name}> this is {name}\n")
        host.server.expect(f"<~{name}> this is {name}\n")
        client.wait_for(f"<~{name}> this is {name}$")
    client.say("hello, all of you")
    for end in *ends.values(), host.server:
        end.expect("<~fay> hello, all of you\n")
    host.say("welcome")
    for end in ends.values():
        end.expect("<host> welcome\n")
    client.wait_for("<host> welcome$")


# What a member's process knows


@looks_into_listener
@not_under_sanitizers
def test_listener_has_nothing_of_the_others(room):
    """Whoever takes over the process that listens to one finds nothing there of what others have said."""
    host, said = room(), rb"line \d{5} of ann"
    ann, bob = host.join("ann", "bob")
    lines = "".join(f"line {number:05} of ann\n" for number in range(5000))
    ann.send(lines)
    expect_lines(bob.incoming, 5000)
    host.join("cleo")
    [of_ann, of_bob, of_cleo] = listeners(host.server.pid)
    assert found_in_memory(of_ann, said)
    assert found_in_memory(of_bob, said) == set()
    assert found_in_memory(of_cleo, said) == set()
