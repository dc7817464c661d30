#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "screen/commands.h"

/* --- What they do.  Readline calls them with a count and the key. --- */

static void (*told)(enum input_event what);

static int
ask(enum input_event what)
{
	told(what);
	return 0;
}

static int
page_up(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_PAGE_UP);
}

static int
page_down(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_PAGE_DOWN);
}

static int
to_start(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_TO_START);
}

static int
to_end(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_TO_END);
}

static int
redraw(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_REDRAW);
}

static int
suspend(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_SUSPEND);
}

static int
toggle_mouse(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_MOUSE);
}

static int
mouse_from_start(int count, int key)
{
	return toggle_mouse(count, key);
}

static int
show_help(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_HELP);
}

static int
show_in_pager(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_PAGER);
}

static int
show_encryption(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_SECRECY);
}

static int
search_conversation(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_SEARCH);
}

static int
send_again(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_SEND_AGAIN);
}

static int
answer_question(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_ANSWER);
}

static int
hang_up(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_HANG_UP);
}

/* Puts the end of a line into what is typed, which goes on. */
static int
new_line(int count, int key)
{
	(void)count, (void)key;
	return rl_insert_text("\n") == 1 ? 0 : 1;
}

/* A line of the history stays there as it was, and the next one fetched is the newest again. */
int
commands_abandon(int count, int key)
{
	char *text;

	if (rl_end == 0)
		return ask(INPUT_GIVE_UP);
	if (current_history() != NULL) {
		text = rl_copy_text(0, rl_end);
		rl_revert_line(1, key);
		rl_end_of_history(1, key);
		rl_replace_line(text, 1);
		free(text);
	}
	return rl_kill_full_line(count, key);
}

/* --- Their names, and their keys. --- */

static const char *const maps[] = {"emacs", "vi-insert", "vi-command"};

static const struct {
	const char *name;
	rl_command_func_t *function;
	const char *keys[6]; /* what terminals send for it */
} commands[] = {
	/* PgUp, also with Shift or Alt */
	{"scroll-page-up", page_up, {"\033[5~", "\033[5;2~", "\033[5$", "\033[5;3~"}},
	{"scroll-page-down", page_down, {"\033[6~", "\033[6;2~", "\033[6$", "\033[6;3~"}},
	{"scroll-to-start", to_start, {"\033[5;5~", "\033[5^"}},	   /* Ctrl-PgUp */
	{"scroll-to-end", to_end, {"\033[6;5~", "\033[6^"}},		   /* Ctrl-PgDn */
	{"new-line", new_line, {"\033\r", "\033\n"}},		   /* Alt-Enter */
	{"show-help", show_help, {"\033OP", "\033[11~", "\033[[A", "\033?"}}, /* F1; Alt-?, as some terminals take F1 */
	{"show-in-pager", show_in_pager, {"\033OQ", "\033[12~", "\033[[B"}}, /* F2 */
	{"show-encryption", show_encryption, {"\033OR", "\033[13~", "\033[[C"}}, /* F3 */
	{"search-conversation", search_conversation, {"\033OS", "\033[14~", "\033[[D"}}, /* F4 */
	{"answer-question", answer_question, {"\033[15~", "\033[[E"}}, /* F5 */
	{"send-again", send_again, {"\033[17~"}}, /* F6 */
	{"hang-up", hang_up, {"\033[19~"}}, /* F8 */
	{"toggle-mouse", toggle_mouse, {"\033[20~"}}, /* F9: no terminal keeps it for itself */
	{"mouse-from-start", mouse_from_start, {NULL}},
	{"redraw-screen", redraw, {"\014"}},				   /* Ctrl-L */
	{"suspend", suspend, {"\032"}},				   /* Ctrl-Z */
	{"abandon-line", commands_abandon, {"\003"}},				   /* Ctrl-C */
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static bool
is_command(rl_command_func_t *function)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].function == function)
			return true;
	return false;
}

/*
 * Binds the keys in a keymap.  They come before what an init file, often the distribution's, binds
 * them to for all programs; but not before a command of tchat that somebody has put there.
 */
static void
bind_keys(const char *map_name)
{
	Keymap map = rl_get_keymap_by_name(map_name);

	for (size_t i = 0; i < COMMANDS; i++) {
		for (const char *const *key = commands[i].keys; *key != NULL; key++) {
			int type = ISFUNC;
			rl_command_func_t *bound = rl_function_of_keyseq(*key, map, &type);

			if (type != ISFUNC || !is_command(bound))
				rl_bind_keyseq_in_map(*key, commands[i].function, map);
		}
	}
}

void
commands_add(void (*tell)(enum input_event what))
{
	told = tell;
	for (size_t i = 0; i < COMMANDS; i++)
		rl_add_defun(commands[i].name, commands[i].function, -1);
}

void
commands_bind(void)
{
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
		bind_keys(maps[i]);
}

bool
commands_want_mouse(void)
{
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
		char **keys = rl_invoking_keyseqs_in_map(mouse_from_start, rl_get_keymap_by_name(maps[i]));
		bool bound = keys != NULL;

		for (char **key = keys; bound && *key != NULL; key++)
			free(*key);
		free(keys);
		if (bound)
			return true;
	}
	return false;
}
