/* Unit tests of the status bar's words. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/bar.h"
#include "text/wrap.h"

static const struct bar talking = {
	.name = "192.0.2.7",
	.state = "encrypted, unknown",
	.since = "since 14:02",
	.tip = "F1/Alt-? help",
	.hint = "F1 help",
};

/* What is shown of a bar, the two ends with a bar between them. */
static const char *
shown(const struct bar *bar, int columns)
{
	static char text[2 * BAR_MAX];
	char left[BAR_MAX], right[BAR_MAX];

	bar_write(bar, columns, left, right);
	strlcpy(text, left, sizeof text);
	if (*right != '\0') {
		strlcat(text, " | ", sizeof text);
		strlcat(text, right, sizeof text);
	}
	return text;
}

/* What is missed least goes first, and the name before the state. */
static void
test_what_is_left_out(void **state)
{
	static const struct {
		int from; /* so many columns */
		const char *text;
	} rows[] = {
		{59, "192.0.2.7 \u00b7 encrypted, unknown \u00b7 since 14:02 | F1/Alt-? help"},
		{53, "192.0.2.7 \u00b7 encrypted, unknown \u00b7 since 14:02 | F1 help"},
		{39, "192.0.2.7 \u00b7 encrypted, unknown | F1 help"},
		{30, "192.0.2.7 \u00b7 encrypted, unknown"},
		{29, "192.0.2\u2026 \u00b7 encrypted, unknown"},
		{23, "1\u2026 \u00b7 encrypted, unknown"},
		{18, "encrypted, unknown"},
		{17, "192.0.\u2026 \u00b7 unknown"},
		{12, "1\u2026 \u00b7 unknown"},
		{7, "unknown"},
		{6, "192.0\u2026"},
		{2, "1\u2026"},
		{0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(shown(&talking, rows[i].from), rows[i].text);
}

/* What is not in view stays longer than the name; the key for it goes before that is cut. */
static void
test_news(void **state)
{
	struct bar bar = talking;

	(void)state;
	strlcpy(bar.news, "12 new below", sizeof bar.news);
	strlcpy(bar.key, "Ctrl-PgDn", sizeof bar.key);
	assert_string_equal(shown(&bar, 80), "192.0.2.7 \u00b7 encrypted, unknown \u00b7 since 14:02 | "
					     "12 new below \u00b7 Ctrl-PgDn \u00b7 F1 help");
	assert_string_equal(shown(&bar, 86), "192.0.2.7 \u00b7 encrypted, unknown \u00b7 since 14:02 | "
					     "12 new below \u00b7 Ctrl-PgDn \u00b7 F1/Alt-? help");
	assert_string_equal(shown(&bar, 66), "192.0.2.7 \u00b7 encrypted, unknown | "
					     "12 new below \u00b7 Ctrl-PgDn \u00b7 F1 help");
	assert_string_equal(shown(&bar, 56), "192.0.2.7 \u00b7 encrypted, unknown | 12 new below \u00b7 Ctrl-PgDn");
	assert_string_equal(shown(&bar, 55), "192.0.2.7 \u00b7 encrypted, unknown | 12 new below");
	assert_string_equal(shown(&bar, 37), "1\u2026 \u00b7 encrypted, unknown | 12 new below");
	assert_string_equal(shown(&bar, 31), "192.0.\u2026 \u00b7 unknown | 12 new below");
	assert_string_equal(shown(&bar, 20), "192.0.2.7 \u00b7 unknown");
}

/* What can be done stays longer than what can be looked up elsewhere. */
static void
test_detail(void **state)
{
	struct bar bar = talking;

	(void)state;
	strlcpy(bar.state, "over", sizeof bar.state);
	strlcpy(bar.detail, "Ctrl-D leaves", sizeof bar.detail);
	*bar.since = '\0';
	assert_string_equal(shown(&bar, 47), "192.0.2.7 \u00b7 over \u00b7 Ctrl-D leaves | F1/Alt-? help");
	assert_string_equal(shown(&bar, 46), "192.0.2.7 \u00b7 over \u00b7 Ctrl-D leaves | F1 help");
	assert_string_equal(shown(&bar, 40), "192.0.2.7 \u00b7 over \u00b7 Ctrl-D leaves");
	assert_string_equal(shown(&bar, 31), "192.0.2.7 \u00b7 over");
}

/* What would be sent again stays longer than how to learn more. */
static void
test_again(void **state)
{
	struct bar bar = talking;

	(void)state;
	strlcpy(bar.act, "F8 hangs up", sizeof bar.act);
	strlcpy(bar.again, "F6 sends 3 lines again", sizeof bar.again);
	assert_string_equal(shown(&bar, 98), "192.0.2.7 \u00b7 encrypted, unknown \u00b7 since 14:02 \u00b7 "
					      "F8 hangs up \u00b7 F6 sends 3 lines again | F1/Alt-? help");
	assert_string_equal(shown(&bar, 67), "192.0.2.7 \u00b7 encrypted, unknown \u00b7 F6 sends 3 lines again | "
					      "F1 help");
	assert_string_equal(shown(&bar, 60), "192.0.2.7 \u00b7 encrypted, unknown \u00b7 F6 sends 3 lines again");
	assert_string_equal(shown(&bar, 50), "192.0.2.7 \u00b7 encrypted, unknown");
}

/* Names can be wide, and a state that has no shorter form is shown whole or not at all. */
static void
test_other_words(void **state)
{
	struct bar bar = {.name = "\u6f22\u5b57\u6f22\u5b57", .state = "not encrypted"};

	(void)state;
	assert_string_equal(shown(&bar, 24), "\u6f22\u5b57\u6f22\u5b57 \u00b7 not encrypted");
	assert_string_equal(shown(&bar, 22), "\u6f22\u5b57\u2026 \u00b7 not encrypted");
	assert_string_equal(shown(&bar, 13), "not encrypted");
	assert_string_equal(shown(&bar, 12), "\u6f22\u5b57\u6f22\u5b57");
	bar = (struct bar){.name = "waiting on port 8080", .tip = "F1/Alt-? help", .hint = "F1 help"};
	assert_string_equal(shown(&bar, 28), "waiting on port 8080");
	assert_string_equal(shown(&bar, 29), "waiting on port 8080 | F1 help");
	assert_string_equal(shown(&bar, 10), "waiting o\u2026");
}

/* Words of another language may be longer, and have more bytes than columns: those count, here as well. */
static void
test_long_words(void **state)
{
	static const struct bar bar = {
		.name = "192.0.2.7",
		.state = "chiffr\u00e9, correspondant inconnu",
		.since = "depuis 14 h 02",
		.typed = "3 lignes, Entr\u00e9e les envoie toutes",
		.news = "12 nouvelles lignes plus bas",
		.key = "Ctrl-Pg suiv",
		.tip = "F1/Alt-? pr\u00e9sente l'aide",
		.hint = "F1 pr\u00e9sente l'aide",
	};
	/* In terminals of 80, 60 and 40 columns. */
	static const struct {
		int columns;
		const char *with_typed, *with_news, *with_tip;
	} rows[] = {
		{78, "192.0.2.7 \u00b7 correspondant inconnu | 3 lignes, Entr\u00e9e les envoie toutes",
		 "192.0.2.7 \u00b7 chiffr\u00e9, correspondant inconnu | 12 nouvelles lignes plus bas",
		 "192.0.2.7 \u00b7 chiffr\u00e9, correspondant inconnu | F1 pr\u00e9sente l'aide"},
		{58, "correspondant inconnu | 3 lignes, Entr\u00e9e les envoie toutes",
		 "192\u2026 \u00b7 correspondant inconnu | 12 nouvelles lignes plus bas",
		 "192.0.2.7 \u00b7 chiffr\u00e9, correspondant inconnu"},
		{38, "192\u2026 \u00b7 correspondant inconnu | 3 lignes", "192.0.2.7 \u00b7 correspondant inconnu",
		 "192.\u2026 \u00b7 chiffr\u00e9, correspondant inconnu"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bar other = bar;

		assert_string_equal(shown(&other, rows[i].columns), rows[i].with_typed);
		*other.typed = '\0';
		assert_string_equal(shown(&other, rows[i].columns), rows[i].with_news);
		*other.news = *other.key = '\0';
		assert_string_equal(shown(&other, rows[i].columns), rows[i].with_tip);
	}
}

/* At whatever width, nothing sticks out, and no state is shown that is not the right one. */
static void
test_all_widths(void **state)
{
	static const char *const states[] = {"not encrypted", "encrypted", "encrypted, new key", "encrypted, unknown"};

	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct bar bar = talking;

		strlcpy(bar.name, "a.host.whose.name.is.long.example", sizeof bar.name);
		strlcpy(bar.state, states[i], sizeof bar.state);
		for (int columns = 0; columns < 100; columns++) {
			const char *text = shown(&bar, columns);
			const char *word = strstr(text, "ncrypted");

			assert_true(wrap_measure(text, strlen(text)) <= columns + 1);
			assert_true(word == NULL || strstr(text, states[i]) != NULL);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_left_out),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_detail),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_all_widths),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
