"""Whom one talks to: trust on first use, known keys, keys that have changed, pinned keys, no keys."""

import contextlib
import fcntl
import os
import re
import signal
import socket
import termios

import pytest

from fullscreen import BACK, CTRL_PAGE_UP, F1, F2
from peers import DEADLINE, HOST, TCHAT, call, eventually, free_port, together
from terminal import ENTER, PAGE_UP, UP, ctrl
from test_screen import lines, own, theirs
from tls import (F3, OBEDIENT, Identity, TlsDoor, TlsLine, client_context, needs_tls, server_context, tls_call,
                 wait_for_question)

pytestmark = needs_tls

OTHER = "SHA256:" + "B" * 42 + "A"  # the fingerprint of a key that nobody has
WIDE = {"columns": 150, "rows": 40}
LET_IN = "let it in[?] answer yes, or yes and a name to know it by, or no"
RIGHT_ONE = "is it the right one[?] answer yes or no"


def unknown_caller(caller):
    return f"the caller's key is not known yet: {caller.fingerprint}, it calls itself \"{caller.name}\""


def unknown_server(door, server):
    return f"the key of {door.peer} is not known yet: {server.fingerprint}, it calls itself \"{server.name}\""


def said(terminal, text):
    """How many rows of the pane end with a text, given as a regular expression."""
    return sum(bool(re.search(text + "$", row)) for row in terminal.pane)


@pytest.fixture
def asked(bob, stranger, screen):
    """tchat as Bob's client on a terminal, which asks about the key of a stranger; its door too."""
    def asked(*options, **more):
        door = TlsDoor(stranger)
        assert bob.fingerprint
        client = screen("-c", "-t", *options, HOST, door.port, env=bob.env, **WIDE, **more)
        callee = door.accept()
        client.wait_for(re.escape(unknown_server(door, stranger)) + "$")
        wait_for_question(client, RIGHT_ONE)
        return client, callee, door

    return asked


@pytest.fixture
def asked_by_server(ann, stranger, screen, port):
    """tchat as Ann's server on a terminal, which asks about the key of a stranger."""
    def asked_by_server(*options, caller=stranger, **more):
        assert ann.fingerprint
        server = screen("-s", "-t", *options, port, env=ann.env, **{**WIDE, **more})
        server.wait_for("waiting on port")
        line = tls_call(port, caller)
        server.wait_for(re.escape(unknown_caller(caller)) + "$")
        wait_for_question(server, LET_IN)
        return server, line

    return asked_by_server


FRONTS = pytest.mark.parametrize("front", [[], ["-p"], ["-a"]], ids=["full screen", "plain", "turns"])


# A server whose key is new


