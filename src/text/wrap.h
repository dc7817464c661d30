/*
 * wrap - a line of text to rows of a screen.
 *
 * Pure: text in, rows out.  A row is computed from where it starts, without the rows before it.
 */
#ifndef WRAP_H
#define WRAP_H

#include <stddef.h>
#include <stdint.h>

#define WRAP_ELLIPSIS "\u2026" /* where something was cut off; one column */

enum wrap_mode {
	WRAP_WORDS,	/* breaks between words where it can, for reading */
	WRAP_CHARACTERS /* breaks only where the row is full, for typing */
};

/* A part of the text that is shown in one row. */
struct row {
	size_t start, length; /* in bytes; spaces at which the row was broken are left out */
};

/*
 * How many columns a character takes in column `column` of its row: what text/glyph.h says, 2 for a
 * control (shown as ^X), as many as its number has for what the text filter would not pass (shown as <U+202E>), up to
 * the next tab stop for a TAB, 1 for a LF (shown as a sign).
 */
int wrap_columns(uint32_t character, int column);

/* How many columns a text takes in one row. */
int wrap_measure(const char *text, size_t length);

/*
 * Finds the row that starts at `start` in a text of length bytes of UTF-8, on a screen of width
 * columns.  Returns where the next row starts; length after the last one.  A row always takes at
 * least one character, even one that is wider than the screen.  A LF ends its row.
 */
size_t wrap_row(const char *text, size_t length, size_t start, int width, enum wrap_mode mode,
		struct row *row);

/* Cuts a text, in memory of size bytes, to so many columns, so that it is seen to be cut; to nothing below two. */
void wrap_cut(char *text, size_t size, int columns);

#endif
