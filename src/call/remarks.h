/*
 * remarks - what a command says besides the conversation, on its standard error: as lines, of which there are neither
 * too many nor too long ones, whatever it writes.
 */
#ifndef REMARKS_H
#define REMARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define REMARKS_TEXT 400	/* bytes of a line, with a NUL; the rest of a longer one is dropped */
#define REMARKS_AT_ONCE 20	/* so many lines, */
#define REMARKS_EVERY_MS 2000	/* and then one after another, each so much later; others are but counted */
#define REMARKS_WAIT_MS 1000	/* so long an unfinished line may still go on */

/* Zeroed: nothing was said. */
struct remarks {
	char line[REMARKS_TEXT]; /* what there is of it */
	size_t length;
	bool typed;	    /* what follows on the line is not the command's, or not only: it is never told */
	bool told;	    /* the line was told, as it was too long, or waited: the rest of it is dropped */
	int64_t since;	    /* when it was last added to */
	int64_t used_until; /* when as many as at first may be told again */
	unsigned dropped;   /* lines that were not told since one was */
};

/*
 * Takes bytes off what was written, up to a line that is to be told, or all of them.  Returns whether there is one,
 * which is put into text, made safe (text/filter.h), without LF.
 */
bool remarks_next(struct remarks *remarks, struct span *written, int64_t now, char text[REMARKS_TEXT]);

/* The person types there now, which a terminal shows where the line goes on. */
void remarks_interrupt(struct remarks *remarks);

/* When an unfinished line has waited long enough: then it is told as it is.  CLOCK_NEVER: there is none. */
int64_t remarks_due(const struct remarks *remarks);

/* The same for such a line: whether there is one to be told. */
bool remarks_rest(struct remarks *remarks, int64_t now, char text[REMARKS_TEXT]);

/*
 * The same for the lines that were dropped: their number is told once another line may be, if none has come before, or
 * at the end, if this is it.  Returns it, or 0.
 */
int64_t remarks_count_due(const struct remarks *remarks);
unsigned remarks_count(struct remarks *remarks, int64_t now, bool end);

#endif
