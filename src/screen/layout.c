#include <config.h>

#include <string.h>

#include "screen/layout.h"
#include "text/wrap.h"

#define LABEL_MAX 16   /* columns */
#define MEMBER_MAX 21  /* ... of one of several: a name has up to 20, and a mark before it if it is not proven */
#define TIME_FROM 40   /* narrower screens show no times */
#define LABEL_FROM 24  /* ... and no labels */
#define GUTTER_WIDTH 2 /* the mark of a question, and a blank */
#define GUTTER_FROM 8  /* ... and text alone */
#define NEWEST_FROM 3  /* rows of the pane, one of which can be spared */

struct span
layout_next_row(const char *const **texts, size_t *start, int columns)
{
	const char *text = **texts;
	size_t length = strlen(text);
	struct row row;

	*start = wrap_row(text, length, *start, columns, WRAP_WORDS, &row);
	if (*start == length) {
		(*texts)++;
		*start = 0;
	}
	return (struct span){text + row.start, row.length};
}

int
layout_rows_of(const char *const *texts, int columns)
{
	size_t start = 0;
	int rows = 0;

	for (; *texts != NULL; rows++)
		layout_next_row(&texts, &start, columns);
	return rows;
}

bool
layout_is_advice(const char *const *text)
{
	return text[0] != NULL && text[1] != NULL && text[2] == NULL;
}

/* How many rows the typed text gets, at most so many. */
static int
input_rows(const struct input_view *input, int columns, int most)
{
	struct row row;
	size_t start = 0;
	int rows = 0;

	do {
		start = wrap_row(input->text, input->length, start, columns, WRAP_CHARACTERS, &row);
		rows++;
	} while (start < input->length && rows < most);
	return rows;
}

/* Takes the rows for the question from the pane, if it has so many. */
static void
arrange_question(struct layout *l, const char *const *question)
{
	const char *const *text = question;
	int rows, columns;

	if (question == NULL)
		return;
	l->question_text = l->columns >= GUTTER_FROM ? GUTTER_WIDTH : 0;
	columns = l->columns - l->question_text;
	rows = layout_rows_of(question, columns);
	l->advice = rows <= l->pane_rows;
	while (!layout_is_advice(text))
		text++;
	if (!l->advice)
		rows -= layout_rows_of(text, columns) - layout_rows_of(text + 1, columns);
	if (rows > l->pane_rows)
		return;
	l->question_rows = rows;
	l->question_row = l->pane_rows -= rows;
}

/* How many columns labels get. */
static int
label_width(const struct scene *scene, int columns)
{
	int most = scene->group != NULL ? MEMBER_MAX : LABEL_MAX;

	if (columns < LABEL_FROM)
		return 0;
	if (most > columns / 4)
		most = columns / 4;
	return scene->label_width < most ? scene->label_width : most;
}

struct layout
layout_arrange(const struct scene *scene, int rows, int columns)
{
	struct layout l = {.rows = rows, .columns = columns, .newest_row = -1, .status_row = -1};

	l.input_rows = input_rows(&scene->input, columns, rows < 6 ? 1 : rows / 3);
	l.input_row = rows - l.input_rows;
	l.pane_rows = l.input_row;
	if (rows >= 3)
		l.pane_rows = l.status_row = l.input_row - 1;
	arrange_question(&l, scene->question);
	if (!pane_shows_newest(scene->pane) && l.pane_rows >= NEWEST_FROM)
		l.newest_row = --l.pane_rows;
	l.labels = columns >= TIME_FROM ? LAYOUT_TIME_WIDTH : 0;
	l.label_width = label_width(scene, columns);
	l.gutter = l.labels + l.label_width + (l.label_width > 0 ? 1 : 0);
	l.mark_width = scene->group != NULL ? scene->group->mark_width : 1;
	l.text = columns >= GUTTER_FROM ? l.gutter + l.mark_width + 1 : 0;
	l.text_width = columns - l.text;
	return l;
}
