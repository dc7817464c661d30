"""What is drawn of each text of the corpus stands where tchat takes it to stand, in every terminal."""

import re
from unicodedata import normalize

import pytest

from peers import eventually
from terminals.corpus import CASES

HEAD = r"(?:\d\d:\d\d|below) 127\.0\.0\.1   "
HEAD_COLUMNS = 18
SIGN = "|"  # behind each text: it must be in its place, exactly
IN_PLACE = "#"


class Wrong(dict):
    """What was not right, for each text."""

    def check(self, case, condition, what):
        if not condition:
            self.setdefault(case.name, what)

    def must_be_empty(self, terminal, record_property):
        record_property("matrix", [terminal.NAME, {case.name: self.get(case.name, "") for case in CASES}])
        assert not self, "\n".join([terminal.NAME, *(f"{name}: {what}" for name, what in self.items())])


def decomposed(rows):
    return [normalize("NFD", row) for row in rows]


def overwrite(terminal, places):
    """What the terminal shows once another sign has been written there at rows and columns."""
    def write(sign):
        terminal.request("write", "\0337" + "".join(f"\033[{y + 1};{x + 1}H{sign}" for y, x in places) + "\0338")

    write(IN_PLACE)
    rows = decomposed(terminal.rows())
    write(SIGN)
    return rows


def check_rows(terminal, rows, wrong):
    """Checks rows, each a row number, what is before the text and how many columns that has, a case, and what is
    behind the sign that is behind its text."""
    shown = decomposed(terminal.rows())
    after = overwrite(terminal, [(y, columns + case.columns()) for y, _, columns, case, _ in rows])
    for y, before, columns, case, behind in rows:
        pattern = f"{before}{case.pattern(terminal.MARKED)}%s{re.escape(behind)}"
        wrong.check(case, re.fullmatch(pattern % re.escape(SIGN), shown[y]), f"shown: {shown[y]!r}")
        wrong.check(case, re.fullmatch(pattern % IN_PLACE, after[y]),
                    f"misplaced: {shown[y]!r} became {after[y]!r} at {columns + case.columns()}")


def redraw(terminal):
    """Has all of it drawn again."""
    before = len(terminal.written())
    terminal.press("ctrl+l")
    eventually(lambda: len(terminal.written()) > before, "the screen, drawn again")
    terminal.settle()


def numbered(count):
    """So many lines of texts of the corpus, each with a number."""
    return [(number, CASES[number % len(CASES)]) for number in range(count)]


def check_pane(terminal, lines, wrong):
    """Checks all the numbered lines in view, and returns the numbers of those that follow each other: below them, the
    newest one can be."""
    rows = []
    for y, row in enumerate(terminal.rows()):
        if found := re.search(r" line (\d+)$", row):
            rows.append((y, HEAD, HEAD_COLUMNS, lines[int(found[1])][1], found[0]))
    numbers = [int(row[4].split()[1]) for row in rows if not terminal.rows()[row[0]].startswith("below")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), terminal.rows()
    check_rows(terminal, rows, wrong)
    return numbers


def test_shown_and_scrolled(real_called, record_property):
    """Lines of the other side, all through the history and back, and at other sizes of the window."""
    terminal, caller = real_called()
    wrong, lines = Wrong(), numbered(3 * len(CASES))
    for number, case in lines:
        caller.send(f"{case.text}{SIGN} line {number}\n")
    terminal.wait_for(f"line {len(lines) - 1}$")
    check_pane(terminal, lines, wrong)
    redraw(terminal)
    seen = set()
    for key, last in (("Prior", 0), ("Next", len(lines) - 1)):
        while last not in seen:
            before = terminal.written()
            terminal.press(key)
            eventually(lambda: terminal.written() != before, "another page")
            terminal.settle()
            seen.update(check_pane(terminal, lines, wrong))
        seen.clear()
    bar = terminal.rows()[-2]
    assert bar.startswith(f" 127.0.0.1 · not encrypted · since "), bar
    for rows, columns in ((12, 60), (30, 100), (24, 80)) if terminal.RESIZES else ():
        before = terminal.written()
        terminal.resize(rows, columns)
        eventually(lambda: terminal.written() != before, "the screen at another size")
        terminal.settle()
        check_pane(terminal, lines, wrong)
    wrong.must_be_empty(terminal, record_property)


def check_input(terminal, before, case, behind, wrong, cursor):
    """Waits for the row in which text is typed, and for the cursor in it."""
    row = terminal.size()[0] - 1
    pattern = re.escape(before) + case.pattern(terminal.MARKED) + re.escape(SIGN + behind)

    def is_there():
        return terminal.cursor() == (row, cursor) and re.fullmatch(pattern, decomposed(terminal.rows())[row])

    try:
        eventually(is_there, "the row")
    except AssertionError:
        wrong.check(case, False, f"shown: {terminal.rows()[row]!r}, cursor at {terminal.cursor()}, not {cursor}")


@pytest.mark.parametrize("pasted", [False, True], ids=["typed", "pasted"])
def test_typed_and_edited(real_called, record_property, pasted):
    """A line with it, to which text is added before it, in it and behind it, and which is then sent."""
    terminal, caller = real_called()
    if pasted and not terminal.PASTES:
        pytest.skip(f"nothing can be pasted into {terminal.NAME} here")
    wrong = Wrong()
    for case in CASES:
        if not case.typed:
            continue
        columns = case.columns()
        terminal.type("ab")
        (terminal.paste if pasted else terminal.type)(f"{case.text}{SIGN}c")
        check_input(terminal, "> ab", case, "c", wrong, 6 + columns)
        terminal.press("ctrl+a", "x")
        check_input(terminal, "> xab", case, "c", wrong, 3)
        terminal.press("ctrl+e", "Left", "y")
        check_input(terminal, "> xab", case, "yc", wrong, 7 + columns)
        row = terminal.size()[0] - 1
        check_rows(terminal, [(row, "> xab", len("> xab"), case, "yc")], wrong)
        terminal.press("Return")
        caller.expect(f"xab{case.text}{SIGN}yc\n")
    wrong.must_be_empty(terminal, record_property)


def test_full_rows(real_called):
    """Rows that are filled exactly, and wide characters for which there is half the room, shown and typed."""
    terminal, caller = real_called()
    rows, columns = terminal.size()
    room = columns - HEAD_COLUMNS
    caller.send("x" * room + "\n" + "x" * (room - 1) + "漢\n" + "漢" * (room // 2) + "\nthe end\n")
    terminal.wait_for("the end$")
    terminal.settle()
    shown = [row[HEAD_COLUMNS:] for row in terminal.rows()[-7:-3]]
    assert shown == ["x" * room, "x" * (room - 1), "漢", "漢" * (room // 2)], shown
    typed = "x" * (columns - len("> ") - 1)
    terminal.type(typed + "漢")
    eventually(lambda: terminal.rows()[-2:] == [f"> {typed}", "漢"] and terminal.cursor() == (rows - 1, 2),
               "a wide character for which there is no room in the row")
    terminal.press_and_wait("Left")
    terminal.type("y")
    eventually(lambda: terminal.rows()[-2:] == [f"> {typed}y", "漢"] and terminal.cursor() == (rows - 1, 0),
               "a row that is full")
    terminal.press("Return")
    caller.expect(f"{typed}y漢\n")
