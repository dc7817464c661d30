/*
 * size - how large the screen is: as the terminal says or, where it does not, the environment (LINES, COLUMNS), or
 * terminfo, but no larger than anybody can read.
 *
 * Either can say anything, and ncurses would take memory for that.  It believes the environment most, not only when
 * it makes a screen but also when it comes back to it from another program; so what the environment says is kept
 * right.
 */
#ifndef SIZE_H
#define SIZE_H

#include <stdbool.h>
#include <stdio.h>

/* Makes a screen of that size, which is written to output: newterm(3).  False if that cannot be. */
bool size_make_screen(FILE *output);

/* Asks how many rows and columns there are now; where nobody says, they stay as they are. */
void size_ask(int *rows, int *columns);

/* In a child that becomes another program: the environment says again what it said. */
void size_restore_environment(void);

#endif
