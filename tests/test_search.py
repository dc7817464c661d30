"""Searching in the conversation, on the screen."""

import re

import pytest

from fullscreen import CTRL_PAGE_DOWN, CTRL_PAGE_UP, DELIVERED, F1, F4, F9, marked, not_under_sanitizers
from peers import HOST, eventually
from terminal import BACKSPACE, DOWN, ENTER, ESCAPE, PAGE_UP, UP, ctrl
from test_screen import lines, notice, pasted, theirs
from test_trust import LET_IN, WIDE
from tls import needs_tls, tls_call, wait_for_question

NOTHING = "nothing found"


def highlighted(terminal):
    """What is marked in the pane, and what of it is marked more so: texts with their rows."""
    found = {"others": [], "current": []}
    for y in range(len(terminal.pane)):
        row = [terminal.display.buffer[y][x] for x in range(terminal.display.columns)]
        for kind, marked in (("others", lambda cell: cell.underscore), ("current", lambda cell: cell.reverse)):
            text = "".join(cell.data if marked(cell) else "\0" for cell in row)
            found[kind] += [(y, part) for part in text.split("\0") if part]
    return found["others"], found["current"]


def current(terminal):
    """The match that is marked most, row by row."""
    return [text for _, text in highlighted(terminal)[1]]


def prompt(typed, said=""):
    return f"search: {typed}  {said}".rstrip()


@pytest.fixture
def searched(screen_called):
    """tchat as a server whose caller has said some lines, among others."""
    def searched(text, after=0, *arguments, **options):
        server, caller = screen_called(*arguments, **options)
        caller.send(text + lines(after) + "the end\n")
        server.wait_for(theirs("the end"))
        return server, caller

    return searched


def look_for(server, text):
    server.press(F4 + text)
    server.wait_for(lambda: server.input.startswith(prompt(text)) and "searching" not in server.input)


def test_finds_what_is_not_in_view(searched):
    """F4 and a text bring the newest line that has it into view, whatever its case."""
    server, caller = searched("one Needle\nno match\ntwo nEEdles\n", 200)
    look_for(server, "needle")
    assert current(server) == ["nEEdle"]
    assert server.shows(theirs("one Needle")) and server.shows(theirs("two nEEdles"))
    others, _ = highlighted(server)
    assert [text for _, text in others] == ["Needle"]
    assert server.input == prompt("needle") and server.cursor == (23, len("search: needle"))


def test_older_and_newer(searched):
    """F4 or Up goes on to the next older one, Down to the next newer one; after Enter n and N do the same."""
    server, caller = searched("".join(f"{n} found\n" + lines(50) for n in range(5)))
    look_for(server, "found")

    def at(number):
        server.wait_for(lambda: current(server) == ["found"] and any(
            re.search(theirs(f"{number} found"), server.pane[y]) for y, _ in highlighted(server)[1]))

    at(4)
    for key, number in ((F4, 3), (UP, 2), ("\x1b[14~", 1), (DOWN, 2), (ENTER, 2), ("n", 1), ("N", 2), ("n", 1),
                        (F4, 0)):
        server.press(key)
        at(number)
    server.press("n")
    server.wait_for(lambda: server.input == prompt("found", "nothing older"))
    at(0)
    server.press("NNNN")
    at(4)
    server.press("N")
    server.wait_for(lambda: server.input == prompt("found", "nothing newer"))
    at(4)


def test_each_key_narrows_it(searched):
    """What is typed is looked for at once; what is taken back widens it again, by whole characters."""
    server, caller = searched("na\u0308chste Zeile\n" + lines(50) + "nah\n" + lines(50) + "nase\n", 30)
    look_for(server, "n")
    server.press("a")
    server.wait_for(lambda: current(server) == ["na"] and server.shows(theirs("nase")))
    server.press("\u0308")
    server.wait_for(lambda: server.shows(theirs("n\u00e4chste Zeile")))
    server.press("x")
    server.wait_for(lambda: server.input == prompt("n\u00e4x", NOTHING))
    assert server.shows(theirs("n\u00e4chste Zeile"))
    server.press(BACKSPACE)
    server.wait_for(lambda: server.input == prompt("n\u00e4"))
    server.press(BACKSPACE)
    server.wait_for(lambda: server.input.startswith(prompt("n")) and server.shows(theirs("the end")))
    server.press("ah")
    server.wait_for(lambda: current(server) == ["nah"])
    server.press(ctrl("U"))
    server.wait_for(lambda: server.input == "search:" and highlighted(server) == ([], []))


