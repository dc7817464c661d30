/*
 * asking - the question of trust on the screen: whether it can be seen, and so be answered, and which line answers it.
 *
 * What was typed before it could be seen is no answer, whatever it says.
 */
#ifndef ASKING_H
#define ASKING_H

#include <stdbool.h>

#include "base/buffer.h"
#include "screen/status.h"
#include "talk/talk.h"

struct asking {
	bool has_room;	     /* for the question on the screen, if there is one */
	unsigned opened;     /* of a group: whose the person has opened (screen/knock.h); 0: nobody's */
	unsigned shown;	     /* whose was brought into view */
	unsigned asked;	     /* whose the person sees, and can answer; 0: nobody's */
	struct buffer draft; /* what was in the input line then */
};

/* Whether a question has come that was not brought into view, and has to be now, whatever is looked at. */
bool asking_begins(struct asking *asking, const struct talk *talk);

/* Of a group: the one about that one is open now, or none is (0). */
void asking_open(struct asking *asking, unsigned id);

/* The rows of the question, if there is one (talk_question). */
const char *const *asking_rows(const struct asking *asking, const struct talk *talk);

/* The screen is about to be drawn, with room for a question or without. */
void asking_note_room(struct asking *asking, bool has_room);

/* Something else has the screen: until the question is seen again, nothing is an answer. */
void asking_pause(struct asking *asking);

/* Whether there is one for which there is room, and the person may not have seen it yet. */
bool asking_waits(const struct asking *asking, const struct talk *talk);

/* The person sees that one, and has pressed no key since; what is in the input line by now, typed, is no answer. */
void asking_note_seen(struct asking *asking, const struct talk *talk, const char *typed);

/*
 * Takes a line for the answer, if the question can be answered; unless it was begun before, as that has to be looked
 * at: then it is put back.  False: it is a line like any other.
 */
bool asking_takes(struct asking *asking, struct talk *talk, struct span line);

/* What can be done about the question, if somebody is there whom it is about. */
enum status_question asking_status(const struct asking *asking, const struct talk *talk, const struct talk_view *view);

/* Gives the memory back. */
void asking_free(struct asking *asking);

#endif
