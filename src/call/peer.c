#include <config.h>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/filter.h"
#include "call/peer.h"

/* Silence for IDLE seconds, then PROBES questions INTERVAL seconds apart, make a minute. */
#define KEEPALIVE_IDLE 30
#define KEEPALIVE_INTERVAL 10
#define KEEPALIVE_PROBES 3

/* Takes an address of IPv4 out of one of IPv6 that stands for it (RFC 4291, 2.5.5.2), as sockets for both have it. */
static struct address
unmapped(const struct address *address)
{
	const struct sockaddr_in6 *six = (const void *)&address->storage;
	struct address plain = *address;
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (address->storage.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return plain;
	four.sin_port = six->sin6_port;
	memcpy(&four.sin_addr, six->sin6_addr.s6_addr + 12, sizeof four.sin_addr);
	memcpy(&plain.storage, &four, sizeof four);
	plain.length = sizeof four;
	return plain;
}

/* Who is at an address, if it is one; what was known of the port before. */
static void
place_address(struct peer *peer, unsigned port, const struct address *address)
{
	char host[NI_MAXHOST] = "somebody", number[NI_MAXSERV];
	struct address plain = unmapped(address);
	int family = plain.storage.ss_family;

	if ((family == AF_INET || family == AF_INET6) &&
	    getnameinfo((const struct sockaddr *)&plain.storage, plain.length, host, sizeof host, number,
			sizeof number, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		port = (unsigned)strtoul(number, NULL, 10);
	filter_string(host, peer->host, sizeof peer->host);
	snprintf(peer->place, sizeof peer->place, "%s port %u", peer->host, port);
}

/* Of who was called by the name that it is announced by: that name, and where that led. */
static void
place_nearby(struct peer *peer, const struct call_options *call, const struct address *address)
{
	char called[CALL_PLACE_MAX], found[sizeof peer->place];

	place_address(peer, 0, address);
	strlcpy(found, peer->place, sizeof found);
	call_place(call, called);
	strlcpy(peer->host, called, sizeof peer->host);
	strlcpy(peer->place, called, sizeof peer->place);
	strlcat(peer->place, " (", sizeof peer->place);
	strlcat(peer->place, found, sizeof peer->place);
	strlcat(peer->place, ")", sizeof peer->place);
}

void
peer_place(struct peer *peer, const struct call_options *call, const struct origin *origin)
{
	bool client = call->role == ROLE_CLIENT;

	peer->local = client ? call->path != NULL : *origin->user != '\0';
	peer->via = client && call->via != NULL;
	peer->bare = call->nearby != NULL && origin->bare != 0;
	if (call->nearby != NULL) {
		place_nearby(peer, call, &origin->address);
	} else if (client) {
		filter_string(call->path != NULL ? call->path : call->host, peer->host, sizeof peer->host);
		call_place(call, peer->place);
	} else {
		place_address(peer, call->port, &origin->address);
	}
	if (peer->local && *origin->user != '\0')
		filter_string(origin->user, peer->host, sizeof peer->host);
	if (peer->local && !client)
		strlcpy(peer->place, peer->host, sizeof peer->place);
	strlcpy(peer->name, peer->host, sizeof peer->name);
}

void
peer_name(struct peer *peer, const char *name)
{
	filter_string(name, peer->name, sizeof peer->name);
}

void
peer_describe(const struct peer *peer, char whole[PEER_WHOLE_MAX])
{
	if (strcmp(peer->name, peer->local ? peer->place : peer->host) == 0)
		strlcpy(whole, peer->place, PEER_WHOLE_MAX);
	else
		snprintf(whole, PEER_WHOLE_MAX, "%s (%s)", peer->name, peer->place);
}

/* A setting that makes the conversation better; it works without, so failing is no error. */
static void
prefer(int socket, int level, int name, int value)
{
	(void)setsockopt(socket, level, name, &value, sizeof value);
}

bool
peer_owes_answer(const struct peer *peer, int64_t *heard)
{
#if defined(__linux__)
	struct tcp_info info = {0};

	if (getsockopt(peer->socket, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){sizeof info}) == -1)
		return false;
	*heard = info.tcpi_last_ack_recv < info.tcpi_last_data_recv ? info.tcpi_last_ack_recv
								    : info.tcpi_last_data_recv;
	return info.tcpi_unacked > 0 || info.tcpi_probes > 0;
#else
	(void)peer, (void)heard;
	return false;
#endif
}

void
peer_prepare(int socket)
{
	fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK);
	prefer(socket, IPPROTO_TCP, TCP_NODELAY, 1);
	prefer(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	prefer(socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
	prefer(socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
	prefer(socket, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
#endif
}
