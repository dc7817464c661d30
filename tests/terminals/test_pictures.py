"""Pictures of the same conversation in several terminals, to be looked at: scripts/terminals --pictures DIRECTORY."""

import os

import pytest

from peers import TCHAT, call
from terminals.corpus import CASES
from terminals.windows import Kitty, Vte, Xterm

PICTURES = os.environ.get("TCHAT_PICTURES")


FONT = ("-fa", "DejaVu Sans Mono", "-fs", "9")  # xterm's own has few letters beside the Latin ones


class WhiteXterm(Xterm):
    OPTIONS = (*FONT, "-bg", "white", "-fg", "black")


class BlackXterm(Xterm):
    OPTIONS = (*FONT, "-bg", "black", "-fg", "white")


class TmuxInXterm(BlackXterm):
    """tmux, in a terminal of which a picture can be made."""

    def open(self, command, rows, columns):
        (self.folder / "conf").write_text("set-option -g status off\n")
        super().open(["tmux", "-S", self.folder / "tmux", "-u", "-f", self.folder / "conf", "new-session", *command],
                     rows, columns)

    def read(self):
        self.cursor()
        return self.run("tmux", "-S", self.folder / "tmux", "capture-pane", "-p").decode().split("\n")

    def close(self):
        self.run_freely("tmux", "-S", str(self.folder / "tmux"), "kill-server")
        super().close()


@pytest.mark.skipif(not PICTURES, reason="no pictures are asked for")
@pytest.mark.parametrize("name, kind", [("xterm-white", WhiteXterm), ("xterm-black", BlackXterm), ("vte", Vte),
                                        ("kitty", Kitty), ("tmux", TmuxInXterm)])
def test_picture(name, kind, environment, port):
    """All of the corpus is in it, what one says oneself, and a line that is being typed."""
    if missing := kind.is_missing():
        pytest.skip(missing)
    terminal = kind([TCHAT, "-s", port], rows=60, columns=90, env=environment)
    try:
        terminal.wait_for("waiting on port")
        caller = call(port)
        terminal.wait_for("has called")
        for case in CASES:
            caller.send(f"{case.text}| {case.name}\n")
        terminal.wait_for(CASES[-1].name)
        terminal.type("हिन्दी ❤\ufe0f\u200d🔥 | said here\r")
        caller.expect("here\n")
        terminal.type("go ❤\ufe0f नमस्ते now|")
        terminal.wait_for(r"now\|$")
        terminal.picture(f"{PICTURES}/{name}.png")
    finally:
        terminal.close()
