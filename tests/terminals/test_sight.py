"""What one sees, in real terminals: the help by both of its keys, and an address of several rows as one link."""

import re

import pytest

from peers import eventually
from terminals.conftest import reason_to_skip
from terminals.windows import Kitty

URL = "https://example.org/a/way/that/is/long?" + "&".join(f"name{n}=value{n}" for n in range(8))


@pytest.mark.parametrize("key", ["F1", "alt+question"])
def test_help(real_called, key):
    """Either key shows it, and the key that closes it does nothing else."""
    terminal, caller = real_called()
    if terminal.NAME == "xterm" and key != "F1":
        pytest.skip("its Alt makes other letters of letters, unless it is told otherwise")
    terminal.press("a", key)
    terminal.wait_for("Any key closes this")
    terminal.press("q")
    terminal.wait_for(lambda rows: not any("closes this" in row for row in rows))
    terminal.press("b")
    terminal.wait_for("^> ab$")


@pytest.mark.parametrize("kind", [Kitty], ids=["kitty"])
def test_link(real_called, kind):
    """The cells of all rows that show an address have it as their link, also when others scroll by."""
    if reason := reason_to_skip(kind):
        pytest.skip(reason)
    terminal, caller = real_called()

    def linked():
        shown = re.sub(r"\x1b\[[\d;:]*m|\n", "", terminal.remote("get-text", extent="screen", ansi=True))
        found = re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b\\([^\x1b]*)\x1b\]8;;\x1b\\", shown)
        return {target: "".join(text for its, text in found if its == target) for target, _ in found}

    caller.send(f"see {URL}\n")
    terminal.wait_for("value7$")
    eventually(lambda: linked() == {URL: URL}, "the link")
    caller.send("one\ntwo\n")
    terminal.wait_for("two$")
    eventually(lambda: linked() == {URL: URL}, "the link, further up")
