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
	bool can;

	if (getenv("TERM") == NULL || setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	move = tigetstr("cup");
	can = move != NULL && move != (char *)-1;
	del_curterm(cur_term);
	return can;
}

void
terminal_mark_pastes(bool on)
{
	putp(on ? "\033[?2004h" : "\033[?2004l");
}
