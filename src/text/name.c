#include <config.h>

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#if defined(HAVE_GNUTLS)
#include <gnutls/gnutls.h>
#endif

#include "base/bilingual.h"
#include "text/digit.h"
#include "text/fold.h"
#include "text/name.h"
#include "text/utf8.h"

/*
 * What a character is in a name.  A letter has columns of its own: a letter of any script, a digit, a picture.  A mark
 * is shown where the letter before it is: accents, vowel signs, what joins emoji.  All others separate words, whatever
 * they look like: blanks, what ends a quotation, what stands for something on the program's own screen.
 */
enum kind { OTHER, LETTER, MARK, SIGN };

#define SIGNS "-'.,&+_@()"
#define LEFT_QUOTE 0x2018
#define RIGHT_QUOTE 0x2019 /* also an apostrophe */
#define REPLACEMENT_CHARACTER 0xFFFD

/*
 * What C libraries take for a letter or a mark, though it shows nothing (Default_Ignorable_Code_Point; The Unicode
 * Standard, chapter 5.21), is a letter in another style (with a compatibility decomposition; chapter 2.3), or means
 * what people agree about in private.  They do not agree with each other, nor do terminals, about how wide they are.
 */
struct range {
	uint32_t first, last;
};
static const struct range others[] = {
	{0x0080, 0x00BF},   {0x02B0, 0x02FF},	{0x034F, 0x034F},   {0x061C, 0x061C},	{0x115F, 0x1160},
	{0x17B4, 0x17B5},   {0x180B, 0x180F},	{0x1D00, 0x1DBF},   {0x2000, 0x200B},	{0x200E, 0x2BFF},
	{0x3000, 0x3004},   {0x3164, 0x3164},	{0xA69C, 0xA69D},   {0xA700, 0xA721},	{0xA770, 0xA770},
	{0xA7F2, 0xA7F9},   {0xAB5B, 0xAB69},	{0xE000, 0xF8FF},   {0xFB00, 0xFDFF},	{0xFE10, 0xFFFF},
	{0x10780, 0x107BF}, {0x16FF0, 0x16FF1}, {0x1BCA0, 0x1BCA3}, {0x1D159, 0x1D159}, {0x1D173, 0x1D17A},
	{0x1D400, 0x1D7FF}, {0x1EE00, 0x1EEFF}, {0x1F100, 0x1F2FF}, {0xE0000, 0x10FFFF},
};
static const struct range joiners[] = {{0x200C, 0x200D}, {0xFE00, 0xFE0F}, {0x1F3FB, 0x1F3FF}}; /* and skin tones */
static const struct range pictures[] = {{0x1F300, 0x1FAFF}};

/* Alphabets with letters that look like those of another. */
enum alphabet { NONE, LATIN, GREEK, COPTIC, CYRILLIC, ARMENIAN, CHEROKEE, LISU };
static const struct {
	struct range range;
	enum alphabet alphabet;
} alphabets[] = {
	{{'A', 'Z'}, LATIN},	     {{'a', 'z'}, LATIN},	  {{0x00C0, 0x024F}, LATIN},
	{{0x0250, 0x02AF}, LATIN},   {{0x1E00, 0x1EFF}, LATIN},	  {{0x2C60, 0x2C7F}, LATIN},
	{{0xA722, 0xA7FF}, LATIN},   {{0xAB30, 0xAB6F}, LATIN},	  {{0x0370, 0x03E1}, GREEK},
	{{0x03E2, 0x03EF}, COPTIC},  {{0x03F0, 0x03FF}, GREEK},	  {{0x1F00, 0x1FFF}, GREEK},
	{{0x2C80, 0x2CFF}, COPTIC},  {{0x0400, 0x052F}, CYRILLIC}, {{0x1C80, 0x1C8F}, CYRILLIC},
	{{0xA640, 0xA69F}, CYRILLIC}, {{0x0530, 0x058F}, ARMENIAN}, {{0x13A0, 0x13FF}, CHEROKEE},
	{{0xAB70, 0xABBF}, CHEROKEE}, {{0xA4D0, 0xA4FF}, LISU},
};

static bool
is_in(uint32_t c, const struct range *range)
{
	return c >= range->first && c <= range->last;
}

static bool
is_among(uint32_t c, const struct range *ranges, size_t count)
{
	while (count > 0 && !is_in(c, ranges))
		ranges++, count--;
	return count > 0;
}

#define IS_AMONG(c, ranges) is_among(c, ranges, sizeof(ranges) / sizeof(ranges)[0])

static enum kind
kind_of(uint32_t c)
{
	if (c < 0x80)
		return c != '\0' && strchr(SIGNS, (int)c) != NULL ? SIGN : isalnum((int)c) ? LETTER : OTHER;
	if (IS_AMONG(c, joiners))
		return MARK;
	if (IS_AMONG(c, others) || !iswprint((wint_t)c))
		return OTHER;
	if (wcwidth((wchar_t)c) == 0)
		return MARK;
	return iswalnum((wint_t)c) || IS_AMONG(c, pictures) ? LETTER : OTHER;
}

static enum alphabet
alphabet_of(uint32_t c)
{
	for (size_t i = 0; i < sizeof alphabets / sizeof alphabets[0]; i++)
		if (is_in(c, &alphabets[i].range))
			return alphabets[i].alphabet;
	return NONE;
}

/* What there is in a text. */
struct census {
	bool shown;   /* anything but blanks */
	bool broken;  /* bytes that are not UTF-8 */
	bool others;
	bool letters; /* that are no digits */
	bool mixed;   /* letters of several alphabets */
};

