"""What bash, zsh and fish complete: all options of tchat and no others, their values, hosts and ports."""

import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from peers import TCHAT

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "completions"
TAB, CLEAR = "\t", "\x15"

ANN, BEN = "SHA256:irdLmEgvvsdhnoB0MVV+V8fIp5R8r3k/8r4d4DAUqV0", "SHA256:tDqDsBrFcvfqT2Xlwjv2+UH7xUtDxDjIv8N4X0InbDc"
KNOWN_PEERS = f"""\
# Ann's machine
server {ANN} known.example 18081
server {ANN} 2001:db8::7 19000
name {ANN} Ann
caller {BEN} Ben from the office
server {BEN} @Carl@tower
server {BEN} @Dora of York
server {BEN} /knoll/of/a/path
server nonsense knob.example 18082
server {ANN} $(touch${{IFS}}touched) 18083
"""
KNOWN_TO_SSH = "secure.example ssh-ed25519 AAAA\n"


# What the program has: letters and words, which of them take a value, what the help says of them

def source():
    return (ROOT / "src/options.c").read_text()


def options():
    """Each option by its letter, or else its word: both its forms, and whether it takes a value."""
    letters = dict(re.findall(r"(\w)(:?)", re.search(r'getopt_long\(argc, argv, ":(\S+)"', source())[1]))
    words = re.findall(r'^\t\{"([\w-]+)", (\w+)_argument, NULL, (?:\'(\w)\'|\w+)\},', source(), re.MULTILINE)
    found = {letter: ({"-" + letter}, value == ":") for letter, value in letters.items()}
    for word, value, letter in words:
        forms, takes_value = found.setdefault(letter or word, (set(), value == "required"))
        assert takes_value == (value == "required")
        forms.add("--" + word)
    return found


def all_forms():
    return {form: takes_value for forms, takes_value in options().values() for form in forms}


def values():
    """The values of those options that take one of a few."""
    sentences = re.findall(r"\"-(\w) takes ((?:'\w+'(?:, | or )?)+), not", source())
    return {letter: re.findall(r"'(\w+)'", words) for letter, words in sentences}


def descriptions():
    """What the help says of each form."""
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', source().partition("options_help")[2].partition("NULL")[0]))
    lines = re.sub(r"\\n {24}", "; ", text).replace("\\n", "\n")
    said = {"-s": "wait for a call", "--server": "wait for a call", "-c": "call", "--client": "call"}
    for names, description in re.findall(r"^  (.{21}) (\S.*)", lines, re.MULTILINE):
        alike = re.match("only IPv4, (only IPv6)", description)
        for name in re.findall(r"(?<!\S)--?[\w-]+", names):
            said[name] = alike[1].replace("6", name[1]) if alike else description
    return said


# What each shell is told, as its file says it: the options, and whether they take a value; what is said of them; and
# the values that can be listed

def told_bash():
    text = re.sub(r"\\\n\s*", "", (FOLDER / "tchat.bash").read_text())
    lists = re.findall(r"\b(?:any|server|client|neither)=(?:'([^']*)'|\"([^\"]*)\")", text)
    forms = [form for pair in lists for form in re.findall(r"(?<!\S)--?[\w-]+", " ".join(pair))]
    assert len(forms) == len(set(forms))
    long = set(re.search(r"^\t\t(--bind(?: \| --\w+)*)\)", text, re.MULTILINE)[1].split(" | "))
    short = {"-" + letter for letter in re.search(r"%%\[(\w+)\]", text)[1]}
    lists = re.findall(r"-(\w) \| --\w+\)\n\t\t_tchat_offer '([^']*)'", text)
    return {form: form in long | short for form in forms}, None, lists


def told_zsh():
    takes_value, said = {}, {}
    text = re.sub(r"'\\\n'|\\\n(?!\t)", "", (FOLDER / "_tchat").read_text().partition("_arguments -s")[2])
    specification = r"^\t'(?:\([^)]*\))?\*?(?:'\{([^}]+)\}')?(-[\w=-]+)?\[((?:[^]\\]|\\.)*)\](:?)"
    for braces, single, description, colon in re.findall(specification, text, re.MULTILINE):
        for form in (braces or single).split(","):
            name = form.rstrip("+=")
            assert name not in said
            assert (form != name) == bool(colon), "a value in a word of its own, or behind the option"
            takes_value[name], said[name] = bool(colon), description.replace("\\:", ":")
    return takes_value, said, re.findall(r"\{-(\w)\+,.*:\((.*)\)'", text)


