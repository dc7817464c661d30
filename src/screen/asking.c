#include <config.h>

#include <string.h>

#include "screen/asking.h"
#include "screen/input.h"

/* Whom the question is about; 0: there is none. */
static unsigned
whom(const struct asking *a, const struct talk *talk)
{
	unsigned id = talk_asked(talk);

	return talk_is_group(talk) && id != a->opened ? 0 : id;
}

void
asking_open(struct asking *a, unsigned id)
{
	asking_pause(a);
	a->opened = id;
}

const char *const *
asking_rows(const struct asking *a, const struct talk *talk)
{
	return whom(a, talk) != 0 ? talk_question(talk) : NULL;
}

bool
asking_begins(struct asking *a, const struct talk *talk)
{
	unsigned id = whom(a, talk);

	if (id == 0 || id == a->shown)
		return false;
	a->shown = id;
	return true;
}

void
asking_note_room(struct asking *a, bool has_room)
{
	a->has_room = has_room;
	if (!has_room)
		asking_pause(a);
}

void
asking_pause(struct asking *a)
{
	a->asked = 0;
}

bool
asking_waits(const struct asking *a, const struct talk *talk)
{
	unsigned id = whom(a, talk);

	return id != 0 && id != a->asked && a->has_room;
}

void
asking_note_seen(struct asking *a, const struct talk *talk, const char *typed)
{
	a->asked = whom(a, talk);
	buffer_free(&a->draft);
	buffer_add(&a->draft, typed, strlen(typed));
}

bool
asking_takes(struct asking *a, struct talk *talk, struct span line)
{
	size_t drafted = buffer_length(&a->draft);
	unsigned id = whom(a, talk);
	bool begun_before;

	if (id == 0 || id != a->asked)
		return false;
	begun_before = drafted > 0 && line.length >= drafted &&
		       memcmp(line.text, buffer_data(&a->draft), drafted) == 0;
	buffer_free(&a->draft);
	if (begun_before) {
		talk_notice(talk, VOICE_QUESTION,
			    "that was begun before the question, is it the answer? then once more");
		input_put_back(false);
	} else {
		talk_answer(talk, line.text, line.length);
	}
	return true;
}

enum status_question
asking_status(const struct asking *a, const struct talk *talk, const struct talk_view *view)
{
	if (talk_is_group(talk) && a->opened == 0)
		return STATUS_WAITS;
	if (!a->has_room)
		return STATUS_HIDDEN;
	return a->asked == view->id ? STATUS_ASKED : STATUS_NOT_ASKED;
}

void
asking_free(struct asking *a)
{
	buffer_free(&a->draft);
}
