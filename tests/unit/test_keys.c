/*
 * Keys: how what a terminal sends is cut into them.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen/keys.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT(literal) {literal, sizeof(literal) - 1}

/* What is one key, whatever follows it. */
static const struct {
	enum key_kind kind;
	struct span key;
} whole[] = {
	{KEY_CHARACTER, TEXT("a")},
	{KEY_CHARACTER, TEXT("\r")},
	{KEY_CHARACTER, TEXT("\0")},
	{KEY_CHARACTER, TEXT("\x7F")},
	{KEY_CHARACTER, TEXT("\u00E9")},
	{KEY_CHARACTER, TEXT("\U0001F600")},
	{KEY_CHARACTER, TEXT("\xC2\x9B")}, /* CSI as one character is none: a terminal with UTF-8 does not send it */
	{KEY_ALT, TEXT("\033x")},
	{KEY_ALT, TEXT("\033\r")},
	{KEY_ALT, TEXT("\033\0")},
	{KEY_ALT, TEXT("\033\x7F")},
	{KEY_ALT, TEXT("\033\u00E9")},
	{KEY_ALT, TEXT("\033\\")},
	/* xterm's control sequences */
	{KEY_SEQUENCE, TEXT("\033[A")},
	{KEY_SEQUENCE, TEXT("\033[1;2C")},
	{KEY_SEQUENCE, TEXT("\033[5;2~")},
	{KEY_SEQUENCE, TEXT("\033[27;2;13~")},
	{KEY_SEQUENCE, TEXT("\033[200~")},
	{KEY_SEQUENCE, TEXT("\033[?64;1;2c")},
	{KEY_SEQUENCE, TEXT("\033[?2004;1$y")},
	{KEY_SEQUENCE, TEXT("\033[<64;10;20M")},
	{KEY_SEQUENCE, TEXT("\033[M !!")},
	{KEY_SEQUENCE, TEXT("\033[M\u00E9\u00EA\u00EB")},
	{KEY_SEQUENCE, TEXT("\033OP")},
	{KEY_SEQUENCE, TEXT("\033O ")},
	{KEY_SEQUENCE, TEXT("\033O5A")},
	{KEY_SEQUENCE, TEXT("\033O1;5A")},
	/* kitty's keyboard protocol */
	{KEY_SEQUENCE, TEXT("\033[13;2u")},
	{KEY_SEQUENCE, TEXT("\033[97:65;4:1u")},
	/* rxvt */
	{KEY_SEQUENCE, TEXT("\033[5$")},
	{KEY_SEQUENCE, TEXT("\033[5^")},
	{KEY_SEQUENCE, TEXT("\033[5@")},
	{KEY_SEQUENCE, TEXT("\033\033[A")},
	{KEY_SEQUENCE, TEXT("\033\033[5$")},
	{KEY_SEQUENCE, TEXT("\033\033Oa")},
	/* the Linux console */
	{KEY_SEQUENCE, TEXT("\033[[A")},
	/* strings */
	{KEY_STRING, TEXT("\033]11;rgb:0000/0000/0000\033\\")},
	{KEY_STRING, TEXT("\033]11;rgb:0000/0000/0000\007")},
	{KEY_STRING, TEXT("\033]2;title\r\033\\")},
	{KEY_STRING, TEXT("\033P1$r0m\033\\")},
	{KEY_STRING, TEXT("\033P>|a terminal\033\\")},
	{KEY_STRING, TEXT("\033_Gi=31;OK\033\\")},
	{KEY_STRING, TEXT("\033^words\033\\")},
	{KEY_STRING, TEXT("\033X\u00E9\033\\")},
	{KEY_STRING, TEXT("\033_\033\\")},
	{KEY_STRING, TEXT("\033]\007")},
};

