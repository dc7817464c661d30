/* Unit tests of what is known of pagers. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/habit.h"

static const struct habit_place newest = {.line = 180, .newest = true}, amid = {.line = 57};

/* The options of a pager are to be these, for it to open there. */
static void
expect_options(const char *command, const char *options, struct habit_place place, const char *expected)
{
	struct buffer value = {0};

	habit_place(command, options, place, &value);
	assert_string_equal(buffer_data(&value), expected);
	assert_int_equal(buffer_length(&value), strlen(expected) + 1);
	buffer_free(&value);
}

static void
test_name(void **state)
{
	static const char *const less[] = {"less", " less", "less -R", "\tless\t-R", "/usr/bin/less", "../less -R"};
	static const char *const others[] = {"", " ", "/", "less/", "lessen", "les", "LESS=-R less", "cat", "sless",
					     "less;", "\"less\"", "bin/ less", "most"};

	(void)state;
	for (size_t i = 0; i < sizeof less / sizeof less[0]; i++)
		assert_string_equal(habit_variable(less[i]), "LESS");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_null(habit_variable(others[i]));
	assert_string_equal(habit_variable("more -d"), "MORE");
}

static void
test_place(void **state)
{
	struct buffer value = {0};

	(void)state;
	expect_options("less", NULL, newest, "+G$");
	expect_options("less -R", "", amid, "+57g$");
	expect_options("less", "-R -Pmy prompt", newest, "+G$-R -Pmy prompt");
	expect_options("more", NULL, newest, "+180 ");
	expect_options("/bin/more", "-d", amid, "+57 -d");
	expect_options("less", NULL, (struct habit_place){.line = UINT64_MAX}, "+18446744073709551615g$");
	habit_place("cat", "-R", amid, &value);
	assert_int_equal(buffer_length(&value), 0);
}

static void
test_less_that_ends_at_once(void **state)
{
	static const struct habit_length fits = {.lines = 20, .rows = 24, .screen = 24};
	static const struct habit_length wrapped = {.lines = 20, .rows = 25, .screen = 24};
	static const struct habit_length more = {.lines = 25, .rows = 25, .screen = 24};
	static const char *const brief[] = {"-F", "F", "FRX", "-RXF", "-R -F", " -R\t-F", "-i -FX -n",
					    "--quit-if-one-screen", "-R --quit-if", "--quit-if-one"};
	static const char *const others[] = {"", "-R", "R", "-RX", "-PF", "-R -PaF", "-jF", "-R File", "--quit",
					     "--quit-if-one-screens", "--Find", "-+F", "-", "--", "-x4F"};

	(void)state;
	for (size_t i = 0; i < sizeof brief / sizeof brief[0]; i++) {
		assert_true(habit_ends_at_once("less", brief[i], fits));
		assert_false(habit_ends_at_once("less", brief[i], wrapped));
		assert_false(habit_ends_at_once("most", brief[i], fits));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(habit_ends_at_once("less", others[i], fits));
	assert_false(habit_ends_at_once("less", NULL, fits));
	assert_true(habit_ends_at_once("less -RF", NULL, fits));
	assert_true(habit_ends_at_once("less -S", "-F", wrapped));
	assert_true(habit_ends_at_once("less", "-F --chop-long-lines", wrapped));
	assert_false(habit_ends_at_once("less", "-FS", more));
	assert_true(habit_ends_at_once("less -E", NULL, more));
	assert_true(habit_ends_at_once("less", "-RE", more));
	assert_true(habit_ends_at_once("less", "--QUIT-AT-EOF", more));
	assert_false(habit_ends_at_once("less", "-e --quit-at-eof", fits));
	assert_false(habit_ends_at_once("FE/less FE", NULL, fits));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_less_that_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
