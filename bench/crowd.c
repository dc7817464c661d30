/*
 * crowd - the members of a group, all in one process, which must not be what is waited for.
 *
 *	crowd talk KIND PORT MEMBERS SPEAKERS LINES [DIRECTORY]
 *		the members call; the first of them say so many lines each, at once; prints how many lines
 *		were delivered, and in how many seconds
 *	crowd visit KIND PORT MEMBERS
 *		they come one after the other and stay until standard input ends, then they leave, one after
 *		the other; prints the mean of the seconds until each is greeted, and then until it has its
 *		name, when all are there; and until it is let go, when all have left
 *	crowd mute|flood PORT, crowd endless PORT BYTES
 *		a member to suffer from, until it is killed: reads nothing, says lines without end, says one
 *		long line; prints when it begins
 *
 * The KIND of group: "asked", where a member is asked for its name; "known", where its key says it, with a key and its
 * certificate for each in DIRECTORY/NUMBER.pem; "chunks", which knows nothing of lines, where they are only counted,
 * and "chunks" with a directory.  In the others each line is checked: whole, under its speaker's name, in the order in
 * which it was said, and at every member in the same order.
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef WITH_TLS
#include <gnutls/gnutls.h>
#endif

#include "common.h"

#define LINE 71 /* bytes of a line that is said: "000123 ", letters, LF */
#define NUMBER 7 /* of them */
#define NAME_DIGITS 4
#define CARRIED 70000 /* bytes of a line that has not come whole; other members' may be long */
#define CHUNK (1024 * 1024)
#define AT_ONCE 256 /* lines that are said at once */
#define QUIET_MS 100 /* then nobody's coming is told of any more */
#define MEMBERS_MAX 1000
#define COMPARED 3 /* members that all are compared with */

enum kind {
	ASKED,
	KNOWN,
	CHUNKS,
};

struct member {
	int fd;
	unsigned index;
	/* What it says. */
	unsigned said; /* lines that are in saying, or before it */
	char *saying;
	size_t length, sent;
	/* What it hears. */
	char *carried;
	size_t carries;
	size_t heard;	 /* lines */
	uint16_t *from;	 /* who has said them, in order */
	unsigned *next;	 /* the number of the next line of each */
#ifdef WITH_TLS
	gnutls_session_t tls;
#endif
};

static enum kind kind;
static const char *port, *directory;
static unsigned members, speakers, lines;
static struct member *all;
static char chunk[CARRIED + CHUNK];

/* --- What is said. --- */

/* The letters of a line, and its LF. */
static void
letter(char *text)
{
	for (int i = 0; i < LINE - NUMBER - 1; i++)
		text[i] = (char)('a' + i % 26);
	text[LINE - NUMBER - 1] = '\n';
}

/* Writes the next lines that a member says. */
static void
think(struct member *m)
{
	m->length = m->sent = 0;
	for (; m->length < (size_t)AT_ONCE * LINE && m->said < lines; m->length += LINE) {
		char number[NUMBER + 1];
		snprintf(number, sizeof number, "%06u ", m->said++ % 1000000);
		memcpy(m->saying + m->length, number, NUMBER);
		letter(m->saying + m->length + NUMBER);
	}
}

/* --- Calls. --- */

static void
set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == -1)
		err(1, "fcntl");
}

#ifdef WITH_TLS
static void
fail_tls(int code, const char *what)
{
	if (code < 0)
		errx(1, "%s: %s", what, gnutls_strerror(code));
}

static void
encrypt(struct member *m)
{
	gnutls_certificate_credentials_t own;
	char file[4096];

	snprintf(file, sizeof file, "%s/%u.pem", directory, m->index);
	fail_tls(gnutls_certificate_allocate_credentials(&own), "credentials");
	fail_tls(gnutls_certificate_set_x509_key_file(own, file, file, GNUTLS_X509_FMT_PEM), file);
	fail_tls(gnutls_init(&m->tls, GNUTLS_CLIENT), "gnutls_init");
	fail_tls(gnutls_set_default_priority(m->tls), "priority");
	fail_tls(gnutls_credentials_set(m->tls, GNUTLS_CRD_CERTIFICATE, own), "credentials");
	gnutls_transport_set_int(m->tls, m->fd);
	gnutls_handshake_set_timeout(m->tls, GNUTLS_DEFAULT_HANDSHAKE_TIMEOUT);
	fail_tls(gnutls_handshake(m->tls), "handshake");
}

