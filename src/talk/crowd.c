#include <config.h>

#include <stdio.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "talk/crowd.h"

/* A line is told. */
static void
spend(struct crowd *c)
{
	int64_t now = clock_now();

	c->told_until = (c->told_until > now ? c->told_until : now) + CROWD_EVERY_MS;
}

bool
crowd_may_tell(struct crowd *c, bool comes)
{
	int64_t now = clock_now();

	if (c->came + c->left == 0 && c->told_until - now <= (CROWD_AT_ONCE - 1) * (int64_t)CROWD_EVERY_MS) {
		spend(c);
		return true;
	}
	if (c->came + c->left == 0)
		c->due = now + CROWD_SUM_MS;
	if (comes)
		c->came++;
	else
		c->left++;
	return false;
}

int64_t
crowd_due(const struct crowd *c)
{
	return c->came + c->left > 0 ? c->due : CLOCK_NEVER;
}

bool
crowd_sum_up(struct crowd *c, char *text, size_t size)
{
	char came[128] = "", left[sizeof came] = "";

	if (c->came > 0)
		bilingual_print_count(came, sizeof came, "%u has joined", "%u have joined", c->came, c->came);
	if (c->left > 0)
		bilingual_print_count(left, sizeof left, "%u has left", "%u have left", c->left, c->left);
	snprintf(text, size, "%s%s%s", came, *came != '\0' && *left != '\0' ? ", " : "", left);
	if (*text != '\0')
		spend(c);
	c->came = c->left = 0;
	return *text != '\0';
}
