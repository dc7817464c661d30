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
		say_unlogged(t, "cannot write to the log; the conversation goes on without it: %s",
			     bilingual_error(cause));
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

#define SUM_MAX (BILINGUAL_LINE + 512) /* what there is to say of the last one, and of how many there are */

/* Writes how many strangers were not told of, with what there is to say of the last one. */
static void
print_sum(const struct talk *t, const struct strangers *s, const char *last, char text[SUM_MAX])
{
	if (s == &t->callers)
		bilingual_print_count(text, SUM_MAX, "%u more called: %s", "%u more called, the last of them: %s",
				      s->count, s->count, last);
	else if (s == &t->banned)
		bilingual_print_count(text, SUM_MAX, "%u more called, and is banned: %s",
				      "%u more called, and are banned, the last of them: %s", s->count, s->count, last);
	else if (s == &t->troubles)
		bilingual_print_count(text, SUM_MAX, "%u more time: %s", "%u more times: %s", s->count, s->count, last);
	else if (t->room != NULL)
		bilingual_print_count(text, SUM_MAX, "%u more called while the room was full: %s",
				      "%u more called while the room was full, the last of them: %s", s->count,
				      s->count, last);
	else
		bilingual_print_count(text, SUM_MAX, "%u more called while the line was busy: %s",
				      "%u more called while the line was busy, the last of them: %s", s->count,
				      s->count, last);
}

static void
sum_up(struct talk *t, struct strangers *s, enum voice voice)
{
	char shown[SUM_MAX], logged[SUM_MAX];

	if (s->count == 0)
		return;
	print_sum(t, s, s->last, shown);
	print_sum(t, s, s->logged, logged);
	talk_say_apart(t, voice, shown, logged);
	s->count = 0;
}

/* Writes that somebody was not let in, and why. */
static void
print_call(const struct talk *t, bool banned, const char *who, char text[BILINGUAL_LINE])
{
	bilingual_print(text, BILINGUAL_LINE,
			banned		  ? N_("%s called, and is banned")
			: t->room != NULL ? N_("%s called while the room was full")
					  : N_("%s called while the line was busy"), who);
}

/* Tells of it, or counts it.  Returns whether it was told. */
static bool
tell_or_count(struct talk *t, struct strangers *s, const struct peer *peer)
{
	char shown[BILINGUAL_LINE], logged[BILINGUAL_LINE];

	if (!strangers_may_tell(s)) {
		strangers_count(s, peer->host, peer->place);
		return false;
	}
	print_call(t, s == &t->banned, peer->host, shown);
	print_call(t, s == &t->banned, peer->place, logged);
	talk_say_apart(t, VOICE_NOTICE, shown, logged);
	return true;
}

bool
talk_tell_refused(struct talk *t, const struct peer *peer)
{
	return tell_or_count(t, &t->refused, peer);
}

bool
talk_turn_away(struct talk *t, const struct peer *peer)
{
	return tell_or_count(t, &t->banned, peer);
}

void
talk_sum_up(struct talk *t)
{
	sum_up(t, &t->callers, VOICE_NOTICE);
	sum_up(t, &t->refused, VOICE_NOTICE);
	sum_up(t, &t->banned, VOICE_NOTICE);
	sum_up(t, &t->troubles, VOICE_ALARM);
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
