/*
 * knock - who asks to come into a group, on the screen: that is announced, and a key opens the question.
 *
 * Until then a line that is typed is said to all.  While the question is open, what was being typed waits, and the line
 * is the answer (screen/asking.h).  Where the question is over before it is answered, what was typed for an answer goes
 * to nobody, and what comes back into the line goes to all only once that was seen.
 */
#ifndef KNOCK_H
#define KNOCK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "screen/asking.h"
#include "talk/strangers.h"
#include "talk/talk.h"

struct knock {
	unsigned announced;	 /* whose question was */
	struct allowance notices; /* each takes one; where there is none, the bar alone says it */
	struct buffer draft;	 /* while a question is open: what was in the input line; and the cursor there */
	size_t cursor;
	enum { KNOCK_FREE, KNOCK_HOLDS, KNOCK_TOLD } guard; /* Enter holds what came back; ... and that was said */
};

/* Whether somebody asks whose question was not announced; says so, unless that was said often. */
bool knock_begins(struct knock *knock, struct talk *talk);

/* The key for that: opens the question, or closes it. */
void knock_toggle(struct knock *knock, struct asking *asking, struct talk *talk);

/* Closes the question, if one is open: the line is as it was before. */
void knock_close(struct knock *knock, struct asking *asking);

/* The same where the question that is open is over, though it was not answered here.  Returns whether it was so. */
bool knock_follow(struct knock *knock, struct asking *asking, struct talk *talk);

/* Takes the Escape key, which closes the question.  False: none is open, or another key is next, or none. */
bool knock_takes_key(struct knock *knock, struct asking *asking);

/*
 * Takes a line, which is complete: for the answer, while the question is open; or to hold it, which puts it back, as it
 * may have been meant for an answer.  False: it is a line like any other.
 */
bool knock_takes(struct knock *knock, struct asking *asking, struct talk *talk, struct span line);

/* Nothing is left of the line. */
void knock_note_empty(struct knock *knock);

/* Whether there is something to be seen; and the person sees all that was said, and has pressed no key since. */
bool knock_waits(const struct knock *knock);
void knock_note_seen(struct knock *knock);

/* Gives the memory back. */
void knock_free(struct knock *knock);

#endif
