/*
 * unseen - characters in the input line that are not drawn, and on which Readline would stop all the same.
 *
 * The tone of an emoji is one, and a soft hyphen: text/glyph.h says what is left out, and Readline goes by wcwidth(3),
 * which gives them columns.  A key would move the cursor, or take something away, and nobody would see that; what was
 * typed then came between an emoji and its tone.  So the cursor passes over them, and they go with what is before them.
 */
#ifndef UNSEEN_H
#define UNSEEN_H

#include <stdbool.h>

/* The input line before a key. */
struct unseen {
	int cursor, end; /* bytes */
	bool before;	 /* what is before the cursor is not seen */
};
struct unseen unseen_note(void);

/* After it: does what is left of what it was for. */
void unseen_pass(const struct unseen *noted);

#endif
