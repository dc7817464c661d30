/*
 * loopback - what unit tests share that need connections: to include after <cmocka.h>.
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <sys/socket.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

static inline struct sockaddr_in
loopback_address(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket bound to a port of 127.0.0.1 that is free, whose number is set. */
static inline int
loopback_bind(unsigned *port)
{
	struct sockaddr_in address = loopback_address(0);
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* The same, listening. */
static inline int
loopback_listen(unsigned *port)
{
	int fd = loopback_bind(port);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Calls that port.  Returns the socket, or -1 and errno. */
static inline int
loopback_call(unsigned port)
{
	struct sockaddr_in address = loopback_address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd != -1);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Two ends of a TCP connection. */
static inline void
loopback_connect(int ends[2])
{
	unsigned port;
	int door = loopback_listen(&port);

	ends[0] = loopback_call(port);
	ends[1] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ends[0] != -1 && ends[1] != -1);
	close(door);
}

/* Closes such that the other end sees a reset. */
static inline void
loopback_reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	close(fd);
}

#endif
