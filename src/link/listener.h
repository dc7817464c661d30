/*
 * listener - the child's loop: from the socket through the text filter to the output.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>

#include "link/ending.h"
#include "link/intake.h"
#include "record/log.h"

struct listener {
	struct intake intake;
	int output;	 /* where safe lines, or raw bytes, go; -1: nowhere */
	bool relays;	 /* the lines are for others */
	const char *name; /* in the label of each line; NULL: they have none */
	struct log *log; /* what is received is added to it; NULL for none */
	bool behind;	 /* the log has not taken all of that yet, as the speaker was told */
	int report;	 /* to the speaker: how the log fares goes there, an ending of ENDING_NONE */
	int pipe[2];	 /* of listener_open_pipe, else -1 */
};

/*
 * Opens the pipe that raw bytes go through which nobody looks at, neither TLS nor a log, so that they need not come
 * into this process: splice(2).  Returns whether there is one; it can do without.
 */
bool listener_open_pipe(struct listener *listener);

/* Passes on what arrives, as soon as it arrives, until the stream ends or something fails. */
struct ending listener_run(struct listener *listener);

#endif
