"""Calls through a command (--via): its standard input and output are the connection."""

import os
import re
import shutil
import signal
import socket
import struct
import sys
import termios
import threading
from pathlib import Path

import pytest

from fullscreen import ON_ITS_WAY, SANITIZED, marked as marked_line
from peers import (HOST, TCHAT, Door, Line, callers, children, eventually, family, is_idle, listeners,
                   looks_into_listener, needs_landlock, needs_linux, needs_seccomp, process_state, title)
from room import QUESTION
from terminal import BACKSPACE, ENTER, ctrl
from test_confined import status as process_status
from test_ssh import SSHD, ssh  # noqa: F401
from tls import needs_tls

WIDE = {"columns": 160, "rows": 24}

# Connects standard input and output with host and port, after what is said first.
BRIDGE = """\
import os, socket, sys, threading
far = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536):
        far.sendall(data)
    far.shutdown(socket.SHUT_WR)
upward = threading.Thread(target=up)
upward.start()
while data := far.recv(65536):
    os.write(1, data)
socket.socket(fileno=1).shutdown(socket.SHUT_WR)
upward.join()
"""

# As ssh(1): asks on the terminal, whatever its standard input and output are.
ASKS = """\
import os, sys, termios
tty = os.open("/dev/tty", os.O_RDWR)
def ask(question, hidden):
    before = termios.tcgetattr(tty)
    now = termios.tcgetattr(tty)
    if hidden:
        now[3] &= ~termios.ECHO
    termios.tcsetattr(tty, termios.TCSAFLUSH, now)
    os.write(tty, question.encode())
    answer = os.read(tty, 200).decode().strip()
    termios.tcsetattr(tty, termios.TCSAFLUSH, before)
    if hidden:
        os.write(tty, b"\\n")
    return answer
if ask("\\x1b[31mgo on connecting (yes/no)? ", False) != "yes":
    sys.exit(255)
while ask("password: ", True) != "sesame":
    os.write(tty, b"wrong, try again\\n")
os.write(2, b"you are in\\n")
"""


@pytest.fixture
def bridge(tmp_path):
    """A command that connects, with other Python code, or shell, before it."""
    def bridge(code="", shell=""):
        file = tmp_path / "bridge.py"
        file.write_text(code + BRIDGE)
        return f"{shell} exec {sys.executable} {file} %h %p"

    return bridge


@pytest.fixture
def via(start):
    """tchat that calls through a command, and who has answered."""
    def via(command, *arguments, **options):
        door = Door()
        client = start("-c", *arguments, "--via", command, HOST, door.port, **options)
        callee = door.accept()
        client.err.expect(f"connected to {HOST} port {door.port}\n")
        return client, callee

    return via


@pytest.fixture
def screen_via(screen):
    """The same in the full screen."""
    def screen_via(command, *arguments, **options):
        door = Door()
        client = screen("-c", *arguments, "--via", command, HOST, door.port, **{**WIDE, **options})
        callee = door.accept()
        client.wait_for(f"connected to {HOST} port {door.port}$")
        return client, callee

    return screen_via


def converse(client, callee):
    """Each hears the other, to the end."""
    client.send("Grüße\n")
    callee.expect("Grüße\n")
    callee.send("漢字 \x1b[2J\n")
    client.expect("漢字 ^[[2J\n")
    client.close_input()
    callee.expect_end()
    callee.close_input()
    assert client.wait() == 0


