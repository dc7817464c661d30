"""What the tests in real terminals share.

TCHAT_TERMINALS names the terminals to be used, which then have to be there; without it they are those that are."""

import os
from pathlib import Path

import pytest

from peers import TCHAT, call
from terminals.multiplexers import Screen, Tmux
from terminals.windows import Foot, Kitty, St, Urxvt, Vte, Xterm

KINDS = (Tmux, Screen, Xterm, Vte, Kitty, Foot, Urxvt, St)
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


# Of which cases each terminal has shown all as it is to be, from the reports of all processes of tests.
MATRIX = {}


def pytest_addoption(parser):
    parser.addoption("--matrix", metavar="FILE", help="write terminals by corpus into a table in a file")


def pytest_runtest_logreport(report):
    for name, value in report.user_properties:
        if name == "matrix":
            terminal, cases = value
            for case, wrong in cases.items():
                MATRIX.setdefault(case, {}).setdefault(terminal, []).append(wrong)


def pytest_terminal_summary(terminalreporter, config):
    kinds = [kind for kind in KINDS if any(kind.NAME in results for results in MATRIX.values())]
    if not kinds or not config.getoption("--matrix", None):
        return
    rows = [["", *(kind.NAME for kind in kinds)], ["version", *(kind.version() for kind in kinds)]]
    for case, results in MATRIX.items():
        rows.append([case, *("" if kind.NAME not in results else "wrong" if any(results[kind.NAME]) else "right"
                             for kind in kinds)])
    rows.insert(1, ["---"] * len(rows[0]))
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    Path(config.getoption("--matrix")).write_text(table)
    terminalreporter.write("\n" + table)
