/*
 * Input: which keys the editor gets, and when, however they come.  The editor is the test's own: it takes all keys.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "screen/editor.h"
#include "screen/input.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int64_t now = 1000;
static struct buffer pressed, inserted; /* what the editor has got */

int __wrap_clock_gettime(clockid_t clock, struct timespec *when);
int __wrap_editor_start(void);
enum editor_reply __wrap_editor_ask(enum editor_order what, struct span text, struct editor_answer *answer);
const char *__wrap_editor_end(void);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *when)
{
	(void)clock;
	*when = (struct timespec){.tv_sec = (time_t)(now / 1000), .tv_nsec = (long)(now % 1000 * 1000000)};
	return 0;
}

int
__wrap_editor_start(void)
{
	return 0;
}

enum editor_reply
__wrap_editor_ask(enum editor_order what, struct span text, struct editor_answer *answer)
{
	const struct span nothing = {"", 0};

	buffer_add(what == EDITOR_KEYS ? &pressed : &inserted, text.text, text.length);
	*answer = (struct editor_answer){.outcome = {.used = text.length},
					 .view = {.prompt = nothing, .line = nothing, .unsent = nothing}};
	return EDITOR_ANSWERED;
}

const char *
__wrap_editor_end(void)
{
	return "";
}

static int
set_up(void **state)
{
	(void)state;
	now += 10000;
	input_open();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	input_close();
	buffer_free(&pressed);
	buffer_free(&inserted);
	return 0;
}

/* Has these bytes come at once; of which nothing is asked for. */
static void
feed_part(const char *bytes, size_t length)
{
	input_feed(bytes, length);
	assert_int_equal(input_next(), INPUT_NONE);
}

static void
feed(const char *bytes)
{
	feed_part(bytes, strlen(bytes));
}

/* Whether the editor has got these keys, and no more, since the last time. */
static void
assert_pressed(const char *keys)
{
	size_t length = strlen(keys);

	assert_int_equal(buffer_length(&pressed), length);
	assert_memory_equal(buffer_data(&pressed), keys, length);
	buffer_drop(&pressed, length);
}

/* Lets the time pass that the input wants to be woken after; nothing happens before. */
static void
wait_until_given_up(void)
{
	int timeout = input_timeout();

	assert_true(timeout > 0 && timeout <= 2000);
	now += timeout - 1;
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("");
	now++;
	assert_int_equal(input_timeout(), 0);
	assert_int_equal(input_next(), INPUT_NONE);
	assert_int_equal(input_timeout(), -1);
}

/* A key is given to the editor as a whole, wherever it is cut, if its rest does not take too long. */
static void
test_pieces(void **state)
{
	static const char *const keys[] = {"\033x", "\033\r", "\033\u00E9", "\033[A", "\033[5;2~",
					   "\033OP", "\033\033[A", "\033[[A", "\033[5$", "\033[M !!"};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		for (size_t cut = 1; cut < strlen(keys[i]); cut++) {
			feed_part(keys[i], cut);
			assert_pressed("");
			now += 49;
			feed(keys[i] + cut);
			assert_pressed(keys[i]);
			assert_int_equal(input_timeout(), -1);
		}
	}
}

/* What the terminal says is none, however it is cut. */
static void
test_strings(void **state)
{
	static const char *const strings[] = {
		"\033]11;rgb:0000/0000/0000\033\\", "\033]11;rgb:0000/0000/0000\007", "\033P1$r0m\033\\",
		"\033_Gi=31;OK\033\\", "\033^pm\033\\", "\033Xsos\033\\"};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		for (size_t cut = 0; cut < strlen(strings[i]); cut++) {
			feed_part(strings[i], cut);
			feed(strings[i] + cut);
			assert_pressed("");
			feed("a");
			assert_pressed("a");
		}
	}
}

/* What does not go on is a key by itself, which the editor then knows or not, or a string without its end. */
static void
test_unfinished(void **state)
{
	static const char *const keys[] = {"\033", "\033\033", "\033_", "\033[", "\033O", "\033[1;", "\033[M "};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		feed(keys[i]);
		wait_until_given_up();
		assert_pressed(keys[i]);
	}
	feed("\033]11;rgb");
	wait_until_given_up();
	assert_pressed("");
	feed("\033_words"); /* typed after Alt-_, over a network that had stalled */
	wait_until_given_up();
	assert_pressed("\033_words");
}

