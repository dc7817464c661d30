/*
 * sealed - encrypted text on its way to the socket, and which text it was.
 *
 * What the library has sealed is not sent yet, and what the kernel has taken has not arrived yet: both
 * are counted in sealed bytes, and lines are counted in text.
 */
#ifndef SEALED_H
#define SEALED_H

#include <sys/types.h>

#include <stdint.h>

#include "base/buffer.h"

struct tls;

struct sealed {
	struct buffer pending; /* not yet taken by the kernel */
	uint64_t text;	      /* bytes of text that were ever sealed */
	uint64_t bytes;	      /* ... and what became of them */
	struct buffer ends;   /* of records that have not arrived: struct sealed_end */
	size_t untaken;	      /* the first of them that the kernel does not have, by number */
	uint64_t text_taken;  /* the end of the one before */
	uint64_t text_arrived, bytes_arrived;
};

struct sealed_end {
	uint64_t text, bytes;
};

/* Seals some of a text, from its beginning.  Returns how many bytes of it, or -1 and errno. */
ssize_t sealed_add(struct sealed *sealed, struct tls *tls, const char *text, size_t length);

/* Seals the goodbye. */
void sealed_add_end(struct sealed *sealed, struct tls *tls);

/* Sends what is sealed, without waiting.  Returns 0 if all of it is sent, or -1 and errno. */
int sealed_send(struct sealed *sealed, int socket);

/* How many bytes of text the kernel has. */
uint64_t sealed_taken(struct sealed *sealed);

/* How many have arrived, if so many of the bytes that were sent have not been acknowledged. */
uint64_t sealed_arrived(struct sealed *sealed, size_t unacknowledged);

void sealed_free(struct sealed *sealed);

#endif
