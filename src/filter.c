#include <config.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "filter.h"
#include "utf8.h"

void
filter_init(struct filter *filter)
{
	*filter = (struct filter){.line_max = FILTER_LINE_MAX};
}

/* Whether a character that is no C0 control or DEL must not reach a terminal as itself. */
static bool
is_unsafe(uint32_t c)
{
	if (c < 0x7F)
		return false;
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

enum kind {
	KIND_UNKNOWN,
	KIND_SAFE,
	KIND_MARK, /* safe, and shown where the character before it is */
	KIND_UNSAFE
};

static enum kind
find_kind(uint32_t c)
{
	if (is_unsafe(c))
		return KIND_UNSAFE;
	return wcwidth((wchar_t)c) > 0 ? KIND_SAFE : KIND_MARK;
}

/* The same, remembered for the characters that texts are made of: iswprint(3) is slow. */
static enum kind
kind_of(uint32_t c)
{
	static unsigned char known[0x20000];

	if (c >= sizeof known)
		return find_kind(c);
	if (known[c] == KIND_UNKNOWN)
		known[c] = (unsigned char)find_kind(c);
	return known[c];
}

/* Whether the character that comes next may be shown as it is.  Counts it, if it is a mark that may. */
static bool
may_pass(uint32_t c, uint8_t *marks)
{
	enum kind kind = kind_of(c);

	if (kind == KIND_MARK && *marks == FILTER_MARKS_MAX)
		return false;
	*marks = kind == KIND_MARK ? *marks + 1 : 0;
	return kind != KIND_UNSAFE;
}

static bool
is_printable_ascii(char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* Skips printable ASCII, eight bytes looked at as one number where there are as many. */
static const char *
skip_ascii(const char *s, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

	while (end - s >= 8) {
		uint64_t v, del, others;

		memcpy(&v, s, sizeof v);
		del = v ^ ones * 0x7F;
		/* A subtraction borrows only from a byte that is below, so no other byte hides. */
		others = ((v - ones * 0x20) | (del - ones)) & tops;
		if (others == 0)
			s += 8;
		else
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			return s + __builtin_ctzll(others) / 8; /* the first is exact, not those after it */
#else
			break;
#endif
	}
	while (s < end && is_printable_ascii(*s))
		s++;
	return s;
}

/*
 * The length of the character at s if it may be shown as it is, 0 otherwise.  Most characters have two
 * or three bytes; for them, and only to save time, what utf8_examine does is done at once.
 */
static size_t
clean_character(const char *s, const char *end, uint8_t *marks)
{
	unsigned char lead = (unsigned char)*s;
	size_t length;

	if (lead < 0xE0 && end - s >= 2) {
		uint32_t c = utf8_decode(s, 2);
		return lead >= 0xC2 && (s[1] & 0xC0) == 0x80 && may_pass(c, marks) ? 2 : 0;
	}
	if (lead < 0xF0 && end - s >= 3) {
		uint32_t c = utf8_decode(s, 3);
		bool whole = (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80;
		return whole && c >= 0x800 && (c < 0xD800 || c > 0xDFFF) && may_pass(c, marks) ? 3 : 0;
	}
	if (utf8_examine(s, (size_t)(end - s), &length) != UTF8_COMPLETE ||
	    !may_pass(utf8_decode(s, length), marks))
		return 0;
	return length;
}

/*
 * How many bytes from s on can be shown as they are, lines ended by LF included.  Stops before a line
 * would become too long.
 */
static size_t
clean_run(struct filter *filter, const char *s, const char *end)
{
	const char *start = s, *line = s; /* where the line, or what is new of it, starts */
	size_t before = filter->column;	  /* bytes of the line that came earlier */

	while (s < end) {
		size_t room = filter->line_max - before - (size_t)(s - line), length = 0;
		const char *stop = (size_t)(end - s) < room ? end : s + room;
		const char *ascii = s;

		s = skip_ascii(s, stop);
		if (s > ascii)
			filter->marks = 0;
		if (s == end)
			break;
		if (*s == '\n') {
			filter->marks = 0;
			line = ++s;
			before = 0;
			continue;
		}
		if (s < stop && *s == '\t') {
			filter->marks = 0;
			length = 1;
		} else if (s < stop && (unsigned char)*s >= 0x80) {
			length = clean_character(s, stop, &filter->marks);
		}
		if (length == 0)
			break;
		s += length;
	}
	filter->column = before + (size_t)(s - line);
	return (size_t)(s - start);
}

/* The token as a span, after a line end of its own where the line has no room for it. */
static struct span
token(struct filter *filter, size_t length)
{
	if (filter->column + length > filter->line_max) {
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
	filter->marks = 0;
	return token(filter, 2);
}

static struct span
replacement(struct filter *filter)
{
	memcpy(filter->token, "\xEF\xBF\xBD", 3); /* U+FFFD */
	filter->marks = 0;
	return token(filter, 3);
}

/* A complete character that is no control: itself, or its number. */
static struct span
character(struct filter *filter, const char *s, size_t length)
{
	uint32_t c = utf8_decode(s, length);

	if (!may_pass(c, &filter->marks))
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
	filter->marks = 0;
	return (struct span){filter->token, 1};
}

/* Goes on with a character whose first bytes came earlier. */
static struct span
resume(struct filter *filter, const char **input, const char *end)
{
	size_t used;

	while (*input < end) {
		filter->pending[filter->held] = **input;
		switch (utf8_examine(filter->pending, filter->held + 1U, &used)) {
		case UTF8_COMPLETE:
			++*input;
			filter->held = 0;
			return character(filter, filter->pending, used);
		case UTF8_INCOMPLETE:
			++*input;
			filter->held++;
			break;
		case UTF8_BROKEN: /* the new byte is not part of it, and is looked at afresh */
			filter->held = 0;
			return replacement(filter);
		}
	}
	return (struct span){NULL, 0};
}

struct span
filter_next(struct filter *filter, const char **input, const char *end)
{
	size_t length;

	if (filter->held > 0) {
		struct span span = resume(filter, input, end);
		if (span.length > 0)
			return span;
	}
	while (*input < end) {
		const char *s = *input;
		unsigned char c = (unsigned char)*s;

		if (filter->cr) {
			filter->cr = false;
			if (c != '\n')
				return caret(filter, '\r');
		}
		length = clean_run(filter, s, end);
		if (length > 0) {
			*input += length;
			return (struct span){s, length};
		}
		if (c == '\r') {
			++*input;
			filter->cr = true;
			continue;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7F) {
			++*input;
			return caret(filter, c);
		}
		switch (utf8_examine(s, (size_t)(end - s), &length)) {
		case UTF8_COMPLETE:
			*input += length;
			return character(filter, s, length);
		case UTF8_BROKEN:
			*input += length;
			return replacement(filter);
		case UTF8_INCOMPLETE:
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

void
filter_text(const char *text, size_t length, size_t line_max, struct buffer *safe)
{
	const char *end = text + length;
	struct filter filter;
	struct span span;
	bool unfinished = length > 0 && end[-1] != '\n';

	filter_init(&filter);
	filter.line_max = line_max;
	while ((span = filter_next(&filter, &text, end)).length > 0)
		buffer_add(safe, span.text, span.length);
	while ((span = filter_end(&filter)).length > 0)
		if (!unfinished || span.length > 1 || span.text[0] != '\n')
			buffer_add(safe, span.text, span.length);
}

void
filter_string(const char *text, char *safe, size_t size)
{
	struct buffer line = {0};
	size_t length;

	for (; text[length = strcspn(text, "\n\t")] != '\0'; text += length + 1) {
		filter_text(text, length, SIZE_MAX, &line);
		buffer_add(&line, text[length] == '\n' ? "^J" : "^I", 2);
	}
	filter_text(text, length, SIZE_MAX, &line);
	length = buffer_length(&line) < size ? buffer_length(&line) : size - 1;
	buffer_add(&line, "", 1);
	while (length > 0 && (buffer_data(&line)[length] & 0xC0) == 0x80) /* not within a character */
		length--;
	memcpy(safe, buffer_data(&line), length);
	safe[length] = '\0';
	buffer_free(&line);
}
