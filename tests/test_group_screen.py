"""A group in the full screen of its host: who is there, hanging up and banning, and who asks to come in (-t)."""

import os
import re
import signal
import socket

import pytest

from fullscreen import status_bar
from peers import HOST, call, editors
from room import QUESTION, enter
from terminal import BACKSPACE, DOWN, ENTER, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, ctrl
from test_again import F8
from test_log import entries
from test_screen import TIME, notice, pasted
from tls import F3, TlsLine, client_context, tls_call

F5 = "\x1b[15~"
OTHER = "127.0.0.2"
CLOSED = b"The room is closed to you.\n"
CHOOSE = "F8 hangs up on"
DRAFT = "a line for all"


@pytest.fixture
def host(screen, port):
    """tchat as the host of a group, on a terminal, whose name is carl."""
    def host(*arguments, **options):
        terminal = screen("-s", "-g", "-n", "carl", *arguments, port, **options)
        terminal.wait_for(notice(f"waiting on port {port}"))
        terminal.port = port
        return terminal

    return host


def join(terminal, *names, **options):
    """So many call, one after the other, give their names, and are seen."""
    members = []
    for name in names:
        members.append(enter(call(terminal.port, **options), name))
        terminal.wait_for(notice(f"~{name} has joined: .*"))
    return members


def words(terminal):
    """All that is on the screen, in one row."""
    return " ".join(" ".join(terminal.rows()).split())


def chosen(terminal):
    """Who is chosen in the list."""
    rows = [match for row in terminal.pane if (match := re.search(r"  > (~?\S+)", row))]
    assert len(rows) <= 1
    return rows[0][1] if rows else None


def open_list(terminal, key=F3):
    terminal.press(key)
    terminal.wait_for(lambda: chosen(terminal))


def close_list(terminal):
    terminal.press(ESCAPE)
    terminal.wait_for(lambda: not chosen(terminal))


def choose(terminal, name):
    """Chooses somebody in the list, who is below."""
    while chosen(terminal) != name:
        before = chosen(terminal)
        terminal.press(DOWN)
        terminal.wait_for(lambda: chosen(terminal) != before)


def ask(terminal, key, question):
    """Presses a key upon which something is asked, and waits until the answer counts."""
    terminal.press_and_wait(key)
    terminal.wait_for(lambda: question in words(terminal))


# Who is there


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_list(host, columns):
    """F3 shows the name, the place, since when and how safe it is of each."""
    terminal = host(columns=columns)
    ann, bob = join(terminal, "ann", "bob")
    open_list(terminal)
    shown = words(terminal)
    assert "2 others here" in shown
    for name, member in ("ann", ann), ("bob", bob):
        parts = f"~{name}", f"{HOST} port {member.port}", r"since \d\d:\d\d", "not encrypted"
        assert len(re.findall("( ·)? ".join(parts), shown)) == 1
    assert "F8 hangs up on, b bans who is chosen; any other key closes this." in shown
    assert chosen(terminal) == "~ann"
    terminal.press(DOWN)
    terminal.wait_for(lambda: chosen(terminal) == "~bob")
    terminal.press(DOWN + "\x1bOA")
    terminal.wait_for(lambda: chosen(terminal) == "~ann")


def test_list_of_nobody(host):
    """Then it says how others come."""
    terminal = host()
    terminal.press(F3)
    terminal.wait_for("Nobody is there")
    terminal.press(F3)
    terminal.wait_for(lambda: "Nobody is there" not in words(terminal))


@pytest.mark.parametrize("key", [ESCAPE, "x", F3, ENTER])
def test_keys_for_the_list_are_for_nothing_else(host, key):
    """Whatever closes it, what is typed stays, and is not sent."""
    terminal = host()
    [ann] = join(terminal, "ann")
    terminal.press(DRAFT)
    open_list(terminal)
    terminal.press(key)
    terminal.wait_for(lambda: not chosen(terminal))
    assert terminal.input == f"> {DRAFT}"
    terminal.press("!" + ENTER)
    ann.expect(f"<carl> {DRAFT}!\n")


