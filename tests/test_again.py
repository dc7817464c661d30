"""Never starting again: a server in the full screen stays, a client calls again, and one hangs up without leaving."""

import re
import socket

import pytest

from fullscreen import DELIVERED, DOUBTED, F1, F4, marked, status_bar
from peers import HOST, Door, Line, call, eventually, is_listening
from terminal import BACKSPACE, ENTER, ESCAPE, ctrl
from test_keep import BUSY
from test_screen import notice, own, pasted, theirs
from tls import BUSY_ALERTS, TlsDoor, needs_tls, tls_call, wait_for_question

F8 = "\x1b[19~"
CALL_AGAIN = "Enter calls again"


def said(terminal, pattern):
    """How many rows of the conversation are that."""
    return sum(bool(re.search(pattern, row)) for row in terminal.pane)


def waits_again(server, times=2):
    """Waits until the server has said so often that it waits."""
    server.wait_for(lambda: said(server, notice(r"waiting on port \d+")) == times and "waiting on" in server.bar)


# How a conversation ends


def leaves(peer):
    peer.close_input()


def breaks(peer):
    peer.reset()


def is_busy(peer):
    peer.send(BUSY)
    peer.close_input()


def speaks_tls(peer):
    peer.send(b"\x16\x03\x01\x02\x00")  # the beginning of a handshake (RFC 8446, 5.1)


# A server in the full screen


@pytest.mark.parametrize("end, how", [(leaves, "has left"), (breaks, "broke: Connection reset by peer")])
def test_server_stays(screen_called, port, end, how):
    """However a call has ended, all that was said stays, and the next one is served."""
    server, first = screen_called(columns=120)
    first.send("I am the first\n")
    server.wait_for(theirs("I am the first"))
    end(first)
    server.wait_for(how)
    waits_again(server)
    assert server.shows(theirs("I am the first"))
    second = call(port)
    second.send("I am the second\n")
    server.wait_for(theirs("I am the second"))
    server.say("welcome")
    second.expect("welcome\n")


def test_server_for_one_caller(screen_called, port):
    """With --once nobody else can call, and when the caller has left it is over."""
    server, caller = screen_called("--once")
    eventually(lambda: not is_listening(port), "a closed door")
    caller.close_input()
    server.wait_for(lambda: "over · Ctrl-D leaves" in server.bar)
    server.press(ctrl("D"))
    assert server.wait() == 0


def test_hanging_up_on_who_says_nothing(screen_called, port):
    """Who looks for open ports may stay: a key hangs up, which the bar names, and the line is free again."""
    server, scanner = screen_called()
    server.wait_for(lambda: "F8 hangs up" in server.bar)
    server.press("half a line" + F8)
    scanner.expect_end()
    server.wait_for(notice("hanging up on .*"))
    waits_again(server)
    assert server.input == "> half a line"
    caller = call(port)
    caller.send("hello\n")
    server.wait_for(theirs("hello"))
    assert "F8" not in server.bar


def test_hanging_up_delivers(screen_called):
    """What was said is on its way still, and the status is that of a conversation that has ended in order."""
    server, caller = screen_called()
    server.press("the last word" + ENTER + F8)
    caller.expect("the last word\n")
    caller.expect_end()
    caller.close_input()
    waits_again(server)
    assert server.shows(own("the last word"))
    server.press(ctrl("D"))
    assert server.wait() == 0


def test_hanging_up_twice_does_not_wait(screen_called):
    """Who does not hang up as well is not waited for then."""
    server, caller = screen_called()
    server.press(F8)
    server.wait_for(lambda: "hanging up" in server.bar)
    server.press(F8)
    waits_again(server)


