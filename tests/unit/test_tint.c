/* Unit tests of the colours of names: each can be read on white and on black, and a name keeps its own. */
#include <config.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "screen/tint.h"

#define READABLE 4.0 /* to 1 */
#define GREY 243     /* of what is read last */
#define ALARM 163

/* What is added to the luminance by a part of a colour, of 255 (WCAG 2.1, relative luminance). */
static double
linear(int part)
{
	double c = part / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* The luminance of a colour of the palette (xterm's 256colres.h): a cube, and greys. */
static double
luminance(int colour)
{
	static const int levels[] = {0, 95, 135, 175, 215, 255};

	if (colour >= 232)
		return linear(8 + 10 * (colour - 232));
	colour -= 16;
	return 0.2126 * linear(levels[colour / 36]) + 0.7152 * linear(levels[colour / 6 % 6]) +
	       0.0722 * linear(levels[colour % 6]);
}

/* How much a colour stands out from white and from black, where it does so less. */
static double
contrast(int colour)
{
	double to_white = 1.05 / (luminance(colour) + 0.05), to_black = (luminance(colour) + 0.05) / 0.05;

	return to_white < to_black ? to_white : to_black;
}

static bool
is_tint(int colour)
{
	for (size_t i = 0; i < TINT_COUNT; i++)
		if (tint_colours[i] == colour)
			return true;
	return false;
}

/* All that can be read on both, but for those that mean something else, and no others. */
static void
test_can_be_read(void **state)
{
	(void)state;
	assert_true(contrast(15 + 216) - 1 < 1e-9); /* white, and a grey that is known to be just readable on it */
	assert_true(contrast(GREY) > 4.535 && contrast(GREY) < 4.545);
	for (int colour = 16; colour < 256; colour++) {
		bool other = colour == GREY || colour == ALARM;

		if (is_tint(colour) != (contrast(colour) >= READABLE && !other))
			fail_msg("colour %d: contrast %.2f", colour, contrast(colour));
	}
}

/* On every machine, in every run. */
static void
test_stable(void **state)
{
	(void)state;
	assert_int_equal(tint_of(""), 3);
	assert_int_equal(tint_of("ann"), 19);
	assert_int_equal(tint_of("~ann"), 19);
	assert_int_equal(tint_of("\u674e"), 8);
}

/* Names that differ little are spread over all of the colours. */
static void
test_spread(void **state)
{
	unsigned counts[TINT_COUNT] = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < 2100; i++) {
		snprintf(name, sizeof name, "~guest %d", i);
		assert_true(tint_of(name) < TINT_COUNT);
		counts[tint_of(name)]++;
	}
	for (size_t i = 0; i < TINT_COUNT; i++)
		assert_in_range(counts[i], 50, 150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_can_be_read),
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
