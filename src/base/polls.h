/*
 * polls - what the program waits for: descriptors, and the time of the next deadline.
 *
 * Whoever has something to wait for adds it before each wait and keeps the slot that it gets, to ask
 * afterwards what was found there.  A slot is good until the next polls_clear.
 */
#ifndef POLLS_H
#define POLLS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define POLLS_NONE (-1) /* the slot of who waits for nothing */

struct polls {
	struct pollfd *fds;
	size_t count, room;
	int timeout; /* as of poll(2) */
};

/* Nothing is waited for, and for ever.  A zeroed struct has to be cleared, too. */
void polls_clear(struct polls *polls);

/* Adds a descriptor, for these events.  Returns its slot. */
int polls_add(struct polls *polls, int fd, short events);

/* Waits no longer than that: milliseconds, -1 for ever; or until a deadline as of clock_now. */
void polls_within(struct polls *polls, int timeout);
void polls_until(struct polls *polls, int64_t deadline);

/* Waits, as of signals_poll. */
void polls_wait(struct polls *polls);

/* What was found in a slot, as in revents of poll(2); 0 in none. */
short polls_found(const struct polls *polls, int slot);

void polls_free(struct polls *polls);

#endif
