"""The full screen in languages of the tests' own, whose words are longer than English ones: nothing runs over."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from fullscreen import F1, F4, status_bar
from peers import call
from room import enter
from terminal import PAGE_UP, ctrl
from test_again import F8
from test_french import FOREIGN, pytestmark  # noqa: F401, where there are languages
from test_group_screen import ask, chosen, open_list, words
from test_screen import lines, pasted
from test_translations import entries, template  # noqa: F401, a fixture
from tls import F3, needs_tls, tls_call

WIDTHS = pytest.mark.parametrize("columns", [80, 60, 40])


class Language:
    """What is said in it begins and ends with letters that English has not, and so does what is behind a comma."""

    def __init__(self, first, last, growth=0.0):
        self.first, self.last, self.growth = first, last, growth

    def _grown(self, part):
        more = "".join(itertools.islice(itertools.cycle("àê ôçî "), round(self.growth * len(part)))).rstrip()
        return f"{self.first}{part}{more}{self.last}"

    def says(self, sentence, *values):
        """A sentence, with these values in it if there are any."""
        said = ", ".join(map(self._grown, sentence.split(", ")))
        given = map(str, values)
        return re.sub("%(?:zu|s)", lambda found: next(given), said) if values else said

    def shows(self, sentence):
        """The same with the blanks that the screen shows, wherever its rows end."""
        return " ".join(self.says(sentence).split())

    def is_whole(self, text):
        """Whether nothing of a text is missing, but for a name, of which it is seen."""
        return "…" in text or text.count(self.first) == text.count(self.last)

    def write(self, template, folder):
        """Writes it where a program finds it that is started in that folder."""
        catalogue = folder / "locale/fr/LC_MESSAGES/tchat.mo"
        text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=n>1;\\n"\n'
        for _, fields in entries(template):
            one, many = fields["msgid"], fields.get("msgid_plural")
            said = {"msgstr": one} if many is None else {"msgstr[0]": one, "msgstr[1]": many}
            said = {"msgid": one} | ({"msgid_plural": many} if many else {}) | {
                name: self.says(sentence) for name, sentence in said.items()}
            if one and "\n" not in one:  # else it is of --help
                text += "".join(f"{name} {json.dumps(value, ensure_ascii=False)}\n" for name, value in said.items())
        catalogue.parent.mkdir(parents=True)
        subprocess.run(["msgfmt", "-o", catalogue, "-"], input=text.encode(), check=True)


LANGUAGES = {"marked": Language("«", "»"), "long": Language("é", "ù", 0.4)}


@pytest.fixture(params=LANGUAGES.values(), ids=LANGUAGES)
def language(request, template, environment, locale_of, leaks_unchecked, tmp_path):  # noqa: F811
    """In the environment of somebody who speaks it.  Where there is a LOCPATH, glibc leaks."""
    if shutil.which("msgfmt") is None:
        pytest.skip("there is no msgfmt(1)")
    request.param.write(template, tmp_path)
    environment.update(locale_of("fr_FR"))
    return request.param


def wait_for_bar(terminal, language, *parts):
    """Waits until the bar has these parts, if there is room, and sees that it has nothing that is not whole."""
    wanted = parts if terminal.display.columns > 40 else parts[-1:]
    terminal.wait_for(lambda: all(part in status_bar(terminal) for part in wanted))
    row = status_bar(terminal).ljust(terminal.display.columns)
    assert row[0] == row[-1] == " " != row[1] and "\ufffd" not in row
    for part in re.split(" · |  +", row.strip()):
        assert language.is_whole(part), row


def covering(terminal):
    """What is shown over the conversation, in one row: what is in reverse video, but for the bar."""
    rows = ([terminal.display.buffer[y][x] for x in range(terminal.display.columns)] for y in range(len(terminal.pane)))
    return " ".join(" ".join("".join(cell.data for cell in row if cell.reverse) for row in rows).split())


@WIDTHS
def test_two_people(on_terminal, port, language, template, columns):  # noqa: F811
    """The bar, the help, the newest line below the view, the search, and what is said at the end."""
    server = on_terminal(FOREIGN, "-s", port, rows=50, columns=columns)
    server.wait_for(lambda: str(port) in words(server))
    wait_for_bar(server, language)
    caller = call(port)
    wait_for_bar(server, language, language.says("not encrypted"))
    caller.send(lines(100))
    server.wait_for("line 99")
    server.press(F1)
    server.wait_for(lambda: language.says("Any key closes this.") in covering(server))
    for remarks, fields in entries(template):
        assert "#: src/screen/help.c" not in remarks or language.shows(fields["msgid"]) in covering(server)
    server.press("x" + PAGE_UP)
    server.wait_for(lambda: server.pane[-1].startswith(f"{language.first}bel… "))
    wait_for_bar(server, language, language.says("scrolled back"), language.says("not encrypted"))
    caller.send("one more\n")
    server.wait_for(lambda: server.pane[-1].endswith("one more"))
    wait_for_bar(server, language, language.says("%zu new below", 1), language.says("not encrypted"))
    server.press(F4 + "zz")
    server.wait_for(lambda: language.shows("nothing older") in words(server))
    assert f"{language.shows('search: ')}zz" in words(server).replace(" zz", "zz")
    server.press(ctrl("C") + pasted("one\ntwo\nthree"))
    server.wait_for("^three$")
    wait_for_bar(server, language, language.says("%zu lines", 3), language.says("not encrypted"))
    os.kill(server.pid, signal.SIGTERM)
    server.wait_for(lambda: f"tchat: {language.shows('not sent: ')}two" in words(server).replace(" two", "two"))


@WIDTHS
def test_group(on_terminal, port, language, columns):
    """The list of who is there, whose questions a letter of that language answers, too."""
    host = on_terminal(FOREIGN, "-s", "-g", port, rows=30, columns=columns)
    host.wait_for(lambda: str(port) in words(host))
    ann, bob = (enter(call(port), name) for name in ("ann", "bob"))
    wait_for_bar(host, language, language.says("%zu others here", 2), language.says("not encrypted"))
    open_list(host)
    assert language.is_whole(covering(host)) and language.shows("not encrypted") in covering(host)
    ask(host, F8, language.shows("y: yes, any other key: no"))
    assert language.says("Hang up on %s?", "~ann") in covering(host) and language.is_whole(covering(host))
    host.press(language.first.upper())
    ann.expect("* You were hung up on.\n")
    host.wait_for(lambda: chosen(host) == "~bob")
    ask(host, "b", language.shows("y: yes, any other key: no"))
    host.press("y")
    bob.expect("* The room is closed to you.\n")
    bob.incoming.expect_end()


@needs_tls
@WIDTHS
def test_question(on_terminal, environment, ann, stranger, port, language, columns):
    """There is room for the question of trust, and F3 shows what it was about."""
    server = on_terminal(FOREIGN, "-s", "-t", port, env=environment | ann.env, rows=24, columns=columns)
    server.wait_for(lambda: str(port) in words(server))
    tls_call(port, stranger)
    wait_for_bar(server, language, language.says("yes or no?"))
    assert language.is_whole(words(server).rsplit(" * ", 1)[-1].replace("…", ""))  # from the last notice on
    server.say("yes")
    wait_for_bar(server, language, language.says("encrypted, new key"))
    server.press(F3)
    server.wait_for(lambda: covering(server))
    assert language.is_whole(covering(server))
