/*
 * The history: the newest lines are held, whole and in order, within the limits.
 */
#include <config.h>

#include <sys/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/filter.h"
#include "record/history.h"

#define BYTES_MIN (1024 * 1024) /* of text, however few lines are asked for */

/* Line number n: its text tells its number, its length depends on it. */
static size_t
make_line(uint64_t n, size_t longest, char *text)
{
	size_t length = longest == 0 ? 0 : (size_t)(n * 7919 % longest);

	memset(text, 'a' + (int)(n % 26), length);
	if (length >= 24)
		snprintf(text, length, "%020ju", (uintmax_t)n);
	return length;
}

static void
add_lines(struct history *h, uint64_t from, uint64_t to, size_t longest)
{
	static char text[FILTER_LINE_MAX];

	for (uint64_t n = from; n < to; n++) {
		enum voice voice = n % 3 == 0 ? VOICE_SELF : n % 3 == 1 ? VOICE_PEER : VOICE_NOTICE;
		history_add(h, voice, (time_t)n, text, make_line(n, longest, text), 0);
	}
}

/* Every line held is what was added under its number. */
static void
must_be_whole(const struct history *h, size_t longest)
{
	static char text[FILTER_LINE_MAX];

	for (uint64_t n = history_start(h); n < history_end(h); n++) {
		struct line line = history_line(h, n);

		assert_int_equal(line.length, make_line(n, longest, text));
		assert_memory_equal(line.text, text, line.length);
		assert_int_equal(line.when, n);
		assert_int_equal(line.voice, n % 3 == 0	  ? VOICE_SELF
					     : n % 3 == 1 ? VOICE_PEER
							  : VOICE_NOTICE);
	}
}

static void
test_empty(void **state)
{
	struct history *h = history_new(10);

	(void)state;
	assert_int_equal(history_start(h), 0);
	assert_int_equal(history_end(h), 0);
	history_free(h);
}

/* Exactly as many lines as asked for are held, empty ones too. */
static void
test_line_limit(void **state)
{
	static const size_t longest[] = {0, 1, 2, 90};

	(void)state;
	for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) {
		struct history *h = history_new(100);

		add_lines(h, 0, 100, longest[i]);
		assert_int_equal(history_start(h), 0);
		add_lines(h, 100, 30001, longest[i]);
		assert_int_equal(history_end(h), 30001);
		assert_int_equal(history_start(h), 30001 - 100);
		must_be_whole(h, longest[i]);
		history_free(h);
	}
}

/* Long lines: as many as there are bytes for, and what is held stays whole at every step. */
static void
test_byte_limit(void **state)
{
	struct history *h = history_new(1000);
	uint64_t n = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t held = 0;

		add_lines(h, n, n + 7, FILTER_LINE_MAX);
		n += 7;
		for (uint64_t i = history_start(h); i < history_end(h); i++)
			held += history_line(h, i).length;
		assert_true(held <= BYTES_MIN);
		/* At most one line, and the gap before the ring's end, are missing from the full. */
		if (history_start(h) > 0)
			assert_true(held >= BYTES_MIN - 3 * FILTER_LINE_MAX);
		must_be_whole(h, FILTER_LINE_MAX);
	}
	history_free(h);
}

/* However long lines fill the memory they are in, none touches another. */
static void
test_no_room_is_left(void **state)
{
	(void)state;
	for (size_t longest = 1; longest <= 100; longest++) {
		struct history *h = history_new(10000);

		add_lines(h, 0, 10000, longest);
		must_be_whole(h, longest);
		history_free(h);
	}
}

/* The longest line of all, and short ones around it. */
static void
test_longest_line(void **state)
{
	static char longest[FILTER_LINE_MAX];
	struct history *h = history_new(1);

	(void)state;
	memset(longest, 'x', sizeof longest);
	for (int i = 0; i < 100; i++) {
		history_add(h, VOICE_PEER, 0, longest, sizeof longest, 0);
		assert_int_equal(history_end(h) - history_start(h), 1);
		assert_memory_equal(history_line(h, history_start(h)).text, longest, sizeof longest);
		history_add(h, VOICE_PEER, 0, "short", 5, 0);
		assert_memory_equal(history_line(h, history_start(h)).text, "short", 5);
	}
	history_free(h);
}

