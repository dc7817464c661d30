/*
 * Whether somebody listens, or the line is busy: what is seen of what has come, and that it is left.
 */
#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "call/opening.h"
#include "call/sounding.h"
#include "loopback.h"

static int ends[2]; /* theirs, ours */

static int
set_up(void **state)
{
	(void)state;
	loopback_connect(ends);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (ends[0] != -1)
		close(ends[0]);
	close(ends[1]);
	return 0;
}

/* They say so many bytes of it, which arrive. */
static void
say(const char *text, size_t length)
{
	static char seen[256];

	assert_int_equal(send(ends[0], text, length, 0), (ssize_t)length);
	while (recv(ends[1], seen, sizeof seen, MSG_PEEK) < (ssize_t)length)
		;
}

/* They do something that ends it, which arrives. */
static void
await_end(void)
{
	struct pollfd end = {.fd = ends[1], .events = POLLRDHUP};

	assert_int_equal(poll(&end, 1, 10000), 1);
}

static void
assert_unread(const char *text)
{
	char got[256];
	ssize_t n = recv(ends[1], got, sizeof got, MSG_DONTWAIT);

	assert_int_equal(n, (ssize_t)strlen(text));
	assert_memory_equal(got, text, strlen(text));
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_int_equal(sounding_look(ends[1]), SOUNDING_NOTHING);
}

/* However much of it has come, it need not be all; then nothing else may follow. */
static void
test_busy(void **state)
{
	struct opening busy = opening_busy(false, false);

	(void)state;
	say(busy.bytes, 1);
	assert_int_equal(sounding_look(ends[1]), SOUNDING_PART);
	assert_int_equal(send(ends[0], busy.bytes + 1, busy.length - 1, 0), (ssize_t)busy.length - 1);
	assert_int_equal(sounding_look(ends[1]), SOUNDING_PART);
	shutdown(ends[0], SHUT_WR);
	await_end();
	assert_int_equal(sounding_look(ends[1]), SOUNDING_BUSY);
	assert_unread("");
}

static void
test_reset_after_that(void **state)
{
	struct opening busy = opening_busy(false, false);

	(void)state;
	say(busy.bytes, busy.length);
	loopback_reset(ends[0]);
	ends[0] = -1;
	await_end();
	assert_int_equal(sounding_look(ends[1]), SOUNDING_BUSY);
}

/* More than that, or something else, or not all of it before the end. */
static void
test_somebody(void **state)
{
	struct opening busy = opening_busy(false, false);

	(void)state;
	say("Hello\n", 6);
	assert_int_equal(sounding_look(ends[1]), SOUNDING_SOMEBODY);
	assert_unread("Hello\n");
	say(busy.bytes, busy.length);
	say("T", 1);
	while (sounding_look(ends[1]) != SOUNDING_SOMEBODY)
		;
}

static void
test_part_of_it(void **state)
{
	(void)state;
	say("The line", 8);
	shutdown(ends[0], SHUT_WR);
	await_end();
	assert_int_equal(sounding_look(ends[1]), SOUNDING_SOMEBODY);
	assert_unread("The line");
}

static void
test_end(void **state)
{
	(void)state;
	shutdown(ends[0], SHUT_WR);
	await_end();
	assert_int_equal(sounding_look(ends[1]), SOUNDING_SOMEBODY);
}

/* Whoever receives is told why. */
static void
test_reset(void **state)
{
	char byte;

	(void)state;
	loopback_reset(ends[0]);
	ends[0] = -1;
	await_end();
	assert_int_equal(sounding_look(ends[1]), SOUNDING_SOMEBODY);
	assert_int_equal(recv(ends[1], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, ECONNRESET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_busy),
		TEST(test_reset_after_that),
		TEST(test_somebody),
		TEST(test_part_of_it),
		TEST(test_end),
		TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
