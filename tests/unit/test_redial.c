/*
 * Calling again: after how long.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk/redial.h"

/* At once, then ever more seldom, and never less than twice a minute. */
static void
test_ever_more_seldom(void **state)
{
	static const int64_t longest[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
	struct redial redial = {0};

	(void)state;
	redial_stop(&redial);
	assert_int_equal(redial.due, CLOCK_NEVER);
	for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) {
		struct redial other = redial;

		redial_later(&other, 0, 5000, 0); /* chance: the shortest */
		assert_int_equal(other.due, 5000 + longest[i] / 2);
		redial_later(&redial, 0, 5000, (uint32_t)(longest[i] / 2)); /* ... the longest */
		assert_int_equal(redial.due, 5000 + longest[i]);
	}
	for (uint32_t chance = UINT32_MAX - 50000; chance < UINT32_MAX; chance++) {
		struct redial other = redial;

		redial_later(&other, 0, 0, chance);
		assert_in_range(other.due, 15000, 30000);
	}
}

/* From the start after a conversation, but not after one that hardly was one. */
static void
test_from_the_start(void **state)
{
	struct redial redial = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		redial_later(&redial, 0, 0, 0);
	redial_later(&redial, REDIAL_TALKED_MS - 1, 0, 0);
	assert_int_equal(redial.due, 8000);
	redial_later(&redial, REDIAL_TALKED_MS, 0, 0);
	assert_int_equal(redial.due, 0);
	redial_later(&redial, 0, 0, 0);
	assert_int_equal(redial.due, 500);
	redial_stop(&redial);
	redial_later(&redial, 0, 0, 0);
	assert_int_equal(redial.due, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ever_more_seldom),
		cmocka_unit_test(test_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
