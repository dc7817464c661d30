#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "base/secluded.h"
#include "talk/arrears.h"

static bool
is_same(const struct talk_whom *a, const struct talk_whom *b)
{
	return strcmp(a->key, b->key) == 0 && (*a->key != '\0' || strcmp(a->place, b->place) == 0);
}

#define PAGE ((size_t)4096) /* of memory: most have some of their own */

/* What so many bytes of lines take, with all that belongs to them. */
static size_t
size_with(size_t length)
{
	return (sizeof(struct arrear) + length + PAGE - 1) / PAGE * PAGE;
}

static size_t
size_of(const struct arrear *arrear)
{
	return size_with(arrear->length);
}

/* Drops the oldest until little enough is left, or only the newest. */
static size_t
drop_oldest(struct arrears *arrears)
{
	struct arrear *arrear;
	size_t size = 0, lines = 0;

	for (arrear = STAILQ_FIRST(arrears); arrear != NULL; arrear = STAILQ_NEXT(arrear, entry))
		size += size_of(arrear);
	while (size > ARREARS_MAX && STAILQ_NEXT(STAILQ_FIRST(arrears), entry) != NULL) {
		arrear = STAILQ_FIRST(arrears);
		size -= size_of(arrear);
		lines += arrear->count;
		arrears_take(arrears, arrear);
		arrear_free(arrear);
	}
	return lines;
}

size_t
arrears_add(struct arrears *arrears, const struct talk_whom *whom, struct span lines, time_t now)
{
	struct arrear *arrear;

	if (lines.length == 0)
		return 0;
	arrear = secluded_get(size_with(lines.length));
	arrear->whom = *whom;
	arrear->lost = now;
	arrear->count = span_count_lines(lines);
	arrear->length = lines.length;
	memcpy(arrear->text, lines.text, lines.length);
	STAILQ_INSERT_TAIL(arrears, arrear, entry);
	return drop_oldest(arrears);
}

struct arrear *
arrears_find(const struct arrears *arrears, const struct talk_whom *whom)
{
	struct arrear *arrear;

	for (arrear = STAILQ_FIRST(arrears); arrear != NULL; arrear = STAILQ_NEXT(arrear, entry))
		if (is_same(&arrear->whom, whom))
			return arrear;
	return NULL;
}

size_t
arrears_count(const struct arrears *arrears, const struct talk_whom *whom)
{
	const struct arrear *arrear;
	size_t count = 0;

	for (arrear = STAILQ_FIRST(arrears); arrear != NULL; arrear = STAILQ_NEXT(arrear, entry))
		if (is_same(&arrear->whom, whom))
			count += arrear->count;
	return count;
}

void
arrears_take(struct arrears *arrears, struct arrear *arrear)
{
	STAILQ_REMOVE(arrears, arrear, arrear, entry);
}

void
arrear_free(struct arrear *arrear)
{
	secluded_free(arrear, size_of(arrear));
}

void
arrears_free(struct arrears *arrears)
{
	struct arrear *arrear;

	while ((arrear = STAILQ_FIRST(arrears)) != NULL) {
		arrears_take(arrears, arrear);
		arrear_free(arrear);
	}
}
