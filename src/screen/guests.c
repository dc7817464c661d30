#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wctype.h>

#include "base/bilingual.h"
#include "base/fatal.h"
#include "screen/guests.h"
#include "screen/keys.h"
#include "screen/layout.h"
#include "screen/status.h"
#include "text/utf8.h"
#include "text/wrap.h"

#define TEXT_MAX 1024 /* bytes of what is said of one at once */
#define SEPARATOR " \u00b7 "
#define INDENT "    " /* before what goes on */
#define WORDS_MAX 256 /* ... of a part of it */

/* TRANSLATORS: b stays that key, whatever the word for it. */
static const char keys_text[] =
	N_("Up and Down choose, F8 hangs up on, b bans who is chosen; any other key closes this.");
static const char missed_text[] = N_("Whoever that was about has gone meanwhile.");
/* TRANSLATORS: The first letter here is the key that says yes, as y does in any language. */
static const char answer_text[] = N_("y: yes, any other key: no");

/* --- Who they are. --- */

/* Those who are shown, first those who ask to come in. */
struct list {
	struct talk_view *views;
	size_t count, asked;
};

static void
count_one(void *context, const struct talk_view *view)
{
	struct list *list = context;

	list->count += view->state < PARTY_REAPING;
	list->asked += view->state == PARTY_ASKED;
}

/* Puts them into places which are counted from the number of those who ask, or from 0. */
struct filling {
	struct talk_view *asked, *others;
};

static void
add_one(void *context, const struct talk_view *view)
{
	struct filling *filling = context;

	if (view->state == PARTY_ASKED)
		*filling->asked++ = *view;
	else if (view->state < PARTY_REAPING)
		*filling->others++ = *view;
}

/* What it has is to be freed. */
static struct list
list_of(const struct talk *talk)
{
	struct list list = {0};
	struct filling filling;

	talk_each(talk, count_one, &list);
	if ((list.views = calloc(list.count + 1, sizeof *list.views)) == NULL)
		fatal("cannot get memory");
	filling = (struct filling){list.views, list.views + list.asked};
	talk_each(talk, add_one, &filling);
	return list;
}

/* Where who is chosen is.  Who has gone is chosen no more, but who came next, and nothing is asked about. */
static size_t
settle(struct guests *g, const struct list *list)
{
	size_t next = list->count;

	for (size_t i = 0; i < list->count; i++) {
		if (list->views[i].id == g->chosen)
			return i;
		if (next == list->count && list->views[i].id > g->chosen)
			next = i;
	}
	if (next == list->count && next > 0)
		next--;
	g->missed |= g->act != GUESTS_LOOK;
	g->act = GUESTS_LOOK;
	g->chosen = list->count > 0 ? list->views[next].id : 0;
	return next;
}

/* What somebody is called here: those who go by their address are told apart by the port. */
static const char *
name_of(const struct talk_view *view)
{
	return strcmp(view->name, view->host) == 0 ? view->place : view->name;
}

/* --- What is shown. --- */

static void
add_row(struct guests *g, const char *text)
{
	buffer_add(&g->text, text, strlen(text) + 1);
}

/* A row that is being filled. */
struct filled {
	struct guests *guests;
	int columns;
	char text[TEXT_MAX]; /* not empty */
};

static int
columns_of(const char *text)
{
	return wrap_measure(text, strlen(text));
}

/* Adds words: in the next row, if there is no room for them. */
static void
add_words(struct filled *row, const char *words)
{
	const char *before = SEPARATOR;

	if (*words == '\0')
		return;
	if (columns_of(row->text) + columns_of(SEPARATOR) + columns_of(words) > row->columns) {
		add_row(row->guests, row->text);
		*row->text = '\0';
		before = INDENT;
	}
	strlcat(row->text, before, sizeof row->text);
	strlcat(row->text, words, sizeof row->text);
}

/* How somebody is there: "encrypted", or what comes before that, or after. */
static const char *
state_of(const struct talk_view *view)
{
	switch (view->state) {
	case PARTY_MET:
	case PARTY_AGREEING:
		return _("agreeing on encryption");
	case PARTY_ASKED:
		return _("asks to come in");
	case PARTY_TALKING:
		return _(view->secrecy);
	case PARTY_CLOSING:
	case PARTY_REAPING:
	case PARTY_OVER:
		break;
	}
	return _("hanging up");
}

