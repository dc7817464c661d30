"""Encrypted conversations in the full screen: what the status bar says, F3, and how far a line has come."""

import re
import socket

import pytest

from fullscreen import (CTRL_PAGE_DOWN, CTRL_PAGE_UP, DELIVERED, DOUBTED, LOST, ON_ITS_WAY, WAITING, marked,
                        not_under_sanitizers, status_bar)
from peers import (HOST, Door, Line, assert_knows_nothing, call, children, eventually, listeners, looks_into_listener,
                   needs_linux)
from terminal import PAGE_UP, ctrl
from test_delivery import FILLER
from test_screen import notice, pasted, theirs
from tls import F3, TlsDoor, needs_tls, tls_call, wait_for_question

pytestmark = needs_tls

SINCE = r"since \d\d:\d\d"
CIPHER = r"\bTLS 1\.3\b.*\b(AES|CHACHA20)"
KEY_EXCHANGE = r"\b(X25519|X448|SECP\d+R1|FFDHE\d+)\b"


@pytest.fixture
def screens(acquainted, screen, port):
    """Two people who know each other, each at a screen."""
    ann, bob = acquainted
    server = screen("-s", "-t", port, env=ann.env, columns=100)
    server.wait_for(notice(f"waiting on port {port}"))
    client = screen("-c", "-t", HOST, port, env=bob.env, columns=100)
    client.wait_for(notice(f"encrypted: the key of {HOST} port {port} is known"))
    server.wait_for(notice("encrypted: the caller is bob"))
    return server, client


def test_two_screens_talk(screens):
    """Two people see both sides, and each other's names."""
    server, client = screens
    client.say("hello server")
    client.wait_for(marked(DELIVERED, "hello server"))
    server.wait_for(theirs("hello server", "bob"))
    server.say("hello client")
    server.wait_for(marked(DELIVERED, "hello client"))
    client.wait_for(theirs("hello client", "ann"))
    client.press(ctrl("D"))
    assert client.wait() == 0
    assert client.is_restored()
    server.wait_for(notice(r".* has left"))
    server.press(ctrl("D"))
    assert server.wait() == 0
    assert server.is_restored()


# The status bar


def test_status_bar_of_those_who_know_each_other(screens, port):
    """Both are called by the name under which they are known."""
    server, client = screens
    server.wait_for(lambda: re.search(f"^ ?bob · encrypted · {SINCE}", status_bar(server)))
    client.wait_for(lambda: re.search(f"^ ?ann · encrypted · {SINCE}", status_bar(client)))


def test_status_bar_without_encryption(screen_called):
    """It says so when nothing is encrypted."""
    server, caller = screen_called()
    server.wait_for(lambda: re.search(
        f"^ ?{HOST} · not encrypted · {SINCE}", status_bar(server)))


def test_status_bar_of_a_new_key(ann, stranger, screen, port):
    """While one is asked, and after one has accepted a new key, it says that."""
    server = screen("-s", "-t", port, env=ann.env, columns=120)
    server.wait_for("waiting on port")
    tls_call(port, stranger)
    wait_for_question(server, "let it in.*")
    assert "encrypted ·" not in status_bar(server)
    server.say("yes")
    server.wait_for(lambda: re.search(f"· encrypted, new key · {SINCE}", status_bar(server)))


def test_status_bar_of_a_pinned_key(bob, stranger, screen):
    """A pinned key is as good as a known one."""
    door = TlsDoor(stranger)
    screen = screen("-c", "-t", "--pin", stranger.fingerprint, HOST, door.port, env=bob.env)
    door.accept()
    screen.wait_for(lambda: re.search(f"^ ?stranger · encrypted · {SINCE}", status_bar(screen)))


def test_status_bar_of_somebody_unknown(ann, screen, port):
    """A caller without a key is unknown."""
    server = screen("-s", "-t", "--anonymous", port, env=ann.env)
    server.wait_for("waiting on port")
    caller = tls_call(port)
    server.wait_for(lambda: re.search(f"^ ?{caller.peer} · encrypted, unknown · {SINCE}", status_bar(server)))


def test_status_bar_while_agreeing(ann, screen, port):
    """A caller who has not agreed on encryption yet is not shown as encrypted."""
    server = screen("-s", "-t", port, env=ann.env, columns=120)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for(lambda: HOST in status_bar(server))
    assert not re.search("· encrypted|since", status_bar(server))
    server.press("typed meanwhile")
    server.wait_for(lambda: server.input == "> typed meanwhile")
    caller.close_input()
    server.wait_for(notice("cannot agree on encryption with .*: it hung up; perhaps it needs -t"))
    assert server.input == "> typed meanwhile"


