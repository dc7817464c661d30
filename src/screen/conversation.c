#include <config.h>

#include <curses.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bilingual.h"
#include "base/fatal.h"
#include "screen/conversation.h"
#include "screen/links.h"
#include "screen/paint.h"
#include "screen/rows.h"
#include "screen/style.h"
#include "text/wrap.h"

#define LABEL_SIZE 256 /* bytes of a label, before it is cut */

#define MOST 999 /* others that are counted in a mark: so many, or more */

/* Before one's own lines: how far they have come. */
static const char mark_own[] = ">";		/* not known */
static const char mark_waiting[] = "\u00b7";	/* here still */
static const char mark_sent[] = "\u203a";	/* the system has taken it */
static const char mark_delivered[] = "\u2713"; /* the peer's machine has it */
static const char mark_lost[] = "\u2717";
static const char mark_doubted[] = "?";		/* it has, and perhaps nobody saw it */

/* The mark before a line. */
struct mark {
	char text[ROWS_MARK_SIZE];
	enum style style;
};

/* How the text of a line looks: what has failed, or is asked, is not to be missed. */
static enum style
style_of(enum voice voice)
{
	switch (voice) {
	case VOICE_SELF:
	case VOICE_PEER:
		break;
	case VOICE_NOTICE:
		return STYLE_FAINT;
	case VOICE_QUESTION:
		return STYLE_QUESTION;
	case VOICE_ALARM:
		return STYLE_ALARM;
	}
	return STYLE_PLAIN;
}

/* How far one's own line has come: to everybody, if there are several others. */
static const char *
sign_of(const struct scene *scene, const struct line *line)
{
	if (line->stream_end >= STREAM_DOUBTED)
		return line->stream_end == STREAM_LOST ? mark_lost : mark_doubted;
	if (!scene->marks)
		return mark_own;
	if (line->stream_end <= scene->arrived)
		return mark_delivered;
	return line->stream_end <= scene->taken ? mark_sent : mark_waiting;
}

/* ... or to how many of them it has not; 0: there is one, or nobody. */
static size_t
count_on_its_way(const struct scene *scene, const struct line *line, const char *sign)
{
	if (scene->group == NULL || (sign != mark_waiting && sign != mark_sent))
		return 0;
	return scene->group->on_its_way(scene->group->talk, line->stream_end);
}

/* The mark that says so. */
static struct mark
mark_of(const struct scene *scene, const struct line *line)
{
	const char *sign = sign_of(scene, line);
	size_t count = count_on_its_way(scene, line, sign);
	struct mark mark = {.style = sign == mark_lost || sign == mark_doubted ? STYLE_ALARM
				     : sign == mark_delivered		       ? STYLE_DELIVERED
									       : STYLE_PLAIN};

	if (count > 0)
		snprintf(mark.text, sizeof mark.text, "%zu", count < MOST ? count : MOST);
	else
		strlcpy(mark.text, sign, sizeof mark.text);
	return mark;
}

/* Draws a mark, at the end of its columns. */
static void
draw_mark(const struct layout *l, int y, const struct mark *mark)
{
	int width = wrap_measure(mark->text, strlen(mark->text));

	if (*mark->text == '\0' || width > l->mark_width)
		return;
	style_set(mark->style);
	paint_text(y, l->gutter + l->mark_width - width, width, mark->text, strlen(mark->text));
}

/* Draws when a line was said, where there is room for that. */
static void
draw_time(const struct layout *l, int y, const struct line *line)
{
	char time[LAYOUT_TIME_WIDTH + 1];
	struct tm tm;

	strftime(time, sizeof time, "%H:%M", localtime_r(&line->when, &tm));
	style_set(STYLE_FAINT);
	paint_text(y, 0, l->labels, time, strlen(time));
}

/* Has what is drawn somewhere stand out, as something that is searched for; what was found more so. */
static void
mark(int y, int x, int columns, bool current)
{
	if (columns > 0)
		style_change(y, x, columns, current ? STYLE_FOUND : STYLE_LIKE_FOUND);
}

/* Draws what else stands before a line of that number: who, and a mark. */
static void
draw_head(const struct scene *scene, const struct layout *l, int y, const struct line *line, uint64_t number)
{
	struct mark sign = {.text = {(char)line->voice}, .style = style_of(line->voice)};
	char label[LABEL_SIZE];
	bool current;
	int width;

	strlcpy(label, line->voice == VOICE_SELF ? scene->own_label : line->voice == VOICE_PEER ? line->speaker : "",
		sizeof label);
	wrap_cut(label, sizeof label, l->label_width);
	width = wrap_measure(label, strlen(label));
	if (line->voice == VOICE_PEER && scene->group != NULL)
		style_set_name(line->speaker);
	else
		style_set(line->voice == VOICE_PEER ? STYLE_PEER_NAME : STYLE_NAME);
	paint_text(y, l->labels + l->label_width - width, width, label, strlen(label));
	if (search_marks_name(scene->search, line, number, &current))
		mark(y, l->labels + l->label_width - width, width, current);
	if (l->text == 0)
		return;
	if (line->voice == VOICE_SELF)
		sign = mark_of(scene, line);
	if (line->voice != VOICE_PEER)
		draw_mark(l, y, &sign);
}

/*
 * Marks what is found in a row, which is drawn.  *from is where in the line to look on; it is moved on to where the
 * next row, in which a place can go on, has to.
 */
