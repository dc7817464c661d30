#include <config.h>

#include <string.h>

#include "screen/input.h"
#include "screen/inquiry.h"

/* Who is asked about; 0: nobody. */
static unsigned
subject(const struct talk *talk)
{
	struct talk_view view;

	return talk_view(talk, 0, &view) && view.state == PARTY_ASKED ? view.id : 0;
}

bool
inquiry_comes(struct inquiry *inquiry, struct talk *talk)
{
	unsigned id = subject(talk);

	if (id == 0 || id == inquiry->shown)
		return false;
	inquiry->shown = id;
	talk_ask(talk);
	return true;
}

bool
inquiry_waits(const struct inquiry *inquiry, const struct talk *talk)
{
	unsigned id = subject(talk);

	return id != 0 && id != inquiry->asked && inquiry->has_room;
}

void
inquiry_open(struct inquiry *inquiry, const struct talk *talk)
{
	inquiry->asked = subject(talk);
	buffer_free(&inquiry->draft);
	buffer_add(&inquiry->draft, input_text(), strlen(input_text()));
}

void
inquiry_close(struct inquiry *inquiry)
{
	inquiry->asked = 0;
}

/* Whether a line begins with what had been typed before it could be an answer. */
static bool
was_begun_before(const struct inquiry *inquiry, struct span line)
{
	size_t drafted = buffer_length(&inquiry->draft);

	return drafted > 0 && line.length >= drafted && memcmp(line.text, buffer_data(&inquiry->draft), drafted) == 0;
}

bool
inquiry_takes(struct inquiry *inquiry, struct talk *talk, struct span line)
{
	bool begun_before = was_begun_before(inquiry, line);
	unsigned id = subject(talk);

	if (id == 0 || id != inquiry->asked)
		return false;
	buffer_free(&inquiry->draft);
	if (begun_before) {
		talk_notice(talk, VOICE_QUESTION,
			    "that was begun before the question, is it the answer? then once more");
		input_put_back();
	} else {
		talk_answer(talk, line.text, line.length);
	}
	return true;
}

enum status_question
inquiry_status(const struct inquiry *inquiry, unsigned id)
{
	if (!inquiry->has_room)
		return STATUS_HIDDEN;
	return inquiry->asked == id ? STATUS_ASKED : STATUS_NOT_ASKED;
}

void
inquiry_free(struct inquiry *inquiry)
{
	buffer_free(&inquiry->draft);
}
