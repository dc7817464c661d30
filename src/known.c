#include <config.h>

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "descriptor.h"
#include "known.h"
#include "name.h"
#include "store.h"

#define CHUNK 65536
#define BLANKS " \t\r"

/* Takes the next word off the line.  False if there is none, or it does not fit. */
static bool
take_word(const char **next, char *word, size_t size)
{
	const char *start = *next + strspn(*next, BLANKS);
	size_t length = strcspn(start, BLANKS);

	*next = start + length;
	if (length == 0 || length >= size)
		return false;
	memcpy(word, start, length);
	word[length] = '\0';
	return true;
}

/* The rest of the line, without the blanks around it. */
static bool
take_rest(const char *next, char *rest, size_t size)
{
	const char *start = next + strspn(next, BLANKS);
	size_t length = strlen(start);

	while (length > 0 && strchr(BLANKS, start[length - 1]) != NULL)
		length--;
	if (length == 0 || length >= size)
		return false;
	memcpy(rest, start, length);
	rest[length] = '\0';
	return true;
}

bool
known_parse(const char *line, size_t length, struct known *known)
{
	char text[KNOWN_NAME_MAX + 128], kind[8], port[8];
	const char *next = text, *problem;

	if (length >= sizeof text || memchr(line, '\0', length) != NULL)
		return false;
	memcpy(text, line, length);
	text[length] = '\0';
	if (!take_word(&next, kind, sizeof kind) ||
	    !take_word(&next, known->fingerprint, sizeof known->fingerprint) ||
	    !fingerprint_is_valid(known->fingerprint))
		return false;
	known->port = 0;
	if (strcmp(kind, "caller") == 0) {
		known->kind = KNOWN_CALLER;
		return take_rest(next, known->name, sizeof known->name);
	}
	if (strcmp(kind, "server") != 0 || !take_word(&next, known->name, sizeof known->name) ||
	    !take_word(&next, port, sizeof port) || next[strspn(next, BLANKS)] != '\0')
		return false;
	known->kind = KNOWN_SERVER;
	known->port = (unsigned)strtonum(port, 1, 65535, &problem);
	return problem == NULL;
}

size_t
known_format(const struct known *known, char *line, size_t size)
{
	int length;

	if (known->kind == KNOWN_SERVER)
		length = snprintf(line, size, "server %s %s %u\n", known->fingerprint, known->name,
				  known->port);
	else
		length = snprintf(line, size, "caller %s %s\n", known->fingerprint, known->name);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

int
known_read(const char *path, struct buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), cause;
	ssize_t n;

	*text = (struct buffer){0};
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if ((n = store_guard(fd, S_IWGRP | S_IWOTH)) == 0)
		while ((n = read_all(fd, buffer_reserve(text, CHUNK), CHUNK)) > 0)
			buffer_grow(text, (size_t)n);
	cause = errno;
	close(fd);
	errno = cause;
	return n == -1 ? -1 : 0;
}

/* The next entry from *next on, which is moved on.  False at the end. */
static bool
next_entry(const struct buffer *text, size_t *next, struct known *known)
{
	while (*next < buffer_length(text)) {
		const char *line = buffer_data(text) + *next;
		size_t left = buffer_length(text) - *next;
		const char *lf = memchr(line, '\n', left);
		size_t length = lf != NULL ? (size_t)(lf - line) : left;

		*next += length + (lf != NULL);
		if (known_parse(line, length, known))
			return true;
	}
	return false;
}

enum known_server
known_server(const struct buffer *text, const char *host, unsigned port, const char *fingerprint,
	     char other[FINGERPRINT_SIZE])
{
	enum known_server answer = SERVER_NEW;
	struct known known;
	size_t next = 0;

	while (answer != SERVER_SAME && next_entry(text, &next, &known)) {
		if (known.kind != KNOWN_SERVER || known.port != port || strcasecmp(known.name, host) != 0)
			continue;
		answer = strcmp(known.fingerprint, fingerprint) == 0 ? SERVER_SAME : SERVER_CHANGED;
		strlcpy(other, known.fingerprint, FINGERPRINT_SIZE);
	}
	return answer;
}

bool
known_caller(const struct buffer *text, const char *fingerprint, char name[KNOWN_NAME_MAX])
{
	struct known known;
	size_t next = 0;

	while (next_entry(text, &next, &known)) {
		if (known.kind == KNOWN_CALLER && strcmp(known.fingerprint, fingerprint) == 0) {
			strlcpy(name, known.name, KNOWN_NAME_MAX);
			return true;
		}
	}
	return false;
}

bool
known_name(const struct buffer *text, const char *name)
{
	struct known known;
	size_t next = 0;

	while (next_entry(text, &next, &known))
		if (known.kind == KNOWN_CALLER && name_is_alike(known.name, name))
			return true;
	return false;
}

/* Whether the last line of the file lacks its LF: somebody edited it, or it was cut by a full disk. */
static bool
is_cut(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

int
known_add(const char *path, const struct known *known)
{
	char line[KNOWN_NAME_MAX + 128] = "\n";
	size_t length = known_format(known, line + 1, sizeof line - 1);
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int result = -1, cause;

	if (fd == -1)
		return -1;
	errno = EINVAL;
	if (length > 0 && flock(fd, LOCK_EX) == 0) {
		bool cut = is_cut(fd);
		ssize_t n = write(fd, cut ? line : line + 1, cut ? length + 1 : length);

		if (n == (ssize_t)(cut ? length + 1 : length))
			result = fsync(fd);
		else if (n >= 0)
			errno = ENOSPC;
	}
	cause = errno;
	close(fd);
	errno = cause;
	return result;
}
