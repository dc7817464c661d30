/*
 * edit - GNU Readline, which makes a line of keys, in the process of its own that it has (screen/editor.h).
 *
 * Readline gets the keys through its callback interface and never touches the terminal.  What it would draw is
 * asked for by edit_show.  Commands of the program are named Readline functions, which ~/.inputrc can bind to
 * other keys.
 */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "screen/input.h"

/* Starts Readline and reads its init file. */
void edit_open(void);

/* What became of some keys. */
struct edit_outcome {
	enum input_event event; /* what the last of them asked for */
	size_t used;		/* bytes; those after them have not been looked at */
};

/*
 * Works through keys, as keys_examine tells them apart, until one of them asks for something.  The last of them is
 * taken to be whole.  One that has no meaning changes nothing.  Where none is given, at the start, the answer is what
 * the init file asks for.
 */
struct edit_outcome edit_keys(struct span given);

/* Puts text into the line.  Whatever a key has begun is given up: a search, or the wait for another key. */
void edit_insert(struct span text);

/* Puts it before what is in the line; the cursor stays where it is in that. */
void edit_put_back(struct span text);

/* Has the line be that text, with the cursor at its start.  The line that was there is gone. */
void edit_replace(struct span text);

/* What is to be shown, and kept.  All good until the next call of anything here. */
struct edit_view {
	struct span prompt;
	struct span line;	/* what is in the input line */
	size_t cursor;		/* the byte of it that the cursor is on, which can be the one behind the last */
	struct span unsent;	/* what was typed and not sent, where that is not the line: one fetched hides it */
	bool hides;		/* that is so */
	bool sends;		/* the Enter key would complete the line, as it is, and do nothing else */
	bool amid;		/* what is typed next is no text, but a part of something that a key has begun */
	struct span complete;	/* after INPUT_LINE: the line with its LF; several, if one key gave them */
};
struct edit_view edit_show(void);

#endif
