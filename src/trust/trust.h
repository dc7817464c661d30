/*
 * secure - between a connection and the conversation over it: with -t both sides agree on encryption,
 * and the person decides whether the key at the other end is the right one.
 *
 * Trust on first use, both ways: a server is known by host and port, a caller by its key and under the
 * name that it was given when it was let in.
 */
#ifndef SECURE_H
#define SECURE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "call/dial.h"
#include "trust/fingerprint.h"
#include "record/log.h"
#include "options.h"
#include "call/peer.h"

#define SECURE_TEXT_MAX 1024
#define SECURE_FDS (1 + DIAL_FDS)

/* What it has to say to the person, one notice, question or alarm each time. */
typedef void secure_say(void *context, enum voice voice, const char *text);

enum secure_state {
	SECURE_AGREEING, /* the handshake */
	SECURE_ASKING,	 /* the person has to be asked (secure_ask) and to answer (secure_answer) */
	SECURE_DONE,	 /* the conversation can begin */
	SECURE_FAILED	 /* it cannot, as was said; the peer is closed */
};

struct secure {
	const struct options *options;
	enum secure_state state;
	struct peer *peer;
	struct dial *dial;
	int64_t patience; /* SECURE_AGREEING: beyond this only while nobody else calls */
	int64_t deadline; /* ... and not at all beyond this */
	bool spoken; /* SECURE_ASKING: the peer has left, and what it said can still be read */
	secure_say *say;
	void *context;
	char fingerprint[FINGERPRINT_SIZE]; /* of the peer */
};

/*
 * Reads the identity, for all conversations of this program, or makes it.  Returns 0, or -1 with a
 * message in error, which has room for size bytes.
 */
int secure_open(const struct options *options, char *error, size_t size);

/* Tells of an identity that had to be made, and of a file of known keys that is not wholly understood. */
void secure_introduce(const struct options *options, secure_say *say, void *context);

/* One's own fingerprint. */
const char *secure_fingerprint(void);

/*
 * Begins with a peer that has just been connected by dial.  Others who call meanwhile are seen to: for a
 * moment they have to wait, then a peer that still has not agreed on encryption makes room for them; while
 * the person is asked, the line is busy.  All pointers must stay good until it is over.
 */
void secure_begin(struct secure *secure, const struct options *options, struct dial *dial, struct peer *peer,
		  secure_say *say, void *context);

/* Writes what to wait for to fds and brings *timeout forward; returns how many of them. */
nfds_t secure_poll(const struct secure *secure, struct pollfd fds[SECURE_FDS], int *timeout);

/* Goes on as far as it can without waiting. */
enum secure_state secure_step(struct secure *secure);

/* Says which key it is that nobody knows. */
void secure_show(const struct secure *secure);

/*
 * To be called once when the state has become SECURE_ASKING: says what there is to decide.  What was typed
 * before is no answer; to keep it apart is the caller's part.
 */
void secure_ask(const struct secure *secure);

/*
 * The person's answer, with or without LF.  SECURE_ASKING: it was none, which is said with what was typed,
 * and the question is repeated.
 */
enum secure_state secure_answer(struct secure *secure, const char *text, size_t length);

/*
 * There is nobody to ask, or the person leaves: it ends here.  Where it was asked, why is added to what
 * is said.
 */
void secure_refuse(struct secure *secure, const char *why);

/*
 * Rows that tell how the conversation is encrypted and which keys the sides have, up to a NULL; good
 * until the next call.  peer is NULL where nobody is there.
 */
const char *const *secure_rows(const struct peer *peer);

/* Gives the identity back. */
void secure_close(void);

#endif
