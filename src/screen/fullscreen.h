/*
 * chat - the conversation in the full screen.
 */
#ifndef CHAT_H
#define CHAT_H

#include "record/log.h"
#include "options.h"

/*
 * Holds the conversation, or with -k one after the other.  Returns the exit status; a signal that
 * told it to end is left to the caller, see signals_deadly.  The terminal is then as it was.
 */
int chat_run(const struct options *options, struct log *log);

#endif
