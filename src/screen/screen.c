#include <config.h>

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/fatal.h"
#include "screen/layout.h"
#include "screen/output.h"
#include "screen/placed.h"
#include "screen/screen.h"
#include "screen/size.h"
#include "screen/terminal.h"
#include "text/glyph.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define LABEL_SIZE 256 /* bytes of a label, before it is cut */
#define MARGIN 2       /* of the help, on both sides */
#define LINE_END_SIGN 0x23CE /* RETURN SYMBOL: where a pasted line ends */
#define REPLACEMENT_CHARACTER 0xFFFD

/* Pairs of colours; without colour, attributes alone tell things apart. */
enum colour { COLOUR_PLAIN, COLOUR_PEER, COLOUR_DELIVERED, COLOUR_ALARM };

/* Before one's own lines: how far they have come. */
#define MARK_OWN ">"	      /* not known */
#define MARK_WAITING "\u00b7"   /* here still */
#define MARK_SENT "\u203a"      /* the system has taken it */
#define MARK_DELIVERED "\u2713" /* the peer's machine has it */
#define MARK_LOST "\u2717"
#define MARK_DOUBTED "?"	      /* it has, and perhaps nobody saw it */

static bool is_open, watches_focus, can_place;
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
	terminal_report_pastes(ours);
	if (watches_focus)
		terminal_report_focus(ours);
}

/* Takes the terminal.  First whatever ncurses begins with, as it switches wrapping on. */
static void
take(void)
{
	doupdate();
	set_reports_and_wrapping(true);
}

bool
screen_open(void)
{
	const char *no_color = getenv("NO_COLOR");
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
	if (has_colors() && (no_color == NULL || *no_color == '\0')) {
		start_color();
		use_default_colors();
		init_pair(COLOUR_PEER, COLOR_CYAN, -1);
		init_pair(COLOUR_DELIVERED, COLOR_GREEN, -1);
		init_pair(COLOUR_ALARM, COLOR_RED, -1);
	}
	can_place = terminal_can_place();
	terminal_save_title();
	take();
	return true;
}

/* Gives the terminal back, even if it could not take all that was drawn. */
static void
give_back(bool for_good)
{
	if (!output_drain())
		terminal_cancel();
	if (for_good)
		terminal_restore_title();
	set_reports_and_wrapping(false);
	endwin();
	output_drain();
	set_modes(&modes_before);
}

void
screen_suspend(void)
{
	give_back(false);
}

void
screen_resume(void)
{
	set_modes(&modes_open);
	take();
	screen_resize();
	screen_forget();
}

void
screen_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	give_back(true);
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
	resizeterm(rows, columns);
}

void
screen_forget(void)
{
	clearok(curscr, TRUE);
}

static void
set_style(attr_t attributes, enum colour colour)
{
	attr_set(attributes, (short)colour, NULL);
}

/* Draws a character at the cursor, and what is to be written with it: not only what ncurses takes for marks. */
static void
draw_cell(const wchar_t *text)
{
	const wchar_t first[] = {*text, L'\0'};
	attr_t attributes;
	short pair;
	cchar_t cell;

	attr_get(&attributes, &pair, NULL);
	setcchar(&cell, first, attributes, pair, NULL);
	for (size_t i = 1; i < CCHARW_MAX && text[i] != L'\0'; i++)
		cell.chars[i] = text[i];
	add_wch(&cell);
}

/* Draws a glyph at the cursor about which terminals may disagree. */
static void
draw_placed(const struct glyph *glyph)
{
	wchar_t cell[PLACED_CELL_MAX];

	placed_encode(glyph, cell);
	draw_cell(cell);
	for (int i = 1; i < glyph->columns; i++)
		draw_cell((const wchar_t[]){placed_next, L'\0'});
}

/* Draws a glyph at the cursor; what is a control is made visible. */
static void
draw_glyph(const struct glyph *glyph)
{
	wchar_t text[1 + GLYPH_MARKS_MAX + 1] = {(wchar_t)glyph->character};

	if (*text == L'\n') {
		*text = LINE_END_SIGN;
	} else if (*text < 0x20 || *text == 0x7F) {
		addch('^');
		*text ^= 0x40;
	} else if (glyph->disputed && can_place && wcwidth(*text) >= 0) {
		draw_placed(glyph);
		return;
	} else if (wcwidth(*text) < 0 || placed_is(*text)) { /* ncurses would show it in two columns, or as a sign */
		*text = REPLACEMENT_CHARACTER;
	}
	for (size_t i = 0, length = 1; glyph->marks[i] != 0; i++)
		if (glyph_columns(glyph->marks[i]) == 0)
			text[length++] = (wchar_t)glyph->marks[i];
	draw_cell(text);
	for (int i = glyph_columns(glyph->character); i < glyph->columns; i++)
		addch(' ');
}

static int
min(int a, int b)
{
	return a < b ? a : b;
}

