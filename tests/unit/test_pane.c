/*
 * The pane: which rows are in view, against a model that wraps everything and cuts out a window.
 */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/history.h"
#include "screen/pane.h"
#include "text/wrap.h"

#define ROWS_MAX 20000

struct fixture {
	struct history *history;
	struct pane pane;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->history = history_new(1000);
	pane_init(&f->pane, f->history);
	pane_resize(&f->pane, 10, 5);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	history_free(f->history);
	free(f);
	return 0;
}

static void
add(struct fixture *f, const char *text)
{
	history_add(f->history, VOICE_PEER, 0, text, strlen(text), 0);
}

static void
add_numbers(struct fixture *f, int from, int to)
{
	char text[16];

	for (int i = from; i <= to; i++) {
		snprintf(text, sizeof text, "%d", i);
		add(f, text);
	}
}

/* The rows in view as text, each followed by a '|'. */
static const char *
seen(struct fixture *f)
{
	static char text[4096];
	struct pane_row rows[64];
	size_t used = 0;
	int count;

	assert_true(f->pane.height <= 64);
	count = pane_rows(&f->pane, rows);
	for (int i = 0; i < count; i++) {
		struct line line = history_line(f->history, rows[i].line);

		if (rows[i].is_rule) {
			used += strlcpy(text + used, "---|", sizeof text - used);
			continue;
		}
		used += (size_t)snprintf(text + used, sizeof text - used, "%.*s|",
					 (int)rows[i].row.length, line.text + rows[i].row.start);
	}
	text[used] = '\0';
	return text;
}

static void
test_empty(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(seen(f), "");
	pane_scroll(&f->pane, -3);
	pane_scroll(&f->pane, 3);
	pane_to_start(&f->pane);
	assert_string_equal(seen(f), "");
	assert_true(f->pane.following);
}

static void
test_follows_the_newest(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 3);
	assert_string_equal(seen(f), "1|2|3|");
	add_numbers(f, 4, 9);
	assert_string_equal(seen(f), "5|6|7|8|9|");
	add(f, "some words to wrap");
	assert_string_equal(seen(f), "7|8|9|some words|to wrap|");
}

/* Scrolled back, it stays where it is while lines arrive, and counts them. */
static void
test_stays(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 20);
	pane_scroll(&f->pane, -4);
	assert_string_equal(seen(f), "12|13|14|15|16|");
	assert_int_equal(pane_unseen(&f->pane), 0);
	add_numbers(f, 21, 23);
	assert_string_equal(seen(f), "12|13|14|15|16|");
	assert_int_equal(pane_unseen(&f->pane), 3);
	pane_scroll(&f->pane, 2);
	assert_string_equal(seen(f), "14|15|16|17|18|");
	pane_to_end(&f->pane);
	assert_string_equal(seen(f), "19|20|21|22|23|");
	assert_int_equal(pane_unseen(&f->pane), 0);
}

static void
test_ends(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 8);
	pane_scroll(&f->pane, -100);
	assert_string_equal(seen(f), "1|2|3|4|5|");
	pane_scroll(&f->pane, -1);
	assert_string_equal(seen(f), "1|2|3|4|5|");
	pane_scroll(&f->pane, 3);
	assert_string_equal(seen(f), "4|5|6|7|8|");
	assert_true(f->pane.following);
	pane_to_start(&f->pane);
	assert_string_equal(seen(f), "1|2|3|4|5|");
	pane_scroll(&f->pane, 100);
	assert_true(f->pane.following);
}

/* A view that gets a row less when it is scrolled shows the oldest line all the same, and the first row at its top. */
static void
test_ends_of_a_view_that_shrinks(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 8);
	pane_to_start(&f->pane);
	pane_resize(&f->pane, 10, 4);
	assert_string_equal(seen(f), "1|2|3|4|");
	pane_to_end(&f->pane);
	pane_resize(&f->pane, 10, 5);
	pane_scroll(&f->pane, -100);
	pane_resize(&f->pane, 10, 4);
	assert_string_equal(seen(f), "1|2|3|4|");
	pane_scroll(&f->pane, 1);
	assert_string_equal(seen(f), "2|3|4|5|");
}

/* What fits whole cannot be scrolled. */
static void
test_no_scrolling_of_little(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 5);
	pane_scroll(&f->pane, -1);
	assert_true(f->pane.following);
	pane_to_start(&f->pane);
	assert_true(f->pane.following);
}

