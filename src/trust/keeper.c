#include <config.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#if !defined(__linux__) /* it is Linux's, whatever was found */
#undef HAVE_SECCOMP
#endif

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/calls.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "trust/certificate.h"
#include "trust/identity.h"
#include "trust/keeper.h"

#define CANNOT_START bilingual("cannot start the process that holds the key")
#define PIECE 4096	   /* of a certificate, in one packet */
#define CERTIFICATE_MAX 65536 /* as much as a file of it has */
#define SIGNATURE_MAX (CERTIFICATE_RSA_MAX / 8) /* bytes; those of other keys are smaller */

/* The first message of the process; the certificate follows, in pieces. */
struct introduction {
	char error[2048]; /* or why there is no certificate: a bilingual text */
	bool made;
	gnutls_pk_algorithm_t algorithm;
	unsigned bits, length; /* of the key, and of the certificate */
};

/* What is to be signed, no longer than it is, and what comes of it. */
struct request {
	uint32_t number;
	gnutls_sign_algorithm_t algorithm;
	unsigned char text[TRANSCRIPT_SIGNED_MAX + 1]; /* more than that is too much */
};
struct answer {
	uint32_t number; /* of the request */
	unsigned char signature[SIGNATURE_MAX];
};
#define REQUEST_START offsetof(struct request, text)
#define ANSWER_START offsetof(struct answer, signature)

/* --- The process: confinement. --- */

enum { SPEAKER = 3 }; /* the socket */

#if defined(HAVE_SECCOMP)

/* All that the keeper may ask of the kernel, and what for; libseccomp passes over what a processor lacks. */
static const int allowed[] = {
	SCMP_SYS(recvfrom), /* what is to be signed: only from the speaker */
	SCMP_SYS(recv), /* the same, on 32-bit processors */
	SCMP_SYS(sendto), /* the signature: only to the speaker */
	SCMP_SYS(send), /* the same, on 32-bit processors */
	SCMP_SYS(getrandom), /* random bytes, which RSA and ECDSA take */
	SCMP_SYS(getpid), /* GnuTLS looks whether this is another process than before */
	SCMP_SYS(time), /* how old its random numbers are, where the vDSO cannot tell the time */
	SCMP_SYS(gettimeofday), /* ... in another form */
	SCMP_SYS(clock_gettime), /* ... in another form */
	SCMP_SYS(clock_gettime64), /* ... or where that had 32 bits */
	SCMP_SYS(getrusage), /* what it mixes into them */
	SCMP_SYS(brk), /* memory to compute in */
#if defined(__NR_mmap2)
	SCMP_SYS(mmap2), /* the same, a lot of it; never executable, nor a file (base/calls.h) */
#else /* beside mmap2, as on i386, mmap takes what it is to do from memory, where no filter can look */
	SCMP_SYS(mmap),
#endif
	SCMP_SYS(mremap), /* the same, when it grows */
	SCMP_SYS(munmap), /* to give it back */
	SCMP_SYS(exit_group), /* to end */
#if defined(SANITIZED)
	SCMP_SYS(futex), /* the sanitizer's locks */
	SCMP_SYS(madvise), /* the sanitizer's memory */
	SCMP_SYS(mprotect), /* the sanitizer's memory */
	SCMP_SYS(sched_yield), /* the sanitizer's locks */
	SCMP_SYS(sigaltstack), /* the sanitizer's signal handlers */
	SCMP_SYS(write), /* the sanitizer's reports */
#endif
};

/* Adds one of them to the filter, with what it may be done to.  Returns 0, or a negative errno. */
static int
allow(scmp_filter_ctx filter, int number, const void *context)
{
	(void)context;
	switch (number) {
	case SCMP_SYS(recvfrom):
	case SCMP_SYS(recv):
	case SCMP_SYS(sendto):
	case SCMP_SYS(send):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(SPEAKER));
	default:
		return calls_allow(filter, number);
	}
}

