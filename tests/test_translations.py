"""What tchat says is there to be translated, and is, in every language of po/LINGUAS."""

import re
import shutil
import subprocess

import pytest

from test_documents import ROOT

PO = ROOT / "po"
LANGUAGES = (PO / "LINGUAS").read_text().split()
SOURCES = sorted(ROOT.glob("src/**/*.c"))

# What reads like a sentence, and stays as it is.
NOT_SAID = {
    # On the wire.
    "The line is busy. Please call again later.\n", "The room is full. Please call again later.\n",
    "The room is closed to you.\n", "This line is encrypted: call with -t.\n", "%s%zu other%s",
    "may be somebody else's",
    # From one process to another, and from avahi-utils.
    "not started: ", "Established under name '", "Daemon not running", "Local name collision",
    # In the log alone, and in a file.
    "not delivered: ", "server %s %s %u\n", "server %s %s\n",
    # A place, or who is there, which is compared.
    "%s port %u", "user %s (uid %ju)", "uid %ju",
    # There is no language.
    "there is no locale for UTF-8: neither the environment's nor C.UTF-8",
}
STRING = r'"((?:[^"\\\n]|\\.)*)"'
# ... or is for no person: for the compiler, OpenBSD, ps(1), and for those of a group, whose language nobody knows.
NOT_FOR_PEOPLE = rf'\b(?:_Static_assert|pledge|setproctitle|relay_tell|relay_tell_others)\((?:{STRING}|[^;"])*;'
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def unescape(text):
    """What a C string, or one of a catalogue, is."""
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)",
                  lambda found: chr(int(found[1], 16)) if found[1] else ESCAPES.get(found[2], found[0]), text)


def strings_of(source):
    """The strings of a C source, those that stand one behind the other being one, without comments."""
    text = re.sub(rf"/\*.*?\*/|{STRING}|'(?:[^'\\]|\\.)'",
                  lambda found: found[0] if found[0][0] == '"' else " ", source, flags=re.DOTALL)
    text = re.sub(rf"^#include.*|{NOT_FOR_PEOPLE}", "", text, flags=re.MULTILINE)
    for found in re.finditer(rf"{STRING}(?:\s*{STRING})*", text):
        yield unescape("".join(re.findall(STRING, found[0])))


def entries(catalogue):
    """The entries of a catalogue: what is before them, and their fields by name."""
    for entry in catalogue.strip().split("\n\n"):
        fields, name = {}, None
        for line in entry.split("\n"):
            found = re.fullmatch(rf"(?:(msg\w+(?:\[\d\])?) )?{STRING}", line)
            if found:
                name = found[1] or name
                fields[name] = fields.get(name, "") + unescape(found[2])
        yield [line for line in entry.split("\n") if line.startswith("#")], fields


def sentences(catalogue):
    return {sentence for _, fields in entries(catalogue) for name, sentence in fields.items()
            if name in ("msgid", "msgid_plural") and sentence}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """All that can be translated, found anew."""
    if shutil.which("xgettext") is None:
        pytest.skip("there is no xgettext(1)")
    options = re.search(r"\nXGETTEXT_OPTIONS = (.*?[^\\])\n", (PO / "Makevars").read_text(), re.DOTALL)[1]
    path = tmp_path_factory.mktemp("po") / "tchat.pot"
    # As po/Makefile does: what is named by an option is in a folder that was named before.
    subprocess.run(["xgettext", "-D", ROOT, *options.replace("\\\n", " ").split(), "-f", PO / "POTFILES.in",
                    "-o", path], check=True)
    return path.read_text(encoding="utf-8")


def test_every_source_is_looked_at():
    listed = [line for line in (PO / "POTFILES.in").read_text().splitlines() if not line.startswith("#")]
    assert listed == sorted(str(source.relative_to(ROOT)) for source in SOURCES)


def test_every_sentence_can_be_translated(template):
    """Nothing that reads like a sentence is said in English only."""
    known = sentences(template)
    for source in SOURCES:
        for string in strings_of(source.read_text(encoding="utf-8")):
            if re.search(r"[A-Za-z]{2,} [a-z%]{2,}", string):
                assert string in known | NOT_SAID, f"{source.name}: {string!r}"


def test_template_is_of_today(template):
    """po/tchat.pot is what translators begin with."""
    assert sentences((PO / "tchat.pot").read_text(encoding="utf-8")) == sentences(template)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_is_translated(language, template):
    """Each sentence, none of which is only guessed, or from yesterday."""
    catalogue = (PO / f"{language}.po").read_text(encoding="utf-8")
    assert sentences(catalogue) == sentences(template)
    assert "\n#~ " not in catalogue
    for remarks, fields in entries(catalogue):
        assert not [line for line in remarks if line.startswith("#,") and "fuzzy" in line], fields["msgid"]
        assert all(fields.values()) or not fields["msgid"], fields["msgid"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_right(language, tmp_path):
    """What stands for values stands in the translation too, as msgfmt(1) finds."""
    if shutil.which("msgfmt") is None:
        pytest.skip("there is no msgfmt(1)")
    subprocess.run(["msgfmt", "--check", "-o", tmp_path / "tchat.mo", PO / f"{language}.po"], check=True)


def spoken(sentence):
    """A sentence with % for what varies, and without the blanks that signs have in some languages."""
    sentence = re.sub(r"%(?:\d\$)?[-.\d]*(?:zu|[a-z])", "%", sentence.replace("\N{NO-BREAK SPACE}", " "))
    return re.sub(r" (?=[ :;,?!»)])|(?<=[«(]) |[ :]*$", "", sentence)


def quoted(item):
    """The same of the head of an item in the manual."""
    item = re.sub(r"Q[qo] Ar \S+(?: Qc)?", '"%"', item)
    item = re.sub(r"\bAr \S+(?: (?!Li|Ar|Ns)\w+)*", "%", item)
    return spoken(re.sub(r" ?\bNs\b(?: Li\b)? ?|\bLi |\\&", "", item))


@pytest.mark.parametrize("language", [path.stem for path in sorted(ROOT.glob("man/po/*.po"))])
def test_manual_quotes_what_is_said(language):
    """What tchat says is in the manual as it says it, in each language."""
    said = {}
    for _, fields in entries((PO / f"{language}.po").read_text(encoding="utf-8")):
        for english, translated in (("msgid", "msgstr"), ("msgid_plural", "msgstr[1]")):
            said[spoken(fields.get(english, ""))] = spoken(fields.get(translated, ""))
    found = 0
    for remarks, fields in entries((ROOT / "man" / "po" / f"{language}.po").read_text(encoding="utf-8")):
        sentence = quoted(fields["msgid"])
        if "#. type: It" in remarks and said.get(sentence):
            assert quoted(fields["msgstr"]) == said[sentence]
            found += 1
    assert found > 20
