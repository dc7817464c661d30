/*
 * pattern - a piece of text that is looked for in others, as they are shown.
 *
 * Pure.  Case does not count (text/fold.h), nor what is not drawn (text/glyph.h).  It takes time in proportion to the
 * text, whatever that and the pattern are.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define PATTERN_MAX 128 /* characters; what follows them does not count */

struct pattern {
	uint32_t characters[PATTERN_MAX];
	size_t length;
	size_t shorter[PATTERN_MAX + 1]; /* of so many that match: how many match still, if the next one does not */
	bool passes[256];		 /* a byte with which nothing can begin that matches */
};

/* Looks for that from now on: UTF-8.  What shows nothing is found nowhere. */
void pattern_set(struct pattern *pattern, struct span text);

/* Bytes of a text, from start up to end. */
struct extent {
	size_t start, end;
};

/* The first place at or after the byte `from` where it is, with the marks on its last character.  False: nowhere. */
bool pattern_find(const struct pattern *pattern, struct span text, size_t from, struct extent *found);

#endif
