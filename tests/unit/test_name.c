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
#define BYTES_62 "12345678901234567890123456789012345678901234567890123456789012"

static void
test_fault(void **state)
{
	static const char *const names[] = {
		"Ann",		   "Ann Example", "\u00C4nne M\u00FCller", "\u6F22\u5B57", "\"Ann\"", "yours",
		BYTES_62 "3",	   "**",	  "\U0001F469\u200D\U0001F680",		  "n\x1b[2J",
	};
	static const struct {
		const char *text, *fault;
	} others[] = {
		{"", "shows nothing"},
		{"   ", "shows nothing"},
		{"\t\u00A0\u2800\u3164\uFFA0\u115F\u1160", "shows nothing"},
		{"\u200B\u200D\uFE0F\u00AD", "shows nothing"},
		{"\x01", "shows nothing"},
		{BYTES_62 "34", "has more than 63 bytes"},
		{BYTES_62 "\u00E9", "has more than 63 bytes"},
		{"a\xff" "b", "is not UTF-8"},
		{"a\xc3", "is not UTF-8"},
		{"*", "tchat uses itself"},
		{"you", "tchat uses itself"},
		{" Y\u200Bo\u2800U ", "tchat uses itself"},
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
		{"Ben  \t tchat: hello", "Ben ^I tchat: hello"},
		{"Ben \u00A0\u2800\u3164\u3000x", "Ben x"},
		{"Ben \u200B \u200B x", "Ben \u200B\u200Bx"},
		{"B\u3164e\uFFA0n\u115Fx\u1160y", "B e n x y"},
		{"  Ben  ", "Ben"},
		{"Ben\", known by \"you", "Ben', known by 'you"},
		{"a\nb\x1b\xff\u202E", "a^Jb^[\uFFFD<U+202E>"},
		{BYTES_62 "3", BYTES_62 "3"},
		{BYTES_62 "34", ""},
		{"Ben                                                             x", ""}, /* 65 bytes */
		{BYTES_62 "\x01", ""}, /* 64 bytes, safe */
		{"\u202E\u202E\u202E\u202E\u202E\u202E\u202E\u202E", ""},
		{"\u2800", ""},
		{"*", ""},
		{"y\u3164ou", ""},
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
		{"Ann Example", "A\u00ADnn Exa\u034Fmple\uFE0F"},
		{"Ben", "Ben\u2800"},
		{"Ben", "\u3164B\uFFA0e\u115Fn\u1160"},
#if defined(HAVE_GNUTLS)
		{"Andr\u00E9", "Andre\u0301"},
		{"ANDR\u00C9", "Andre\u034F\u0301\u200D"},
		{"\u1E69", "s\u0307\u0323"},
		{"\uD55C", "\u1112\u1161\u11AB"},
		{"\u212Bsa", "\u00E5sa"},
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
