/*
 * cell - what the listener is locked into, so that whoever takes it over gains nothing.
 *
 * The listener, which reads what strangers send, keeps the descriptors that it has and the few system
 * calls of its loop.  On Linux: seccomp(2), beside what base/confine.h has; on OpenBSD: pledge(2).
 */
#ifndef CELL_H
#define CELL_H

#include <stdbool.h>

/* What this program was built to use, for --version: "seccomp and Landlock"; NULL: nothing.  In English (N_). */
const char *cell_methods(void);

/* What of that this kernel does not have: a text as above; NULL: nothing is missing. */
const char *cell_missing(void);

/* What the listener still has to do with its descriptors, 0 to count - 1. */
struct cell {
	int count;
	int socket;		  /* it receives from this, and writes to the other ones */
	bool splices;		  /* and if so, raw bytes go */
	int pipe_in, pipe_out;	  /* from the socket through this pipe */
	int output;		  /* to this */
};

/*
 * The process that starts listeners, before it does, and while there is memory (libseccomp 2.5 does not
 * survive a lack of that): makes what cell_enter needs.  Returns 0, or -1 and errno.
 */
int cell_prepare(const struct cell *cell);

/*
 * The listener, once it is set up, with so many descriptors at most: from here on it can do that, get some
 * mebibytes of memory and end.  Where there is seccomp, anything else ends it with SIGSYS; what the kernel does not
 * have is left out.  Returns 0, or -1 and errno.
 */
int cell_enter(unsigned descriptors);

#endif
