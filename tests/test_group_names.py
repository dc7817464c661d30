"""Names in a group: whose they are, which will not do, and that nobody speaks under another's."""

import signal

import pytest

from peers import HOST, call, eventually
from room import QUESTION, enter, give_name, lines_of
from test_group import UNKNOWN
from test_trust import OTHER

LINE_MAX = 65536  # bytes of safe text; what is longer is cut

# What somebody can call themselves, with Ann there already, in a room of Carl's, and why not.
UNFIT = {
    "taken": ("ann", "looks like that of somebody who is here"),
    "taken, written otherwise": ("  A-n.N ", "looks like that of somebody who is here"),
    "the host's": ("CARL", "looks like the host's"),
    "the host's, if it had none": ("Host", "looks like the host's"),
    "of a guest": ("guest 3", "stands for somebody without one"),
    "of a guest, written otherwise": ("Guest-03", "stands for somebody without one"),
    "of a known key": ("Zoë", "looks like one that belongs to a key"),
    "of a known key, written otherwise": ("zo\u00eb", "looks like one that belongs to a key"),
    "with a Cyrillic letter": ("\u0430nn", "has letters of several alphabets"),
    "with styled letters": ("\U0001d41ann", "has other signs than letters, digits and -'.,&+_@()"),
    "with what shows nothing": ("a\u2060nn", "has other signs than letters, digits and -'.,&+_@()"),
    "21 columns": ("abcdefghijklmnopqrstu", "is too long: there is room for 20 columns"),
    "22 columns": ("漢" * 11, "is too long: there is room for 20 columns"),
    "64 KiB": ("x" * LINE_MAX, "is too long: there is room for 20 columns"),
    "controls": ("ann\x1b[2J", "has other signs than letters, digits and -'.,&+_@()"),
    "one of the others' prefixes": ("<~ann>", "has other signs than letters, digits and -'.,&+_@()"),
    "sign of those without a key": ("~ann", "has other signs than letters, digits and -'.,&+_@()"),
    "two lines in one": ("bob\r<~ann>", "has other signs than letters, digits and -'.,&+_@()"),
    "no UTF-8": (b"b\xff\xfeb", "is not UTF-8"),
    "no letter": ("007", "has no letter"),
    "only blanks": ("   ", "shows nothing"),
    "heaped marks": ("b" + "\u0301" * 20, "has more marks on a letter than are shown"),
    "a fingerprint": ("SHA256", "could be taken for the number or the fingerprint of a key"),
    "a number": ("no 42194 66105", "could be taken for the number or the fingerprint of a key"),
    "of the program": ("tchat", "tchat uses itself"),
    "of oneself": ("You", "tchat uses itself"),
}


@pytest.fixture
def known(environment, tmp_path):
    """An environment where a key is known by a name."""
    (tmp_path / "tchat").mkdir(mode=0o700)
    (tmp_path / "tchat" / "known_peers").write_text(f"caller {OTHER} Zoë\n")
    return dict(environment, XDG_DATA_HOME=str(tmp_path))


@pytest.mark.parametrize("name, fault", UNFIT.values(), ids=UNFIT)
def test_name_that_will_not_do(room, known, name, fault):
    """It is refused with the reason, and reaches nobody; another one can be given."""
    host = room("-n", "Carl", env=known)
    [ann] = host.join("ann")
    other = host.visit()
    other.send(name if isinstance(name, bytes) else name.encode())
    other.send("\n")
    assert other.expect("\n").decode() == f"* A name that {fault} will not do. Another one, please:"
    give_name(other, "bob")
    other.send("hello\n")
    assert ann.expect("<~bob> hello\n") == b"* ~bob has joined: 3 are here\n"
    assert host.server.expect("<~bob> hello\n") == b""


@pytest.mark.parametrize("name", ["abcdefghijklmnopqrst", "漢" * 10, "Zo\u00ef", "d'Artagnan (7)"])
def test_name_that_will_do(room, known, name):
    """Twenty columns, of whatever script."""
    host = room(env=known)
    ann, bob = host.join("ann", name)
    bob.send("hello\n")
    ann.expect(f"<~{name}> hello\n")