@pytest.mark.parametrize("rows, columns", [(24, 80), (8, 40), (6, 80)])
def test_long_list(host, rows, columns):
    """Who is chosen is in view, whatever the room."""
    names = [f"m{number}" for number in range(9)]
    terminal = host("--members", 20, columns=columns)
    for name in names:  # so many that they are summed up
        enter(call(terminal.port), name)
    terminal.wait_for(lambda: "9 others here" in terminal.bar)
    terminal.resize(rows, columns)
    open_list(terminal)
    for name in names[1:]:
        terminal.press(DOWN)
        terminal.wait_for(lambda name=name: chosen(terminal) == f"~{name}")
    terminal.press(PAGE_UP * 9)
    terminal.wait_for(lambda: chosen(terminal) == "~m0")
    terminal.press(PAGE_DOWN * 9)
    terminal.wait_for(lambda: chosen(terminal) == "~m8")


def test_members_come_and_go_under_the_list(host):
    """Who is chosen stays chosen; who comes is in the list."""
    terminal = host()
    ann, bob = join(terminal, "ann", "bob")
    open_list(terminal)
    choose(terminal, "~bob")
    ann.close_input()
    terminal.wait_for(lambda: "1 other here" in words(terminal))
    assert chosen(terminal) == "~bob"
    enter(call(terminal.port), "cleo")
    terminal.wait_for(lambda: "~cleo" in words(terminal))
    assert chosen(terminal) == "~bob"
    bob.close_input()
    terminal.wait_for(lambda: chosen(terminal) == "~cleo")


# Hanging up


def test_hanging_up_on_one(host):
    """After a question; it and the others are told, and what is typed stays."""
    terminal = host()
    ann, bob = join(terminal, "ann", "bob")
    terminal.press(DRAFT)
    open_list(terminal)
    choose(terminal, "~bob")
    ask(terminal, F8, "Hang up on ~bob? y: yes, any other key: no")
    terminal.press("y")
    bob.expect("* You were hung up on.\n")
    bob.incoming.expect_end()
    ann.expect("* ~bob was hung up on: 2 are here\n")
    bob.send("more\n")
    bob.close_input()
    terminal.wait_for(lambda: chosen(terminal) == "~ann")
    close_list(terminal)
    terminal.wait_for(notice("~bob was hung up on: 2 are here"))
    assert terminal.input == f"> {DRAFT}"
    terminal.press(ENTER)
    assert ann.expect(f"<carl> {DRAFT}\n") == b""  # and nothing of bob's


@pytest.mark.parametrize("key", ["n", ESCAPE, F8, ENTER])
def test_no_hanging_up(host, key):
    """Any other key is no, and leads back to the list."""
    terminal = host()
    [ann] = join(terminal, "ann")
    open_list(terminal)
    ask(terminal, F8, "Hang up on ~ann?")
    terminal.press(key)
    terminal.wait_for(lambda: "Up and Down choose" in words(terminal))
    close_list(terminal)
    terminal.say("still there?")
    ann.expect("<carl> still there?\n")


def test_question_whose_member_goes(host):
    """Nobody is hung up on in the place of who was named."""
    terminal = host()
    ann, bob, cleo = join(terminal, "ann", "bob", "cleo")
    open_list(terminal)
    choose(terminal, "~bob")
    ask(terminal, F8, "Hang up on ~bob?")
    bob.close_input()
    terminal.wait_for(lambda: "has gone meanwhile" in words(terminal))
    terminal.press("y")
    terminal.wait_for(lambda: not chosen(terminal))
    terminal.say("both here?")
    for end in ann, cleo:
        end.expect("<carl> both here?\n")


def test_yes_before_the_question_is_seen(host):
    """Is none: whom it would have been about may be somebody else."""
    terminal = host()
    [ann] = join(terminal, "ann")
    terminal.press(F8 + F8 + "y")
    terminal.wait_for(lambda: "Hang up on ~ann?" in words(terminal))
    terminal.press("n" + ESCAPE)
    terminal.wait_for(lambda: not chosen(terminal))
    terminal.say("still there?")
    ann.expect("<carl> still there?\n")


def test_f8_hangs_up_on_nobody(host):
    """Outside of the list it opens that."""
    terminal = host()
    [ann] = join(terminal, "ann")
    open_list(terminal, F8)
    close_list(terminal)
    terminal.say("still there?")
    ann.expect("<carl> still there?\n")


