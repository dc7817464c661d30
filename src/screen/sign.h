/*
 * sign - what is drawn for the program's own signs, where the terminal's font does not have them.
 *
 * Marks, separators, ellipses and lines are such signs; each has another form of one column, in ASCII.  The fonts of
 * consoles have 256 or 512 characters, those of older terminals 8 bits (console_codes(4)).  Nobody can ask a terminal
 * what its font has, so its name says it.  The text, in the history and the pager, keeps its signs.
 */
#ifndef SIGN_H
#define SIGN_H

#include <stdint.h>

/* Learns what the terminal of that name (TERM) can show. */
void sign_open(const char *terminal);

/* What is drawn there for a character, be it such a sign or another: of the same width. */
uint32_t sign_form(uint32_t character);

#endif
