/*
 * What is said in both languages, of which one is made up here: gettext(3) knows a few sentences of it.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bilingual.h"
#include "text/filter.h"
#include "trust/answer.h"

#define ROOM 200

/* --- The other language. --- */

static const char *
translate(const char *sentence)
{
	static const char *const sentences[][2] = {
		{"%s cannot be called: %s", "impossible de joindre %s : %s"},
		{"somebody", "quelqu'un"},
		{"%zu line", "%zu ligne"},
		{"%zu lines", "%zu lignes"},
		{"gone", "gone"},
		{"yes", "oui"},
		{"no", "n"}, /* which is no word */
	};

	for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
		if (strcmp(sentence, sentences[i][0]) == 0)
			return sentences[i][1];
	return sentence;
}

/* None is one in this language, as in French. */
static const char *
translate_count(const char *one, const char *many, unsigned long count)
{
	return translate(count <= 1 ? one : many);
}

/* However the C library is asked (libintl.h). */
char *__wrap_gettext(const char *sentence);
char *__wrap_dcgettext(const char *domain, const char *sentence, int category);
char *__wrap_ngettext(const char *one, const char *many, unsigned long count);
char *__wrap_dcngettext(const char *domain, const char *one, const char *many, unsigned long count, int category);

char *
__wrap_gettext(const char *sentence)
{
	return (char *)(uintptr_t)translate(sentence);
}

char *
__wrap_dcgettext(const char *domain, const char *sentence, int category)
{
	(void)domain;
	(void)category;
	return __wrap_gettext(sentence);
}

char *
__wrap_ngettext(const char *one, const char *many, unsigned long count)
{
	return (char *)(uintptr_t)translate_count(one, many, count);
}

char *
__wrap_dcngettext(const char *domain, const char *one, const char *many, unsigned long count, int category)
{
	(void)domain;
	(void)category;
	return __wrap_ngettext(one, many, count);
}

/* --- What is said. --- */

/* A text is this in English, and that in the other language. */
static void
expect(const char *text, const char *one, const char *other)
{
	char said[ROOM];

	bilingual_choose(text, ENGLISH, said, sizeof said);
	assert_string_equal(said, one);
	bilingual_choose(text, PERSONAL, said, sizeof said);
	assert_string_equal(said, other);
}

static void
test_sentence(void **state)
{
	char text[ROOM];

	(void)state;
	bilingual_print(text, sizeof text, "%s cannot be called: %s", "ann", "no answer");
	expect(text, "ann cannot be called: no answer", "impossible de joindre ann : no answer");
}

/* What is in one language only, or is the same in both, is itself. */
static void
test_nothing_to_translate(void **state)
{
	char text[ROOM];

	(void)state;
	bilingual_print(text, sizeof text, "unheard %s", "of");
	assert_string_equal(text, "unheard of");
	bilingual_print(text, sizeof text, "gone");
	assert_string_equal(text, "gone");
	assert_string_equal(bilingual("unheard"), "unheard");
}

/* A bilingual text in another one is in the language of that. */
static void
test_text_in_a_text(void **state)
{
	char text[ROOM], whole[3 * ROOM];

	(void)state;
	bilingual_print(text, sizeof text, "%s cannot be called: %s", bilingual("somebody"), "no answer");
	expect(text, "somebody cannot be called: no answer", "impossible de joindre quelqu'un : no answer");
	bilingual_print(whole, sizeof whole, "%s cannot be called: %s", "ann", text);
	expect(whole, "ann cannot be called: somebody cannot be called: no answer",
	       "impossible de joindre ann : impossible de joindre quelqu'un : no answer");
	snprintf(whole, sizeof whole, "(%s, %s)", text, bilingual("somebody"));
	expect(whole, "(somebody cannot be called: no answer, somebody)",
	       "(impossible de joindre quelqu'un : no answer, quelqu'un)");
}

