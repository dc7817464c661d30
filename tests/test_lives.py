"""The life of a conversation in every front end: how it comes about or does not, how it ends, what is seen.

One table of cases, played in the full screen, in plain mode and in turns, by servers, by servers that keep and
by clients, encrypted and not.  What a case expects is the log, line by line: > is sent, < is received, and what
tchat says itself begins with *, or with ? where it asks, or with ! where something is wrong (with * in the log).
Plain mode and turns say the same on standard error.  The full screen shows it, and says once more on standard
error what was wrong, when it is left.
"""

import contextlib
import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from fullscreen import DeafCaller
from peers import HASTY, HOST, TCHAT, Door, call, eventually, family, is_idle, keepers, needs_linux, title, without_port
from terminal import ctrl
from test_keep import BUSY
from test_log import entries
from test_number import number
from test_resources import limit
from test_trust import LET_IN, OTHER, RIGHT_ONE
from tls import BUSY_ALERTS, TlsDoor, needs_tls, tls_call, wait_for_question

FRONTS = {"screen": [], "plain": ["-p"], "piped": ["-p"], "turns": ["-a", "-f", "me"]}  # piped: its input
ROLES = ("server", "keep", "client")  # a server for one caller, whoever is first; one for any number
WIRES = {"text": [], "tls": ["-t"]}


def role_options(front, role, wire):
    """What asks for a role: a server in the full screen keeps by itself, one with -t until somebody is agreed with."""
    if role == "client":
        return ["-c"]
    if role == "keep":
        return ["-s"] if front == "screen" else ["-s", "-k"]
    return ["-s", "--once"] if front == "screen" or wire == "tls" else ["-s"]


# What a server says at the start, whoever it is: tests/test_told.py.
TOLD = ("* tell the other person: ", "* or, in place of ", "* the fingerprint of your key: ", "* no address in a network")

# What either side says in words of its own.
SERVER = {
    "DIALS": "waiting on port PORT",
    "MEETS": "PLACE has called",
    "AGREES": "encrypted: the caller is friend",
    "IS NEW": 'the caller\'s key is not known yet: FINGERPRINT, it calls itself "stranger"',
    "ADVISES": "NUMBER\n? phone the other person: both of you must see this number",
    "ASKS": "let it in? answer yes, or yes and a name to know it by, or no",
    "TRUSTS": "encrypted: the caller is known as stranger from now on"}
CLIENT = {
    "DIALS": f"calling {HOST} port PORT",
    "MEETS": "connected to PLACE",
    "AGREES": "encrypted: the key of PLACE is known",
    "IS NEW": 'the key of PLACE is not known yet: FINGERPRINT, it calls itself "stranger"',
    "ADVISES": "phone the other person: that must be the fingerprint there",  # it is not shown a key
    "ASKS": "is it the right one? answer yes or no",
    "TRUSTS": "encrypted: the key of PLACE is known from now on\n* PLACE is known as stranger from now on"}

# PLACE is where the peer is, as the log has it; PEER what it is called, once that is agreed on; HOLDER whose key it is.
# How it begins (AGREES is said with TLS only), and how a server that keeps goes on.
MET = "* DIALS\n* MEETS"
BEGUN = f"{MET}\n* AGREES"
TALKED = f"{BEGUN}\n> question\n< answer"
ASKED = f"{MET}\n? IS NEW\n? ADVISES\n? ASKS"
ANOTHER = "\n* DIALS\n* NEXT has called\n* AGREES\n* LAST has left\n* DIALS"
PEER = {"leaves": "close_input", "resets": "reset", "cuts": "cut", "breaks off": "break_off"}
UNLOGGED = "(not in the log:)"  # what follows
TERMINATED = 128 + signal.SIGTERM


class But(NamedTuple):
    """What is otherwise, and where: front ends, roles, wires; all of a kind if none of it is named."""
    where: str
    why: str
    says: str = ""
    ends: bool = False
    errors: str = ""  # on standard error, besides


