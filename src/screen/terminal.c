#include <config.h>

#include <limits.h>
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

const char *
terminal_unknown(void)
{
	enum { NOT_FOUND = 0 };
	const char *name = getenv("TERM");
	int error = NOT_FOUND;

	if (name == NULL || *name == '\0')
		return NULL;
	if (setupterm(NULL, STDOUT_FILENO, &error) == OK)
		del_curterm(cur_term);
	return error == NOT_FOUND ? name : NULL;
}

void
terminal_cancel(void)
{
	output_add("\030\033\\"); /* CAN, and ST for those that let a string go on */
	if (terminal_has_links())
		output_add(TERMINAL_LINK_ENDS);
}

/* Whether a variable of the environment is a number, and at least that. */
static bool
is_at_least(const char *variable, int least)
{
	const char *value = getenv(variable), *problem;

	if (value == NULL)
		return false;
	(void)strtonum(value, least, INT_MAX, &problem);
	return problem == NULL;
}

/* Whether TERM begins so. */
static bool
is_named(const char *name)
{
	const char *terminal = getenv("TERM");

	return terminal != NULL && strncmp(terminal, name, strlen(name)) == 0;
}

/* Programs that are known by their TERM, wherever it has come from. */
static const char *const with_links[] = {
	"alacritty", "contour", "foot", "konsole", "vte", "wezterm", "xterm-ghostty", "xterm-kitty",
};

/* The TERM_PROGRAM of those that call themselves xterm. */
static const char *const like_xterm[] = {"WezTerm", "ghostty", "iTerm.app", "mintty", "vscode"};

bool
terminal_has_links(void)
{
	const char *program = getenv("TERM_PROGRAM");

	if (getenv("TMUX") != NULL || getenv("STY") != NULL) /* a multiplexer is in between, which passes others' on */
		return false;
	for (size_t i = 0; i < sizeof with_links / sizeof with_links[0]; i++)
		if (is_named(with_links[i]))
			return true;
	if (!is_named("xterm"))
		return false;
	for (size_t i = 0; program != NULL && i < sizeof like_xterm / sizeof like_xterm[0]; i++)
		if (strcmp(program, like_xterm[i]) == 0)
			return true;
	/* VTE 0.50.1, as 0.50.0 crashes; Konsole 20.12; Windows Terminal. */
	return is_at_least("VTE_VERSION", 5001) || is_at_least("KONSOLE_VERSION", 201200) ||
	       getenv("WT_SESSION") != NULL;
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

bool
terminal_can_place(void)
{
	const char *save = tigetstr("sc");

	return can_stop_wrapping() && save != NULL && save != (char *)-1 && strcmp(save, "\0337") == 0;
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

void
terminal_report_mouse(bool on)
{
	output_add(on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l");
}

static const char *
terminal_name(void)
{
	const char *name = getenv("TERM");

	return name != NULL ? name : "";
}

/*
 * Whether the terminal is one of those in which the wheel was seen to differ from keys (screen/wheel.h).  To tell that
 * keys are let go, and nothing more, would not do: kitty 0.26 and foot 1.13 then send Enter once more.
 */
static bool
tells_wheel(void)
{
	static const char *const names[] = {"xterm-kitty", "foot", "foot-extra", "foot-direct"};
	const char *name = terminal_name();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void
terminal_tell_keys(bool on)
{
	if (tells_wheel())
		output_add(on ? "\033[>31u" : "\033[<u");
}

void
terminal_ignore_wheel(bool on)
{
	/* konsole 22 has it off after it was restored, whatever was saved; by itself it has it on. */
	bool restores = getenv("KONSOLE_VERSION") == NULL;

	if (!tells_wheel())
		output_add(on ? "\033[?1007s\033[?1007l" : restores ? "\033[?1007h\033[?1007r" : "\033[?1007h");
}

static int
add_byte(int c)
{
	const char byte[] = {(char)c, '\0'};

	output_add(byte);
	return c;
}

/* Others tell keys apart in the usual mode that are one in that of the keypad: konsole's Shift-Enter. */
static bool
needs_keypad(void)
{
	const char *name = terminal_name();

	return strcmp(name, "st") == 0 || strncmp(name, "st-", 3) == 0;
}

void
terminal_use_keypad(bool on)
{
	const char *sequence = needs_keypad() ? tigetstr(on ? "smkx" : "rmkx") : NULL;

	if (sequence != NULL && sequence != (char *)-1)
		tputs(sequence, 1, add_byte);
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
