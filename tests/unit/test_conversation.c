/*
 * Unit tests of how a group looks: where names and marks are, their colours, and what of it is drawn again.  The screen
 * is one of ncurses without a terminal; how far lines have come is the test's own.
 */
#include <config.h>

#include <curses.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/history.h"
#include "screen/conversation.h"
#include "screen/layout.h"
#include "screen/paint.h"
#include "screen/rows.h"
#include "screen/sign.h"
#include "screen/style.h"
#include "screen/tint.h"

#define ROWS 8
#define COLUMNS 60
#define TEXT_MAX 256

static size_t away; /* to so many others the first line is still on its way */
static size_t asked;

static size_t
on_its_way(const struct talk *talk, uint64_t stream_end)
{
	(void)talk;
	asked++;
	return stream_end <= 10 ? away : 12;
}

static struct history *history;
static struct pane pane;
static struct search search;
static struct scene_group group;
static struct scene scene;

static void
add(enum voice voice, const char *speaker, const char *text, uint64_t stream_end)
{
	if (speaker != NULL)
		history_set_speaker(history, speaker);
	history_add(history, voice, 0, text, strlen(text), stream_end);
}

static int
set_up(void **state)
{
	(void)state;
	history = history_new(100);
	pane_init(&pane, history);
	search = (struct search){.mode = SEARCH_OFF};
	group = (struct scene_group){.mark_width = 2, .on_its_way = on_its_way};
	scene = (struct scene){.pane = &pane,
			       .own_label = "me",
			       .label_width = 7,
			       .marks = true,
			       .group = &group,
			       .search = &search,
			       .input = {.text = ""}};
	away = asked = 0;
	rows_forget();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	history_free(history);
	return 0;
}

static struct layout
draw(void)
{
	struct layout layout = layout_arrange(&scene, ROWS, COLUMNS);

	conversation_draw(&scene, &layout);
	return layout;
}

/* What stands in a row between the time and so many columns. */
static const char *
row(int y, int columns)
{
	static char text[TEXT_MAX];
	wchar_t wide[COLUMNS + 1];

	assert_int_not_equal(mvinnwstr(y, LAYOUT_TIME_WIDTH, wide, columns), ERR);
	assert_true(wcstombs(text, wide, sizeof text) < sizeof text);
	return text;
}

/* The number of the colour in a place; -1: none. */
static int
colour_at(int y, int x)
{
	wchar_t text[CCHARW_MAX];
	attr_t attributes;
	short pair, colour = -1, background;
	cchar_t cell;

	mvin_wch(y, x, &cell);
	getcchar(&cell, text, &attributes, &pair, NULL);
	if (pair != 0)
		pair_content(pair, &colour, &background);
	return colour;
}

/* The numbers end where a sign stands, too, before the text. */
static void
test_marks(void **state)
{
	static const struct {
		size_t away;
		uint64_t taken, arrived;
		const char *row;
	} rows[] = {
		{12, 0, 0, "     me 12 hello"},   {9, 10, 5, "     me  9 hello"},
		{1, 10, 9, "     me  1 hello"},   {0, 10, 10, "     me  \u2713 hello"},
		{0, 10, 9, "     me  \u203a hello"}, {0, 5, 5, "     me  \u00b7 hello"},
		{3, 10, 10, "     me  \u2713 hello"}, /* what has arrived is not asked about */
		{3000, 0, 0, "     me    hello"},     /* no part of a number is one */
	};
	const int y = 5;

	(void)state;
	add(VOICE_SELF, NULL, "hello", 10);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		away = rows[i].away;
		scene.taken = rows[i].taken;
		scene.arrived = rows[i].arrived;
		draw();
		assert_string_equal(row(y, 16), rows[i].row);
	}
	group.mark_width = 3;
	draw();
	scene.arrived = 0;
	draw();
	assert_string_equal(row(y, 17), "     me 999 hello");
}

/* What is settled keeps its mark, and a notice has its own, in the same column. */
static void
test_settled(void **state)
{
	(void)state;
	away = 3;
	add(VOICE_NOTICE, NULL, "came", 0);
	add(VOICE_SELF, NULL, "lost", STREAM_LOST);
	add(VOICE_SELF, NULL, "seen?", STREAM_DOUBTED);
	add(VOICE_SELF, NULL, "there", STREAM_DELIVERED);
	add(VOICE_PEER, "~bob", "heard", 0);
	draw();
	assert_string_equal(row(1, 16), "         * came ");
	assert_string_equal(row(2, 16), "     me  \u2717 lost ");
	assert_string_equal(row(3, 16), "     me  ? seen?");
	assert_string_equal(row(4, 16), "     me  \u2713 there");
	assert_string_equal(row(5, 16), "   ~bob    heard");
	assert_int_equal(asked, 0);
}

