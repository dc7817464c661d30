"""The built program: what a mistake in it must run into before it can do harm."""

import re
import subprocess

import pytest

from peers import TCHAT


@pytest.fixture(scope="module")
def elf():
    """What readelf says of the program: its headers, its dynamic section and its symbols."""
    return subprocess.run(["readelf", "--wide", "--headers", "--dynamic", "--symbols", TCHAT],
                          stdout=subprocess.PIPE, check=True, text=True, env={"LC_ALL": "C"}).stdout


def test_position_independent(elf):
    """The program is somewhere else in memory each time."""
    assert re.search(r"^ *Type: +DYN\b", elf, re.MULTILINE)
    assert re.search(r"^ *INTERP ", elf, re.MULTILINE)


def test_addresses_of_functions_are_read_only(elf):
    """All functions of libraries are looked up at the start, and where they are cannot be changed then."""
    assert re.search(r"^ *GNU_RELRO ", elf, re.MULTILINE)
    assert re.search(r"\(FLAGS\).*\bBIND_NOW\b|\(BIND_NOW\)|\(FLAGS_1\).*\bNOW\b", elf)


def test_stack_is_not_executed(elf):
    """What lies on the stack is no program."""
    [flags] = re.findall(r"^ *GNU_STACK +(?:0x\w+ +){5}([RWE ]+?) +0x", elf, re.MULTILINE)
    assert flags == "RW"


def test_overflows_are_noticed(elf):
    """Writing beyond a buffer ends the program: the stack has guards, and the C library looks too, or the
    address sanitizer does."""
    assert "__stack_chk_fail" in elf
    assert re.search(r"\b__\w+_chk\b", elf) or "__asan_init" in elf
