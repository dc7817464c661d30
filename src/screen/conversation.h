/*
 * conversation - the rows of the pane as they are drawn: when, who, how far it has come, and what was said.
 */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include "screen/layout.h"
#include "screen/screen.h"

/* Draws the lines in view, at the bottom of the pane's rows, and sets the pane's size. */
void conversation_draw(const struct scene *scene, const struct layout *layout);

#endif
