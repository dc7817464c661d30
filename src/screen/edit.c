#include <config.h>

#include <sys/stat.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>
#include <readline/tilde.h>

#include "base/buffer.h"
#include "base/fatal.h"
#include "screen/edit.h"

#define PROMPT "> "
#define HISTORY_LINES 1000 /* typed lines that can be fetched back */
#define KEY_GAP_MS 50	   /* the bytes of one key follow each other faster than that */

#define CTRL_KEY(c) ((c) & 0x1F)

static struct buffer keys;	/* complete ones, not yet given to Readline */
static bool more_follow;	/* ... and not all that have come */
static bool pressed;		/* for the command that is carried out: it comes from no macro */
static struct edit_outcome outcome;
static struct buffer complete;	/* of INPUT_LINE */
static struct buffer draft;	/* the line that is in no history, as it was when it was last in the input line */
static struct buffer prompt, unsent; /* of edit_show */
static FILE *nowhere;		/* what Readline would print */

/*
 * Readline gets its memory from these.  Its own would, where there is none, end the program and leave
 * the terminal as it is.
 */
void *xmalloc(size_t size);
void *xrealloc(void *memory, size_t size);

void *
xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

void *
xrealloc(void *memory, size_t size)
{
	if ((memory = realloc(memory, size)) == NULL)
		fatal("cannot get %zu bytes of memory", size);
	return memory;
}

/* --- What the commands do.  Readline calls them with a count and the key. --- */

static int
ask(enum input_event what)
{
	outcome.event = what;
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

/*
 * Abandons what is typed, which a yank brings back; where nothing is, leaves.  A line of the history stays
 * there as it was, and the next one fetched is the newest again.
 */
static int
abandon(int count, int key)
{
	char *text;

	if (rl_end == 0)
		return ask(INPUT_LEAVE);
	if (current_history() != NULL) {
		text = rl_copy_text(0, rl_end);
		rl_revert_line(1, key);
		rl_end_of_history(1, key);
		rl_replace_line(text, 1);
		free(text);
	}
	return rl_kill_full_line(count, key);
}

/*
 * Readline's own of that name, when a key was pressed for it: from within a macro it could call itself without end.
 * While one is being defined, Readline 8.2 would leave half of this key in it.
 */
static int
call_macro(int count, int key)
{
	if (!pressed || RL_ISSTATE(RL_STATE_MACRODEF))
		return 0;
	return rl_call_last_kbd_macro(count, key);
}

static const struct {
	const char *name;
	rl_command_func_t *function;
	const char *keys[4]; /* what terminals send for it */
} commands[] = {
	{"scroll-page-up", page_up, {"\033[5~"}},			   /* PgUp */
	{"scroll-page-down", page_down, {"\033[6~"}},			   /* PgDn */
	{"scroll-to-start", to_start, {"\033[5;5~", "\033[5^"}},	   /* Ctrl-PgUp */
	{"scroll-to-end", to_end, {"\033[6;5~", "\033[6^"}},		   /* Ctrl-PgDn */
	{"show-help", show_help, {"\033OP", "\033[11~", "\033[[A"}},	   /* F1 */
	{"show-in-pager", show_in_pager, {"\033OQ", "\033[12~", "\033[[B"}}, /* F2 */
	{"show-encryption", show_encryption, {"\033OR", "\033[13~", "\033[[C"}}, /* F3 */
	{"search-conversation", search_conversation, {"\033OS", "\033[14~", "\033[[D"}}, /* F4 */
	{"redraw-screen", redraw, {"\014"}},				   /* Ctrl-L */
	{"suspend", suspend, {"\032"}},				   /* Ctrl-Z */
	{"abandon-line", abandon, {"\003"}},				   /* Ctrl-C */
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

/* Has the key for it, and the name of it in an init file, mean call_macro. */
static void
replace_macro_call(void)
{
	static const char key[] = "\030e"; /* Ctrl-X e, in the emacs mode alone */
	Keymap emacs = rl_get_keymap_by_name("emacs");
	int type = ISFUNC;

	if (rl_function_of_keyseq(key, emacs, &type) == rl_call_last_kbd_macro && type == ISFUNC)
		rl_bind_keyseq_in_map(key, call_macro, emacs);
}

/* --- What Readline asks for. --- */

/* The next byte; at the end of what is there, the key that makes Readline give up waiting for it. */
static int
next_byte(FILE *stream)
{
	unsigned char byte = CTRL_KEY('G');

	(void)stream;
	if (buffer_length(&keys) > 0) {
		byte = (unsigned char)*buffer_data(&keys);
		buffer_drop(&keys, 1);
		pressed = true;
	}
	return byte;
}

/*
 * Whether more of a key is there or, where Readline would wait for it, on its way: so the Escape key
 * is told from an arrow.  The timeout in force can only be read by setting it.  Without one, Readline asks whether
 * text is typed ahead, which it puts into the line at once: so it would be missing in a macro that is being defined.
 */
static int
more_bytes(void)
{
	int timeout = rl_set_keyboard_input_timeout(0);

	rl_set_keyboard_input_timeout(timeout);
	if (timeout == 0)
		return buffer_length(&keys) > 0 && !RL_ISSTATE(RL_STATE_MACRODEF);
	return buffer_length(&keys) > 0 || more_follow ||
	       poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, KEY_GAP_MS) > 0;
}

static void
no_preparation(int meta)
{
	(void)meta;
}

static void
no_restoration(void)
{
}

/* Whether what is in the input line is searched for, or found by that. */
static bool
is_searching(void)
{
	return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH);
}

