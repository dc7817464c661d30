"""Keys: what terminals send for them, and what tchat makes of it."""

import subprocess

import pytest

from fullscreen import F9, FOCUS_IN, FOCUS_OUT
from terminal import BACKSPACE, ENTER, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, UP, Display, ctrl
from test_attention import rings
from test_screen import EMACS, VI, lines, pasted, theirs

DELETE = "\x1b[3~"

# Sequences that mean nothing: keys of xterm (ctlseqs), VTE, rxvt, st, the Linux console, and kitty's keyboard protocol
# (https://sw.kovidgoyal.net/kitty/keyboard-protocol), and what terminals say when they were asked, or at any time.
MEANINGLESS = {
    "F5": "\x1b[15~", "F5 of the Linux console": "\x1b[[E", "F5 of rxvt, with Shift": "\x1b[28~", "F7": "\x1b[18~",
    "F10": "\x1b[21~", "F12": "\x1b[24~", "Menu": "\x1b[29~",
    "Shift-F1": "\x1b[1;2P", "Ctrl-F2": "\x1b[1;5Q", "Shift-F5": "\x1b[15;2~", "F5 with Ctrl, rxvt": "\x1b[15^",
    "Shift-Up": "\x1b[1;2A", "Shift-Right": "\x1b[1;2C", "Shift-Left": "\x1b[1;2D", "Ctrl-Up": "\x1b[1;5A",
    "Ctrl-Shift-Right": "\x1b[1;6C", "Alt-Up": "\x1b[1;3A", "Super-Up": "\x1b[1;9A", "Shift-Home": "\x1b[1;2H",
    "Ctrl-End": "\x1b[1;5F", "Shift-Delete": "\x1b[3;2~", "Insert": "\x1b[2~", "Shift-Insert": "\x1b[2;2~",
    "Ctrl-Insert": "\x1b[2;5~", "Ctrl-Shift-PgUp": "\x1b[5;6~", "Shift-Tab": "\x1b[Z",
    "rxvt Shift-Right": "\x1b[c", "rxvt Ctrl-Up": "\x1bOa", "rxvt Alt-Up": "\x1b\x1b[A", "rxvt Alt-F5": "\x1b\x1b[15~",
    "rxvt Shift-Delete": "\x1b[3$", "rxvt Ctrl-Shift-Delete": "\x1b[3@", "rxvt Shift-Home": "\x1b[7$",
    "keypad 5": "\x1b[E", "keypad 5, application": "\x1bOE", "SS3 with a modifier": "\x1bO5A", "st Clear": "\x1b[3;5J",
    "kitty Caps Lock": "\x1b[57358u", "kitty Print": "\x1b[57361u", "kitty Shift": "\x1b[57441;2u",
    "kitty volume": "\x1b[57439u", "kitty F13": "\x1b[57376u",
    "device attributes": "\x1b[?64;1;2;6;22c", "secondary ones": "\x1b[>41;351;0c", 
    "terminal's id": "\x1bP!|00000000\x1b\\", "its name": "\x1bP>|XTerm(379)\x1b\\", "status": "\x1b[0n",
    "cursor": "\x1b[24;80R", "cursor and page": "\x1b[?24;80;1R",
    "mode": "\x1b[?2026;2$y", "setting": "\x1bP1$r0m\x1b\\", "capability": "\x1bP1+r436f=323536\x1b\\",
    "background": "\x1b]11;rgb:0000/0000/0000\x1b\\", "foreground": "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "clipboard": "\x1b]52;c;aGVsbG8=\x1b\\", "colour": "\x1b]4;1;rgb:cd00/0000/0000\x07", "title": "\x1b]ltitle\x1b\\",
    "size": "\x1b[8;24;80t", "size in pixels": "\x1b[4;480;640t", "kitty flags": "\x1b[?0u",
    "kitty graphics": "\x1b_Gi=31;OK\x1b\\", "privacy message": "\x1b^a message\x1b\\", "string": "\x1bXa string\x1b\\",
    "dark mode": "\x1b[?997;1n", "mouse": "\x1b[<0;10;20M", "mouse let go": "\x1b[<0;10;20m", "old mouse": "\x1b[M !!",
    "urxvt's mouse": "\x1b[32;10;20M", "end of a paste": "\x1b[201~", "focus gone": FOCUS_OUT, "focus back": FOCUS_IN,
    "broken off": "\x1b[1;\x1b[15~", "Alt with a letter that is not ASCII": "\x1b\u00e9",
}