static struct calls calls;

/* Makes the list, which takes descriptors and memory.  Returns 0, or -1 and errno. */
static int
make_calls(void)
{
	return calls_make(&calls, allowed, sizeof allowed / sizeof allowed[0], allow, NULL);
}

static int
restrict_calls(void)
{
	return calls_restrict(&calls);
}

#else

static int
make_calls(void)
{
	return 0;
}

static int
restrict_calls(void)
{
	return 0;
}

#endif

#define MEMORY ((size_t)8 * 1024 * 1024) /* besides what it has, which is nearly enough to sign */

/* Gives up all but signing.  Returns 0, or -1 and errno. */
static int
confine(void)
{
	const struct rlimit none = {0, 0};
	bool filters = calls_are_in_kernel();

	if (confine_dumps() == -1 || confine_privileges() == -1 || confine_access(&(struct access){0}) == -1 ||
	    (filters && make_calls() == -1) || setrlimit(RLIMIT_FSIZE, &none) == -1 ||
	    confine_resources(SPEAKER + 1, MEMORY) == -1)
		return -1;
#if defined(__OpenBSD__)
	return pledge("stdio", NULL);
#else
	return filters ? restrict_calls() : 0;
#endif
}

/* --- The process: signing. --- */

/* Tells the speaker, without which there is nothing to do here. */
static void
tell(const void *data, size_t length)
{
	while (send(SPEAKER, data, length, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			_exit(1);
}

/* Takes a request.  Returns the length of what is to be signed, or ends with the speaker. */
static size_t
take_request(struct request *request)
{
	ssize_t n;

	while ((n = recv(SPEAKER, request, sizeof *request, 0)) == -1 && errno == EINTR)
		;
	if (n <= 0)
		_exit(0);
	return (size_t)n < REQUEST_START ? 0 : (size_t)n - REQUEST_START;
}

/* Answers with the signature, or with none. */
static void
answer_request(gnutls_privkey_t key, const struct request *request, size_t length)
{
	static struct answer answer;
	gnutls_datum_t text = {(unsigned char *)(uintptr_t)request->text, (unsigned)length};
	gnutls_datum_t signature = {NULL, 0};
	unsigned flags = 0;
	size_t signed_length = 0;

#if HAVE_DECL_GNUTLS_PRIVKEY_FLAG_RSA_PSS_FIXED_SALT_LENGTH
	flags = GNUTLS_PRIVKEY_FLAG_RSA_PSS_FIXED_SALT_LENGTH; /* as long as the hash (RFC 8446, 4.2.3) */
#endif
	answer.number = request->number;
	if (gnutls_privkey_sign_data2(key, request->algorithm, flags, &text, &signature) >= 0 &&
	    signature.size <= sizeof answer.signature) {
		memcpy(answer.signature, signature.data, signature.size);
		signed_length = signature.size;
	}
	gnutls_free(signature.data);
	tell(&answer, ANSWER_START + signed_length);
}

static _Noreturn void
sign(gnutls_privkey_t key, bool server)
{
	gnutls_pk_algorithm_t algorithm = (gnutls_pk_algorithm_t)gnutls_privkey_get_pk_algorithm(key, NULL);
	struct request request;

	for (;;) {
		size_t length = take_request(&request);

		/* Who asks for anything else is not the speaker that it was. */
		if (!transcript_may_sign(request.text, length, server) ||
		    !gnutls_sign_supports_pk_algorithm(request.algorithm, algorithm) ||
		    !gnutls_sign_is_secure(request.algorithm))
			_exit(1);
		answer_request(key, &request, length);
	}
}

/* Ends with a message: what cannot be done, and why; both are bilingual. */
static _Noreturn void
fail(struct introduction *introduction, const char *what, const char *why)
{
	bilingual_print(introduction->error, sizeof introduction->error, "%s: %s", what, why);
	tell(introduction, sizeof *introduction);
	_exit(1);
}

/* Tells what the speaker may know of the identity. */
static void
introduce(struct introduction *introduction, const struct identity *identity, const gnutls_datum_t *certificate)
{
	introduction->made = identity->made;
	introduction->algorithm =
		(gnutls_pk_algorithm_t)gnutls_x509_privkey_get_pk_algorithm2(identity->key, &introduction->bits);
	introduction->length = certificate->size;
	tell(introduction, sizeof *introduction);
	for (unsigned done = 0; done < certificate->size; done += PIECE)
		tell(certificate->data + done, certificate->size - done < PIECE ? certificate->size - done : PIECE);
}

static _Noreturn void
be_keeper(const char *name, bool server, int speaker, pid_t parent)
{
	const int fds[] = {-1, -1, -1, speaker}; /* nothing to write to but the speaker */
	static struct introduction introduction;
	struct identity identity;
	gnutls_privkey_t key;
	gnutls_datum_t certificate;
	int result;

	child_begin(parent, -1);
	signals_ignore(SIGTSTP);
	signals_ignore(SIGTERM); /* one for the whole group: the speaker says when it is over */
	setproctitle("keeping the key");
	if (descriptors_keep(fds, SPEAKER + 1) == -1)
		_exit(1);
	if (descriptors_standard() == -1)
		fail(&introduction, CANNOT_START, bilingual_error(errno));
	if (identity_open(&identity, name, introduction.error, sizeof introduction.error) == -1) {
		tell(&introduction, sizeof introduction);
		_exit(1);
	}
	if ((result = gnutls_privkey_init(&key)) < 0 ||
	    (result = gnutls_privkey_import_x509(key, identity.key, 0)) < 0 ||
	    (result = gnutls_x509_crt_export2(identity.certificate, GNUTLS_X509_FMT_DER, &certificate)) < 0)
		fail(&introduction, CANNOT_START, bilingual_describe(gnutls_strerror, result));
	if (confine() == -1)
		fail(&introduction, bilingual("cannot confine the process that holds the key"), bilingual_error(errno));
	introduce(&introduction, &identity, &certificate);
	sign(key, server);
}

/* --- The speaker's end: signing. --- */

#define LOOK_MS 20 /* signing takes less; then it is looked whether the process still can */
#define LOOKS 50   /* ... and if it can, it is as slow as a key or a machine may be, but not for ever */

/* Whether nothing can be expected of the process: it has ended, or was stopped. */
static bool
is_stuck(const struct keeper *k)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)k->child.pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == -1 ||
	       info.si_pid != 0;
}