def told_fish():
    takes_value, said = {}, {}
    text = (FOLDER / "tchat.fish").read_text()
    for line in re.findall(r"^complete -c tchat (-[sl] .*)", text.replace("\\\n", ""), re.MULTILINE):
        names, rest = re.match(r"((?:-s \w |-l [\w-]+ )+) *(.*)", line).groups()
        for kind, word in re.findall(r"-([sl]) ([\w-]+)", names):
            name = "-" + word if kind == "s" else "--" + word
            assert name not in said
            takes_value[name] = bool(re.match("-x|-rF", rest))
            said[name] = re.search(r"-d '([^']*)'$", rest)[1]
    assert parsed_fish(text) == takes_value
    return takes_value, said, re.findall(r"-s (\w) .* -a '([\w ]+)'", text)


def parsed_fish(text):
    """What fish's argparse is told, to find the operands: the same options as it completes."""
    words = re.search(r"argparse (.*?) --", text.replace("\\\n", ""))[1].split()
    parts = [re.fullmatch(r"([\w/-]+)(=\+?)?", word).groups() for word in words]
    return {("-" if len(name) == 1 else "--") + name: bool(value)
            for names, value in parts for name in names.split("/")}


@pytest.mark.parametrize("told", [told_bash, told_zsh, told_fish])
def test_options_are_those_of_the_program(told):
    """Short and long; those that take a value take one there, and they are described as in the help."""
    takes_value, said, lists = told()
    assert len(takes_value) > 40
    assert takes_value == all_forms()
    assert said is None or said == descriptions()
    assert len(values()) > 1
    assert {letter: words.split() for letter, words in lists} == values()


# What each shell does, on a terminal

def link(path, file):
    """Puts a file of the tree where a shell looks."""
    path.parent.mkdir(parents=True)
    path.symlink_to(FOLDER / file)


class Shell:
    library = None
    describes = excludes = True  # it says what options are for, and leaves out those that are excluded


class Bash(Shell):
    command = ("bash", "--noprofile", "-i")
    library = Path("/usr/share/bash-completion/bash_completion")
    describes = excludes = False

    @staticmethod
    def set_up(home):
        link(home / ".local/share/bash-completion/completions/tchat", "tchat.bash")
        (home / ".bashrc").write_text(f"source {Bash.library}\nPS1='$ '\n")
        (home / ".inputrc").write_text("set show-all-if-ambiguous on\nset completion-query-items 0\n"
                                       "set page-completions off\nset enable-bracketed-paste off\n")
        return {"INPUTRC": str(home / ".inputrc")}


class Zsh(Shell):
    command = ("zsh", "-i")

    @staticmethod
    def set_up(home):
        (home / ".zshenv").write_text("unsetopt global_rcs\n")
        # compinit reads all files in fpath, about a thousand: it gets few, and the others are there to be called.
        (home / ".zshrc").write_text("autoload -U compinit\nothers=($fpath)\n"
                                     f"fpath=('{FOLDER}' $^others/compinit(N:h))\ncompinit -u -D\n"
                                     "fpath+=($others)\nautoload -U $^others/_*(N:t)\n"
                                     "PS1='$ '\nLISTMAX=1000\nunsetopt prompt_sp\n")
        return {"ZDOTDIR": str(home)}


class Fish(Shell):
    command = ("fish", "--private", "--features=no-keyboard-protocols")  # which pyte does not know

    @staticmethod
    def set_up(home):
        link(home / ".config/fish/completions/tchat.fish", "tchat.fish")
        (home / ".local/share/fish/generated_completions").mkdir(parents=True)  # or it would read all manuals now
        (home / ".config/fish/config.fish").write_text("set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n"
                                                       "function fish_prompt; echo '$ '; end\n")
        return {}