/* A string that does not end goes on until it does, or its time is over. */
static void
test_endless_string(void **state)
{
	(void)state;
	for (int ends = 0; ends < 2; ends++) {
		feed("\033]2;");
		for (int i = 0; i < 10000; i++) {
			feed("some words, and the end of a line\r");
			now += 1000;
		}
		if (ends)
			feed("\033\\");
		else
			wait_until_given_up();
		assert_pressed("");
		feed("a");
		assert_pressed("a");
	}
}

/* ... and takes no memory. */
static void
test_memory_of_endless_string(void **state)
{
	(void)state;
	feed("\033]2;");
	for (int i = 0; i < 10000; i++)
		feed("some words");
	assert_true(input_rest().length < 10000);
}

/* A paste is none of the keys before it, even where they may go on; nor are those in it any. */
static void
test_paste(void **state)
{
	static const char *const before[] = {"", "\033", "\033[", "\033[1;", "\033O", "\033[M ",
					     "\033]11;rgb", "\033P1"};
	const size_t strings = 6; /* from there on: they are no keys */

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		feed(before[i]);
		feed("\033[200~one\033[A\033]2;\r\033[201~\033[B");
		assert_int_equal(buffer_length(&inserted), strlen("one^[[A^[]2;\n"));
		buffer_drop(&inserted, buffer_length(&inserted));
		assert_true(buffer_length(&pressed) == strlen("\033[B") + (i < strings ? strlen(before[i]) : 0));
		buffer_drop(&pressed, buffer_length(&pressed));
	}
}

/* That the focus comes or goes is told whatever the editor waits for. */
static void
test_focus(void **state)
{
	static const char bytes[] = "\026\033[Ia\033\033[O";

	(void)state;
	input_feed(bytes, strlen(bytes));
	assert_int_equal(input_next(), INPUT_FOCUS_IN);
	assert_int_equal(input_next(), INPUT_FOCUS_OUT);
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("\026a\033");
}

/* Keys that are taken are not the editor's; what is no key is left. */
static void
test_taken_keys(void **state)
{
	static const char bytes[] = "a\033[A\033]11;\033\\\u00E9\033[Ib\033[200~c\033[201~d\033";
	static const char *const keys[] = {"a", "\033[A", "\u00E9"};
	struct span key;

	(void)state;
	input_feed(bytes, strlen(bytes));
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_true(input_take_key(&key));
		assert_int_equal(key.length, strlen(keys[i]));
		assert_memory_equal(key.text, keys[i], key.length);
	}
	assert_false(input_take_key(&key));
	assert_int_equal(input_next(), INPUT_FOCUS_IN);
	assert_true(input_take_key(&key));
	assert_memory_equal(key.text, "b", 1);
	assert_false(input_take_key(&key));
	assert_pressed("");
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("d");
	assert_false(input_take_key(&key)); /* Escape: it may go on */
	now += input_timeout();
	assert_true(input_take_key(&key));
	assert_int_equal(key.length, 1);
}

/* What one notch of the wheel is: as measured in kitty 0.26 and foot 1.13, and in how many reads. */
#define KITTY_UP "\033[A\033[1;1:3A"
#define FOOT_DOWN "\033[1;1:1B"

static void
test_wheel(void **state)
{
	(void)state;
	input_feed("a" KITTY_UP KITTY_UP KITTY_UP KITTY_UP KITTY_UP, 1 + 5 * strlen(KITTY_UP));
	assert_int_equal(input_next(), INPUT_WHEEL_UP);
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("a");
	now += 1000;
	feed("\033[A");
	feed("\033[1;1:3A" KITTY_UP);
	input_feed(KITTY_UP KITTY_UP KITTY_UP, 3 * strlen(KITTY_UP));
	assert_int_equal(input_next(), INPUT_WHEEL_UP);
	now += 1000;
	feed(FOOT_DOWN);
	now += 40;
	input_feed(FOOT_DOWN FOOT_DOWN "\033[1;1:3B", 2 * strlen(FOOT_DOWN) + 8);
	assert_int_equal(input_next(), INPUT_WHEEL_DOWN);
	for (int i = 0; i < 3; i++) { /* a pad on which fingers turn it by one row at a time */
		now += 50;
		input_feed("\033[B\033[1;1:3B", 11);
		assert_int_equal(input_next(), i == 2 ? INPUT_WHEEL_DOWN : INPUT_NONE);
	}
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("");
}

