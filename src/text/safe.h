/*
 * safe - which characters may reach a terminal as themselves.
 */
#ifndef SAFE_H
#define SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAFE_MARKS_MAX 30 /* in a row: more than any language needs (UAX #15, Stream-Safe Text Format) */

/*
 * Two bits for each character that was asked about and is safe, because iswprint(3) and wcwidth(3) are
 * slow: one if it has a column of its own, the other if it has none and is shown where the character
 * before it is.  The latter are called marks here, for most of them are combining marks.
 */
extern uint64_t safe_letters[0x110000 / 64], safe_marks[0x110000 / 64];

static inline bool
safe_is_letter(uint32_t c)
{
	return safe_letters[c / 64] >> c % 64 & 1;
}

static inline bool
safe_is_mark(uint32_t c)
{
	return safe_marks[c / 64] >> c % 64 & 1;
}

/* Whether a character, no C0 control or DEL, is safe; noted for the next time.  LC_CTYPE must be a UTF-8 locale. */
bool safe_learn(uint32_t c);

/*
 * Whether a character is not safe for one reason alone: that the C library does not know it.  A newer one may, so it
 * may be passed on to others; see filter_init_relayed.
 */
bool safe_is_unknown(uint32_t c);

/*
 * Whether such a character counts as a mark: where Unicode keeps its numbers for combining marks of all scripts, and
 * for what shows nothing (Default_Ignorable_Code_Point).  Others may turn out to be marks of their script, too, and are
 * not limited: whoever knows that limits them, and whoever does not shows each in a place of its own.
 */
bool safe_is_unknown_mark(uint32_t c);

/* The same as safe_learn, after the first time by what was noted. */
static inline bool
safe_is_known(uint32_t c)
{
	return safe_is_letter(c) || safe_is_mark(c) || safe_learn(c);
}

/* The marks that came last: so many in a row, SAFE_MARKS_MAX for more than that, end there. */
struct marks {
	const char *end;
	unsigned count;
	bool relayed; /* what is looked at is passed on, and not shown here: unknown characters may stay */
};

/* Whether a character is counted among the marks. */
static inline bool
safe_counts(uint32_t c, const struct marks *marks)
{
	return safe_is_mark(c) || (marks->relayed && !safe_is_letter(c) && safe_is_unknown_mark(c));
}

/* Whether the character at s may be shown as itself, after these marks and whatever follows them. */
static inline bool
safe_character(uint32_t c, const char *s, const struct marks *marks)
{
	if (safe_is_letter(c))
		return true;
	if (!safe_is_mark(c) && !safe_learn(c) && !(marks->relayed && safe_is_unknown(c)))
		return false;
	return marks->end != s || marks->count < SAFE_MARKS_MAX || !safe_counts(c, marks);
}

/* Counts the character that is at s and ends at end, if it is a mark; to be done after safe_character. */
static inline void
safe_count(uint32_t c, const char *s, const char *end, struct marks *marks)
{
	unsigned count = marks->end == s ? marks->count : 0;

	if (safe_counts(c, marks)) {
		marks->end = end;
		marks->count = count + (count < SAFE_MARKS_MAX);
	}
}

/*
 * How many bytes at the start of a text, which begins with a character, are known without a look at
 * each: whole, safe characters, TAB and LF.  It may be less than what is safe, for what follows is just
 * not known yet; it is never more.  Marks among them are counted.
 */
size_t safe_blocks(const char *text, size_t length, struct marks *marks);

#endif
