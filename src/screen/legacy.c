#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "screen/legacy.h"

#define CURSOR_AT_START "\033[1;1R" /* an answer of the terminal, in the form of a key without modifiers */

enum { SHIFT = 1, ALT = 2, CTRL = 4, LOCKS = 64 | 128, REPEATED = 2, RELEASED = 3 };

/* The numbers of kitty's keys that have no character. */
enum { ENTER = 13, TAB = 9, ESCAPE = 27, BACKSPACE = 127, CAPS_LOCK = 57358, NUM_LOCK = 57360, KEYPAD = 57399,
       KEYPAD_ENTER = 57414, KEYPAD_LEFT = 57417, LEFT_SHIFT = 57441, LEVEL5_SHIFT = 57454, PRIVATE_FIRST = 57344,
       PRIVATE_LAST = 63743 };
static const char keypad_characters[] = "0123456789./*-+\r=,"; /* from KEYPAD on */
static const char *const keypad_keys[] = {"D", "C", "A", "B", "5~", "6~", "H", "F", "2~", "3~", "E"};

/* What a sequence says: CSI, number : shifted : base ; modifiers : event ; text : ..., and a final byte. */
struct told {
	uint32_t number, shifted, base;
	unsigned modifiers, event;
	uint32_t text[8];
	int texts;
	char final;
};

/* The number at some place, which is then behind it; 0 where there is none. */
static uint32_t
take_number(struct span *rest)
{
	uint32_t number = 0;

	for (; rest->length > 0 && *rest->text >= '0' && *rest->text <= '9'; rest->text++, rest->length--)
		if (number < 10000000)
			number = 10 * number + (uint32_t)(*rest->text - '0');
	return number;
}

/* Whether that byte is next, which is then taken. */
static bool
takes(struct span *rest, char byte)
{
	if (rest->length == 0 || *rest->text != byte)
		return false;
	rest->text++;
	rest->length--;
	return true;
}

/* Takes a sequence apart that begins with CSI.  False if it is not of this form. */
static bool
understand(struct span key, struct told *told)
{
	struct span rest = {key.text + 2, key.length - 2};

	*told = (struct told){.modifiers = 1, .event = 1};
	told->number = take_number(&rest);
	told->shifted = takes(&rest, ':') ? take_number(&rest) : 0;
	told->base = takes(&rest, ':') ? take_number(&rest) : 0;
	if (takes(&rest, ';')) {
		told->modifiers = take_number(&rest);
		told->event = takes(&rest, ':') ? take_number(&rest) : 1;
		if (takes(&rest, ';'))
			do
				told->text[told->texts++] = take_number(&rest);
			while (told->texts < 8 && takes(&rest, ':'));
	}
	if (rest.length != 1)
		return false;
	told->final = *rest.text;
	if (told->number == 27 && told->texts == 1 && told->final == '~') { /* modifyOtherKeys */
		told->number = told->text[0];
		told->texts = 0;
		told->final = 'u';
	}
	told->modifiers = told->modifiers > 0 ? (told->modifiers - 1) & ~(unsigned)LOCKS : 0;
	return true;
}

