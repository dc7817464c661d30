#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "screen/pane.h"

#define RULE SIZE_MAX /* in place of where a row starts: below all rows of its line */

void
pane_init(struct pane *pane, const struct history *history)
{
	*pane = (struct pane){.history = history, .width = 1, .height = 1, .following = true};
}

void
pane_resize(struct pane *pane, int width, int height)
{
	pane->width = width < 1 ? 1 : width;
	pane->height = height < 1 ? 1 : height;
}

/* Whether a rule is below a line, and above the next one. */
static bool
is_ruled_off(const struct pane *pane, uint64_t line)
{
	return pane->ruled == line + 1 && pane->ruled < history_end(pane->history);
}

/* The row at a place, and in *next the place of the row after it, perhaps of a line that is still to come. */
static struct pane_row
row_at(const struct pane *pane, struct place place, struct place *next)
{
	struct line line = history_line(pane->history, place.line);
	struct pane_row found = {.line = place.line, .is_rule = place.start == RULE};

	*next = (struct place){.line = place.line + 1};
	if (found.is_rule)
		return found;
	place.start = wrap_row(line.text, line.length, place.start, pane->width, WRAP_WORDS, &found.row);
	if (place.start < line.length)
		*next = place;
	else if (is_ruled_off(pane, place.line))
		*next = (struct place){place.line, RULE};
	return found;
}

/* Moves the place down by one row.  Returns false, and leaves it, at the last row of all. */
static bool
step_down(const struct pane *pane, struct place *place)
{
	struct place next;

	row_at(pane, *place, &next);
	if (next.line == history_end(pane->history))
		return false;
	*place = next;
	return true;
}

/* Whether the first place is further down than the second. */
static bool
is_below(struct place a, struct place b)
{
	return a.line != b.line ? a.line > b.line : a.start > b.start;
}

/* The row of place.line that holds the byte place.start; rows may have moved since it was set. */
static struct place
align(const struct pane *pane, struct place place)
{
	struct place row = {.line = place.line}, next = row;

	if (place.line < history_start(pane->history))
		return (struct place){.line = history_start(pane->history)};
	while (step_down(pane, &next) && !is_below(next, place))
		row = next;
	return row;
}

/* The last row of the last line. */
static struct place
last_row(const struct pane *pane)
{
	return align(pane, (struct place){history_end(pane->history) - 1, SIZE_MAX});
}

/*
 * Writes the rows from the top of the line `number` up to the place `last`, at most height of them,
 * the last ones.  They go to rows[end - n] ... rows[end - 1]; returns n.
 */
static int
rows_up_to(const struct pane *pane, uint64_t number, struct place last, struct pane_row *rows, int end)
{
	struct place place = {.line = number};
	int count = 0;

	do {
		if (count == end) /* too many for what is left */
			memmove(rows, rows + 1, (size_t)--count * sizeof *rows);
		rows[count++] = row_at(pane, place, &place);
	} while (place.line == number && !is_below(place, last));
	memmove(rows + end - count, rows, (size_t)count * sizeof *rows);
	return count;
}

/* The place of the row that is rows rows below the first row of all, or the last one. */
static struct place
from_start(const struct pane *pane, int rows)
{
	struct place place = {.line = history_start(pane->history)};

	while (rows-- > 0 && step_down(pane, &place))
		;
	return place;
}

/* Where the row at the bottom of the view is; there is one. */
static struct place
find_bottom(const struct pane *pane)
{
	struct place highest, bottom;

	if (pane->following)
		return last_row(pane);
	/* The top stays filled: no further up than with the first row of all at the top. */
	highest = from_start(pane, pane->height - 1);
	bottom = align(pane, pane->bottom);
	return is_below(highest, bottom) ? highest : bottom;
}

/* Writes at most height rows, the last of which is at bottom.  Returns how many there are. */
static int
rows_above(const struct pane *pane, struct place bottom, struct pane_row *rows, int height)
{
	int free = height;

	for (uint64_t line = bottom.line; free > 0; line--) {
		free -= rows_up_to(pane, line, bottom, rows, free);
		if (line == history_start(pane->history))
			break;
	}
	memmove(rows, rows + free, (size_t)(height - free) * sizeof *rows);
	return height - free;
}

