/*
 * What somebody says to many: cut into lines that no receiver cuts again, whatever its C library knows, with the name
 * before each.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/span.h"
#include "generated.h"
#include "text/filter.h"
#include "text/said.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX FILTER_LINE_MAX

static bool knows_nothing; /* the C library, of what is beyond ASCII */

/* What the filter gets to hear instead of the C library. */
int
iswprint(wint_t c)
{
	return knows_nothing && c >= 0x80 ? 0 : iswctype(c, wctype("print"));
}

static struct span
span_of(const char *string)
{
	return (struct span){string, strlen(string)};
}

/* A line begins with the prefix, and the rest is the next piece of the text. */
static void
must_be_next(struct span line, struct span prefix, struct span *text)
{
	assert_true(line.length > prefix.length && span_is_complete(line));
	assert_memory_equal(line.text, prefix.text, prefix.length);
	line = (struct span){line.text + prefix.length, line.length - prefix.length - 1};
	assert_true(line.length <= text->length);
	if (line.length > 0)
		assert_memory_equal(line.text, text->text, line.length);
	*text = (struct span){text->text + line.length, text->length - line.length};
}

/* What a receiver makes of the lines is as many, each with the name before it. */
static void
must_arrive(struct span lines, struct span prefix)
{
	struct buffer received = {0}, name = {0};
	struct span left, line;

	filter_text(lines.text, lines.length, MAX, &received);
	filter_text(prefix.text, prefix.length, MAX, &name);
	left = buffer_span(&received);
	assert_int_equal(span_count_lines(left), span_count_lines(lines));
	while ((line = span_line(&left)).length > 0) {
		assert_true(line.length > buffer_length(&name));
		assert_memory_equal(line.text, buffer_data(&name), buffer_length(&name));
	}
	buffer_free(&received);
	buffer_free(&name);
}

/* Says it; checks what must hold for whatever is said.  Returns the lines. */
static struct buffer
say(const char *name, struct span text)
{
	struct span prefix = span_of(name), left, line;
	struct buffer lines = {0};

	said_add(&lines, prefix, text);
	left = buffer_span(&lines);
	while ((line = span_line(&left)).length > 0)
		must_be_next(line, prefix, &text);
	assert_int_equal(text.length, 0);
	must_arrive(buffer_span(&lines), prefix);
	return lines;
}

/* Says as many units, and then an end; returns the lines. */
static struct buffer
say_times(const char *name, size_t count, const char *unit, const char *end)
{
	struct buffer text = {0}, lines;

	add_times(&text, count, unit);
	add_string(&text, end);
	lines = say(name, buffer_span(&text));
	buffer_free(&text);
	return lines;
}

/* How many lines that makes. */
static size_t
lines_of(const char *name, size_t count, const char *unit, const char *end)
{
	struct buffer lines = say_times(name, count, unit, end);
	size_t number = span_count_lines(buffer_span(&lines));

	buffer_free(&lines);
	return number;
}

static void
test_short(void **state)
{
	struct buffer lines = say("<~ann> ", span_of("h\u00E9llo\tthere"));

	(void)state;
	buffer_add(&lines, "", 1);
	assert_string_equal(buffer_data(&lines), "<~ann> h\u00E9llo\tthere\n");
	buffer_free(&lines);
	assert_int_equal(lines_of("<ann> ", 0, "", ""), 1);
}

/* Another's name stands where the receiver would cut: with the name of who spoke before it, it stands elsewhere. */
static void
test_forged(void **state)
{
	(void)state;
	for (size_t letters = 65000; letters <= MAX - strlen("<ann> ok"); letters++) {
		size_t length = strlen("<~mallory> ") + letters + strlen("<ann> ok");

		assert_int_equal(lines_of("<~mallory> ", letters, "a", "<ann> ok"), 1 + (length > MAX));
	}
}

/* Each unit as often as fits one line, and once more. */
static void
test_edges(void **state)
{
	static const struct {
		const char *unit;
		size_t bytes; /* at a receiver */
	} units[] = {{"a", 1}, {"\t", 1}, {"\u00E9", 8}, {"\u6F22", 8}, {"\U0001F600", 9}, {"\U00050000", 9},
		     {"\U00100000", 10}};
	static const char *const names[] = {"", "<ann> ", "<~ann> ", "<\u00E4nne> ", "<\U0001F600\U0001F600> "};
	static const size_t sizes[] = {0, 6, 7, 7 - 1 + 8, 3 + 2 * 9};

	(void)state;
	for (size_t i = 0; i < COUNT(units) * COUNT(names); i++) {
		const char *unit = units[i % COUNT(units)].unit, *name = names[i / COUNT(units)];
		size_t fits = (MAX - sizes[i / COUNT(units)]) / units[i % COUNT(units)].bytes;

		assert_int_equal(lines_of(name, fits, unit, ""), 1);
		if ((fits + 1) * strlen(unit) <= MAX)
			assert_int_equal(lines_of(name, fits + 1, unit, ""), 2);
		if (2 * fits * strlen(unit) <= MAX)
			assert_int_equal(lines_of(name, 2 * fits, unit, ""), 2);
		if ((2 * fits + 1) * strlen(unit) <= MAX)
			assert_int_equal(lines_of(name, 2 * fits + 1, unit, ""), 3);
	}
}

