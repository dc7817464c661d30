#include <config.h>

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "screen/editor.h"
#include "screen/input.h"
#include "text/utf8.h"

#define PASTE_GAP_MS 2000 /* the bytes of a paste follow each other faster, over a network that stalls now and then */
#define KEYS_MAX 512	  /* bytes that the editor gets at once: what asks for something leaves the rest of them */

static struct buffer arrived;	/* from the terminal: a character that is not yet complete */
static struct buffer keys;	/* complete ones, not yet worked through */
static struct buffer paste;	/* what is being pasted */
static bool pasting;
static int64_t paste_deadline;
static enum input_event event;	/* what is asked for, and has not been told */
static const char *trouble;	/* of INPUT_MENDED and INPUT_BROKEN */

/* As the editor last had it, so that it outlives the editor.  All but the line to be sent end with NUL. */
static struct buffer prompt, shown, unsent, line;
static size_t cursor;
static bool hides;		/* what was typed and not sent is not what is shown, but unsent */
static bool refused;		/* the line to be sent was, and is still to be put back */
static bool ended;		/* ... or has been: it stays a line of its own if text follows it */
static struct buffer view, rest; /* of input_view, input_rest */

static const char paste_begin[] = EDIT_PASTE_BEGINS, paste_end[] = "\033[201~";

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
	if (event != INPUT_NONE)
		return 0;
	return pasting ? clock_until(paste_deadline) : -1;
}

/* --- The editor, and another one when it has died. --- */

/* Keeps a text, ended by NUL. */
static void
keep(struct buffer *kept, struct span given)
{
	buffer_drop(kept, buffer_length(kept));
	buffer_add(kept, given.text, given.length);
	buffer_add(kept, "", 1);
}

/* Takes over what the editor has answered. */
static void
take_over(const struct editor_answer *answer)
{
	event = answer->outcome.event;
	cursor = answer->view.cursor;
	hides = answer->view.hides;
	keep(&prompt, answer->view.prompt);
	keep(&shown, answer->view.line);
	keep(&unsent, answer->view.unsent);
	if (event == INPUT_LINE) {
		if (!refused)
			buffer_drop(&line, buffer_length(&line));
		buffer_add(&line, answer->view.complete.text, answer->view.complete.length);
		refused = false;
	}
}

/*
 * Starts another editor, in place of one that has died of an order.  It gets all that was typed as text, with what
 * was to be inserted and the keys that wait: as keys they could be deadly again, or send what nobody has looked at.
 */
static void
mend(struct span inserted)
{
	struct editor_answer answer;
	struct buffer typed = {0};
	enum editor_reply reply = EDITOR_FAILED;

	trouble = editor_end();
	if (refused)
		buffer_add(&typed, buffer_data(&line), buffer_length(&line));
	buffer_add(&typed, input_unsent(), strlen(input_unsent()));
	buffer_add(&typed, inserted.text, inserted.length);
	filter_controls(buffer_data(&keys), buffer_length(&keys), &typed);
	if (refused && buffer_length(&typed) == buffer_length(&line))
		buffer_cut(&typed, buffer_length(&typed) - 1); /* the LF: nothing follows */
	refused = false;
	buffer_drop(&keys, buffer_length(&keys));
	if (editor_start() == 0)
		reply = editor_ask(EDITOR_INSERT, buffer_span(&typed), &answer);
	if (reply == EDITOR_ANSWERED)
		take_over(&answer);
	else
		keep(hides ? &unsent : &shown, buffer_span(&typed));
	event = reply == EDITOR_FAILED ? INPUT_BROKEN : INPUT_MENDED;
	buffer_free(&typed);
}

/* Gives the editor an order.  False if nothing has come of it: a signal asks the program to end. */
static bool
order(enum editor_order what, struct span about, struct editor_answer *answer)
{
	switch (editor_ask(what, about, answer)) {
	case EDITOR_ANSWERED:
		take_over(answer);
		return true;
	case EDITOR_FAILED:
		mend(what == EDITOR_INSERT ? about : (struct span){NULL, 0}); /* what is to be put back, it has */
		*answer = (struct editor_answer){.outcome = {.used = 0}};
		return true;
	case EDITOR_INTERRUPTED:
		break;
	}
	return false;
}

void
input_open(void)
{
	const struct span nothing = {"", 0};
	struct editor_answer answer;

	keep(&prompt, nothing);
	keep(&shown, nothing);
	keep(&unsent, nothing);
	if (editor_start() == -1)
		fatal("cannot start the process that edits the line");
	(void)order(EDITOR_KEYS, nothing, &answer); /* the init file is read while nothing waits for it */
}

/* --- Pasting: it is put into the line as a whole, so that no byte of it is taken for a key. --- */

