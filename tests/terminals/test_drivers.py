"""The terminals of the bench do what they are asked to."""

import re

import pytest

from peers import eventually


@pytest.fixture
def cat(real):
    """A program that shows what it reads, in its own rows: the terminal's driver turns nothing but line ends."""
    return real("sh", "-c", "stty -echo -icanon; printf '\\033[2J\\033[Hready\\n'; exec cat")


def test_reading(cat):
    """What is shown, where the cursor is, and how large it is."""
    cat.wait_for("^ready$")
    cat.type("한 é x")
    assert cat.wait_for("x$")[:2] == ["ready", "한 é x"]
    assert cat.cursor() == (1, 6)
    for rows, columns in ((10, 40), (30, 100)) if cat.RESIZES else ():
        cat.resize(rows, columns)
        assert cat.size() == (rows, columns) and len(cat.rows()) == rows


def test_keys_and_pastes(cat):
    """They come as bytes; what a terminal sends for them is its own business."""
    cat.wait_for("^ready$")
    cat.press("a", "shift+b", "ctrl+a", "Return")
    eventually(lambda: re.search(rb"aB\x01\r$", cat.typed()), "the keys")
    if cat.PASTES:
        cat.paste("pasted é")
        eventually(lambda: cat.typed().endswith("pasted é".encode()), "the paste")
