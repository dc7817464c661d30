/*
 * The history, its wrapping and the pane, against models that keep everything.
 *
 * A case is a first byte, which says how many lines the history holds (modulo 64), and then a line
 * for each thing that happens: a letter, and what it needs.
 *
 *   +TEXT   a line comes in            *AB     ... of A * 256 times B bytes
 *   @A      A speaks from now on
 *   sAB     the screen's size, A columns and B rows, modulo 64
 *   uA, dA  A rows up, down            <, >    to the oldest lines, to the newest
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "text/filter.h"
#include "fuzz.h"
#include "record/history.h"
#include "screen/pane.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define LINES_MAX 512	     /* in one case */
#define LONG_MAX 48	     /* of those of many pages */
#define WRAPPED_MAX 4096     /* bytes that the model of the pane wraps again and again */
#define LITTLE 65536	     /* bytes of text: while it holds no more, everything is looked at each time */
#define BYTES_MIN ((size_t)1024 * 1024) /* what any history holds, if all of its lines fit */
#define HEIGHT_MAX 64
#define WIDTH_MAX 64

struct world {
	struct history *history;
	size_t max_lines;
	struct buffer lines[LINES_MAX]; /* all that came in */
	char speakers[LINES_MAX + 1]; /* of each of them, and of the next */
	size_t count, long_count;
	size_t held; /* bytes in the history, when last looked */
	struct pane pane;
	struct pane_row all[WRAPPED_MAX + LINES_MAX]; /* the history, wrapped */
	int total;				      /* so many rows */
};

/* ---- Wrapping ---- */

/* How many columns the row takes without the blanks at its end, and how many characters have any. */
static int
columns_of(const char *text, size_t length, int *characters)
{
	const char *end = text + length;
	int column = 0, seen = 0;

	for (*characters = 0; text < end;) {
		uint32_t c;
		int columns;

		text = utf8_next(text, end, &c);
		columns = wrap_columns(c, column);
		column += columns;
		if (c == ' ' || c == '\t')
			continue;
		seen = column;
		*characters += columns > 0;
	}
	return seen;
}

/* The rows of a line: each of its bytes is in one of them, but blanks between words, and none is too wide. */
static void
must_wrap(const char *text, size_t length, int width, enum wrap_mode mode)
{
	size_t start = 0;

	do {
		struct row row;
		size_t next = wrap_row(text, length, start, width, mode, &row), end = row.start + row.length;
		int characters, columns;

		must(next <= length && (next > start || length == 0));
		must(row.start == start && end <= next);
		must(mode == WRAP_WORDS || end == next);
		for (size_t i = end; i < next; i++)
			must(text[i] == ' ' || text[i] == '\t');
		must(next == length || ((unsigned char)text[next] & 0xC0) != 0x80);
		columns = columns_of(text + start, row.length, &characters);
		must(columns <= width || characters <= 1);
		start = next;
	} while (start < length);
}

/* At every width; a line of many bytes, which takes long, at some. */
static void
must_wrap_everywhere(const struct buffer *line)
{
	size_t length = buffer_length(line);
	int step = 1 + (int)(length / 128);

	for (int width = 1; width <= WIDTH_MAX && length > 0; width += step) {
		must_wrap(buffer_data(line), length, width, WRAP_WORDS);
		must_wrap(buffer_data(line), length, width, WRAP_CHARACTERS);
	}
}

/* ---- The history ---- */

/* What is held is the newest, as it came in, within the limits, and no less than fits. */
static void
must_hold(struct world *w)
{
	uint64_t start = history_start(w->history), end = history_end(w->history);
	size_t bytes = 0;
	bool compare = w->held <= LITTLE || w->count % 8 == 0;

	must(end == w->count && start <= end && end - start <= w->max_lines);
	for (uint64_t n = start; n < end; n++) {
		struct line line = history_line(w->history, n);
		must(line.length == buffer_length(&w->lines[n]));
		must(!compare || line.length == 0 ||
		     memcmp(line.text, buffer_data(&w->lines[n]), line.length) == 0);
		must(line.when == (time_t)n);
		must(n % 2 == 0 || line.stream_end == n * 3); /* one's own */
		must(line.voice == (n % 2 ? VOICE_SELF : VOICE_PEER));
		must(n % 2 == 1 || *line.speaker == w->speakers[n]);
		bytes += line.length;
	}
	w->held = bytes;
	must(bytes <= BYTES_MIN);
	must(start == 0 || end - start == w->max_lines || bytes >= BYTES_MIN - 3 * FILTER_LINE_MAX);
}

