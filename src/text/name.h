/*
 * name - what a person can be called: with -n, in a certificate, by whoever lets a caller in.
 *
 * Names stand before lines and within notices, and people tell each other by them, so they are short, and look like
 * nothing else: letters of one alphabet, digits, pictures such as emoji, blanks, and a few signs.  LC_CTYPE must be a
 * UTF-8 locale; which one does not matter.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stdint.h>

#define NAME_SIZE 64 /* bytes, with the NUL; certificates take one more (RFC 5280, ub-common-name) */

#define NAME_DIGITS 10 /* with so many a name could be taken for the number that people compare (trust/number.h) */

/* Why a text is no name, in English words (N_) that go on after "a name that"; NULL if it is one. */
const char *name_fault(const char *text);

/*
 * Makes a name of what a stranger claims to be called: what is no part of one becomes a blank, so no quotation mark,
 * sign or row of blanks makes the line around it look like another.  Empty if that is no name, or one that is a proof.
 */
void name_tame(const char *claim, char name[NAME_SIZE]);

/* Whether a name could be taken for what tells of a key: NAME_DIGITS digits, of whatever script, or a fingerprint. */
bool name_is_proof(const char *name);

/*
 * Whether it can be told whether a name looks like another: without GnuTLS not, if an accent or another mark is a
 * character of its own, as it may be one with its letter in the other.
 */
bool name_is_comparable(const char *name);

/* Whether two names look the same: case, blanks and signs do not count, nor how an accent is encoded. */
bool name_is_alike(const char *a, const char *b);

/*
 * What a name looks like, to be compared with that of many others: names look the same if these are equal, and memcmp
 * says so.
 */
struct name_look {
	uint32_t letters[NAME_SIZE]; /* small ones; all others are 0 */
};
void name_look(const char *name, struct name_look *look);

/* Whether that is what this word of small ASCII letters looks like. */
bool name_looks_like(const struct name_look *look, const char *word);

#endif
