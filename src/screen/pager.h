/*
 * pager - the conversation so far in the person's pager, which brings searching and copying.
 */
#ifndef PAGER_H
#define PAGER_H

#include <sys/types.h>

#include <stdbool.h>

#include "screen/pane.h"

/*
 * Starts $PAGER, less(1) if it is not set, on a copy of what the pane shows a part of, with the signs of its voices and
 * a cross for a line that was lost; own_label stands before one's own lines.  A pager that can be told opens where the
 * pane is.  It has a group of processes of its own, in the background.  The terminal must have been given back before.
 * Returns the process, or -1 and errno.
 */
pid_t pager_start(const struct pane *pane, const char *own_label);

/* What has become of it. */
enum pager_state {
	PAGER_RUNS,
	PAGER_WANTS_KEYS, /* it is stopped, as it wants the keyboard */
	PAGER_SUSPENDED,  /* it is stopped, by Ctrl-Z */
	PAGER_ENDED,	  /* by itself */
	PAGER_KILLED,
	PAGER_FAILED	  /* it never began, and *cause says why */
};

/* To be asked after SIGCHLD. */
enum pager_state pager_look(pid_t pager, int *cause);

/* Whether, on such a screen, it may end without a key although it has wanted the keyboard: see screen/habit.h. */
bool pager_ends_at_once(const struct history *history, const char *own_label, int rows, int columns);

/* The command that starts it. */
const char *pager_command(void);

/* Ends the pager before its time, within a second. */
void pager_stop(pid_t pager);

#endif
