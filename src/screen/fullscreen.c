#include <config.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "screen/attention.h"
#include "screen/fullscreen.h"
#include "base/clock.h"
#include "link/cell.h"
#include "talk/delivery.h"
#include "call/dial.h"
#include "base/fatal.h"
#include "text/filter.h"
#include "screen/help.h"
#include "screen/input.h"
#include "link/link.h"
#include "record/notice.h"
#include "screen/output.h"
#include "screen/pager.h"
#include "screen/pane.h"
#include "record/record.h"
#include "screen/screen.h"
#include "trust/trust.h"
#include "base/signals.h"
#include "text/wrap.h"

#define OUTBOX_MAX ((size_t)1024 * 1024) /* bytes not yet delivered; then a line stays in the input */
#define DELIVER_MS 5000		 /* so long what is on its way is waited for at the end */
#define FRAME_MS 16		 /* the screen is drawn at most so often */
#define CHUNK 65536		 /* read at once */

enum state {
	DIALLING, /* waiting for a caller, or calling */
	SECURING, /* with -t: agreeing on encryption, asking the person */
	TALKING,
	CLOSING, /* one side has ended: what is queued goes out, what is on its way comes in */
	OVER	 /* nobody is there any more, and nobody will be */
};

struct chat {
	const struct options *options;
	char own_label[PEER_NAME_MAX]; /* before one's own lines; safe text */
	int label_width;	       /* of the widest label so far: columns that do not come and go */
	struct dial *dial;
	struct peer peer;     /* from SECURING or TALKING on */
	struct secure secure; /* while SECURING */
	bool asked;	      /* ... and the person has seen its question, and can answer */
	struct buffer draft;  /* what was in the input line then */
	struct link link;     /* while TALKING or CLOSING */
	struct delivery delivery;
	enum state state;
	bool quitting;	  /* the person wants to leave */
	bool failed;	  /* nobody could be called */
	bool done;	  /* the program ends */
	int status;	  /* its exit status then */
	int64_t deadline; /* CLOSING: not beyond this */
	time_t since;	  /* when the conversation began */

	struct record record;
	struct buffer alarms; /* since the peer came; safe lines, said once more if the status is 1 */
	struct pane pane;
	struct buffer partial; /* of a line that is still arriving */
	struct span sending;   /* taken from the input line, and not yet queued */
	struct attention attention;
	pid_t pager;	       /* not 0: the terminal is this one's */
	const char *const *rows; /* the help, or the like, is shown; or NULL */
	bool changed;	       /* something is to be drawn */
	int64_t next_frame;    /* not before then */
};

/* Keeps what has just been said, for the end. */
static void
keep_alarm(struct chat *c)
{
	struct line line = history_line(c->record.history, history_end(c->record.history) - 1);

	buffer_add(&c->alarms, line.text, line.length);
	buffer_add(&c->alarms, "\n", 1);
}

/* Shows a notice, a question or an alarm in the pane, and logs it. */
static void __attribute__((format(printf, 3, 4)))
say(struct chat *c, enum voice voice, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	record_notice(&c->record, voice, format, arguments);
	va_end(arguments);
	if (voice == VOICE_ALARM)
		keep_alarm(c);
	c->changed = true;
}

/* --- The conversation: who is there, what arrives, how it ends. --- */

static bool
is_linked(const struct chat *c)
{
	return c->state == TALKING || c->state == CLOSING;
}

static void
start_dialling(struct chat *c)
{
	char text[512];

	c->state = DIALLING;
	if (c->options->role == ROLE_SERVER || c->options->wait > 0) /* a call can fail at once */
		screen_watch_focus();
	dial_describe(c->dial, text, sizeof text);
	say(c, VOICE_NOTICE, "%s", text);
}

/* Makes room for a label. */
static void
widen(struct chat *c, const char *label)
{
	int width = wrap_measure(label, strlen(label));

	if (width > c->label_width)
		c->label_width = width;
}

