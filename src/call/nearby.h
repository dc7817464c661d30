/*
 * nearby - where somebody is who is called by the name that is announced in the local network.
 *
 * avahi-browse(1) says so, as long as the caller lives, and whatever it says is believed as far as it takes to call
 * there: who answers has to show a key.
 */
#ifndef NEARBY_H
#define NEARBY_H

#include "base/polls.h"
#include "call/avahi.h"
#include "call/browse.h"
#include "call/resolve.h"

#define NEARBY_MAX 32 /* sightings of that name: interfaces, protocols, and hosts if there are several */

struct nearby {
	const char *name; /* whose name that is; the bytes have to be the same */
	int family;	  /* of its addresses: AF_UNSPEC, AF_INET or AF_INET6 */
	struct avahi avahi;
	struct sighting all[NEARBY_MAX];
	struct sightings seen; /* in there */
	int64_t settled;  /* others have had time to be seen, too, then */
};

/* Begins to look for somebody. */
void nearby_open(struct nearby *nearby, const char *name, int family);

/* What it waits for always; and while it is not known yet who is seen. */
void nearby_poll(struct nearby *nearby, struct polls *polls);
void nearby_poll_settled(const struct nearby *nearby, struct polls *polls);

/* To be called after each wait. */
void nearby_step(struct nearby *nearby, const struct polls *polls);

#define NEARBY_PLACE_MAX (BROWSE_HOST_SIZE + 16)

enum nearby_found {
	NEARBY_NOBODY,
	NEARBY_ONE,
	NEARBY_SEVERAL, /* hosts or ports */
	NEARBY_DEAF	/* nothing is seen any more (avahi_explain) */
};

/* Who is seen.  At first that is nobody: whoever else has that name is seen a moment later. */
enum nearby_found nearby_look(const struct nearby *nearby);

/* Writes where that one is, as many addresses as there is room for, and returns how many. */
int nearby_addresses(const struct nearby *nearby, struct address addresses[RESOLVE_MAX]);

/* Whether all that is announced of it is that it does without encryption. */
bool nearby_is_bare(const struct nearby *nearby);

/* Names the first two of several: "tower.local port 8080"; safe text. */
void nearby_name(const struct nearby *nearby, char one[NEARBY_PLACE_MAX], char other[NEARBY_PLACE_MAX]);

#endif
