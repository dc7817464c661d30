#include <config.h>

#if defined(HAVE_MEMFD_CREATE)
#include <sys/mman.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/descriptor.h"

bool
is_to_be_repeated(int fd, short events)
{
	if (errno == EAGAIN)
		poll(&(struct pollfd){.fd = fd, .events = events}, 1, -1);
	return errno == EAGAIN || errno == EINTR;
}

int
write_all(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length > 0) {
		ssize_t n = write(fd, next, length);
		if (n == -1 && is_to_be_repeated(fd, POLLOUT))
			continue;
		if (n == -1)
			return -1;
		next += n;
		length -= (size_t)n;
	}
	return 0;
}

ssize_t
read_all(int fd, void *data, size_t length)
{
	char *next = data;
	size_t done = 0;

	while (done < length) {
		ssize_t n = read(fd, next + done, length - done);
		if (n == -1 && is_to_be_repeated(fd, POLLIN))
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
open_memory(const char *title)
{
#if defined(HAVE_MEMFD_CREATE)
	return memfd_create(title, MFD_CLOEXEC);
#else
	FILE *unnamed = tmpfile();
	int fd = unnamed != NULL ? fcntl(fileno(unnamed), F_DUPFD_CLOEXEC, 0) : -1, cause = errno;

	(void)title;
	if (unnamed != NULL)
		fclose(unnamed);
	errno = cause;
	return fd;
#endif
}

int
descriptors_standard(void)
{
	int fd;

	do /* open(2) gives the lowest number that is free */
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	return fd == -1 ? -1 : close(fd);
}

size_t
descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return SIZE_MAX; /* nobody knows of one */
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1) /* some systems have a limit beside that one */
			(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > SIZE_MAX ? SIZE_MAX : (size_t)limit.rlim_cur;
}

int
descriptors_keep(const int *fds, int count)
{
	int aside[8];

	/* First out of the way of the numbers to come, then into their places. */
	for (int i = 0; i < count; i++) {
		aside[i] = -1;
		if (fds[i] != -1 && (aside[i] = fcntl(fds[i], F_DUPFD, count)) == -1) {
			if (errno == EINVAL) /* so few that not even this number is one */
				errno = EMFILE;
			return -1;
		}
	}
	for (int i = 0; i < count; i++) {
		if (aside[i] == -1)
			close(i);
		else if (dup2(aside[i], i) == -1)
			return -1;
	}
	closefrom(count);
	return 0;
}

void
socket_close(int socket)
{
	const struct linger none = {0};

	(void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	close(socket);
}

void
socket_part(int socket)
{
	char sink[4096];

	shutdown(socket, SHUT_WR);
	for (int rounds = 16; rounds > 0; rounds--)
		if (recv(socket, sink, sizeof sink, MSG_DONTWAIT) <= 0)
			break;
	socket_close(socket);
}