/* Waits a moment for an answer.  False: none will come, or nobody has the time. */
static bool
wait_for_answer(const struct keeper *k)
{
	struct pollfd fd = {.fd = k->socket, .events = POLLIN};

	return poll(&fd, 1, LOOK_MS) != 0 || !(is_stuck(k) || signals_are_due());
}

/* Takes what was signed out of an answer of that length.  Returns a code of GnuTLS. */
static int
take_signature(const struct answer *answer, size_t length, gnutls_datum_t *signature)
{
	if (length <= ANSWER_START)
		return GNUTLS_E_PK_SIGN_FAILED;
	signature->size = (unsigned)(length - ANSWER_START);
	signature->data = gnutls_malloc(signature->size);
	if (signature->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(signature->data, answer->signature, signature->size);
	return 0;
}

/* Has the process sign.  Returns a code of GnuTLS. */
static int
have_signed(struct keeper *k, gnutls_sign_algorithm_t algorithm, const void *text, size_t length,
	    gnutls_datum_t *signature)
{
	struct request request = {.number = ++k->number, .algorithm = algorithm};
	static struct answer answer;

	if (k->socket == -1 || length > TRANSCRIPT_SIGNED_MAX)
		return GNUTLS_E_PK_SIGN_FAILED;
	memcpy(request.text, text, length);
	while (send(k->socket, &request, REQUEST_START + length, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return GNUTLS_E_PK_SIGN_FAILED;
	for (int looks = 0; looks < LOOKS && wait_for_answer(k); looks++) {
		ssize_t n = recv(k->socket, &answer, sizeof answer, MSG_DONTWAIT);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < (ssize_t)ANSWER_START)
			break;
		if (answer.number == k->number) /* others were waited for no longer */
			return take_signature(&answer, (size_t)n, signature);
	}
	return GNUTLS_E_PK_SIGN_FAILED;
}

/* For GnuTLS: with keys that sign a text as it is, such as Ed25519. */
static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *keeper, unsigned flags,
	  const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	(void)key, (void)flags;
	return have_signed(keeper, algorithm, data->data, data->size, signature);
}

/* ... and with those that sign its hash: the keeper wants to see the text, which has to have that hash. */
static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *keeper, unsigned flags,
	  const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
	struct keeper *k = keeper;
	gnutls_digest_algorithm_t digest = gnutls_sign_get_hash_algorithm(algorithm);
	unsigned char text[TRANSCRIPT_SIGNED_MAX], own_hash[64];
	size_t length;

	(void)key, (void)flags;
	length = transcript_to_sign(k->transcript, gnutls_prf_hash_get(k->session), k->server, text);
	if (length == 0 || hash->size > sizeof own_hash || gnutls_hash_get_len(digest) != hash->size ||
	    gnutls_hash_fast(digest, text, length, own_hash) < 0 || memcmp(own_hash, hash->data, hash->size) != 0)
		return GNUTLS_E_PK_SIGN_FAILED;
	return have_signed(k, algorithm, text, length, signature);
}

