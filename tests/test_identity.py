"""One's own identity: the key that is made at first use, its certificate, and its fingerprint."""

import os
import pwd
import re
import signal
import ssl
import stat

import pytest

from peers import HOST, TCHAT
from tls import FINGERPRINT, OBEDIENT, OUTDATED_TIMES, Identity, Person, TlsDoor, needs_tls, openssl, tls_call

pytestmark = needs_tls


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def name_in_certificate(person):
    """The name that a person's certificate bears."""
    subject = openssl("x509", "-in", person.certificate, "-noout", "-subject",
                      "-nameopt", "multiline,utf8,-esc_msb")
    return re.search(r"commonName += (.*)\n", subject.decode())[1]


@pytest.fixture
def identify(start):
    """Asks tchat for the fingerprint of a person, who must get one, and nothing else but notices."""
    def identify(person, *options):
        tchat = start("--fingerprint", *options, env=person.env)
        assert tchat.wait() == 0
        assert re.fullmatch(FINGERPRINT + "\n", tchat.out.data.decode())
        return tchat

    return identify


# First use


def test_first_use_makes_an_identity(ann, identify):
    """The first time there is a new key."""
    assert identify(ann).out.data.decode() == ann.fingerprint + "\n"


def test_second_use_has_the_same(ann, identify):
    """From then on the identity is that one, without another word."""
    first = identify(ann)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in ann.directory.iterdir()}
    second = identify(ann)
    assert second.out.data == first.out.data
    assert second.err.data == b""
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in ann.directory.iterdir()}


@pytest.mark.parametrize("umask", ["000", "077"])
def test_only_its_owner_can_read_it(ann, run, umask):
    """Whatever the umask is, directory and key are for oneself alone."""
    tchat = run("sh", "-c", f'umask {umask}; exec "$@"', "sh", TCHAT, "--fingerprint", env=ann.env)
    assert tchat.wait() == 0, tchat.err.data
    assert mode(ann.directory) == 0o700
    assert mode(ann.key) == 0o600
    assert tchat.out.data.decode() == ann.fingerprint + "\n"


def test_key_is_an_ed25519_key(ann, identify):
    """Other programs can read the key and the certificate, which belong together."""
    identify(ann)
    assert b"ED25519" in openssl("pkey", "-in", ann.key, "-noout", "-text").upper()
    openssl("verify", "-CAfile", ann.certificate, "-check_ss_sig", ann.certificate)
    assert (openssl("x509", "-in", ann.certificate, "-noout", "-pubkey")
            == openssl("pkey", "-in", ann.key, "-pubout"))


def test_default_directory(start, environment, tmp_path):
    """Without XDG_DATA_HOME it is in one's home, in directories that need not be there yet."""
    env = {name: value for name, value in environment.items() if name != "XDG_DATA_HOME"}
    tchat = start("--fingerprint", env=env)
    assert tchat.wait() == 0
    ann = Person(tmp_path / ".local" / "share", env)
    assert ann.key.exists() and tchat.out.data.decode() == ann.fingerprint + "\n"
    assert mode(ann.directory) == 0o700


@pytest.mark.parametrize("options", [["--fingerprint"], ["-s", "-t"]], ids=str)
def test_home_that_is_not_there(start, environment, tmp_path, options):
    """A home directory that does not exist is not made but named."""
    home = tmp_path / "nowhere"
    env = {name: value for name, value in environment.items() if name != "XDG_DATA_HOME"}
    tchat = start(*options, env=dict(env, HOME=str(home)))
    tchat.notice(f"cannot keep a key in {home}: No such file or directory")
    assert tchat.wait() == 1
    assert not home.exists()


def test_data_directory_that_is_not_there(tmp_path, environment, identify):
    """A data directory that does not exist yet is made."""
    ann = Person(tmp_path / "not" / "there", environment)
    assert identify(ann).out.data.decode() == ann.fingerprint + "\n"


def test_first_conversation_makes_an_identity(serve, ann, port):
    """Whoever waits with -t for the first time gets a key, and learns its fingerprint."""
    server = serve("-t", env=ann.env)
    assert b"made a key: its fingerprint is " + ann.fingerprint.encode() in server.err.data
    assert tls_call(port).seen == ann.fingerprint


