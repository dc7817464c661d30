#include <config.h>

#include <curses.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "screen/paint.h"
#include "screen/placed.h"
#include "screen/sign.h"
#include "text/glyph.h"
#include "text/rewrite.h"
#include "text/safe.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define LINE_END_SIGN 0x23CE /* RETURN SYMBOL: where a pasted line ends */
#define REPLACEMENT_CHARACTER 0xFFFD

static bool can_place;
static bool has_placed; /* something in the picture may be */

void
paint_open(bool place)
{
	can_place = place;
}

/* Draws a character at the cursor, and what is to be written with it, which ncurses need not take for marks. */
static void
draw_cell(const wchar_t *text)
{
	const wchar_t first[] = {*text, L'\0'};
	attr_t attributes;
	short pair;
	cchar_t cell;

	attr_get(&attributes, &pair, NULL);
	setcchar(&cell, first, attributes, pair, NULL);
	for (size_t i = 1; i < CCHARW_MAX && text[i] != L'\0'; i++)
		cell.chars[i] = text[i];
	add_wch(&cell);
}

/* Draws a glyph at the cursor about which terminals may disagree. */
static void
draw_placed(const struct glyph *glyph)
{
	wchar_t cell[PLACED_CELL_MAX];

	has_placed = true;
	placed_encode(glyph, cell);
	draw_cell(cell);
	for (int i = 1; i < glyph->columns; i++)
		draw_cell((const wchar_t[]){placed_next, L'\0'});
}

/* Draws a glyph at the cursor; what is a control is made visible. */
static void
draw_glyph(const struct glyph *glyph)
{
	uint32_t character = glyph->character == '\n' ? LINE_END_SIGN : glyph->character;
	wchar_t text[1 + GLYPH_MARKS_MAX + 1] = {(wchar_t)sign_form(character)};
	int drawn; /* columns, as ncurses counts them */

	if (*text < 0x20 || *text == 0x7F) {
		addch('^');
		*text ^= 0x40;
	} else if (glyph->disputed && can_place && *text == (wchar_t)character) {
		draw_placed(glyph);
		return;
	} else if (placed_is(*text)) { /* it would be taken for one */
		*text = REPLACEMENT_CHARACTER;
	}
	for (size_t i = 0, length = 1; glyph->marks[i] != 0; i++)
		if (glyph_columns(glyph->marks[i]) == 0)
			text[length++] = (wchar_t)glyph->marks[i];
	draw_cell(text);
	drawn = wcwidth(*text);
	for (int i = drawn > 0 ? drawn : 1; i < glyph->columns; i++)
		addch(' ');
}

/* Draws a character of one's own input that the text filter would not pass: as in what was said, its number. */
static void
draw_number(uint32_t c)
{
	char number[REWRITE_ROOM];

	addnstr(number, (int)rewrite_number(c, number));
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
		const char *next;
		struct glyph glyph;
		bool is_safe;
		uint32_t c;

		if (width > columns - column)
			width = columns - column;
		if (width > 0) { /* most text, and much faster so */
			addnstr(text, width);
			text += width;
			column += width;
			continue;
		}
		next = utf8_next(text, end, &c);
		width = wrap_columns(c, column);
		is_safe = c < 0x80 || safe_is_known(c);
		if (is_safe) {
			next = glyph_next(text, end, &glyph);
			width += glyph.columns - glyph_columns(c);
		}
		if (column + width > columns)
			break;
		if (!is_safe)
			draw_number(c);
		else if (c == '\t' || glyph.character == 0)
			move(y, x + column + width);
		else
			draw_glyph(&glyph);
		text = next;
		column += width;
	}
	return column;
}

/* Whether there is a disputed glyph in a row, the cells of which end with an empty one. */
static bool
is_placed_in(const cchar_t *row)
{
	while (row->chars[0] != L'\0' && !placed_is(row->chars[0]))
		row++;
	return row->chars[0] != L'\0';
}

static bool
is_same_row(const cchar_t *a, const cchar_t *b)
{
	for (; a->chars[0] != L'\0' && b->chars[0] != L'\0'; a++, b++)
		if (memcmp(a, b, sizeof *a) != 0)
			return false;
	return a->chars[0] == b->chars[0];
}

void
paint_finish(void)
{
	static struct buffer cells; /* room for a row to be drawn, and for what is there */
	int columns = getmaxx(stdscr), y, x, shown_y, shown_x;
	cchar_t *row, *shown;

	if (!has_placed)
		return;
	has_placed = false; /* unless it is found */
	row = (cchar_t *)(void *)buffer_reserve(&cells, 2 * ((size_t)columns + 1) * sizeof *row);
	shown = row + columns + 1;
	getyx(stdscr, y, x);
	getyx(curscr, shown_y, shown_x);
	for (int i = 0; i < getmaxy(stdscr); i++) {
		mvin_wchnstr(i, 0, row, columns);
		if (!is_placed_in(row))
			continue;
		has_placed = true;
		mvwin_wchnstr(curscr, i, 0, shown, columns);
		if (!is_same_row(row, shown))
			wredrawln(stdscr, i, 1);
	}
	wmove(curscr, shown_y, shown_x);
	move(y, x);
}
