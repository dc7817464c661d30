"""The input line: as many rows as it needs, the cursor where the next character goes."""

import pytest

from terminal import BACKSPACE, ENTER, ESCAPE, LEFT, RIGHT, ctrl
from test_screen import own, theirs

TEXT = "".join(f"<{n:03}>" for n in range(200))  # 1000 columns, every 5 of them different


def test_grows_and_shrinks(screen_called):
    """The input line takes the rows it needs, up to a third of the screen, and gives them back."""
    server, caller = screen_called()
    caller.send("the newest\n")
    server.wait_for(theirs("the newest"))
    typed = 0
    for rows in range(1, 9):
        part = TEXT[typed:80 * rows - 10]
        typed += len(part)
        server.press(part)
        server.wait_for(lambda: "".join(server.rows()[-rows:]) == "> " + TEXT[:typed])
        server.wait_for(lambda: "since" in server.rows()[-rows - 1])
        server.wait_for(lambda: "the newest" in server.rows()[-rows - 2])
        server.wait_for(lambda: server.cursor == (23, 72))
    server.press(TEXT[typed:])
    server.wait_for(lambda: server.rows()[-1].endswith("<199>"))
    server.wait_for(lambda: "since" in server.rows()[-9] and "the newest" in server.rows()[-10])
    assert TEXT.endswith("".join(server.rows()[-8:]))
    server.press(ctrl("A"))
    server.wait_for(lambda: server.rows()[-8].startswith("> <000>"))
    server.wait_for(lambda: server.cursor == (16, 2))
    assert TEXT.startswith("".join(server.rows()[-8:])[2:])
    server.press(ctrl("K"))
    server.wait_for(lambda: server.input == ">" and "since" in server.bar)
    server.wait_for(lambda: "the newest" in server.pane[-1])
    server.say("short")
    caller.expect("short\n")


def test_a_third_of_another_screen(screen_called):
    """A third is a third of whatever the screen has; in a small one it is one row."""
    server, caller = screen_called(rows=12, columns=80)
    server.press(TEXT)
    server.wait_for(lambda: "since" in server.rows()[-5])
    server.resize(30, 80)
    server.wait_for(lambda: "since" in server.rows()[-11])
    server.resize(5, 80)
    server.wait_for(lambda: "since" in server.rows()[-2] and server.input.endswith("<199>"))
    server.press(ENTER)
    caller.expect(TEXT + "\n")


def test_full_row(screen_called):
    """When a row is just full the cursor is at the start of the next."""
    server, caller = screen_called()
    server.press("x" * 78)
    server.wait_for(lambda: server.cursor == (23, 0) and server.rows()[-2] == "> " + "x" * 78)
    server.press(BACKSPACE)
    server.wait_for(lambda: server.input == "> " + "x" * 77)
    server.wait_for(lambda: min(server.cursor[1], 79) == 79)  # pyte counts on when a row is full


def test_cursor_on_wide_and_combining(screen_called):
    """The cursor is on a character, whatever columns those before it take."""
    server, caller = screen_called()
    server.press("a漢e\u0301字👍z")
    for column in (11, 10, 8, 6, 5, 3):  # after it all, then on z, 👍, 字, é, 漢
        server.wait_for(lambda: server.cursor == (23, column))
        server.press(LEFT)
    server.wait_for(lambda: server.cursor == (23, 2))
    server.press(RIGHT * 3 + ctrl("D") + "ö")
    server.wait_for(lambda: server.input == "> a漢éö👍z" and server.cursor == (23, 7))
    server.press(ENTER)
    caller.expect("a漢e\u0301ö👍z\n")


def test_wide_character_at_the_edge(screen_called):
    """A wide character that does not fit into the row starts the next, with the cursor after it."""
    server, caller = screen_called()
    server.press("x" * 77 + "漢")
    server.wait_for(lambda: server.rows()[-2:] == ["> " + "x" * 77, "漢"] and server.cursor == (23, 2))
    server.press(LEFT)
    server.wait_for(lambda: server.cursor == (23, 0))


def test_search(screen_called):
    """Ctrl-R shows what it looks for, letters of any language, and what it has found."""
    server, caller = screen_called()
    for line in ("Grüße aus 漢字", "Wünsche", "nothing"):
        server.say(line)
        caller.expect(line + "\n")
    server.press(ctrl("R") + "ü")
    server.wait_for(lambda: server.input == "(reverse-i-search)`ü': Wünsche")
    server.press("ß")
    server.wait_for(lambda: server.input == "(reverse-i-search)`üß': Grüße aus 漢字")
    server.press(ctrl("G") + ctrl("R") + "漢")
    server.wait_for(lambda: server.input == "(reverse-i-search)`漢': Grüße aus 漢字")
    server.press("x")
    server.wait_for(lambda: server.input.startswith("(failed reverse-i-search)`漢x': "))
    server.press(ctrl("G"))
    server.wait_for(lambda: server.input == ">")
    server.press(ctrl("R") + "Grü" + ENTER)
    caller.expect("Grüße aus 漢字\n")
    server.wait_for(lambda: server.input == ">")


def test_numeric_argument(screen_called):
    """What Readline has to say is seen: here how often the next key counts."""
    server, caller = screen_called()
    server.press(ESCAPE + "1" + "2")
    server.wait_for(lambda: server.input == "(arg: 12)")
    server.press("x")
    server.wait_for(lambda: server.input == "> " + "x" * 12)


def test_mode_in_the_prompt(screen_called, environment, tmp_path):
    """Who edits with vi's keys and wants to see the mode sees it."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text("set editing-mode vi\nset show-mode-in-prompt on\n")
    server, caller = screen_called(env=dict(environment, INPUTRC=str(inputrc)))
    server.wait_for(lambda: server.input == "(ins)>")
    server.press("a漢b" + ESCAPE)
    server.wait_for(lambda: server.input == "(cmd)> a漢b")
    server.wait_for(lambda: server.cursor == (23, len("(cmd)> a漢") + 1))
    server.press("hx")
    server.wait_for(lambda: server.input == "(cmd)> ab")
    server.press("A")
    server.wait_for(lambda: server.input == "(ins)> ab")
    server.press(ENTER)
    caller.expect("ab\n")


@pytest.mark.parametrize("key, shown", [(ctrl("C"), "^C"), (ESCAPE, "^["), (ctrl("D"), "^D"), ("\x7f", "^?"),
                                        ("ü", "ü")], ids=["Ctrl-C", "Escape", "Ctrl-D", "Delete", "letter"])
def test_quoted_insert(screen_called, key, shown):
    """Ctrl-V puts the next key into the text, whatever it is, and it is seen."""
    server, caller = screen_called()
    server.press("a" + ctrl("V") + key + "b")
    server.wait_for(lambda: server.input == f"> a{shown}b")
    server.wait_for(lambda: server.cursor == (23, 4 + len(shown)))
    server.press(ENTER)
    caller.expect(f"a{key}b\n")
    server.wait_for(own(f"a{shown}b"))
