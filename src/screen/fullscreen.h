/*
 * fullscreen - the conversation in the full screen: keys in, pictures out.
 */
#ifndef FULLSCREEN_H
#define FULLSCREEN_H

#include <stdbool.h>

#include "screen/attention.h"

struct talk_base;

struct screen_options {
	const char *name;  /* one's own; NULL: "you" will do */
	unsigned history;  /* lines that are kept */
	enum bell bell;
	bool waits;	   /* it may take a while until somebody is there */
};

/*
 * Holds the conversation, or with -k one after the other.  Returns the exit status; a signal that told it to end is
 * left to whoever called this, see signals_deadly.  The terminal is then as it was.
 */
int fullscreen_run(const struct screen_options *options, const struct talk_base *base);

#endif