def test_nobody_to_hang_up_on(screen, port):
    """Then the key does nothing, which is said."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.press(F8)
    server.wait_for(notice("there is nobody to hang up on"))


def test_status_is_that_of_the_last_conversation(screen_called, port):
    """A broken connection is a failure, until there is another conversation."""
    server, caller = screen_called(columns=120)
    caller.reset()
    waits_again(server)
    caller = call(port)
    server.wait_for(lambda: said(server, "has called$") == 2)
    caller.close_input()
    waits_again(server, 3)
    server.press(ctrl("D"))
    assert server.wait() == 0


# Lines that look like commands


@pytest.mark.parametrize("word, advice", [
    ("/quit", "Ctrl-D on an empty line leaves, F1 shows the keys"), (":Q ", "Ctrl-D on an empty line leaves, .*"),
    ("exit", "Ctrl-D on an empty line leaves, .*"), ("/help", "F1 shows the keys")])
def test_word_that_is_no_command(screen_called, word, advice):
    """It is sent as it is, and once it is said what does that."""
    server, caller = screen_called(columns=120)
    server.say("exit this way")
    server.say(word)
    server.wait_for(notice(f"that was sent as text: {advice}"))
    server.say(word)
    server.say("q and a")
    caller.expect(f"exit this way\n{word}\n{word}\nq and a\n")
    server.wait_for(marked(DELIVERED, "q and a"))
    assert said(server, "sent as text") == 1


# A client


def test_call_that_failed(screen, port):
    """One key calls again, as often as one likes, and what is typed stays; the next Enter sends it."""
    client = screen("-c", HOST, port, columns=120)
    client.wait_for(lambda: f"not connected to {HOST} port {port} · {CALL_AGAIN}" in client.bar)
    for times in 2, 3:
        client.press(ENTER)
        client.wait_for(lambda times=times: said(client, "Connection refused; ") == times and CALL_AGAIN in client.bar)
    with socket.create_server((HOST, port)) as door:
        client.press("for whoever is there" + ENTER)
        callee = Line(door.accept()[0])
    client.wait_for(notice(f"connected to {HOST} port {port}"))
    client.wait_for(lambda: client.input == "> for whoever is there")
    client.press(ENTER)
    callee.expect("for whoever is there\n")
    callee.close_input()
    client.wait_for(lambda: "over" in client.bar)
    client.press(ctrl("D"))
    assert client.wait() == 0


def test_leaving_after_a_call_that_failed(screen, port):
    """That is a failure, which is said once more."""
    client = screen("-c", HOST, port, columns=120)
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ctrl("D"))
    assert client.wait() == 1
    assert client.shows(f"^tchat: cannot call {HOST} port {port}: Connection refused; the other side waits")


@pytest.mark.parametrize("end, how", [
    (leaves, "has left"), (breaks, "broke: .*"), (is_busy, "is busy, and has heard nothing"),
    (speaks_tls, "speaks TLS: that needs -t here")])
def test_calling_again(screen, end, how):
    """However it has ended, Enter calls again, and all that was said stays."""
    door = Door()
    client = screen("-c", HOST, door.port, columns=120)
    callee = door.accept()
    client.wait_for("connected to")
    end(callee)
    client.wait_for(how + "$")
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ENTER)
    callee = door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)
    client.say("here I am again")
    callee.expect("here I am again\n")
    callee.send("so am I\n")
    client.wait_for(theirs("so am I"))
    assert client.shows(how + "$")


def test_calling_again_while_it_ends(screen):
    """Enter as soon as it is said that the other side has left is not lost."""
    door = Door()
    client = screen("-c", HOST, door.port)
    callee = door.accept()
    client.wait_for("connected to")
    callee.send("bye\n")
    callee.close_input()
    client.wait_for("has left$")
    client.press(ENTER)
    door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)


def test_hanging_up_and_calling_again(screen):
    """Of a client, too, the key ends the conversation and not the program."""
    door = Door()
    client = screen("-c", HOST, door.port)
    callee = door.accept()
    client.wait_for(lambda: "F8 hangs up" in client.bar)
    client.press(F8)
    callee.expect_end()
    callee.close_input()
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ENTER)
    door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)


@pytest.mark.parametrize("options", [[], ["-w", 60]])
def test_call_that_is_given_up(screen, silent_port, options):
    """The key also ends a call that nobody answers."""
    client = screen("-c", *options, HOST, silent_port)
    client.wait_for(lambda: "calling" in client.bar)
    client.press(F8)
    client.wait_for(notice("not calling any more"))
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(ctrl("D"))
    assert client.wait() == 1


# The keys that the bar names


@pytest.mark.parametrize("opens, closes", [(F4, ctrl("D")), (F4, ESCAPE), (F1, ctrl("D")), ("x", BACKSPACE)],
                         ids=["search, Ctrl-D", "search, Escape", "help", "typed"])
def test_bar_names_ctrl_d_where_it_leaves(screen_called, opens, closes):
    """Where the next Ctrl-D ends the search, closes the help or deletes, the bar does not say that it leaves."""
    server, caller = screen_called("--once")
    caller.close_input()
    server.wait_for(lambda: "Ctrl-D leaves" in server.bar)
    server.press(opens)
    server.wait_for(lambda: "over" in server.bar and "Ctrl-D" not in server.bar)
    server.press(closes)
    server.wait_for(lambda: "Ctrl-D leaves" in server.bar)
    server.press(ctrl("D"))
    assert server.wait() == 0


@pytest.mark.parametrize("opens, closes", [(F4, ESCAPE), (F1, "x")], ids=["search", "help"])
def test_bar_names_enter_where_it_calls(screen, port, opens, closes):
    """The same for Enter, which calls again."""
    client = screen("-c", HOST, port)
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    client.press(opens)
    client.wait_for(lambda: "not connected" in client.bar and CALL_AGAIN not in client.bar)
    client.press(closes)
    client.wait_for(lambda: CALL_AGAIN in client.bar)


def test_bar_names_enter_where_it_sends(screen, port):
    """Where nobody takes lines, Enter does not send what was pasted, and the bar does not say so."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.press(pasted("one\ntwo"))
    server.wait_for(lambda: "2 lines" in status_bar(server))
    assert "Enter" not in status_bar(server)
    caller = call(port)
    server.wait_for(lambda: "2 lines, Enter sends all" in status_bar(server))
    caller.close_input()
    server.wait_for(lambda: "2 lines" in status_bar(server) and "Enter" not in status_bar(server))