/* The text, made safe, without the LFs that a long one gets. */
static void
add_line(struct world *w, const char *text, size_t length)
{
	struct buffer *line = &w->lines[w->count];
	size_t n = w->count;

	if (n == LINES_MAX)
		return;
	filter_text(text, length, SIZE_MAX, line);
	must(buffer_length(line) <= FILTER_LINE_MAX);
	w->count++;
	w->speakers[w->count] = w->speakers[n];
	history_add(w->history, n % 2 ? VOICE_SELF : VOICE_PEER, (time_t)n,
		    buffer_length(line) > 0 ? buffer_data(line) : "", buffer_length(line), n * 3);
	must_hold(w);
}

static void
add_long_line(struct world *w, uint8_t pages, uint8_t letter)
{
	size_t length = (size_t)pages * 256;
	char *text = malloc(length + 1);

	if (w->long_count++ >= LONG_MAX)
		length = 0;
	memset(text, letter < 0x20 || letter >= 0x7F ? 'x' : letter, length + 1);
	add_line(w, text, length);
	free(text);
}

static void
set_speaker(struct world *w, char letter)
{
	char label[] = {letter, '\0'};

	w->speakers[w->count] = letter;
	history_set_speaker(w->history, label);
	must_hold(w);
}

/* ---- The pane ---- */

/* Wraps the whole history.  Returns whether it is little enough. */
static bool
wrap_all(struct world *w)
{
	size_t bytes = 0;

	w->total = 0;
	for (uint64_t n = history_start(w->history); n < history_end(w->history); n++)
		bytes += history_line(w->history, n).length;
	if (bytes > WRAPPED_MAX)
		return false;
	for (uint64_t n = history_start(w->history); n < history_end(w->history); n++) {
		struct line line = history_line(w->history, n);
		size_t start = 0;

		do {
			struct pane_row *row = &w->all[w->total++];
			row->line = n;
			start = wrap_row(line.text, line.length, start, w->pane.width, WRAP_WORDS, &row->row);
		} while (start < line.length);
	}
	return true;
}

static bool
is_same_row(const struct pane_row *a, const struct pane_row *b)
{
	return a->line == b->line && a->row.start == b->row.start && a->row.length == b->row.length;
}

/* Which row of all is the last one in view; and the view must be it and those above it. */
static int
find_bottom(struct world *w)
{
	struct pane_row rows[HEIGHT_MAX];
	int count = pane_rows(&w->pane, rows), bottom = w->total - 1;

	must(count == (w->total < w->pane.height ? w->total : w->pane.height));
	if (count == 0)
		return -1;
	while (bottom >= 0 && !is_same_row(&w->all[bottom], &rows[count - 1]))
		bottom--;
	must(bottom >= count - 1);
	for (int i = 0; i < count; i++)
		must(is_same_row(&rows[i], &w->all[bottom - count + 1 + i]));
	must(!w->pane.following || bottom == w->total - 1);
	return bottom;
}

/* Scrolling by so many rows moves the view by as many, but not past its ends. */
static void
scroll(struct world *w, int rows)
{
	int expected = wrap_all(w) ? find_bottom(w) + rows : -1;
	uint64_t unseen = pane_unseen(&w->pane);

	pane_scroll(&w->pane, rows);
	must(pane_unseen(&w->pane) == (w->pane.following ? 0 : unseen));
	if (!wrap_all(w) || w->total == 0)
		return;
	if (expected < w->pane.height - 1)
		expected = w->pane.height - 1;
	if (expected > w->total - 1)
		expected = w->total - 1;
	must(find_bottom(w) == expected);
}

