/* Unit tests of what is looked for in texts. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "text/pattern.h"

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* The text with brackets around each place where the pattern is; good until the next call. */
static const char *
marked(const char *pattern, const char *text)
{
	static struct buffer result;
	struct pattern p;
	struct extent found;
	size_t from = 0;

	pattern_set(&p, span_of(pattern));
	buffer_drop(&result, buffer_length(&result));
	while (pattern_find(&p, span_of(text), from, &found)) {
		assert_true(found.start >= from && found.end > found.start);
		buffer_add(&result, text + from, found.start - from);
		buffer_add(&result, "[", 1);
		buffer_add(&result, text + found.start, found.end - found.start);
		buffer_add(&result, "]", 1);
		from = found.end;
	}
	buffer_add(&result, text + from, strlen(text + from) + 1);
	return buffer_data(&result);
}

static void
test_plain(void **state)
{
	(void)state;
	assert_string_equal(marked("one", "one, none, on e, One"), "[one], n[one], on e, [One]");
	assert_string_equal(marked("aab", "aaab aabaab aaa"), "a[aab] [aab][aab] aaa");
	assert_string_equal(marked("aa", "aaaaa"), "[aa][aa]a");
	assert_string_equal(marked("abcabd", "abcabcabd"), "abc[abcabd]");
	assert_string_equal(marked("a b\tc", "a b c a b\tc"), "a b c [a b\tc]");
	assert_string_equal(marked("long", "lon"), "lon");
	assert_string_equal(marked("x", ""), "");
	assert_string_equal(marked("", "text"), "text");
	assert_string_equal(marked("^[", "^[[0m"), "[^[][0m");
}

static void
test_case(void **state)
{
	(void)state;
	assert_string_equal(marked("STRASSE", "die Strasse"), "die [Strasse]");
	assert_string_equal(marked("ÄÖ", "äö Äö ao"), "[äö] [Äö] ao");
	assert_string_equal(marked("σας", "ΣΑΣ σασ"), "[ΣΑΣ] [σασ]");
	assert_string_equal(marked("привет", "ПРИВЕТ, Привет"), "[ПРИВЕТ], [Привет]");
	assert_string_equal(marked("istanbul", "İstanbul ISTANBUL ıstanbul"), "[İstanbul] [ISTANBUL] [ıstanbul]");
	assert_string_equal(marked("漢", "漢字"), "[漢]字");
}

/* What is not drawn does not count; marks belong to what they are drawn on. */
static void
test_as_shown(void **state)
{
	(void)state;
	assert_string_equal(marked("coop", "co\u00ADop"), "[co\u00ADop]");
	assert_string_equal(marked("co\u00ADop", "coop"), "[coop]");
	assert_string_equal(marked("cafe", "cafe\u0301s"), "[cafe\u0301]s");
	assert_string_equal(marked("cafe\u0301", "cafe cafe\u0301"), "cafe [cafe\u0301]");
	assert_string_equal(marked("👩", "x👩\u200d👧y"), "x[👩\u200d]👧y");
	assert_string_equal(marked("👩👧", "x👩\u200d👧y"), "x[👩\u200d👧]y");
	assert_string_equal(marked("de", "🇩🇪"), "[🇩🇪]");
	assert_string_equal(marked("\u200d", "a\u200db"), "a\u200db");
}

/* Its length is bounded, and so is the time that it takes. */
static void
test_long(void **state)
{
	enum { LENGTH = 1 << 16 };
	static char text[LENGTH], typed[2 * PATTERN_MAX];
	struct pattern p;
	struct extent found;

	(void)state;
	memset(text, 'a', sizeof text);
	memset(typed, 'a', sizeof typed);
	typed[PATTERN_MAX - 1] = 'b';
	pattern_set(&p, (struct span){typed, sizeof typed});
	assert_int_equal(p.length, PATTERN_MAX);
	assert_false(pattern_find(&p, (struct span){text, LENGTH}, 0, &found));
	text[LENGTH - 1] = 'b';
	assert_true(pattern_find(&p, (struct span){text, LENGTH}, 0, &found));
	assert_int_equal(found.start, LENGTH - PATTERN_MAX);
	assert_int_equal(found.end, LENGTH);
}

/* Bytes that are no UTF-8 are no danger. */
static void
test_broken(void **state)
{
	struct pattern p;
	struct extent found;

	(void)state;
	pattern_set(&p, span_of("\xFFx\xE2\x82"));
	assert_false(pattern_find(&p, span_of("x\xE2"), 0, &found));
	pattern_set(&p, span_of("x"));
	assert_true(pattern_find(&p, span_of("\xE2\x82x"), 0, &found));
	assert_int_equal(found.start, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_case),   cmocka_unit_test(test_as_shown),
		cmocka_unit_test(test_long),  cmocka_unit_test(test_broken),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
