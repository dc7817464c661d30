/*
 * dial - from names and ports to a connection: a server waits for a caller, a client calls.
 *
 * Nothing here blocks, so that a person can type, scroll and leave meanwhile; dial_wait is for those
 * who have nothing else to do.
 */
#ifndef DIAL_H
#define DIAL_H

#include <poll.h>
#include <stdbool.h>

#include "call/door.h"
#include "options.h"
#include "call/peer.h"

#define DIAL_FDS (DOOR_FDS + 1)

struct dial;

enum dial_state {
	DIAL_PENDING,	/* nobody yet */
	DIAL_CONNECTED, /* *peer is there */
	DIAL_TROUBLED,	/* nobody can be let in for a while: dial_error says why, once */
	DIAL_FAILED	/* dial_error says why */
};

/*
 * Begins to listen or to call.  options must live as long as what is returned, which the caller
 * gives to dial_free.  On failure NULL, with a message in error, which has room for size bytes.
 */
struct dial *dial_new(const struct options *options, char *error, size_t size);

/* Says in one line of safe text what is being done: "waiting on port 8080". */
void dial_describe(const struct dial *dial, char *text, size_t size);

/* Writes what to wait for to fds and brings *timeout forward; returns how many of them. */
nfds_t dial_poll(const struct dial *dial, struct pollfd fds[DIAL_FDS], int *timeout);

/* Goes on as far as it can without waiting.  A server that keeps (-k) can be asked again and again. */
enum dial_state dial_step(struct dial *dial, struct peer *peer);

/* As dial_step, but waits; DIAL_PENDING means that a signal asks the program to end. */
enum dial_state dial_wait(struct dial *dial, struct peer *peer);

/*
 * During a conversation: tells another caller that the line is busy.  Returns whether there was one,
 * named in *peer.
 */
#define DIAL_BUSY "%s called while the line was busy" /* what there is to say then, of the peer's name */
bool dial_refuse(struct dial *dial, struct peer *peer);

/* Whether another caller is there, who is neither let in nor told anything by that. */
bool dial_is_called(struct dial *dial);

/* The caller came to nothing: the next one is let in a second later. */
void dial_rest(struct dial *dial);

/* What has failed, in one line, naming host, port and cause. */
const char *dial_error(const struct dial *dial);

/* Stops listening or calling.  NULL is fine. */
void dial_free(struct dial *dial);

#endif