def test_nothing_found(searched):
    """That is said where it is typed, and the view stays."""
    server, caller = searched("", 100)
    server.press(F4)
    server.wait_for(lambda: server.input == "search:")
    before = server.pane
    server.press("needle")
    server.wait_for(lambda: server.input == prompt("needle", NOTHING))
    assert server.pane == before and highlighted(server) == ([], [])


def test_nothing_above_the_view(searched):
    """Where one has scrolled back, what is below the view is not there in vain: Down finds it."""
    server, caller = searched("", 100)
    server.press(CTRL_PAGE_UP + F4 + "line 90")
    server.wait_for(lambda: server.input == prompt("line 90", "nothing older"))
    server.press(DOWN)
    server.wait_for(theirs("line 90"))
    assert current(server) == ["line 90"]


@pytest.mark.parametrize("key", [ESCAPE, ctrl("G"), ctrl("C"), ctrl("D")])
@pytest.mark.parametrize("accepted", ["", ENTER])
def test_going_back(searched, key, accepted):
    """Escape and the like go back to where one was, and to what was being typed."""
    server, caller = searched("needle\n", 100)
    server.press("half-typed" + PAGE_UP)
    server.wait_for(lambda: "scrolled back" in server.bar)
    before, cursor = server.pane, server.cursor
    look_for(server, "needle")
    assert server.pane != before
    server.press(accepted + key)
    server.wait_for(lambda: server.pane == before and server.input == "> half-typed" and server.cursor == cursor)
    assert highlighted(server) == ([], [])
    server.press(CTRL_PAGE_DOWN + ENTER)
    caller.expect("half-typed\n")


def test_wheel(searched):
    """The mouse's wheel ends it, and scrolls."""
    server, caller = searched("needle\n", 100)
    server.press(F9)
    server.wait_for(lambda: "mouse" in server.bar)
    look_for(server, "needle")
    server.press("\x1b[<65;1;1M" * 8)
    server.wait_for(lambda: server.input == ">" and not server.shows(theirs("needle")))


def test_going_back_to_the_newest_lines(searched):
    """Who was at the newest lines is so again, with those that came meanwhile."""
    server, caller = searched("needle\n", 100)
    look_for(server, "needle")
    caller.send("meanwhile\n")
    server.wait_for(lambda: "1 new below" in server.bar)
    server.press(ESCAPE)
    server.wait_for(theirs("meanwhile"))
    server.wait_for(lambda: server.input == ">" and "new below" not in server.bar)
    caller.send("and on\n")
    server.wait_for(theirs("and on"))


def test_view_stays_while_lines_arrive(searched):
    """What arrives moves nothing, also where the newest lines are in view, and is counted."""
    server, caller = searched("", 100)
    look_for(server, "line 99")
    before = server.pane
    for count, lines in (1, 1), (30, 29):
        caller.send("one more line 99\n" * lines)
        server.wait_for(lambda: f"{count} new below" in server.bar)
        assert server.pane[:-1] == before[1:] and server.input == prompt("line 99")  # below is the newest one
    server.press(DOWN)
    server.wait_for(theirs("one more line 99"))


def test_any_other_key_ends_it(searched):
    """After Enter, letters are for the input line again; the view stays where it is."""
    server, caller = searched("needle\n", 100)
    server.press("half-")
    look_for(server, "needle")
    server.press(ENTER)
    server.wait_for(lambda: server.input == prompt("needle", "n older, N newer"))
    server.press("typed")
    server.wait_for(lambda: server.input == "> half-typed")
    assert server.shows(theirs("needle")) and highlighted(server) == ([], [])
    server.press(ENTER)
    caller.expect("half-typed\n")


