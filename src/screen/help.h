/*
 * help - the keys of the full screen, in a few rows.
 */
#ifndef HELP_H
#define HELP_H

/* The rows, in the person's language, up to a NULL: they stay where they are. */
const char *const *help_rows(void);

#endif
