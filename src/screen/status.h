/*
 * status - what the status bar says: who is there, how it goes, and what is not in view.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>

#include "screen/bar.h"
#include "screen/pane.h"
#include "talk/talk.h"

/* Fills the bar.  view is zeroed where nobody is there; asked says that the person can answer the question. */
void status_describe(const struct talk *talk, const struct talk_view *view, bool asked, const struct pane *pane,
		     struct bar *bar);

#endif
