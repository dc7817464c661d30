/*
 * input - the line that is being typed, edited by GNU Readline.
 *
 * Readline works in a process of its own (screen/editor.h).  So emacs and vi keys, history, undo and ~/.inputrc work
 * as people know them ("$if tchat"); and where Readline crashes, another one goes on with what was typed, which is
 * kept here.  Commands of the program are named Readline functions, which ~/.inputrc can bind to other keys.
 *
 * There is one line, as there is one Readline.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "text/filter.h"

/* What the keys ask of the program. */
enum input_event {
	INPUT_NONE,	   /* nothing more, all keys are used up */
	INPUT_LINE,	   /* a line is complete: input_line */
	INPUT_ENTER,	   /* Enter, and nothing was typed */
	INPUT_EMPTIED,	   /* nothing of the line is left: what follows begins another one */
	INPUT_LEAVE,	   /* Ctrl-D on an empty line */
	INPUT_GIVE_UP,	   /* Ctrl-C on an empty line */
	INPUT_PAGE_UP,	   /* scroll-page-up */
	INPUT_PAGE_DOWN,   /* scroll-page-down */
	INPUT_TO_START,	   /* scroll-to-start */
	INPUT_TO_END,	   /* scroll-to-end */
	INPUT_WHEEL_UP,	   /* the wheel of the mouse, a notch */
	INPUT_WHEEL_DOWN,
	INPUT_MOUSE,	   /* toggle-mouse, and once at the start if that is to be so */
	INPUT_REDRAW,	   /* redraw-screen */
	INPUT_HELP,	   /* show-help */
	INPUT_PAGER,	   /* show-in-pager */
	INPUT_SECRECY,	   /* show-encryption */
	INPUT_SEARCH,	   /* search-conversation */
	INPUT_ANSWER,	   /* answer-question */
	INPUT_SEND_AGAIN,  /* send-again */
	INPUT_HANG_UP,	   /* hang-up */
	INPUT_FOCUS_IN,	   /* the terminal's window gets the keys again */
	INPUT_FOCUS_OUT,   /* ... or another one */
	INPUT_SUSPEND,	   /* suspend */
	INPUT_MENDED,	   /* Readline had died (input_trouble); what was typed is there, to be looked at */
	INPUT_BROKEN	   /* ... and there is no other: no more can be typed */
};

/* Starts Readline, which reads its init file. */
void input_open(void);

/* Reads what has come from the terminal, on standard input; good until the next call.  False: the terminal is gone. */
bool input_read(struct span *bytes);

/* Whether there is something to be read. */
bool input_has_more(void);

/* Adds bytes that came from the terminal. */
void input_feed(const char *bytes, size_t length);

/* Whether there are bytes that input_next has not worked through, or of a paste that has not ended. */
bool input_is_pending(void);

/*
 * Works through the bytes until one of them asks for something.  Waits for Readline, for no longer than five
 * seconds, or until a signal asks the program to end.
 */
enum input_event input_next(void);

/*
 * Takes the next key, such as "\r", "x" or "\033[A", for what is shown over the line, instead of giving it to Readline;
 * it is good until the next call.  False if none is there, or something else is to be seen to first, by input_next: an
 * event, as that the window's focus comes or goes, or a paste.
 */
bool input_take_key(struct span *key);

/* Puts a key back that was just taken: it is for Readline after all. */
void input_return_key(struct span key);

/* Whether the next thing is a paste, or it has begun. */
bool input_meets_paste(void);

/*
 * Milliseconds until input_next should be called although no byte came (a key or a paste that does not go on is taken
 * as complete; Readline is to be told of an Enter that was obeyed already, or has died at its start), -1 for never.
 */
int input_timeout(void);

/*
 * After INPUT_LINE: the line with its LF; where several were pasted, all of them.  Good until the
 * next call of input_next.
 */
struct span input_line(void);

/*
 * After INPUT_LINE: puts the line back to be edited, because it could not be sent.  What was typed ahead is another
 * line after it; as_line says that text that is typed from now on is, too, unless the line is edited before.
 */
void input_put_back(bool as_line);

/*
 * Takes what was typed out of the input line, which is empty then, and adds it to a text, with the place in it where
 * the cursor was; and puts such a text there again, in place of whatever the line has, which is gone.  False: that was
 * not done, as a signal asks the program to end, or, of the former, as Readline has died: all is still in the line.
 */
bool input_set_aside(struct buffer *text, size_t *cursor);
bool input_bring_back(struct span text, size_t cursor);

/*
 * What is to be shown: the prompt, the line and a blank behind it as one text, and the byte that the
 * cursor is on.  Good until the next call.
 */
struct input_view {
	const char *text;
	size_t length, cursor;
};
struct input_view input_view(void);

/* What is in the input line, without the prompt. */
const char *input_text(void);

/* Whether nothing is, nor anything that it hides: a paste that has not ended is something. */
bool input_is_empty(void);

/* How many lines are: an end of a line behind the last of them is that of the last. */
size_t input_lines(void);

/* What was typed and not sent: that, or what a line hides that was fetched from the history, or is searched for. */
const char *input_unsent(void);

/* After INPUT_MENDED and INPUT_BROKEN: what Readline died of, bilingual. */
const char *input_trouble(void);

/*
 * What has come and is not in there: a paste that has not ended, keys that input_next has not worked
 * through.  To be asked for at the end, as they are no keys any more then.
 */
struct span input_rest(void);

/* Ends Readline, and gives back what is kept. */
void input_close(void);

#endif
