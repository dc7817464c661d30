/*
 * The keys and the addresses that a group is closed to.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk/bans.h"

static void
test_bans(void **state)
{
	struct bans bans = {0};

	(void)state;
	assert_false(bans_have(&bans, "192.0.2.7"));
	bans_add(&bans, "192.0.2.7");
	bans_add(&bans, "SHA256:key");
	bans_add(&bans, "192.0.2.7");
	assert_int_equal(buffer_length(&bans.all), sizeof "192.0.2.7" + sizeof "SHA256:key");
	assert_true(bans_have(&bans, "192.0.2.7"));
	assert_true(bans_have(&bans, "SHA256:key"));
	assert_false(bans_have(&bans, "192.0.2.70"));
	assert_false(bans_have(&bans, "192.0.2."));
	assert_false(bans_have(&bans, "2.0.2.7"));
	bans_free(&bans);
}

/* Who has shown no key has not shown one that is banned. */
static void
test_nothing(void **state)
{
	struct bans bans = {0};

	(void)state;
	bans_add(&bans, "");
	assert_false(bans_have(&bans, ""));
	bans_free(&bans);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bans),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
