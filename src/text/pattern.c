#include <config.h>

#include "text/fold.h"
#include "text/glyph.h"
#include "text/pattern.h"
#include "text/utf8.h"

/* What a character counts as; 0: it is not drawn. */
static uint32_t
key_of(uint32_t c)
{
	c = glyph_character(c);
	return c != 0 ? fold_case(c) : 0;
}

/* How many characters match after one more, which is key, where so many did (Knuth, Morris and Pratt). */
static size_t
advance(const struct pattern *pattern, size_t matched, uint32_t key)
{
	for (; pattern->characters[matched] != key; matched = pattern->shorter[matched])
		if (matched == 0)
			return 0;
	return matched + 1;
}

void
pattern_set(struct pattern *pattern, struct span text)
{
	size_t matched = 0;
	uint32_t c;

	*pattern = (struct pattern){.length = 0};
	for (size_t used = 0; used < text.length && pattern->length < PATTERN_MAX;) {
		used = (size_t)(utf8_next(text.text + used, text.text + text.length, &c) - text.text);
		if ((c = key_of(c)) == 0)
			continue;
		pattern->characters[pattern->length++] = c;
		if (pattern->length > 1)
			matched = advance(pattern, matched, c);
		pattern->shorter[pattern->length] = matched;
	}
	for (uint32_t byte = 0; byte < 0x80; byte++)
		pattern->passes[byte] = key_of(byte) != pattern->characters[0];
}

/* The end of the marks at s, and of what is not drawn there. */
static const char *
skip_marks(const char *s, const char *end)
{
	const char *next;
	uint32_t c;

	for (; s < end; s = next) {
		next = utf8_next(s, end, &c);
		if (glyph_columns(c) > 0)
			break;
	}
	return s;
}

bool
pattern_find(const struct pattern *pattern, struct span text, size_t from, struct extent *found)
{
	size_t starts[PATTERN_MAX]; /* of the last characters that count */
	size_t matched = 0, count = 0;
	const char *s, *end, *start;
	uint32_t c;

	if (pattern->length == 0 || from >= text.length)
		return false;
	s = text.text + from;
	end = text.text + text.length;
	while (s < end) {
		if (matched == 0 && pattern->passes[(unsigned char)*s]) {
			s++;
			continue;
		}
		start = s;
		s = utf8_next(s, end, &c);
		if ((c = key_of(c)) == 0)
			continue;
		starts[count++ % pattern->length] = (size_t)(start - text.text);
		matched = advance(pattern, matched, c);
		if (matched < pattern->length)
			continue;
		*found = (struct extent){.start = starts[count % pattern->length],
					 .end = (size_t)(skip_marks(s, end) - text.text)};
		return true;
	}
	return false;
}
