/*
 * Glyphs: what is drawn of a text.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "text/glyph.h"
#include "text/utf8.h"
#include "text/wrap.h"

static const struct {
	const char *name, *text;
	const wchar_t *drawn; /* the glyphs, a '|' after each */
} cases[] = {
	{"letters", "aZ", L"a|Z|"},
	{"a control is left to others", "\x01\x7f", L"\x01|\x7f|"},
	{"wide ones", "\u4f60\U0001f600", L"\u4f60|\U0001f600|"},
	{"marks", "e\u0301\u0308x", L"e\u0301\u0308|x|"},
	{"more marks than a cell has room for", "e\u0301\u0301\u0301\u0301\u0301x", L"e\u0301\u0301\u0301|x|"},
	{"a mark on nothing", "\u0301x", L"|x|"},
	{"a mark on a control", "\x01\u0301x", L"\x01\u0301|x|"},
	{"a heart in colour", "\u2764\ufe0f!", L"\u2764|!|"},
	{"an emoji as text", "\U0001f600\ufe0e!", L"\U0001f600|!|"},
	{"a keycap", "1\ufe0f\u20e3!", L"1\u20e3|!|"},
	{"a family", "\U0001f468\u200d\U0001f469\u200d\U0001f467", L"\U0001f468|\U0001f469|\U0001f467|"},
	{"a heart on fire", "\u2764\ufe0f\u200d\U0001f525", L"\u2764|\U0001f525|"},
	{"a skin tone", "\U0001f44b\U0001f3fd!", L"\U0001f44b|!|"},
	{"a skin tone by itself", "\U0001f3fd!", L"|!|"},
	{"a flag", "\U0001f1e9\U0001f1ea!", L"D|E|!|"},
	{"half a flag", "\U0001f1ff\u0301", L"Z\u0301|"},
	{"a flag of tags, which are shown by their numbers", "\U0001f3f4\U000e0067\U000e007f", L"\U0001f3f4|||"},
	{"an ideograph with its variation", "\u845b\U000e0100\ufe00", L"\u845b|"},
	{"a letter and a Hangul filler", "a\u1160b\u115f\u3164\uffa0", L"a|b|"},
	{"a letter and conjoining letters", "a\u1161\u11a8\ud7b0\ud7cb", L"a|"},
	{"a syllable of two jamo", "\u1112\u1161!", L"\ud558|!|"},
	{"a syllable of three", "\u1112\u1161\u11ab\u1100\u1173\u11af", L"\ud55c|\uae00|"},
	{"a syllable and a final consonant", "\ud558\u11ab\u11ab", L"\ud55c|"},
	{"the first and the last", "\u1100\u1161\u1112\u1175\u11c2", L"\uac00|\ud7a3|"},
	{"no final consonant", "\uac00\u11a7\uac00\u11c3", L"\uac00|\uac00|"},
	{"an old consonant, and an old vowel", "\u1113\u1161\u1100\u1176", L"\u1113|\u1100|"},
	{"a syllable with a tone", "\uac00\u302e\u0301", L"\uac00\u0301|"},
	{"a hyphen that is not seen", "a\u00adb", L"a|b|"},
	{"joiners and marks of direction", "a\u200c\u200d\u200e\u061c\u2060\u034fb", L"a|b|"},
	{"signs that stand before digits", "\u0600\u0661\u06dd\u0662", L"|\u0661|\u0662|"},
	{"a selector between a letter and its mark", "e\ufe0f\u0301", L"e\u0301|"},
	{"nothing but a joiner", "\u200d", L"|"},
	{"a spacing mark", "\u0915\u093e\u0902!", L"\u0915\u093e\u0902|!|"},
	{"one on nothing", "\u093e\u093e!", L"|!|"},
	{"more of them than there is room for", "\u0915\u0903\u0903\u0903\u0903\u0903!",
	 L"\u0915\u0903\u0903\u0903||!|"},
	{"a consonant that is bound to the next", "\u0915\u094d\u0937", L"\u0915\u094d|\u0937|"},
	{"a vowel of Thai that a mark is part of", "\u0e19\u0e49\u0e33", L"\u0e19\u0e49\u0e33|"},
};

