#include <config.h>

#include <string.h>

#include "base/bilingual.h"
#include "screen/keys.h"
#include "screen/search.h"
#include "text/glyph.h"
#include "text/utf8.h"

#define STEP_BYTES 524288 /* looked through at once */
#define LINE_COST 64	  /* bytes that could be looked through meanwhile: of getting at a line */

/* --- What there is to find. --- */

/* The name before a line. */
static struct span
name_of(const struct search *search, const struct line *line)
{
	const char *name = line->voice == VOICE_SELF   ? search->own_label
			   : line->voice == VOICE_PEER ? line->speaker
						       : "";

	return (struct span){name, strlen(name)};
}

static bool
matches_name(const struct search *search, const struct line *line)
{
	struct extent found;

	return pattern_find(&search->pattern, name_of(search, line), 0, &found);
}

/* The first match in a line at or behind some place of it. */
static bool
first_in(const struct search *search, const struct line *line, size_t from, size_t *where)
{
	const struct span text = {line->text, line->length};
	struct extent found;

	*where = 0;
	if (from == 0 && matches_name(search, line))
		return true;
	for (size_t at = 0; *where < from || *where == 0; at = found.end) {
		if (!pattern_find(&search->pattern, text, at, &found))
			return false;
		*where = 1 + found.start;
	}
	return true;
}

/* The last match in a line before some place of it. */
static bool
last_in(const struct search *search, const struct line *line, size_t before, size_t *where)
{
	const struct span text = {line->text, line->length};
	struct extent found;
	bool any = before > 0 && matches_name(search, line);

	*where = 0;
	for (size_t at = 0; pattern_find(&search->pattern, text, at, &found) && 1 + found.start < before;
	     at = found.end) {
		*where = 1 + found.start;
		any = true;
	}
	return any;
}

/* --- Looking for it. --- */

/* The place just behind another one. */
static struct search_place
behind(struct search_place place)
{
	return (struct search_place){place.line, place.where + 1};
}

void
search_show(const struct search *search, struct pane *pane)
{
	const struct search_place *hit = &search->hit;

	if (search->mode != SEARCH_OFF && search->found && hit->line >= history_start(pane->history))
		pane_show(pane, (struct place){hit->line, hit->where > 0 ? hit->where - 1 : 0});
}

static void
come_to(struct search *search, struct pane *pane, size_t where)
{
	search->busy = false;
	search->found = true;
	search->hit = (struct search_place){search->next.line, where};
	if (search->moves)
		search->anchor = behind(search->hit);
	search_show(search, pane);
}

static void
come_to_nothing(struct search *search, const struct history *history)
{
	bool all = !search->found && !search->newer && search->anchor.line >= history_end(history);

	search->busy = false;
	search->trouble = all ? _("nothing found") : search->newer ? _("nothing newer") : _("nothing older");
}

/* Goes on to the next line, unless this was the last one. */
static bool
go_on(struct search *search, const struct history *history)
{
	if (search->newer) {
		search->next = (struct search_place){.line = search->next.line + 1};
		return search->next.line < history_end(history);
	}
	if (search->next.line <= history_start(history))
		return false;
	search->next = (struct search_place){search->next.line - 1, SIZE_MAX};
	return true;
}

/* Moves to the nearest line that there is: some may have been forgotten, and behind the last there is none yet. */
static bool
clamp(struct search *search, const struct history *history)
{
	uint64_t start = history_start(history), end = history_end(history);

	if (search->next.line < start) {
		if (!search->newer)
			return false;
		search->next = (struct search_place){.line = start};
	}
	if (search->next.line >= end) {
		if (search->newer || start == end)
			return false;
		search->next = (struct search_place){end - 1, SIZE_MAX};
	}
	return true;
}

void
search_step(struct search *search, struct pane *pane)
{
	const struct history *history = pane->history;
	size_t cost = 0, where;
	bool more = clamp(search, history);

	for (; more && cost < STEP_BYTES; more = go_on(search, history)) {
		struct line line = history_line(history, search->next.line);

		if (search->newer ? first_in(search, &line, search->next.where, &where)
				  : last_in(search, &line, search->next.where, &where)) {
			come_to(search, pane, where);
			return;
		}
		cost += line.length + LINE_COST;
	}
	if (!more)
		come_to_nothing(search, history);
}

