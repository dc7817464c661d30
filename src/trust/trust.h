/*
 * trust - between a connection and the conversation over it: with -t both sides agree on encryption,
 * and the person decides whether the key at the other end is the right one.
 *
 * Trust on first use, both ways: a server is known by host and port, a caller by its key and under the
 * name that it was given when it was let in.  A server goes by the name that it gave itself when its key was met first.
 */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/polls.h"
#include "call/call.h"
#include "call/peer.h"
#include "record/log.h"
#include "text/name.h"
#include "trust/fingerprint.h"

#define TRUST_TEXT_MAX 2048 /* in both languages (base/bilingual.h) */
#define TRUST_PINS 16

struct tls;

struct trust_options {
	bool anonymous;			/* a peer may show no key */
	const char *pins[TRUST_PINS];	/* fingerprints; if there are any, only these keys are accepted */
	int pin_count;
	const char *name;		/* one's own; or NULL */
};

/* What it has to say to the person, one notice, question or alarm each time: a bilingual text (base/bilingual.h). */
typedef void trust_say(void *context, enum voice voice, const char *text);

/* Why nobody can have that name besides, in English words (N_). */
typedef const char *trust_fault(void *context, const char *name);

enum trust_state {
	TRUST_AGREEING, /* the handshake; bare: whether the line is busy */
	TRUST_ASKING,	/* the person has to be asked (trust_ask) and to answer (trust_answer) */
	TRUST_DONE,	/* the conversation can begin */
	TRUST_FAILED	/* it cannot, as was said; the peer's socket is closed */
};

struct trust {
	const struct trust_options *options;
	const struct call_options *call;
	bool bare; /* it is a call without -t: see trust/bare.h */
	enum trust_state state;
	struct peer *peer;
	struct tls *tls;
	const char *secrecy; /* TRUST_DONE: "encrypted", or how far it is not; in English (N_) */
	int64_t deadline; /* TRUST_AGREEING: not beyond this */
	bool busy;	  /* TRUST_FAILED: the peer talks to somebody else */
	bool has_spoken;  /* TRUST_ASKING: the peer has left, and what it said can still be read */
	trust_say *say;
	trust_fault *besides;
	void *context;
	char fingerprint[FINGERPRINT_SIZE]; /* of the peer */
	char name[NAME_SIZE]; /* what a server with that key is called; empty: nothing that will do */
	bool vouched;	      /* TRUST_DONE: that the peer goes by a name which the key is known by */
	bool named;	      /* ... and that is known, rather than what it calls itself */
	char warning[TRUST_TEXT_MAX]; /* TRUST_ASKING: safe text, on what the server is called by; or empty */
	char remark[TRUST_TEXT_MAX]; /* ... safe text, on what was answered and is no answer; or empty */
	char prompt[TRUST_TEXT_MAX]; /* ... and what can be answered */
};

/*
 * Starts the process that holds the key (trust/keeper.h), which reads the identity, or makes it, for all conversations
 * of this program in this role.  Returns 0, or -1 with a bilingual message in error, which has room for size bytes, and
 * is empty after a signal that asks the program to end.
 */
int trust_open(const struct trust_options *options, enum role role, char *error, size_t size);

/*
 * That this process ends is noticed in a wait, and trust_step_key then returns true, once, with what there is to say of
 * it in text, which is bilingual, and has room for size bytes: nothing can be agreed with anybody any more.
 */
void trust_poll_key(struct polls *polls);
bool trust_step_key(const struct polls *polls, char *text, size_t size);

/* In a child that agrees with nobody: gives up what leads to the key. */
void trust_forget(void);

/* Tells of an identity that had to be made, and of a file of known keys that is not wholly understood. */
void trust_introduce(const struct trust_options *options, trust_say *say, void *context);

/* One's own fingerprint. */
const char *trust_fingerprint(void);

/*
 * Begins with a peer that has just been connected, and whose socket, and in the end its name, are this
 * conversation's.  besides says why it cannot have a name for a reason of the caller's, after "a name that", or NULL.
 * All pointers must stay good until it is over.
 */
void trust_begin(struct trust *trust, const struct trust_options *options, const struct call_options *call,
		 struct peer *peer, trust_say *say, trust_fault *besides, void *context);

void trust_poll(const struct trust *trust, struct polls *polls);

/* Goes on as far as it can without waiting. */
enum trust_state trust_step(struct trust *trust);

/* Ends it with a peer that has taken so many milliseconds, while somebody else calls, who may mean it better. */
void trust_give_way(struct trust *trust, int taken);

/* Says which key it is that nobody knows. */
void trust_show(const struct trust *trust);

/*
 * To be called once when the state has become TRUST_ASKING: says what there is to decide.  What was typed
 * before is no answer; to keep it apart is up to the front end.
 */
void trust_ask(struct trust *trust);

/*
 * The question as it stands now, once it was asked: rows of safe text, bilingual, up to a NULL, the first of which says
 * whom it is about.  The last but one is advice, which can be left out where there is no room for it.  Good until the
 * next call.
 */
const char *const *trust_question(const struct trust *trust);

/*
 * The person's answer, with or without LF.  TRUST_ASKING: it was none, which is said with what was typed,
 * and the question is repeated.
 */
enum trust_state trust_answer(struct trust *trust, const char *text, size_t length);

/*
 * There is nobody to ask, or the person leaves: it ends here.  Where it was asked, why, which is bilingual, is added to
 * what is said.
 */
void trust_refuse(struct trust *trust, const char *why);

#define TRUST_ROWS_MAX 8 /* with the NULL */

/*
 * Rows that tell in the person's language how the conversation with a peer is encrypted and which keys the sides have,
 * up to a NULL; good until the next call.
 */
const char *const *trust_rows(const struct tls *tls);

/* Ends the process that holds the key; none is fine.  One's own fingerprint stays. */
void trust_close(void);

#endif
