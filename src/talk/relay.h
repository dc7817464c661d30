/*
 * relay - what goes from one of a group to all others: who is heard how much, and how far it has come.
 *
 * What is said is kept once (talk/stream.h), until the machines of all have it.  The links read it from there; what was
 * added since the last time they are told of at once, for all who have said something in a step of the talk.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/polls.h"
#include "base/span.h"

struct party;
struct room;
struct talk;

/* --- To the others. --- */

/*
 * From now on it gets what is said.  How much its reader has for it (talk/stream.h) its link is told, to the byte: if
 * it is told less, what was added last is never sent, be it the rest of a line.  So from here on nothing is said to the
 * others before it is TALKING, unless by itself; and nothing is told to it alone once it is CLOSING.
 */
void relay_begin(struct party *party);

/* It is gone: gives the memory back. */
void relay_end(struct party *party);

/* Somebody, by number, has said lines, each with its LF: all others get them, with the prefix before each. */
void relay_said(struct talk *talk, unsigned author, const char *prefix, struct span lines);

/* Gives whole lines to one alone. */
void relay_give(struct party *party, struct span lines);

/*
 * Says something, in English, to one alone; or, after "* ", to all but the one of that number, and then the text may be
 * bilingual.
 */
#define RELAY_TOLD_MAX 768 /* bytes of that */
void relay_tell(struct party *party, const char *format, ...) __attribute__((format(printf, 2, 3)));
void relay_tell_others(struct talk *talk, unsigned number, const char *text);

/* Has the link of one, or of all, send what there is for it by now; and for the last time, as it gets no more. */
void relay_send(struct party *party);
void relay_send_all(struct talk *talk);
void relay_send_last(struct party *party);

/* --- How far it has come. --- */

/* Sees how far it has got what was said; and, of all, what can be forgotten. */
void relay_note_arrived(struct party *party);
void relay_trim(struct talk *talk);

/* When it is to be hung up on, if it takes too little until then, as it is far behind; or CLOCK_NEVER. */
int64_t relay_patience(const struct party *party);

/* How many lines have not arrived at its machine. */
size_t relay_count_undelivered(const struct party *party);

/* --- Who is heard. --- */

/* Whether more can be said at all. */
bool relay_has_room(const struct room *room);

/* After a wait: sees how many have something to say, who then share what is heard. */
void relay_look(struct talk *talk, const struct polls *polls);

/* Whether one is to be heard; and how many bytes at once anybody is. */
bool relay_hears(const struct party *party);
size_t relay_hears_at_once(const struct room *room);

#endif