def test_leaving_while_one_is_hung_up_on(host):
    """Ctrl-D delivers what is on its way to the others, though one is about to go."""
    terminal = host()
    ann, bob = join(terminal, "ann", "bob")
    open_list(terminal)
    ask(terminal, F8, "Hang up on ~ann?")
    terminal.press("y")
    ann.incoming.expect_end()
    terminal.wait_for(lambda: "hanging up" in words(terminal))
    close_list(terminal)
    terminal.press(ctrl("D"))
    bob.expect("* the room is closed\n")
    bob.incoming.expect_end()
    terminal.wait_for(lambda: "hanging up" in status_bar(terminal))
    for end in ann, bob:
        end.close_input()
    assert terminal.wait() == 0


# Banning


def test_banning_an_address(host):
    """Whoever shows no key is banned by the address, as is said; nobody from there is let in, but those who are."""
    terminal = host()
    [ann] = join(terminal, "ann")
    bob, cleo = join(terminal, "bob", "cleo", own=OTHER)
    open_list(terminal)
    choose(terminal, "~bob")
    ask(terminal, "b", f"Ban ~bob? This bans {OTHER}, and all who call from there, until tchat ends. y: yes")
    terminal.press("y")
    bob.expect("* The room is closed to you.\n")
    bob.expect_end()
    bob.close_input()
    again = call(terminal.port, own=OTHER)
    assert again.expect_end() == CLOSED
    dora = call(terminal.port)
    dora.expect(QUESTION)
    terminal.press(ESCAPE)
    terminal.wait_for(notice(f"{OTHER} is banned, and all who call from there"))
    terminal.wait_for(notice(f"{OTHER} called, and is banned"))
    cleo.send("I am still here\n")
    ann.expect("<~cleo> I am still here\n")
    assert ann.incoming.data.count(b"has joined") == 2


def test_strangers_who_are_banned_are_summed_up(host, tmp_path):
    """The first few are told of."""
    log = tmp_path / "log"
    terminal = host("-l", log)
    [bob] = join(terminal, "bob", own=OTHER)
    open_list(terminal)
    ask(terminal, "b", "Ban ~bob?")
    terminal.press("y")
    bob.expect_end()
    close_list(terminal)
    for _ in range(9):
        assert call(terminal.port, own=OTHER).expect_end() == CLOSED
    bob.close_input()
    terminal.press(ctrl("D"))
    assert terminal.wait() == 0
    told = [text for _, text in entries(log) if "banned" in text]
    assert told[0] == f"{OTHER} is banned, and all who call from there"
    assert all(re.fullmatch(rf"{OTHER} port \d+ called, and is banned", text) for text in told[1:6])
    assert re.fullmatch(rf"4 more called, and are banned, the last of them: {OTHER} port \d+", told[6])
    assert len(told) == 7


# Who asks to come in

@pytest.fixture
def strangers(identity):
    """People whose keys nobody knows."""
    return {name: identity(name=name) for name in ("bob", "cleo")}


@pytest.fixture
def tls_host(host, ann, friend):
    """Ann's room, encrypted, and a friend in it."""
    def tls_host(*arguments, **options):
        ann.knows(f"caller {friend.fingerprint} friend")
        terminal = host("-t", *arguments, env=ann.env, columns=100, **options)
        member = tls_call(terminal.port, friend)
        member.expect("* Welcome, friend. Here: carl.\n")
        terminal.wait_for(notice("friend has joined: .*"))
        return terminal, member

    return tls_host


ASKS = f"{HOST} asks to come in: F5 answers"


def knock(terminal, stranger):
    """Somebody calls whose key nobody knows."""
    other = tls_call(terminal.port, stranger)
    terminal.wait_for(lambda: "F5 answers" in terminal.bar)
    return other


def open_question(terminal):
    terminal.press(F5)
    terminal.wait_for(lambda: "yes or no?" in terminal.bar)


def test_question_waits(tls_host, strangers):
    """Who asks is announced, and named in the bar; a line that is typed is said to all, and answers nothing."""
    terminal, member = tls_host()
    other = knock(terminal, strangers["bob"])
    terminal.wait_for(f"{TIME}.*{ASKS}$")
    assert f"{HOST} asks to come in · F5 answers · 1 other here" in terminal.bar
    assert "\a" in terminal.shown.decode(errors="replace")
    for line in "yes", "no":
        terminal.say(line)
        member.expect(f"<carl> {line}\n")
    assert "let it in?" not in words(terminal)
    assert "F5 answers" in terminal.bar
    assert not other.incoming.data


