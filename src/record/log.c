#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "text/filter.h"
#include "record/log.h"

#define READER_MS 1000 /* so long somebody who is to read a FIFO may take to begin, or to go on */
#define FINISH_MS 5000 /* ... and to take all that is left at the end: meanwhile no signal is heard */
#define BEHIND_MAX ((size_t)1024 * 1024) /* bytes that it has not taken; with more its reader is waited for */

struct log {
	const char *path;
	int descriptor;
	bool is_file;	      /* it takes all at once; not a FIFO or a terminal, for example */
	bool is_exposed;      /* others can read it */
	bool failed;	      /* this process writes to it no more */
	bool told;	      /* it has failed, here or in another process, and that was said */
	struct buffer lines;  /* complete, not yet written */
	struct filter filter; /* of log_bytes */
	struct buffer partial;
	time_t when; /* the second that stamp was made for */
	char stamp[40];
};

static bool
is_fifo(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/*
 * Opens what may be a FIFO, which nobody may read: that is not waited for but for a moment, nor is its reader later,
 * so the description is non-blocking.  Nobody else has it.  Returns -1 on failure, and errno.
 */
static int
open_patiently(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int64_t deadline = clock_now() + READER_MS;
	int fd;

	while ((fd = open(path, flags, 0600)) == -1 && errno == ENXIO && is_fifo(path)) {
		errno = EPIPE;
		if (clock_until(deadline) == 0)
			break;
		poll(NULL, 0, 10);
	}
	return fd;
}

struct log *
log_open(const char *path)
{
	int descriptor = open_patiently(path);
	struct stat status;
	struct log *log;

	if (descriptor == -1 || fstat(descriptor, &status) == -1)
		return NULL;
	if ((log = calloc(1, sizeof *log)) == NULL)
		fatal("cannot get memory");
	log->path = path;
	log->descriptor = descriptor;
	log->is_file = S_ISREG(status.st_mode);
	log->is_exposed = log->is_file && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
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
log_line_of(struct log *log, enum voice voice, const char *speaker, const char *text, size_t length)
{
	const char mark[] = {' ', (char)voice, ' '};
	const char *stamp;

	if (log == NULL)
		return;
	stamp = timestamp(log);
	buffer_add(&log->lines, stamp, strlen(stamp));
	buffer_add(&log->lines, mark, sizeof mark);
	if (speaker != NULL) {
		buffer_add(&log->lines, "<", 1);
		buffer_add(&log->lines, speaker, strlen(speaker));
		buffer_add(&log->lines, "> ", 2);
	}
	buffer_add(&log->lines, text, length);
	buffer_add(&log->lines, "\n", 1);
}

void
log_line(struct log *log, enum voice voice, const char *text, size_t length)
{
	log_line_of(log, voice, NULL, text, length);
}

void
log_notice(struct log *log, const char *text)
{
	char safe[3 * SENTENCE_MAX]; /* a byte that is no UTF-8 becomes three */

	filter_language(text, ENGLISH, safe, sizeof safe);
	log_line(log, VOICE_NOTICE, safe, strlen(safe));
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

/*
 * How much of what is to be written is written at once: all of it or, where that could be taken in part, as many
 * lines as a FIFO takes as a whole (pipe(7)), so that those of two processes do not mix.  A longer one may be cut.
 */
static size_t
next_length(const struct log *log)
{
	struct span rest = buffer_span(&log->lines), line = {NULL, 0};
	size_t length = 0;

	if (log->is_file)
		return rest.length;
	while (length + (line = span_line(&rest)).length <= PIPE_BUF && line.length > 0)
		length += line.length;
	return length > 0 ? length : line.length;
}

/* Waits for room as long as the reader may take, and not beyond the deadline.  Returns whether there is any. */
static bool
wait_for_room(const struct log *log, int64_t deadline)
{
	struct pollfd file = {.fd = log->descriptor, .events = POLLOUT};

	return poll(&file, 1, clock_sooner(READER_MS, clock_until(deadline))) != 0;
}

/* Writes what is taken, and waits for so long at most where more than so much is left.  Returns 0, or -1 and errno. */
static int
write_down_to(struct log *log, size_t left, int ms)
{
	int64_t deadline = clock_now() + ms;

	while (buffer_length(&log->lines) > 0) {
		ssize_t n = write(log->descriptor, buffer_data(&log->lines), next_length(log));

		if (n > 0)
			buffer_drop(&log->lines, (size_t)n);
		else if (n == -1 && errno == EAGAIN && buffer_length(&log->lines) <= left)
			return 0;
		else if (n == -1 && errno == EAGAIN && !wait_for_room(log, deadline))
			return errno = ENOBUFS, -1;
		else if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return 0;
}

/* As log_flush, but waits for so long at most where more than so much is left. */
static int
flush_down_to(struct log *log, size_t left, int ms)
{
	int cause = 0;

	if (log == NULL)
		return 0;
	if (!log->failed && write_down_to(log, left, ms) == -1) {
		log->failed = true;
		cause = log_fails(log, errno);
	}
	if (log->failed)
		buffer_drop(&log->lines, buffer_length(&log->lines));
	return cause;
}

int
log_flush(struct log *log)
{
	return flush_down_to(log, BEHIND_MAX, READER_MS);
}

int
log_finish(struct log *log)
{
	return flush_down_to(log, 0, FINISH_MS);
}

bool
log_is_behind(const struct log *log)
{
	return log != NULL && buffer_length(&log->lines) > 0;
}

void
log_poll(const struct log *log, struct polls *polls)
{
	if (log_is_behind(log))
		polls_add(polls, log->descriptor, POLLOUT);
}

const char *
log_exposed(const struct log *log)
{
	return log != NULL && log->is_exposed ? log->path : NULL;
}

int
log_descriptor(const struct log *log)
{
	return log == NULL ? -1 : log->descriptor;
}

void
log_move(struct log *log, int descriptor)
{
	if (log == NULL)
		return;
	log->descriptor = descriptor;
	log->lines = log->partial = (struct buffer){0};
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
