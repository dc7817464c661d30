/*
 * pane - the part of the history that is in view: which rows of which lines, and scrolling.
 *
 * Pure: it knows sizes, no terminal.  What it computes costs what the view shows, however much the
 * history holds.  The view either follows the newest line or stays where it was put.
 */
#ifndef PANE_H
#define PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/history.h"
#include "text/wrap.h"

/* A place in the history: a line and where in its text, in bytes, a row starts; SIZE_MAX: the rule below the line. */
struct place {
	uint64_t line;
	size_t start;
};

struct pane {
	const struct history *history;
	int width, height;   /* in columns and rows, for the text alone */
	bool following;	     /* the newest line is in view and stays so */
	struct place bottom; /* otherwise: it is in the row at the bottom */
	uint64_t seen;	     /* otherwise: lines before this number were there when it was scrolled */
	uint64_t ruled;	     /* lines before this number are above a rule, once others are below it; 0: none are */
};

/* One row in view. */
struct pane_row {
	uint64_t line;
	bool is_rule;	/* a thin line, below that one */
	struct row row; /* otherwise: of the line's text */
};

/* A view of the newest lines; its size is still to be set. */
void pane_init(struct pane *pane, const struct history *history);

/* Sets the size; what is at the bottom stays there as well as it can. */
void pane_resize(struct pane *pane, int width, int height);

/*
 * Writes the rows in view, from the top on, to rows, which has room for pane->height of them.
 * Returns how many there are: fewer than the height only if the whole history fits.
 */
int pane_rows(const struct pane *pane, struct pane_row *rows);

/* Scrolls by so many rows: up, to older lines, if negative.  Stops at either end. */
void pane_scroll(struct pane *pane, int rows);

/* Shows the oldest lines, or the newest. */
void pane_to_start(struct pane *pane);
void pane_to_end(struct pane *pane);

/* Stays where it is, also at the newest lines, below which others come then; and follows them again if it still can. */
void pane_hold(struct pane *pane);
void pane_release(struct pane *pane);

/* Shows the row of a place in a text, in the middle unless it is in view, and holds that. */
void pane_show(struct pane *pane, struct place place);

/* Where the row behind the last one in view would start, in the same line or at the start of the next one. */
struct place pane_below(const struct pane *pane);

/* The line of the row at the top; 0 if there is none. */
uint64_t pane_top(const struct pane *pane);

/* Has a thin line say how far the lines were seen that are there now, once others come; and no other any more. */
void pane_rule(struct pane *pane);

/* Whether the newest line is in view to its end: it is also where the view is held there, and none has come. */
bool pane_shows_newest(const struct pane *pane);

/* How many lines came since the view stopped following. */
uint64_t pane_unseen(const struct pane *pane);

#endif