/* Adds a character in UTF-8, but no control. */
static size_t
add_character(char *room, uint32_t c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 0;
	if (c < 0x80) {
		room[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		room[0] = (char)(0xC0 | c >> 6);
		room[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		room[0] = (char)(0xE0 | c >> 12);
		room[1] = (char)(0x80 | (c >> 6 & 0x3F));
		room[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	room[0] = (char)(0xF0 | c >> 18);
	room[1] = (char)(0x80 | (c >> 12 & 0x3F));
	room[2] = (char)(0x80 | (c >> 6 & 0x3F));
	room[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

/* What a character is with Ctrl, as kitty has it where the protocol is not asked for; -1 if there is nothing. */
static int
control_of(const struct told *told)
{
	static const char characters[] = " /2345678?@[\\]^_~";
	static const char controls[] = "\0\037\0\033\034\035\036\037\177\177\0\033\034\035\036\037\036";
	uint32_t c = told->number >= 0x80 && told->base != 0 ? told->base : told->number;
	const char *found = NULL;

	if (c >= 'a' && c <= 'z')
		return (int)(c & 0x1F);
	if ((told->modifiers & SHIFT) != 0 && told->shifted > ' ' && told->shifted < 0x80)
		found = strchr(characters, (int)told->shifted);
	if (found == NULL && c >= ' ' && c < 0x80)
		found = strchr(characters, (int)c);
	return found != NULL ? (unsigned char)controls[found - characters] : -1;
}

/* A key that has a character, or had one always. */
static size_t
write_character(const struct told *told, char *room)
{
	bool shift = (told->modifiers & SHIFT) != 0, ctrl = (told->modifiers & CTRL) != 0;
	uint32_t c = told->number;
	int control;

	switch (c) {
	case ENTER:
	case ESCAPE:
		*room = (char)c;
		return 1;
	case TAB:
		*room = '\t';
		return shift ? (size_t)snprintf(room, 8, "\033[Z") : 1;
	case BACKSPACE:
		*room = ctrl ? '\b' : '\177';
		return 1;
	default:
		break;
	}
	if (ctrl) {
		if ((control = control_of(told)) == -1)
			return 0;
		*room = (char)control;
		return 1;
	}
	if (shift && told->shifted != 0)
		c = told->shifted;
	else if (shift && c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	return add_character(room, c);
}

/* A key that was a sequence always: without what only the protocol says. */
static size_t
write_sequence(const struct told *told, const char *number, const char *final, char *room)
{
	if (told->modifiers != 0)
		return (size_t)snprintf(room, LEGACY_KEY_MAX, "\033[%s;%u%s", *number != '\0' ? number : "1",
					told->modifiers + 1, final);
	if (*number == '\0' && *final >= 'P' && *final <= 'S') /* F1 to F4 */
		return (size_t)snprintf(room, LEGACY_KEY_MAX, "\033O%s", final);
	return (size_t)snprintf(room, LEGACY_KEY_MAX, "\033[%s%s", number, final);
}

static bool
changes_others(uint32_t number)
{
	return (number >= CAPS_LOCK && number <= NUM_LOCK) || (number >= LEFT_SHIFT && number <= LEVEL5_SHIFT);
}

/* A key that is told by its number, or by its character's.  0 if there is no other form. */
static size_t
write_key(struct told *told, char *room)
{
	size_t prefix = (told->modifiers & ALT) != 0, length = 0;

	if (told->number >= KEYPAD_LEFT && told->number < KEYPAD_LEFT + sizeof keypad_keys / sizeof keypad_keys[0]) {
		const char *key = keypad_keys[told->number - KEYPAD_LEFT];
		const char number[] = {(char)(key[1] == '~' ? *key : '\0'), '\0'};

		return write_sequence(told, number, key[1] == '~' ? "~" : key, room);
	}
	if ((told->modifiers & ~(unsigned)(SHIFT | ALT | CTRL)) != 0)
		return 0;
	if (told->number >= KEYPAD && told->number < KEYPAD + sizeof keypad_characters - 1)
		told->number = (unsigned char)keypad_characters[told->number - KEYPAD];
	else if (told->number >= PRIVATE_FIRST && told->number <= PRIVATE_LAST)
		return 0;
	if (told->number == ENTER && told->modifiers != 0)
		prefix = 1;
	if (prefix == 0 && (told->modifiers & CTRL) == 0)
		for (int i = 0; i < told->texts; i++)
			length += add_character(room + length, told->text[i]);
	if (length > 0)
		return length;
	*room = '\033';
	length = write_character(told, room + prefix);
	return length > 0 ? prefix + length : 0;
}

/* The keypad, as SS3 and a letter; 0 if it is none of it. */
static char
character_of_keypad(struct span key)
{
	static const char letters[] = "Xjklmnopqrstuvwxy", characters[] = "=*+,-./0123456789";
	const char *found = key.length == 3 && key.text[1] == 'O' ? strchr(letters, key.text[2]) : NULL;

	return (char)(found != NULL ? characters[found - letters] : '\0');
}

static bool
is_same(struct span key, const char *sequence)
{
	return key.length == strlen(sequence) && memcmp(key.text, sequence, key.length) == 0;
}

struct span
legacy_key(struct span key, char room[LEGACY_KEY_MAX])
{
	size_t alt = key.length > 2 && key.text[1] == '\033'; /* rxvt's */
	struct span inner = {key.text + alt, key.length - alt};
	struct told told;
	size_t length = 0;
	char number[12] = "";

	if (inner.length < 3 || *inner.text != '\033')
		return key;
	if (character_of_keypad(inner) != '\0') {
		room[0] = '\033';
		room[alt] = character_of_keypad(inner);
		return (struct span){room, alt + 1};
	}
	if (is_same(inner, "\033OM")) { /* konsole's Shift-Enter */
		room[0] = '\033';
		room[1] = '\r';
		return (struct span){room, 2};
	}
	if (inner.text[1] != '[' || !understand(inner, &told) || is_same(inner, CURSOR_AT_START))
		return key;
	if (alt > 0)
		told.modifiers |= ALT;
	if (told.event == RELEASED || (told.final == 'u' && changes_others(told.number)))
		return (struct span){room, 0};
	if (told.final == 'u') {
		length = write_key(&told, room);
	} else if (told.final == '~' || (told.number <= 1 && strchr("ABCDEFHPQRS", told.final) != NULL)) {
		if (told.final == '~')
			snprintf(number, sizeof number, "%u", told.number);
		length = write_sequence(&told, number, (const char[]){told.final, '\0'}, room);
	}
	return length > 0 ? (struct span){room, length} : key;
}
