/*
 * crowd - who comes and goes in a group: told one by one as long as they are few, or else summed up.
 */
#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CROWD_AT_ONCE 5	   /* so many are told of one by one, */
#define CROWD_EVERY_MS 2000 /* and then one, or a sum, in so many milliseconds */
#define CROWD_SUM_MS 2000  /* the others are summed up so long after the first of them */

struct crowd {
	int64_t told_until; /* when all of CROWD_AT_ONCE can be told again; zeroed: now */
	unsigned came, left; /* of those who were not told of */
	int64_t due;	    /* if there are any */
};

/* Somebody comes, or leaves.  Returns whether that is to be told; it is counted otherwise. */
bool crowd_may_tell(struct crowd *crowd, bool comes);

/* When there is a sum to be told, as of clock_now; or CLOCK_NEVER. */
int64_t crowd_due(const struct crowd *crowd);

/*
 * Writes the sum, "12 have joined, 3 have left", which is bilingual, and begins anew.  Returns false if there is none.
 */
bool crowd_sum_up(struct crowd *crowd, char *text, size_t size);

#endif
