#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/buffer.h"
#include "base/fatal.h"
#include "screen/bindings.h"
#include "screen/commands.h"
#include "screen/edit.h"
#include "screen/inputrc.h"
#include "screen/keys.h"
#include "screen/legacy.h"
#include "screen/unseen.h"

#define PROMPT "> "
#define HISTORY_LINES 1000 /* typed lines that can be fetched back */
#define HISTORY_SIZE ((size_t)1024 * 1024) /* ... bytes of them, but for the newest */

#define CTRL_KEY(c) ((c) & 0x1F)
#define ESCAPE '\033'

static struct span rest_of_key;	/* what Readline has not taken of it */
static struct span keys;	/* behind that */
static bool awaits_character;	/* the next one is not for a command, but for what the last command is about */
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

static void
ask(enum input_event what)
{
	outcome.event = what;
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

/* Readline's own commands that have to be others here: under their names, and on their keys, which are emacs keys. */
static int read_inputrc(int count, int key);

static const struct {
	const char *name, *key;
	rl_command_func_t *before, *function;
} replaced[] = {
	{"call-last-kbd-macro", "\030e", rl_call_last_kbd_macro, call_macro}, /* Ctrl-X e */
	{"re-read-init-file", "\030\022", rl_re_read_init_file, read_inputrc}, /* Ctrl-X Ctrl-R */
};
#define REPLACED (sizeof replaced / sizeof replaced[0])

static void
replace_commands(void)
{
	Keymap emacs = rl_get_keymap_by_name("emacs");

	for (size_t i = 0; i < REPLACED; i++) {
		int type = ISFUNC;

		if (rl_function_of_keyseq(replaced[i].key, emacs, &type) == replaced[i].before && type == ISFUNC)
			rl_bind_keyseq_in_map(replaced[i].key, replaced[i].function, emacs);
	}
}

/* Once the init file has been read: what it must not have changed is as it should be. */
static void
settle(void)
{
	inputrc_mend();
	commands_bind();
	bindings_complete();
	replace_commands();
}

static int
read_inputrc(int count, int key)
{
	rl_re_read_init_file(count, key);
	settle();
	return 0;
}

/* --- What Readline asks for. --- */

static char
take_byte(struct span *from)
{
	from->length--;
	return *from->text++;
}

/* The next byte; at the end of what is there, the key that makes Readline give up waiting for it. */
static int
next_byte(FILE *stream)
{
	struct span *from = rest_of_key.length > 0 ? &rest_of_key : &keys;

	(void)stream;
	if (from->length == 0)
		return CTRL_KEY('G');
	pressed = true;
	return (unsigned char)take_byte(from);
}

/*
 * Whether more of a key is there: so the Escape key is told from an arrow.  The timeout in force can only be read by
 * setting it.  Without one, Readline asks whether text is typed ahead, which it puts into the line at once: so it
 * would be missing in a macro that is being defined.
 */
static int
more_bytes(void)
{
	int timeout = rl_set_keyboard_input_timeout(0);

	rl_set_keyboard_input_timeout(timeout);
	if (timeout > 0 || rest_of_key.length > 0)
		return rest_of_key.length > 0 && (timeout > 0 || !RL_ISSTATE(RL_STATE_MACRODEF));
	return keys.length > 0 && *keys.text != ESCAPE && !RL_ISSTATE(RL_STATE_MACRODEF);
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

/* Puts a line into the history, and the oldest out of it where all of them take too much. */
static void
remember(const char *text)
{
	const HIST_ENTRY *last = history_get(history_base + history_length - 1);
	size_t size = 0;
	int kept = 0;

	if (last != NULL && strcmp(last->line, text) == 0)
		return;
	add_history(text);
	while (kept < history_length) {
		size += strlen(history_list()[history_length - 1 - kept]->line);
		if (size > HISTORY_SIZE && kept > 0)
			break;
		kept++;
	}
	stifle_history(kept);
	stifle_history(HISTORY_LINES);
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
	if (*text == '\0' && outcome.event != INPUT_LINE) { /* nothing was typed: there is nothing to send */
		outcome.event = INPUT_ENTER;
		free(text);
		return;
	}
	outcome.event = INPUT_LINE;
	length = strlen(text);
	buffer_add(&complete, text, length);
	/* Where a paste ended with the end of its last line, that and Enter are one. */
	if (length == 0 || text[length - 1] != '\n')
		buffer_add(&complete, "\n", 1);
	if (*text != '\0')
		remember(text);
	free(text);
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
	commands_add(ask);
	for (size_t i = 0; i < REPLACED; i++)
		rl_add_defun(replaced[i].name, replaced[i].function, -1);
	bindings_spare();
	inputrc_begin();
	rl_initialize();
	settle();
	using_history();
	stifle_history(HISTORY_LINES);
	rl_callback_handler_install(PROMPT, take_line);
}

/*
 * Whether Readline takes the next character as what its last command is about, which it does not tell.  vi's searches
 * for a character have a state, as the same function repeats them.
 */
static bool
is_about_character(void)
{
	static rl_command_func_t *const about[] = {rl_quoted_insert,  rl_char_search, rl_backward_char_search,
						   rl_vi_change_char, rl_vi_set_mark, rl_vi_goto_mark};

	for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
		if (rl_last_func == about[i])
			return true;
	return RL_ISSTATE(RL_STATE_CHARSEARCH);
}

/* Has Readline take a byte.  The command that has got its character is over: it is not to be taken for a new one. */
static void
take_step(void)
{
	bool got_character = awaits_character;

	rl_callback_read_char();
	if (got_character && is_about_character())
		rl_last_func = NULL;
	awaits_character = is_about_character();
}

/*
 * Has Readline carry out the next command of a macro and the like, or the next key.  Each gets a call of its own:
 * by itself Readline 8.2 carries a macro out in one, and what breaks it off there, amid a key that begins with
 * Ctrl-X or Escape, jumps to where no function is any more.
 */
static void
carry_on(void)
{
	take_step();
	while (rl_executing_macro != NULL) {
		rl_readline_state |= RL_STATE_MACROINPUT;
		take_step();
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
	struct unseen unseen = unseen_note();

	carry_on();
	if (rl_done)
		enter_now();
	if (!is_searching())
		unseen_pass(&unseen);
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
	bool abandons = entry->type == ISFUNC && entry->function == commands_abandon;

	if (!RL_ISSTATE(RL_STATE_ISEARCH) || key == '\033' || (entry->type == ISFUNC && !abandons))
		return false;
	press(CTRL_KEY('G'));
	if (abandons)
		(void)take_byte(&rest_of_key);
	return abandons;
}

/* Gives up what a command waits for, or counts. */
static void
give_up(void)
{
	if (RL_ISSTATE(RL_STATE_NUMERICARG)) { /* which is shown in place of the prompt */
		rl_restore_prompt();
		rl_clear_message();
	}
	rl_callback_sigcleanup();
}

/*
 * Whether a key is bound.  Who has something bound to Alt-O, or Alt-[, has that, and what was typed behind it, where
 * others have a key.
 */
static bool
is_bound(struct span key)
{
	return bindings_have((struct span){"", 0}, key) ||
	       (key.length > 2 && key.text[1] != ESCAPE && bindings_are_ambiguous((struct span){key.text, 2}));
}

/*
 * Whether a key has a meaning.  Readline would take the rest of one that has none for text; so it would after a key
 * that has begun a sequence, or while it waits for a character or vi's motion: that is given up for a key that has a
 * meaning by itself.  Escape and a character are two keys in vi mode.
 */
static bool
is_known(struct span key, enum key_kind kind)
{
	const struct span nothing = {"", 0};
	struct span begun = nothing;
	bool known;

	if (*key.text != ESCAPE || kind == KEY_ESCAPE || (awaits_character && rl_last_func == rl_quoted_insert))
		return true;
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		return false;
	if (RL_ISSTATE(RL_STATE_MULTIKEY))
		begun = (struct span){rl_executing_keyseq, (size_t)rl_key_sequence_length};
	if (begun.length > 0 && bindings_have(begun, key))
		return true;
	if (begun.length > 0 && !bindings_are_ambiguous(begun))
		give_up();
	known = (kind == KEY_ALT && (rl_editing_mode == 0 || (key.length == 2 && !RL_ISSTATE(RL_STATE_ISEARCH)))) ||
		is_bound(key);
	if (known && (awaits_character || RL_ISSTATE(RL_STATE_VIMOTION)))
		press(ESCAPE);
	return known;
}

/* Has Readline work through a key, until that asks for something. */
static void
press_key(struct span key)
{
	bool empty = is_empty();

	rest_of_key = key;
	while (outcome.event == INPUT_NONE && rest_of_key.length > 0)
		if (!spare_search((unsigned char)*rest_of_key.text))
			read_key();
	if (outcome.event == INPUT_NONE && !empty && is_empty())
		outcome.event = INPUT_EMPTIED;
}

/* Works through a key: in the form that Readline knows, unless somebody has bound it as it came. */
static void
work_through(struct span key)
{
	char room[LEGACY_KEY_MAX];

	if (!is_bound(key))
		key = legacy_key(key, room);
	if (key.length > 0 && is_known(key, keys_examine(key).kind))
		press_key(key);
}

struct edit_outcome
edit_keys(struct span given)
{
	outcome = (struct edit_outcome){.event = INPUT_NONE};
	keys = given;
	while (outcome.event == INPUT_NONE && keys.length > 0) {
		struct span key = {keys.text, keys_examine(keys).length};

		keys = (struct span){keys.text + key.length, keys.length - key.length};
		work_through(key);
	}
	if (given.length == 0 && commands_want_mouse())
		outcome.event = INPUT_MOUSE;
	outcome.used = given.length - keys.length;
	if (rest_of_key.text + rest_of_key.length == keys.text) /* it is as it came */
		outcome.used -= rest_of_key.length;
	keys.length = rest_of_key.length = 0;
	return outcome;
}

/* Gives up whatever a key has begun. */
static void
give_up_all(void)
{
	if (RL_ISSTATE(RL_STATE_NSEARCH))
		press(CTRL_KEY('G'));
	if (RL_ISSTATE(RL_STATE_CHARSEARCH)) /* to search again for nothing, Readline 8.2 would never end */
		press(ESCAPE);
	give_up();
	awaits_character = false;
}

void
edit_insert(struct span text)
{
	struct buffer ended = {0};

	give_up_all();
	buffer_add(&ended, text.text, text.length);
	buffer_add(&ended, "", 1);
	rl_insert_text(buffer_data(&ended));
	buffer_free(&ended);
	keep_draft();
}

void
edit_put_back(struct span text)
{
	int behind = rl_end - rl_point;

	rl_point = 0;
	edit_insert(text);
	rl_point = rl_end - behind;
}

/* Leaves the lines of the history, which stay there as they were. */
static void
leave_history(void)
{
	if (current_history() == NULL)
		return;
	rl_revert_line(1, 0);
	rl_end_of_history(1, 0);
}

void
edit_replace(struct span text)
{
	give_up_all();
	leave_history();
	rl_replace_line("", 1);
	if (rl_editing_mode == 0)
		rl_vi_insertion_mode(1, 0);
	edit_insert(text);
	rl_point = 0;
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

/* Adds to the prompt, without what takes no columns: that is for a terminal, such as the shape of its cursor. */
static void
add_prompt(const char *text)
{
	bool shown = true;

	for (; *text != '\0'; text++) {
		if (*text == RL_PROMPT_START_IGNORE || *text == RL_PROMPT_END_IGNORE)
			shown = *text == RL_PROMPT_END_IGNORE;
		else if (shown)
			buffer_add(&prompt, text, 1);
	}
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

/* Whether the next key is a part of something. */
static bool
is_amid(void)
{
	return awaits_character ||
	       RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_SEARCH | RL_STATE_NUMERICARG |
			  RL_STATE_MACROINPUT | RL_STATE_MACRODEF | RL_STATE_MULTIKEY | RL_STATE_VIMOTION |
			  RL_STATE_CHARSEARCH);
}

/* Whether Enter means no more than that, as far as Readline tells: it does after a character that was typed. */
static bool
enter_sends(void)
{
	const KEYMAP_ENTRY *enter = &rl_get_keymap()[CTRL_KEY('M')];

	return rl_last_func == rl_insert && !is_amid() && is_draft() && rl_end > 0 &&
	       enter->type == ISFUNC && enter->function == rl_newline &&
	       memchr(rl_line_buffer, '\n', (size_t)rl_end) == NULL;
}

struct edit_view
edit_show(void)
{
	struct edit_view view = {.line = {rl_line_buffer, (size_t)rl_end},
				 .cursor = (size_t)rl_point,
				 .hides = !is_draft(),
				 .sends = enter_sends(),
				 .amid = is_amid(),
				 .complete = buffer_span(&complete)};

	buffer_drop(&prompt, buffer_length(&prompt));
	add_prompt(mode_in_prompt());
	add_prompt(rl_display_prompt != NULL ? rl_display_prompt : PROMPT);
	view.prompt = buffer_span(&prompt);
	if (view.hides)
		view.unsent = hidden(view.line);
	return view;
}
