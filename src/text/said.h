/*
 * said - what somebody says to many, in lines that nobody who gets them cuts again.
 *
 * The name stands before each line, and each is a line of its own for whoever gets it: if a receiver cut one because it
 * is too long for it (FILTER_LINE_MAX), the rest could begin with another's name.
 *
 * How long a line is for a receiver depends on what its C library knows: what it does not is seen by its number, as
 * <U+1F9D1>.  So a character beyond ASCII counts as many bytes as its number takes.
 */
#ifndef SAID_H
#define SAID_H

#include "base/buffer.h"
#include "base/span.h"

/*
 * Adds the text, which is at most FILTER_LINE_MAX bytes from filter_next without LF, in lines: prefix, part, LF, none
 * of which is longer than FILTER_LINE_MAX with the prefix, whatever the receiver knows.  There is one line at least.  A
 * line ends within what is drawn in one place (text/glyph.h) only if that has very many characters.  The prefix is safe
 * text, too, a name and what is around it: much shorter than a line.
 */
void said_add(struct buffer *lines, struct span prefix, struct span text);

#endif
