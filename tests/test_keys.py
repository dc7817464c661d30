"""Keys: what terminals send for them, and what tchat makes of it."""

import pytest

from fullscreen import F1, FOCUS_IN, FOCUS_OUT
from peers import LINUX
from terminal import BACKSPACE, DOWN, ENTER, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, UP, ctrl
from test_screen import EMACS, VI, lines, own, pasted, theirs

# Sequences that mean nothing: keys of xterm (ctlseqs), VTE, rxvt, st, the Linux console, and kitty's keyboard protocol
# (https://sw.kovidgoyal.net/kitty/keyboard-protocol), and what terminals say when they were asked, or at any time.
MEANINGLESS = {
    "F5": "\x1b[15~", "F5 of the Linux console": "\x1b[[E", "F5 of rxvt, with Shift": "\x1b[28~", "F6": "\x1b[17~",
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
    "device attributes": "\x1b[?64;1;2;6;22c", "secondary ones": "\x1b[>41;351;0c", "terminal's id": "\x1bP!|00000000\x1b\\",
    "its name": "\x1bP>|XTerm(379)\x1b\\", "status": "\x1b[0n", "cursor": "\x1b[24;80R", "cursor and page": "\x1b[?24;80;1R",
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
    return [cut for cut in range(2, len(key)) if key[:cut] not in ("\x1b\x1b", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX")]


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
