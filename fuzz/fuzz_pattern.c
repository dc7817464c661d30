/*
 * What is looked for in a text, against looking at each place by itself.
 *
 * A case is what is typed, a LF, and the text; both pass the filter, as what is searched does.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "fuzz.h"
#include "text/filter.h"
#include "text/fold.h"
#include "text/glyph.h"
#include "text/pattern.h"
#include "text/utf8.h"

#define TEXT_MAX 4096 /* bytes that are looked at place by place */

/* The next character that is drawn, folded; 0 at the end.  *s is moved on behind it. */
static uint32_t
next_drawn(const char **s, const char *end)
{
	uint32_t c = 0;

	while (*s < end && c == 0) {
		*s = utf8_next(*s, end, &c);
		c = glyph_character(c);
	}
	return c != 0 ? fold_case(c) : 0;
}

/* Whether the pattern is at the start of a text, with a character that is drawn; and where it ends, without marks. */
static bool
is_at(struct span typed, const char *s, const char *end, const char **behind)
{
	const char *t = typed.text, *typed_end = t + typed.length;
	uint32_t c, first;

	(void)utf8_next(s, end, &first);
	if (glyph_character(first) == 0)
		return false;
	for (int count = 0; count < PATTERN_MAX && (c = next_drawn(&t, typed_end)) != 0; count++)
		if (next_drawn(&s, end) != c)
			return false;
	*behind = s;
	return true;
}

/* What is found from the start on is what is there, at its first place, and so on. */
static void
must_find(const struct pattern *pattern, struct span typed, struct span text)
{
	const char *s = text.text, *end = s + text.length, *behind = s;
	struct extent found;
	uint32_t c;

	while (s < end) {
		bool any = pattern_find(pattern, text, (size_t)(s - text.text), &found);

		while (s < end && !is_at(typed, s, end, &behind))
			s = utf8_next(s, end, &c);
		must(any == (s < end));
		if (!any)
			return;
		must(found.start == (size_t)(s - text.text));
		must(found.end >= (size_t)(behind - text.text) && found.end <= text.length);
		for (const char *mark = behind; mark < text.text + found.end; mark = utf8_next(mark, end, &c)) {
			(void)utf8_next(mark, end, &c);
			must(glyph_columns(c) == 0);
		}
		s = text.text + found.end;
	}
}

/* A case's part, filtered. */
static void
filter_part(struct buffer *text, const uint8_t *data, size_t size)
{
	filter_text((const char *)data, size, SIZE_MAX, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *gap = size > 0 ? memchr(data, '\n', size) : NULL;
	struct buffer typed = {0}, text = {0};
	struct pattern pattern;
	struct extent found;

	if (gap == NULL || size > TEXT_MAX)
		return 0;
	filter_part(&typed, data, (size_t)(gap - data));
	filter_part(&text, gap + 1, size - (size_t)(gap - data) - 1);
	pattern_set(&pattern, buffer_span(&typed));
	must(pattern.length <= PATTERN_MAX);
	if (pattern.length > 0 && buffer_length(&text) > 0)
		must_find(&pattern, buffer_span(&typed), buffer_span(&text));
	else
		must(!pattern_find(&pattern, buffer_span(&text), 0, &found));
	buffer_free(&typed);
	buffer_free(&text);
	return 0;
}