/* How many characters at the start of a text are ASCII, can be seen, and have no mark on them. */
static int
count_ascii(const char *text, const char *end)
{
	const char *s = text;

	while (s < end && *s >= 0x20 && *s < 0x7F)
		s++;
	return (int)(s - text) - (s > text && s < end && (*s & 0x80) != 0);
}

/*
 * Draws text from a place on, cut off where the columns end.  Marks without a character that they
 * belong to are left out: they would join what stands before the text.  Returns the column after it,
 * counted from where it started.
 */
static int
draw_text(int y, int x, int columns, const char *text, size_t length)
{
	const char *end = text + length;
	int column = 0;

	move(y, x);
	while (text < end) {
		int width = min(count_ascii(text, end), columns - column);
		struct glyph glyph;
		uint32_t c;

		if (width > 0) { /* most text, and much faster so */
			addnstr(text, width);
			text += width;
			column += width;
			continue;
		}
		utf8_next(text, end, &c);
		text = glyph_next(text, end, &glyph);
		width = wrap_columns(c, column) + glyph.columns - glyph_columns(c);
		if (column + width > columns)
			break;
		if (c == '\t' || glyph.character == 0)
			move(y, x + column + width);
		else
			draw_glyph(&glyph);
		column += width;
	}
	return column;
}

static struct layout
arrange(const struct scene *scene)
{
	return layout_arrange(scene, getmaxy(stdscr), getmaxx(stdscr));
}

static int
columns_of(const char *text)
{
	return wrap_measure(text, strlen(text));
}

/* Sets how the text of a line looks: what has failed, or is asked, is not to be missed. */
static void
set_voice_style(enum voice voice)
{
	switch (voice) {
	case VOICE_SELF:
	case VOICE_PEER:
		set_style(A_NORMAL, COLOUR_PLAIN);
		break;
	case VOICE_NOTICE:
		set_style(A_DIM, COLOUR_PLAIN);
		break;
	case VOICE_QUESTION:
		set_style(A_BOLD, COLOUR_PLAIN);
		break;
	case VOICE_ALARM:
		set_style(A_BOLD, COLOUR_ALARM);
		break;
	}
}

/* Draws how far one's own line has come. */
static void
draw_mark(const struct scene *scene, int y, int x, const struct line *line)
{
	const char *mark = MARK_OWN;

	set_style(A_NORMAL, COLOUR_PLAIN);
	if (line->stream_end >= STREAM_DOUBTED) {
		mark = line->stream_end == STREAM_LOST ? MARK_LOST : MARK_DOUBTED;
		set_style(A_BOLD, COLOUR_ALARM);
	} else if (scene->marks && line->stream_end <= scene->arrived) {
		mark = MARK_DELIVERED;
		set_style(A_NORMAL, COLOUR_DELIVERED);
	} else if (scene->marks) {
		mark = line->stream_end <= scene->taken ? MARK_SENT : MARK_WAITING;
	}
	draw_text(y, x, 1, mark, strlen(mark));
}

/* Draws what stands before a line: when, who, and a mark. */
static void
draw_head(const struct scene *scene, const struct layout *l, int y, const struct line *line)
{
	char time[LAYOUT_TIME_WIDTH + 1], label[LABEL_SIZE], mark = (char)line->voice;
	int width;
	struct tm tm;

	if (l->labels > 0) {
		strftime(time, sizeof time, "%H:%M", localtime_r(&line->when, &tm));
		set_style(A_DIM, COLOUR_PLAIN);
		draw_text(y, 0, LAYOUT_TIME_WIDTH, time, strlen(time));
	}
	strlcpy(label, line->voice == VOICE_SELF ? scene->own_label : line->voice == VOICE_PEER ? line->speaker : "",
		sizeof label);
	wrap_cut(label, sizeof label, l->label_width);
	width = columns_of(label);
	set_style(A_BOLD, line->voice == VOICE_PEER ? COLOUR_PEER : COLOUR_PLAIN);
	draw_text(y, l->labels + l->label_width - width, width, label, strlen(label));
	if (l->text == 0)
		return;
	set_voice_style(line->voice);
	if (line->voice == VOICE_SELF)
		draw_mark(scene, y, l->gutter, line);
	else if (line->voice != VOICE_PEER)
		draw_text(y, l->gutter, 1, &mark, 1);
}

static void
draw_pane(const struct scene *scene, const struct layout *l)
{
	struct pane_row *rows;
	int count;

	if (l->pane_rows <= 0)
		return;
	if ((rows = calloc((size_t)l->pane_rows, sizeof *rows)) == NULL)
		fatal("cannot get memory");
	pane_resize(scene->pane, l->text_width, l->pane_rows);
	count = pane_rows(scene->pane, rows);
	for (int i = 0; i < count; i++) {
		struct line line = history_line(scene->pane->history, rows[i].line);
		int y = l->pane_rows - count + i;

		if (rows[i].row.start == 0)
			draw_head(scene, l, y, &line);
		set_voice_style(line.voice);
		draw_text(y, l->text, l->text_width, line.text + rows[i].row.start,
			  rows[i].row.length);
	}
	free(rows);
}

