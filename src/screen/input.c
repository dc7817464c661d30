#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "screen/editor.h"
#include "screen/input.h"
#include "screen/keys.h"
#include "screen/legacy.h"
#include "screen/wheel.h"
#include "text/utf8.h"

#define CHUNK 65536	  /* read at once */
#define PASTE_GAP_MS 2000 /* the bytes of a paste follow each other faster, over a network that stalls now and then */
#define TELL_MS 1	  /* after an Enter that was obeyed at once: on the same processor, the line is heard before */
#define KEYS_MAX 512	  /* bytes that the editor gets at once: what asks for something leaves the rest of them */
#define NOTCH 3		  /* arrow keys at once that are no keys */
#define NOTCH_MS 25	  /* they follow each other faster, over a network that holds keys back, too */
#define TURNING_MS 100	  /* ... and the notches of a wheel that is being turned */
#define STRING_MAX 4096	  /* bytes of what is no key that are held until it ends */

static struct buffer arrived;	/* from the terminal: a character that is not yet complete */
static struct buffer keys;	/* complete characters, not yet worked through */
static int64_t fed;		/* when the last of them came */
static bool tells_releases;	/* the terminal does, by kitty's keyboard protocol: so the wheel is told from keys */
static int64_t turning_deadline; /* until then arrow keys are the wheel, as it is being turned */
static int turned;		/* how far since the last notch, in arrow keys; upwards, if negative */
static struct buffer paste;	/* what is being pasted */
static bool pasting;
static int64_t paste_deadline;
static enum input_event event;	/* what is asked for, and has not been told */
static const char *trouble;	/* of INPUT_MENDED and INPUT_BROKEN */

/* As the editor last had it, so that it outlives the editor.  All but the line to be sent end with NUL. */
static struct buffer prompt, shown, unsent, line;
static size_t cursor;
static bool hides;		/* what was typed and not sent is not what is shown, but unsent */
static bool sends;		/* Enter would do nothing but send what is shown */
static bool untold;		/* it has, and the editor is still to be told */
static int64_t telling;		/* ... by then */
static bool refused;		/* the line to be sent was, and is still to be put back */
static bool ended;		/* ... or has been: it stays a line of its own if text follows it */
static struct buffer view, whole_rest; /* of input_view, input_rest */

/* What the terminal says by itself: xterm's control sequences. */
static const char paste_begin[] = KEYS_PASTE_BEGINS, paste_end[] = "\033[201~";
static const char focus_in[] = "\033[I", focus_out[] = "\033[O", mouse[] = "\033[<";

bool
input_read(struct span *bytes)
{
	static char chunk[CHUNK];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);

	*bytes = (struct span){chunk, n > 0 ? (size_t)n : 0};
	return n > 0 || (n == -1 && (errno == EINTR || errno == EAGAIN));
}

bool
input_has_more(void)
{
	struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&terminal, 1, 0) != 0;
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
	fed = clock_now();
	paste_deadline = fed + PASTE_GAP_MS;
}

/* How long, after the last byte, to wait for what may belong to the first key of some text; 0 if it is whole. */
static int
patience_with(struct span text)
{
	if (text.length == 0)
		return 0;
	if (tells_releases && wheel_examine(text).length == text.length)
		return NOTCH_MS;
	return keys_examine(text).patience;
}

int
input_timeout(void)
{
	int patience;

	if (event != INPUT_NONE)
		return 0;
	if (untold)
		return clock_until(telling);
	if (pasting)
		return clock_until(paste_deadline);
	patience = patience_with(buffer_span(&keys));
	return patience > 0 ? clock_until(fed + patience) : -1;
}

