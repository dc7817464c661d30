/* Lines that were not delivered: whose they are, and how much of them is kept. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/arrears.h"

static struct arrears arrears;

static int
set_up(void **state)
{
	(void)state;
	STAILQ_INIT(&arrears);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arrears_free(&arrears);
	assert_true(STAILQ_EMPTY(&arrears));
	return 0;
}

static struct talk_whom
whom(const char *key, const char *place)
{
	struct talk_whom whom = {.id = 1};

	strlcpy(whom.key, key, sizeof whom.key);
	strlcpy(whom.place, place, sizeof whom.place);
	return whom;
}

static size_t
add(const char *key, const char *place, const char *lines)
{
	struct talk_whom w = whom(key, place);

	return arrears_add(&arrears, &w, (struct span){lines, strlen(lines)}, 1000);
}

static size_t
count(const char *key, const char *place)
{
	struct talk_whom w = whom(key, place);

	return arrears_count(&arrears, &w);
}

/* What is the oldest for somebody, which is taken out. */
static void
assert_next(const char *key, const char *place, const char *lines)
{
	struct talk_whom w = whom(key, place);
	struct arrear *arrear = arrears_find(&arrears, &w);

	assert_non_null(arrear);
	assert_int_equal(arrear->length, strlen(lines));
	assert_memory_equal(arrear->text, lines, arrear->length);
	assert_int_equal(arrear->lost, 1000);
	arrears_take(&arrears, arrear);
	arrear_free(arrear);
}

/* The key says who it is, wherever; where there is none, the place does. */
static void
test_whose(void **state)
{
	(void)state;
	add("SHA256:ann", "192.0.2.1", "one\ntwo\n");
	add("", "192.0.2.1", "three\n");
	assert_int_equal(count("SHA256:ann", "192.0.2.1"), 2);
	assert_int_equal(count("SHA256:ann", "192.0.2.2"), 2);
	assert_int_equal(count("SHA256:bob", "192.0.2.1"), 0);
	assert_int_equal(count("", "192.0.2.1"), 1);
	assert_int_equal(count("", "192.0.2.2"), 0);
	assert_next("SHA256:ann", "192.0.2.9", "one\ntwo\n");
	assert_int_equal(count("SHA256:ann", "192.0.2.1"), 0);
	assert_int_equal(count("", "192.0.2.1"), 1);
}

/* What was lost in several conversations is kept in that order, as it was typed. */
static void
test_one_after_the_other(void **state)
{
	(void)state;
	add("", "ann", "one\x1B[m\n\n");
	add("", "bob", "other\n");
	add("", "ann", "\xFF\n");
	assert_int_equal(count("", "ann"), 3);
	assert_next("", "ann", "one\x1B[m\n\n");
	assert_next("", "ann", "\xFF\n");
	assert_int_equal(count("", "ann"), 0);
	assert_next("", "bob", "other\n");
}

static void
test_nothing(void **state)
{
	struct talk_whom ann = whom("", "ann");

	(void)state;
	assert_int_equal(add("", "ann", ""), 0);
	assert_null(arrears_find(&arrears, &ann));
}

/* Where it is too much the oldest goes, whosever it is, but never the newest. */
static void
test_too_much(void **state)
{
	static char much[ARREARS_MAX / 2 + 1], more[ARREARS_MAX + 2];

	(void)state;
	memset(much, 'x', sizeof much - 1);
	memset(more, 'y', sizeof more - 1);
	much[sizeof much - 2] = more[0] = more[sizeof more - 2] = '\n';
	assert_int_equal(add("", "ann", "one\ntwo\n"), 0);
	assert_int_equal(add("", "bob", much), 0);
	assert_int_equal(add("", "cid", much), 3);
	assert_int_equal(count("", "ann"), 0);
	assert_int_equal(count("", "cid"), 1);
	assert_int_equal(add("", "ann", more), 1);
	assert_int_equal(count("", "cid"), 0);
	assert_next("", "ann", more);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whose, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_after_the_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_much, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
