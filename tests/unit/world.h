/*
 * world - a unit test's own clock, waits and forks: to include after <cmocka.h>, once in a program that is linked
 * with --wrap=clock_gettime, --wrap=ppoll and --wrap=fork.
 *
 * Time stands still until the test turns the clock, or says that time passes: then a wait in which nothing is
 * ready ends at once, and the clock is at its end.  Otherwise such a wait lets other processes and the kernel have
 * a moment, and comes back with nothing.  Nothing of this is so in a process that was forked.
 */
#ifndef WORLD_H
#define WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORLD_PATIENCE 60 /* seconds of real time that a test may take, until it is given up */

static struct world {
	bool inside_child;
	int64_t now;	    /* milliseconds */
	bool time_passes;
	int64_t passed;	    /* so much of it, while it did */
	int forks_to_fail;  /* so many, the next ones; -1: all */
	int forks;	    /* that went well */
	bool (*busy)(void); /* asked where nothing is ready: whether something should be, as there is more to do */
} world;

int __real_clock_gettime(clockid_t clock, struct timespec *when);
int __wrap_clock_gettime(clockid_t clock, struct timespec *when);
int __real_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask);
pid_t __real_fork(void);
pid_t __wrap_fork(void);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *when)
{
	if (world.inside_child || clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, when);
	*when = (struct timespec){.tv_sec = (time_t)(world.now / 1000), .tv_nsec = (long)(world.now % 1000 * 1000000)};
	return 0;
}

int
__wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
	const struct timespec nothing = {0}, moment = {.tv_nsec = 1000000};
	int64_t timeout = limit == NULL ? -1 : (int64_t)limit->tv_sec * 1000 + limit->tv_nsec / 1000000;
	int ready;

	if (world.inside_child)
		return __real_ppoll(fds, count, limit, mask);
	if ((ready = __real_ppoll(fds, count, &nothing, mask)) != 0 || timeout == 0)
		return ready;
	if (world.busy != NULL && world.busy()) { /* then it has become so just now, or it is not waited for */
		ready = __real_ppoll(fds, count, &nothing, mask);
		assert_true(ready > 0);
		return ready;
	}
	if (timeout == -1) /* then something has to come */
		return __real_ppoll(fds, count, NULL, mask);
	if (!world.time_passes)
		return __real_ppoll(fds, count, &moment, mask);
	world.now += timeout;
	world.passed += timeout;
	return 0;
}

pid_t
__wrap_fork(void)
{
	pid_t pid;

	if (world.forks_to_fail != 0 && !world.inside_child) {
		world.forks_to_fail -= world.forks_to_fail > 0;
		errno = EAGAIN;
		return -1;
	}
	if ((pid = __real_fork()) == 0)
		world.inside_child = true;
	else if (pid > 0)
		world.forks++;
	return pid;
}

/* Turns the clock on. */
static inline void
world_turn(int64_t milliseconds)
{
	world.now += milliseconds;
}

/* How many descriptors this program has. */
static inline unsigned
count_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* Before each test.  Whoever waits for what never comes is ended by SIGALRM. */
static inline void
world_begin(void)
{
	world = (struct world){.now = 1000000};
	alarm(WORLD_PATIENCE);
}

#endif
