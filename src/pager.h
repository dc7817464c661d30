/*
 * pager - the conversation so far in the person's pager, which brings searching and copying.
 */
#ifndef PAGER_H
#define PAGER_H

#include <sys/types.h>

#include "history.h"

struct pager {
	pid_t process;
	int end; /* readable when the pager has ended */
};

/*
 * Starts $PAGER, less(1) if it is not set, on a copy of the history; labels name the voices.  The
 * terminal must have been given back before.  Returns 0, or -1 and errno.
 */
int pager_start(struct pager *pager, const struct history *history, const char *own_label,
		const char *peer_label);

/* To be called when pager->end is readable. */
void pager_finish(struct pager *pager);

/* Ends the pager before its time. */
void pager_stop(struct pager *pager);

#endif
