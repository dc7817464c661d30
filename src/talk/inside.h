/*
 * inside - what the parts of talk know of each other, and nobody else does.
 *
 *   talk.c    who comes and goes, leaving
 *   calling.c when somebody is waited for, or called, and called again
 *   notices.c what is said by the program itself
 *   speak.c   what is sent, and how far it has come; what is heard
 *   view.c    what there is to be shown, the question of trust, the last words
 *   party.c   one other side
 *   fate.c    what became of the lines that it was sent
 *   dismiss.c one of a group is hung up on, or banned
 *   room.c    a group: who is in it, and who comes and goes
 *   relay.c   ... and what goes from one to all
 */
#ifndef INSIDE_H
#define INSIDE_H

#include <sys/queue.h>

#include "call/caller.h"
#include "talk/arrears.h"
#include "talk/party.h"
#include "talk/redial.h"
#include "talk/relay.h"
#include "talk/room.h"
#include "talk/strangers.h"
#include "talk/talk.h"

STAILQ_HEAD(parties, party);

struct talk {
	const struct talk_base *base;
	const struct talk_options *options;
	const struct talk_face *face;
	struct record record;
	struct arrears arrears; /* lines that were not delivered (EAR_PIPE) */
	struct room *room; /* of a group; NULL: there is one other side at most */
	struct parties parties;
	struct party *spare; /* there is memory for the next one, where somebody may be short of it */
	unsigned count;	     /* of those who are not over */
	unsigned last_id;
	int64_t rest;	     /* nobody is let in before then */
	struct strangers callers, refused, troubles; /* who came to nothing; found the line busy; could not be let in */
	struct strangers banned; /* who called all the same */
	struct allowance visits; /* strangers whose lines, or whose question, are in the record: so many are let in */
	bool waiting;	     /* somebody is called, or waited for */
	struct redial redial; /* ... or will be */
	bool calls_next;     /* ... once whoever is there is gone: the person has asked for it */
	bool by_itself;	     /* ... or is called so: what was said of the calls before need not be said again */
	char unreached[sizeof((struct caller){0}.error)]; /* ... namely why nobody could be */
	int countdown;	     /* ... in so many seconds, as was shown; -1: not */
	int64_t again_until; /* -w: before then, the line is called again where it is busy; 0: it is not */
	bool again;	     /* ... as it was: nothing is said of such a call at first (party_announce) */
	struct buffer unheard; /* ... what was sent, and is sent again then (not EAR_PIPE) */
	bool finished;	     /* ... and its end */
	bool leaving;	     /* nobody else will be called or waited for */
	bool command_failed; /* what made the connection has ended otherwise than in order (--via) */
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

/* Drops all of them. */
void talk_clear(struct talk *talk);

/* Whether there is room for another one; in a group, who is asked about takes none. */
bool talk_has_room(const struct talk *talk);

/* Whether there will be in a moment: whoever is there is about to go. */
bool talk_has_room_soon(const struct talk *talk);

/* Does what follows from where everybody has got to. */
void talk_follow(struct talk *talk);

/* --- calling.c --- */

/* Begins to wait for the next one, or to call, anew; and says so, if somebody wants to know. */
void talk_wait_for_next(struct talk *talk, bool says);

/*
 * A conversation begins.  If it is to be the only one, nobody else is let in, or called; what was kept to be sent again
 * is not needed any more.
 */
void talk_close_door(struct talk *talk);

/* Nobody has answered the call. */
void talk_go_unanswered(struct talk *talk);

/* Whether it is looked first whether the line is busy (-w); and who is looked at so, if nothing was said of that. */
bool talk_sounds(const struct talk *talk);
struct party *talk_in_trial(const struct talk *talk);

/* Whether the line will be called again if it turns out to be busy (-w); and whether it will, after somebody. */
bool talk_calls_again(const struct talk *talk);
bool talk_repeats_after(const struct talk *talk, const struct party *party);

/* It will not, perhaps after somebody: what was kept for that is lost, which is said. */
void talk_stop_repeating(struct talk *talk, const struct party *party);

/* Sees to it that the line is called again after somebody, if it is to be: as it was busy (repeats), or with -k. */
void talk_call_later(struct talk *talk, const struct party *party, bool repeats);

/* When that is, or a second nearer; and calls, if it is.  Returns whether there is something to be shown. */
void talk_poll_calling(const struct talk *talk, struct polls *polls);
bool talk_step_calling(struct talk *talk);

/* --- notices.c --- */

/* Says what to tell the other person.  It is not for the log: it is no part of the conversation. */
void talk_invite(struct talk *talk);

/* Logs a bilingual text that is part of a question, and tells the front end that there is something to show. */
void talk_put_question(struct talk *talk, const char *text);

/* As talk_notice, for those who call back with a text (trust_say). */
void talk_say_text(void *talk, enum voice voice, const char *text);

/* Says what stands in the log as another text, which says more; both are bilingual. */
void talk_say_apart(struct talk *talk, enum voice voice, const char *shown, const char *logged);

/* Somebody has found the line busy; or was turned away, as it is banned: that is told, or counted. */
bool talk_tell_refused(struct talk *talk, const struct peer *peer);
bool talk_turn_away(struct talk *talk, const struct peer *peer);

/* Sums up the strangers who were not told of; and when that is to be done, if nothing that matters is said before. */
void talk_sum_up(struct talk *talk);
int64_t talk_sum_is_due(const struct talk *talk);

/* Writes the log; that it fails is said, once. */
void talk_flush(struct talk *talk);

/* A listener says that it cannot write to the log, and why; that is said, too, once. */
void talk_log_fails(struct talk *talk, int cause);

/* --- dismiss.c --- */

/* Whether somebody who has just been connected calls from where nobody is let in: then it is gone, which is told. */
bool talk_bars(struct talk *talk, const struct peer *peer);

/* --- speak.c, fate.c --- */

/* Sends what was unheard to somebody who is called again. */
void talk_repeat(struct talk *talk, struct party *party);

/* Somebody takes lines now: offers what that one has not got before. */
void talk_offer_arrears(struct party *party);

/* Says in words, which are bilingual, how much was lost, lines or bytes; an empty text if nothing was. */
void talk_describe_amount(const struct talk *talk, size_t lost, char *text, size_t size);

#endif