def test_leaving_while_agreeing(ann, screen, port):
    """Leaving before encryption is agreed on is no failure, as it is none before anybody has called."""
    server = screen("-s", "-t", port, env=ann.env)
    server.wait_for("waiting on port")
    caller = call(port)
    server.wait_for(notice(f"{HOST} has called"))
    server.press(ctrl("D"))
    assert server.wait() == 0
    caller.incoming.expect_end()


@pytest.mark.parametrize("columns, bar", [
    (47, HOST + " · encrypted, unknown F1 help"), (39, HOST + " · encrypted, unknown"), (28, "127.… · encrypted, unknown"),
    (20, "encrypted, unknown"), (19, "127.0.… · unknown")])
def test_status_bar_on_a_narrow_screen(ann, screen, port, columns, bar):
    """Where there is little room, nobody unknown seems to be known."""
    server = screen("-s", "-t", "--anonymous", port, env=ann.env)
    server.wait_for("waiting on port")
    caller = tls_call(port)
    caller.send("hello\n")  # else the bar says what hangs up, too
    server.wait_for(lambda: "since" in server.bar and "F8" not in server.bar)
    server.resize(24, columns)
    server.wait_for(lambda: " ".join(server.bar.split()) == bar)


# F3


def test_how_it_is_encrypted(screens, acquainted):
    """F3 shows protocol, cipher, key exchange and both keys, so that they can be compared by telephone."""
    server, client = screens
    for terminal in (server, client):
        before = terminal.pane
        terminal.press(F3)
        terminal.wait_for(CIPHER)
        terminal.wait_for(KEY_EXCHANGE)
        for person in acquainted:
            terminal.wait_for(re.escape(person.fingerprint) + "$")
        terminal.press(F3)
        terminal.wait_for(lambda: terminal.pane == before)


@pytest.mark.parametrize("columns", [39, 20])
def test_fingerprints_on_a_narrow_screen(screens, acquainted, columns):
    """Where a fingerprint does not fit into a row it goes on in the next."""
    server, client = screens
    server.resize(24, columns)
    server.press(F3)
    server.wait_for(lambda: all(person.fingerprint in "".join(row.strip() for row in server.pane)
                                for person in acquainted))


@pytest.mark.parametrize("key", ["x", ctrl("D"), PAGE_UP], ids=["letter", "Ctrl-D", "PgUp"])
def test_any_key_closes_it(tls_screen_called, key):
    """Any key closes what F3 shows, and does nothing else."""
    server, caller = tls_screen_called(columns=100)
    before = server.rows()
    server.press(F3)
    server.wait_for(CIPHER)
    server.press(key)
    server.wait_for(lambda: server.rows() == before)


def test_conversation_goes_on_under_it(tls_screen_called):
    """Lines that come meanwhile are there when it is closed."""
    server, caller = tls_screen_called(columns=100)
    server.press("half-typed" + F3)
    server.wait_for(lambda: server.shows(CIPHER) and server.input == "> half-typed")
    caller.send("meanwhile\n")
    server.wait_for(theirs("meanwhile", "friend"))
    server.press("!")
    server.wait_for(lambda: not server.shows(CIPHER) and server.input == "> half-typed")
    assert server.shows(theirs("meanwhile", "friend"))


def test_it_is_of_who_is_there_now(ann, friend, stranger, screen, port):
    """Where somebody else calls meanwhile, F3 does not go on showing the key and the number of the one before."""
    for number, person in enumerate((friend, stranger)):
        ann.knows(f"caller {person.fingerprint} caller{number}")
    server = screen("-s", "-k", "-t", port, env=ann.env, columns=100)
    server.wait_for("waiting on port")
    first = tls_call(port, friend)
    server.wait_for(lambda: "caller0" in server.bar)
    server.press(F3)
    server.wait_for(re.escape(friend.fingerprint))
    first.close_input()
    server.wait_for(lambda: "waiting on port" in server.bar)
    second = tls_call(port, stranger)
    server.wait_for(lambda: "caller1" in server.bar)
    assert server.shows(re.escape(stranger.fingerprint)) and not server.shows(re.escape(friend.fingerprint))
    second.close_input()


