#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "trust/store.h"

/* The home directory, or NULL. */
static const char *
home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home != NULL && *home == '/')
		return home;
	user = getpwuid(getuid());
	return user != NULL ? user->pw_dir : NULL;
}

/* Makes all directories on the way to a file, for nobody else to look into. */
static int
make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		int result;

		*slash = '\0';
		result = mkdir(path, 0700);
		*slash = '/';
		if (result == -1 && errno != EEXIST)
			return -1;
	}
	return 0;
}

int
store_guard(int descriptor, mode_t rights)
{
	struct stat status;

	if (fstat(descriptor, &status) == -1)
		return -1;
	if (status.st_uid == geteuid() && (status.st_mode & rights) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

int
store_open(const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600); /* a FIFO would wait for its other end */
	struct stat status = {0};
	int cause;

	if (fd == -1)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	cause = S_ISDIR(status.st_mode) ? EISDIR : ENOTSUP;
	close(fd);
	errno = cause;
	return -1;
}

const char *
store_strerror(int cause)
{
	return cause == EPERM	  ? bilingual("it is not one's own, or others can write to it")
	       : cause == ENOTSUP ? bilingual("it is a FIFO, a device or the like, and no file")
				  : bilingual_error(cause);
}

/* Whether nobody else can put files into the directory that the path is in.  0, or -1 and errno. */
static int
guard_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd, result, cause;

	strlcpy(directory, path, sizeof directory);
	*strrchr(directory, '/') = '\0';
	if ((fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	result = store_guard(fd, S_IWGRP | S_IWOTH);
	cause = errno;
	close(fd);
	errno = cause;
	return result;
}

int
store_find(const char *file, char *path, size_t size)
{
	const char *data = getenv("XDG_DATA_HOME"), *own = home();
	int length;

	/* The specification has relative paths ignored. */
	if (data != NULL && *data == '/') {
		length = snprintf(path, size, "%s/tchat/%s", data, file);
	} else if (own == NULL) {
		errno = ENOENT;
		return -1;
	} else if (access(own, F_OK) == -1) { /* it is not for tchat to make that */
		strlcpy(path, own, size);
		return -1;
	} else {
		length = snprintf(path, size, "%s/.local/share/tchat/%s", own, file);
	}
	if (length < 0 || (size_t)length >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
store_path(const char *file, char *path, size_t size)
{
	if (store_find(file, path, size) == -1 || make_directories(path) == -1)
		return -1;
	return guard_directory(path);
}
