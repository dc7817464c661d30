#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "text/filter.h"
#include "record/log.h"

struct log {
	int descriptor;
	bool failed;	      /* this process writes to it no more */
	bool told;	      /* it has failed, here or in another process, and that was said */
	struct buffer lines;  /* complete, not yet written */
	struct filter filter; /* of log_bytes */
	struct buffer partial;
	time_t when; /* the second that stamp was made for */
	char stamp[40];
};

struct log *
log_open(const char *path)
{
	int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct log *log;

	if (descriptor == -1)
		return NULL;
	if ((log = calloc(1, sizeof *log)) == NULL)
		fatal("cannot get memory");
	log->descriptor = descriptor;
	filter_init(&log->filter);
	return log;
}

/* The time of day as ISO 8601 with its offset, made anew when the second has changed. */
static const char *
timestamp(struct log *log)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t length;

	if (now == log->when)
		return log->stamp;
	log->when = now;
	length = strftime(log->stamp, sizeof log->stamp, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &tm));
	memmove(log->stamp + length - 1, log->stamp + length - 2, 3); /* +0100 to +01:00 */
	log->stamp[length - 2] = ':';
	return log->stamp;
}

void
log_line(struct log *log, enum voice voice, const char *text, size_t length)
{
	const char mark[] = {' ', (char)voice, ' '};
	const char *stamp;

	if (log == NULL)
		return;
	stamp = timestamp(log);
	buffer_add(&log->lines, stamp, strlen(stamp));
	buffer_add(&log->lines, mark, sizeof mark);
	buffer_add(&log->lines, text, length);
	buffer_add(&log->lines, "\n", 1);
}

/* Adds safe text, in which lines end anywhere. */
static void
add_text(struct log *log, enum voice voice, struct span span)
{
	const char *text = span.text, *end = text + span.length, *lf;

	while ((lf = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		buffer_add(&log->partial, text, (size_t)(lf - text));
		log_line(log, voice, buffer_data(&log->partial), buffer_length(&log->partial));
		buffer_drop(&log->partial, buffer_length(&log->partial));
		text = lf + 1;
	}
	buffer_add(&log->partial, text, (size_t)(end - text));
}

void
log_bytes(struct log *log, enum voice voice, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	struct span span;

	if (log == NULL)
		return;
	while ((span = filter_next(&log->filter, &bytes, end)).length > 0)
		add_text(log, voice, span);
}

void
log_end(struct log *log, enum voice voice)
{
	struct span span;

	if (log == NULL)
		return;
	while ((span = filter_end(&log->filter)).length > 0)
		add_text(log, voice, span);
}

int
log_fails(struct log *log, int cause)
{
	bool told = log->told;

	log->told = true;
	return told ? 0 : cause;
}

int
log_flush(struct log *log)
{
	size_t length;
	int cause = 0;

	if (log == NULL || (length = buffer_length(&log->lines)) == 0)
		return 0;
	if (!log->failed && write_all(log->descriptor, buffer_data(&log->lines), length) == -1) {
		log->failed = true;
		cause = log_fails(log, errno);
	}
	buffer_drop(&log->lines, length);
	return cause;
}

int
log_descriptor(const struct log *log)
{
	return log == NULL ? -1 : log->descriptor;
}

void
log_move(struct log *log, int descriptor)
{
	if (log != NULL)
		log->descriptor = descriptor;
}

void
log_close(struct log *log)
{
	if (log == NULL)
		return;
	close(log->descriptor);
	buffer_free(&log->lines);
	buffer_free(&log->partial);
	free(log);
}
