/*
 * fatal - the end of the program where it cannot go on.
 */
#ifndef FATAL_H
#define FATAL_H

/*
 * Says what failed, as by printf(3), and why (errno), on standard error, and exits with 1.  Before
 * that, what fatal_first asked for is done.
 */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/*
 * Has a function called before the message: a screen must be put away, or it takes the message with
 * it, and what a person has typed must not be lost without a word.  NULL, as in a forked child: none.
 */
void fatal_first(void (*cleanup)(void));

#endif
