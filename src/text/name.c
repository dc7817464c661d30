#include <config.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#if defined(HAVE_GNUTLS)
#include <gnutls/gnutls.h>
#endif

#include "text/filter.h"
#include "text/name.h"
#include "text/utf8.h"

/*
 * Characters that show nothing, besides white space: those with the property Default_Ignorable_Code_Point
 * (The Unicode Standard, chapter 5.21), and the blanks that iswspace(3) leaves out.  JOINERs act on the
 * characters beside them, in emoji and in many scripts; a GAP can be an empty place.  Not even wcwidth(3)
 * tells which is which: C libraries do not agree about that, nor do terminals.
 */
enum kind { SHOWN, JOINER, GAP };
static const struct {
	uint32_t first, last;
	enum kind kind;
} blank[] = {
	{0x00A0, 0x00A0, GAP},	    {0x00AD, 0x00AD, GAP},    {0x034F, 0x034F, JOINER},
	{0x061C, 0x061C, JOINER},   {0x115F, 0x1160, GAP},    {0x17B4, 0x17B5, JOINER},
	{0x180B, 0x180F, JOINER},   {0x2007, 0x2007, GAP},    {0x200B, 0x200F, JOINER},
	{0x202A, 0x202E, JOINER},   {0x202F, 0x202F, GAP},    {0x2060, 0x206F, JOINER},
	{0x2800, 0x2800, GAP},	    {0x3164, 0x3164, GAP},    {0xFE00, 0xFE0F, JOINER},
	{0xFEFF, 0xFEFF, JOINER},   {0xFFA0, 0xFFA0, GAP},    {0xFFF0, 0xFFF8, JOINER},
	{0x1BCA0, 0x1BCA3, JOINER}, {0x1D159, 0x1D159, GAP},  {0x1D173, 0x1D17A, JOINER},
	{0xE0000, 0xE0FFF, JOINER},
};

static enum kind
kind_of(uint32_t c)
{
	for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
		if (c >= blank[i].first && c <= blank[i].last)
			return blank[i].kind;
	return iswspace((wint_t)c) ? GAP : SHOWN;
}

/* Whether a character shows something in a column of its own. */
static bool
is_seen(uint32_t c)
{
	return kind_of(c) == SHOWN && wcwidth((wchar_t)c) > 0;
}

/* Whether all of it is UTF-8; whether something can be seen in it. */
static bool
examine(const char *text, bool *seen)
{
	const char *end = text + strlen(text), *next;
	uint32_t c;
	size_t used;

	*seen = false;
	for (; text < end; text = next) {
		if (utf8_examine(text, (size_t)(end - text), &used) != UTF8_COMPLETE)
			return false;
		next = utf8_next(text, end, &c);
		*seen = *seen || is_seen(c);
	}
	return true;
}

const char *
name_fault(const char *text)
{
	bool seen;

	if (strlen(text) >= NAME_SIZE)
		return "has more than 63 bytes";
	if (!examine(text, &seen))
		return "is not UTF-8";
	if (!seen)
		return "shows nothing";
	if (name_is_alike(text, "you") || name_is_alike(text, "*"))
		return "tchat uses itself";
	return NULL;
}

/* Squeezes each run of blanks to one, takes those at the ends away, and makes quotation marks single. */
static void
tidy(char *text)
{
	const char *end = text + strlen(text), *next;
	char *to = text;
	bool gap = true; /* no blank is needed: there is one, or nothing before it */
	uint32_t c;

	for (const char *from = text; from < end; from = next) {
		next = utf8_next(from, end, &c);
		if (kind_of(c) == GAP) {
			if (!gap)
				*to++ = ' ';
			gap = true;
		} else if (c == '"') {
			*to++ = '\'';
			gap = false;
		} else {
			memmove(to, from, (size_t)(next - from));
			to += next - from;
			gap = gap && !is_seen(c); /* what has no width does not make two blanks of one */
		}
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

void
name_tame(const char *claim, char name[NAME_SIZE])
{
	char safe[4 * NAME_SIZE]; /* a character of two bytes can become <U+0080> */

	*name = '\0';
	if (strlen(claim) >= NAME_SIZE)
		return;
	filter_string(claim, safe, sizeof safe);
	tidy(safe);
	if (name_fault(safe) == NULL)
		strlcpy(name, safe, NAME_SIZE);
}

/*
 * Puts letters and their accents together where that is one character (NFC).  GnuTLS does so for passwords, and
 * copies what has characters that may not be in one: those that show nothing, which are to be gone already, and
 * such as Unicode did not have yet.  Without GnuTLS no caller has a name.
 */
static void
compose(char *text, size_t size)
{
#if defined(HAVE_GNUTLS)
	gnutls_datum_t composed = {NULL, 0};

	if (gnutls_utf8_password_normalize((const unsigned char *)text, (unsigned)strlen(text), &composed,
					   GNUTLS_UTF8_IGNORE_ERRS) == 0)
		strlcpy(text, (const char *)composed.data, size);
	gnutls_free(composed.data);
#else
	(void)text, (void)size;
#endif
}

/* Copies a name without what shows nothing, in its composed form. */
static void
copy_shown(const char *name, char *shown, size_t size)
{
	const char *end = name + strnlen(name, NAME_SIZE), *next;
	size_t length = 0;
	uint32_t c;

	for (; name < end; name = next) {
		next = utf8_next(name, end, &c);
		if (kind_of(c) != SHOWN)
			continue;
		memcpy(shown + length, name, (size_t)(next - name));
		length += (size_t)(next - name);
	}
	shown[length] = '\0';
	compose(shown, size);
}

/* The next character that has a column, in lower case; 0 at the end.  *name is moved on. */
static wint_t
next_seen(const char **name)
{
	const char *end = *name + strlen(*name);
	uint32_t c;

	while (*name < end) {
		*name = utf8_next(*name, end, &c);
		if (is_seen(c))
			return towlower((wint_t)c);
	}
	return 0;
}

bool
name_is_alike(const char *a, const char *b)
{
	char shown_a[3 * NAME_SIZE], shown_b[3 * NAME_SIZE]; /* NFC can triple the bytes (UAX 15) */
	const char *next_a = shown_a, *next_b = shown_b;
	wint_t c;

	copy_shown(a, shown_a, sizeof shown_a);
	copy_shown(b, shown_b, sizeof shown_b);
	while ((c = next_seen(&next_a)) == next_seen(&next_b))
		if (c == 0)
			return true;
	return false;
}
