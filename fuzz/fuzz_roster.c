/*
 * A group: who comes, goes, and is called what, and what they say to each other.  No two have names that look the same,
 * nobody without a key is shown as somebody with one, and what one says reaches the others in lines that all begin with
 * the name, whatever is in them.
 *
 * A case is lines: a letter for what happens, one for the member to whom it does, and the rest.
 *
 *   j  comes           k  comes with a key    l  leaves     u  has no name any more
 *   n  has typed a name: the rest
 *   p  the rest is a line of the known peers
 *   s  says the rest; from @ to P the third letter says how often: 1, 2, 4, ... times
 */
#include <config.h>

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/span.h"
#include "fuzz.h"
#include "talk/roster.h"
#include "text/filter.h"
#include "text/said.h"
#include "text/wrap.h"
#include "trust/known.h"

#define MEMBERS_MAX 12 /* each is compared with all others */
#define LIST_SIZE 100
#define DOUBLINGS_MAX 16 /* a longest line of one byte */

struct room {
	struct roster roster;
	struct buffer known;
	unsigned last; /* the number of who came last */
};

/* ---- What must hold ---- */

static void
must_be_shown_right(const struct roster_member *member)
{
	const char *shown = member->shown + (member->shown[0] == '"');

	must(strlen(member->shown) < sizeof member->shown);
	must((*shown == '~') == !member->vouched);
	must(strchr(shown + 1, '~') == NULL && strpbrk(shown, "<>\n\t\x1B") == NULL);
	must(filter_safe_length(shown, strlen(shown)) == strlen(shown));
	must(member->shown[0] == '"' || (strchr(shown, ',') == NULL && strcasestr(shown, " and ") == NULL));
}

/* Nobody is called or shown as somebody else is. */
static void
must_be_apart(const struct roster *roster)
{
	struct name_look shown[MEMBERS_MAX];

	for (size_t i = 0; i < roster->count; i++)
		name_look(roster->members[i].shown, &shown[i]);
	for (size_t i = 0; i < roster->count; i++)
		for (size_t j = 0; j < roster->count; j++)
			must(i == j || memcmp(&shown[i], &shown[j], sizeof shown[i]) != 0);
}

static void
must_list_all(const struct roster *roster)
{
	char list[MEMBERS_MAX * (ROSTER_SHOWN_MAX + 5) + LIST_SIZE];

	roster_list(roster, UINT_MAX, list, sizeof list);
	for (size_t i = 0; i < roster->count; i++)
		must(strstr(list, roster->members[i].shown) != NULL);
	memset(list, 'x', sizeof list);
	roster_list(roster, ROSTER_HOST, list, LIST_SIZE);
	must(strlen(list) < LIST_SIZE && list[LIST_SIZE] == 'x');
}

static void
must_be_right(const struct roster *roster)
{
	for (size_t i = 0; i < roster->count; i++) {
		must(roster_find(roster, roster->members[i].number) == &roster->members[i]);
		must_be_shown_right(&roster->members[i]);
	}
	must_be_apart(roster);
	must_list_all(roster);
}

/* What somebody typed and has as a name now. */
static void
must_be_a_name(const struct room *room, const struct roster_member *member)
{
	must(name_fault(member->name) == NULL);
	must(roster_find_name(&room->roster, member->name) == member);
	must(member->number == ROSTER_HOST || !name_is_alike(member->name, "host"));
	if (member->vouched)
		return;
	must(wrap_measure(member->name, strlen(member->name)) <= ROSTER_COLUMNS);
	must(!name_is_proof(member->name));
	must(!known_is_taken(&room->known, member->name, ""));
}

/* Whoever gets the lines sees as many, and the name before each. */
static void
must_arrive(struct span lines, struct span prefix)
{
	struct buffer received = {0};
	struct span left, line;

	filter_text(lines.text, lines.length, FILTER_LINE_MAX, &received);
	left = buffer_span(&received);
	must(span_count_lines(left) == span_count_lines(lines));
	while ((line = span_line(&left)).length > 0)
		must(line.length > prefix.length && memcmp(line.text, prefix.text, prefix.length) == 0);
	buffer_free(&received);
}

