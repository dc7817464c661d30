#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "base/secluded.h"
#include "link/birth.h"
#include "link/cell.h"
#include "talk/inside.h"
#include "trust/bare.h"

#define REST_MS 1000 /* so long nobody is let in after one who came to nothing, and may try again and again */

/* --- Who comes and goes. --- */

struct party *
talk_next(const struct talk *t, const struct party *after)
{
	return after == NULL ? STAILQ_FIRST(&t->parties) : STAILQ_NEXT(after, entry);
}

struct party *
talk_find(const struct talk *t, enum party_state state)
{
	struct party *p;

	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (p->state == state)
			return p;
	return NULL;
}

static void
drop(struct talk *t, struct party *p)
{
	STAILQ_REMOVE(&t->parties, p, party, entry);
	party_free(p);
	if (t->spare == NULL)
		t->spare = p;
	else
		secluded_free(p, sizeof *p);
#if defined(__GLIBC__)
	malloc_trim(0); /* else what a long queue took stays with a server, and with each listener to come */
#endif
}

void
talk_clear(struct talk *t)
{
	while (!STAILQ_EMPTY(&t->parties))
		drop(t, STAILQ_FIRST(&t->parties));
}

/* So many others at once, at most. */
static unsigned
most_members(const struct talk *t)
{
	return t->room != NULL ? t->base->call->members : t->options->members;
}

