/*
 * Spans: a text, taken apart into lines.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static void
assert_line(struct span line, const char *expected)
{
	assert_int_equal(line.length, strlen(expected));
	assert_memory_equal(line.text, expected, line.length);
}

/* Each line comes with its LF, the last one perhaps without; then there are none. */
static void
test_lines(void **state)
{
	struct span text = span_of("one\n\nthree");

	(void)state;
	assert_line(span_line(&text), "one\n");
	assert_line(span_line(&text), "\n");
	assert_int_equal(text.length, 5);
	assert_line(span_line(&text), "three");
	assert_int_equal(span_line(&text).length, 0);
	assert_int_equal(span_line(&text).length, 0);
}

/* What is behind the span is no part of it, be it an LF. */
static void
test_bounds(void **state)
{
	const char all[] = "ab\ncd\n";
	struct span text = {all, 2};

	(void)state;
	assert_line(span_line(&text), "ab");
	assert_int_equal(span_line(&text).length, 0);
	text = (struct span){all + 3, 3};
	assert_line(span_line(&text), "cd\n");
	assert_int_equal(text.length, 0);
}

/* A NUL is a byte as any other. */
static void
test_nul(void **state)
{
	struct span text = {"a\0b\nc\0", 6}, line = span_line(&text);

	(void)state;
	assert_int_equal(line.length, 4);
	assert_memory_equal(line.text, "a\0b\n", 4);
	assert_int_equal(span_line(&text).length, 2);
}

/* A span of nothing need not point anywhere. */
static void
test_nothing(void **state)
{
	struct span text = {NULL, 0};

	(void)state;
	assert_int_equal(span_line(&text).length, 0);
	assert_false(span_is_complete(text));
	assert_int_equal(span_count_lines(text), 0);
}

static void
test_complete(void **state)
{
	(void)state;
	assert_true(span_is_complete(span_of("one\n")));
	assert_true(span_is_complete(span_of("\n")));
	assert_false(span_is_complete(span_of("one")));
}

static void
test_count(void **state)
{
	(void)state;
	assert_int_equal(span_count_lines(span_of("one\n")), 1);
	assert_int_equal(span_count_lines(span_of("one\ntwo")), 2);
	assert_int_equal(span_count_lines(span_of("\n\n")), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_bounds),	 cmocka_unit_test(test_nul),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_complete), cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
