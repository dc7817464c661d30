/*
 * The text filter, against a reference that does the same in the most obvious way, however the input
 * is cut; and that its output passes unchanged, and is known from what is none.  So does the filter for text that is
 * for others.
 *
 * A case is a line that says how, and then the text.  The first byte of that line is the longest line
 * of output: '0' the real one, others one that is soon reached.  Each byte after it is the length of
 * a piece, modulo 16, over and over; without any the text comes whole.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/buffer.h"
#include "text/filter.h"
#include "fuzz.h"

#define LINE_MIN 10  /* the longest token, <U+10FFFF> */
#define MARKS_MAX 30 /* in a row */

static bool relayed; /* the text is for others: what is unknown passes */

/* ---- The reference ---- */

/* Whether the n bytes are one character, in its shortest form. */
static bool
is_character(const uint8_t *s, size_t n, uint32_t *c)
{
	static const uint8_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0}, mask[] = {0, 0x80, 0xE0, 0xF0, 0xF8};
	static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000};

	if ((s[0] & mask[n]) != lead[n])
		return false;
	*c = s[0] & (uint8_t)~mask[n];
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return false;
		*c = *c << 6 | (s[i] & 0x3F);
	}
	return *c >= first[n] && *c <= 0x10FFFF && (*c < 0xD800 || *c > 0xDFFF);
}

/* Whether some character begins with the n bytes: then they and the lowest or highest others are one. */
static bool
begins_character(const uint8_t *s, size_t n)
{
	uint8_t whole[4];
	uint32_t c;

	for (size_t length = n; length <= 4; length++) {
		memset(whole, 0x80, sizeof whole);
		memcpy(whole, s, n);
		if (is_character(whole, length, &c))
			return true;
		memset(whole, 0xBF, sizeof whole);
		memcpy(whole, s, n);
		if (is_character(whole, length, &c))
			return true;
	}
	return false;
}

/* The character at s, or U+FFFD for the maximal subpart of one; in *length how many bytes it has. */
static bool
decode(const uint8_t *s, size_t left, size_t *length, uint32_t *c)
{
	for (*length = 1; *length <= 4 && *length <= left; ++*length)
		if (is_character(s, *length, c))
			return true;
	for (*length = left < 3 ? left : 3; *length > 1 && !begins_character(s, *length); --*length)
		;
	*c = 0xFFFD;
	return false;
}

static bool
is_within(uint32_t c, uint32_t first, uint32_t last)
{
	return c >= first && c <= last;
}

static bool
is_shown_by_number(uint32_t c)
{
	if (is_within(c, 0xFE00, 0xFE0F) || c == 0x200D)
		return false;
	return is_within(c, 0x80, 0x9F) || is_within(c, 0x2028, 0x2029) ||
	       is_within(c, 0x202A, 0x202E) || is_within(c, 0x2066, 0x2069) || c == 0xFEFF ||
	       is_within(c, 0xE0000, 0xE007F) || is_within(c, 0xFDD0, 0xFDEF) ||
	       (c & 0xFFFF) >= 0xFFFE || (!relayed && !iswprint((wint_t)c));
}

/* Whether what the C library does not know is where Unicode has marks, or what shows nothing. */
static bool
is_unknown_mark(uint32_t c)
{
	return is_within(c, 0x300, 0x36F) || is_within(c, 0x1AB0, 0x1AFF) || is_within(c, 0x1DC0, 0x1DFF) ||
	       is_within(c, 0x200B, 0x200F) || is_within(c, 0x2060, 0x206F) || is_within(c, 0x20D0, 0x20FF) ||
	       is_within(c, 0xFE00, 0xFE0F) || is_within(c, 0xFE20, 0xFE2F) || is_within(c, 0xFFF0, 0xFFFB) ||
	       is_within(c, 0xE0000, 0xE0FFF);
}

/* Whether a character that may be shown is shown where the one before it is. */
static bool
is_mark(uint32_t c)
{
	return c >= 0x80 && (iswprint((wint_t)c) ? wcwidth((wchar_t)c) <= 0 : is_unknown_mark(c));
}

/* Adds what may not be divided between lines. */
static void
put(struct buffer *text, size_t *column, size_t line_max, const char *token, size_t length)
{
	if (*column + length > line_max) {
		buffer_add(text, "\n", 1);
		*column = 0;
	}
	buffer_add(text, token, length);
	*column += length;
}

static struct buffer
filter_by_reference(const uint8_t *s, size_t left, size_t line_max)
{
	struct buffer text = {0};
	size_t column = 0, length, marks = 0;

	for (; left > 0; s += length, left -= length) {
		char token[16];
		uint32_t c;
		bool whole = decode(s, left, &length, &c);
		bool by_number = whole && c >= 0x80 && is_shown_by_number(c);

		marks = whole && !by_number && is_mark(c) ? marks + 1 : 0;
		if (c == '\n') {
			buffer_add(&text, "\n", 1);
			column = 0;
		} else if (c == '\r' && left > 1 && s[1] == '\n') {
			continue;
		} else if ((c < 0x20 && c != '\t') || c == 0x7F) {
			snprintf(token, sizeof token, "^%c", (char)(c ^ 0x40));
			put(&text, &column, line_max, token, 2);
		} else if (!whole) {
			put(&text, &column, line_max, "\xEF\xBF\xBD", 3);
		} else if (by_number || marks > MARKS_MAX) {
			snprintf(token, sizeof token, "<U+%04X>", (unsigned)c);
			put(&text, &column, line_max, token, strlen(token));
		} else {
			put(&text, &column, line_max, (const char *)s, length);
		}
	}
	if (column > 0)
		buffer_add(&text, "\n", 1);
	return text;
}