/* What is drawn in one place stays together, wherever the edge falls in it; but not without end. */
static void
test_together(void **state)
{
	static const char *const together[] = {
		"e\u0301",
		"e\u0301\u0302\u0303\u0304",
		"\u0915\u093F",
		"\U0001F469\u200D\U0001F680",
		"\U0001F44B\U0001F3FD",
		"\u2764\uFE0F",
	};
	const char *name = "<ann> ";

	(void)state;
	for (size_t i = 0; i < COUNT(together); i++)
		for (size_t letters = MAX - 100; letters < MAX - strlen(together[i]); letters++) {
			char end[80];
			struct buffer lines;
			struct span left, line;

			snprintf(end, sizeof end, "%sx", together[i]);
			lines = say_times(name, letters, "a", end);
			left = buffer_span(&lines);
			line = span_line(&left);
			if (line.length < strlen(name) + letters + strlen(together[i]) + 1)
				assert_true(line.text[line.length - 2] == 'a');
			buffer_free(&lines);
		}
}

/* But not without end: a line full of marks is full before it is cut. */
static void
test_endless(void **state)
{
	static const char *const marks[] = {"\u093F", "\u200D"};

	(void)state;
	for (size_t i = 0; i < COUNT(marks); i++) {
		struct buffer text = {0}, lines;

		add_string(&text, "ab");
		add_times(&text, 10000, marks[i]);
		lines = say("<ann> ", buffer_span(&text));
		assert_int_equal(span_count_lines(buffer_span(&lines)), 2);
		buffer_free(&text);
		buffer_free(&lines);
	}
}

/* A line of up to MAX bytes, of stretches of this and that, as the host lets it through. */
static struct buffer
generate(uint64_t *random)
{
	static const char *const units[] = {"a", "words and ", "\t", "\u00E9", "\u6F22\u5B57", "\U0001F600", "e\u0301",
					    "\u0301", "\u1AFF", "\u0915\u093F", "\U0001FAFF", "\U000F0000", "\xE2\x80\xAE",
					    "\U00100000", "\U0001F469\u200D", "<ann> ok"};
	struct buffer raw = {0}, text = {0};
	struct filter filter;
	struct span rest, line;
	const char *next;

	while (buffer_length(&raw) < MAX) {
		const char *unit = units[below(random, COUNT(units))];
		size_t most = below(random, 4) == 0 ? MAX / 4 : 20;

		add_times(&raw, below(random, most), unit);
	}
	next = buffer_data(&raw);
	filter_init_relayed(&filter);
	while ((line = filter_next(&filter, &next, buffer_data(&raw) + buffer_length(&raw))).length > 0)
		buffer_add(&text, line.text, line.length);
	buffer_free(&raw);
	rest = buffer_span(&text);
	line = span_line(&rest);
	buffer_cut(&text, line.length - span_is_complete(line));
	return text;
}

static void
test_generated(void **state)
{
	static const char *const names[] = {"<ann> ", "<~\u00E4nne\u0301> ", "<\U0001F469\u200D\U0001F680> ", "* "};
	const char *given = getenv("SEED");
	uint64_t seed = (uint64_t)time(NULL);

	(void)state;
	if (given != NULL)
		seed = strtoull(given, NULL, 10);
	print_message("SEED=%ju\n", (uintmax_t)seed);
	for (size_t i = 0; i < 200; i++) {
		struct buffer text = generate(&seed), lines = say(names[i % COUNT(names)], buffer_span(&text));

		buffer_free(&text);
		buffer_free(&lines);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_generated),
	};
	int failed;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	knows_nothing = true; /* first: what the filter has learnt to be safe stays so */
	failed = cmocka_run_group_tests_name("receivers that know ASCII alone", tests, NULL, NULL);
	knows_nothing = false;
	return failed + cmocka_run_group_tests_name("receivers that know more", tests, NULL, NULL);
}