/* The first bytes of each are no whole key but, perhaps, a shorter one that may be the beginning of it. */
static void
test_whole(void **state)
{
	static const char *const behind[] = {"", "a", "\r", "\033", "\033[A", "\u00E9", "\007"};

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++) {
		for (size_t j = 0; j < COUNT(behind); j++) {
			char text[64];
			size_t length = whole[i].key.length;
			struct key key;

			memcpy(text, whole[i].key.text, length);
			strcpy(text + length, behind[j]);
			key = keys_examine((struct span){text, length + strlen(behind[j])});
			assert_int_equal(key.length, length);
			assert_int_equal(key.kind, whole[i].kind);
			assert_int_equal(key.patience, 0);
		}
		for (size_t cut = 1; *whole[i].key.text == '\033' && cut < whole[i].key.length; cut++) {
			struct key key = keys_examine((struct span){whole[i].key.text, cut});

			assert_true(key.patience > 0 || ((unsigned char)whole[i].key.text[cut] & 0xC0) == 0x80);
			assert_true(key.length <= cut);
		}
	}
}

/* What may go on, what it is if it does not, and whether somebody waits for it. */
static const struct {
	struct span text;
	enum key_kind kind;
	size_t length;
} unfinished[] = {
	{TEXT("\033"), KEY_ESCAPE, 1},
	{TEXT("\033\033"), KEY_ALT, 2},
	{TEXT("\033_"), KEY_ALT, 2},
	{TEXT("\033]"), KEY_ALT, 2},
	{TEXT("\033["), KEY_SEQUENCE, 2},
	{TEXT("\033O"), KEY_SEQUENCE, 2},
	{TEXT("\033\033["), KEY_SEQUENCE, 3},
	{TEXT("\033[1;"), KEY_SEQUENCE, 4},
	{TEXT("\033]11;rgb"), KEY_STRING, 8},
	{TEXT("\033]11;rgb\r\033"), KEY_STRING, 10},
	{TEXT("\033_words"), KEY_ALT, 2}, /* typed after Alt-_ */
	{TEXT("\033_\u00E9"), KEY_ALT, 2},
};

static void
test_unfinished(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unfinished); i++) {
		struct key key = keys_examine(unfinished[i].text);

		assert_int_equal(key.kind, unfinished[i].kind);
		assert_int_equal(key.length, unfinished[i].length);
		assert_true(key.patience > 0);
		assert_int_equal(key.kind == KEY_ESCAPE || (key.kind == KEY_ALT && unfinished[i].text.length == 2),
				 key.patience < 100);
	}
}

/* What cannot go on as it began ends there. */
static const struct {
	struct span text;
	enum key_kind kind;
	size_t length;
} broken[] = {
	{TEXT("\033[\r"), KEY_SEQUENCE, 2},
	{TEXT("\033[1;\r"), KEY_SEQUENCE, 4},
	{TEXT("\033[1\033[A"), KEY_SEQUENCE, 3},
	{TEXT("\033[1\u00E9"), KEY_SEQUENCE, 3},
	{TEXT("\033[1 1"), KEY_SEQUENCE, 4},
	{TEXT("\033[[\r"), KEY_SEQUENCE, 3},
	{TEXT("\033O\033OA"), KEY_SEQUENCE, 2},
	{TEXT("\033[M \033[200~"), KEY_SEQUENCE, 4},
	{TEXT("\033\033x"), KEY_ALT, 2},
	{TEXT("\033\033]1;"), KEY_ESCAPE, 1},
	{TEXT("\033]1;\033[A"), KEY_STRING, 4},
	{TEXT("\033_words\r"), KEY_ALT, 2},
	{TEXT("\033_\rwords"), KEY_ALT, 2},
	{TEXT("\033_ and more"), KEY_ALT, 2},
	{TEXT("\033_\033_"), KEY_ALT, 2},
	{TEXT("\033P\033[A"), KEY_ALT, 2},
	{TEXT("\033_words\033[A"), KEY_ALT, 2},
};

static void
test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct key key = keys_examine(broken[i].text);

		assert_int_equal(key.kind, broken[i].kind);
		assert_int_equal(key.length, broken[i].length);
		assert_int_equal(key.patience, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
