#include <config.h>

#include <string.h>

#include "text/filter.h"
#include "text/rewrite.h"
#include "text/safe.h"
#include "text/utf8.h"

void
filter_init(struct filter *filter)
{
	*filter = (struct filter){.line_max = FILTER_LINE_MAX};
}

void
filter_init_relayed(struct filter *filter)
{
	filter_init(filter);
	filter->relayed = true;
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

/* Whether the character at s may be shown as itself; if so, and if it is a mark, counts it. */
static bool
may_pass(uint32_t c, const char *s, size_t length, struct marks *marks)
{
	bool may = safe_character(c, s, marks);

	if (may)
		safe_count(c, s, s + length, marks);
	return may;
}

/*
 * The length of the character at s if it may be shown as it is, 0 otherwise.  Most characters have two
 * or three bytes; for them, and only to save time, what utf8_examine does is done at once.
 */
static size_t
clean_character(const char *s, const char *end, struct marks *marks)
{
	unsigned char lead = (unsigned char)*s;
	size_t length;

	if (lead < 0xE0 && end - s >= 2) {
		uint32_t c = utf8_decode(s, 2);
		return lead >= 0xC2 && (s[1] & 0xC0) == 0x80 && may_pass(c, s, 2, marks) ? 2 : 0;
	}
	if (lead < 0xF0 && end - s >= 3) {
		uint32_t c = utf8_decode(s, 3);
		bool whole = (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80;
		bool right = whole && c >= 0x800 && (c < 0xD800 || c > 0xDFFF);
		return right && may_pass(c, s, 3, marks) ? 3 : 0;
	}
	if (utf8_examine(s, (size_t)(end - s), &length) != UTF8_COMPLETE ||
	    !may_pass(utf8_decode(s, length), s, length, marks))
		return 0;
	return length;
}

/*
 * How many bytes from s on can be shown as they are and belong to one line, its LF included; room says
 * how many may come before that.
 */
static size_t
clean_line(const char *s, const char *end, size_t room, struct marks *marks)
{
	const char *start = s, *limit = (size_t)(end - s) < room ? end : s + room;
	size_t length;

	for (;; s += length) {
		s = skip_ascii(s, limit);
		if (s < end && *s == '\n')
			return (size_t)(++s - start);
		if (s == limit)
			break;
		length = *s == '\t' ? 1 : (unsigned char)*s >= 0x80 ? clean_character(s, limit, marks) : 0;
		if (length == 0)
			break;
	}
	return (size_t)(s - start);
}

/* The marks that came last, where the next bytes are at s. */
static struct marks
marks_before(const struct filter *filter, const char *s)
{
	return (struct marks){s, filter->marks, filter->relayed};
}

/* What counts of them for what comes after end. */
static void
keep_marks(struct filter *filter, const struct marks *marks, const char *end)
{
	filter->marks = marks->end == end ? (uint8_t)marks->count : 0;
}

/*
 * How many bytes from s on can be shown as they are, lines ended by LF included.  Stops before a line
 * would become too long.
 */
static size_t
clean_run(struct filter *filter, const char *s, const char *end)
{
	struct marks marks = marks_before(filter, s);
	const char *start = s, *lf;
	size_t length, room;

	do {
		/* Not so many that a line could become too long, wherever in them lines end. */
		room = filter->line_max - filter->column;
		length = safe_blocks(s, (size_t)(end - s) < room ? (size_t)(end - s) : room, &marks);
		lf = memrchr(s, '\n', length);
		s += length;
		filter->column = lf != NULL ? (size_t)(s - lf) - 1 : filter->column + length;

		length = clean_line(s, end, filter->line_max - filter->column, &marks);
		s += length;
		filter->column += length;
		if (length > 0 && s[-1] == '\n')
			filter->column = 0;
	} while (length > 0 && s[-1] == '\n');
	keep_marks(filter, &marks, s);
	return (size_t)(s - start);
}

/* The token as a span, after a line end of its own where the line has no room for it. */
static struct span
token(struct filter *filter, size_t length)
{
	if (filter->column + length > filter->line_max) {
		memmove(filter->made + 1, filter->made, length);
		filter->made[0] = '\n';
		filter->cut = true;
		filter->column = length;
		return (struct span){filter->made, length + 1};
	}
	filter->column += length;
	return (struct span){filter->made, length};
}

static struct span
caret(struct filter *filter, unsigned char control)
{
	filter->made[0] = '^';
	filter->made[1] = (char)(control ^ 0x40);
	filter->marks = 0;
	return token(filter, 2);
}

static struct span
replacement(struct filter *filter)
{
	memcpy(filter->made, "\xEF\xBF\xBD", 3); /* U+FFFD */
	filter->marks = 0;
	return token(filter, 3);
}

/* A complete character that is no control: itself, or its number. */
static struct span
character(struct filter *filter, const char *s, size_t length)
{
	uint32_t c = utf8_decode(s, length);
	struct marks marks = marks_before(filter, s);
	bool safe = safe_character(c, s, &marks);

	safe_count(c, s, s + length, &marks);
	keep_marks(filter, &marks, s + length);
	if (!safe)
		return token(filter, rewrite_number(c, filter->made));
	memcpy(filter->made, s, length);
	return token(filter, length);
}

static struct span
line_end(struct filter *filter)
{
	filter->made[0] = '\n';
	filter->column = 0;
	filter->marks = 0;
	return (struct span){filter->made, 1};
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

/*
 * Where there is much input, what cannot be shown is seldom alone: takes blocks that must be rewritten,
 * up to one that changes little.  Leaves the ends of lines that become too long, and of the input, to
 * others.
 */
static struct span
rewrite(struct filter *filter, const char **input, const char *end)
{
	size_t room = filter->line_max - filter->column, length = 0;
	struct marks marks = marks_before(filter, *input);
	const char *lf;
	bool changes = true;

	room = room < sizeof filter->made ? room : sizeof filter->made;
	while (changes && end - *input >= REWRITE_BLOCK + REWRITE_SPARE && room - length >= REWRITE_ROOM) {
		const char *start = *input;
		size_t given = rewrite_block(input, filter->made + length, &marks);

		changes = given != (size_t)(*input - start);
		length += given;
	}
	keep_marks(filter, &marks, *input);
	lf = memrchr(filter->made, '\n', length);
	filter->column = lf != NULL ? (size_t)(filter->made + length - lf) - 1 : filter->column + length;
	return (struct span){filter->made, length};
}

struct span
filter_next(struct filter *filter, const char **input, const char *end)
{
	struct span span;
	size_t length;

	filter->cut = false;
	if (filter->held > 0 && (span = resume(filter, input, end)).length > 0)
		return span;
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
		if ((span = rewrite(filter, input, end)).length > 0)
			return span;
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
	filter->cut = false;
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

size_t
filter_safe_length(const char *text, size_t length)
{
	struct filter filter;

	filter_init(&filter);
	return clean_run(&filter, text, text + length);
}

size_t
filter_relayed_length(const char *text, size_t length)
{
	struct filter filter;

	filter_init_relayed(&filter);
	return clean_run(&filter, text, text + length);
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
filter_controls(const char *text, size_t length, struct buffer *visible)
{
	const char *end = text + length, *next;
	char number[REWRITE_ROOM];

	for (; text < end; text = next) {
		uint32_t c;

		next = utf8_next(text, end, &c);
		if (c == '\r') {
			buffer_add(visible, "\n", 1);
			next += next < end && *next == '\n';
		} else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
			buffer_add(visible, (const char[]){'^', (char)(c ^ 0x40)}, 2);
		} else if (c >= 0x80 && c < 0xA0) {
			buffer_add(visible, number, rewrite_number(c, number));
		} else {
			buffer_add(visible, text, (size_t)(next - text));
		}
	}
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

void
filter_language(const char *text, enum language language, char *safe, size_t size)
{
	char said[SENTENCE_MAX];

	bilingual_choose(text, language, said, sizeof said);
	filter_string(said, safe, size);
}

void
filter_bilingual(const char *text, char *safe, size_t size)
{
	char one[3 * SENTENCE_MAX], other[sizeof one]; /* a byte that is no UTF-8 becomes three */

	filter_language(text, ENGLISH, one, sizeof one);
	filter_language(text, PERSONAL, other, sizeof other);
	bilingual_join(one, other, safe, size);
}
