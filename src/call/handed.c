#include <config.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "call/handed.h"
#include "call/local.h"

/* How many sockets there are for this process; 0: none, -1: that is not to be known. */
static int
count_handed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *problem;
	int number = 0;

	if (pid != NULL && count != NULL && strtonum(pid, 1, INT32_MAX, &problem) == getpid() && problem == NULL) {
		number = (int)strtonum(count, 0, INT16_MAX, &problem);
		number = problem == NULL ? number : -1;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return number;
}

/* A number that getsockopt(2) gives, of the socket itself; 0 if it gives none. */
static int
option_of(int fd, int name)
{
	int value = 0;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : 0;
}

/* The path of a socket on this machine; one without can be called, too, by whoever has been told how. */
static const char *
path_of(const struct sockaddr_un *address, socklen_t length)
{
	static char path[sizeof address->sun_path + 1];
	size_t most = length - offsetof(struct sockaddr_un, sun_path);

	snprintf(path, sizeof path, "%.*s", (int)most, address->sun_path);
	return *path != '\0' ? path : "unnamed";
}

/* Notes where a socket listens, in place of what was given.  False if it does not, or not to TCP or to a path. */
static bool
take_place(struct call_options *o, int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof address;

	if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) == 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		return false;
	o->path = NULL;
	switch (address.ss_family) {
	case AF_INET:
		o->port = ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
		return true;
	case AF_INET6:
		o->port = ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
		return true;
	case AF_UNIX:
		local_refuse_descriptors(fd);
		o->path = path_of((const void *)&address, length);
		return true;
	default:
		return false;
	}
}

int
handed_take(struct call_options *o, char *error, size_t size)
{
	int count = count_handed();

	if (o->role != ROLE_SERVER)
		return 0;
	if (count == -1) {
		bilingual_print(error, size,
				"cannot wait at sockets that were handed over: LISTEN_FDS does not say how many");
		return -1;
	}
	if (count > 0 && (o->bind != NULL || o->family != AF_UNSPEC || o->path != NULL)) {
		bilingual_print(error, size,
				"cannot wait at sockets that were handed over with %s: they have their addresses",
				o->path != NULL ? "-U" : o->bind != NULL ? "-b" : o->family == AF_INET ? "-4" : "-6");
		return -1;
	}
	if (count > HANDED_MAX) {
		bilingual_print(error, size, "cannot wait at %d sockets that were handed over: %d at most", count,
				HANDED_MAX);
		return -1;
	}
	for (int i = count - 1; i >= 0; i--) {
		int fd = HANDED_FIRST + i;

		if (!take_place(o, fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
			bilingual_print(error, size,
					"cannot wait at descriptor %d: it is no stream socket that listens", fd);
			return -1;
		}
	}
	if (count > 0 && o->path != NULL && o->announce != NULL) {
		bilingual_print(error, size, "cannot announce a path that was handed over: %s is on this machine",
				o->path);
		return -1;
	}
	o->handed = count;
	return 0;
}

void
handed_close(const struct call_options *o)
{
	for (int i = 0; i < o->handed; i++)
		close(HANDED_FIRST + i);
}
