/*
 * The last lines of a group: how many are kept, and who gets them how often.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "talk/recall.h"
#include "world.h"

static void
say(struct recall *recall, const char *text)
{
	recall_add(recall, (struct span){"<~ann> ", 7}, (struct span){text, strlen(text)});
}

/* As many as are wanted, with the time and the name before each; none, if none are. */
static void
test_the_last_ones(void **state)
{
	struct recall none, some;
	struct span lines, line;

	(void)state;
	recall_init(&none, 0);
	recall_init(&some, 2);
	say(&none, "one");
	assert_int_equal(recall_give(&none, "192.0.2.1").length, 0);
	assert_int_equal(recall_give(&some, "192.0.2.1").length, 0);
	say(&some, "one");
	say(&some, "two");
	say(&some, "three");
	lines = recall_give(&some, "192.0.2.1");
	line = span_line(&lines);
	assert_int_equal(line.length, strlen("14:02 <~ann> two\n"));
	assert_memory_equal(line.text + 5, " <~ann> two\n", strlen(" <~ann> two\n"));
	line = span_line(&lines);
	assert_memory_equal(line.text + 5, " <~ann> three\n", strlen(" <~ann> three\n"));
	assert_int_equal(lines.length, 0);
	recall_free(&some);
	recall_free(&none);
}

/* Once a minute, whoever it is. */
static void
test_once_a_minute(void **state)
{
	struct recall recall;

	(void)state;
	world_begin();
	recall_init(&recall, 5);
	say(&recall, "one");
	assert_true(recall_give(&recall, "192.0.2.1").length > 0);
	assert_int_equal(recall_give(&recall, "192.0.2.1").length, 0);
	assert_true(recall_give(&recall, "192.0.2.2").length > 0);
	world.now += RECALL_EVERY_MS - 1;
	assert_int_equal(recall_give(&recall, "192.0.2.1").length, 0);
	world.now++;
	assert_true(recall_give(&recall, "192.0.2.1").length > 0);
	assert_int_equal(buffer_length(&recall.given), sizeof(struct recall_given));
	recall_free(&recall);
}

/* No more than 64 KiB, and no line is longer than what is said. */
static void
test_long_lines(void **state)
{
	static char text[65001];
	struct recall recall;
	struct span lines, line;

	(void)state;
	recall_init(&recall, 100);
	memset(text, 'x', sizeof text - 1);
	say(&recall, "first");
	for (int i = 0; i < 3; i++)
		say(&recall, text);
	lines = recall_give(&recall, "192.0.2.1");
	assert_in_range(lines.length, 65000, RECALL_BYTES);
	while ((line = span_line(&lines)).length > 0)
		assert_memory_equal(line.text + 5, " <~ann> xxx", 11);
	recall_free(&recall);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_ones),
		cmocka_unit_test(test_once_a_minute),
		cmocka_unit_test(test_long_lines),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
