#include <config.h>

#include <sys/ioctl.h>

#include <curses.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen/size.h"

#define ROWS_MAX 500 /* ncurses takes 84 bytes for each cell */
#define COLUMNS_MAX 1000

/* The variables that a size can be in, and what the program was started with, or NULL. */
static struct {
	const char *name;
	char *before;
} rows_in = {.name = "LINES"}, columns_in = {.name = "COLUMNS"};

/*
 * How many rows or columns there are to draw on: those that the terminal has or, where it does not say, that the
 * environment says or that there were, but no more than most.
 */
static int
bound(int said, const char *environment, int before, int most)
{
	const char *problem;

	if (said == 0 && environment != NULL)
		said = (int)strtonum(environment, 1, INT_MAX, &problem);
	if (said == 0)
		said = before;
	return said < most ? said : most;
}

/* Has a variable say that; not where it is not known. */
static void
say(const char *variable, int size)
{
	char text[16];

	snprintf(text, sizeof text, "%d", size);
	if (size > 0)
		setenv(variable, text, 1);
	else
		unsetenv(variable);
}

void
size_ask(int *rows, int *columns)
{
	struct winsize size = {.ws_row = 0};

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = bound(size.ws_row, rows_in.before, *rows, ROWS_MAX);
	*columns = bound(size.ws_col, columns_in.before, *columns, COLUMNS_MAX);
	say(rows_in.name, *rows);
	say(columns_in.name, *columns);
}

/* A copy of what a variable says, or NULL. */
static char *
copy(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL ? strdup(value) : NULL;
}

bool
size_make_screen(FILE *output)
{
	int rows = 0, columns = 0;

	rows_in.before = copy(rows_in.name);
	columns_in.before = copy(columns_in.name);
	size_ask(&rows, &columns);
	return newterm(NULL, output, stdin) != NULL;
}

static void
restore(const char *variable, const char *before)
{
	if (before != NULL)
		setenv(variable, before, 1);
	else
		unsetenv(variable);
}

void
size_restore_environment(void)
{
	restore(rows_in.name, rows_in.before);
	restore(columns_in.name, columns_in.before);
}