/* Looks for another one, older or newer than some place. */
static void
look(struct search *search, struct pane *pane, bool newer, struct search_place next)
{
	search->busy = search->pattern.length > 0;
	search->newer = newer;
	search->next = next;
	search->trouble = "";
	if (search->busy)
		search_step(search, pane);
}

/* --- What is typed. --- */

static void
set_typed(struct search *search, const char *text)
{
	buffer_drop(&search->typed, buffer_length(&search->typed));
	buffer_add(&search->typed, text, strlen(text) + 1);
}

static void
type(struct search *search, struct span text)
{
	buffer_cut(&search->typed, buffer_length(&search->typed) - 1);
	buffer_add(&search->typed, text.text, text.length);
	buffer_add(&search->typed, "", 1);
}

/* Takes the last character away, with its marks. */
static void
take_back(struct search *search)
{
	const char *text = buffer_data(&search->typed), *end = text + buffer_length(&search->typed) - 1, *last = text;
	struct glyph glyph;

	for (const char *s = text; s < end; s = glyph_next(s, end, &glyph))
		last = s;
	buffer_cut(&search->typed, (size_t)(last - text));
	buffer_add(&search->typed, "", 1);
}

/* --- Looking for what is typed. --- */

static bool
is_empty(const struct buffer *text)
{
	return buffer_length(text) <= 1;
}

/* Looks from the anchor on for what is typed now. */
static void
look_anew(struct search *search, struct pane *pane)
{
	pattern_set(&search->pattern, (struct span){buffer_data(&search->typed), buffer_length(&search->typed) - 1});
	search->found = search->moves = false;
	look(search, pane, false, search->anchor);
}

/* Looks for the next one, older or newer; for what was typed the last time, if nothing is. */
static void
look_further(struct search *search, struct pane *pane, bool newer)
{
	if (is_empty(&search->typed) && !is_empty(&search->last)) {
		set_typed(search, buffer_data(&search->last));
		look_anew(search, pane);
	} else if (!search->busy) {
		search->moves = true;
		look(search, pane, newer,
		     !search->found ? search->anchor : newer ? behind(search->hit) : search->hit);
	}
}

/* --- Its beginning and its end. --- */

void
search_begin(struct search *search, struct pane *pane, const char *own_label)
{
	struct place below = pane_below(pane);

	if (!is_empty(&search->typed)) {
		buffer_drop(&search->last, buffer_length(&search->last));
		buffer_add(&search->last, buffer_data(&search->typed), buffer_length(&search->typed));
	}
	search->mode = SEARCH_TYPING;
	search->own_label = own_label;
	search->before = *pane;
	search->anchor = (struct search_place){below.line, below.start > 0 ? 1 + below.start : 0};
	set_typed(search, "");
	look_anew(search, pane);
	pane_hold(pane);
}

void
search_end(struct search *search, struct pane *pane)
{
	if (search->mode == SEARCH_OFF)
		return;
	search->mode = SEARCH_OFF;
	search->busy = false;
	pane_release(pane);
}

/* Ends the search, where it began; the size of the view may be another by now. */
static void
abandon(struct search *search, struct pane *pane)
{
	search->before.width = pane->width;
	search->before.height = pane->height;
	search->before.ruled = pane->ruled;
	*pane = search->before;
	search->mode = SEARCH_OFF;
	search->busy = false;
}

/* --- Keys. --- */

/* F4, as terminals send it, and the arrows. */
static const char *const older_keys[] = {"\033OS", "\033[14~", "\033[[D", "\033[A", "\033OA", NULL};
static const char *const newer_keys[] = {"\033[B", "\033OB", NULL};
static const char *const abandon_keys[] = {"\033", "\a", "\003", "\004", NULL}; /* Esc, Ctrl-G, Ctrl-C, Ctrl-D */
static const char *const enter_keys[] = {"\r", "\n", NULL};
static const char *const erase_keys[] = {"\177", "\b", NULL};
static const char *const clear_keys[] = {"\025", NULL}; /* Ctrl-U */