/* The line that is read stays in view when the screen's size changes. */
static void
test_resizing(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 20);
	add(f, "here is a line that takes quite a lot of rows");
	add_numbers(f, 22, 40);
	pane_scroll(&f->pane, -20);
	assert_string_equal(seen(f), "here is a|line that|takes|quite a|lot of|");
	pane_scroll(&f->pane, -2);
	assert_string_equal(seen(f), "19|20|here is a|line that|takes|");
	pane_resize(&f->pane, 80, 3);
	assert_string_equal(seen(f), "19|20|here is a line that takes quite a lot of rows|");
	pane_resize(&f->pane, 10, 5);
	assert_string_equal(seen(f), "19|20|here is a|line that|takes|");
	pane_resize(&f->pane, 1, 1);
	assert_string_equal(seen(f), "t|");
	pane_resize(&f->pane, 80, 60);
	assert_int_equal(strncmp(seen(f), "1|2|", 4), 0);
}

/* Above what has come since, a rule takes a row of its own; where nothing has, there is none. */
static void
test_rule(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 3);
	pane_rule(&f->pane);
	assert_string_equal(seen(f), "1|2|3|");
	add(f, "4");
	assert_string_equal(seen(f), "1|2|3|---|4|");
	add(f, "some words to wrap");
	assert_string_equal(seen(f), "3|---|4|some words|to wrap|");
	pane_scroll(&f->pane, -1);
	assert_string_equal(seen(f), "2|3|---|4|some words|");
	pane_scroll(&f->pane, -1);
	assert_string_equal(seen(f), "1|2|3|---|4|");
	pane_to_end(&f->pane);
	pane_rule(&f->pane);
	assert_string_equal(seen(f), "2|3|4|some words|to wrap|");
	pane_scroll(&f->pane, -1);
	add(f, "6");
	pane_to_end(&f->pane);
	assert_string_equal(seen(f), "4|some words|to wrap|---|6|");
}

/* The rule is at the bottom of the view, and vanishes; of the lines above it the oldest go. */
static void
test_rule_at_the_bottom(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 990);
	pane_rule(&f->pane);
	add_numbers(f, 991, 1000);
	pane_scroll(&f->pane, -10);
	assert_string_equal(seen(f), "987|988|989|990|---|");
	pane_rule(&f->pane);
	assert_string_equal(seen(f), "986|987|988|989|990|");
	pane_to_end(&f->pane);
	pane_rule(&f->pane);
	add_numbers(f, 1001, 1999);
	pane_to_start(&f->pane);
	assert_string_equal(seen(f), "1000|---|1001|1002|1003|");
	add(f, "2000");
	assert_string_equal(seen(f), "1001|1002|1003|1004|1005|");
}

/* When the oldest lines go, a pane that showed them shows the oldest there are. */
static void
test_eviction(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 1000);
	pane_to_start(&f->pane);
	add_numbers(f, 1001, 1500);
	assert_string_equal(seen(f), "501|502|503|504|505|");
	assert_int_equal(pane_unseen(&f->pane), 500);
}

/* The whole history, wrapped: what the pane is compared with. */
static int
wrap_everything(const struct fixture *f, struct pane_row *all)
{
	int count = 0;

	for (uint64_t n = history_start(f->history); n < history_end(f->history); n++) {
		struct line line = history_line(f->history, n);
		size_t start = 0;

		assert_true(count < ROWS_MAX);
		if (n > history_start(f->history) && n == f->pane.ruled)
			all[count++] = (struct pane_row){.line = n - 1, .is_rule = true};
		do {
			assert_true(count < ROWS_MAX);
			all[count] = (struct pane_row){.line = n};
			start = wrap_row(line.text, line.length, start, f->pane.width, WRAP_WORDS,
					 &all[count++].row);
		} while (start < line.length);
	}
	return count;
}

