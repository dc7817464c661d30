/*
 * delivery - how far what was said has come to one other side.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"

struct delivery {
	uint64_t arrived;  /* bytes of the link's stream, when last asked */
	uint64_t progress; /* of the link, then */
	int64_t moved;	   /* when there was last nothing to wait for, or some had arrived */
};

/* A conversation begins. */
void delivery_begin(struct delivery *delivery);

/*
 * Asks how far the lines have come.  Nothing becomes readable when that changes, so it is to be done
 * every LINK_ARRIVED_MS while something is on its way.  Returns whether there is news to show.
 */
bool delivery_check(struct delivery *delivery, struct link *link);

/* Whether there are lines of which delivery_check has not told yet that they arrived. */
bool delivery_is_pending(const struct delivery *delivery, const struct link *link);

/* Whether the peer has taken nothing for a second of what is on its way to it. */
bool delivery_is_stalled(const struct delivery *delivery, const struct link *link);

#endif
