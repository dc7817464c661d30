"""One number that both sides see, from both keys, and what is done with a fingerprint or the number as an answer."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from peers import HOST
from terminal import ENTER
from test_trust import LET_IN, OTHER, RIGHT_ONE, asked, asked_by_server, meeting, said  # noqa: F401 (fixtures)
from tls import F3, Identity, needs_tls, tls_call, wait_for_question

pytestmark = needs_tls

MANUAL = Path(__file__).parent.parent / "man" / "tchat.1"
GROUPS = r"(\d{5} ){5}\d{5}"
WIDE = {"columns": 150, "rows": 40}


def half(fingerprint):
    """The digits that come of a key, computed without tchat and without GnuTLS."""
    digest = base64.b64decode(fingerprint.removeprefix("SHA256:") + "=")
    h = hashlib.sha512(b"\0" + digest).digest()
    for _ in range(5200):
        h = hashlib.sha512(h + digest).digest()
    return " ".join(f"{int.from_bytes(h[at:at + 5], 'big') % 100_000:05}" for at in range(0, 30, 5))


def number(*people):
    """The two rows of the number of two keys."""
    return sorted(half(person.fingerprint) for person in people)


def shown(terminal):
    """The rows of digits on a screen, from the top."""
    return [match[0] for row in terminal.rows() if (match := re.search(GROUPS, row))]


def test_vectors_in_the_manual():
    """Those who compute the number by another program can look whether it is right."""
    vectors = re.findall(r"^(SHA256:\S{43})\n +(" + GROUPS + ")$", MANUAL.read_text(), re.M)
    assert len(vectors) == 2
    for fingerprint, digits, _ in vectors:
        assert half(fingerprint) == digits


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_both_see_the_same(ann, bob, screen, port, columns):
    """Both are shown one number, each with the question, and with F3."""
    expected = number(ann, bob)
    server = screen("-s", "-t", port, env=ann.env, columns=columns)
    server.wait_for("waiting on port")
    client = screen("-c", "-t", HOST, port, env=bob.env, columns=columns)
    for terminal in server, client:
        terminal.wait_for(lambda: "yes or no?" in terminal.bar)
        assert shown(terminal) == expected
        assert "phone the other person: both of you must see this number" in " ".join(
            row.lstrip("? ") for row in terminal.pane)
    client.say("yes")
    server.say("yes Bob")
    for terminal in server, client:
        terminal.wait_for("from now on$|on$")
        terminal.wait_for(lambda: not shown(terminal))
        terminal.press(F3)
        terminal.wait_for("the same there:|there:$")
        assert shown(terminal) == expected


def test_both_see_the_same_in_plain_mode(ann, bob, screen, port, tmp_path):
    """So it is in plain mode, and in the log."""
    expected = number(ann, bob)
    server = screen("-s", "-t", "-p", "-l", tmp_path / "log", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    client = screen("-c", "-t", "-a", HOST, port, env=bob.env, **WIDE)
    for terminal, question in (server, LET_IN), (client, RIGHT_ONE):
        wait_for_question(terminal, question)
        assert shown(terminal) == expected
    assert [match[0] for match in re.finditer(GROUPS, (tmp_path / "log").read_text())] == expected


def test_no_number_where_a_key_is_not_shown(asked):
    """A server that does not ask for the caller's key cannot compute it."""
    client, callee, door = asked()
    assert shown(client) == []
    assert client.shows("phone the other person: that must be the fingerprint there$")
    client.press(F3)
    client.wait_for("TLS 1.3")
    assert shown(client) == []


def test_no_number_of_an_anonymous_caller(ann, screen, port):
    """Nor does a key that is not there give one."""
    server = screen("-s", "-t", "--anonymous", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    tls_call(port)
    server.wait_for("has shown no key$")
    server.press(F3)
    server.wait_for("unknown: it has shown no key")
    assert shown(server) == []


FRONTS = pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])


@FRONTS
def test_number_is_no_answer(asked_by_server, ann, stranger, front):
    """The number stands on the screen, and tells nothing when it is copied from there."""
    server, caller = asked_by_server(*front)
    digits = " ".join(number(ann, stranger))
    assert shown(server) == number(ann, stranger)
    server.say(digits)
    server.wait_for(re.escape(f'"{digits}" is no answer') + "$")
    server.say("yes " + digits[:35])
    server.wait_for("a name that has ten digits or more will not do: answer yes and another name, or no$")
    server.say("yes " + digits)
    server.wait_for("a name that has ten digits or more will not do: answer yes and another name, or no$")
    assert ann.known() == []


