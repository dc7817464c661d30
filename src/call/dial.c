#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "call/dial.h"
#include "call/local.h"

#define ATTEMPT_MS 10000  /* one address may take so long to answer */
#define CROWDED_MS 50	  /* until the next try at a path where too many call at once */
#define HEAD_START_MS 250 /* before the next one is tried, too: RFC 8305, 5 */
#define RETRY_MS 250	  /* between two rounds of calling (-w), */
#define RESTART_MS 1000	  /* ... where each starts a command */
#define FIND_MS 5000	  /* then somebody who is announced has been seen */

/* The round has failed, because of what error says: another one later, or the end. */
static void
end_round(struct dial *dial)
{
	int64_t next_round = clock_now() + (dial->options->via != NULL ? RESTART_MS : RETRY_MS);

	dial->state = DIAL_FAILED;
	if (dial->give_up == 0 || next_round >= dial->give_up)
		return;
	dial->state = DIAL_RETRYING;
	dial->next_round = next_round;
}

/* --- The attempts. --- */

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

/* An attempt is over.  Who has answered, and lost, is not to take it for a call: it is reset. */
static void
drop(struct attempt *attempt)
{
	const struct linger at_once = {.l_onoff = 1};

	if (attempt->socket == -1)
		return;
	(void)setsockopt(attempt->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(attempt->socket);
	attempt->socket = -1;
}

static void
note_failure(struct dial *dial, int cause)
{
	const struct call_options *o = dial->options;
	char place[CALL_PLACE_MAX], why[512];

	if (dial->refused)
		return;
	call_place(o, place);
	dial->refused = cause == ECONNREFUSED;
	if (o->path != NULL && (dial->refused || cause == ENOENT))
		bilingual_print(why, sizeof why, "%s; the other side waits with tchat -s%s -U %s",
				bilingual_error(cause), o->tls ? " -t" : "", place);
	else if (dial->refused && o->nearby == NULL)
		bilingual_print(why, sizeof why, "%s; the other side waits with tchat -s%s %u", bilingual_error(cause),
				o->tls ? " -t" : "", o->port);
	else if (o->path != NULL && cause == EAGAIN)
		strlcpy(why, bilingual("too many call there at once"), sizeof why);
	else
		strlcpy(why, bilingual_error(cause), sizeof why);
	bilingual_print(dial->error, sizeof dial->error, "cannot call %s: %s", place, why);
}

/* Until when something may last that takes so long at most: no longer than is called at all. */
static int64_t
last_moment(const struct dial *dial, int64_t ms)
{
	int64_t deadline = clock_now() + ms;

	return dial->give_up != 0 && dial->give_up < deadline ? dial->give_up : deadline;
}

/*
 * Connects, without waiting.  At a path at which as many call as can wait there, nothing is under way then: it is tried
 * again.  Returns 0, EINPROGRESS, or why it has failed.
 */
static int
try_to_connect(struct attempt *attempt, const struct address *to)
{
	int cause = connect(attempt->socket, (const struct sockaddr *)&to->storage, to->length) == -1 ? errno : 0;
	bool crowded = cause == EAGAIN && to->storage.ss_family == AF_UNIX;

	attempt->again = crowded ? clock_now() + CROWDED_MS : 0;
	return crowded ? EINPROGRESS : cause;
}

/* Begins to connect to an address.  Returns whether it may come to something. */
static bool
begin(struct dial *dial, const struct address *to, struct attempt *attempt)
{
	int family = to->storage.ss_family, cause;

	/* Non-blocking only until it is connected, before any other process has it. */
	*attempt = (struct attempt){.socket = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
				    .slot = POLLS_NONE,
				    .deadline = last_moment(dial, ATTEMPT_MS)};
	if (attempt->socket == -1) {
		note_failure(dial, errno);
	} else if (bind_from(dial, attempt->socket, family) == -1) {
		if (!dial->refused)
			bilingual_print(dial->error, sizeof dial->error, "cannot call from %s: %s", dial->options->bind,
					bilingual_error(errno));
		drop(attempt);
	} else {
		local_refuse_descriptors(attempt->socket);
		cause = try_to_connect(attempt, to);
		if (cause != 0 && cause != EINPROGRESS) {
			note_failure(dial, cause);
			drop(attempt);
		}
	}
	return attempt->socket != -1;
}

/* Begins to connect to the next address that takes it, if there is one. */
static void
begin_next(struct dial *dial)
{
	bool begun = false;

	while (!begun && dial->begun < dial->count) {
		begun = begin(dial, &dial->addresses[dial->begun], &dial->attempts[dial->begun]);
		dial->begun++;
	}
	dial->head_start = clock_now() + HEAD_START_MS;
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

/* How an attempt stands: 0 if it is connected, EINPROGRESS, or why it has failed. */
static int
outcome(struct attempt *attempt, const struct address *to, const struct polls *polls)
{
	int cause = 0;
	socklen_t length = sizeof cause;

	if (attempt->again != 0 && clock_until(attempt->deadline) == 0)
		return EAGAIN;
	if (attempt->again != 0)
		return clock_until(attempt->again) == 0 ? try_to_connect(attempt, to) : EINPROGRESS;
	if (polls_found(polls, attempt->slot) == 0)
		return clock_until(attempt->deadline) == 0 ? ETIMEDOUT : EINPROGRESS;
	if (getsockopt(attempt->socket, SOL_SOCKET, SO_ERROR, &cause, &length) == -1)
		return errno;
	return cause == 0 && is_own_echo(attempt->socket) ? ECONNREFUSED : cause;
}

/* Somebody has answered: the others have lost. */
static void
take(struct dial *dial, struct attempt *first)
{
	dial->state = DIAL_CONNECTED;
	dial->socket = first->socket;
	first->socket = -1;
	for (int i = 0; i < dial->begun; i++)
		drop(&dial->attempts[i]);
}

/* Looks how the attempts stand, and begins the next one if it is due; after the last one the round is over. */
static void
check_attempts(struct dial *dial, const struct polls *polls)
{
	bool failed = false, trying = false;

	for (int i = 0; i < dial->begun; i++) {
		struct attempt *attempt = &dial->attempts[i];
		int cause = attempt->socket != -1 ? outcome(attempt, &dial->addresses[i], polls) : EINPROGRESS;

		if (cause == 0) {
			take(dial, attempt);
			return;
		}
		if (cause != EINPROGRESS) {
			note_failure(dial, cause);
			drop(attempt);
			failed = true;
		}
		trying |= attempt->socket != -1;
	}
	if (dial->begun < dial->count && (failed || clock_until(dial->head_start) == 0)) {
		begin_next(dial);
		trying |= dial->attempts[dial->begun - 1].socket != -1;
	}
	if (!trying)
		end_round(dial);
}

/* --- A round. --- */

/* Has the families take turns, beginning with that of the first address (RFC 8305, 4). */
static void
alternate(struct address *addresses, int count)
{
	for (int i = 1; i < count; i++) {
		sa_family_t before = addresses[i - 1].storage.ss_family;
		struct address next;
		int j = i;

		while (j < count && addresses[j].storage.ss_family == before)
			j++;
		if (j == count)
			return;
		next = addresses[j];
		memmove(&addresses[i + 1], &addresses[i], (size_t)(j - i) * sizeof next);
		addresses[i] = next;
	}
}

static void
try_addresses(struct dial *dial, int count)
{
	dial->count = count;
	dial->begun = 0;
	dial->refused = false;
	dial->state = DIAL_CONNECTING;
	begin_next(dial);
	if (dial->attempts[dial->begun - 1].socket == -1)
		end_round(dial);
}

static void
resolved(struct dial *dial, int count)
{
	if (count < 0) {
		bilingual_print(dial->error, sizeof dial->error, "cannot find %s: %s", dial->options->host,
				bilingual_describe(resolve_strerror, count));
		end_round(dial);
		return;
	}
	alternate(dial->addresses, count);
	try_addresses(dial, count);
}

/* The address is the path itself. */
static void
start_local_round(struct dial *dial)
{
	dial->refused = false;
	if (local_address(dial->options->path, &dial->addresses[0]) == 0) {
		try_addresses(dial, 1);
		return;
	}
	note_failure(dial, errno);
	end_round(dial);
}

/* --- Somebody in the local network. --- */

/* Several are announced by that name: whoever calls did not mean both. */
static void
refuse_to_choose(struct dial *dial)
{
	char place[CALL_PLACE_MAX], one[NEARBY_PLACE_MAX], other[NEARBY_PLACE_MAX];

	call_place(dial->options, place);
	nearby_name(&dial->nearby, one, other);
	bilingual_print(dial->error, sizeof dial->error,
			"there is more than one %s, nobody is called: one is at %s, another one at %s", place, one,
			other);
	dial->state = DIAL_FAILED;
}

/* Nothing more is heard of the local network. */
static void
stop_finding(struct dial *dial)
{
	char place[CALL_PLACE_MAX], why[512];

	call_place(dial->options, place);
	avahi_explain(&dial->nearby.avahi, why, sizeof why);
	bilingual_print(dial->error, sizeof dial->error, "cannot look for %s: %s", place, why);
	dial->state = DIAL_FAILED;
	dial->hopeless = true;
}

/* Calls whoever is seen, unless that is announced without encryption, and has to have it. */
static void
call_found(struct dial *dial)
{
	const char *objection = dial->options->objection;
	char place[CALL_PLACE_MAX];

	if (objection == NULL || !nearby_is_bare(&dial->nearby)) {
		try_addresses(dial, nearby_addresses(&dial->nearby, dial->addresses));
		return;
	}
	call_place(dial->options, place);
	bilingual_print(dial->error, sizeof dial->error, "%s is announced without encryption, but %s: not called",
			place, bilingual(objection));
	dial->state = DIAL_FAILED;
}

/* Looks whether somebody is seen who is to be called. */
static void
find(struct dial *dial)
{
	char place[CALL_PLACE_MAX];

	switch (nearby_look(&dial->nearby)) {
	case NEARBY_ONE:
		call_found(dial);
		return;
	case NEARBY_SEVERAL:
		refuse_to_choose(dial);
		return;
	case NEARBY_DEAF:
		stop_finding(dial);
		return;
	case NEARBY_NOBODY:
		break;
	}
	if (clock_until(dial->found_by) > 0)
		return;
	call_place(dial->options, place);
	bilingual_print(dial->error, sizeof dial->error, "cannot find %s on the local network", place);
	end_round(dial);
}

/* --- A command that makes the connection. --- */

/* It has not, because of that. */
static void
fail_command(struct dial *dial, const char *why)
{
	char place[CALL_PLACE_MAX];

	call_place(dial->options, place);
	bilingual_print(dial->error, sizeof dial->error, "cannot call %s: %s", place, why);
	end_round(dial);
}

static void
start_command(struct dial *dial)
{
	command_finish(&dial->command); /* the one before, if it has not ended yet */
	dial->state = DIAL_STARTING;
	if (command_start(&dial->command, dial->options, dial->asks) == -1)
		fail_command(dial, bilingual_error(errno));
	dial->asks = false;
}

/* Goes on with the command, whatever it does. */
static void
follow_command(struct dial *dial, const struct polls *polls)
{
	enum command_state state = command_step(&dial->command, polls);
	char why[BILINGUAL_LINE];

	if (dial->state != DIAL_STARTING)
		return;
	if (state == COMMAND_THROUGH) {
		dial->state = DIAL_CONNECTED;
		dial->socket = dial->command.socket;
		dial->command.socket = -1;
	} else if (state == COMMAND_FAILED) {
		command_describe_failure(&dial->command, why, sizeof why);
		fail_command(dial, why);
	} else if (dial->give_up != 0 && clock_until(dial->give_up) == 0) {
		command_end(&dial->command);
		fail_command(dial, bilingual_error(ETIMEDOUT));
	}
}

/* --- All of it. --- */

static void
start_round(struct dial *dial)
{
	const struct call_options *o = dial->options;

	if (o->via != NULL) {
		start_command(dial);
		return;
	}
	if (o->path != NULL) {
		start_local_round(dial);
		return;
	}
	if (o->nearby != NULL) {
		dial->state = DIAL_FINDING;
		dial->found_by = last_moment(dial, FIND_MS);
		return;
	}
	dial->state = DIAL_RESOLVING;
	if (resolve_start(&dial->resolver, o->host, o->port, o->family) == -1) {
		bilingual_print(dial->error, sizeof dial->error, "cannot look up %s: %s", o->host,
				bilingual_error(errno));
		end_round(dial);
	}
}

int
dial_open(struct dial *dial, const struct call_options *options)
{
	*dial = (struct dial){.options = options, .socket = -1, .slot = POLLS_NONE, .asks = true};
	command_init(&dial->command, NULL, NULL);
	if (options->nearby != NULL)
		nearby_open(&dial->nearby, options->nearby, options->family);
	if (options->bind == NULL)
		return 0;
	dial->from_count = resolve_now(options->bind, 0, options->family, dial->from);
	if (dial->from_count >= 0)
		return 0;
	bilingual_print(dial->error, sizeof dial->error, "cannot call from %s: %s", options->bind,
			bilingual_describe(resolve_strerror, dial->from_count));
	return -1;
}

void
dial_hear(struct dial *dial, command_tell *tell, void *context)
{
	command_init(&dial->command, tell, context);
}

void
dial_begin(struct dial *dial, int64_t patience)
{
	dial->slot = POLLS_NONE;
	dial->give_up = patience > 0 ? clock_now() + patience : 0;
	start_round(dial);
}

void
dial_stop(struct dial *dial)
{
	if (dial->state == DIAL_RESOLVING)
		resolve_abandon(&dial->resolver);
	for (int i = 0; dial->state == DIAL_CONNECTING && i < dial->begun; i++)
		drop(&dial->attempts[i]);
	command_end(&dial->command);
	dial->state = DIAL_IDLE;
}

static void
poll_attempts(struct dial *dial, struct polls *polls)
{
	if (dial->begun < dial->count)
		polls_until(polls, dial->head_start);
	for (int i = 0; i < dial->begun; i++) {
		struct attempt *attempt = &dial->attempts[i];

		if (attempt->socket == -1)
			continue;
		if (attempt->again == 0)
			attempt->slot = polls_add(polls, attempt->socket, POLLOUT);
		else
			polls_until(polls, attempt->again);
		polls_until(polls, attempt->deadline);
	}
}

void
dial_poll(struct dial *dial, struct polls *polls)
{
	dial->slot = POLLS_NONE;
	command_poll(&dial->command, polls);
	nearby_poll(&dial->nearby, polls);
	switch (dial->state) {
	case DIAL_RESOLVING:
		dial->slot = polls_add(polls, dial->resolver.socket, POLLIN);
		break;
	case DIAL_FINDING:
		polls_until(polls, dial->found_by);
		nearby_poll_settled(&dial->nearby, polls);
		break;
	case DIAL_CONNECTING:
		poll_attempts(dial, polls);
		break;
	case DIAL_STARTING:
		if (dial->give_up != 0)
			polls_until(polls, dial->give_up);
		break;
	case DIAL_RETRYING:
		polls_until(polls, dial->next_round);
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
	follow_command(dial, polls);
	nearby_step(&dial->nearby, polls);
	switch (dial->state) {
	case DIAL_RESOLVING:
		if (polls_found(polls, dial->slot) != 0)
			resolved(dial, resolve_finish(&dial->resolver, dial->addresses));
		break;
	case DIAL_FINDING:
		find(dial);
		break;
	case DIAL_CONNECTING:
		check_attempts(dial, polls);
		break;
	case DIAL_RETRYING:
		if (clock_until(dial->next_round) == 0)
			start_round(dial);
		break;
	case DIAL_IDLE:
	case DIAL_STARTING:
	case DIAL_CONNECTED:
	case DIAL_FAILED:
		break;
	}
	return dial->state;
}
