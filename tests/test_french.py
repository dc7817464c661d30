"""What a person reads is in their language, French here: on the screen and on standard error.  The log and the wire are
as ever, and yes and no are understood in every language."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fullscreen import F1, DeafCaller
from peers import HOST, TCHAT, Door, call, eventually, free_port, needs_landlock, needs_linux, without_port
from terminal import ctrl
from test_documents import ROOT
from test_group_screen import words
from test_log import entries
from test_screen import pasted, theirs
from tls import F3, TlsDoor, needs_tls, tls_call
from room import QUESTION

FOREIGN = Path(TCHAT).parent / "tests" / "foreign"  # whose languages are in the folder where it is started
BUSY = b"The line is busy. Please call again later.\n"

pytestmark = pytest.mark.skipif(b"bindtextdomain" not in Path(TCHAT).read_bytes(),
                                reason="this tchat was built without languages")


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    """Where the sentences in French are."""
    if shutil.which("msgfmt") is None:
        pytest.skip("there is no msgfmt(1)")
    folder = tmp_path_factory.mktemp("languages")
    messages = folder / "fr" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    subprocess.run(["msgfmt", "-o", messages / "tchat.mo", ROOT / "po" / "fr.po"], check=True)
    return folder


@pytest.fixture(autouse=True)
def french(environment, locale_of, catalogue, leaks_unchecked, tmp_path):
    """The environment of somebody who speaks French.  Where there is a LOCPATH, glibc leaks."""
    environment.update(locale_of("fr_FR"))
    (tmp_path / "locale").symlink_to(catalogue)


def text(sentence):
    """A regular expression for what is shown: the blank before some signs is one that does not break."""
    return re.escape(re.sub(r" (?=[:;?!»])|(?<=«) ", "\u00a0", sentence))


def test_conversation_in_plain_mode(run, port, tmp_path):
    """Notices are French, and English in the log; who calls meanwhile reads English."""
    server = run(FOREIGN, "-s", "-k", "-p", "-l", tmp_path / "log", port)
    server.notice(f"en attente sur le port {port}")
    caller = call(port)
    server.notice(f"{HOST} a appelé")
    assert call(port).expect(BUSY) == b""
    server.notice(f"{HOST} a appelé pendant que la ligne était occupée")
    caller.close_input()
    server.notice(f"{HOST} a quitté la conversation")
    notices = [f"waiting on port {port}", f"{HOST} has called", f"{HOST} called while the line was busy",
               f"{HOST} has left"]
    eventually(lambda: [without_port(said) for _, said in entries(tmp_path / "log")][:4] == notices, "all in the log")


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1"])
def test_failure(run, environment, tmp_path, charset):
    """So is why something fails, with what the system says in either language, whatever it is asked to write."""
    environment.update(OUTPUT_CHARSET=charset)
    silent = free_port()
    client = run(FOREIGN, "-c", "-l", tmp_path / "log", HOST, silent)
    assert client.wait() == 1
    *_, said = client.err.data.decode().splitlines()
    assert re.match(text(f"tchat: impossible d'appeler {HOST} port {silent} : "), said)
    assert "\ufffd" not in said
    assert re.search(text(f" ; l'autre côté attend avec tchat -s {silent}") + "$", said)
    assert entries(tmp_path / "log")[-1][1] == (
        f"cannot call {HOST} port {silent}: Connection refused; the other side waits with tchat -s {silent}")


@pytest.mark.parametrize("count, said", [(1, "1 ligne a été tapée d'avance, non envoyée"),
                                         (2, "2 lignes ont été tapées d'avance, non envoyées")])
def test_numbers(run, count, said):
    """One of a thing, and several."""
    door = Door()
    client = run(FOREIGN, "-c", "-a", HOST, door.port)
    callee = door.accept()
    client.send("ligne\n" * (count + 1))
    callee.expect("ligne\n")
    client.settle()
    callee.reset()
    client.notice(said)


def test_wrong_usage(run):
    client = run(FOREIGN, "-c")
    assert client.wait() == 2
    assert re.fullmatch(text("tchat: il manque l'hôte à appeler : tchat -c hôte [port]"),
                        client.err.data.decode().strip())


def test_name_that_own_lines_have(run):
    """Nobody can be called what stands before one's own lines, in either language."""
    for name in ("you", "vous", "Vous"):
        client = run(FOREIGN, "-c", "--peer", name, HOST)
        assert client.wait() == 2
        assert re.fullmatch(text(f"tchat: --peer ne prend pas de nom qui est employé par tchat lui-même : « {name} »"),
                            client.err.data.decode().strip())


