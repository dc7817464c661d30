#include <config.h>

#include <sys/socket.h>

#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "call/reach.h"

#define NAME_LENGTH_MAX 63 /* a longer one nobody tells */

/* linux/if_addr.h: IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE. */
#define FLEETING (0x01 | 0x08 | 0x20 | 0x40)

/* What has been found. */
struct found {
	char *hosts;
	int addresses;
};

static const struct in_addr *
in4(const struct sockaddr *address)
{
	return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
}

static const struct in6_addr *
in6(const struct sockaddr *address)
{
	return &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
}

/* Whether an address stands for all of its family. */
static bool
is_any(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return in4(address)->s_addr == htonl(INADDR_ANY);
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(in6(address));
}

static bool
is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(in4(address)->s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(in6(address));
}

/* Whether the flags say that an IPv6 address will be another one soon, or cannot be called. */
static bool
is_fleeting(const struct in6_addr *address, FILE *flags)
{
	char wanted[2 * sizeof address->s6_addr + 1], there[sizeof wanted], its_flags[9];

	if (flags == NULL)
		return false;
	for (size_t i = 0; i < sizeof address->s6_addr; i++)
		snprintf(wanted + 2 * i, 3, "%02x", address->s6_addr[i]);
	rewind(flags);
	while (fscanf(flags, "%32s %*s %*s %*s %8s %*[^\n]", there, its_flags) == 2)
		if (strcmp(there, wanted) == 0)
			return (strtoul(its_flags, NULL, 16) & FLEETING) != 0;
	return false;
}

/* Whether one of the machine's addresses is for others. */
static bool
leads_here(const struct ifaddrs *interface, FILE *flags)
{
	const unsigned works = IFF_UP | IFF_RUNNING;
	const struct sockaddr *address = interface->ifa_addr;

	if ((interface->ifa_flags & (works | IFF_LOOPBACK)) != works || is_loopback(address))
		return false;
	return address->sa_family != AF_INET6 ||
	       (!IN6_IS_ADDR_LINKLOCAL(in6(address)) && !is_fleeting(in6(address), flags));
}

/* Whether a name is one that can be said, and be a word of a command line: the person may have set another one. */
static bool
is_fit(const char *name)
{
	size_t length = strlen(name);

	if (length > NAME_LENGTH_MAX || !isalnum((unsigned char)*name))
		return false;
	if (strncasecmp(name, "localhost", 9) == 0 && (name[9] == '\0' || name[9] == '.'))
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if ((*c & 0x80) != 0 || (!isalnum((unsigned char)*c) && strchr("-._", *c) == NULL))
			return false;
	return strspn(name, "0123456789.") < length; /* it would be taken for an address, or for a port */
}

static void
add_word(struct found *found, const char *word)
{
	if (*found->hosts != '\0')
		strlcat(found->hosts, " ", REACH_SIZE);
	strlcat(found->hosts, word, REACH_SIZE);
}

static void
add_address(struct found *found, const struct sockaddr *address)
{
	socklen_t length = address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	char word[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];

	if (found->addresses == REACH_ADDRESSES ||
	    getnameinfo(address, length, word, sizeof word, NULL, 0, NI_NUMERICHOST) != 0)
		return;
	add_word(found, word);
	found->addresses++;
}

/* Adds what leads to one address that is listened on. */
static void
add_listening(struct found *found, const struct sockaddr *listening, const struct machine *machine)
{
	if (!is_any(listening)) {
		if (!is_loopback(listening))
			add_address(found, listening);
		return;
	}
	for (const struct ifaddrs *i = machine->interfaces; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == listening->sa_family &&
		    leads_here(i, machine->flags))
			add_address(found, i->ifa_addr);
}

void
reach_list(const struct address *listening, int count, const struct machine *machine, char *hosts)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct found found = {.hosts = hosts};
	bool named = false;

	*hosts = '\0';
	for (int i = 0; i < count && is_fit(machine->name); i++)
		named |= is_any((const struct sockaddr *)&listening[i].storage);
	for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
		for (int i = 0; i < count; i++)
			if (listening[i].storage.ss_family == families[f])
				add_listening(&found, (const struct sockaddr *)&listening[i].storage, machine);
	if (named && found.addresses > 0) /* else the name leads nowhere either */
		add_word(&found, machine->name);
}

void
reach_find(const int *sockets, int count, char *hosts)
{
	struct address listening[RESOLVE_MAX] = {{0}};
	struct ifaddrs *interfaces = NULL;
	char name[NAME_LENGTH_MAX + 2] = "";
	struct machine machine = {.name = name, .flags = fopen("/proc/net/if_inet6", "re")};

	for (int i = 0; i < count; i++) {
		listening[i].length = sizeof listening[i].storage;
		(void)getsockname(sockets[i], (struct sockaddr *)&listening[i].storage, &listening[i].length);
	}
	if (gethostname(name, sizeof name) == -1 || name[sizeof name - 1] != '\0')
		*name = '\0'; /* or it was cut */
	if (getifaddrs(&interfaces) == 0)
		machine.interfaces = interfaces;
	reach_list(listening, count, &machine, hosts);
	if (machine.interfaces != NULL)
		freeifaddrs(interfaces);
	if (machine.flags != NULL)
		fclose(machine.flags);
}
