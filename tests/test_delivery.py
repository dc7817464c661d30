"""Delivery marks: each of one's own lines shows whether the other machine has it."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from fullscreen import (CTRL_PAGE_UP, F2, DELIVERED, DOUBTED, LOST, ON_ITS_WAY, WAITING, DeafCaller, marked,
                        screen_deaf)  # noqa: F401, a fixture
from peers import HOST, TCHAT, Door, eventually, needs_linux, process_state, socket_of
from terminal import PAGE_DOWN, ctrl
from test_screen import TIME, notice, pasted, theirs

# More than a machine takes whose program does not read; its own machine takes all of it.
FILLER = "filler " + "x" * 200_000  # more than two machines take, of which the other does not read


def test_peer_acknowledges(screen_called):
    """A line that the other machine has is ticked off."""
    server, caller = screen_called()
    server.say("hello")
    server.wait_for(marked(DELIVERED, "hello"))
    caller.expect("hello\n")


def test_name_is_marked(screen_called):
    """The mark stands in the gutter, whatever name one goes by."""
    server, caller = screen_called("-n", "Ann")
    server.say("hello")
    server.wait_for(marked(DELIVERED, "hello", "Ann"))


@needs_linux
def test_peer_stops_reading(screen_deaf):
    """What the other machine has, what is on its way and what is still here look different."""
    server, caller = screen_deaf("-H", 20_000)
    server.say("first")
    server.wait_for(marked(DELIVERED, "first"))
    server.say(pasted("\r".join(f"line {n} {'x' * 40}" for n in range(5000))))
    server.wait_for(lambda: "does not read" in server.bar)
    assert re.search(marked(WAITING, "line 4999 x+"), server.pane[-1])
    server.press(CTRL_PAGE_UP)
    server.wait_for(marked(DELIVERED, "line 10 x+"))
    marks = ""
    while WAITING not in marks:
        before = server.pane
        marks += "".join(re.findall(rf"{TIME}you (\S) ", "\n".join(before), re.MULTILINE))
        server.press(PAGE_DOWN)
        server.wait_for(lambda: server.pane != before and server.cursor == (23, 2))  # all is drawn
    assert re.fullmatch("✓+›+·+", marks)
    caller.read().incoming.expect_amount(len("first\n") + 5000 * 46)
    server.press(ctrl("L"))
    server.wait_for(lambda: all(f" you {DELIVERED} " in row for row in server.pane))


@needs_linux
def test_peer_resets(screen_deaf, tmp_path):
    """When the connection breaks, what was not delivered is marked, counted, and in the log; and
    said once more at the end."""
    log = tmp_path / "log"
    server, caller = screen_deaf("-l", log, columns=120)
    server.say("has arrived")
    server.wait_for(marked(DELIVERED, "has arrived"))
    server.say(pasted(FILLER))
    server.say("one")
    server.say("two \x16\x1b[m")
    server.wait_for(lambda: "does not read" in server.bar)
    caller.reset()
    server.wait_for(notice("3 lines were not delivered"))
    for text in ("one", r"two \^\[\[m"):
        assert server.shows(marked(LOST, text))
    server.press(CTRL_PAGE_UP)
    server.wait_for(marked(DOUBTED, "has arrived"))
    server.wait_for(marked(LOST, "filler"))
    server.press(ctrl("D"))
    assert server.wait() == 1
    said = [row for row in server.rows() if "not delivered: " in row]
    assert said[-2:] == ["tchat: not delivered: one", "tchat: not delivered: two ^[[m"]
    lost = [line.partition(" * not delivered: ")[2] for line in log.read_text().splitlines()
            if " * not delivered: " in line]
    assert len(lost) == 3 and FILLER.endswith(lost[0]) and lost[1:] == ["one", "two ^[[m"]
    assert server.is_restored()


@needs_linux
def test_relay_that_found_nobody(screen):
    """A relay takes what it is sent, and leaves in order, if there is nobody behind it: who has never said a word
    may be one."""
    door = Door()
    client = screen("-c", HOST, door.port)
    relay = door.accept()
    client.wait_for("connected to")
    client.say("is anybody there?")
    relay.expect("is anybody there?\n")
    client.wait_for(marked(DELIVERED, r"is anybody there\?"))
    relay.close_input()
    client.wait_for(marked(DOUBTED, r"is anybody there\?"))
    assert client.shows(notice("1 line may not have been seen: nothing was heard after it"))
    client.press(ctrl("D"))
    assert client.wait() == 0


@needs_linux
def test_leaving_in_order(screen_called):
    """Who has said something before has read what came later, too, if they leave in order; so has who leaves after
    us."""
    server, caller = screen_called("-k")
    caller.send("hello\n")
    server.wait_for(theirs("hello"))
    server.say("to be read")
    caller.expect("to be read\n")
    caller.close_input()
    server.wait_for("has left$")
    server.wait_for(marked(DELIVERED, "to be read"))
    assert not server.shows("may not have been seen")


@needs_linux
def test_what_is_doubted_is_seen_in_the_pager(screen_called, environment):
    """There it has the same mark; what was answered has none."""
    server, caller = screen_called(env=dict(environment, PAGER="cat; read key </dev/tty"))
    server.say("one")
    caller.expect("one\n")
    caller.send("yes\n")
    server.wait_for(theirs("yes"))
    server.say("two")
    caller.expect("two\n")
    server.wait_for(marked(DELIVERED, "two"))
    caller.reset()
    server.wait_for(marked(DOUBTED, "two"))
    assert server.shows(marked(DELIVERED, "one"))
    server.press(F2)
    server.wait_for(r":\d\d you \? two$")
    assert server.shows(r":\d\d you > one$")


@needs_linux
def test_one_line_is_one_line(screen_deaf):
    """The notice counts in good English."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.wait_for(lambda: "does not read" in server.bar)
    caller.reset()
    server.wait_for(notice("1 line was not delivered"))


