/*
 * tint - the colour of a name among several: by the name alone, so it is the same every time and on every machine.
 *
 * Pure.  Of the 240 colours that are the same in every terminal (screen/style.h), 23 have a contrast (WCAG 2.1) of at
 * least 4 to 1 to white as well as to black: no colour can have more than 4.58 to both, and names are bold, for which
 * 3 would do.  Left out of them are the grey of what is read last, and the colour of alarms.
 */
#ifndef TINT_H
#define TINT_H

#define TINT_COUNT 21

/* Their numbers in the palette. */
extern const short tint_colours[TINT_COUNT];

/* Which of them a name has. */
unsigned tint_of(const char *name);

#endif
