/*
 * The name under which the local network is told of a server.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "call/announce.h"

/* So that it is known what it is called after. */
int
gethostname(char *name, size_t size)
{
	strlcpy(name, "tower.example.org", size);
	return 0;
}

static char name[BROWSE_NAME_SIZE];

static void
test_wanted(void **state)
{
	(void)state;
	announce_name("-Ann of York", name);
	assert_string_equal(name, "-Ann of York");
}

/* Who says no name is the user at this host. */
static void
test_user(void **state)
{
	(void)state;
	announce_name("", name);
	assert_non_null(strchr(name, '@'));
	assert_string_equal(strchr(name, '@'), "@tower");
	assert_true(*name != '@');
}

/* It ends after a whole character. */
static void
test_cut(void **state)
{
	(void)state;
	announce_name("12345678901234567890123456789012345678901234567890123456789012x", name);
	assert_int_equal(strlen(name), 63);
	announce_name("12345678901234567890123456789012345678901234567890123456789012\u00E9", name);
	assert_int_equal(strlen(name), 62);
	announce_name("123456789012345678901234567890123456789012345678901234567890\U0001F600", name);
	assert_int_equal(strlen(name), 60);
	announce_name("12345678901234567890123456789012345678901234567890123456789\U0001F600x", name);
	assert_int_equal(strlen(name), 63);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
