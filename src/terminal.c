#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include <curses.h>
#include <term.h> /* its macros would take many a good name: hence this file */

#include "terminal.h"

bool
terminal_can_draw(void)
{
	int error;
	const char *move;

	if (getenv("TERM") == NULL || setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	move = tigetstr("cup");
	return move != NULL && move != (char *)-1;
}

void
terminal_mark_pastes(bool on)
{
	putp(on ? "\033[?2004h" : "\033[?2004l");
}
