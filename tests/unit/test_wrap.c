/*
 * Wrapping: which part of a text stands in which row.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/utf8.h"
#include "text/wrap.h"

/* The rows of a text, each followed by a '|'. */
static void
wrap_all(const char *text, int width, enum wrap_mode mode, char *rows, size_t size)
{
	size_t length = strlen(text), start = 0, used = 0;
	struct row row;

	do {
		size_t next = wrap_row(text, length, start, width, mode, &row);

		assert_true(next > start || length == 0);
		assert_int_equal(row.start, start);
		assert_true(used + row.length + 2 < size);
		memcpy(rows + used, text + row.start, row.length);
		used += row.length;
		rows[used++] = '|';
		start = next;
	} while (start < length);
	rows[used] = '\0';
}

static const struct {
	const char *name, *text;
	int width;
	enum wrap_mode mode;
	const char *rows;
} cases[] = {
	{"nothing is a row of its own", "", 10, WRAP_WORDS, "|"},
	{"what fits is one row", "ab cd", 5, WRAP_WORDS, "ab cd|"},
	{"broken between words, without the blank", "ab cd ef", 5, WRAP_WORDS, "ab cd|ef|"},
	{"several blanks vanish at the break", "ab    cd", 4, WRAP_WORDS, "ab|cd|"},
	{"blanks stay within a row", "a  b c", 4, WRAP_WORDS, "a  b|c|"},
	{"a word that just fits", "abc defg", 4, WRAP_WORDS, "abc|defg|"},
	{"a word too long is broken", "abcdefgh", 3, WRAP_WORDS, "abc|def|gh|"},
	{"... but first moved to a row of its own", "a bcdefg", 4, WRAP_WORDS, "a|bcde|fg|"},
	{"an address is not broken at its punctuation", "see https://a.b/c-d?e", 18, WRAP_WORDS,
	 "see|https://a.b/c-d?e|"},
	{"wide characters take two columns", "\u4f60\u597d\u4e16\u754c", 4, WRAP_WORDS,
	 "\u4f60\u597d|\u4e16\u754c|"},
	{"a wide one does not fit into one column", "a\u4f60\u597d", 4, WRAP_WORDS, "a\u4f60|\u597d|"},
	{"spacing marks stay with theirs", "\u0915\u0916\u093e\u0903\u0917", 3, WRAP_WORDS,
	 "\u0915|\u0916\u093e\u0903|\u0917|"},
	{"... also where rows may be broken anywhere", "\u0915\u0916\u093e\u0917", 2, WRAP_CHARACTERS,
	 "\u0915|\u0916\u093e|\u0917|"},
	{"more of them than a row has columns", "\u0915\u0903\u0903\u0903", 2, WRAP_CHARACTERS,
	 "\u0915\u0903|\u0903\u0903|"},
	{"combining characters stay with theirs", "abe\u0301\u0300f", 3, WRAP_WORDS,
	 "abe\u0301\u0300|f|"},
	{"a mark does not hang over the end with a blank", "abcd \u0301e", 4, WRAP_WORDS,
	 "abcd|\u0301e|"},
	{"a family stays together", "ab \U0001f469\u200d\U0001f467 c", 5, WRAP_WORDS,
	 "ab|\U0001f469\u200d\U0001f467|c|"},
	{"a skin tone stays with its hand", "ab\U0001f44b\U0001f3fd", 3, WRAP_WORDS,
	 "ab|\U0001f44b\U0001f3fd|"},
	{"wider than the screen", "\u4f60\u597d", 1, WRAP_WORDS, "\u4f60|\u597d|"},
	{"one column", "ab c", 1, WRAP_WORDS, "a|b|c|"},
	{"typing breaks where the row is full", "ab cd ef", 4, WRAP_CHARACTERS, "ab c|d ef|"},
	{"... and keeps each blank", "abc  d", 4, WRAP_CHARACTERS, "abc | d|"},
	{"a pasted line end ends the row", "ab\ncd", 9, WRAP_CHARACTERS, "ab\n|cd|"},
	{"a line end after a full row", "abcd\ne", 5, WRAP_CHARACTERS, "abcd\n|e|"},
	{"a control takes two columns", "a\x01z", 3, WRAP_CHARACTERS, "a\x01|z|"},
	{"a TAB reaches to the next stop", "a\tbc", 9, WRAP_CHARACTERS, "a\tb|c|"},
};

static void
test_cases(void **state)
{
	char rows[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		wrap_all(cases[i].text, cases[i].width, cases[i].mode, rows, sizeof rows);
		if (strcmp(rows, cases[i].rows) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, rows, cases[i].rows);
	}
}

/* How many columns the row takes, blanks at its end left out. */
static int
columns_of(const char *text, size_t length)
{
	const char *end = text + length;
	int columns = 0, seen = 0;

	while (text < end) {
		uint32_t c;
		text = utf8_next(text, end, &c);
		columns += wrap_columns(c, columns);
		if (c != ' ' && c != '\n')
			seen = columns;
	}
	return seen;
}

/* Whatever the text and the width: no row is too wide, and nothing but blanks is left out. */
static void
test_properties(void **state)
{
	static const char *const pieces[] = {"a",      "bc",	 " ",	   "  ",	   "\u00e9",
					     "e\u0301", "\u4f60", "\u754c", "\U0001f600", "word"};

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		enum wrap_mode mode = round % 2 ? WRAP_WORDS : WRAP_CHARACTERS;
		int width = 2 + rand() % 12;
		char text[256] = "";
		size_t start = 0, length;

		for (int i = rand() % 30; i > 0; i--)
			strcat(text, pieces[(size_t)rand() % (sizeof pieces / sizeof pieces[0])]);
		length = strlen(text);
		while (start < length) {
			struct row row;
			size_t next = wrap_row(text, length, start, width, mode, &row);

			assert_true(next > start && next <= length);
			assert_true(columns_of(text + row.start, row.length) <= width);
			for (size_t i = row.start + row.length; i < next; i++)
				assert_int_equal(text[i], ' ');
			start = next;
		}
	}
}

/* What is cut is seen to be, and is no wider than it may be. */
static void
test_cut(void **state)
{
	static const struct {
		const char *text;
		int columns;
		const char *cut;
	} cuts[] = {
		{"Ann", 3, "Ann"},	      {"Annabel", 4, "Ann\u2026"},	     {"Annabel", 2, "A\u2026"},
		{"Annabel", 1, ""},	      {"Annabel", 0, ""},	     {"", 0, ""},
		{"\u6f22\u5b57", 4, "\u6f22\u5b57"}, {"\u6f22\u5b57", 3, "\u6f22\u2026"}, {"\u6f22\u5b57", 2, "\u2026"},
		{"a\u0301bc", 2, "a\u0301\u2026"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		strlcpy(text, cuts[i].text, sizeof text);
		wrap_cut(text, sizeof text, cuts[i].columns);
		assert_string_equal(text, cuts[i].cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_cut),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