@pytest.fixture
def with_init_file(screen_called, environment, tmp_path):
    """tchat as a server on a terminal, with an init file of Readline's, and a caller."""
    def with_init_file(text, **options):
        (tmp_path / "inputrc").write_text(text)
        return screen_called(env=dict(environment, INPUTRC=str(tmp_path / "inputrc")), **options)

    return with_init_file


def is_whole(key, mode):
    """Whether it is one key in this mode: in vi's, Escape and a character are two."""
    return mode is EMACS or not (key[0] == ESCAPE and len(key) == 2)


@pytest.mark.parametrize("mode", [EMACS, VI], ids=["emacs", "vi"])
def test_keys_without_meaning(with_init_file, mode):
    """Nothing of them gets into the line, and the line stays where it was."""
    server, caller = with_init_file(mode)
    server.press("ac" + LEFT)
    server.wait_for(lambda: server.cursor == (23, 3))
    for name, key in MEANINGLESS.items():
        if is_whole(key, mode):
            server.press(key + "b")
            server.wait_for(lambda: server.input.startswith("> ab"))
            assert server.input == "> abc", name
            server.press(BACKSPACE)
            server.wait_for(lambda: server.input == "> ac")
    server.press(ENTER)
    caller.expect("ac\n")


def test_keys_without_meaning_in_vi_command_mode(with_init_file):
    """There, the rest of them would be commands."""
    server, caller = with_init_file(VI)
    server.press("a bc d" + ESCAPE)
    server.wait_for(lambda: server.cursor == (23, 7))
    for name, key in MEANINGLESS.items():
        if is_whole(key, VI):
            server.press(key + "x")
            server.wait_for(lambda: server.input == "> a bc")
            assert server.cursor == (23, 6), name
            server.press("u$")
            server.wait_for(lambda: server.input == "> a bc d" and server.cursor == (23, 7))


def cuts(key):
    """Where a key can be cut; not where it may be a key by itself, for which but a moment is waited: see
    tests/unit/test_input.c."""
    may_be_keys = [ESCAPE + character for character in (ESCAPE, "]", "P", "_", "^", "X")]
    return [cut for cut in range(2, len(key)) if key[:cut] not in may_be_keys]


def test_keys_in_pieces(screen_called):
    """However the network cuts them."""
    server, caller = screen_called()
    server.press("ac" + LEFT)
    server.wait_for(lambda: server.cursor == (23, 3))
    for name, key in MEANINGLESS.items():
        for cut in cuts(key):
            server.press_and_wait(key[:cut])
            server.press(key[cut:] + "b")
            server.wait_for(lambda: server.input.startswith("> ab"))
            assert server.input == "> abc", (name, cut)
            server.press(BACKSPACE)
            server.wait_for(lambda: server.input == "> ac")


# Keys with a meaning, in every form


FORMS = {
    "Home": ("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"), "End": ("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"),
    "Delete": ("\x1b[3~",), "Ctrl-Delete": ("\x1b[3;5~", "\x1b[3^"),
    "Left": (LEFT, "\x1bOD"), "Ctrl-Left": ("\x1b[1;5D", "\x1b[5D", "\x1bOd"), "Alt-Left": ("\x1b[1;3D", "\x1b\x1b[D"),
    "Ctrl-Right": ("\x1b[1;5C", "\x1b[5C", "\x1bOc"),
}
DONE = {"Home": "|one two three", "End": "one two three|", "Delete": "one wo three", "Ctrl-Delete": "one  three",
        "Left": "one| two three", "Ctrl-Left": "|one two three", "Alt-Left": "|one two three",
        "Ctrl-Right": "one two| three"}


@pytest.mark.parametrize("key", FORMS)
@pytest.mark.parametrize("mode", [EMACS, VI], ids=["emacs", "vi"])
def test_forms_of_keys(with_init_file, mode, key):
    """The keys that edit work in every form that terminals send."""
    server, caller = with_init_file(mode)
    for form in FORMS[key]:
        server.press("one two three" + LEFT * 9)
        server.wait_for(lambda: server.input == "> one two three" and server.cursor == (23, 6))
        server.press(form)
        before, bar, after = DONE[key].partition("|")
        server.wait_for(lambda: server.input == "> " + before + after)
        if bar:
            server.wait_for(lambda: server.cursor == (23, 2 + len(before)))
        server.press(ctrl("C"))
        server.wait_for(lambda: server.input == ">")


