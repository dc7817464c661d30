/*
 * plain - the conversation on standard input and output: for pipes, ssh and screen readers.
 *
 * The listener writes to standard output itself, so that the two directions share nothing.  With -a
 * there is no listener, see turns.h.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "record/log.h"
#include "options.h"

/*
 * Holds the conversation, or with -k one after the other.  Returns the exit status; a signal that
 * told it to end is left to the caller, see signals_deadly.
 */
int plain_run(const struct options *options, struct log *log);

#endif
