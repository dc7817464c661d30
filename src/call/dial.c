#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/dial.h"
#include "base/fatal.h"
#include "text/filter.h"
#include "base/signals.h"

#define ATTEMPT_MS 10000 /* one address may take so long to answer */
#define PAUSE_MS 250	 /* between two rounds of calling (-w) */

enum stage { LISTENING, RESOLVING, CONNECTING, PAUSING, CONNECTED, FAILED };

struct dial {
	const struct options *options;
	enum stage stage;
	struct door door; /* server */
	int trouble;	  /* why nobody could be let in, as was told */

	/* client */
	struct address from[RESOLVE_MAX]; /* addresses to call from (-b) */
	int from_count;
	struct resolver resolver;
	struct address addresses[RESOLVE_MAX]; /* all that the name has */
	int count, next;
	int socket;	  /* CONNECTING: to addresses[next - 1] */
	int64_t deadline; /* of this stage */
	int64_t give_up;  /* of calling again */
	char error[PEER_NAME_MAX + 128];
};

static void start_round(struct dial *dial);

/* The round has failed, because of what error says: another one later, or the end. */
static void
end_round(struct dial *dial)
{
	if (clock_now() + PAUSE_MS < dial->give_up) {
		dial->stage = PAUSING;
		dial->deadline = clock_now() + PAUSE_MS;
	} else {
		dial->stage = FAILED;
	}
}

/* Binds the socket to the address to call from that is of the right family. */
static int
bind_from(const struct dial *dial, int fd, int family)
{
	for (int i = 0; i < dial->from_count; i++)
		if (dial->from[i].storage.ss_family == family)
			return bind(fd, (const struct sockaddr *)&dial->from[i].storage,
				    dial->from[i].length);
	errno = EAFNOSUPPORT;
	return dial->options->bind == NULL ? 0 : -1;
}

static void
drop_socket(struct dial *dial)
{
	if (dial->socket != -1)
		close(dial->socket);
	dial->socket = -1;
}

static void
connect_failed(struct dial *dial, int cause)
{
	snprintf(dial->error, sizeof dial->error, "cannot call %s port %u: %s", dial->options->host,
		 dial->options->port, strerror(cause));
	drop_socket(dial);
}

static void
bind_failed(struct dial *dial, int cause)
{
	snprintf(dial->error, sizeof dial->error, "cannot call from %s: %s", dial->options->bind,
		 strerror(cause));
	drop_socket(dial);
}

/* Until when an attempt may last: with -w, the addresses that are left share the time that is left. */
static int64_t
attempt_deadline(const struct dial *dial)
{
	int64_t now = clock_now(), left = dial->give_up - now;
	int addresses = dial->count - dial->next + 1;

	if (dial->options->wait == 0 || left / addresses > ATTEMPT_MS)
		return now + ATTEMPT_MS;
	return now + (left > 0 ? left / addresses : 0);
}

/* Begins to connect to the next address that takes it; after the last one the round is over. */
static void
connect_next(struct dial *dial)
{
	while (dial->next < dial->count) {
		const struct address *to = &dial->addresses[dial->next++];
		int family = to->storage.ss_family;

		/* Non-blocking only until it is connected, before any other process has it. */
		dial->socket = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (dial->socket != -1 && bind_from(dial, dial->socket, family) == -1) {
			bind_failed(dial, errno);
			continue;
		}
		if (dial->socket != -1 &&
		    (connect(dial->socket, (const struct sockaddr *)&to->storage, to->length) == 0 ||
		     errno == EINPROGRESS)) {
			dial->stage = CONNECTING;
			dial->deadline = attempt_deadline(dial);
			return;
		}
		connect_failed(dial, errno);
	}
	end_round(dial);
}

static void
resolved(struct dial *dial, int count)
{
	if (count < 0) {
		snprintf(dial->error, sizeof dial->error, "cannot find %s: %s", dial->options->host,
			 resolve_strerror(count));
		end_round(dial);
		return;
	}
	dial->count = count;
	dial->next = 0;
	connect_next(dial);
}

static void
start_round(struct dial *dial)
{
	const struct options *o = dial->options;

	dial->stage = RESOLVING;
	if (resolve_start(&dial->resolver, o->host, o->port, o->family) == -1) {
		snprintf(dial->error, sizeof dial->error, "cannot look up %s: %s", o->host,
			 strerror(errno));
		end_round(dial);
	}
}

/* Whether poll(2) finds fd ready at this moment. */
static bool
is_ready(int fd, short events)
{
	return poll(&(struct pollfd){.fd = fd, .events = events}, 1, 0) > 0;
}

/*
 * A call to a port of this very machine on which nobody listens can meet itself: the kernel may
 * choose the same port for this end, and TCP allows a simultaneous open (RFC 9293, 3.5).
 */
static bool
is_own_echo(int fd)
{
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_length = sizeof here, there_length = sizeof there;

	return getsockname(fd, (struct sockaddr *)&here, &here_length) == 0 &&
	       getpeername(fd, (struct sockaddr *)&there, &there_length) == 0 &&
	       here_length == there_length && memcmp(&here, &there, here_length) == 0;
}

