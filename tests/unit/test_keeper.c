/* The process that holds the key: what it signs, what it does not, and what becomes of a handshake without it. */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/descriptor.h"
#include "base/signals.h"
#include "trust/keeper.h"
#include "trust/transcript.h"

#define PATIENCE 60	     /* seconds that all of it may take */
#define TLS_13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define SIGNED_START (64 + 33 + 1)

static char store[PATH_MAX];
static struct keeper keeper;

/* No name for ps(1) is needed. */
void
setproctitle(const char *format, ...)
{
	(void)format;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static int
set_up(void **state)
{
	char name[] = "keeper.XXXXXX";

	(void)state;
	if (mkdtemp(name) == NULL || realpath(name, store) == NULL)
		return -1;
	setenv("XDG_DATA_HOME", store, 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeper_close(&keeper);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return nftw(store, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Puts a key of that kind where it belongs, as a person can. */
static void
bring_key(gnutls_pk_algorithm_t algorithm, unsigned bits)
{
	char path[PATH_MAX + 32];
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;
	int fd;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), 0);
	snprintf(path, sizeof path, "%s/tchat", store);
	assert_int_equal(mkdir(path, 0700), 0);
	strlcat(path, "/key.pem", sizeof path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write_all(fd, pem.data, pem.size), 0);
	close(fd);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(key);
}

static void
start(enum role role)
{
	char error[256] = "";

	if (keeper_start(&keeper, "Ann", role, error, sizeof error) == -1)
		fail_msg("%s", error);
}

/* ---- Asked in its own language. ---- */

/* What a server signs, whose handshake has a hash of so many bytes. */
static size_t
right_text(unsigned char text[4096], size_t hash)
{
	memset(text, ' ', 64);
	memcpy(text + 64, "TLS 1.3, server CertificateVerify", SIGNED_START - 64);
	memset(text + SIGNED_START, 'h', hash);
	return SIGNED_START + hash;
}

/* Asks for a signature of so many bytes: a number, the algorithm, and the text. */
static void
ask(int algorithm, const void *text, size_t length)
{
	static unsigned char request[200000];
	const uint32_t number = 7;

	memset(request, 'x', sizeof request);
	memcpy(request, &number, 4);
	memcpy(request + 4, &algorithm, 4);
	memcpy(request + 8, text, length < 4096 ? length : 4096);
	(void)send(keeper.socket, request, 8 + length, MSG_NOSIGNAL);
}

/* Waits for what comes of it.  Returns its length, 0 where the process has ended. */
static ssize_t
get_answer(unsigned char answer[8192])
{
	ssize_t n = recv(keeper.socket, answer, 8192, 0);

	return n == -1 && errno == ECONNRESET ? 0 : n; /* it ended without having read all */
}

/* Whether that is a signature of the text, with the key in the certificate. */
static bool
is_signature(const unsigned char *text, size_t length, unsigned char *signature, size_t size)
{
	gnutls_datum_t data = {(unsigned char *)(uintptr_t)text, (unsigned)length}, sign = {signature, (unsigned)size}, der;
	gnutls_x509_crt_t certificate;
	gnutls_pubkey_t key;
	int result;

	assert_int_equal(gnutls_certificate_get_crt_raw(keeper.credentials, 0, 0, &der), 0);
	gnutls_x509_crt_init(&certificate);
	assert_int_equal(gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_pubkey_init(&key);
	assert_int_equal(gnutls_pubkey_import_x509(key, certificate, 0), 0);
	result = gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &sign);
	gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	return result >= 0;
}

/* It signs what RFC 8446 has a server sign, with each hash that there is. */
static void
test_signs(void **state)
{
	unsigned char text[4096], answer[8192];

	(void)state;
	start(ROLE_SERVER);
	assert_true(keeper.made);
	for (size_t hash = 32; hash <= 64; hash += 16) {
		size_t length = right_text(text, hash);

		ask(GNUTLS_SIGN_EDDSA_ED25519, text, length);
		assert_int_equal(get_answer(answer), 4 + 64);
		assert_int_equal(answer[0] | answer[3], 7); /* in whatever order of bytes */
		assert_true(is_signature(text, length, answer + 4, 64));
	}
}

/* Who has the key already has it again. */
static void
test_same_key(void **state)
{
	char first[FINGERPRINT_SIZE];

	(void)state;
	start(ROLE_SERVER);
	strlcpy(first, keeper.fingerprint, sizeof first);
	keeper_close(&keeper);
	start(ROLE_CLIENT);
	assert_string_equal(keeper.fingerprint, first);
	assert_false(keeper.made);
}

/* Whether the process ends of such a request, and signs nothing. */
static void
assert_ends(int algorithm, const unsigned char *text, size_t length)
{
	unsigned char answer[8192];
	int status;

	start(ROLE_SERVER);
	ask(algorithm, text, length);
	assert_int_equal(get_answer(answer), 0);
	assert_int_equal(waitpid(keeper.child.pid, &status, 0), keeper.child.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	keeper.child.pid = 0;
	keeper_close(&keeper);
}

/* It signs nothing else: who asks for that has taken the speaker over, and asks no second time. */
static void
test_signs_nothing_else(void **state)
{
	unsigned char text[4096] = {0};
	size_t length = right_text(text, 32);

	(void)state;
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, 0);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, length - 1);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, length + 1);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, SIGNED_START);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, SIGNED_START + 65);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, 4096);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, 100000);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text + 1, length - 1 + 16);
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, (const unsigned char *)"0 a certificate, or a letter of mine", 36);
	assert_ends(GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, text, length);
	assert_ends(-1, text, length);
	memcpy(text + 64 + 9, "client", 6); /* the other side's part */
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, length);
	right_text(text, 32);
	text[63] = '\t';
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, length);
	right_text(text, 32);
	text[SIGNED_START - 1] = ' ';
	assert_ends(GNUTLS_SIGN_EDDSA_ED25519, text, length);
}

