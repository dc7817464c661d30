/*
 * typed - what has come from the terminal and is still to be worked through: keys, pastes, and what it says by itself.
 *
 * A paste is gathered as a whole, so that no byte of it is taken for a key, and so is a key; whoever works them through
 * may be waiting for something else than a command, so what the terminal says by itself is told apart here.  There is
 * one, as there is one terminal.
 */
#ifndef TYPED_H
#define TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/span.h"
#include "screen/input.h"

#define TYPED_KEYS_MAX 512 /* bytes of keys that are given at once, but for a longer one */

/* Adds bytes as they come. */
void typed_feed(const char *bytes, size_t length);

/* Milliseconds until typed_next has something new although nothing comes: what does not go on is whole.  -1: never. */
int typed_timeout(void);

enum typed_kind {
	TYPED_NOTHING, /* that is whole */
	TYPED_KEY,     /* typed_keys */
	TYPED_PASTE,   /* typed_paste */
	TYPED_EVENT    /* typed_take_event: focus, or the mouse's wheel */
};

/* What comes next; it stays so until it is taken. */
enum typed_kind typed_next(void);

/*
 * The next key, as the terminal has sent it, and those that can be worked through with it, only text if that is asked
 * for; or the next one alone.  Good until the next call; typed_drop then takes so many bytes of keys away.
 */
struct span typed_keys(bool text_alone);
struct span typed_key(void);
void typed_drop(size_t length);

/* Whether a key is text, or ends a line; and whether it is the latter. */
bool typed_is_text(struct span key);
bool typed_is_enter(struct span key);

/* The paste, as it came, until it is taken away. */
struct span typed_paste(void);
void typed_drop_paste(void);

enum input_event typed_take_event(void);

/* Puts a key before those that wait. */
void typed_return(struct span key);

/* Whether anything waits, be it not whole; whether a paste has begun; and whether it has or is the next thing. */
bool typed_is_pending(void);
bool typed_is_pasting(void);
bool typed_meets_paste(void);

/* Takes the keys away, and adds them as text; and so all that there is, with a paste that has not ended. */
void typed_take_keys_as_text(struct buffer *text);
void typed_take_all_as_text(struct buffer *text);

/* Gives the memory back. */
void typed_free(void);

#endif