@pytest.fixture(params=[Bash, Zsh, Fish], ids=lambda shell: shell.command[0])
def shell(request):
    if shutil.which(request.param.command[0]) is None:
        pytest.skip(f"{request.param.command[0]} is not here")
    if request.param.library and not request.param.library.exists():
        pytest.skip(f"{request.param.library} is not here")
    return request.param


@pytest.fixture
def prompt(shell, environment, tmp_path, on_terminal):
    """The shell, on a terminal, at its prompt; it knows the files of this tree."""
    environment.update(shell.set_up(tmp_path), PATH=f"{Path(TCHAT).parent}:{environment['PATH']}")
    for file, text in {".local/share/tchat/known_peers": KNOWN_PEERS, ".ssh/known_hosts": KNOWN_TO_SSH,
                       "notes.log": ""}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    terminal = on_terminal(*shell.command, rows=70, columns=160)
    terminal.wait_for(r"^\$")
    return terminal


def complete(terminal, line, then=""):
    """Types a command line, and has it completed; what is typed then shows that this is over."""
    terminal.press(CLEAR)
    terminal.wait_for(r"^\$$")
    terminal.press(f"tchat {line}")
    terminal.wait_for(rf"^\$ {re.escape(f'tchat {line}'.rstrip())}$")
    terminal.press(TAB + then)


def test_options(shell, prompt):
    """All of them, and what they are for where the shell can say that."""
    complete(prompt, "-")
    for form in all_forms():
        prompt.wait_for(rf"(?<![\w-]){form}(?![\w-])")
    for description in descriptions().values() if shell.describes else ():
        prompt.wait_for(re.escape(description))


def knows_gopher():
    """Whether this machine knows the names of services."""
    try:
        return socket.getservbyname("gopher", "tcp")
    except OSError:
        return None


def test_words(prompt, tmp_path):
    """What has one beginning is completed: options, hosts that tchat or ssh knows, ports, fingerprints, files."""
    ports = {"-s gophe": "-s gopher", "-c known.example gophe": "-c known.example gopher"} if knows_gopher() else {}
    for begun, whole in {"--me": "--members", "-c kno": "-c known.example", "-c 2001:": "-c 2001:db8::7",
                         "-c secu": "-c secure.example", "-c @Ca": "-c @Carl@tower",
                         "-c -n kno known.example 1808": "-c -n kno known.example 18081",
                         "-tcn Ann KNOWN.example 180": "-tcn Ann KNOWN.example 18081",
                         "-s 80": "-s 8080", **ports,
                         f"--pin {ANN[:10]}": f"--pin {ANN}", f"-s --pin={BEN[:10]}": f"-s --pin={BEN}",
                         "-s -U no": "-s -U notes.log", "-c --unix no": "-c --unix notes.log",
                         "-tcU no": "-tcU notes.log", "-b localh": "-b localhost", "-tl no": "-tl notes.log"}.items():
        complete(prompt, begun)
        prompt.wait_for(rf"^\$ tchat {re.escape(whole)}(?!\S*[\w.])")
    assert not (tmp_path / "touched").exists()


def test_values(prompt):
    """Those of which there are a few are listed, also behind the option."""
    for option, words in {"-B ": "auto always never", "--first ": "me peer", "--bell=": "auto always never"}.items():
        complete(prompt, option)
        for word in words.split():
            prompt.wait_for(rf"(?<![\w-]){word}\b")


def test_what_makes_no_sense(shell, prompt):
    """A server calls no host, and what excludes what is there already is not offered."""
    lines = ["-s kno", "-s --wai", "-s --cli", "-c --grou", "-c --onc", "-c known.example 18081 kno", "-n kno", "kno"]
    if shell.excludes:
        lines += ["-s -a --ra", "-s --recv-only --send", "-c --pin x --anon", "-s -g --lab", "-c -4r --alt", "-s -U --bin"]
    for line in lines:
        complete(prompt, line, then="x")
        prompt.wait_for(rf"^\$ tchat {re.escape(line)}x$")


def test_no_file_of_keys(prompt, tmp_path):
    """What is none is not waited for."""
    file = tmp_path / ".local/share/tchat/known_peers"
    file.unlink()
    for put in [lambda: None, lambda: os.mkfifo(file)]:
        put()
        complete(prompt, "-c kno", then="x")
        prompt.wait_for(r"^\$ tchat -c knox$")