/* How many are asked about who are no members yet. */
static unsigned
count_asked(const struct talk *t)
{
	unsigned count = 0;

	if (t->room == NULL || !t->base->call->tls)
		return 0;
	for (const struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		count += p->state == PARTY_ASKED;
	return count;
}

bool
talk_has_room(const struct talk *t)
{
	return !t->leaving && t->count - count_asked(t) < most_members(t);
}

bool
talk_has_room_soon(const struct talk *t)
{
	return !t->leaving && (talk_find(t, PARTY_CLOSING) != NULL || talk_find(t, PARTY_REAPING) != NULL);
}

/* Says what is to be done about somebody at the door, now or, where it is to wait, later. */
static void
answer_door(struct talk *t)
{
	struct caller *caller = t->base->caller;
	struct party *agreeing = talk_find(t, PARTY_AGREEING); /* the first, who has had the most time */

	if (!caller->knocked)
		return;
	if (talk_has_room(t)) {
		if (clock_until(t->rest) == 0)
			caller_answer(caller, CALLER_ADMIT);
	} else if (agreeing != NULL) {
		if (clock_until(agreeing->makes_room) == 0)
			party_give_way(agreeing);
	} else if (!talk_has_room_soon(t)) {
		caller_answer(caller, CALLER_REFUSE);
	}
}

/* Of too many in a group who are asked about, those give way who have waited longest, and are not looked at. */
static void
limit_asked(struct talk *t)
{
	unsigned asked = count_asked(t);

	for (struct party *p = talk_next(t, NULL); p != NULL && asked > ROOM_ASKED_MAX; p = talk_next(t, p)) {
		if (p->state != PARTY_ASKED || p->question_put)
			continue;
		party_give_way(p);
		asked--;
	}
}

/* When that may be another thing, though nothing else has happened. */
static void
poll_door(const struct talk *t, struct polls *polls)
{
	const struct party *agreeing = talk_find(t, PARTY_AGREEING);

	if (!t->base->caller->knocked)
		return;
	if (talk_has_room(t))
		polls_until(polls, t->rest);
	else if (agreeing != NULL)
		polls_until(polls, agreeing->makes_room);
}

/* Somebody is there. */
static void
meet(struct talk *t, const struct peer *peer)
{
	struct party *p;

	if (t->count == 0) {
		talk_clear(t);
		t->unfinished = false;
	}
	p = t->spare != NULL ? t->spare : secluded_get(sizeof *p);
	*p = (struct party){.talk = t};
	t->spare = NULL;
	t->waiting = t->command_failed = false;
	t->count++;
	STAILQ_INSERT_TAIL(&t->parties, p, entry);
	party_begin(p, t, ++t->last_id, peer);
}

/* Nobody is let in for a while, if somebody is over who may come again and again; not whom the person talked to. */
static void
rest_after(struct talk *t, const struct party *p)
{
	bool recorded = p->question_put || (t->options->ear == EAR_PIPE && !p->came_to_nothing);
	bool answered = !p->came_to_nothing && t->stream > p->joined;

	if (p->came_to_nothing)
		t->rest = clock_now() + REST_MS;
	if (t->room != NULL || p->is_known || answered || !recorded)
		return;
	allowance_take(&t->visits);
	if (allowance_next(&t->visits) > t->rest)
		t->rest = allowance_next(&t->visits);
}

/*
 * Whether somebody was but a stranger at the door, who does not count: with -t there can be others until one is agreed
 * with, unless who was refused is all that there can be to decide.
 */
static bool
was_stranger(const struct talk *t, const struct party *p)
{
	const struct call_options *call = t->base->call;

	if (call->role != ROLE_SERVER || !call->tls || call->once || !p->came_to_nothing || t->leaving)
		return false;
	return !p->unasked && (t->base->trust->pin_count == 0 || *p->trust.fingerprint == '\0');
}

/* Somebody is over: what comes next? */
static void
go_on_without(struct talk *t, struct party *p)
{
	const struct talk_base *base = t->base;
	bool stranger = was_stranger(t, p), repeats = talk_repeats_after(t, p), announced = p->announced;
	/* Nobody else is heard either, if it is so; where the lines are read here, it was but this one's pipe. */
	bool unshown = !p->came_to_nothing && p->link.ending.how == ENDING_OUTPUT && t->options->ear != EAR_PIPE;

	if (base->call->role == ROLE_CLIENT && !repeats)
		party_announce(p);
	t->count--;
	if (t->room != NULL)
		t->status |= p->status;
	else if (!stranger)
		t->status = p->status;
	rest_after(t, p);
	if (!announced && !p->turned_away && base->call->role == ROLE_SERVER)
		strangers_count(&t->callers, p->peer.host, p->peer.place);
	if (unshown)
		t->leaving = true;
	if (t->room != NULL)
		t->room->left_untold |= announced;
	if (t->count > 0)
		return;
	caller_end_command(base->caller);
	if (!repeats)
		talk_stop_repeating(t, p);
	if (!base->call->keep && !stranger && !repeats)
		t->leaving = true;
	if (!t->leaving && caller_is_done(base->caller)) { /* nobody can come, as was said */
		t->leaving = true;
		t->status = 1;
	}
	setproctitle(NULL);
	if (t->leaving)
		talk_sum_up(t);
	else if (base->call->role == ROLE_SERVER || t->calls_next)
		talk_wait_for_next(t, t->room != NULL ? room_tells_empty(t) : announced);
	else
		talk_call_later(t, p, repeats);
}

/* Does what follows from it that some are over.  The last one stays in view. */
static void
bury(struct talk *t)
{
	struct party *p, *next;

	for (p = talk_next(t, NULL); p != NULL; p = next) {
		next = talk_next(t, p);
		if (p->state != PARTY_OVER || p->buried)
			continue;
		p->buried = true;
		go_on_without(t, p);
		if (t->waiting) /* none of them is left */
			break;
		if (t->count > 0)
			drop(t, p);
	}
}

/* Nobody will be there any more. */
static void
fail_to_call(struct talk *t)
{
	if (!t->leaving)
		talk_notice(t, VOICE_ALARM, "%s", t->base->caller->error);
	if (t->waiting || t->redial.due != CLOCK_NEVER) {
		t->waiting = false;
		t->leaving = true;
		t->status = 1;
		redial_stop(&t->redial);
		talk_stop_repeating(t, NULL);
	}
	t->again_until = 0;
}

/* Hears what the caller has to say.  Returns whether there is something to be shown. */
static bool
hear_caller(struct talk *t, const struct polls *polls)
{
	struct peer peer;

	switch (caller_step(t->base->caller, polls, &peer)) {
	case CALLER_NOTHING:
		return false;
	case CALLER_CONNECTED:
		if ((t->count == 0 && !t->waiting) || !talk_has_room(t)) {
			socket_close(peer.socket); /* it is not wanted any more */
			caller_end_command(t->base->caller);
		} else if (!talk_bars(t, &peer))
			meet(t, &peer);
		break;
	case CALLER_REFUSED:
		return talk_tell_refused(t, &peer);
	case CALLER_SAID:
		talk_notice(t, VOICE_NOTICE, "%s", t->base->caller->error);
		break;
	case CALLER_ENDED:
		if (*t->base->caller->error == '\0')
			return false;
		talk_notice(t, VOICE_ALARM, "%s", t->base->caller->error);
		t->command_failed = true;
		break;
	case CALLER_TROUBLED:
		if (strangers_may_tell(&t->troubles)) {
			talk_notice(t, VOICE_ALARM, "%s", t->base->caller->error);
			break;
		}
		strangers_count(&t->troubles, t->base->caller->error, t->base->caller->error);
		return false;
	case CALLER_ANNOUNCED:
		if (!strangers_may_tell(&t->troubles))
			return false;
		talk_notice(t, VOICE_NOTICE, "%s", t->base->caller->error);
		break;
	case CALLER_UNREACHED:
		talk_go_unanswered(t);
		break;
	case CALLER_FAILED:
		fail_to_call(t);
		break;
	}
	return true;
}

/* Hears that the process which holds the key has died: nobody can be agreed with any more, so nobody need come. */
static bool
hear_key(struct talk *t, const struct polls *polls)
{
	char text[sizeof t->base->caller->error];

	if (!trust_step_key(polls, text, sizeof text))
		return false;
	caller_close(t->base->caller);
	strlcpy(t->base->caller->error, text, sizeof t->base->caller->error);
	fail_to_call(t);
	return true;
}

void
talk_follow(struct talk *t)
{
	const struct talk_base *base = t->base;
	bool undecided;

	limit_asked(t);
	bury(t);
	answer_door(t); /* somebody may have to make room */
	bury(t);
	undecided = !caller_is_done(base->caller) || talk_find(t, PARTY_AGREEING) != NULL ||
		    talk_find(t, PARTY_ASKED) != NULL;
	if (base->call->tls && !undecided) /* one's own key is of no use any more */
		trust_close();
	/* Keys are known from files, and the terminal to ask on is one, as long as somebody may come. */
	confine_speaker(t->options->needs_files || (undecided && (base->call->tls || bare_is_known())));
	talk_flush(t);
}

/* --- All of it. --- */

struct talk *
talk_new(const struct talk_base *base, const struct talk_options *o, const struct talk_face *face, char *error,
	 size_t size)
{
	struct talk *t;

	if (base->call->group && !room_fits(base->call->members, error, size))
		return NULL;
	if (o->ear != EAR_SELF && birth_prepare(o->unseen && o->output != -1) == -1) {
		bilingual_print(error, size, "cannot prepare the listener's confinement: %s", bilingual_error(errno));
		return NULL;
	}
	if (caller_open(base->caller) == -1) {
		bilingual_print(error, size, "%s", base->caller->error);
		return NULL;
	}
	if ((t = calloc(1, sizeof *t)) == NULL)
		fatal("cannot get memory");
	t->spare = secluded_get(sizeof *t->spare);
	t->base = base;
	t->options = o;
	t->face = face;
	record_init(&t->record, o->history, base->log);
	STAILQ_INIT(&t->parties);
	STAILQ_INIT(&t->arrears);
	if (base->call->group)
		room_open(t);
	return t;
}

/* Tells what a command said before there was anything to tell it in; in plain mode it stands there already. */
static void
tell_early(struct talk *t)
{
	struct buffer *early = &t->base->caller->early;

	for (const char *text; buffer_length(early) > 0; buffer_drop(early, strlen(text) + 1)) {
		text = buffer_data(early);
		if (t->options->ear == EAR_PIPE)
			talk_notice(t, VOICE_NOTICE, "%s", text);
		else
			log_notice(t->record.log, text);
	}
}

void
talk_begin(struct talk *t)
{
	const struct talk_base *base = t->base;

	talk_follow(t);
	tell_early(t);
	if (base->call->tls)
		trust_introduce(base->trust, talk_say_text, t);
	else
		bare_introduce(talk_say_text, t);
	if (log_exposed(base->log) != NULL)
		talk_notice(t, VOICE_ALARM, "others can read the log %s (chmod 600)", log_exposed(base->log));
	if (cell_missing() != NULL)
		talk_notice(t, VOICE_NOTICE, "this kernel does not have %s: the listener is less confined",
			 bilingual(cell_missing()));
	redial_stop(&t->redial);
	if (t->options->invites)
		talk_invite(t);
	talk_wait_for_next(t, true);
}

void
talk_poll(struct talk *t, struct polls *polls)
{
	struct party *p;

	caller_poll(t->base->caller, polls);
	trust_poll_key(polls);
	log_poll(t->record.log, polls);
	poll_door(t, polls);
	talk_poll_calling(t, polls);
	polls_until(polls, talk_sum_is_due(t));
	if (t->room != NULL)
		room_poll(t, polls);
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		party_poll(p, polls);
}

bool
talk_step(struct talk *t, const struct polls *polls)
{
	unsigned count = t->count;
	bool changed = false;
	struct party *p;

	if (t->room != NULL)
		relay_look(t, polls);
	/* Those who are there go first: what they say may be the last thing before they make room. */
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		changed |= party_step(p, polls);
	changed |= hear_caller(t, polls);
	changed |= hear_key(t, polls);
	if (t->room != NULL)
		changed |= room_step(t);
	talk_follow(t);
	changed |= talk_step_calling(t);
	if (clock_until(talk_sum_is_due(t)) == 0) {
		talk_sum_up(t);
		changed = true;
	}
	return changed || t->count != count; /* somebody may have had to make room */
}

bool
talk_is_over(const struct talk *t)
{
	return t->count == 0 && !t->waiting && (t->base->call->keep || t->redial.due == CLOCK_NEVER) &&
	       !t->base->caller->attends;
}

int
talk_status(const struct talk *t)
{
	return t->command_failed ? 1 : t->status;
}

void
talk_free(struct talk *t)
{
	talk_clear(t);
	room_close(t);
	record_free(&t->record);
	arrears_free(&t->arrears);
	buffer_free(&t->unheard);
	secluded_free(t->spare, sizeof *t->spare);
	free(t);
}

/* --- Leaving. --- */

void
talk_leave(struct talk *t, int ms)
{
	struct party *p;

	t->leaving = true;
	t->waiting = false;
	t->again_until = 0;
	redial_stop(&t->redial);
	if (t->count == 0)
		talk_stop_repeating(t, NULL);
	talk_sum_up(t);
	if (t->room != NULL)
		room_end(t);
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		bool agreeing = p->state == PARTY_AGREEING;

		if (agreeing || p->state == PARTY_ASKED)
			party_refuse(p, "");
		if (agreeing && !p->trust.bare) /* it is as if nobody had answered; else the line was busy */
			p->status = 0;
		party_close(p, ms);
	}
	talk_follow(t);
}

void
talk_part(struct talk *t)
{
	struct party *p;

	t->again_until = 0;
	if (t->count == 0 && !(t->base->call->keep && talk_stop_calling(t)))
		talk_notice(t, VOICE_NOTICE, "there is nobody to hang up on");
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		bool answers = p->state == PARTY_ASKED && p->question_put; /* which is told */

		if (p->state < PARTY_CLOSING && !answers) {
			party_announce(p);
			talk_notice(t, VOICE_NOTICE, "hanging up on %s", p->peer.name);
		}
		if (p->state == PARTY_AGREEING || p->state == PARTY_ASKED)
			party_refuse(p, "");
		else if (p->state == PARTY_CLOSING)
			party_hang_up(p);
		else
			party_close(p, TALK_LEAVE_MS);
	}
	talk_follow(t);
}

void
talk_hang_up(struct talk *t)
{
	struct party *p;

	talk_leave(t, 0); /* who is not talking yet goes, too */
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		party_hang_up(p);
	talk_follow(t);
}

