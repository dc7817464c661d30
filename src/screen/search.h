/*
 * search - looking for a text in the conversation, in view of it.
 *
 * Pure: keys in, a view of the pane and what to say out.  It begins with what is in view and goes to older lines, in
 * the texts and in the names before them; each character that is typed narrows it.  The history can be long, so it is
 * looked through in steps that take a few milliseconds.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "screen/input.h"
#include "screen/pane.h"
#include "text/pattern.h"

enum search_mode {
	SEARCH_OFF,
	SEARCH_TYPING,	/* what to look for */
	SEARCH_ACCEPTED /* it is typed; letters say how to go on */
};

/* A place in the conversation: a line, and 0 for the name before it, or 1 more than a byte of its text. */
struct search_place {
	uint64_t line;
	size_t where;
};

struct search {
	enum search_mode mode;
	const char *own_label;
	struct buffer typed;	    /* ended by NUL, as the next */
	struct buffer last;	    /* what was typed in the search before */
	struct pattern pattern;
	struct pane before;	    /* the view to go back to */
	struct search_place anchor; /* what is typed is looked for before it: what was below the view, or gone to */
	bool found;
	struct search_place hit;    /* then: there */
	bool busy;		    /* looking for another */
	bool newer;		    /* ... in newer lines */
	bool moves;		    /* ... that was asked for by a key, and is the anchor then */
	struct search_place next;   /* ... before this one, or behind it */
	const char *trouble;	    /* why there is none, or "" */
	struct buffer view;	    /* of search_view */
};

/* Begins; own_label is before one's own lines, and stays there. */
void search_begin(struct search *search, struct pane *pane, const char *own_label);

/*
 * Does what a key is for: characters, Backspace and Ctrl-U change what is looked for, F4 and Up go to the next older
 * one, Down to the next newer one, as n and N do after Enter; Escape, Ctrl-G, Ctrl-C and Ctrl-D go back to where it
 * began.  False if it is for something else, and has ended the search.
 */
bool search_press(struct search *search, struct pane *pane, struct span key);

/* Ends the search, where it is. */
void search_end(struct search *search, struct pane *pane);

/* Looks a bit further, while busy. */
void search_step(struct search *search, struct pane *pane);

/* Has the pane show what was found. */
void search_show(const struct search *search, struct pane *pane);

/* What is to be shown in place of the input line.  Good until the next call. */
struct input_view search_view(struct search *search);

/* The next of a line's places that are to be marked, at or after the byte `from`, and whether it is the one found. */
bool search_marks(const struct search *search, const struct line *line, uint64_t number, size_t from,
		  struct extent *place, bool *current);

/* Whether the name before a line is to be marked, and whether it is what was found. */
bool search_marks_name(const struct search *search, const struct line *line, uint64_t number, bool *current);

/* Gives the memory back. */
void search_free(struct search *search);

#endif
