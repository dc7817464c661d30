/*
 * inquiry - the question about the other side, in the full screen: whether it is seen, and what is an answer to it.
 *
 * What was typed before a person sees it is none.
 */
#ifndef INQUIRY_H
#define INQUIRY_H

#include <stdbool.h>

#include "base/buffer.h"
#include "screen/status.h"
#include "talk/talk.h"

struct inquiry {
	unsigned shown;	     /* whose was brought into view; 0: none */
	unsigned asked;	     /* whose the person sees, and can answer; 0: none */
	bool has_room;	     /* for the question on the screen */
	struct buffer draft; /* what was in the input line when it could be answered */
};

/* Whether there is one that has not been brought into view yet, and now has to be. */
bool inquiry_comes(struct inquiry *inquiry, struct talk *talk);

/* Whether there is one that can be seen and not be answered yet. */
bool inquiry_waits(const struct inquiry *inquiry, const struct talk *talk);

/* The person sees it, and has pressed no key since: it can be answered from now on. */
void inquiry_open(struct inquiry *inquiry, const struct talk *talk);

/* It cannot be seen: what is typed is no answer. */
void inquiry_close(struct inquiry *inquiry);

/*
 * Sees to a line that was typed while there is a question.  False if it is no answer, as the question could not be
 * answered.  One that was begun before, too, is put back, to be looked at.
 */
bool inquiry_takes(struct inquiry *inquiry, struct talk *talk, struct span line);

/* What the status bar says of it; id is who is there. */
enum status_question inquiry_status(const struct inquiry *inquiry, unsigned id);

void inquiry_free(struct inquiry *inquiry);

#endif
