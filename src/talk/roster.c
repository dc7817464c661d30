#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/fatal.h"
#include "talk/roster.h"
#include "text/digit.h"
#include "text/glyph.h"
#include "text/utf8.h"
#include "text/wrap.h"
#include "trust/known.h"

#define GUEST "guest"
#define AND " and "
#define TOO_LONG N_("is too long: there is room for 20 columns")

/* Where somebody with that number is, or would be. */
static size_t
place_of(const struct roster *roster, unsigned number)
{
	size_t low = 0, high = roster->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (roster->members[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Somebody who is there. */
static struct roster_member *
member_of(const struct roster *roster, unsigned number)
{
	return &roster->members[place_of(roster, number)];
}

/* Whether among others a name could be taken for those of several people. */
static bool
needs_quotes(const char *name)
{
	return strchr(name, ',') != NULL || strcasestr(name, AND) != NULL;
}

static void
show(struct roster_member *member)
{
	const char *quote = needs_quotes(member->name) ? "\"" : "", *sign = member->vouched ? "" : "~";

	if (member->name[0] != '\0')
		snprintf(member->shown, sizeof member->shown, "%s%s%s%s", quote, sign, member->name, quote);
	else if (member->number == ROSTER_HOST)
		snprintf(member->shown, sizeof member->shown, "%shost", sign);
	else
		snprintf(member->shown, sizeof member->shown, "%s" GUEST " %u", sign, member->number);
}

void
roster_enter(struct roster *roster, unsigned number, bool vouched)
{
	struct roster_member *member;

	if (roster->count == roster->room) {
		roster->room = 2 * roster->room + 8;
		roster->members = reallocarray(roster->members, roster->room, sizeof *roster->members);
		if (roster->members == NULL)
			fatal("cannot get memory");
	}
	member = &roster->members[roster->count++];
	*member = (struct roster_member){.number = number, .vouched = vouched};
	show(member);
}

void
roster_leave(struct roster *roster, unsigned number)
{
	struct roster_member *member = member_of(roster, number), *end = roster->members + roster->count--;

	memmove(member, member + 1, (size_t)(end - (member + 1)) * sizeof *member);
}

/* Whether a letter of a name has more marks than are drawn: another name could be drawn as it is. */
static bool
is_heaped(const char *name)
{
	const char *end = name + strlen(name);
	size_t marks = 0;
	uint32_t c;

	while (name < end && marks <= GLYPH_MARKS_MAX) {
		name = utf8_next(name, end, &c);
		marks = glyph_is_mark(c) ? marks + 1 : 0;
	}
	return marks > GLYPH_MARKS_MAX;
}

/* Whether that is what those look like who have no name. */
static bool
is_guest(const struct name_look *look)
{
	const uint32_t *letter = look->letters;

	for (const char *s = GUEST; *s != '\0'; s++, letter++)
		if (*letter != (unsigned char)*s)
			return false;
	if (*letter == 0)
		return false;
	while (*letter != 0 && digit_is(*letter))
		letter++;
	return *letter == 0;
}

/* Whoever else looks like that, or NULL. */
static const struct roster_member *
find_look(const struct roster *roster, const struct name_look *look, const struct roster_member *but)
{
	for (size_t i = 0; i < roster->count; i++) {
		const struct roster_member *member = &roster->members[i];

		if (member != but && member->name[0] != '\0' && memcmp(&member->look, look, sizeof *look) == 0)
			return member;
	}
	return NULL;
}

/* Why somebody cannot have a name, whatever vouches for it. */
static const char *
fault_among(const struct roster *roster, const struct roster_member *member, const char *name,
	    const struct name_look *look)
{
	const struct roster_member *other = find_look(roster, look, member);

	if (!name_is_comparable(name))
		return N_("has marks that are characters of their own");
	if (other != NULL && other->number != ROSTER_HOST)
		return N_("looks like that of somebody who is here");
	if (other != NULL || (member->number != ROSTER_HOST && name_looks_like(look, "host")))
		return N_("looks like the host's");
	return is_guest(look) ? N_("stands for somebody without one") : NULL;
}

/* Why nobody can have a name that they typed. */
static const char *
fault_typed(const char *name, const struct buffer *known)
{
	if (wrap_measure(name, strlen(name)) > ROSTER_COLUMNS)
		return TOO_LONG;
	if (is_heaped(name))
		return N_("has more marks on a letter than are shown");
	if (name_is_proof(name))
		return N_("could be taken for the number or the fingerprint of a key");
	if (known != NULL && known_is_taken(known, name, ""))
		return N_("looks like one that belongs to a key");
	return NULL;
}

static struct span
trim(struct span text)
{
	while (text.length > 0 && text.text[text.length - 1] == ' ')
		text.length--;
	while (text.length > 0 && *text.text == ' ')
		text = (struct span){text.text + 1, text.length - 1};
	return text;
}

const char *
roster_name(struct roster *roster, unsigned number, struct span name, const struct buffer *known)
{
	struct roster_member *member = member_of(roster, number);
	char text[NAME_SIZE] = "";
	struct name_look look;
	const char *fault;

	name = trim(name);
	if (name.length >= sizeof text)
		return TOO_LONG;
	if (name.length > 0)
		memcpy(text, name.text, name.length);
	name_look(text, &look);
	if ((fault = name_fault(text)) != NULL || (!member->vouched && (fault = fault_typed(text, known)) != NULL) ||
	    (fault = fault_among(roster, member, text, &look)) != NULL)
		return fault;
	strlcpy(member->name, text, sizeof member->name);
	member->look = look;
	show(member);
	return NULL;
}

const char *
roster_fault(const struct roster *roster, unsigned number, const char *name)
{
	const struct roster_member newcomer = {.number = number};
	struct name_look look;

	name_look(name, &look);
	return fault_among(roster, &newcomer, name, &look);
}

void
roster_unname(struct roster *roster, unsigned number)
{
	struct roster_member *member = member_of(roster, number);

	member->name[0] = '\0';
	show(member);
}

const struct roster_member *
roster_find(const struct roster *roster, unsigned number)
{
	size_t place = place_of(roster, number);

	return place < roster->count && roster->members[place].number == number ? &roster->members[place] : NULL;
}

const struct roster_member *
roster_find_name(const struct roster *roster, const char *name)
{
	struct name_look look;

	name_look(name, &look);
	return find_look(roster, &look, NULL);
}

void
roster_list(const struct roster *roster, unsigned but, char *list, size_t size)
{
	const size_t for_others = sizeof AND "4294967295 others" - 1;
	size_t left = roster->count - (roster_find(roster, but) != NULL), length = 0;

	*list = '\0';
	for (size_t i = 0; i < roster->count; i++) {
		const struct roster_member *member = &roster->members[i];
		const char *between = length == 0 ? "" : left == 1 ? AND : ", ";

		if (member->number == but)
			continue;
		if (length + strlen(between) + strlen(member->shown) + (left > 1 ? for_others : 0) >= size) {
			snprintf(list + length, size - length, "%s%zu other%s", length > 0 ? AND : "", left,
				 left > 1 ? "s" : "");
			return;
		}
		length += (size_t)snprintf(list + length, size - length, "%s%s", between, member->shown);
		left--;
	}
}

void
roster_free(struct roster *roster)
{
	free(roster->members);
	*roster = (struct roster){0};
}
