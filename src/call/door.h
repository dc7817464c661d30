/*
 * door - where a server waits: listening sockets, and callers that are turned away.
 */
#ifndef DOOR_H
#define DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/polls.h"
#include "call/call.h"
#include "call/local.h"
#include "call/peer.h"
#include "call/resolve.h"

#define DOOR_WAITING_MAX 8 /* callers told that the line is busy, not yet hung up on */

struct door {
	int listening[RESOLVE_MAX]; /* one for each address */
	int count;
	struct local local; /* ... or where it is, on this machine (-U) */
	bool held;	/* who comes waits, in the kernel's queue */
	struct {
		int socket;
		bool local;
		int64_t deadline;
	} refused[DOOR_WAITING_MAX];
	int refused_count;
	bool tls;	/* callers expect TLS */
	bool group;	/* they are several at once */
	int cause;	/* why nobody could be let in, or 0 */
	int64_t retry;	/* ... the next try is then */
};

/*
 * Listens at options->path, or on all addresses, or on options->bind, for IPv4 and IPv6 as options->family says.  Returns
 * 0, or -1 with a message in error, which has room for size bytes.
 */
int door_open(struct door *door, const struct call_options *options, char *error, size_t size);

/* Whether some call from this machine, whose users they are then known by. */
bool door_has_users(const struct door *door);

void door_poll(const struct door *door, struct polls *polls);

/* Hangs up on those who were refused before, once they have read why. */
void door_hang_up(struct door *door);

/* Whether somebody is there, who waits; nobody is while the door is held. */
bool door_is_knocked_at(const struct door *door);

/*
 * Lets a caller in, if one is there and has not broken off again, without waiting.  Returns its socket, or -1;
 * then door->cause is why, unless nobody was there.
 */
int door_admit(struct door *door, struct origin *from);

/* The same, only to say that the line is busy; the socket stays with the door.  Returns whether somebody was there. */
bool door_refuse(struct door *door, struct origin *from);

/* Closes what is listening; the port is free again, and the path. */
void door_close(struct door *door);

#endif
