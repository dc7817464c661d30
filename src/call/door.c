#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "call/door.h"
#include "call/handed.h"
#include "call/opening.h"

#define BACKLOG 8
#define BACKLOG_GROUP 128
#define RETRY_MS 100	/* after a caller could not be let in */
#define HANG_UP_MS 2000 /* how long a refused caller has to read why */
#define DROPPED 65536	/* bytes of what it sends, at once */

/* A socket that listens on one address, or -1 and errno. */
static int
listen_on(const struct address *address, int backlog)
{
	int family = address->storage.ss_family, on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	/* IPv6 alone, as not every system has sockets for both, and "::" must not take IPv4's port. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    (family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1) ||
	    bind(fd, (const struct sockaddr *)&address->storage, address->length) == -1 ||
	    listen(fd, backlog) == -1) {
		int cause = errno;
		close(fd);
		errno = cause;
		return -1;
	}
	return fd;
}

/* Says why it cannot be listened, and what helps against that. */
static void
explain(int cause, unsigned port, char *text, size_t size)
{
	const char *remedy = "";

	if (cause == EADDRINUSE)
		remedy = bilingual("; if somebody waits there, call with -c");
	else if (cause == EACCES && port < IPPORT_RESERVED)
		remedy = bilingual("; take a port from 1024 on");
	bilingual_print(text, size, "%s%s", bilingual_error(cause), remedy);
}

/* Says why it cannot be listened at a path, and what helps against that. */
static void
explain_path(int cause, char *text, size_t size)
{
	switch (cause) {
	case EADDRINUSE:
		bilingual_print(text, size, "%s; if somebody waits there, call with -c", bilingual_error(cause));
		break;
	case EEXIST:
		bilingual_print(text, size, "what is there is no socket; name another path");
		break;
	case EPERM:
		bilingual_print(text, size, "what is there is another user's; name another path");
		break;
	case EWOULDBLOCK:
		bilingual_print(text, size, "another program keeps its folder locked");
		break;
	case ENOENT:
	case ENOTDIR:
		bilingual_print(text, size, "%s; name a path in a directory that is there", bilingual_error(cause));
		break;
	default:
		strlcpy(text, bilingual_error(cause), size);
	}
}

/* Listens at a path.  Returns 0, or -1 with a message in error. */
static int
open_path(struct door *door, const struct call_options *options, char *error, size_t size)
{
	int fd = local_listen(&door->local, options->path, options->group ? BACKLOG_GROUP : BACKLOG);
	char place[CALL_PLACE_MAX], why[512];

	if (fd != -1) {
		door->listening[door->count++] = fd;
		return 0;
	}
	explain_path(errno, why, sizeof why);
	call_place(options, place);
	bilingual_print(error, size, "cannot listen on %s: %s", place, why);
	return -1;
}

int
door_open(struct door *door, const struct call_options *options, char *error, size_t size)
{
	struct address addresses[RESOLVE_MAX];
	int backlog = options->group ? BACKLOG_GROUP : BACKLOG;
	int cause = EADDRNOTAVAIL, count = 0;
	char place[CALL_PLACE_MAX], why[512];

	*door = (struct door){.tls = options->tls, .group = options->group};
	if (options->handed == 0 && options->path != NULL)
		return open_path(door, options, error, size);
	if (options->handed == 0)
		count = resolve_now(options->bind, options->port, options->family, addresses);
	while (door->count < options->handed) {
		door->listening[door->count] = HANDED_FIRST + door->count;
		door->count++;
	}
	if (count < 0) {
		bilingual_print(error, size, "cannot find %s: %s",
				options->bind != NULL ? options->bind : bilingual("any address"),
				bilingual_describe(resolve_strerror, count));
		return -1;
	}
	for (int i = 0; i < count; i++) {
		int fd = listen_on(&addresses[i], backlog);
		if (fd != -1) {
			door->listening[door->count++] = fd;
			continue;
		}
		cause = errno;
		/* A machine without IPv6 still has a line; a port taken on one of two has not. */
		if (cause != EAFNOSUPPORT && cause != EADDRNOTAVAIL) {
			door_close(door);
			break;
		}
	}
	if (door->count > 0)
		return 0;
	explain(cause, options->port, why, sizeof why);
	if (call_is_narrow(options)) {
		call_place(options, place);
		bilingual_print(error, size, "cannot listen on %s: %s", place, why);
	} else {
		bilingual_print(error, size, "cannot listen on port %u: %s", options->port, why);
	}
	return -1;
}

bool
door_has_users(const struct door *door)
{
	struct sockaddr_storage address = {0};
	bool found = false;

	for (int i = 0; i < door->count && !found; i++)
		found = getsockname(door->listening[i], (struct sockaddr *)&address, &(socklen_t){sizeof address}) == 0 &&
			address.ss_family == AF_UNIX;
	return found;
}

/* Further callers wait in the kernel while as many as can be are being turned away, or none can be let in. */
static bool
is_shut(const struct door *door)
{
	return door->held || door->refused_count == DOOR_WAITING_MAX || clock_until(door->retry) > 0;
}

void
door_poll(const struct door *door, struct polls *polls)
{
	for (int i = 0; i < door->count && !is_shut(door); i++)
		polls_add(polls, door->listening[i], POLLIN);
	if (clock_until(door->retry) > 0)
		polls_until(polls, door->retry);
	for (int i = 0; i < door->refused_count; i++) {
		polls_add(polls, door->refused[i].socket, POLLIN);
		polls_until(polls, door->refused[i].deadline);
	}
}

/*
 * As recv(2), for who needs no byte of what comes: where the kernel can do that, none gets into this process.  TCP
 * drops it (MSG_TRUNC, see tcp(7)); from a Unix-domain socket it goes into a pipe that nobody reads.
 */
static ssize_t
receive_unseen(int socket, bool local)
{
	static char sink[DROPPED];
#if defined(__linux__)
	int drain[2], cause;
	ssize_t n;

	if (!local)
		return recv(socket, sink, sizeof sink, MSG_TRUNC | MSG_DONTWAIT);
	if (pipe2(drain, O_CLOEXEC) == -1)
		return -1;
	n = splice(socket, NULL, drain[1], NULL, DROPPED, SPLICE_F_NONBLOCK);
	cause = errno;
	close(drain[0]);
	close(drain[1]);
	errno = cause;
	return n;
#else
	(void)local;
	return recv(socket, sink, sizeof sink, MSG_DONTWAIT);
#endif
}

/* Hangs up on the refused caller number i. */
static void
hang_up(struct door *door, int i)
{
	close(door->refused[i].socket);
	door->refused[i] = door->refused[--door->refused_count];
}

/*
 * Closing a socket that holds unread bytes resets the connection, and a reset can overtake the line
 * that says why.  So what a refused caller sends is dropped until it hangs up, or is too slow.
 */
void
door_hang_up(struct door *door)
{
	for (int i = door->refused_count - 1; i >= 0; i--) {
		ssize_t n;
		int rounds = 16;

		do
			n = receive_unseen(door->refused[i].socket, door->refused[i].local);
		while (n > 0 && --rounds > 0);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR) ||
		    clock_until(door->refused[i].deadline) == 0)
			hang_up(door, i);
	}
}

