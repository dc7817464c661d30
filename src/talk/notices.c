#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "talk/inside.h"
#include "talk/invite.h"

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
		say_unlogged(t, "cannot write to the log; the conversation goes on without it: %s", bilingual_error(cause));
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
	char shown[RECORD_NOTICE_MAX];

	log_notice(t->record.log, text);
	filter_language(text, PERSONAL, shown, sizeof shown);
	t->face->say(t->face->context, VOICE_QUESTION, shown);
	talk_flush(t);
}

void
talk_invite(struct talk *t)
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
	char safe[RECORD_NOTICE_MAX];

	filter_language(shown, PERSONAL, safe, sizeof safe);
	record_unlogged(&t->record, voice, safe);
	log_notice(t->record.log, logged);
	t->face->say(t->face->context, voice, safe);
	talk_flush(t);
}

/* --- Strangers who are not told of. --- */

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

/* Tells of somebody who was not let in, and why, or counts it.  Returns whether it was told. */
static bool
tell_or_count(struct talk *t, struct strangers *s, const struct peer *peer, const char *why)
{
	char shown[sizeof peer->host + 64], logged[sizeof peer->place + 64];

	if (!strangers_may_tell(s)) {
		strangers_count(s, peer->host, peer->place);
		return false;
	}
	snprintf(shown, sizeof shown, "%s called%s", peer->host, why);
	snprintf(logged, sizeof logged, "%s called%s", peer->place, why);
	talk_say_apart(t, VOICE_NOTICE, shown, logged);
	return true;
}

bool
talk_tell_refused(struct talk *t, const struct peer *peer)
{
	char why[64];

	snprintf(why, sizeof why, " while %s", talk_busy(t));
	return tell_or_count(t, &t->refused, peer, why);
}

bool
talk_turn_away(struct talk *t, const struct peer *peer)
{
	return tell_or_count(t, &t->banned, peer, ", and is banned");
}

const char *
talk_busy(const struct talk *t)
{
	return t->room != NULL ? "the room was full" : "the line was busy";
}

void
talk_sum_up(struct talk *t)
{
	char one[64], many[96];

	snprintf(one, sizeof one, "called while %s", talk_busy(t));
	snprintf(many, sizeof many, "%s, the last of them", one);
	sum_up(t, &t->callers, VOICE_NOTICE, "called", "called, the last of them");
	sum_up(t, &t->refused, VOICE_NOTICE, one, many);
	sum_up(t, &t->banned, VOICE_NOTICE, "called, and is banned", "called, and are banned, the last of them");
	sum_up(t, &t->troubles, VOICE_ALARM, "time", "times");
}

int64_t
talk_sum_is_due(const struct talk *t)
{
	const struct strangers *const all[] = {&t->callers, &t->refused, &t->banned, &t->troubles};
	int64_t due = CLOCK_NEVER;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strangers_due(all[i]) < due)
			due = strangers_due(all[i]);
	return due;
}
