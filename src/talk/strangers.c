#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "talk/strangers.h"

int64_t
allowance_next(const struct allowance *a)
{
	return a->used_until - (ALLOWANCE_AT_ONCE - 1) * (int64_t)ALLOWANCE_EVERY_MS;
}

void
allowance_take(struct allowance *a)
{
	int64_t now = clock_now();

	a->used_until = (a->used_until > now ? a->used_until : now) + ALLOWANCE_EVERY_MS;
}

bool
strangers_may_tell(struct strangers *s)
{
	if (clock_until(allowance_next(&s->told)) > 0)
		return false;
	allowance_take(&s->told);
	return true;
}

void
strangers_count(struct strangers *s, const char *last, const char *logged)
{
	if (s->count++ == 0)
		s->due = clock_now() + STRANGERS_SUM_MS;
	strlcpy(s->last, last, sizeof s->last);
	strlcpy(s->logged, logged, sizeof s->logged);
}

int64_t
strangers_due(const struct strangers *s)
{
	return s->count > 0 ? s->due : CLOCK_NEVER;
}
