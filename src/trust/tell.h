/*
 * tell - what a struct trust has to say to the person.
 */
#ifndef TELL_H
#define TELL_H

#include "record/log.h"
#include "trust/trust.h"

/* Says one thing, as bilingual_print writes it. */
void trust_tell(const struct trust *trust, enum voice voice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* With whom it has to be agreed, and whose key it is: the place that is called, or who has called. */
const char *trust_whom(const struct trust *trust);

#endif
