/*
 * wire - encrypted text on its way to the socket, and which text it was.
 *
 * What the library has sealed is not sent yet, and what the kernel has taken has not arrived yet: both
 * are counted in sealed bytes, and lines are counted in text.
 */
#ifndef WIRE_H
#define WIRE_H

#include <sys/types.h>

#include <stdint.h>

#include "base/buffer.h"

struct tls;

struct wire {
	struct buffer sealed; /* not yet taken by the kernel */
	uint64_t text;	      /* bytes of text that were ever sealed */
	uint64_t bytes;	      /* ... and what became of them */
	struct buffer ends;   /* of records that have not arrived: struct wire_end */
	size_t untaken;	      /* the first of them that the kernel does not have, by number */
	uint64_t text_taken;  /* the end of the one before */
	uint64_t text_arrived, bytes_arrived;
};

struct wire_end {
	uint64_t text, bytes;
};

/* Seals some of a text, from its beginning.  Returns how many bytes of it, or -1 and errno. */
ssize_t wire_seal(struct wire *wire, struct tls *tls, const char *text, size_t length);

/* Seals the goodbye. */
void wire_seal_end(struct wire *wire, struct tls *tls);

/* Sends what is sealed, without waiting.  Returns 0 if all of it is sent, or -1 and errno. */
int wire_send(struct wire *wire, int socket);

/* How many bytes of text the kernel has. */
uint64_t wire_taken(struct wire *wire);

/* How many have arrived, if so many of the bytes that were sent have not been acknowledged. */
uint64_t wire_arrived(struct wire *wire, size_t unacknowledged);

void wire_free(struct wire *wire);

#endif