/* Draws the question, with a mark where it begins and before what there is to be answered, its last text. */
static void
draw_question(const struct scene *scene, const struct layout *l)
{
	static const char mark = (char)VOICE_QUESTION;
	const char *const *text = scene->question;
	size_t start = 0;

	set_voice_style(VOICE_QUESTION);
	for (int y = l->question_row; y < l->question_row + l->question_rows; y++) {
		struct span row;
		bool marked;

		if (!l->advice && layout_is_advice(text))
			text++;
		marked = start == 0 && (text == scene->question || text[1] == NULL);
		row = layout_next_row(&text, &start, l->columns - l->question_text);
		if (marked && l->question_text > 0)
			draw_text(y, 0, 1, &mark, 1);
		draw_text(y, l->question_text, l->columns - l->question_text, row.text, row.length);
	}
	set_style(A_NORMAL, COLOUR_PLAIN);
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
	set_style(A_REVERSE, COLOUR_PLAIN);
	mvhline(l->status_row, 0, ' ' | A_REVERSE, l->columns);
	draw_text(l->status_row, 1, room, left, strlen(left));
	draw_text(l->status_row, l->columns - 1 - columns, columns, right, strlen(right));
	set_style(A_NORMAL, COLOUR_PLAIN);
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
	set_style(A_NORMAL, COLOUR_PLAIN);
	start = 0;
	for (int i = 0; i < first + l->input_rows && start < in->length; i++) {
		next = wrap_row(in->text, in->length, start, l->columns, WRAP_CHARACTERS, &row);
		if (i == cursor_row)
			cursor_column = wrap_measure(in->text + start, in->cursor - start);
		if (i >= first)
			draw_text(l->input_row + i - first, 0, l->columns, in->text + start, row.length);
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
	set_style(A_REVERSE, COLOUR_PLAIN);
	help = scene->help;
	for (int y = top; *help != NULL && y < l->pane_rows; y++) {
		struct span row = layout_next_row(&help, &start, text_width);

		mvhline(y, left, ' ' | A_REVERSE, width);
		draw_text(y, left + MARGIN, width - MARGIN, row.text, row.length);
	}
	set_style(A_NORMAL, COLOUR_PLAIN);
}

void
screen_watch_focus(void)
{
	if (!watches_focus)
		terminal_report_focus(true);
	watches_focus = true;
}

void
screen_ring(void)
{
	beep();
}

bool
screen_has_room(const struct scene *scene)
{
	return scene->question == NULL || arrange(scene).question_rows > 0;
}

/* Whether there is a disputed glyph in a row, the cells of which end with an empty one. */
static bool
has_placed(const cchar_t *row)
{
	while (row->chars[0] != L'\0' && !placed_is(row->chars[0]))
		row++;
	return row->chars[0] != L'\0';
}

static bool
is_same_row(const cchar_t *a, const cchar_t *b)
{
	for (; a->chars[0] != L'\0' && b->chars[0] != L'\0'; a++, b++)
		if (memcmp(a, b, sizeof *a) != 0)
			return false;
	return a->chars[0] == b->chars[0];
}

/* Has the rows that change be written whole, from left to right, where terminals may disagree about a glyph. */
static void
redraw_disputed_rows(void)
{
	static struct buffer cells; /* room for a row to be drawn, and for what is there */
	int columns = getmaxx(stdscr), y, x, shown_y, shown_x;
	cchar_t *row = (cchar_t *)(void *)buffer_reserve(&cells, 2 * ((size_t)columns + 1) * sizeof *row);
	cchar_t *shown = row + columns + 1;

	getyx(stdscr, y, x);
	getyx(curscr, shown_y, shown_x);
	for (int i = 0; i < getmaxy(stdscr); i++) {
		mvin_wchnstr(i, 0, row, columns);
		if (!has_placed(row))
			continue;
		mvwin_wchnstr(curscr, i, 0, shown, columns);
		if (!is_same_row(row, shown))
			wredrawln(stdscr, i, 1);
	}
	wmove(curscr, shown_y, shown_x);
	move(y, x);
}

void
screen_draw(const struct scene *scene)
{
	struct layout layout = arrange(scene);

	erase();
	draw_pane(scene, &layout);
	if (scene->help != NULL)
		draw_help(scene, &layout);
	draw_question(scene, &layout);
	draw_status(scene, &layout);
	draw_input(scene, &layout);
	if (can_place)
		redraw_disputed_rows();
	refresh();
	terminal_wrap(false); /* the lower right corner may have been drawn */
	output_flush();
}
