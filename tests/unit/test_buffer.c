/*
 * The buffer: what is added comes out again, whole and in order.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

/* The byte at a place in an endless stream; neighbours differ, and so do places far apart. */
static char
byte_at(size_t place)
{
	return (char)(place * 7 + place / 256);
}

/* The buffer must hold the stream from one place to another. */
static void
must_hold(const struct buffer *buffer, size_t from, size_t to)
{
	assert_int_equal(buffer_length(buffer), to - from);
	for (size_t place = from; place < to; place++)
		if (buffer_data(buffer)[place - from] != byte_at(place))
			fail_msg("wrong byte %zu of %zu to %zu", place, from, to);
}

/* Adds the stream from one place to another, in either of the two ways. */
static void
add(struct buffer *buffer, size_t from, size_t to, bool reserve)
{
	char *copy = malloc(to - from + 1), *room;

	for (size_t place = from; place < to; place++)
		copy[place - from] = byte_at(place);
	if (reserve) {
		room = buffer_reserve(buffer, to - from + 1); /* more than is used then */
		memcpy(room, copy, to - from);
		buffer_grow(buffer, to - from);
	} else {
		buffer_add(buffer, copy, to - from);
	}
	free(copy);
}

static void
test_empty(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	assert_int_equal(buffer_length(&buffer), 0);
	buffer_add(&buffer, "", 0);
	buffer_drop(&buffer, 0);
	assert_int_equal(buffer_length(&buffer), 0);
	buffer_free(&buffer);
}

static void
test_first_in_first_out(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_add(&buffer, "one two", 7);
	buffer_drop(&buffer, 4);
	buffer_add(&buffer, " three", 6);
	assert_int_equal(buffer_length(&buffer), 9);
	assert_memory_equal(buffer_data(&buffer), "two three", 9);
	assert_ptr_equal(buffer_span(&buffer).text, buffer_data(&buffer));
	assert_int_equal(buffer_span(&buffer).length, 9);
	buffer_drop(&buffer, 9);
	assert_int_equal(buffer_length(&buffer), 0);
	buffer_free(&buffer);
}

/* Any mix of adding and taking away, of little and of much. */
static void
test_any_order(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 1000; i++) {
		long most = 1L << random() % 14;
		struct buffer buffer = {0};
		size_t from = 0, to = 0;

		for (int j = 0; j < 30; j++) {
			size_t n = (size_t)(random() % most);

			if (random() % 2 == 0) {
				add(&buffer, to, to + n, random() % 2 == 0);
				to += n;
			} else {
				n = n < to - from ? n : to - from;
				buffer_drop(&buffer, n);
				from += n;
			}
			must_hold(&buffer, from, to);
		}
		buffer_free(&buffer);
	}
}

/* What goes through needs no more memory the longer it lasts. */
static void
test_room_stays_bounded(void **state)
{
	struct buffer buffer = {0};
	size_t place = 0;

	(void)state;
	add(&buffer, 0, 100, false);
	for (; place < 1000000; place += 60) {
		add(&buffer, place + 100, place + 160, false);
		buffer_drop(&buffer, 60);
	}
	must_hold(&buffer, place, place + 100);
	assert_true(buffer.room >= 160 && buffer.room <= 1024);
	buffer_free(&buffer);
}

static void
test_used_again(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	add(&buffer, 0, 1000, false);
	buffer_free(&buffer);
	assert_int_equal(buffer_length(&buffer), 0);
	add(&buffer, 0, 10, false);
	must_hold(&buffer, 0, 10);
	buffer_free(&buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_room_stays_bounded),
		cmocka_unit_test(test_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