/* Whether it is neither that nor a line of the history. */
static bool
is_draft(void)
{
	return !is_searching() && where_history() == history_length;
}

/* Whether nothing is typed, in the line or hidden by it. */
static bool
is_empty(void)
{
	return rl_end == 0 && !is_searching() && (is_draft() || buffer_length(&draft) == 0);
}

/* Keeps what is typed: fetching a line of the history hides it. */
static void
keep_draft(void)
{
	if (!is_draft())
		return;
	buffer_drop(&draft, buffer_length(&draft));
	buffer_add(&draft, rl_line_buffer, (size_t)rl_end);
}

/*
 * What Readline would draw: after each command, in a macro too.  No line of the history keeps what can be undone in
 * it.  Readline 8.2 would have that belong to the line, to the one in the input line and to the one that waits
 * below the history at once, and free it more than once after a search.  Who else has it frees it, or nobody does:
 * it is little.  And an init file that is read again can have cut the history short, above where the person is.
 */
static void
after_command(void)
{
	HIST_ENTRY **lines = history_list();

	pressed = pressed && rl_pending_input != 0; /* a key that was typed ahead is the next command's */
	if (rl_display_prompt == rl_prompt)	    /* else a search may be about to begin */
		keep_draft();
	for (int i = 0; i < history_length; i++)
		lines[i]->data = NULL;
	if (!history_is_stifled() || history_max_entries != HISTORY_LINES)
		stifle_history(HISTORY_LINES);
	if (where_history() > history_length)
		using_history();
	rl_readline_state &= ~(unsigned long)RL_STATE_MACROINPUT; /* see carry_on */
}

/* No file names are completed: a TAB on a word does nothing. */
static char **
no_completion(const char *text, int start, int end)
{
	(void)text, (void)start, (void)end;
	rl_attempted_completion_over = 1;
	return NULL;
}

/* Readline's word that the line is complete; NULL is Ctrl-D on an empty line. */
static void
take_line(char *text)
{
	size_t length;

	/* One key that is bound to a macro can complete several lines. */
	if (outcome.event != INPUT_LINE)
		buffer_drop(&complete, buffer_length(&complete));
	if (text == NULL) {
		outcome.event = INPUT_LEAVE;
		return;
	}
	outcome.event = INPUT_LINE;
	length = strlen(text);
	buffer_add(&complete, text, length);
	/* Where a paste ended with the end of its last line, that and Enter are one. */
	if (length == 0 || text[length - 1] != '\n')
		buffer_add(&complete, "\n", 1);
	if (*text != '\0') {
		const HIST_ENTRY *last = history_get(history_base + history_length - 1);
		if (last == NULL || strcmp(last->line, text) != 0)
			add_history(text);
	}
	free(text);
}

/*
 * Where a FIFO stands in place of the init file, Readline would wait until somebody opens it; of what it then gives,
 * it reads nothing, as a FIFO has no size.
 */
static void
pass_by_fifo(void)
{
	const char *said = getenv("INPUTRC");
	char *name = tilde_expand(said != NULL && *said != '\0' ? said : "~/.inputrc");
	struct stat file;

	if (stat(name, &file) == 0 && S_ISFIFO(file.st_mode))
		setenv("INPUTRC", "/dev/null", 1);
	free(name);
}

void
edit_open(void)
{
	if ((nowhere = fopen("/dev/null", "we")) == NULL)
		fatal("cannot open /dev/null");
	rl_readline_name = "tchat";
	rl_outstream = nowhere;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_getc_function = next_byte;
	rl_input_available_hook = more_bytes;
	rl_redisplay_function = after_command;
	rl_prep_term_function = no_preparation;
	rl_deprep_term_function = no_restoration;
	rl_attempted_completion_function = no_completion;
	for (size_t i = 0; i < COMMANDS; i++)
		rl_add_defun(commands[i].name, commands[i].function, -1);
	rl_add_defun("call-last-kbd-macro", call_macro, -1);
	pass_by_fifo();
	rl_initialize();
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off"); /* Readline's own would read the terminal */
	bind_keys("emacs");
	bind_keys("vi-insert");
	bind_keys("vi-command");
	replace_macro_call();
	using_history();
	stifle_history(HISTORY_LINES);
	rl_callback_handler_install(PROMPT, take_line);
}

/*
 * Has Readline carry out the next command of a macro and the like, or the next key.  Each gets a call of its own:
 * by itself Readline 8.2 carries a macro out in one, and what breaks it off there, amid a key that begins with
 * Ctrl-X or Escape, jumps to where no function is any more.
 */
