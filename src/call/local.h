/*
 * local - a door and a call on this very machine: a Unix-domain socket (unix(7)), and whom the kernel names at its other
 * end.
 *
 * Anybody may call whom the folder lets in: the socket itself can be written by all.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <sys/types.h>

#include <limits.h>
#include <stddef.h>

#include "call/resolve.h"

#define LOCAL_USER_MAX 320 /* has room for the longest name that a system gives a user, and a number */

/* Where it is listened: the socket's place in its folder, until it is taken away again; zeroed: nowhere. */
struct local {
	int folder;		  /* a descriptor, which needs no right to read it */
	char parent[PATH_MAX];	  /* its path; empty: nowhere */
	char name[NAME_MAX + 1];  /* ... and the socket's in it */
	dev_t device;		  /* which one it is */
	ino_t inode;
};

/* The address that a path is.  Returns 0, or -1 and errno: ENAMETOOLONG. */
int local_address(const char *path, struct address *address);

/*
 * Has the kernel keep from a Unix-domain socket, and from those that are accepted from it afterwards, what descriptors
 * others hand over (SCM_RIGHTS, unix(7)): closing one that came unasked can take as long as its sender likes.  Linux
 * can since 6.16; elsewhere, and to other sockets, it does nothing.
 */
void local_refuse_descriptors(int socket);

/*
 * Listens there, and takes the place of a socket of this user at which nobody listens any more: of several that do so
 * one does, as they lock the folder (flock(2)) meanwhile, which they have to be able to read then.  Returns the socket,
 * or -1 and errno: EADDRINUSE if somebody listens there, EEXIST if something else is there, EPERM if another user's
 * socket is, EWOULDBLOCK if the folder stayed locked.
 */
int local_listen(struct local *local, const char *path, int backlog);

/*
 * Takes the socket away, if it is still the one; to be called while it still listens.  What was not listened at is left
 * alone.
 */
void local_remove(struct local *local);

/*
 * Says which user is at the other end of a connected socket, as the kernel knows it: whoever called, or began to
 * listen.  "user ann (uid 1000)", "uid 1000" where nobody is called so; the text is not made safe.  Returns 0, or -1 and
 * errno.
 */
int local_user(int socket, char text[LOCAL_USER_MAX]);

#endif