@pytest.mark.parametrize("key, left", [(BACKSPACE, "w"), (ctrl("U"), "")], ids=["backspace", "ctrl-u"])
def test_what_was_looked_for_is_mended(searched, key, left):
    """Also after Enter Backspace and Ctrl-U are for what is looked for, and not for the line that is hidden."""
    server, caller = searched("one\ntwo\n")
    server.press("a draft" + F4 + "wo" + ENTER)
    server.wait_for(lambda: server.input == prompt("wo", "n older, N newer"))
    server.press(key)
    server.wait_for(lambda: server.input.startswith(prompt(left)) and "newer" not in server.input)
    server.press("n")
    server.wait_for(lambda: server.input.startswith(prompt(left + "n")))
    server.press(ESCAPE)
    server.wait_for(lambda: server.input == "> a draft")


def test_enter_sends_nothing_that_is_hidden(searched):
    """Enter accepts, and then ends the search; only then it sends the line."""
    server, caller = searched("needle\n", 100)
    server.press("half-typed")
    look_for(server, "needle")
    server.press(ENTER + ENTER)
    server.wait_for(lambda: server.input == "> half-typed")
    server.press(F4 + ENTER)
    server.press_and_wait("!")
    server.wait_for(lambda: server.input == "> half-typed!")
    server.press(ENTER)
    caller.expect("half-typed!\n")


def test_keys_of_other_commands(searched, environment):
    """They end the search and do what they do: help, scrolling."""
    server, caller = searched("needle\n", 100)
    look_for(server, "needle")
    server.press(F1)
    server.wait_for("Any key closes this")
    assert server.input == ">"
    server.press("x")
    server.wait_for(lambda: not server.shows("Any key closes this"))
    server.press(CTRL_PAGE_DOWN)
    server.wait_for(theirs("the end"))
    look_for(server, "line 50")
    server.press(CTRL_PAGE_UP)
    server.wait_for(notice("waiting on port .*"))
    assert server.input == ">"


def test_paste_ends_it(searched):
    """What is pasted goes into the input line."""
    server, caller = searched("needle\n", 100)
    look_for(server, "needle")
    server.press(pasted("needle in the line") + "!")
    server.wait_for(lambda: server.input == "> needle in the line!")


def test_the_same_again(searched):
    """F4 twice looks for what was looked for before."""
    server, caller = searched("needle\n", 100)
    look_for(server, "needle")
    server.press(ESCAPE)
    server.wait_for(lambda: server.input == ">")
    server.press(F4 + F4)
    server.wait_for(lambda: server.input == prompt("needle") and current(server) == ["needle"])


def test_the_same_again_by_enter(searched):
    """F4 and Enter do, too; where nothing was looked for yet, that does nothing, and sends no line that is hidden."""
    server, caller = searched("needle\n", 100)
    server.press("half-typed" + F4)
    server.wait_for(lambda: server.input == "search:")
    server.press(ENTER + ENTER + "needle")
    server.wait_for(lambda: current(server) == ["needle"])
    server.press(ESCAPE)
    server.wait_for(lambda: server.input == "> half-typed")
    server.press(F4 + ENTER)
    server.wait_for(lambda: server.input == prompt("needle", "n older, N newer"))
    assert current(server) == ["needle"]
    server.press("n")
    server.wait_for(lambda: server.input == prompt("needle", "nothing older"))


def test_own_lines_notices_and_names(searched):
    """What is searched is all that is shown: also one's own lines, notices and names."""
    server, caller = searched("", 0, "-n", "Zoë")
    server.say("mine it is")
    server.wait_for(marked(DELIVERED, "mine it is", "Zoë"))
    caller.send(lines(50))
    server.wait_for(theirs("line 49"))
    look_for(server, "MINE")
    assert current(server) == ["mine"]
    server.press(ctrl("U") + "zoË")
    server.wait_for(lambda: current(server) == ["Zoë"])
    server.press(ctrl("U") + "waiting on")
    server.wait_for(lambda: current(server) == ["waiting on"])
    server.press(ctrl("U") + HOST + F4)
    server.wait_for(lambda: current(server) == [HOST])


def test_match_over_the_end_of_a_row(searched):
    """It is found and marked in both rows."""
    server, caller = searched("x" * 40 + " the match goes over " + "y" * 40 + "\n", 100)
    look_for(server, "xx the match goes over yy")
    first, second = current(server)
    assert (first + " " + second).split() == "xx the match goes over yy".split()