static ssize_t
result_of_tls(ssize_t n)
{
	if (n >= 0)
		return n;
	if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
		errx(1, "TLS: %s", gnutls_strerror((int)n));
	errno = EAGAIN;
	return -1;
}
#endif

/* As recv(2) and send(2), where a call is encrypted, too. */
static ssize_t
get(struct member *m, void *bytes, size_t size)
{
#ifdef WITH_TLS
	if (directory != NULL)
		return result_of_tls(gnutls_record_recv(m->tls, bytes, size));
#endif
	return recv(m->fd, bytes, size, 0);
}

static ssize_t
put(struct member *m, const void *bytes, size_t size)
{
#ifdef WITH_TLS
	if (directory != NULL)
		return result_of_tls(gnutls_record_send(m->tls, bytes, size));
#endif
	return send(m->fd, bytes, size, MSG_NOSIGNAL);
}

static void
call(struct member *m)
{
	int on = 1;

	m->fd = dial(port);
	setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef WITH_TLS
	if (directory != NULL)
		encrypt(m);
#endif
}

/* Keeps of what was heard only the line that has not come whole. */
static void
forget_lines(struct member *m, size_t held)
{
	const char *lf = memrchr(m->carried, '\n', held);
	size_t gone = lf != NULL ? (size_t)(lf + 1 - m->carried) : 0;

	m->carries = held - gone;
	memmove(m->carried, m->carried + gone, m->carries);
}

/* Reads until a line has come that has that in it, while others may talk. */
static void
wait_for(struct member *m, const char *text)
{
	size_t held = m->carries;
	const char *found;
	ssize_t n;

	for (;;) {
		if ((found = memmem(m->carried, held, text, strlen(text))) != NULL &&
		    memchr(found, '\n', held - (size_t)(found - m->carried)) != NULL)
			break;
		if (held == CARRIED) {
			forget_lines(m, held);
			held = m->carries;
		}
		n = get(m, m->carried + held, CARRIED - held);
		if (n == 0 || (n == -1 && errno != EAGAIN)) /* TLS may have something of its own */
			err(1, "member %u waits for '%s'", m->index, text);
		held += n > 0 ? (size_t)n : 0;
	}
	forget_lines(m, held);
}

static void
greet(struct member *m)
{
	wait_for(m, kind == ASKED ? "What is your name?" : kind == KNOWN ? "Welcome, " : "\n");
}

static void
give_name(struct member *m)
{
	char name[32];

	if (kind != ASKED)
		return;
	snprintf(name, sizeof name, "m%04u\n", m->index);
	if (put(m, name, strlen(name)) != (ssize_t)strlen(name))
		err(1, "member %u gives its name", m->index);
	wait_for(m, "* You are ~m");
}

static void *
get_memory(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);

	if (memory == NULL)
		err(1, "memory");
	return memory;
}

static void
make_members(unsigned count)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (count < 1 || count > MEMBERS_MAX)
		errx(2, "from 1 to %d members", MEMBERS_MAX);
	members = count;
	all = get_memory(members, sizeof *all);
	for (unsigned i = 0; i < members; i++) {
		all[i].index = i;
		all[i].carried = get_memory(1, CARRIED);
		all[i].saying = get_memory(AT_ONCE, LINE);
	}
}

/* --- What is heard. --- */

static unsigned
read_number(const char *digits, int count)
{
	unsigned number = 0;

	while (count-- > 0)
		number = number * 10 + (unsigned)(*digits++ - '0');
	return number;
}

/* Whether that is the beginning of a line of one of the members. */
static bool
is_ours(const char *text)
{
	return text[0] == '<' && (kind == KNOWN ? text[1] == 'm' : text[1] == '~' && text[2] == 'm');
}

/* A line has come to a member: "<~m0007> 000123 abc...", "* ~m0007 has joined: 8 are here", or of somebody else. */
static void
check(struct member *m, const char *text, size_t length)
{
	static char letters[LINE - NUMBER];
	size_t before = kind == KNOWN ? 2 : 3, prefix = before + NAME_DIGITS + 2;
	unsigned author, number;

	if (*letters == '\0')
		letter(letters);
	if (!is_ours(text))
		return;
	if (length != prefix + LINE || memcmp(text + prefix - 2, "> ", 2) != 0 ||
	    memcmp(text + prefix + NUMBER, letters, sizeof letters) != 0)
		errx(1, "at member %u: %.*s", m->index, (int)length, text);
	author = read_number(text + before, NAME_DIGITS);
	number = read_number(text + prefix, NUMBER - 1);
	if (author >= speakers || author == m->index || number != m->next[author])
		errx(1, "at member %u, instead of line %u: %.*s", m->index, author < speakers ? m->next[author] : 0,
		     (int)length, text);
	m->next[author]++;
	m->from[m->heard++] = (uint16_t)author;
}

