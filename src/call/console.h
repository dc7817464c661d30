/*
 * console - the person's terminal, while a command that makes the connection may ask there, as ssh(1) does for a
 * password.
 *
 * The command has a terminal of its own (pty(7)).  What it writes there passes the text filter before it gets to the
 * person's; and while an unfinished line stands there, a question, the keys are the command's, each as it is pressed.
 * At all other times they are left to whoever reads them next.  Whether the command hears the character that interrupts
 * nobody knows: a second one is a signal to all that the person's terminal would have sent it to.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/polls.h"
#include "text/filter.h"

struct console {
	bool open;
	int terminal;	       /* the person's */
	struct termios before; /* its settings */
	bool asks;	       /* a question stands there, and the keys are the command's */
	bool answered;	       /* there was one, and something was typed */
	unsigned interrupts;   /* typed so far, of which a second one is not the command's any more */
	struct filter filter;
	int slot;
};

/* Opens it, if this session has a terminal, whose keys this process may read.  Returns whether it is open. */
bool console_open(struct console *console);

/*
 * Makes a terminal for the command, of the same size and with the same settings.  Returns this side of it, which does
 * not block, and sets *its to the other; or -1, and errno.
 */
int console_make(const struct console *console, int *its);

/* Shows what the command has written, but what the terminal does not take now, and gives or takes the keys. */
void console_show(struct console *console, const char *bytes, size_t length);

/* Open: ends the row where an unfinished line stands, and tells the person something there, in their language. */
void console_tell(const struct console *console, const char *text);

/*
 * Waits for keys that are for the command, and writes them to this side of its terminal; console_step returns whether
 * there were some.
 */
void console_poll(struct console *console, struct polls *polls);
bool console_step(struct console *console, const struct polls *polls, int side);

/* If it is open, its settings are again as they were then, whoever has changed them. */
void console_restore(const struct console *console);

/* Does so, ends a line that is unfinished, and closes it; if it is open. */
void console_close(struct console *console);

#endif
