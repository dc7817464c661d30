#include <config.h>

#include "base/clock.h"
#include "screen/addressee.h"
#include "screen/input.h"
#include "screen/keys.h"
#include "screen/knock.h"

bool
knock_begins(struct knock *k, struct talk *talk)
{
	struct talk_view view;
	unsigned id = talk_asked(talk);

	if (id == 0 || id == k->announced || !talk_view_of(talk, id, &view))
		return false;
	k->announced = id;
	if (clock_until(allowance_next(&k->notices)) > 0)
		return false;
	allowance_take(&k->notices);
	talk_notice(talk, VOICE_QUESTION, "%s asks to come in: F5 answers", view.name);
	return true;
}

static void
open_question(struct knock *k, struct asking *a, struct talk *talk)
{
	if (talk_asked(talk) == 0)
		talk_notice(talk, VOICE_NOTICE, "nobody asks to come in");
	else if (input_set_aside(&k->draft, &k->cursor))
		asking_open(a, talk_asked(talk));
	k->guard = KNOCK_FREE;
}

void
knock_toggle(struct knock *k, struct asking *a, struct talk *talk)
{
	if (a->opened != 0)
		knock_close(k, a);
	else
		open_question(k, a, talk);
}

void
knock_close(struct knock *k, struct asking *a)
{
	if (a->opened == 0)
		return;
	asking_open(a, 0);
	if (input_bring_back(buffer_span(&k->draft), k->cursor))
		buffer_free(&k->draft);
}

bool
knock_follow(struct knock *k, struct asking *a, struct talk *talk)
{
	bool typed = !input_is_empty();

	if (a->opened == 0 || a->opened == talk_asked(talk))
		return false;
	knock_close(k, a);
	if (typed)
		talk_notice(talk, VOICE_QUESTION, "that question is over: what was typed for an answer is dropped");
	k->guard = KNOCK_HOLDS;
	return true;
}

bool
knock_takes_key(struct knock *k, struct asking *a)
{
	static const char *const escape_keys[] = {"\033", NULL};
	struct span key;

	if (a->opened == 0 || !input_take_key(&key))
		return false;
	if (!keys_is_one_of(key, escape_keys)) {
		input_return_key(key);
		return false;
	}
	knock_close(k, a);
	return true;
}

/* Takes the line for the answer: it can be for nobody else. */
static void
take_answer(struct knock *k, struct asking *a, struct talk *talk, struct span line)
{
	if (!asking_takes(a, talk, line)) {
		addressee_say_refused(talk, TALK_QUESTION, a->has_room);
		input_put_back(false);
	} else if (talk_asked(talk) != a->opened) {
		knock_close(k, a);
	}
}

/* Holds a line that may have been meant for an answer: it is put back. */
static void
hold(struct knock *k, struct talk *talk)
{
	k->guard = KNOCK_TOLD;
	talk_notice(talk, VOICE_QUESTION, "that question is over: Enter again says this to all");
	input_put_back(false);
}

bool
knock_takes(struct knock *k, struct asking *a, struct talk *talk, struct span line)
{
	if (a->opened != 0)
		take_answer(k, a, talk, line);
	else if (k->guard != KNOCK_FREE)
		hold(k, talk);
	else
		return false;
	return true;
}

void
knock_note_empty(struct knock *k)
{
	k->guard = KNOCK_FREE;
}

bool
knock_waits(const struct knock *k)
{
	return k->guard == KNOCK_TOLD;
}

void
knock_note_seen(struct knock *k)
{
	if (k->guard == KNOCK_TOLD)
		k->guard = KNOCK_FREE;
}

void
knock_free(struct knock *k)
{
	buffer_free(&k->draft);
}