def test_how_somebody_unknown_is_encrypted(ann, screen, port):
    """Where the peer has shown no key, F3 has one's own and no other."""
    server = screen("-s", "-t", "--anonymous", port, env=ann.env, columns=100)
    server.wait_for("waiting on port")
    tls_call(port)
    server.wait_for("is unknown: it has shown no key")
    server.press(F3)
    server.wait_for("there +unknown: it has shown no key$")
    assert server.shows(CIPHER) and server.shows(re.escape(ann.fingerprint) + "$")
    assert sum("SHA256:" in row for row in server.pane if not re.search("made a key|of your key", row)) == 1


def test_not_encrypted(screen_called):
    """Without -t, F3 says that nothing is encrypted."""
    server, caller = screen_called()
    assert not any("not encrypted" in row for row in server.pane)
    server.press(F3)
    server.wait_for(lambda: any("not encrypted" in row for row in server.pane))
    server.press("x")
    server.wait_for(lambda: not any("not encrypted" in row for row in server.pane))


def test_f3_while_nobody_is_there(screen, ann, port, tmp_path):
    """Before and after a conversation F3 says that nobody is there, and leaves no trace of that."""
    server = screen("-s", "-t", "-l", tmp_path / "log", port, env=ann.env, columns=100)
    server.wait_for(notice(f"waiting on port {port}"))
    before = server.pane
    server.press(F3)
    server.wait_for("Nobody is there")
    server.press("x")
    server.wait_for(lambda: server.pane == before)
    caller = tls_call(port, None)
    server.wait_for(notice(".* has shown no key"))
    caller.incoming.expect_end()
    server.press(F3)
    server.wait_for("Nobody is there")
    server.press("xy")
    server.wait_for(lambda: server.input == "> y")
    assert "obody is there" not in (tmp_path / "log").read_text()


# How far a line has come


def test_peer_acknowledges(tls_screen_called):
    """A line that the other machine has is ticked off."""
    server, caller = tls_screen_called()
    server.say("hello")
    server.wait_for(marked(DELIVERED, "hello"))
    caller.expect("hello\n")


@needs_linux
def test_peer_refuses_after_lines_have_arrived(ann, bob, screen, port, tmp_path):
    """Until the other person has answered whether to let one in, lines arrive; if the answer is no, nobody has seen
    them."""
    log = tmp_path / "log"
    bob.knows(f"server {ann.fingerprint} {HOST} {port}", f"name {ann.fingerprint} ann")
    server = screen("-s", "-t", port, env=ann.env, columns=120)
    server.wait_for("waiting on port")
    client = screen("-c", "-t", "-l", log, HOST, port, env=bob.env, columns=120)
    client.wait_for("encrypted: the key of")
    wait_for_question(server, "let it in.*")
    client.say("hello Ann")
    client.say("are you there?")
    client.wait_for(marked(DELIVERED, r"are you there\?"))
    server.say("no")
    client.wait_for(notice("ann refused the conversation, and shows nothing that was sent"))
    client.wait_for(notice("2 lines were not delivered"))
    client.wait_for(marked(LOST, "hello Ann"))
    client.wait_for(marked(LOST, r"are you there\?"))
    client.press(ctrl("D"))
    assert client.wait() == 1
    said = [row for row in client.rows() if "not delivered: " in row]
    assert said == ["tchat: not delivered: hello Ann", "tchat: not delivered: are you there?"]
    assert re.findall(" \\* not delivered: (.*)", log.read_text()) == ["hello Ann", "are you there?"]


@needs_linux
def test_cut_off_after_a_line(tls_screen_called):
    """Whoever is in between can take what is sent, and end it; what was answered before has been seen."""
    server, caller = tls_screen_called()
    server.say("one")
    caller.expect("one\n")
    caller.send("yes\n")
    server.wait_for(theirs("yes", "friend"))
    server.say("two")
    caller.expect("two\n")
    server.wait_for(marked(DELIVERED, "two"))
    caller.cut()
    server.wait_for(notice("1 line may not have been seen: nothing was heard after it"))
    server.wait_for(marked(DOUBTED, "two"))
    assert server.shows(marked(DELIVERED, "one"))


