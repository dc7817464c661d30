/*
 * editor - the process in which GNU Readline (screen/edit.h) works, so that whatever it does harms nobody else.
 *
 * Readline has mistakes at which it crashes or runs for ever, with keys or an init file of the person's own.  Here
 * that costs what the last keys had done, what can be undone, and the lines that can be fetched back.  It holds the
 * terminal only while Readline starts, which asks for its settings, and hears nothing but the orders of the speaker,
 * which waits for each answer.
 *
 * There is one, as there is one line.
 */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>

#include "base/span.h"
#include "screen/edit.h"

/* Starts it; what does not work then shows when it is first asked.  Returns 0, or -1 and errno. */
int editor_start(void);

/* What it is to do: edit_keys, edit_insert, edit_put_back or edit_replace. */
enum editor_order { EDITOR_KEYS, EDITOR_INSERT, EDITOR_PUT_BACK, EDITOR_REPLACE };

struct editor_answer {
	struct edit_outcome outcome;
	struct edit_view view; /* good until the next order */
};

enum editor_reply {
	EDITOR_ANSWERED,
	EDITOR_FAILED,	   /* it died, or gave no answer: editor_end is to be called */
	EDITOR_INTERRUPTED /* a signal asks the program to end (signals_deadly) */
};

/* Gives it an order and waits for the answer, for no longer than five seconds. */
enum editor_reply editor_ask(enum editor_order what, struct span text, struct editor_answer *answer);

/* Ends it, and returns what it died of: a bilingual text (base/bilingual.h), which stays for ever. */
const char *editor_end(void);

#endif