/* The peer is gone before there was a conversation. */
static void
give_up(struct chat *c)
{
	c->status = 1;
	c->state = OVER;
	dial_rest(c->dial);
	if (c->options->keep)
		start_dialling(c);
}

static void
start_talking(struct chat *c)
{
	link_init(&c->link, &c->peer);
	if (link_listen(&c->link, LINK_PIPE, false, NULL) == -1) {
		say(c, VOICE_ALARM, "%s cannot be listened to: %s", c->peer.name, strerror(errno));
		link_close(&c->link);
		give_up(c);
		return;
	}
	confine_speaker(true);
	history_set_speaker(c->record.history, c->peer.host);
	widen(c, c->peer.host);
	c->state = TALKING;
	c->since = c->record.now;
	delivery_begin(&c->delivery, &c->record);
}

static void
say_secure(void *context, enum voice voice, const char *text)
{
	say(context, voice, "%s", text);
}

/* Does what follows from where agreeing on encryption has got to. */
static void
follow_securing(struct chat *c, enum secure_state state)
{
	if (state == SECURE_DONE)
		start_talking(c);
	else if (state == SECURE_FAILED)
		give_up(c);
	c->changed = true;
}

/* A step of agreeing on encryption.  A question comes into view, whatever was looked at. */
static void
step_securing(struct chat *c)
{
	enum secure_state before = c->secure.state, state = secure_step(&c->secure);

	if (state == before)
		return;
	if (state == SECURE_ASKING) {
		secure_ask(&c->secure);
		pane_to_end(&c->pane);
		c->rows = NULL;
	}
	follow_securing(c, state);
}

/* Whether keys that have been pressed are still to be read or worked through. */
static bool
has_keys(void)
{
	struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};

	return input_is_pending() || poll(&keyboard, 1, 0) != 0;
}

/*
 * Lets the person answer from now on, once the question is on the terminal (with the pager there, it is
 * still to be drawn) and what was typed before is in the input line, where it is no answer.
 */
static void
await_answer(struct chat *c)
{
	if (c->state != SECURING || c->secure.state != SECURE_ASKING || c->asked)
		return;
	if (c->changed || output_is_behind() || has_keys())
		return;
	c->asked = true;
	c->changed = true;
	buffer_free(&c->draft);
	buffer_add(&c->draft, input_text(), strlen(input_text()));
}

/* Takes a line for the answer to the question, unless it was begun before: that has to be looked at. */
static void
answer_question(struct chat *c, struct span line)
{
	size_t drafted = buffer_length(&c->draft);
	bool begun_before = drafted > 0 && line.length >= drafted &&
			    memcmp(line.text, buffer_data(&c->draft), drafted) == 0;

	buffer_free(&c->draft);
	if (begun_before) {
		say(c, VOICE_QUESTION, "that was begun before the question, is it the answer? then once more");
		input_put_back();
	} else {
		follow_securing(c, secure_answer(&c->secure, line.text, line.length));
	}
}

/* Somebody is there. */
static void
meet(struct chat *c, const struct peer *peer)
{
	c->peer = *peer;
	buffer_drop(&c->alarms, buffer_length(&c->alarms));
	screen_watch_focus();
	say(c, VOICE_NOTICE, c->options->role == ROLE_SERVER ? "%s has called" : "connected to %s", peer->name);
	if (!c->options->tls) {
		start_talking(c);
		return;
	}
	c->state = SECURING;
	c->asked = false;
	secure_begin(&c->secure, c->options, c->dial, &c->peer, say_secure, c);
	step_securing(c); /* a client has to say something first */
}

/* One side has ended; the other gets what is on its way, for a while. */
static void
start_closing(struct chat *c)
{
	link_finish(&c->link);
	c->state = CLOSING;
	c->deadline = clock_now() + DELIVER_MS;
	c->changed = true;
}

