#include <config.h>

#include <sys/ioctl.h>

#include <poll.h>

#include "trust/patience.h"

#if !defined(POLLRDHUP)
#define POLLRDHUP 0 /* then it is noticed once the person has answered */
#endif

void
patience_poll(int socket, bool has_spoken, struct polls *polls)
{
	(void)polls_add(polls, socket, has_spoken ? 0 : POLLRDHUP);
}

bool
patience_is_lost(int socket, int goodbye, bool *has_spoken)
{
	struct pollfd fd = {.fd = socket, .events = *has_spoken ? 0 : POLLRDHUP};
	int unread = 0;

	if (poll(&fd, 1, 0) <= 0 || fd.revents == 0)
		return false;
	*has_spoken = (fd.revents & (POLLERR | POLLHUP)) == 0 && ioctl(socket, FIONREAD, &unread) == 0 &&
		      unread > goodbye;
	return !*has_spoken;
}
