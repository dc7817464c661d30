/*
 * door - where a server waits: listening sockets, and callers that come while the line is busy.
 */
#ifndef DOOR_H
#define DOOR_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "call/peer.h"

#define DOOR_WAITING_MAX 8 /* callers told that the line is busy, not yet hung up on */
#define DOOR_FDS (RESOLVE_MAX + DOOR_WAITING_MAX)

struct door {
	int listening[RESOLVE_MAX]; /* one for each address */
	int count;
	struct {
		int socket;
		int64_t deadline;
	} refused[DOOR_WAITING_MAX];
	int refused_count;
	bool tls;	/* callers expect TLS */
	int cause;	/* why nobody could be let in, or 0 */
	int64_t pause;	/* ... the next try is then */
	int64_t rest;	/* nobody is let in before then, see door_rest */
	int64_t notice; /* callers refused before then are not worth a word */
};

/*
 * Listens on all addresses, or on options->bind, for IPv4 and IPv6 as options->family says.  Returns
 * 0, or -1 with a message in error, which has room for size bytes.
 */
int door_open(struct door *door, const struct options *options, char *error, size_t size);

/* Writes what to wait for to fds and brings *timeout forward; returns how many of them. */
nfds_t door_poll(const struct door *door, struct pollfd fds[DOOR_FDS], int *timeout);

/*
 * Lets a caller in, if one is there and has not broken off again, without waiting.  Returns whether
 * *peer is connected now.  Also hangs up on those who were refused before, once they have read why.
 */
bool door_accept(struct door *door, struct peer *peer);

/*
 * While the line is busy: lets a caller in only to say so.  Returns whether there was one of whom to
 * take notice, named in *peer, whose socket stays with the door: at most one in a second, so that
 * strangers cannot fill the conversation with themselves.
 */
bool door_refuse(struct door *door, struct peer *peer);

/* Whether a caller is there, who waits to be let in.  Also hangs up as door_accept does. */
bool door_is_knocked_at(struct door *door);

/* Lets nobody in for a second: a caller that came to nothing may try again and again. */
void door_rest(struct door *door);

/* Closes what is listening; the port is free again. */
void door_close(struct door *door);

#endif