/* Whether closing has come to its end: all has arrived, or cannot any more, or not in time. */
static bool
is_closed(struct chat *c)
{
	if (clock_until(c->deadline) == 0)
		return true;
	if (link_can_deliver(&c->link))
		return false;
	/* With nothing to deliver, the peer's farewell is waited for not quite so long. */
	return c->link.ending.how != ENDING_NONE ||
	       clock_until(c->deadline) < DELIVER_MS - LINK_LINGER_MS;
}

/* Nothing more of a line will arrive: it ends where it is. */
static void
end_line(struct chat *c)
{
	if (buffer_length(&c->partial) == 0)
		return;
	buffer_add(&c->partial, "\n", 1);
	record_lines(&c->record, VOICE_PEER, &c->partial, 0);
}

/* The connection is done with. */
static void
close_link(struct chat *c)
{
	bool orderly = c->link.ending.how == ENDING_NONE || c->link.ending.how == ENDING_LEFT;
	size_t lost;

	end_line(c);
	lost = delivery_settle(&c->delivery, &c->link, &c->record);
	if (lost > 0)
		say(c, VOICE_ALARM, "%zu line%s not delivered", lost, lost == 1 ? " was" : "s were");
	c->status = orderly && lost == 0 ? 0 : 1;
	link_close(&c->link);
	c->state = OVER;
	c->changed = true;
}

/* Closes the link, and goes on with what comes next. */
static void
hang_up(struct chat *c)
{
	close_link(c);
	if (c->quitting)
		c->done = true;
	else if (c->options->keep)
		start_dialling(c);
}

/* The person leaves: at once if there is nothing to wait for, or if told twice. */
static void
leave(struct chat *c)
{
	c->quitting = true;
	if (c->state == TALKING)
		start_closing(c);
	else if (c->state == CLOSING)
		hang_up(c);
	else
		c->done = true;
}

/* The listener has ended, and with it the conversation. */
static void
listener_ended(struct chat *c)
{
	char text[512];

	end_line(c); /* it was killed in the middle of one */
	link_listener_ended(&c->link);
	link_describe_ending(&c->link, text, sizeof text);
	say(c, c->link.ending.how == ENDING_LEFT ? VOICE_NOTICE : VOICE_ALARM, "%s", text);
	if (c->state == TALKING)
		start_closing(c);
}

/* Reads what the listener lets through. */
static void
read_lines(struct chat *c)
{
	ssize_t n = read(c->link.lines, buffer_reserve(&c->partial, CHUNK), CHUNK);

	if (n > 0) {
		buffer_grow(&c->partial, (size_t)n);
		attention_lines(&c->attention,
				record_lines(&c->record, VOICE_PEER, &c->partial, 0),
				c->pane.following);
		c->changed = true;
		if (buffer_length(&c->partial) > FILTER_LINE_MAX) /* the filter makes none so long */
			link_stop_listening(&c->link);
	} else if (n == 0) {
		listener_ended(c);
	} else if (errno != EINTR && errno != EAGAIN) {
		fatal("cannot read what arrives");
	}
}

/* The same while lingering: nobody sees the lines any more, but they are in the log. */
static void
take_lines(void *context)
{
	struct chat *c = context;

	read_lines(c);
	notice_flush_log(c->record.log);
}

/* Goes on with dialling. */
static void
step_dialling(struct chat *c)
{
	struct peer peer;

	switch (dial_step(c->dial, &peer)) {
	case DIAL_PENDING:
		break;
	case DIAL_CONNECTED:
		meet(c, &peer);
		break;
	case DIAL_TROUBLED:
		say(c, VOICE_ALARM, "%s", dial_error(c->dial));
		break;
	case DIAL_FAILED:
		c->failed = true;
		c->status = 1;
		c->done = true;
		break;
	}
}

/* --- The keyboard. --- */