/* Random scrolling lands where counting rows in the whole history says. */
static void
test_model(void **state)
{
	static struct pane_row all[ROWS_MAX], rows[64];
	struct fixture *f = *state;

	srand(2);
	for (int i = 0; i < 300; i++) {
		char text[128];
		int words = rand() % 20;

		text[0] = '\0';
		while (words-- > 0)
			strcat(text, rand() % 3 ? "abc " : "\u4f60 ");
		add(f, text);
	}
	for (int round = 0; round < 200; round++) {
		int total, bottom;

		pane_resize(&f->pane, 1 + rand() % 40, 1 + rand() % 20);
		f->pane.ruled = (uint64_t)(rand() % 310);
		pane_to_end(&f->pane);
		total = wrap_everything(f, all);
		bottom = total - 1;
		for (int step = 0; step < 20; step++) {
			int by = rand() % 60 - 35, count;

			pane_scroll(&f->pane, by);
			bottom += by;
			if (bottom < f->pane.height - 1)
				bottom = f->pane.height - 1;
			if (bottom > total - 1)
				bottom = total - 1;
			count = pane_rows(&f->pane, rows);
			assert_int_equal(count, total < f->pane.height ? total : f->pane.height);
			for (int i = 0; i < count; i++) {
				const struct pane_row *expected = &all[bottom - count + 1 + i];
				assert_int_equal(rows[i].line, expected->line);
				assert_int_equal(rows[i].is_rule, expected->is_rule);
				assert_int_equal(rows[i].row.start, expected->row.start);
				assert_int_equal(rows[i].row.length, expected->row.length);
			}
		}
	}
}

/* Held, it stays where it is, also at the end, and follows again if it is there still. */
static void
test_holding(void **state)
{
	struct fixture *f = *state;

	pane_hold(&f->pane);
	assert_true(f->pane.following); /* there is nothing to stay at */
	add_numbers(f, 1, 10);
	pane_hold(&f->pane);
	assert_false(f->pane.following);
	pane_release(&f->pane);
	assert_true(f->pane.following);
	pane_hold(&f->pane);
	add_numbers(f, 11, 12);
	assert_string_equal(seen(f), "6|7|8|9|10|");
	assert_int_equal(pane_unseen(&f->pane), 2);
	pane_release(&f->pane);
	assert_false(f->pane.following);
	assert_string_equal(seen(f), "6|7|8|9|10|");
}

/* What is shown comes into the middle, unless it is in view; neither end is passed. */
static void
test_showing(void **state)
{
	struct fixture *f = *state;

	add_numbers(f, 1, 30);
	pane_show(&f->pane, (struct place){.line = 27});
	assert_string_equal(seen(f), "26|27|28|29|30|");
	pane_show(&f->pane, (struct place){.line = 9});
	assert_string_equal(seen(f), "8|9|10|11|12|");
	pane_show(&f->pane, (struct place){.line = 11});
	assert_string_equal(seen(f), "8|9|10|11|12|");
	pane_show(&f->pane, (struct place){.line = 0});
	assert_string_equal(seen(f), "1|2|3|4|5|");
	pane_show(&f->pane, (struct place){.line = 29});
	assert_string_equal(seen(f), "26|27|28|29|30|");
	add(f, "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd");
	pane_show(&f->pane, (struct place){.line = 30, .start = 25});
	assert_string_equal(seen(f), "30|aaaaaaaaaa|bbbbbbbbbb|cccccccccc|dddddddddd|");
}

/* The line at the top, and the place below the view. */
static void
test_edges(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pane_top(&f->pane), 0);
	assert_int_equal(pane_below(&f->pane).line, 0);
	add_numbers(f, 1, 6);
	add(f, "aaaaaaaaaabbbbbbbbbbcccccccccc");
	assert_int_equal(pane_top(&f->pane), 4);
	assert_int_equal(pane_below(&f->pane).line, 7);
	assert_int_equal(pane_below(&f->pane).start, 0);
	pane_scroll(&f->pane, -1);
	assert_int_equal(pane_below(&f->pane).line, 6);
	assert_int_equal(pane_below(&f->pane).start, 20);
	pane_scroll(&f->pane, -2);
	assert_int_equal(pane_below(&f->pane).line, 6);
	assert_int_equal(pane_below(&f->pane).start, 0);
	pane_to_end(&f->pane);
	pane_rule(&f->pane);
	add_numbers(f, 7, 7);
	pane_scroll(&f->pane, -2); /* the rule is the first row that is not in view */
	assert_int_equal(pane_below(&f->pane).line, 7);
	assert_int_equal(pane_below(&f->pane).start, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_follows_the_newest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_of_a_view_that_shrinks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_scrolling_of_little, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resizing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rule_at_the_bottom, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_showing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_edges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_eviction, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_model, set_up, tear_down),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
