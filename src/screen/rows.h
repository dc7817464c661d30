/*
 * rows - what the rows of the pane show already, so that of the next picture only those are drawn that show something
 * else.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "screen/layout.h"

#define ROWS_NOTHING UINT64_MAX
#define ROWS_MARK_SIZE 8

/* What a row shows.  The text of a line that has a number never changes. */
struct shown {
	uint64_t line;	  /* ROWS_NOTHING: the row is empty */
	size_t start;	  /* of the part of the line that is shown */
	bool is_rule;
	char mark[ROWS_MARK_SIZE]; /* how far the line has come; empty: that is not shown */
};

/* A picture with such a layout begins, in which the pane is to show these: what only stands elsewhere is moved. */
void rows_begin(const struct shown *wanted, const struct layout *layout);

/* Whether the row is still to be drawn, as it shows something else; then it is empty now, and is taken to be drawn. */
bool rows_must_draw(int y, const struct shown *wanted);

/* What the rows show is not known any more: something else was drawn there, or the screen has another size. */
void rows_forget(void);

#endif