def test_match_within_a_long_word(searched):
    """Also where the row is broken within a word, and between wide characters."""
    server, caller = searched("漢" * 29 + "字典" + "語" * 29 + "\n", 100)
    look_for(server, "漢字典語")
    assert "".join(current(server)).replace(" ", "") == "漢字典語"


def test_marks_with_tabs_and_wide_characters(searched):
    """What is marked is what matches, whatever stands before it."""
    server, caller = searched("漢\t字 and\tneedle, \U0001f468\u200d\U0001f469 needle\n")
    look_for(server, "needle")
    others, (now,) = highlighted(server)
    assert [text for _, text in others] == ["needle"] and now[1] == "needle"


def test_it_does_not_reach_the_peer(searched):
    """What is searched for is sent to nobody, and is in no history of lines."""
    server, caller = searched("needle\n", 10)
    look_for(server, "needle")
    server.press(ESCAPE)
    server.wait_for(lambda: server.input == ">")
    server.say("only this")
    caller.expect("only this\n")
    server.press(UP + UP)
    server.wait_for(lambda: server.input == "> only this")


def test_lines_that_are_forgotten(searched):
    """Where what was found is forgotten meanwhile, the search goes on with what is there."""
    server, caller = searched("needle\n", 20, "-H", "100")
    look_for(server, "needle")
    caller.send(lines(500, "newer"))
    server.wait_for(lambda: "500 new below" in server.bar)
    server.press(F4)
    server.wait_for(lambda: server.input == prompt("needle", "nothing older"))
    server.press(ctrl("U") + "newer 4")
    server.wait_for(lambda: server.input == prompt("newer 4", "nothing older"))
    server.press(DOWN)
    server.wait_for(lambda: current(server) == ["newer 4"])


def test_key_of_ones_own(searched, environment, tmp_path):
    """search-conversation can be bound to other keys."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\C-xf": search-conversation\n')
    server, caller = searched("needle\n", 100, env=dict(environment, INPUTRC=str(inputrc)))
    server.press(ctrl("X") + "f" + "needle")
    server.wait_for(lambda: current(server) == ["needle"])


def test_resizing(searched):
    """What was found stays in view in a window of another size, and so does where one was."""
    server, caller = searched("needle\n", 100)
    look_for(server, "needle")
    server.resize(12, 50)
    server.wait_for(lambda: current(server) == ["needle"])
    server.press(ESCAPE)
    server.wait_for(theirs("the end"))


@needs_tls
def test_question_ends_it(ann, stranger, screen, port):
    """A question comes into view, and what is typed then is for the input line."""
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    server.press(F4 + "waiting")
    server.wait_for(lambda: current(server) == ["waiting"])
    tls_call(port, stranger)
    wait_for_question(server, LET_IN)
    assert server.input == ">"


@pytest.mark.parametrize("rows, columns", [(1, 1), (2, 5), (3, 20), (24, 8)])
def test_small_terminals(screen_called, rows, columns):
    """It works in a terminal of any size."""
    server, caller = screen_called(rows=24, columns=80)
    caller.send("needle\n" + lines(30))
    server.wait_for(theirs("line 29"))
    server.resize(rows, columns)
    server.press_and_wait(F4 + "needle")
    server.press_and_wait(F4 + DOWN + ENTER)
    server.resize(24, 80)
    server.wait_for(lambda: current(server) == ["needle"])


def test_hostile_text_is_searched_as_it_is_shown(searched):
    """Control characters are found as what stands for them."""
    server, caller = searched("\x1b[31mred\n", 100)
    look_for(server, "^[[31mre")
    assert current(server) == ["^[[31mre"]


@not_under_sanitizers
def test_long_history(searched):
    """Keys are worked through while a long history is looked through."""
    server, caller = searched("needle\n", 300_000, "-H", "1000000")
    server.press("half-typed" + F4 + "needle")
    server.wait_for(lambda: server.input == prompt("needle") and current(server) == ["needle"])
    server.press(ctrl("U") + "nowhere")
    server.wait_for(lambda: server.input == prompt("nowhere", NOTHING))
    server.press(ESCAPE)
    server.wait_for(lambda: server.input == "> half-typed")
    assert eventually(lambda: server.shows(theirs("the end")), "the newest lines")