/* One's own lines know how far they have to come, among others and over many of them. */
static void
test_own_lines(void **state)
{
	struct history *h = history_new(5000);
	uint64_t n;

	(void)state;
	for (n = 0; n < 20000; n++)
		history_add(h, n % 3 == 0 ? VOICE_SELF : VOICE_PEER, 0, "text", 4, n + 1);
	for (n = history_start(h); n < history_end(h); n++)
		assert_int_equal(history_line(h, n).stream_end, n % 3 == 0 ? n + 1 : 0);
	for (n = history_start(h); n < history_end(h); n++)
		if (history_line(h, n).voice == VOICE_SELF)
			history_settle(h, n, n + 1 <= 18000 ? STREAM_DELIVERED : STREAM_LOST);
	for (n = history_start(h); n < history_end(h); n++) {
		uint64_t settled = n + 1 <= 18000 ? STREAM_DELIVERED : STREAM_LOST;

		assert_int_equal(history_line(h, n).stream_end, n % 3 == 0 ? settled : 0);
		assert_memory_equal(history_line(h, n).text, "text", 4);
	}
	history_free(h);
}

/* A line that no filter makes is cut, so that it stays within the memory for a line. */
static void
test_line_longer_than_any(void **state)
{
	static char text[2 * FILTER_LINE_MAX];
	struct history *h = history_new(10);

	(void)state;
	memset(text, 'x', sizeof text);
	for (int i = 0; i < 3; i++)
		history_add(h, VOICE_SELF, 0, text, sizeof text - (size_t)i, 0);
	for (uint64_t n = 0; n < history_end(h); n++)
		assert_int_equal(history_line(h, n).length, FILTER_LINE_MAX);
	history_free(h);
}

/* The label of the peer's line of that number. */
static const char *
speaker_of(const struct history *h, uint64_t number)
{
	return history_line(h, number).speaker;
}

/* A line keeps its speaker, whoever comes later, as long as it is held. */
static void
test_speakers(void **state)
{
	struct history *h = history_new(97);
	char label[32];

	(void)state;
	for (unsigned caller = 0; caller < 1000; caller++) {
		snprintf(label, sizeof label, "caller %u", caller / 2); /* each of them calls twice */
		history_set_speaker(h, label);
		history_add(h, VOICE_SELF, (time_t)caller, "text", 4, 1);
		for (unsigned n = 0; n <= caller % 5; n++)
			history_add(h, VOICE_PEER, (time_t)caller, "text", 4, 0);
		for (uint64_t n = history_start(h); n < history_end(h); n++) {
			struct line line = history_line(h, n);

			snprintf(label, sizeof label, "caller %u", (unsigned)line.when / 2);
			if (line.voice == VOICE_PEER)
				assert_string_equal(line.speaker, label);
			else
				assert_null(line.speaker);
		}
	}
	history_free(h);
}

/* Who has called but said nothing is not taken for who spoke before, and the other way round. */
static void
test_silent_speakers(void **state)
{
	struct history *h = history_new(3);

	(void)state;
	history_set_speaker(h, "first");
	history_add(h, VOICE_PEER, 0, "text", 4, 0);
	history_set_speaker(h, "silent");
	history_set_speaker(h, "second");
	history_add(h, VOICE_PEER, 0, "text", 4, 0);
	history_set_speaker(h, "third");
	assert_string_equal(speaker_of(h, 0), "first");
	assert_string_equal(speaker_of(h, 1), "second");
	for (int i = 0; i < 3; i++)
		history_add(h, VOICE_PEER, 0, "text", 4, 0);
	assert_int_equal(history_start(h), 2);
	assert_string_equal(speaker_of(h, 2), "third");
	assert_string_equal(speaker_of(h, 4), "third");
	history_free(h);
}

void __asan_init(void) __attribute__((weak));