static bool
is_empty(const struct pane *pane)
{
	return history_start(pane->history) == history_end(pane->history);
}

int
pane_rows(const struct pane *pane, struct pane_row *rows)
{
	return is_empty(pane) ? 0 : rows_above(pane, find_bottom(pane), rows, pane->height);
}

/* Stops following, with the row at place at the bottom; unless that is the last row of all. */
static void
stay_at(struct pane *pane, struct place place)
{
	if (!is_below(last_row(pane), place)) {
		pane->following = true;
		return;
	}
	if (pane->following)
		pane->seen = history_end(pane->history);
	pane->following = false;
	pane->bottom = place;
}

static void
scroll_up(struct pane *pane, int rows)
{
	int height = pane->height + rows, count, bottom;
	struct pane_row *view = calloc((size_t)height, sizeof *view);

	if (view == NULL)
		fatal("cannot get memory");
	count = rows_above(pane, find_bottom(pane), view, height);
	bottom = count > rows ? count - 1 - rows : 0; /* find_bottom goes no further than it can */
	if (count > pane->height)
		stay_at(pane, (struct place){view[bottom].line, view[bottom].is_rule ? RULE : view[bottom].row.start});
	free(view);
}

static void
scroll_down(struct pane *pane, int rows)
{
	struct place place = find_bottom(pane);

	while (rows-- > 0 && step_down(pane, &place))
		;
	stay_at(pane, place);
}

void
pane_scroll(struct pane *pane, int rows)
{
	if (is_empty(pane))
		return;
	if (rows < 0)
		scroll_up(pane, -rows);
	else if (!pane->following)
		scroll_down(pane, rows);
}

void
pane_to_start(struct pane *pane)
{
	if (!is_empty(pane) && is_below(last_row(pane), from_start(pane, pane->height - 1)))
		stay_at(pane, (struct place){.line = history_start(pane->history)});
}

void
pane_to_end(struct pane *pane)
{
	pane->following = true;
}

void
pane_hold(struct pane *pane)
{
	if (is_empty(pane) || !pane->following)
		return;
	pane->bottom = last_row(pane);
	pane->seen = history_end(pane->history);
	pane->following = false;
}

void
pane_release(struct pane *pane)
{
	if (!is_empty(pane) && !pane->following)
		stay_at(pane, find_bottom(pane));
}

/* Whether the row of a place is in view. */
static bool
shows(const struct pane *pane, struct place place)
{
	struct pane_row *view = calloc((size_t)pane->height, sizeof *view);
	bool shown = false;
	int count;

	if (view == NULL)
		fatal("cannot get memory");
	count = pane_rows(pane, view);
	for (int i = 0; i < count && !shown; i++)
		shown = view[i].line == place.line && !view[i].is_rule && view[i].row.start == place.start;
	free(view);
	return shown;
}

void
pane_show(struct pane *pane, struct place place)
{
	pane_hold(pane);
	place = align(pane, place);
	if (shows(pane, place))
		return;
	for (int rows = pane->height / 2; rows > 0 && step_down(pane, &place); rows--)
		;
	pane->bottom = place;
}

struct place
pane_below(const struct pane *pane)
{
	struct place bottom, below;

	if (is_empty(pane))
		return (struct place){.line = history_end(pane->history)};
	below = bottom = find_bottom(pane);
	if (!step_down(pane, &below) || below.start == RULE)
		below = (struct place){.line = bottom.line + 1};
	return below;
}

uint64_t
pane_top(const struct pane *pane)
{
	struct pane_row *view = calloc((size_t)pane->height, sizeof *view);
	uint64_t top;

	if (view == NULL)
		fatal("cannot get memory");
	top = pane_rows(pane, view) > 0 ? view->line : 0;
	free(view);
	return top;
}

void
pane_rule(struct pane *pane)
{
	pane->ruled = pane->following ? history_end(pane->history) : pane->seen;
}

bool
pane_shows_newest(const struct pane *pane)
{
	return pane->following || is_empty(pane) || !is_below(last_row(pane), find_bottom(pane));
}

uint64_t
pane_unseen(const struct pane *pane)
{
	return pane->following ? 0 : history_end(pane->history) - pane->seen;
}