/* Puts what was pasted into the line.  What is sent is that, but for controls, which can be seen before. */
static void
insert_paste(void)
{
	struct editor_answer answer;
	struct buffer text = {0};

	if (ended)
		buffer_add(&text, "\n", 1);
	filter_controls(buffer_data(&paste), buffer_length(&paste), &text);
	if (order(EDITOR_INSERT, buffer_span(&text), &answer)) {
		buffer_free(&paste);
		pasting = ended = false;
	}
	buffer_free(&text);
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
 * Whether a paste begins with the next byte.  Readline is not asked, for it may be waiting for something
 * else than a command: the rest of a key, a character to be taken as it is, a text to search for.
 */
static bool
meets_paste(void)
{
	const size_t length = sizeof paste_begin - 1;

	return buffer_length(&keys) >= length && memcmp(buffer_data(&keys), paste_begin, length) == 0;
}

static void
start_pasting(void)
{
	pasting = true;
	paste_deadline = clock_now() + PASTE_GAP_MS;
}

/* The next keys for the editor: no part of a character, and not the beginning of a paste. */
static struct span
next_keys(void)
{
	struct span next = buffer_span(&keys);
	const char *begin = memmem(next.text, next.length, paste_begin, sizeof paste_begin - 1);

	if (begin != NULL)
		next.length = (size_t)(begin - next.text);
	if (next.length > KEYS_MAX)
		for (next.length = KEYS_MAX; ((unsigned char)next.text[next.length] & 0xC0) == 0x80;)
			next.length--;
	return next;
}

/* Puts the line back that was refused, before what has been typed since.  Lines stay lines. */
static bool
give_back(void)
{
	bool alone = *input_text() == '\0';
	struct span typed = {buffer_data(&line), buffer_length(&line) - alone}; /* then without its LF */
	struct editor_answer answer;

	if (!order(EDITOR_PUT_BACK, typed, &answer))
		return false;
	refused = false;
	ended = ended && alone;
	return true;
}

static bool
is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

/* How many bytes at the start of keys are text, or end a line. */
static size_t
text_length(struct span given)
{
	size_t length = 0;

	for (; length < given.length; length++) {
		unsigned char c = (unsigned char)given.text[length];

		if ((c < 0x20 && c != '\t' && !is_line_end((char)c)) || c == 0x7F)
			break;
	}
	return length;
}

/* Has the editor work through the next keys.  False if a signal asks the program to end. */
static bool
work_through(struct span next)
{
	bool more = next.length < buffer_length(&keys);
	size_t length = buffer_length(&shown), place = cursor;
	struct editor_answer answer;

	if (!order(more ? EDITOR_KEYS_AND_MORE : EDITOR_KEYS, next, &answer))
		return false;
	buffer_drop(&keys, answer.outcome.used);
	if (answer.outcome.pastes)
		start_pasting();
	ended = ended && buffer_length(&shown) == length && cursor == place;
	return true;
}

/*
 * The same where a line was refused.  Text need not wait for that to be put back: so any number of lines can follow
 * it, and each costs what it would otherwise.
 */
static bool
press_after_refusal(struct span next)
{
	size_t length = text_length(next);

	if (length == 0)
		return give_back();
	if (is_line_end(*next.text) && *input_text() == '\0') { /* Enter again */
		buffer_drop(&keys, 1);
		refused = false;
		event = INPUT_LINE;
		return true;
	}
	next.length = length;
	return work_through(next);
}

static bool
press(void)
{
	struct span next = next_keys();
	struct editor_answer answer;

	if (refused)
		return press_after_refusal(next);
	if (ended && text_length(next) > 0 && !is_line_end(*next.text)) {
		ended = false;
		return order(EDITOR_INSERT, (struct span){"\n", 1}, &answer);
	}
	return work_through(next);
}

bool
input_is_pending(void)
{
	return event != INPUT_NONE || pasting || buffer_length(&keys) > 0;
}

bool
input_is_empty(void)
{
	return !pasting && !refused && *input_text() == '\0' && *input_unsent() == '\0';
}

enum input_event
input_next(void)
{
	enum input_event next;

	if (pasting)
		go_on_pasting();
	while (event == INPUT_NONE && !pasting && buffer_length(&keys) > 0) {
		if (meets_paste()) {
			buffer_drop(&keys, sizeof paste_begin - 1);
			start_pasting();
		} else if (!press()) {
			break;
		}
		if (pasting)
			go_on_pasting();
	}
	if (event == INPUT_NONE && refused)
		give_back();
	next = event;
	event = INPUT_NONE;
	return next;
}

struct span
input_line(void)
{
	return buffer_span(&line);
}

void
input_put_back(bool as_line)
{
	refused = true;
	ended = as_line;
}

struct input_view
input_view(void)
{
	size_t start = buffer_length(&prompt) - 1;

	buffer_drop(&view, buffer_length(&view));
	buffer_add(&view, buffer_data(&prompt), start);
	buffer_add(&view, buffer_data(&shown), buffer_length(&shown) - 1);
	buffer_add(&view, " ", 1);
	return (struct input_view){buffer_data(&view), buffer_length(&view), start + cursor};
}

const char *
input_text(void)
{
	return buffer_data(&shown);
}

const char *
input_unsent(void)
{
	return buffer_data(hides ? &unsent : &shown);
}

const char *
input_trouble(void)
{
	return trouble;
}

struct span
input_rest(void)
{
	if (refused)
		buffer_add(&rest, buffer_data(&line), buffer_length(&line));
	buffer_add(&paste, buffer_data(&keys), buffer_length(&keys));
	buffer_drop(&keys, buffer_length(&keys));
	buffer_add(&paste, buffer_data(&arrived), buffer_length(&arrived));
	buffer_drop(&arrived, buffer_length(&arrived));
	filter_controls(buffer_data(&paste), buffer_length(&paste), &rest);
	return buffer_span(&rest);
}

void
input_close(void)
{
	struct buffer *const all[] = {&arrived, &keys, &paste, &prompt, &shown, &unsent, &line, &view, &rest};

	(void)editor_end();
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buffer_free(all[i]);
}
