#include <config.h>

#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/fatal.h"
#include "trust/certificate.h"
#include "trust/keeper.h"
#include "trust/tls.h"
#include "trust/transcript.h"
#include "trust/words.h"

/*
 * What is cheap to compute with, whatever a stranger makes of it: no groups of large numbers (FFDHE), and signatures by
 * keys whose size is fixed, or looked at before (certificate_read).  With RSA-SHA256 and its like only certificates are
 * signed, which nobody verifies, but by which peers choose theirs.  A group that is one of these and something else at
 * once (RFC 9794) stays where GnuTLS has it.
 */
#define PRIORITIES                                                                       \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-DH-ALL:-GROUP-X448:-SIGN-ALL"              \
	":+SIGN-EDDSA-ED25519:+SIGN-EDDSA-ED448:+SIGN-ECDSA-SECP256R1-SHA256"            \
	":+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SECP521R1-SHA512"                     \
	":+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512" \
	":+SIGN-RSA-PSS-SHA256:+SIGN-RSA-PSS-SHA384:+SIGN-RSA-PSS-SHA512"                \
	":+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512"
#define MESSAGE_MAX 12288 /* bytes of one message of the handshake: a certificate and some that it comes from */
/*
 * What may be received until somebody looks, in bytes; and each time that something comes counts as some more, as that
 * takes time, too.  So a handshake in crumbs costs no more than one in large pieces, and a flood of what says nothing,
 * such as empty records, keeps the process for a moment only.
 */
#define HANDSHAKE_ALLOWANCE 65536 /* for all of it; usual are three thousand */
#define TURN_ALLOWANCE 65536	  /* for one call of tls_receive */
#define PULL_COST 128
#define ALERT 1000
#define RECORD_HANDSHAKE 22 /* RFC 8446, 5.1 */
#define RECORD_ALERT 21

struct tls {
	LIST_ENTRY(tls) entry;
	gnutls_session_t session;
	bool server;
	struct keeper *keeper;
	struct transcript transcript; /* where the keeper needs it, until the handshake is done */
	int socket;
	int flags;	     /* for receiving */
	bool blocked;	     /* the socket had nothing to receive, or no room */
	bool unsent;	     /* the peer has gone before all was sent */
	struct buffer *sealed; /* where what is to be sent goes; NULL: to the socket, or nowhere */
	bool ended;	     /* there is nothing more to be received */
	size_t allowance;    /* for what may be received before somebody looks */
	bool listening;
	bool done; /* the handshake */
	int cause, error_number;
	unsigned char first[2]; /* bytes received */
	size_t received;
	/*
	 * A peer may ask for new keys, which have to come before the next record that is sent (RFC
	 * 8446, 4.6.3).  Who receives the question cannot answer it, so it counts them here, in memory
	 * that both processes have.
	 */
	atomic_uint *updates;
	unsigned updates_done;
	struct certificate peer; /* empty: it has shown none */
	char error[BILINGUAL_LINE];
};

static LIST_HEAD(sessions, tls) sessions = LIST_HEAD_INITIALIZER(sessions); /* all of them */

/* --- Between GnuTLS and the socket. --- */

/* Pays for so many bytes that have come at once. */
static void
pay(struct tls *tls, size_t bytes)
{
	size_t cost = bytes + PULL_COST;

	tls->allowance -= cost < tls->allowance ? cost : tls->allowance;
}

/*
 * GnuTLS asks for no more than the record that it is at, so what it has not been given waits in the socket, where
 * poll(2) sees it.
 */
static ssize_t
pull(gnutls_transport_ptr_t transport, void *data, size_t size)
{
	struct tls *tls = transport;
	ssize_t n = -1;

	errno = EAGAIN;
	if (tls->allowance > 0)
		n = recv(tls->socket, data, size, tls->flags);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		tls->blocked = true;
	if (n > 0)
		pay(tls, (size_t)n);
	if (n == -1)
		gnutls_transport_set_errno(tls->session, tls->error_number = errno);
	if (n == 0)
		tls->ended = true;
	for (ssize_t i = 0; i < n && tls->received < sizeof tls->first; i++)
		tls->first[tls->received++] = ((unsigned char *)data)[i];
	return n;
}

