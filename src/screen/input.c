#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "screen/input.h"
#include "text/utf8.h"

#define PROMPT "> "
#define HISTORY_LINES 1000 /* typed lines that can be fetched back */
#define KEY_GAP_MS 50	   /* the bytes of one key follow each other faster than that */
#define PASTE_GAP_MS 2000  /* so do those of a paste, over a network that stalls now and then */

#define CTRL_KEY(c) ((c) & 0x1F)

static struct buffer arrived;	/* from the terminal: a character that is not yet complete */
static struct buffer keys;	/* complete ones, not yet given to Readline */
static struct buffer paste;	/* what is being pasted */
static bool pasting;
static int64_t paste_deadline;
static struct buffer view;	/* of input_view */
static enum input_event event;	/* what the last key asked for */
static struct buffer line;	/* of INPUT_LINE */
static FILE *nowhere;		/* what Readline would print */

static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";

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
	event = what;
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
focus_in(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_FOCUS_IN);
}

static int
focus_out(int count, int key)
{
	(void)count, (void)key;
	return ask(INPUT_FOCUS_OUT);
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

static int
begin_paste(int count, int key)
{
	(void)count, (void)key;
	pasting = true;
	paste_deadline = clock_now() + PASTE_GAP_MS;
	return 0;
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
	{"redraw-screen", redraw, {"\014"}},				   /* Ctrl-L */
	{"suspend", suspend, {"\032"}},				   /* Ctrl-Z */
	{"abandon-line", abandon, {"\003"}},				   /* Ctrl-C */
	/* Not keys, but what the terminal says by itself: xterm's control sequences. */
	{"begin-paste", begin_paste, {paste_begin}},
	{"focus-in", focus_in, {"\033[I"}},
	{"focus-out", focus_out, {"\033[O"}},
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
	}
	return byte;
}

/*
 * Whether more of a key is there or, where Readline would wait for it, on its way: so the Escape key
 * is told from an arrow.  The timeout in force can only be read by setting it.
 */
static int
more_bytes(void)
{
	int timeout = rl_set_keyboard_input_timeout(0);

	rl_set_keyboard_input_timeout(timeout);
	return buffer_length(&keys) > 0 ||
	       (timeout > 0 && poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1,
				    KEY_GAP_MS) > 0);
}

static void
no_redisplay(void)
{
}

static void
no_preparation(int meta)
{
	(void)meta;
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
	if (event != INPUT_LINE)
		buffer_drop(&line, buffer_length(&line));
	if (text == NULL) {
		event = INPUT_LEAVE;
		return;
	}
	event = INPUT_LINE;
	length = strlen(text);
	buffer_add(&line, text, length);
	/* Where a paste ended with the end of its last line, that and Enter are one. */
	if (length == 0 || text[length - 1] != '\n')
		buffer_add(&line, "\n", 1);
	if (*text != '\0') {
		const HIST_ENTRY *last = history_get(history_base + history_length - 1);
		if (last == NULL || strcmp(last->line, text) != 0)
			add_history(text);
	}
	free(text);
}

void
input_open(void)
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
	rl_redisplay_function = no_redisplay;
	rl_prep_term_function = no_preparation;
	rl_deprep_term_function = no_redisplay;
	rl_attempted_completion_function = no_completion;
	for (size_t i = 0; i < COMMANDS; i++)
		rl_add_defun(commands[i].name, commands[i].function, -1);
	rl_initialize();
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off"); /* Readline's own would read the terminal */
	bind_keys("emacs");
	bind_keys("vi-insert");
	bind_keys("vi-command");
	using_history();
	stifle_history(HISTORY_LINES);
	rl_callback_handler_install(PROMPT, take_line);
}

void
input_feed(const char *bytes, size_t length)
{
	buffer_add(&arrived, bytes, length);
	while (buffer_length(&arrived) > 0) {
		const char *text = buffer_data(&arrived);
		size_t used;
		enum utf8_sequence found = utf8_examine(text, buffer_length(&arrived), &used);

		if (found == UTF8_INCOMPLETE)
			break;
		if (found == UTF8_COMPLETE)
			buffer_add(&keys, text, used);
		else
			buffer_add(&keys, "\xEF\xBF\xBD", 3); /* U+FFFD */
		buffer_drop(&arrived, used);
	}
	paste_deadline = clock_now() + PASTE_GAP_MS;
}

int
input_timeout(void)
{
	return pasting ? clock_until(paste_deadline) : -1;
}

/* --- Pasting: Readline gets it as a whole, so that no byte of it is taken for a key. --- */

/* Makes the CR that terminals send for the end of a line, or a CR LF, a LF. */
static void
unify_line_ends(struct buffer *text)
{
	const char *from = buffer_data(text), *end = from + buffer_length(text);
	char *to = buffer_data(text);

	for (; from < end; from++)
		if (*from != '\r')
			*to++ = *from;
		else if (from + 1 == end || from[1] != '\n')
			*to++ = '\n';
	text->end -= (size_t)(end - to);
}