@pytest.mark.parametrize("answer, name", [("yes", "bob"), ("yes Bobby", "Bobby"), ("fingerprint", "bob")])
def test_answer(tls_host, ann, strangers, answer, name):
    """F5 opens the question, the bar says whom one answers, and afterwards the line that was begun goes on."""
    terminal, member = tls_host()
    other = knock(terminal, strangers["bob"])
    terminal.press(DRAFT + LEFT * 3)
    terminal.wait_for(lambda: terminal.input == f"> {DRAFT}")
    place = terminal.cursor
    open_question(terminal)
    assert f"answering {HOST} · yes or no? · Esc goes back" in terminal.bar
    assert strangers["bob"].fingerprint in words(terminal)
    assert terminal.input == ">"
    terminal.press((pasted(strangers["bob"].fingerprint) if answer == "fingerprint" else answer) + ENTER)
    other.expect(f"* Welcome, {name}. Here: carl and friend.\n")
    terminal.wait_for(notice(f"{name} has joined: 3 are here"))
    assert terminal.input == f"> {DRAFT}"
    assert terminal.cursor == place
    assert ann.keys()[-1] == f"caller {strangers['bob'].fingerprint} {name}"
    terminal.press("#" + ENTER)
    assert member.expect(f"<carl> {DRAFT[:-3]}#{DRAFT[-3:]}\n") == f"* {name} has joined: 3 are here\n".encode()


def test_no(tls_host, strangers):
    """Refuses."""
    terminal, _ = tls_host()
    other = knock(terminal, strangers["bob"])
    open_question(terminal)
    terminal.say("no")
    terminal.wait_for(notice("the key was not accepted"))
    other.incoming.expect_end()
    assert "1 other here · encrypted" in terminal.bar


@pytest.mark.parametrize("key", [ESCAPE, F5, ctrl("D"), ctrl("U") + ctrl("C")])
def test_going_back(tls_host, strangers, key):
    """Leads back to what was typed, as it was, and answers nothing."""
    terminal, member = tls_host()
    knock(terminal, strangers["bob"])
    terminal.press(DRAFT)
    open_question(terminal)
    if key in (ESCAPE, F5, ctrl("U") + ctrl("C")):
        terminal.press("yes")
        terminal.wait_for(lambda: terminal.input == "> yes")
    terminal.press(key)
    terminal.wait_for(lambda: "F5 answers" in terminal.bar)
    assert terminal.input == f"> {DRAFT}"
    assert "let it in?" not in words(terminal)
    terminal.press(ENTER)
    assert member.expect("\n") == f"<carl> {DRAFT}".encode()
    open_question(terminal)
    assert "let it in?" in words(terminal)


@pytest.mark.parametrize("draft", ["", DRAFT])
def test_question_whose_caller_goes(tls_host, strangers, draft):
    """What was typed for an answer goes to nobody, and what comes back is said only after a second look."""
    terminal, member = tls_host()
    other = knock(terminal, strangers["bob"])
    terminal.press(draft)
    open_question(terminal)
    terminal.press("ye")
    terminal.wait_for(lambda: terminal.input == "> ye")
    other.close_input()
    terminal.wait_for("that question is over: what was typed for an answer is dropped")
    terminal.press("s" + ENTER)
    terminal.wait_for("that question is over: Enter again says this to all")
    assert terminal.input == f"> {draft}s"
    terminal.press(BACKSPACE + "!" + ENTER)
    assert member.expect("\n") == f"<carl> {draft}!".encode()
    terminal.say("and so on")
    assert member.expect("\n") == b"<carl> and so on"


def test_answer_before_the_question_is_seen(tls_host, strangers):
    """Is none, and goes to nobody."""
    terminal, member = tls_host()
    other = knock(terminal, strangers["bob"])
    terminal.press(F5 + "yes" + ENTER)
    terminal.wait_for("that was typed before the question")
    assert terminal.input == "> yes"
    assert not other.incoming.data
    terminal.press(ESCAPE)
    terminal.wait_for(lambda: terminal.input == ">")
    terminal.say("hello")
    assert member.expect("\n") == b"<carl> hello"


