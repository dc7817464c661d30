/*
 * The record: lines with their times in the history, and a mark where a day begins.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "record/record.h"

#define DAY (24 * 60 * 60)
#define NOON (20000 * (time_t)DAY + DAY / 2) /* of Friday, 4 October 2024 */

/* The time of day of this program: it stands in for the one of the C library. */
static time_t now;

time_t
time(time_t *t)
{
	if (t != NULL)
		*t = now;
	return now;
}

/* What stands in for days of the week in another character set; NULL: they are the C library's. */
static const char *foreign_day;

size_t __real_strftime(char *text, size_t size, const char *format, const struct tm *tm);
size_t __wrap_strftime(char *text, size_t size, const char *format, const struct tm *tm);

size_t
__wrap_strftime(char *text, size_t size, const char *format, const struct tm *tm)
{
	return foreign_day != NULL ? strlcpy(text, foreign_day, size) : __real_strftime(text, size, format, tm);
}

static int
set_up(void **state)
{
	static struct record record;

	setenv("TZ", "UTC", 1);
	tzset();
	now = NOON;
	record_init(&record, 100, NULL);
	*state = &record;
	return 0;
}

static int
tear_down(void **state)
{
	record_free(*state);
	foreign_day = NULL;
	return 0;
}

/* Adds a line at a time. */
static void
say_at(struct record *r, time_t when, const char *text)
{
	struct buffer lines = {0};

	now = when;
	buffer_add(&lines, text, strlen(text));
	buffer_add(&lines, "\n", 1);
	assert_int_equal(record_lines(r, VOICE_PEER, &lines, 0), 1);
	buffer_free(&lines);
}

/* All that the history holds, each line followed by a '|'. */
static const char *
all(const struct record *r)
{
	static char text[1024];

	text[0] = '\0';
	for (uint64_t n = history_start(r->history); n < history_end(r->history); n++) {
		struct line line = history_line(r->history, n);
		strncat(text, line.text, line.length);
		strcat(text, "|");
	}
	return text;
}

static void
test_times(void **state)
{
	struct record *r = *state;

	say_at(r, NOON + 1, "a");
	say_at(r, NOON + 61, "b");
	assert_int_equal(history_line(r->history, 0).when, NOON + 1);
	assert_int_equal(history_line(r->history, 1).when, NOON + 61);
}

static void
test_days(void **state)
{
	struct record *r = *state;

	say_at(r, NOON, "on the first day");
	say_at(r, NOON + DAY / 2 - 1, "in its last second");
	assert_string_equal(all(r), "on the first day|in its last second|");
	say_at(r, NOON + DAY / 2, "midnight");
	say_at(r, NOON + DAY / 2, "midnight still");
	assert_string_equal(all(r), "on the first day|in its last second|"
				    "Saturday, 2024-10-05|midnight|midnight still|");
	assert_int_equal(history_line(r->history, 2).voice, VOICE_NOTICE);
}

/* Days without a line get no mark. */
static void
test_silent_days(void **state)
{
	struct record *r = *state;

	say_at(r, NOON, "a");
	say_at(r, NOON + 366 * (time_t)DAY, "b");
	assert_string_equal(all(r), "a|Sunday, 2025-10-05|b|");
}

/* A locale can have its days in another character set than its characters: what is shown is UTF-8. */
static void
test_foreign_days(void **state)
{
	struct record *r = *state;

	foreign_day = "s\xe1"
		      "bado";
	say_at(r, NOON, "a");
	say_at(r, NOON + DAY, "b");
	assert_string_equal(all(r), "a|s\ufffdbado|b|");
}

/* Only complete lines are taken from a buffer. */
static void
test_lines(void **state)
{
	struct record *r = *state;
	struct buffer lines = {0};

	buffer_add(&lines, "one\n\nthr", 8);
	assert_int_equal(record_lines(r, VOICE_PEER, &lines, 0), 2);
	assert_string_equal(all(r), "one||");
	buffer_add(&lines, "ee\n", 3);
	assert_int_equal(record_lines(r, VOICE_SELF, &lines, 7), 1);
	assert_string_equal(all(r), "one||three|");
	assert_int_equal(history_line(r->history, 2).voice, VOICE_SELF);
	assert_int_equal(history_line(r->history, 2).stream_end, 7);
	assert_int_equal(record_lines(r, VOICE_PEER, &lines, 0), 0);
	buffer_free(&lines);
}

/* Of several others, each line has its speaker; only what is complete is that one's. */
static void
test_lines_of_several(void **state)
{
	struct record *r = *state;
	struct buffer lines = {0};

	buffer_add(&lines, "one\ntwo\nthr", 11);
	assert_int_equal(record_lines_of(r, "~ann", &lines), 2);
	assert_int_equal(buffer_length(&lines), 3);
	buffer_drop(&lines, 3);
	buffer_add(&lines, "three\n", 6);
	assert_int_equal(record_lines_of(r, "bob", &lines), 1);
	assert_string_equal(all(r), "one|two|three|");
	assert_string_equal(history_line(r->history, 1).speaker, "~ann");
	assert_string_equal(history_line(r->history, 2).speaker, "bob");
	assert_int_equal(history_line(r->history, 2).voice, VOICE_PEER);
	buffer_free(&lines);
}

static char noticed[RECORD_NOTICE_MAX]; /* what notify was last given back */

static void __attribute__((format(printf, 3, 4)))
notify(struct record *r, enum voice voice, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	record_notice(r, voice, noticed, format, arguments);
	va_end(arguments);
}

/* A notice is one line of safe text, whatever names are in it. */
static void
test_notices(void **state)
{
	struct record *r = *state;

	notify(r, VOICE_NOTICE, "%s has called", "192.0.2.7 port 51312");
	assert_string_equal(noticed, "192.0.2.7 port 51312 has called");
	notify(r, VOICE_ALARM, "cannot read %s", "a\x1B]2;b\a\nc");
	assert_string_equal(noticed, "cannot read a^[]2;b^G^Jc");
	assert_string_equal(all(r), "192.0.2.7 port 51312 has called|cannot read a^[]2;b^G^Jc|");
	assert_int_equal(history_line(r->history, 0).voice, VOICE_NOTICE);
	assert_int_equal(history_line(r->history, 1).voice, VOICE_ALARM);
}

/* Without a history nothing is kept, and what there is to say is made safe all the same. */
static void
test_no_history(void **state)
{
	struct record r;

	(void)state;
	record_init(&r, 0, NULL);
	assert_null(r.history);
	say_at(&r, NOON, "line");
	notify(&r, VOICE_NOTICE, "a\tb");
	assert_string_equal(noticed, "a^Ib");
	record_free(&r);
}

/* A notice that is too long is cut, in its room, even where each of its bytes becomes three. */
static void
test_long_notice(void **state)
{
	static char text[2 * SENTENCE_MAX];

	memset(text, 0xFF, sizeof text - 1);
	notify(*state, VOICE_NOTICE, "%s", text);
	assert_int_equal(strlen(noticed), 3 * (SENTENCE_MAX - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_days, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silent_days, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_days, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines_of_several, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_notices, set_up, tear_down),
		cmocka_unit_test(test_no_history),
		cmocka_unit_test_setup_teardown(test_long_notice, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