def marked(name):
    """The processes that have this word in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and name.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return [pid for pid in found if process_state(pid)]


# --- Conversations. ---

def test_plain(via, bridge):
    """What one says the other hears; a command ends with its input, and nothing is said of that."""
    client, callee = via(bridge())
    converse(client, callee)
    assert b"command" not in client.err.data


def test_turns(via, bridge):
    """The same in strict turns."""
    client, callee = via(bridge(), "-a")
    converse(client, callee)


def test_raw(via, bridge):
    """Bytes pass unchanged."""
    client, callee = via(bridge(), "-r")
    callee.send(b"\x1b[2J\xff\0")
    client.expect(b"\x1b[2J\xff\0")
    callee.close_input()
    client.close_input()
    assert client.wait() == 0


def test_full_screen(screen_via, bridge):
    """The same in the full screen, where it is not known more of one's own lines than that they were taken."""
    client, callee = screen_via(bridge())
    client.say("Grüße")
    callee.expect("Grüße\n")
    callee.send("漢字\n")
    client.wait_for("漢字$")
    client.wait_for(marked_line(ON_ITS_WAY, "Grüße"))
    client.press(ctrl("D"))
    callee.expect_end()
    callee.close_input()
    assert client.wait() == 0
    assert client.is_restored()


def test_marks_at_the_end(screen_via, bridge):
    """What was said after the other side's last word may have been lost on the way, whoever took it."""
    client, callee = screen_via(bridge())
    client.say("before")
    callee.expect("before\n")
    callee.send("word\n")
    client.wait_for("word$")
    client.say("after")
    callee.expect("after\n")
    callee.close_input()
    client.wait_for(f"{HOST} has left$")
    client.wait_for(r"\? after$")


def test_group_by_pipes(start, serve, port, bridge):
    """Who calls a group through a command is one of it."""
    server = serve("-g", "-n", "Ann")
    client = start("-c", "--via", bridge(), HOST, port)
    client.expect("name")
    client.send("bob\n")
    server.err.expect("bob has joined")
    client.send("hello\n")
    server.expect("bob> hello\n")


@needs_tls
def test_encrypted(acquainted, serve, start, port, bridge):
    """With -t the server is known by host and port, as they were given."""
    ann, bob = acquainted
    server = serve("-t", env=ann.env)
    client = start("-c", "-t", "--via", bridge(), HOST, port, env=bob.env)
    client.err.expect(f"the key of {HOST} port {port} is known")
    client.send("a secret\n")
    server.expect("a secret\n")
    client.close_input()
    server.close_input()
    assert (client.wait(), server.wait()) == (0, 0)


@needs_tls
def test_encrypted_in_the_full_screen(acquainted, screen, port, bridge):
    """The same there, where the mark still says no more than that the command has it."""
    ann, bob = acquainted
    server = screen("-s", "-t", port, env=ann.env, **WIDE)
    server.wait_for("waiting on port")
    client = screen("-c", "-t", "--via", bridge(), HOST, port, env=bob.env, **WIDE)
    client.wait_for(lambda: re.search(r"\bencrypted\b", client.bar))
    client.say("a secret")
    server.wait_for("a secret$")
    client.wait_for(marked_line(ON_ITS_WAY, "a secret"))
    client.press(ctrl("D"))
    assert client.wait() == 0


@pytest.mark.parametrize("mode", [[], ["-p"]], ids=["full screen", "plain"])
def test_member_of_a_group(room, screen, bridge, mode):
    """Who comes into a group by a command is one like others."""
    host = room()
    ann, = host.join("ann")
    client = screen("-c", *mode, "--via", bridge(), HOST, host.port, **WIDE)
    client.wait_for(re.escape(QUESTION.strip()))
    client.say("bob")
    ann.expect("~bob has joined")
    client.say("hello")
    ann.expect("<~bob> hello\n")
    ann.send("hello bob\n")
    client.wait_for("<~ann> hello bob$")


def test_host_as_typed(start, bridge):
    """The command gets the words of the command line, and knows alone what they mean."""
    door = Door()
    command = "test %h:%p:%% = no.such.onion:81:%% && " + bridge().replace("%h %p", f"{HOST} {door.port}")
    client = start("-c", "--via", command, "no.such.onion", "81")
    door.accept().send("hi\n")
    client.notice("connected to no.such.onion port 81")
    client.expect("hi\n")


# --- Other people's programs. ---

