"""The README's picture that moves shows what it is to show, wherever it is looked at."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fullscreen import not_under_sanitizers
from peers import needs_linux
from tls import needs_tls

ROOT = Path(__file__).parent.parent
MARGIN, CELL = 12, 8.43  # as pictures have them, in pixels
SVG = "{http://www.w3.org/2000/svg}"

# What is seen one after the other, in whose window.
SEEN = [
    ("Ada", r"\$ tchat -s -t$"), ("Ada", "waiting on port"), ("Ben", r"\$ tchat -c -t ada$"),  # a call
    ("Ada", "yes or no"), ("Ada", "^> yes$"), ("Ada", "· encrypted"), ("Ben", "· encrypted"),  # encryption
    ("Ben", "^> Good m$"), ("Ben", "you › Good mor"), ("Ben", "you ✓ Good mor"), ("Ada", "Ben +Good mor"),  # a line
    ("Ben", r"^> 06:12 +Basel⏎\n08:40 +Milano⏎$"), ("Ben", r"you ✓ 06:12 +Basel\n.*you ✓ 08:40 +Milano$"),  # a paste
    ("Ada", "scrolled back"), ("Ada", "2 new below"), ("Ada", "I have the tickets!"),  # and a scroll
]


class Film:
    """What a film shows, read from its SVG."""

    def __init__(self, path):
        self.size = path.stat().st_size
        self.root = ElementTree.parse(path).getroot()
        self.style = self.root.find(f"{SVG}style").text
        self.steps = {None: [(0, True)]}
        for name, steps in re.findall(r"@keyframes (\w+)\{(.*)\}$", self.style, re.MULTILINE):
            self.steps[name] = [(float(at), seen == "visible")
                                for at, seen in re.findall(r"([\d.]+)%\{visibility:(\w+)\}", steps)]
        self.moments = sorted({at for steps in self.steps.values() for at, _ in steps})
        self.shown = list(map(self._windows, self.moments))

    def _is_seen(self, group, moment):
        return [seen for at, seen in self.steps[group.get("class")] if at <= moment][-1]

    def _windows(self, moment):
        """The texts of all windows, by their titles."""
        shown = {}
        for window in self.root.iterfind(f"{SVG}g"):
            rows = defaultdict(lambda: defaultdict(lambda: " "))
            for group in window.iterfind(f"{SVG}g"):
                for text in group.iterfind(f"{SVG}text") if self._is_seen(group, moment) else ():
                    for word in text.iterfind(f"{SVG}tspan"):
                        first = round((float(word.get("x")) - MARGIN) / CELL)
                        rows[int(text.get("y"))] |= enumerate(word.text, first)
            title = window.find(f"{SVG}text")
            if title is not None:
                shown[title.text] = "\n".join("".join(row[x] for x in range(max(row) + 1))
                                              for _, row in sorted(rows.items()))
        return shown


@pytest.fixture(scope="module")
def made_anew(tmp_path_factory):
    """The film, played and drawn once more."""
    folder = tmp_path_factory.mktemp("pictures")
    made = subprocess.run([sys.executable, ROOT / "scripts" / "picture", "-o", folder, "demo"], check=True, text=True,
                          stderr=subprocess.PIPE)
    if "no machine of its own" in made.stderr:
        pytest.skip("no machine of its own can be made here")
    return Film(folder / "demo.svg")


@pytest.fixture(scope="module")
def as_it_is():
    return Film(ROOT / "doc" / "demo.svg")


@pytest.fixture(params=["as_it_is", pytest.param("made_anew", marks=[not_under_sanitizers, needs_tls, needs_linux])])
def film(request):
    return request.getfixturevalue(request.param)


def test_is_small_and_harmless(film):
    """It plays within a page of others: there is nothing in it that acts, and nothing that has to be fetched."""
    assert film.size < 300_000
    elements = list(film.root.iter())
    assert {element.tag.removeprefix(SVG) for element in elements} == {"svg", "style", "g", "rect", "text", "tspan"}
    assert not {name for element in elements for name in element.keys() if name.startswith("on") or "href" in name}
    assert not re.search(r"url|@import", film.style)


def test_shows_all(film):
    """A call, encryption, a line and its tick, a paste, and a scroll, in that order."""
    assert 20_000 < int(re.search(r"animation:(\d+)ms", film.style)[1]) < 35_000
    missing = list(SEEN)
    for shown in film.shown:
        while missing and re.search(missing[0][1], shown[missing[0][0]], re.MULTILINE):
            del missing[0]
    assert missing == []


def test_shows_one_number_to_both(film):
    numbers = [[re.findall(r"(?:\d{5} ?){6}", shown[name]) for name in ("Ada", "Ben")] for shown in film.shown]
    assert any(ada == ben and len(ada) == 2 for ada, ben in numbers)


@not_under_sanitizers
@needs_tls
@needs_linux
def test_moves_as_before(as_it_is, made_anew):
    """How long something is seen is said by the script, and not by how fast a machine is."""
    assert made_anew.moments == as_it_is.moments
