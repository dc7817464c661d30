#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdbool.h>

#include "call/opening.h"
#include "call/sounding.h"

#define START_MAX 64 /* more than a busy tchat says */

#if defined(POLLRDHUP)
#define ENDS POLLRDHUP
#else
#define ENDS 0 /* POLLHUP may tell; if not, a busy line is not called again */
#endif

/* Whether nothing more will come. */
static bool
has_ended(short found)
{
	return (found & (ENDS | POLLHUP | POLLERR)) != 0;
}

enum sounding
sounding_look(int socket)
{
	struct pollfd fd = {.fd = socket, .events = POLLIN | ENDS};
	char start[START_MAX];
	int unread = 0;
	ssize_t n;

	if (poll(&fd, 1, 0) <= 0)
		return SOUNDING_NOTHING;
	/* An error is told to one recv(2) only: not to this one. */
	if (ioctl(socket, FIONREAD, &unread) == -1 || unread == 0)
		return SOUNDING_SOMEBODY;
	n = recv(socket, start, sizeof start, MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0 || !opening_may_be_busy(start, (size_t)n))
		return SOUNDING_SOMEBODY;
	if (!has_ended(fd.revents))
		return SOUNDING_PART;
	if (!opening_is_busy(start, (size_t)n))
		return SOUNDING_SOMEBODY;
	(void)recv(socket, start, sizeof start, MSG_DONTWAIT); /* if it were unread, closing would be a reset */
	return SOUNDING_BUSY;
}
