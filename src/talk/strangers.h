/*
 * strangers - how much of the conversation is spent on those who call, and call again, and mean nothing by it.
 *
 * The first few are told of one by one, and afterwards one a minute.  The others are counted, and summed up a minute
 * after the first of them.
 */
#ifndef STRANGERS_H
#define STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bilingual.h"

/* So many at once, and then one after another, each so many milliseconds after the one before. */
#define ALLOWANCE_AT_ONCE 5
#define ALLOWANCE_EVERY_MS 60000
struct allowance {
	int64_t used_until; /* when all of it can be had again; zeroed, now */
};

/* From when on there is one to be had, as of clock_now. */
int64_t allowance_next(const struct allowance *allowance);

/* Takes one, whether it can be had or not. */
void allowance_take(struct allowance *allowance);

#define STRANGERS_SUM_MS 60000 /* so long after the first who is not told of they are summed up */
struct strangers {
	struct allowance told;
	unsigned count;	   /* of those who were not told of */
	int64_t due;	   /* if there are any: when they are to be summed up */
	char last[BILINGUAL_LINE]; /* what there is to say of the last one: its host, a cause */
	char logged[BILINGUAL_LINE]; /* ... in the log, with its port */
};

/* Whether one more is to be told of. */
bool strangers_may_tell(struct strangers *strangers);

/* One more is not. */
void strangers_count(struct strangers *strangers, const char *last, const char *logged);

/* When there is a sum to be told, as of clock_now; or CLOCK_NEVER. */
int64_t strangers_due(const struct strangers *strangers);

#endif
