/*
 * url - the web addresses in a text.
 *
 * Pure: text in, places in it out.  Such an address begins with http:// or https://, and is of the characters of which
 * RFC 3986 makes one; what usually follows it in a sentence is not part of it.  One that goes on with other letters
 * than those of ASCII is none, as nobody could tell where it ends; nor is one in a word of more than URL_MAX bytes.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 2000 /* bytes: longer ones are refused here and there */

struct url {
	size_t start, end; /* bytes of the text: from the first on, up to before the last */
};

/*
 * Finds the first one that has bytes from `from` up to before `to`, in a text of length bytes.  False: there is none.
 * It costs what is between these, and some URL_MAX bytes, however long the text is.
 */
bool url_find(const char *text, size_t length, size_t from, size_t to, struct url *url);

#endif