/* Adds the rows of one. */
static void
add_guest(struct guests *g, const struct talk_view *view, int columns)
{
	bool chosen = view->id == g->chosen;
	struct filled row = {.guests = g, .columns = columns};
	char since[WORDS_MAX] = "", queued[WORDS_MAX] = "";
	struct tm tm;

	snprintf(row.text, sizeof row.text, "%s%s", chosen ? "> " : "  ", name_of(view));
	if (name_of(view) != view->place)
		add_words(&row, view->place);
	if (view->state == PARTY_TALKING)
		strftime(since, sizeof since, _("since %H:%M"), localtime_r(&view->since, &tm));
	add_words(&row, since);
	add_words(&row, state_of(view));
	if (view->queued > 0)
		snprintf(queued, sizeof queued,
			 view->stalled ? _("%zu KiB queued, does not read") : _("%zu KiB queued"),
			 view->queued / 1024 + 1);
	add_words(&row, queued);
	if (chosen)
		add_words(&row, view->key);
	add_row(g, row.text);
}

/* How many rows what was added from there on takes. */
static int
rows_from(const struct guests *g, size_t start, int columns)
{
	const char *text = buffer_data(&g->text) + start, *end = buffer_data(&g->text) + buffer_length(&g->text);
	int rows = 0;

	for (; text < end; text += strlen(text) + 1) {
		const char *const one[] = {text, NULL};

		rows += layout_rows_of(one, columns);
	}
	return rows;
}

/* How many rows one takes. */
static int
rows_of_guest(struct guests *g, const struct talk_view *view, int columns)
{
	size_t before = buffer_length(&g->text);
	int rows;

	add_guest(g, view, columns);
	rows = rows_from(g, before, columns);
	buffer_cut(&g->text, before);
	return rows;
}

/* Which of them there is room for: a part of the list. */
struct part {
	size_t first, count;
};

/* Around who is at that place. */
static struct part
part_around(struct guests *g, const struct list *list, size_t place, int rows, int columns)
{
	struct part part = {place, 1};
	int left = rows - rows_of_guest(g, &list->views[place], columns);
	bool grown;

	do {
		size_t next = part.first + part.count;
		int taken;

		grown = false;
		if (next < list->count && (taken = rows_of_guest(g, &list->views[next], columns)) <= left) {
			left -= taken;
			part.count++;
			grown = true;
		}
		if (part.first > 0 && (taken = rows_of_guest(g, &list->views[part.first - 1], columns)) <= left) {
			left -= taken;
			part.first--;
			part.count++;
			grown = true;
		}
	} while (grown);
	return part;
}

/* What stands above them: how many there are, and which are shown. */
static void
write_head(const struct talk *talk, const struct list *list, const struct part *part, char text[TEXT_MAX])
{
	char asked[WORDS_MAX] = "", shown[WORDS_MAX] = "";

	status_count(talk, text, TEXT_MAX);
	if (list->asked > 0)
		snprintf(asked, sizeof asked, ngettext(", %zu asks to come in", ", %zu ask to come in", list->asked),
			 list->asked);
	if (part->count < list->count)
		snprintf(shown, sizeof shown, _("; shown: %zu to %zu of %zu"), part->first + 1,
			 part->first + part->count, list->count);
	strlcat(text, asked, TEXT_MAX);
	strlcat(text, shown, TEXT_MAX);
}

/* What stands below them: what keys do, or what is asked about who is chosen. */
static void
write_foot(const struct guests *g, const struct talk_view *view, char text[TEXT_MAX])
{
	*text = '\0';
	switch (g->act) {
	case GUESTS_LOOK:
		if (g->missed)
			snprintf(text, TEXT_MAX, "%s ", _(missed_text));
		strlcat(text, _(keys_text), TEXT_MAX);
		return;
	case GUESTS_HANG_UP:
		snprintf(text, TEXT_MAX, _("Hang up on %s?"), name_of(view));
		break;
	case GUESTS_BAN:
		if (*view->key != '\0')
			snprintf(text, TEXT_MAX, _("Ban %s? This bans the key %s, until tchat ends."), name_of(view),
				 view->key);
		else
			snprintf(text, TEXT_MAX,
				 _("Ban %s? This bans %s, and all who call from there, until tchat ends."),
				 name_of(view), view->host);
		break;
	}
	strlcat(text, " ", TEXT_MAX);
	strlcat(text, _(answer_text), TEXT_MAX);
}

/* The rows as they are to be shown. */
static const char *const *
finish(struct guests *g)
{
	const char *text = buffer_data(&g->text), *end = text + buffer_length(&g->text);
	size_t count = 0;

	for (const char *s = text; s < end; s += strlen(s) + 1)
		count++;
	free(g->rows);
	if ((g->rows = calloc(count + 1, sizeof *g->rows)) == NULL)
		fatal("cannot get memory");
	for (const char **row = g->rows; text < end; text += strlen(text) + 1)
		*row++ = text;
	return g->rows;
}

