/*
 * guests - who is in the group, and who asks to come in: to be looked at, hung up on, and banned.
 *
 * They come and go while they are looked at.  So what is chosen is one of them, not a place in the list, and nothing
 * happens to anybody before the question that names them was seen.
 */
#ifndef GUESTS_H
#define GUESTS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/span.h"
#include "talk/talk.h"

struct guests {
	bool open;
	unsigned chosen; /* the id; 0: there is nobody */
	enum { GUESTS_LOOK, GUESTS_HANG_UP, GUESTS_BAN } act; /* that is asked about */
	bool drawn, seen; /* the question is on the screen, as a whole; ... and the person has seen it */
	bool missed;	 /* whom it was about has gone meanwhile */
	unsigned page;	 /* so many of them are shown */
	struct buffer text; /* of the rows, each with its NUL */
	const char **rows;
};

/* Begins to show them. */
void guests_open(struct guests *guests);

/* Does what a key asks for; one that asks for nothing ends it. */
void guests_press(struct guests *guests, struct talk *talk, struct span key);

/*
 * What there is to be shown in so many rows and columns: rows of text up to a NULL, good until the next call.  Who is
 * chosen is in view, with as many others as there is room for.
 */
const char *const *guests_rows(struct guests *guests, const struct talk *talk, int rows, int columns);

/* Whether a question waits to be seen; and it was, and no key has been pressed since. */
bool guests_wait(const struct guests *guests);
void guests_note_seen(struct guests *guests);

/* Gives the memory back. */
void guests_free(struct guests *guests);

#endif
