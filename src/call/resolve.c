#include <config.h>

#include <sys/wait.h>

#include <netinet/in.h>

#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/descriptor.h"
#include "call/resolve.h"

/* What the helper sends, in one packet. */
struct answer {
	int result;
	struct address addresses[RESOLVE_MAX];
};

/*
 * As getaddrinfo(3), for a name in any letters (RFC 5890), as far as it is one that can be had; else as it stands.
 * What a name would become is known where there is GnuTLS (via_is_onion).
 */
static int
look_up(const char *host, const char *service, struct addrinfo hints, struct addrinfo **list)
{
#if defined(AI_IDN) && defined(HAVE_GNUTLS)
	struct addrinfo international = hints;
	int result;

	international.ai_flags |= AI_IDN;
	if (host != NULL && (result = getaddrinfo(host, service, &international, list)) != EAI_IDN_ENCODE)
		return result;
#endif
	return getaddrinfo(host, service, &hints, list);
}

int
resolve_now(const char *host, unsigned port, int family, struct address *addresses)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (host == NULL ? AI_PASSIVE : 0),
	};
	struct addrinfo *list;
	char service[8];
	int result, count = 0;

	snprintf(service, sizeof service, "%u", port);
	if ((result = look_up(host, service, hints, &list)) != 0)
		return -abs(result);
	for (const struct addrinfo *a = list; a != NULL && count < RESOLVE_MAX; a = a->ai_next) {
		addresses[count].length = a->ai_addrlen;
		memcpy(&addresses[count].storage, a->ai_addr, a->ai_addrlen);
		count++;
	}
	freeaddrinfo(list);
	return count;
}

const char *
resolve_strerror(int error)
{
	return gai_strerror(EAI_FAIL < 0 ? error : -error); /* with glibc they are negative, with the BSDs' positive */
}

int
resolve_start(struct resolver *resolver, const char *host, unsigned port, int family)
{
	enum { ANSWER = STDERR_FILENO + 1 };
	struct answer answer = {0};
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	switch (resolver->helper = fork()) {
	case -1:
		close(ends[0]);
		close(ends[1]);
		return -1;
	case 0:
		child_begin(parent, ends[1]);
		/* What parses the answers of name servers has nothing else of its parent's. */
		if (dup2(ends[1], ANSWER) == -1)
			_exit(1);
		closefrom(ANSWER + 1);
		answer.result = resolve_now(host, port, family, answer.addresses);
		_exit(send(ANSWER, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer ? 0 : 1);
	default:
		close(ends[1]);
		resolver->socket = ends[0];
		return 0;
	}
}

static bool
is_sound(const struct address *address)
{
	int family = address->storage.ss_family;

	return (family == AF_INET && address->length == sizeof(struct sockaddr_in)) ||
	       (family == AF_INET6 && address->length == sizeof(struct sockaddr_in6));
}

/* Whether it is what resolve_now can have said: the helper, which parses what name servers send, may say anything. */
static bool
can_be(const struct answer *answer)
{
	if (answer->result == 0 || answer->result == INT_MIN || answer->result > RESOLVE_MAX)
		return false;
	for (int i = 0; i < answer->result; i++)
		if (!is_sound(&answer->addresses[i]))
			return false;
	return true;
}

void
resolve_abandon(struct resolver *resolver)
{
	close(resolver->socket);
	kill(resolver->helper, SIGKILL);
	waitpid(resolver->helper, NULL, 0);
}

int
resolve_finish(struct resolver *resolver, struct address *addresses)
{
	struct answer answer;

	if (recv(resolver->socket, &answer, sizeof answer, MSG_DONTWAIT) != sizeof answer || !can_be(&answer))
		answer.result = -abs(EAI_FAIL);
	else
		memcpy(addresses, answer.addresses, sizeof answer.addresses);
	resolve_abandon(resolver);
	return answer.result;
}
