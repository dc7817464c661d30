/*
 * alarms - what has failed since the other side came, to be said once more on standard error at the end.
 */
#ifndef ALARMS_H
#define ALARMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct alarms {
	struct buffer lines; /* safe text */
	size_t seen;	     /* so many bytes of them were on the screen before it was put away */
};

/* Adds a line of safe text, without LF. */
void alarms_add(struct alarms *alarms, const char *line);

/* The screen is put away: those that are there now were seen. */
void alarms_note_seen(struct alarms *alarms);

/* Says all of them, or only those that were not seen. */
void alarms_report(const struct alarms *alarms, bool all);

/* Forgets them: somebody else is there. */
void alarms_forget(struct alarms *alarms);

#endif
