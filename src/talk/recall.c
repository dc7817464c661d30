#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "talk/recall.h"
#include "text/hash.h"
#include "text/said.h"

void
recall_init(struct recall *r, size_t most)
{
	*r = (struct recall){.most = most, .seed = arc4random()};
}

/* Forgets the oldest lines that are too many. */
static void
drop_oldest(struct recall *r)
{
	while (r->count > r->most || buffer_length(&r->lines) > RECALL_BYTES) {
		buffer_drop(&r->lines, buffer_line(&r->lines).length);
		r->count--;
	}
}

void
recall_add(struct recall *r, struct span prefix, struct span line)
{
	size_t before = buffer_length(&r->lines);
	struct buffer dated = {0};
	time_t now = time(NULL);
	struct tm tm;
	char text[16];

	if (r->most == 0)
		return;
	buffer_add(&dated, text, strftime(text, sizeof text, "%H:%M ", localtime_r(&now, &tm)));
	buffer_add(&dated, prefix.text, prefix.length);
	said_add(&r->lines, buffer_span(&dated), line);
	buffer_free(&dated);
	r->count += span_count_lines(
		(struct span){buffer_data(&r->lines) + before, buffer_length(&r->lines) - before});
	drop_oldest(r);
}

/* Those who have got them, without those for whom that is long ago. */
static struct span
recent(struct recall *r)
{
	const struct recall_given *first;

	while (buffer_length(&r->given) > 0) {
		first = (const void *)buffer_data(&r->given); /* as malloc(3) aligns */
		if (clock_now() - first->when < RECALL_EVERY_MS)
			break;
		buffer_drop(&r->given, sizeof *first);
	}
	return buffer_span(&r->given);
}

struct span
recall_give(struct recall *r, const char *whom)
{
	struct recall_given given = {.whom = hash_text(r->seed, whom), .when = clock_now()};
	struct span before = recent(r);
	const struct recall_given *all = (const void *)before.text;

	if (r->count == 0)
		return (struct span){NULL, 0};
	for (size_t i = 0; i < before.length / sizeof *all; i++)
		if (all[i].whom == given.whom)
			return (struct span){NULL, 0};
	buffer_add(&r->given, (const char *)&given, sizeof given);
	return buffer_span(&r->lines);
}

void
recall_free(struct recall *r)
{
	buffer_free(&r->lines);
	buffer_free(&r->given);
}
