/*
 * cells - what ncurses has in memory of what is shown: its windows' cells, and what it has written.
 *
 * Only that it can be forgotten: a child of the speaker has no business with it.
 */
#ifndef CELLS_H
#define CELLS_H

/*
 * Once ncurses has a screen, and writes to memory (screen/output.h): from now on each child has none of what is shown
 * then, at no more cost than a few pages.  The terminal and its settings are not touched.
 */
void cells_open(void);

/* Before the screen gets another size: ncurses gives back what it has now, with all that stands in it. */
void cells_clear(void);

#endif