@needs_linux
def test_encrypted_goodbye(tls_screen_called):
    """A goodbye that nobody else can say is one of somebody who has read all, without a word as well."""
    server, caller = tls_screen_called()
    server.say("one")
    caller.expect("one\n")
    server.wait_for(marked(DELIVERED, "one"))
    caller.close_input()
    server.wait_for("has left$")
    server.wait_for(lambda: "waiting on port" in server.bar)
    assert server.shows(marked(DELIVERED, "one"))
    assert not server.shows("may not have been seen")


@needs_linux
def test_lines_of_all_lengths_are_acknowledged(tls_screen_called):
    """So are empty lines and those that fill several records."""
    server, caller = tls_screen_called()
    for line in ("", "x", "long " + "x" * 40_000, "漢字" * 100):
        server.say(pasted(line + "\n"))
        caller.expect(line + "\n")
    server.say("last")
    server.wait_for(marked(DELIVERED, "last"))
    server.wait_for(lambda: f"you {WAITING}" not in str(server.pane) and
                    f"you {ON_ITS_WAY}" not in str(server.pane))


@needs_linux
def test_peer_stops_reading(tls_screen_called):
    """What the other machine has, what is on its way and what is still here look different."""
    server, caller = tls_screen_called("-H", 20_000, deaf=True, columns=80)
    server.say("first")
    server.wait_for(marked(DELIVERED, "first"))
    server.say(pasted("\r".join(f"line {n} {'x' * 40}" for n in range(5000))))
    server.wait_for(lambda: "does not read" in server.bar)
    assert re.search(marked(WAITING, "line 4999 x+"), server.pane[-1])
    server.press(CTRL_PAGE_UP)
    server.wait_for(marked(DELIVERED, "first"))
    assert not server.shows(marked(LOST, ".*"))
    caller.listen()
    caller.incoming.expect_amount(len("first\n") + 5000 * 46)
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(marked(DELIVERED, "line 4999 x+"))


@needs_linux
def test_peer_resets(tls_screen_called, tmp_path):
    """When the connection breaks, what was not delivered is marked, counted, and in the log; and
    said once more at the end."""
    log = tmp_path / "log"
    server, caller = tls_screen_called("-l", log, deaf=True, columns=120)
    server.say("has arrived")
    server.wait_for(marked(DELIVERED, "has arrived"))
    server.say(pasted(FILLER))
    server.say("one")
    server.say("two")
    server.wait_for(lambda: "does not read" in server.bar)
    caller.reset()
    server.wait_for(notice("3 lines were not delivered"))
    assert server.shows(marked(LOST, "one")) and server.shows(marked(LOST, "two"))
    server.press(CTRL_PAGE_UP)
    server.wait_for(marked(DOUBTED, "has arrived"))
    server.press(ctrl("D"))
    assert server.wait() == 1
    said = [row for row in server.rows() if "not delivered: " in row]
    assert said[-2:] == ["tchat: not delivered: one", "tchat: not delivered: two"]
    assert sum(" * not delivered: " in line for line in log.read_text().splitlines()) == 3
    assert server.is_restored()


def test_leaving_waits_for_what_is_not_delivered(tls_screen_called):
    """Leaving waits for the lines on their way, and says so; once they have arrived, all is well."""
    server, caller = tls_screen_called(deaf=True)
    server.say(pasted(FILLER))
    server.say("one more")
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    caller.listen()
    assert caller.expect_end().decode() == f"{FILLER}\none more\n"
    caller.close_input()
    assert server.wait() == 0
    assert not server.shows("not delivered")


def test_leaving_gives_up_for_a_second_goodbye(tls_screen_called):
    """Who does not want to wait for the lines on their way says so again, and learns what is lost."""
    server, caller = tls_screen_called(deaf=True)
    server.say(pasted(FILLER))
    server.say("one more")
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.shows("^tchat: not delivered: one more$")


def test_stream_is_cut(tls_screen_called):
    """An end without a goodbye is told in the pane, which stays."""
    server, caller = tls_screen_called(columns=120)
    caller.send("a line\n")
    server.wait_for("a line$")
    caller.cut()
    server.wait_for(notice("the connection to friend was cut off: it ended without a goodbye"))
    server.press(ctrl("D"))
    assert server.wait() == 1


