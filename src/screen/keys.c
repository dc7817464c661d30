#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "screen/keys.h"
#include "text/utf8.h"

/* How long what has begun may be on its way: it comes at once, but a network can cut it anywhere. */
#define ESCAPE_MS 50	/* where it may be a key by itself, for which somebody waits */
#define SEQUENCE_MS 1000
#define STRING_MS 2000	/* it can be long */

#define ESC '\033'
#define BEL '\007'

static bool
is_within(char c, char first, char last)
{
	return c >= first && c <= last;
}

/* The byte at a place, or NUL behind the end, which is in none of the ranges that are looked for. */
static char
at(struct span text, size_t place)
{
	return (char)(place < text.length ? text.text[place] : '\0');
}

static struct key
whole(enum key_kind kind, size_t length)
{
	return (struct key){kind, length, 0};
}

/* A sequence that has come so far, up to that place; what cannot belong to it breaks it off. */
static struct key
unfinished(struct span text, size_t end)
{
	return (struct key){KEY_SEQUENCE, end, end < text.length ? 0 : SEQUENCE_MS};
}

static size_t
character_length(struct span text, size_t place)
{
	size_t length;

	(void)utf8_examine(text.text + place, text.length - place, &length);
	return length;
}

/* A report of the mouse, in xterm's first form, has three characters behind it. */
static struct key
examine_mouse(struct span text, size_t end)
{
	for (int i = 0; i < 3; i++) {
		if (end == text.length || iscntrl((unsigned char)text.text[end]))
			return unfinished(text, end);
		end += character_length(text, end);
	}
	return whole(KEY_SEQUENCE, end);
}

/* CSI, the parameters of which begin at that place. */
static struct key
examine_csi(struct span text, size_t start)
{
	size_t i = start;

	if (at(text, i) == '[') { /* F1 to F5 of the Linux console */
		bool follows = is_within(at(text, i + 1), '@', '~');
		return follows ? whole(KEY_SEQUENCE, i + 2) : unfinished(text, i + 1);
	}
	while (is_within(at(text, i), '0', '9'))
		i++;
	if (i > start && at(text, i) == '$') /* with Shift, of rxvt */
		return whole(KEY_SEQUENCE, i + 1);
	while (is_within(at(text, i), '0', '?'))
		i++;
	while (is_within(at(text, i), ' ', '/'))
		i++;
	if (!is_within(at(text, i), '@', '~'))
		return unfinished(text, i);
	if (i == start && at(text, i) == 'M')
		return examine_mouse(text, i + 1);
	return whole(KEY_SEQUENCE, i + 1);
}

/* SS3, behind which some terminals have parameters, too. */
static struct key
examine_ss3(struct span text, size_t start)
{
	size_t i = start;

	if (at(text, i) == ' ')
		return whole(KEY_SEQUENCE, i + 1);
	while (is_within(at(text, i), '0', ';'))
		i++;
	return is_within(at(text, i), '@', '~') ? whole(KEY_SEQUENCE, i + 1) : unfinished(text, i);
}

/*
 * A string, which begins at that place; or a key with Alt and what was typed after it: where that begins with a blank
 * or a control, as no string does, or as words do, and a control is in it or it does not end.
 */
static struct key
examine_string(struct span text, size_t start)
{
	unsigned char first = (unsigned char)at(text, start);
	bool typed = isalpha(first) || first >= 0x80;

	if (start == text.length || (first == ESC && start + 1 == text.length))
		return (struct key){KEY_ALT, start, ESCAPE_MS};
	if (first == ' ' || (iscntrl(first) && first != BEL && !(first == ESC && text.text[start + 1] == '\\')))
		return whole(KEY_ALT, start);
	for (size_t i = start; i < text.length; i++) {
		char c = text.text[i];

		if (c == BEL)
			return whole(KEY_STRING, i + 1);
		if (c == ESC && i + 1 == text.length)
			break;
		if (c == ESC && text.text[i + 1] == '\\')
			return whole(KEY_STRING, i + 2);
		if (typed && iscntrl((unsigned char)c))
			return whole(KEY_ALT, start);
		if (c == ESC) /* broken off */
			return whole(KEY_STRING, i);
	}
	return (struct key){typed ? KEY_ALT : KEY_STRING, typed ? start : text.length, STRING_MS};
}

/* ESC, at that place, and a character behind it. */
static struct key
examine_escape(struct span text, size_t place)
{
	size_t start = place + 2;

	switch (text.text[place + 1]) {
	case '[':
		return examine_csi(text, start);
	case 'O':
		return examine_ss3(text, start);
	default:
		return whole(KEY_ALT, place + 1 + character_length(text, place + 1));
	}
}

/* Whether it is what begins a string, behind ESC: of OSC, DCS, SOS, PM and APC. */
static bool
begins_string(char c)
{
	return c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_';
}

struct key
keys_examine(struct span text)
{
	if (*text.text != ESC)
		return whole(KEY_CHARACTER, character_length(text, 0));
	if (text.length == 1)
		return (struct key){KEY_ESCAPE, 1, ESCAPE_MS};
	if (begins_string(text.text[1]))
		return examine_string(text, 2);
	if (text.text[1] != ESC)
		return examine_escape(text, 0);
	if (text.length == 2)
		return (struct key){KEY_ALT, 2, ESCAPE_MS};
	if (begins_string(text.text[2]))
		return whole(KEY_ESCAPE, 1);
	return text.text[2] == '[' || text.text[2] == 'O' ? examine_escape(text, 1) : whole(KEY_ALT, 2);
}

bool
keys_is_one_of(struct span key, const char *const *keys)
{
	while (*keys != NULL && (strlen(*keys) != key.length || memcmp(*keys, key.text, key.length) != 0))
		keys++;
	return *keys != NULL;
}
