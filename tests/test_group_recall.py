"""The last lines of a group, for those who come later (--recall)."""

import re
import time

import pytest

from peers import HASTY, HOST, eventually
from room import QUESTION, enter, expect_lines
from test_group_names import LINE_MAX
from test_group_tls import others, tls_room  # noqa: F401, fixtures
from tls import needs_tls, tls_call

MINUTE = 3  # seconds, by the clock of HASTY
ELSEWHERE = "127.0.0.2"


def told(count):
    """What whoever comes is told."""
    return f"* The last {count} lines said here are given to those who come later.\n"


def given(incoming):
    """What somebody was given before the question for the name, without the welcome."""
    before = bytes(incoming.data).decode().partition(QUESTION)[0]
    return before.partition("\n")[2]


def lines_given(end):
    """The lines among that, without the time before each."""
    return re.findall(r"^\d\d:\d\d (.*)\n", given(end.incoming), re.MULTILINE)


def say_all(host, end, *lines):
    """Somebody says lines, which are heard."""
    for line in lines:
        end.send(f"{line}\n")
        host.server.expect(f"{line}\n")


def test_last_lines(room):
    """What members and host have said last, in order, with the time before each, and nothing of the room's own; before
    the question, and once."""
    host, began = room("--recall", 3), time.time()
    ann, cleo = host.join("ann", "cleo")
    say_all(host, ann, "one", "two")
    say_all(host, cleo, "three")
    cleo.close_input()
    ann.expect("* ~cleo has left: 2 are here\n")
    host.say("four")
    ann.expect("<host> four\n")
    bob = host.visit()
    times = {time.strftime("%H:%M", time.localtime(when)) for when in (began, time.time())}
    lines = "<~ann> two\n", "<~cleo> three\n", "<host> four\n"
    dated = re.sub(r"^\d\d:\d\d(?= <)", lambda match: "TIME" if match[0] in times else match[0], given(bob.incoming),
                   flags=re.MULTILINE)
    assert dated == "".join(f"TIME {line}" for line in lines) + told(3)
    ann.send("five\n")
    assert bob.expect("<~ann> five\n") == b""
    assert re.findall(rb"\d\d:\d\d <", ann.incoming.data + cleo.incoming.data + host.server.out.data) == []


def test_everybody_is_told(room):
    """Also those who have come before there was anything to give."""
    host = room("--recall", 1)
    assert given(host.visit().incoming) == "* The last 1 line said here is given to those who come later.\n"


@pytest.mark.parametrize("arguments", [[], ["--recall", 0]], ids=["not asked for", "0"])
def test_nothing_by_default(room, arguments):
    """Nobody is given anything, or told so."""
    host = room(*arguments)
    [ann] = host.join("ann")
    say_all(host, ann, "one")
    assert given(host.visit().incoming) == ""


def test_once_for_one_address(room):
    """Who calls again at once gets none, under whatever name; another address does."""
    host = room("--recall", 5)
    [ann] = host.join("ann")
    say_all(host, ann, "one")
    bob = host.visit()
    assert lines_given(bob) == ["<~ann> one"]
    bob.close_input()
    say_all(host, ann, "two")
    assert given(host.visit().incoming) == told(5)
    assert lines_given(host.visit(own=ELSEWHERE)) == ["<~ann> one", "<~ann> two"]


def test_once_a_minute(room):
    """After that it gets them again, and not before."""
    host = room("--recall", 5, program=[HASTY])
    [ann] = host.join("ann")
    say_all(host, ann, "one")
    began = time.monotonic()
    assert lines_given(host.visit()) == ["<~ann> one"]

    def gets_them_again():
        end = host.visit()
        end.close_input()
        end.expect_end()
        return lines_given(end)

    assert eventually(gets_them_again, "the lines") == ["<~ann> one"]
    assert time.monotonic() - began >= MINUTE


@needs_tls
def test_once_for_one_key(tls_room, others):
    """With -t it is the key that counts, from wherever it calls, and not the address."""
    host = tls_room("--recall", 5)
    welcome = "* Welcome, {}. Here: Ann{}.\n"
    bob = tls_call(host.port, others["Bob"])
    bob.expect(told(5))
    say_all(host, bob, "one")
    bob.close_input()
    host.server.notice("Bob has left: 1 is here")
    for own, lines in (HOST, r"\d\d:\d\d <Bob> one\n"), (ELSEWHERE, ""):
        again = tls_call(host.port, others["Bob"], own=own)
        heard = again.expect(told(5)).decode()
        assert re.fullmatch(re.escape(welcome.format("Bob", "")) + lines, heard)
        again.close_input()
        host.server.err.expect(" has left: 1 is here\n")  # or a sum, of one
    cleo = tls_call(host.port, others["Cleo"], own=ELSEWHERE)
    assert b" <Bob> one\n" in cleo.expect(told(5))


def test_64_kib_at_most(room):
    """The oldest are left out, so that the others are whole."""
    host, size, count = room("--recall", 1000), 1000, 300
    [ann] = host.join("ann")
    ann.send("".join(f"{number} {'x' * size}\n" for number in range(count)))
    expect_lines(host.server.out, count)
    bob = host.visit()
    lines, amount = lines_given(bob), len(given(bob.incoming)) - len(told(1000))
    assert 1 << 16 >= amount > (1 << 16) - 2 * size
    assert lines == [f"<~ann> {number} {'x' * size}" for number in range(count - len(lines), count)]
    assert amount == sum(len(f"12:00 {line}\n") for line in lines)


@pytest.mark.parametrize("length", [65_000, LINE_MAX - len("12:00 <~mallory> ") - 1, LINE_MAX - len("<~mallory> "),
                                    3 * LINE_MAX])
def test_nobody_speaks_under_another_name(room, start, length):
    """No line that was long enough before the time stood before it is cut by who gets it now."""
    host, last = room("--recall", 10), "<~ann> yes, do"
    [mallory] = host.join("mallory")
    mallory.send(f"{'x' * (length - len(last))}{last}\n")
    eventually(lambda: host.server.out.data.replace(b"\n<~mallory> ", b"").endswith(f"x{last}\n".encode()), "the line")
    client = start("-c", "-p", HOST, host.port)
    enter(client, "cleo")
    lines = given(client.out).removesuffix(told(10)).splitlines()
    said = "".join(line[len("12:00 <~mallory> "):] for line in lines)
    assert said and f"{'x' * LINE_MAX}{last}".endswith(said)
    assert [line[:30] for line in lines if not re.match(r"\d\d:\d\d <~mallory> ", line)] == []
    assert max(map(len, lines)) <= LINE_MAX
