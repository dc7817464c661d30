/*
 * output - the way to a terminal that may not take anything just now.
 *
 * A terminal can stand still (Ctrl-S, a stopped multiplexer, a dead network), and a write to it then
 * blocks.  ncurses would wait in it for ever.  So ncurses writes to a file in memory, and what is
 * there goes to the terminal as it takes it, through an open file description of this program's own:
 * the one on standard output is shared with the shell, and must not be made non-blocking.  On that
 * way disputed glyphs are put in their places: see screen/placed.h.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Opens the terminal on standard output for ncurses, which must read its settings before
 * output_capture is called.  NULL on failure, and errno.
 */
FILE *output_open(void);

/* From now on what is written to that file is kept in memory. */
void output_capture(void);

/* In a child: what is written to that file from now on goes nowhere. */
void output_leave(void);

/* Adds a control sequence to what ncurses has written so far. */
void output_add(const char *sequence);

/* Hands on to the terminal what it takes without blocking. */
void output_flush(void);

/* Whether something is left that it did not take; then output_descriptor is to be polled. */
bool output_is_behind(void);
int output_descriptor(void);

/*
 * Hands on everything.  What the terminal has not taken after a second is thrown away, also what the
 * system holds for it, so that there is room for something short.  False if so: a control sequence may
 * have been cut.
 */
bool output_drain(void);

#endif
