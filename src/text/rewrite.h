/*
 * rewrite - what text becomes in which hardly anything can be shown as it is.
 *
 * The filter's meaning is in filter.c, and this is the same, said by a table that has an entry for each
 * byte after each beginning: with random bytes, whatever asks what a byte is asks in vain.
 */
#ifndef REWRITE_H
#define REWRITE_H

#include <stddef.h>

#define REWRITE_BLOCK 64			 /* bytes taken at most */
#define REWRITE_SPARE 2			 /* bytes after them that must be there */
#define REWRITE_MAX (REWRITE_BLOCK * 4) /* bytes that can become of them: C1 controls are the worst */
#define REWRITE_ROOM (REWRITE_MAX + 8)	 /* bytes of memory needed */

/*
 * Takes characters from the REWRITE_BLOCK bytes at *input, where one starts, and moves *input on.  A
 * character that does not end within them is left; REWRITE_SPARE bytes after them can be read.
 * Writes what becomes of them to out, and returns how many bytes that is.  No line is ended for its
 * length.  Marks are counted.
 */
struct marks;
size_t rewrite_block(const char **input, char *out, struct marks *marks);

/* Writes the number of a character, as <U+202E>, and returns how many bytes that is. */
size_t rewrite_number(unsigned c, char *out);

#endif
