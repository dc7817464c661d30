#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/clock.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "link/birth.h"
#include "link/cell.h"
#include "talk/inside.h"
#include "talk/invite.h"
#include "trust/bare.h"

#define REST_MS 1000 /* so long nobody is let in after one who came to nothing, and may try again and again */

/* --- What is said, and recorded. --- */

static void __attribute__((format(printf, 3, 0)))
say(struct talk *t, enum voice voice, const char *format, va_list arguments)
{
	char text[RECORD_NOTICE_MAX];

	record_notice(&t->record, voice, text, format, arguments);
	t->face->say(t->face->context, voice, text);
}

/* Says what has to do with the log itself. */
static void __attribute__((format(printf, 2, 3)))
say_unlogged(struct talk *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(t, VOICE_ALARM, format, arguments);
	va_end(arguments);
}

/* Says why the log has failed, if it has (0: not). */
static void
tell_log_failed(struct talk *t, int cause)
{
	if (cause != 0)
		say_unlogged(t, "cannot write to the log; the conversation goes on without it: %s", strerror(cause));
}

void
talk_flush(struct talk *t)
{
	tell_log_failed(t, log_flush(t->record.log));
}

void
talk_log_fails(struct talk *t, int cause)
{
	tell_log_failed(t, log_fails(t->record.log, cause));
}

void
talk_notice(struct talk *t, enum voice voice, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(t, voice, format, arguments);
	va_end(arguments);
	talk_flush(t);
}

void
talk_put_question(struct talk *t, const char *text)
{
	log_line(t->record.log, VOICE_NOTICE, text, strlen(text));
	t->face->say(t->face->context, VOICE_QUESTION, text);
	talk_flush(t);
}

/* Says what to tell the other person.  It is not for the log: it is no part of the conversation. */
static void
say_invitation(struct talk *t)
{
	for (const char *const *row = invite_rows(t->base); *row != NULL; row++) {
		record_unlogged(&t->record, VOICE_NOTICE, *row);
		t->face->say(t->face->context, VOICE_NOTICE, *row);
	}
}

void
talk_say_text(void *talk, enum voice voice, const char *text)
{
	talk_notice(talk, voice, "%s", text);
}

void
talk_say_apart(struct talk *t, enum voice voice, const char *shown, const char *logged)
{
	record_unlogged(&t->record, voice, shown);
	log_line(t->record.log, VOICE_NOTICE, logged, strlen(logged));
	t->face->say(t->face->context, voice, shown);
	talk_flush(t);
}

/* Says how many strangers were not told of: what one has done, or many. */
static void
sum_up(struct talk *t, struct strangers *s, enum voice voice, const char *one, const char *many)
{
	char shown[sizeof s->last + 128], logged[sizeof s->logged + 128];
	const char *what = s->count == 1 ? one : many;

	snprintf(shown, sizeof shown, "%u more %s: %s", s->count, what, s->last);
	snprintf(logged, sizeof logged, "%u more %s: %s", s->count, what, s->logged);
	if (s->count > 0)
		talk_say_apart(t, voice, shown, logged);
	s->count = 0;
}

void
talk_sum_up(struct talk *t)
{
	sum_up(t, &t->callers, VOICE_NOTICE, "called", "called, the last of them");
	sum_up(t, &t->refused, VOICE_NOTICE, "called while the line was busy",
	       "called while the line was busy, the last of them");
	sum_up(t, &t->troubles, VOICE_ALARM, "time", "times");
}

/* When that is to be done, if nothing else is said before. */
static int64_t
sum_is_due(const struct talk *t)
{
	const struct strangers *const all[] = {&t->callers, &t->refused, &t->troubles};
	int64_t due = CLOCK_NEVER;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strangers_due(all[i]) < due)
			due = strangers_due(all[i]);
	return due;
}

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
	if (t->spare != NULL) {
		free(p);
	} else {
		*p = (struct party){.talk = NULL};
		t->spare = p;
	}
#if defined(__GLIBC__)
	malloc_trim(0); /* else what a long queue took stays with a server, and with each listener to come */
#endif
}

