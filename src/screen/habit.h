/*
 * habit - what is known of a pager by its name: how to have it open at a place, and whether it may end at once though
 * it asks for the keyboard.
 *
 * Pure: a command and options in, options out.  What is known is of less(1), and of more(1) where it opens; the name is
 * the first word of the command, without its folders.
 */
#ifndef HABIT_H
#define HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* A place in a text, by lines that are counted from 1. */
struct habit_place {
	uint64_t line; /* at the top of the screen */
	bool newest;   /* ... so that the last one is at its bottom */
};

/* The variable in the environment that the pager takes options from; NULL: not known. */
const char *habit_variable(const char *command);

/* Writes what that variable is to be, with a NUL, such that the pager opens there; before it was options, or NULL. */
void habit_place(const char *command, const char *options, struct habit_place place, struct buffer *value);

/* How long a text is: in lines, and in rows of the screen, which has so many. */
struct habit_length {
	uint64_t lines, rows, screen;
};

/*
 * Whether a pager that has prepared the terminal for keys may yet end without one: less -F, if the whole text fits on
 * the screen (with -S, which cuts lines off, sooner), and less -E.  options as above.
 */
bool habit_ends_at_once(const char *command, const char *options, struct habit_length text);

#endif
