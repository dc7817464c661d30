/*
 * A link that sends what somebody else keeps: it takes no more than there is, as it is taken, and nothing else.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "link/link.h"
#include "loopback.h"

#define MUCH ((size_t)4 * 1024 * 1024) /* more than sockets take at once that have */
#define ROOM 65536		       /* so much room */
#define PIECE 1000		       /* so much of it lies together */

/* What is kept there: its bytes are told apart by where they are. */
struct kept {
	char bytes[PIECE];
	size_t taken, asked;
};

static struct kept kept;
static struct link connection;
static int other_end;

static struct span
next(void *context)
{
	struct kept *k = context;

	k->asked++;
	for (size_t i = 0; i < PIECE; i++)
		k->bytes[i] = (char)((k->taken + i) % 251);
	return (struct span){k->bytes, PIECE - k->taken % PIECE};
}

static void
take(void *context, size_t length)
{
	struct kept *k = context;

	assert_true(length > 0 && length <= PIECE - k->taken % PIECE);
	k->taken += length;
}

static int
set_up(void **state)
{
	static const struct link_source source = {next, take};
	const int room = ROOM;
	struct peer peer = {0};
	int ends[2];

	(void)state;
	kept = (struct kept){0};
	loopback_connect(ends);
	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
	peer.socket = ends[0];
	other_end = ends[1];
	link_init(&connection, &peer, NULL);
	link_set_source(&connection, &source, &kept);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	link_close(&connection);
	close(other_end);
	return 0;
}

/* Reads so much at the other end, and looks whether it goes on where it was. */
static void
assert_arrives(size_t from, size_t to)
{
	static char chunk[65536];

	while (from < to) {
		size_t most = to - from < sizeof chunk ? to - from : sizeof chunk;
		ssize_t n = read(other_end, chunk, most);

		assert_true(n > 0);
		for (size_t i = 0; i < (size_t)n; i++)
			assert_int_equal((unsigned char)chunk[i], (from + i) % 251);
		from += (size_t)n;
	}
}

/* Nothing is asked for before there is something. */
static void
test_as_much_as_there_is(void **state)
{
	(void)state;
	assert_int_equal(kept.asked, 0);
	assert_false(link_is_waiting(&connection));
	link_send_from_source(&connection, 10 * PIECE);
	assert_int_equal(kept.taken, 10 * PIECE);
	assert_int_equal(link_taken(&connection), 10 * PIECE);
	assert_false(link_is_waiting(&connection));
	assert_int_equal(buffer_length(&connection.outbox), 0);
	assert_arrives(0, 10 * PIECE);
}

/* What the socket does not take stays where it is kept. */
static void
test_no_more_than_is_taken(void **state)
{
	struct polls polls = {0};
	size_t done = 0;

	(void)state;
	link_send_from_source(&connection, MUCH);
	assert_true(link_is_waiting(&connection));
	assert_true(kept.taken > 0 && kept.taken < MUCH);
	while (done < MUCH) {
		assert_int_equal(link_taken(&connection), kept.taken);
		assert_arrives(done, kept.taken);
		done = kept.taken;
		polls_clear(&polls);
		link_poll(&connection, &polls, false);
		if (done < MUCH)
			polls_wait(&polls);
		link_step(&connection, &polls);
	}
	assert_int_equal(kept.taken, MUCH);
	assert_false(link_is_waiting(&connection));
	polls_free(&polls);
}

/* What has arrived is known, though nothing of it is in the outbox. */
static void
test_arrived(void **state)
{
	(void)state;
	if (!link_knows_arrived())
		skip();
	link_send_from_source(&connection, PIECE);
	assert_arrives(0, PIECE);
	while (link_arrived(&connection) < PIECE) /* until the acknowledgement is here: it is on its way */
		;
	assert_int_equal(link_queued(&connection), 0);
	link_send_from_source(&connection, MUCH);
	assert_true(link_arrived(&connection) <= link_taken(&connection));
	assert_true(link_queued(&connection) >= MUCH + PIECE - kept.taken);
	assert_false(link_undelivered(&connection).length > 0);
}

/* The end comes after all that there is. */
static void
test_end(void **state)
{
	char byte;

	(void)state;
	link_send_from_source(&connection, 3 * PIECE);
	link_finish(&connection);
	assert_arrives(0, 3 * PIECE);
	assert_int_equal(read(other_end, &byte, 1), 0);
}

/* A connection that is broken takes nothing any more, and asks for nothing. */
static void
test_broken(void **state)
{
	size_t asked;

	(void)state;
	loopback_reset(other_end);
	link_send_from_source(&connection, MUCH);
	assert_true(connection.send_error != 0);
	assert_false(link_is_waiting(&connection));
	assert_int_equal(kept.taken, 0);
	asked = kept.asked;
	link_send_from_source(&connection, PIECE);
	assert_int_equal(kept.asked, asked);
	other_end = dup(connection.peer.socket);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_as_much_as_there_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_more_than_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_arrived, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
