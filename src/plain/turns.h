/*
 * turns - the elementary chat, by alternation: one process, strict turns, line by line.
 *
 * What is typed ahead is not sent before its turn, and what arrives early is not shown before its
 * turn; neither is lost.
 */
#ifndef TURNS_H
#define TURNS_H

#include "call/dial.h"
#include "link/link.h"
#include "record/log.h"
#include "options.h"

/*
 * Holds a conversation on standard input and output, over a link that needs no listener, until it is
 * over or a signal asks the program to end.  link->ending says how.  The dial is told of callers to
 * refuse meanwhile.
 */
void turns_converse(const struct options *options, struct log *log, struct dial *dial,
		    struct link *link);

#endif