/* Looks how the attempt to connect stands. */
static enum dial_state
check_connection(struct dial *dial, struct peer *peer)
{
	const struct options *o = dial->options;
	int cause = 0;
	socklen_t length = sizeof cause;

	if (is_ready(dial->socket, POLLOUT)) {
		if (getsockopt(dial->socket, SOL_SOCKET, SO_ERROR, &cause, &length) == -1)
			cause = errno;
		if (cause == 0 && is_own_echo(dial->socket))
			cause = ECONNREFUSED;
		if (cause == 0) {
			peer_name(peer, o->host, o->port, NULL);
			peer_take(peer, dial->socket);
			dial->socket = -1;
			dial->stage = CONNECTED;
			return DIAL_CONNECTED;
		}
	} else if (clock_until(dial->deadline) == 0) {
		cause = ETIMEDOUT;
	} else {
		return DIAL_PENDING;
	}
	connect_failed(dial, cause);
	connect_next(dial);
	return DIAL_PENDING;
}

/* Looks whether nobody was let in because nobody was there. */
static enum dial_state
check_door(struct dial *dial)
{
	if (dial->door.cause == 0 || dial->door.cause == dial->trouble)
		return DIAL_PENDING;
	dial->trouble = dial->door.cause;
	snprintf(dial->error, sizeof dial->error, "nobody can be let in: %s", strerror(dial->trouble));
	return DIAL_TROUBLED;
}

struct dial *
dial_new(const struct options *options, char *error, size_t size)
{
	struct dial *dial = calloc(1, sizeof *dial);

	if (dial == NULL)
		fatal("cannot get memory");
	dial->options = options;
	dial->socket = -1;
	if (options->role == ROLE_SERVER) {
		dial->stage = LISTENING;
		if (door_open(&dial->door, options, error, size) == -1) {
			free(dial);
			return NULL;
		}
		return dial;
	}
	if (options->bind != NULL &&
	    (dial->from_count = resolve_now(options->bind, 0, options->family, dial->from)) < 0) {
		snprintf(error, size, "cannot call from %s: %s", options->bind,
			 resolve_strerror(dial->from_count));
		free(dial);
		return NULL;
	}
	dial->give_up = clock_now() + (int64_t)options->wait * 1000;
	start_round(dial);
	return dial;
}

void
dial_describe(const struct dial *dial, char *text, size_t size)
{
	const struct options *o = dial->options;
	const char *name = o->role == ROLE_CLIENT ? o->host : o->bind;
	char safe[PEER_NAME_MAX];

	filter_string(name != NULL ? name : "", safe, sizeof safe);
	if (o->role == ROLE_CLIENT)
		snprintf(text, size, "calling %s port %u", safe, o->port);
	else if (o->bind != NULL)
		snprintf(text, size, "waiting on %s port %u", safe, o->port);
	else
		snprintf(text, size, "waiting on port %u", o->port);
}

nfds_t
dial_poll(const struct dial *dial, struct pollfd fds[DIAL_FDS], int *timeout)
{
	switch (dial->stage) {
	case LISTENING:
		return door_poll(&dial->door, fds, timeout);
	case RESOLVING:
		fds[0] = (struct pollfd){.fd = dial->resolver.pipe, .events = POLLIN};
		return 1;
	case CONNECTING:
		fds[0] = (struct pollfd){.fd = dial->socket, .events = POLLOUT};
		*timeout = clock_sooner(*timeout, clock_until(dial->deadline));
		return 1;
	case PAUSING:
		*timeout = clock_sooner(*timeout, clock_until(dial->deadline));
		return 0;
	case CONNECTED:
		break;
	case FAILED:
		*timeout = 0;
		break;
	}
	return 0;
}

enum dial_state
dial_step(struct dial *dial, struct peer *peer)
{
	switch (dial->stage) {
	case LISTENING:
		if (!door_accept(&dial->door, peer))
			return check_door(dial);
		dial->trouble = 0;
		if (!dial->options->keep)
			door_close(&dial->door);
		return DIAL_CONNECTED;
	case RESOLVING:
		if (is_ready(dial->resolver.pipe, POLLIN)) {
			int count = resolve_finish(&dial->resolver, dial->addresses);
			resolved(dial, count);
		}
		return DIAL_PENDING;
	case CONNECTING:
		return check_connection(dial, peer);
	case PAUSING:
		if (clock_until(dial->deadline) == 0)
			start_round(dial);
		return DIAL_PENDING;
	case CONNECTED: /* there is only one to call */
		return DIAL_PENDING;
	case FAILED:
		break;
	}
	return DIAL_FAILED;
}

enum dial_state
dial_wait(struct dial *dial, struct peer *peer)
{
	enum dial_state state;

	while ((state = dial_step(dial, peer)) == DIAL_PENDING && signals_deadly() == 0) {
		struct pollfd fds[DIAL_FDS];
		int timeout = -1;
		nfds_t count = dial_poll(dial, fds, &timeout);

		signals_poll(fds, count, timeout);
	}
	return state;
}

bool
dial_refuse(struct dial *dial, struct peer *peer)
{
	return dial->stage == LISTENING && door_refuse(&dial->door, peer);
}

bool
dial_is_called(struct dial *dial)
{
	return dial->stage == LISTENING && door_is_knocked_at(&dial->door);
}

void
dial_rest(struct dial *dial)
{
	door_rest(&dial->door);
}

const char *
dial_error(const struct dial *dial)
{
	return dial->error;
}

void
dial_free(struct dial *dial)
{
	if (dial == NULL)
		return;
	if (dial->stage == RESOLVING)
		resolve_cancel(&dial->resolver);
	if (dial->socket != -1)
		close(dial->socket);
	door_close(&dial->door);
	free(dial);
}
