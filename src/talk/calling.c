#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "talk/inside.h"

/* --- Waiting, or calling. --- */

/* Begins to wait for the next one, or to call, for so many milliseconds (caller_call). */
static void
begin_waiting(struct talk *t, int64_t patience)
{
	talk_clear(t);
	t->waiting = true;
	t->calls_next = t->by_itself = false;
	t->redial.due = CLOCK_NEVER;
	if (t->base->call->role == ROLE_CLIENT)
		caller_call(t->base->caller, patience);
}

void
talk_wait_for_next(struct talk *t, bool says)
{
	int64_t patience = (int64_t)t->base->call->wait * 1000;
	char text[BILINGUAL_LINE];

	t->again = false;
	t->again_until = patience > 0 ? clock_now() + patience : 0;
	begin_waiting(t, patience);
	call_describe(t->base->call, text, sizeof text);
	if (says && patience > 0)
		talk_notice(t, VOICE_NOTICE, "%s, for up to %u s", text, t->base->call->wait);
	else if (says)
		talk_notice(t, VOICE_NOTICE, "%s", text);
}

void
talk_close_door(struct talk *t)
{
	t->again = t->finished = false;
	buffer_free(&t->unheard);
	if (!t->base->call->keep)
		caller_retire(t->base->caller);
}

/* --- Calling again, after somebody, or nobody. --- */

/* Whether it was busy. */
static bool
was_busy(const struct party *p)
{
	return p->came_to_nothing ? p->trust.busy : p->link.ending.how == ENDING_BUSY;
}

/* Whether a client calls again by itself (-k), now that it is over with somebody. */
static bool
redials_after(const struct talk *t, const struct party *p)
{
	const struct ending *ending = &p->link.ending;

	if (!t->base->call->redial)
		return false;
	return was_busy(p) || (!p->came_to_nothing && (ending->how == ENDING_BROKEN || ending->how == ENDING_CUT));
}

bool
talk_calls_again(const struct talk *t)
{
	return t->again_until - clock_now() > REDIAL_BUSY_MS && !caller_is_done(t->base->caller);
}

bool
talk_sounds(const struct talk *t)
{
	return t->base->call->wait > 0 && !caller_is_done(t->base->caller);
}

/* The line was busy: in a moment it is called again, which is said once. */
static void
repeat_later(struct talk *t)
{
	int seconds = (clock_until(t->again_until) + 999) / 1000;

	if (!t->again)
		talk_notice(t, VOICE_NOTICE, "calling again while the line is busy, for up to %d s", seconds);
	t->again = true;
	t->redial.due = clock_now() + REDIAL_BUSY_MS;
}

bool
talk_repeats_after(const struct talk *t, const struct party *p)
{
	return was_busy(p) && talk_calls_again(t);
}

void
talk_call_later(struct talk *t, const struct party *p, bool repeats)
{
	if (repeats)
		repeat_later(t);
	else if (redials_after(t, p))
		redial_later(&t->redial, p->came_to_nothing ? 0 : clock_now() - p->began, clock_now(), arc4random());
}

/* Whether the line would be called again, as it was busy, but it has said so after it was taken for a conversation. */
static bool
was_busy_too_late(const struct talk *t, const struct party *p)
{
	return was_busy(p) && !t->base->call->keep && t->again_until - clock_now() > REDIAL_BUSY_MS;
}

void
talk_stop_repeating(struct talk *t, const struct party *p)
{
	char lost[BILINGUAL_LINE];

	if (p != NULL && was_busy_too_late(t, p))
		talk_notice(t, VOICE_ALARM, "not called again: what it was sent is not kept any more");
	talk_describe_lost(t, lost, sizeof lost);
	if (*lost != '\0')
		talk_notice(t, VOICE_ALARM, "%s", lost);
	buffer_free(&t->unheard);
	t->again = t->finished = false;
}

void
talk_go_unanswered(struct talk *t)
{
	const char *error = t->base->caller->error;

	if (!t->waiting)
		return;
	if (!t->by_itself || t->again || strcmp(t->unreached, error) != 0)
		talk_notice(t, VOICE_ALARM, "%s", error);
	strlcpy(t->unreached, error, sizeof t->unreached);
	t->waiting = false;
	t->status = 1;
	talk_stop_repeating(t, NULL);
	if (t->base->call->redial)
		redial_later(&t->redial, 0, clock_now(), arc4random());
}

void
talk_poll_calling(const struct talk *t, struct polls *polls)
{
	int left = clock_until(t->redial.due);

	if (left != -1)
		polls_within(polls, left > 0 ? (left - 1) % 1000 + 1 : 0);
}

bool
talk_step_calling(struct talk *t)
{
	bool due = t->redial.due != CLOCK_NEVER && clock_until(t->redial.due) == 0;
	int64_t patience = t->again_until - clock_now();
	int before = t->countdown;

	if (due && t->again) { /* the last call has a moment, too */
		begin_waiting(t, patience > REDIAL_BUSY_MS ? patience : REDIAL_BUSY_MS);
	} else if (due) {
		talk_wait_for_next(t, t->redial.failures == 1);
	}
	t->by_itself |= due;
	return (t->countdown = talk_countdown(t)) != before;
}

/* --- ... as the person wants. --- */

bool
talk_can_call(const struct talk *t)
{
	const struct call_options *call = t->base->call;

	return call->role == ROLE_CLIENT && call->keep && (t->count == 0 || talk_has_room_soon(t)) && !t->waiting &&
	       !t->leaving && !caller_is_done(t->base->caller);
}

void
talk_call(struct talk *t)
{
	if (!talk_can_call(t))
		return;
	if (t->count == 0)
		talk_wait_for_next(t, true);
	else
		t->calls_next = true;
}

int
talk_countdown(const struct talk *t)
{
	return t->redial.due == CLOCK_NEVER ? -1 : (clock_until(t->redial.due) + 999) / 1000;
}

struct party *
talk_in_trial(const struct talk *t)
{
	struct party *p = talk_next(t, NULL);

	return p != NULL && t->again && p->sounding && !p->announced ? p : NULL;
}

bool
talk_calls_by_itself(const struct talk *t)
{
	return t->redial.due != CLOCK_NEVER || (t->waiting && t->by_itself) || talk_in_trial(t) != NULL;
}

bool
talk_stop_calling(struct talk *t)
{
	const struct call_options *call = t->base->call;
	bool calling = call->role == ROLE_CLIENT && t->waiting, counting = t->redial.due != CLOCK_NEVER;
	struct party *trial = talk_in_trial(t);

	redial_stop(&t->redial);
	t->again_until = 0;
	if (trial != NULL) /* else that it was connected to would be said last */
		party_announce(trial);
	if (trial != NULL && trial->state == PARTY_AGREEING)
		party_refuse(trial, "");
	else if (trial != NULL)
		party_close(trial, 0);
	if (calling) {
		caller_stop(t->base->caller);
		t->waiting = false;
		t->status = 1;
	}
	if (calling || counting || trial != NULL)
		talk_notice(t, VOICE_NOTICE, "not calling any more");
	return calling || counting || trial != NULL;
}