def test_help(run):
    """All options, none wider than a terminal, in the places where they are in English."""
    program = run(FOREIGN, "--help")
    assert program.wait() == 0
    rows = program.out.data.decode().splitlines()
    english = subprocess.run([TCHAT, "--help"], env={"LC_ALL": "C"}, capture_output=True, text=True).stdout.splitlines()
    assert len(rows) == len(english) and max(map(len, rows)) < 80
    option = re.compile(r"(?:  -\w,|     ) (--[\w-]+)")
    assert [option.match(row)[1] for row in rows if option.match(row)] == [
        option.match(row)[1] for row in english if option.match(row)]
    assert not [row for row in rows if row in english and row]


def test_language_that_is_not_there(run, environment):
    """English, then."""
    environment.update(LANGUAGE="xx")
    client = run(FOREIGN, "-c")
    assert client.wait() == 2
    assert client.err.data == b"tchat: whom to call is missing: tchat -c host [port]\n"


@needs_landlock
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("languages", ["fr", "fr:de"])
def test_nothing_is_read_later(run, environment, mounted, port, tmp_path, languages):
    """Whoever may open no files any more looks for none of the languages, nor of how characters become others."""
    environment.update(LANGUAGE=languages)
    # With a LOCPATH the C library reads of characters at once, as it does in C.UTF-8.
    installed = mounted({"/usr/lib/locale": environment.pop("LOCPATH")})
    trace = ["strace", "-ff", "-e", "trace=openat,prctl", "-o", tmp_path / "trace"]
    server = run(*installed, *trace, FOREIGN, "-s", "-p", port)
    server.notice(f"en attente sur le port {port}")
    caller = call(port)
    server.notice(f"{HOST} a appelé")
    caller.close_input()
    server.close_input()
    assert server.wait() == 0
    confined = [trace.read_text().partition("NO_NEW_PRIVS")[2] for trace in tmp_path.glob("trace.*")]
    assert any(confined) and not [after for after in confined if "gconv" in after or ".mo" in after]


# The full screen


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_full_screen(on_terminal, port, columns):
    """The bar has what matters first, whatever the room for it, and the help is as wide as the window at most."""
    server = on_terminal(FOREIGN, "-s", port, columns=columns)
    server.wait_for(text(f"en attente sur le port {port}"))
    caller = call(port)
    server.wait_for(f"{HOST} a appelé")
    caller.send("ça va ?\n")
    server.wait_for(theirs("ça va ?"))
    since = r" · depuis \d\d:\d\d" if columns > 40 else ""
    server.wait_for(lambda: re.match(rf" {HOST} · non chiffré{since} +F1(/Alt-\?)? aide$", server.bar))
    server.say("très bien")
    caller.expect("très bien\n")
    server.press(F1)
    server.wait_for("Toute touche ferme ceci.")
    rows = [row.rstrip() for row in server.pane if row.strip()]
    assert max(map(len, rows)) < columns and not any("…" in row for row in rows)
    server.press(F1)
    server.wait_for(theirs("ça va ?"))
    caller.close_input()
    server.wait_for(lambda: f"{HOST} a quitté la conversation" in words(server))


