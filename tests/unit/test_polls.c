/*
 * Polls: what is waited for, and what is found.
 */
#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/polls.h"
#include "base/signals.h"
#include "world.h"

static struct polls polls;
static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	polls_clear(&polls);
	return pipe2(ends, O_CLOEXEC);
}

static int
tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	polls_free(&polls);
	return 0;
}

/* Each gets what was found for it, and who waits for nothing, nothing. */
static void
test_slots(void **state)
{
	int reads, writes;

	(void)state;
	reads = polls_add(&polls, ends[0], POLLIN);
	writes = polls_add(&polls, ends[1], POLLOUT);
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, reads), 0);
	assert_int_equal(polls_found(&polls, writes), POLLOUT);
	assert_int_equal(polls_found(&polls, POLLS_NONE), 0);

	polls_clear(&polls);
	assert_int_equal(write(ends[1], "x", 1), 1);
	reads = polls_add(&polls, ends[0], POLLIN);
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, reads), POLLIN);
}

/* There can be as many as there have to be, also the second time. */
static void
test_many(void **state)
{
	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (int round = 0; round < 2; round++) {
		polls_clear(&polls);
		for (int i = 0; i < 200; i++)
			assert_int_equal(polls_add(&polls, ends[i % 2], POLLIN), i);
		polls_wait(&polls);
		for (int i = 0; i < 200; i++)
			assert_int_equal(polls_found(&polls, i), i % 2 == 0 ? POLLIN : 0);
	}
}

/* The soonest end of the wait counts, whoever asks for it. */
static void
test_soonest(void **state)
{
	(void)state;
	assert_int_equal(polls.timeout, -1);
	polls_within(&polls, -1);
	assert_int_equal(polls.timeout, -1);
	polls_until(&polls, CLOCK_NEVER);
	assert_int_equal(polls.timeout, -1);
	polls_within(&polls, 500);
	assert_int_equal(polls.timeout, 500);
	polls_within(&polls, 700);
	polls_until(&polls, clock_now() + 600);
	assert_int_equal(polls.timeout, 500);
	polls_until(&polls, clock_now() + 400);
	assert_int_equal(polls.timeout, 400);
	polls_until(&polls, clock_now() - 1); /* it is over already */
	assert_int_equal(polls.timeout, 0);
	polls_clear(&polls);
	assert_int_equal(polls.timeout, -1);
}

/* When the time is up, nothing was found. */
static void
test_time_is_up(void **state)
{
	int slot = polls_add(&polls, ends[0], POLLIN);

	(void)state;
	world.time_passes = true;
	polls_within(&polls, 1234);
	polls.fds[slot].revents = POLLIN;
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, slot), 0);
	assert_int_equal(world.passed, 1234);
}

/* A signal ends a wait without end; then nothing was found either. */
static void
test_signal(void **state)
{
	int slot = polls_add(&polls, ends[0], POLLIN);

	(void)state;
	polls.fds[slot].revents = POLLIN;
	raise(SIGWINCH); /* it arrives only in the wait */
	assert_false(signals_take(SIGWINCH));
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, slot), 0);
	assert_true(signals_take(SIGWINCH));
}

/* A signal arrives, too, where something is ready at once: a flood does not keep it away. */
static void
test_signal_amid_a_flood(void **state)
{
	int slot = polls_add(&polls, ends[0], POLLIN);

	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	raise(SIGWINCH);
	polls_wait(&polls);
	assert_int_equal(polls_found(&polls, slot), POLLIN);
	assert_true(signals_take(SIGWINCH));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_soonest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time_is_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signal_amid_a_flood, set_up, tear_down),
	};

	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
