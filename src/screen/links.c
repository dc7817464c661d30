#include <config.h>

#include <curses.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "screen/links.h"
#include "screen/output.h"
#include "screen/terminal.h"
#include "text/glyph.h"
#include "text/url.h"

#define PIECES_MAX 128 /* rows of links at once */

/* What one row has of a link.  A line that is held never changes, so it need not be copied to be compared. */
struct piece {
	uint64_t line;	       /* its number */
	struct url url;
	struct row row;	       /* what of it is there */
	int y, x;
	const char *text;      /* the line's; good as long as the picture is drawn */
};

static struct piece pieces[PIECES_MAX], made[PIECES_MAX]; /* in the picture, and on the terminal */
static size_t count, made_count;
static bool are_known; /* to the terminal */

void
links_open(void)
{
	are_known = terminal_has_links();
}

void
links_begin(void)
{
	count = 0;
}

void
links_note(const struct line *line, uint64_t number, const struct row *row, int y, int x)
{
	size_t end = row->start + row->length;
	struct url url;

	if (!are_known || (row->start == 0 && end == line->length))
		return;
	for (size_t from = row->start; url_find(line->text, line->length, from, end, &url); from = url.end) {
		size_t start = url.start > row->start ? url.start : row->start, before = start - row->start;
		size_t stop = url.end < end ? url.end : end;

		if ((start == url.start && stop == url.end) || count == PIECES_MAX)
			continue;
		/* Where terminals disagree about what stands before it, nobody knows which cells it has. */
		if (glyph_is_disputed(line->text + row->start, before))
			break;
		pieces[count++] = (struct piece){
			.line = number,
			.url = url,
			.row = {start, stop - start},
			.y = y,
			.x = x + wrap_measure(line->text + row->start, before),
			.text = line->text,
		};
	}
}

void
links_forget(void)
{
	made_count = 0;
}

static bool
is_same_link(const struct piece *a, const struct piece *b)
{
	return a->line == b->line && a->url.start == b->url.start;
}

/* Whether the links of the picture are those that were made, in the same places. */
static bool
are_made(void)
{
	for (size_t i = 0; i < count && count == made_count; i++)
		if (!is_same_link(&pieces[i], &made[i]) || pieces[i].row.start != made[i].row.start ||
		    pieces[i].row.length != made[i].row.length || pieces[i].y != made[i].y || pieces[i].x != made[i].x)
			return false;
	return count == made_count;
}

/* Whether ncurses is about to change a row that has one of them. */
static bool
is_touched(const struct piece *links, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (is_linetouched(newscr, links[i].y))
			return true;
	return false;
}

/* Writes the cells of the links once more. */
static void
make(void)
{
	struct buffer sequence = {0};
	char text[64];

	buffer_add(&sequence, "\0337\033[m", 5); /* DECSC */
	for (size_t i = 0; i < count; i++) {
		const struct piece *p = &pieces[i];
		const char *url = p->text + p->url.start;

		if (i == 0 || !is_same_link(p, p - 1)) {
			int length = snprintf(text, sizeof text, "\033]8;id=%" PRIu64 ".%zu;", p->line, p->url.start);

			buffer_add(&sequence, text, (size_t)length);
			buffer_add(&sequence, url, p->url.end - p->url.start);
			buffer_add(&sequence, "\033\\", 2);
		}
		buffer_add(&sequence, text, (size_t)snprintf(text, sizeof text, "\033[%d;%dH", p->y + 1, p->x + 1));
		buffer_add(&sequence, p->text + p->row.start, p->row.length);
	}
	buffer_add(&sequence, TERMINAL_LINK_ENDS "\0338", sizeof TERMINAL_LINK_ENDS "\0338"); /* DECRC, and NUL */
	output_add(buffer_data(&sequence));
	buffer_free(&sequence);
}

void
links_refresh(void)
{
	bool changed;

	wnoutrefresh(stdscr);
	changed = !are_made() || is_touched(pieces, count) || is_touched(made, made_count);
	if (changed && made_count > 0)
		wredrawln(stdscr, 0, getmaxy(stdscr));
	doupdate();
	if (changed && count > 0)
		make();
	memcpy(made, pieces, count * sizeof *pieces);
	made_count = count;
}
