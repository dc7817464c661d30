"""What the tests share: starting programs, and meeting tchat at the other end of a connection."""

import functools
import os
import shlex
import signal
import socket
import subprocess

import pytest

from peers import HOST, TCHAT, Door, Program, call, eventually, forget_environment, free_port, has_handed_over
from terminal import Terminal

pytest_plugins = ["tls", "room", "avahi"]

# What whoever runs the tests ignores, nohup(1) for example, would be ignored in all programs that they start.
for signo, handler in {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler,
                       signal.SIGQUIT: signal.SIG_DFL}.items():
    if signal.getsignal(signo) == signal.SIG_IGN:
        signal.signal(signo, handler)


forget_environment()


@pytest.fixture
def environment(tmp_path):
    """An environment of the test's own."""
    return dict(os.environ, HOME=str(tmp_path), INPUTRC="/dev/null", RES_OPTIONS="timeout:1 attempts:1")


@pytest.fixture
def leaks_unchecked(environment):
    """For programs in which LeakSanitizer cannot work: it traces them with a process of its own."""
    environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"


@pytest.fixture
def vanishing(leaks_unchecked):
    """For a terminal that vanishes: LeakSanitizer waits for ever if SIGHUP kills its process."""


@pytest.fixture
def port():
    """A port that nobody uses."""
    return free_port()


@pytest.fixture
def silent_port():
    """A port that takes no call and refuses none: its queue is full and nobody accepts."""
    door = Door(backlog=0)
    with socket.socket() as first, socket.socket() as second:
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex((HOST, door.port))
        yield door.port
    door.socket.close()


@pytest.fixture
def mounted():
    """What comes before a command that is to see other files in some places, as far as one may do that."""
    def mounted(files):
        mounts = [shlex.join(["mount", "--bind", str(file), str(place)]) for place, file in files.items()]
        command = ["unshare", "--mount", "sh", "-c", " && ".join([*mounts, 'exec "$@"']), "sh"]
        if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            pytest.skip("no files can be mounted here")
        return command

    return mounted


@pytest.fixture
def with_etc(mounted, tmp_path):
    """The same for other files in /etc."""
    def with_etc(**texts):
        files = {}
        for name, text in texts.items():
            file = files[f"/etc/{name.replace('_', '.')}"] = tmp_path / f"etc-{name}"
            file.write_text(text)
        return mounted(files)

    return with_etc


@pytest.fixture
def with_linked_hosts(mounted, tmp_path):
    """The same where /etc has nothing but these hosts, in a link to a file that is somewhere else."""
    def with_linked_hosts(text):
        etc, hosts = tmp_path / "etc", tmp_path / "elsewhere"
        etc.mkdir()
        hosts.write_text(text)
        (etc / "hosts").symlink_to(hosts)
        return mounted({"/etc": etc})

    return with_linked_hosts


@pytest.fixture(scope="session")
def locale_of(tmp_path_factory):
    """The settings for a language and a character set, which are compiled, as few machines have them."""
    @functools.cache
    def locale_of(language, charset="UTF-8"):
        if language == "C":
            return {"LC_ALL": "C.UTF-8"}
        name, folder = f"{language}.{charset}", tmp_path_factory.mktemp("locale")
        command = ["localedef", "-i", language, "-f", charset, str(folder / name)]
        try:
            compiled = subprocess.run(command, capture_output=True)
        except FileNotFoundError:
            pytest.skip("there is no localedef(1)")
        if not (folder / name / "LC_CTYPE").exists():
            pytest.skip(f"there is no locale {name}: {compiled.stderr.decode()}")
        return {"LC_ALL": name, "LOCPATH": str(folder)}

    return locale_of


@pytest.fixture
def run(environment, tmp_path):
    """Runs any program, with pipes for its input and output."""
    programs = []

    def run(*command, env=None, **options):
        programs.append(Program(command, env=env or environment, cwd=tmp_path, **options))
        return programs[-1]

    yield run
    for program in programs:
        program.clean_up()
    for program in programs:
        assert b"Sanitizer" not in program.err.data, program.err.data.decode()


@pytest.fixture
def on_terminal(environment, tmp_path):
    """Runs any program on a terminal."""
    terminals = []

    def on_terminal(*command, env=None, **options):
        terminals.append(Terminal(command, env=env or environment, cwd=tmp_path, **options))
        return terminals[-1]

    yield on_terminal
    for terminal in terminals:
        terminal.clean_up()
    for terminal in terminals:
        assert b"Sanitizer" not in terminal.shown, terminal.shown.decode()


@pytest.fixture
def screen(on_terminal):
    """Runs tchat on a terminal."""
    return lambda *arguments, **options: on_terminal(TCHAT, *arguments, **options)


@pytest.fixture
def start(run):
    """Runs tchat, with pipes for its input and output."""
    return lambda *arguments, **options: run(TCHAT, *arguments, **options)


@pytest.fixture
def serve(start, port):
    """tchat as a waiting server; its port is the fixture port."""
    def serve(*arguments, **options):
        server = start("-s", *arguments, port, **options)
        server.notice(f"waiting on port {port}")
        return server

    return serve


@pytest.fixture
def called(serve, port):
    """tchat as a server, and a bare socket that has called it."""
    def called(*arguments, **options):
        server = serve(*arguments, **options)
        caller = call(port)
        server.notice(f"{HOST} has called")
        eventually(lambda: has_handed_over(server.pid, arguments), "the end of the process that waited")
        return server, caller

    return called


@pytest.fixture
def calling(start):
    """tchat as a client, and a bare socket that has answered it."""
    def calling(*arguments, **options):
        door = Door()
        client = start("-c", *arguments, HOST, door.port, **options)
        callee = door.accept()
        client.notice(f"connected to {HOST} port {door.port}")
        eventually(lambda: has_handed_over(client.pid, arguments), "the end of the process that called")
        return client, callee

    return calling


@pytest.fixture
def screen_called(screen, port):
    """tchat as a server on a terminal, and a bare socket that has called it."""
    def screen_called(*arguments, **options):
        server = screen("-s", *arguments, port, **options)
        server.wait_for("waiting on port")
        caller = call(port)
        server.wait_for("has called")
        return server, caller

    return screen_called


@pytest.fixture
def conversation(serve, start, port):
    """tchat at both ends."""
    def conversation(server=(), client=(), **options):
        server = serve(*server, **options)
        client = start("-c", *client, HOST, port, **options)
        client.notice(f"connected to {HOST} port {port}")
        server.err.expect("has called\n")
        return server, client

    return conversation
