/*
 * What is said in a group: everybody gets all of it, in one order, but for what was said by themselves.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/stream.h"

#define READERS 4

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* Takes so many bytes of what a reader is given, as far as there is something, and adds them to what it has. */
static void
take(struct reader *reader, size_t most, struct buffer *has)
{
	struct span piece;

	while (most > 0 && (piece = reader_next(reader)).length > 0) {
		if (piece.length > most)
			piece.length = most;
		buffer_add(has, piece.text, piece.length);
		reader_take(reader, piece.length);
		most -= piece.length;
	}
}

static void
assert_has(const struct buffer *has, const char *text)
{
	assert_int_equal(buffer_length(has), strlen(text));
	assert_memory_equal(buffer_data(has), text, strlen(text));
}

/* Its own lines it does not get, and what is for it alone comes between two lines. */
static void
test_own_and_aside(void **state)
{
	struct stream stream = {0};
	struct reader ann, bob;
	struct buffer has = {0};

	(void)state;
	stream_add(&stream, 1, span_of("before\n"));
	reader_begin(&ann, &stream, 1);
	reader_begin(&bob, &stream, 2);
	assert_int_equal(reader_next(&ann).length, 0);
	reader_add_aside(&ann, span_of("welcome\n"));
	stream_add(&stream, 1, span_of("own\n"));
	stream_add(&stream, 2, span_of("hello\n"));
	stream_add(&stream, STREAM_EVERYBODY, span_of("* bell\n"));
	take(&ann, 10, &has);
	assert_has(&has, "welcome\nhe");
	reader_add_aside(&ann, span_of("psst\n"));
	take(&ann, SIZE_MAX, &has);
	assert_has(&has, "welcome\nhello\npsst\n* bell\n");
	buffer_free(&has);
	take(&bob, SIZE_MAX, &has);
	assert_has(&has, "own\n* bell\n");
	assert_int_equal(reader_place(&bob, bob.given), stream.end);
	stream_trim(&stream, stream.end);
	stream_add(&stream, 2, span_of("own, too\n"));
	assert_int_equal(reader_next(&bob).length, 0);
	assert_int_equal(reader_place(&bob, bob.given), stream.end);
	buffer_free(&has);
	reader_free(&ann);
	reader_free(&bob);
	stream_free(&stream);
}

/* Lines that have not arrived are counted, and where in the stream they are is known. */
static void
test_place(void **state)
{
	struct stream stream = {0};
	struct reader reader;
	struct buffer has = {0};

	(void)state;
	reader_begin(&reader, &stream, 1);
	reader_add_aside(&reader, span_of("12345\n"));
	stream_add(&stream, 2, span_of("one\n"));
	stream_add(&stream, 1, span_of("own\n"));
	stream_add(&stream, 2, span_of("two\n"));
	assert_int_equal(reader_place(&reader, 0), 0);
	take(&reader, SIZE_MAX, &has);
	assert_int_equal(reader_place(&reader, 5), 0);
	assert_int_equal(reader_place(&reader, 8), 2);
	assert_int_equal(reader_count_lines(&reader, 2, UINT64_MAX), 2);
	assert_int_equal(reader_place(&reader, 11), 9);
	assert_int_equal(reader_count_lines(&reader, 9, UINT64_MAX), 1);
	assert_int_equal(reader_count_lines(&reader, 2, 8), 1);
	assert_int_equal(reader_count_lines(&reader, 2, 2), 0);
	assert_int_equal(reader_place(&reader, 14), stream.end);
	assert_int_equal(reader_count_lines(&reader, stream.end, UINT64_MAX), 0);
	buffer_free(&has);
	reader_free(&reader);
	stream_free(&stream);
}

/* Whatever is said by whom, taken in whatever pieces, and forgotten once it has arrived. */
static void
test_everybody_gets_everything(void **state)
{
	struct stream stream = {0};
	struct reader readers[READERS];
	struct buffer has[READERS] = {{0}}, expected[READERS] = {{0}};
	uint64_t arrived[READERS] = {0};

	(void)state;
	srand(5);
	for (unsigned i = 0; i < READERS; i++)
		reader_begin(&readers[i], &stream, i);
	for (int line = 0; line < 20000; line++) {
		unsigned author = (unsigned)rand() % (READERS + 1);
		uint64_t least = stream.end;
		char text[64];

		snprintf(text, sizeof text, "%u says %d%.*s\n", author, line, rand() % 20, "....................");
		stream_add(&stream, author, span_of(text));
		for (unsigned i = 0; i < READERS; i++) {
			uint64_t place;

			if (i != author)
				buffer_add(&expected[i], text, strlen(text));
			if (rand() % 50 == 0) {
				char aside[32];

				snprintf(aside, sizeof aside, "for %u\n", i);
				take(&readers[i], SIZE_MAX, &has[i]);
				reader_add_aside(&readers[i], span_of(aside));
				buffer_add(&expected[i], aside, strlen(aside));
			}
			take(&readers[i], (size_t)(rand() % 60), &has[i]);
			arrived[i] += (uint64_t)rand() % (readers[i].given - arrived[i] + 1);
			place = reader_place(&readers[i], arrived[i]);
			if (place < least)
				least = place;
		}
		stream_trim(&stream, least);
	}
	for (unsigned i = 0; i < READERS; i++) {
		take(&readers[i], SIZE_MAX, &has[i]);
		assert_int_equal(buffer_length(&has[i]), buffer_length(&expected[i]));
		assert_memory_equal(buffer_data(&has[i]), buffer_data(&expected[i]), buffer_length(&has[i]));
		assert_int_equal(reader_place(&readers[i], readers[i].given), stream.end);
		buffer_free(&has[i]);
		buffer_free(&expected[i]);
		reader_free(&readers[i]);
	}
	stream_trim(&stream, stream.end);
	assert_int_equal(buffer_length(&stream.text), 0);
	assert_int_equal(buffer_length(&stream.runs), sizeof(struct stream_run));
	stream_free(&stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_and_aside),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_everybody_gets_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