/* Shows one's own lines, made safe as the peer's are: a paste can hold anything. */
static void
show_own(struct chat *c, struct span lines)
{
	const char *line = lines.text, *end = lines.text + lines.length, *lf;
	uint64_t stream_end = c->link.queued - lines.length;
	struct buffer safe = {0};

	for (; line < end; line = lf + 1) {
		lf = memchr(line, '\n', (size_t)(end - line));
		stream_end += (size_t)(lf + 1 - line);
		filter_text(line, (size_t)(lf + 1 - line), FILTER_LINE_MAX, &safe);
		record_lines(&c->record, VOICE_SELF, &safe, stream_end);
	}
	buffer_free(&safe);
}

/* Sends the line that was typed; pasted, it can be several. */
static void
send_line(struct chat *c)
{
	struct span line = input_line();
	size_t held = buffer_length(&c->link.outbox);

	if (c->state == SECURING && c->asked) {
		answer_question(c, line);
	} else if (c->state == SECURING && c->secure.state == SECURE_ASKING) {
		say(c, VOICE_QUESTION, "that was typed before the question: it stays in the input line");
		input_put_back();
	} else if (c->state != TALKING) {
		say(c, VOICE_NOTICE, "nobody is there to read that: it stays in the input line");
		input_put_back();
	} else if (held > 0 && held + line.length > OUTBOX_MAX) {
		say(c, VOICE_NOTICE, "%s takes nothing and the queue is full: that stays in the input line",
		    c->link.peer.name);
		input_put_back();
	} else {
		c->sending = line;
		link_send(&c->link, line.text, line.length);
		c->sending.length = 0;
		show_own(c, line);
		pane_to_end(&c->pane);
	}
}

/* Puts the screen away while stopped: by a signal, or by a key, which is meant for the whole job. */
static void
suspend(struct chat *c, bool job)
{
	screen_suspend();
	if (job)
		signals_stop_job();
	else
		signals_obey(SIGTSTP);
	screen_resume();
	c->changed = true;
}

static void
say_no_pager(struct chat *c, int cause)
{
	say(c, VOICE_ALARM, "cannot start the pager %s: %s", pager_command(), strerror(cause));
}

static void
start_pager(struct chat *c)
{
	screen_suspend();
	signals_ignore_interrupt(true);
	c->asked = false; /* what is typed meanwhile is for the pager */
	c->pager = pager_start(c->record.history, c->own_label);
	if (c->pager != -1)
		return;
	c->pager = 0;
	say_no_pager(c, errno);
	signals_ignore_interrupt(false);
	screen_resume();
}

/* Whom one talks to, or is asked about; NULL: nobody is there. */
static const struct peer *
peer_of(const struct chat *c)
{
	if (is_linked(c))
		return &c->link.peer;
	return c->state == SECURING && c->secure.state == SECURE_ASKING ? &c->peer : NULL;
}

static void
obey_key(struct chat *c, enum input_event event)
{
	int page = c->pane.height > 1 ? c->pane.height - 1 : 1;

	switch (event) {
	case INPUT_NONE:
		break;
	case INPUT_LINE:
		send_line(c);
		break;
	case INPUT_LEAVE:
		leave(c);
		break;
	case INPUT_PAGE_UP:
		pane_scroll(&c->pane, -page);
		break;
	case INPUT_PAGE_DOWN:
		pane_scroll(&c->pane, page);
		break;
	case INPUT_TO_START:
		pane_to_start(&c->pane);
		break;
	case INPUT_TO_END:
		pane_to_end(&c->pane);
		break;
	case INPUT_HELP:
		c->rows = help_rows;
		break;
	case INPUT_PAGER:
		start_pager(c);
		break;
	case INPUT_SECRECY:
		c->rows = secure_rows(peer_of(c));
		break;
	case INPUT_REDRAW:
		screen_forget();
		break;
	case INPUT_SUSPEND:
		suspend(c, true);
		break;
	case INPUT_FOCUS_IN:
		c->attention.focused = true;
		break;
	case INPUT_FOCUS_OUT:
		c->attention.focused = false;
		break;
	}
}

