/*
 * child - a forked process: what it does first, and how its parent sees that it ends.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/polls.h"

/*
 * From now on each child that begins calls forget first of all, to overwrite what is none of its business in the
 * memory that it has a copy of.  A few of them can be there.  What is secluded (base/secluded.h) is not in a child.
 */
void child_forgets(void (*forget)(void *context), void *context);

/* In a child that has something to do before child_begin, which does this too: has all that forgotten. */
void child_forget(void);

/*
 * In a child of the process parent: it has nothing that is to be forgotten; it ends when the parent does, even by
 * SIGKILL; a screen is not its business; and signals have their usual effect, except that SIGHUP, SIGINT and SIGQUIT
 * are ignored, because the parent hears them too and decides what follows.
 *
 * report is the writing end of a pipe that nobody but the parent reads from.  Where the kernel does not end a child
 * with its parent (Linux and FreeBSD do), a signal from that pipe does (O_ASYNC, open(2)).  It is -1 for a child that
 * ends by itself, as one that becomes another program, or one that hears from its parent.
 */
void child_begin(pid_t parent, int report);

/* In such a child, which then ends by itself once its parent has, as it has something to end before. */
void child_outlive(void);

/* A child, as its parent sees it. */
struct child {
	pid_t pid;	  /* 0: there is none */
	int64_t deadline; /* by then it has ended, or is killed; 0: it need not end yet; CLOCK_NEVER: it was killed */
};

/*
 * Whether a child that has said that it ends, or was told to, has ended; *status is then as of waitpid(2), or 0
 * where it is not known.  Does not wait: the child has a second from the first time on that this is asked, and
 * is killed after it.
 */
bool child_has_ended(struct child *child, int *status);

/* Has polls_wait come back when that is to be asked again; that it has ended, SIGCHLD says by itself. */
void child_poll(const struct child *child, struct polls *polls);

/* Kills it, if there is one; that it has ended is still to be asked, first at once, as it may have ended before. */
void child_kill(struct child *child);

/* Waits for its end, which it has been told of, as child_has_ended says. */
void child_finish(struct child *child);

/* Kills it and waits for its end, which a moment brings: for the end of the program. */
void child_end(struct child *child);

#endif
