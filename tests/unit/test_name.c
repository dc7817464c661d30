/*
 * Names: what is one, what is made of a stranger's claim, and which look the same.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "text/name.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LETTERS_62 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"
#define OTHER_SIGNS "has other signs than letters, digits and -'.,&+_@()"

static void
test_fault(void **state)
{
	static const char *const names[] = {
		"Ann",	       "Ann Example",	"\u00C4nne M\u00FCller", "\u6F22\u5B57", "yours", "O'Neil (work)",
		LETTERS_62 "3", "ann_2@b.org",	"\U0001F469\u200D\U0001F680", "\u0915\u093F", "\u041E\u043B\u044F",
		"\u039D\u03AF\u03BA\u03BF\u03C2", "\uD55C\uAE00", "\u0645\u06CC\u200C\u062E", "tchatter", "Andre\u0301",
	};
	static const struct {
		const char *text, *fault;
	} others[] = {
		{"", "shows nothing"},
		{"   ", "shows nothing"},
		{LETTERS_62 "34", "has more than 63 bytes"},
		{LETTERS_62 "\u00E9", "has more than 63 bytes"},
		{"a\xff" "b", "is not UTF-8"},
		{"a\xc3", "is not UTF-8"},
		{"a\u00A0", OTHER_SIGNS},
		{"\u2800", OTHER_SIGNS},
		{"\u3164", OTHER_SIGNS},
		{"a\u200B", OTHER_SIGNS},
		{"a\u00AD", OTHER_SIGNS},
		{"a\tb", OTHER_SIGNS},
		{"n\x1b[2J", OTHER_SIGNS},
		{"\"Ann\"", OTHER_SIGNS},
		{"Ann\u201D", OTHER_SIGNS},
		{"Ann \u2713", OTHER_SIGNS},
		{"Ann  \u203A", OTHER_SIGNS},
		{"Ann \u00B7 encrypted", OTHER_SIGNS},
		{"tchat: Ann has left", OTHER_SIGNS},
		{"Ann \uE000", OTHER_SIGNS},
		{"\U000F0000", OTHER_SIGNS},
		{"\uFF41nn", OTHER_SIGNS},
		{"\U0001D400nn", OTHER_SIGNS},
		{"\U0001F1E6nn", OTHER_SIGNS},
		{"*", OTHER_SIGNS},
		{"?", OTHER_SIGNS},
		{"!", OTHER_SIGNS},
		{"00:00", OTHER_SIGNS},
		{"0000", "has no letter"},
		{"\u0661\u0662\u0663", "has no letter"},
		{"-'.,&+_@()", "has no letter"},
		{"\U0001F3FB\U0001F3FB", "has no letter"},
		{"\u0412en", "has letters of several alphabets"},
		{"B\u03BFb", "has letters of several alphabets"},
		{"\u039D \u041E", "has letters of several alphabets"},
		{"you", "tchat uses itself"},
		{" Y'o-U. ", "tchat uses itself"},
		{"(T C H A T)", "tchat uses itself"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_null(name_fault(names[i]));
	for (size_t i = 0; i < COUNT(others); i++) {
		const char *fault = name_fault(others[i].text);

		assert_non_null(fault);
		assert_string_equal(fault, others[i].fault);
	}
}

/* Linked with --wrap=wcwidth: fillers have columns or, as with glibc 2.41, none. */
static bool fillers_have_columns = true;

int __real_wcwidth(wchar_t c);
int __wrap_wcwidth(wchar_t c);

int
__wrap_wcwidth(wchar_t c)
{
	bool filler = c == 0x115F || c == 0x3164 || c == 0xFFA0;

	return filler ? 2 * fillers_have_columns : __real_wcwidth(c);
}