/* The most memory that was in use so far, in KiB. */
static long
most_memory(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* However many have called, no more is held than is needed for the lines. */
static void
test_many_speakers(void **state)
{
	struct history *h;
	char label[256];
	long before;

	(void)state;
	if (__asan_init != NULL) /* it holds back what was given back */
		skip();
	h = history_new(100);
	before = most_memory();
	for (int caller = 0; caller < 200000; caller++) {
		snprintf(label, sizeof label, "%0255d", caller);
		history_set_speaker(h, label);
		history_add(h, VOICE_NOTICE, 0, "text", 4, 0);
	}
	assert_true(most_memory() - before < 10 * 1024); /* KiB; all of the labels would be 50 MiB */
	history_free(h);
}

/* Nor is it if somebody speaks under a new name with each line. */
static void
test_speaker_with_many_names(void **state)
{
	struct history *h = history_new(100);
	char label[32];
	long before = most_memory();

	(void)state;
	for (int n = 0; n < 1000000; n++) {
		snprintf(label, sizeof label, "%d", n);
		history_set_speaker(h, label);
		history_add(h, VOICE_PEER, 0, "text", 4, 0);
	}
	if (__asan_init == NULL)
		assert_true(most_memory() - before < 3 * 1024); /* KiB; a number for each would be 23 MiB */
	assert_string_equal(speaker_of(h, 1000000 - 100), "999900");
	history_free(h);
}

/*
 * Many who speak by turns, as in a group: who said a line is held once, however often that changes, and is right even
 * where a number has been somebody else's before.
 */
static void
test_speakers_by_turns(void **state)
{
	struct history *h = history_new(100000);
	char label[256];
	long before = most_memory();

	(void)state;
	for (unsigned n = 0; n < 300000; n++) {
		snprintf(label, sizeof label, "%0255u", n % 1000 + n / 100000);
		history_set_speaker(h, label);
		history_add(h, VOICE_PEER, 0, "text", 4, 0);
	}
	if (__asan_init == NULL)
		assert_true(most_memory() - before < 6 * 1024); /* KiB; a copy for each line would be 24 MiB more */
	for (uint64_t n = history_start(h); n < history_end(h); n++) {
		snprintf(label, sizeof label, "%0255u", (unsigned)(n % 1000 + n / 100000));
		assert_string_equal(speaker_of(h, n), label);
	}
	history_free(h);
}

/* Whoever spoke is forgotten with the last of the lines, and may come back; the next one has another number or not. */
static void
test_speakers_come_back(void **state)
{
	static const char *const labels[] = {"ann", "bob", "", "ann", "bob", "cid", "cid", "ann"};
	const unsigned count = sizeof labels / sizeof labels[0];

	(void)state;
	for (size_t lines = 1; lines < 12; lines++) {
		struct history *h = history_new(lines);

		for (unsigned n = 0; n < 200; n++) {
			history_set_speaker(h, labels[n * n % 11 % count]);
			history_add(h, VOICE_PEER, 0, "text", 4, 0);
			for (uint64_t i = history_start(h); i < history_end(h); i++)
				assert_string_equal(speaker_of(h, i), labels[i * i % 11 % count]);
		}
		history_free(h);
	}
}

/* Before anybody is named, whoever speaks has no name. */
static void
test_speaker_without_a_name(void **state)
{
	struct history *h = history_new(3);

	(void)state;
	history_add(h, VOICE_PEER, 0, "text", 4, 0);
	history_set_speaker(h, "ann");
	assert_string_equal(speaker_of(h, 0), "");
	history_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_byte_limit),
		cmocka_unit_test(test_line_longer_than_any),
		cmocka_unit_test(test_no_room_is_left),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_own_lines),
		cmocka_unit_test(test_speakers),
		cmocka_unit_test(test_silent_speakers),
		cmocka_unit_test(test_many_speakers),
		cmocka_unit_test(test_speaker_with_many_names),
		cmocka_unit_test(test_speakers_by_turns),
		cmocka_unit_test(test_speakers_come_back),
		cmocka_unit_test(test_speaker_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
