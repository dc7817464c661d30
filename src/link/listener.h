/*
 * listener - the child's loop: from the socket through the text filter to the output.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <sys/types.h>

#include <stdbool.h>

#include "record/log.h"

struct tls;

/* How a conversation, or the listener's part of it, has ended; cause is an errno or a signal. */
struct ending {
	enum {
		ENDING_NONE,	/* it has not */
		ENDING_LEFT,	/* the peer has closed its sending side */
		ENDING_UNHEARD, /* the listener could not begin: cause */
		ENDING_BROKEN,	/* the connection failed: cause */
		ENDING_CUT,	/* encrypted: it ended without a goodbye */
		ENDING_TLS,	/* encrypted: cause as of tls_explain */
		ENDING_HELLO,	/* the peer speaks TLS, which was not agreed on */
		ENDING_BUSY,	/* the peer talks to somebody else, and has heard nothing */
		ENDING_OUTPUT,	/* what arrived could not be written: cause */
		ENDING_KILLED	/* the listener died: cause is the signal, 0 where it is not known */
	} how;
	int cause;
};

struct listener {
	int socket;
	struct tls *tls; /* of an encrypted conversation, else NULL */
	int output;	 /* where safe lines, or raw bytes, go; -1: nowhere */
	bool raw;	 /* bytes pass unchanged */
	struct log *log; /* what is received is added to it; NULL for none */
	int pipe[2];	 /* of listener_open_pipe, else -1 */
};

/* Whether nobody looks at the bytes, so that they need not come into this process: splice(2). */
bool listener_splices(const struct listener *listener);

/* Opens the pipe that such bytes go through.  Returns whether there is one; it can do without. */
bool listener_open_pipe(struct listener *listener);

/* Passes on what arrives, as soon as it arrives, until the stream ends or something fails. */
struct ending listener_run(const struct listener *listener);

/* How the stream has ended, after recv(2) or, with TLS, tls_receive has returned n and set errno. */
struct ending listener_ending(const struct tls *tls, ssize_t n);

#endif
