#include <config.h>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#ifdef HAVE_STRUCT_TCP_INFO_TCPI_SND_WND
#include <linux/tcp.h>
#else
#include <netinet/tcp.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "peer.h"

/* Silence for IDLE seconds, then PROBES questions INTERVAL seconds apart, make a minute. */
#define KEEPALIVE_IDLE 30
#define KEEPALIVE_INTERVAL 10
#define KEEPALIVE_PROBES 3
#define USER_TIMEOUT_MS 60000

void
peer_name(struct peer *peer, const char *host, unsigned port, const struct address *address)
{
	char found[NI_MAXHOST], number[NI_MAXSERV];

	if (host == NULL && getnameinfo((const struct sockaddr *)&address->storage, address->length,
					found, sizeof found, number, sizeof number,
					NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
		port = (unsigned)strtoul(number, NULL, 10);
		host = found;
	}
	filter_string(host != NULL ? host : "somebody", peer->host, sizeof peer->host);
	snprintf(peer->port, sizeof peer->port, "port %u", port);
	snprintf(peer->name, sizeof peer->name, "%s %s", peer->host, peer->port);
	peer->secrecy = "not encrypted";
	peer->tls = NULL;
}

/* A setting that makes the conversation better; it works without, so failing is no error. */
static void
prefer(int socket, int level, int name, int value)
{
	(void)setsockopt(socket, level, name, &value, sizeof value);
}

#if defined(__linux__)

/* Whether the peer has room for what is sent next, or, if that is under way, had it. */
static bool
has_room(const struct tcp_info *info)
{
#ifdef HAVE_STRUCT_TCP_INFO_TCPI_SND_WND
	uint32_t next = info->tcpi_notsent_bytes < info->tcpi_snd_mss ? info->tcpi_notsent_bytes
								      : info->tcpi_snd_mss;

	/* Without a way to the peer nothing is under way, although there is room. */
	if (info->tcpi_unacked == 0)
		return info->tcpi_snd_wnd >= next;
#endif
	return info->tcpi_unacked > 0;
}

bool
peer_is_unanswering(const struct peer *peer)
{
	struct tcp_info info = {0};
	bool unanswering;

	if (getsockopt(peer->socket, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){sizeof info}) == -1)
		return false;
	unanswering = has_room(&info);
	prefer(peer->socket, IPPROTO_TCP, TCP_USER_TIMEOUT, unanswering ? USER_TIMEOUT_MS : 0);
	return unanswering;
}

#else

bool
peer_is_unanswering(const struct peer *peer)
{
	(void)peer;
	return false;
}

#endif

void
peer_take(struct peer *peer, int socket)
{
	peer->socket = socket;
	fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK);
	prefer(socket, IPPROTO_TCP, TCP_NODELAY, 1);
	prefer(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	prefer(socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
	prefer(socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
	prefer(socket, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
#endif
#ifdef TCP_USER_TIMEOUT
	prefer(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
#endif
}
