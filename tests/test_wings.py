"""The order of the wings, the folders of src, is held: scripts/wings finds whatever climbs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "wings"
CC = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
NEUTRAL = dict(os.environ, LC_ALL="C")

pytestmark = pytest.mark.skipif(not (CC and shutil.which("nm")), reason="there is no compiler or no nm here")

# A tree in which nothing climbs; trust/without.c stands in for trust/known.c and trust/tls.c.
GOOD = {
    "Makefile.am": "SOURCES = \\\n\tsrc/base/clock.c src/base/clock.h \\\n\tsrc/text/wrap.c\n"
                   "if HAVE_TLS\nSOURCES += src/trust/known.c src/trust/tls.c src/trust/tls.h\n"
                   "else\nSOURCES += src/trust/without.c\nendif\n"
                   "if HAVE_TESTS\ntest_SOURCES = src/main.c src/base/clock.c\nendif\n",
    "src/base/clock.h": "#include <time.h>\nextern int clock_zone;\nvoid clock_read(void);\n",
    "src/base/clock.c": '#include "base/clock.h"\nint clock_zone;\nvoid clock_read(void) {}\n',
    "src/text/wrap.h": "void wrap(void);\n",
    "src/text/wrap.c": '#include "base/clock.h"\n  #  include "text/wrap.h"\n// #include "screen/bar.h"\n'
                       '/*\n#include "screen/bar.h"\nstruct bar;\n*/\n'
                       'const char *wrapped = "struct bar; /*";\nvoid wrap(void) { clock_read(); }\n',
    "src/record/log.c": '#include "text/wrap.h"\nstruct row { int own; };\nvoid log_row(struct row *row);\n'
                        "void log_row(struct row *row) { (void)row; wrap(); }\n",
    "src/call/dial.c": "struct dial { int state; };\nvoid dial(void);\nvoid dial(void) {}\n",
    "src/trust/tls.h": "struct tls;\nvoid tls_seal(struct tls *tls);\n",
    "src/trust/tls.c": '#include "trust/tls.h"\nstruct tls { int state; };\n'
                       "void tls_seal(struct tls *tls) { (void)tls; }\n",
    "src/trust/known.c": "int known;\n",
    "src/trust/without.c": '#include "trust/tls.h"\nvoid tls_seal(struct tls *tls) { (void)tls; }\n',
    "src/link/wire.c": '#include "trust/tls.h"\nvoid wire(struct tls *tls);\n'
                       "void wire(struct tls *tls) { tls_seal(tls); }\n",
    "src/link/link.h": "void link_send(void);\n",
    "src/link/link.c": '#include "link/link.h"\nvoid link_send(void) {}\n',
    "src/talk/talk.h": "struct talk;\nvoid talk_say(struct talk *talk);\n",
    "src/talk/talk.c": '#include "link/link.h"\n#include "talk/talk.h"\nstruct talk { int state; };\n'
                       "void talk_say(struct talk *talk) { (void)talk; link_send(); }\n",
    "src/screen/bar.h": "struct bar { int width; };\nextern int bar_width;\nvoid bar_draw(struct bar *bar);\n",
    "src/screen/bar.c": '#include "screen/bar.h"\n#include "talk/talk.h"\nstruct row { int own; };\nint bar_width;\n'
                        "void bar_draw(struct bar *bar) { (void)bar; talk_say(0); }\n",
    "src/plain/plain.h": "void plain(void);\n",
    "src/plain/plain.c": '#include "plain/plain.h"\n#include "talk/talk.h"\nvoid plain(void) { talk_say(0); }\n',
    "src/options.h": "struct options { int all; };\nvoid options_parse(struct options *options);\n",
    "src/options.c": '#include "options.h"\nvoid options_parse(struct options *options) { (void)options; }\n',
    "src/main.c": '#include "options.h"\n#include "plain/plain.h"\n#include "screen/bar.h"\n#include "trust/tls.h"\n'
                  "int main(void) { plain(); bar_draw(0); tls_seal(0); options_parse(0); return bar_width; }\n",
}
LEFT_OUT = ["src/trust/without.c"]


def write(tree, files):
    """Writes files, and builds those in C, in build, which leaves out what others stand in for."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for name in files:
        if name.endswith(".c") and name not in LEFT_OUT:
            compile_to(tree, name, name)


def compile_to(tree, source, name):
    """Makes an object of a source, as if it were of the other."""
    result = (tree / "build" / name).with_suffix(".o")
    result.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([CC, "-w", "-I", tree / "src", "-c", tree / source, "-o", result], check=True, env=NEUTRAL)