/* Begins to wait for the next one, or to call, for so many milliseconds (caller_call). */
static void
begin_waiting(struct talk *t, int64_t patience)
{
	while (!STAILQ_EMPTY(&t->parties))
		drop(t, STAILQ_FIRST(&t->parties));
	t->waiting = true;
	t->calls_next = t->by_itself = false;
	t->redial.due = CLOCK_NEVER;
	if (t->base->call->role == ROLE_CLIENT)
		caller_call(t->base->caller, patience);
}

/* The same, anew, and says so, unless it was not even said that somebody was there. */
static void
wait_for_next(struct talk *t, bool says)
{
	int64_t patience = (int64_t)t->base->call->wait * 1000;
	char text[512];

	t->again = false;
	t->again_until = patience > 0 ? clock_now() + patience : 0;
	begin_waiting(t, patience);
	talk_describe(t, text, sizeof text);
	if (says)
		talk_notice(t, VOICE_NOTICE, "%s", text);
}

static bool
has_room(const struct talk *t)
{
	return !t->leaving && t->count < t->options->members;
}

/* Whether there will be room for another one in a moment: whoever is there is about to go. */
static bool
has_room_soon(const struct talk *t)
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
	if (has_room(t)) {
		if (clock_until(t->rest) == 0)
			caller_answer(caller, CALLER_ADMIT);
	} else if (agreeing != NULL) {
		if (clock_until(agreeing->makes_room) == 0)
			party_give_way(agreeing);
	} else if (!has_room_soon(t)) {
		caller_answer(caller, CALLER_REFUSE);
	}
}

/* When that may be another thing, though nothing else has happened. */
static void
poll_door(const struct talk *t, struct polls *polls)
{
	const struct party *agreeing = talk_find(t, PARTY_AGREEING);

	if (!t->base->caller->knocked)
		return;
	if (has_room(t))
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
		while (!STAILQ_EMPTY(&t->parties))
			drop(t, STAILQ_FIRST(&t->parties));
		t->unfinished = false;
	}
	p = t->spare != NULL ? t->spare : calloc(1, sizeof *p);
	if (p == NULL)
		fatal("cannot get memory");
	t->spare = NULL;
	t->waiting = false;
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
	if (p->is_known || answered || !recorded)
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

/* The line was busy: in a moment it is called again, which is said once. */
static void
call_again_later(struct talk *t)
{
	int seconds = (clock_until(t->again_until) + 999) / 1000;

	if (!t->again)
		talk_notice(t, VOICE_NOTICE, "calling again while the line is busy, for up to %d s", seconds);
	t->again = true;
	t->redial.due = clock_now() + REDIAL_BUSY_MS;
}

/* Whether the line would be called again, as it was busy, but it has said so after it was taken for a conversation. */
static bool
was_busy_too_late(const struct talk *t, const struct party *p)
{
	return was_busy(p) && !t->base->call->keep && t->again_until - clock_now() > REDIAL_BUSY_MS;
}

/* The line is not called again, so what was kept for that is lost, which is said. */
static void
stop_repeating(struct talk *t)
{
	char lost[64];

	talk_describe_lost(t, lost, sizeof lost);
	if (*lost != '\0')
		talk_notice(t, VOICE_ALARM, "%s", lost);
	buffer_free(&t->unheard);
	t->again = t->finished = false;
}

/* Somebody is over: what comes next? */
static void
go_on_without(struct talk *t, struct party *p)
{
	const struct talk_base *base = t->base;
	bool unshown = !p->came_to_nothing && p->link.ending.how == ENDING_OUTPUT, announced = p->announced;
	bool stranger = was_stranger(t, p), again = was_busy(p) && talk_calls_again(t);

	if (base->call->role == ROLE_CLIENT && !again)
		party_announce(p);
	t->count--;
	if (!stranger)
		t->status = p->status;
	rest_after(t, p);
	if (!announced && base->call->role == ROLE_SERVER)
		strangers_count(&t->callers, p->peer.host, p->peer.place);
	if (unshown)
		t->leaving = true;
	if (t->count > 0)
		return;
	if (!again && was_busy_too_late(t, p))
		talk_notice(t, VOICE_ALARM, "not called again: what it was sent is not kept any more");
	if (!again)
		stop_repeating(t);
	if (!base->call->keep && !stranger && !again)
		t->leaving = true;
	if (!t->leaving && caller_is_done(base->caller)) { /* nobody can come, as was said */
		t->leaving = true;
		t->status = 1;
	}
	setproctitle(NULL);
	if (t->leaving)
		talk_sum_up(t);
	else if (base->call->role == ROLE_SERVER || t->calls_next)
		wait_for_next(t, announced);
	else if (again)
		call_again_later(t);
	else if (redials_after(t, p))
		redial_later(&t->redial, p->came_to_nothing ? 0 : clock_now() - p->began, clock_now(), arc4random());
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
		stop_repeating(t);
	}
	t->again_until = 0;
}

