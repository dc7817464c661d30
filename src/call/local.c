#include <config.h>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/local.h"

#define LOCK_MS 2000  /* others hold the lock for a moment only */
#define LOCK_EVERY_MS 10

int
local_address(const char *path, struct address *address)
{
	struct sockaddr_un place = {.sun_family = AF_UNIX};

	if (strlcpy(place.sun_path, path, sizeof place.sun_path) >= sizeof place.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	address->length = sizeof place;
	memcpy(&address->storage, &place, sizeof place);
	return 0;
}

/* --- The door. --- */

/* Waits until nobody else changes what is in the folder, but not for ever: anybody may lock it who can read it. */
static int
lock(int folder)
{
	int64_t deadline = clock_now() + LOCK_MS;

	while (flock(folder, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || clock_until(deadline) == 0)
			return -1;
		(void)poll(NULL, 0, LOCK_EVERY_MS);
	}
	return 0;
}

/*
 * Whether nobody has the socket of that path any more.  It is asked for with another type of socket: whoever listens
 * there hears nothing of it.
 */
static bool
is_dead(const struct address *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), cause;

	if (fd == -1)
		return false;
	cause = connect(fd, (const struct sockaddr *)&address->storage, address->length) == -1 ? errno : 0;
	close(fd);
	return cause == ECONNREFUSED;
}

/* Makes room where it is to be listened.  Returns 0, or -1 and errno. */
static int
make_room(const struct local *local, const struct address *address)
{
	struct stat there;

	if (fstatat(local->folder, local->name, &there, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(there.st_mode))
		errno = EEXIST;
	else if (!is_dead(address))
		errno = EADDRINUSE;
	else if (there.st_uid != geteuid())
		errno = EPERM;
	else
		return unlinkat(local->folder, local->name, 0);
	return -1;
}

/* A socket that listens at the address, which anybody can write to.  Returns it, or -1 and errno. */
static int
listen_at(const struct local *local, const struct address *address, int backlog, struct stat *made)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), cause;
	mode_t before = umask(0111);
	bool bound = fd != -1 && bind(fd, (const struct sockaddr *)&address->storage, address->length) == 0;

	cause = errno;
	umask(before);
	if (bound && listen(fd, backlog) == 0 &&
	    fstatat(local->folder, local->name, made, AT_SYMLINK_NOFOLLOW) == 0)
		return fd;
	if (bound) {
		cause = errno;
		unlinkat(local->folder, local->name, 0);
	}
	if (fd != -1)
		close(fd);
	errno = cause;
	return -1;
}

/* Where a path leads: the folder, and the name in it.  Returns 0, or -1 and errno. */
static int
split(struct local *local, const char *path)
{
	char copy[PATH_MAX];

	if (strlcpy(copy, path, sizeof copy) >= sizeof copy ||
	    strlcpy(local->name, basename(copy), sizeof local->name) >= sizeof local->name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strlcpy(copy, path, sizeof copy);
	strlcpy(local->parent, dirname(copy), sizeof local->parent);
	local->folder = open(local->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return local->folder == -1 ? -1 : 0;
}

int
local_listen(struct local *local, const char *path, int backlog)
{
	struct address address;
	struct stat made;
	int fd = -1, cause;

	*local = (struct local){.folder = -1};
	if (local_address(path, &address) == -1)
		return -1;
	if (split(local, path) == 0 && lock(local->folder) == 0 && make_room(local, &address) == 0)
		fd = listen_at(local, &address, backlog, &made);
	cause = errno;
	if (local->folder != -1)
		(void)flock(local->folder, LOCK_UN);
	if (fd != -1) {
		local->device = made.st_dev;
		local->inode = made.st_ino;
		return fd;
	}
	if (local->folder != -1)
		close(local->folder);
	*local = (struct local){.folder = -1};
	errno = cause;
	return -1;
}

void
local_remove(struct local *local)
{
	struct stat there;

	if (*local->parent == '\0')
		return;
	if (lock(local->folder) == 0 && fstatat(local->folder, local->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    there.st_dev == local->device && there.st_ino == local->inode)
		(void)unlinkat(local->folder, local->name, 0);
	close(local->folder);
	*local = (struct local){.folder = -1};
}

/* --- The other end. --- */

/* The user of it.  Returns 0, or -1 and errno. */
static int
get_uid(int socket, uid_t *uid)
{
#if defined(SO_PEERCRED) && defined(__linux__)
	struct ucred peer;
	socklen_t length = sizeof peer;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return -1;
	*uid = peer.uid;
	return 0;
#else
	gid_t gid;

	return getpeereid(socket, uid, &gid);
#endif
}

int
local_user(int socket, char text[LOCAL_USER_MAX])
{
	const struct passwd *user;
	uid_t uid;

	if (get_uid(socket, &uid) == -1)
		return -1;
	user = getpwuid(uid);
	if (user != NULL)
		snprintf(text, LOCAL_USER_MAX, "user %s (uid %ju)", user->pw_name, (uintmax_t)uid);
	else
		snprintf(text, LOCAL_USER_MAX, "uid %ju", (uintmax_t)uid);
	return 0;
}
