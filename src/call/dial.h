/*
 * dial - from a name and a port to a connection: a client calls, again and again if it is to (-w).
 *
 * Nothing here blocks but dial_open, which may look an address up.
 */
#ifndef DIAL_H
#define DIAL_H

#include <stdint.h>

#include "base/polls.h"
#include "call/call.h"
#include "call/peer.h"
#include "call/resolve.h"

enum dial_state {
	DIAL_IDLE,	 /* not begun */
	DIAL_RESOLVING,
	DIAL_CONNECTING,
	DIAL_RETRYING,	 /* until the next round */
	DIAL_CONNECTED,
	DIAL_FAILED	 /* error says why */
};

struct dial {
	const struct call_options *options;
	enum dial_state state;
	struct address from[RESOLVE_MAX]; /* addresses to call from (-b) */
	int from_count;
	struct resolver resolver;
	struct address addresses[RESOLVE_MAX]; /* all that the name has */
	int count, next;
	int socket;	  /* DIAL_CONNECTING: to addresses[next - 1]; DIAL_CONNECTED: whose the dial is */
	int slot;
	int64_t deadline; /* of this state */
	int64_t give_up;  /* of calling again */
	char error[PEER_NAME_MAX + 128]; /* what has failed, in one line, naming host, port and cause */
};

/*
 * Gets ready to call.  options must stay good.  Returns 0, or -1 with a message in dial->error: it cannot be
 * called from the address that is asked for.
 */
int dial_open(struct dial *dial, const struct call_options *options);

/* Calls. */
void dial_begin(struct dial *dial);

void dial_poll(struct dial *dial, struct polls *polls);

/* Goes on as far as it can without waiting. */
enum dial_state dial_step(struct dial *dial, const struct polls *polls);

#endif
