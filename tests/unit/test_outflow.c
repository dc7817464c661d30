/*
 * What goes out by a descriptor that others have opened: nobody waits for it, and nothing of it changes for them.
 */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/outflow.h"

#define MUCH ((size_t)1024 * 1024) /* more than a pipe or a socket takes at once */

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* Adds a lot, in bytes that are all told apart by where they are. */
static void
add_much(struct outflow *o)
{
	static char much[MUCH];

	for (size_t i = 0; i < MUCH; i++)
		much[i] = (char)(i % 251);
	outflow_add(o, (struct span){much, MUCH});
}

/* Reads what there is, and looks whether it goes on where it was.  Returns how much has been read in all. */
static size_t
read_on(int fd, size_t done, size_t most)
{
	static char chunk[MUCH];
	ssize_t n = read(fd, chunk, most < sizeof chunk ? most : sizeof chunk);

	assert_true(n > 0);
	for (size_t i = 0; i < (size_t)n; i++)
		assert_int_equal((unsigned char)chunk[i], (done + i) % 251);
	return done + (size_t)n;
}

/* Two ends, what goes into the second comes out of the first; nobody has made them such that nobody waits. */
static void
open_ends(int ends[2], bool sockets)
{
	assert_int_equal(sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends), 0);
}

/* As much as there is room for goes, at once, and the rest once there is room again; the description stays as it was. */
static void
check_flow(bool sockets)
{
	struct outflow o;
	int ends[2];
	size_t done = 0, rest = MUCH;

	open_ends(ends, sockets);
	assert_int_equal(outflow_open(&o, ends[1]), 0);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	add_much(&o);
	assert_int_equal(outflow_length(&o), MUCH);
	while (rest > 0) {
		assert_int_equal(outflow_flush(&o), 0);
		assert_true(outflow_length(&o) < rest || done == MUCH);
		rest = outflow_length(&o);
		while (done < MUCH - rest)
			done = read_on(ends[0], done, MUCH - rest - done);
	}
	assert_int_equal(done, MUCH);
	outflow_close(&o);
	assert_true(fcntl(ends[1], F_GETFD) != -1);
	close(ends[0]);
	close(ends[1]);
}

static void
test_pipe(void **state)
{
	(void)state;
	check_flow(false);
}

static void
test_socket(void **state)
{
	(void)state;
	check_flow(true);
}

/* A file is not opened once more: what others write to it is before and after. */
static void
test_file(void **state)
{
	FILE *file = tmpfile();
	char text[16] = "";
	struct outflow o;
	int fd;

	(void)state;
	assert_non_null(file);
	fd = fileno(file);
	assert_int_equal(write(fd, "one ", 4), 4);
	assert_int_equal(outflow_open(&o, fd), 0);
	outflow_add(&o, span_of("two "));
	assert_int_equal(outflow_flush(&o), 0);
	assert_int_equal(outflow_length(&o), 0);
	assert_int_equal(write(fd, "three", 5), 5);
	assert_int_equal(pread(fd, text, sizeof text - 1, 0), 13);
	assert_string_equal(text, "one two three");
	outflow_close(&o);
	fclose(file);
}

/* Once it cannot be written any more, that is said once, and nothing is kept. */
static void
check_broken(bool sockets)
{
	struct outflow o;
	int ends[2];

	open_ends(ends, sockets);
	assert_int_equal(outflow_open(&o, ends[1]), 0);
	close(ends[0]);
	outflow_add(&o, span_of("lost\n"));
	assert_int_equal(outflow_flush(&o), EPIPE);
	assert_int_equal(outflow_length(&o), 0);
	outflow_add(&o, span_of("lost, too\n"));
	assert_int_equal(outflow_length(&o), 0);
	assert_int_equal(outflow_flush(&o), 0);
	outflow_close(&o);
	close(ends[1]);
}

static void
test_broken(void **state)
{
	(void)state;
	check_broken(false);
	check_broken(true);
}

/* Room is waited for as long as something waits, and for nothing else. */
static void
test_poll(void **state)
{
	struct polls polls = {0};
	struct outflow o;
	int ends[2];

	(void)state;
	open_ends(ends, false);
	assert_int_equal(outflow_open(&o, ends[1]), 0);
	outflow_poll(&o, &polls);
	assert_int_equal(o.slot, POLLS_NONE);
	outflow_add(&o, span_of("a line\n"));
	outflow_poll(&o, &polls);
	assert_true(o.slot != POLLS_NONE);
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, o.slot), POLLOUT);
	outflow_close(&o);
	polls_free(&polls);
	close(ends[0]);
	close(ends[1]);
}

