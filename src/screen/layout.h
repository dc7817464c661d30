/*
 * layout - where things are on a screen of some size.
 *
 * Pure: what is to be seen in, rows and columns out.  Rows are counted from the top, columns from the left, from 0.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "screen/screen.h"

#define LAYOUT_TIME_WIDTH 6 /* "14:02 " */

struct layout {
	int rows, columns;
	int pane_rows;			 /* from row 0 on */
	int newest_row;			 /* of the newest line, while the pane does not follow it; -1: none */
	int question_row, question_rows; /* 0 rows: there is none, or no room for it */
	bool advice;			 /* there is room for that, too, which can be left out of it */
	int question_text;		 /* where its text starts */
	int status_row;			 /* -1: there is no room for it */
	int input_row, input_rows;
	int labels, label_width; /* where they start, and columns for them; 0: none are shown */
	int gutter, mark_width;	 /* the mark of who speaks, or of how far it has come */
	int text;		 /* where text starts */
	int text_width;
};

/* Where the things of a scene are, whose bar need not be known yet. */
struct layout layout_arrange(const struct scene *scene, int rows, int columns);

/* The next row of texts: as much of the one at *texts, from *start on, as fits; both are moved on. */
struct span layout_next_row(const char *const **texts, size_t *start, int columns);

/* How many rows texts take, up to a NULL, in so many columns. */
int layout_rows_of(const char *const *texts, int columns);

/* Whether a text of a question is the last but one. */
bool layout_is_advice(const char *const *text);

#endif
