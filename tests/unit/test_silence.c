/*
 * Silence: for how long the peer's machine has owed an answer.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/silence.h"

#define GAP 4000

/* A silence that begins now, with nothing owed. */
static struct silence
begin(int64_t now)
{
	struct silence silence = {0};

	assert_int_equal(silence_look(&silence, now, false, 0, GAP), 0);
	return silence;
}

static void
test_first_look(void **state)
{
	struct silence silence = {0};

	(void)state;
	assert_int_equal(silence_look(&silence, 100000, true, 0, GAP), 0);
	assert_int_equal(silence_look(&silence, 100050, true, 0, GAP), 50);
}

static void
test_nothing_is_owed(void **state)
{
	struct silence silence = begin(100000);

	(void)state;
	for (int64_t now = 100000; now < 200000; now += 2000)
		assert_int_equal(silence_look(&silence, now, false, 90000, GAP), 0);
	assert_false(silence.owed);
}

static void
test_no_answer(void **state)
{
	struct silence silence = begin(100000);

	(void)state;
	for (int64_t now = 100000; now < 200000; now += 2000)
		assert_int_equal(silence_look(&silence, now, true, 90000, GAP), now - 100000);
	assert_true(silence.owed);
}

static void
test_an_answer(void **state)
{
	struct silence silence = begin(100000);

	(void)state;
	assert_int_equal(silence_look(&silence, 102000, true, 90000, GAP), 2000);
	assert_int_equal(silence_look(&silence, 104000, true, 103500, GAP), 500);
	assert_int_equal(silence_look(&silence, 106000, true, 103500, GAP), 2500);
	assert_int_equal(silence_look(&silence, 107000, false, 106500, GAP), 0);
}

/* Questions that are answered, but seldom asked, as those after room in a full buffer. */
static void
test_seldom_owed(void **state)
{
	struct silence silence = begin(100000);

	(void)state;
	for (int64_t now = 102000; now < 400000; now += 2000)
		assert_true(silence_look(&silence, now, now % 60000 == 0, now - now % 60000, GAP) <= 2000);
}

/* The program was stopped, or had no reason to look, while something was owed or is owed now. */
static void
test_nobody_looked(void **state)
{
	struct silence silence = begin(100000);

	(void)state;
	assert_int_equal(silence_look(&silence, 900000, true, 99000, GAP), 0);
	assert_int_equal(silence_look(&silence, 902000, true, 99000, GAP), 2000);
	assert_int_equal(silence_look(&silence, 999000, true, 99000, GAP), 2000);
	assert_int_equal(silence_look(&silence, 1000000, true, 99000, GAP), 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_look),   cmocka_unit_test(test_nothing_is_owed),
		cmocka_unit_test(test_no_answer),    cmocka_unit_test(test_an_answer),
		cmocka_unit_test(test_seldom_owed),  cmocka_unit_test(test_nobody_looked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