# A client that calls again by itself


def test_it_calls_again_by_itself(screen):
    """The connection breaks, and is there again; at once, the first time."""
    door = Door()
    client = screen("-c", "-k", HOST, door.port, columns=120)
    for times in 1, 2, 3:
        callee = door.accept()
        client.wait_for(lambda times=times: said(client, notice("connected to .*")) == times)
        client.say(f"number {times}")
        callee.expect(f"number {times}\n")
        callee.reset()
    assert client.shows(marked(DOUBTED, "number 1"))  # it broke, and nothing was heard after that


def test_it_counts_down(screen, port):
    """Where nobody answers it calls ever more seldom, which is said once, and the bar counts; the line that is typed is
    left alone."""
    client = screen("-c", "-k", HOST, port, columns=120)
    client.press("half a line")
    client.wait_for(lambda: "calling again in 2 s" in client.bar)
    client.wait_for(lambda: "calling again in 1 s" in client.bar)
    assert said(client, "Connection refused; ") == 1 and said(client, "calling ") == 2
    assert client.input == "> half a line"
    with socket.create_server((HOST, port)) as door:
        door.settimeout(60)
        callee = Line(door.accept()[0])
    client.wait_for(notice(f"connected to {HOST} port {port}"))
    client.press(ENTER)
    callee.expect("half a line\n")


def test_it_is_stopped(screen, port):
    """Ctrl-C on an empty line: then it does not call any more, and Enter does."""
    client = screen("-c", "-k", HOST, port, columns=120)
    client.wait_for(lambda: "calling again in 1 s · Ctrl-C stops that" in client.bar)
    client.press(ctrl("C"))
    client.wait_for(notice("not calling any more"))
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    with socket.create_server((HOST, port)) as door:
        client.press(ENTER)
        door.settimeout(60)
        Line(door.accept()[0])
        client.wait_for(notice(f"connected to {HOST} port {port}"))


def test_it_does_not_pursue(screen):
    """Who has left wants to: only the person calls again."""
    door = Door()
    client = screen("-c", "-k", HOST, door.port)
    callee = door.accept()
    client.wait_for("connected to")
    callee.close_input()
    client.wait_for(lambda: f"over · {CALL_AGAIN}" in client.bar)


def test_busy_line_is_called_again(screen):
    """By itself, too."""
    door = Door()
    client = screen("-c", "-k", HOST, door.port, columns=120)
    is_busy(door.accept())
    callee = door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)
    client.say("at last")
    callee.expect("at last\n")


@needs_tls
def test_busy_encrypted_line_is_called_again(bob, screen):
    """There it says so in an alert."""
    door = Door()
    client = screen("-c", "-k", "-t", HOST, door.port, env=bob.env, columns=120)
    callee = door.accept()
    callee.send(BUSY_ALERTS)
    callee.close_input()
    client.wait_for("is busy, and has heard nothing$")
    door.accept()
    client.wait_for(lambda: said(client, notice("connected to .*")) == 2)


