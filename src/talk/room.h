/*
 * room - a group: who is in it, under which name, and what goes from one to all.
 *
 *   listener of ann -> party's heard -> room: "<~ann> " and the line -> stream -> reader of bob  -> link
 *   keyboard ------------------------->       "<carl> " and the line            reader of dora -> link
 *
 * Whoever has no name that a key vouches for is asked for one, hears the others meanwhile, and is not heard.  What is
 * passed on has passed the filter (text/filter.h), and nobody can say a line that begins with another's name.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/polls.h"
#include "talk/bans.h"
#include "talk/crowd.h"
#include "talk/recall.h"
#include "talk/roster.h"
#include "talk/stream.h"
#include "talk/talk.h"
#include "text/filter.h"

struct party;

#define ROOM_ASKED_MAX 8 /* so many are asked about at once, who are no members yet */
#define ROOM_PREFIX_MAX (ROSTER_SHOWN_MAX + 4) /* "<~ann> " */

/* What a party of a group has besides. */
struct member {
	struct reader reader;
	uint64_t place;	    /* everything before it in the stream has arrived, or is its own */
	uint64_t end;	    /* of what it gets, if it is leaving */
	size_t offered;	    /* bytes that its reader has for it of which its link does not know yet */
	size_t said;	    /* bytes of the stream that it has said since the room became full (talk/relay.c) */
	int64_t patience;   /* while it is far behind: when it must have taken enough; else CLOCK_NEVER */
	uint64_t paced;	    /* ... and its place when that began */
	bool is_here;	    /* in the roster */
	bool named;	    /* what it says is passed on; otherwise its next line is a name */
	bool unasked;	    /* ... or has been said without a question, and is none: it is a guest then */
	bool told;	    /* that it is there */
	unsigned refused;   /* so many names */
	int64_t tells;	    /* if it is not named: then it is told that it is there */
	char prefix[ROOM_PREFIX_MAX]; /* before its lines */
};

struct room {
	struct stream stream;
	struct roster roster;
	struct buffer known; /* the text of the file of those that belong to keys */
	bool knows;	    /* ... could be read */
	struct crowd crowd;
	bool left_untold;   /* nobody is here any more, which is still to be told */
	struct bans bans;
	struct recall recall;
	bool deaf;	    /* nothing is heard (talk_hear) */
	bool full;	    /* somebody is far behind */
	size_t used;	    /* bytes that those have said since then who are gone */
	unsigned speaking;  /* so many have something to say at this moment */
	char prefix[ROOM_PREFIX_MAX]; /* before what is said here */
	struct filter filter; /* ... through which it goes */
	struct buffer line; /* safe text of a line of that which is not complete */
	struct buffer typed; /* room for what is read */
};

/* Whether so many can have the descriptors that they need; false with the reason in error, a bilingual text. */
bool room_fits(unsigned members, char *error, size_t size);

void room_open(struct talk *talk);
void room_close(struct talk *talk);

/*
 * Somebody can be talked to: gets a name, or is asked for one, and hears the others from now on.  It is not listened to
 * yet: what it has said so far it has said without having been asked.
 */
void room_enter(struct party *party);

/* It says nothing more, as its link's ending says, or is hung up on: that is told, once. */
void room_leave(struct party *party);

/* It is hung up on by the host, perhaps for good: it and the others are told, and nothing of it is heard any more. */
void room_dismiss(struct party *party, bool bans);

/* Takes the lines that are complete in what was heard of it, relayed text.  Returns how many there are to be shown. */
size_t room_hear(struct party *party, struct buffer *heard);

/* What is typed here: as talk_send, talk_reserve, talk_send_reserved and talk_finish. */
enum talk_sent room_say(struct talk *talk, struct span text);
void room_finish(struct talk *talk);

/* It is over, as all are told. */
void room_end(struct talk *talk);

/*
 * Nobody is here any more.  Returns whether that is to be told now, once: as long as there is a sum to be told of who
 * comes and goes, it follows that.
 */
bool room_tells_empty(struct talk *talk);

/* What is to be done later; and after a step of all parties: sends what was said, hangs up on who takes too little. */
void room_poll(const struct talk *talk, struct polls *polls);
bool room_step(struct talk *talk);

#endif