/* Does what the keys ask for; what follows a key that starts the pager is kept for afterwards. */
static void
obey_keys(struct chat *c)
{
	enum input_event event;

	do {
		bool closes = c->rows != NULL && input_is_pending();

		event = input_next();
		/* Any key closes the help, F1 too; that the window's focus goes or comes is no key. */
		if (closes && event != INPUT_FOCUS_IN && event != INPUT_FOCUS_OUT)
			c->rows = NULL;
		if (!closes || (event != INPUT_HELP && event != INPUT_SECRECY))
			obey_key(c, event);
	} while (event != INPUT_NONE && !c->done && c->pager == 0);
	c->changed = true;
}

static void
read_keys(struct chat *c)
{
	static char keys[CHUNK];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

	if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN)) /* the terminal is gone */
		c->done = true;
	if (n <= 0)
		return;
	input_feed(keys, (size_t)n);
	obey_keys(c);
}

/* The pager has ended: the terminal is ours again, and the keys that were typed before. */
static void
take_terminal_back(struct chat *c, int cause)
{
	c->pager = 0;
	signals_ignore_interrupt(false);
	screen_resume();
	if (cause != 0)
		say_no_pager(c, cause);
	obey_keys(c);
}

/* --- The screen. --- */

/* The left side of the status bar: who, how it goes, and more. */
static void
describe_state(const struct chat *c, struct bar *bar)
{
	size_t undelivered;
	struct tm tm;

	strlcpy(bar->name, c->peer.host, sizeof bar->name);
	strlcpy(bar->port, c->peer.port, sizeof bar->port);
	switch (c->state) {
	case DIALLING:
		dial_describe(c->dial, bar->name, sizeof bar->name);
		*bar->port = '\0';
		break;
	case SECURING:
		strlcpy(bar->state, c->asked ? "yes or no?" : "agreeing on encryption",
			sizeof bar->state);
		break;
	case TALKING:
		if (delivery_is_stalled(&c->delivery, &c->link)) {
			strlcpy(bar->state, c->link.unanswered ? "no answer" : "does not read",
				sizeof bar->state);
			snprintf(bar->detail, sizeof bar->detail, "%zu KiB queued",
				 buffer_length(&c->link.outbox) / 1024 + 1);
		} else {
			strlcpy(bar->state, c->peer.secrecy, sizeof bar->state);
			strftime(bar->detail, sizeof bar->detail, "since %H:%M", localtime_r(&c->since, &tm));
		}
		break;
	case CLOSING:
		undelivered = link_undelivered_count(&c->link);
		if (undelivered > 0) {
			snprintf(bar->state, sizeof bar->state, "waiting to deliver %zu line%s", undelivered,
				 undelivered == 1 ? "" : "s");
			strlcpy(bar->detail, "Ctrl-D gives up", sizeof bar->detail);
		} else {
			strlcpy(bar->state, "hanging up", sizeof bar->state);
		}
		break;
	case OVER:
		strlcpy(bar->state, c->status == 0 ? "over" : "failed", sizeof bar->state);
		strlcpy(bar->detail, "Ctrl-D leaves", sizeof bar->detail);
		break;
	}
}

/* The right side of the status bar: what is not in view, or how to learn more. */
static void
describe_view(const struct chat *c, struct bar *bar)
{
	uint64_t unseen = pane_unseen(&c->pane);
	uint64_t lines = history_end(c->record.history) - c->delivery.first_line;

	if (unseen > 0)
		snprintf(bar->news, sizeof bar->news, "%" PRIu64 " new below", unseen);
	else if (!c->pane.following)
		strlcpy(bar->news, "scrolled back", sizeof bar->news);
	if (!c->pane.following)
		strlcpy(bar->key, "Ctrl-PgDn", sizeof bar->key);
	else if (lines <= 2)
		strlcpy(bar->tip, "F1 help", sizeof bar->tip);
}

