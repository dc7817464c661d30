#include <config.h>

#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "call/nearby.h"
#include "text/filter.h"

#define SETTLE_MS 500 /* who else has that name answers in so long: RFC 6762, 6 has 20 to 120 ms */

void
nearby_open(struct nearby *n, const char *name, int family)
{
	*n = (struct nearby){.name = name, .family = family};
	n->seen = (struct sightings){n->all, 0, NEARBY_MAX};
	avahi_browse(&n->avahi);
}

void
nearby_poll(struct nearby *n, struct polls *polls)
{
	avahi_poll(&n->avahi, polls);
}

void
nearby_poll_settled(const struct nearby *n, struct polls *polls)
{
	if (n->avahi.state == AVAHI_ENDED)
		polls_within(polls, 0);
	if (n->seen.count > 0)
		polls_until(polls, n->settled);
}

/* Somebody is seen, or not any more. */
static void
take(struct nearby *n, const struct sighting *s)
{
	struct sighting *before;

	if (strcmp(s->name, n->name) != 0)
		return;
	if ((before = sightings_find(&n->seen, s)) != NULL)
		sightings_remove(&n->seen, before);
	if (s->gone || (n->family != AF_UNSPEC && s->address.storage.ss_family != n->family))
		return;
	if (n->seen.count == 0)
		n->settled = clock_now() + SETTLE_MS;
	(void)sightings_add(&n->seen, s); /* more than enough to call, or to call nobody */
}

void
nearby_step(struct nearby *n, const struct polls *polls)
{
	struct sighting sighting;
	struct span line;

	avahi_step(&n->avahi, polls);
	while (avahi_line(&n->avahi, &line))
		if (browse_parse(line.text, line.length, &sighting))
			take(n, &sighting);
}

/* The number of the first that is of another service than the first of all; or how many there are. */
static size_t
find_other(const struct nearby *n)
{
	size_t i = 1;

	while (i < n->seen.count && sighting_is_of_same(&n->all[i], &n->all[0]))
		i++;
	return i;
}

enum nearby_found
nearby_look(const struct nearby *n)
{
	if (n->avahi.state == AVAHI_ENDED)
		return NEARBY_DEAF;
	if (n->seen.count == 0 || clock_until(n->settled) > 0)
		return NEARBY_NOBODY;
	return find_other(n) < n->seen.count ? NEARBY_SEVERAL : NEARBY_ONE;
}

static bool
is_same_address(const struct address *a, const struct address *b)
{
	return a->length == b->length && memcmp(&a->storage, &b->storage, a->length) == 0;
}

/* The address, by way of the interface where that is a part of it (RFC 4007, 6). */
static struct address
scoped(const struct sighting *s)
{
	struct address address = s->address;
	struct sockaddr_in6 *six = (void *)&address.storage;

	if (address.storage.ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
		six->sin6_scope_id = if_nametoindex(s->interface);
	return address;
}

int
nearby_addresses(const struct nearby *n, struct address addresses[RESOLVE_MAX])
{
	int count = 0;

	for (size_t i = 0; i < n->seen.count && count < RESOLVE_MAX; i++) {
		struct address next = scoped(&n->all[i]);
		int same = 0;

		while (same < count && !is_same_address(&addresses[same], &next))
			same++;
		if (same == count)
			addresses[count++] = next;
	}
	return count;
}

bool
nearby_is_bare(const struct nearby *n)
{
	for (size_t i = 0; i < n->seen.count; i++)
		if (n->all[i].tls)
			return false;
	return n->seen.count > 0;
}

/* Where a service is, as it is announced. */
static void
describe(const struct sighting *s, char place[NEARBY_PLACE_MAX])
{
	char host[BROWSE_HOST_SIZE];

	filter_string(s->host, host, sizeof host);
	snprintf(place, NEARBY_PLACE_MAX, "%s port %u", host, s->port);
}

void
nearby_name(const struct nearby *n, char one[NEARBY_PLACE_MAX], char other[NEARBY_PLACE_MAX])
{
	describe(&n->all[0], one);
	describe(&n->all[find_other(n)], other);
}
