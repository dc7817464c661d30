/*
 * confine - a process gives up what it does not need, so that whoever takes it over gains nothing.
 *
 * The listener, which reads what strangers send, keeps the descriptors that it has and the few system
 * calls of its loop.  On Linux: seccomp(2), Landlock (landlock(7)), no_new_privs and no core dump
 * (PR_SET_NO_NEW_PRIVS(2const), PR_SET_DUMPABLE(2const)); on OpenBSD: pledge(2).
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>

/* What this program was built to use, for --version: "seccomp and Landlock"; NULL: nothing. */
const char *confine_methods(void);

/* What of that this kernel does not have: a text as above; NULL: nothing is missing. */
const char *confine_missing(void);
#define CONFINE_MISSING "this kernel does not have %s: the listener is less confined"

/* What the listener still has to do with its descriptors, 0 to count - 1. */
struct confinement {
	int count;
	int socket;		  /* it receives from this, and writes to the other ones */
	bool splices;		  /* and if so, raw bytes go */
	int pipe_in, pipe_out;	  /* from the socket through this pipe */
	int output;		  /* to this */
};

/*
 * The process that starts listeners, before it does, and while there is memory (libseccomp 2.5 does not
 * survive a lack of that): makes what confine_listener needs for that confinement.  Returns 0, or -1 and
 * errno.
 */
int confine_prepare(const struct confinement *confinement);

/*
 * The listener, once it is set up: from here on it can do that, get memory and end.  Where there is
 * seccomp, anything else ends it with SIGSYS; what the kernel does not have is left out.  Returns 0, or -1
 * and errno.
 */
int confine_listener(void);

/*
 * The process at the keyboard, once the conversation stands: no further TCP connection is made or
 * waited for, and, unless it needs files (the full screen for its pager, later callers' keys), no file is
 * opened or executed.  What was open stays open.  May be called again; failing changes nothing.
 */
void confine_speaker(bool needs_files);

/* A process that has a secret: what it knows is left in no core file and shown to no debugger. */
void confine_secrets(void);

#endif
