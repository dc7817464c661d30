#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>
#include <term.h> /* its macros would take many a good name: hence this file */

#include "screen/output.h"
#include "screen/terminal.h"

static bool title_saved;
static char title_set[TERMINAL_TITLE_MAX]; /* since then */

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
terminal_cancel(void)
{
	output_add("\030\033\\"); /* CAN, and ST for those that let a string go on */
}

/*
 * Where a character written to the last column leaves the cursor differs.  Of a terminal with xenl ncurses takes it to
 * be anywhere then, which is right with wrapping and without it; with others it would be misled.  A description that
 * lacks rmam says nothing: screen's and tmux's do, and both know it.
 */
static bool
can_stop_wrapping(void)
{
	return tigetflag("xenl") > 0 && strncmp(tigetstr("cup"), "\033[", 2) == 0;
}

void
terminal_wrap(bool on)
{
	if (can_stop_wrapping())
		output_add(on ? "\033[?7h" : "\033[?7l");
}

void
terminal_report_pastes(bool on)
{
	output_add(on ? "\033[?2004h" : "\033[?2004l");
}

void
terminal_report_focus(bool on)
{
	output_add(on ? "\033[?1004h" : "\033[?1004l");
}

/*
 * Whether the terminal takes xterm's titles.  terminfo says so by XT (user_caps(5)), or by a status
 * line that is written like a title.
 */
static bool
has_title(void)
{
	const char *status_line = tigetstr("tsl");

	return tigetflag("XT") > 0 || (status_line != NULL && status_line != (char *)-1 &&
				       strncmp(status_line, "\033]", 2) == 0);
}

void
terminal_save_title(void)
{
	if (has_title())
		output_add("\033[22;2t");
	title_saved = has_title();
}

void
terminal_set_title(const char *title)
{
	char sequence[sizeof title_set + sizeof "\033]2;\a"];

	if (!title_saved || strcmp(title, title_set) == 0)
		return;
	strlcpy(title_set, title, sizeof title_set);
	snprintf(sequence, sizeof sequence, "\033]2;%s\a", title_set);
	output_add(sequence);
}

void
terminal_restore_title(void)
{
	if (title_saved)
		output_add("\033]2;\a\033[23;2t"); /* emptied first, for those that know no saving */
	title_saved = false;
	*title_set = '\0';
}
