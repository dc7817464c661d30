#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "text/glyph.h"
#include "text/rewrite.h"
#include "text/safe.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define TAB_STOP 8
#define ZERO_WIDTH_JOINER 0x200D

int
wrap_columns(uint32_t character, int column)
{
	char number[REWRITE_ROOM];

	if (character == '\t')
		return TAB_STOP - column % TAB_STOP;
	if (character == '\n')
		return 1;
	if (character < 0x20 || character == 0x7F)
		return 2;
	if (character >= 0x80 && !safe_is_known(character))
		return (int)rewrite_number(character, number);
	return glyph_columns(character);
}

int
wrap_measure(const char *text, size_t length)
{
	const char *end = text + length;
	int columns = 0;

	while (text < end) {
		uint32_t c;
		text = utf8_next(text, end, &c);
		columns += wrap_columns(c, columns);
	}
	return columns;
}

static bool
is_blank(uint32_t character)
{
	return character == ' ' || character == '\t';
}

size_t
wrap_row(const char *text, size_t length, size_t start, int width, enum wrap_mode mode,
	 struct row *row)
{
	const char *end = text + length, *s = text + start, *next;
	const char *shown = s;	      /* the end of what is shown if the row is broken at the last chance */
	const char *resume = NULL;    /* where the next row then starts; NULL: no chance yet */
	const char *cluster = s;      /* the last character that is seen by itself, and what joins it */
	uint32_t previous = 0, c = 0; /* characters */
	bool wide = false;	      /* the last cluster takes two columns */
	int column = 0;

	for (; s < end; s = next, previous = c) {
		int columns;

		next = utf8_next(s, end, &c);
		columns = wrap_columns(c, column);
		if (c == '\n') {
			*row = (struct row){start, (size_t)(next - text) - start};
			return (size_t)(next - text);
		}
		if (mode == WRAP_WORDS && is_blank(c)) {
			/* Spaces never start a row: they may hang over its end, unseen. */
			if (!is_blank(previous))
				shown = s;
			resume = next;
			column += columns;
			continue;
		}
		if (!glyph_is_mark(c) && previous != ZERO_WIDTH_JOINER) {
			/* Scripts written without blanks may be broken between wide characters. */
			if ((mode == WRAP_CHARACTERS || (columns == 2 && wide)) && s > text + start)
				shown = resume = s;
			cluster = s;
			wide = columns == 2;
		}
		column += columns;
		/* A mark stays with its character, but not with a blank that hangs over the end. */
		if (column > width && (columns > 0 || is_blank(previous)) && s > text + start) {
			if (resume == NULL) /* a word longer than the row, or one character is */
				shown = resume = cluster > text + start ? cluster : s;
			break;
		}
	}
	if (s == end || resume == NULL) {
		*row = (struct row){start, (size_t)(s - text) - start};
		return (size_t)(s - text);
	}
	*row = (struct row){start, (size_t)(shown - text) - start};
	return (size_t)(resume - text);
}

void
wrap_cut(char *text, size_t size, int columns)
{
	size_t length = strlen(text);
	struct row row = {0, 0};

	if (wrap_measure(text, length) <= columns)
		return;
	if (columns > 1)
		wrap_row(text, length, 0, columns - 1, WRAP_CHARACTERS, &row);
	if (wrap_measure(text, row.length) >= columns) /* its first character is wider than that */
		row.length = 0;
	strlcpy(text + row.length, columns > 1 ? WRAP_ELLIPSIS : "", size - row.length);
}
