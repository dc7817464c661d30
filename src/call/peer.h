/*
 * peer - the other end of a connection: its socket and what it is called.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "call/call.h"
#include "call/local.h"
#include "call/resolve.h"

#define PEER_NAME_MAX 256

struct peer {
	int socket;
	bool local;			/* it is on this machine, at the other end of a Unix-domain socket */
	bool via;			/* a command is at the other end of one, on the way to it (--via) */
	bool bare;			/* it is announced to do without encryption, though it was called for that */
	char host[PEER_NAME_MAX];	/* as called by the person, or a numeric address, or its user; safe text */
	char place[PEER_NAME_MAX + 16];	/* host and port: "192.0.2.7 port 8080"; or the path that was called; or ... */
					/* ... "@Ann (192.0.2.7 port 8080)" */
	char name[PEER_NAME_MAX];	/* what it goes by: a name, where one is known, or host; safe text */
};

#define PEER_WHOLE_MAX (2 * PEER_NAME_MAX + 32)

/* Where somebody is, as the kernel says. */
struct origin {
	struct address address;
	char user[LOCAL_USER_MAX]; /* on this machine: which user (local_user); else empty */
	unsigned char bare; /* in the local network: whether it is announced to do without encryption */
};

/*
 * Says where the peer is, as it was called, or as the kernel says where it has called from, and names it after its host,
 * or its user.  The strings are made safe, and cut to what there is room for.
 */
void peer_place(struct peer *peer, const struct call_options *call, const struct origin *origin);

/* From now on the peer goes by that name, which is made safe, and cut. */
void peer_name(struct peer *peer, const char *name);

/*
 * Writes who it is and where, for the log and whoever wants to know: "Ann (192.0.2.7 port 51312)", or only where, if it
 * goes by its host.
 */
void peer_describe(const struct peer *peer, char whole[PEER_WHOLE_MAX]);

/*
 * Whether the peer's machine owes an answer: something is on its way to it, or the question whether it
 * has room for more.  Then *heard is set, to how many milliseconds ago something last came from it.
 * Only Linux says so; elsewhere the answer is false.
 */
bool peer_owes_answer(const struct peer *peer, int64_t *heard);

/*
 * Prepares a connected socket for a conversation: blocking, without delay for short lines, and such
 * that a peer whose machine has vanished is noticed within about a minute while nothing is on its way to
 * it (keepalive, see tcp(7)); link/link.h says what is done while something is.
 */
void peer_prepare(int socket);

#endif
