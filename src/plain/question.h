/*
 * question - with -t: the question of trust, on the terminal, whatever standard input is.
 */
#ifndef QUESTION_H
#define QUESTION_H

#include <stdbool.h>

#include "base/polls.h"
#include "talk/talk.h"

struct question {
	struct talk *talk;
	int terminal;	/* while somebody is agreed with; or -1 */
	bool looked;	/* whether there is one */
	unsigned asked; /* about whom */
	char answer[1024]; /* what has been typed of it: so many bytes, more than any has */
	size_t length;
	bool dropping;	/* what is said is about the terminal's own lines, and not for it */
	int slot;
};

void question_init(struct question *question, struct talk *talk);

void question_poll(struct question *question, struct polls *polls);

/* Asks, once there is something to ask, and takes the answer. */
void question_step(struct question *question, const struct polls *polls);

/* Says on the terminal what is said on standard error, where that is not the terminal and belongs to a question. */
void question_say(struct question *question, const char *text);

#endif
