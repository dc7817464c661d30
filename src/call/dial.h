/*
 * dial - from a name and a port, or what somebody is announced by, to a connection: a client calls, in several rounds
 * if it is patient (-w).
 *
 * A name can have several addresses, of which one may not answer.  They are tried one after the other, each with a
 * short head start, and whichever answers first is taken ("happy eyeballs", RFC 8305).
 *
 * Nothing here blocks but dial_open, which may look an address up.
 */
#ifndef DIAL_H
#define DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bilingual.h"
#include "base/polls.h"
#include "call/call.h"
#include "call/command.h"
#include "call/nearby.h"
#include "call/peer.h"
#include "call/resolve.h"

enum dial_state {
	DIAL_IDLE,	 /* not begun */
	DIAL_RESOLVING,
	DIAL_FINDING,	 /* in the local network */
	DIAL_CONNECTING,
	DIAL_STARTING,	 /* a command makes the connection (--via) */
	DIAL_RETRYING,	 /* until the next round */
	DIAL_CONNECTED,
	DIAL_FAILED	 /* error says why */
};

/* One address that is tried. */
struct attempt {
	int socket; /* -1: it has come to nothing */
	int slot;
	int64_t again;	/* its next try is then; 0: it is under way */
	int64_t deadline;
};

struct dial {
	const struct call_options *options;
	enum dial_state state;
	struct address from[RESOLVE_MAX]; /* addresses to call from (-b) */
	int from_count;
	struct resolver resolver;
	int slot;	  /* of the resolver */
	struct nearby nearby;
	int64_t found_by; /* DIAL_FINDING: no longer than that */
	bool hopeless;	  /* DIAL_FAILED: nobody can be found any more, however often that is tried */
	struct address addresses[RESOLVE_MAX]; /* all that the name has, in the order in which they are tried */
	int count;
	struct command command; /* --via: the last one; it goes on while the conversation lasts */
	bool asks;	  /* ... the next one can ask on the terminal */
	struct attempt attempts[RESOLVE_MAX]; /* DIAL_CONNECTING: for each of them, as far as they have begun */
	int begun;
	int64_t head_start; /* of the last of these: the next one begins then, or when another has failed */
	int socket;	  /* DIAL_CONNECTED: whose the dial is */
	int64_t next_round; /* DIAL_RETRYING: then */
	int64_t give_up;  /* no round after that; 0: there is but one */
	bool refused;	  /* error says so: something has answered, whatever else fails */
	char error[BILINGUAL_LINE];
};

/*
 * Gets ready to call.  options must stay good.  Returns 0, or -1 with a message in dial->error: it cannot be
 * called from the address that is asked for.
 */
int dial_open(struct dial *dial, const struct call_options *options);

/* Where commands are to make the connections: what they say is told so. */
void dial_hear(struct dial *dial, command_tell *tell, void *context);

/* Calls, for so many milliseconds; 0: once, however long that takes. */
void dial_begin(struct dial *dial, int64_t patience);

/* Stops calling, if it does; and has a command end. */
void dial_stop(struct dial *dial);

void dial_poll(struct dial *dial, struct polls *polls);

/* Goes on as far as it can without waiting. */
enum dial_state dial_step(struct dial *dial, const struct polls *polls);

#endif
