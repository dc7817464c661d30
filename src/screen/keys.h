/*
 * keys - what a terminal sends, cut into keys.
 *
 * Pure.  A key is a character, or a control sequence as in ECMA-48, chapter 5.4, and 8.3 for the strings, with what
 * terminals send beside that: xterm's control sequences, rxvt's keys, the Linux console's F1 to F5.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define KEYS_PASTE_BEGINS "\033[200~" /* no key: what is pasted follows it */

enum key_kind {
	KEY_CHARACTER, /* as UTF-8; a control, too */
	KEY_ESCAPE,    /* the key of that name */
	KEY_ALT,       /* ESC and a character: with the Alt key, or typed after the Escape key */
	KEY_SEQUENCE,  /* CSI or SS3 and what belongs to it, or broken off; with Alt, rxvt puts an ESC before it */
	KEY_STRING     /* OSC, DCS, APC, PM or SOS, up to its end: no key, but what the terminal says */
};

struct key {
	enum key_kind kind;
	size_t length; /* bytes */
	int patience;  /* 0: it is whole; or milliseconds: it may go on so long after its last byte, then it is */
};

/* Looks at the key at the start of some text, which is not empty: valid UTF-8, and no part of a paste. */
struct key keys_examine(struct span text);

/* Whether a key is one of several, up to a NULL, as terminals send them. */
bool keys_is_one_of(struct span key, const char *const *keys);

#endif