@needs_linux
def test_lines_that_are_lost(on_terminal, port, tmp_path):
    """What was not delivered is said in French, after the end, too, and in English in the log."""
    server = on_terminal(FOREIGN, "-s", "--once", "-l", tmp_path / "log", port, columns=100)
    server.wait_for(text(f"en attente sur le port {port}"))
    caller = DeafCaller(port)
    server.wait_for(text(f"{caller.host} a appelé"))
    server.say(pasted("x" * 200_000))
    server.say("perdu")
    server.wait_for(lambda: "ne lit pas" in server.bar)
    caller.reset()
    server.wait_for("2 lignes n'ont pas été remises")
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.shows(text("tchat: non remis : perdu"))
    notices = [said for who, said in entries(tmp_path / "log") if who == "*"]
    assert "not delivered: perdu" in notices and "2 lines were not delivered" in notices


# With keys


@needs_tls
@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
@pytest.mark.parametrize("answer", ["oui", "yes", "OUI"])
def test_question(on_terminal, bob, stranger, front, answer):
    """It is answered in French or in English."""
    door = TlsDoor(stranger)
    client = on_terminal(FOREIGN, "-c", "-t", *front, HOST, door.port, env=bob.env, columns=150, rows=40)
    callee = door.accept()
    client.wait_for(text("est-ce la bonne clé ? répondez oui ou non") + "$")
    if not front:
        client.wait_for(lambda: "oui ou non" in client.bar)
    client.say("o")
    client.wait_for(text("« o » n'est pas une réponse"))
    client.say(answer)
    client.wait_for(text(f"chiffré : la clé de {door.peer} est désormais connue"))
    client.say("bonjour")
    callee.expect("bonjour\n")


@needs_tls
@pytest.mark.parametrize("answer", ["non", "no"])
def test_no(on_terminal, ann, stranger, port, answer):
    server = on_terminal(FOREIGN, "-s", "-t", "-p", "--once", port, env=ann.env, columns=150)
    server.wait_for("en attente sur le port")
    caller = tls_call(port, stranger)
    server.wait_for(text("laisser entrer ? répondez oui, ou oui et un nom à retenir, ou non") + "$")
    server.say(answer)
    server.wait_for("la clé n'a pas été acceptée")
    assert server.wait() == 1 and caller.alert == "TLSV1_ALERT_ACCESS_DENIED"


@needs_tls
def test_name_in_the_answer(on_terminal, ann, stranger, port):
    """oui and a name lets in, under that."""
    server = on_terminal(FOREIGN, "-s", "-t", port, env=ann.env, columns=150, rows=40)
    server.wait_for("en attente sur le port")
    tls_call(port, stranger)
    server.wait_for(text("laisser entrer ?"))
    server.wait_for(lambda: "oui ou non" in server.bar)
    server.say("oui Benoît")
    server.wait_for(text("chiffré : l'appelant est désormais connu sous le nom de Benoît"))
    server.wait_for(lambda: server.bar.startswith(" Benoît · chiffré, nouvelle clé"))


# A group


def test_group(on_terminal, port, tmp_path):
    """Its host reads French; what goes to all is English, as each of them may speak another language."""
    host = on_terminal(FOREIGN, "-s", "-g", "-l", tmp_path / "log", port, columns=100)
    host.wait_for(f"en attente sur le port {port}")
    guest = call(port)
    guest.expect(QUESTION)
    guest.send("zoé\n")
    guest.expect("* You are ~zoé: ")
    host.wait_for("~zoé a rejoint le salon")
    other = call(port)
    other.expect(QUESTION)
    other.send("max\n")
    guest.expect("* ~max has joined: 3 are here\n")
    host.wait_for("~max a rejoint le salon")
    host.press(F3)
    host.wait_for(lambda: "raccroche" in words(host))
    other.close_input()
    guest.expect("* ~max has left: 2 are here\n")

    def logged():
        return {re.sub(r" \(.*", "", said) for _, said in entries(tmp_path / "log")}

    eventually(lambda: {"~zoé has joined: 2 are here", "~max has left: 2 are here"} <= logged(), "both in the log")
