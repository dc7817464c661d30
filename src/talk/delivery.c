#include <config.h>

#include "base/clock.h"
#include "talk/delivery.h"

#define STALLED_MS 1000

void
delivery_begin(struct delivery *d)
{
	*d = (struct delivery){.moved = clock_now()};
}

bool
delivery_check(struct delivery *d, struct link *link)
{
	uint64_t before = d->arrived;

	if (before == link->queued) {
		d->moved = clock_now();
		return false;
	}
	d->arrived = link_arrived_lately(link);
	if (link->progress != d->progress)
		d->moved = clock_now();
	d->progress = link->progress;
	return d->arrived != before || delivery_is_stalled(d, link);
}

bool
delivery_is_pending(const struct delivery *d, const struct link *link)
{
	return d->arrived < link->queued;
}

bool
delivery_is_stalled(const struct delivery *d, const struct link *link)
{
	return delivery_is_pending(d, link) && clock_now() - d->moved >= STALLED_MS;
}