/* What is a key: tapped, also when a network brings some of it at once, or held down however that is brought. */
static void
test_arrow_keys(void **state)
{
	(void)state;
	feed("\033[1;1:3D"); /* from this on it is known what the terminal tells */
	feed("\033[A");
	assert_pressed("");
	assert_in_range(input_timeout(), 1, 50);
	now += 50;
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("\033[A");
	feed("\033[1;1:3A");
	feed("\033[A\033[1;1:3A\033[A\033[1;1:3Aa");
	assert_pressed("\033[A\033[Aa");
	feed("\033[A\033[1;1:2A\033[1;1:2A\033[1;1:2A\033[1;1:2A\033[1;1:2A\033[1;1:3Aa");
	assert_pressed("\033[A\033[1;1:2A\033[1;1:2A\033[1;1:2A\033[1;1:2A\033[1;1:2Aa");
	feed("\033[1;5A\033[1;5:3A\033[1;5A\033[1;5:3A\033[1;5A\033[1;5:3A");
	assert_pressed("\033[1;5A\033[1;5:3A\033[1;5A\033[1;5:3A\033[1;5A\033[1;5:3A");
}

/* A terminal that tells no more than ever sends for the wheel what it sends for a key that is held down. */
static void
test_arrow_keys_as_ever(void **state)
{
	(void)state;
	feed("\033[A\033[A\033[A\033[A\033[A\033OA\033OA\033OA\033OA");
	assert_pressed("\033[A\033[A\033[A\033[A\033[A\033OA\033OA\033OA\033OA");
	assert_int_equal(input_timeout(), -1);
}

/* The mouse itself: its wheel, with whatever keys, and no clicks. */
static void
test_mouse(void **state)
{
	static const char bytes[] = "\033[<64;1;1M\033[<0;1;1M\033[<0;1;1m\033[<69;1;1Ma\033[<66;1;1M";

	(void)state;
	input_feed(bytes, strlen(bytes));
	assert_int_equal(input_next(), INPUT_WHEEL_UP);
	assert_int_equal(input_next(), INPUT_WHEEL_DOWN);
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed("a");
}

/* A report that is broken off is none, and what may be typed text is kept however long it is. */
static void
test_broken_off(void **state)
{
	static char typed[5000] = "\033P";

	(void)state;
	memset(typed + 2, 'x', sizeof typed - 3);
	input_feed("\033[<65", 5);
	assert_int_equal(input_next(), INPUT_NONE);
	now += input_timeout();
	assert_int_equal(input_next(), INPUT_NONE);
	assert_int_equal(input_timeout(), -1);
	buffer_drop(&pressed, buffer_length(&pressed));
	input_feed(typed, strlen(typed));
	assert_int_equal(input_next(), INPUT_NONE);
	now += input_timeout();
	assert_int_equal(input_next(), INPUT_NONE);
	assert_pressed(typed);
}

/* That a key is let go is no key, and nothing to see to. */
static void
test_keys_let_go(void **state)
{
	static const char nothing[] = "\033[1;1:3P\033[57441;1u";
	static const char key_and_more[] = "\033[57441;1u\033[97;5:1u\033[97;1:3u";
	struct span key;

	(void)state;
	input_feed(nothing, strlen(nothing));
	assert_false(input_is_pending());
	feed("\033[97;5u\033[97;1:3u");
	assert_pressed("\033[97;5u\033[97;1:3u"); /* the editor makes of it what it is */
	input_feed(key_and_more, strlen(key_and_more));
	assert_true(input_take_key(&key));
	assert_int_equal(key.length, 1);
	assert_int_equal(*key.text, 1);
	assert_false(input_take_key(&key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unfinished, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_endless_string, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_of_endless_string, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_paste, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_focus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_arrow_keys_as_ever, set_up, tear_down), /* before it tells more */
		cmocka_unit_test_setup_teardown(test_wheel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_arrow_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mouse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys_let_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
