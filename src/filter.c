#include <config.h>

#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "filter.h"

void
filter_init(struct filter *filter)
{
	*filter = (struct filter){0};
}

/* Whether a character of two or more bytes must not reach a terminal as itself. */
static bool
is_unsafe(uint32_t c)
{
	if (c < 0xA0) /* C1 controls: some terminals obey them */
		return true;
	if (c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) /* joiner and variation selectors: emoji */
		return false;
	if (c == 0x2028 || c == 0x2029) /* line and paragraph separators */
		return true;
	if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) /* bidirectional controls */
		return true;
	if (c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F)) /* byte order mark, tags */
		return true;
	if ((c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE) /* noncharacters */
		return true;
	return !iswprint((wint_t)c);
}

/*
 * How many bytes a UTF-8 sequence that starts with lead has, and the bounds of its second byte
 * (table 3-7 of The Unicode Standard); 0 where no sequence starts so.
 */
static int
sequence_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	*high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

enum sequence { COMPLETE, INCOMPLETE, BROKEN };

/*
 * Looks at the sequence at the start of n bytes (n > 0), the first of which is not ASCII.  *used is
 * how many bytes belong to it: of a broken one, its maximal subpart.
 */
static enum sequence
examine(const unsigned char *s, size_t n, size_t *used)
{
	unsigned char low, high;
	int length = sequence_length(s[0], &low, &high);

	*used = 1;
	if (length == 0)
		return BROKEN;
	while (*used < (size_t)length) {
		if (*used == n)
			return INCOMPLETE;
		if (s[*used] < low || s[*used] > high)
			return BROKEN;
		low = 0x80;
		high = 0xBF;
		++*used;
	}
	return COMPLETE;
}

/* The character that a complete sequence of length bytes encodes. */
static uint32_t
decode(const unsigned char *s, size_t length)
{
	static const unsigned char mask[] = {0, 0, 0x1F, 0x0F, 0x07};
	uint32_t c = s[0] & mask[length];

	for (size_t i = 1; i < length; i++)
		c = c << 6 | (s[i] & 0x3F);
	return c;
}

/* Whether all of eight bytes are printable ASCII, looked at as one number. */
static bool
eight_printable(const unsigned char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t v, del;

	memcpy(&v, s, sizeof v);
	del = v ^ ones * 0x7F;
	return ((v | (v - ones * 0x20) | (del - ones)) & tops) == 0;
}

/*
 * How many bytes from s on can be shown as they are, lines ended by LF included, and where that
 * leaves *column.  Stops before a line would become too long.
 */
static size_t
clean_run(const unsigned char *s, const unsigned char *end, size_t *column)
{
	const unsigned char *start = s, *line = s; /* where the line, or what is new of it, starts */
	size_t before = *column;		   /* bytes of the line that came earlier */

	while (s < end) {
		size_t room = FILTER_LINE_MAX - before - (size_t)(s - line);
		size_t length = 1;

		if (end - s >= 8 && room >= 8 && eight_printable(s)) {
			s += 8;
			continue;
		}
		if (*s == '\n') {
			line = ++s;
			before = 0;
			continue;
		}
		if (*s >= 0x80) {
			if (examine(s, (size_t)(end - s), &length) != COMPLETE ||
			    is_unsafe(decode(s, length)))
				break;
		} else if ((*s < 0x20 && *s != '\t') || *s == 0x7F) {
			break;
		}
		if (length > room)
			break;
		s += length;
	}
	*column = before + (size_t)(s - line);
	return (size_t)(s - start);
}

/* The token as a span, after a line end of its own where the line has no room for it. */
static struct span
token(struct filter *filter, size_t length)
{
	if (filter->column + length > FILTER_LINE_MAX) {
		memmove(filter->token + 1, filter->token, length);
		filter->token[0] = '\n';
		filter->column = length;
		return (struct span){filter->token, length + 1};
	}
	filter->column += length;
	return (struct span){filter->token, length};
}

static struct span
caret(struct filter *filter, unsigned char control)
{
	filter->token[0] = '^';
	filter->token[1] = (char)(control ^ 0x40);
	return token(filter, 2);
}

static struct span
replacement(struct filter *filter)
{
	memcpy(filter->token, "\xEF\xBF\xBD", 3); /* U+FFFD */
	return token(filter, 3);
}

/* A complete multibyte character: itself, or its number. */
static struct span
character(struct filter *filter, const unsigned char *s, size_t length)
{
	uint32_t c = decode(s, length);

	if (is_unsafe(c))
		return token(filter, (size_t)snprintf(filter->token, sizeof filter->token,
						      "<U+%04X>", (unsigned)c));
	memcpy(filter->token, s, length);
	return token(filter, length);
}

static struct span
line_end(struct filter *filter)
{
	filter->token[0] = '\n';
	filter->column = 0;
	return (struct span){filter->token, 1};
}

/* Goes on with a character whose first bytes came earlier. */
static struct span
resume(struct filter *filter, const char **input, const char *end)
{
	size_t used;

	while (*input < end) {
		filter->pending[filter->held] = (unsigned char)**input;
		switch (examine(filter->pending, filter->held + 1U, &used)) {
		case COMPLETE:
			++*input;
			filter->held = 0;
			return character(filter, filter->pending, used);
		case INCOMPLETE:
			++*input;
			filter->held++;
			break;
		case BROKEN: /* the new byte is not part of it, and is looked at afresh */
			filter->held = 0;
			return replacement(filter);
		}
	}
	return (struct span){NULL, 0};
}

struct span
filter_next(struct filter *filter, const char **input, const char *end)
{
	const unsigned char *s;
	size_t length;

	if (filter->held > 0) {
		struct span span = resume(filter, input, end);
		if (span.length > 0)
			return span;
	}
	while (*input < end) {
		s = (const unsigned char *)*input;
		if (filter->cr) {
			filter->cr = false;
			if (*s != '\n')
				return caret(filter, '\r');
		}
		length = clean_run(s, (const unsigned char *)end, &filter->column);
		if (length > 0) {
			*input += length;
			return (struct span){(const char *)s, length};
		}
		if (*s < 0x80) {
			++*input;
			if (*s == '\r') {
				filter->cr = true;
				continue;
			}
			if (*s < 0x20 || *s == 0x7F)
				return *s == '\t' ? (filter->token[0] = '\t', token(filter, 1))
						  : caret(filter, *s);
			filter->token[0] = (char)*s;
			return token(filter, 1);
		}
		switch (examine(s, (size_t)((const unsigned char *)end - s), &length)) {
		case COMPLETE:
			*input += length;
			return character(filter, s, length);
		case BROKEN:
			*input += length;
			return replacement(filter);
		case INCOMPLETE:
			memcpy(filter->pending, s, length);
			filter->held = (uint8_t)length;
			*input = end;
			break;
		}
	}
	return (struct span){NULL, 0};
}

struct span
filter_end(struct filter *filter)
{
	if (filter->cr) {
		filter->cr = false;
		return caret(filter, '\r');
	}
	if (filter->held > 0) {
		filter->held = 0;
		return replacement(filter);
	}
	if (filter->column > 0)
		return line_end(filter);
	return (struct span){NULL, 0};
}
