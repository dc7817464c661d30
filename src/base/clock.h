/*
 * clock - the time for deadlines: milliseconds that only go forward.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX

/* Milliseconds since some moment in the past, whatever happens to the time of day. */
int64_t clock_now(void);

/* How long poll(2) may wait so as not to miss a deadline: milliseconds, -1 for CLOCK_NEVER. */
int clock_until(int64_t deadline);

/* The shorter of two waits as of poll(2), in which -1 means for ever. */
int clock_sooner(int a, int b);

#endif