/* What terminals do not agree about. */
static const struct {
	const char *text;
	bool disputed;
	int columns;
} glyphs[] = {
	{"a", false, 1},
	{"\u00e9", false, 1},
	{"e\u0301", true, 1},
	{"\u044f", false, 1},
	{"\u05d0\u05b8", true, 1},
	{"\u0628\u0650", true, 1},
	{"\u4f60", false, 2},
	{"\uac00", false, 2},
	{"\u1100\u1161", false, 2},
	{"\u304b\u3099", true, 2},
	{"\uff21", false, 2},
	{"\U0001f1e9", false, 1},
	{"\U00020000", false, 2},
	{"\ufffd", false, 1},
	{"\u0915", true, 1},
	{"\u0915\u093f", true, 2},
	{"a\u0903\u0903", true, 3},
	{"\u0e01\u0e33", true, 2},
	{"e\u1ab0", true, 1},
	{"1\u20e3", true, 1},
	{"\u1100", true, 2},
	{"\u2764", true, 1},
	{"\u261d", true, 2},
	{"\U0001f575\U0001f3fd", true, 2},
	{"\u3030", true, 2},
	{"\u3248", true, 2},
	{"\u4dc0", true, 2},
	{"\U0001f600", false, 2},
	{"\U0001f6d6", true, 2},
	{"\U0001f321", true, 1},
	{"\U0010f000", true, 1},
};

static void
test_disputed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++) {
		const char *text = glyphs[i].text, *end = text + strlen(text);
		struct glyph glyph;

		if (glyph_next(text, end, &glyph) != end || glyph.disputed != glyphs[i].disputed ||
		    glyph.columns != glyphs[i].columns)
			fail_msg("%s: %d, %d columns", text, glyph.disputed, glyph.columns);
	}
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *s = cases[i].text, *end = s + strlen(s);
		wchar_t drawn[64];
		size_t length = 0;

		while (s < end) {
			struct glyph glyph;

			s = glyph_next(s, end, &glyph);
			if (glyph.character != 0)
				drawn[length++] = (wchar_t)glyph.character;
			for (const uint32_t *mark = glyph.marks; *mark != 0; mark++)
				if (glyph.character != 0)
					drawn[length++] = (wchar_t)*mark;
			drawn[length++] = L'|';
		}
		drawn[length] = L'\0';
		if (wcscmp(drawn, cases[i].drawn) != 0)
			fail_msg("%s: %ls", cases[i].name, drawn);
	}
}

/* Whatever the text: it takes the columns of what is drawn, and nothing is drawn that terminals disagree about. */
static void
test_columns(void **state)
{
	static const uint32_t few[] = {'a',    0x301,  0x1100, 0x1161, 0x11A8, 0xAC00, 0x200D,	0xFE0F,
				       0x20E3, 0x4E00, 0x2764, 0xAD,   0x3164, 0x903,  0x1F1E6, 0x1F3FB,
				       0x261D};

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		wchar_t characters[21] = L"";
		char text[sizeof characters / sizeof characters[0] * UTF8_LONGEST];
		const char *s = text, *end;
		int columns = 0;

		for (int i = rand() % 20; i >= 0; i--)
			characters[i] = (wchar_t)few[(size_t)rand() % (sizeof few / sizeof few[0])];
		assert_true(wcstombs(text, characters, sizeof text) < sizeof text);
		end = text + strlen(text);
		while (s < end) {
			struct glyph glyph;

			s = glyph_next(s, end, &glyph);
			columns += glyph.columns;
			assert_true(glyph.columns <= GLYPH_COLUMNS_MAX);
			for (const uint32_t *mark = glyph.marks; *mark != 0; mark++)
				assert_true(*mark == 0x301 || *mark == 0x20E3 || *mark == 0x903);
		}
		assert_int_equal(columns, wrap_measure(text, strlen(text)));
	}
}

static void
test_every_character(void **state)
{
	static const wchar_t half_wide[] =
	    L"\u261d\u26f9\u270c\u270d\U0001f3cb\U0001f3cc\U0001f574\U0001f575\U0001f590";

	(void)state;
	for (uint32_t c = 0xA0; c < 0x110000; c++) {
		uint32_t drawn = glyph_character(c);
		int columns = wcwidth((wchar_t)c);

		if (wcschr(half_wide, (wchar_t)c) != NULL)
			assert_int_equal(glyph_columns(c), 2);
		else if (drawn == c && columns >= 0)
			assert_int_equal(glyph_columns(c), columns);
		else if (drawn == c)
			assert_int_equal(glyph_columns(c), 1);
		else
			assert_int_equal(glyph_columns(c), drawn != 0);
	}
}

/* What terminals agree about is not disputed: what has one column everywhere. */
static void
test_disputed_text(void **state)
{
	static const char *const agreed[] = {"", "https://a/", "\u00e9\u00b7", "\u02ff"};
	static const char *const disputed[] = {"\u0300", "a\u0903", "\u6f22", "\U0001f600"};

	(void)state;
	for (size_t i = 0; i < sizeof agreed / sizeof agreed[0]; i++)
		assert_false(glyph_is_disputed(agreed[i], strlen(agreed[i])));
	for (size_t i = 0; i < sizeof disputed / sizeof disputed[0]; i++)
		assert_true(glyph_is_disputed(disputed[i], strlen(disputed[i])));
	assert_false(glyph_is_disputed("ab\u0300", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_disputed),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_disputed_text),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