@pytest.mark.parametrize("up, down", [
    (PAGE_UP, PAGE_DOWN), ("\x1b[5;2~", "\x1b[6;2~"), ("\x1b[5$", "\x1b[6$"), ("\x1b[5;3~", "\x1b[6;3~"),
    ("\x1b\x1b[5~", "\x1b\x1b[6~")], ids=["plain", "Shift", "Shift of rxvt", "Alt", "Alt of rxvt"])
def test_page_keys(screen_called, up, down):
    """PgUp and PgDn scroll with Shift and Alt, too."""
    server, caller = screen_called()
    caller.send(lines(60))
    server.wait_for(theirs("line 59"))
    server.press(up)
    server.wait_for(lambda: "scrolled back" in server.bar and not server.shows(theirs("line 59")))
    server.press(down)
    server.wait_for(lambda: "scrolled back" not in server.bar and server.shows(theirs("line 59")))


@pytest.mark.parametrize("mode", [EMACS, VI], ids=["emacs", "vi"])
@pytest.mark.parametrize("text", ["👍🏽", "☝🏿", "o\u00ad"], ids=["tone", "tone of a symbol", "soft hyphen"])
@pytest.mark.parametrize("keys, sent", [
    (LEFT + "x", "[x{}]"), (LEFT + RIGHT + "x", "[{}x]"), (BACKSPACE, "[]"), (LEFT + DELETE, "[]"),
    ("x" + BACKSPACE, "[{}]"), (LEFT + LEFT + RIGHT + "x", "[x{}]")],
    ids=["before", "behind", "backspace", "delete", "typed", "passed"])
def test_what_is_not_seen_goes_with_what_is(with_init_file, mode, text, keys, sent):
    """A key moves over a character, or takes it away, with what is not drawn of it: the tone of an emoji."""
    server, caller = with_init_file(mode)
    server.press("[]" + LEFT + pasted(text) + keys + ENTER)
    caller.expect(sent.format(text) + "\n")


def test_insert_quotes_nothing(with_init_file):
    """An init file for all programs, as Debian's, has Insert quote the next key; here that would leave letters."""
    server, caller = with_init_file('"\\e[2~": quoted-insert\n')
    server.say("abc\x1b[2~" + PAGE_UP)
    server.say("def")
    caller.expect("abc\ndef\n")


@pytest.mark.parametrize("key", ["\x1b\r", "\x1b\n"], ids=repr)
@pytest.mark.parametrize("mode", [EMACS, VI], ids=["emacs", "vi"])
def test_new_line(with_init_file, mode, key):
    """Alt-Enter goes on in another line of the message, which Enter sends with the first, and the mode stays."""
    server, caller = with_init_file(mode)
    server.press("one" + key + "two")
    server.wait_for(lambda: server.rows()[-2:] == ["> one⏎", "two"])
    server.press(ENTER)
    caller.expect("one\ntwo\n")
    server.say("three")
    caller.expect("three\n")


@pytest.mark.parametrize("ahead", [False, True], ids=["awaited", "ahead"])
def test_new_line_on_a_key_of_ones_own(with_init_file, ahead):
    """So does a key that would end a line otherwise, whenever it is pressed."""
    server, caller = with_init_file('"\\C-j": new-line\n')
    server.press("one")
    if not ahead:
        server.wait_for(lambda: server.input == "> one")
    server.press("\ntwo")
    server.wait_for(lambda: server.rows()[-2:] == ["> one⏎", "two"])


def test_key_without_meaning_amid_a_search(screen_called):
    """A key with Alt to which nothing is bound does not end it; one that has a meaning does."""
    server, caller = screen_called()
    server.say("hello")
    server.press("draft" + ctrl("R") + "h")
    server.wait_for(lambda: "i-search" in server.input and server.input.endswith("hello"))
    server.press_and_wait("\x1bj")
    assert "i-search" in server.input
    server.press("\x1bb!")
    server.wait_for(lambda: server.input == "> !hello")


@pytest.mark.parametrize("keys, shown", [
    ([ctrl("R"), "h", ctrl("G")], "> hello"), ([ctrl("X"), "(", ctrl("X"), ")"], "> hello"),
    (["\x1b2", "-"], "> hello--"), ([ctrl("V"), "x"], "> hellox")], ids=["search", "macro", "number", "quoted"])