def test_several_ask(tls_host, strangers):
    """One after the other, in the order in which they came; the others go on talking."""
    terminal, member = tls_host()
    bob = knock(terminal, strangers["bob"])
    cleo = tls_call(terminal.port, strangers["cleo"])
    terminal.wait_for(lambda: "2 ask to come in · F5 answers" in terminal.bar)
    open_question(terminal)
    assert strangers["bob"].fingerprint in words(terminal)
    member.send("meanwhile\n")
    terminal.wait_for("meanwhile$")
    terminal.say("yes")
    bob.expect("* Welcome, bob. Here: carl and friend.\n")
    terminal.wait_for(lambda: f"{HOST} asks to come in · F5 answers · 2 others here" in terminal.bar)
    terminal.say("yes")
    bob.expect("<carl> yes\n")
    open_question(terminal)
    assert strangers["cleo"].fingerprint in words(terminal)
    terminal.say("yes")
    cleo.expect("* Welcome, cleo. Here: carl, friend and bob.\n")
    terminal.wait_for(lambda: "3 others here · encrypted" in terminal.bar)


def test_strangers_take_no_place_of_a_friend(tls_host, strangers, friend):
    """Who asks to come in is no member yet, and becomes one only where there is room."""
    terminal, member = tls_host("--members", 1)
    member.close_input()
    member.incoming.expect_end()
    other = knock(terminal, strangers["bob"])
    again = tls_call(terminal.port, friend)
    again.expect("* Welcome, friend. Here: carl.\n")
    open_question(terminal)

    def refusals():
        return sum("the room is full: answer no, or once somebody has left" in row for row in terminal.pane)

    terminal.say("yes")
    terminal.wait_for(refusals)
    again.close_input()
    again.incoming.expect_end()
    while not terminal.shows("bob has joined"):  # a moment later there is room
        before = refusals()
        terminal.say("yes")
        terminal.wait_for(lambda: terminal.shows("bob has joined") or refusals() > before)
    other.expect("* Welcome, bob. Here: carl.\n")


def test_refusing_in_a_full_room(tls_host, strangers, friend):
    """No is an answer there, too."""
    terminal, member = tls_host("--members", 2)
    other = knock(terminal, strangers["bob"])
    again = tls_call(terminal.port, friend)
    enter(again, "second")
    open_question(terminal)
    terminal.say("no")
    other.incoming.expect_end()
    terminal.wait_for(notice("the key was not accepted"))


def test_too_many_strangers(tls_host, strangers, identity, friend):
    """Of nine who ask who has done so for longest gives way, but for the one whose question is open; a friend comes in,
    however many they are."""
    terminal, member = tls_host("--members", 2)
    first = knock(terminal, strangers["bob"])
    open_question(terminal)
    others = [tls_call(terminal.port, strangers["cleo"])]
    others += [tls_call(terminal.port, identity(name=f"no {number}")) for number in range(7)]
    others[0].incoming.expect_end()
    terminal.wait_for("the key was not accepted: too many ask to come in, and it has asked for longest")
    enter(tls_call(terminal.port, friend), "second")
    member.close_input()
    member.incoming.expect_end()
    assert not any(end.incoming.ended for end in [first, *others[1:]])
    assert strangers["bob"].fingerprint in words(terminal)


def test_question_stays_when_an_earlier_caller_is_through(tls_host, strangers):
    """Who has called before, and shows a key later, does not get into the question that is open."""
    terminal, _ = tls_host()
    early = socket.create_connection((HOST, terminal.port))
    terminal.press(F3)
    terminal.wait_for(lambda: "agreeing on encryption" in words(terminal))
    terminal.press(F3)
    knock(terminal, strangers["bob"])
    open_question(terminal)
    terminal.press("ye")
    cleo = TlsLine(early, client_context(strangers["cleo"]))
    terminal.wait_for(lambda: terminal.input == "> ye")
    terminal.press(F3)
    terminal.wait_for(lambda: "2 ask to come in" in words(terminal))
    terminal.press("x")
    terminal.wait_for(lambda: not chosen(terminal))
    terminal.press("s" + ENTER)
    terminal.wait_for(notice("bob has joined: .*"))
    assert not cleo.incoming.data


def test_name_of_somebody_who_is_there(tls_host, strangers):
    """Cannot be given to another one, whatever the file of known peers says."""
    terminal, _ = tls_host("--anonymous")
    enter(tls_call(terminal.port), "Dora")
    terminal.wait_for(notice("~Dora has joined: .*"))
    other = knock(terminal, strangers["bob"])
    open_question(terminal)
    for name in "dora", "Carl":
        terminal.say(f"yes {name}")
        terminal.wait_for(lambda: "will not do: answer yes and another name, or no" in words(terminal))
    terminal.say("yes Emil")
    other.expect("* Welcome, Emil. Here: carl, friend and ~Dora.\n")