def test_first_call_makes_an_identity(start, bob, port):
    """Whoever calls with -t for the first time gets a key, and learns its fingerprint."""
    client = start("-c", "-t", HOST, port, env=bob.env)
    assert client.wait() == 1  # nobody is there
    assert f"tchat: made a key: its fingerprint is {bob.fingerprint}\n" in client.err.data.decode()


def test_no_identity_without_tls(serve, ann):
    """Who does not encrypt needs no key, and gets none."""
    serve(env=ann.env)
    assert not ann.directory.exists()


def test_many_first_uses_at_once(ann, run):
    """Programs that are started at once for the first time end with one identity."""
    ann.home.rmdir()
    many = run("sh", "-c", "for i in $(seq 16); do { while [ ! -d $XDG_DATA_HOME ]; do :; done; "
               '"$@" || echo failed; } & done; wait', "sh", TCHAT, "--fingerprint", env=ann.env)
    ann.home.mkdir()
    assert many.wait() == 0
    assert many.out.data.decode() == (ann.fingerprint + "\n") * 16
    assert {path.name for path in ann.directory.iterdir()} <= {"key.pem", "certificate.pem", "known_peers"}
    openssl("verify", "-CAfile", ann.certificate, "-check_ss_sig", ann.certificate)


# What the peer sees


def test_caller_sees_the_key(serve, ann, port):
    """A server's fingerprint is that of the key which callers see."""
    serve("-t", env=ann.env)
    assert tls_call(port).seen == ann.fingerprint


def test_server_sees_the_key(start, bob, friend):
    """A caller's fingerprint is that of the key which servers see."""
    assert bob.fingerprint
    door = TlsDoor(friend, callers=[bob])
    start("-c", "-t", HOST, door.port, env=bob.env)
    assert door.accept().seen == bob.fingerprint


def test_certificate_bears_the_login_name(ann, identify):
    """Who gives no name calls oneself as one's account."""
    identify(ann)
    assert name_in_certificate(ann) == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("name", ["you", "x" * 64, "\u3000"])
def test_login_name_that_is_no_name(ann, run, with_etc, name):
    """Who has a login name that others could not see as a name has a certificate all the same."""
    passwd = f"{name}:x:{os.getuid()}:0::/:/bin/sh\n"
    tchat = run(*with_etc(passwd=passwd), TCHAT, "--fingerprint", env=ann.env)
    assert tchat.wait() == 0, tchat.err.data
    assert name_in_certificate(ann) == "somebody"


@pytest.mark.parametrize("name", ["Ann", "Änne Müller", "漢字" * 10 + "漢", "a,b+c-d.e'f_(g)@h&i"])
def test_certificate_bears_the_name(ann, identify, name):
    """Who gives a name calls oneself so, whatever it is made of."""
    identify(ann, "-n", name)
    assert name_in_certificate(ann) == name


def test_new_name_for_the_same_key(ann, identify):
    """Another name makes another certificate; the key remains."""
    first = identify(ann, "-n", "Ann")
    second = identify(ann, "-n", "Annabel")
    assert name_in_certificate(ann) == "Annabel"
    assert second.out.data == first.out.data
    assert second.err.data == b""
    assert mode(ann.key) == 0o600
    openssl("verify", "-CAfile", ann.certificate, "-check_ss_sig", ann.certificate)


def test_name_stays_until_there_is_a_new_one(ann, identify):
    """Without a name, the certificate stays as it is."""
    identify(ann, "-n", "Annabel")
    before = ann.certificate.read_bytes()
    identify(ann, "-n", "Annabel")
    assert ann.certificate.read_bytes() == before


# What cannot be used


@pytest.mark.parametrize("bits", [0o640, 0o604])
@pytest.mark.parametrize("way", [["--fingerprint"], ["-s", "-t"], ["-c", "-t", HOST]],
                         ids=lambda way: way[0])