static ssize_t
push(gnutls_transport_ptr_t transport, const void *data, size_t size)
{
	struct tls *tls = transport;
	ssize_t n = (ssize_t)size;

	if (tls->sealed != NULL)
		buffer_add(tls->sealed, data, size);
	else if (!tls->listening)
		n = send(tls->socket, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1 && (errno == EPIPE || errno == ECONNRESET)) {
		tls->unsent = true;
		n = (ssize_t)size; /* GnuTLS would give up, but the peer may have said why it has gone */
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		tls->blocked = true;
	if (n == -1)
		gnutls_transport_set_errno(tls->session, errno);
	return n;
}

/* In the listener: the peer wants new keys from the speaker. */
static void
note_update(const struct tls *tls, const gnutls_datum_t *message)
{
	if (tls->listening && message->size == 1 && message->data[0] == 1)
		atomic_fetch_add(tls->updates, 1);
}

/*
 * The peer proves that the key of its certificate is its own: before GnuTLS computes with that, or has even read it,
 * it is looked at here.
 */
static int
meet_proof(struct tls *tls)
{
	const gnutls_datum_t *shown = gnutls_certificate_get_peers(tls->session, NULL);

	if (shown != NULL && certificate_read(&tls->peer, shown, tls->error, sizeof tls->error))
		return 0;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

/* Before a message of the handshake is sent or looked at, and after that. */
static int
note_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *message)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	if (when == GNUTLS_HOOK_PRE && !tls->done && keeper_needs_transcript(tls->keeper))
		transcript_add(&tls->transcript, type, message);
	if (when == GNUTLS_HOOK_POST && incoming && type == GNUTLS_HANDSHAKE_KEY_UPDATE)
		note_update(tls, message);
	if (when == GNUTLS_HOOK_PRE && incoming && type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY)
		return meet_proof(tls);
	return 0;
}

/* --- The handshake. --- */

static gnutls_priority_t priorities;

/* Instead of GnuTLS's own, which writes the keys of the conversation into the file that SSLKEYLOGFILE names. */
static int
keep_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	(void)session;
	(void)label;
	(void)secret;
	return 0;
}

/* GnuTLS does not begin by itself when the program starts: that costs a mebibyte, also where nothing is encrypted. */
GNUTLS_SKIP_GLOBAL_INIT

int
tls_open(char *error, size_t size)
{
	int result;

	unsetenv("GNUTLS_DEBUG_LEVEL"); /* at which it would tell keys, and what the peer says as it is */
	result = gnutls_global_init();
	bilingual_load("gnutls30"); /* its domain of messages, which it has just said where to find */
	if (result >= 0 && priorities == NULL)
		result = gnutls_priority_init(&priorities, PRIORITIES, NULL);
	if (result >= 0)
		return 0;
	bilingual_print(error, size, "cannot use TLS 1.3: %s", words_of_error(result));
	return -1;
}

struct tls *
tls_new(struct keeper *keeper, bool server, enum tls_proof proof, int socket)
{
	struct tls *tls = calloc(1, sizeof *tls);
	unsigned side = server ? GNUTLS_SERVER : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;

	if (tls == NULL ||
	    gnutls_init(&tls->session, side | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) < 0)
		fatal("cannot get memory");
	LIST_INSERT_HEAD(&sessions, tls, entry);
	tls->server = server;
	tls->keeper = keeper;
	tls->socket = socket;
	tls->flags = MSG_DONTWAIT;
	tls->allowance = HANDSHAKE_ALLOWANCE;
	tls->updates = mmap(NULL, sizeof *tls->updates, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tls->updates == MAP_FAILED)
		fatal("cannot get memory");
	gnutls_session_set_ptr(tls->session, tls);
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_push_function(tls->session, push);
	gnutls_handshake_set_max_packet_length(tls->session, MESSAGE_MAX);
	gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, note_message);
	gnutls_session_set_keylog_function(tls->session, keep_secret);
	if (gnutls_priority_set(tls->session, priorities) < 0 ||
	    gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, keeper->credentials) < 0)
		fatal("cannot get memory");
	if (server)
		gnutls_certificate_server_set_request(
			tls->session, proof == TLS_KEY_REQUIRED ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
	return tls;
}

static enum tls_state
fail(struct tls *tls, const char *reason)
{
	strlcpy(tls->error, reason, sizeof tls->error);
	return TLS_FAILED;
}

static enum tls_state
hung_up(struct tls *tls)
{
	return fail(tls, tls_heard_nothing(tls) ? bilingual("it hung up; perhaps it needs -t")
						: bilingual("it hung up"));
}

static enum tls_state
alert_received(struct tls *tls, gnutls_alert_description_t alert)
{
	switch (alert) {
	case GNUTLS_A_PROTOCOL_VERSION:
		return fail(tls, bilingual("it does not speak TLS 1.3"));
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
	case GNUTLS_A_UNKNOWN_CA:
		return fail(tls, bilingual("it does not accept the key here"));
	default:
		return fail(tls, words_of_alert(alert));
	}
}