def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"there is no {program}")


@needs("socat")
def test_socat(via):
    converse(*via("exec socat -t 10 - TCP:%h:%p"))


def receive(conn, size):
    data = b""
    while len(data) < size:
        data += conn.recv(size - len(data)) or pytest.fail("the end")
    return data


def pump(a, b):
    """Passes what comes from one to the other, to the end."""
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy():
    """A proxy, which takes one call, and what it was asked for."""
    asked = []

    def proxy(negotiate):
        door = Door()

        def serve():
            near = door.socket.accept()[0]
            host, port, answer = negotiate(near)
            asked.append((host, port))
            far = socket.create_connection((HOST, port))
            near.sendall(answer)
            threading.Thread(target=pump, args=(near, far), daemon=True).start()
            pump(far, near)

        threading.Thread(target=serve, daemon=True).start()
        return door.port, asked

    return proxy


def socks(near):
    """SOCKS5 (RFC 1928), without a password, and a name."""
    version, methods = receive(near, 2)
    receive(near, methods)
    near.sendall(b"\5\0")
    _, _, _, kind = receive(near, 4)
    host = receive(near, receive(near, 1)[0]).decode() if kind == 3 else socket.inet_ntoa(receive(near, 4))
    port, = struct.unpack("!H", receive(near, 2))
    return host, port, b"\5\0\0\1" + bytes(6)


