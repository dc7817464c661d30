/* Unit tests of the signs: which terminals have other forms of them. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen/sign.h"
#include "text/glyph.h"

static const uint32_t signs[] = {0xB7, 0x203A, 0x2713, 0x2717, 0x2026, 0x23CE};

/* Consoles and 8-bit terminals have another form of each sign: in ASCII, of the same width, and none twice. */
static void
test_other_forms(void **state)
{
	static const char *const names[] = {"linux",  "linux-16color", "linux2.6", "screen.linux", "vt52",
					    "vt100",  "vt220-8bit",    "ansi",	   "pcansi",	   "cons25",
					    "cons25r", "wsvt25m",      "sun",	   "sun-color"};

	(void)state;
	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
		sign_open(names[n]);
		for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
			uint32_t form = sign_form(signs[i]);

			assert_in_range(form, 0x21, 0x7E);
			assert_int_equal(glyph_columns(form), glyph_columns(signs[i]));
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(form, sign_form(signs[j]));
		}
	}
}

/* What a person says is drawn as it is, there too. */
static void
test_other_characters(void **state)
{
	static const uint32_t others[] = {'-', 'x', '~', 0xE9, 0x2014, 0x2714, 0x6F22};

	(void)state;
	sign_open("linux");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(sign_form(others[i]), others[i]);
}

/* All others have the signs, also those whose names begin alike, and those that are looked at last. */
static void
test_own_forms(void **state)
{
	static const char *const names[] = {"xterm", "xterm-256color", "vte-256color", "xterm-vt220", "screen",
					    "tmux",  "sunset",	       "linuxes",      "ansible",     "rxvt", ""};

	(void)state;
	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
		sign_open("linux");
		sign_open(names[n]);
		for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
			assert_int_equal(sign_form(signs[i]), signs[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_other_characters),
		cmocka_unit_test(test_own_forms),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
