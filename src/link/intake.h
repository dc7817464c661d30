/*
 * intake - what comes from a peer's socket, into the listener or, where there is none, into the speaker.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "link/ending.h"

struct tls;

struct intake {
	int socket;
	struct tls *tls; /* of an encrypted conversation, else NULL */
	bool raw;	 /* what comes is not looked at */
	bool begun;	 /* something has come */
	struct ending farewell; /* ... namely this, and nothing else, or ENDING_NONE */
};

/*
 * Receives as recv(2), whose flags it takes.  Returns how many bytes; -1 where nothing has come, and errno
 * EAGAIN or EINTR; 0 where nothing more will, and *ending says how it ended.
 */
ssize_t intake_receive(struct intake *intake, void *data, size_t size, int flags, struct ending *ending);

/*
 * What a peer has told that says these bytes and nothing else: that it is busy, or that it wants TLS.  ENDING_NONE:
 * nothing of that kind.
 */
struct ending intake_farewell(const struct tls *tls, const char *data, size_t length);

/* How a stream has ended where recv(2) or, with TLS, tls_receive has returned n and set errno. */
struct ending intake_ending(const struct tls *tls, ssize_t n);

#endif
