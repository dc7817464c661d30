#include <config.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/polls.h"
#include "base/signals.h"

void
polls_clear(struct polls *polls)
{
	polls->count = 0;
	polls->timeout = -1;
}

int
polls_add(struct polls *polls, int fd, short events)
{
	if (polls->count == polls->room) {
		size_t room = polls->room > 0 ? 2 * polls->room : 16;
		struct pollfd *fds = reallocarray(polls->fds, room, sizeof *fds);

		if (fds == NULL)
			fatal("cannot get memory");
		polls->fds = fds;
		polls->room = room;
	}
	polls->fds[polls->count] = (struct pollfd){.fd = fd, .events = events};
	return (int)polls->count++;
}

void
polls_within(struct polls *polls, int timeout)
{
	polls->timeout = clock_sooner(polls->timeout, timeout);
}

void
polls_until(struct polls *polls, int64_t deadline)
{
	polls_within(polls, clock_until(deadline));
}

void
polls_wait(struct polls *polls)
{
	signals_poll(polls->fds, (nfds_t)polls->count, polls->timeout);
}

short
polls_found(const struct polls *polls, int slot)
{
	if (slot == POLLS_NONE)
		return 0;
	return polls->fds[slot].revents;
}

void
polls_free(struct polls *polls)
{
	free(polls->fds);
	*polls = (struct polls){0};
}