def test_after_a_line_that_was_refused(screen, port, keys, shown):
    """What is typed next is another line, but not what is a part of a command: a search, a sequence, a number."""
    server = screen("-s", port)
    server.wait_for("waiting on port")
    server.say("hello")
    server.wait_for("nobody is there")
    for key in keys:
        server.press_and_wait(key)
    server.wait_for(lambda: server.rows()[-1] == shown)


def test_paste_amid_a_number(screen_called):
    """It gives the number up, of which nothing is left in the prompt."""
    server, caller = screen_called()
    server.press("hello\x1b5")
    server.wait_for(lambda: "arg: 5" in server.input)
    server.press(pasted("!") + "?")
    server.wait_for(lambda: server.input == "> hello!?")


@pytest.mark.parametrize("answer", ["\x1b[?1;2c", "\x1b[>41;351;0c", "\x1b[1;1R"], ids=repr)
def test_answers_are_no_keys(screen_called, answer):
    """What the terminal answers, late, opens nothing; and where it has a form that no key has, it closes nothing."""
    server, caller = screen_called()
    before = server.rows()
    server.press_and_wait(answer)
    assert server.rows() == before
    if not answer.endswith("R"):
        server.press("\x1bOP")
        server.wait_for("closes this")
        server.press_and_wait(answer)
        assert server.shows("closes this")


def test_typed_behind_alt_and_a_sign(screen_called):
    """What begins a string of the terminal's is a key with Alt, too, and what is typed behind it is not lost."""
    server, caller = screen_called()
    server.press("\x1b_" * 20 + "\x1b_ and more")
    server.wait_for(lambda: server.input == ">  and more")


@pytest.mark.parametrize("mode, keys, shown", [
    (EMACS, "\x1b#", "> ab!"), (VI, ESCAPE + "#A", "> ab!"), (VI, ESCAPE + ctrl("E") + "xA", "> a!"),
    (EMACS, ctrl("A") + "\x1b[2~", "> !ab")], ids=["comment", "comment, vi", "mode", "overwriting"])
def test_defaults_that_harm(with_init_file, mode, keys, shown):
    """What Readline would bind them to sends the line as a comment, or changes the mode without a sign."""
    server, caller = with_init_file(mode)
    server.press("ab")
    for key in [keys] if mode is EMACS else keys:
        server.press_and_wait(key)
    server.press("!")
    server.wait_for(lambda: server.input == shown)


def test_defaults_of_ones_own(with_init_file):
    """Who has them in the init file has them."""
    server, caller = with_init_file('"\\e[2~": overwrite-mode\n"\\e#": insert-comment\n')
    server.press("ab" + ctrl("A") + "\x1b[2~!\x1b#")
    caller.expect("#!b\n")


@pytest.mark.parametrize("begun, key, shown", [
    (ctrl("X"), "\x1b[23~", "> ab"), (ESCAPE + "3", "\x1b[23~", "> abbb"), (ctrl("R"), "\x1b[23~", "i-search)`b': a"),
    (ctrl("]"), "\x1b[23~", "> a"), (ESCAPE + "n", UP, "> :b"), (ctrl("V"), "\x1b[23~", "> a^[[23~b"),
    (ctrl("X"), "\x1bf", "> ab"),
], ids=["Ctrl-X", "number", "search", "search for a character", "other search", "Ctrl-V", "Ctrl-X, Alt"])
def test_key_amid_another(screen_called, begun, key, shown):
    """What has begun waits for the next key that has a meaning there; after Ctrl-V a key is text."""
    server, caller = screen_called()
    server.press("a" + begun + key + "b")
    server.wait_for(lambda: server.input.endswith(shown))


@pytest.mark.parametrize("keys, shown", [
    ("d\x1b[23~$", ">"), ("f\x1b[23~cx", "> a bd"), ("r\x1b[23~x", "> x bcd"), ("m\x1b[23~x$`xx", ">  bcd"),
    ("d" + RIGHT + "x", "> abcd")], ids=["motion", "search", "character", "mark", "key with a meaning"])
def test_key_amid_another_of_vi(with_init_file, keys, shown):
    """The same where vi waits for a motion or a character; a key that has a meaning ends that."""
    server, caller = with_init_file(VI)
    server.press("a bcd" + ESCAPE)
    server.wait_for(lambda: server.cursor == (23, 6))
    server.press("0" + keys)
    server.wait_for(lambda: server.input == shown)


