/*
 * help - the keys of the full screen, in a few rows.
 */
#ifndef HELP_H
#define HELP_H

/* The rows, up to a NULL. */
extern const char *const help_rows[];

#endif