def test_f5_without_a_question(host):
    """Says so."""
    terminal = host()
    terminal.press(F5)
    terminal.wait_for(notice("nobody asks to come in"))


def test_who_asks_is_in_the_list(tls_host, strangers):
    """First, and can be hung up on there, even while the question is open."""
    terminal, _ = tls_host()
    other = knock(terminal, strangers["bob"])
    terminal.press(DRAFT)
    open_question(terminal)
    open_list(terminal)
    assert "1 other here, 1 asks to come in" in words(terminal)
    assert re.search(rf"> {HOST} port \d+ · asks to come in · {re.escape(strangers['bob'].fingerprint)}",
                     words(terminal))
    ask(terminal, F8, f"Hang up on {HOST} port")
    terminal.press("y")
    other.incoming.expect_end()
    terminal.wait_for(lambda: chosen(terminal) == "friend")
    terminal.press(ESCAPE)
    terminal.wait_for(notice("the key was not accepted"))
    terminal.wait_for(lambda: terminal.input == f"> {DRAFT}")


@pytest.mark.parametrize("known", [False, True])
def test_banning_a_key(tls_host, ann, strangers, known):
    """Whoever shows it is not let in, known or not, whatever the address; others from there are."""
    terminal, member = tls_host()
    bob = strangers["bob"]
    if known:
        ann.knows(f"caller {bob.fingerprint} bob")
        other = tls_call(terminal.port, bob)
        other.expect("* Welcome, bob.")
        terminal.wait_for(notice("bob has joined: .*"))
    else:
        other = knock(terminal, bob)
    open_list(terminal)
    if known:
        choose(terminal, "bob")
    ask(terminal, "b", f"This bans the key {bob.fingerprint}, until tchat ends.")
    terminal.press("y")
    other.incoming.expect_end()
    terminal.press(ESCAPE)
    terminal.wait_for(lambda: not chosen(terminal))
    again = tls_call(terminal.port, bob)
    again.incoming.expect_end()
    assert b"Welcome" not in again.incoming.data
    terminal.wait_for(notice(f"{HOST} called, and is banned"))
    cleo = knock(terminal, strangers["cleo"])
    open_question(terminal)
    terminal.say("yes")
    cleo.expect("* Welcome, cleo.")


def test_leaving_with_a_question_open(tls_host, strangers):
    """What was typed before is not lost: it is said as what was not sent."""
    terminal, _ = tls_host()
    knock(terminal, strangers["bob"])
    terminal.press(DRAFT)
    open_question(terminal)
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.wait_for(DRAFT)
    terminal.wait()


def test_leaving_while_somebody_asks(tls_host, strangers):
    """Who is not let in is no failure: the status is 0."""
    terminal, member = tls_host()
    knock(terminal, strangers["bob"])
    terminal.press(ctrl("D"))
    member.expect("* the room is closed\n")
    member.incoming.expect_end()
    member.close_input()
    assert terminal.wait() == 0


def test_editor_dies_with_a_question_open(tls_host, strangers):
    """What was typed before comes back all the same, and what was typed for an answer does not."""
    terminal, member = tls_host()
    knock(terminal, strangers["bob"])
    terminal.press(DRAFT + LEFT)
    open_question(terminal)
    terminal.press("yes")
    terminal.wait_for(lambda: terminal.input == "> yes")
    [editor] = editors(terminal.pid)
    os.kill(editor, signal.SIGKILL)
    terminal.press(ESCAPE)
    terminal.wait_for("the line editor died: Killed")
    assert terminal.input == f"> {DRAFT}"
    terminal.press(ENTER)
    assert member.expect("\n") == f"<carl> {DRAFT}".encode()


def test_a_conversation_of_two_is_as_it_was(screen, port):
    """F5 does nothing there, and F3 shows what it did."""
    terminal = screen("-s", port)
    terminal.wait_for(notice(f"waiting on port {port}"))
    caller = call(port)
    terminal.wait_for(notice(f"{HOST} has called"))
    terminal.press(F5 + F3)
    terminal.wait_for("This conversation is not encrypted")
    terminal.press("x")
    terminal.say("hello")
    caller.expect("hello\n")
    assert "asks to come in" not in words(terminal)
