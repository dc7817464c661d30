/*
 * arrears - lines that were typed for somebody, and were not delivered: they are kept until the same other side is
 * there again, and the person has them sent.
 *
 * They are as they were typed.  The other side is the same if it has the same key or, where it shows none, is at the
 * same place.  They lie in memory of which those who listen to others get no copy (base/secluded.h).
 */
#ifndef ARREARS_H
#define ARREARS_H

#include <sys/queue.h>

#include <time.h>

#include "base/span.h"
#include "talk/talk.h"

#define ARREARS_MAX ((size_t)4 * 1024 * 1024) /* bytes, but for the newest of them */

/* What was lost at the end of one conversation. */
struct arrear {
	STAILQ_ENTRY(arrear) entry;
	struct talk_whom whom;
	time_t lost;   /* when: all of it was typed before */
	size_t count;  /* of lines */
	size_t length; /* of text */
	char text[];   /* lines, each with its LF */
};

/* The oldest first. */
STAILQ_HEAD(arrears, arrear);

/*
 * Adds lines, if there are any, that somebody has not got.  Where that is too much, drops the oldest of all, but never
 * these.  Returns how many lines that were.
 */
size_t arrears_add(struct arrears *arrears, const struct talk_whom *whom, struct span lines, time_t now);

/* The oldest that there is for somebody, or NULL; and how many lines there are. */
struct arrear *arrears_find(const struct arrears *arrears, const struct talk_whom *whom);
size_t arrears_count(const struct arrears *arrears, const struct talk_whom *whom);

/* Takes one out, which is the caller's then. */
void arrears_take(struct arrears *arrears, struct arrear *arrear);

/* Gives back what was taken out; and all the others. */
void arrear_free(struct arrear *arrear);
void arrears_free(struct arrears *arrears);

#endif
