/*
 * peer - the other end of a connection: its socket and what it is called.
 */
#ifndef PEER_H
#define PEER_H

#include "resolve.h"

#define PEER_NAME_MAX 256

struct tls;

struct peer {
	int socket;
	char host[PEER_NAME_MAX];	/* as called by the person, a numeric address, or its own name; safe text */
	char name[PEER_NAME_MAX + 16];	/* host and port, for messages: "192.0.2.7 port 8080" */
	char port[16];			/* "port 8080"; empty where host is a name that the person has given it */
	const char *secrecy;		/* "not encrypted", "encrypted", ... */
	struct tls *tls;		/* of an encrypted conversation, else NULL */
};

/*
 * Names the peer after host and port; where host is NULL, after the address.  The strings are made
 * safe, and cut to what there is room for.  Encryption is not spoken of yet.
 */
void peer_name(struct peer *peer, const char *host, unsigned port, const struct address *address);

/*
 * Looks why something that was sent has not arrived: true if the peer's machine has room for it and
 * does not answer, or there is no way to it; false if its buffers are full, or if the system does not
 * say.  TCP_USER_TIMEOUT counts also while they are full, and a peer that is there and only does not
 * read would be given up: then it is switched off, and on again afterwards (Linux).
 */
bool peer_is_unanswering(const struct peer *peer);

/*
 * Takes a connected socket for a conversation: blocking, without delay for short lines, and such
 * that a peer whose machine has vanished is noticed within about a minute, whether lines are on
 * their way to it (TCP_USER_TIMEOUT) or not (keepalive); see tcp(7).
 */
void peer_take(struct peer *peer, int socket);

#endif