static void
test_counts(void **state)
{
	const char *const one[] = {"0 lines", "1 line", "2 lines"}, *const other[] = {"0 ligne", "1 ligne", "2 lignes"};
	char text[ROOM];

	(void)state;
	for (size_t count = 0; count < 3; count++) {
		bilingual_print_count(text, sizeof text, "%zu line", "%zu lines", count, count);
		expect(text, one[count], other[count]);
	}
}

/* A question is answered in either language, by a word. */
static void
test_answers(void **state)
{
	static const char *const none[] = {"", "o", "ouis", "y", "yess", "no", "n", "non"};

	(void)state;
	assert_string_equal(answer_yes("yes"), "");
	assert_string_equal(answer_yes("oui"), "");
	assert_string_equal(answer_yes("Yes  Ann"), "Ann");
	assert_string_equal(answer_yes("OUI Ann Lee"), "Ann Lee");
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_null(answer_yes(none[i]));
	assert_true(answer_is_no("No"));
	assert_false(answer_is_no("n"));
	assert_false(answer_is_no("no Ann"));
	assert_false(answer_is_no("oui"));
}

/* Where there is no room for all, something is left of both, and nothing is torn. */
static void
test_cut(void **state)
{
	const char *const whole = "somebody cannot be called: no answer";
	char text[ROOM], said[ROOM];

	(void)state;
	for (size_t size = 1; size < ROOM; size++) {
		bilingual_print(text, size, "%s cannot be called: %s", bilingual("somebody"), "no answer");
		assert_true(strlen(text) < size);
		bilingual_choose(text, ENGLISH, said, sizeof said);
		assert_memory_equal(said, whole, strlen(said));
		bilingual_choose(text, PERSONAL, said, sizeof said);
		assert_memory_equal(said, "impossible de joindre quelqu'un : no answer", strlen(said));
		if (size > 20)
			assert_true(strlen(said) >= (size - 4) / 2 || strlen(said) == 43);
	}
	bilingual_choose(bilingual("somebody"), PERSONAL, said, 5);
	assert_string_equal(said, "quel");
}

/* Bytes that are in no UTF-8 can be in what somebody else has said: they are left to the filter. */
static void
test_strange_bytes(void **state)
{
	static const char *const texts[] = {
		"\xfd", "\xfe", "\xff", "a\xff\xfe\xfd", "\xfdone\xfe", "\xfdone\xff", "\xfd\xff\xfe"};
	char safe[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect(texts[i], texts[i], texts[i]);
	filter_bilingual("a\xff", safe, sizeof safe);
	assert_string_equal(safe, "a\xef\xbf\xbd");
}

/* Both languages of a text are made safe. */
static void
test_filtered(void **state)
{
	char text[ROOM], safe[ROOM];

	(void)state;
	bilingual_print(text, sizeof text, "%s cannot be called: %s", bilingual("somebody"), "\033[m");
	filter_bilingual(text, safe, sizeof safe);
	expect(safe, "somebody cannot be called: ^[[m", "impossible de joindre quelqu'un : ^[[m");
	filter_language(text, PERSONAL, safe, sizeof safe);
	assert_string_equal(safe, "impossible de joindre quelqu'un : ^[[m");
}

static const char *
describe(int number)
{
	return number == 0 ? "zero" : "one";
}

/* What is kept stays what it is. */
static void
test_kept(void **state)
{
	const char *zero = bilingual_describe(describe, 0), *one = bilingual_describe(describe, 1);
	const char *somebody = bilingual("somebody");

	(void)state;
	assert_string_equal(zero, "zero");
	assert_string_equal(one, "one");
	assert_ptr_equal(bilingual_describe(describe, 0), zero);
	assert_ptr_equal(bilingual("somebody"), somebody);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentence),
		cmocka_unit_test(test_nothing_to_translate),
		cmocka_unit_test(test_text_in_a_text),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_strange_bytes),
		cmocka_unit_test(test_filtered),
		cmocka_unit_test(test_kept),
	};

#if defined(ENABLE_NLS)
	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	(void)tests;
	return 77; /* there is one language only */
#endif
}