def test_leaving_waits_for_what_is_not_delivered(screen_deaf):
    """Leaving waits for the lines on their way, and says so; once they have arrived, all is well."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.say("one more")
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    line = caller.read()
    assert line.expect_end().decode() == f"{FILLER}\none more\n"
    line.close_input()
    assert server.wait() == 0
    assert not server.shows("not delivered")


@needs_linux
def test_leaving_does_not_wait_for_ever(screen_deaf):
    """A peer that never reads is waited for a few seconds, not longer."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.say("one more")
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.shows("^tchat: not delivered: one more$")


@needs_linux
def test_leaving_at_once(screen_deaf):
    """Who does not want to wait for the lines on their way says so again."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.say("one more")
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    asked = time.monotonic()
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert time.monotonic() - asked < 4  # it waits 5 seconds otherwise
    assert server.shows("^tchat: not delivered: one more$")


# A network that is cut


class Network:
    """Two hosts, namespaces of this machine, with a cable between them."""

    HERE, THERE = "192.0.2.1", "192.0.2.2"

    def __init__(self, name):
        self.here, self.there = f"{name}-here", f"{name}-there"
        self.ip("netns add", self.here)
        try:
            self.ip("netns add", self.there)
            self.ip("-n", self.here, "link add cable type veth peer name cable netns", self.there)
            for host, address in ((self.here, self.HERE), (self.there, self.THERE)):
                self.ip("-n", host, "address add", address + "/30 dev cable")
                self.ip("-n", host, "link set cable up")
        except BaseException:
            self.remove()
            raise

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *" ".join(words).split()], check=True, capture_output=True)

    def cut(self):
        self.ip("-n", self.there, "link set cable down")

    def mend(self):
        self.ip("-n", self.there, "link set cable up")

    def remove(self):
        """Removes what there is of it; the cable goes with its ends."""
        for host in (self.here, self.there):
            subprocess.run(["ip", "netns", "delete", host], capture_output=True)


@pytest.fixture
def network(port):
    """A network of two hosts, where this user may make one."""
    try:
        network = Network(f"tchat-{port}")
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces: {getattr(error, 'stderr', error)}")
    yield network
    network.remove()


@pytest.fixture
def cut_off(network, on_terminal, run, port, tmp_path):
    """A conversation with another host, in which two lines were said after the cable was cut."""
    inside = ("ip", "netns", "exec")
    server = on_terminal(*inside, network.here, TCHAT, "-s", "-l", tmp_path / "log", port, columns=120)
    server.wait_for("waiting on port")
    caller = run(*inside, network.there, "nc", network.HERE, port)
    server.wait_for("has called")
    server.say("has arrived")
    server.wait_for(marked(DELIVERED, "has arrived"))
    network.cut()
    server.say("one")
    server.say("two")
    server.wait_for(marked(ON_ITS_WAY, "two"))
    return server, caller


@needs_linux
def test_cut_off_for_a_while(network, cut_off):
    """Lines stay on their way while the network is cut, and arrive when it is mended."""
    server, caller = cut_off
    server.wait_for(lambda: "no answer" in server.bar)
    assert server.shows(marked(ON_ITS_WAY, "one")) and server.shows(marked(DELIVERED, "has arrived"))
    network.mend()
    server.wait_for(marked(DELIVERED, "two"))
    assert server.shows(marked(DELIVERED, "one"))
    caller.expect("has arrived\none\ntwo\n")


@needs_linux
def test_cut_off_for_good(cut_off, tmp_path):
    """Who leaves while the network is cut learns which lines the other has not got."""
    server, caller = cut_off
    server.press(ctrl("D"))
    server.wait_for(lambda: "waiting to deliver 2 lines" in server.bar)
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert [row for row in server.rows() if "delivered" in row] == [
        "tchat: 2 lines were not delivered", "tchat: not delivered: one", "tchat: not delivered: two"]
    logged = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert [line for line in logged if "not delivered: " in line] == [
        "* not delivered: one", "* not delivered: two"]
    assert "* 2 lines were not delivered" in logged


@needs_linux
@pytest.mark.parametrize("more, said", [(1, "and 1 more line was"), (3, "and 3 more lines were")])
def test_many_lines_are_lost(screen_deaf, more, said):
    """All that was typed is said again, as far as a terminal can be scrolled back; then, how much more it was."""
    server, caller = screen_deaf()
    server.say(pasted("\r".join([FILLER, *(f"line {n}" for n in range(999 + more))])))
    server.wait_for(lambda: "does not read" in server.bar)
    caller.reset()
    server.wait_for(notice(f"{1000 + more} lines were not delivered"))
    server.press(ctrl("D"))
    assert server.wait() == 1
    assert server.shows(f"^tchat: {said} not delivered$")
    assert server.shows("^tchat: not delivered: line 998$")
    assert server.shown.count(b"tchat: not delivered: ") == 1000


def is_pending(pid, signo):
    """Whether a signal has been sent to a process, which has not yet taken it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    masks = re.findall(r"^S\w+Pnd:\s*(\w+)", status, re.MULTILINE)
    return any(int(mask, 16) & 1 << signo - 1 for mask in masks)


