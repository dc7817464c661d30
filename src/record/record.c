#include <config.h>

#include <stdio.h>
#include <string.h>

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

	*r = (struct record){.history = history_new(max_lines), .log = log};
	record_tick(r);
	r->day = day_of(r->now, &tm);
}

void
record_tick(struct record *r)
{
	r->now = time(NULL);
}

/* Adds a line to say which day it is now, if it was another one at the last line. */
static void
mark_day(struct record *r)
{
	struct tm tm;
	char text[64];
	int day;

	if (r->now == r->looked) /* a day does not change within a second */
		return;
	r->looked = r->now;
	if ((day = day_of(r->now, &tm)) == r->day)
		return;
	r->day = day;
	history_add(r->history, VOICE_NOTICE, r->now, text,
		    strftime(text, sizeof text, "%A, %F", &tm), 0);
}

void
record_line(struct record *r, enum voice voice, const char *text, size_t length,
	    uint64_t stream_end)
{
	mark_day(r);
	history_add(r->history, voice, r->now, text, length, stream_end);
	log_line(r->log, voice, text, length);
}

size_t
record_lines(struct record *r, enum voice voice, struct buffer *lines, uint64_t stream_end)
{
	const char *text = buffer_data(lines), *end = text + buffer_length(lines), *lf;
	size_t count = 0;

	for (; text < end && (lf = memchr(text, '\n', (size_t)(end - text))) != NULL; text = lf + 1) {
		record_line(r, voice, text, (size_t)(lf - text), stream_end);
		count++;
	}
	buffer_drop(lines, (size_t)(text - buffer_data(lines)));
	return count;
}

/* Adds what the program has to say, as safe text. */
static void
add_notice(struct record *r, enum voice voice, const char *text)
{
	mark_day(r);
	history_add(r->history, voice, r->now, text, strlen(text), 0);
	log_line(r->log, VOICE_NOTICE, text, strlen(text));
}

void
record_notice(struct record *r, enum voice voice, const char *format, va_list arguments)
{
	char said[1024], line[2 * sizeof said];

	vsnprintf(said, sizeof said, format, arguments);
	filter_string(said, line, sizeof line); /* a name or a file name can hold anything */
	add_notice(r, voice, line);
}

void
record_flush(struct record *r)
{
	int cause = log_flush(r->log);
	char text[256];

	if (cause == 0)
		return;
	snprintf(text, sizeof text, "cannot write to the log; the conversation goes on without it: %s",
		 strerror(cause));
	add_notice(r, VOICE_ALARM, text);
}

void
record_free(struct record *r)
{
	history_free(r->history);
}
