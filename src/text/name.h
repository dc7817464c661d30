/*
 * name - what a person can be called: with -n, in a certificate, by whoever lets a caller in.
 *
 * Names stand before lines and within notices, and people tell each other by them, so they have to be
 * short, to show something, and to look like nothing else.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>

#define NAME_SIZE 64 /* bytes, with the NUL; certificates take one more (RFC 5280, ub-common-name) */

/* Why a text is no name, in words that go on after "a name that"; NULL if it is one. */
const char *name_fault(const char *text);

/*
 * Makes a name of what a stranger claims to be called: safe text (text/filter.h), in which no blanks and no
 * quotation marks make the line around it look like another.  Empty if it is no name.
 */
void name_tame(const char *claim, char name[NAME_SIZE]);

/* Whether two names look the same: case, blanks, and characters that show nothing do not count. */
bool name_is_alike(const char *a, const char *b);

#endif
