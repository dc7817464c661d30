/*
 * common - what bare and crowd share: they call a port of this machine, and look at the clock.
 */
#ifndef COMMON_H
#define COMMON_H

#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>

static inline struct sockaddr_in
address(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((in_port_t)atoi(port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int
make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		err(1, "socket");
	return fd;
}

/* Calls that port.  Returns the socket. */
static inline int
dial(const char *port)
{
	struct sockaddr_in there = address(port);
	int fd = make_socket();

	if (connect(fd, (struct sockaddr *)&there, sizeof there) == -1)
		err(1, "calling port %s", port);
	return fd;
}

/* Seconds, from some moment on. */
static inline double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#endif
