#include <config.h>

#include <gnutls/crypto.h>
#include <string.h>

#include "trust/transcript.h"

#define SPACES 64
#define SENTENCE 33 /* both are as long */
#define START (SPACES + SENTENCE + 1)
#define HASH_MAX 64
#define HEADER 4
#define MESSAGE_HASH 254 /* RFC 8446, 4 */

static const char *
sentence(bool server)
{
	return server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
}

/* What stands before a message: its type, and its length in three bytes. */
static void
write_header(unsigned char header[HEADER], unsigned type, size_t length)
{
	header[0] = (unsigned char)type;
	header[1] = (unsigned char)(length >> 16);
	header[2] = (unsigned char)(length >> 8);
	header[3] = (unsigned char)length;
}

void
transcript_add(struct transcript *transcript, unsigned type, const gnutls_datum_t *message)
{
	unsigned char header[HEADER];

	if (type == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST) { /* GnuTLS's own number for a ServerHello of that kind */
		transcript->first = buffer_length(&transcript->said);
		type = GNUTLS_HANDSHAKE_SERVER_HELLO;
	}
	write_header(header, type, message->size);
	buffer_add(&transcript->said, (const char *)header, sizeof header);
	buffer_add(&transcript->said, (const char *)message->data, message->size);
}

/* The hash of all that; in the place of a first ClientHello stands its own.  Returns a code of GnuTLS. */
static int
hash_said(const struct transcript *transcript, gnutls_digest_algorithm_t digest, unsigned char hash[HASH_MAX])
{
	const char *said = buffer_data(&transcript->said);
	size_t length = gnutls_hash_get_len(digest), first = transcript->first;
	unsigned char replacement[HEADER + HASH_MAX];
	gnutls_hash_hd_t all;
	int result = gnutls_hash_init(&all, digest);

	if (result < 0)
		return result;
	write_header(replacement, MESSAGE_HASH, length);
	if (first > 0)
		result = gnutls_hash_fast(digest, said, first, replacement + HEADER);
	if (first > 0 && result >= 0)
		result = gnutls_hash(all, replacement, HEADER + length);
	if (result >= 0)
		result = gnutls_hash(all, said + first, buffer_length(&transcript->said) - first);
	gnutls_hash_deinit(all, hash);
	return result;
}

size_t
transcript_to_sign(const struct transcript *transcript, gnutls_digest_algorithm_t digest, bool server,
		   unsigned char text[TRANSCRIPT_SIGNED_MAX])
{
	size_t length = gnutls_hash_get_len(digest);

	if (length == 0 || length > HASH_MAX || buffer_length(&transcript->said) == 0 ||
	    hash_said(transcript, digest, text + START) < 0)
		return 0;
	memset(text, ' ', SPACES);
	memcpy(text + SPACES, sentence(server), SENTENCE + 1);
	return START + length;
}

bool
transcript_may_sign(const unsigned char *text, size_t length, bool server)
{
	if (length != START + 32 && length != START + 48 && length != START + 64)
		return false;
	for (size_t i = 0; i < SPACES; i++)
		if (text[i] != ' ')
			return false;
	return memcmp(text + SPACES, sentence(server), SENTENCE + 1) == 0;
}

void
transcript_free(struct transcript *transcript)
{
	buffer_free(&transcript->said);
}
