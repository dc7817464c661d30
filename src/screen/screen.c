#include <config.h>

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/signals.h"
#include "screen/cells.h"
#include "screen/conversation.h"
#include "screen/layout.h"
#include "screen/links.h"
#include "screen/output.h"
#include "screen/paint.h"
#include "screen/rows.h"
#include "screen/screen.h"
#include "screen/sign.h"
#include "screen/size.h"
#include "screen/style.h"
#include "screen/terminal.h"
#include "text/glyph.h"
#include "text/wrap.h"

#define MARGIN 2 /* of the help, on both sides */

static bool is_open, is_away, watches_focus, reports_mouse;
static struct termios modes_before, modes_open;

/* Sets the terminal's own modes.  ncurses cannot, because it writes to memory: see screen/output.h. */
static void
set_modes(const struct termios *modes)
{
	tcsetattr(STDIN_FILENO, TCSANOW, modes); /* not drained: the terminal may stand still */
}

/* Asks the terminal to report what it is to report and to wrap nothing; or to be as before. */
static void
set_reports_and_wrapping(bool ours)
{
	terminal_wrap(!ours);
	terminal_use_keypad(ours);
	terminal_ignore_wheel(ours);
	terminal_tell_keys(ours);
	terminal_report_pastes(ours);
	if (watches_focus)
		terminal_report_focus(ours);
	if (reports_mouse)
		terminal_report_mouse(ours);
}

/* Takes the terminal.  First whatever ncurses begins with, as it switches wrapping on. */
static void
take(void)
{
	doupdate();
	terminal_save_title();
	set_reports_and_wrapping(true);
}

bool
screen_open(void)
{
	FILE *output;

	if (tcgetattr(STDIN_FILENO, &modes_before) == -1 || (output = output_open()) == NULL ||
	    !size_make_screen(output))
		return false;
	is_open = true;
	fatal_first(screen_close);
	raw();
	noecho();
	nonl();
	typeahead(-1); /* the keys that wait are no reason to leave the screen half drawn */
	tcgetattr(STDIN_FILENO, &modes_open);
	output_capture();
	style_open();
	sign_open(getenv("TERM"));
	paint_open(terminal_can_place());
	links_open();
	cells_open();
	take();
	return true;
}

void
screen_size(int *rows, int *columns)
{
	*rows = LINES;
	*columns = COLS;
}

void
screen_suspend(void)
{
	if (!output_drain())
		terminal_cancel();
	if (is_away) { /* it was given back, and then something was asked */
		terminal_report_pastes(false);
		output_add("\r\n");
	} else {
		terminal_restore_title();
		set_reports_and_wrapping(false);
		endwin();
	}
	is_away = true;
	output_drain();
	set_modes(&modes_before);
}

void
screen_resume(void)
{
	set_modes(&modes_open);
	is_away = false;
	take();
	screen_resize();
	screen_forget();
}

bool
screen_pause(bool job)
{
	screen_suspend();
	signals_stop(job);
	if (signals_deadly() != 0)
		is_open = false; /* the terminal has been given back, and somebody else may have it */
	return is_open;
}

void
screen_stop(bool job)
{
	if (screen_pause(job))
		screen_resume();
}

void
screen_ask(const char *text)
{
	set_modes(&modes_open);
	output_add("\r\n");
	output_add(text);
	terminal_report_pastes(true);
	output_flush();
}

void
screen_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	screen_suspend();
}

/* ncurses keeps three screens, and destroys them if there is no memory for larger ones. */
static void
make_sure_of_memory(size_t rows, size_t columns)
{
	void *volatile memory = calloc(3 * rows, columns * sizeof(cchar_t)); /* volatile: not to be left out */

	if (memory == NULL)
		fatal("cannot get memory for %zu rows and %zu columns", rows, columns);
	free(memory);
}

void
screen_resize(void)
{
	int rows = LINES, columns = COLS;

	size_ask(&rows, &columns);
	if (!is_term_resized(rows, columns))
		return;
	make_sure_of_memory((size_t)rows, (size_t)columns);
	cells_clear();
	resizeterm(rows, columns);
	rows_forget();
}

void
screen_forget(void)
{
	clearok(curscr, TRUE);
	links_forget();
}

static struct layout
arrange(const struct scene *scene)
{
	return layout_arrange(scene, getmaxy(stdscr), getmaxx(stdscr));
}

static int
min(int a, int b)
{
	return a < b ? a : b;
}

static int
columns_of(const char *text)
{
	return wrap_measure(text, strlen(text));
}

/* Draws the question, with a mark where it begins and before what there is to be answered, its last text. */
static void
draw_question(const struct scene *scene, const struct layout *l)
{
	static const char mark = (char)VOICE_QUESTION;
	const char *const *text = scene->question;
	size_t start = 0;

	style_set(STYLE_QUESTION);
	for (int y = l->question_row; y < l->question_row + l->question_rows; y++) {
		struct span row;
		bool marked;

		if (!l->advice && layout_is_advice(text))
			text++;
		marked = start == 0 && (text == scene->question || text[1] == NULL);
		row = layout_next_row(&text, &start, l->columns - l->question_text);
		if (marked && l->question_text > 0)
			paint_text(y, 0, 1, &mark, 1);
		paint_text(y, l->question_text, l->columns - l->question_text, row.text, row.length);
	}
	style_set(STYLE_PLAIN);
}

