#include <config.h>

#include <curses.h>
#include <wchar.h>

#include "screen/paint.h"
#include "screen/sign.h"
#include "text/glyph.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define LINE_END_SIGN 0x23CE /* RETURN SYMBOL: where a pasted line ends */
#define REPLACEMENT_CHARACTER 0xFFFD

/* Draws a glyph at the cursor; what is a control is made visible. */
static void
draw_glyph(const struct glyph *glyph)
{
	uint32_t character = glyph->character == '\n' ? LINE_END_SIGN : glyph->character;
	wchar_t text[1 + GLYPH_MARKS_MAX + 1] = {(wchar_t)sign_form(character)};
	attr_t attributes;
	short pair;
	cchar_t cell;

	if (*text < 0x20 || *text == 0x7F) {
		addch('^');
		*text ^= 0x40;
	} else if (wcwidth(*text) < 0) { /* in one's own input: ncurses would show it in two columns */
		*text = REPLACEMENT_CHARACTER;
	}
	for (size_t i = 0; glyph->marks[i] != 0; i++)
		text[1 + i] = (wchar_t)glyph->marks[i];
	attr_get(&attributes, &pair, NULL);
	setcchar(&cell, text, attributes, pair, NULL);
	add_wch(&cell);
}

/* How many characters at the start of a text are ASCII, can be seen, and have no mark on them. */
static int
count_ascii(const char *text, const char *end)
{
	const char *s = text;

	while (s < end && *s >= 0x20 && *s < 0x7F)
		s++;
	return (int)(s - text) - (s > text && s < end && (*s & 0x80) != 0);
}

int
paint_text(int y, int x, int columns, const char *text, size_t length)
{
	const char *end = text + length;
	int column = 0;

	move(y, x);
	while (text < end) {
		int width = count_ascii(text, end);
		struct glyph glyph;
		uint32_t c;

		if (width > columns - column)
			width = columns - column;
		if (width > 0) { /* most text, and much faster so */
			addnstr(text, width);
			text += width;
			column += width;
			continue;
		}
		utf8_next(text, end, &c);
		width = wrap_columns(c, column);
		if (column + width > columns)
			break;
		text = glyph_next(text, end, &glyph);
		if (c == '\t')
			move(y, x + column + width);
		else if (width > 0)
			draw_glyph(&glyph);
		column += width;
	}
	return column;
}
