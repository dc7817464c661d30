/*
 * glyph - what is drawn of a text, such that terminals agree how wide that is.
 *
 * Pure: text in, characters for the cells of a screen out.  Terminals do not agree about what joins, selects or
 * modifies other characters, nor with the C library; so that is left out, and its base characters are drawn.  The
 * text itself, in the history and the log, keeps all of it.
 *
 *   joiners, selectors, fillers, format characters (Default_Ignorable_Code_Point, general category Cf)  nothing
 *   emoji modifiers (UTS #51, skin tones)                                                               nothing
 *   regional indicators, of which flags are made                                                        their letters
 *   conjoining jamo (The Unicode Standard, chapter 3.12)                    their syllable; nothing if there is none
 *
 * About what is left they disagree still: marks, for some of which some have cells of their own, and which st writes
 * over the next cell; spacing marks, as in Devanagari, of which some make one cell with the character before them;
 * characters of a newer Unicode than theirs; symbols that are emoji, too.  That is drawn as it is, and marked as
 * disputed, so that whoever draws it can put right what stands behind it: see screen/placed.h.
 */
#ifndef GLYPH_H
#define GLYPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_MARKS_MAX 3 /* as ncurses has room for five in a cell, with a sign: see screen/placed.h */
#define GLYPH_COLUMNS_MAX (2 + GLYPH_MARKS_MAX)

/* What is drawn in one place. */
struct glyph {
	uint32_t character;		     /* 0: nothing, in as many columns as it has */
	uint32_t marks[GLYPH_MARKS_MAX + 1]; /* drawn there too; up to a 0 */
	int columns;			     /* of all of it: GLYPH_COLUMNS_MAX at most */
	bool disputed;			     /* terminals may take it to have more or fewer of them */
};

/* What is drawn for a character by itself; 0: nothing, or nothing by itself. */
uint32_t glyph_character(uint32_t character);

/*
 * How many columns that takes: 2 for what is wide somewhere, 0 for nothing and for what is drawn in the place of the
 * character before it.  1 for what wcwidth(3) knows nothing of; LC_CTYPE must be a UTF-8 locale.
 */
int glyph_columns(uint32_t character);

/* Whether a character is drawn with the one before it, be it in columns of its own. */
bool glyph_is_mark(uint32_t character);

/* Whether terminals may disagree how wide a text is: not about what is below U+0300. */
bool glyph_is_disputed(const char *text, size_t length);

/*
 * Takes the character at text, which is valid UTF-8 and ends at end, and all that is drawn with it.  Marks without a
 * character, at the start of a text, are not drawn, and those that there is no room for are left out.  Returns where
 * the next one starts.
 */
const char *glyph_next(const char *text, const char *end, struct glyph *glyph);

#endif
