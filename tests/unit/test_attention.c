/*
 * Unit tests of attention: when it rings, and what the title counts.  The clock is the test's own, and it keeps what
 * would reach the terminal.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "screen/attention.h"
#include "screen/screen.h"
#include "screen/terminal.h"

static time_t now;
static int rung;
static char title[300];

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
void __wrap_screen_ring(void);
void __wrap_terminal_set_title(const char *text);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	*time = (struct timespec){.tv_sec = now};
	return 0;
}

void
__wrap_screen_ring(void)
{
	rung++;
}

void
__wrap_terminal_set_title(const char *text)
{
	strlcpy(title, text, sizeof title);
}

static int
set_up(void **state)
{
	struct attention *a = calloc(1, sizeof *a);

	now = 1000;
	rung = 0;
	attention_init(a, BELL_AUTO);
	*state = a;
	return 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

/* Lets a line come, which is in view or not, and returns how often it has rung so far. */
static int
hear(struct attention *a, bool in_view)
{
	attention_add(a, 1, in_view);
	attention_show(a, in_view, "Ann");
	return rung;
}

/* While no key has come for a minute, and the terminal says nothing, one line rings, and no other. */
static void
test_nobody_may_be_there(void **state)
{
	struct attention *a = *state;

	now += 59;
	assert_int_equal(hear(a, true), 0);
	now += 1;
	assert_int_equal(hear(a, true), 1);
	now += 600;
	assert_int_equal(hear(a, true), 1);
	attention_key(a);
	now += 60;
	assert_int_equal(hear(a, true), 2);
	assert_string_equal(title, "tchat: Ann");
}

/* A key says that somebody is there. */
static void
test_somebody_is_there(void **state)
{
	struct attention *a = *state;

	for (int minute = 0; minute < 5; minute++) {
		attention_key(a);
		now += 59;
		assert_int_equal(hear(a, true), 0);
	}
}

/* What the terminal says, counts for more. */
static void
test_terminal_says_so(void **state)
{
	struct attention *a = *state;

	attention_focus(a, true);
	now += 600;
	assert_int_equal(hear(a, true), 0);
	attention_focus(a, false);
	assert_int_equal(hear(a, true), 1);
	assert_int_equal(hear(a, true), 2);
	assert_string_equal(title, "(2) tchat: Ann");
	attention_focus(a, true);
	attention_show(a, true, "Ann");
	assert_string_equal(title, "tchat: Ann");
	assert_int_equal(hear(a, true), 2);
}

/* Who comes back to a window that is scrolled back need not be told by its title what is below. */
static void
test_coming_back(void **state)
{
	struct attention *a = *state;

	assert_int_equal(hear(a, false), 1);
	attention_focus(a, false);
	hear(a, false);
	assert_string_equal(title, "(2) tchat: Ann");
	attention_focus(a, true);
	attention_show(a, false, "Ann");
	assert_string_equal(title, "tchat: Ann");
	hear(a, false);
	assert_string_equal(title, "(1) tchat: Ann");
	attention_show(a, true, "");
	assert_string_equal(title, "tchat");
}

/* Who wants no bell, or always one, is not asked whether anybody is there. */
static void
test_other_bells(void **state)
{
	struct attention *a = *state;

	attention_init(a, BELL_NEVER);
	now += 600;
	assert_int_equal(hear(a, false), 0);
	attention_init(a, BELL_ALWAYS);
	assert_int_equal(hear(a, true), 1);
	assert_int_equal(hear(a, true), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody_may_be_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_somebody_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_terminal_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_coming_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_bells, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
