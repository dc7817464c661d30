/*
 * bindings - what keys are bound to in GNU Readline, beside the commands of the program.
 */
#ifndef BINDINGS_H
#define BINDINGS_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Takes away what Readline binds by itself and what does harm without a sign here: keys that change the editing mode,
 * overwrite, or send the line as a comment.  To be called before the init file is read, which can bind them again.
 */
void bindings_spare(void);

/* Has the keys that edit a line work in every form that terminals send, where nothing else is bound to it. */
void bindings_complete(void);

/*
 * Whether a key, after what has begun a sequence (or nothing), is bound to something in the current keymap, or begins
 * what is.
 */
bool bindings_have(struct span begun, struct span key);

/* Whether what has begun a sequence is bound by itself, too. */
bool bindings_are_ambiguous(struct span begun);

#endif