class Case(NamedTuple):
    name: str
    steps: str
    says: str
    status: int = 0
    where: str = ""  # only there
    ends: bool = False  # and so does a server that keeps
    but: tuple = ()
    marks: tuple = ()


CASES = [
    # It does not come about.
    Case("nobody listens", "start", f"* DIALS\n! cannot call {HOST} port PORT: Connection refused; "
         "the other side waits with tchat -sWIRED PORT", 1, "client"),
    Case("the port is taken", "with a taken port, start",
         "! cannot listen on port PORT: Address already in use; if somebody waits there, call with -c", 1,
         "server keep", ends=True),
    Case("told to end while waiting or calling", "with peer: slow, dials, is terminated", "* DIALS", TERMINATED,
         ends=True),
    Case("no listener can be made", "with few rights, with peer: slow, dials, no process can be made, meets, "
         "processes can be made", f"{MET}\n! PEER cannot be listened to: Resource temporarily unavailable", 1,
         "screen plain piped text", marks=[needs_linux]),  # in turns there is none
    Case("the line is busy", "dials, meets, peer is busy",
         f"{MET}\n< The line is busy. Please call again later.\n! PEER is busy, and has heard nothing", 1,
         "client text"),
    Case("peer speaks TLS", "dials, meets, peer speaks TLS",
         f"{MET}\n! PEER speaks TLS: that needs -t here", 1, "text"),

    # It ends.
    Case("peer leaves at once", "dials, meets, begins, peer: leaves", f"{BEGUN}\n* PEER has left"),
    Case("peer leaves", "dials, meets, talk, peer: leaves", f"{TALKED}\n* PEER has left"),
    Case("peer leaves in the midst of a line", "dials, meets, talk, peer begins a line, peer: leaves",
         f"{TALKED}\n< half\n* PEER has left", where="server client"),
    Case("leaves", "dials, meets, talk, leaves, peer sees the end, peer: leaves", f"{TALKED}\n* PEER has left",
         but=[But("screen keep", "to leave a conversation is to leave the program", ends=True)]),
    Case("leaves, and the peer stays", "with a fast clock, dials, meets, talk, leaves, peer sees the end", TALKED,
         where="screen", ends=True),  # elsewhere the end of the input is not the end of hearing
    Case("connection breaks", "dials, meets, talk, peer: resets",
         f"{TALKED}\n! the connection to PEER broke: Connection reset by peer", 1),
    Case("connection breaks at once", "dials, meets, begins, peer: resets",
         f"{BEGUN}\n! the connection to PEER broke: Connection reset by peer", 1, "server client"),
    Case("connection breaks after leaving", "dials, meets, talk, leaves, peer sees the end, peer: resets",
         f"{TALKED}\n! the connection to PEER broke: Connection reset by peer", 1, "server client"),
    Case("connection breaks with a line on its way", "with peer: deaf, dials, meets, says much, peer: resets",
         f"{BEGUN}\n> MUCH\n! the connection to PEER broke: Connection reset by peer\n! 1 line was not delivered", 1,
         "server", marks=[needs_linux], but=[
             But("screen", "it names what it counts: in the log, and on standard error",
                 f"{BEGUN}\n> MUCH\n! the connection to PEER broke: Connection reset by peer\n"
                 "- not delivered: MUCH\n! 1 line was not delivered", errors="not delivered: MUCH")]),
    Case("told to end", "dials, meets, talk, is terminated, peer sees the end, peer: leaves",
         f"{TALKED}\n* PEER has left", TERMINATED, ends=True),
    Case("told to end, and the peer stays", "with a fast clock, dials, meets, talk, is terminated, peer sees the end",
         TALKED, TERMINATED, "server client"),
    Case("listener killed", "dials, meets, talk, loses the listener", f"{TALKED}\n! the listener died: Killed", 1,
         "screen plain piped"),  # in turns there is none
    Case("nothing can be shown", "with a full disk, dials, meets, says: question, peer sends: answer",
         f"{BEGUN}\n> question\n< answer\n! cannot write what arrives: No space left on device", 1,
         "plain piped turns", ends=True),
    Case("log fails", "with a long log, dials, meets, talk, log is full, says: more, peer is heard: at last, "
         "peer: leaves", f"{TALKED}\n{UNLOGGED}\n> more\n! cannot write to the log; the conversation goes on without "
         "it: File too large\n< at last\n* PEER has left", where="server client"),

    # Somebody else calls.
    Case("another calls", "dials, meets, talk, somebody else calls, peer: leaves",
         f"{TALKED}\n* OTHER called while the line was busy\n* PEER has left", where="keep"),
    Case("another calls meanwhile", "with a stranger, dials, meets, is asked, somebody else calls, answers: no",
         f"{ASKED}\n* OTHER called while the line was busy\n! the key was not accepted", 1, "keep tls"),

    # With TLS it does not come about.
    Case("peer does not speak TLS", "with peer: bare, dials, meets, peer sends: hello",
         f"{MET}\n! cannot agree on encryption with HOLDER: it does not speak TLS: it needs -t", 1, "tls"),
    Case("peer hangs up", "with peer: bare, dials, meets, peer: leaves",
         f"{MET}\n! cannot agree on encryption with HOLDER: it hung up; perhaps it needs -t", 1, "tls"),
    Case("peer says nothing", "with a fast clock, with peer: bare, dials, meets",
         f"{MET}\n! cannot agree on encryption with HOLDER: it took more than 10 seconds; it most likely does not "
         "encrypt: it needs -t", 1, "server client tls"),
    Case("the encrypted line is busy", "with peer: bare, dials, meets, peer is busy",
         f"{MET}\n! {HOST} is busy, and has heard nothing", 1, "client tls"),
    Case("told to end while agreeing", "with peer: bare, dials, meets, is terminated", MET, TERMINATED, "tls",
         ends=True),
    Case("leaves while agreeing", "with peer: bare, dials, meets, leaves", MET, 0, "screen tls",
         ends=True),  # elsewhere the input is read only later
    Case("peer has no key", "without a key, dials, meets", f"{MET}\n! {HOST} has shown no key", 1, "server keep tls"),
    Case("wrong pin", f"with argument: --pin {OTHER}, dials, meets",
         f"{MET}\n! the key of HOLDER is not one of those pinned: FINGERPRINT", 1, "server client tls"),
    Case("key has changed", "with another key known, dials, meets",
         f"{MET}\n! THE KEY OF PLACE HAS CHANGED: somebody may be in between\n! known:    {OTHER}\n"
         "! received: FINGERPRINT\n"
         "! if it was changed on purpose, remove the server's line from KNOWN FILE and call again", 1, "client tls"),
    Case("key is refused", "with a stranger, dials, meets, is asked, answers: no",
         f"{ASKED}\n! the key was not accepted", 1, "tls"),
    Case("no answer", "with a stranger, dials, meets, is asked, ends the answers",
         f"{ASKED}\n! the key was not accepted", 1, "tls", but=[
             But("screen keep", "to leave a question is to leave the program", ends=True)]),
    Case("told to end while asked", "with a stranger, dials, meets, is asked, is terminated",
         f"{ASKED}\n! the key was not accepted", TERMINATED, "tls", ends=True),
    Case("peer leaves while asked about", "with a stranger, dials, meets, is asked, peer: leaves",
         f"{ASKED}\n! {HOST} has left", 1, "tls", marks=[needs_linux]),

    # With TLS it comes about, and ends.
    Case("key is accepted", "with a stranger, dials, meets, is asked, answers: yes, talk, peer: leaves",
         f"{ASKED}\n* TRUSTS\n> question\n< answer\n* PEER has left", where="tls"),
    Case("right pin", "with argument: --pin FINGERPRINT, dials, meets, talk, peer: leaves",
         f"{MET}\n* encrypted: the key of HOLDER is pinned\n> question\n< answer\n* PEER has left",
         where="server client tls"),
    Case("peer is unknown", "with argument: --anonymous, without a key, dials, meets, talk, peer: leaves",
         f"{MET}\n* encrypted, but PEER is unknown: it has shown no key\n> question\n< answer\n* PEER has left",
         where="server keep tls"),
    Case("peer refuses the key here", "with a tchat that refuses, dials, meets",
         f"{BEGUN}\n! PEER refused the conversation, and shows nothing that was sent", 1, "server client tls"),
    Case("stream is cut", "dials, meets, talk, peer: cuts",
         f"{TALKED}\n! the connection to PEER was cut off: it ended without a goodbye", 1, "tls"),
    Case("peer breaks off", "dials, meets, talk, peer: breaks off", f"{TALKED}\n! PEER broke off: WHY", 1, "tls"),
]

