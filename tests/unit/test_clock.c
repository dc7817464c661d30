/*
 * The clock: waits as poll(2) takes them.
 */
#include <config.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
test_now(void **state)
{
	int64_t before = milliseconds(), now = clock_now(), after = milliseconds();

	(void)state;
	assert_true(before <= now && now <= after);
}

static void
test_until(void **state)
{
	int wait;

	(void)state;
	assert_int_equal(clock_until(CLOCK_NEVER), -1);
	assert_int_equal(clock_until(CLOCK_NEVER - 1), INT_MAX);
	assert_int_equal(clock_until(clock_now()), 0);
	assert_int_equal(clock_until(clock_now() - 5000), 0);
	wait = clock_until(clock_now() + 3600000);
	assert_true(wait > 3500000 && wait <= 3600000);
}

static void
test_sooner(void **state)
{
	static const struct {
		int a, b, sooner;
	} rows[] = {{1, 2, 1}, {2, 1, 1}, {0, 7, 0}, {7, 0, 0}, {-1, 5, 5}, {5, -1, 5}, {-1, 0, 0}, {-1, -1, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(clock_sooner(rows[i].a, rows[i].b), rows[i].sooner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