/* Where the key is too small for an algorithm, it says that there is no signature, and goes on. */
static void
test_cannot_sign(void **state)
{
	unsigned char text[4096], answer[8192];
	size_t length = right_text(text, 32);

	(void)state;
	bring_key(GNUTLS_PK_RSA, 1024);
	start(ROLE_SERVER);
	ask(GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, text, length);
	assert_int_equal(get_answer(answer), 4);
	ask(GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, text, length);
	assert_int_equal(get_answer(answer), 4 + 128);
	ask(GNUTLS_SIGN_RSA_MD5, text, length); /* what could be made to fit another text is not signed at all */
	assert_int_equal(get_answer(answer), 0);
}

/* The same with messages that are not even requests. */
static void
test_no_request(void **state)
{
	unsigned char answer[8192];

	(void)state;
	start(ROLE_SERVER);
	assert_int_equal(send(keeper.socket, "short", 5, MSG_NOSIGNAL), 5);
	assert_int_equal(get_answer(answer), 0);
	keeper_close(&keeper);
	start(ROLE_SERVER);
	assert_int_equal(send(keeper.socket, "", 0, MSG_NOSIGNAL), 0);
	assert_int_equal(get_answer(answer), 0);
}

/* ---- Asked by a handshake. ---- */

/* One side of it. */
struct side {
	gnutls_session_t session;
	struct transcript transcript;
};

static int
note(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *message)
{
	struct side *side = gnutls_session_get_ptr(session);

	(void)incoming;
	if (when == GNUTLS_HOOK_PRE)
		transcript_add(&side->transcript, type, message);
	return 0;
}

static void
begin(struct side *side, unsigned flags, const char *priorities, gnutls_certificate_credentials_t credentials, int fd)
{
	*side = (struct side){0};
	assert_int_equal(gnutls_init(&side->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS), 0);
	assert_int_equal(gnutls_priority_set_direct(side->session, priorities, NULL), 0);
	assert_int_equal(gnutls_credentials_set(side->session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
	gnutls_transport_set_int(side->session, fd);
	gnutls_session_set_ptr(side->session, side);
	gnutls_handshake_set_hook_function(side->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, note);
}

/* The other side's key and certificate, which it has itself. */
static gnutls_certificate_credentials_t
make_stranger(void)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_crt_init(&certificate);
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0);
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, "\1", 1);
	gnutls_x509_crt_set_activation_time(certificate, 0);
	gnutls_x509_crt_set_expiration_time(certificate, (time_t)-1);
	gnutls_x509_crt_set_key(certificate, key);
	assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_UNKNOWN, 0), 0);
	assert_int_equal(gnutls_certificate_set_x509_key(credentials, &certificate, 1, key), 0);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
	return credentials;
}

