/*
 * bare - the other end of the benchmarks, and what they are held against: loops that do nothing but
 * move bytes, as fast as the kernel lets them.
 *
 *	bare receive splice|copy PORT	waits for a caller; what it sends goes to standard output
 *	bare send splice|copy PORT	calls; standard input is sent
 *	bare drop PORT			waits for a caller, drops what it sends, and prints how much it was
 *	bare fork PORT			waits for one caller after the other, each has a process of its own
 *	bare call PORT SECONDS		calls again and again, says a line each time, waits for the end,
 *					and prints how often
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define CHUNK (1024 * 1024)
#define LINE "one line for each caller\n"

static int
open_door(const char *port)
{
	struct sockaddr_in here = address(port);
	int door = make_socket(), on = 1;

	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(door, (struct sockaddr *)&here, sizeof here) == -1 || listen(door, 8) == -1)
		err(1, "port %s", port);
	return door;
}

static int
take_call(int door)
{
	int fd = accept(door, NULL, NULL);

	if (fd == -1)
		err(1, "accept");
	return fd;
}

/* Waits for one caller. */
static int
answer(const char *port)
{
	int door = open_door(port), fd = take_call(door);

	close(door);
	return fd;
}

static void
write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);
		if (n == -1)
			err(1, "write");
		bytes += n;
		length -= (size_t)n;
	}
}

/* Moves everything from one descriptor to the other through a buffer. */
static void
copy(int from, int to)
{
	static char chunk[CHUNK];
	ssize_t n;

	while ((n = read(from, chunk, sizeof chunk)) > 0)
		write_all(to, chunk, (size_t)n);
	if (n == -1)
		err(1, "read");
}

/* The same through a pipe, with no copy where the kernel needs none. */
static void
splice_through(int from, int to)
{
	int pipe_ends[2];
	ssize_t n;

	if (pipe(pipe_ends) == -1 || fcntl(pipe_ends[1], F_SETPIPE_SZ, CHUNK) == -1)
		err(1, "pipe");
	while ((n = splice(from, NULL, pipe_ends[1], NULL, CHUNK, SPLICE_F_MOVE)) > 0) {
		while (n > 0) {
			ssize_t m = splice(pipe_ends[0], NULL, to, NULL, (size_t)n, SPLICE_F_MOVE);
			if (m == -1)
				err(1, "splice");
			n -= m;
		}
	}
	if (n == -1)
		err(1, "splice");
}

static void
move(const char *how, int from, int to)
{
	if (strcmp(how, "splice") == 0)
		splice_through(from, to);
	else
		copy(from, to);
}

/* Says nothing more, and waits until the other end does not either. */
static void
part(int fd)
{
	static char chunk[4096];

	shutdown(fd, SHUT_WR);
	while (read(fd, chunk, sizeof chunk) > 0)
		;
	close(fd);
}

static void
drop(int fd)
{
	unsigned long long total = 0;
	ssize_t n;

	while ((n = recv(fd, NULL, 16 * CHUNK, MSG_TRUNC)) > 0) /* a stream drops without a copy */
		total += (unsigned long long)n;
	printf("%llu\n", total);
}

static void
answer_all(const char *port)
{
	int door = open_door(port);

	for (;;) {
		int fd = take_call(door);
		pid_t child = fork();

		if (child == 0) {
			copy(fd, STDOUT_FILENO);
			_exit(0);
		}
		if (child == -1 || waitpid(child, NULL, 0) == -1)
			err(1, "fork");
		close(fd);
	}
}

static void
call_again_and_again(const char *port, double seconds)
{
	double start = now(), end;
	int count = 0;

	do {
		int fd = dial(port);
		write_all(fd, LINE, strlen(LINE));
		part(fd);
		count++;
		end = now();
	} while (end - start < seconds);
	printf("%d %f\n", count, end - start);
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 4 && strcmp(what, "receive") == 0)
		move(argv[2], answer(argv[3]), STDOUT_FILENO);
	else if (argc == 4 && strcmp(what, "send") == 0) {
		int fd = dial(argv[3]);
		move(argv[2], STDIN_FILENO, fd);
		part(fd);
	} else if (argc == 3 && strcmp(what, "drop") == 0)
		drop(answer(argv[2]));
	else if (argc == 3 && strcmp(what, "fork") == 0)
		answer_all(argv[2]);
	else if (argc == 4 && strcmp(what, "call") == 0)
		call_again_and_again(argv[2], atof(argv[3]));
	else
		errx(2, "wrong usage: see the first lines of bare.c");
	return 0;
}
