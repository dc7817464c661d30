#include <config.h>

#include "base/bilingual.h"
#include "screen/addressee.h"
#include "screen/input.h"

void
addressee_note_keys(struct addressee *a, const struct talk *talk)
{
	a->reader = talk_whom(talk);
	a->told = false;
	if (!input_is_pending()) /* keys can wait for a pager, or for the end of a paste: those are for who was there */
		addressee_note_key(a);
}

void
addressee_note_key(struct addressee *a)
{
	if (!input_is_empty())
		return;
	a->begun = a->reader;
	a->named = 0;
}

/* Whether the line is for who is there now; if not, says who that is. */
static bool
is_for_them(struct addressee *a, struct talk *talk)
{
	struct talk_view view;

	if (!talk_has_changed(talk, &a->begun) || !talk_view(talk, 0, &view))
		return true;
	a->named = view.id;
	talk_notice(talk, VOICE_QUESTION, "that was begun before %s came: Enter again sends it", view.name);
	return false;
}

void
addressee_say_refused(struct talk *talk, enum talk_sent why, bool sees_question)
{
	struct talk_view view = {.name = ""};

	switch (why) {
	case TALK_SENT:
		break;
	case TALK_QUESTION:
		talk_notice(talk, VOICE_QUESTION,
			    sees_question ? N_("that was typed before the question: it stays in the input line")
					  : N_("there is no room for the question: that stays in the input line"));
		break;
	case TALK_NOBODY:
		talk_notice(talk, VOICE_NOTICE, "nobody is there to read that: it stays in the input line");
		break;
	case TALK_FULL:
		(void)talk_view(talk, 0, &view);
		talk_notice(talk, VOICE_NOTICE, "%s takes nothing and the queue is full: that stays in the input line",
			    talk_is_group(talk) ? bilingual("somebody") : view.name);
		break;
	}
}

bool
addressee_send(struct addressee *a, struct talk *talk, struct span line, bool sees_question)
{
	enum talk_sent sent;

	if (!is_for_them(a, talk)) {
		input_put_back(false);
		return false;
	}
	sent = talk_send(talk, line.text, line.length);
	if (sent == TALK_SENT)
		return true;
	if (!a->told)
		addressee_say_refused(talk, sent, sees_question);
	a->told = true;
	input_put_back(true);
	return false;
}

void
addressee_note_seen(struct addressee *a, const struct talk *talk)
{
	struct talk_whom now = talk_whom(talk);

	if (a->named == 0 || a->named != now.id)
		return;
	a->begun = now;
	a->named = 0;
}
