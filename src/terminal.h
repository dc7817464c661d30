/*
 * terminal - what is asked of the terminal itself, beside what ncurses draws.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* Whether the terminal can place a cursor; TERM unset or "dumb" cannot. */
bool terminal_can_draw(void);

/*
 * Asks the terminal to say where a paste begins and ends, or no longer (xterm's control sequences;
 * a terminal that does not know them passes over them).  ncurses must be started.
 */
void terminal_mark_pastes(bool on);

#endif
