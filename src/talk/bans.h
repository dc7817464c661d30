/*
 * bans - the keys and the addresses that a group is closed to, as long as the program runs.
 */
#ifndef BANS_H
#define BANS_H

#include <stdbool.h>

#include "base/buffer.h"

/* A zeroed one has none. */
struct bans {
	struct buffer all; /* fingerprints and numeric addresses, each with its NUL */
};

void bans_add(struct bans *bans, const char *whom);

/* Whether that is one of them; an empty text is none. */
bool bans_have(const struct bans *bans, const char *whom);

void bans_free(struct bans *bans);

#endif
