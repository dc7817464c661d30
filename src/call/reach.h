/*
 * reach - by what a server can be called from its network: this machine's name, and its addresses.
 *
 * Nobody is asked but the kernel: no resolver, and no service outside.
 */
#ifndef REACH_H
#define REACH_H

#include <stddef.h>
#include <stdio.h>

#include "call/resolve.h"

struct ifaddrs;

#define REACH_ADDRESSES 4 /* so many are said at most */
#define REACH_SIZE 384	  /* has room for them, each with a scope, and for a name */

/* What is known of a machine. */
struct machine {
	const char *name;
	const struct ifaddrs *interfaces; /* as of getifaddrs(3) */
	FILE *flags; /* of IPv6 addresses, as in Linux's /proc/net/if_inet6, to be read from the start; or NULL */
};

/*
 * Writes by what sockets that listen on these addresses can be called: words with a blank between them, the best
 * first.  Those are addresses, IPv4 before IPv6; then, as few networks know names, the machine's name, where all its
 * addresses of a family are listened on and it is fit to be said.  Addresses are left out that lead nowhere from
 * another machine, or not for long: loopback, interfaces that are down, link-local IPv6, which would need a scope of
 * the other machine's, and temporary and deprecated IPv6 as far as flags say so.  One that is listened on by itself
 * was asked for, and is said, if it is not of loopback.  Empty where no other machine can call, as far as is known.
 * hosts has room for REACH_SIZE.
 */
void reach_list(const struct address *listening, int count, const struct machine *machine, char *hosts);

/* The same for these sockets of this machine. */
void reach_find(const int *sockets, int count, char *hosts);

#endif
