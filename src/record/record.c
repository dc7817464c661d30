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

	*r = (struct record){.history = max_lines > 0 ? history_new(max_lines) : NULL, .log = log};
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
	if (r->history != NULL) {
		mark_day(r);
		history_add(r->history, voice, r->now, text, length, stream_end);
	}
	log_line(r->log, voice, text, length);
}

size_t
record_lines(struct record *r, enum voice voice, struct buffer *lines, uint64_t stream_end)
{
	struct span rest = buffer_span(lines), line;
	size_t count = 0, length = 0;

	while (span_is_complete(line = span_line(&rest))) {
		record_line(r, voice, line.text, line.length - 1, stream_end);
		length += line.length;
		count++;
	}
	buffer_drop(lines, length);
	return count;
}

void
record_notice(struct record *r, enum voice voice, char safe[RECORD_NOTICE_MAX], const char *format,
	      va_list arguments)
{
	char said[RECORD_SAID_MAX];

	vsnprintf(said, sizeof said, format, arguments);
	filter_string(said, safe, RECORD_NOTICE_MAX); /* a name or a file name can hold anything */
	if (r->history != NULL) {
		mark_day(r);
		history_add(r->history, voice, r->now, safe, strlen(safe), 0);
	}
	log_line(r->log, VOICE_NOTICE, safe, strlen(safe));
}

void
record_free(struct record *r)
{
	history_free(r->history);
	r->history = NULL;
}