/* Whether what the peer has said first is no record of a handshake. */
static bool
is_foreign(const struct tls *tls)
{
	return tls->received > 0 && tls->first[0] != RECORD_HANDSHAKE && tls->first[0] != RECORD_ALERT;
}

static enum tls_state
foreign_received(struct tls *tls)
{
	return fail(tls, bilingual("it does not speak TLS: it needs -t"));
}

/* Says in the person's words why the handshake failed. */
static enum tls_state
handshake_failed(struct tls *tls, int result)
{
	gnutls_alert_description_t alert = gnutls_alert_get(tls->session);

	tls->cause = result;
	if (result == GNUTLS_E_WARNING_ALERT_RECEIVED && alert == GNUTLS_A_USER_CANCELED)
		return fail(tls, bilingual("the line is busy"));
	gnutls_alert_send_appropriate(tls->session, result);
	if (result == GNUTLS_E_PK_SIGN_FAILED)
		return fail(tls, bilingual("the process that holds the key does not answer"));
	if (tls->error[0] != '\0') /* what GnuTLS has stopped for was found here */
		return TLS_FAILED;
	if (is_foreign(tls))
		return foreign_received(tls);
	if (tls->ended && result != GNUTLS_E_FATAL_ALERT_RECEIVED)
		return hung_up(tls);
	switch (result) {
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
	case GNUTLS_E_NO_CIPHER_SUITES:
		return fail(tls, bilingual("it does not speak TLS 1.3"));
	case GNUTLS_E_CERTIFICATE_ERROR:
	case GNUTLS_E_CERTIFICATE_TIME_ERROR:
	case GNUTLS_E_ASN1_TIME_ERROR:
	case GNUTLS_E_ASN1_DER_ERROR:
	case GNUTLS_E_ASN1_VALUE_NOT_VALID:
	case GNUTLS_E_ASN1_TAG_ERROR:
		return fail(tls, bilingual("its certificate cannot be read"));
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return hung_up(tls);
	case GNUTLS_E_HANDSHAKE_TOO_LARGE:
		return fail(tls, bilingual("it sends more than that takes"));
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		return fail(tls, bilingual("it has shown no key"));
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return alert_received(tls, alert);
	case GNUTLS_E_DECRYPTION_FAILED: /* OpenSSL's client refuses a certificate so, without encryption */
		return fail(tls, bilingual("it sent what cannot be decrypted; "
					   "perhaps it does not accept the key here"));
	default:
		return fail(tls, words_of_error(result));
	}
}

enum tls_state
tls_handshake(struct tls *tls)
{
	int result;

	keeper_attend(tls->keeper, tls->session, &tls->transcript);
	do {
		tls->blocked = false;
		result = gnutls_handshake(tls->session);
		if (result == GNUTLS_E_AGAIN && is_foreign(tls)) /* GnuTLS waits until a record could have begun */
			result = GNUTLS_E_UNEXPECTED_PACKET;
		else if (result == GNUTLS_E_AGAIN && tls->allowance == 0)
			result = GNUTLS_E_HANDSHAKE_TOO_LARGE;
		if (result == GNUTLS_E_AGAIN && tls->blocked)
			return TLS_PENDING;
		if (result == GNUTLS_E_WARNING_ALERT_RECEIVED)
			break;
	} while (result < 0 && gnutls_error_is_fatal(result) == 0);
	tls->done = true;
	transcript_free(&tls->transcript);
	gnutls_credentials_clear(tls->session); /* they are given back before the session is */
	if (result == 0 && tls->unsent)
		return hung_up(tls);
	return result == 0 ? TLS_READY : handshake_failed(tls, result);
}

short
tls_events(const struct tls *tls)
{
	return gnutls_record_get_direction(tls->session) == 0 ? POLLIN : POLLOUT;
}

const char *
tls_error(const struct tls *tls)
{
	return tls->error;
}

bool
tls_heard_nothing(const struct tls *tls)
{
	return tls->received == 0;
}

bool
tls_is_busy(const struct tls *tls)
{
	return tls->cause == GNUTLS_E_WARNING_ALERT_RECEIVED &&
	       gnutls_alert_get(tls->session) == GNUTLS_A_USER_CANCELED;
}

bool
tls_lacks_key(const struct tls *tls)
{
	return tls->cause == GNUTLS_E_NO_CERTIFICATE_FOUND || tls->cause == GNUTLS_E_CERTIFICATE_REQUIRED;
}

bool
tls_peer(const struct tls *tls, char fingerprint[FINGERPRINT_SIZE])
{
	memcpy(fingerprint, tls->peer.fingerprint, FINGERPRINT_SIZE);
	return *fingerprint != '\0';
}

