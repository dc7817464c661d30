/*
 * placed - glyphs about whose width terminals may disagree, drawn such that what stands behind them is in its place.
 *
 * ncurses counts columns as wcwidth(3) has them; where a terminal counts others, all that it draws next goes astray.
 * So it is told of other cells: the first holds a sign that is one column wide, and what is to be drawn in the place
 * of its marks; the others hold a sign alone.  In what ncurses then writes, the signs are replaced: the cells are
 * blanked, the glyph is written, and the cursor is put back to where it was before (DECSC and DECRC, ctlseqs) and moved
 * on by one column for each cell.  A terminal that takes the glyph to be narrower leaves a blank behind it; where it
 * takes it to be wider, the next cell is written over its end.
 *
 * Pure.  The signs are characters for private use, which are drawn in no other way.
 */
#ifndef PLACED_H
#define PLACED_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "base/buffer.h"
#include "text/glyph.h"

#define PLACED_CELL_MAX (2 + GLYPH_MARKS_MAX) /* characters: CCHARW_MAX of ncurses */

/* What the first cell of a glyph is to hold; the rest is zeroes. */
void placed_encode(const struct glyph *glyph, wchar_t cell[PLACED_CELL_MAX]);

/* ... and each of the cells behind it. */
extern const wchar_t placed_next;

/* Whether a cell holds one of these. */
bool placed_is(wchar_t first);

/* Adds to a buffer what is to be written instead of what ncurses has written, which ends with a whole character. */
void placed_decode(const char *text, size_t length, struct buffer *buffer);

#endif
