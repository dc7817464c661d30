/*
 * label - what stands before the other side's lines in plain mode, for who listens or reads along: "< ", and where
 * somebody else speaks than before, the name.
 */
#ifndef LABEL_H
#define LABEL_H

#include "base/span.h"

#define LABEL_MAX 300 /* bytes: a name can have up to 256 */

/* A zeroed one labels nothing. */
struct label {
	const char *name; /* of who speaks, safe text; NULL: no labels are wanted */
	const char *said; /* of who spoke last */
	char text[LABEL_MAX];
};

/* What stands before the next line; of length 0 where no labels are wanted.  Good until the next call. */
struct span label_next(struct label *label);

#endif
