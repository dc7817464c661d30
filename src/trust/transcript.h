/*
 * transcript - what both sides have said in a handshake so far, and what is signed of it (RFC 8446, 4.4.1 and 4.4.3).
 *
 * GnuTLS has it too, and gives it to nobody: of what is to be signed with RSA or ECDSA it hands out the hash alone,
 * and whoever sees no more than that cannot tell what it signs.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* 64 spaces, a sentence, a zero, and a hash of at most 64 bytes. */
#define TRANSCRIPT_SIGNED_MAX (64 + 33 + 1 + 64)

/* A zeroed one is empty. */
struct transcript {
	struct buffer said;
	size_t first; /* so many bytes are a ClientHello after which another one was asked for; or 0 */
};

/* Adds a message, in the order in which they were sent and received, as GnuTLS's hooks see it: without its header. */
void transcript_add(struct transcript *transcript, unsigned type, const gnutls_datum_t *message);

/*
 * Writes what a server, or a client, has to sign now, where the handshake hashes with this algorithm.  Returns its
 * length; 0: there is no such hash.
 */
size_t transcript_to_sign(const struct transcript *transcript, gnutls_digest_algorithm_t digest, bool server,
			  unsigned char text[TRANSCRIPT_SIGNED_MAX]);

/* Whether this can be what a server, or a client, has to sign, and nothing else. */
bool transcript_may_sign(const unsigned char *text, size_t length, bool server);

void transcript_free(struct transcript *transcript);

#endif
