/*
 * redial - when a client calls again by itself.
 *
 * At once, then after a second, and after twice as long each time up to half a minute; half of that is chance, so that
 * many who have lost the same server do not all come back at the same moment.
 *
 * Pure: what time it is, and what chance says, comes from whoever calls.
 */
#ifndef REDIAL_H
#define REDIAL_H

#include <stdint.h>

#include "base/clock.h"

#define REDIAL_TALKED_MS 10000 /* after a conversation of that length, it is from the start */
#define REDIAL_BUSY_MS 1000    /* the pause of a patient client (-w), as long as the line is busy */

struct redial {
	unsigned failures; /* since then */
	int64_t due;	   /* the next call, as of clock_now; CLOCK_NEVER: there is none to come */
};

/* There is none to come. */
void redial_stop(struct redial *redial);

/* Nobody has answered, or a conversation is over that has lasted so many milliseconds: there is one to come. */
void redial_later(struct redial *redial, int64_t talked, int64_t now, uint32_t chance);

#endif
