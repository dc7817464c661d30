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

#if !defined(SO_PASSRIGHTS) && defined(__linux__) /* the C library may be older than the kernel */
#if defined(__hppa__)
#define SO_PASSRIGHTS 0x4051
#elif defined(__sparc__)
#define SO_PASSRIGHTS 0x005c
#else
#define SO_PASSRIGHTS 83
#endif
#endif

#if !defined(O_PATH) /* where there is one, the folder need not be readable */
#define O_PATH O_RDONLY
#endif

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

void
local_refuse_descriptors(int socket)
{
#if defined(SO_PASSRIGHTS)
	int none = 0;

	(void)setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &none, sizeof none);
#else
	(void)socket;
#endif
}

/* --- The door. --- */

/* Waits until no other tchat makes room in the folder, but not for ever: anybody may lock it who can read it. */
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

/* Whether nothing is there that must stay.  Returns 0, or -1 and errno. */
static int
look(const struct local *local, const struct address *address)
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
		return 0;
	return -1;
}

/* A socket that listens at the address, which anybody can write to.  Returns it, or -1 and errno. */
static int
listen_at(const struct local *local, const struct address *address, int backlog, struct stat *made)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), cause;
	mode_t before;
	bool bound;

	if (fd == -1)
		return -1;
	local_refuse_descriptors(fd);
	before = umask(0111);
	bound = bind(fd, (const struct sockaddr *)&address->storage, address->length) == 0;
	cause = errno;
	umask(before);
	if (bound && listen(fd, backlog) == 0 &&
	    fstatat(local->folder, local->name, made, AT_SYMLINK_NOFOLLOW) == 0)
		return fd;
	if (bound) {
		cause = errno;
		unlinkat(local->folder, local->name, 0);
	}
	close(fd);
	errno = cause;
	return -1;
}

/*
 * The same where a dead socket lies.  Of several that find it, none may remove what another one has put in its place:
 * they take turns, by a lock of the folder, which ends with its descriptor.
 */
static int
listen_instead(const struct local *local, const struct address *address, int backlog, struct stat *made)
{
	int guard, fd = -1, cause;

	if (look(local, address) == -1)
		return -1;
	guard = openat(local->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (guard == -1)
		return -1;
	if (lock(guard) == 0 && look(local, address) == 0 &&
	    (unlinkat(local->folder, local->name, 0) == 0 || errno == ENOENT))
		fd = listen_at(local, address, backlog, made);
	cause = errno;
	close(guard);
	errno = cause;
	return fd;
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
	local->folder = open(local->parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
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
	if (split(local, path) == 0)
		fd = listen_at(local, &address, backlog, &made);
	if (local->folder != -1 && fd == -1 && errno == EADDRINUSE)
		fd = listen_instead(local, &address, backlog, &made);
	cause = errno;
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
	/* Nobody puts another one there in between: what is listened at is not dead. */
	if (fstatat(local->folder, local->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
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