/* Nobody has answered the call. */
static void
go_uncalled(struct talk *t)
{
	const char *error = t->base->caller->error;

	if (!t->waiting)
		return;
	if (!t->by_itself || t->again || strcmp(t->unreached, error) != 0)
		talk_notice(t, VOICE_ALARM, "%s", error);
	strlcpy(t->unreached, error, sizeof t->unreached);
	t->waiting = false;
	t->status = 1;
	stop_repeating(t);
	if (t->base->call->redial)
		redial_later(&t->redial, 0, clock_now(), arc4random());
}

/* Somebody has found the line busy. */
static void
tell_refused(struct talk *t, const struct peer *peer)
{
	char shown[sizeof peer->host + 64], logged[sizeof peer->place + 64];

	snprintf(shown, sizeof shown, "%s called while the line was busy", peer->host);
	snprintf(logged, sizeof logged, "%s called while the line was busy", peer->place);
	talk_say_apart(t, VOICE_NOTICE, shown, logged);
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
		if ((t->count == 0 && !t->waiting) || t->leaving || t->count == t->options->members)
			socket_close(peer.socket); /* it is not wanted any more */
		else
			meet(t, &peer);
		break;
	case CALLER_REFUSED:
		if (strangers_may_tell(&t->refused)) {
			tell_refused(t, &peer);
			break;
		}
		strangers_count(&t->refused, peer.host, peer.place);
		return false;
	case CALLER_TROUBLED:
		if (strangers_may_tell(&t->troubles)) {
			talk_notice(t, VOICE_ALARM, "%s", t->base->caller->error);
			break;
		}
		strangers_count(&t->troubles, t->base->caller->error, t->base->caller->error);
		return false;
	case CALLER_UNREACHED:
		go_uncalled(t);
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
	char text[128];

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

	if (o->ear != EAR_SELF && birth_prepare(o->unseen && o->output != -1) == -1) {
		snprintf(error, size, "cannot prepare the listener's confinement: %s", strerror(errno));
		return NULL;
	}
	if (caller_open(base->caller) == -1) {
		strlcpy(error, base->caller->error, size);
		return NULL;
	}
	if ((t = calloc(1, sizeof *t)) == NULL || (t->spare = calloc(1, sizeof *t->spare)) == NULL)
		fatal("cannot get memory");
	t->base = base;
	t->options = o;
	t->face = face;
	record_init(&t->record, o->history, base->log);
	STAILQ_INIT(&t->parties);
	STAILQ_INIT(&t->arrears);
	return t;
}

void
talk_begin(struct talk *t)
{
	const struct talk_base *base = t->base;

	talk_follow(t);
	if (base->call->tls)
		trust_introduce(base->trust, talk_say_text, t);
	else
		bare_introduce(talk_say_text, t);
	if (log_exposed(base->log) != NULL)
		talk_notice(t, VOICE_ALARM, "others can read the log %s (chmod 600)", log_exposed(base->log));
	if (cell_missing() != NULL)
		talk_notice(t, VOICE_NOTICE, "this kernel does not have %s: the listener is less confined",
			 cell_missing());
	redial_stop(&t->redial);
	if (t->options->invites)
		say_invitation(t);
	wait_for_next(t, true);
}

/* When the line is to be called again, or that is a second nearer. */
static void
poll_redial(const struct talk *t, struct polls *polls)
{
	int left = clock_until(t->redial.due);

	if (left != -1)
		polls_within(polls, left > 0 ? (left - 1) % 1000 + 1 : 0);
}

