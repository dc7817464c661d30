/*
 * What avahi-browse(1) prints: any line is either of somebody who can be called or has gone, or left alone, and a set
 * of them never holds two of one kind.
 *
 * A case is what it prints.
 */
#include <config.h>

#include <sys/socket.h>

#include <netinet/in.h>
#include <string.h>

#include "base/span.h"
#include "call/browse.h"
#include "fuzz.h"

static void
must_be_right(const struct sighting *s)
{
	sa_family_t family = s->address.storage.ss_family;

	must(*s->interface != '\0' && memchr(s->interface, '\0', sizeof s->interface) != NULL);
	must(*s->name != '\0' && memchr(s->name, '\0', sizeof s->name) != NULL);
	must(s->protocol == AF_INET || s->protocol == AF_INET6);
	if (s->gone)
		return;
	must(*s->host != '\0' && memchr(s->host, '\0', sizeof s->host) != NULL);
	must(s->port >= 1 && s->port <= 65535);
	must((family == AF_INET && s->address.length == sizeof(struct sockaddr_in)) ||
	     (family == AF_INET6 && s->address.length == sizeof(struct sockaddr_in6)));
}

static void
take(struct sightings *seen, const struct sighting *s)
{
	struct sighting *there = sightings_find(seen, s);

	if (there != NULL)
		sightings_remove(seen, there);
	must(sightings_find(seen, s) == NULL);
	if (s->gone || sightings_add(seen, s) == NULL)
		return;
	must(sightings_find(seen, s) == &seen->all[seen->count - 1]);
	must(sightings_have(seen, s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sighting all[8];
	struct sightings seen = {all, 0, sizeof all / sizeof *all};
	struct span text = {(const char *)data, size}, line;
	struct sighting sighting;

	while ((line = span_line(&text)).length > 0) {
		if (!browse_parse(line.text, line.length - span_is_complete(line), &sighting))
			continue;
		must_be_right(&sighting);
		take(&seen, &sighting);
	}
	return 0;
}