@FRONTS
@pytest.mark.parametrize("form", ["{}", "  {} ", "yes {}"])
def test_fingerprint_of_a_server_is_compared(asked, bob, stranger, front, form):
    """The right fingerprint, from the other person, is as good as yes."""
    client, callee, door = asked(*front)
    client.say(form.format(stranger.fingerprint))
    client.wait_for(f"encrypted: the key of {door.peer} is known from now on$")
    assert bob.keys() == [f"server {stranger.fingerprint} {HOST} {door.port}"]


@FRONTS
@pytest.mark.parametrize("form", ["{}", "yes {}"])
def test_fingerprint_of_a_caller_is_compared(asked_by_server, ann, stranger, front, form):
    """A caller then goes by its own name."""
    server, caller = asked_by_server(*front)
    server.say(form.format(stranger.fingerprint))
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    assert ann.known() == [f"caller {stranger.fingerprint} stranger"]


def test_fingerprint_of_a_caller_without_a_name(meeting, ann, tmp_path):
    """Who has none still needs one."""
    caller = Identity(tmp_path)
    caller.rename("*")
    server, line = meeting(caller)
    wait_for_question(server, "let it in[?] answer yes and a name to know it by, or no")
    server.say(caller.fingerprint)
    server.wait_for(lambda: server.input == ">")
    assert ann.known() == []
    server.say("yes Ben")
    server.wait_for("encrypted: the caller is known as Ben from now on$")


@FRONTS
@pytest.mark.parametrize("form", ["{}", "yes {}"])
def test_wrong_fingerprint(asked_by_server, ann, stranger, front, form):
    """Another fingerprint than that of the key is an alarm, and nobody is let in."""
    server, caller = asked_by_server("-k", *front)
    server.say(form.format(OTHER))
    server.wait_for("THAT IS NOT THE FINGERPRINT OF THIS KEY: somebody may be in between$")
    server.wait_for(re.escape(f"answered: {OTHER}") + "$")
    server.wait_for(re.escape(f"received: {stranger.fingerprint}") + "$")
    server.wait_for("the key was not accepted$")
    assert caller.alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert ann.known() == []


@FRONTS
def test_own_fingerprint(asked_by_server, ann, front):
    """Who has pasted one's own fingerprint is told so, and asked again."""
    server, caller = asked_by_server(*front)
    server.say(ann.fingerprint)
    server.wait_for("that is the fingerprint of your own key$")
    assert ann.known() == []
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")


@pytest.mark.parametrize("name", ["12345 67890", "tel. 01234-567890", "\u0661" * 10, "\u2460" * 10,
                                  "sha256:" + "A" * 43], ids=ascii)
def test_claim_that_could_pass_for_proof(meeting, ann, tmp_path, name):
    """A name that could be taken for the number, or for a fingerprint, is not shown."""
    caller = Identity(tmp_path)
    caller.rename(name)
    server, line = meeting(caller)
    wait_for_question(server, "let it in[?] answer yes and a name to know it by, or no")
    assert said(server, f"not known yet: {re.escape(caller.fingerprint)}, it has no name") == 1
    assert name not in "\n".join(server.rows())


def test_advice_is_left_out_first(ann, bob, screen, port):
    """Where there are few rows for the question, its fingerprint and its number are whole."""
    server = screen("-s", "-t", port, env=ann.env, columns=80, rows=8)
    server.wait_for("waiting on port")
    client = screen("-c", "-t", HOST, port, env=bob.env, columns=80, rows=7)
    client.wait_for(lambda: "yes or no?" in client.bar)
    assert shown(client) == number(ann, bob)
    assert ann.fingerprint in "".join(row.strip() for row in client.rows())
    assert client.shows(RIGHT_ONE + "$") and not client.shows("phone the other person")
    client.resize(5, 80)
    client.wait_for(lambda: "question hidden, no room" in client.bar)
    client.press("yes" + ENTER)
    client.wait_for(lambda: client.input == "> yes")
    assert bob.known() == []
