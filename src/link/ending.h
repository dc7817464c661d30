/*
 * ending - how a conversation has ended, and how that is said.
 */
#ifndef ENDING_H
#define ENDING_H

#include <stdbool.h>
#include <stddef.h>

struct ending {
	enum {
		ENDING_NONE,	/* it has not; in a listener's report: what it adds to the log is lost: cause; or, where
				   that is 0, begins to wait there to be written, or waits no more */
		ENDING_LEFT,	/* the peer has closed its sending side */
		ENDING_UNHEARD, /* the listener could not begin, or go on: cause */
		ENDING_BROKEN,	/* the connection failed: cause */
		ENDING_CUT,	/* encrypted: it ended without a goodbye */
		ENDING_TLS,	/* encrypted: cause as of tls_explain */
		ENDING_IS_TLS,	/* the peer speaks TLS, which was not agreed on */
		ENDING_BUSY,	/* the peer talks to somebody else, and has heard nothing */
		ENDING_OUTPUT,	/* what arrived could not be written: cause */
		ENDING_KILLED	/* the listener died: cause is the signal, 0 where it is not known */
	} how;
	int cause; /* an errno or a signal */
};

/* Whether nothing went wrong: it has not ended, or the peer has left. */
bool ending_is_orderly(const struct ending *ending);

/* Whether the peer says that there was no conversation: then it has shown nothing of what it was sent. */
bool ending_is_refusal(const struct ending *ending);

/* Whether it is not the peer's doing: what it says could not be heard, or shown. */
bool ending_is_our_failure(const struct ending *ending);

/* Says in one line, which is bilingual, how a conversation with that peer has ended, with the cause. */
void ending_describe(const struct ending *ending, const char *name, char *text, size_t size);

#endif
