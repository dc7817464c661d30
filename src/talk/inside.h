/*
 * inside - what the parts of talk know of each other, and nobody else does.
 *
 *   talk.c    who comes and goes, what the caller has to do, leaving
 *   speak.c   what is sent, and how far it has come; what is heard
 *   view.c    what there is to be shown, the question of trust, the last words
 *   party.c   one other side
 *   fate.c    what became of the lines that it was sent
 */
#ifndef INSIDE_H
#define INSIDE_H

#include <sys/queue.h>

#include "call/caller.h"
#include "talk/arrears.h"
#include "talk/party.h"
#include "talk/redial.h"
#include "talk/strangers.h"
#include "talk/talk.h"

STAILQ_HEAD(parties, party);

struct talk {
	const struct talk_base *base;
	const struct talk_options *options;
	const struct talk_face *face;
	struct record record;
	struct arrears arrears; /* lines that were not delivered (EAR_PIPE) */
	struct parties parties;
	struct party *spare; /* there is memory for the next one, where somebody may be short of it */
	unsigned count;	     /* of those who are not over */
	unsigned last_id;
	int64_t rest;	     /* nobody is let in before then */
	struct strangers callers, refused, troubles; /* who came to nothing; found the line busy; could not be let in */
	struct allowance visits; /* strangers whose lines, or whose question, are in the record: so many are let in */
	bool waiting;	     /* somebody is called, or waited for */
	struct redial redial; /* ... or will be */
	bool calls_next;     /* ... once whoever is there is gone: the person has asked for it */
	bool by_itself;	     /* ... or is called so: what was said of the calls before need not be said again */
	char unreached[sizeof((struct caller){0}.error)]; /* ... namely why nobody could be */
	int countdown;	     /* ... in so many seconds, as was shown; -1: not */
	int64_t again_until; /* -w: before then, the line is called again where it is busy; 0: it is not */
	bool again;	     /* ... as it was: nothing is said of such a call before somebody is known to listen */
	struct buffer unheard; /* ... what was sent, and is sent again then (not EAR_PIPE) */
	bool finished;	     /* ... and its end */
	bool leaving;	     /* nobody else will be called or waited for */
	struct talk_whom whom; /* who was the last to begin a conversation */
	bool unfinished;     /* the last line that was sent lacks its LF */
	uint64_t stream;     /* bytes that were ever sent */
	struct span sending; /* not yet in the outboxes */
	char *reserved;	     /* of talk_reserve */
	int status;
};

/* The one after another in the order of their coming, the first after NULL; or NULL. */
struct party *talk_next(const struct talk *talk, const struct party *after);

/* The first one who is in such a state; or NULL. */
struct party *talk_find(const struct talk *talk, enum party_state state);

/* Does what follows from where everybody has got to. */
void talk_follow(struct talk *talk);

/* A conversation begins.  If it is to be the only one, nobody else is let in, or called. */
void talk_close_door(struct talk *talk);

/* Whether the line will be called again if it turns out to be busy (-w). */
bool talk_calls_again(const struct talk *talk);

/* Sends what was unheard to somebody who is called again. */
void talk_repeat(struct talk *talk, struct party *party);

/* Says in words how much was lost, lines or bytes; an empty text if nothing was. */
void talk_describe_amount(const struct talk *talk, uint64_t lost, char *text, size_t size);

/* Logs safe text that is part of a question, and tells the front end that there is something to show. */
void talk_put_question(struct talk *talk, const char *text);

/* Somebody takes lines now: offers what that one has not got before. */
void talk_offer_arrears(struct party *party);

/* As talk_notice, for those who call back with a text (trust_say). */
void talk_say_text(void *talk, enum voice voice, const char *text);

/* Says safe text that stands in the log as another one, which says more. */
void talk_say_apart(struct talk *talk, enum voice voice, const char *shown, const char *logged);

/* Sums up the strangers who were not told of, before something else is said that matters. */
void talk_sum_up(struct talk *talk);

/* Writes the log; that it fails is said, once. */
void talk_flush(struct talk *talk);

/* A listener says that it cannot write to the log, and why; that is said, too, once. */
void talk_log_fails(struct talk *talk, int cause);

#endif
