"""tchat at the far end of ssh, with a real sshd on this machine."""

import getpass
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from peers import HOST, TCHAT, call, eventually, free_port, is_listening
from terminal import ENTER, ctrl

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])

pytestmark = pytest.mark.skipif(not (SSHD and shutil.which("ssh")), reason="ssh is not installed")
needs_terminal = pytest.mark.skipif(os.geteuid() != 0, reason="only root's sshd can always give one")


@pytest.fixture(scope="module")
def ssh(tmp_path_factory):
    """What ssh needs to log in to this machine."""
    home = tmp_path_factory.mktemp("sshd")
    port = free_port()
    for key in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / key], check=True)
    shutil.copy(home / "user_key.pub", home / "authorized_keys")
    (home / "config").write_text(
        f"HostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized_keys\nPidFile none\n"
        "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPrintMotd no\nPrintLastLog no\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # an empty place that sshd insists on
    with open(home / "log", "wb") as log:
        sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", home / "config", "-o", f"ListenAddress={HOST}",
                                 "-p", str(port)], stderr=log)
    try:
        eventually(lambda: is_listening(port) or sshd.poll() is not None, "sshd")
        assert sshd.poll() is None, (home / "log").read_text()
        yield ["-q", "-F", "none", "-i", str(home / "user_key"), "-p", str(port),
               "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
               "-o", "UserKnownHostsFile=/dev/null", f"{getpass.getuser()}@{HOST}"]
    finally:
        sshd.terminate()
        sshd.wait()


def remote(ssh, *arguments):
    """What ssh needs to run tchat at the far end."""
    return [*ssh, shlex.join([TCHAT, *map(str, arguments)])]


def test_without_a_terminal(run, ssh, port):
    """Through a plain ssh the conversation is plain, on standard input, output and error."""
    server = run("ssh", "-T", *remote(ssh, "-s", port))
    server.notice(f"waiting on port {port}")
    caller = call(port)
    server.notice(f"{HOST} has called")
    server.send("Grüße\n")
    caller.expect("Grüße\n")
    caller.send("漢字 \x1b[2J\n")
    server.expect("漢字 ^[[2J\n")
    server.close_input()
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    assert server.out.data.decode() == "漢字 ^[[2J\n"


def test_status_comes_back(run, ssh, port):
    """The exit status of tchat is that of ssh."""
    client = run("ssh", "-T", *remote(ssh, "-c", HOST, port))
    client.notice(f"cannot call {HOST} port {port}: Connection refused; the other side waits with tchat -s {port}")
    assert client.wait() == 1


def test_connection_to_the_far_end_is_lost(run, ssh, port):
    """When ssh goes away, tchat at the far end has nothing more to say, and the peer sees that."""
    server = run("ssh", "-T", *remote(ssh, "-s", port))
    server.notice(f"waiting on port {port}")
    caller = call(port)
    server.err.expect("has called\n")
    server.kill()
    caller.expect_end()


@needs_terminal
def test_with_a_terminal(on_terminal, ssh, port):
    """Through ssh -t there is a full screen, in UTF-8 although ssh passes no LANG on."""
    server = on_terminal("ssh", "-t", *remote(ssh, "-s", port))
    server.wait_for(f"waiting on port {port}")
    assert server.display.alternate
    caller = call(port)
    caller.send("漢字\n")
    server.wait_for("漢字$")
    server.press("Grüße")
    server.wait_for(lambda: server.input == "> Grüße")
    server.resize(10, 60)
    server.wait_for(lambda: server.input == "> Grüße")
    server.press(ENTER)
    caller.expect("Grüße\n")
    server.press(ctrl("D"))
    caller.expect_end()
    caller.close_input()
    assert server.wait() == 0
    assert server.is_restored()


@needs_terminal
def test_window_of_ssh_is_closed(on_terminal, ssh, port):
    """When the window is closed in which ssh runs, tchat at the far end goes too."""
    server = on_terminal("ssh", "-t", *remote(ssh, "-s", port))
    server.wait_for(f"waiting on port {port}")
    caller = call(port)
    server.wait_for("has called")
    server.hang_up()
    caller.expect_end()
