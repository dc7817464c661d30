"""The Debian package is made of what the tree says elsewhere: scripts/package builds and tries it."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEBIAN = ROOT / "debian"

# What every Debian builds with, what debhelper brings, and what looks at the sources rather than at the program.
GOES_WITHOUT_SAYING = {"gcc", "libc6-dev", "make", "util-linux", "autoconf", "automake"}
ANALYSERS = {"clang", "clang-tidy", "cppcheck", "shellcheck"}


def packages(script, name):
    """The packages that a variable of a script lists."""
    return set(re.search(rf"^{name}='([^']*)'", (ROOT / script).read_text(), re.MULTILINE)[1].split())


def build_depends():
    """What the package is built with, and whether only its tests need that."""
    field = re.search(r"^Build-Depends:\n((?: .*\n)+)", (DEBIAN / "control").read_text(),
                      re.MULTILINE)[1]
    return {re.search(r"[\w.+-]+", row)[0]: "<!nocheck>" in row for row in field.splitlines()}


def test_version():
    """The package has the version of what is in it."""
    [version] = re.findall(r"^AC_INIT\(\[tchat\], \[(.*?)\]", (ROOT / "configure.ac").read_text(), re.MULTILINE)
    assert (DEBIAN / "changelog").read_text().startswith(f"tchat ({version}) ")


def test_build_depends():
    """What a build takes is what it takes elsewhere, and what else the tests take is there where they run."""
    needed = {package.replace("pkg-config", "pkgconf") for package in packages("scripts/common.sh", "build_packages")}
    tested = packages("scripts/check", "test_packages") - ANALYSERS
    listed = build_depends()
    assert {package for package in needed - GOES_WITHOUT_SAYING if listed.get(package) is not False} == set()
    assert (tested | needed) - GOES_WITHOUT_SAYING - set(listed) == set()
