/* Unit tests of searching in the conversation. */
#include <config.h>

#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/search.h"

#define F4 "\033OS"
#define UP "\033[A"
#define DOWN "\033[B"
#define WIDTH 20
#define HEIGHT 4

/* A history, the part of it that is in view, and a search in that. */
struct fixture {
	struct history *history;
	struct pane pane;
	struct search search;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->history = history_new(1000);
	history_set_speaker(f->history, "Ann");
	pane_init(&f->pane, f->history);
	pane_resize(&f->pane, WIDTH, HEIGHT);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	history_free(f->history);
	search_free(&f->search);
	free(f);
	return 0;
}

static void
say(struct fixture *f, enum voice voice, const char *text)
{
	history_add(f->history, voice, 0, text, strlen(text), 0);
}

static void
say_numbers(struct fixture *f, int first, int last)
{
	char text[16];

	for (int i = first; i <= last; i++) {
		snprintf(text, sizeof text, "line %d", i);
		say(f, VOICE_PEER, text);
	}
}

static void
finish(struct fixture *f)
{
	while (f->search.busy)
		search_step(&f->search, &f->pane);
}

/* Presses a key, and looks to the end.  Whether it was for the search. */
static bool
press(struct fixture *f, const char *key)
{
	bool taken = search_press(&f->search, &f->pane, (struct span){key, strlen(key)});

	finish(f);
	return taken;
}

/* Begins, and types ASCII. */
static void
look_for(struct fixture *f, const char *text)
{
	search_begin(&f->search, &f->pane, "you");
	for (char key[] = "x"; *text != '\0'; text++) {
		*key = *text;
		assert_true(press(f, key));
	}
}

/* What is found there; and it is in view. */
static void
expect_hit(struct fixture *f, uint64_t line, size_t where)
{
	struct pane_row rows[100];
	int count = pane_rows(&f->pane, rows), seen = 0;
	size_t byte = where > 0 ? where - 1 : 0;

	assert_true(f->search.found);
	assert_int_equal(f->search.hit.line, line);
	assert_int_equal(f->search.hit.where, where);
	for (int i = 0; i < count; i++)
		seen += rows[i].line == line && byte >= rows[i].row.start &&
			byte <= rows[i].row.start + rows[i].row.length;
	assert_int_equal(seen, 1);
}

/* What is shown in place of the input line. */
static void
expect_view(struct fixture *f, const char *before, const char *behind)
{
	struct input_view view = search_view(&f->search);

	assert_int_equal(view.cursor, strlen(before));
	assert_memory_equal(view.text, before, strlen(before));
	assert_int_equal(view.length, strlen(before) + 2 + strlen(behind));
	assert_memory_equal(view.text + strlen(before) + 2, behind, strlen(behind));
}

static void
test_older_and_newer(void **state)
{
	struct fixture *f = *state;

	say(f, VOICE_PEER, "a b a");
	say_numbers(f, 1, 20);
	say(f, VOICE_SELF, "b");
	say_numbers(f, 22, 30);
	look_for(f, "b");
	expect_hit(f, 21, 1);
	assert_true(press(f, F4));
	expect_hit(f, 0, 3);
	assert_true(press(f, F4));
	expect_hit(f, 0, 3);
	expect_view(f, "search: b", "nothing older");
	assert_true(press(f, DOWN));
	expect_hit(f, 21, 1);
	expect_view(f, "search: b", "");
	assert_true(press(f, DOWN));
	expect_hit(f, 21, 1);
	expect_view(f, "search: b", "nothing newer");
	assert_true(press(f, "\r"));
	expect_view(f, "search: b", "n older, N newer");
	assert_true(press(f, "n"));
	expect_hit(f, 0, 3);
	assert_true(press(f, "N"));
	expect_hit(f, 21, 1);
}

/* It begins with the lowest row in view, and where a line is only half in view, with that half. */
static void
test_begins_in_view(void **state)
{
	struct fixture *f = *state;

	say_numbers(f, 0, 2);
	say(f, VOICE_PEER, "match xxxxxxxxxxxxxx match xxxxxxxxxxxxxx match xxxxxxxxxxxxxx match xxxxxxxxxxxxxx");
	say(f, VOICE_PEER, "match");
	say_numbers(f, 5, 5);
	pane_scroll(&f->pane, -1);
	look_for(f, "match");
	expect_hit(f, 4, 1);
	assert_true(press(f, "\033"));
	pane_scroll(&f->pane, -3); /* two rows of the long line are in view */
	look_for(f, "match");
	expect_hit(f, 3, 22);
	assert_true(press(f, DOWN));
	expect_hit(f, 3, 43);
}