/* How many lines a member is to hear. */
static size_t
due(const struct member *m)
{
	return (size_t)(speakers - (m->index < speakers)) * lines;
}

/* Bytes have come, after those that are carried. */
static void
hear(struct member *m, const char *text, size_t length)
{
	const char *end = text + length, *lf;

	for (; (lf = memchr(text, '\n', (size_t)(end - text))) != NULL; text = lf + 1) {
		if (kind == CHUNKS)
			m->heard++;
		else
			check(m, text, (size_t)(lf + 1 - text));
	}
	m->carries = kind == CHUNKS ? 0 : (size_t)(end - text);
	if (m->carries > CARRIED)
		errx(1, "member %u hears a line that does not end", m->index);
	memcpy(m->carried, text, m->carries);
}

/* Reads what there is. */
static void
listen_to(struct member *m)
{
	ssize_t n;

	do {
		memcpy(chunk, m->carried, m->carries);
		n = get(m, chunk + m->carries, CHUNK);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			err(1, "member %u is not there any more, after %zu lines", m->index, m->heard);
		if (n > 0)
			hear(m, chunk, m->carries + (size_t)n);
	} while (n > 0 && directory != NULL); /* a record may be held that no poll tells of */
}

/* Says as much as can be said; whether that is all. */
static bool
say(struct member *m)
{
	ssize_t n = 0;

	while (n >= 0) {
		if (m->sent == m->length)
			think(m);
		if (m->length == 0)
			return true;
		n = put(m, m->saying + m->sent, m->length - m->sent);
		if (n == -1 && errno != EAGAIN)
			err(1, "member %u says something", m->index);
		m->sent += n > 0 ? (size_t)n : 0;
	}
	return false;
}

/* Whether one hears the same as another, in the same order, but for what the two say. */
static bool
hear_the_same(const struct member *one, const struct member *other)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < one->heard && one->from[i] == other->index)
			i++;
		while (j < other->heard && other->from[j] == one->index)
			j++;
		if (i == one->heard || j == other->heard)
			return i == one->heard && j == other->heard;
		if (one->from[i++] != other->from[j++])
			return false;
	}
}

static void
compare(void)
{
	for (unsigned i = 0; i < members; i++)
		for (unsigned j = 0; j < COMPARED && j < i; j++)
			if (!hear_the_same(&all[i], &all[j]))
				errx(1, "members %u and %u hear in different orders", i, j);
}

static void
watch(int epoll, int how, struct member *m, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = m->index};

	if (epoll_ctl(epoll, how, m->fd, &event) == -1)
		err(1, "epoll");
}

/* Waits until a member has something to read, or so many milliseconds; and has all who have hear and say it. */
static bool
step(int epoll, int ms)
{
	struct epoll_event events[MEMBERS_MAX];
	int count = epoll_wait(epoll, events, MEMBERS_MAX, ms);

	if (count == -1)
		err(1, "epoll");
	for (int i = 0; i < count; i++) {
		struct member *m = &all[events[i].data.u32];
		if (events[i].events & ~(uint32_t)EPOLLOUT)
			listen_to(m);
		if (events[i].events & EPOLLOUT && say(m))
			watch(epoll, EPOLL_CTL_MOD, m, EPOLLIN);
	}
	return count > 0;
}

static bool
all_have_all(void)
{
	for (unsigned i = 0; i < members; i++)
		if (all[i].heard < due(&all[i]))
			return false;
	return true;
}

static void
talk(void)
{
	int epoll = epoll_create1(0);
	size_t delivered = 0;
	double start;

	for (unsigned i = 0; i < members; i++) {
		all[i].from = get_memory(due(&all[i]), sizeof *all[i].from);
		all[i].next = get_memory(speakers, sizeof *all[i].next);
		call(&all[i]);
		greet(&all[i]);
		give_name(&all[i]);
		set_blocking(all[i].fd, false);
		watch(epoll, EPOLL_CTL_ADD, &all[i], EPOLLIN);
	}
	/* What chunks come now are notices of who has come; where lines are checked these are told by their form. */
	while (kind == CHUNKS && step(epoll, QUIET_MS))
		;
	for (unsigned i = 0; i < members; i++) {
		all[i].heard = 0;
		if (i < speakers)
			watch(epoll, EPOLL_CTL_MOD, &all[i], EPOLLIN | EPOLLOUT);
	}
	start = now();
	while (!all_have_all())
		step(epoll, -1);
	for (unsigned i = 0; i < members; i++)
		delivered += due(&all[i]);
	printf("%zu %f\n", delivered, now() - start);
	if (kind != CHUNKS)
		compare();
}

