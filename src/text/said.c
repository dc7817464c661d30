#include <config.h>

#include <stdbool.h>
#include <stdint.h>

#include "text/filter.h"
#include "text/glyph.h"
#include "text/safe.h"
#include "text/said.h"
#include "text/utf8.h"

#define JOINER 0x200D
#define TOGETHER_MAX (2 * SAFE_MARKS_MAX) /* so many characters of what is drawn in one place stay together */

/*
 * How many bytes a character can take at a receiver, told by its first byte: <U+1234>, <U+12345>, or <U+101234>.
 * Nothing for other bytes of it.
 */
static size_t
bytes_at_most(char byte)
{
	unsigned char lead = (unsigned char)byte;

	return lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xF0 ? 8 : lead < 0xF4 ? 9 : 10;
}
#define GROWTH_MAX 4 /* times its own length is the most that becomes of a character: of one of two bytes */

/* How many bytes of text surely fit a receiver's room. */
static size_t
fitting(struct span text, size_t room)
{
	size_t length, taken = 0;

	if (text.length <= room / GROWTH_MAX)
		return text.length;
	for (length = 0; length < text.length && (taken += bytes_at_most(text.text[length])) <= room; length++)
		;
	return length;
}

static const char *
previous(const char *s)
{
	do
		s--;
	while ((*s & 0xC0) == 0x80);
	return s;
}

/* Whether what is drawn in one place goes on at s, within a text. */
static bool
goes_on(const char *s, const char *end)
{
	uint32_t before, after;

	utf8_next(previous(s), s, &before);
	utf8_next(s, end, &after);
	return before == JOINER || glyph_is_mark(after);
}

/* How many bytes of the text make the next line, where there is that much room. */
static size_t
part(struct span text, size_t room)
{
	size_t length = fitting(text, room);
	const char *end = text.text + text.length, *cut = text.text + length;

	if (length == text.length)
		return length;
	for (int i = 0; i < TOGETHER_MAX && cut > text.text; i++, cut = previous(cut))
		if (!goes_on(cut, end))
			return (size_t)(cut - text.text);
	return length;
}

void
said_add(struct buffer *lines, struct span prefix, struct span text)
{
	size_t room = FILTER_LINE_MAX, length;

	for (size_t i = 0; i < prefix.length; i++)
		room -= bytes_at_most(prefix.text[i]);
	do {
		length = part(text, room);
		buffer_add(lines, prefix.text, prefix.length);
		buffer_add(lines, text.text, length);
		buffer_add(lines, "\n", 1);
		text = (struct span){text.text + length, text.length - length};
	} while (text.length > 0);
}
