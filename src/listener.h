/*
 * listener - the child's loop: from the socket through the text filter to the output.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>

#include "log.h"

/* How a conversation, or the listener's part of it, has ended; cause is an errno or a signal. */
struct ending {
	enum {
		ENDING_NONE,	/* it has not */
		ENDING_LEFT,	/* the peer has closed its sending side */
		ENDING_BROKEN,	/* the connection failed: cause */
		ENDING_TLS,	/* its encryption did: cause as of tls_explain */
		ENDING_HELLO,	/* the peer speaks TLS, which was not agreed on */
		ENDING_OUTPUT,	/* what arrived could not be written: cause */
		ENDING_UNREADY, /* the listener could not be set up: cause */
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
};

/* Passes on what arrives, as soon as it arrives, until the stream ends or something fails. */
struct ending listener_run(const struct listener *listener);

#endif
