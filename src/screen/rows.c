#include <config.h>

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "screen/rows.h"

static struct shown *rows;   /* of the pane, from the top */
static struct layout layout; /* ... in which they were drawn */
static bool are_known;

static bool
is_same(const struct shown *a, const struct shown *b)
{
	return a->line == b->line && a->start == b->start && a->is_rule == b->is_rule &&
	       strcmp(a->mark, b->mark) == 0;
}

/* Whether what was drawn in the one stands where it would be drawn in the other. */
static bool
is_alike(const struct layout *a, const struct layout *b)
{
	return a->pane_rows == b->pane_rows && a->columns == b->columns && a->labels == b->labels &&
	       a->label_width == b->label_width && a->text == b->text;
}

static void
empty(int y)
{
	move(y, 0);
	clrtoeol();
	rows[y] = (struct shown){.line = ROWS_NOTHING};
}

static void
begin_anew(const struct layout *l)
{
	free(rows);
	if ((rows = calloc((size_t)l->pane_rows, sizeof *rows)) == NULL)
		fatal("cannot get memory");
	layout = *l;
	are_known = true;
	for (int y = 0; y < l->pane_rows; y++)
		empty(y);
}

/* Moves the rows up, by as many as the last one is to stand higher. */
static void
move_up(const struct shown *wanted)
{
	int count = layout.pane_rows, place = count - 1;

	while (place >= 0 && !is_same(&wanted[place], &rows[count - 1]))
		place--;
	if (place < 0 || place == count - 1 || wanted[place].line == ROWS_NOTHING)
		return;
	scrollok(stdscr, TRUE);
	setscrreg(0, count - 1);
	scrl(count - 1 - place);
	setscrreg(0, getmaxy(stdscr) - 1);
	scrollok(stdscr, FALSE);
	memmove(rows, rows + (count - 1 - place), (size_t)(place + 1) * sizeof *rows);
	for (int y = place + 1; y < count; y++)
		rows[y] = (struct shown){.line = ROWS_NOTHING};
}

void
rows_begin(const struct shown *wanted, const struct layout *l)
{
	if (are_known && is_alike(l, &layout))
		move_up(wanted);
	else
		begin_anew(l);
}

bool
rows_must_draw(int y, const struct shown *wanted)
{
	if (is_same(&rows[y], wanted))
		return false;
	empty(y);
	rows[y] = *wanted;
	return true;
}

void
rows_forget(void)
{
	are_known = false;
}