/* Where nobody knows what has arrived there is nothing to count. */
static void
test_unknown(void **state)
{
	(void)state;
	away = 3;
	scene.marks = false;
	add(VOICE_SELF, NULL, "hello", 10);
	draw();
	assert_string_equal(row(5, 16), "     me  > hello");
	assert_int_equal(asked, 0);
}

/* A number that has changed is drawn anew, and nothing else is. */
static void
test_drawn_again(void **state)
{
	(void)state;
	away = 12;
	scene.taken = 20;
	add(VOICE_PEER, "ann", "before", 0);
	add(VOICE_SELF, NULL, "hello", 10);
	add(VOICE_SELF, NULL, "again", 20);
	draw();
	untouchwin(stdscr);
	draw();
	for (int y = 0; y < ROWS; y++)
		assert_false(is_linetouched(stdscr, y));
	away = 11;
	draw();
	assert_string_equal(row(4, 16), "     me 11 hello");
	assert_string_equal(row(5, 16), "     me 12 again");
	for (int y = 0; y < ROWS; y++)
		assert_int_equal(is_linetouched(stdscr, y), y == 4);
	scene.arrived = 10;
	draw();
	assert_string_equal(row(4, 16), "     me  \u2713 hello");
}

/* Each name has its colour, whoever else is there, and where it is cut, too. */
static void
test_colours(void **state)
{
	static const char *const names[] = {"ann", "bob", "~ann", "a name of many columns"};
	struct layout layout;

	(void)state;
	if (COLORS != 256)
		skip();
	scene.label_width = 30;
	for (size_t i = 0; i < 4; i++)
		add(VOICE_PEER, names[i], "hello", 0);
	layout = draw();
	assert_int_equal(layout.label_width, COLUMNS / 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(colour_at(2 + i, layout.gutter - 2), tint_colours[tint_of(names[i])]);
	assert_string_equal(row(5, 17), "a name of many\u2026  ");
	scene.group = NULL; /* a conversation of two */
	rows_forget();
	layout = draw();
	for (int i = 0; i < 4; i++)
		assert_int_equal(colour_at(2 + i, layout.gutter - 2), 63);
}

/* A conversation of two keeps its columns; a group has more for the mark, and for names where there is room. */
static void
test_columns(void **state)
{
	static const struct {
		int columns, mark_width, label_width; /* mark_width 0: two */
		int labels, gutter, text;
	} rows[] = {
		{200, 0, 40, 16, 23, 25}, {80, 0, 40, 16, 23, 25}, {80, 0, 5, 5, 12, 14},
		{40, 0, 40, 10, 17, 19},  {23, 0, 40, 0, 0, 2},	   {7, 0, 40, 0, 0, 0},
		{200, 1, 40, 21, 28, 30}, {200, 3, 40, 21, 28, 32}, {200, 2, 18, 18, 25, 28},
		{80, 2, 40, 20, 27, 30},  {40, 2, 40, 10, 17, 20}, {23, 3, 40, 0, 0, 4},
		{7, 3, 40, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct layout layout;

		scene.label_width = rows[i].label_width;
		group.mark_width = rows[i].mark_width;
		scene.group = rows[i].mark_width > 0 ? &group : NULL;
		layout = layout_arrange(&scene, 24, rows[i].columns);
		assert_int_equal(layout.label_width, rows[i].labels);
		assert_int_equal(layout.gutter, rows[i].gutter);
		assert_int_equal(layout.text, rows[i].text);
		assert_int_equal(layout.text_width, rows[i].columns - rows[i].text);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_marks),  TEST(test_settled), TEST(test_unknown),
		TEST(test_drawn_again), TEST(test_colours), TEST(test_columns),
	};
	FILE *nowhere;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	unsetenv("NO_COLOR");
	if ((nowhere = fopen("/dev/null", "r+")) == NULL || newterm("xterm-256color", nowhere, nowhere) == NULL) {
		fputs("there is no xterm-256color\n", stderr);
		return 77;
	}
	resizeterm(ROWS, COLUMNS);
	style_open();
	sign_open("xterm-256color");
	paint_open(false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
