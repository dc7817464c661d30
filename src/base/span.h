/*
 * span - a piece of text that somebody else holds.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *text;
	size_t length;
};

/* Takes the first line, with its LF, off a text; the last one may lack it.  Empty: there is none left. */
struct span span_line(struct span *text);

/* Whether a line has its LF. */
bool span_is_complete(struct span line);

/* How many lines there are, an unfinished one included. */
size_t span_count_lines(struct span text);

#endif
