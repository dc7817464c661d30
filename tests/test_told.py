"""What a server says while it waits: what to tell the other person, so that they find each other."""

import re
import subprocess

import pytest

from peers import HOST, TCHAT, call, eventually
from test_again import said
from test_log import entries
from test_screen import notice
from tls import F3, needs_tls

FOUR, SIX, DOWN, DEPRECATED, TEMPORARY = "192.0.2.5", "2001:db8::5", "192.0.2.77", "2001:db8:1::6", "2001:db8:2::6"
NETWORK = f"""ip link add net0 type veth peer name cable0 && ip link set net0 up && ip link set cable0 up &&
    ip address add {FOUR}/24 dev net0 && ip address add {SIX}/64 dev net0 nodad &&
    ip address add {DEPRECATED}/64 dev net0 nodad preferred_lft 0 &&
    echo 2 >/proc/sys/net/ipv6/conf/net0/use_tempaddr &&
    ip address add {TEMPORARY}/64 dev net0 nodad mngtmpaddr valid_lft 600 preferred_lft 600 &&
    ip address delete {TEMPORARY}/64 dev net0 || exit 1
    ip link add net1 type veth && ip address add {DOWN}/24 dev net1 &&"""
ALONE = "no address in a network is known; on this machine: tchat -c localhost {}"


@pytest.fixture
def on_host():
    """What comes before a command that is to run on a machine of that name, with a network or without one, as far as
    one may make such."""
    def on_host(name, network=NETWORK):
        script = f'ip link set lo up && {network} printf %s "$0" >/proc/sys/kernel/hostname && exec "$@"'
        command = ["unshare", "--net", "--uts", "sh", "-c", script, name]
        if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            pytest.skip("no network can be made here")
        return command

    return on_host


@pytest.fixture
def waiting(on_terminal, on_host, port):
    """tchat as a server on a terminal of such a machine."""
    def waiting(*options, name="desk", network=NETWORK, **more):
        server = on_terminal(*on_host(name, network), TCHAT, "-s", *options, port, columns=120, **more)
        server.wait_for("waiting on .*port")
        return server

    return waiting


def told(server):
    """What has been said before the server has begun to wait."""
    rows = [re.sub(r"^[\d:]+ +\* |^tchat: ", "", row) for row in server.rows() if row]
    return rows[:next(n for n, row in enumerate(rows) if row.startswith("waiting on"))]


@pytest.mark.parametrize("options, first, others", [
    ([], FOUR, f"{SIX}, desk"), (["-4"], FOUR, "desk"), (["-6"], SIX, "desk")])
@pytest.mark.parametrize("front", [[], ["-p"], ["-a"]], ids=["full screen", "plain", "turns"])
def test_command_and_addresses(waiting, port, front, options, first, others):
    """The other person is to be told the command, with one of the machine's addresses in the network, and the others and
    its name in place of that; not those that are deprecated, or of an interface that is down, and none of loopback."""
    server = waiting(*front, *options)
    assert told(server)[-2:] == [f"tell the other person: tchat -c {first} {port}", f"or, in place of {first}: {others}"]


def test_command_works(waiting, run, port):
    """What is to be told gets there: called from the same machine, by its addresses."""
    server = waiting()
    for times, host in enumerate((FOUR, SIX), 1):
        client = run("nsenter", "--net", "--target", server.pid, TCHAT, "-c", host, port)
        client.notice(f"connected to {host} port {port}")
        client.close_input()
        server.wait_for(lambda times=times: said(server, notice(".* has left")) == times)


def test_one_address(waiting, port):
    """With -b it is that address, whatever the machine is called."""
    assert told(waiting("-b", SIX)) == [f"tell the other person: tchat -c {SIX} {port}"]


@pytest.mark.parametrize("options, row", [
    (["-b", "localhost"], "only this machine can call: tchat -c localhost {}"),
    (["-b", "127.0.0.2"], "only this machine can call: tchat -c 127.0.0.2 {}"), ([], ALONE)])
def test_nobody_else_can_call(waiting, run, port, options, row):
    """Where no other machine can call, that is said, and what can be."""
    server = waiting(*options, network="")
    assert told(server) == [row.format(port)]
    *_, host, _ = told(server)[0].split()
    client = run("nsenter", "--net", "--target", server.pid, TCHAT, "-c", host, port)
    client.notice(f"connected to {host} port {port}")


@pytest.mark.parametrize("name", ["localhost", "d\x1b[2Jesk", "-s", "8080"])
def test_name_that_is_none(waiting, port, name):
    """A name that is not set, or that would be something else in the command, is not told: the addresses do."""
    assert told(waiting(name=name)) == [f"tell the other person: tchat -c {FOUR} {port}",
                                        f"or, in place of {FOUR}: {SIX}"]


@needs_tls
@pytest.mark.parametrize("front", [[], ["-p"]], ids=["full screen", "plain"])
def test_fingerprint(waiting, ann, port, front):
    """With -t the command has it, too, and the fingerprint is to be told."""
    assert ann.fingerprint
    assert told(waiting("-t", *front, env=ann.env)) == [
        f"tell the other person: tchat -c -t {FOUR} {port}", f"or, in place of {FOUR}: {SIX}, desk",
        f"the fingerprint of your key: {ann.fingerprint}"]


def test_said_once(waiting, run, port, tmp_path):
    """It is said at the beginning, and not each time that the server waits again; it is not for the log.  While nobody
    is there F3 says it again."""
    server = waiting("-l", tmp_path / "log")
    client = run("nsenter", "--net", "--target", server.pid, TCHAT, "-c", FOUR, port)
    server.wait_for(notice(".* has called"))
    server.press(F3)
    server.wait_for("This conversation is not encrypted")
    assert said(server, "tell the other person") == 1
    server.press("x")
    client.close_input()
    server.wait_for(lambda: said(server, notice("waiting on .*")) == 2)
    assert said(server, "tell the other person") == 1
    server.press(F3)
    server.wait_for("Nobody is there")
    server.wait_for(f"^ +tell the other person: tchat -c {FOUR} {port}$")
    assert server.shows(f"^ +or, in place of {FOUR}: {SIX}, desk$")
    eventually(lambda: entries(tmp_path / "log")[-1] == ("*", f"waiting on port {port}"), "the log")
    assert "tell the other" not in (tmp_path / "log").read_text()


def test_not_where_nobody_reads_it(serve):
    """A program that runs tchat gets the messages that it knows."""
    server = serve()
    assert server.err.data.count(b"\n") == 1


def test_client_has_nothing_to_tell(screen, port):
    """Whoever calls is not called."""
    client = screen("-c", HOST, port)
    client.wait_for(lambda: "Enter calls again" in client.bar)
    client.press(F3)
    client.wait_for("Nobody is there")
    assert not client.shows("tell the other person|machine")


def test_nobody_is_to_be_told_while_somebody_is_there(screen, port):
    """A server for one caller has nothing to tell any more once that has left."""
    server = screen("-s", "--once", port)
    server.wait_for("waiting on port")
    call(port).close_input()
    server.wait_for(lambda: "over" in server.bar)
    server.press(F3)
    server.wait_for("Nobody is there")
    assert said(server, r"^ +(tell the other person|on this machine)") == 0