def connect(near):
    """HTTP CONNECT (RFC 9110, 9.3.6)."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += receive(near, 1)
    host, port = re.match(rb"CONNECT (\S+):(\d+) HTTP", head).groups()
    return host.decode(), int(port), b"HTTP/1.0 200 OK\r\n\r\n"


def through_proxy(start, proxy, command):
    door = Door()
    port, asked = proxy
    client = start("-c", "--via", command.format(proxy=port), "somebody.onion", door.port)
    callee = door.accept()
    client.notice(f"connected to somebody.onion port {door.port}")
    converse(client, callee)
    assert asked == [("somebody.onion", door.port)]


@needs("nc")
def test_socks(start, proxy, run):
    """A name is handed on to the proxy, such as Tor, and looked up nowhere else."""
    if b"-X" not in run("nc", "-h").err.expect_end():
        pytest.skip("this nc knows no proxies")
    through_proxy(start, proxy(socks), f"exec nc -N -X 5 -x {HOST}:{{proxy}} %h %p")


@needs("ncat")
def test_http_proxy(start, proxy):
    through_proxy(start, proxy(connect), f"exec ncat --proxy {HOST}:{{proxy}} --proxy-type http --proxy-dns remote "
                                         "%h %p")


@pytest.mark.skipif(not (SSHD and shutil.which("ssh")), reason="ssh is not installed")
def test_ssh(via, ssh):  # noqa: F811
    """Through another machine, as ssh reaches it."""
    converse(*via(f"exec ssh -W %h:%p {' '.join(ssh)}"))


# --- How it ends. ---

@pytest.mark.parametrize("command, what", [
    ("exit 255", "the command ended with status 255"),
    ("nosuchcommand %h", "the command was not found (status 127)"),
    ("kill -9 $$", "the command was killed: Killed"),
])
def test_no_connection(start, command, what):
    """A command that fails before it has connected is why nobody can be called."""
    client = start("-c", "--via", command, "host", "81")
    client.err.expect(f"cannot call host port 81: {what}\n")
    assert client.wait() == 1


@pytest.mark.parametrize("mode", [[], ["-a"], ["-k"], ["-w", "5"]])
def test_ends_amid_the_conversation(request, bridge, mode):
    """How it has ended is said, if not in order, in each mode, and is why the program fails."""
    command = bridge().replace("exec ", "") + "; exit 255"
    if mode == ["-k"]:
        client, callee = request.getfixturevalue("screen_via")(command)
        callee.close_input()
        client.wait_for("the command ended with status 255$")
        client.press(ctrl("D"))
        assert client.wait() == 1
        return
    client, callee = request.getfixturevalue("via")(command, *mode)
    client.close_input()
    callee.expect_end()
    callee.close_input()
    client.notice("the command ended with status 255")
    assert client.wait() == 1


def test_is_killed(via, bridge):
    """One that is killed is said to be."""
    client, callee = via(bridge())
    command = eventually(lambda: children(callers(client.pid)[0]), "the command")[0]
    os.kill(command, signal.SIGKILL)
    client.notice("the command was killed: Killed")
    client.close_input()
    assert client.wait() == 1


@needs_linux
@pytest.mark.parametrize("mode", [[], ["-a"]])
def test_its_caller_is_killed(via, bridge, mode):
    """How the command has ended nobody knows then, which is said."""
    client, callee = via(bridge(), *mode)
    os.kill(callers(client.pid)[0], signal.SIGKILL)
    client.notice("the process that attends to the command died: Killed")
    callee.expect_end()
    client.close_input()
    assert client.wait() == 1


@pytest.mark.parametrize("how", ["input ends", "killed", "terminated"])
def test_nothing_is_left(via, bridge, environment, how):
    """A command that ignores all that asks it to end, and another process of its, are gone with the conversation."""
    environment["MARK"] = mark = f"via-{os.getpid()}-{how.split()[0]}"
    client, callee = via(bridge(shell="trap '' TERM HUP; tail -f /dev/null &"))
    others = [pid for pid in marked(mark) if pid not in family(client.pid) or title(pid).startswith("tail")]
    assert others
    if how == "input ends":
        callee.close_input()
        client.close_input()
        client.wait()
    else:
        os.kill(client.pid, signal.SIGKILL if how == "killed" else signal.SIGTERM)
    eventually(lambda: not marked(mark), "the end of all of them")


def test_calls_again(screen, bridge, tmp_path):
    """-k starts another one, which has no terminal any more; that is said where it fails."""
    door = Door()
    client = screen("-c", "-k", "--via", bridge(shell="test -e once && exit 3; touch once;"), HOST, door.port, **WIDE)
    callee = door.accept()
    client.wait_for("connected to")
    callee.close_input()
    client.wait_for("has left$")
    client.press(ENTER)
    client.wait_for("status 3; it has no terminal to ask on any more$")
    (tmp_path / "once").unlink()
    client.press(ENTER)
    door.accept().send("again\n")
    client.wait_for("again$")


def test_patience(start, bridge, tmp_path):
    """-w starts it again and again, until it gets through."""
    door = Door()
    client = start("-c", "-w", "60", "--via", bridge(shell="test -e there || exit 1;"), HOST, door.port)
    client.err.expect("calling")
    (tmp_path / "there").touch()
    callee = door.accept()
    callee.send("hi\n")
    client.expect("hi\n")


def test_commands_inherit_the_same(run, bridge, tmp_path):
    """A later command may leave a core file, if the first may."""
    door = Door()
    command = bridge(shell="ulimit -c >>limits; test -e there || exit 1;")
    client = run("sh", "-c", 'ulimit -Sc "$(ulimit -Hc)"; exec "$@"', "sh",
                 TCHAT, "-c", "-w", "60", "--via", command, HOST, door.port)
    client.err.expect("calling")
    limits = tmp_path / "limits"
    eventually(lambda: limits.read_text().count("\n") >= 2, "a later command")
    (tmp_path / "there").touch()
    door.accept()
    assert len(set(limits.read_text().split())) == 1


# --- What it says. ---

def test_says(via, bridge):
    """What it says besides is a notice, line by line, and passes the filter."""
    client, callee = via(bridge('import os\nos.write(2, b"\\x1b]0;owned\\x07\\xff\\nnext\\n")\n'))
    assert b"tchat: the command says: ^[]0;owned^G\xef\xbf\xbd\ntchat: the command says: next\n" in client.err.data
    converse(client, callee)
    assert b"\x1b" not in client.err.data + client.out.data


@pytest.mark.parametrize("flood", ["yes spam | head -n 100000", "head -c 1000000 /dev/zero | tr '\\0' x"])
def test_flood(via, bridge, flood):
    """Neither many lines nor an endless one keep the conversation from going on, nor fill the screen."""
    client, callee = via(bridge(shell=f"({flood}) >&2;"))
    converse(client, callee)
    assert 0 < client.err.data.count(b"the command says") <= 25
    assert len(client.err.data) < 20000
    said = client.err.data.count(b"the command says: spam\n")
    dropped = re.findall(rb"^tchat: (\d+) more lines of the command are not shown$", client.err.data, re.M)
    assert said + sum(map(int, dropped)) == (100000 if "spam" in flood else 0)


def test_flood_that_ebbs(via, bridge, tmp_path):
    """How many lines were too much is said once more of them could be told, though none comes."""
    os.mkfifo(tmp_path / "end")
    client, callee = via(bridge(shell="(yes spam | head -n 120 >&2; read end < end) &"))
    client.notice("100 more lines of the command are not shown")
    (tmp_path / "end").write_text("\n")
    converse(client, callee)


def test_says_in_the_full_screen(screen_via, bridge, tmp_path):
    """The same amid a conversation in the full screen."""
    os.mkfifo(tmp_path / "go")
    client, callee = screen_via(bridge(shell="(read go < go; printf '\\033[2Jlate\\n' >&2) &"))
    client.say("hi")
    callee.expect("hi\n")
    (tmp_path / "go").write_text("\n")
    client.wait_for(r"the command says: \^\[\[2Jlate$")


# --- What it asks. ---

def answered(client):
    client.wait_for(r"\^\[\[31mgo on connecting \(yes/no\)\?$")
    client.press("yed" + BACKSPACE + "s")
    client.wait_for(r"\? yes$")
    client.press(ENTER)
    client.wait_for("password:$")
    client.say("wrong")
    client.wait_for("wrong, try again$")
    client.wait_for(lambda: sum("password:" in row for row in client.rows()) == 2)
    client.say("sesame")
    client.wait_for("you are in$")
    assert not client.shows("sesame")


@pytest.mark.parametrize("mode", [[], ["-p"]], ids=["full screen", "plain"])
def test_asks_before_the_conversation(screen, bridge, mode):
    """The first one can ask on the terminal, as ssh for a password; then the conversation has the keys."""
    door = Door()
    client = screen("-c", *mode, "--via", bridge(ASKS), HOST, door.port, **WIDE)
    answered(client)
    callee = door.accept()
    client.wait_for(f"connected to {HOST} port")
    if mode:
        assert sum("you are in" in row for row in client.rows()) == 1
    else:  # where it would be out of sight
        client.wait_for(r"\* the command says: \^\[\[31mgo on connecting \(yes/no\)\?$")  # and not what was typed
        client.wait_for(r"\* the command says: you are in$")
    client.say("hello")
    callee.expect("hello\n")
    callee.close_input()
    client.wait_for("has left")
    client.press(ctrl("D"))
    assert client.wait() == 0
    assert client.is_restored()


def test_asks_after_a_while(screen, bridge):
    """Who asks may be silent before, as on the way to where the question is from."""
    door = Door()
    waits = 'import os, select\nos.write(2, b"looking\\n")\nselect.select([], [], [], 1.2)\n'
    client = screen("-c", "-p", "--via", bridge(waits + ASKS), HOST, door.port, **WIDE)
    answered(client)
    door.accept()
    client.wait_for(f"connected to {HOST} port")


def test_never_silent(via, bridge):
    """A command that goes on writing does not put off the conversation for ever."""
    client, callee = via(bridge("""\