/* Fills the rows: what stands above goes first where there is little room, and of what stands below a question last. */
static void
fill(struct guests *g, const struct talk *talk, const struct list *list, size_t place, int rows, int columns)
{
	char head[TEXT_MAX], foot[TEXT_MAX];
	const char *const foot_rows[] = {foot, NULL}, *const head_rows[] = {head, NULL};
	struct part part = {0, 0};
	int below, chosen = rows_of_guest(g, &list->views[place], columns), above;

	write_foot(g, &list->views[place], foot);
	below = layout_rows_of(foot_rows, columns);
	g->drawn = below <= rows;
	if (g->act == GUESTS_LOOK && below + chosen > rows)
		below = 0;
	write_head(talk, list, &part, head); /* with as much text as it can have */
	above = layout_rows_of(head_rows, columns);
	if (above + chosen + below > rows)
		above = 0;
	if (chosen + below <= rows || below == 0)
		part = part_around(g, list, place, rows - above - below, columns);
	g->page = part.count > 1 ? (unsigned)part.count - 1 : 1;
	write_head(talk, list, &part, head);
	if (above > 0)
		add_row(g, head);
	for (size_t i = part.first; i < part.first + part.count; i++)
		add_guest(g, &list->views[i], columns);
	if (below > 0)
		add_row(g, foot);
}

const char *const *
guests_rows(struct guests *g, const struct talk *talk, int rows, int columns)
{
	struct list list = list_of(talk);
	size_t place = settle(g, &list);

	g->drawn = false;
	buffer_drop(&g->text, buffer_length(&g->text));
	if (list.count > 0)
		fill(g, talk, &list, place, rows, columns > 0 ? columns : 1);
	free(list.views);
	return list.count > 0 ? finish(g) : talk_secrecy(talk);
}

/* --- Keys. --- */

static const char *const up_keys[] = {"\033[A", "\033OA", NULL};
static const char *const down_keys[] = {"\033[B", "\033OB", NULL};
static const char *const page_up_keys[] = {"\033[5~", NULL};
static const char *const page_down_keys[] = {"\033[6~", NULL};
static const char *const hang_up_keys[] = {"\033[19~", NULL}; /* F8 */
static const char *const ban_keys[] = {"b", "B", NULL};

void
guests_open(struct guests *g)
{
	g->open = true;
	g->chosen = 0;
	g->act = GUESTS_LOOK;
	g->missed = g->seen = false;
}

/* Whether a key is the letter that a text begins with, be it a capital. */
static bool
is_first_letter(struct span key, const char *text)
{
	size_t length, wanted;

	return utf8_examine(key.text, key.length, &length) == UTF8_COMPLETE && length == key.length &&
	       utf8_examine(text, strlen(text), &wanted) == UTF8_COMPLETE &&
	       towlower(utf8_decode(key.text, length)) == towlower(utf8_decode(text, wanted));
}

/* What a key answers to the question: only once that can be read. */
static void
answer(struct guests *g, struct talk *talk, struct span key)
{
	bool bans = g->act == GUESTS_BAN, yes = is_first_letter(key, "y") || is_first_letter(key, _(answer_text));

	if (yes && !g->seen)
		return;
	g->act = GUESTS_LOOK;
	if (yes)
		talk_dismiss(talk, g->chosen, bans);
}

static void
choose(struct guests *g, const struct list *list, size_t place)
{
	g->chosen = list->views[place].id;
}

/* Does what a key asks for where there is somebody. */
static void
obey(struct guests *g, const struct list *list, size_t place, struct span key)
{
	size_t last = list->count - 1;

	g->seen = false;
	if (keys_is_one_of(key, up_keys))
		choose(g, list, place > 0 ? place - 1 : 0);
	else if (keys_is_one_of(key, down_keys))
		choose(g, list, place < last ? place + 1 : last);
	else if (keys_is_one_of(key, page_up_keys))
		choose(g, list, place > g->page ? place - g->page : 0);
	else if (keys_is_one_of(key, page_down_keys))
		choose(g, list, last - place > g->page ? place + g->page : last);
	else if (keys_is_one_of(key, hang_up_keys))
		g->act = GUESTS_HANG_UP;
	else if (keys_is_one_of(key, ban_keys)) /* while a key is still to be shown there is nothing to ban */
		g->act = list->views[place].state > PARTY_AGREEING ? GUESTS_BAN : GUESTS_LOOK;
	else
		g->open = false;
}

void
guests_press(struct guests *g, struct talk *talk, struct span key)
{
	bool asked = g->act != GUESTS_LOOK;
	struct list list = list_of(talk);
	size_t place = settle(g, &list);

	if (g->act != GUESTS_LOOK) {
		answer(g, talk, key);
	} else if (!asked) { /* else the key was for a question that is gone */
		g->missed = false;
		if (list.count > 0)
			obey(g, &list, place, key);
		else
			g->open = false;
	}
	free(list.views);
}

bool
guests_wait(const struct guests *g)
{
	return g->open && g->act != GUESTS_LOOK && g->drawn && !g->seen;
}

void
guests_note_seen(struct guests *g)
{
	g->seen |= guests_wait(g);
}

void
guests_free(struct guests *g)
{
	buffer_free(&g->text);
	free(g->rows);
}
