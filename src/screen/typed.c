#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "screen/keys.h"
#include "screen/legacy.h"
#include "screen/typed.h"
#include "screen/wheel.h"
#include "text/filter.h"
#include "text/utf8.h"

#define PASTE_GAP_MS 5000 /* the bytes of a paste follow each other faster, over a network that loses some, too */
#define NOTCH 3		  /* arrow keys at once that are no keys */
#define NOTCH_MS 50	  /* they follow each other faster, over a network that holds keys back, too */
#define TURNING_MS 100	  /* ... and the notches of a wheel that is being turned */
#define STRING_MAX 4096	  /* bytes of what is no key that are held until it ends */

static struct buffer arrived;	/* from the terminal: a character that is not yet complete */
static struct buffer keys;	/* complete characters, not yet worked through */
static int64_t fed;		/* when the last of them came */
static bool tells_releases;	/* the terminal does, by kitty's keyboard protocol: so the wheel is told from keys */
static int64_t turning_deadline; /* until then arrow keys are the wheel, as it is being turned */
static int turned;		/* how far since the last notch, in arrow keys; upwards, if negative */
static struct buffer paste;	/* what is being pasted */
static bool pasting, has_pasted; /* ... and all of it has come */
static int64_t paste_deadline;
static enum input_event event;	/* what the terminal has said, and was not taken */

/* What it says by itself: xterm's control sequences. */
static const char paste_begin[] = KEYS_PASTE_BEGINS, paste_end[] = "\033[201~";
static const char focus_in[] = "\033[I", focus_out[] = "\033[O", mouse[] = "\033[<";

void
typed_feed(const char *bytes, size_t length)
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
typed_timeout(void)
{
	int patience;

	if (pasting)
		return clock_until(paste_deadline);
	patience = patience_with(buffer_span(&keys));
	return patience > 0 ? clock_until(fed + patience) : -1;
}

static bool
is_same(struct span text, const char *sequence)
{
	return text.length > 0 && text.length == strlen(sequence) && memcmp(text.text, sequence, text.length) == 0;
}

/* --- Pasting. --- */

static void
start_pasting(void)
{
	pasting = true;
	paste_deadline = clock_now() + PASTE_GAP_MS;
}

/* Moves bytes from the keys to the paste, up to its end.  Returns whether that has come. */
static bool
go_on_pasting(void)
{
	const char *bytes = buffer_data(&keys);
	size_t length = buffer_length(&keys), end_length = sizeof paste_end - 1;
	const char *end = length > 0 ? memmem(bytes, length, paste_end, end_length) : NULL;
	bool is_late = clock_until(paste_deadline) == 0;
	size_t taken = length;

	if (end != NULL) {
		taken = (size_t)(end - bytes);
	} else if (!is_late) {
		/* What may be the beginning of the end stays, to be looked at with what follows it. */
		taken = length < end_length ? 0 : length - (end_length - 1);
	}
	buffer_add(&paste, bytes, taken);
	buffer_drop(&keys, taken + (end != NULL ? end_length : 0));
	return end != NULL || is_late;
}

struct span
typed_paste(void)
{
	return buffer_span(&paste);
}

void
typed_drop_paste(void)
{
	buffer_free(&paste);
	pasting = has_pasted = false;
}

/* --- What the terminal says by itself. --- */

static bool
is_of_mouse(struct span text)
{
	return text.length >= sizeof mouse && memcmp(text.text, mouse, sizeof mouse - 1) == 0 &&
	       strchr("Mm", text.text[text.length - 1]) != NULL; /* else it was broken off */
}

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
	text[2] = '0'; /* no word begins so */
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

/* Whether it is what the terminal answers, although it was not asked: of a form that no key has. */
static bool
is_answer(struct span key)
{
	return key.length > 2 && key.text[1] == '[' && strchr("=>?", key.text[2]) != NULL;
}

/* Whether something is neither a key nor a report: an answer, a string, or that a key was let go. */
static bool
is_nothing(struct span key, enum key_kind kind)
{
	char room[LEGACY_KEY_MAX];

	return kind == KEY_STRING || (kind == KEY_SEQUENCE && is_answer(key)) || legacy_key(key, room).length == 0;
}