static void
mark_row(const struct scene *scene, const struct layout *l, int y, const struct line *line, const struct pane_row *row,
	 size_t *from)
{
	const char *text = line->text + row->row.start;
	const size_t row_start = row->row.start, row_end = row_start + row->row.length;
	struct extent place;
	bool current;

	for (; search_marks(scene->search, line, row->line, *from, &place, &current); *from = place.end) {
		int start = 0, end;

		*from = place.start;
		if (place.start >= row_end)
			return;
		if (place.end <= row_start)
			continue;
		if (place.start > row_start)
			start = wrap_measure(text, place.start - row_start);
		end = wrap_measure(text, (place.end < row_end ? place.end : row_end) - row_start);
		if (end > l->text_width)
			end = l->text_width;
		mark(y, l->text + start, end - start, current);
		if (place.end > row_end)
			return;
	}
	*from = line->length;
}

/* Draws a thin line from one side to the other. */
static void
draw_rule(const struct layout *l, int y)
{
	style_set(STYLE_FAINT);
	mvhline_set(y, 0, WACS_HLINE, l->columns);
}

/* Draws as much of the newest line as fits into a row, below what was scrolled back to. */
static void
draw_newest(const struct scene *scene, const struct layout *l)
{
	const struct history *history = scene->pane->history;
	struct line line = history_line(history, history_end(history) - 1);
	int width = l->text_width, column;
	char below[LABEL_SIZE];
	struct row row;
	bool cut = wrap_row(line.text, line.length, 0, width, WRAP_CHARACTERS, &row) < line.length;

	if (cut && width > 1)
		wrap_row(line.text, line.length, 0, width - 1, WRAP_CHARACTERS, &row);
	/* TRANSLATORS: Stands before the newest line, in place of the time; what has more than 5 columns is cut. */
	strlcpy(below, _("below"), sizeof below);
	wrap_cut(below, sizeof below, l->labels - 1);
	style_set(STYLE_NEWEST);
	paint_text(l->newest_row, 0, l->labels, below, strlen(below));
	draw_head(scene, l, l->newest_row, &line, history_end(history) - 1);
	style_set(STYLE_NEWEST);
	column = paint_text(l->newest_row, l->text, width, line.text, row.length);
	if (cut)
		paint_text(l->newest_row, l->text + column, width - column, WRAP_ELLIPSIS, strlen(WRAP_ELLIPSIS));
}

/* Draws a row that shows something else than before. */
static void
draw_row(const struct scene *scene, const struct layout *l, int y, const struct line *line, const struct pane_row *row)
{
	if (row->is_rule) {
		draw_rule(l, y);
		return;
	}
	if (row->row.start == 0) {
		draw_time(l, y, line);
		draw_head(scene, l, y, line, row->line);
	}
	style_set(style_of(line->voice));
	paint_text(y, l->text, l->text_width, line->text + row->row.start, row->row.length);
}

/* What a row is to show. */
static struct shown
shown_in(const struct scene *scene, const struct line *line, const struct pane_row *row)
{
	struct shown shown = {.line = row->line, .start = row->is_rule ? 0 : row->row.start, .is_rule = row->is_rule};

	if (!row->is_rule && row->row.start == 0 && line->voice == VOICE_SELF)
		strlcpy(shown.mark, mark_of(scene, line).text, sizeof shown.mark);
	return shown;
}

/* Draws the rows in view, which are count, at the bottom of the pane's. */
static void
draw_rows(const struct scene *scene, const struct layout *l, const struct pane_row *view, int count)
{
	const struct history *history = scene->pane->history;
	struct shown *wanted = calloc((size_t)l->pane_rows, sizeof *wanted);
	size_t from = 0;

	if (wanted == NULL)
		fatal("cannot get memory");
	for (int y = 0; y < l->pane_rows; y++)
		wanted[y] = (struct shown){.line = ROWS_NOTHING};
	for (int i = 0; i < count; i++) {
		struct line line = history_line(history, view[i].line);
		wanted[l->pane_rows - count + i] = shown_in(scene, &line, &view[i]);
	}
	rows_begin(wanted, l);
	for (int y = 0; y < l->pane_rows; y++) {
		const struct pane_row *row = view + y - (l->pane_rows - count);
		bool must_draw = rows_must_draw(y, &wanted[y]);
		struct line line;

		if (wanted[y].line == ROWS_NOTHING)
			continue;
		line = history_line(history, row->line);
		if (must_draw)
			draw_row(scene, l, y, &line, row);
		if (row->is_rule)
			continue;
		if (row == view || row->line != row[-1].line)
			from = 0;
		mark_row(scene, l, y, &line, row, &from);
		/* A link's cells are written once more, without what marks a place that is searched for. */
		if (scene->search->mode == SEARCH_OFF && (line.voice == VOICE_SELF || line.voice == VOICE_PEER))
			links_note(&line, row->line, &row->row, y, l->text);
	}
	free(wanted);
}

void
conversation_draw(const struct scene *scene, const struct layout *l)
{
	struct pane_row *view;

	if (l->pane_rows <= 0) {
		rows_forget(); /* something else is drawn there */
		return;
	}
	if ((view = calloc((size_t)l->pane_rows, sizeof *view)) == NULL)
		fatal("cannot get memory");
	if (scene->search->mode != SEARCH_OFF) /* what is found looks otherwise with each key */
		rows_forget();
	pane_resize(scene->pane, l->text_width, l->pane_rows);
	search_show(scene->search, scene->pane); /* it may be in another row now */
	draw_rows(scene, l, view, pane_rows(scene->pane, view));
	free(view);
	if (scene->search->mode != SEARCH_OFF)
		rows_forget();
	if (l->newest_row >= 0)
		draw_newest(scene, l);
}