/* The lines are the text, with the name before each part. */
static void
must_be_said(struct span lines, struct span prefix, struct span text)
{
	struct span line;

	must_arrive(lines, prefix);
	must(filter_relayed_length(lines.text, lines.length) == lines.length);
	while ((line = span_line(&lines)).length > 0) {
		size_t length = line.length - prefix.length - 1;

		must(line.length > prefix.length && span_is_complete(line) && length <= text.length);
		must(memcmp(line.text, prefix.text, prefix.length) == 0);
		must(length == 0 || memcmp(line.text + prefix.length, text.text, length) == 0);
		text = (struct span){text.text + length, text.length - length};
	}
	must(text.length == 0);
}

/* ---- What happens ---- */

/* A line that a member has sent, as its listener gives it. */
static void
say_line(const struct roster_member *member, struct span line)
{
	struct buffer lines = {0};
	char prefix[ROSTER_SHOWN_MAX + 4];
	struct span span = {prefix, (size_t)snprintf(prefix, sizeof prefix, "<%s> ", member->shown)};

	line.length -= span_is_complete(line);
	said_add(&lines, span, line);
	must_be_said(buffer_span(&lines), span, line);
	buffer_free(&lines);
}

static void
say(const struct roster_member *member, struct span words, unsigned doublings)
{
	size_t times = doublings <= DOUBLINGS_MAX ? (size_t)1 << doublings : 1;
	struct buffer raw = {0}, text = {0};
	struct span span, left;
	struct filter filter;
	const char *next;

	while (words.length > 0 && times-- > 0 && buffer_length(&raw) <= FILTER_LINE_MAX)
		buffer_add(&raw, words.text, words.length);
	filter_init_relayed(&filter);
	next = buffer_data(&raw);
	while (buffer_length(&raw) > 0 &&
	       (span = filter_next(&filter, &next, buffer_data(&raw) + buffer_length(&raw))).length > 0)
		buffer_add(&text, span.text, span.length);
	while ((span = filter_end(&filter)).length > 0)
		buffer_add(&text, span.text, span.length);
	left = buffer_span(&text);
	must(left.length == 0 || filter_relayed_length(left.text, left.length) == left.length);
	while ((span = span_line(&left)).length > 0)
		say_line(member, span);
	buffer_free(&raw);
	buffer_free(&text);
}

static void
type_name(struct room *room, const struct roster_member *member, struct span name)
{
	char former[NAME_SIZE];
	const char *fault;

	strlcpy(former, member->name, sizeof former);
	fault = roster_name(&room->roster, member->number, name, &room->known);
	if (fault == NULL) {
		must_be_a_name(room, member);
		must_be_right(&room->roster);
	} else {
		must(fault[0] != '\0' && strcmp(member->name, former) == 0);
	}
}

static void
happen(struct room *room, char what, unsigned char whom, struct span rest)
{
	struct roster *roster = &room->roster;
	const struct roster_member *member = &roster->members[whom % roster->count];

	switch (what) {
	case 'j':
	case 'k':
		if (roster->count < MEMBERS_MAX)
			roster_enter(roster, ++room->last, what == 'k');
		break;
	case 'l':
		if (member->number != ROSTER_HOST)
			roster_leave(roster, member->number);
		break;
	case 'u':
		roster_unname(roster, member->number);
		break;
	case 'n':
		type_name(room, member, rest);
		return;
	case 'p':
		buffer_add(&room->known, rest.text, rest.length);
		buffer_add(&room->known, "\n", 1);
		return;
	case 's':
		if (rest.length > 0)
			say(member, (struct span){rest.text + 1, rest.length - 1}, (unsigned char)*rest.text % 64);
		return;
	default:
		return;
	}
	must_be_right(roster);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span left = {(const char *)data, size}, line;
	struct room room = {0};

	roster_enter(&room.roster, ROSTER_HOST, true);
	while ((line = span_line(&left)).length > 0) {
		size_t length = line.length - span_is_complete(line);

		if (length >= 2)
			happen(&room, line.text[0], (unsigned char)line.text[1],
			       (struct span){line.text + 2, length - 2});
	}
	roster_free(&room.roster);
	buffer_free(&room.known);
	return 0;
}
