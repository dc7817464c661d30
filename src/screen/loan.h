/*
 * loan - the terminal, lent to the pager, until that has ended and what it has left has been seen.
 *
 * The pager begins in the background, and is given the keyboard when it wants it.  One that never did has shown its
 * text and ended, as cat(1): the screen would come back over it at once, so a key is asked for before.
 */
#ifndef LOAN_H
#define LOAN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "screen/pane.h"
#include "talk/talk.h"

struct loan {
	pid_t pager;	   /* 0: there is none */
	bool ends_at_once; /* it may, though it wants the keyboard */
	bool has_keys;	   /* the keyboard is the pager's */
	bool waits;	   /* for a key, as the pager has ended */
	struct buffer typed; /* while that is so */
	int64_t typed_at;  /* the last of it */
};

/* Whether the screen is away. */
bool loan_is_out(const struct loan *loan);

/* Puts the screen away, and starts the pager; where that fails, it is said, and the screen is there again. */
void loan_begin(struct loan *loan, struct talk *talk, const struct pane *pane, const char *own_label);

/* What has become of the loan. */
enum loan_news {
	LOAN_GOES_ON,
	LOAN_WAITS, /* from now on a key is waited for: what has come before was not typed for that */
	LOAN_OVER   /* the screen is there again */
};

/* Does what follows from the signals that have arrived, while the screen is away. */
enum loan_news loan_heed_signals(struct loan *loan, struct talk *talk);

/*
 * While a key is waited for: takes what has come from the keyboard, or nothing where a key has had its time.  Once a
 * whole key is there, so is the screen; what came behind it, as any other key, is returned, good until the next call.
 * A paste is no key, but brings the screen back, too.  Ctrl-Z stops, and a key is waited for again.
 */
struct span loan_take_key(struct loan *loan, struct span bytes);

/* Milliseconds until a key that may go on has had its time; -1: there is none. */
int loan_timeout(const struct loan *loan);

/* Ends it before its time: the terminal is as it was when the loan began.  To be called at the end. */
void loan_end(struct loan *loan);

#endif