/* As far up as down, it is where it was, unless it met an end. */
static void
scroll_there_and_back(struct world *w)
{
	struct pane before = w->pane;
	int bottom, rows = w->pane.height;

	if (!wrap_all(w) || (bottom = find_bottom(w)) - rows < w->pane.height - 1)
		return;
	pane_scroll(&w->pane, -rows);
	must(find_bottom(w) == bottom - rows && !w->pane.following);
	pane_scroll(&w->pane, rows);
	must(find_bottom(w) == bottom);
	w->pane = before;
}

/* A line that comes in does not move what is read; where there is room below, it is seen. */
static void
add_while_scrolled(struct world *w, const uint8_t *text, size_t length)
{
	struct pane_row before[HEIGHT_MAX], after[HEIGHT_MAX];
	uint64_t unseen = pane_unseen(&w->pane);
	bool following = w->pane.following, comes = w->count < LINES_MAX;
	int count = pane_rows(&w->pane, before);

	add_line(w, (const char *)text, length);
	must_wrap_everywhere(&w->lines[w->count - 1]);
	if (following)
		return;
	must(pane_unseen(&w->pane) == unseen + comes);
	if (count == 0 || before[0].line < history_start(w->history))
		return;
	must(pane_rows(&w->pane, after) >= count);
	for (int i = 0; i < count; i++)
		must(is_same_row(&before[i], &after[i]));
}

/* What was at the bottom stays there, or at least in view if now there is room for what is above it. */
static void
resize(struct world *w, int width, int height)
{
	struct pane_row rows[HEIGHT_MAX], last;
	struct place bottom = w->pane.bottom;
	int count;

	pane_resize(&w->pane, width, height);
	if (w->pane.following || bottom.line < history_start(w->history))
		return;
	count = pane_rows(&w->pane, rows);
	last = rows[count - 1];
	must((rows[0].line == history_start(w->history) && rows[0].row.start == 0) ||
	     (last.line == bottom.line && last.row.start <= bottom.start));
}

/* What a person does. */
static void
look(struct world *w, char how, uint8_t a, uint8_t b)
{
	switch (how) {
	case 's':
		resize(w, a % WIDTH_MAX, b % HEIGHT_MAX);
		break;
	case 'u':
		scroll(w, -a);
		break;
	case 'd':
		scroll(w, a);
		break;
	case '<':
		pane_to_start(&w->pane);
		break;
	case '>':
		pane_to_end(&w->pane);
		must(w->pane.following && pane_unseen(&w->pane) == 0);
		break;
	default:
		break;
	}
	scroll_there_and_back(w);
}

static void
happen(struct world *w, const uint8_t *what, size_t length)
{
	uint8_t a = length > 1 ? what[1] : 0, b = length > 2 ? what[2] : 0;

	if (what[0] == '*')
		add_long_line(w, a, b);
	else if (what[0] == '@')
		set_speaker(w, (char)a);
	else if (w->held > LITTLE)
		add_line(w, (const char *)what, length);
	else if (what[0] == '+')
		add_while_scrolled(w, what + 1, length - 1);
	else
		look(w, (char)what[0], a, b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	size_t length;

	if (size == 0)
		return 0;
	w.long_count = w.held = 0;
	w.speakers[0] = '\0';
	w.max_lines = 1 + data[0] % 64;
	w.history = history_new(w.max_lines);
	pane_init(&w.pane, w.history);
	for (size_t at = 1; at < size; at += length + 1) {
		const uint8_t *lf = memchr(data + at, '\n', size - at);

		length = (lf != NULL ? (size_t)(lf - data) : size) - at;
		if (length > 0)
			happen(&w, data + at, length);
	}
	for (; w.count > 0; w.count--)
		buffer_free(&w.lines[w.count - 1]);
	history_free(w.history);
	return 0;
}