/*
 * Whether the caller has broken off while nobody answered.  Linux lets it in all the same (accept(2));
 * if it has said something before, that can still be read.
 */
static bool
has_gone(int fd)
{
	struct pollfd p = {.fd = fd};
	int unread = 0;

	return poll(&p, 1, 0) > 0 && (ioctl(fd, FIONREAD, &unread) == -1 || unread == 0);
}

bool
door_is_knocked_at(const struct door *door)
{
	struct pollfd fds[RESOLVE_MAX];

	for (int i = 0; i < door->count; i++)
		fds[i] = (struct pollfd){.fd = door->listening[i], .events = POLLIN};
	return !is_shut(door) && poll(fds, (nfds_t)door->count, 0) > 0;
}

/* Whether somebody calls there: a socket that was handed over may block, and is others', too, so that stays. */
static bool
somebody_calls(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Notes where somebody is who has been let in, besides the address. */
static void
note_user(int fd, struct origin *from)
{
	if (from->address.storage.ss_family != AF_UNIX || local_user(fd, from->user) == -1)
		*from->user = '\0';
}

int
door_admit(struct door *door, struct origin *from)
{
	struct address *address = &from->address;

	door->cause = 0;
	for (int i = 0; i < door->count; i++) {
		int fd;

		if (!somebody_calls(door->listening[i]))
			continue;
		address->length = sizeof address->storage;
		fd = accept4(door->listening[i], (struct sockaddr *)&address->storage, &address->length, SOCK_CLOEXEC);
		if (fd == -1 && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR))
			continue; /* nobody there, or gone again already */
		if (fd == -1) { /* who is there stays there */
			door->cause = errno;
			door->retry = clock_now() + RETRY_MS;
			continue;
		}
		local_refuse_descriptors(fd); /* it may have called before the door did (call/handed.h) */
		if (!has_gone(fd)) {
			note_user(fd, from);
			return fd;
		}
		close(fd);
	}
	return -1;
}

bool
door_refuse(struct door *door, struct origin *from)
{
	struct opening busy = opening_busy(door->tls, door->group);
	int fd = door->refused_count < DOOR_WAITING_MAX ? door_admit(door, from) : -1;

	if (fd == -1)
		return false;
	(void)send(fd, busy.bytes, busy.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	door->refused[door->refused_count].socket = fd;
	door->refused[door->refused_count].local = from->address.storage.ss_family == AF_UNIX;
	door->refused[door->refused_count++].deadline = clock_now() + HANG_UP_MS;
	return true;
}

void
door_close(struct door *door)
{
	while (door->refused_count > 0)
		hang_up(door, door->refused_count - 1);
	local_remove(&door->local);
	while (door->count > 0)
		close(door->listening[--door->count]);
}