static void
draw_status(const struct scene *scene, const struct layout *l)
{
	char left[BAR_MAX], right[BAR_MAX];
	int room = l->columns - 2, columns;

	if (l->status_row < 0)
		return;
	bar_write(scene->bar, room, left, right);
	columns = columns_of(right);
	style_set(STYLE_OVER);
	mvhline(l->status_row, 0, ' ' | A_REVERSE, l->columns);
	paint_text(l->status_row, 1, room, left, strlen(left));
	paint_text(l->status_row, l->columns - 1 - columns, columns, right, strlen(right));
	style_set(STYLE_PLAIN);
}

/* Draws the rows of what is typed around the cursor, and leaves the cursor there. */
static void
draw_input(const struct scene *scene, const struct layout *l)
{
	const struct input_view *in = &scene->input;
	struct row row;
	size_t start = 0, next;
	int cursor_row = 0, first, cursor_column = 0;

	while ((next = wrap_row(in->text, in->length, start, l->columns, WRAP_CHARACTERS, &row)) <=
	       in->cursor) {
		start = next;
		cursor_row++;
	}
	first = cursor_row < l->input_rows ? 0 : cursor_row - l->input_rows + 1;
	style_set(STYLE_PLAIN);
	start = 0;
	for (int i = 0; i < first + l->input_rows && start < in->length; i++) {
		next = wrap_row(in->text, in->length, start, l->columns, WRAP_CHARACTERS, &row);
		if (i == cursor_row)
			cursor_column = wrap_measure(in->text + start, in->cursor - start);
		if (i >= first)
			paint_text(l->input_row + i - first, 0, l->columns, in->text + start, row.length);
		start = next;
	}
	move(l->input_row + cursor_row - first, min(cursor_column, l->columns - 1));
}

/* Draws the help in the middle of the pane, as much of it as there is room for. */
static void
draw_help(const struct scene *scene, const struct layout *l)
{
	const char *const *help;
	size_t start = 0;
	int rows, width = 0, text_width, top, left;

	for (help = scene->help; *help != NULL; help++)
		if (columns_of(*help) > width)
			width = columns_of(*help);
	width = min(width + 2 * MARGIN, l->columns);
	text_width = width > 2 * MARGIN ? width - 2 * MARGIN : 1;
	rows = layout_rows_of(scene->help, text_width);
	top = rows < l->pane_rows ? (l->pane_rows - rows) / 2 : 0;
	left = (l->columns - width) / 2;
	style_set(STYLE_OVER);
	help = scene->help;
	for (int y = top; *help != NULL && y < l->pane_rows; y++) {
		struct span row = layout_next_row(&help, &start, text_width);

		mvhline(y, left, ' ' | A_REVERSE, width);
		if (y == l->pane_rows - 1 && *help != NULL) /* there is more */
			row = (struct span){WRAP_ELLIPSIS, strlen(WRAP_ELLIPSIS)};
		paint_text(y, left + MARGIN, width - MARGIN, row.text, row.length);
	}
	style_set(STYLE_PLAIN);
}

void
screen_watch_focus(void)
{
	if (!watches_focus && !is_away)
		terminal_report_focus(true);
	watches_focus = true;
}

void
screen_toggle_mouse(void)
{
	reports_mouse = !reports_mouse;
	terminal_report_mouse(reports_mouse);
}

bool
screen_has_mouse(void)
{
	return reports_mouse;
}

void
screen_ring(void)
{
	beep();
}

void
screen_help_size(const struct scene *scene, int *rows, int *columns)
{
	struct layout layout = arrange(scene);

	*rows = layout.pane_rows;
	*columns = layout.columns > 2 * MARGIN ? layout.columns - 2 * MARGIN : 1;
}

bool
screen_has_room(const struct scene *scene)
{
	return scene->question == NULL || arrange(scene).question_rows > 0;
}

void
screen_draw(const struct scene *scene)
{
	struct layout layout = arrange(scene);

	move(layout.pane_rows > 0 ? layout.pane_rows : 0, 0); /* what is above knows what it shows: screen/rows.h */
	clrtobot();
	links_begin();
	conversation_draw(scene, &layout);
	if (scene->help != NULL) {
		draw_help(scene, &layout);
		links_begin(); /* it covers some, and which is not worth knowing */
		rows_forget();
	}
	draw_question(scene, &layout);
	draw_status(scene, &layout);
	draw_input(scene, &layout);
	paint_finish();
	links_refresh();
	terminal_wrap(false); /* the lower right corner may have been drawn */
	output_flush();
}