static void
draw(struct chat *c)
{
	struct bar bar = {.name = ""};
	struct scene scene = {
		.pane = &c->pane,
		.own_label = c->own_label,
		.label_width = c->label_width,
		.marks = link_knows_acknowledged(),
		.sent = link_sent(&c->link),
		.acknowledged = c->delivery.acknowledged,
		.bar = &bar,
		.help = c->rows,
		.input = input_view(),
	};

	describe_state(c, &bar);
	describe_view(c, &bar);
	attention_show(&c->attention, c->pane.following, is_linked(c) ? c->peer.host : "");
	screen_draw(&scene);
	c->changed = false;
	c->next_frame = clock_now() + FRAME_MS;
}

/* Whether there is something to draw, on a terminal that is ours and has taken the last frame. */
static bool
wants_drawing(const struct chat *c)
{
	return c->changed && c->pager == 0 && !output_is_behind();
}

/* --- Everything at once. --- */

/* Does what follows from the signals that have arrived. */
static void
heed_signals(struct chat *c)
{
	bool paging = c->pager != 0;
	int cause;

	if (signals_take(SIGWINCH) && !paging) {
		screen_resize();
		screen_forget(); /* the size may be as it was, and what the terminal shows not */
		c->changed = true;
	}
	if (signals_take(SIGTSTP)) {
		if (paging)
			signals_obey(SIGTSTP);
		else
			suspend(c, false);
	}
	if (signals_take(SIGCHLD) && c->pager != 0 && pager_has_ended(c->pager, &cause))
		take_terminal_back(c, cause);
}

/* Waits until something happens, and sees to it. */
static void
turn(struct chat *c)
{
	enum { KEYBOARD, SCREEN, LINES, SOCKET, OTHERS };
	struct pollfd fds[SOCKET + SECURE_FDS];
	bool listening = is_linked(c) && c->link.ending.how == ENDING_NONE;
	bool paging = c->pager != 0;
	int timeout = input_timeout();
	struct peer other;
	nfds_t count;

	if (wants_drawing(c))
		timeout = clock_sooner(timeout, clock_until(c->next_frame));
	if (c->state == CLOSING || (c->state == TALKING && delivery_is_pending(&c->delivery, &c->link)))
		timeout = clock_sooner(timeout, LINK_ACKNOWLEDGE_MS);
	fds[KEYBOARD] = (struct pollfd){.fd = paging ? -1 : STDIN_FILENO, .events = POLLIN};
	fds[SCREEN] = (struct pollfd){.fd = output_is_behind() ? output_descriptor() : -1,
				      .events = POLLOUT};
	fds[LINES] = (struct pollfd){.fd = listening ? c->link.lines : -1, .events = POLLIN};
	fds[SOCKET] = (struct pollfd){
		.fd = is_linked(c) && link_is_waiting(&c->link) ? c->link.peer.socket : -1,
		.events = POLLOUT};
	if (c->state == SECURING)
		count = SOCKET + secure_poll(&c->secure, fds + SOCKET, &timeout);
	else
		count = OTHERS + dial_poll(c->dial, fds + OTHERS, &timeout);
	signals_poll(fds, count, timeout);

	record_tick(&c->record);
	if (fds[KEYBOARD].revents != 0)
		read_keys(c);
	else if (input_timeout() == 0 && c->pager == 0)
		obey_keys(c);
	if (c->done)
		return;
	if (fds[SCREEN].revents != 0)
		output_flush();
	if (fds[LINES].revents != 0)
		read_lines(c);
	if (is_linked(c) && fds[SOCKET].revents != 0)
		link_flush(&c->link);
	if (is_linked(c) && delivery_check(&c->delivery, &c->link))
		c->changed = true;
	if (c->state == CLOSING && is_closed(c))
		hang_up(c);
	if (c->state == SECURING)
		step_securing(c);
	if (c->state == DIALLING)
		step_dialling(c);
	else if (c->state != SECURING && dial_refuse(c->dial, &other))
		say(c, VOICE_NOTICE, DIAL_BUSY, other.name);
	record_flush(&c->record);
	if (wants_drawing(c) && clock_until(c->next_frame) == 0)
		draw(c);
	await_answer(c);
}