bool
tls_has_shown_key(const struct tls *tls)
{
	return tls->server || gnutls_certificate_client_get_request_status(tls->session) != 0;
}

const char *
tls_peer_name(const struct tls *tls)
{
	return tls->peer.name;
}

void
tls_describe(const struct tls *tls, char *text, size_t size)
{
	snprintf(text, size, "TLS 1.3, %s, %s", gnutls_group_get_name(gnutls_group_get(tls->session)),
		 gnutls_cipher_get_name(gnutls_cipher_get(tls->session)));
}

void
tls_refuse(struct tls *tls)
{
	gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
}

/* --- The conversation. --- */

ssize_t
tls_seal(struct tls *tls, const char *text, size_t length, struct buffer *sealed)
{
	unsigned updates = atomic_load(tls->updates);
	ssize_t n = 0;

	tls->sealed = sealed;
	if (updates != tls->updates_done) { /* one answers them all */
		n = gnutls_session_key_update(tls->session, 0);
		tls->updates_done = updates;
	}
	if (n >= 0)
		n = gnutls_record_send(tls->session, text, length);
	tls->sealed = NULL;
	if (n >= 0)
		return n;
	tls->cause = (int)n;
	errno = EPROTO;
	return -1;
}

void
tls_seal_end(struct tls *tls, struct buffer *sealed)
{
	tls->sealed = sealed;
	gnutls_bye(tls->session, GNUTLS_SHUT_WR);
	tls->sealed = NULL;
}

void
tls_listen(struct tls *tls, int socket)
{
	tls->socket = socket;
	tls->listening = true;
}

/* Why receiving failed, as tls_explain understands it: ALERT + an alert, or a negative code of GnuTLS. */
static int
cause_of(const struct tls *tls, ssize_t result)
{
	return result == GNUTLS_E_FATAL_ALERT_RECEIVED ? ALERT + (int)gnutls_alert_get(tls->session)
						       : (int)result;
}

ssize_t
tls_receive(struct tls *tls, void *data, size_t size, int flags)
{
	unsigned updates = atomic_load(tls->updates);
	ssize_t n;

	tls->flags = flags;
	tls->allowance = TURN_ALLOWANCE;
	for (;;) {
		tls->blocked = false;
		n = gnutls_record_recv(tls->session, data, size);
		if (n >= 0)
			return n;
		/*
		 * The session here believes that it has to answer, and GnuTLS had versions that take a
		 * second question before that for an error.  So it answers, to nobody: what it sends goes
		 * nowhere.
		 */
		if (tls->listening && atomic_load(tls->updates) != updates) {
			gnutls_record_send(tls->session, "", 0);
			updates = atomic_load(tls->updates);
		}
		if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
			if (!tls->blocked)
				continue;
			errno = EAGAIN;
			return -1;
		}
		if (gnutls_error_is_fatal((int)n) == 0)
			continue;
		tls->cause = cause_of(tls, n);
		errno = n == GNUTLS_E_PULL_ERROR	      ? tls->error_number
			: tls->ended			      ? EBADMSG
							      : EPROTO;
		return -1;
	}
}

int
tls_cause(const struct tls *tls)
{
	return tls->cause;
}

void
tls_explain(int cause, const char *name, char *text, size_t size)
{
	if (cause == ALERT + GNUTLS_A_ACCESS_DENIED)
		bilingual_print(text, size, "%s refused the conversation, and shows nothing that was sent", name);
	else if (cause >= ALERT)
		bilingual_print(text, size, "%s broke off: %s", name,
				words_of_alert((gnutls_alert_description_t)(cause - ALERT)));
	else
		bilingual_print(text, size, "the connection to %s broke: %s", name, words_of_error(cause));
}

bool
tls_is_refusal(int cause)
{
	if (cause < ALERT) /* a listener that was taken over can say anything */
		return false;
	switch (cause - ALERT) { /* RFC 8446, 6.2 */
	case GNUTLS_A_ACCESS_DENIED:
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_REVOKED:
	case GNUTLS_A_CERTIFICATE_EXPIRED:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
	case GNUTLS_A_UNKNOWN_CA:
	case GNUTLS_A_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}

void
tls_forget_others(const struct tls *tls)
{
	struct tls *other;

	LIST_FOREACH(other, &sessions, entry)
		if (other != tls)
			gnutls_deinit(other->session);
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	LIST_REMOVE(tls, entry);
	gnutls_deinit(tls->session);
	transcript_free(&tls->transcript);
	munmap(tls->updates, sizeof *tls->updates);
	free(tls);
}
