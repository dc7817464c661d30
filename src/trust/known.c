#include <config.h>

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "trust/known.h"
#include "text/name.h"
#include "trust/store.h"

#define CHUNK 65536
#define LINE_SIZE (KNOWN_NAME_MAX + 128)
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
	char text[LINE_SIZE], kind[8], port[8];
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
	if (strcmp(kind, "caller") == 0 || strcmp(kind, "name") == 0) {
		known->kind = *kind == 'c' ? KNOWN_CALLER : KNOWN_NAME;
		return take_rest(next, known->name, sizeof known->name) && name_fault(known->name) == NULL;
	}
	known->kind = KNOWN_SERVER;
	if (strcmp(kind, "server") != 0)
		return false;
	if (strchr("/@", next[strspn(next, BLANKS)]) != NULL) /* a path or name, with blanks, too; or nothing */
		return take_rest(next, known->name, sizeof known->name);
	if (!take_word(&next, known->name, sizeof known->name) || !take_word(&next, port, sizeof port) ||
	    next[strspn(next, BLANKS)] != '\0')
		return false;
	known->port = (unsigned)strtonum(port, 1, 65535, &problem);
	return problem == NULL;
}

size_t
known_format(const struct known *known, char *line, size_t size)
{
	int length;

	if (known->kind == KNOWN_SERVER && known->port != 0)
		length = snprintf(line, size, "server %s %s %u\n", known->fingerprint, known->name,
				  known->port);
	else if (known->kind == KNOWN_SERVER)
		length = snprintf(line, size, "server %s %s\n", known->fingerprint, known->name);
	else
		length = snprintf(line, size, "%s %s %s\n", known->kind == KNOWN_CALLER ? "caller" : "name",
				  known->fingerprint, known->name);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

/* Adds what a file holds to the text, if nobody else can have put it there.  Returns 0, or -1 and errno. */
static int
read_text(int fd, struct buffer *text)
{
	ssize_t n = store_guard(fd, S_IWGRP | S_IWOTH);

	if (n == 0)
		while ((n = read_all(fd, buffer_reserve(text, CHUNK), CHUNK)) > 0)
			buffer_grow(text, (size_t)n);
	return (int)n;
}

/* Closes, and keeps errno. */
static void
close_quietly(int fd)
{
	int cause = errno;

	close(fd);
	errno = cause;
}

int
known_read(const char *path, struct buffer *text)
{
	int fd = store_open(path, O_RDONLY), result;

	*text = (struct buffer){0};
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	result = read_text(fd, text);
	close_quietly(fd);
	return result;
}

/* The next line, without its LF, from *next on, which is moved on.  False at the end. */
static bool
next_line(const struct buffer *text, size_t *next, const char **line, size_t *length)
{
	size_t left = buffer_length(text) - *next;
	const char *lf;

	if (left == 0)
		return false;
	*line = buffer_data(text) + *next;
	lf = memchr(*line, '\n', left);
	*length = lf != NULL ? (size_t)(lf - *line) : left;
	*next += *length + (lf != NULL);
	return true;
}

/* The next entry from *next on, which is moved on.  False at the end. */
static bool
next_entry(const struct buffer *text, size_t *next, struct known *known)
{
	const char *line;
	size_t length;

	while (next_line(text, next, &line, &length))
		if (known_parse(line, length, known))
			return true;
	return false;
}

/* Whether a line is there for people alone. */
static bool
is_comment(const char *line, size_t length)
{
	while (length > 0 && memchr(BLANKS, *line, sizeof BLANKS - 1) != NULL)
		line++, length--;
	return length == 0 || *line == '#';
}

size_t
known_misunderstood(const struct buffer *text)
{
	size_t next = 0, length, number = 1;
	struct known known;
	const char *line;

	for (; next_line(text, &next, &line, &length); number++)
		if (!is_comment(line, length) && !known_parse(line, length, &known))
			return number;
	return 0;
}

/* A letter of ASCII, made small; any other byte. */
static int
small(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/*
 * Whether two names of hosts are the same.  Case is that of ASCII alone (RFC 4343), whatever the locale: under a
 * Turkish one strcasecmp(3) tells I from i.
 */
static bool
is_same_host(const char *a, const char *b)
{
	for (; small(*a) == small(*b); a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

/* Whether an entry is of the server at that place: that of a name that is announced is one that looks the same. */
static bool
is_of_place(const struct known *known, const char *host, unsigned port)
{
	if (known->kind != KNOWN_SERVER || known->port != port)
		return false;
	if (port != 0)
		return is_same_host(known->name, host);
	if (*host == '@' && *known->name == '@')
		return name_is_alike(known->name + 1, host + 1);
	return strcmp(known->name, host) == 0;
}

enum server_key
known_server(const struct buffer *text, const char *host, unsigned port, const char *fingerprint,
	     char other[FINGERPRINT_SIZE])
{
	enum server_key answer = SERVER_NEW;
	struct known known;
	size_t next = 0;

	while (answer != SERVER_SAME && next_entry(text, &next, &known)) {
		if (!is_of_place(&known, host, port))
			continue;
		answer = strcmp(known.fingerprint, fingerprint) == 0 ? SERVER_SAME : SERVER_CHANGED;
		strlcpy(other, known.fingerprint, FINGERPRINT_SIZE);
	}
	return answer;
}

bool
known_looks_like(const struct buffer *text, const char *host, char other[KNOWN_NAME_MAX])
{
	struct known known;
	size_t next = 0;

	if (strlen(host) >= NAME_SIZE)
		return false;
	while (next_entry(text, &next, &known)) {
		if (known.kind != KNOWN_SERVER || known.port == 0 || strlen(known.name) >= NAME_SIZE ||
		    is_same_host(known.name, host) || !name_is_alike(known.name, host))
			continue;
		strlcpy(other, known.name, KNOWN_NAME_MAX);
		return true;
	}
	return false;
}

/* Whether a key is that of a server. */
static bool
is_servers(const struct buffer *text, const char *fingerprint)
{
	struct known known;
	size_t next = 0;

	while (next_entry(text, &next, &known))
		if (known.kind == KNOWN_SERVER && strcmp(known.fingerprint, fingerprint) == 0)
			return true;
	return false;
}

/* Whether there is a name for that key: the first of them, of callers only or not. */
static bool
find_name(const struct buffer *text, const char *fingerprint, bool callers_only, char name[KNOWN_NAME_MAX])
{
	struct known known;
	size_t next = 0;

	while (next_entry(text, &next, &known)) {
		if (strcmp(known.fingerprint, fingerprint) != 0)
			continue;
		if (known.kind == KNOWN_CALLER ||
		    (known.kind == KNOWN_NAME && !callers_only && is_servers(text, fingerprint))) {
			strlcpy(name, known.name, KNOWN_NAME_MAX);
			return true;
		}
	}
	return false;
}

bool
known_caller(const struct buffer *text, const char *fingerprint, char name[KNOWN_NAME_MAX])
{
	return find_name(text, fingerprint, true, name);
}

bool
known_name(const struct buffer *text, const char *fingerprint, char name[KNOWN_NAME_MAX])
{
	return find_name(text, fingerprint, false, name);
}

/* The next key from *next on that is known by a name which looks so.  False at the end. */
static bool
next_alike(const struct buffer *text, size_t *next, const struct name_look *look, struct known *known)
{
	struct name_look other;

	while (next_entry(text, next, known)) {
		if (known->kind == KNOWN_SERVER)
			continue;
		name_look(known->name, &other);
		if (memcmp(&other, look, sizeof other) == 0 &&
		    (known->kind == KNOWN_CALLER || is_servers(text, known->fingerprint)))
			return true;
	}
	return false;
}

bool
known_is_taken(const struct buffer *text, const char *name, const char *fingerprint)
{
	struct name_look look;
	struct known known;
	size_t next = 0;

	name_look(name, &look);
	while (next_alike(text, &next, &look, &known))
		if (strcmp(known.fingerprint, fingerprint) != 0)
			return true;
	return false;
}

/* What is said of the key of a caller whose name looks like that. */
static enum server_key
find_caller(const struct buffer *text, const char *name, const char *fingerprint, char other[FINGERPRINT_SIZE])
{
	enum server_key answer = SERVER_NEW;
	struct name_look look;
	struct known known;
	size_t next = 0;

	name_look(name, &look);
	while (answer != SERVER_SAME && next_alike(text, &next, &look, &known)) {
		if (known.kind != KNOWN_CALLER) /* a server has chosen its name itself */
			continue;
		answer = strcmp(known.fingerprint, fingerprint) == 0 ? SERVER_SAME : SERVER_CHANGED;
		strlcpy(other, known.fingerprint, FINGERPRINT_SIZE);
	}
	return answer;
}

enum server_key
known_callee(const struct buffer *text, const struct call_options *call, const char *fingerprint,
	     char other[FINGERPRINT_SIZE])
{
	char host[CALL_PLACE_MAX];
	enum server_key answer;
	unsigned port;

	call_key_place(call, host, &port);
	answer = known_server(text, host, port, fingerprint, other);
	if (answer == SERVER_NEW && call->nearby != NULL)
		answer = find_caller(text, call->nearby, fingerprint, other);
	return answer;
}

bool
known_has_key(const struct buffer *text, const struct call_options *call)
{
	char other[FINGERPRINT_SIZE];

	/* Any key that it has is another one than none. */
	return known_callee(text, call, "", other) != SERVER_NEW ||
	       (call->nearby != NULL && known_is_taken(text, call->nearby, ""));
}

/* Whether the text has the key of an entry, in its place; where that is a name, the entry's becomes the one known. */
static bool
is_there(const struct buffer *text, struct known *known)
{
	char other[FINGERPRINT_SIZE];

	switch (known->kind) {
	case KNOWN_CALLER:
		return known_caller(text, known->fingerprint, known->name);
	case KNOWN_NAME:
		return known_name(text, known->fingerprint, known->name);
	case KNOWN_SERVER:
		break;
	}
	return known_server(text, known->name, known->port, known->fingerprint, other) == SERVER_SAME;
}

/* Whether the text has another key in that place. */
static bool
is_taken(const struct buffer *text, const struct known *known)
{
	char other[FINGERPRINT_SIZE];

	if (known->kind != KNOWN_SERVER)
		return known_is_taken(text, known->name, known->fingerprint);
	return known_server(text, known->name, known->port, known->fingerprint, other) == SERVER_CHANGED;
}

/* Whether an entry is understood as it was meant once it is a line of so many bytes, with its LF. */
static bool
is_understood(const struct known *known, const char *line, size_t length)
{
	struct known read;

	return length > 0 && memchr(line, '\n', length - 1) == NULL && known_parse(line, length - 1, &read) &&
	       strcmp(read.name, known->name) == 0;
}

/* Cuts off what was appended after that, and keeps errno. */
static void
take_back(int fd, off_t former)
{
	int cause = errno;

	if (ftruncate(fd, former) == 0)
		fsync(fd);
	errno = cause;
}

/*
 * Appends a line, after the end of an unfinished one.  A part of it could say something else (of port 8080,
 * port 80), and a full disk or a crash can leave one.  So it is a comment until all of it is on the disk, and
 * then its first byte makes it what it is.  Returns 0, or -1 and errno.
 */
static int
append(int fd, const char *line, bool unfinished)
{
	char text[1 + LINE_SIZE];
	int size = snprintf(text, sizeof text, "%s#%s", unfinished ? "\n" : "", line + 1);
	off_t former = lseek(fd, 0, SEEK_END), start;
	ssize_t n = write(fd, text, (size_t)size);

	start = lseek(fd, 0, SEEK_CUR) - (off_t)strlen(line);
	/* On Linux, pwrite(2) appends to what was opened for appending. */
	if (n == size && fsync(fd) == 0 && fcntl(fd, F_SETFL, 0) == 0 && pwrite(fd, line, 1, start) == 1 &&
	    fsync(fd) == 0)
		return 0;
	if (n >= 0 && n < size)
		errno = ENOSPC;
	take_back(fd, former);
	return -1;
}

/* Adds an entry to the file, which has this text.  Returns 0, or -1 and errno. */
static int
add(int fd, const struct buffer *text, struct known *known)
{
	size_t size = buffer_length(text);
	char line[LINE_SIZE];

	if (is_there(text, known))
		return 0;
	errno = EEXIST;
	if (is_taken(text, known))
		return -1;
	errno = EINVAL;
	if (!is_understood(known, line, known_format(known, line, sizeof line)))
		return -1;
	return append(fd, line, size > 0 && buffer_data(text)[size - 1] != '\n');
}

int
known_add(const char *path, struct known *known)
{
	int fd = store_open(path, O_RDWR | O_APPEND | O_CREAT), result = -1;
	struct buffer text = {0};

	if (fd == -1)
		return -1;
	/* Another tchat may have added to it since the person was asked. */
	if (flock(fd, LOCK_EX) == 0 && read_text(fd, &text) == 0)
		result = add(fd, &text, known);
	close_quietly(fd);
	buffer_free(&text);
	return result;
}
