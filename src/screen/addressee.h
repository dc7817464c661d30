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
	bool told;		 /* ... and why a line was not sent, and no key has been read since */
};

/* Keys have been read, and are about to be worked through. */
void addressee_note_keys(struct addressee *addressee, const struct talk *talk);

/* A key has been worked through: if it has left nothing of the line, another one begins. */
void addressee_note_key(struct addressee *addressee);

/*
 * Sends a line, which is complete.  False if that cannot be: then it says why, and the line is put back.  sees_question
 * is whether there would be room for a question on the screen.
 */
bool addressee_send(struct addressee *addressee, struct talk *talk, struct span line, bool sees_question);

/* Says why a line was not sent, as addressee_send does. */
void addressee_say_refused(struct talk *talk, enum talk_sent why, bool sees_question);

/* The person sees all that was said, and has pressed no key since. */
void addressee_note_seen(struct addressee *addressee, const struct talk *talk);

#endif