static bool
is_text(struct span key)
{
	unsigned char first = (unsigned char)*key.text;

	return (first >= 0x20 && first != 0x7F) || first == '\t';
}

/* All is typed; where nothing is, it is the same as the last time, if there was one. */
static void
accept_typed(struct search *search, struct pane *pane)
{
	if (is_empty(&search->typed) && is_empty(&search->last))
		return;
	if (is_empty(&search->typed))
		look_further(search, pane, false);
	search->mode = SEARCH_ACCEPTED;
	if (search->found)
		search->trouble = "";
}

/* What a key does to what is typed.  False: nothing. */
static bool
press_typing(struct search *search, struct pane *pane, struct span key)
{
	if (keys_is_one_of(key, enter_keys)) {
		accept_typed(search, pane);
		return true;
	}
	if (keys_is_one_of(key, erase_keys))
		take_back(search);
	else if (keys_is_one_of(key, clear_keys))
		set_typed(search, "");
	else if (is_text(key))
		type(search, key);
	else
		return false;
	look_anew(search, pane);
	return true;
}

/* What a key does when all is typed.  False: nothing. */
static bool
press_accepted(struct search *search, struct pane *pane, struct span key)
{
	if (keys_is_one_of(key, erase_keys) || keys_is_one_of(key, clear_keys)) { /* it is not, after all */
		search->mode = SEARCH_TYPING;
		return press_typing(search, pane, key);
	}
	if (key.length != 1 || (*key.text != 'n' && *key.text != 'N'))
		return false;
	look_further(search, pane, *key.text == 'N');
	return true;
}

bool
search_press(struct search *search, struct pane *pane, struct span key)
{
	if (keys_is_one_of(key, abandon_keys)) {
		abandon(search, pane);
		return true;
	}
	if (keys_is_one_of(key, older_keys) || keys_is_one_of(key, newer_keys)) {
		look_further(search, pane, keys_is_one_of(key, newer_keys));
		return true;
	}
	if (search->mode == SEARCH_TYPING ? press_typing(search, pane, key) : press_accepted(search, pane, key))
		return true;
	search_end(search, pane);
	return keys_is_one_of(key, enter_keys); /* the line that is hidden is not sent by it */
}

/* --- What is to be seen. --- */

struct input_view
search_view(struct search *search)
{
	const char *said = search->busy ? _("searching") : search->trouble, *prompt = _("search: ");
	size_t cursor;

	if (*said == '\0' && search->mode == SEARCH_ACCEPTED)
		/* TRANSLATORS: n and N stay those keys, whatever the words for them. */
		said = _("n older, N newer");
	buffer_drop(&search->view, buffer_length(&search->view));
	buffer_add(&search->view, prompt, strlen(prompt));
	buffer_add(&search->view, buffer_data(&search->typed), buffer_length(&search->typed) - 1);
	cursor = buffer_length(&search->view);
	buffer_add(&search->view, "  ", 2);
	buffer_add(&search->view, said, strlen(said));
	return (struct input_view){buffer_data(&search->view), buffer_length(&search->view), cursor};
}

static bool
is_hit(const struct search *search, uint64_t line, size_t where)
{
	return search->found && search->hit.line == line && search->hit.where == where;
}

bool
search_marks(const struct search *search, const struct line *line, uint64_t number, size_t from,
	     struct extent *place, bool *current)
{
	if (search->mode == SEARCH_OFF ||
	    !pattern_find(&search->pattern, (struct span){line->text, line->length}, from, place))
		return false;
	*current = is_hit(search, number, 1 + place->start);
	return true;
}

bool
search_marks_name(const struct search *search, const struct line *line, uint64_t number, bool *current)
{
	*current = is_hit(search, number, 0);
	return search->mode != SEARCH_OFF && matches_name(search, line);
}

void
search_free(struct search *search)
{
	buffer_free(&search->typed);
	buffer_free(&search->last);
	buffer_free(&search->view);
}