/*
 * Both sides agree, or not; the client accepts those groups, the server those others.  The keeper signs for the one
 * whose role it has.  Returns the server's result, or else the client's.
 */
static int
agree(const char *client_groups, const char *server_groups)
{
	char client_priorities[128], server_priorities[128];
	gnutls_certificate_credentials_t stranger = make_stranger();
	struct side client, server;
	int fds[2], here, there;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	snprintf(client_priorities, sizeof client_priorities, TLS_13 ":-GROUP-ALL:%s", client_groups);
	snprintf(server_priorities, sizeof server_priorities, TLS_13 ":-GROUP-ALL:%s", server_groups);
	begin(&client, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_KEY_SHARE_TOP, client_priorities,
	      keeper.server ? stranger : keeper.credentials, fds[0]);
	begin(&server, GNUTLS_SERVER, server_priorities, keeper.server ? keeper.credentials : stranger, fds[1]);
	gnutls_certificate_server_set_request(server.session, GNUTLS_CERT_REQUIRE);
	do {
		keeper_attend(&keeper, client.session, &client.transcript);
		there = gnutls_handshake(client.session);
		keeper_attend(&keeper, server.session, &server.transcript);
		here = gnutls_handshake(server.session);
	} while ((here == GNUTLS_E_AGAIN && (there == GNUTLS_E_AGAIN || there == 0)) ||
		 (there == GNUTLS_E_AGAIN && here == 0));
	gnutls_deinit(client.session);
	gnutls_deinit(server.session);
	transcript_free(&client.transcript);
	transcript_free(&server.transcript);
	gnutls_certificate_free_credentials(stranger);
	close(fds[0]);
	close(fds[1]);
	return here != 0 && here != GNUTLS_E_AGAIN ? here : there;
}

/* A server with a key of a person's own, of any kind: the other side verifies what is signed. */
static void
test_kinds_of_keys(void **state)
{
	static const struct {
		gnutls_pk_algorithm_t algorithm;
		unsigned bits;
	} kinds[] = {{GNUTLS_PK_EDDSA_ED25519, 256},
		     {GNUTLS_PK_EDDSA_ED448, 456},
		     {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
		     {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
		     {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)},
		     {GNUTLS_PK_RSA, 2048},
		     {GNUTLS_PK_RSA_PSS, 2048}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		set_up(state);
		bring_key(kinds[i].algorithm, kinds[i].bits);
		start(ROLE_SERVER);
		assert_false(keeper.made);
		assert_int_equal(agree("+GROUP-X25519", "+GROUP-X25519"), 0);
		tear_down(state);
		set_up(state);
		bring_key(kinds[i].algorithm, kinds[i].bits);
		start(ROLE_CLIENT);
		assert_int_equal(agree("+GROUP-X25519", "+GROUP-X25519"), 0);
		tear_down(state);
	}
}

/* The same where the server asks for another ClientHello (HelloRetryRequest), with each hash. */
static void
test_second_hello(void **state)
{
	static const char *const groups = "+GROUP-SECP384R1:+GROUP-X25519";

	(void)state;
	bring_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	for (enum role role = ROLE_SERVER; role <= ROLE_CLIENT; role++) {
		start(role);
		assert_int_equal(agree(groups, "+GROUP-X25519"), 0);
		assert_int_equal(agree(groups, "+GROUP-X25519:-CIPHER-ALL:+AES-128-GCM"), 0);
		keeper_close(&keeper);
	}
}

/* Whether the handshake fails for want of a signature, and in time for a key to be drawn. */
static void
assert_is_not_signed(int ms)
{
	struct timespec begin, end;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	result = agree("+GROUP-X25519", "+GROUP-X25519");
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(result, GNUTLS_E_PK_SIGN_FAILED);
	assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

/* Waits until the process is stopped, or has ended. */
static void
await(int what)
{
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)keeper.child.pid, &info, what | WNOWAIT), 0);
}

#define SOON 500 /* milliseconds, on a busy machine too: less than one is waited for that is only slow */

