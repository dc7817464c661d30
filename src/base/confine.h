/*
 * confine - a process gives up what it does not need, for good, and so for each child to come.
 *
 * On Linux: Landlock (landlock(7)), no_new_privs and no core dump (PR_SET_NO_NEW_PRIVS(2const),
 * PR_SET_DUMPABLE(2const)).  What the kernel does not have is left out; the listener gives up more, see
 * link/cell.h.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* What it knows is left in no core file and shown to no debugger of the same user.  Returns 0, or -1 and errno. */
int confine_dumps(void);

/* The same for a process that has a secret, where it may fail. */
void confine_secrets(void);

/* No program that it may ever become has more rights than it has.  Returns 0, or -1 and errno. */
int confine_privileges(void);

/*
 * No other process, no descriptor from that number on, and not much more memory than there is now: so many bytes,
 * and a mebibyte or two.  What a system does not limit, and the sanitizers take, is left.  Returns 0, or -1 and errno.
 */
int confine_resources(unsigned descriptors, size_t memory);

/* What can still be had of files and TCP; a zeroed struct is nothing.  What is open stays open. */
struct access {
	enum { FILES_NONE, FILES_SYSTEM, FILES_ALL } files; /* to open: the system's to be read; or to execute, too */
	bool signals;		/* to processes that are not its own children */
	unsigned connect[2];	/* ports to connect to, from Landlock's version 4 on; 0: none */
	bool connects;		/* ... to any */
	bool bind;		/* any free port may be had to call from */
	const char *folder;	/* what is in it, or further below, may be removed; empty or NULL: nothing anywhere */
};

/* Gives the rest up.  Returns 0, or -1 and errno. */
int confine_access(const struct access *access);

/* Whether there is Landlock: in this program, or in the kernel too. */
enum landlock { LANDLOCK_BUILT_IN, LANDLOCK_IN_KERNEL };
bool confine_has_landlock(enum landlock where);

/*
 * The process at the keyboard, before anybody is there: no TCP connection is made or waited for from now on,
 * and, once it needs no files any more, none is opened or executed.  May be called again; failing changes
 * nothing.
 */
void confine_speaker(bool needs_files);

/*
 * The process that waits for calls: it has its sockets, and gives up all the rest.  Where it has to know its callers'
 * names, it can read the system's files, as looking users up takes them; and it can remove what is in the folder, if
 * there is one.  The one that calls can read those files, too, and connect to this port only, and to the port of name
 * servers; or to none, if it is 0.
 */
void confine_waiting(bool names, const char *folder);
void confine_calling(unsigned port);

/* The one that calls who is announced in the local network: it opens no file, and can connect to any port. */
void confine_finding(void);

/* The one that calls by a command: it is shown to nobody, but gives up nothing that the command would inherit. */
void confine_running(void);

/* Who only waits until it is to end a child that is another program. */
void confine_guard(void);

/* The process in which a line is edited: no TCP, and no signals to others. */
void confine_editor(void);

#endif
