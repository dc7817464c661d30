"""Whom a line is for: what was begun for one person is not sent to the next before that was seen (-k, full screen)."""

import pytest

from fullscreen import CTRL_PAGE_UP, DELIVERED, F2, DeafCaller, marked, status_bar
from peers import HOST, call, eventually
from terminal import BACKSPACE, ENTER, UP, ctrl
from test_again import said
from test_log import entries
from test_screen import lines, notice, pasted, theirs
from tls import needs_tls, tls_call

OTHER = "127.0.0.2"
SECRET = "the password is hunter2"


def kept(caller):
    """How tchat says that the line stays, and who is there now."""
    return notice(f"that was begun before {caller.socket.getsockname()[0]} came: Enter again sends it")


@pytest.fixture
def first(screen_called):
    """A server that keeps, on a terminal that is wide enough for a notice, and its first caller."""
    return lambda *arguments, **options: screen_called("-k", *arguments, columns=100, **options)


def leave(server, caller, port):
    """The caller leaves, and the server waits for the next."""
    caller.close_input()
    server.wait_for(lambda: f"waiting on port {port}" in status_bar(server))


def come(server, port):
    """Somebody else calls."""
    other = call(port, own=OTHER)
    server.wait_for(notice(f"{OTHER} has called"))
    return other


def replace(server, caller, port):
    """The caller leaves, and somebody else calls."""
    leave(server, caller, port)
    return come(server, port)


@pytest.mark.parametrize("rows", [24, 4])
def test_who_is_there_now_is_seen(first, port, rows):
    """Where one has scrolled back, that comes into view before Enter sends the line."""
    server, caller = first(rows=rows)
    caller.send(lines(60))
    server.wait_for(theirs("line 59"))
    server.press(CTRL_PAGE_UP + SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}" and "scrolled back" in server.bar)
    leave(server, caller, port)
    other = call(port, own=OTHER)
    server.wait_for(lambda: OTHER in status_bar(server))
    server.press(ENTER)
    server.wait_for(kept(other))
    server.press(ENTER)
    other.expect(f"{SECRET}\n")


def test_line_for_the_one_before(first, port):
    """A line begun for one caller stays at the first Enter, which says who is there now; the second sends it."""
    server, caller = first()
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    other = replace(server, caller, port)
    server.press(ENTER)
    server.wait_for(kept(other))
    assert server.input == f"> {SECRET}"
    server.press(" after all" + ENTER)
    assert other.expect(f"{SECRET} after all\n") == b""
    server.wait_for(marked(DELIVERED, f"{SECRET} after all"))
    server.say("and so on")  # that was begun now
    other.expect("and so on\n")


def test_enter_that_came_too_early(first, port):
    """Who presses Enter twice before the notice can be seen has not read it."""
    server, caller = first()
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    other = replace(server, caller, port)
    server.press(ENTER + ENTER)
    server.wait_for(lambda: server.input == f"> {SECRET}" and
                    sum("Enter again sends it" in row for row in server.pane) == 2)
    server.press(ctrl("C"))
    server.say("hello")
    assert other.expect("hello\n") == b""


def test_line_begun_after_somebody_left(first, port):
    """What was begun after somebody had left may be for them."""
    server, caller = first()
    leave(server, caller, port)
    server.say(SECRET)
    server.wait_for(notice("nobody is there to read that: it stays in the input line"))
    other = come(server, port)
    server.press(ENTER)
    server.wait_for(kept(other))
    server.press(ENTER)
    assert other.expect(f"{SECRET}\n") == b""


def test_emptied_line(first, port):
    """What is begun anew, in whatever way the line was emptied, is for who is there."""
    server, caller = first()
    server.press("x")
    server.wait_for(lambda: server.input == "> x")
    other = replace(server, caller, port)
    server.press(BACKSPACE + "one" + ENTER)
    assert other.expect("one\n") == b""
    server.press("x")
    server.wait_for(lambda: server.input == "> x")
    other = replace(server, other, port)
    server.press(ctrl("C") + "two" + ENTER)
    assert other.expect("two\n") == b""
    other = replace(server, other, port)
    server.press(UP + ENTER)  # a line typed before, and fetched now
    assert other.expect("two\n") == b""


def test_search_is_not_the_end_of_a_line(first, port):
    """A search in the lines typed before does not make another line of the one that was begun."""
    server, caller = first()
    server.say("one")
    caller.expect("one\n")
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    other = replace(server, caller, port)
    server.press("\x1bp")  # what is to be searched for is typed into an empty line
    server.wait_for(lambda: server.input == "> :")
    server.press(ctrl("G") + ENTER)
    server.wait_for(kept(other))
    assert server.input == f"> {SECRET}"


def test_changed_twice(first, port):
    """Who has been named and has left is not who comes then."""
    server, caller = first()
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    other = replace(server, caller, port)
    server.press(ENTER)
    server.wait_for(kept(other))
    third = replace(server, other, port)
    server.press(ENTER)
    server.wait_for(lambda: said(server, kept(third)) == 2)
    server.press(ENTER)
    assert third.expect(f"{SECRET}\n") == b""


def test_pasted_lines(first, port):
    """Several lines that were pasted stay together."""
    server, caller = first()
    server.press(pasted("one\ntwo"))
    server.wait_for(lambda: server.rows()[-2:] == ["> one⏎", "two"])
    other = replace(server, caller, port)
    server.press(ENTER)
    server.wait_for(kept(other))
    assert server.rows()[-2:] == ["> one⏎", "two"]
    server.press(ENTER)
    assert other.expect("one\ntwo\n") == b""


def test_paste_that_others_come_amid(first, port):
    """A paste is begun with its first byte, and with what its last one is for does not count."""
    server, caller = first()
    begin, end = pasted("|").split("|")
    server.press(begin + SECRET)
    other = replace(server, caller, port)
    server.press(end + ENTER)
    server.wait_for(kept(other))