def check(tree, *arguments, cwd="/"):
    """Runs the script.  Returns its status and what it says."""
    process = subprocess.run([sys.executable, tree / "scripts" / "wings", *arguments], cwd=cwd, env=NEUTRAL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    return process.returncode, process.stdout.splitlines()


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The good tree, built."""
    tree = tmp_path_factory.mktemp("good tree")
    write(tree, GOOD)
    (tree / "scripts").mkdir()
    shutil.copy(SCRIPT, tree / "scripts")
    return tree


@pytest.fixture
def tree(good, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(good, tmp_path / "tree"))


def test_nothing_climbs(tree):
    """A good tree passes, wherever one is, and whatever else has been built."""
    passed = 0, ["wings: 22 files, 13 objects, nothing climbs"]
    write(tree, {"other/tests.c": "void bar_draw(void); void tests(void) { bar_draw(); }\n"})
    compile_to(tree, "other/tests.c", "src/base/tests-clock.c")
    assert check(tree, tree / "build") == passed
    assert check(tree, "build", cwd=tree) == passed
    shutil.copytree(tree / "build" / "src", tree / "src", dirs_exist_ok=True)
    assert check(tree) == passed


def test_stand_in(tree):
    """What is built without something has what stands in for it."""
    for name in ("known", "tls"):
        (tree / "build" / "src" / "trust" / f"{name}.o").unlink()
    for name in LEFT_OUT:
        compile_to(tree, name, name)
    assert check(tree, tree / "build") == (0, ["wings: 22 files, 12 objects, nothing climbs"])


# What is written, and what the script says of it.
CLIMBING = {
    "include of a higher wing": (
        "src/record/log.c", '\n/*\n*/ #include "screen/bar.h"\n',
        "src/record/log.c:3: record includes screen/bar.h, which stands above it"),
    "include in angle brackets": (
        "src/record/log.c", "#include <screen/bar.h>\n",
        "src/record/log.c:1: record includes screen/bar.h, which stands above it"),
    "include by a header": (
        "src/text/wrap.h", '#include "talk/talk.h"\n',
        "src/text/wrap.h:1: text includes talk/talk.h, which stands above it"),
    "include of the top": (
        "src/call/dial.c", '#include "options.h"\n',
        "src/call/dial.c:1: call includes options.h, which stands above it"),
    "include without its wing": (
        "src/text/wrap.c", '#include "wrap.h"\n',
        "src/text/wrap.c:1: text includes wrap.h, which is no header of src"),
    "include around its wing": (
        "src/text/wrap.c", '#include "../base/clock.h"\n',
        "src/text/wrap.c:1: text includes ../base/clock.h, which is no header of src"),
    "include of the wing beside": (
        "src/screen/bar.c", '#include "plain/plain.h"\n',
        "src/screen/bar.c:1: screen includes plain/plain.h, which is not for it"),
    "include of what talk is for": (
        "src/plain/plain.h", '#include "link/link.h"\n',
        "src/plain/plain.h:1: plain includes link/link.h, which is not for it"),
    "call of a higher wing": (
        "src/text/wrap.c", "void talk_say(void); void wrap(void) { talk_say(); }\n",
        "src/text/wrap.o: text calls talk_say, of talk"),
    "variable of a higher wing": (
        "src/text/wrap.c", "extern int bar_width; int wrap(void) { return bar_width; }\n",
        "src/text/wrap.o: text calls bar_width, of screen"),
    "weak call of a higher wing": (
        "src/text/wrap.c", "void __attribute__((weak)) plain(void); void wrap(void) { if (plain) plain(); }\n",
        "src/text/wrap.o: text calls plain, of plain"),
    "call of the top": (
        "src/talk/talk.c", "void options_parse(void); void talk_say(void) { options_parse(); }\n",
        "src/talk/talk.o: talk calls options_parse, of the top"),
    "screen calls plain": (
        "src/screen/bar.c", "void plain(void); int bar_width; void bar_draw(void) { plain(); }\n",
        "src/screen/bar.o: screen calls plain, of plain"),
    "screen calls link": (
        "src/screen/bar.c", "void link_send(void); int bar_width; void bar_draw(void) { link_send(); }\n",
        "src/screen/bar.o: screen calls link_send, of link"),
    "forward declaration of a higher struct": (
        "src/call/dial.c", "struct dial;\nstruct tls;\nvoid dial(struct tls *tls);\n",
        "src/call/dial.c:2: call names struct tls, of trust"),
    "declaration of a higher struct in passing": (
        "src/call/dial.c", "struct dial {\n\tstruct tls *tls;\n};\n",
        "src/call/dial.c:2: call names struct tls, of trust"),
    "forward declaration of a struct beside": (
        "src/plain/plain.h", "struct bar;\nvoid plain(void);\n",
        "src/plain/plain.h:1: plain names struct bar, of screen"),
    "unknown wing": (
        "src/sound/bell.c", "int bell;\n",
        "src/sound/bell.c: sound is no wing"),
}


@pytest.mark.parametrize("case", CLIMBING)
def test_what_climbs(tree, case):
    """Whatever climbs is named, and nothing else."""
    name, text, said = CLIMBING[case]
    write(tree, {name: text})
    assert check(tree, tree / "build") == (1, [said])


MISSING = {
    "an object": (["base/clock"], ["src/base/clock.c: has no object"]),
    "an object that all else can do without": (["main"], ["src/main.c: has no object"]),
    "one of those that may be left out together": (
        ["trust/known"], ["src/trust/known.c: has no object", "src/trust/without.c: has no object"]),
    "what is left out, and what stands in for it": (
        ["trust/known", "trust/tls"],
        [f"src/trust/{name}.c: has no object" for name in ("known", "tls", "without")]),
}


@pytest.mark.parametrize("case", MISSING)
def test_missing_objects(tree, case):
    """What has not been built has not been looked at, which is said."""
    names, said = MISSING[case]
    for name in names:
        (tree / "build" / "src" / f"{name}.o").unlink()
    assert check(tree, tree / "build") == (1, said)


def test_nothing_to_look_at(tree):
    """Without any objects, or with one that cannot be read, nothing passes."""
    assert check(tree) == (1, [f"wings: {tree} has no objects to look at"])
    (tree / "build" / "src" / "main.o").write_text("no object")
    status, said = check(tree, tree / "build")
    assert status == 1 and "main.o" in said[-1]


@pytest.mark.parametrize("arguments", [["build", "build"], ["missing"], ["--help"], ["Makefile.am"]], ids=str)
def test_usage(tree, arguments):
    """Wrong usage is told in one line."""
    assert check(tree, *arguments, cwd=tree) == (2, ["usage: scripts/wings [BUILD], which is a directory"])