/* When some of it was taken last tells who is stuck. */
static void
test_moved(void **state)
{
	struct outflow o;
	int ends[2];
	int64_t before;

	(void)state;
	open_ends(ends, false);
	assert_int_equal(outflow_open(&o, ends[1]), 0);
	o.moved = -1;
	outflow_add(&o, span_of("a line\n")); /* until then there was nothing */
	assert_true(o.moved >= 0);
	o.moved = -1;
	outflow_add(&o, span_of("another one\n"));
	assert_int_equal(o.moved, -1);
	assert_int_equal(outflow_flush(&o), 0);
	assert_true(o.moved >= 0);
	add_much(&o);
	assert_int_equal(outflow_flush(&o), 0);
	before = o.moved = -1;
	assert_int_equal(outflow_flush(&o), 0);
	assert_int_equal(o.moved, before);
	outflow_close(&o);
	close(ends[0]);
	close(ends[1]);
}

/* What is left at the end is written, but not to whom does not read; nor does that one keep it from another. */
static void
test_drain(void **state)
{
	struct outflow read_from, stuck;
	char text[8] = "";
	int ends[2], others[2];

	(void)state;
	open_ends(ends, false);
	open_ends(others, false);
	assert_int_equal(outflow_open(&read_from, ends[1]), 0);
	assert_int_equal(outflow_open(&stuck, others[1]), 0);
	add_much(&stuck);
	for (int turn = 0; turn < 2; turn++) { /* whichever comes first */
		outflow_add(&read_from, span_of("last\n"));
		outflow_drain(turn == 0 ? &read_from : &stuck, turn == 0 ? &stuck : &read_from);
		assert_true(outflow_length(&stuck) > 0);
		assert_int_equal(outflow_length(&read_from), 0);
		assert_int_equal(read(ends[0], text, sizeof text - 1), 5);
		assert_string_equal(text, "last\n");
	}
	outflow_close(&read_from);
	outflow_close(&stuck);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(others[i]);
	}
}

/* Opens a terminal that is another user's, so that it cannot be opened once more; of both ends, the others' first. */
static void
open_terminal_of_another(int ends[2], struct outflow *o)
{
	uid_t self = geteuid();
	struct termios settings = {0};

	ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(ends[0] != -1 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
	assert_true(ends[1] != -1 && tcgetattr(ends[1], &settings) == 0);
	settings.c_oflag |= OPOST | ONLCR | TABDLY; /* an LF becomes two bytes, a tab up to eight */
	assert_int_equal(tcsetattr(ends[1], TCSANOW, &settings), 0);
	assert_int_equal(fchmod(ends[1], 0), 0);
	assert_int_equal(seteuid(self == 0 ? 65534 : self), 0); /* root may open whatever there is */
	assert_int_equal(outflow_open(o, ends[1]), 0);
	assert_int_equal(seteuid(self), 0);
	assert_int_equal(fcntl(o->fd, F_GETFL) & O_NONBLOCK, 0);
}

/* Such a terminal makes nobody wait either, full or stopped. */
static void
test_terminal_of_another(void **state)
{
	static char text[65536], taken[65536];
	struct outflow o;
	int ends[2];

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "\ta\n"[i % 3];
	alarm(60); /* if it waits, it does so for ever */
	open_terminal_of_another(ends, &o);
	outflow_add(&o, (struct span){text, sizeof text});
	assert_int_equal(tcflow(ends[1], TCOOFF), 0);
	assert_int_equal(outflow_flush(&o), 0);
	assert_int_equal(outflow_length(&o), sizeof text);
	assert_int_equal(tcflow(ends[1], TCOON), 0);
	assert_int_equal(outflow_flush(&o), 0);
	assert_true(outflow_length(&o) > 0 && outflow_length(&o) < sizeof text);
	while (outflow_length(&o) > 0) {
		struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN}, {.fd = ends[1], .events = POLLOUT}};

		assert_true(poll(fds, 2, -1) > 0);
		assert_true((fds[0].revents & POLLIN) == 0 || read(ends[0], taken, sizeof taken) > 0);
		assert_int_equal(outflow_flush(&o), 0);
	}
	alarm(0);
	outflow_close(&o);
	close(ends[0]);
	close(ends[1]);
}

static void
test_no_descriptor(void **state)
{
	struct outflow o;

	(void)state;
	assert_int_equal(outflow_open(&o, 1000), -1);
	assert_int_equal(errno, EBADF);
	outflow_close(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_terminal_of_another),
		cmocka_unit_test(test_no_descriptor),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