static bool
is_same(struct span text, const char *sequence)
{
	return text.length == strlen(sequence) && memcmp(text.text, sequence, text.length) == 0;
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
	sends = answer->view.sends;
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

/* Puts the keys that wait into the form in which they are text: up to a paste, if one is among them. */
static void
make_text_of_keys(void)
{
	struct span rest = buffer_span(&keys);
	struct buffer text = {0};

	while (rest.length > 0) {
		struct span key = {rest.text, keys_examine(rest).length}, plain;
		char room[LEGACY_KEY_MAX];

		if (is_same(key, paste_begin))
			break;
		plain = legacy_key(key, room);
		buffer_add(&text, plain.text, plain.length);
		rest = (struct span){rest.text + key.length, rest.length - key.length};
	}
	buffer_add(&text, rest.text, rest.length);
	buffer_free(&keys);
	keys = text;
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
	make_text_of_keys();
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

/* The same as editor_ask, and the editor is told before of the Enter that was obeyed. */
static enum editor_reply
tell_and_ask(enum editor_order what, struct span about, struct editor_answer *answer)
{
	const struct span enter = {"\r", 1};
	enum editor_reply reply = EDITOR_ANSWERED;

	if (untold)
		reply = editor_ask(EDITOR_KEYS, enter, answer);
	untold = false;
	return reply == EDITOR_ANSWERED ? editor_ask(what, about, answer) : reply;
}

/* Gives the editor an order.  False if nothing has come of it: a signal asks the program to end. */
static bool
order(enum editor_order what, struct span about, struct editor_answer *answer)
{
	switch (tell_and_ask(what, about, answer)) {
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

static void
start_pasting(void)
{
	pasting = true;
	paste_deadline = clock_now() + PASTE_GAP_MS;
}

/* --- Keys, and what the terminal says between them. --- */

static bool
is_of_mouse(struct span text)
{
	return text.length >= sizeof mouse && memcmp(text.text, mouse, sizeof mouse - 1) == 0;
}

/*
 * What the terminal says by itself.  Readline is not asked, for it may be waiting for something else than a command:
 * the rest of a key, a character to be taken as it is, a text to search for.
 */
static bool
is_report(struct span key)
{
	return is_same(key, paste_begin) || is_same(key, focus_in) || is_same(key, focus_out) || is_of_mouse(key);
}

/* What the mouse asks for: a notch of its wheel, with whatever keys, scrolls; a click means nothing. */
static enum input_event
event_of_mouse(struct span report)
{
	enum { WITH_KEYS = 4 | 8 | 16, WHEEL_UP = 64, WHEEL_DOWN = 65 };

	switch (strtol(report.text + sizeof mouse - 1, NULL, 10) & ~WITH_KEYS) {
	case WHEEL_UP:
		return INPUT_WHEEL_UP;
	case WHEEL_DOWN:
		return INPUT_WHEEL_DOWN;
	default:
		return INPUT_NONE;
	}
}

/* Takes the next bytes, which are a report. */
static void
take_report(struct span report)
{
	if (is_same(report, paste_begin))
		start_pasting();
	else if (is_of_mouse(report))
		event = event_of_mouse(report);
	else
		event = is_same(report, focus_in) ? INPUT_FOCUS_IN : INPUT_FOCUS_OUT;
	buffer_drop(&keys, report.length);
}

/* Of a string without end nothing is kept but how it began, and what may be the beginning of its end. */
static void
shorten_string(void)
{
	char *text = buffer_data(&keys);
	size_t length = buffer_length(&keys);

	if (length < STRING_MAX)
		return;
	text[2] = ' ';
	text[3] = text[length - 1];
	buffer_cut(&keys, 4);
}

/*
 * The next key, or report, at some place among those that wait; nothing if it is not whole yet.  What is to be whole
 * by then is the first.
 */
static struct span
key_at(size_t place, enum key_kind *kind)
{
	struct span rest = {buffer_data(&keys) + place, buffer_length(&keys) - place};
	struct key key = {.length = 0};
	int patience = patience_with(rest);

	if (rest.length > 0)
		key = keys_examine(rest);
	if (key.length > 1 && is_report((struct span){rest.text + 1, key.length - 1})) /* the Escape key before it */
		key = (struct key){.kind = KEY_ESCAPE, .length = 1};
	*kind = key.kind;
	if (patience > 0 && (place > 0 || clock_until(fed + patience) > 0))
		return (struct span){NULL, 0};
	return (struct span){rest.text, key.length};
}

/* Whether something is neither a key nor a report: a string, or that a key was let go. */
static bool
is_nothing(struct span key, enum key_kind kind)
{
	char room[LEGACY_KEY_MAX];

	return kind == KEY_STRING || legacy_key(key, room).length == 0;
}

/* Drops what is nothing before the next key. */
static void
drop_nothing(void)
{
	enum key_kind kind;
	struct span key;

	while ((key = key_at(0, &kind)).length > 0 && is_nothing(key, kind)) {
		tells_releases |= kind == KEY_SEQUENCE;
		buffer_drop(&keys, key.length);
	}
	if (key.length == 0)
		shorten_string();
}

/* Takes the arrow keys that come next, if they are the wheel: so many at once, or as long as it is being turned. */
static void
take_wheel(void)
{
	struct wheel wheel = wheel_examine(buffer_span(&keys));
	bool turning = clock_until(turning_deadline) > 0;

	tells_releases |= wheel.tells_more;
	if (!tells_releases || wheel.length == 0 || (wheel.presses < NOTCH && !turning))
		return;
	if (!turning || wheel.up != (turned < 0))
		turned = 0;
	turning_deadline = fed + TURNING_MS;
	turned += wheel.up ? -wheel.presses : wheel.presses;
	buffer_drop(&keys, wheel.length);
	if (turned / NOTCH != 0)
		event = wheel.up ? INPUT_WHEEL_UP : INPUT_WHEEL_DOWN;
	turned %= NOTCH;
}

/* Whether the next thing is a key.  What is nothing is dropped before it. */
static bool
meets_key(struct span *key)
{
	enum key_kind kind;

	take_wheel();
	drop_nothing();
	*key = event == INPUT_NONE ? key_at(0, &kind) : (struct span){NULL, 0};
	return key->length > 0 && !is_report(*key);
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
is_line_end(struct span key)
{
	return *key.text == '\r' || *key.text == '\n';
}

/* Whether a key is text, or ends a line. */
static bool
is_text(struct span key)
{
	unsigned char c = (unsigned char)*key.text;

	return (c >= 0x20 && c != 0x7F) || c == '\t' || is_line_end(key);
}

/* Whether what is at some place among those that wait is to be looked at when it is the first. */
static bool
may_be_wheel(size_t place)
{
	struct wheel wheel = wheel_examine((struct span){buffer_data(&keys) + place, buffer_length(&keys) - place});

	return wheel.length > 0 && (tells_releases || wheel.tells_more);
}

/*
 * The next key and those that come with it, for the editor.  After a line that was refused it is text: that need not
 * wait until the line is put back.
 */
static struct span
with_others(struct span next)
{
	enum key_kind kind;
	struct span key;

	while (next.length < KEYS_MAX && (key = key_at(next.length, &kind)).length > 0 && kind != KEY_STRING &&
	       !is_report(key) && !may_be_wheel(next.length) && (!refused || is_text(key)))
		next.length += key.length;
	return next;
}

/* Has the editor work through the next keys, of which this is the first.  False if a signal asks the program to end. */
static bool
work_through(struct span first)
{
	size_t length = buffer_length(&shown), place = cursor;
	struct editor_answer answer;

	turning_deadline = 0;
	if (!order(EDITOR_KEYS, with_others(first), &answer))
		return false;
	buffer_drop(&keys, answer.outcome.used);
	ended = ended && buffer_length(&shown) == length && cursor == place;
	return true;
}

/* Enter where nothing has been typed since a line was refused: it is tried again. */
static bool
try_again(struct span enter)
{
	buffer_drop(&keys, enter.length);
	refused = false;
	event = INPUT_LINE;
	return true;
}

/* Enter where it does nothing but send the line: that need not wait until the editor has said so. */
static bool
send_at_once(struct span enter)
{
	struct span typed = {input_text(), strlen(input_text())};

	buffer_drop(&keys, enter.length);
	buffer_drop(&line, buffer_length(&line));
	buffer_add(&line, typed.text, typed.length);
	buffer_add(&line, "\n", 1);
	keep(&shown, (struct span){"", 0});
	cursor = 0;
	sends = ended = false;
	untold = true;
	telling = clock_now() + TELL_MS;
	event = INPUT_LINE;
	return true;
}

/*
 * Takes a key: the editor does, unless a line was refused and something else comes first.  Any number of lines can
 * follow that, and each costs what it would otherwise.
 */
static bool
press(struct span key)
{
	struct editor_answer answer;

	if (refused && !is_text(key))
		return give_back();
	if (refused && is_line_end(key) && *input_text() == '\0')
		return try_again(key);
	if (ended && !refused && is_text(key) && !is_line_end(key)) {
		ended = false;
		return order(EDITOR_INSERT, (struct span){"\n", 1}, &answer);
	}
	if (sends && !refused && *key.text == '\r')
		return send_at_once(key);
	return work_through(key);
}

bool
input_take_key(struct span *key)
{
	static char taken[KEYS_MAX];
	char room[LEGACY_KEY_MAX];
	struct span found;

	if (event != INPUT_NONE || pasting || !meets_key(&found))
		return false;
	*key = legacy_key(found, room);
	if (key->length > sizeof taken) /* it is nobody's */
		key->length = sizeof taken;
	memcpy(taken, key->text, key->length);
	buffer_drop(&keys, found.length);
	key->text = taken;
	return true;
}

void
input_return_key(struct span key)
{
	struct buffer rest = keys;

	keys = (struct buffer){0};
	buffer_add(&keys, key.text, key.length);
	buffer_add(&keys, buffer_data(&rest), buffer_length(&rest));
	buffer_free(&rest);
}

bool
input_meets_paste(void)
{
	enum key_kind kind;

	return pasting || is_same(key_at(0, &kind), paste_begin);
}

bool
input_is_pending(void)
{
	if (!pasting)
		drop_nothing();
	return event != INPUT_NONE || pasting || buffer_length(&keys) > 0;
}

bool
input_is_empty(void)
{
	return !pasting && !refused && *input_text() == '\0' && *input_unsent() == '\0';
}

size_t
input_lines(void)
{
	size_t lines = span_count_lines((struct span){input_text(), strlen(input_text())});

	return lines > 0 || input_is_empty() ? lines : 1; /* what an empty one hides is something, too */
}

enum input_event
input_next(void)
{
	struct editor_answer answer;
	enum input_event next;
	struct span key;

	if (untold && clock_until(telling) == 0)
		(void)order(EDITOR_KEYS, (struct span){"", 0}, &answer);
	if (pasting)
		go_on_pasting();
	while (event == INPUT_NONE && !pasting) {
		if (!meets_key(&key) && key.length > 0)
			take_report(key);
		else if (key.length == 0 || !press(key))
			break;
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
		buffer_add(&whole_rest, buffer_data(&line), buffer_length(&line));
	if (!pasting)
		make_text_of_keys();
	buffer_add(&paste, buffer_data(&keys), buffer_length(&keys));
	buffer_drop(&keys, buffer_length(&keys));
	buffer_add(&paste, buffer_data(&arrived), buffer_length(&arrived));
	buffer_drop(&arrived, buffer_length(&arrived));
	filter_controls(buffer_data(&paste), buffer_length(&paste), &whole_rest);
	return buffer_span(&whole_rest);
}

void
input_close(void)
{
	struct buffer *const all[] = {&arrived, &keys, &paste, &prompt, &shown, &unsent, &line, &view, &whole_rest};

	(void)editor_end();
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buffer_free(all[i]);
}