@FRONTS
def test_new_server_is_accepted(asked, bob, stranger, front):
    """Who calls for the first time is asked; the answer yes is remembered."""
    client, callee, door = asked(*front)
    assert bob.known() == []
    client.say("yes")
    client.wait_for(f"encrypted: the key of {door.peer} is known from now on$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    assert bob.keys() == [f"server {stranger.fingerprint} {HOST} {door.port}"]
    callee.send("hello Bob\n")
    client.wait_for("hello Bob$")
    assert said(client, "encrypted: .*") == 1


@FRONTS
def test_new_server_is_not_accepted(asked, bob, front):
    """After the answer no there is no conversation, and nothing is remembered."""
    client, callee, door = asked(*front)
    client.say("no")
    client.wait_for("the key was not accepted$")
    if not front:
        client.press(ctrl("D"))
    assert client.wait() == 1
    assert bob.known() == []
    assert callee.alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert callee.incoming.data == b""


def test_accepted_server_is_known_next_time(asked, bob, stranger, start):
    """What was accepted once is not asked again."""
    client, callee, door = asked("-p")
    client.say("yes")
    client.wait_for("is known from now on$")
    again = start("-c", "-t", HOST, door.port, env=bob.env)
    callee = door.accept()
    again.notice(f"encrypted: the key of {door.peer} is known")
    again.send("me again\n")
    callee.expect("me again\n")
    assert len(bob.keys()) == 1


@FRONTS
def test_answer_that_is_none(asked, bob, front):
    """Only yes and no are answers; anything else is told to be none, and repeats the question."""
    client, callee, door = asked(*front)
    answers = {answer: f'"{answer}" is no answer' for answer in ("yes, of course", "perhaps", "nope", "yes\\")}
    answers |= {"\u202eyes": '"<U+202E>yes" is no answer', "x" * 300: "that is no answer: it is too long"}
    for count, (answer, told) in enumerate(answers.items(), 2):
        client.say(answer)
        client.wait_for(re.escape(told) + "$")
        client.wait_for(lambda: said(client, RIGHT_ONE) == (count if front else 1))
        if not front:
            client.wait_for(lambda: client.input == ">")
    if front:
        client.say("")
        client.wait_for(lambda: said(client, "is no answer.*") == len(answers))
    assert bob.known() == []
    client.say("yes")
    client.wait_for("is known from now on$")
    client.say("hello")
    assert callee.expect("hello\n") == b""


@FRONTS
def test_long_line_is_one_answer(asked_by_server, ann, front):
    """However long a line is, it is one answer: its end is none."""
    server, caller = asked_by_server(*front)
    server.press("n" * 1024 + "yes")
    server.wait_for("nyes$")
    server.press(ENTER)
    server.wait_for("that is no answer: it is too long$")
    assert ann.known() == []
    server.say("yes Ben")
    server.wait_for("encrypted: the caller is known as Ben from now on$")


def test_lines_in_one_paste_are_no_answer(asked_by_server, ann):
    """In the full screen several lines that are pasted at once are no answer, whichever is among them."""
    server, caller = asked_by_server()
    for lines in "hello\nyes\n", "yes\nhello\n", "no\nyes":
        server.press(f"\x1b[200~{lines}\x1b[201~")
        server.wait_for("\u23ce")
        server.press(ENTER)
        server.wait_for(lambda: server.input == ">")
    assert ann.known() == []
    assert not server.shows("the key was not accepted")


@pytest.mark.parametrize("front", [["-p"], ["-a"]], ids=["plain", "turns"])
def test_beginning_of_a_line_is_no_answer(asked_by_server, ann, front):
    """Only what Enter ends is a line: what Ctrl-D hands on is the beginning of one."""
    server, caller = asked_by_server(*front)
    server.press("yes" + ctrl("D"))
    server.say("terday")
    server.wait_for('"yesterday" is no answer$')
    assert ann.known() == []
    server.press("yes" + ctrl("D") + ctrl("D"))
    server.wait_for("the key was not accepted$")
    assert server.wait() == 1
    assert ann.known() == []


def test_answer_with_a_nul(asked_by_server, ann):
    """A character that ends strings does not end an answer."""
    server, caller = asked_by_server("-p")
    server.say("yes\0terday")
    server.wait_for("that is no answer: it has a NUL in it$")
    assert ann.known() == []


@pytest.mark.parametrize("answer", ["YES", " Yes", "yEs "])
def test_answer_in_any_spelling(asked, bob, answer):
    """Neither the case of an answer nor blanks around it matter."""
    client, callee, door = asked()
    client.say(answer)
    client.wait_for("is known from now on$")
    assert len(bob.keys()) == 1


@pytest.mark.parametrize("answer", ["NO", "No", " no"])
def test_no_in_any_spelling(asked, bob, answer):
    """That goes for no as well."""
    client, callee, door = asked()
    client.say(answer)
    client.wait_for("the key was not accepted$")
    assert bob.known() == []


def test_draft_is_not_an_answer(ann, stranger, screen, port):
    """What was being typed when somebody called is no answer, and is not lost."""
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    server.press("half a thought")
    server.wait_for(lambda: server.input == "> half a thought")
    caller = tls_call(port, stranger)
    wait_for_question(server, LET_IN)
    assert server.input == "> half a thought"
    server.press(ENTER)
    server.wait_for("that was begun before the question, is it the answer[?] then once more$")
    assert server.input == "> half a thought"
    server.press(ENTER)
    server.wait_for(lambda: said(server, '"half a thought" is no answer') == 1 and server.input == ">")
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    server.press(UP + UP)
    server.wait_for(lambda: server.input == "> half a thought")
    server.press(ENTER)
    assert caller.expect("half a thought\n") == b""


def test_draft_that_begins_with_yes(ann, stranger, screen, port):
    """Nobody is let in with a line that was begun for somebody else, whatever it says."""
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    server.press("yes of course")
    server.wait_for(lambda: server.input == "> yes of course")
    tls_call(port, stranger)
    wait_for_question(server, LET_IN)
    server.press(ENTER)
    server.wait_for("that was begun before the question")
    server.wait_for(lambda: server.input == "> yes of course" and "yes or no?" in server.bar)
    assert ann.known() == []


@pytest.fixture
def paging(ann, screen, port, tmp_path, environment):
    """tchat as Ann's server on a terminal, its log, and how to end the pager that F2 starts."""
    gate, log = tmp_path / "gate", tmp_path / "log"
    os.mkfifo(gate)
    env = dict(ann.env, PAGER=f"echo '[pager]'; read go <{gate}")
    server = screen("-s", "-t", "-l", log, port, env=env, **WIDE)
    server.wait_for("waiting on port")
    return server, log, lambda: gate.write_text("go\n")


@pytest.mark.parametrize("asked", ["before", "behind"])
@pytest.mark.parametrize("typed", ["before", "behind"])
def test_typed_for_the_pager(paging, ann, stranger, port, asked, typed):
    """What was typed before the pager had the terminal, or while it had, is no answer to a question, whether
    that had been asked already or is asked behind it; nor is it lost."""
    server, log, end_pager = paging
    if asked == "before":
        tls_call(port, stranger)
        wait_for_question(server, LET_IN)
    server.press(F2 + ("yes" + ENTER if typed == "before" else ""))
    server.wait_for(r"^\[pager\]$")
    if asked == "behind":
        tls_call(port, stranger)
        eventually(lambda: re.search(LET_IN, log.read_text()), "the question")
    if typed == "behind":
        server.say("yes")
        server.wait_for("^yes$")
    end_pager()
    server.wait_for(BACK)
    server.press("x")
    wait_for_question(server, LET_IN)
    server.wait_for(lambda: server.input == "> yes")
    assert ann.known() == []
    server.press(ENTER)
    server.wait_for("that was begun before the question, is it the answer[?] then once more$")
    assert ann.known() == []
    server.press(ENTER)
    server.wait_for("encrypted: the caller is known as stranger from now on$")


@pytest.fixture
def agreeing(ann, stranger, screen, port, tmp_path):
    """tchat as Ann's server on a terminal, its log, and how a stranger who has called goes on until it is
    asked about."""
    log = tmp_path / "log"
    server = screen("-s", "-t", "-l", log, port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    connected = socket.create_connection((HOST, port), DEADLINE)
    server.wait_for("has called$")

    def ask():
        caller = TlsLine(connected, client_context(stranger))
        eventually(lambda: re.search(LET_IN, log.read_text()), "the question")
        return caller

    return server, log, ask


@pytest.mark.parametrize("begun, rest", [("", "yes"), ("yes", "")])
def test_paste_that_began_before_the_question(agreeing, ann, begun, rest):
    """What a paste that had begun before ends with is no answer."""
    server, _, ask = agreeing
    server.press("\x1b[200~" + begun)
    ask()
    server.wait_for(LET_IN + "$")
    server.press(rest + "\x1b[201~" + ENTER)
    wait_for_question(server, LET_IN)
    server.wait_for(lambda: server.input == "> yes")
    assert ann.known() == []


def test_typed_before_the_question_is_seen(agreeing, ann):
    """Nothing is an answer as long as the terminal stands still and the question is not on it."""
    server, log, ask = agreeing
    with server.device() as terminal:
        termios.tcflow(terminal, termios.TCOOFF)
        ask()
        for count in range(1, 21):  # many, as nobody sees when tchat has tried to draw
            server.press(ctrl("U") + "yes" + ENTER)
            eventually(lambda: log.read_text().count(" * that was typed before the question") == count,
                       "the answer to the keys")
        termios.tcflow(terminal, termios.TCOON)
    wait_for_question(server, LET_IN)
    server.wait_for(lambda: server.input == "> yes")
    assert ann.known() == []


@pytest.mark.parametrize("key, scrolled", [
    (PAGE_UP, lambda server: not server.shows("has left$")),
    (F1, lambda server: server.shows("Any key closes this"))], ids=["PgUp", "F1"])
def test_question_comes_into_view(meeting, friend, ann, stranger, port, key, scrolled):
    """The question is seen, also where the conversation was scrolled back or the help was shown."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server, first = meeting(friend, "-k")
    first.send(lines(200))
    server.wait_for(theirs("line 199", "friend"))
    first.close_input()
    server.wait_for(lambda: "waiting on port" in server.bar)
    server.press(key)
    server.wait_for(lambda: scrolled(server))
    tls_call(port, stranger)
    wait_for_question(server, LET_IN)
    assert not scrolled(server)


# The question stays in view


@pytest.fixture
def crowded(meeting, friend, ann, stranger, port):
    """Ann's server on a small terminal, whose history is full, and which asks about a stranger; what is in view then,
    from the top."""
    def crowded(**more):
        ann.knows(f"caller {friend.fingerprint} friend")
        server, first = meeting(friend, "-k", **more)
        first.send(lines(200))
        server.wait_for(theirs("line 199", "friend"))
        first.close_input()
        server.wait_for(lambda: "waiting on port" in server.bar)
        line = tls_call(port, stranger)
        server.wait_for(lambda: "yes or no?" in server.bar)
        return server, line

    return crowded


def is_in_view(terminal, identity):
    """Whether the question about somebody is in view as a whole, at the bottom of the pane."""
    starts = [at for at, row in enumerate(terminal.pane) if row.startswith("? the caller's key")]
    shown = "".join(row[2:] for row in terminal.pane[starts[-1]:]).replace(" ", "") if starts else ""
    prompt = re.sub(r"\[(.)\]", r"\1", LET_IN)
    return shown.startswith(unknown_caller(identity).replace(" ", "")) and shown.endswith(prompt.replace(" ", ""))


@pytest.mark.parametrize("key", [PAGE_UP, CTRL_PAGE_UP, F1, F3], ids=["PgUp", "Ctrl-PgUp", "F1", "F3"])
def test_question_stays_in_view(crowded, stranger, key):
    """Whatever is looked at meanwhile, the question is in view as long as it can be answered."""
    server, line = crowded(columns=80, rows=16)
    assert is_in_view(server, stranger)
    before = server.rows()
    server.press(key)
    server.wait_for(lambda: server.rows()[0] != before[0] or "closes this" in "".join(server.rows()) or
                    "TLS 1.3" in "".join(server.rows()))
    assert is_in_view(server, stranger) and "yes or no?" in server.bar
    if key in (F1, F3):
        server.press(key)  # closes what it has shown, which takes a key
    server.say("yes")
    server.wait_for(lambda: "encrypted, new key" in server.bar)
    assert not is_in_view(server, stranger)


def test_others_call_while_one_is_asked(crowded, stranger, port):
    """Who calls meanwhile is noted, above the question."""
    server, line = crowded(columns=80, rows=10)
    for _ in range(2):
        call(port).incoming.expect_end()
    server.wait_for("called while the line was busy$")
    assert is_in_view(server, stranger) and "yes or no?" in server.bar


def test_question_after_it_was_answered(asked_by_server, stranger):
    """Whom it was about stands before what became of it, once, and the rest of the question is gone."""
    server, caller = asked_by_server()
    assert said(server, re.escape(unknown_caller(stranger))) == 1
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    rows = server.pane
    about, = [at for at, row in enumerate(rows) if row.endswith(unknown_caller(stranger))]
    assert rows[about + 1].endswith("encrypted: the caller is known as stranger from now on")
    assert said(server, LET_IN) == 0


@pytest.mark.parametrize("rows, columns", [(24, 40), (14, 60), (10, 80)])
def test_question_in_a_small_window(crowded, stranger, rows, columns):
    """It is wrapped where it has to be, and nothing of it is cut off; it is seen where it begins, and what is asked."""
    server, line = crowded(columns=columns, rows=rows)
    assert is_in_view(server, stranger)
    assert [row[:14] for row in server.pane if row.startswith("?")] == ["? the caller's", "? let it in? a"]
    server.say("yes")
    server.wait_for("from now on$")


@pytest.mark.parametrize("rows, columns, said", [(4, 80, "question hidden, no room"), (5, 20, "· no room")])
def test_window_too_small_for_the_question(crowded, ann, stranger, rows, columns, said):
    """Where it cannot be shown as a whole it cannot be answered, which is said, and what was typed stays."""
    server, line = crowded(columns=80, rows=16)
    server.resize(rows, columns)
    server.wait_for(lambda: said in server.bar)
    server.say("yes")
    server.wait_for(r"in(put)? (the input )?line\b")
    server.wait_for(lambda: server.input == "> yes")
    server.resize(16, 80)
    server.wait_for(lambda: "yes or no?" in server.bar and is_in_view(server, stranger))
    assert len(ann.known()) == 1 and server.input == "> yes"
    server.press(ENTER)
    server.wait_for("that was begun before the question")
    server.press(ENTER)
    server.wait_for(lambda: "encrypted, new key" in server.bar)
    assert len(ann.known()) == 2


@pytest.mark.parametrize("front", [["-p"], ["-a"]], ids=["plain", "turns"])
def test_others_wait_for_the_answer(asked_by_server, port, tmp_path, front):
    """In plain mode what others do meanwhile would push the question away: it is told afterwards, but logged at
    once."""
    server, caller = asked_by_server("-k", "-l", tmp_path / "log", *front)
    rows = [row for row in server.rows() if row]
    call(port).incoming.expect_end()
    busy = "called while the line was busy"
    eventually(lambda: busy in (tmp_path / "log").read_text(), "the notice in the log")
    server.say("perhaps")
    server.wait_for('"perhaps" is no answer$')
    assert not server.shows(busy)
    assert [row for row in server.rows() if row][:len(rows)] == rows
    server.say("yes")
    server.wait_for(busy + "$")
    assert said(server, busy) == 1


def test_others_wait_until_one_leaves(asked_by_server, port, tmp_path):
    """What has waited is told, too, where the question ends without an answer."""
    server, caller = asked_by_server("-k", "-p", "-l", tmp_path / "log")
    call(port).incoming.expect_end()
    eventually(lambda: "called while the line was busy" in (tmp_path / "log").read_text(), "the notice in the log")
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
    assert said(server, "called while the line was busy") == 1
    assert said(server, "^tchat: the key was not accepted") == 1


def test_typed_before_the_question(ann, stranger, on_terminal, port):
    """In plain mode, too, what was typed before the question is no answer to it, which is said."""
    server = on_terminal(TCHAT, "-s", "-t", "-p", "--once", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    server.say("yes I am still here")
    server.wait_for("^yes I am still here$")
    tls_call(port, stranger)
    server.wait_for("not an answer, as it was typed before the question: yes I am still here$")
    wait_for_question(server, LET_IN)
    assert ann.known() == []
    server.say("no")
    server.wait_for("the key was not accepted$")
    assert server.wait() == 1


def test_half_typed_before_the_question(ann, stranger, on_terminal, port):
    """A line that was begun before the question is told of like others, and the answer begins after it."""
    server = on_terminal(TCHAT, "-s", "-t", "-p", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    settings = server.read_settings()
    server.press("yes half\x7f\x7f\x7f\x7fa thought")
    server.wait_for("^yes a thought$")
    tls_call(port, stranger)
    server.wait_for("not an answer, as it was typed before the question: yes a thought$")
    server.wait_for(LET_IN + "$")
    assert server.read_settings() == settings
    server.say("")
    server.wait_for(lambda: said(server, LET_IN) == 2)
    assert ann.known() == []
    server.say("yes Ben")
    server.wait_for("encrypted: the caller is known as Ben from now on$")


def test_answer_with_many_blanks(asked_by_server, ann):
    """In plain mode, too, the end of a line counts, however far behind its beginning."""
    server, caller = asked_by_server("-p")
    server.say("yes" + " " * 1100 + "is not what I say")
    server.wait_for("that is no answer: it is too long$")
    assert ann.known() == []
    server.say("yes")
    server.wait_for("is known as stranger from now on$")


@pytest.mark.parametrize("end", [ENTER, ""], ids=["finished", "unfinished"])
def test_long_line_typed_before_the_question(ann, stranger, on_terminal, port, tmp_path, end):
    """However long it is, nothing of it is lost in silence."""
    server = on_terminal(TCHAT, "-s", "-t", "-p", "-l", tmp_path / "log", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    line = "0123456789" * 400 + "\u00e9" * 40 + "x"
    server.press(line + end)
    server.wait_for("x$")
    tls_call(port, stranger)
    server.wait_for(LET_IN + "$")
    log = (tmp_path / "log").read_text()
    assert f"* not an answer, as it was typed before the question: {line}\n" in log


def test_answer_is_not_a_line(asked_by_server):
    """The answer is part of no conversation."""
    server, caller = asked_by_server()
    server.say("yes")
    server.wait_for("is known as stranger from now on$")
    assert not server.shows(own("yes"))
    server.say("hello")
    assert caller.expect("hello\n") == b""


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_nothing_is_shown_before_the_answer(asked_by_server, tmp_path, front):
    """What a stranger says is shown after it was let in, not before."""
    server, caller = asked_by_server(*front)
    caller.send("let me in\n")
    server.say("perhaps")
    server.wait_for('"perhaps" is no answer$')
    assert not server.shows("let me in$")
    server.say("yes")
    server.wait_for("let me in$")
    rows = "\n".join(server.rows())
    assert rows.index("from now on") < rows.index("let me in")


def test_nothing_is_shown_after_no(asked_by_server, tmp_path):
    """What a stranger says who was not let in is never shown."""
    server, caller = asked_by_server("-l", tmp_path / "log")
    caller.send("let me in\n")
    server.say("no")
    server.wait_for("the key was not accepted$")
    server.press(ctrl("D"))
    assert server.wait() == 0  # there was no conversation
    assert b"let me in" not in server.shown
    assert "let me in" not in (tmp_path / "log").read_text()


def test_input_from_a_file(bob, stranger, on_terminal, tmp_path):
    """The question is asked on the terminal even if what is sent is a file; and the file is sent."""
    (tmp_path / "file").write_text("yes\nfrom a file\n")
    door = TlsDoor(stranger)
    client = on_terminal("sh", "-c", 'exec "$@" <file', "sh", TCHAT, "-c", "-t", HOST, door.port, env=bob.env,
                         **WIDE)
    callee = door.accept()
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for("is known from now on$")
    assert callee.expect_end() == b"yes\nfrom a file\n"


@pytest.mark.parametrize("front", [[], ["-a"], ["-r"], ["--send-only"], ["--recv-only"]], ids=str)
def test_no_terminal_is_no(bob, stranger, start, front):
    """Where nobody can be asked, a new key is not accepted, and nothing is sent."""
    door = TlsDoor(stranger)
    client = start("-c", "-t", *front, HOST, door.port, env=bob.env)
    client.send("a secret\n")
    callee = door.accept()
    client.notice(unknown_server(door, stranger))
    client.err.expect("tchat: the key was not accepted: there is no terminal to ask on\n")
    assert client.wait() == 1
    assert callee.alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert callee.incoming.data == b"" and client.out.data == b""
    assert b"answer yes" not in client.err.data
    assert bob.known() == []


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_signal_while_asking(asked, front):
    """Told to end while it asks, tchat says that this is no, and leaves the terminal as it was."""
    client, callee, door = asked(*front)
    os.kill(client.pid, signal.SIGTERM)
    assert client.wait() == 128 + signal.SIGTERM
    assert said(client, "^tchat: the key was not accepted") == 1
    client.wait_for(client.is_restored)


@FRONTS
def test_end_of_file_is_no(asked, bob, tmp_path, front):
    """Who leaves instead of answering has not accepted the key, and is told so."""
    client, callee, door = asked(*front, "-l", tmp_path / "log")
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert said(client, "^tchat: the key was not accepted") == 1
    assert (tmp_path / "log").read_text().count("the key was not accepted\n") == 1
    assert callee.alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert bob.known() == []
    client.wait_for(client.is_restored)


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_caller_loses_patience(asked_by_server, port, front):
    """When the connection breaks while one is asked, there is nobody to let in any more."""
    server, caller = asked_by_server("-k", *front)
    peer = caller.peer
    caller.reset()
    server.wait_for(f"{peer} has left$")
    server.wait_for(lambda: said(server, f"waiting on port {port}") == 2)


# A caller whose key is new


@FRONTS
def test_new_caller_is_let_in(asked_by_server, ann, stranger, front):
    """Who is called is asked; the caller is known by its own name."""
    server, caller = asked_by_server(*front)
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    caller.send("thank you\n")
    server.wait_for("thank you$")
    assert ann.known() == [f"caller {stranger.fingerprint} stranger"]
    assert said(server, "encrypted: .*") == 1
    server.say("welcome")
    assert caller.expect("welcome\n") == b""


@pytest.mark.parametrize("name", ["Robert", "Uncle Bob", "Größe 漢字"])
def test_new_caller_is_given_a_name(asked_by_server, ann, stranger, serve, port, name):
    """The caller can be known by another name, with blanks in it, and is greeted by it the next time."""
    server, caller = asked_by_server()
    server.say(f"yes {name}")
    server.wait_for(f"encrypted: the caller is known as {name} from now on$")
    caller.close_input()
    server.press(ctrl("D"))
    assert server.wait() == 0
    assert ann.known() == [f"caller {stranger.fingerprint} {name}"]
    server = serve("-t", env=ann.env)
    tls_call(port, stranger)
    server.notice(f"encrypted: the caller is {name}")


def test_new_caller_is_not_let_in(asked_by_server, ann, port):
    """With -k, the server then waits for the next."""
    server, caller = asked_by_server("-k")
    server.say("no")
    server.wait_for("the key was not accepted$")
    assert caller.alert == "TLSV1_ALERT_ACCESS_DENIED"
    server.wait_for(lambda: said(server, f"waiting on port {port}") == 2)
    assert ann.known() == []


def test_one_after_the_other_is_asked_about(meeting, ann, friend, stranger, port):
    """With -k, who comes after a conversation is asked about as the first would be, and remembered."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server, caller = meeting(friend, "-k", "-p")
    server.wait_for("encrypted: the caller is friend$")
    caller.send("hello\n")
    server.wait_for("^hello$")
    caller.close_input()
    server.wait_for(lambda: said(server, f"waiting on port {port}") == 2)
    caller = tls_call(port, stranger)
    wait_for_question(server, LET_IN)
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    caller.send("thank you\n")
    server.wait_for("^thank you$")
    assert ann.known()[1:] == [f"caller {stranger.fingerprint} stranger"]


def test_refused_tchat_says_so(acquainted, screen, start, port):
    """Who is not let in learns that it was refused."""
    ann, bob = acquainted
    ann.known_peers.unlink()
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    client = start("-c", "-t", HOST, port, env=bob.env)
    wait_for_question(server, LET_IN)
    client.send("anybody?\n")
    server.say("no")
    client.err.expect("tchat: ann refused the conversation, and shows nothing that was sent\n")
    assert client.wait() == 1
    assert client.out.data == b""


def test_both_are_asked(ann, bob, screen, port):
    """Two people who talk for the first time are both asked, and both are known the next time."""
    assert ann.fingerprint and bob.fingerprint
    for times in range(2):
        server = screen("-s", "-t", "-n", "Ann", port, env=ann.env, **WIDE)
        server.wait_for("waiting on port")
        client = screen("-c", "-t", "-n", "Bob", HOST, port, env=bob.env, **WIDE)
        if not times:
            server.wait_for(f"not known yet: {re.escape(bob.fingerprint)}, it calls itself \"Bob\"$")
            client.wait_for(f"not known yet: {re.escape(ann.fingerprint)}, it calls itself \"Ann\"$")
            wait_for_question(server, LET_IN)
            wait_for_question(client, RIGHT_ONE)
            client.say("yes")
            server.say("yes")
            server.wait_for("the caller is known as Bob from now on$")
            client.wait_for("is known from now on$")
        else:
            server.wait_for("encrypted: the caller is Bob$")
            client.wait_for(f"encrypted: the key of {HOST} port {port} is known$")
        client.say("hello")
        server.wait_for("hello$")
        client.press(ctrl("D"))
        assert client.wait() == 0
        server.wait_for("has left$")
        server.press(ctrl("D"))
        assert server.wait() == 0


@pytest.fixture
def meeting(ann, screen, port):
    """tchat as Ann's server on a terminal, and somebody who has called, whatever it says to that."""
    def meeting(caller, *options, **more):
        server = screen("-s", "-t", *options, port, env=ann.env, **(more or WIDE))
        server.wait_for("waiting on port")
        return server, tls_call(port, caller)

    return meeting


def test_name_of_somebody_else(meeting, ann, stranger):
    """A name that belongs to another key is not given to a second one."""
    ann.knows(f"caller {OTHER} stranger", f"caller {OTHER[:-2]}CA Robert")
    server, caller = meeting(stranger)
    warning = "\"{}\" is known already, with another key: answer yes and another name, or no"
    server.wait_for(re.escape(unknown_caller(stranger)) + "$")
    wait_for_question(server, warning.format("stranger"))
    server.say("yes")
    server.wait_for('"yes" is no answer$')
    server.wait_for(lambda: server.input == ">" and said(server, warning.format("stranger")) == 1)
    server.say("yes Robert")
    server.wait_for(warning.format("Robert") + "$")
    assert len(ann.known()) == 2
    server.say("Yes Roberta")
    server.wait_for("encrypted: the caller is known as Roberta from now on$")
    assert ann.known()[2:] == [f"caller {stranger.fingerprint} Roberta"]


@pytest.mark.parametrize("name", [
    "a\ncaller OTHER friend", "\x1b[2J\x07", "\u202eabc", "x\u2028y", "\x9b31m"], ids=ascii)
def test_name_that_would_do_harm(meeting, ann, identity, serve, port, name):
    """The name that a caller gives itself is harmless, in the question as in the file."""
    name = name.replace("OTHER", OTHER[7:20])
    caller = identity(name=name)
    server, line = meeting(caller)
    server.wait_for(re.escape(caller.fingerprint))
    wait_for_question(server, LET_IN)
    server.say("yes")
    server.wait_for("from now on$")
    assert name.encode() not in server.shown
    text = ann.known_peers.read_text()
    assert re.fullmatch(f"caller {re.escape(caller.fingerprint)} [^\n]+\n", text)
    assert text.strip("\n").isprintable()
    line.close_input()
    server.press(ctrl("D"))
    assert server.wait() == 0
    server = serve("-t", env=ann.env)
    tls_call(port, caller)
    server.err.expect("tchat: encrypted: the caller is ")


NO_NAMES = {
    "long": "n" * 64,
    "a notice": "Ben" + " " * 68 + "tchat: encrypted: the caller is Ben, known by " + OTHER,
    "blanks": "   ",
    "blanks that look like letters": "\u00a0\u2800\u3164",
    "a notice's label": "*",
    "a question's label": "?",
    "an alarm's label": "!",
    "one's own label": "You",
    "one's own label with a mark": "you \u2713",
    "one's own label with another mark": "you  \u203a",
    "a time": "00:00",
    "several alphabets": "\u0412en",
    "private characters": "\ue000\U000f0000",
}


@pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES)
def test_claim_that_is_no_name(meeting, ann, tmp_path, name):
    """A name that is too long, that nobody sees or that looks like the program's own is not shown: the caller
    needs another."""
    caller = Identity(tmp_path)
    caller.rename(name)
    server, line = meeting(caller)
    server.wait_for(f"not known yet: {re.escape(caller.fingerprint)}, it has no name$")
    wait_for_question(server, "let it in[?] answer yes and a name to know it by, or no")
    server.say("yes")
    server.wait_for(lambda: server.input == ">" and said(server, "answer yes and a name to know it by, or no") == 1)
    server.say("yes Ben")
    server.wait_for("encrypted: the caller is known as Ben from now on$")
    assert ann.known() == [f"caller {caller.fingerprint} Ben"]


def test_name_that_looks_like_more(meeting, ann, tmp_path):
    """Blanks, quotation marks and the program's own signs in a name do not make the line look as if it ended before."""
    caller = Identity(tmp_path)
    caller.rename('Ben", \u201dknown   as \u3164\u2800"Ann \u00b7 \u2713')
    server, line = meeting(caller)
    server.wait_for("it calls itself \"Ben , known as Ann\"$")
    wait_for_question(server, LET_IN)
    server.say("yes")
    server.wait_for("encrypted: the caller is known as Ben , known as Ann from now on$")
    assert ann.known() == [f"caller {caller.fingerprint} Ben , known as Ann"]


def test_serial_number_is_no_name(meeting, tmp_path):
    """Only the common name is the name, and nothing whose number begins like its."""
    caller = Identity(tmp_path)
    caller.rename("Ben", bytes.fromhex("0603550423"))  # 2.5.4.35, where the name is 2.5.4.3
    server, line = meeting(caller)
    server.wait_for(f"not known yet: {re.escape(caller.fingerprint)}, it has no name$")


@pytest.mark.parametrize("name, fault", [
    ("*", "has other signs"), ("y o u.", "tchat uses itself"), ("\u2800", "has other signs"), ("(1)", "has no letter"),
    ("n" * 64, "has more than 63 bytes"), ("\u0410nn", "has letters of several alphabets"), ("Ann.", "is your own")])
@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_name_that_will_not_do(asked_by_server, ann, stranger, name, fault, front):
    """Nobody is given a name that could be taken for something else, which is said."""
    server, caller = asked_by_server("-n", "Ann", *front)
    server.say(f"yes {name}")
    server.wait_for(f"a name that {fault}.* will not do: answer yes and another name, or no$")
    assert ann.known() == []
    server.say("yes Ben")
    server.wait_for("encrypted: the caller is known as Ben from now on$")
    assert ann.known() == [f"caller {stranger.fingerprint} Ben"]


@pytest.mark.parametrize("name", ["ANDRE\u0301", "And-re\u0301 \u2713"])
def test_name_that_looks_like_a_known_one(meeting, ann, identity, name):
    """A name is that of somebody else also where it is written in another way."""
    ann.knows(f"caller {OTHER} Andr\u00e9")
    server, caller = meeting(identity(name=name))
    server.wait_for("is known already, with another key: answer yes and another name, or no$")


@pytest.mark.parametrize("known, name", [
    ("irina", "IRINA"), ("\u039d\u03af\u03ba\u03bf\u03c2", "\u039d\u038a\u039a\u039f\u03a3")], ids=ascii)
@pytest.mark.parametrize("language", ["C", "tr_TR"])
def test_name_in_other_letters_of_the_same(ann, screen, port, identity, locale_of, known, name, language):
    """Which letters are capitals of which depends on no language."""
    ann.knows(f"caller {OTHER} {known}")
    server = screen("-s", "-t", port, env={**ann.env, **locale_of(language)}, **WIDE)
    server.wait_for("waiting on port")
    tls_call(port, identity(name=name))
    server.wait_for("is known already, with another key: answer yes and another name, or no$")


# Keys that have changed


@FRONTS
def test_changed_key(bob, stranger, screen, front):
    """Another key than the one known is refused, with both; nobody is asked, nothing is sent."""
    door = TlsDoor(stranger)
    bob.knows(f"server {OTHER} {HOST} {door.port}")
    before = bob.known()
    client = screen("-c", "-t", *front, HOST, door.port, env=bob.env, **WIDE)
    callee = door.accept()
    client.wait_for(f"THE KEY OF {door.peer} HAS CHANGED: somebody may be in between$")
    client.wait_for(re.escape(f"known:    {OTHER}") + "$")
    client.wait_for(re.escape(f"received: {stranger.fingerprint}") + "$")
    way_out = f"if it was changed on purpose, remove the server's line from {bob.known_peers} and call again"
    client.wait_for(lambda: way_out.replace(" ", "") in "".join(client.rows()).replace(" ", ""))
    if not front:
        client.press(ctrl("D"))
    assert client.wait() == 1
    assert callee.incoming.expect_end() == b""
    assert bob.known() == before


@pytest.mark.parametrize("language", ["C", "tr_TR"])
def test_changed_key_of_a_host_in_capitals(bob, stranger, run, with_etc, locale_of, language):
    """A host is the same in capitals, in every language."""
    door = TlsDoor(stranger)
    bob.knows(f"server {OTHER} IRINA.example {door.port}")
    client = run(*with_etc(hosts=f"{HOST} irina.example\n"), TCHAT, "-c", "-t", "irina.example", door.port,
                 env={**bob.env, **locale_of(language)})
    door.accept()
    client.notice(f"THE KEY OF irina.example port {door.port} HAS CHANGED: somebody may be in between")


def test_somebody_in_between(bob, stranger, start, acquainted, port):
    """Somebody who takes the server's place, with a key of their own, is found out."""
    door = TlsDoor(stranger)
    bob.knows(f"server {acquainted[0].fingerprint} {HOST} {door.port}")
    client = start("-c", "-t", HOST, door.port, env=bob.env)
    client.send("a secret\n")
    callee = door.accept()
    client.notice(f"THE KEY OF {door.peer} HAS CHANGED: somebody may be in between")
    client.notice(f"known:    {acquainted[0].fingerprint}")
    client.notice(f"received: {stranger.fingerprint}")
    client.notice("if it was changed on purpose, remove the server's line from "
                  f"{bob.known_peers} and call again")
    assert client.wait() == 1
    assert callee.incoming.expect_end() == b"" and client.out.data == b""


def test_line_is_removed_and_called_again(bob, stranger, asked):
    """The way out that is told is one."""
    bob.knows(f"server {OTHER} elsewhere.example 8080")
    client, callee, door = asked()
    client.say("yes")
    client.wait_for("is known from now on$")
    assert bob.keys()[1:] == [f"server {stranger.fingerprint} {HOST} {door.port}"]


@pytest.mark.parametrize("line", ["server {key} {host} 1", "server {key} elsewhere.example {port}",
                                  "caller {key} {host} {port}", "# server {key} {host} {port}"])
def test_known_for_something_else(bob, stranger, start, line):
    """A key is known for the one server that it was seen at, and a caller is no server."""
    door = TlsDoor(stranger)
    bob.knows(line.format(key=stranger.fingerprint, host=HOST, port=door.port))
    client = start("-c", "-t", HOST, door.port, env=bob.env)
    door.accept()
    client.notice(unknown_server(door, stranger))
    assert client.wait() == 1


@pytest.mark.parametrize("line", [
    "server {key} friend 8080", "# caller {key} friend", "caller {other} friend"])
def test_known_as_something_else(ann, friend, serve, port, line):
    """A server that one has called is not yet a caller who may come in."""
    ann.knows(line.format(key=friend.fingerprint, other=OTHER))
    server = serve("-t", env=ann.env)
    tls_call(port, friend)
    server.err.expect(f"the caller's key is not known yet: {friend.fingerprint}, it calls itself \"friend\"\n")
    assert server.wait() == 1


# The file, as people leave it


FILES = {
    "comments": "# whom I know\n\n  \n{line}\n# the end\n",
    "no last line end": "# whom I know\n{line}",
    "damaged lines": "server\ncaller SHA256:x y\ncaller\n{other}\n\0\n\x80SHA256:\n{line}\ncaller {key}\n",
    "long lines": "#" + "x" * 200_000 + "\ncaller " + "y" * 200_000 + "\n{line}\n",
    "ends of lines as elsewhere": "# whom I know\r\n\r\n{line}\r\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_known_in_a_file_edited_by_hand(ann, friend, serve, port, text):
    """Who is known is found among whatever else the file holds."""
    ann.knows()
    ann.known_peers.write_bytes(text.format(
        line=f"caller {friend.fingerprint} friend", key=friend.fingerprint, other=OTHER).encode("latin-1"))
    server = serve("-t", env=ann.env)
    tls_call(port, friend)
    server.notice("encrypted: the caller is friend")


NOT_UNDERSTOOD = {
    "byte order mark": ("\ufeff{line}", 1),
    "comment behind": ("# whom I know\n\n{line} # at work", 3),
    "short fingerprint": ("caller {key} Ann\n{short_line}", 2),
}


@FRONTS
@pytest.mark.parametrize("text, number", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_line_that_is_not_understood(bob, stranger, screen, text, number, front):
    """A key that has changed is not taken for a new one in silence where the line about it is not understood."""
    door = TlsDoor(stranger)
    line = f"server {OTHER} {HOST} {door.port}"
    bob.knows(text.format(line=line, short_line=line.replace(OTHER, OTHER[:-1]), key=OTHER))
    assert bob.fingerprint
    notice = re.escape(f"line {number} of {bob.known_peers} is not understood")
    client = screen("-c", "-t", *front, HOST, door.port, env=bob.env, columns=250, rows=40)
    door.accept()
    client.wait_for(RIGHT_ONE + "$")
    shown = [row for row in client.rows() if row]
    noticed = [at for at, row in enumerate(shown) if re.search(notice + "$", row)]
    asked, = [at for at, row in enumerate(shown) if re.search(re.escape(unknown_server(door, stranger)), row)]
    assert len(noticed) == 2 and noticed[1] == asked - 1


def test_file_that_is_understood(ann, friend, stranger, start, serve, port):
    """Where all lines are understood, or the file is not used, there is nothing to tell."""
    ann.knows("# whom I know", "", " \t", "  # and more", f"caller {friend.fingerprint} friend",
              f"server {OTHER} {HOST} 80")
    server = serve("-t", env=ann.env)
    tls_call(port, stranger)
    assert server.wait() == 1
    assert b"is not understood" not in server.err.data
    ann.knows("rubbish")
    server = serve("-t", "--pin", stranger.fingerprint, env=ann.env)
    caller = tls_call(port, stranger)
    server.notice(f"encrypted: the key of {caller.peer} is pinned")
    assert b"is not understood" not in server.err.data


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_file_edited_by_hand_is_kept(ann, friend, stranger, meeting, text):
    """A new line is added as a line of its own at the end of what is there, and all that is kept."""
    ann.knows()
    before = text.format(line=f"caller {friend.fingerprint} friend", key=friend.fingerprint,
                         other=OTHER).encode("latin-1")
    ann.known_peers.write_bytes(before)
    server, caller = meeting(stranger)
    wait_for_question(server, LET_IN)
    server.say("yes")
    server.wait_for("encrypted: the caller is known as stranger from now on$")
    if not before.endswith(b"\n"):
        before += b"\n"
    assert ann.known_peers.read_bytes() == before + f"caller {stranger.fingerprint} stranger\n".encode()


def test_many_at_once(bob, stranger, screen):
    """Several that learn to know somebody at the same time do not spoil each other's lines."""
    assert bob.fingerprint
    doors = [TlsDoor(stranger) for _ in range(4)]
    clients = [screen("-c", "-t", "-p", HOST, door.port, env=bob.env, **WIDE) for door in doors]
    callees = [door.accept() for door in doors]
    for client in clients:
        wait_for_question(client, RIGHT_ONE)
    together(*(lambda client=client: client.say("yes") for client in clients))
    for client in clients:
        client.wait_for("is known from now on$")
    assert sorted(bob.keys()) == sorted(
        f"server {stranger.fingerprint} {HOST} {door.port}" for door in doors)
    assert len(callees) == 4


@contextlib.contextmanager
def locked(person, waiting):
    """Holds the lock of a person's known peers until so many wait for it."""
    with person.known_peers.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
        inode = f":{os.fstat(file.fileno()).st_ino} "
        eventually(lambda: sum("->" in line and inode in line for line in open("/proc/locks")) == waiting,
                   "a queue at the lock")


AT_ONCE = pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "at once"])


def answer(asked, text, person, at_once):
    """Gives the same answer to several that have asked, and returns those who then know the key."""
    taken = "is known from now on$|is known as .* from now on$|HAS CHANGED|is known already, with another key"
    if at_once:
        person.knows()
        with locked(person, len(asked)):
            for terminal in asked:
                terminal.say(text)
    for terminal in asked:
        if not at_once:
            terminal.say(text)
        terminal.wait_for(taken)
    return [terminal for terminal in asked if terminal.shows("from now on$")]


@pytest.fixture
def both_asked(bob, screen):
    """Two clients of Bob's, who are asked about one server, whose key is first one and then another."""
    def both_asked(first, second):
        assert bob.fingerprint
        door = TlsDoor(first)
        clients, callees = [], []
        for identity in first, second:
            door.context = server_context(identity)
            clients.append(screen("-c", "-t", "-p", HOST, door.port, env=bob.env, **WIDE))
            callees.append(door.accept())
            wait_for_question(clients[-1], RIGHT_ONE)
        return clients, callees, door

    return both_asked


@AT_ONCE
def test_second_key_of_one_server(both_asked, bob, friend, stranger, at_once):
    """Of two keys that are asked about, the second to be accepted is one that has changed."""
    clients, callees, door = both_asked(friend, stranger)
    first, = answer(clients, "yes", bob, at_once)
    second, = [client for client in clients if client is not first]
    second.wait_for(f"THE KEY OF {door.peer} HAS CHANGED: somebody may be in between$")
    assert second.wait() == 1
    assert callees[clients.index(second)].alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert len(bob.keys()) == 1


@AT_ONCE
def test_same_key_twice(both_asked, bob, friend, at_once):
    """Who accepts the same key at two terminals knows it once."""
    clients, callees, door = both_asked(friend, friend)
    assert answer(clients, "yes", bob, at_once) == clients
    for client, callee in zip(clients, callees):
        client.say("hello")
        assert callee.expect("hello\n") == b""
    assert bob.keys() == [f"server {friend.fingerprint} {HOST} {door.port}"]


@AT_ONCE
def test_one_name_for_two_keys(ann, friend, stranger, screen, at_once):
    """Of two callers who are given one name, the second needs another."""
    assert ann.fingerprint
    servers = []
    for caller in friend, stranger:
        port = free_port()
        servers.append(screen("-s", "-t", "-p", port, env=ann.env, **WIDE))
        servers[-1].wait_for("waiting on port")
        tls_call(port, caller)
        wait_for_question(servers[-1], LET_IN)
    first, = answer(servers, "yes Ben", ann, at_once)
    second, = [server for server in servers if server is not first]
    second.wait_for("\"Ben\" is known already, with another key: answer yes and another name, or no$")
    assert len(ann.known()) == 1
    second.say("yes Benny")
    second.wait_for("is known as Benny from now on$")
    assert len(ann.known()) == 2


def test_two_names_for_one_key(ann, stranger, screen):
    """Who has just got a name at one terminal does not get another one at the next."""
    assert ann.fingerprint
    servers, lines = [], []
    for _ in range(2):
        port = free_port()
        servers.append(screen("-s", "-t", "-p", port, env=ann.env, **WIDE))
        servers[-1].wait_for("waiting on port")
        lines.append(tls_call(port, stranger))
        wait_for_question(servers[-1], LET_IN)
    for server, name in zip(servers, ("Ben", "Benny")):
        server.say(f"yes {name}")
        server.wait_for("the caller is known as Ben from now on$")
    assert ann.known() == [f"caller {stranger.fingerprint} Ben"]


@pytest.mark.parametrize("mode, cause", [
    (0, "Permission denied"), (0o622, "it is not one's own, or others can write to it")])
def test_file_that_cannot_be_trusted(bob, stranger, run, mode, cause):
    """Where it cannot be told who is known, nobody is: a key that has changed must not pass for a new one."""
    assert bob.fingerprint
    door = TlsDoor(stranger)
    bob.knows(f"server {OTHER} {HOST} {door.port}")
    bob.known_peers.chmod(mode)
    client = run(*OBEDIENT, TCHAT, "-c", "-t", HOST, door.port, env=bob.env)
    door.accept()
    client.notice(f"cannot use {bob.known_peers}: {cause}")
    assert client.wait() == 1
    assert b"not known yet" not in client.err.data


@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_file_that_cannot_be_written(bob, stranger, on_terminal, front):
    """What cannot be remembered is said, and the conversation goes on."""
    assert bob.fingerprint
    bob.knows("# whom I know")
    bob.known_peers.chmod(0o400)
    door = TlsDoor(stranger)
    client = on_terminal(*OBEDIENT, TCHAT, "-c", "-t", *front, HOST, door.port, env=bob.env, **WIDE)
    callee = door.accept()
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for("cannot remember the key: Permission denied$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    assert bob.known() == ["# whom I know"]


def test_file_on_a_full_disk(bob, stranger, on_terminal):
    """Of a key for which there is not enough room nothing is remembered, rather than something else."""
    assert bob.fingerprint
    door = TlsDoor(stranger)
    line = f"server {stranger.fingerprint} {HOST} {door.port}"
    bob.knows("#" * (4095 - len(line)))  # there is room for all of the line but its LF
    before = bob.known_peers.read_bytes()
    client = on_terminal("prlimit", "--fsize=4096", TCHAT, "-c", "-t", HOST, door.port, env=bob.env, **WIDE)
    callee = door.accept()
    wait_for_question(client, RIGHT_ONE)
    client.say("yes")
    client.wait_for("cannot remember the key: No space left on device$")
    client.say("hello")
    assert callee.expect("hello\n") == b""
    assert bob.known_peers.read_bytes() == before


# Pinned keys


def test_pinned_server(bob, stranger, start):
    """A pinned key is the right one, whatever the file says; several can be pinned."""
    door = TlsDoor(stranger)
    bob.knows(f"server {OTHER} {HOST} {door.port}")
    client = start("-c", "-t", "--pin", OTHER, "--pin", stranger.fingerprint, HOST, door.port, env=bob.env)
    callee = door.accept()
    client.notice(f"encrypted: the key of {door.peer} is pinned")
    client.send("hello\n")
    callee.expect("hello\n")


def test_server_that_is_not_pinned(bob, friend, start):
    """Any other key is refused, even a known one; nobody is asked."""
    door = TlsDoor(friend)
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    client = start("-c", "-t", "--pin", OTHER, HOST, door.port, env=bob.env)
    client.send("a secret\n")
    callee = door.accept()
    client.notice(f"the key of {door.peer} is not one of those pinned: {friend.fingerprint}")
    assert client.wait() == 1
    assert callee.alert == "TLSV1_ALERT_ACCESS_DENIED"
    assert callee.incoming.data == b""


def test_pinned_caller(ann, stranger, serve, port):
    """A server too can take the holders of certain keys, and nobody else."""
    server = serve("-t", "--pin", OTHER, "--pin", stranger.fingerprint, env=ann.env)
    caller = tls_call(port, stranger)
    server.notice(f"encrypted: the key of {caller.peer} is pinned")
    caller.send("hello\n")
    server.expect("hello\n")


def test_caller_that_is_not_pinned(ann, stranger, friend, serve, port):
    """Any other caller is refused, and with -k the next is waited for."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = serve("-t", "-k", "--pin", stranger.fingerprint, env=ann.env)
    caller = tls_call(port, friend)
    server.notice(f"the key of {caller.peer} is not one of those pinned: {friend.fingerprint}")
    assert caller.alert == "TLSV1_ALERT_ACCESS_DENIED"
    server.notice(f"waiting on port {port}")
    caller = tls_call(port, stranger)
    server.notice(f"encrypted: the key of {caller.peer} is pinned")


# Callers that show no key


def test_caller_without_a_key(ann, serve, port):
    """Who shows no key is nobody whom one could know: that needs an option."""
    server = serve("-t", "--once", env=ann.env)
    caller = tls_call(port)
    server.notice(f"{caller.peer} has shown no key")
    assert server.wait() == 1
    assert caller.incoming.expect_end() == b""


def test_pinned_caller_without_a_key(ann, stranger, serve, port):
    """No key is none of those pinned."""
    server = serve("-t", "--pin", stranger.fingerprint, "--once", env=ann.env)
    caller = tls_call(port)
    server.notice(f"{caller.peer} has shown no key")
    assert server.wait() == 1
    assert caller.incoming.expect_end() == b""


def test_anonymous_caller(ann, serve, port):
    """With the option, the conversation is encrypted, with whomever."""
    server = serve("-t", "--anonymous", env=ann.env)
    caller = tls_call(port)
    server.notice(f"encrypted, but {caller.peer} is unknown: it has shown no key")
    caller.send("hello\n")
    server.expect("hello\n")
    server.send("who are you?\n")
    caller.expect("who are you?\n")


def test_known_caller_of_an_anonymous_server(tls_called):
    """Who shows a key all the same is recognized."""
    server, caller = tls_called("--anonymous")
    caller.send("hello\n")
    server.expect("hello\n")


def test_new_caller_of_an_anonymous_server(asked_by_server, ann, stranger):
    """Who shows a new key all the same is asked about."""
    server, caller = asked_by_server("--anonymous")
    server.say("yes")
    server.wait_for("is known as stranger from now on$")


@pytest.mark.parametrize("rows", [6, 7, 8])
def test_question_goes_when_it_is_answered(ann, stranger, screen, port, rows):
    """Where it has taken all of the conversation's rows, nothing of it stands there afterwards."""
    assert ann.fingerprint
    server = screen("-s", "-t", "-k", port, env=ann.env, rows=rows, columns=200)
    server.wait_for("waiting on port")
    for _ in range(6):
        server.say("x")
        server.wait_for(lambda: server.input == "> x")
        server.press_and_wait(ctrl("C"))
    connected = socket.create_connection((HOST, port), DEADLINE)
    server.wait_for("has called$")
    TlsLine(connected, client_context(stranger))
    wait_for_question(server, LET_IN)
    server.say("no")
    server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
    assert not server.shows("answer yes|phone the other person")


# What it is called by


@pytest.mark.parametrize("known, host, warning", [
    ("localhost", "lоcalhost", "mind the name: it has letters of several alphabets"),
    ("bücher.example", "bücher.example", "mind the name: it looks like bücher.example, whose key is known"),
    ("some-host", "somehost", "mind the name: it looks like some-host, whose key is known"),
    ("other", f"{'x' * 60}.bücher.example", None), ("SOMEHOST", "somehost", None), ("other", "somehost", None)])
def test_name_that_looks_like_another(stranger, bob, on_terminal, with_etc, known, host, warning):
    """The question says so: each has its own key."""
    door = TlsDoor(stranger)
    bob.knows(f"server {OTHER} {known} 1")
    encoded = host.encode("idna").decode()
    client = on_terminal(*with_etc(hosts=f"{HOST} {encoded}\n"), TCHAT, "-c", "-t", host, door.port, env=bob.env, **WIDE)
    door.accept()
    wait_for_question(client, RIGHT_ONE)
    assert client.shows(re.escape(warning)) if warning else not client.shows("mind the name")


def test_addresses_do_not_look_alike(asked, bob):
    """In which every sign counts."""
    bob.knows(f"server {OTHER} 12.70.0.1 1")
    client, _, _ = asked()
    assert not client.shows("mind the name")
