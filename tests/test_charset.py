"""A terminal that is not UTF-8, as its environment says: there the bytes of valid text can be control sequences."""

import shutil
import subprocess

import pytest

from peers import HOST, TCHAT
from test_screen import theirs
from tls import needs_tls

LATIN_1 = {"LC_ALL": "xx_XX.ISO-8859-1"}  # which is on no machine
LINE = "tchat: the terminal's character set is {}, not UTF-8: use another, or set LC_ALL=C.UTF-8 if that is wrong\n"
ESCAPES = "\u00dd2;owned\u00dc"  # of which ISO-8859-1 has OSC 2 ; owned ST


@pytest.fixture
def without_locale(environment):
    """An environment that says nothing of a locale, but for these variables."""
    return lambda **settings: {name: value for name, value in environment.items() if name != "LANG"} | settings


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """Where locales are that are not UTF-8: de_DE.ISO-8859-1, and de_DE, which is the same."""
    path = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("this machine makes no locales: it has no localedef")
    for name in ("de_DE.ISO-8859-1", "de_DE"):
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "ISO-8859-1", path / name], capture_output=True)
        if made.returncode != 0:
            pytest.skip("this machine makes no locales: localedef lacks what they are made of")
    return {"LOCPATH": str(path)}


def must_refuse(terminal, charset="ISO-8859-1"):
    """It ends with one line, and has not touched the terminal."""
    assert terminal.wait() == 1
    assert LINE.format(charset).strip() in terminal.shown.decode().replace("\r\n", "\n").split("\n")
    assert b"\x1b" not in terminal.shown


@pytest.mark.parametrize("arguments", [
    ["-s"], ["-s", "-k"], ["-s", "-p"], ["-s", "-a"], ["-s", "--recv-only"], ["-s", "--send-only"], ["-c", HOST]],
    ids=str)
def test_terminal_is_refused(screen, environment, port, arguments, tmp_path):
    """In the full screen, in plain mode and in turns."""
    terminal = screen(*arguments, "-l", tmp_path / "log", port, env=environment | LATIN_1)
    must_refuse(terminal)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("redirection", [
    "</dev/null", ">/dev/null", "2>/dev/null", "</dev/null 2>&1", ">/dev/null 2>&1"])
def test_half_a_terminal_is_refused(on_terminal, environment, port, redirection):
    """Also where only the input is the terminal, or only the output."""
    terminal = on_terminal("sh", "-c", f'"$@" {redirection}', "sh", TCHAT, "-s", port, env=environment | LATIN_1)
    assert terminal.wait() == 1


@pytest.mark.parametrize("arguments, redirection", [
    ([], "</dev/null >/dev/null"), (["-r"], ""), (["--recv-only"], ">/dev/null"), (["--send-only"], "</dev/null")],
    ids=str)
def test_terminal_that_shows_nothing_of_others(on_terminal, environment, port, arguments, redirection):
    """Pipes and files take what they are sent, raw bytes are nobody's text, and standard error has notices only."""
    terminal = on_terminal("sh", "-c", f'"$@" {redirection}', "sh", TCHAT, "-s", *arguments, port,
                           env=environment | LATIN_1)
    terminal.wait_for(f"^tchat: waiting on port {port}$")


@needs_tls
@pytest.mark.parametrize("arguments, redirection", [
    (["-t"], "</dev/null >/dev/null"), (["-t"], "</dev/null >/dev/null 2>/dev/null"),
    (["-r", "-t"], "</dev/null >/dev/null")], ids=str)
def test_names_are_kept_from_the_terminal(on_terminal, environment, port, arguments, redirection):
    """A caller with a key has a name, which is shown on standard error, and beside the question on the terminal."""
    terminal = on_terminal("sh", "-c", f'"$@" {redirection}', "sh", TCHAT, "-s", *arguments, port,
                           env=environment | LATIN_1)
    assert terminal.wait() == 1


@pytest.mark.parametrize("options", [("-p",), ("-a", "-f", "peer"), ("-r",), ("-k",)], ids=str)
def test_pipes_are_as_ever(called, environment, options):
    """What comes out of a pipe, and goes into it, is UTF-8 whatever the environment says."""
    server, caller = called(*options, env=environment | LATIN_1)
    caller.send(f"Grüße {ESCAPES}\n")
    server.expect(f"Grüße {ESCAPES}\n")
    server.send("zurück\n")
    caller.expect("zurück\n")


@pytest.mark.parametrize("option", ["--help", "--version", pytest.param("--fingerprint", marks=needs_tls)])
def test_what_is_no_conversation(screen, environment, option):
    """What is asked of tchat itself it says on any terminal."""
    terminal = screen(option, env=environment | LATIN_1)
    assert terminal.wait() == 0
    assert "character set" not in terminal.shown.decode()


@pytest.mark.parametrize("settings, charset", [
    ({"LC_ALL": "xx_XX.ISO-8859-15@euro"}, "ISO-8859-15"), ({"LC_CTYPE": "xx_XX.KOI8-R", "LANG": "C.UTF-8"}, "KOI8-R"),
    ({"LANG": "xx_XX.ISO-8859-1"}, "ISO-8859-1"), ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "xx_XX.eucJP"}, "eucJP"),
    ({"LC_ALL": "x.\x1b]2;owned\a"}, "^[]2;owned^G")], ids=str)
def test_which_variable_counts(screen, without_locale, port, settings, charset):
    """The first that says something; what a locale that this machine does not have would be is in its name."""
    must_refuse(screen("-s", port, env=without_locale(**settings)), charset)


@pytest.mark.parametrize("settings", [
    {}, {"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "C.UTF-8", "LANG": "xx_XX.ISO-8859-1"},
    {"LC_ALL": "xx_XX.UTF-8"}, {"LANG": "xx_XX.utf8"}, {"LANG": "xx_XX"},
    {"LC_TIME": "xx_XX.ISO-8859-1", "LANG": "C.UTF-8"}], ids=str)
def test_utf8_terminal(screen_called, without_locale, settings):
    """Where the environment says UTF-8, or nothing of characters, the terminal is taken to be UTF-8."""
    server, caller = screen_called(env=without_locale(**settings))
    caller.send("Grüße 漢字\n")
    server.wait_for(theirs("Grüße 漢字"))
    server.press("ö漢")
    server.wait_for(lambda: server.input == "> ö漢")


@pytest.mark.usefixtures("leaks_unchecked")  # glibc leaks where there is a LOCPATH
@pytest.mark.parametrize("name", ["de_DE.ISO-8859-1", "de_DE"])
def test_locale_of_this_machine(screen, called, without_locale, port, locales, name):
    """So it is with locales that there are: they know their character set, whatever their name."""
    settings = without_locale(**locales, LC_ALL=name)
    must_refuse(screen("-s", port, env=settings))
    server, caller = called(env=settings)
    caller.send(ESCAPES + "\n")
    server.expect(ESCAPES + "\n")
