/*
 * Legacy keys: what keys of newer protocols are in the old form.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen/legacy.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT(literal) {literal, sizeof(literal) - 1}

static const struct {
	struct span key, legacy;
} cases[] = {
	/* as kitty 0.26 and foot 1.13 tell them */
	{TEXT("\033[97;;97u"), TEXT("a")},
	{TEXT("\033[97;1:1;97u"), TEXT("a")},
	{TEXT("\033[97;1:2;97u"), TEXT("a")},
	{TEXT("\033[97:65;2;65u"), TEXT("A")},
	{TEXT("\033[49:33;2:1;33u"), TEXT("!")},
	{TEXT("\033[233;u"), TEXT("\u00E9")},
	{TEXT("\033[101;;233u"), TEXT("\u00E9")},
	{TEXT("\033[0;;128512:65039u"), TEXT("\U0001F600\uFE0F")},
	{TEXT("\033[1089::99;;1089u"), TEXT("\u0441")},
	{TEXT("\033[32;129;32u"), TEXT(" ")},
	{TEXT("\033[13u"), TEXT("\r")},
	{TEXT("\033[9u"), TEXT("\t")},
	{TEXT("\033[127u"), TEXT("\177")},
	{TEXT("\033[27u"), TEXT("\033")},
	{TEXT("\033[27;129:1u"), TEXT("\033")},
	{TEXT("\033[97;5u"), TEXT("\001")},
	{TEXT("\033[97;133:1u"), TEXT("\001")},
	{TEXT("\033[97:65;6:1u"), TEXT("\001")},
	{TEXT("\033[1089::99;5u"), TEXT("\003")},
	{TEXT("\033[32;5u"), TEXT("\0")},
	{TEXT("\033[47;5u"), TEXT("\037")},
	{TEXT("\033[45:95;6:1u"), TEXT("\037")},
	{TEXT("\033[54;133u"), TEXT("\036")},
	{TEXT("\033[91;5u"), TEXT("\033")},
	{TEXT("\033[93;5u"), TEXT("\035")},
	{TEXT("\033[120;3u"), TEXT("\033x")},
	{TEXT("\033[120;7u"), TEXT("\033\030")},
	{TEXT("\033[44:60;4u"), TEXT("\033<")},
	{TEXT("\033[120:88;132:1u"), TEXT("\033X")},
	{TEXT("\033[13;2u"), TEXT("\033\r")},
	{TEXT("\033[13;5:1u"), TEXT("\033\r")},
	{TEXT("\033[13;3u"), TEXT("\033\r")},
	{TEXT("\033[9;2u"), TEXT("\033[Z")},
	{TEXT("\033[127;3u"), TEXT("\033\177")},
	{TEXT("\033[127;5u"), TEXT("\b")},
	{TEXT("\033[57400;129;49u"), TEXT("1")},
	{TEXT("\033[57400;129u"), TEXT("1")},
	{TEXT("\033[57414u"), TEXT("\r")},
	{TEXT("\033[57417u"), TEXT("\033[D")},
	{TEXT("\033[57421;5u"), TEXT("\033[5;5~")},
	{TEXT("\033[57424;1:1u"), TEXT("\033[F")},
	{TEXT("\033[1;1:1A"), TEXT("\033[A")},
	{TEXT("\033[1;129:2A"), TEXT("\033[A")},
	{TEXT("\033[1;5:1C"), TEXT("\033[1;5C")},
	{TEXT("\033[3;129~"), TEXT("\033[3~")},
	{TEXT("\033[5;130:1~"), TEXT("\033[5;2~")},
	{TEXT("\033[P"), TEXT("\033OP")},
	{TEXT("\033[1;129R"), TEXT("\033OR")},
	/* nothing */
	{TEXT("\033[97;1:3u"), TEXT("")},
	{TEXT("\033[1;129:3A"), TEXT("")},
	{TEXT("\033[5;1:3~"), TEXT("")},
	{TEXT("\033[57441;1:1u"), TEXT("")},
	{TEXT("\033[57358u"), TEXT("")},
	/* modifyOtherKeys */
	{TEXT("\033[27;2;13~"), TEXT("\033\r")},
	{TEXT("\033[27;5;13~"), TEXT("\033\r")},
	{TEXT("\033[27;3;97~"), TEXT("\033a")},
	/* the keypad */
	{TEXT("\033Oq"), TEXT("1")},
	{TEXT("\033\033Oq"), TEXT("\0331")},
	{TEXT("\033\033[D"), TEXT("\033[1;3D")},
	{TEXT("\033\033[5~"), TEXT("\033[5;3~")},
	{TEXT("\033OM"), TEXT("\033\r")}, /* konsole's Shift-Enter */
	/* what has no other form, or is none of this */
	{TEXT("a"), TEXT("a")},
	{TEXT("\033"), TEXT("\033")},
	{TEXT("\033x"), TEXT("\033x")},
	{TEXT("\033[A"), TEXT("\033[A")},
	{TEXT("\033OA"), TEXT("\033OA")},
	{TEXT("\033[3~"), TEXT("\033[3~")},
	{TEXT("\033[24;80R"), TEXT("\033[24;80R")},
	{TEXT("\033[1;1R"), TEXT("\033[1;1R")},
	{TEXT("\033[?64;1c"), TEXT("\033[?64;1c")},
	{TEXT("\033[57376u"), TEXT("\033[57376u")},
	{TEXT("\033[97;9u"), TEXT("\033[97;9u")},
	{TEXT("\033[44;5u"), TEXT("\033[44;5u")},
	{TEXT("\033[7u"), TEXT("\033[7u")},
	{TEXT("\033[155;;155u"), TEXT("\033[155;;155u")},
	{TEXT("\033[55296u"), TEXT("\033[55296u")},
	{TEXT("\033[99999999999u"), TEXT("\033[99999999999u")},
	{TEXT("\033[1;"), TEXT("\033[1;")},
	{TEXT("\033["), TEXT("\033[")},
};

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char room[LEGACY_KEY_MAX];
		struct span legacy = legacy_key(cases[i].key, room);

		if (legacy.length != cases[i].legacy.length ||
		    memcmp(legacy.text, cases[i].legacy.text, legacy.length) != 0)
			fail_msg("%s", cases[i].key.text + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
