#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "screen/editor.h"
#include "screen/input.h"
#include "screen/legacy.h"
#include "screen/typed.h"

#define CHUNK 65536 /* read at once */
#define TELL_MS 1   /* after an Enter that was obeyed at once: on the same processor, the line is heard before */

static enum input_event event;	/* what is asked for, and has not been told */
static const char *trouble;	/* of INPUT_MENDED and INPUT_BROKEN */

/* As the editor last had it, so that it outlives the editor.  All but the line to be sent end with NUL. */
static struct buffer prompt, shown, unsent, line;
static size_t cursor;
static bool hides;		/* what was typed and not sent is not what is shown, but unsent */
static bool amid;		/* what is typed next is no text, but a part of something */
static bool sends;		/* Enter would do nothing but send what is shown */
static bool untold;		/* it has, and the editor is still to be told */
static int64_t telling;		/* ... by then */
static bool refused;		/* the line to be sent was, and is still to be put back */
static bool ended;		/* ... or has been: it stays a line of its own if text follows it */
static struct buffer chunk, view, rest; /* of input_read, input_view, input_rest */

bool
input_read(struct span *bytes)
{
	char *room = buffer_reserve(&chunk, CHUNK);
	ssize_t n = read(STDIN_FILENO, room, CHUNK);

	*bytes = (struct span){room, n > 0 ? (size_t)n : 0};
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
	typed_feed(bytes, length);
}

int
input_timeout(void)
{
	if (event != INPUT_NONE)
		return 0;
	return untold ? clock_until(telling) : typed_timeout();
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
	amid = answer->view.amid;
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
	typed_take_keys_as_text(&typed);
	if (refused && buffer_length(&typed) == buffer_length(&line))
		buffer_cut(&typed, buffer_length(&typed) - 1); /* the LF: nothing follows */
	refused = false;
	if (editor_start() == 0)
		reply = editor_ask(EDITOR_INSERT, buffer_span(&typed), &answer);
	if (reply == EDITOR_ANSWERED)
		take_over(&answer);
	else
		keep(hides ? &unsent : &shown, buffer_span(&typed));
	event = reply == EDITOR_FAILED ? INPUT_BROKEN : INPUT_MENDED;
	buffer_free(&typed);
}

static const struct span enter = {"\r", 1};

/* The same as editor_ask, and the editor is told before of the Enter that was obeyed. */
static enum editor_reply
tell_and_ask(enum editor_order what, struct span about, struct editor_answer *answer)
{
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
		if (what == EDITOR_KEYS || (what == EDITOR_PUT_BACK && refused)) /* that it has */
			about.length = 0;
		mend(about);
		*answer = (struct editor_answer){.outcome = {.used = 0}};
		return true;
	case EDITOR_INTERRUPTED:
		break;
	}
	return false;
}

