#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "history.h"

#define BYTES_MIN ((size_t)1024 * 1024)

struct entry {
	size_t start; /* of its text, in the ring */
	time_t when;
	uint64_t stream_end;
	uint32_t length;
	uint32_t voice;
};

struct history {
	struct entry *entries; /* a ring: line n is entries[n % max_lines] */
	size_t max_lines;
	uint64_t start, end; /* numbers of the oldest line and of the next */
	char *text;	     /* a ring; no line is split at its end */
	size_t bytes, head;  /* its size, and where the next line goes */
};

/* Memory that costs nothing before it is touched: malloc(3) asks the kernel for that much afresh. */
static void *
reserve(size_t bytes)
{
	void *memory = malloc(bytes);

	if (memory == NULL)
		fatal("cannot get %zu bytes of memory", bytes);
	return memory;
}

struct history *
history_new(size_t max_lines)
{
	struct history *h = reserve(sizeof *h);
	size_t bytes = max_lines * HISTORY_BYTES_PER_LINE;

	*h = (struct history){.max_lines = max_lines, .bytes = bytes < BYTES_MIN ? BYTES_MIN : bytes};
	h->entries = reserve(max_lines * sizeof *h->entries);
	h->text = reserve(h->bytes);
	return h;
}

/* Forgets the oldest lines until none has text in ring bytes from..to - 1. */
static void
make_room(struct history *h, size_t from, size_t to)
{
	while (h->start < h->end) {
		size_t start = h->entries[h->start % h->max_lines].start;
		if (start < from || start >= to)
			break;
		h->start++;
	}
}

void
history_add(struct history *h, enum voice voice, time_t when, const char *text, size_t length,
	    uint64_t stream_end)
{
	size_t needed = length + 1; /* an empty line has a place of its own, too */

	if (h->head + needed > h->bytes) {
		make_room(h, h->head, h->bytes);
		h->head = 0;
	}
	make_room(h, h->head, h->head + needed);
	if (h->end - h->start == h->max_lines)
		h->start++;
	memcpy(h->text + h->head, text, length);
	h->entries[h->end++ % h->max_lines] = (struct entry){
		.start = h->head,
		.when = when,
		.stream_end = stream_end,
		.length = (uint32_t)length,
		.voice = voice,
	};
	h->head += needed;
}

uint64_t
history_start(const struct history *h)
{
	return h->start;
}

uint64_t
history_end(const struct history *h)
{
	return h->end;
}

struct line
history_line(const struct history *h, uint64_t number)
{
	const struct entry *e = &h->entries[number % h->max_lines];

	return (struct line){.text = h->text + e->start,
			     .length = e->length,
			     .when = e->when,
			     .voice = (enum voice)e->voice,
			     .stream_end = e->stream_end};
}

void
history_settle(struct history *h, uint64_t number, uint64_t arrived)
{
	struct entry *e = &h->entries[number % h->max_lines];

	e->stream_end = e->stream_end <= arrived ? STREAM_DELIVERED : STREAM_LOST;
}

void
history_free(struct history *h)
{
	free(h->entries);
	free(h->text);
	free(h);
}