static void
test_names(void **state)
{
	struct fixture *f = *state;

	say(f, VOICE_PEER, "who is ann?");
	say(f, VOICE_SELF, "you are");
	say(f, VOICE_NOTICE, "a notice");
	look_for(f, "aNN");
	expect_hit(f, 0, 8);
	assert_true(press(f, UP));
	expect_hit(f, 0, 0);
	assert_true(press(f, UP));
	expect_view(f, "search: aNN", "nothing older");
	assert_true(press(f, DOWN));
	expect_hit(f, 0, 8);
	assert_true(press(f, "\033"));
	look_for(f, "yo");
	expect_hit(f, 1, 1);
	assert_true(press(f, UP));
	expect_hit(f, 1, 0);
}

/* What is typed is looked for from where one has gone to; what is taken back, too. */
static void
test_narrowing(void **state)
{
	struct fixture *f = *state;

	say(f, VOICE_PEER, "xyz");
	say(f, VOICE_PEER, "xy");
	say(f, VOICE_PEER, "xyz");
	say(f, VOICE_PEER, "x");
	look_for(f, "x");
	expect_hit(f, 3, 1);
	assert_true(press(f, "y"));
	expect_hit(f, 2, 1);
	assert_true(press(f, "\177"));
	expect_hit(f, 3, 1);
	assert_true(press(f, F4) && press(f, F4));
	expect_hit(f, 1, 1);
	assert_true(press(f, "y"));
	expect_hit(f, 1, 1);
	assert_true(press(f, "z"));
	expect_hit(f, 0, 1);
	assert_true(press(f, "q"));
	assert_false(f->search.found);
	expect_view(f, "search: xyzq", "nothing older");
	assert_true(press(f, "\b") && press(f, "\b"));
	expect_hit(f, 1, 1);
}

/* Backspace takes a character away with its marks. */
static void
test_backspace(void **state)
{
	struct fixture *f = *state;

	look_for(f, "a");
	assert_true(press(f, "e") && press(f, "\u0301") && press(f, "漢") && press(f, "\t"));
	expect_view(f, "search: ae\u0301漢\t", "nothing found");
	assert_true(press(f, "\177") && press(f, "\177"));
	expect_view(f, "search: ae\u0301", "nothing found");
	assert_true(press(f, "\177"));
	expect_view(f, "search: a", "nothing found");
	assert_true(press(f, "\177") && press(f, "\177"));
	expect_view(f, "search: ", "");
}

static void
test_going_back(void **state)
{
	static const char *const keys[] = {"\033", "\a", "\003", "\004"};
	struct fixture *f = *state;

	say_numbers(f, 0, 50);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		look_for(f, "line 7");
		assert_false(f->pane.following);
		say_numbers(f, 51, 51);
		pane_resize(&f->pane, WIDTH + 1, HEIGHT + 1);
		assert_true(press(f, keys[i]));
		assert_int_equal(f->search.mode, SEARCH_OFF);
		assert_true(f->pane.following);
		assert_int_equal(f->pane.width, WIDTH + 1);
		assert_int_equal(f->pane.height, HEIGHT + 1);
	}
	pane_scroll(&f->pane, -10);
	look_for(f, "line 7");
	assert_true(press(f, "\r") && press(f, "\033"));
	assert_false(f->pane.following);
	assert_int_equal(f->pane.bottom.line, history_end(f->history) - 1 - 10);
}

/* Other keys end it where it is; Enter, too, but it is for nothing else. */
static void
test_other_keys(void **state)
{
	static const char *const keys[] = {"\033[5~", "\033OP", "\001", "\033x", "\033[200x"};
	struct fixture *f = *state;

	say_numbers(f, 0, 50);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		look_for(f, "line 7");
		assert_false(press(f, keys[i]));
		assert_int_equal(f->search.mode, SEARCH_OFF);
		assert_false(f->pane.following);
		pane_to_end(&f->pane);
	}
	look_for(f, "line 7");
	assert_true(press(f, "\r"));
	assert_false(press(f, "x"));
	look_for(f, "line 7");
	assert_true(press(f, "\r") && press(f, "\r"));
	assert_int_equal(f->search.mode, SEARCH_OFF);
}