/* ---- The filter ---- */

/* Takes a piece in memory of exactly its size, which is gone afterwards. */
static void
pass(struct filter *filter, const uint8_t *bytes, size_t length, struct buffer *text)
{
	char *piece = malloc(length);
	const char *next = piece, *end = piece + length;
	struct span span;

	memcpy(piece, bytes, length);
	while ((span = filter_next(filter, &next, end)).length > 0) {
		must(next >= piece && next <= end);
		buffer_add(text, span.text, span.length);
	}
	must(next == end);
	free(piece);
}

/* The text in pieces of these lengths; whole, if there are none. */
static struct buffer
filter_in_pieces(const uint8_t *s, size_t left, size_t line_max, const uint8_t *cuts, size_t count)
{
	struct filter filter;
	struct buffer text = {0};
	struct span span;
	size_t pieces = 0, empty = 0;

	if (relayed)
		filter_init_relayed(&filter);
	else
		filter_init(&filter);
	filter.line_max = line_max;
	while (left > 0) {
		size_t length = empty < count ? cuts[pieces++ % count] % 16 : left;

		empty = length > 0 ? 0 : empty + 1;
		if (length > left)
			length = left;
		if (length > 0)
			pass(&filter, s, length, &text);
		s += length;
		left -= length;
	}
	while ((span = filter_end(&filter)).length > 0)
		buffer_add(&text, span.text, span.length);
	must(filter.held == 0 && !filter.cr && filter.column == 0);
	return text;
}

static void
must_be_same(const struct buffer *a, const struct buffer *b)
{
	size_t length = buffer_length(a);

	must(length == buffer_length(b));
	must(length == 0 || memcmp(buffer_data(a), buffer_data(b), length) == 0);
}

/* Valid UTF-8 without controls but TAB and LF, in lines that are ended and not too long. */
static void
must_be_safe(const struct buffer *text, size_t line_max)
{
	const uint8_t *s = (const uint8_t *)buffer_data(text);
	size_t left = buffer_length(text), column = 0, length;
	uint32_t c = '\n';

	for (; left > 0; s += length, left -= length) {
		must(decode(s, left, &length, &c));
		must(c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7F && !is_within(c, 0x80, 0x9F)));
		column = c == '\n' ? 0 : column + length;
		must(column <= line_max);
	}
	must(c == '\n');
}

/* What is safe passes unchanged; and as a text of its own it needs no LF at its end. */
static void
must_pass_again(const struct buffer *text, size_t line_max)
{
	const char *s = buffer_data(text);
	size_t length = buffer_length(text);
	struct buffer again = {0};

	if (length == 0)
		return;
	filter_text(s, length, line_max, &again);
	must_be_same(text, &again);
	buffer_drop(&again, length);
	filter_text(s, length - 1, line_max, &again);
	must(buffer_length(&again) == length - 1);
	must(length == 1 || memcmp(buffer_data(&again), s, length - 1) == 0);
	buffer_free(&again);
}

/* What can be output of the filter is known, up to the byte from which on it cannot. */
static void
must_be_known(const char *s, size_t length)
{
	struct buffer again = {0};
	size_t safe = filter_safe_length(s, length);

	must(safe <= length);
	filter_text(s, length, FILTER_LINE_MAX, &again);
	must((safe == length) ==
	     (buffer_length(&again) == length && (length == 0 || memcmp(buffer_data(&again), s, length) == 0)));
	must(safe == 0 || (buffer_length(&again) >= safe && memcmp(buffer_data(&again), s, safe) == 0));
	buffer_free(&again);
}

/* The text however it is cut; returns what the filter makes of it. */
static struct buffer
filter_as_reference(const uint8_t *text, size_t length, size_t line_max, const uint8_t *cuts, size_t count)
{
	struct buffer expected = filter_by_reference(text, length, line_max);
	struct buffer whole = filter_in_pieces(text, length, line_max, NULL, 0);
	struct buffer cut = filter_in_pieces(text, length, line_max, cuts, count);

	must_be_same(&expected, &whole);
	must_be_same(&expected, &cut);
	must_be_safe(&whole, line_max);
	buffer_free(&expected);
	buffer_free(&cut);
	return whole;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t count, left, line_max;
	struct buffer text;

	if (lf == NULL || lf == data)
		return 0;
	line_max = data[0] == '0' ? FILTER_LINE_MAX : (size_t)LINE_MIN + data[0] % 64;
	count = (size_t)(lf - data) - 1;
	left = size - count - 2;
	relayed = false;
	text = filter_as_reference(lf + 1, left, line_max, data + 1, count);
	must_pass_again(&text, line_max);
	must_be_known((const char *)lf + 1, left);
	if (buffer_length(&text) > 0)
		must_be_known(buffer_data(&text), buffer_length(&text));
	buffer_free(&text);
	relayed = true;
	text = filter_as_reference(lf + 1, left, line_max, data + 1, count);
	must(buffer_length(&text) == 0 ||
	     filter_relayed_length(buffer_data(&text), buffer_length(&text)) == buffer_length(&text));
	buffer_free(&text);
	return 0;
}