def test_redialling_without_a_screen(start, port):
    """There nobody could see what is sent to whom: that is wrong usage."""
    client = start("-c", "-k", HOST, port)
    client.notice("-k calls again in the full screen only, which needs a terminal")
    assert client.wait() == 2


# Without a screen, with -t


@pytest.fixture
def scanned(ann, friend, serve, port):
    """tchat as Ann's server in plain mode, at whose door somebody was who says nothing and leaves."""
    def scanned(*arguments):
        ann.knows(f"caller {friend.fingerprint} friend")
        server = serve("-t", *arguments, env=ann.env)
        call(port).close_input()
        server.err.expect("it hung up; perhaps it needs -t\n")
        return server

    return scanned


@needs_tls
@pytest.mark.parametrize("pinned", [False, True])
def test_scan_does_not_end_a_server(scanned, friend, port, pinned):
    """With -t the door is closed when somebody is agreed with, and not before."""
    server = scanned(*["--pin", friend.fingerprint] * pinned)
    server.notice(f"waiting on port {port}")
    caller = tls_call(port, friend)
    server.err.expect("encrypted: ")
    eventually(lambda: not is_listening(port), "a closed door")
    caller.send("hello\n")
    server.expect("hello\n")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0


@needs_tls
def test_scan_ends_a_server_for_one_caller(scanned):
    """... unless whoever is first is the only one."""
    server = scanned("--once")
    assert server.wait() == 1


@needs_tls
def test_wrong_key_ends_a_pinned_server(friend, stranger, ann, serve, port):
    """A key that is refused, where one is asked for by name, is a failure."""
    server = serve("-t", "--pin", friend.fingerprint, env=ann.env)
    tls_call(port, stranger)
    server.err.expect("is not one of those pinned")
    assert server.wait() == 1


@needs_tls
def test_refused_key_does_not_end_a_server(ann, stranger, friend, screen, port):
    """Who says no waits for another one."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = screen("-s", "-t", "-p", port, env=ann.env, columns=150)
    server.wait_for("waiting on port")
    tls_call(port, stranger)
    wait_for_question(server, "or no")
    server.say("no")
    server.wait_for(lambda: sum("waiting on port" in row for row in server.rows()) == 2)
    caller = tls_call(port, friend)
    server.wait_for("the caller is friend")
    caller.send("hello\n")
    server.wait_for("^hello$")


@pytest.fixture
def asked(ann, stranger, screen, port):
    """A server in the full screen that asks whether to let in who has called; and that one."""
    assert ann.fingerprint
    server = screen("-s", "-t", port, env=ann.env, columns=150)
    server.wait_for("waiting on port")
    caller = tls_call(port, stranger)
    wait_for_question(server, "or no")
    return server, caller


@needs_tls
def test_question_is_hung_up_on(asked):
    """In the full screen the key that hangs up answers it, too: no."""
    server, caller = asked
    assert "F8 hangs up" in server.bar
    server.press(F8)
    server.wait_for(notice("the key was not accepted"))
    waits_again(server)
    caller.incoming.expect_end()


@needs_tls
def test_hanging_up_after_the_question(asked):
    """A question that was answered is over: then hanging up is said, as ever."""
    server, caller = asked
    server.say("yes Carl")
    server.wait_for(notice("encrypted: the caller is known as Carl from now on"))
    server.press(F8)
    server.wait_for(notice("hanging up on Carl"))
    caller.close_input()
    waits_again(server)


@needs_tls
def test_another_server_at_the_same_place(bob, friend, stranger, screen):
    """A line that was begun for one key is not sent to another, which is there when it is called again."""
    door = TlsDoor(friend)
    bob.knows(f"server {friend.fingerprint} {HOST} {door.port}")
    bob.knows(f"server {stranger.fingerprint} {HOST} {door.port}")
    client = screen("-c", "-t", HOST, door.port, env=bob.env, columns=150)
    callee = door.accept()
    client.wait_for("is known$")
    client.press("for my friend")
    client.wait_for(lambda: client.input == "> for my friend")
    callee.close_input()
    client.wait_for(lambda: CALL_AGAIN in client.bar)
    other = TlsDoor.__new__(TlsDoor)
    other.__dict__.update(door.__dict__, context=TlsDoor(stranger).context)
    client.press(ENTER)
    callee = other.accept()
    client.wait_for(lambda: said(client, "is known$") == 2)
    client.press(ENTER)
    client.wait_for("that was begun before .* came: Enter again sends it$")
    client.press(ENTER)
    callee.expect("for my friend\n")
