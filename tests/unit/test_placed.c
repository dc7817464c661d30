/*
 * Disputed glyphs: what is written for them, so that what stands behind them is in its place.
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

#include "screen/placed.h"
#include "text/glyph.h"

#define AT(blanks, text) "\0337" blanks "\0338\0337" text "\0338\033[C"
#define NEXT "\033[C"

/* Adds what ncurses writes for a text of glyphs, each of which is placed. */
static void
write_placed(const char *text, char *written)
{
	const char *end = text + strlen(text);

	while (text < end) {
		wchar_t cell[PLACED_CELL_MAX + 1] = L"";
		struct glyph glyph;

		text = glyph_next(text, end, &glyph);
		placed_encode(&glyph, cell);
		assert_true(placed_is(cell[0]) && wcwidth(cell[0]) == 1);
		for (int i = 0; cell[i] != L'\0'; i++)
			written += wctomb(written, cell[i]);
		for (int i = 1; i < glyph.columns; i++)
			written += wctomb(written, placed_next);
	}
	*written = '\0';
}

static void
assert_decoded(const char *written, const char *expected)
{
	struct buffer buffer = {.data = NULL};

	placed_decode(written, strlen(written), &buffer);
	if (buffer_length(&buffer) != strlen(expected) ||
	    (*expected != '\0' && memcmp(buffer_data(&buffer), expected, buffer_length(&buffer)) != 0))
		fail_msg("%s: %.*s", written, (int)buffer_length(&buffer), buffer_data(&buffer));
	buffer_free(&buffer);
}

static const struct {
	const char *text, *written;
} cases[] = {
	{"\u2764", AT(" ", "\u2764")},
	{"\U0001f600", AT("  ", "\U0001f600") NEXT},
	{"\u0915\u093f\u0902", AT("  ", "\u0915\u093f\u0902") NEXT},
	{"\u2764\u0915", AT(" ", "\u2764") AT(" ", "\u0915")},
	{"\u4f60\u0903\u0903\u0903", AT("     ", "\u4f60\u0903\u0903\u0903") NEXT NEXT NEXT NEXT},
	{"\U0010f000", AT(" ", "\U0010f000")}, /* is not taken for what it looks like here */
	{"\U0010f008\u0301\u0301", AT(" ", "\U0010f008\u0301\u0301")},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char written[256], around[512], expected[512];

		write_placed(cases[i].text, written);
		assert_decoded(written, cases[i].written);
		snprintf(around, sizeof around, "\033[1m\u4f60%s\U0001f600 b", written);
		snprintf(expected, sizeof expected, "\033[1m\u4f60%s\U0001f600 b", cases[i].written);
		assert_decoded(around, expected);
	}
}

static void
test_nothing_placed(void **state)
{
	(void)state;
	assert_decoded("", "");
	assert_decoded("\033[H\033[2Jabc \u4f60\U000f0000\U0010f100\U0010efff", "\033[H\033[2Jabc "
									"\u4f60\U000f0000\U0010f100\U0010efff");
	assert_decoded("\xF4", "\xF4"); /* what was cut is left as it is */
}

/* A cell by itself, as where only that has changed, moves the cursor. */
static void
test_next_alone(void **state)
{
	char written[8] = "";

	(void)state;
	assert_true(wctomb(written, placed_next) > 0);
	assert_decoded(written, NEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_nothing_placed),
		cmocka_unit_test(test_next_alone),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
