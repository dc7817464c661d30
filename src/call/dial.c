#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/dial.h"

#define ATTEMPT_MS 10000 /* one address may take so long to answer */
#define RETRY_MS 250	 /* between two rounds of calling (-w) */

/* The round has failed, because of what error says: another one later, or the end. */
static void
end_round(struct dial *dial)
{
	if (clock_now() + RETRY_MS < dial->give_up) {
		dial->state = DIAL_RETRYING;
		dial->deadline = clock_now() + RETRY_MS;
	} else {
		dial->state = DIAL_FAILED;
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
			dial->state = DIAL_CONNECTING;
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
	const struct call_options *o = dial->options;

	dial->state = DIAL_RESOLVING;
	if (resolve_start(&dial->resolver, o->host, o->port, o->family) == -1) {
		snprintf(dial->error, sizeof dial->error, "cannot look up %s: %s", o->host,
			 strerror(errno));
		end_round(dial);
	}
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
static void
check_connection(struct dial *dial, const struct polls *polls)
{
	int cause = 0;
	socklen_t length = sizeof cause;

	if (polls_found(polls, dial->slot) != 0) {
		if (getsockopt(dial->socket, SOL_SOCKET, SO_ERROR, &cause, &length) == -1)
			cause = errno;
		if (cause == 0 && is_own_echo(dial->socket))
			cause = ECONNREFUSED;
		if (cause == 0) {
			dial->state = DIAL_CONNECTED;
			return;
		}
	} else if (clock_until(dial->deadline) == 0) {
		cause = ETIMEDOUT;
	} else {
		return;
	}
	connect_failed(dial, cause);
	connect_next(dial);
}

int
dial_open(struct dial *dial, const struct call_options *options)
{
	*dial = (struct dial){.options = options, .socket = -1, .slot = POLLS_NONE};
	if (options->bind == NULL)
		return 0;
	dial->from_count = resolve_now(options->bind, 0, options->family, dial->from);
	if (dial->from_count >= 0)
		return 0;
	snprintf(dial->error, sizeof dial->error, "cannot call from %s: %s", options->bind,
		 resolve_strerror(dial->from_count));
	return -1;
}

void
dial_begin(struct dial *dial)
{
	dial->give_up = clock_now() + (int64_t)dial->options->wait * 1000;
	start_round(dial);
}

void
dial_poll(struct dial *dial, struct polls *polls)
{
	dial->slot = POLLS_NONE;
	switch (dial->state) {
	case DIAL_RESOLVING:
		dial->slot = polls_add(polls, dial->resolver.pipe, POLLIN);
		break;
	case DIAL_CONNECTING:
		dial->slot = polls_add(polls, dial->socket, POLLOUT);
		polls_until(polls, dial->deadline);
		break;
	case DIAL_RETRYING:
		polls_until(polls, dial->deadline);
		break;
	case DIAL_IDLE:
	case DIAL_CONNECTED:
	case DIAL_FAILED:
		break;
	}
}

enum dial_state
dial_step(struct dial *dial, const struct polls *polls)
{
	switch (dial->state) {
	case DIAL_RESOLVING:
		if (polls_found(polls, dial->slot) != 0)
			resolved(dial, resolve_finish(&dial->resolver, dial->addresses));
		break;
	case DIAL_CONNECTING:
		check_connection(dial, polls);
		break;
	case DIAL_RETRYING:
		if (clock_until(dial->deadline) == 0)
			start_round(dial);
		break;
	case DIAL_IDLE:
	case DIAL_CONNECTED:
	case DIAL_FAILED:
		break;
	}
	return dial->state;
}
