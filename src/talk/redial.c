#include <config.h>

#include "talk/redial.h"

#define FIRST_MS 1000 /* the longest pause before the second call */
#define LAST_MS 30000

void
redial_stop(struct redial *r)
{
	*r = (struct redial){.due = CLOCK_NEVER};
}

/* The longest pause after so many calls. */
static int64_t
longest(unsigned failures)
{
	int64_t pause = failures > 0 ? FIRST_MS : 0;

	while (failures-- > 1 && pause < LAST_MS)
		pause *= 2;
	return pause < LAST_MS ? pause : LAST_MS;
}

void
redial_later(struct redial *r, int64_t talked, int64_t now, uint32_t chance)
{
	int64_t pause;

	if (talked >= REDIAL_TALKED_MS)
		r->failures = 0;
	pause = longest(r->failures++);
	r->due = now + pause / 2 + chance % (pause / 2 + 1);
}