def test_stranger_makes_room(ann, friend, screen, port):
    """Who calls and says nothing does not keep the line from who calls then."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = screen("-s", "-t", "-k", port, env=ann.env, columns=120)
    server.wait_for(notice(f"waiting on port {port}"))
    stranger = call(port)
    server.wait_for(notice(f"{HOST} has called"))
    caller = tls_call(port, friend)
    server.wait_for("more than 2 seconds, and others call")
    server.wait_for(notice("encrypted: the caller is friend"))
    caller.send("it is me\n")
    server.wait_for(theirs("it is me", "friend"))
    stranger.incoming.expect_end()


def test_peer_changes_while_keeping(ann, friend, stranger, screen, port):
    """With -k, each caller has its own name in the bar, and its own question."""
    ann.knows(f"caller {friend.fingerprint} friend")
    server = screen("-s", "-t", "-k", port, env=ann.env, columns=120)
    server.wait_for("waiting on port")
    first = tls_call(port, friend)
    server.wait_for(lambda: status_bar(server).lstrip().startswith("friend · encrypted ·"))
    first.close_input()
    server.wait_for(notice(".* has left"))
    second = tls_call(port, stranger)
    wait_for_question(server, "let it in.*")
    server.say("yes Robert")
    server.wait_for(lambda: status_bar(server).lstrip().startswith("Robert · encrypted, new key ·"))
    server.say("welcome")
    second.expect("welcome\n")
    second.close_input()
    server.wait_for(lambda: "waiting on port" in status_bar(server))
    tls_call(port, stranger)
    server.wait_for(notice("encrypted: the caller is Robert"))
    server.wait_for(lambda: status_bar(server).lstrip().startswith("Robert · encrypted ·"))


def test_lines_keep_their_speaker(ann, friend, identity, screen, port):
    """A line stays its speaker's, whose name is shown whole, whoever calls later or only tries to."""
    other = identity(name="other")
    ann.knows(f"caller {friend.fingerprint} Benjamin", f"caller {other.fingerprint} Ben")
    server = screen("-s", "-t", "-k", port, env=ann.env)
    server.wait_for("waiting on port")
    first = tls_call(port, friend)
    first.send("pay a hundred\n")
    server.wait_for(theirs("pay a hundred", "Benjamin"))
    first.close_input()
    server.wait_for(notice(".* has left"))
    second = tls_call(port, other)
    second.send("hello\n")
    server.wait_for(theirs("hello", "Ben"))
    assert server.shows(theirs("pay a hundred", "Benjamin"))
    second.close_input()
    server.wait_for(lambda: "waiting on port" in status_bar(server))
    stranger = call(port)
    server.wait_for(notice(f"{HOST} has called"))
    assert server.shows(theirs("pay a hundred", "Benjamin")) and server.shows(theirs("hello", "Ben"))


def test_connection_that_takes_a_while(screen, bob):
    """The handshake begins when the connection stands, also if nothing else happens at that moment."""
    door = Door(backlog=0)
    with socket.socket() as first, socket.socket() as second:
        for filler in (first, second):  # the door's queue is full
            filler.setblocking(False)
            filler.connect_ex((HOST, door.port))
        client = screen("-c", "-t", HOST, door.port, env=bob.env)
        client.wait_for(f"calling {HOST}")
        eventually(lambda: client.update(0.01) or not children(children(client.pid)[0]), "the end of the look-up")
        fillers = {first.getsockname()[1], second.getsockname()[1]}
        lines = iter(door.socket.accept, None)
        line = next(line for line, (_, port) in lines if port not in fillers)
        client.wait_for(f"connected to {HOST}")
        assert Line(line).expect(b"\x16\x03") == b""


@looks_into_listener
@needs_linux
@not_under_sanitizers
def test_listener_has_nothing_of_before(ann, friend, stranger, screen, port):
    """What was said to the one before is not in memory that the TLS library has used, either."""
    ann.knows(f"caller {friend.fingerprint} friend", f"caller {stranger.fingerprint} stranger")
    server = screen("-s", "-k", "-t", port, env=ann.env)
    server.wait_for("waiting on port")
    first = tls_call(port, friend)
    server.wait_for("encrypted: the caller is friend")
    first.send("heardbefore\n" * 1000 + "and more\n")
    server.wait_for(theirs("and more", "friend"))
    for number in range(10):
        server.say(f"saidbefore {number}")
    first.expect("saidbefore 9\n")
    first.close_input()
    server.wait_for(lambda: server.pane[-1].endswith(f"waiting on port {port}"))
    tls_call(port, stranger)
    server.wait_for("encrypted: the caller is stranger")
    assert_knows_nothing(eventually(lambda: listeners(server.pid), "a listener")[0], "heardbefore", "saidbefore")
