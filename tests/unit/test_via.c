/* Unit tests of a command that makes the connection: its text, and what it says besides. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "call/remarks.h"
#include "call/via.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
test_expand(void **state)
{
	static const struct {
		const char *command, *expanded;
	} rows[] = {
		{"", ""}, {"nc", "nc"}, {"nc %h %p", "nc a.b 81"}, {"%h", "a.b"}, {"%%", "%"},
		{"%%h%p%%%h", "%h81%a.b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buffer expanded = {0};

		assert_null(via_unknown(rows[i].command));
		via_expand(rows[i].command, "a.b", 81, &expanded);
		assert_string_equal(buffer_data(&expanded), rows[i].expanded);
		buffer_free(&expanded);
	}
}

static void
test_unknown(void **state)
{
	static const char *const commands[] = {"%", "nc %", "nc %r", "%h%", "%%%", "% h", "%H"};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++)
		assert_non_null(via_unknown(commands[i]));
	assert_string_equal(via_unknown("%%%h%x %y"), "%x %y");
}

static void
test_hosts(void **state)
{
	static const char *const right[] = {"a", "example.org", "192.0.2.7", "fe80::1%eth0", "a_b-c", "X.onion."};
	static const char *const wrong[] = {"", "-", "-a", "a b", "$(a)", "`a`", "a;b", "a|b", "a&b", "a/b",
					    "a\nb", "a'", "a\"", "a\\b", "a*", "a?", "[a]", "~a", "a=b", "\xc3\xa9",
					    "a@b", "{a,b}", "#"};

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++)
		assert_true(via_takes_host(right[i]));
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(via_takes_host(wrong[i]));
}

static void
test_onions(void **state)
{
	static const char *const onions[] = {"onion", "a.onion", "a.b.onion", "a.ONION", "a.Onion."};
#if defined(HAVE_GNUTLS)
	static const char *const mapped[] = {
		"a\u3002onion", "a\uFF0Eonion", "a\uFF61onion\u3002", "a.\uFF4F\uFF4E\uFF49\uFF4F\uFF4E",
		"a.\uFF2FNI\uFF2FN", "a.oni\u00ADon", "a.oni\uFE0Fon", "a.\u24DE\u24DD\u24D8\u24C4\u24C3",
		"a.\u00BAnion", "a.o\u207F\u2071on", "a.\U0001D428\U0001D45B\U0001D4F2\U0001D560\U0001D697",
		"b\u00FCcher.onion",
	};
#endif
	static const char *const others[] = {
		"", ".", "a", "xonion", "a.onions", "onion.org", "a.onion..", "nion", "onion\u3002org",
		"a.\u4E2D\u56FD", "a.\uFF43\uFF4F\uFF4D", "\uFF4F\uFF4E\uFF49\uFF4F\uFF4E.org",
		"a.onionxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(onions); i++)
		assert_true(via_is_onion(onions[i]));
#if defined(HAVE_GNUTLS)
	for (size_t i = 0; i < COUNT(mapped); i++)
		assert_true(via_is_onion(mapped[i]));
#endif
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(via_is_onion(others[i]));
}

/* The lines that are told of a text that comes at once, then. */
static size_t
count_told(struct remarks *remarks, const char *text, size_t length, int64_t now)
{
	struct span written = {text, length};
	char line[REMARKS_TEXT];
	size_t count = 0;

	while (remarks_next(remarks, &written, now, line))
		count++;
	assert_int_equal(written.length, 0);
	return count;
}

static void
test_lines(void **state)
{
	struct span written = {"one\r\n\ntw\x1b[o\nth", strlen("one\r\n\ntw\x1b[o\nth")};
	struct remarks remarks = {0};
	char line[REMARKS_TEXT];

	(void)state;
	assert_true(remarks_next(&remarks, &written, 0, line));
	assert_string_equal(line, "one");
	assert_true(remarks_next(&remarks, &written, 0, line));
	assert_string_equal(line, "tw^[[o");
	assert_false(remarks_next(&remarks, &written, 7, line));
	assert_int_equal(remarks_due(&remarks), 7 + REMARKS_WAIT_MS);
	assert_true(remarks_rest(&remarks, 7 + REMARKS_WAIT_MS, line));
	assert_string_equal(line, "th");
	assert_int_equal(remarks_due(&remarks), CLOCK_NEVER);
	assert_int_equal(count_told(&remarks, "ree\n", 4, 9), 0); /* of that line the rest is dropped */
	assert_int_equal(count_told(&remarks, "four\n", 5, 9), 1);
}

static void
test_endless_line(void **state)
{
	static char text[100000];
	struct remarks remarks = {0};

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(count_told(&remarks, text, sizeof text, 0), 1);
	assert_int_equal(count_told(&remarks, text, sizeof text, 0), 0);
	assert_int_equal(count_told(&remarks, "\nx\n", 3, 0), 1);
}

static void
test_flood(void **state)
{
	struct remarks remarks = {0};

	(void)state;
	for (int i = 0; i < REMARKS_AT_ONCE; i++)
		assert_int_equal(count_told(&remarks, "x\n", 2, 1000), 1);
	assert_int_equal(count_told(&remarks, "x\nx\nx\n", 6, 1000), 0);
	assert_int_equal(remarks.dropped, 3);
	assert_int_equal(count_told(&remarks, "x\nx\n", 4, 1000 + REMARKS_EVERY_MS), 1);
}

/* How many lines there are too many of is told once, when another one may be, or at the end. */
static void
test_count(void **state)
{
	struct remarks remarks = {0};

	(void)state;
	assert_int_equal(remarks_count_due(&remarks), CLOCK_NEVER);
	for (int i = 0; i < REMARKS_AT_ONCE + 2; i++)
		(void)count_told(&remarks, "x\n", 2, 1000);
	assert_int_equal(remarks_count_due(&remarks), 1000 + REMARKS_EVERY_MS);
	assert_int_equal(remarks_count(&remarks, 999 + REMARKS_EVERY_MS, false), 0);
	assert_int_equal(remarks_count(&remarks, 1000 + REMARKS_EVERY_MS, false), 2);
	assert_int_equal(remarks_count_due(&remarks), CLOCK_NEVER);
	assert_int_equal(count_told(&remarks, "x\nx\n", 4, 1000 + REMARKS_EVERY_MS), 1);
	assert_int_equal(remarks_count(&remarks, 1000 + REMARKS_EVERY_MS, true), 1);
	assert_int_equal(remarks_count(&remarks, 1000 + REMARKS_EVERY_MS, true), 0);
}

/* What the person types is no part of what is told; the next line is the command's again. */
static void
test_typed(void **state)
{
	struct span written = {"123456\b \b7\r\nwelcome\n", strlen("123456\b \b7\r\nwelcome\n")};
	struct remarks remarks = {0};
	char line[REMARKS_TEXT];

	(void)state;
	assert_int_equal(count_told(&remarks, "code: ", 6, 0), 0);
	remarks_interrupt(&remarks);
	assert_true(remarks_next(&remarks, &written, 0, line));
	assert_string_equal(line, "code: ");
	assert_true(remarks_next(&remarks, &written, 0, line));
	assert_string_equal(line, "welcome");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand), cmocka_unit_test(test_unknown), cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_onions), cmocka_unit_test(test_lines), cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_flood), cmocka_unit_test(test_count), cmocka_unit_test(test_typed),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