def test_key_that_others_can_read(ann, start, port, bits, way):
    """A key that others may have read is not used, and the way out is told."""
    assert ann.fingerprint
    ann.key.chmod(bits)
    tchat = start(*way, *([port] if "-t" in way else []), env=ann.env)
    assert tchat.wait() == 1
    assert tchat.out.data == b""
    assert tchat.err.data.decode() == (
        f"tchat: cannot use the key {ann.key}: others can read it (chmod 600)\n")
    assert mode(ann.key) == bits


def refused(tchat, path):
    """Whether tchat has ended with status 1 and one line that names the path."""
    return tchat.wait() == 1 and re.fullmatch(
        rb"tchat: cannot [^\n]+" + re.escape(str(path).encode()) + rb"[^\n]*\n", tchat.err.data)


@pytest.mark.parametrize("damage", [
    b"", b"\0", b"not a key\n", b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n",
    b"x" * 1_000_000], ids=["empty", "zero", "text", "half", "large"])
def test_damaged_key(ann, start, damage):
    """A file that holds no key is named, and stays as it is."""
    assert ann.fingerprint
    ann.key.write_bytes(damage)
    tchat = start("--fingerprint", env=ann.env)
    assert refused(tchat, ann.key), tchat.err.data
    assert tchat.out.data == b""
    assert ann.key.read_bytes() == damage


def test_key_too_large(ann, start):
    """With an RSA key that no tchat accepts, and that takes long to sign with, nobody can be talked to."""
    ann.directory.mkdir(mode=0o700)
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4104", "-out", ann.key)
    ann.key.chmod(0o600)
    tchat = start("--fingerprint", env=ann.env)
    tchat.notice(f"cannot use the key {ann.key}: it is too large (4104 bits): at most 4096")
    assert tchat.wait() == 1
    assert not ann.certificate.exists()


def put(path, what):
    """Puts something in the place of a file that is none."""
    path.unlink(missing_ok=True)
    if what == "FIFO":
        os.mkfifo(path)
    elif what == "directory":
        path.mkdir()
    else:
        path.symlink_to(what)


NO_FILE = "it is a FIFO, a device or the like, and no file"
no_files = pytest.mark.parametrize("what, cause", [
    ("FIFO", NO_FILE), ("/dev/zero", NO_FILE), ("/dev/null", NO_FILE), ("directory", "Is a directory")])


@no_files
def test_key_that_is_no_file(ann, start, what, cause):
    """What is no file is not waited for, and not read without end."""
    assert ann.fingerprint
    put(ann.key, what)
    tchat = start("--fingerprint", env=ann.env)
    tchat.notice(f"cannot read the key {ann.key}: {cause}")
    assert tchat.wait() == 1


@pytest.mark.parametrize("what", ["FIFO", "/dev/zero"])
def test_certificate_that_is_no_file(ann, identify, what):
    """In the place of what is no certificate comes one."""
    assert ann.fingerprint
    put(ann.certificate, what)
    identify(ann)
    openssl("verify", "-CAfile", ann.certificate, "-check_ss_sig", ann.certificate)


@no_files
def test_known_peers_that_are_no_file(ann, serve, port, friend, what, cause):
    """Keys cannot be known from what is no file: who waits begins at once, and says it when somebody calls."""
    assert ann.fingerprint
    put(ann.directory / "known_peers", what)
    server = serve("-t", env=ann.env)
    tls_call(port, friend)
    server.notice(f"cannot use {ann.directory / 'known_peers'}: {cause}")
    server.kill(signal.SIGTERM)
    assert server.wait() in (1, -signal.SIGTERM)


@pytest.mark.parametrize("damage", [b"", b"not a certificate\n"], ids=["empty", "text"])
def test_damaged_certificate(ann, identify, damage):
    """A certificate can always be made anew; it is the key that counts."""
    assert ann.fingerprint
    ann.certificate.write_bytes(damage)
    assert identify(ann).out.data.decode() == ann.fingerprint + "\n"
    openssl("verify", "-CAfile", ann.certificate, "-check_ss_sig", ann.certificate)


@pytest.mark.parametrize("times", OUTDATED_TIMES.values(), ids=OUTDATED_TIMES)
def test_outdated_certificate(ann, identify, times):
    """Neither is one kept that nobody would accept; the new one is good for ever, on every machine."""
    ann.directory.mkdir(mode=0o700)
    made_elsewhere = Identity(ann.directory)
    made_elsewhere.outdate(*times)
    assert identify(ann).out.data.decode() == made_elsewhere.fingerprint + "\n"
    end = openssl("x509", "-in", ann.certificate, "-noout", "-enddate")
    assert b"notAfter=Dec 31 23:59:59 9999 GMT" in end


