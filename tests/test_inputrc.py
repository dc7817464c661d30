"""~/.inputrc, which is for all programs: what in it cannot be meant for tchat does no harm."""

import pytest

from peers import DEADLINE
from terminal import ENTER, LEFT, ctrl

RE_READ = ctrl("X") + ctrl("R")
BLINK = 0.5  # seconds that Readline looks at a parenthesis


@pytest.fixture
def with_inputrc(screen_called, environment, tmp_path):
    """A server whose user has such an init file, and its caller."""
    def with_inputrc(text):
        (tmp_path / "inputrc").write_text(text)
        return screen_called(env=dict(environment, INPUTRC=str(tmp_path / "inputrc")))

    return with_inputrc


@pytest.fixture(params=["", RE_READ], ids=["read", "read again"])
def again(request):
    """What is typed first: the file counts for no more when it is read again."""
    return request.param


def test_parentheses(with_inputrc, again):
    """No parenthesis keeps everything waiting."""
    server, caller = with_inputrc("set blink-matching-paren on\n")
    line = "()" * int(DEADLINE / BLINK + 10)
    server.say(again + line)
    caller.expect(line + "\n")


@pytest.mark.parametrize("mode, again", [("emacs", ""), ("emacs", RE_READ), ("vi", "")])
def test_commands_of_other_programs(with_inputrc, mode, again):
    """A key that is bound to what only another program has keeps the meaning that it has without that."""
    server, caller = with_inputrc(f"set editing-mode {mode}\n" + "".join(
        f"{key}: magic-space\n" for key in ("Space", "Return", "Rubout", "a", r'"\C-u"', r'"\e"')))
    server.say(again + "discarded" + ctrl("U") + "a  blankx\x7f or two")
    caller.expect("a  blank or two\n")


@pytest.mark.parametrize("setting", ["byte-oriented on", "convert-meta on"])
def test_character_set(with_inputrc, again, setting):
    """The characters are those of UTF-8, and the cursor goes over whole ones."""
    server, caller = with_inputrc(f"set {setting}\n")
    server.say(again + "“Grüße” 漢字" + LEFT + LEFT + "–")
    caller.expect("“Grüße” –漢字\n")


@pytest.mark.parametrize("convert", ["", "set convert-meta on\n"], ids=["", "convert-meta"])
def test_meta_is_no_part_of_a_character(with_inputrc, again, convert):
    """A key with Meta is Escape and the key, and takes no character away that has that byte."""
    server, caller = with_inputrc(convert + r'"\M-b": beginning-of-line' + "\n")
    server.say(again + "“one two”\x1bb– ")
    caller.expect("– “one two”\n")


def test_sequences_in_the_prompt(with_inputrc):
    """What changes the cursor of a terminal is no part of the prompt."""
    server, caller = with_inputrc("set editing-mode vi\nset show-mode-in-prompt on\n"
                                  r'set vi-ins-mode-string "\1\e[6 q\2+"' + "\n")
    server.press("x")
    server.wait_for(lambda: server.input == "+> x")
    assert b"\x1b[6 q" not in server.shown
