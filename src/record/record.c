#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "text/filter.h"
#include "record/record.h"

/* A number that is another one on another day. */
static int
day_of(time_t when, struct tm *tm)
{
	localtime_r(&when, tm);
	return tm->tm_year * 366 + tm->tm_yday;
}

void
record_init(struct record *r, size_t max_lines, struct log *log)
{
	struct tm tm;

	*r = (struct record){.history = max_lines > 0 ? history_new(max_lines) : NULL, .log = log};
	r->day = day_of(time(NULL), &tm);
}

/* Adds a line to say which day it is, if it was another one at the last line. */
static void
mark_day(struct record *r, time_t now)
{
	struct tm tm;
	char text[128], safe[3 * sizeof text]; /* a byte that is no UTF-8 becomes three */
	int day;

	if (now == r->looked) /* a day does not change within a second */
		return;
	r->looked = now;
	if ((day = day_of(now, &tm)) == r->day)
		return;
	r->day = day;
	if (strftime(text, sizeof text, _("%A, %Y-%m-%d"), &tm) == 0)
		*text = '\0';
	filter_string(text, safe, sizeof safe); /* LC_TIME can have another character set than LC_CTYPE */
	history_add(r->history, VOICE_NOTICE, now, safe, strlen(safe), 0);
}

/* Adds a line to the history, if there is one. */
static void
add(struct record *r, enum voice voice, time_t now, struct span line, uint64_t stream_end)
{
	if (r->history == NULL)
		return;
	mark_day(r, now);
	history_add(r->history, voice, now, line.text, line.length, stream_end);
}

/* Adds lines; in the log with a name before each, but where that is NULL. */
static size_t
add_lines(struct record *r, enum voice voice, const char *speaker, struct buffer *lines, uint64_t stream_end)
{
	struct span rest = buffer_span(lines), line;
	size_t count = 0, length = 0;
	time_t now = time(NULL);

	while (span_is_complete(line = span_line(&rest))) {
		length += line.length;
		line.length--; /* it is kept without its LF */
		add(r, voice, now, line, stream_end);
		log_line_of(r->log, voice, speaker, line.text, line.length);
		count++;
	}
	buffer_drop(lines, length);
	return count;
}

size_t
record_lines(struct record *r, enum voice voice, struct buffer *lines, uint64_t stream_end)
{
	return add_lines(r, voice, NULL, lines, stream_end);
}

size_t
record_lines_of(struct record *r, const char *speaker, struct buffer *lines)
{
	if (r->history != NULL)
		history_set_speaker(r->history, speaker);
	return add_lines(r, VOICE_PEER, speaker, lines, 0);
}

void
record_unlogged(struct record *r, enum voice voice, const char *safe)
{
	add(r, voice, time(NULL), (struct span){safe, strlen(safe)}, 0);
}

void
record_notice(struct record *r, enum voice voice, char safe[RECORD_NOTICE_MAX], const char *format,
	      va_list arguments)
{
	char said[BILINGUAL_MAX];

	bilingual_vprint(said, sizeof said, format, arguments);
	filter_language(said, PERSONAL, safe, RECORD_NOTICE_MAX); /* a name or a file name can hold anything */
	record_unlogged(r, voice, safe);
	log_notice(r->log, said);
}

void
record_free(struct record *r)
{
	history_free(r->history);
	r->history = NULL;
}