/* A process that is stopped is not waited for, and goes on when it is continued, however much it was asked. */
static void
test_stopped(void **state)
{
	(void)state;
	start(ROLE_SERVER);
	kill(keeper.child.pid, SIGSTOP);
	await(WSTOPPED);
	for (int i = 0; i < 3; i++)
		assert_is_not_signed(SOON);
	kill(keeper.child.pid, SIGCONT);
	await(WCONTINUED);
	assert_int_equal(agree("+GROUP-X25519", "+GROUP-X25519"), 0);
}

/* Nor is one that takes no more requests, as it has not read so many. */
static void
test_stopped_and_full(void **state)
{
	unsigned char text[4096];
	size_t length = right_text(text, 32);

	(void)state;
	start(ROLE_SERVER);
	kill(keeper.child.pid, SIGSTOP);
	await(WSTOPPED);
	while (send(keeper.socket, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		;
	assert_is_not_signed(SOON);
}

/* What there is to say, once it has to be noticed. */
static const char *
notice_end(void)
{
	static char text[128];
	struct polls polls = {0};

	do {
		polls_clear(&polls);
		keeper_poll(&keeper, &polls);
		polls_within(&polls, 10);
		polls_wait(&polls);
	} while (!keeper_step(&keeper, &polls, text, sizeof text));
	assert_false(keeper_step(&keeper, &polls, text, sizeof text));
	polls_free(&polls);
	return text;
}

/* One that was killed is missed, which is said once; nothing is signed before and after that. */
static void
test_killed(void **state)
{
	(void)state;
	start(ROLE_SERVER);
	kill(keeper.child.pid, SIGKILL);
	await(WEXITED);
	assert_is_not_signed(SOON);
	assert_string_equal(notice_end(), "the process that holds the key died: Killed");
	assert_is_not_signed(SOON);
}

/* ---- A process that was taken over. ---- */

static int its_end, way_back; /* of the socket that the test has taken; to the process, which waits there */

static void
take_over(void)
{
	int ends[2];

	start(ROLE_SERVER);
	way_back = dup(keeper.socket);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_not_equal(dup2(ends[0], keeper.socket), -1);
	close(ends[0]);
	its_end = ends[1];
}

static void
let_go(void)
{
	close(its_end);
	close(way_back);
}

/* Whatever it answers, there is a signature or the handshake fails; nothing is read that is not there. */
static void
test_nonsense(void **state)
{
	static const size_t lengths[] = {0, 1, 3, 4, 5, 68, 516, 517, 8192};

	(void)state;
	take_over();
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		unsigned char answer[8192] = {0};
		uint32_t number = keeper.number + 1;

		memcpy(answer, &number, sizeof number);
		assert_int_equal(send(its_end, answer, lengths[i], 0), lengths[i]);
		assert_int_not_equal(agree("+GROUP-X25519", "+GROUP-X25519"), 0);
		while (recv(keeper.socket, answer, sizeof answer, MSG_DONTWAIT) >= 0 && lengths[i] > 0)
			;
	}
	let_go();
}

/* Answers to other questions, without end, are not listened to for ever. */
static void
test_other_answers(void **state)
{
	static const unsigned char answer[68] = {255, 255, 255, 255};

	(void)state;
	take_over();
	while (send(its_end, answer, sizeof answer, MSG_DONTWAIT) == sizeof answer)
		;
	assert_is_not_signed(SOON);
	let_go();
}

/* One that says nothing, but could, is given up, and at once where a signal asks the program to end. */
static void
test_says_nothing(void **state)
{
	(void)state;
	take_over();
	assert_is_not_signed(10000);
	raise(SIGTERM);
	assert_true(signals_are_due());
	assert_is_not_signed(SOON);
	let_go();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signs),
		TEST(test_same_key),
		TEST(test_signs_nothing_else),
		TEST(test_cannot_sign),
		TEST(test_no_request),
		cmocka_unit_test(test_kinds_of_keys),
		TEST(test_second_hello),
		TEST(test_stopped),
		TEST(test_stopped_and_full),
		TEST(test_killed),
		TEST(test_nonsense),
		TEST(test_other_answers),
		TEST(test_says_nothing), /* the last one: from then on the program is to end */
	};

	alarm(PATIENCE);
	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