MUCH = "x" * 4000  # more than fits into a small buffer, and not more than a line of a terminal may have


def fits(where, *place):
    """Whether front end, role and wire are each among those named, or none of their kind is."""
    named = set(where.split())
    return all(chosen in named or not named & set(kind) for chosen, kind in zip(place, (FRONTS, ROLES, WIRES)))


def tamed(lines):
    """Lines without what a library says in its own words, and with all of a line of which a part has arrived."""
    return [re.sub("x{99,}", MUCH, re.sub("(?<= broke off: ).*", "WHY", line)) for line in lines]


def in_pane(lines):
    """The lines of the pane: a question is none of it, but before what became of it stands whom it was about."""
    asked = [at for at, line in enumerate(lines) if line[0] == "?"]
    if not asked:
        return lines
    outcome = next(at for at in range(asked[-1] + 1, len(lines)) if "called while" not in lines[at])
    about = "*" + lines[asked[0]][1:]
    return [*lines[:asked[0]], *lines[asked[-1] + 1:outcome], about, *lines[outcome:]]


class Stage:
    """tchat in one of its front ends, on a terminal, and its peer, whom Python plays.  What has no underscore
    before its name is a step of a case."""

    def __init__(self, get, front, role, wire):
        self._get, self._front, self._server, self._tls = get, front, role != "client", wire == "tls"
        self._path = get("tmp_path")
        self._log, self._old = self._path / "log", 0
        self._command, self._streams = [TCHAT], "2>err"
        self._arguments = [*role_options(front, role, wire), *FRONTS[front], *WIRES[wire]]
        self._port, self._env = get("port"), get("environment")
        self._door = self._refuser = self._typed = self._pane = None
        self._kind, self._become = "", []
        self._words = {"MUCH": MUCH, "WIRED": " -t" if self._tls else "", **(SERVER if self._server else CLIENT)}
        if self._tls:
            self._ann, self._identity, self._known = get("ann"), get("friend"), get("friend").fingerprint
            self._env = self._ann.env

    def _in_words(self, says):
        """The lines of a text, with the words of this side."""
        text = "\n".join(line for line in says.splitlines() if self._tls or line != "* AGREES")
        for name, words in self._words.items():
            text = text.replace(name, words)
        return text.splitlines()

    def _wait(self, condition, what):
        """Waits until a condition holds, and reads the terminal meanwhile."""
        return eventually(lambda: (self._terminal.update(0), condition())[1], what)

    def _logged(self):
        """The log's lines, without those that were there before; of one that is just written the end is waited for."""
        def whole():
            with contextlib.suppress(AssertionError):
                return [entries(self._log)]

        found = eventually(whole, "whole lines")[0] if self._log.exists() else []
        return [" ".join(entry) for entry in found][self._old:]

    def _wait_for_log(self, text):
        """Waits until a line is the last of the log."""
        self._wait(lambda: self._logged()[-1:] == self._in_words(text), f"{text} in the log")

    # What was before

    def with_argument(self, words):
        self._arguments += words.replace("FINGERPRINT", self._identity.fingerprint).split()

    def with_peer(self, kind):
        """One that is deaf; bare: it does not shake hands; slow: it neither takes the call yet nor refuses it."""
        self._kind = kind

    def with_a_stranger(self):
        self._identity = self._get("stranger")
        self._known = self._known if self._server else None  # of the port, no key yet

    def without_a_key(self):
        self._identity = None

    def with_another_key_known(self):
        self._known, self._words["KNOWN FILE"] = OTHER, str(self._ann.known_peers)

    def with_a_tchat_that_refuses(self):
        """One that does not know the key here, and has no terminal to ask on."""
        self._refuser = self._get("bob")
        self._known = self._refuser.fingerprint
        if not self._server:
            self._get("serve")("-t", env=self._refuser.env)

    def with_a_fast_clock(self):
        self._command = [HASTY]

    def with_a_full_disk(self):
        self._streams += " >/dev/full"

    def with_a_long_log(self):
        """Longer than all that is said on standard error, which is a file too."""
        self._log.touch(0o600)
        self._log.write_text(f"2026-01-31T17:05:09+01:00 < {MUCH}\n")
        self._old = 1

    def with_few_rights(self):
        """Root may have any number of processes; somebody else who has none yet may be limited."""
        self._get("leaks_unchecked")
        if os.geteuid() != 0:
            return
        place = Path(tempfile.mkdtemp())
        self._get("request").addfinalizer(lambda: shutil.rmtree(place))
        shutil.copy(TCHAT, place / "tchat")
        for path in (place, place / "tchat"):  # whoever built it, and with whatever umask
            path.chmod(0o777)
        user = 60000 + self._port % 5000
        self._become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        self._command, self._log = [*self._become, place / "tchat"], place / "log"

    def with_a_taken_port(self):
        self._door = Door()
        self._port = self._door.port

    # What happens

    def start(self):
        if self._tls:
            assert self._ann.fingerprint  # that a key is made would be said
            if self._known:
                self._ann.knows(f"caller {self._known} friend", f"server {self._known} {HOST} {self._port}")
            self._words["FINGERPRINT"] = self._identity.fingerprint if self._identity else ""
            self._words["NUMBER"] = "\n? ".join(number(self._ann, self._identity)) if self._identity else ""
        if not self._server:
            self._words["PLACE"] = self._words["HOLDER"] = f"{HOST} port {self._port}"
        self._words["PEER"] = self._name(HOST)
        self._words["PORT"] = str(self._port)
        if self._front == "piped":
            os.mkfifo(self._path / "typed")
            self._typed = open(self._path / "typed", "r+b", buffering=0)
            self._streams += " <typed"
        self._terminal = self._get("on_terminal")(
            "sh", "-c", f'exec "$@" {self._streams}', "sh", *self._command, *self._arguments, "-l", self._log,
            *[HOST] * (not self._server), self._port, env=self._env, columns=250, rows=40, echo=False)

    def dials(self):
        if not self._server and not self._refuser:
            slow = self._kind == "slow"
            self._door = (TlsDoor(self._identity, num_tickets=0) if self._tls and not slow else
                          Door(backlog=0 if slow else 8))
            self._port = self._door.port
            self._first = call(self._port) if slow else None
        self.start()
        self._wait(lambda: self._in_words("* DIALS")[0] in self._logged(), "the beginning of the log")

    def meets(self):
        if not self._refuser:
            self._peer = self._connect()
        elif self._server:
            self._get("start")("-c", "-t", HOST, self._port, env=self._refuser.env)
        pattern = r"(\S+ port \d+) has called" if self._server else "connected to (.*)"
        [name] = self._wait(lambda: re.findall(pattern, "\n".join(self._logged())), "the meeting")
        if self._server:
            host = name.split()[0]
            self._words |= {"PLACE": name, "HOLDER": host, "PEER": self._name(host)}
            assert self._refuser or name == self._place(self._peer)

    def _connect(self):
        """The peer calls, or answers."""
        deaf, bare = self._kind == "deaf", self._kind == "bare"
        if self._server and self._tls and not bare:
            return tls_call(self._port, self._identity, deaf, room=1)
        if self._server:
            return DeafCaller(self._port, room=1) if deaf else call(self._port)
        if self._first:
            self._door.accept()
        return Door.accept(self._door) if bare else self._door.accept()

    @staticmethod
    def _place(peer):
        """Where a caller is, as the log says it."""
        return "{} port {}".format(*peer.socket.getsockname())

    def _name(self, host):
        """What the peer, which is there, is called once it is agreed with."""
        return self._identity.name if self._tls and self._identity else host

    def begins(self):
        """Both have agreed on encryption."""
        self._wait(lambda: not self._tls or "* encrypted" in "\n".join(self._logged()), "the beginning")

    def talk(self):
        """One line each way."""
        self.says("question")
        self._peer.send("answer\n")
        self._terminal.wait_for("answer$")
        self._wait_for_log("< answer")

    def says(self, text):
        self._type(text)
        self._peer.expect(text + "\n")

    def says_much(self):
        self._type(MUCH)
        self._wait_for_log("> MUCH")

    def _type(self, text):
        self.begins()
        if self._typed:
            self._typed.write(f"{text}\n".encode())
        else:
            self._terminal.say(text)

    def leaves(self):
        if self._typed:
            self._typed.close()
            self._typed = None
        elif self._front != "piped":
            self._terminal.press(ctrl("D"))

    def is_asked(self):
        wait_for_question(self._terminal, LET_IN if self._server else RIGHT_ONE)

    def answers(self, text):
        self._terminal.say(text)

    def ends_the_answers(self):
        self._terminal.press(ctrl("D"))

    def is_terminated(self):
        os.kill(self._terminal.pid, signal.SIGTERM)

    def loses_the_listener(self):
        [listener] = self._wait(lambda: [pid for pid in family(self._terminal.pid)
                                         if title(pid).startswith("tchat: listening to ")], "a listener")
        os.kill(listener, signal.SIGKILL)

    def log_is_full(self):
        for pid in set(family(self._terminal.pid)) - set(keepers(self._terminal.pid)):  # who may write nothing anyway
            limit(pid, resource.RLIMIT_FSIZE, self._log.stat().st_size)

    def no_process_can_be_made(self):
        """From now on: whoever waits or calls does so already."""
        self._wait(lambda: is_idle(self._terminal.pid), "rest")
        self._limited = family(self._terminal.pid)
        self._limit_processes(0)

    def processes_can_be_made(self):
        self._wait(lambda: "cannot be listened to" in self._log.read_text(), "the failure")
        self._limit_processes(resource.getrlimit(resource.RLIMIT_NPROC)[0])

    def _limit_processes(self, count):
        for pid in self._limited:  # nobody else may do that, and not even root everywhere
            subprocess.run([*self._become, "prlimit", f"--pid={pid}", f"--nproc={count}:"], check=count == 0)

    def somebody_else_calls(self):
        other = call(self._port)
        self._words["OTHER"] = self._place(other)
        other.incoming.expect_end()
        self._wait_for_log("* OTHER called while the line was busy")

    def peer_sends(self, text):
        self._peer.send(text + "\n")

    def peer_is_heard(self, text):
        self._peer.send(text + "\n")
        self._terminal.wait_for(text + "$")

    def peer_begins_a_line(self):
        self._peer.send("half")

    def peer_speaks_TLS(self):
        self._peer.send(b"\x16\x03\x01\x02\x00")  # the beginning of a handshake (RFC 8446, 5.1)

    def peer_is_busy(self):
        """As a tchat is."""
        self._peer.send(BUSY_ALERTS if self._tls else BUSY)
        self._peer.close_input()

    def peer_sees_the_end(self):
        self._peer.incoming.expect_end()

    def peer(self, does):
        getattr(self._peer, PEER[does])()

    # How it goes on, and what was seen

    def _serve_another(self):
        """A server that keeps waits again, and whoever calls then is served."""
        self._wait_for_log("* DIALS")
        self._kind = ""
        if self._tls:
            self._identity = self._get("friend")
        other = self._connect()
        self._words["NEXT"], self._words["LAST"] = self._place(other), self._name(HOST)
        self._wait_for_log("* AGREES" if self._tls else "* NEXT has called")
        other.close_input()
        self._wait_for_log("* DIALS")

    def _seen(self):
        """The lines in the pane, as a case has them: what to tell the other person is not for the log."""
        lines = []
        for row in filter(None, self._terminal.pane):
            line = re.fullmatch(r"\d\d:\d\d +(?:([*!?])|(you) \S|\S+  ) (.*)", row)
            if line:
                lines.append(f"{line[1] or '<>'[line[2] is not None]} {line[3]}")
            else:
                lines[-1] += row.strip()
        return [line for line in lines if not line.startswith(TOLD)]

    def _end(self, case, keeps):
        """Sees to it that it comes to an end.  Returns the exit status."""
        ended = lambda: b"[status" in self._terminal.shown  # noqa: E731
        if keeps:
            self._serve_another()
            if self._front == "screen":
                last = self._logged()[-1]
                self._terminal.wait_for(lambda: self._seen().count(last) == self._logged().count(last))
                self._pane = self._seen()
            self.is_terminated()
        elif self._front == "screen":
            stays = "Ctrl-D leaves" if self._server else "Enter calls again"
            self._terminal.wait_for(lambda: ended() or stays in self._terminal.bar)
            if not ended():
                assert re.search("over" if case.status == 0 else "failed|not connected", self._terminal.bar)
                self._pane = self._seen()
                self.leaves()
        elif self._front == "piped" and case.status == 0:
            self.leaves()  # once the peer has left, a file is still sent whole
        return self._terminal.wait()


