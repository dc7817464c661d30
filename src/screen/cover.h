/*
 * cover - what is shown over the conversation until a key is pressed: the keys that there are, how safe the talk is, or
 * who is in the group.
 */
#ifndef COVER_H
#define COVER_H

#include <stdbool.h>

#include "base/span.h"
#include "screen/guests.h"
#include "talk/talk.h"

struct cover {
	const char *const *rows; /* the keys, or how safe; or NULL */
	struct guests guests;	 /* who is there */
};

/* Whether something is shown. */
bool cover_is_open(const struct cover *cover);

/* Shows the keys. */
void cover_show_help(struct cover *cover);

/* Shows who is there. */
void cover_show_who(struct cover *cover, const struct talk *talk);

/* Shows nothing any more. */
void cover_close(struct cover *cover);

/* Gives it a key, upon which it goes, unless that is for what is shown. */
void cover_press(struct cover *cover, struct talk *talk, struct span key);

/* What there is to be shown now, in so many rows and columns: rows of text up to a NULL, good until the next call. */
const char *const *cover_rows(struct cover *cover, const struct talk *talk, int rows, int columns);

/* Gives the memory back. */
void cover_free(struct cover *cover);

#endif
