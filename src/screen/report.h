/*
 * report - what is said on standard error at the end, once the screen is gone.
 */
#ifndef REPORT_H
#define REPORT_H

#include "base/span.h"

/* What went wrong: safe lines, as the screen has shown them. */
void report_alarms(struct span alarms);

/* Safe lines that were not delivered: a thousand at most, and how many more. */
void report_lost(struct span lost);

/* What was typed and not sent: lines of it, if it was pasted. */
void report_unsent(struct span typed);

#endif
