"""An IRC server for one client, on loopback, with TLS where the client wants it: it lets the client
into one channel, and then sends whatever lines it is given as somebody's messages there."""

import socket
import ssl
import subprocess
import threading

from common import HOST, PATIENCE

CHANNEL = "#bench"


def make_certificate(directory):
    """A certificate that nobody but a trusting client accepts.  Returns where it and its key are."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", certificate],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate, key


def as_messages(text):
    """Lines as they travel to the client."""
    return b"".join(b":ada!ada@bench PRIVMSG " + CHANNEL.encode() + b" :" + line + b"\r\n"
                    for line in text.splitlines())


class Server:
    def __init__(self, certificate=None):
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.door = socket.create_server((HOST, 0))
        self.door.settimeout(PATIENCE)
        self.port = self.door.getsockname()[1]
        self.connection = None
        self.joined = threading.Event()
        self.thread = threading.Thread(target=self._welcome, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.close()
        if self.connection:
            self.connection.close()

    def _say(self, line):
        self.connection.sendall(f"{line}\r\n".encode())

    def _welcome(self):
        """Talks to the client until it is in the channel; afterwards nobody reads what it says."""
        connection, _ = self.door.accept()
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        self.connection = connection
        nick, negotiating, user, known = "", False, False, False
        for raw in self.connection.makefile("rb"):
            command, *words = raw.decode().split()
            command = command.upper()
            if command == "CAP" and words[0] == "LS":
                negotiating = True
                self._say(":bench CAP * LS :")
            elif command == "CAP" and words[0] == "END":
                negotiating = False
            elif command == "CAP" and words[0] == "REQ":
                self._say(f":bench CAP * NAK {' '.join(words[1:])}")
            elif command == "NICK":
                nick = words[0].lstrip(":")
            elif command == "USER":
                user = True
            elif command == "PING":
                self._say(f":bench PONG bench {words[0]}")
            elif command == "JOIN":
                self._say(f":{nick}!{nick}@bench JOIN {CHANNEL}")
                self._say(f":bench 353 {nick} = {CHANNEL} :{nick} ada")
                self._say(f":bench 366 {nick} {CHANNEL} :end")
                self.joined.set()
                return
            if nick and user and not negotiating and not known:
                known = True
                self._say(f":bench 001 {nick} :welcome")
                self._say(f":bench 005 {nick} CHANTYPES=# PREFIX=(ov)@+ :are supported")
                self._say(f":bench 422 {nick} :no message of the day")

    def wait_joined(self):
        if not self.joined.wait(PATIENCE):
            raise TimeoutError("the client does not join the channel")
        self.thread.join()
