#include <config.h>

#include "screen/addressee.h"
#include "screen/input.h"

void
addressee_note_keys(struct addressee *a, const struct talk *talk)
{
	a->reader = talk_whom(talk);
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

bool
addressee_lets_send(struct addressee *a, struct talk *talk)
{
	struct talk_view view;

	if (!talk_has_changed(talk, &a->begun) || !talk_view(talk, 0, &view))
		return true;
	a->named = view.id;
	talk_notice(talk, VOICE_QUESTION, "that was begun before %s came: Enter again sends it",
		    *view.port != '\0' ? view.name : view.host);
	input_put_back(false);
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