/* --- Who come and go. --- */

static void
leave(struct member *m)
{
	shutdown(m->fd, SHUT_WR);
	while (recv(m->fd, chunk, sizeof chunk, 0) > 0)
		;
	close(m->fd);
}

static void
come(struct member *m)
{
	call(m);
	greet(m);
}

/* How long something takes that one does. */
static double
time_of(void (*what)(struct member *), struct member *m)
{
	double start = now();

	what(m);
	return now() - start;
}

static void
visit(void)
{
	double coming = 0, naming = 0, leaving = 0;

	for (unsigned i = 0; i < members; i++) {
		coming += time_of(come, &all[i]);
		naming += time_of(give_name, &all[i]);
	}
	printf("%f %f\n", coming / members, naming / members);
	fflush(stdout);
	while (read(STDIN_FILENO, chunk, sizeof chunk) > 0)
		;
	for (unsigned i = 0; i < members; i++)
		leaving += time_of(leave, &all[i]);
	printf("%f\n", leaving / members);
}

/* --- Members to suffer from. --- */

/* Says so many bytes again and again, or once, and drops what it hears meanwhile. */
static void
pour(struct member *m, size_t length, bool again)
{
	struct pollfd poll_fd = {.fd = m->fd, .events = POLLIN | POLLOUT};
	size_t left = length;
	ssize_t n;

	set_blocking(m->fd, false);
	while (poll(&poll_fd, 1, -1) > 0) {
		if (poll_fd.revents & ~POLLOUT && recv(m->fd, NULL, sizeof chunk, MSG_TRUNC) == 0)
			errx(1, "hung up on");
		if (poll_fd.revents & POLLOUT) {
			size_t at = length - left;
			n = send(m->fd, chunk + (again ? at : 0), left < CHUNK ? left : CHUNK, MSG_NOSIGNAL);
			if (n == -1 && errno != EAGAIN)
				err(1, "send");
			left -= n > 0 ? (size_t)n : 0;
		}
		if (left == 0 && again)
			left = length;
		else if (left == 0)
			poll_fd.events = POLLIN;
	}
}

static void
annoy(const char *how, size_t bytes)
{
	size_t length = 0;

	make_members(1);
	call(all);
	greet(all);
	if (dprintf(all->fd, "%s\n", how) < 0)
		err(1, "name");
	wait_for(all, "* You are ~");
	puts("here");
	fflush(stdout);
	if (strcmp(how, "mute") == 0)
		pause();
	if (strcmp(how, "endless") == 0) {
		memset(chunk, 'x', sizeof chunk);
		pour(all, bytes, false);
	}
	for (; length + LINE <= CHUNK; length += LINE) {
		memset(chunk + length, 'y', NUMBER);
		letter(chunk + length + NUMBER);
	}
	pour(all, length, true);
}

/* --- The command line. --- */

static void
wrong_usage(void)
{
	errx(2, "wrong usage: see the first lines of crowd.c");
}

static enum kind
kind_of(const char *name)
{
	static const char *const names[] = {"asked", "known", "chunks"};

	for (enum kind found = ASKED; found <= CHUNKS; found++)
		if (strcmp(name, names[found]) == 0)
			return found;
	wrong_usage();
	return ASKED;
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

#ifndef WITH_TLS
	if (argc == 8)
		errx(2, "built without GnuTLS");
#endif
	if (strcmp(what, "talk") == 0 && (argc == 7 || argc == 8)) {
		kind = kind_of(argv[2]);
		port = argv[3];
		make_members((unsigned)atoi(argv[4]));
		speakers = (unsigned)atoi(argv[5]);
		lines = (unsigned)atoi(argv[6]);
		directory = argv[7]; /* or NULL */
		talk();
	} else if (strcmp(what, "visit") == 0 && argc == 5) {
		kind = kind_of(argv[2]);
		port = argv[3];
		make_members((unsigned)atoi(argv[4]));
		visit();
	} else if ((strcmp(what, "mute") == 0 || strcmp(what, "flood") == 0) && argc == 3) {
		port = argv[2];
		annoy(what, 0);
	} else if (strcmp(what, "endless") == 0 && argc == 4) {
		port = argv[2];
		annoy(what, strtoul(argv[3], NULL, 10));
	} else {
		wrong_usage();
	}
	return 0;
}
