/*
 * tls - TLS 1.3 on a connected socket, with GnuTLS; no resumption, no early data.
 *
 * After the handshake two processes share a session, as GnuTLS's manual ("Sessions and fork") allows:
 * the speaker seals what it sends, and the listener opens what it receives.  A process that does both
 * (turns) may do both.
 */
#ifndef TLS_H
#define TLS_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/buffer.h"
#include "trust/fingerprint.h"

struct keeper;
struct tls;

enum tls_state {
	TLS_PENDING, /* the other side has to say something first: tls_events */
	TLS_READY,
	TLS_FAILED /* tls_error says why */
};

/* How the peer is to show who it is. */
enum tls_proof { TLS_KEY_WANTED, TLS_KEY_REQUIRED };

/*
 * To be called before the first session.  Returns 0, or -1 with a bilingual message in error, which has
 * room for size bytes: this machine's GnuTLS may be set up without TLS 1.3.
 */
int tls_open(char *error, size_t size);

/* --- In the speaker. --- */

/* A session over a socket, which stays that of whoever gives it, as does the keeper of the key. */
struct tls *tls_new(struct keeper *keeper, bool server, enum tls_proof proof, int socket);

/* Goes on with the handshake as far as it can without waiting. */
enum tls_state tls_handshake(struct tls *tls);

/* What to poll(2) the socket for before the next tls_handshake. */
short tls_events(const struct tls *tls);

/* Why the handshake failed, in a few words, which are bilingual; good as long as the session. */
const char *tls_error(const struct tls *tls);

/* Whether the peer has said nothing at all so far. */
bool tls_heard_nothing(const struct tls *tls);

/* Whether it failed because the peer has shown no key. */
bool tls_lacks_key(const struct tls *tls);

/* ... or because its line is busy. */
bool tls_is_busy(const struct tls *tls);

/* The peer's key; false if it has shown none. */
bool tls_peer(const struct tls *tls, char fingerprint[FINGERPRINT_SIZE]);

/* Whether the peer has been shown one's own key: a server need not ask for it. */
bool tls_has_shown_key(const struct tls *tls);

/* The name that the peer gives itself, tamed (text/name.h); empty if it gives none. */
const char *tls_peer_name(const struct tls *tls);

/* Protocol and ciphers: "TLS 1.3, X25519, AES-256-GCM". */
void tls_describe(const struct tls *tls, char *text, size_t size);

/* After the handshake: tells the peer that it is not let in. */
void tls_refuse(struct tls *tls);

/*
 * Seals one record: takes bytes off the text, at most length of them, and adds what has to be sent for
 * them to sealed.  Returns how many were taken, or -1 and errno.
 */
ssize_t tls_seal(struct tls *tls, const char *text, size_t length, struct buffer *sealed);

/* Adds to sealed what says goodbye (close_notify; RFC 8446, 6.1). */
void tls_seal_end(struct tls *tls, struct buffer *sealed);

/* --- In the listener; in turns, but for tls_listen, in the speaker. --- */

/* Receives from this socket, and leaves sending to the other process. */
void tls_listen(struct tls *tls, int socket);

/*
 * Receives like recv(2), whose flags it takes.  0 is the peer's goodbye; a stream that ends without one
 * is an error, EBADMSG.  With EPROTO tls_cause is why; other errors are the socket's.
 */
ssize_t tls_receive(struct tls *tls, void *data, size_t size, int flags);
int tls_cause(const struct tls *tls);

/* Says in a bilingual text, with the name of the peer, how the conversation ended, for a tls_cause. */
void tls_explain(int cause, const char *name, char *text, size_t size);

/* Whether that is an alert by which a peer refuses the key, or whoever has it. */
bool tls_is_refusal(int cause);

/* In either.  NULL is fine. */
void tls_free(struct tls *tls);

/* In a child: the keys of all sessions but one, or NULL, are none of its business, and overwritten. */
void tls_forget_others(const struct tls *tls);

#endif