/* For GnuTLS: what the key is, and can. */
static int
describe(gnutls_privkey_t key, unsigned flags, void *keeper)
{
	const struct keeper *k = keeper;

	(void)key;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
		return (int)k->algorithm;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
		return k->bits;
	if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0)
		return gnutls_sign_supports_pk_algorithm(
			       (gnutls_sign_algorithm_t)GNUTLS_FLAGS_TO_SIGN_ALGO(flags), k->algorithm) != 0;
	return (flags & GNUTLS_PRIVKEY_INFO_SIGN_ALGO) != 0 ? GNUTLS_SIGN_UNKNOWN : -1;
}

void
keeper_attend(struct keeper *k, gnutls_session_t session, const struct transcript *transcript)
{
	k->session = session;
	k->transcript = transcript;
}

bool
keeper_needs_transcript(const struct keeper *k)
{
	return k->algorithm != GNUTLS_PK_EDDSA_ED25519 && k->algorithm != GNUTLS_PK_EDDSA_ED448;
}

/* --- The speaker's end: the process. --- */

/* Makes the credentials of the certificate.  Returns a code of GnuTLS. */
static int
take_certificate(struct keeper *k, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t certificate;
	gnutls_privkey_t key;
	gnutls_pcert_st shown;
	int result = gnutls_x509_crt_init(&certificate);

	if (result >= 0)
		result = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER);
	if (result >= 0)
		result = identity_fingerprint(certificate, k->fingerprint);
	if (result >= 0)
		result = gnutls_pcert_import_x509(&shown, certificate, 0);
	gnutls_x509_crt_deinit(certificate);
	if (result >= 0)
		result = gnutls_privkey_init(&key);
	if (result >= 0)
		result = gnutls_privkey_import_ext4(key, k, sign_data, sign_hash, NULL, NULL, describe, 0);
	if (result >= 0)
		result = gnutls_certificate_allocate_credentials(&k->credentials);
	if (result < 0)
		return result;
	/* That both belong together was seen in the process; here it would be tried by signing something else. */
	gnutls_certificate_set_flags(k->credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	return gnutls_certificate_set_key(k->credentials, NULL, 0, &shown, 1, key);
}

