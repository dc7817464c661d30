#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "text/glyph.h"
#include "text/utf8.h"

#define FIRST_MARK 0x300 /* below it, all but one character take one column */
#define SOFT_HYPHEN 0xAD

/* In the order of their numbers. */
static const struct {
	uint32_t first, last;
} silent[] = {
	{SOFT_HYPHEN, SOFT_HYPHEN},
	{0x034F, 0x034F},   /* COMBINING GRAPHEME JOINER */
	{0x0600, 0x0605},   /* ARABIC NUMBER SIGN ..., before digits */
	{0x061C, 0x061C},   /* ARABIC LETTER MARK */
	{0x06DD, 0x06DD},   /* ARABIC END OF AYAH */
	{0x070F, 0x070F},   /* SYRIAC ABBREVIATION MARK */
	{0x0890, 0x0891},   /* ARABIC POUND MARK ABOVE, ... */
	{0x08E2, 0x08E2},   /* ARABIC DISPUTED END OF AYAH */
	{0x115F, 0x11FF},   /* Hangul fillers, vowels and final consonants */
	{0x17B4, 0x17B5},   /* KHMER VOWEL INHERENT ... */
	{0x180B, 0x180F},   /* Mongolian selectors */
	{0x200B, 0x200F},   /* ZERO WIDTH SPACE ..., joiners, directional marks */
	{0x202A, 0x202E},   /* directional embeddings */
	{0x2060, 0x206F},   /* WORD JOINER ... */
	{0x302E, 0x302F},   /* Hangul tone marks */
	{0x3164, 0x3164},   /* HANGUL FILLER */
	{0xD7B0, 0xD7FF},   /* old Hangul vowels and final consonants */
	{0xFE00, 0xFE0F},   /* variation selectors */
	{0xFEFF, 0xFEFF},   /* ZERO WIDTH NO-BREAK SPACE */
	{0xFFA0, 0xFFA0},   /* HALFWIDTH HANGUL FILLER */
	{0xFFF0, 0xFFFB},   /* interlinear annotations */
	{0x110BD, 0x110BD}, /* KAITHI NUMBER SIGN */
	{0x110CD, 0x110CD}, /* KAITHI NUMBER SIGN ABOVE */
	{0x13430, 0x1343F}, /* EGYPTIAN HIEROGLYPH VERTICAL JOINER ... */
	{0x16FF0, 0x16FF1}, /* VIETNAMESE ALTERNATE READING MARK ... */
	{0x1BCA0, 0x1BCA3}, /* SHORTHAND FORMAT LETTER OVERLAP ... */
	{0x1D173, 0x1D17A}, /* MUSICAL SYMBOL BEGIN BEAM ... */
	{0x1F3FB, 0x1F3FF}, /* EMOJI MODIFIER FITZPATRICK TYPE-1-2 ... */
	{0xE0000, 0xE0FFF}, /* tags, and more variation selectors */
};

static bool
is_silent(uint32_t c)
{
	for (size_t i = 0; i < sizeof silent / sizeof silent[0] && c >= silent[i].first; i++)
		if (c <= silent[i].last)
			return true;
	return false;
}

static bool
is_regional_indicator(uint32_t c)
{
	return c >= 0x1F1E6 && c <= 0x1F1FF;
}

uint32_t
glyph_character(uint32_t c)
{
	return is_regional_indicator(c) ? c - 0x1F1E6 + 'A' : is_silent(c) ? 0 : c;
}

bool
glyph_is_disputed(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 0xCC) /* what the UTF-8 of U+0300 begins with */
			return true;
	return false;
}

int
glyph_columns(uint32_t c)
{
	int columns;

	if (c < FIRST_MARK)
		return c != SOFT_HYPHEN;
	if ((c = glyph_character(c)) == 0)
		return 0;
	columns = wcwidth((wchar_t)c);
	return columns < 0 ? 1 : columns;
}

/*
 * The Hangul syllable of what is drawn and the jamo after it: of a consonant and a vowel, or of such a syllable and a
 * final consonant.  0 where there is none.
 */
static uint32_t
syllable(uint32_t before, uint32_t jamo)
{
	enum { SYLLABLES = 0xAC00, LEADS = 0x1100, VOWELS = 0x1161, BEFORE_FINALS = 0x11A7 };
	enum { LEAD_COUNT = 19, VOWEL_COUNT = 21, FINAL_COUNT = 28, COUNT = LEAD_COUNT * VOWEL_COUNT * FINAL_COUNT };

	if (before - LEADS < LEAD_COUNT && jamo - VOWELS < VOWEL_COUNT)
		return SYLLABLES + ((before - LEADS) * VOWEL_COUNT + jamo - VOWELS) * FINAL_COUNT;
	if (before - SYLLABLES < COUNT && (before - SYLLABLES) % FINAL_COUNT == 0 && jamo > BEFORE_FINALS &&
	    jamo - BEFORE_FINALS < FINAL_COUNT)
		return before + jamo - BEFORE_FINALS;
	return 0;
}

const char *
glyph_next(const char *text, const char *end, struct glyph *glyph)
{
	const char *next;
	size_t count = 0;
	uint32_t c, joined;

	text = utf8_next(text, end, &c);
	glyph->character = glyph_columns(c) > 0 ? glyph_character(c) : 0;
	for (; text < end; text = next) {
		next = utf8_next(text, end, &c);
		if (glyph_columns(c) > 0)
			break;
		if ((joined = syllable(glyph->character, c)) != 0)
			glyph->character = joined;
		else if (glyph_character(c) != 0 && count < GLYPH_MARKS_MAX)
			glyph->marks[count++] = c;
	}
	glyph->marks[count] = 0;
	return text;
}
