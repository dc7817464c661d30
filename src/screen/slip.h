/*
 * slip - lines that look as if they were meant for the program, as other programs have commands: tchat has none.
 *
 * Pure.
 */
#ifndef SLIP_H
#define SLIP_H

#include "base/span.h"

/* An English sentence for who has sent such a line, which is complete, as text; NULL if it is a line like any other. */
const char *slip_advice(struct span line);

#endif