import os, select, threading
def chatter():
    while not select.select([], [], [], 0.2)[0]:
        os.write(2, b"on and on\\n")
threading.Thread(target=chatter, daemon=True).start()
"""))
    assert client.err.data.index(b"on and on\n") < client.err.data.index(b"connected to")
    converse(client, callee)


def test_unfinished_line_that_is_no_question(screen, bridge):
    """What it waits for is said, if nobody answers, and the line is to be seen again."""
    door = Door()
    client = screen("-c", "-p", "--via", bridge("import os\nos.write(2, b'connecting... ')\n"), HOST, door.port, **WIDE)
    client.wait_for("tchat: the command has not ended this line: press Enter if that is no question$")
    client.wait_for(lambda: [row for row in client.rows() if row][-1] == "connecting...")
    client.press(ENTER)
    door.accept()
    client.wait_for(f"connected to {HOST} port")
    assert sum("connecting" in row for row in client.rows()) == 3


def test_asks_where_the_terminal_is_stopped(screen, bridge, tmp_path):
    """Ctrl-S stops what is shown, and nobody waits for it who has to hear that tchat has been killed."""
    for name in ("go", "said", "never"):
        os.mkfifo(tmp_path / name)
    client = screen("-c", "-p", "--via", bridge(shell="""
        echo here >&2; read go <go; for i in 1 2 3; do echo "line $i" >&2; done; echo >said; read go <never;
    """), HOST, "81", **WIDE)
    client.wait_for("here$")
    caller, = callers(client.pid) or children(client.pid)
    command, = children(caller)
    with client.device() as terminal:
        termios.tcflow(terminal, termios.TCOOFF)
        (tmp_path / "go").write_text("\n")
        (tmp_path / "said").read_text()
        eventually(lambda: is_idle(caller), "the caller, which has heard all of it")
        os.kill(client.pid, signal.SIGKILL)
        eventually(lambda: not process_state(caller) and not process_state(command), "their ends")
        termios.tcflow(terminal, termios.TCOON)


def test_second_interrupt(screen, bridge):
    """A command that takes no notice of Ctrl-C has the next one end tchat, and the command with it."""
    ignores = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    client = screen("-c", "--via", bridge(ignores + ASKS), HOST, "81", **WIDE)
    client.wait_for(r"\(yes/no\)\?$")
    caller, = callers(client.pid) or children(client.pid)
    command = children(caller)[0]
    client.press(ctrl("C") + "yes" + ENTER)
    client.wait_for("password:$")
    client.press(ctrl("C"))
    assert client.wait() == 128 + signal.SIGINT
    eventually(client.is_restored, "the terminal as it was")
    eventually(lambda: not process_state(command), "the end of the command")


@needs_linux
@looks_into_listener
@pytest.mark.skipif(SANITIZED, reason="the leak checker is a debugger")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no setpriv")
def test_shows_no_debugger_what_is_typed(on_terminal, bridge):
    """Through the caller passwords pass: proc(5) is root's then, though this is another user."""
    client = on_terminal("setpriv", "--reuid=65534", "--inh-caps=+dac_override", "--ambient-caps=+dac_override", TCHAT,
                         "-c", "--via", bridge(ASKS), HOST, "81", **WIDE)
    client.wait_for(r"\(yes/no\)\?$")
    caller, = callers(client.pid) or children(client.pid)
    command = children(caller)[0]
    assert os.stat(f"/proc/{command}/environ").st_uid == os.stat(f"/proc/{client.pid}/environ").st_uid == 65534
    assert os.stat(f"/proc/{caller}/environ").st_uid == 0


