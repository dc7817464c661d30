/*
 * addressee - whom the line that is being typed is for: who was there, or was there last, when it was begun.
 *
 * Somebody else may be there when Enter is pressed.  Then the line stays, and the person is told who it is; once
 * that can be seen, the line is for them, and Enter sends it.
 */
#ifndef ADDRESSEE_H
#define ADDRESSEE_H

#include "talk/talk.h"

struct addressee {
	struct talk_whom reader; /* when keys were last read */
	struct talk_whom begun;	 /* when the line was begun */
	unsigned named;		 /* of whom the person has been told, and perhaps does not see it yet; 0: nobody */
};

/* Keys have been read, and are about to be worked through. */
void addressee_note_keys(struct addressee *addressee, const struct talk *talk);

/* A key has been worked through: if it has left nothing of the line, another one begins. */
void addressee_note_key(struct addressee *addressee);

/* Whether the line, which is complete, can be sent; if not, says why, and puts it back. */
bool addressee_lets_send(struct addressee *addressee, struct talk *talk);

/* The person sees all that was said, and has pressed no key since. */
void addressee_note_seen(struct addressee *addressee, const struct talk *talk);

#endif
