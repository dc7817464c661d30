#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "text/glyph.h"
#include "text/safe.h"
#include "text/utf8.h"

#define FIRST_MARK 0x300 /* below it, all but one character take one column */
#define SOFT_HYPHEN 0xAD

/* Characters, in the order of their numbers. */
struct range {
	uint32_t first, last;
};

static const struct range silent[] = {
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

/*
 * Marks that take columns of their own (general category Mc, and what Unicode's annex 29 has as SpacingMark beside it),
 * and between them some that take none.
 */
static const struct range spacing[] = {
	{0x0903, 0x0903},   {0x093B, 0x093B},	{0x093E, 0x094F},   {0x0982, 0x0983},	{0x09BE, 0x09CC},
	{0x09D7, 0x09D7},   {0x0A03, 0x0A03},	{0x0A3E, 0x0A40},   {0x0A83, 0x0A83},	{0x0ABE, 0x0ACC},
	{0x0B02, 0x0B03},   {0x0B3E, 0x0B57},	{0x0BBE, 0x0BCC},   {0x0BD7, 0x0BD7},	{0x0C01, 0x0C03},
	{0x0C41, 0x0C44},   {0x0C82, 0x0C83},	{0x0CBE, 0x0CD6},   {0x0CF3, 0x0CF3},	{0x0D02, 0x0D03},
	{0x0D3E, 0x0D4C},   {0x0D57, 0x0D57},	{0x0D82, 0x0D83},   {0x0DCF, 0x0DDF},	{0x0DF2, 0x0DF3},
	{0x0E33, 0x0E33},   {0x0EB3, 0x0EB3},	{0x0F3E, 0x0F3F},   {0x0F7F, 0x0F7F},	{0x102B, 0x103C},
	{0x1056, 0x1057},   {0x1062, 0x1064},	{0x1067, 0x106D},   {0x1083, 0x108C},	{0x108F, 0x108F},
	{0x109A, 0x109C},   {0x1715, 0x1715},	{0x1734, 0x1734},   {0x17B6, 0x17C8},	{0x1923, 0x1938},
	{0x1A19, 0x1A1A},   {0x1A55, 0x1A72},	{0x1B04, 0x1B04},   {0x1B35, 0x1B44},	{0x1B82, 0x1B82},
	{0x1BA1, 0x1BAA},   {0x1BE7, 0x1BF3},	{0x1C24, 0x1C35},   {0x1CE1, 0x1CE1},	{0x1CF7, 0x1CF7},
	{0xA823, 0xA827},   {0xA880, 0xA881},	{0xA8B4, 0xA8C3},   {0xA952, 0xA953},	{0xA983, 0xA983},
	{0xA9B4, 0xA9C0},   {0xAA2F, 0xAA34},	{0xAA4D, 0xAA4D},   {0xAA7B, 0xAA7D},	{0xAAEB, 0xAAEF},
	{0xAAF5, 0xAAF5},   {0xABE3, 0xABEA},	{0xABEC, 0xABEC},   {0x11000, 0x11002}, {0x11082, 0x11082},
	{0x110B0, 0x110B8}, {0x1112C, 0x1112C}, {0x11145, 0x11146}, {0x11182, 0x11182}, {0x111B3, 0x111C0},
	{0x111CE, 0x111CE}, {0x1122C, 0x11235}, {0x112E0, 0x112E2}, {0x11302, 0x11303}, {0x1133E, 0x1134D},
	{0x11357, 0x11357}, {0x11362, 0x11363}, {0x11435, 0x11445}, {0x114B0, 0x114C1}, {0x115AF, 0x115BE},
	{0x11630, 0x1163E}, {0x116AC, 0x116B6}, {0x11720, 0x11726}, {0x1182C, 0x11838}, {0x11930, 0x1193D},
	{0x11940, 0x11940}, {0x11942, 0x11942}, {0x119D1, 0x119DF}, {0x119E4, 0x119E4}, {0x11A39, 0x11A39},
	{0x11A57, 0x11A58}, {0x11A97, 0x11A97}, {0x11C2F, 0x11C3E}, {0x11CA9, 0x11CB4}, {0x11D8A, 0x11D96},
	{0x11EF5, 0x11EF6}, {0x11F03, 0x11F03}, {0x11F34, 0x11F41}, {0x16F51, 0x16F87}, {0x1D165, 0x1D166},
	{0x1D16D, 0x1D172},
};

/*
 * Narrow (Unicode's annex 11), but bases of emoji modifiers (UTS #51), which tmux takes to be wide since 3.5: they get
 * the room.
 */
static const struct range half_wide[] = {
	{0x261D, 0x261D},   /* WHITE UP POINTING INDEX */
	{0x26F9, 0x26F9},   /* PERSON WITH BALL */
	{0x270C, 0x270D},   /* VICTORY HAND, WRITING HAND */
	{0x1F3CB, 0x1F3CC}, /* WEIGHT LIFTER, GOLFER */
	{0x1F574, 0x1F575}, /* MAN IN BUSINESS SUIT LEVITATING, SLEUTH OR SPY */
	{0x1F590, 0x1F590}, /* RAISED HAND WITH FINGERS SPLAYED */
};

/*
 * What takes the same columns in all terminals, whatever stands beside it, as long as no mark is on it: of those, some
 * terminals know none at all.
 */
static const struct range agreed[] = {
	{0x0000, 0x0486},   /* Latin, Greek, Cyrillic */
	{0x048A, 0x058F},   /* Cyrillic, Armenian */
	{0x0591, 0x05F4},   /* Hebrew */
	{0x0620, 0x0652},   /* Arabic letters */
	{0x0660, 0x06D3},   /* Arabic digits, and more letters */
	{0x0E01, 0x0E32},   /* Thai */
	{0x0E34, 0x0E5B},   /* Thai */
	{0x10A0, 0x10FF},   /* Georgian */
	{0x1E00, 0x1FFF},   /* more of Latin and Greek */
	{0x2010, 0x203B},   /* punctuation */
	{0x2070, 0x20BF},   /* superscripts, currencies */
	{0x2190, 0x2193},   /* arrows */
	{0x2200, 0x22FF},   /* mathematics */
	{0x2500, 0x25A9},   /* boxes and blocks */
	{0x2713, 0x2713},   /* CHECK MARK */
	{0x2717, 0x2717},   /* BALLOT X */
	{0x3001, 0x3029},   /* CJK punctuation */
	{0x3041, 0x3163},   /* kana, Bopomofo, Hangul */
	{0x3400, 0x4DBF},   /* ideographs */
	{0x4E00, 0x9FFF},   /* ideographs */
	{0xAC00, 0xD7A3},   /* Hangul syllables */
	{0xF900, 0xFAFF},   /* ideographs */
	{0xFF01, 0xFF9F},   /* fullwidth and halfwidth forms */
	{0xFFFD, 0xFFFD},   /* REPLACEMENT CHARACTER */
	{0x1F300, 0x1F320}, /* emoji that have been wide from the start */
	{0x1F400, 0x1F43E}, /* ... */
	{0x1F442, 0x1F4FC}, /* ... */
	{0x1F5FB, 0x1F64F}, /* ... */
	{0x20000, 0x3FFFF}, /* ideographs */
};

static bool
is_in(const struct range *ranges, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && c >= ranges[low].first;
}

#define IS_IN(ranges, c) is_in(ranges, sizeof(ranges) / sizeof(ranges)[0], c)

static bool
is_regional_indicator(uint32_t c)
{
	return c >= 0x1F1E6 && c <= 0x1F1FF;
}

uint32_t
glyph_character(uint32_t c)
{
	return is_regional_indicator(c) ? c - 0x1F1E6 + 'A' : IS_IN(silent, c) ? 0 : c;
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
	if (IS_IN(half_wide, c))
		return 2;
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

bool
glyph_is_mark(uint32_t c)
{
	return glyph_columns(c) == 0 || IS_IN(spacing, c);
}

const char *
glyph_next(const char *text, const char *end, struct glyph *glyph)
{
	const char *next;
	size_t count = 0;
	uint32_t c, joined;

	text = utf8_next(text, end, &c);
	glyph->columns = glyph_columns(c);
	glyph->character = glyph_is_mark(c) ? 0 : glyph_character(c);
	for (; text < end; text = next) {
		next = utf8_next(text, end, &c);
		if (!glyph_is_mark(c) || (count == GLYPH_MARKS_MAX && glyph_columns(c) > 0) || !safe_is_known(c))
			break;
		glyph->columns += glyph_columns(c);
		if ((joined = syllable(glyph->character, c)) != 0)
			glyph->character = joined;
		else if (glyph_character(c) != 0 && count < GLYPH_MARKS_MAX)
			glyph->marks[count++] = c;
	}
	glyph->marks[count] = 0;
	glyph->disputed = count > 0 || !IS_IN(agreed, glyph->character);
	return text;
}
