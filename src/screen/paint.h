/*
 * paint - text onto the cells of the screen, as style and sign say.
 */
#ifndef PAINT_H
#define PAINT_H

#include <stddef.h>

/*
 * Draws text, which is UTF-8, from a place on, cut off where the columns end.  Marks without a character that they
 * belong to are left out: they would join what stands before the text.  Returns the column after it, counted from
 * where it started.
 */
int paint_text(int y, int x, int columns, const char *text, size_t length);

#endif
