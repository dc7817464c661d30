/*
 * status - what the status bar says: who is there, how it goes, and what is not in view.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>

#include "screen/bar.h"
#include "screen/pane.h"
#include "talk/talk.h"

/*
 * Whether the person can answer the question of trust, or cannot, as there is no room for it; or it waits, in a group,
 * until it is opened.
 */
enum status_question { STATUS_NOT_ASKED, STATUS_ASKED, STATUS_HIDDEN, STATUS_WAITS };

/* Says of a group how many are there: "5 others here". */
void status_count(const struct talk *talk, char *text, size_t size);

/*
 * Fills the bar.  view is zeroed where nobody is there, or, in a group, nobody asks to come in; so many lines are in
 * the input line, of which an empty one has none: then Ctrl-D would leave, if that line gets the next key (edits), and not
 * the search or what is shown over the conversation.
 */
void status_describe(const struct talk *talk, const struct talk_view *view, enum status_question question,
		     const struct pane *pane, size_t typed, bool edits, struct bar *bar);

#endif
