/*
 * plain - the conversation on standard input and output: for pipes, ssh and screen readers.
 *
 * The listener writes to standard output itself, so that the two directions share nothing.  With -a
 * there is no listener, see plain/turns.h.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>


struct talk_base;

struct plain_options {
	bool raw;	   /* bytes pass unchanged */
	bool unseen;	   /* ... and nobody looks at them: neither encryption nor log */
	bool alternate;	   /* strict turns */
	bool speaks_first; /* ... and one's own is the first */
	bool receive_only, send_only;
	bool labels;	   /* before the other side's lines: text/label.h */
	bool keep;	   /* one conversation after the other */
};

/*
 * Holds the conversation, or with -k one after the other.  Returns the exit
 * status; a signal that told it to end is left to whoever called this, see signals_deadly.
 */
int plain_run(const struct plain_options *options, const struct talk_base *base);

#endif
