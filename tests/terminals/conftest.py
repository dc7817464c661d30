"""What the tests in real terminals share.

TCHAT_TERMINALS names the terminals to be used, which then have to be there; without it they are those that are."""

import os

import pytest

from peers import TCHAT, call
from terminals.multiplexers import Screen, Tmux
from terminals.windows import Kitty, Urxvt, Vte, Xterm

KINDS = (Tmux, Screen, Xterm, Vte, Kitty, Urxvt)
WANTED = os.environ.get("TCHAT_TERMINALS", "").split()


def reason_to_skip(kind):
    """Why a terminal is not to be used, or None."""
    if WANTED and kind.NAME not in WANTED:
        return f"{kind.NAME} is not asked for"
    missing = kind.is_missing()
    assert not (WANTED and missing), f"{kind.NAME}: {missing}"
    return missing and f"{kind.NAME}: {missing}"


@pytest.fixture(params=KINDS, ids=lambda kind: kind.NAME)
def kind(request):
    """Each of the terminals, as a class."""
    if reason := reason_to_skip(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def real(kind, environment):
    """Runs any program in a real terminal."""
    opened = []

    def real(*command, env=None, **options):
        opened.append(kind(command, env=env or environment, **options))
        return opened[-1]

    yield real
    for terminal in opened:
        terminal.close()


@pytest.fixture
def real_called(real, port):
    """tchat as a server in a real terminal, and a bare socket that has called it."""
    def real_called(*arguments, **options):
        terminal = real(TCHAT, "-s", *arguments, port, **options)
        terminal.wait_for("waiting on port")
        caller = call(port)
        terminal.wait_for("has called")
        return terminal, caller

    return real_called
