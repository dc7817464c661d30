/*
 * announce - a server tells the local network that it waits (-A), by avahi-publish(1), which ends with this process.
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/polls.h"
#include "call/avahi.h"
#include "call/browse.h"
#include "call/call.h"

/* A zeroed one is none. */
struct announcement {
	struct avahi avahi;
	bool nobody; /* could call */
	char name[BROWSE_NAME_SIZE];
};

enum announce_news {
	ANNOUNCE_NOTHING,
	ANNOUNCE_MADE, /* it is announced, under another name than before */
	ANNOUNCE_ENDED /* it is not announced, or not any more; once */
};

/*
 * Begins, if options ask for it, and others can call, or will once there is a network; to be called as long as programs
 * can be started.
 */
void announce_begin(struct announcement *announcement, const struct call_options *options, bool others_can_call);

void announce_poll(struct announcement *announcement, struct polls *polls);
void announce_step(struct announcement *announcement, const struct polls *polls);

/* What there is to say, if anything, as a bilingual text of a line. */
enum announce_news announce_news(struct announcement *announcement, char *text, size_t size);

/* Writes the name to be announced: what was asked for, or user@host, cut at a character. */
void announce_name(const char *wanted, char name[BROWSE_NAME_SIZE]);

#endif
