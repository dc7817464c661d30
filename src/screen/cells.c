#include <config.h>

#include <sys/mman.h>

#define NCURSES_INTERNALS /* what a window is made of can be seen, */
#define NCURSES_OPAQUE 0  /* whichever of them the header asks */
#include <curses.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "screen/cells.h"
#include "screen/output.h"

/* ncurses' row of a window (its curses.priv.h), which the type of a window only names. */
struct row {
	cchar_t *cells;
	NCURSES_SIZE_T first_changed, last_changed, old_index;
};

/* ncurses' way to what it collects (again curses.priv.h), which putp(3) does not go. */
int _nc_outch(int byte); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Between two rows there is at most what malloc(3) knows of the second, if nothing else can lie there. */
#define SMALLEST_PIECE 32

static size_t written_room; /* for so many bytes, which ncurses collects before it writes them */

static char *
row_start(const WINDOW *window, int y)
{
	const struct row *rows = (const void *)window->_line;

	return (char *)rows[y].cells;
}

static char *
row_end(const WINDOW *window, int y)
{
	return row_start(window, y) + (size_t)getmaxx(window) * sizeof(cchar_t);
}

/* Where the rows from y on end that follow each other in memory. */
static int
run_end(const WINDOW *window, int y)
{
	do
		y++;
	while (y < getmaxy(window) && row_start(window, y) >= row_end(window, y - 1) &&
	       row_start(window, y) - row_end(window, y - 1) < SMALLEST_PIECE);
	return y;
}

static void
wipe(char *from, const char *to)
{
	if (from < to)
		memset(from, 0, (size_t)(to - from));
}

static char *
lower(char *a, char *b)
{
	return a < b ? a : b;
}

static char *
higher(char *a, char *b)
{
	return a > b ? a : b;
}

/* Has the kernel take whole pages back, which are then empty.  False: there are none, or it cannot be asked. */
static bool
give_back(char *from, const char *to)
{
#if defined(__linux__) /* elsewhere what is in them need not be gone */
	return from < to && madvise(from, (size_t)(to - from), MADV_DONTNEED) == 0;
#else
	(void)from, (void)to;
	return false;
#endif
}

/*
 * Forgets rows that follow each other.  Pages in which there is nothing else are given back, as overwriting them would
 * make copies of them.  What malloc(3) knows of those rows goes with them, which matters to whoever frees them alone.
 */
static void
forget_run(const WINDOW *window, int y, int end)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	char *start = row_start(window, y), *stop = row_end(window, end - 1);
	char *first = start + (-(uintptr_t)start & (page - 1)), *last = stop - ((uintptr_t)stop & (page - 1));

	if (!give_back(first, last))
		first = last = stop;
	for (; y < end; y++) {
		wipe(row_start(window, y), lower(row_end(window, y), first));
		wipe(higher(row_start(window, y), last), row_end(window, y));
	}
}

static void
forget_window(const WINDOW *window)
{
	for (int y = 0, end; y < getmaxy(window); y = end) {
		end = run_end(window, y);
		forget_run(window, y, end);
	}
}

/* Overwrites what was collected, by collecting as much again.  If ncurses then wants to write it, it cannot. */
static void
forget_written(void)
{
	output_leave();
	for (size_t i = 0; i < written_room; i++)
		_nc_outch(' ');
}

static void
forget(void *context)
{
	const WINDOW *const windows[] = {stdscr, curscr, newscr};

	(void)context;
	for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
		forget_window(windows[i]);
	forget_written();
}

void
cells_open(void)
{
	written_room = (size_t)(2 + LINES) * (size_t)(6 + COLS); /* as newterm has it, and keeps it */
	child_forgets(forget, NULL);
}

void
cells_clear(void)
{
	werase(stdscr);
	werase(curscr);
	werase(newscr);
}
