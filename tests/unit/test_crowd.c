/*
 * Who comes and goes in a group: few are told of one by one, and a crowd is summed up.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "talk/crowd.h"
#include "world.h"

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	return 0;
}

/* So many come or leave at this moment.  Returns how many of them are told of. */
static unsigned
move(struct crowd *crowd, bool comes, unsigned count)
{
	unsigned told = 0;

	while (count-- > 0)
		told += crowd_may_tell(crowd, comes);
	return told;
}

static void
assert_sum(struct crowd *crowd, const char *sum)
{
	char text[96];

	assert_true(crowd_sum_up(crowd, text, sizeof text));
	assert_string_equal(text, sum);
	assert_true(crowd_due(crowd) == CLOCK_NEVER);
	assert_false(crowd_sum_up(crowd, text, sizeof text));
}

/* A few at once, and then one every now and then, however many there are in all. */
static void
test_few(void **state)
{
	struct crowd crowd = {0};

	(void)state;
	assert_int_equal(move(&crowd, true, CROWD_AT_ONCE), CROWD_AT_ONCE);
	assert_true(crowd_due(&crowd) == CLOCK_NEVER);
	for (int i = 0; i < 100; i++) {
		world_turn(CROWD_EVERY_MS);
		assert_int_equal(move(&crowd, i % 2 == 0, 1), 1);
	}
	world_turn(CROWD_EVERY_MS * CROWD_AT_ONCE);
	assert_int_equal(move(&crowd, false, CROWD_AT_ONCE), CROWD_AT_ONCE);
}

/* Those who are not told of are counted, and due some time after the first of them. */
static void
test_crowd(void **state)
{
	struct crowd crowd = {0};

	(void)state;
	assert_int_equal(move(&crowd, true, CROWD_AT_ONCE + 1), CROWD_AT_ONCE);
	assert_true(crowd_due(&crowd) == world.now + CROWD_SUM_MS);
	world_turn(CROWD_SUM_MS - 1);
	assert_int_equal(move(&crowd, true, 11), 0);
	assert_int_equal(move(&crowd, false, 3), 0);
	assert_true(crowd_due(&crowd) == world.now + 1);
	assert_sum(&crowd, "12 have joined, 3 have left");
}

/* As long as there is a sum to be told, nobody is told of before it. */
static void
test_order(void **state)
{
	struct crowd crowd = {0};

	(void)state;
	assert_int_equal(move(&crowd, true, CROWD_AT_ONCE + 1), CROWD_AT_ONCE);
	world_turn(CROWD_EVERY_MS * CROWD_AT_ONCE);
	assert_int_equal(move(&crowd, false, 1), 0);
	assert_sum(&crowd, "1 has joined, 1 has left");
	assert_int_equal(move(&crowd, false, 1), 1);
}

static void
test_words(void **state)
{
	struct crowd crowd = {0};
	char text[96];

	(void)state;
	assert_false(crowd_sum_up(&crowd, text, sizeof text));
	assert_int_equal(move(&crowd, false, CROWD_AT_ONCE), CROWD_AT_ONCE);
	move(&crowd, true, 1);
	assert_sum(&crowd, "1 has joined");
	move(&crowd, true, 2);
	assert_sum(&crowd, "2 have joined");
	move(&crowd, false, 1);
	assert_sum(&crowd, "1 has left");
	move(&crowd, false, 2);
	assert_sum(&crowd, "2 have left");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_few, set_up),
		cmocka_unit_test_setup(test_crowd, set_up),
		cmocka_unit_test_setup(test_order, set_up),
		cmocka_unit_test_setup(test_words, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