/* Waits for the next message at the start, or a deadly signal.  Returns its length, or -1. */
static ssize_t
hear(const struct keeper *k, void *data, size_t size)
{
	struct pollfd fd = {.fd = k->socket, .events = POLLIN};
	ssize_t n = -1;

	while (signals_deadly() == 0 && signals_poll(&fd, 1, -1) == 0)
		;
	while (fd.revents != 0 && (n = recv(k->socket, data, size, MSG_DONTWAIT)) == -1 && errno == EINTR)
		;
	return n;
}

/* Hears who one is.  Returns 0, or -1 with a message in error. */
static int
hear_introduction(struct keeper *k, char *error, size_t size)
{
	static unsigned char certificate[CERTIFICATE_MAX];
	static struct introduction introduction;
	gnutls_datum_t der = {certificate, 0};
	ssize_t n = hear(k, &introduction, sizeof introduction);
	int result;

	bilingual_print(error, size, "%s: %s", CANNOT_START, bilingual("it has ended"));
	introduction.error[sizeof introduction.error - 1] = '\0';
	if (n != (ssize_t)sizeof introduction || introduction.length > sizeof certificate)
		return -1;
	if (*introduction.error != '\0') {
		bilingual_print(error, size, "%s", introduction.error);
		return -1;
	}
	for (; der.size < introduction.length; der.size += (unsigned)n)
		if ((n = hear(k, certificate + der.size, introduction.length - der.size)) <= 0)
			return -1;
	k->made = introduction.made;
	k->algorithm = introduction.algorithm;
	k->bits = (int)introduction.bits;
	if ((result = take_certificate(k, &der)) >= 0)
		return 0;
	bilingual_print(error, size, "cannot use the certificate: %s", bilingual_describe(gnutls_strerror, result));
	return -1;
}

int
keeper_start(struct keeper *k, const char *name, enum role role, char *error, size_t size)
{
	pid_t parent = getpid(), pid = -1;
	int ends[2], result;

	*k = (struct keeper){.socket = -1, .slot = POLLS_NONE, .server = role == ROLE_SERVER};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
		if ((pid = fork()) == 0)
			be_keeper(name, k->server, ends[1], parent);
		close(ends[1]);
		k->socket = ends[0];
	}
	if (pid == -1) {
		bilingual_print(error, size, "%s: %s", CANNOT_START, bilingual_error(errno));
		keeper_close(k);
		return -1;
	}
	k->child.pid = pid;
	result = hear_introduction(k, error, size);
	if (result == -1)
		keeper_close(k);
	if (result == -1 && signals_deadly() != 0)
		*error = '\0';
	return result;
}

/* Nothing more is heard of it. */
static void
hang_up(struct keeper *k)
{
	if (k->socket != -1)
		close(k->socket);
	k->socket = -1;
}

void
keeper_poll(struct keeper *k, struct polls *polls)
{
	k->slot = k->socket != -1 ? polls_add(polls, k->socket, 0) : POLLS_NONE; /* its end is no event to ask for */
	child_poll(&k->child, polls);
}

bool
keeper_step(struct keeper *k, const struct polls *polls, char *text, size_t size)
{
	int status;

	if (polls_found(polls, k->slot) != 0)
		hang_up(k);
	if (k->socket != -1 || k->child.pid == 0 || !child_has_ended(&k->child, &status))
		return false;
	bilingual_print(text, size, "the process that holds the key died: %s",
			WIFSIGNALED(status) ? bilingual_signal(WTERMSIG(status)) : bilingual("unknown cause"));
	return true;
}

void
keeper_forget(struct keeper *k)
{
	hang_up(k);
	k->child = (struct child){0};
	gnutls_certificate_free_credentials(k->credentials);
	k->credentials = NULL;
}

void
keeper_close(struct keeper *k)
{
	struct child child = k->child;

	keeper_forget(k);
	child_end(&child);
}