/* What a stranger claims to be called, and what it is called: the same with every C library. */
static void
test_tame(void **state)
{
	static const char *const claims[][2] = {
		{"Ben", "Ben"},
		{"Uncle Ben", "Uncle Ben"},
		{"\U0001F469\u200D\U0001F680 Ann", "\U0001F469\u200D\U0001F680 Ann"},
		{"O\u2019Neil", "O'Neil"},
		{"Ben  \t tchat: hello", "Ben tchat hello"},
		{"Ben \u00A0\u2800\u3164\u3000x", "Ben x"},
		{"Ben \u200B \u200B x", "Ben x"},
		{"B\u3164e\uFFA0n\u115Fx\u1160y", "B e n x y"},
		{"  Ben  ", "Ben"},
		{"\u0301Ben \u0301x\u0301", "Ben x\u0301"},
		{"Ben\", known by \"you", "Ben , known by you"},
		{"Ben\u201D (key known) \u201CBen", "Ben (key known) Ben"},
		{"Ann \u2713 \u00B7 encrypted", "Ann encrypted"},
		{"Ann \uE000", "Ann"},
		{"a\nb\x1b[2J\xff\u202Ec", "a b 2J c"},
		{"\uFF42en \U0001D400", "en"},
		{LETTERS_62 "3", LETTERS_62 "3"},
		{LETTERS_62 "34", ""},
		{"Ben                                                             x", ""}, /* 65 bytes */
		{"\u202E\u202E\u202E\u202E\u202E\u202E\u202E\u202E", ""},
		{"\u2800", ""},
		{"a123456789", "a123456789"},
		{"a1234567890", ""},
		{"12345 abc 67890", ""},
		{"\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660", ""},
		{"12345 a\u0967\u0968\u0969\u096A\u096B", ""},
		{"sha256:AAA", ""},
		{"*", ""},
		{"? !", ""},
		{"00:00", ""},
		{"y\u3164ou \u2713", ""},
		{"\u0412en", ""},
		{"", ""},
	};
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(claims); i++) {
		fillers_have_columns = i < COUNT(claims);
		name_tame(claims[i % COUNT(claims)][0], name);
		assert_string_equal(name, claims[i % COUNT(claims)][1]);
	}
	fillers_have_columns = true;
}

static void
test_alike(void **state)
{
	static const char *const alike[][2] = {
		{"Ann Example", "ann example"},
		{"Ann Example", "AnnExample"},
		{"Ann Example", "Ann\u00A0Example"},
		{"Ann Example", "Ann\u200B Example"},
		{"Ann Example", "Ann-Example."},
		{"Ann Example", "A\u00ADnn Exa\u034Fmple\uFE0F"},
		{"Ann", "Ann \u2713"},
		{"\u039D\u03AF\u03BA\u03BF\u03C2", "\u039D\u038A\u039A\u039F\u03A3"},
		{"\u017Fam", "Sam"},
		{"irina", "IRINA"},
		{"\u0131r\u0131na", "\u0130RINA"},
		{"Ben", "Ben\u2800"},
		{"Ben", "\u3164B\uFFA0e\u115Fn\u1160"},
#if defined(HAVE_GNUTLS)
		{"Andr\u00E9", "Andre\u0301"},
		{"ANDR\u00C9", "Andre\u034F\u0301\u200D"},
		{"\u1E69", "s\u0307\u0323"},
		{"\uD55C", "\u1112\u1161\u11AB"},
		{"\u0130RINA", "I\u0307rina"},
#endif
	};
	static const char *const different[][2] = {
		{"Ann Example", "Ann Examples"},
		{"Ann Example", "Anna Example"},
		{"Andr\u00E9", "Andre"},
		{"Ben", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(alike); i++) {
		assert_true(name_is_alike(alike[i][0], alike[i][1]));
		assert_true(name_is_alike(alike[i][1], alike[i][0]));
	}
	for (size_t i = 0; i < COUNT(different); i++)
		assert_false(name_is_alike(different[i][0], different[i][1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_tame),
		cmocka_unit_test(test_alike),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