def test_keys_that_waited_for_the_pager(first, port, environment, tmp_path):
    """Keys that were typed before the pager was there are for who was there then."""
    pager, log = "echo '[pager]'; read key </dev/tty", tmp_path / "log"
    server, caller = first("-l", log, env=dict(environment, PAGER=pager))
    server.press(F2 + SECRET + ENTER)
    server.wait_for(r"^\[pager\]$")
    caller.close_input()
    eventually(lambda: entries(log)[-1] == ("*", f"waiting on port {port}"), "that the caller has left")
    other = call(port, own=OTHER)
    eventually(lambda: entries(log)[-1] == ("*", f"{OTHER} port {other.port} has called"), "that the other is there")
    server.press(ENTER)
    server.wait_for(notice(f"{OTHER} has called"))
    server.wait_for(kept(other))
    server.press(ENTER)
    assert other.expect(f"{SECRET}\n") == b""


def test_queue_is_for_one(screen, port):
    """What was queued for one who did not take it is not sent to the next."""
    server = screen("-s", "-k", port)
    server.wait_for(notice(f"waiting on port {port}"))
    deaf = DeafCaller(port)
    server.wait_for(notice(f"{deaf.host} has called"))
    server.say("x" * 3000)
    for number in range(100):
        server.say(f"{number} " + "y" * 3000)
    server.wait_for("does not read")
    deaf.reset()
    server.wait_for(notice("[0-9]+ lines were not delivered"))
    other = come(server, port)
    server.say("hello")
    assert other.expect("hello\n") == b""


def test_first_caller(screen, port):
    """What was begun before anybody has been there is for whoever comes first."""
    server = screen("-s", port, columns=100)
    server.wait_for(f"waiting on port {port}")
    server.press("hello Ann")
    server.wait_for(lambda: server.input == "> hello Ann")
    caller = call(port)
    server.wait_for("has called")
    server.press(ENTER)
    caller.expect("hello Ann\n")


def test_client(screen, port, serve):
    """Who calls somebody means them."""
    client = screen("-c", "-w", 60, HOST, port)
    client.wait_for("calling")
    client.press("hello server")
    client.wait_for(lambda: client.input == "> hello server")
    server = serve()
    client.wait_for("connected to")
    client.press(ENTER)
    server.expect("hello server\n")


@needs_tls
def test_by_key(ann, friend, identity, screen, port):
    """Who comes back with the same key is the same; somebody else with a key is named."""
    mallory = identity(name="mallory")
    ann.knows(f"caller {friend.fingerprint} friend", f"caller {mallory.fingerprint} mallory")
    server = screen("-s", "-t", "-k", port, env=ann.env, columns=100)
    server.wait_for("waiting on port")
    caller = tls_call(port, friend)
    server.wait_for(notice("encrypted: the caller is friend"))
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    leave(server, caller, port)
    caller = tls_call(port, friend)
    server.wait_for(lambda: server.bar.startswith(" friend · encrypted"))
    server.press(ENTER)
    caller.expect(f"{SECRET}\n")
    leave(server, caller, port)
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    caller = tls_call(port, friend)
    server.wait_for(lambda: server.bar.startswith(" friend · encrypted"))
    server.press(ENTER)
    caller.expect(f"{SECRET}\n")
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    leave(server, caller, port)
    other = tls_call(port, mallory)
    server.wait_for(notice("encrypted: the caller is mallory"))
    server.press(ENTER)
    server.wait_for(notice("that was begun before mallory came: Enter again sends it"))
    server.press(ENTER)
    assert other.expect(f"{SECRET}\n") == b""


@needs_tls
def test_begun_before_it_was_known_who_calls(ann, friend, identity, screen, port):
    """While encryption is being agreed on, nobody is there yet."""
    mallory = identity(name="mallory")
    ann.knows(f"caller {friend.fingerprint} friend", f"caller {mallory.fingerprint} mallory")
    server = screen("-s", "-t", "-k", port, env=ann.env, columns=100)
    server.wait_for("waiting on port")
    other = tls_call(port, mallory)
    server.wait_for(notice("encrypted: the caller is mallory"))
    leave(server, other, port)
    slow = call(port)
    server.wait_for(lambda: "agreeing on encryption" in server.bar)
    server.press(SECRET)
    server.wait_for(lambda: server.input == f"> {SECRET}")
    caller = tls_call(port, friend)
    server.wait_for(notice("encrypted: the caller is friend"))
    server.press(ENTER)
    server.wait_for(notice("that was begun before friend came: Enter again sends it"))
    server.press(ENTER)
    caller.expect(f"{SECRET}\n")
    slow.incoming.expect_end()


@needs_tls
def test_begun_before_the_question(ann, friend, stranger, screen, port):
    """A line that was begun for one caller is neither the answer about the next, nor sent to it."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = screen("-s", "-t", "-k", port, env=ann.env, columns=100)
    server.wait_for("waiting on port")
    caller = tls_call(port, friend)
    server.wait_for(notice("encrypted: the caller is friend"))
    server.press("yes, tell nobody")
    server.wait_for(lambda: server.input == "> yes, tell nobody")
    leave(server, caller, port)
    other = tls_call(port, stranger)
    server.wait_for(lambda: "yes or no?" in server.bar)
    server.press(ENTER)
    server.wait_for("that was begun before the question")
    assert server.input == "> yes, tell nobody"
    server.press(ctrl("U"))
    server.say("yes\rhello")  # typed at once, when nobody was let in yet
    server.wait_for(notice("that was begun before stranger came: Enter again sends it"))
    server.press(ENTER)
    assert other.expect("hello\n") == b""
