/*
 * browse - what avahi-browse(1) prints of who waits in the local network, in its parsable form, a line for each.
 *
 *   =;eth0;IPv4;Ann\032of\032York;_tchat._tcp;local;tower.local;192.0.2.7;8080;"tls=yes"
 *   -;eth0;IPv4;Ann\032of\032York;_tchat._tcp;local
 *
 * Pure.  All of it is strangers' text: nothing of it is safe to be shown, nor true.
 */
#ifndef BROWSE_H
#define BROWSE_H

#include <net/if.h>

#include <stdbool.h>
#include <stddef.h>

#include "call/resolve.h"
#include "text/name.h"

#define BROWSE_TYPE "_tchat._tcp"
#define BROWSE_NAME_SIZE 64  /* with the NUL: a label of DNS has up to 63 bytes (RFC 6763, 4.1.1) */
#define BROWSE_HOST_SIZE 256 /* ... and a name of several up to 255 */

/* That somebody is seen, or not any more, by way of one interface and one protocol. */
struct sighting {
	bool gone; /* then what stands below the name is not known */
	char interface[IF_NAMESIZE];
	int protocol; /* AF_INET or AF_INET6 */
	char name[BROWSE_NAME_SIZE];
	char host[BROWSE_HOST_SIZE];
	unsigned port;
	bool tls; /* false: it says of itself that it does not encrypt */
	struct address address; /* without scope */
	struct name_look look; /* of the name (sightings_add) */
};

/* Reads a line, without its LF.  False if it tells of nobody who is here or gone. */
bool browse_parse(const char *line, size_t length, struct sighting *sighting);

/* All that are seen, at most room of them; an array of the caller's. */
struct sightings {
	struct sighting *all;
	size_t count, room;
};

/* The one with that interface, protocol and name, of which there is no other; or NULL. */
struct sighting *sightings_find(const struct sightings *sightings, const struct sighting *like);

/* Whether two are of one service: name, host and port are the same. */
bool sighting_is_of_same(const struct sighting *a, const struct sighting *b);

/* Whether the service of a sighting is seen. */
bool sightings_have(const struct sightings *sightings, const struct sighting *like);

/* Whether a service is seen whose name looks like that one's (text/name.h), but which is another. */
bool sightings_have_alike(const struct sightings *sightings, const struct sighting *one);

/* Adds one that is not there, and sets its look.  Returns it, or NULL if there is no room. */
struct sighting *sightings_add(struct sightings *sightings, const struct sighting *one);

/* Takes one away; the last one moves to its place. */
void sightings_remove(struct sightings *sightings, struct sighting *one);

#endif