/* Tells the editor of the Enter that was obeyed: it only says that the line is complete. */
static void
tell(void)
{
	struct editor_answer answer;

	untold = false;
	if (order(EDITOR_KEYS, enter, &answer) && event == INPUT_LINE)
		event = INPUT_NONE;
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

/* Puts what was pasted into the line.  What is sent is that, but for controls, which can be seen before. */
static bool
insert_paste(void)
{
	struct span pasted = typed_paste();
	struct editor_answer answer;
	struct buffer text = {0};
	bool done;

	if (ended && !refused)
		buffer_add(&text, "\n", 1);
	filter_controls(pasted.text, pasted.length, &text);
	if ((done = order(EDITOR_INSERT, buffer_span(&text), &answer))) {
		typed_drop_paste();
		ended = false;
	}
	buffer_free(&text);
	return done;
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

/* Has the editor work through the next keys.  False if a signal asks the program to end. */
static bool
work_through(struct span next)
{
	size_t length = buffer_length(&shown), place = cursor;
	struct editor_answer answer;

	if (!order(EDITOR_KEYS, next, &answer))
		return false;
	typed_drop(answer.outcome.used);
	ended = ended && buffer_length(&shown) == length && cursor == place;
	return true;
}

/* Enter where nothing has been typed since a line was refused: it is tried again. */
static bool
try_again(struct span key)
{
	typed_drop(key.length);
	refused = false;
	event = INPUT_LINE;
	return true;
}

/* Enter where it does nothing but send the line: that need not wait until the editor has said so. */
static bool
send_at_once(struct span key)
{
	struct span typed = {input_text(), strlen(input_text())};

	typed_drop(key.length);
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
 * Takes a key: the editor does, unless a line was refused and something else comes first.  Text need not wait until
 * that is put back: so any number of lines can follow it, and each costs what it would otherwise.
 */
static bool
press(struct span key)
{
	bool ends = typed_is_enter(key), text = typed_is_text(key);
	struct editor_answer answer;

	if (refused && !text)
		return give_back();
	if (refused && ends && *input_text() == '\0')
		return try_again(key);
	if (ended && !refused && !amid && text && !ends && *key.text != '\t') { /* which completes nothing */
		ended = false;
		return order(EDITOR_INSERT, (struct span){"\n", 1}, &answer);
	}
	if (sends && !refused && key.length == 1 && *key.text == '\r') /* which is what that is about */
		return send_at_once(key);
	return work_through(typed_keys(refused));
}

bool
input_take_key(struct span *key)
{
	static char taken[TYPED_KEYS_MAX];
	char room[LEGACY_KEY_MAX];
	struct span found;

	if (event != INPUT_NONE || typed_next() != TYPED_KEY)
		return false;
	found = typed_key();
	*key = legacy_key(found, room);
	if (key->length > sizeof taken) /* it is nobody's */
		key->length = sizeof taken;
	memcpy(taken, key->text, key->length);
	typed_drop(found.length);
	key->text = taken;
	return true;
}

void
input_return_key(struct span key)
{
	typed_return(key);
}

bool
input_meets_paste(void)
{
	return typed_meets_paste();
}

bool
input_is_pending(void)
{
	return event != INPUT_NONE || typed_is_pending();
}

bool
input_is_empty(void)
{
	return !typed_is_pasting() && !refused && *input_text() == '\0' && *input_unsent() == '\0';
}

size_t
input_lines(void)
{
	size_t lines = span_count_lines((struct span){input_text(), strlen(input_text())});

	return lines > 0 || input_is_empty() ? lines : 1; /* what an empty one hides is something, too */
}

/* Sees to what comes next.  False if there is nothing, or a signal asks the program to end. */
static bool
see_to_next(void)
{
	switch (typed_next()) {
	case TYPED_NOTHING:
		break;
	case TYPED_KEY:
		return press(typed_key());
	case TYPED_PASTE:
		return insert_paste();
	case TYPED_EVENT:
		event = typed_take_event();
		return true;
	}
	return false;
}

enum input_event
input_next(void)
{
	enum input_event next;

	if (untold && !refused && clock_until(telling) == 0)
		tell();
	while (event == INPUT_NONE && see_to_next())
		;
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

bool
input_set_aside(struct buffer *text, size_t *place)
{
	bool fetched = hides && *input_unsent() != '\0';
	const struct span nothing = {"", 0};
	struct editor_answer answer;

	if (refused && !give_back())
		return false;
	buffer_add(text, fetched ? input_unsent() : input_text(), strlen(fetched ? input_unsent() : input_text()));
	*place = fetched ? buffer_length(text) : cursor;
	if (order(EDITOR_REPLACE, nothing, &answer) && event == INPUT_NONE)
		return true;
	buffer_free(text);
	return false;
}

bool
input_bring_back(struct span text, size_t place)
{
	struct editor_answer answer;
	enum input_event mended;

	if (refused && !give_back())
		return false;
	ended = hides = false;
	keep(&shown, (struct span){"", 0}); /* not to come back where Readline dies of it */
	if (!order(EDITOR_REPLACE, (struct span){text.text + place, text.length - place}, &answer))
		return false;
	mended = event;
	if (!order(EDITOR_PUT_BACK, (struct span){text.text, place}, &answer))
		return false;
	event = mended != INPUT_NONE ? mended : event;
	return true;
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
	typed_take_all_as_text(&rest);
	return buffer_span(&rest);
}

void
input_close(void)
{
	struct buffer *const all[] = {&prompt, &shown, &unsent, &line, &chunk, &view, &rest};

	(void)editor_end();
	typed_free();
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buffer_free(all[i]);
}
