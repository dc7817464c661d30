/*
 * turns - the elementary chat, by alternation: strict turns, line by line, in one process once somebody is there.
 *
 * What is typed ahead is not sent before its turn, and what arrives early is not shown before its
 * turn; neither is lost.  One line is one turn, however long: it is sent, and shown, in parts, and nobody holds all
 * of it.
 */
#ifndef TURNS_H
#define TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/polls.h"
#include "talk/talk.h"
#include "text/label.h"

struct turns {
	struct talk *talk;    /* NULL: nobody was there yet */
	struct buffer typed;  /* read from standard input, not yet sent: of a long line, no more than a part */
	bool mine;	      /* whose turn it is */
	bool input_ended;     /* nothing more can be read */
	bool finished;	      /* ... and that was said to the other side */
	bool over;	      /* nothing is waited for any more */
	struct label label;   /* before what the other side says, */
	char name[LABEL_MAX]; /* with this in it */
	int64_t hint;	      /* when to say that the peer is silent, or CLOCK_NEVER */
	int input;	      /* slot */
};

/* A conversation begins, in a talk of EAR_SELF; mine says who speaks first, labels that their lines have one. */
void turns_begin(struct turns *turns, struct talk *talk, bool mine, bool labels);

/* It was busy, and is called once more: nobody has taken a turn.  If there are no turns, nothing. */
void turns_go_on(struct turns *turns);

void turns_poll(struct turns *turns, struct polls *polls);

/* Takes as many turns as there are lines for. */
void turns_step(struct turns *turns, const struct polls *polls);

void turns_free(struct turns *turns);

#endif
