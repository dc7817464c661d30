/*
 * links - addresses that go over several rows, as links of the terminal, so that a click on any row opens all of it.
 *
 * A terminal finds an address in one row by itself, and of a longer one a part, which leads elsewhere.  What makes a
 * link of cells is OSC 8 (Egmont Koblinger, "Hyperlinks in Terminal Emulators"), where the terminal is known to
 * understand that: see terminal_has_links.  The target is the very text that is shown.
 *
 * ncurses does not know of links.  So their cells are written once more after it has drawn them; and where it would
 * change something about rows that have links, it draws all of the screen anew, lest a cell that it takes to be
 * right, or moves elsewhere, keeps the link of what was there before.
 */
#ifndef LINKS_H
#define LINKS_H

#include <stdint.h>

#include "record/history.h"
#include "text/wrap.h"

/* Looks whether the terminal knows links; where it does not, none of this does anything but to draw. */
void links_open(void);

/* A picture begins, which has no links yet. */
void links_begin(void);

/* In it a row of a line, which has that number, is drawn from there on: notes what in it is part of a link. */
void links_note(const struct line *line, uint64_t number, const struct row *row, int y, int x);

/* What is on the terminal is not known any more, and will all be drawn. */
void links_forget(void);

/* Has ncurses draw what has changed, and then makes the links. */
void links_refresh(void);

#endif