@pytest.mark.parametrize("how", ["key", "SIGTERM", "SIGKILL", "its caller"])
def test_question_is_not_answered(screen, bridge, how):
    """Ctrl-C is the command's; whatever ends it, the terminal is as it was before."""
    client = screen("-c", "--via", bridge(ASKS), HOST, "81", **WIDE)
    client.wait_for(r"\(yes/no\)\?$")
    pid = client.pid
    caller, = callers(pid) or children(pid)
    command = children(caller)[0]
    if how == "key":
        client.press(ctrl("C"))
        client.wait_for("cannot call .* port 81: the command (was killed: Interrupt|ended with status 1)$")
    elif how == "its caller":
        os.kill(caller, signal.SIGKILL)
    else:
        os.kill(pid, getattr(signal, how))
    client.wait()
    eventually(client.is_restored, "the terminal as it was")
    eventually(lambda: not process_state(command), "the end of the command")


def test_typed_before_the_question(screen, bridge, tmp_path):
    """What was typed before is no answer, and is not sent to whoever asks."""
    os.mkfifo(tmp_path / "go")
    client = screen("-c", "-p", "--via", bridge(ASKS, shell="read go < go;"), HOST, "81", **WIDE)
    eventually(lambda: is_idle(client.pid) and len(family(client.pid)) == 3, "a command that waits")
    client.press("for Ann" + ENTER)
    client.wait_for("for Ann")
    (tmp_path / "go").write_text("\n")
    client.wait_for("not an answer, as it was typed before the question: for Ann$")
    client.wait_for(r"\(yes/no\)\?$")