static void
test_the_same_again(void **state)
{
	struct fixture *f = *state;

	say_numbers(f, 0, 50);
	look_for(f, "");
	assert_true(press(f, F4) && press(f, "\r"));
	assert_false(f->search.found);
	assert_int_equal(f->search.mode, SEARCH_TYPING);
	assert_true(press(f, "7") && press(f, "\033"));
	assert_true(f->pane.following); /* it was at the newest line, and is */
	look_for(f, "");
	assert_true(press(f, F4));
	expect_view(f, "search: 7", "");
	expect_hit(f, 47, 7);
	assert_true(press(f, F4));
	expect_hit(f, 37, 7);
	assert_true(press(f, "\033"));
	look_for(f, "");
	assert_true(press(f, "\033"));
	look_for(f, "");
	assert_true(press(f, F4));
	expect_hit(f, 47, 7);
	assert_true(press(f, "\033"));
	look_for(f, "");
	assert_true(press(f, "\r"));
	expect_hit(f, 47, 7);
	expect_view(f, "search: 7", "n older, N newer");
	assert_true(press(f, "\b"));
	assert_int_equal(f->search.mode, SEARCH_TYPING);
	expect_view(f, "search: ", "");
}

/* A history without lines, or of which the lines are forgotten that were found. */
static void
test_lines_come_and_go(void **state)
{
	struct fixture *f = *state;

	look_for(f, "line");
	expect_view(f, "search: line", "nothing found");
	say_numbers(f, 0, 0);
	assert_true(press(f, F4));
	expect_view(f, "search: line", "nothing older");
	assert_true(press(f, DOWN));
	expect_hit(f, 0, 1);
	say_numbers(f, 1, 2000);
	assert_true(press(f, F4));
	expect_view(f, "search: line", "nothing older");
	assert_true(press(f, DOWN));
	expect_hit(f, history_start(f->history), 1);
}

/* However long the history is, a step takes but a moment; keys can be pressed between them. */
static void
test_steps(void **state)
{
	enum { LINES = 100000 };
	struct fixture *f = *state;
	int steps = 0;

	history_free(f->history);
	f->history = history_new(LINES);
	pane_init(&f->pane, f->history);
	pane_resize(&f->pane, WIDTH, HEIGHT);
	say(f, VOICE_PEER, "needle");
	for (int i = 1; i < LINES; i++)
		say(f, VOICE_PEER, "some text of about the length that people write in a line");
	search_begin(&f->search, &f->pane, "you");
	assert_true(search_press(&f->search, &f->pane, (struct span){"q", 1}));
	assert_true(f->search.busy);
	expect_view(f, "search: q", "searching");
	assert_true(search_press(&f->search, &f->pane, (struct span){F4, 3}));
	assert_true(search_press(&f->search, &f->pane, (struct span){"\177", 1}));
	assert_false(f->search.busy);
	assert_true(search_press(&f->search, &f->pane, (struct span){"d", 1}));
	assert_true(f->search.busy);
	for (; f->search.busy; steps++)
		search_step(&f->search, &f->pane);
	assert_true(steps > 10);
	expect_hit(f, 0, 4);
}

/* What is marked: without overlaps, from the left, and the one found among them. */
static void
test_marks(void **state)
{
	struct fixture *f = *state;
	struct line line;
	struct extent place;
	bool current;

	say(f, VOICE_PEER, "anna and ann");
	line = history_line(f->history, 0);
	assert_false(search_marks(&f->search, &line, 0, 0, &place, &current));
	assert_false(search_marks_name(&f->search, &line, 0, &current));
	look_for(f, "AN");
	expect_hit(f, 0, 10);
	assert_true(search_marks(&f->search, &line, 0, 0, &place, &current));
	assert_true(place.start == 0 && place.end == 2 && !current);
	assert_true(search_marks(&f->search, &line, 0, 6, &place, &current));
	assert_true(place.start == 9 && place.end == 11 && current);
	assert_false(search_marks(&f->search, &line, 0, 10, &place, &current));
	assert_true(search_marks_name(&f->search, &line, 0, &current) && !current);
	assert_true(press(f, UP) && press(f, UP) && press(f, UP));
	assert_true(search_marks_name(&f->search, &line, 0, &current) && current);
	assert_true(press(f, "\033"));
	assert_false(search_marks(&f->search, &line, 0, 0, &place, &current));
}

/* Of several who speak by turns, the lines of the one whose name was typed. */
static void
test_one_of_several(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"Ann", "~bob", "Cid"};

	for (int i = 0; i < 9; i++) {
		history_set_speaker(f->history, names[i % 3]);
		say(f, VOICE_PEER, "hello");
	}
	look_for(f, "~bob");
	expect_hit(f, 7, 0);
	press(f, "\r");
	press(f, "n");
	expect_hit(f, 4, 0);
	press(f, "n");
	expect_hit(f, 1, 0);
	press(f, "n");
	expect_hit(f, 1, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_older_and_newer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begins_in_view, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_narrowing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_backspace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_going_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_same_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines_come_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_steps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_marks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_of_several, set_up, tear_down),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
