/*
 * party - one other side, from the moment that it is connected to the goodbye.
 *
 * Each has its own encryption, question, listener, outbox and delivery, and waits for nothing but what
 * party_poll says, so that none keeps the others, or what is typed, waiting.
 *
 *   MET --> AGREEING --> ASKED --> TALKING --> CLOSING --> REAPING --> OVER
 *    |         |           |        ^   \____________________^           ^
 *    |         |           |        |      (hung up at once)             |
 *    +---------+-----------+--------+                                    |
 *    +---------+-----------+--- refused, not agreed on, not to be heard -+
 */
#ifndef PARTY_H
#define PARTY_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/polls.h"
#include "call/peer.h"
#include "link/link.h"
#include "talk/delivery.h"
#include "talk/room.h"
#include "talk/talk.h"
#include "text/filter.h"
#include "trust/trust.h"

struct party {
	STAILQ_ENTRY(party) entry;
	struct talk *talk;
	unsigned id;
	enum party_state state;
	struct peer peer;	/* its name; its socket until TALKING, then the link's (trust closes it if it fails) */
	const char *secrecy;	/* "not encrypted", "encrypted", ... in English (N_) */
	struct trust trust;	/* AGREEING and ASKED */
	bool announced;		/* it was said that it is there */
	int64_t announces;	/* otherwise: it is then, if it is talking */
	struct buffer held;	/* ... and what there is to say until then: voices, each with a text and its NUL */
	bool is_known;		/* it has shown a key, and was accepted */
	bool question_put;	/* ASKED: the person has been told what there is to decide */
	bool question_noted;	/* ... and whom it was about is in the history */
	int64_t makes_room;	/* AGREEING: from then on, if somebody else calls */
	struct talk_whom whom;	/* from TALKING on */
	struct link link;	/* from TALKING to REAPING */
	struct buffer kept;	/* EAR_PIPE: lines that it was sent, and that may be lost */
	uint64_t kept_from;	/* ... and where in the link's stream that begins */
	size_t forgotten;	/* ... and how many were kept before them */
	bool sounding;		/* it is not known yet whether the line is busy; from TALKING on there is no listener */
	bool sounds_busy;	/* ... and what it has said so far may become that it is busy */
	int64_t sounds_until;	/* ... then it is taken for somebody who does */
	struct delivery delivery;
	struct member member;	/* of a group */
	struct filter filter;	/* EAR_SELF */
	struct buffer heard;	/* EAR_SELF: safe text that nobody took; EAR_PIPE: of a line that still arrives */
	uint64_t first_line;	/* of the conversation, in the history */
	bool has_spoken;	/* it has said something (EAR_PIPE) */
	bool left_first;	/* ... or has left before that was asked of it */
	uint64_t answered;	/* bytes of the link's stream that it had when it last said something */
	uint64_t joined;	/* where the talk's stream was when it began to be sent this */
	time_t since;
	int64_t began;		/* the same, as of clock_now */
	int64_t deadline;	/* CLOSING: not beyond this */
	int64_t farewell;	/* CLOSING: with nothing to deliver, not beyond this */
	int urgent_count;	/* CLOSING: signals_urgent_count, as it was then */
	bool closing_noted;	/* CLOSING, EAR_SELF: by the front end */
	bool told;		/* that it has left, or how it ended otherwise */
	bool unasked;		/* ASKED: there was nobody who could answer */
	bool turned_away;	/* OVER: its key is banned */
	bool came_to_nothing;	/* OVER: there was no conversation */
	bool buried;		/* OVER: what follows from that has been done */
	int status;		/* OVER: as the program's; of a group: 1 if it lacks lines as all leave */
};

/* Somebody is there, in a zeroed struct: says so, and begins, with the handshake if that is asked for. */
void party_begin(struct party *party, struct talk *talk, unsigned id, const struct peer *peer);

void party_poll(struct party *party, struct polls *polls);

/* Goes on.  Returns whether there is something to be shown. */
bool party_step(struct party *party, const struct polls *polls);

/*
 * There is something to say of it, a bilingual text.  Of a stranger too many (talk/strangers.h) nothing is said before
 * it is announced: once it has agreed on encryption with a key, is asked about, has said a line (EAR_PIPE), or has
 * stayed for a second; in a group, once it is told that it has joined.  If that never happens it is but counted.
 */
void party_say(void *party, enum voice voice, const char *text);
void party_announce(struct party *party);

/* Whether it is from TALKING to REAPING. */
bool party_is_linked(const struct party *party);

/* Whether something is still on its way to it, of which nothing has been said. */
bool party_can_lose(const struct party *party);

/* Whether it takes lines. */
bool party_takes_lines(const struct party *party);

/* ASKED: the person's answer, or that there is none to be had (TRUST_ASKING: it goes on being asked). */
void party_answer(struct party *party, const char *text, size_t length);
void party_refuse(struct party *party, const char *why);

/* AGREEING: it takes its time, and somebody else calls; or ASKED: too many are. */
void party_give_way(struct party *party);

/* EAR_SELF: as talk_heard_line. */
struct span party_heard_line(const struct party *party);

/*
 * Nothing more will be said to it: what is on its way is delivered, within ms milliseconds (-1: however long
 * that takes), then it is over.  Told again, the earlier end counts.
 */
void party_close(struct party *party, int ms);

/* It is over now. */
void party_hang_up(struct party *party);

/* It is sent lines: they are kept while they can turn out to be lost; of those that have arrived, up to KEPT_MAX. */
void party_keep(struct party *party, struct span lines);

/* How far it is in the talk's stream: UINT64_MAX where nothing of it is to be waited for. */
uint64_t party_taken(const struct party *party);
uint64_t party_arrived(const struct party *party);

/*
 * It is over: settles which of one's own lines in the history have arrived, which have not, and which may not have
 * been seen, which is said.
 */
void party_settle(struct party *party);

/* Counts in words, which are bilingual, what was not delivered; an empty text if all was. */
void party_describe_lost(const struct party *party, char *text, size_t size);

/* Notes the lines that were not delivered, also in the log, and keeps them for when it is there again. */
void party_note_lost(struct party *party);

/* Of the lines that are kept, drops those that end within so many bytes of the link's stream. */
void party_forget_kept(struct party *party, uint64_t arrived);

void party_free(struct party *party);

#endif