/* Drops what is nothing before the next key. */
static void
drop_nothing(void)
{
	enum key_kind kind;
	struct span key;

	while ((key = key_at(0, &kind)).length > 0 && is_nothing(key, kind)) {
		tells_releases |= kind == KEY_SEQUENCE && !is_answer(key);
		buffer_drop(&keys, key.length);
	}
	if (key.length == 0 && kind == KEY_STRING)
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

enum typed_kind
typed_next(void)
{
	enum key_kind kind;
	struct span next;

	while (!pasting) {
		if (event == INPUT_NONE)
			take_wheel();
		drop_nothing();
		if (event != INPUT_NONE)
			return TYPED_EVENT;
		next = key_at(0, &kind);
		if (next.length == 0)
			return TYPED_NOTHING;
		if (!is_report(next))
			return TYPED_KEY;
		take_report(next);
	}
	has_pasted = has_pasted || go_on_pasting();
	return has_pasted ? TYPED_PASTE : TYPED_NOTHING;
}

enum input_event
typed_take_event(void)
{
	enum input_event taken = event;

	event = INPUT_NONE;
	return taken;
}

/* --- Keys. --- */

struct span
typed_key(void)
{
	enum key_kind kind;

	return key_at(0, &kind);
}

/* The first character of a key in the form that it always had, if it is one; 0: it is another key. */
static unsigned char
character_of(struct span key)
{
	char room[LEGACY_KEY_MAX];
	struct span plain = legacy_key(key, room);

	return plain.length > 0 ? (unsigned char)*plain.text : 0;
}

bool
typed_is_enter(struct span key)
{
	unsigned char c = character_of(key);

	return c == '\r' || c == '\n';
}

bool
typed_is_text(struct span key)
{
	unsigned char c = character_of(key);

	return (c >= 0x20 && c != 0x7F) || c == '\t' || c == '\r' || c == '\n';
}

/* Whether what is at some place among those that wait is to be looked at when it is the first. */
static bool
may_be_wheel(size_t place)
{
	struct wheel wheel = wheel_examine((struct span){buffer_data(&keys) + place, buffer_length(&keys) - place});

	return wheel.length > 0 && (tells_releases || wheel.tells_more);
}

struct span
typed_keys(bool text_alone)
{
	struct span next = typed_key(), key;
	enum key_kind kind;

	while (next.length < TYPED_KEYS_MAX && (key = key_at(next.length, &kind)).length > 0 &&
	       kind != KEY_STRING && !is_report(key) && !may_be_wheel(next.length) &&
	       (!text_alone || typed_is_text(key)))
		next.length += key.length;
	return next;
}

void
typed_drop(size_t length)
{
	turning_deadline = 0;
	buffer_drop(&keys, length);
}

void
typed_return(struct span key)
{
	struct buffer rest = keys;

	keys = (struct buffer){0};
	buffer_add(&keys, key.text, key.length);
	buffer_add(&keys, buffer_data(&rest), buffer_length(&rest));
	buffer_free(&rest);
}

bool
typed_is_pending(void)
{
	if (!pasting)
		drop_nothing();
	return event != INPUT_NONE || pasting || buffer_length(&keys) > 0;
}

bool
typed_is_pasting(void)
{
	return pasting;
}

bool
typed_meets_paste(void)
{
	enum key_kind kind;

	return pasting || is_same(key_at(0, &kind), paste_begin);
}

/* --- As text. --- */

/* Adds the keys that wait, up to a paste, if one is among them, in the form in which they are text. */
void
typed_take_keys_as_text(struct buffer *text)
{
	struct buffer plain = {0};

	while (buffer_length(&keys) > 0) {
		struct span key = {buffer_data(&keys), keys_examine(buffer_span(&keys)).length}, old;
		char room[LEGACY_KEY_MAX];

		if (is_same(key, paste_begin))
			break;
		old = legacy_key(key, room);
		buffer_add(&plain, old.text, old.length);
		buffer_drop(&keys, key.length);
	}
	buffer_add(&plain, buffer_data(&keys), buffer_length(&keys));
	buffer_drop(&keys, buffer_length(&keys));
	filter_controls(buffer_data(&plain), buffer_length(&plain), text);
	buffer_free(&plain);
}

void
typed_take_all_as_text(struct buffer *text)
{
	if (pasting) { /* what has come since is a part of it */
		buffer_add(&paste, buffer_data(&keys), buffer_length(&keys));
		buffer_drop(&keys, buffer_length(&keys));
		filter_controls(buffer_data(&paste), buffer_length(&paste), text);
		typed_drop_paste();
	}
	typed_take_keys_as_text(text);
	filter_controls(buffer_data(&arrived), buffer_length(&arrived), text);
	buffer_drop(&arrived, buffer_length(&arrived));
}

void
typed_free(void)
{
	buffer_free(&arrived);
	buffer_free(&keys);
	buffer_free(&paste);
}