@needs_linux
def test_window_is_closed(screen_deaf):
    """A window that is closed tells tchat so more than once, through the kernel and the shell: what is on
    its way is waited for all the same."""
    server, caller = screen_deaf()
    server.say(pasted(FILLER))
    server.wait_for(lambda: "does not read" in server.bar)
    pid = server.pid
    os.kill(pid, signal.SIGHUP)
    server.wait_for(lambda: not server.display.alternate)
    os.kill(pid, signal.SIGHUP)
    eventually(lambda: not is_pending(pid, signal.SIGHUP), "that the signal is taken")
    peer = caller.read()
    assert peer.expect_end() == f"{FILLER}\n".encode()
    peer.close_input()
    assert server.wait() == 128 + signal.SIGHUP
    assert b"not delivered" not in server.shown


def has_ended(sock):
    """Whether a socket has said that nothing more will come, which has not arrived."""
    fin_wait1 = 4  # <linux/tcp_states.h>
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == fin_wait1


@needs_linux
def test_terminal_vanishes_before_the_signal(on_terminal, port, tmp_path):
    """It is waited for, too, if tchat sees that the terminal is gone before a signal says so."""
    log, text = tmp_path / "log", "x" * 50_000  # which one's own machine takes
    # In a session of its own only the terminal's end tells it.
    server = on_terminal("setsid", TCHAT, "-s", "-l", log, port)
    server.wait_for("waiting on port")
    caller = DeafCaller(port)
    server.wait_for("has called")
    server.say(pasted(text))
    server.wait_for(lambda: "does not read" in server.bar)
    pid = server.pid
    with socket_of(server) as same:
        server.hang_up()
        eventually(lambda: has_ended(same), "that tchat hangs up")
    os.kill(pid, signal.SIGHUP)
    eventually(lambda: not is_pending(pid, signal.SIGHUP), "that the signal is taken")
    peer = caller.read()
    assert peer.expect_end() == f"{text}\n".encode()
    peer.close_input()
    eventually(lambda: process_state(pid) is None, "the end of tchat")
    assert "not delivered" not in log.read_text()
