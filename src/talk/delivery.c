#include <config.h>

#include <err.h>
#include <string.h>

#include "base/clock.h"
#include "talk/delivery.h"
#include "text/filter.h"

#define STALLED_MS 1000
#define REPORTED 1000 /* lines that are said one by one, as many as a terminal can be scrolled back */

#define NOT_DELIVERED "not delivered: "

void
delivery_begin(struct delivery *d, const struct record *record)
{
	d->first_line = history_end(record->history);
	d->acknowledged = d->arrived = 0;
	d->progress = clock_now();
	buffer_drop(&d->lost, buffer_length(&d->lost));
}

bool
delivery_check(struct delivery *d, struct link *link)
{
	uint64_t before = d->acknowledged;

	if (before == link->queued) {
		d->progress = clock_now();
		return false;
	}
	d->acknowledged = link_acknowledged(link);
	if (link->arrived != d->arrived)
		d->progress = clock_now();
	d->arrived = link->arrived;
	return d->acknowledged != before || delivery_is_stalled(d, link);
}

bool
delivery_is_pending(const struct delivery *d, const struct link *link)
{
	return d->acknowledged < link->queued;
}

bool
delivery_is_stalled(const struct delivery *d, const struct link *link)
{
	return delivery_is_pending(d, link) && clock_now() - d->progress >= STALLED_MS;
}

/* The next line of safe text, without its LF, from *text on, which is moved on. */
static struct span
next_line(const char **text, const char *end)
{
	const char *start = *text, *lf = memchr(start, '\n', (size_t)(end - start));

	*text = lf != NULL ? lf + 1 : end;
	return (struct span){start, (size_t)((lf != NULL ? lf : end) - start)};
}

static void
log_lost(const struct delivery *d, struct log *log)
{
	const char *text = buffer_data(&d->lost), *end = text + buffer_length(&d->lost);
	struct buffer line = {0};

	while (text < end) {
		struct span lost = next_line(&text, end);

		buffer_add(&line, NOT_DELIVERED, strlen(NOT_DELIVERED));
		buffer_add(&line, lost.text, lost.length);
		log_line(log, VOICE_NOTICE, buffer_data(&line), buffer_length(&line));
		buffer_drop(&line, buffer_length(&line));
	}
	buffer_free(&line);
}

size_t
delivery_note_lost(struct delivery *d, struct link *link, struct log *log)
{
	size_t from = 0, count = 0;
	struct span lost;

	link_acknowledged(link);
	for (; (lost = link_undelivered(link, &from)).length > 0; count++)
		filter_text(lost.text, lost.length, SIZE_MAX, &d->lost);
	log_lost(d, log);
	return count;
}

size_t
delivery_settle(struct delivery *d, struct link *link, struct record *record)
{
	struct history *history = record->history;
	uint64_t n = d->first_line < history_start(history) ? history_start(history) : d->first_line;

	d->acknowledged = link_acknowledged(link);
	for (; n < history_end(history); n++)
		if (history_line(history, n).voice == VOICE_SELF)
			history_settle(history, n, d->acknowledged);
	return delivery_note_lost(d, link, record->log);
}

void
delivery_report(const struct delivery *d)
{
	const char *text = buffer_data(&d->lost), *end = text + buffer_length(&d->lost);
	size_t count = 0;

	for (; text < end; count++) {
		struct span lost = next_line(&text, end);

		if (count < REPORTED)
			warnx(NOT_DELIVERED "%.*s", (int)lost.length, lost.text);
	}
	if (count > REPORTED)
		warnx("and %zu more line%s not delivered", count - REPORTED,
		      count == REPORTED + 1 ? " was" : "s were");
}

void
delivery_free(struct delivery *d)
{
	buffer_free(&d->lost);
}