static struct census
examine(const char *text)
{
	const char *end = text + strlen(text);
	struct census census = {0};
	enum alphabet alphabet, former = NONE;
	uint32_t c;

	while (text < end) {
		text = utf8_next(text, end, &c);
		if (c == ' ')
			continue;
		alphabet = alphabet_of(c);
		census.shown = true;
		census.broken |= c == REPLACEMENT_CHARACTER;
		census.others |= kind_of(c) == OTHER;
		census.letters |= kind_of(c) == LETTER && !digit_is(c);
		census.mixed |= alphabet != NONE && former != NONE && alphabet != former;
		former = alphabet != NONE ? alphabet : former;
	}
	return census;
}

const char *
name_fault(const char *text)
{
	struct census census = examine(text);
	struct name_look look;

	if (!census.shown)
		return N_("shows nothing");
	if (strlen(text) >= NAME_SIZE)
		return N_("has more than 63 bytes");
	if (census.broken)
		return N_("is not UTF-8");
	if (census.others)
		return N_("has other signs than letters, digits and -'.,&+_@()");
	if (!census.letters)
		return N_("has no letter");
	if (census.mixed)
		return N_("has letters of several alphabets");
	name_look(text, &look);
	if (name_looks_like(&look, "you") || name_looks_like(&look, _("you")) || name_looks_like(&look, "tchat"))
		return N_("tchat uses itself");
	return NULL;
}

/*
 * Makes a name of a claim: with plain apostrophes, one blank for whatever is no part of a name, and none at the ends.
 * It does not become longer.
 */
static void
tidy(char *text)
{
	const char *end = text + strlen(text), *next;
	char *to = text;
	bool gap = true; /* there is a blank, or nothing before it */
	uint32_t c;

	for (const char *from = text; from < end; from = next) {
		next = utf8_next(from, end, &c);
		if (c == LEFT_QUOTE || c == RIGHT_QUOTE) {
			*to++ = '\'';
		} else if (kind_of(c) == LETTER || kind_of(c) == SIGN || (kind_of(c) == MARK && !gap)) {
			memmove(to, from, (size_t)(next - from));
			to += next - from;
		} else if (!gap) {
			*to++ = ' ';
		}
		gap = to == text || to[-1] == ' ';
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

bool
name_is_proof(const char *name)
{
	return digit_count(name) >= NAME_DIGITS || strcasestr(name, "SHA256") != NULL;
}

void
name_tame(const char *claim, char name[NAME_SIZE])
{
	if (strlcpy(name, claim, NAME_SIZE) >= NAME_SIZE) {
		*name = '\0';
		return;
	}
	tidy(name);
	if (name_fault(name) != NULL || name_is_proof(name))
		*name = '\0';
}

#if defined(HAVE_GNUTLS)
static bool
is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}
#endif

/*
 * Puts letters and their accents together where that is one character (NFC).  GnuTLS does so for passwords, and
 * copies what has characters that may not be in one: those that show nothing, which are to be gone already, and
 * such as Unicode did not have yet.  Without GnuTLS they stay apart (name_is_comparable).
 */
static void
compose(char *text, size_t size)
{
#if defined(HAVE_GNUTLS)
	gnutls_datum_t composed = {NULL, 0};

	if (is_ascii(text)) /* which is nearly all names, and stays as it is */
		return;
	if (gnutls_utf8_password_normalize((const unsigned char *)text, (unsigned)strlen(text), &composed,
					   GNUTLS_UTF8_IGNORE_ERRS) == 0)
		strlcpy(text, (const char *)composed.data, size);
	gnutls_free(composed.data);
#else
	(void)text, (void)size;
#endif
}

/* Copies the letters and marks of a name, in its composed form. */
static void
copy_letters(const char *name, char *letters, size_t size)
{
	const char *end = name + strnlen(name, NAME_SIZE), *next;
	size_t length = 0;
	uint32_t c;

	for (; name < end; name = next) {
		next = utf8_next(name, end, &c);
		if ((kind_of(c) != LETTER && kind_of(c) != MARK) || IS_AMONG(c, joiners))
			continue;
		memcpy(letters + length, name, (size_t)(next - name));
		length += (size_t)(next - name);
	}
	letters[length] = '\0';
	compose(letters, size);
}

void
name_look(const char *name, struct name_look *look)
{
	char letters[3 * NAME_SIZE]; /* NFC can triple the bytes (UAX 15) */
	const char *next = letters, *end;
	size_t count = 0;
	uint32_t c;

	memset(look, 0, sizeof *look);
	copy_letters(name, letters, sizeof letters);
	for (end = letters + strlen(letters); next < end && count < NAME_SIZE - 1;) {
		next = utf8_next(next, end, &c);
		if (kind_of(c) == LETTER)
			look->letters[count++] = fold_case(c);
	}
}

bool
name_is_comparable(const char *name)
{
#if defined(HAVE_GNUTLS)
	(void)name;
#else
	const char *end = name + strlen(name);
	uint32_t c;

	while (name < end) {
		name = utf8_next(name, end, &c);
		if (kind_of(c) == MARK && !IS_AMONG(c, joiners))
			return false;
	}
#endif
	return true;
}

bool
name_looks_like(const struct name_look *look, const char *word)
{
	const uint32_t *letter = look->letters;

	while (*word != '\0' && *letter == (unsigned char)*word)
		letter++, word++;
	return *word == '\0' && *letter == 0;
}

bool
name_is_alike(const char *a, const char *b)
{
	struct name_look look_a, look_b;

	name_look(a, &look_a);
	name_look(b, &look_b);
	return memcmp(&look_a, &look_b, sizeof look_a) == 0;
}
