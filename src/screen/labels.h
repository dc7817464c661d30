/*
 * labels - how much room there is before the lines, for who says them and for how far they have come.
 *
 * It grows with what was there, and never shrinks: columns that came and went would move the text.
 */
#ifndef LABELS_H
#define LABELS_H

#include "talk/talk.h"

#define LABELS_MAX 256

struct labels {
	char own[LABELS_MAX]; /* before one's own lines; safe text */
	int width;	      /* columns of the widest so far */
	int mark_width;	      /* ... of the marks of a group */
};

/* Begins with one's own name, which need not be safe. */
void labels_init(struct labels *labels, const char *name);

/* Makes room for a label. */
void labels_widen(struct labels *labels, const char *label);

/* Makes room for the names of all who are in a group, and for their number. */
void labels_widen_for_group(struct labels *labels, const struct talk *talk);

#endif
