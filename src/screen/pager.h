/*
 * pager - the conversation so far in the person's pager, which brings searching and copying.
 */
#ifndef PAGER_H
#define PAGER_H

#include <sys/types.h>

#include <stdbool.h>

#include "record/history.h"

/*
 * Starts $PAGER, less(1) if it is not set, on a copy of the history, with the signs of its voices and a
 * cross for a line that was lost; own_label stands before one's own lines.  The terminal must have been
 * given back before.  Returns the process, or -1 and errno.
 */
pid_t pager_start(const struct history *history, const char *own_label);

/* Whether the pager has ended; to be asked after SIGCHLD.  *cause is why it never began, or 0. */
bool pager_has_ended(pid_t pager, int *cause);

/* The command that starts it. */
const char *pager_command(void);

/* Ends the pager before its time, within a second. */
void pager_stop(pid_t pager);

#endif
