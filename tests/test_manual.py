"""The manual can be read in a terminal, in a browser and on paper: nothing is lost, cut or torn there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "man").rglob("*.1"))
COLUMNS = 80

needs_mandoc = pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not here")
needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not here")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def rendered(page, output):
    """What mandoc makes of a page, which it says nothing about, but that a translation is made in its own way."""
    result = subprocess.run(["mandoc", "-T", output, "-W", "warning", page], capture_output=True)
    complaints = result.stderr.splitlines()
    if page.parent.name != "man":
        of_style = re.compile(b"new sentence, new line|cannot parse date|see above")
        complaints = [line for line in complaints if not of_style.search(line)]
    assert complaints == []
    return result.stdout.decode(errors="replace")


def terminal_lines(page, output):
    """The lines that a terminal shows, without what makes letters bold and underlined."""
    return re.sub(".\b", "", rendered(page, output)).splitlines()


@needs_mandoc
@each_page
@pytest.mark.parametrize("output", ["ascii", "pdf", "ps", "utf8"])
def test_no_sign_is_lost(page, output):
    """Paper, and a terminal that has ASCII alone, have a form for each sign."""
    text = rendered(page, output)
    assert "<?>" not in text
    assert "+\bo" not in text, "on paper a bullet is two letters, one over the other"


@needs_mandoc
@each_page
def test_lines_fit(page):
    """A terminal of the usual width shows each line whole, examples too."""
    lines = terminal_lines(page, "utf8")
    assert len(lines) > 100
    assert [line for line in lines if len(line) > COLUMNS] == []


@needs_mandoc
@each_page
def test_quotes_are_whole(page):
    """No line ends between a quoted blank and the quotation mark."""
    text = "\n".join(terminal_lines(page, "utf8"))
    assert re.findall(r".*[‘“]\S?\n.*|.*\n\s*[’”].*", text) == []


@each_page
def test_sections_that_are_named_are_there(page):
    """Also where a translation names them."""
    text = page.read_text()
    sections = [re.escape(section) for section in re.findall(r"^\.S[hs] (.*)", text, re.MULTILINE)]
    names = re.findall(r"^\..*\bSx (.*)", text, re.MULTILINE)
    assert len(names) > 20
    assert [name for name in names if not re.fullmatch(f"({'|'.join(sections)})( (Pc|Ns|[.,;:]).*)?", name)] == []


@needs_mandoc
def test_links_lead_somewhere():
    """In a browser each section that is named is found, and is there once.  (mandoc loses those with accents.)"""
    text = rendered(ROOT / "man" / "tchat.1", "html")
    places = re.findall(r'\bid="([^"]+)"', text)
    links = re.findall(r'href="#([^"]+)"', text)
    assert len(links) > 20
    assert len(places) == len(set(places))
    assert set(links) - set(places) == set()


@each_page
def test_columns_hold_their_cells(page):
    """Each column of a table is as wide as the widest of its cells, so that none begins a line of its own."""
    tables = re.findall(r"^\.Bl -column (.*)\n((?:\.It .*\n)+)", page.read_text(), re.MULTILINE)
    assert tables
    for head, rows in tables:
        widths = [len(text) for text in re.findall(r'"([^"]*)"', head)]
        for row in re.findall(r"^\.It (.*)", rows, re.MULTILINE):
            cells = [re.sub(r"\b(?:Em|Li) ", "", cell).strip() for cell in row.split("Ta")]
            assert [cell for cell, width in zip(cells, widths) if len(cell) > width] == []


@each_page
def test_macros_end_where_they_should(page):
    """In the head of an item, a quotation is not all of the rest, and a question mark not that of the word before."""
    items = re.findall(r"^\.It .*", page.read_text(), re.MULTILINE)
    assert len(items) > 50
    assert [item for item in items if re.search(r" [DPQS]q .* Li |[^\\] [?!] \w", item)] == []


@needs_groff
@each_page
def test_groff_takes_it_too(page):
    """As man(1) shows it on many systems."""
    result = subprocess.run(["groff", "-Kutf8", "-mdoc", "-t", "-Tutf8", "-P-cbou", f"-rLL={COLUMNS - 2}n", page],
                            capture_output=True, text=True)
    # Of a capital with an accent in the name of a section groff 1.23 says that it is not there, and shows it.
    assert re.sub(r".* special character 'u00[0-9a-f]{2}' not defined\n", "", result.stderr) == ""
    assert len(result.stdout.splitlines()) > 100
    assert [line for line in result.stdout.splitlines() if len(line) > COLUMNS] == []
