#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outflow.h"

#define DRAIN_MS 1000
#define TERMINAL_PIECE 128

/* What there is to be opened once more: of a file there would be another position, and it makes nobody wait. */
static bool
is_stream(int fd, bool *is_socket)
{
	struct stat what;
	bool known = fstat(fd, &what) == 0;

	*is_socket = known && S_ISSOCK(what.st_mode);
	return known && (S_ISFIFO(what.st_mode) || S_ISCHR(what.st_mode));
}

int
outflow_open(struct outflow *o, int fd)
{
	char path[32];

	*o = (struct outflow){.fd = -1, .moved = clock_now(), .slot = POLLS_NONE};
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	if (is_stream(fd, &o->is_socket))
		o->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	o->shared = o->fd == -1;
	o->is_terminal = isatty(fd);
	if (o->shared)
		o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return o->fd != -1 ? 0 : -1;
}

void
outflow_add(struct outflow *o, struct span bytes)
{
	if (buffer_length(&o->waits) == 0)
		o->moved = clock_now();
	if (o->cause == 0)
		buffer_add(&o->waits, bytes.text, bytes.length);
}

size_t
outflow_length(const struct outflow *o)
{
	return buffer_length(&o->waits);
}

void
outflow_poll(struct outflow *o, struct polls *polls)
{
	o->slot = outflow_length(o) > 0 ? polls_add(polls, o->fd, POLLOUT) : POLLS_NONE;
}

/*
 * How much there is room for if poll(2) finds any.  Linux's pseudo-terminal has it for 256 bytes, but, once some are
 * there, for no more that it takes one by one, as it does where one becomes others: an LF, a tab.
 */
static size_t
first_piece(const struct outflow *o)
{
	struct span all = buffer_span(&o->waits);
	size_t length = 0;

	if (!o->is_terminal)
		return all.length < PIPE_BUF ? all.length : PIPE_BUF;
	while (length < all.length && length < TERMINAL_PIECE && (unsigned char)all.text[length] >= ' ')
		length++;
	return length > 0 ? length : 1;
}

/* Writes some of what waits, without waiting itself. */
static ssize_t
write_some(const struct outflow *o)
{
	const char *bytes = buffer_data(&o->waits);
	size_t length = buffer_length(&o->waits);

	if (o->is_socket)
		return send(o->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!o->shared)
		return write(o->fd, bytes, length);
	if (poll(&(struct pollfd){.fd = o->fd, .events = POLLOUT}, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(o->fd, bytes, first_piece(o));
}

int
outflow_flush(struct outflow *o)
{
	while (outflow_length(o) > 0) {
		ssize_t n = write_some(o);

		if (n > 0) {
			buffer_drop(&o->waits, (size_t)n);
			o->moved = clock_now();
		} else if (n == -1 && errno == EAGAIN) {
			break;
		} else if (n == -1 && errno != EINTR) {
			o->cause = errno;
			buffer_free(&o->waits);
			return o->cause;
		}
	}
	return 0;
}

/* Writes what is taken at once, and tells poll(2) what to wait for: nothing if that was all. */
static struct pollfd
drain_some(struct outflow *o)
{
	outflow_flush(o);
	return (struct pollfd){.fd = outflow_length(o) > 0 ? o->fd : -1, .events = POLLOUT};
}

void
outflow_drain(struct outflow *one, struct outflow *other)
{
	int64_t deadline = clock_now() + DRAIN_MS;

	for (;;) {
		struct pollfd fds[] = {drain_some(one), drain_some(other)};

		if ((fds[0].fd == -1 && fds[1].fd == -1) || clock_until(deadline) == 0)
			return;
		poll(fds, 2, clock_until(deadline));
	}
}

void
outflow_close(struct outflow *o)
{
	if (o->fd != -1)
		close(o->fd);
	buffer_free(&o->waits);
}