def test_asks_too_late(screen_via, bridge, tmp_path):
    """A question amid the conversation cannot be answered, which is said."""
    os.mkfifo(tmp_path / "go")
    client, callee = screen_via(bridge(shell="(read go < go; printf 'more? ' >/dev/tty; tail -f /dev/null) &"))
    (tmp_path / "go").write_text("\n")
    client.wait_for("the command asks, which can be answered only before the conversation begins: more[?]")
    client.say("hi")
    callee.expect("hi\n")


# --- What it may be. ---

@pytest.mark.parametrize("host", ["$(touch x)", "-oProxyCommand=touch${IFS}x", "a b", "`touch x`", "a;touch x",
                                  "a\ntouch x", "é", "'"])
def test_host_that_is_no_word(start, tmp_path, host):
    """A host can come from anywhere: what a shell or an option could be made of is refused."""
    client = start("-c", "--via", "echo %h >ran", "--", host)
    assert client.wait() == 2
    assert client.err.data.count(b"\n") == 1 and b"--via takes no host such as" in client.err.data
    assert not (tmp_path / "x").exists() and not (tmp_path / "ran").exists()


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
def test_makes_no_connection_itself(run, bridge, environment, tmp_path):
    """tchat looks nothing up and connects nowhere: only the command does."""
    door = Door()
    environment["ASAN_OPTIONS"] = "detect_leaks=0"
    client = run("strace", "-ff", "-e", "trace=socket,connect,execve", "-o", tmp_path / "trace", TCHAT, "-c", "--via",
                 bridge(), HOST, door.port)
    callee = door.accept()
    client.err.expect("connected to")
    client.close_input()
    callee.close_input()
    assert client.wait() == 0
    traces = [file.read_text() for file in tmp_path.glob("trace.*")]
    own = [text for text in traces if not re.search(rf'^execve\((?!"{re.escape(str(TCHAT))}")', text, re.M)]
    assert len(own) >= 3 and len(traces) > len(own)
    for text in own:
        assert not re.search(r"^(socket\(AF_INET|connect\()", text, re.M), text


@needs_landlock
@needs_seccomp
def test_processes_are_confined_as_ever(via, bridge):
    """The listener and the speaker are as confined as in any other conversation; the command is not."""
    client, callee = via(bridge())
    listener, = eventually(lambda: listeners(client.pid), "the listener")
    caller, = callers(client.pid)
    eventually(lambda: process_status(listener, "Seccomp") == "2", "the confinement")
    assert process_status(client.pid, "NoNewPrivs") == process_status(listener, "NoNewPrivs") == "1"
    for pid in (caller, *children(caller)):
        assert process_status(pid, "NoNewPrivs") == "0" and process_status(pid, "Seccomp") == "0"
    converse(client, callee)
