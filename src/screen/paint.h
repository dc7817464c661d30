/*
 * paint - text onto the cells of the screen, as style and sign say.
 */
#ifndef PAINT_H
#define PAINT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the terminal can put the cursor back: then what it takes to be wider or narrower is no harm to the rest. */
void paint_open(bool can_place);

/*
 * Draws text, which is UTF-8, from a place on, cut off where the columns end.  Marks without a character that they
 * belong to are left out: they would join what stands before the text.  Returns the column after it, counted from
 * where it started.
 */
int paint_text(int y, int x, int columns, const char *text, size_t length);

/* When all is drawn: has the rows that change be written whole, from left to right, where terminals may disagree. */
void paint_finish(void);

#endif