def test_bindings_of_ones_own(with_init_file):
    """What somebody has bound to such a key is done: a command, a macro, several keys, one that begins another."""
    server, caller = with_init_file(
        '"\\e[23~": "F11 "\n"\\e[1;2C": end-of-line\n"\\e[18~\\e[21~": "two keys "\n"jj": "jays "\n"\\eO": "Alt-O "\n'
        '"\\e\u00e9": "Alt-é "\n')
    for key, shown in {"\x1b[23~": "F11 ", "\x1b[18~\x1b[21~": "two keys ", "jj": "jays ", "jk": "jk",
                       "\x1b\u00e9": "Alt-é "}.items():
        server.press("ab" + LEFT + LEFT + key + "\x1b[1;2C!")
        server.wait_for(lambda: server.input == f"> {shown}ab!")
        server.press(ctrl("C"))
        server.wait_for(lambda: server.input == ">")
    server.press("\x1bOx")
    server.wait_for(lambda: server.input == "> Alt-O x")


# The mouse


def wheel(up, count=1):
    return (f"\x1b[<{64 if up else 65};10;5M") * count


MOUSE, SENDS_WHEEL = 1000 << 5, 1007 << 5  # modes of the terminal


def test_mouse(screen_called):
    """A key has the terminal report the mouse, and no longer; its wheel then scrolls, clicks change nothing."""
    server, caller = screen_called()
    caller.send(lines(60))
    server.wait_for(theirs("line 59"))
    assert MOUSE not in server.display.mode
    server.press("half" + F9)
    server.wait_for(lambda: MOUSE in server.display.mode and "mouse" in server.bar)
    server.press(wheel(up=True, count=2))
    server.wait_for(lambda: server.shows("line 53$") and not server.shows("line 54$"))
    server.press("\x1b[<0;3;3M\x1b[<0;3;3m\x1b[<66;3;3M" + wheel(up=False))
    server.wait_for(lambda: server.shows("line 56$") and not server.shows("line 57$"))
    assert server.input == "> half"
    server.press(F9)
    server.wait_for(lambda: MOUSE not in server.display.mode and "mouse" not in server.bar)


def test_mouse_from_the_start(with_init_file):
    """The init file can say so; it is given back when tchat ends."""
    server, caller = with_init_file('$if tchat\n"\\e[20~": mouse-from-start\n$endif\n')
    server.wait_for(lambda: MOUSE in server.display.mode and "mouse" in server.bar)
    server.press("a line")
    server.wait_for(lambda: server.input == "> a line")
    server.press(ENTER)  # alone it need not wait for Readline, which is told afterwards
    caller.expect("a line\n")
    server.wait_for(lambda: server.input == ">")
    assert MOUSE in server.display.mode
    server.press(F9)
    server.wait_for(lambda: MOUSE not in server.display.mode)
    server.press(F9)
    server.wait_for(lambda: MOUSE in server.display.mode)
    server.press(ctrl("D"))
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()


@pytest.mark.parametrize("before", [True, False], ids=["on", "off"])
def test_wheel_sends_no_arrows(screen_called, before):
    """The terminal is asked to send none as long as tchat runs, and does what it did then."""
    def display(*size):
        display = Display(*size)
        display.mode |= {SENDS_WHEEL} if before else set()
        return display

    server, caller = screen_called(display=display)
    server.wait_for(lambda: SENDS_WHEEL not in server.display.mode)
    server.press(ctrl("D"))
    caller.close_input()
    server.wait()
    assert (SENDS_WHEEL in server.display.mode) == before


# Terminals that tell all of their keys