static void
carry_on(void)
{
	rl_callback_read_char();
	while (rl_executing_macro != NULL) {
		rl_readline_state |= RL_STATE_MACROINPUT;
		rl_callback_read_char();
	}
}

/* Readline 8.2 has an Enter that a number was typed before wait for the next key, which can spoil it or crash. */
static void
enter_now(void)
{
	rl_done = 0;
	rl_readline_state &= ~(unsigned long)RL_STATE_DONE;
	rl_stuff_char('\n');
	carry_on();
}

/*
 * Has Readline work through the next byte.  After a search that is not incremental, Readline 8.2 has the
 * line as a new one, but may still be at another in its history: it would take that for the same line
 * then.
 */
static void
read_key(void)
{
	bool searching = RL_ISSTATE(RL_STATE_NSEARCH);

	carry_on();
	if (rl_done)
		enter_now();
	if (!RL_ISSTATE(RL_STATE_NSEARCH) &&
	    (searching || rl_last_func == rl_noninc_forward_search_again ||
	     rl_last_func == rl_noninc_reverse_search_again || rl_last_func == rl_vi_search_again))
		using_history();
	keep_draft();
}

/* Gives one more key to Readline, before those that wait. */
static void
press(unsigned char key)
{
	rl_stuff_char(key);
	read_key();
}

/*
 * Gives an incremental search up before certain keys.  Readline 8.2 crashes when the key that ends one
 * begins a sequence, as Ctrl-X does, or is bound to a macro.  Ctrl-C is for the search alone; then it is
 * used up, and the answer is true.
 */
static bool
spare_search(unsigned char key)
{
	const KEYMAP_ENTRY *entry = &rl_get_keymap()[key];
	bool abandons = entry->type == ISFUNC && entry->function == abandon;

	if (!RL_ISSTATE(RL_STATE_ISEARCH) || key == '\033' || (entry->type == ISFUNC && !abandons))
		return false;
	press(CTRL_KEY('G'));
	if (abandons)
		buffer_drop(&keys, 1);
	return abandons;
}

struct edit_outcome
edit_keys(struct span given, bool more)
{
	outcome = (struct edit_outcome){.event = INPUT_NONE};
	more_follow = more;
	buffer_add(&keys, given.text, given.length);
	while (outcome.event == INPUT_NONE && buffer_length(&keys) > 0) {
		bool empty = is_empty();

		if (!spare_search((unsigned char)*buffer_data(&keys)))
			read_key();
		if (outcome.event == INPUT_NONE && !empty && is_empty())
			outcome.event = INPUT_EMPTIED;
	}
	outcome.used = given.length - buffer_length(&keys);
	buffer_drop(&keys, buffer_length(&keys));
	return outcome;
}

void
edit_insert(struct span text)
{
	struct buffer ended = {0};

	if (RL_ISSTATE(RL_STATE_NSEARCH))
		press(CTRL_KEY('G'));
	rl_callback_sigcleanup();
	buffer_add(&ended, text.text, text.length);
	buffer_add(&ended, "", 1);
	rl_insert_text(buffer_data(&ended));
	buffer_free(&ended);
	keep_draft();
}

/* --- What is shown. --- */

/* The sign of the editing mode that Readline would show before the prompt; it does not tell. */
static const char *
mode_in_prompt(void)
{
	const char *shown = rl_variable_value("show-mode-in-prompt");

	if (shown == NULL || strcmp(shown, "on") != 0 || rl_display_prompt != rl_prompt)
		return "";
	return rl_variable_value(rl_editing_mode == 1			? "emacs-mode-string"
				 : rl_get_keymap() == vi_movement_keymap ? "vi-cmd-mode-string"
									 : "vi-ins-mode-string");
}

/* Adds to the prompt, without the marks that Readline puts around what takes no columns. */
static void
add_prompt(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != RL_PROMPT_START_IGNORE && *text != RL_PROMPT_END_IGNORE)
			buffer_add(&prompt, text, 1);
}

/* What was typed and is not in the line, which is one of the history or what is searched for; with its changes. */
static struct span
hidden(struct span line)
{
	const HIST_ENTRY *fetched = current_history();

	buffer_drop(&unsent, buffer_length(&unsent));
	buffer_add(&unsent, buffer_data(&draft), buffer_length(&draft));
	if (is_searching() || fetched == NULL || strcmp(fetched->line, line.text) == 0)
		return buffer_span(&unsent);
	if (buffer_length(&unsent) > 0)
		buffer_add(&unsent, "\n", 1);
	buffer_add(&unsent, line.text, line.length);
	return buffer_span(&unsent);
}

struct edit_view
edit_show(void)
{
	struct edit_view view = {.line = {rl_line_buffer, (size_t)rl_end},
				 .cursor = (size_t)rl_point,
				 .hides = !is_draft(),
				 .complete = buffer_span(&complete)};

	buffer_drop(&prompt, buffer_length(&prompt));
	add_prompt(mode_in_prompt());
	add_prompt(rl_display_prompt != NULL ? rl_display_prompt : PROMPT);
	view.prompt = buffer_span(&prompt);
	if (view.hides)
		view.unsent = hidden(view.line);
	return view;
}