/* Says on standard error what was typed and not sent: lines of it, if it was pasted. */
static void
report_unsent(const char *typed, size_t length)
{
	struct buffer text = {0};
	char *next, *line;

	if (length > 0 && typed[length - 1] == '\n') /* nothing follows */
		length--;
	if (length == 0)
		return;
	filter_text(typed, length, SIZE_MAX, &text);
	buffer_add(&text, "", 1);
	for (next = buffer_data(&text); (line = strsep(&next, "\n")) != NULL;)
		warnx("not sent: %s", line);
	buffer_free(&text);
}

/* Says on standard error what went wrong; the screen that has shown it is gone. */
static void
report_alarms(const struct chat *c)
{
	const char *text = buffer_data(&c->alarms), *end = text + buffer_length(&c->alarms), *lf;

	for (; text < end; text = lf + 1) {
		lf = memchr(text, '\n', (size_t)(end - text));
		warnx("%.*s", (int)(lf - text), text);
	}
}

/* Says on standard error what is not said otherwise when the program ends. */
static void
report(const struct chat *c)
{
	struct span rest;

	if (c->status != 0)
		report_alarms(c);
	delivery_report(&c->delivery);
	report_unsent(input_text(), strlen(input_text()));
	rest = input_rest();
	report_unsent(rest.text, rest.length);
}

static struct chat *talking; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	struct chat *c = talking;

	screen_close();
	record_free(&c->record); /* so that there is memory for what follows */
	if (is_linked(c))
		delivery_note_lost(&c->delivery, &c->link, c->record.log);
	if (c->sending.length > 0)
		report_unsent(c->sending.text, c->sending.length);
	report(c);
	log_flush(c->record.log);
}

int
chat_run(const struct options *options, struct log *log)
{
	struct chat c = {.options = options};
	char error[512];

	if ((c.dial = dial_new(options, error, sizeof error)) == NULL) {
		notice(log, "%s", error);
		return 1;
	}
	filter_string(options->name != NULL ? options->name : "you", c.own_label, sizeof c.own_label);
	widen(&c, c.own_label);
	input_open();
	if (!screen_open())
		fatal("cannot use the terminal %s", getenv("TERM"));
	record_init(&c.record, options->history, log);
	pane_init(&c.pane, c.record.history);
	attention_init(&c.attention, options->bell);
	if (options->tls)
		secure_introduce(options, say_secure, &c);
	if (confine_missing() != NULL)
		say(&c, VOICE_NOTICE, CONFINE_MISSING, confine_missing());
	talking = &c;
	fatal_first(last_words);
	start_dialling(&c);
	while (!c.done && signals_deadly() == 0) {
		turn(&c);
		heed_signals(&c); /* also those that came while the end of a listener was waited for */
	}
	if (c.pager != 0)
		pager_stop(c.pager);
	screen_close();

	if (c.state == SECURING) {
		c.status = c.secure.state == SECURE_ASKING; /* before that it is as if nobody had answered */
		secure_refuse(&c.secure, "");
	}
	if (is_linked(&c)) {
		link_linger(&c.link, take_lines, &c);
		close_link(&c);
	}
	if (c.failed)
		notice(log, "%s", dial_error(c.dial));
	report(&c);
	fatal_first(NULL);
	notice_flush_log(log);
	dial_free(c.dial);
	record_free(&c.record);
	buffer_free(&c.partial);
	buffer_free(&c.draft);
	buffer_free(&c.alarms);
	delivery_free(&c.delivery);
	input_close();
	return c.status;
}