@pytest.fixture
def in_kitty(screen_called, environment, tmp_path):
    """tchat as a server on a terminal that is kitty by its name, and a caller."""
    (tmp_path / "source").write_text("xterm-kitty|as far as is needed here,\n\tuse=xterm,\n")
    try:
        made = subprocess.run(["tic", "-o", tmp_path / "terminfo", tmp_path / "source"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no tic(1)")
    if made.returncode != 0:
        pytest.skip(f"there is no description of xterm: {made.stderr.decode()}")
    return screen_called(env=dict(environment, TERM="xterm-kitty", TERMINFO=str(tmp_path / "terminfo")))


def told(text):
    """How kitty tells keys that are pressed and let go."""
    return "".join(f"\x1b[{ord(c)};;{ord(c)}u\x1b[{ord(c)};1:3u" for c in text)


def test_protocol_is_asked_for(in_kitty):
    """As long as tchat has the terminal, and in the screen that is its own, to which it belongs."""
    server, caller = in_kitty
    server.press("\x1b[100;5u\x1b[100;5:3u")  # Ctrl-D
    caller.close_input()
    assert server.wait() == 0
    order = [server.shown.find(sequence) for sequence in (b"\x1b[?1049h", b"\x1b[>31u", b"\x1b[<u", b"\x1b[?1049l")]
    assert -1 not in order and order == sorted(order)
    assert b"1007" not in server.shown


def test_lines_that_are_refused(in_kitty):
    """What is typed ahead, or after a line that nobody was there for, is another line there, too."""
    server, caller = in_kitty
    caller.close_input()
    server.wait_for("has left$")
    enter = "\x1b[13u\x1b[13;1:3u"
    server.press(told("one") + enter + told("two") + enter)
    server.wait_for(lambda: server.rows()[-2:] == ["> one⏎", "two"])
    server.press(told("three"))
    server.wait_for(lambda: server.rows()[-3:] == ["> one⏎", "two⏎", "three"])


def test_focus_before_the_wheel(in_kitty):
    """That the window has the keys again is noticed also where the wheel is turned at once."""
    server, caller = in_kitty
    server.press(told("a"))
    server.wait_for(lambda: server.input == "> a")
    server.press_and_wait(FOCUS_OUT)
    server.press_and_wait(FOCUS_IN + "\x1b[B\x1b[1;1:3B" * 5)
    caller.send("more\n")
    server.wait_for(theirs("more"))
    assert rings(server) == 0


def test_keys_that_are_told(in_kitty):
    """They are what they always were, once; that they are let go is nothing, and does not close the help."""
    server, caller = in_kitty
    server.press(told("bcé") + "\x1b[57441u\x1b[97:65;2;65u\x1b[57441;2:3u\x1b[97;1:3u")
    server.press("\x1b[13;2u\x1b[13;2:3u" + told("d"))
    server.wait_for(lambda: server.rows()[-2:] == ["> bcéA⏎", "d"])
    server.press("\x1b[127u\x1b[127;1:3u" + "\x1b[97;5u\x1b[97;5:3u" + told("a") + "\x1b[44:60;4u")
    server.wait_for(lambda: server.rows()[-2:] == ["> abcéA⏎", ""])
    server.press("\x1b[13u\x1b[13;1:3u")
    caller.expect("abcéA\n")
    server.press("\x1b[P")
    server.wait_for("closes this")
    server.press_and_wait("\x1b[1;1:3P\x1b[57441u\x1b[57441;2:3u")
    assert server.shows("closes this")
    server.press(told("xy"))
    server.wait_for(lambda: server.input == "> y" and not server.shows("closes this"))


def test_wheel_that_is_told(in_kitty):
    """It scrolls, and a key that is tapped or held down fetches lines, however the network brings it."""
    server, caller = in_kitty
    for line in "one", "two", "three":
        server.say(line)
        caller.expect(f"{line}\n")
    caller.send(lines(60))
    server.wait_for(theirs("line 59"))
    server.press("half" + "\x1b[A\x1b[1;1:3A" * 5)
    server.wait_for(lambda: "scrolled back" in server.bar)
    assert server.input == "> half"
    server.press("\x1b[B\x1b[1;1:3B" * 5)
    server.wait_for(lambda: "scrolled back" not in server.bar)
    server.press("!")  # the wheel is no longer turned
    server.wait_for(lambda: server.input == "> half!")
    server.press(told(" ") + "\x1b[A" + "\x1b[1;1:2A" * 9 + "\x1b[1;1:3A")
    server.wait_for(lambda: server.input == "> one")
    assert "scrolled back" not in server.bar
    server.press("\x1b[B\x1b[1;1:3B" * 2)
    server.wait_for(lambda: server.input == "> three")
    assert "scrolled back" not in server.bar


@pytest.mark.parametrize("up", [UP, "\x1bOA"], ids=repr)
def test_held_down_key(screen_called, up):
    """As many as come at once fetch as many lines, and never scroll, where a terminal tells no more."""
    server, caller = screen_called()
    for number in range(30):
        server.say(f"number {number}")
        caller.expect(f"number {number}\n")
    server.press(up * 25)
    server.wait_for(lambda: server.input == "> number 5")
    assert "scrolled back" not in server.bar