def test_name_of_several(room):
    """A name that among others could be taken for those of several people is quoted."""
    host = room()
    [ann] = host.join("ann")
    bob = host.visit()
    bob.send("b, ann and cleo\n")
    assert bob.expect("\n") == b'* You are "~b, ann and cleo": 3 are here.'
    cleo = call(host.port)
    assert cleo.expect(QUESTION) == b'* Welcome. Here: host, ~ann and "~b, ann and cleo".\n'


def test_no_name(room):
    """Whoever gives an empty line is a guest."""
    host = room()
    guest, ann = host.visit(), host.visit()
    give_name(ann, "ann")
    guest.send("\nhello\n")
    guest.expect("* You are ~guest 1.\n")
    ann.expect("<~guest 1> hello\n")


def test_third_name_that_is_refused(room):
    """Who cannot find one is a guest, and talks."""
    host = room()
    [ann] = host.join("ann")
    other = host.visit()
    for _ in range(2):
        other.send("ann\n")
        other.expect(" will not do. Another one, please:\n")
    other.send("ANN\nbob\n")
    assert other.expect("\n") == b"* A name that looks like that of somebody who is here will not do."
    assert other.expect("\n") == b"* You are ~guest 2."
    assert ann.expect("<~guest 2> bob\n") == b"* ~guest 2 has joined: 3 are here\n"


def test_name_is_free_again(room):
    """Once whoever had it has left."""
    host = room()
    ann, bob = host.join("ann", "bob")
    ann.close_input()
    bob.expect("* ~ann has left: 2 are here\n")
    [ann] = host.join("ann")
    ann.send("me again\n")
    bob.expect("<~ann> me again\n")


def test_who_speaks_first_is_a_guest(room):
    """Only what is said after the question is a name: a program that sends lines at once loses none."""
    host = room()
    [ann] = host.join("ann")
    host.server.kill(signal.SIGSTOP)  # so that it speaks before anybody answers
    early = call(host.port)
    early.send("one\ntwo\n")
    host.server.kill(signal.SIGCONT)
    ann.expect("<~guest 2> one\n<~guest 2> two\n")
    early.expect("* You are ~guest 2.\n")
    assert QUESTION.encode() not in early.incoming.data


def test_names_that_are_given_at_once(room):
    """Of those who want the same name at the same time one gets it."""
    host = room()
    ends = [host.visit() for _ in range(5)]
    host.server.kill(signal.SIGSTOP)
    for end in ends:
        end.send("ann\n")
    host.server.kill(signal.SIGCONT)
    answered = [b"* You are ~ann: 6 are here.\n", b"* A name that looks like that of somebody who is here"]
    eventually(lambda: all(any(answer in end.incoming.data for answer in answered) for end in ends), "all answers")
    assert [sum(answer in end.incoming.data for end in ends) for answer in answered] == [1, 4]


# Nobody speaks under another's name

TEXTS = {"letters": "x", "accents": "é", "Chinese": "漢", "emoji": "👩‍👩‍👧", "marks": "e\u0301\u0302", "unknown": UNKNOWN,
         "made visible": "\x1b"}


@pytest.mark.parametrize("length", [65_000, LINE_MAX - len("<~mallory> "), LINE_MAX - 1, LINE_MAX, LINE_MAX + 1,
                                    3 * LINE_MAX + 17])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nobody_speaks_under_another_name(room, start, text, length):
    """However long a line is, each part of it has the name of who says it before it, and no receiver cuts it again."""
    host = room()
    mallory, bob = host.join("mallory", "bob")
    client = start("-c", "-p", HOST, host.port)
    enter(client, "cleo")
    filler = text * (length // len(text.encode()))
    filler += "x" * (length - len(filler.encode()))
    mallory.send(f"{filler}<~ann> yes, do\n")
    mallory.send("end\n")
    for end in bob, client, host.server:
        end.expect("<~mallory> end\n")
    for incoming in bob.incoming, client.out, host.server.out:
        lines = lines_of(incoming)
        assert len(lines) > 1
        assert [line[:30] for line in lines if not line.startswith(b"<~mallory> ")] == []
        assert max(map(len, lines)) <= LINE_MAX
    said = "".join(line.decode().removeprefix("<~mallory> ") for line in lines_of(bob.incoming))
    assert said == filler.replace("\x1b", "^[") + "<~ann> yes, doend"