PLACES = [(case, *place) for case in CASES for place in itertools.product(FRONTS, ROLES, WIRES)
          if fits(case.where, *place) and place[:2] != ("piped", "keep")]  # a file is for one


@pytest.mark.parametrize("case, front, role, wire", [
    pytest.param(*place, id="-".join([place[0].name, *place[1:]]),
                 marks=[*place[0].marks, *[needs_tls] * (place[3] == "tls")]) for place in PLACES])
def test_life(request, case, front, role, wire):
    """What the steps of a case lead to, in one front end."""
    but = next((but for but in case.but if fits(but.where, front, role, wire)), But("", ""))
    keeps = role == "keep" and not (but.ends or case.ends)
    stage = Stage(request.getfixturevalue, front, role, wire)
    for step in case.steps.split(", "):
        name, _, words = step.partition(": ")
        getattr(stage, name.replace(" ", "_"))(*[words] * bool(words))
    status = stage._end(case, keeps)

    says = but.says or case.says
    if keeps:
        says += ANOTHER
    lines = stage._in_words(says)
    unlogged = lines.index(UNLOGGED) if UNLOGGED in lines else len(lines)
    assert tamed(stage._logged()) == [re.sub("^[!?-]", "*", line) for line in lines[:unlogged]]

    lines = [without_port(line) for line in lines if line != UNLOGGED]
    told = [line[2:] for line in lines if line[0] in "*?!"]
    if front == "screen":
        told = [line[2:] for line in lines if line[0] == "!" and case.status != 0 and not keeps]
    errors = (stage._path / "err").read_text().splitlines()
    assert tamed(errors) == [f"tchat: {line}" for line in (*told, *stage._in_words(but.errors))]
    if stage._pane:
        assert tamed(stage._pane) == in_pane([line for line in lines if line[0] != "-"])
    assert status == (TERMINATED if keeps else case.status)
