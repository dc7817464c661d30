/*
 * peer - the other end of a connection: its socket and what it is called.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "call/resolve.h"

#define PEER_NAME_MAX 256

struct peer {
	int socket;
	char host[PEER_NAME_MAX];	/* as called by the person, a numeric address, or its own name; safe text */
	char name[PEER_NAME_MAX + 16];	/* host and port, for messages: "192.0.2.7 port 8080" */
	char port[16];			/* "port 8080"; empty where host is a name that the person has given it */
};

/*
 * Names the peer after host and port; where host is NULL, after the address.  The strings are made
 * safe, and cut to what there is room for.
 */
void peer_name(struct peer *peer, const char *host, unsigned port, const struct address *address);

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