/* Calls again, if that is due.  Returns whether there is something to be shown. */
static bool
step_redial(struct talk *t)
{
	bool due = t->redial.due != CLOCK_NEVER && clock_until(t->redial.due) == 0;
	int64_t patience = t->again_until - clock_now();
	int before = t->countdown;

	if (due && t->again) { /* the last call has a moment, too */
		begin_waiting(t, patience > REDIAL_BUSY_MS ? patience : REDIAL_BUSY_MS);
	} else if (due) {
		wait_for_next(t, t->redial.failures == 1);
	}
	t->by_itself |= due;
	return (t->countdown = talk_countdown(t)) != before;
}

void
talk_poll(struct talk *t, struct polls *polls)
{
	struct party *p;

	caller_poll(t->base->caller, polls);
	trust_poll_key(polls);
	log_poll(t->record.log, polls);
	poll_door(t, polls);
	poll_redial(t, polls);
	polls_until(polls, sum_is_due(t));
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		party_poll(p, polls);
}

bool
talk_step(struct talk *t, const struct polls *polls)
{
	unsigned count = t->count;
	bool changed = false;
	struct party *p;

	/* Those who are there go first: what they say may be the last thing before they make room. */
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		changed |= party_step(p, polls);
	changed |= hear_caller(t, polls);
	changed |= hear_key(t, polls);
	talk_follow(t);
	changed |= step_redial(t);
	if (clock_until(sum_is_due(t)) == 0) {
		talk_sum_up(t);
		changed = true;
	}
	return changed || t->count != count; /* somebody may have had to make room */
}

bool
talk_is_over(const struct talk *t)
{
	return t->count == 0 && !t->waiting && (t->base->call->keep || t->redial.due == CLOCK_NEVER);
}

int
talk_status(const struct talk *t)
{
	return t->status;
}

/* --- Calling again. --- */

bool
talk_can_call(const struct talk *t)
{
	const struct call_options *call = t->base->call;

	return call->role == ROLE_CLIENT && call->keep && (t->count == 0 || has_room_soon(t)) && !t->waiting &&
	       !t->leaving && !caller_is_done(t->base->caller);
}

void
talk_call(struct talk *t)
{
	if (!talk_can_call(t))
		return;
	if (t->count == 0)
		wait_for_next(t, true);
	else
		t->calls_next = true;
}

int
talk_countdown(const struct talk *t)
{
	return t->redial.due == CLOCK_NEVER ? -1 : (clock_until(t->redial.due) + 999) / 1000;
}

bool
talk_calls_by_itself(const struct talk *t)
{
	return t->redial.due != CLOCK_NEVER || (t->waiting && t->by_itself);
}

bool
talk_stop_calling(struct talk *t)
{
	const struct call_options *call = t->base->call;
	bool calling = call->role == ROLE_CLIENT && t->waiting, counting = t->redial.due != CLOCK_NEVER;

	redial_stop(&t->redial);
	t->again_until = 0;
	if (calling) {
		caller_stop(t->base->caller);
		t->waiting = false;
		t->status = 1;
	}
	if (calling || counting)
		talk_notice(t, VOICE_NOTICE, "not calling any more");
	return calling || counting;
}

void
talk_close_door(struct talk *t)
{
	t->again = t->finished = false;
	buffer_free(&t->unheard);
	if (!t->base->call->keep && !caller_is_done(t->base->caller))
		caller_close(t->base->caller);
}

void
talk_free(struct talk *t)
{
	while (!STAILQ_EMPTY(&t->parties))
		drop(t, STAILQ_FIRST(&t->parties));
	record_free(&t->record);
	arrears_free(&t->arrears);
	buffer_free(&t->unheard);
	free(t->spare);
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
		stop_repeating(t);
	talk_sum_up(t);
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		bool agreeing = p->state == PARTY_AGREEING; /* it is as if nobody had answered */

		if (agreeing || p->state == PARTY_ASKED)
			party_refuse(p, "");
		if (agreeing)
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
		if (p->state < PARTY_CLOSING) {
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

