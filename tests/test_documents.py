"""What SECURITY.md, HACKING.md and doc/architecture.md name is there, under the name that they give it."""

import re
from pathlib import Path

import pytest

from test_confined import allowed_calls

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["SECURITY.md", "HACKING.md", "doc/architecture.md"]
FOLDERS = ["bench", "completions", "doc", "fuzz", "man", "scripts", "src", "tests"]
FILES = ["Makefile.am", "NEWS", "README.md", *DOCUMENTS]

PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})(?:/[\w.*-]+)*/?|{'|'.join(map(re.escape, FILES))}")
NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+|[A-Z]+(?:_[A-Z]+)+")


def words(document):
    """The words in backticks of a document, but not those of commands, which stand in blocks of their own."""
    text = re.sub(r"^```.*?^```$", "", (ROOT / document).read_text(), flags=re.DOTALL | re.MULTILINE)
    return [word for quoted in re.findall(r"`([^`]+)`", text) for word in quoted.split()]


def source():
    """All that programs and tests are made of, as one text."""
    files = [path for folder in ("src", "tests", "fuzz", "scripts") for path in sorted((ROOT / folder).rglob("*"))
             if path.is_file() and "corpus" not in path.parts and path != Path(__file__)]
    files = [path for path in files if path.suffix in (".c", ".h", ".py") or path.parent.name == "scripts"]
    return "\n".join(path.read_text() for path in [*files, ROOT / "Makefile.am"])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_are_there(document):
    """Whoever looks up a file that is named finds it; a * stands for some of them."""
    paths = [word for word in words(document) if PATH.fullmatch(word)]
    assert len(paths) > 20
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    """Links within the tree too."""
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / document).read_text())
    assert links
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


@pytest.mark.parametrize("document", ["HACKING.md", "doc/architecture.md"])
def test_names_are_there(document):
    """Functions and the like are named as they are."""
    names = {word for word in words(document) if NAME.fullmatch(word)}
    known = set(re.findall(r"\w+", source()))
    assert len(names) > 20
    assert names - known == set()


def test_promises_are_kept_where_it_is_said():
    """The table of promises has the functions and tests that it names, each in the file before it."""
    table = (ROOT / "SECURITY.md").read_text().partition("## How it is kept, and tested")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("|")][2:]
    places = [(path, name) for path, names in re.findall(r"`([\w./]+)` \(([\w, ]+)\)", "\n".join(rows))
              for name in names.split(", ")]
    assert len(places) > 60
    assert [row for row in rows if "`tests/" not in row and "doc/faults.md" not in row] == []
    assert [(path, name) for path, name in places
            if not re.search(rf"\b{name}\b", (ROOT / path).read_text())] == []


def test_each_wing_is_shown():
    """The picture of the house has all of it."""
    wings = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()} - {".deps"}
    shown = {word for word in words("doc/architecture.md") if word.startswith("src/")}
    assert len(wings) > 5
    assert {f"src/{wing}/" for wing in wings} <= shown


@pytest.mark.parametrize("process, file", [("listener", "src/link/cell.c"), ("keeper", "src/trust/keeper.c")])
def test_calls_of_a_process(process, file):
    """SECURITY.md lists what a process may ask of the kernel as the source does, but for the sanitizers."""
    text = (ROOT / "SECURITY.md").read_text().partition(f"## What the {process} may ask of the kernel")[2]
    cells = re.findall(r"^\| (`.*?) \|", text.partition("\n## ")[0], re.MULTILINE)
    listed = {call for cell in cells for call in re.findall(r"`(\w+)`", cell)}
    assert listed == allowed_calls(ROOT / file, sanitized=False)


def test_failures_are_in_the_manual():
    """What cannot be done, in whatever words the program says so, can be looked up under DIAGNOSTICS."""
    files = [path for path in (ROOT / "src").rglob("*.c") if path.name != "options.c"]  # wrong usage explains itself
    code = re.sub(r'"\s+"', "", "\n".join(path.read_text() for path in files))
    said = {re.sub(r"%\w+|\d+", "%", text) for text in re.findall(r'"(cannot (?:[^"\\]|\\.)*)"', code)}
    diagnostics = (ROOT / "man/tchat.1").read_text().partition(".Sh DIAGNOSTICS")[2]
    listed = [re.sub(r" (?=[:,;])|(?<=\() ", "", re.sub(r"\bAr \w+|\d+", "%", re.sub(r"\bLi ", "", text)))
              for text in re.findall(r"^\.It (.*)", diagnostics, re.MULTILINE)]
    said -= {text for text in said if text.startswith("cannot agree on encryption")}  # whose reasons are a list
    assert len(said) > 40
    assert {text for text in said if not any(other.startswith(text) for other in listed)} == set()


def test_documents_are_in_the_distribution():
    """Who gets the sources as an archive gets them, too."""
    assert set(DOCUMENTS) <= set((ROOT / "Makefile.am").read_text().split())
