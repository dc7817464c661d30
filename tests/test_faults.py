"""The table of faults, doc/faults.md, names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def rows():
    """The cells of each row."""
    lines = (ROOT / "doc" / "faults.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines
            if line.startswith("| ") and not line.startswith("| fault ")]


def test_each_fault_has_its_test():
    """Whoever looks a test of the table up finds it."""
    assert len(rows()) > 70
    for cells in rows():
        assert len(cells) == 4, cells
        file, name = re.fullmatch(r"(test_\w+\.py)::(test_\w+)", cells[3]).groups()
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(), cells


def test_each_test_of_faults_has_its_row():
    """What the files that are all about faults test is in the table."""
    named = {cells[3] for cells in rows()}
    for name in ("killed", "bad_networks", "resources", "signals", "failing_calls"):
        file = f"test_{name}.py"
        for test in re.findall(r"^def (test_\w+)\(", (ROOT / "tests" / file).read_text(), re.MULTILINE):
            assert f"{file}::{test}" in named


def test_table_is_in_the_distribution():
    """Who gets the sources as an archive gets the table, too."""
    assert "doc/faults.md" in (ROOT / "Makefile.am").read_text().split()
