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
	int terminal;	      /* while somebody is agreed with; or -1 */
	bool looked;	      /* whether there is one */
	unsigned asked;	      /* about whom */
	struct buffer answer; /* what has been typed of it */
	struct buffer held;   /* lines that wait until the question is answered */
	size_t unheld;	      /* ... and for how many there was no room */
	bool answering;	      /* what is said is what comes of the answer, and does not wait */
	bool dropping;	      /* what is said is about the terminal's own lines, and not for it */
	int slot;
};

void question_init(struct question *question, struct talk *talk);

void question_poll(struct question *question, struct polls *polls);

/* Asks, once there is something to ask, and takes the answer. */
void question_step(struct question *question, const struct polls *polls);

/*
 * Says something on standard error, and, where that is not the terminal and it belongs to a question, on the terminal.
 * While the person is asked, all but the question waits until that is over: it would push the question away.
 */
void question_say(struct question *question, enum voice voice, const char *text);

/* Says what waits, and gives the terminal back. */
void question_free(struct question *question);

#endif