/* Puts what was pasted into the line, as safe text. */
static void
insert_paste(void)
{
	struct buffer text = {0};

	unify_line_ends(&paste);
	filter_text(buffer_data(&paste), buffer_length(&paste), SIZE_MAX, &text);
	buffer_add(&text, "", 1);
	rl_insert_text(buffer_data(&text));
	buffer_free(&text);
	buffer_free(&paste);
	pasting = false;
}

/* Moves bytes from the keys to the paste, up to its end. */
static void
go_on_pasting(void)
{
	const char *bytes = buffer_data(&keys);
	size_t length = buffer_length(&keys), end_length = sizeof paste_end - 1;
	const char *end = length > 0 ? memmem(bytes, length, paste_end, end_length) : NULL;
	size_t taken = length;

	if (end != NULL) {
		taken = (size_t)(end - bytes);
	} else if (clock_until(paste_deadline) > 0) {
		/* What may be the beginning of the end stays, to be looked at with what follows it. */
		taken = length < end_length ? 0 : length - (end_length - 1);
	}
	buffer_add(&paste, bytes, taken);
	buffer_drop(&keys, taken + (end != NULL ? end_length : 0));
	if (end != NULL || clock_until(paste_deadline) == 0)
		insert_paste();
}

/*
 * Has Readline work through the next byte.  After a search that is not incremental, Readline 8.2 has the
 * line as a new one, but may still be at another in its history: it would take that for the same line
 * then, and free what belongs to it twice.
 */
static void
read_key(void)
{
	bool searching = RL_ISSTATE(RL_STATE_NSEARCH);

	rl_callback_read_char();
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		return;
	if (searching || rl_last_func == rl_noninc_forward_search_again ||
	    rl_last_func == rl_noninc_reverse_search_again || rl_last_func == rl_vi_search_again)
		using_history();
}

/* Gives one more key to Readline, before those that wait. */
static void
press(unsigned char key)
{
	rl_stuff_char(key);
	read_key();
}

/*
 * Whether a paste begins with the next byte.  Readline is not asked, for it may be waiting for something
 * else than a command: the rest of a key, a character to be taken as it is, a text to search for.  That
 * is given up then.
 */
static bool
meets_paste(void)
{
	const size_t length = sizeof paste_begin - 1;

	if (buffer_length(&keys) < length || memcmp(buffer_data(&keys), paste_begin, length) != 0)
		return false;
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		press(CTRL_KEY('G'));
	rl_callback_sigcleanup();
	buffer_drop(&keys, length);
	begin_paste(1, 0);
	return true;
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

bool
input_is_pending(void)
{
	return pasting || buffer_length(&keys) > 0;
}

bool
input_is_empty(void)
{
	return rl_end == 0 && !pasting && !RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH);
}

enum input_event
input_next(void)
{
	bool empty;

	event = INPUT_NONE;
	if (pasting)
		go_on_pasting();
	while (event == INPUT_NONE && !pasting && buffer_length(&keys) > 0) {
		empty = input_is_empty();
		if (!meets_paste() && !spare_search((unsigned char)*buffer_data(&keys)))
			read_key();
		if (pasting)
			go_on_pasting();
		if (event == INPUT_NONE && !empty && input_is_empty())
			event = INPUT_EMPTIED;
	}
	return event;
}

struct span
input_line(void)
{
	return (struct span){buffer_data(&line), buffer_length(&line)};
}

void
input_put_back(void)
{
	line.data[line.end - 1] = '\0'; /* the last LF was not typed into it */
	rl_insert_text(buffer_data(&line));
}

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

/* Adds a prompt, without the marks that Readline puts around what takes no columns. */
static void
add_prompt(const char *prompt)
{
	for (; *prompt != '\0'; prompt++)
		if (*prompt != RL_PROMPT_START_IGNORE && *prompt != RL_PROMPT_END_IGNORE)
			buffer_add(&view, prompt, 1);
}

struct input_view
input_view(void)
{
	size_t prompt;

	buffer_drop(&view, buffer_length(&view));
	add_prompt(mode_in_prompt());
	add_prompt(rl_display_prompt != NULL ? rl_display_prompt : PROMPT);
	prompt = buffer_length(&view);
	buffer_add(&view, rl_line_buffer, (size_t)rl_end);
	buffer_add(&view, " ", 1);
	return (struct input_view){buffer_data(&view), buffer_length(&view), prompt + (size_t)rl_point};
}

const char *
input_text(void)
{
	return rl_line_buffer;
}

struct span
input_rest(void)
{
	buffer_add(&paste, buffer_data(&keys), buffer_length(&keys));
	buffer_drop(&keys, buffer_length(&keys));
	buffer_add(&paste, buffer_data(&arrived), buffer_length(&arrived));
	buffer_drop(&arrived, buffer_length(&arrived));
	unify_line_ends(&paste);
	return (struct span){buffer_data(&paste), buffer_length(&paste)};
}

void
input_close(void)
{
	rl_callback_handler_remove();
	fclose(nowhere);
	buffer_free(&line);
	buffer_free(&arrived);
	buffer_free(&keys);
	buffer_free(&paste);
	buffer_free(&view);
}