def test_certificate_of_another_key(ann, bob, identify, serve, port):
    """If one's key was brought from elsewhere, the certificate follows."""
    assert ann.fingerprint and bob.fingerprint
    ann.key.write_bytes(bob.key.read_bytes())
    assert identify(ann).out.data.decode() == bob.fingerprint + "\n"
    serve("-t", env=ann.env)
    assert tls_call(port).seen == bob.fingerprint


def test_file_in_the_place_of_the_directory(ann, start):
    """Where no directory can be made, tchat says so."""
    ann.directory.write_text("in the way\n")
    tchat = start("--fingerprint", env=ann.env)
    assert refused(tchat, ann.directory), tchat.err.data
    assert ann.directory.read_text() == "in the way\n"


def test_directory_in_the_place_of_the_key(ann, start):
    """What is no file is no key."""
    ann.key.mkdir(parents=True, mode=0o700)
    tchat = start("--fingerprint", env=ann.env)
    assert refused(tchat, ann.key), tchat.err.data


@pytest.mark.parametrize("where", ["home", "directory"])
def test_directory_that_cannot_be_written(ann, run, where):
    """Where no key can be stored, tchat says so, and does not go on with one that it would forget."""
    ann.knows()
    ann.known_peers.unlink()
    if where == "home":
        ann.directory.rmdir()
    getattr(ann, where).chmod(0o500)
    tchat = run(*OBEDIENT, TCHAT, "--fingerprint", env=ann.env)
    assert refused(tchat, ann.directory), tchat.err.data
    getattr(ann, where).chmod(0o700)


def test_key_that_cannot_be_written(ann, run):
    """Where there is no room for a key there is none afterwards, not half of one."""
    no_room = 'trap "" XFSZ; ulimit -f 0; exec "$@"'
    tchat = run("sh", "-c", no_room, "sh", TCHAT, "--fingerprint", env=ann.env)
    tchat.err.expect(f"tchat: cannot store the key in {ann.key}: File too large\n")
    assert tchat.wait() == 1
    assert not list(ann.directory.iterdir())
    assert ann.fingerprint


def test_key_that_one_cannot_read_oneself(ann, run):
    """The system's reason is told."""
    assert ann.fingerprint
    ann.key.chmod(0)
    tchat = run(*OBEDIENT, TCHAT, "--fingerprint", env=ann.env)
    assert refused(tchat, ann.key) and b"Permission denied" in tchat.err.data


def test_fingerprint_that_nobody_gets(ann, start):
    """A fingerprint that cannot be written is an error."""
    with open("/dev/full", "wb") as full:
        tchat = start("--fingerprint", stdout=full, env=ann.env)
        tchat.err.expect("tchat: cannot write to standard output: No space left on device\n")
        assert tchat.wait() == 1


def test_without_tls_1_3(start, ann, port, tmp_path):
    """On a machine where TLS 1.3 is switched off, tchat says so at once."""
    settings = tmp_path / "gnutls"
    settings.write_text("[overrides]\ndisabled-version = tls1.3\n")
    server = start("-s", "-t", port, env=dict(ann.env, GNUTLS_SYSTEM_PRIORITY_FILE=str(settings)))
    server.err.expect("tchat: cannot use TLS 1.3: ")
    assert server.wait() == 1


def test_name_with_signs(start, bob):
    """A name is what it is, whatever its signs mean elsewhere; its certificate is made once."""
    for _ in range(2):
        assert start("--fingerprint", "-n", "Ann, Bob + 'C'", env=bob.env).wait() == 0
        made = bob.certificate.stat().st_ino
    assert b"Ann, Bob + 'C'" in ssl.PEM_cert_to_DER_cert(bob.certificate.read_text())
    assert start("--fingerprint", "-n", "Ann, Bob + 'C'", env=bob.env).wait() == 0
    assert bob.certificate.stat().st_ino == made
