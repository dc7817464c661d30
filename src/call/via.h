/*
 * via - a command that makes the connection (--via), as text: what in it stands for host and port, and which hosts may
 * get there.
 *
 * A shell runs it, and a host can come from the network: so nothing of it can be anything else than a word, nor an
 * option of the command's.
 */
#ifndef VIA_H
#define VIA_H

#include <stdbool.h>

#include "base/buffer.h"

/* The first % that is none of %h, %p and %%, or NULL. */
const char *via_unknown(const char *command);

/*
 * Whether the command can be given that host: letters, digits and . - _ : % of ASCII, as names and addresses are made
 * of, and no - at its beginning.
 */
bool via_takes_host(const char *host);

/*
 * Whether no resolver may be asked for it, as it is an onion service (RFC 7686), also once other letters and dots have
 * become those of ASCII, as in names that have any (UTS 46).
 */
bool via_is_onion(const char *host);

/* Adds the command with host and port in their places, and a NUL. */
void via_expand(const char *command, const char *host, unsigned port, struct buffer *expanded);

#endif
