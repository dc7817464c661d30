/*
 * delivery - how far one's own lines have come, and which were lost.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "link/link.h"
#include "record/record.h"

struct delivery {
	uint64_t first_line;   /* of the conversation, in the history */
	uint64_t acknowledged; /* bytes of the stream, when last asked */
	uint64_t arrived;      /* bytes of any kind, see link.h */
	int64_t progress;      /* when there was last nothing to wait for, or some had arrived */
	struct buffer lost;    /* lines of the conversation that were not delivered, as safe text */
};

/* A conversation begins; what was lost in the one before is forgotten. */
void delivery_begin(struct delivery *delivery, const struct record *record);

/*
 * Asks how far the lines have come.  Nothing becomes readable when that changes, so it is to be done
 * every LINK_ACKNOWLEDGE_MS while something is on its way.  Returns whether there is news to show.
 */
bool delivery_check(struct delivery *delivery, struct link *link);

/* Whether there are lines of which delivery_check has not told yet that they arrived. */
bool delivery_is_pending(const struct delivery *delivery, const struct link *link);

/* Whether the peer has taken nothing for a second of what is on its way to it. */
bool delivery_is_stalled(const struct delivery *delivery, const struct link *link);

/*
 * The conversation ends, and the link is about to be closed: each of one's own lines in the history
 * is settled as delivered or lost, and those lost are added to the log.  Returns how many they are.
 */
size_t delivery_settle(struct delivery *delivery, struct link *link, struct record *record);

/* Notes which lines have not arrived, in the log as well.  Returns how many they are. */
size_t delivery_note_lost(struct delivery *delivery, struct link *link, struct log *log);

/* Says on standard error which lines were lost: a thousand at most, and how many more. */
void delivery_report(const struct delivery *delivery);

void delivery_free(struct delivery *delivery);

#endif
