"""scripts/release, played with a small project in place of this one, and a key that is thrown away."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VERSION, TAG, ARCHIVE = "1.2.3", "v1.2.3", "tchat-1.2.3.tar.gz"

pytestmark = pytest.mark.skipif(None in map(shutil.which, ["autoreconf", "automake", "git", "gpg", "gpg-agent"]),
                                reason="there is no autoreconf, git or gpg to make a release with")

FILES = {
    "configure.ac": f"""AC_INIT([tchat], [{VERSION}], [], [tchat])
AM_INIT_AUTOMAKE([foreign -Wall -Wno-override -Werror])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
""",
    "NEWS": f"tchat {VERSION}\n\nSomething is new.\n\ntchat 1.2.2\n\nThat was it.\n",
    "debian/changelog": f"tchat ({VERSION}-1) unstable; urgency=medium\n",
    "tchat": f"#!/bin/sh\necho tchat {VERSION}\n",
    ".gitignore": "/build*/\n",
}
MAKEFILE = f"dist_bin_SCRIPTS = tchat\n#{(ROOT / 'Makefile.am').read_text().partition('# make dist:')[2]}"
NEWS, CHANGELOG = FILES["NEWS"], FILES["debian/changelog"]


@contextlib.contextmanager
def keyring():
    """A folder of gpg's; its path is short, as that of a socket has to be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield folder
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=True)


@pytest.fixture(scope="module")
def keys():
    """A key with which can be signed."""
    with keyring() as folder:
        subprocess.run(["gpg", "--homedir", folder, "--batch", "--passphrase", "", "--quick-generate-key", "Somebody",
                        "ed25519", "sign", "never"], check=True, capture_output=True)
        yield folder


class Project:
    """A clone in which a release can be made; scripts/check takes no hour in it."""

    def __init__(self, folder, keys):
        self.folder, self.checked = folder / "tchat", folder / "checked"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GNUPGHOME": keys, "LC_ALL": "C.UTF-8"}
        check = f"#!/bin/sh\nset -e\n[ -f scripts/release ]\necho checked >>'{self.checked}'\n"
        scripts = {f"scripts/{name}": (ROOT / "scripts" / name).read_text() for name in ("common.sh", "release")}
        for name, text in {**FILES, **scripts, "Makefile.am": MAKEFILE, "scripts/check": check}.items():
            self.write(name, text)
            self.path(name).chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Somebody")
        self.git("config", "user.email", "somebody@example.org")
        self.commit()

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)

    def run(self, *command, check=True, folder="."):
        return subprocess.run(command, cwd=self.path(folder), env=self.environment, check=check, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def git(self, *words):
        return self.run("git", *words).stdout

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "All of it")

    def release(self, *words):
        return self.run("scripts/release", *words, check=False)

    def refs(self):
        return self.git("show-ref")


@pytest.fixture
def project(tmp_path, keys):
    return Project(tmp_path, keys)


def test_all_is_made_and_nothing_published(project):
    project.git("init", "-q", "--bare", "../remote")
    project.git("remote", "add", "upstream", "../remote")
    project.git("config", "branch.main.remote", "upstream")
    before = project.refs()
    done = project.release(VERSION)
    assert done.returncode == 0, done.stderr
    assert project.checked.read_text() == "checked\n"
    assert project.path("build/release").joinpath(ARCHIVE).stat().st_mode & 0o777 == 0o644, "all may read it"
    project.run("sha256sum", "-c", f"{ARCHIVE}.sha256", folder="build/release")
    project.run("gpg", "--verify", f"{ARCHIVE}.asc", ARCHIVE, folder="build/release")
    project.git("verify-tag", TAG)
    assert project.git("rev-parse", f"{TAG}^{{commit}}") == project.git("rev-parse", "main")
    assert project.refs().startswith(before) and project.git("status", "--porcelain") == ""
    assert project.git("ls-remote", "upstream") == ""
    [push] = [line.split() for line in done.stdout.splitlines() if "git push" in line]
    project.git(*push[1:])
    assert f"refs/tags/{TAG}" in project.git("ls-remote", "upstream")
    assert "refs/heads/main" in project.git("ls-remote", "upstream")
    assert ARCHIVE in done.stdout and "NEWS" in done.stdout


def leave_main(project):
    project.git("checkout", "-q", "-b", "other")


def forget_a_file(project):
    project.write("more", "")


def change_a_file(project):
    project.write("NEWS", NEWS + "More.\n")


def have_the_tag(project):
    project.git("tag", TAG)


def have_no_name(project):
    project.git("config", "--unset", "user.email")
    project.git("config", "user.useConfigOnly", "true")


def committed(name, text):
    def change(project):
        project.write(name, text)
        project.commit()

    return change


LACKS = [
    (leave_main, "this is not main"),
    (forget_a_file, "what is here is not what was committed"),
    (change_a_file, "what is here is not what was committed"),
    (have_the_tag, f"there is a tag {TAG} already"),
    (have_no_name, "git does not know your name"),
    (committed("configure.ac", FILES["configure.ac"].replace(VERSION, "1.2.34")), "configure.ac names another version"),
    (committed("configure.ac", FILES["configure.ac"].replace(VERSION, "1x2x3")), "configure.ac names another version"),
    (committed("NEWS", NEWS.replace(VERSION, "1.2.4")), "NEWS does not begin with"),
    (committed("NEWS", "\n" + NEWS), "NEWS does not begin with"),
    (committed("NEWS", NEWS.replace("Something is new.\n", "")), "NEWS does not begin with"),
    (committed("debian/changelog", CHANGELOG.replace(VERSION, "1.2.2")), "debian/changelog does not begin with"),
    (committed("debian/changelog", CHANGELOG.replace("unstable", "UNRELEASED")), "debian/changelog says UNRELEASED"),
]


@pytest.mark.parametrize("spoil, said", LACKS)
def test_what_is_missing_is_said_first(project, spoil, said):
    """And nothing is done then, though there is a key."""
    spoil(project)
    before = project.refs()
    done = project.release(VERSION)
    assert done.returncode == 1
    assert done.stderr.startswith(f"scripts/release: {said}") and done.stderr.count("\n") == 1
    assert project.refs() == before
    assert not project.checked.exists() and not project.path("build").exists()


def test_without_a_key(project):
    with keyring() as project.environment["GNUPGHOME"]:
        done = project.release(VERSION)
    assert (done.returncode, done.stderr) == (1, "scripts/release: gpg has no key that can sign\n")
    assert not project.path("build").exists()


@pytest.mark.parametrize("words", [[], ["1.2.3", "1.2.4"], ["v1.2.3"], ["1..2"], [".1"], ["1."], [""], ["--help"]])
def test_wrong_use(project, words):
    done = project.release(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(("usage: scripts/release", "scripts/release: ")) and done.stderr.count("\n") == 1


FAILS = {
    "what is checked": ("scripts/check", "#!/bin/sh\nexit 1\n"),
    "the second archive": ("Makefile.am", MAKEFILE + "dist-hook:\n\tdate +%N >$(distdir)/now\n"),
}


@pytest.mark.parametrize("name, text", FAILS.values(), ids=FAILS)
def test_what_fails_is_not_released(project, name, text):
    committed(name, text)(project)
    before = project.refs()
    assert project.release(VERSION).returncode == 1
    assert project.refs() == before
    assert not list(project.path("build/release").glob("*.asc"))
