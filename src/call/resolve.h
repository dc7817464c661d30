/*
 * resolve - the addresses of a name, looked up by a process of its own.
 *
 * getaddrinfo(3) can take many seconds and cannot be interrupted; whoever looks up a name must hear meanwhile
 * that it is to end.  The helper process sends what it finds by a socket, and ends with that or with its parent.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stddef.h>

#define RESOLVE_MAX 64 /* addresses; those after them are left out */

struct address {
	socklen_t length;
	struct sockaddr_storage storage; /* the family is in it */
};

struct resolver {
	pid_t helper;
	int socket; /* readable when the answer is there */
};

/*
 * Looks up host (NULL: the addresses to listen on) and port at once, in this process.  Returns how
 * many addresses were found and written to addresses, which has room for RESOLVE_MAX; or a negative
 * error for resolve_strerror.
 */
int resolve_now(const char *host, unsigned port, int family, struct address *addresses);

/* What such an error is, in words: gai_strerror(3). */
const char *resolve_strerror(int error);

/* Starts a helper process with the same question.  Returns 0, or -1 and errno. */
int resolve_start(struct resolver *resolver, const char *host, unsigned port, int family);

/* Gives the question up: the helper is gone then. */
void resolve_abandon(struct resolver *resolver);

/* To be called when the pipe is readable: the helper's answer, as of resolve_now.  The helper is gone then. */
int resolve_finish(struct resolver *resolver, struct address *addresses);

#endif
