#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chat.h"
#include "clock.h"
#include "dial.h"
#include "fatal.h"
#include "history.h"
#include "input.h"
#include "link.h"
#include "notice.h"
#include "pane.h"
#include "screen.h"
#include "signals.h"

#define HISTORY_LINES 10000
#define OUTBOX_MAX (1024 * 1024) /* bytes typed and not yet sent; then a line stays in the input */
#define FRAME_MS 16		 /* the screen is drawn at most so often */
#define CHUNK 65536		 /* read at once */

enum state {
	DIALLING, /* waiting for a caller, or calling */
	TALKING,
	CLOSING, /* one side has ended: what is queued goes out, what is on its way comes in */
	OVER	 /* nobody is there any more, and nobody will be */
};

struct chat {
	const struct options *options;
	struct log *log;
	struct dial *dial;
	struct link link; /* while TALKING or CLOSING */
	enum state state;
	bool quitting;	  /* the person wants to leave */
	bool done;	  /* the program ends */
	int status;	  /* its exit status then */
	int64_t deadline; /* CLOSING: for no longer than this */
	time_t since;	  /* when the conversation began */

	struct history *history;
	struct pane pane;
	struct buffer partial; /* of a line that is still arriving */
	bool changed;	       /* something is to be drawn */
	int64_t next_frame;    /* not before then */
};

/* Shows a notice in the pane, and logs it. */
static void __attribute__((format(printf, 2, 3)))
say(struct chat *c, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	history_add(c->history, VOICE_NOTICE, time(NULL), text, strlen(text));
	log_line(c->log, VOICE_NOTICE, text, strlen(text));
	c->changed = true;
}

static void
flush_log(struct chat *c)
{
	int cause = log_flush(c->log);

	if (cause != 0)
		say(c, "cannot write to the log; the conversation goes on without it: %s",
		    strerror(cause));
}

/* --- The conversation: who is there, what arrives, how it ends. --- */

static void
start_dialling(struct chat *c)
{
	char text[512];

	c->state = DIALLING;
	dial_describe(c->dial, text, sizeof text);
	say(c, "%s", text);
}

static void
start_talking(struct chat *c, const struct peer *peer)
{
	link_init(&c->link, peer);
	if (link_listen(&c->link, LINK_PIPE, false, NULL) == -1)
		fatal("cannot start the listener");
	c->state = TALKING;
	c->since = time(NULL);
	say(c, c->options->role == ROLE_SERVER ? "%s has called" : "connected to %s", peer->name);
}

/* One side has ended; the other gets what is on its way, for a while. */
static void
start_closing(struct chat *c)
{
	link_finish(&c->link);
	c->state = CLOSING;
	c->deadline = clock_now() + LINK_LINGER_MS;
	c->changed = true;
}

/* The connection is done with: says what was lost, and what comes next. */
static void
hang_up(struct chat *c)
{
	size_t unsent = link_unsent_lines(&c->link);

	if (unsent > 0)
		say(c, "%zu line%s not delivered", unsent, unsent == 1 ? " was" : "s were");
	c->status = unsent > 0 || (c->link.ending.how != ENDING_NONE &&
				   c->link.ending.how != ENDING_LEFT);
	link_close(&c->link);
	c->state = OVER;
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

/* Moves the lines that are complete in the buffer to the history and the log. */
static void
add_lines(struct chat *c, enum voice voice, struct buffer *lines)
{
	const char *text = buffer_data(lines), *end = text + buffer_length(lines), *lf;
	time_t now = time(NULL);

	for (; (lf = memchr(text, '\n', (size_t)(end - text))) != NULL; text = lf + 1) {
		history_add(c->history, voice, now, text, (size_t)(lf - text));
		log_line(c->log, voice, text, (size_t)(lf - text));
	}
	buffer_drop(lines, (size_t)(text - buffer_data(lines)));
	c->changed = true;
}

/* The listener has ended, and with it the conversation. */
static void
listener_ended(struct chat *c)
{
	char text[512];

	if (buffer_length(&c->partial) > 0) { /* it was killed in the middle of a line */
		buffer_add(&c->partial, "\n", 1);
		add_lines(c, VOICE_PEER, &c->partial);
	}
	link_listener_ended(&c->link);
	link_describe_ending(&c->link, text, sizeof text);
	say(c, "%s", text);
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
		add_lines(c, VOICE_PEER, &c->partial);
	} else if (n == 0 || errno != EINTR) {
		listener_ended(c);
	}
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
		start_talking(c, &peer);
		break;
	case DIAL_FAILED:
		c->status = 1;
		c->done = true;
		break;
	}
}

/* --- The keyboard. --- */

/* Shows one's own line: as the other side would, should it be no more careful than this one. */
static void
show_own(struct chat *c, struct span line)
{
	struct filter filter;
	struct buffer lines = {0};
	struct span safe;

	filter_init(&filter);
	for (const char *next = line.text, *end = next + line.length;
	     (safe = filter_next(&filter, &next, end)).length > 0;)
		buffer_add(&lines, safe.text, safe.length);
	add_lines(c, VOICE_SELF, &lines);
	buffer_free(&lines);
}

/* Sends the line that was typed; pasted, it can be several. */
static void
send_line(struct chat *c)
{
	struct span line = input_line();

	if (c->state != TALKING) {
		say(c, "nobody is there to read that: it stays in the input line");
		input_put_back();
		return;
	}
	if (buffer_length(&c->link.outbox) + line.length > OUTBOX_MAX) {
		say(c, "too much is waiting to be sent: what you typed stays in the input line");
		input_put_back();
		return;
	}
	link_send(&c->link, line.text, line.length);
	show_own(c, line);
	pane_to_end(&c->pane);
}

static void
suspend(struct chat *c)
{
	screen_suspend();
	signals_obey(SIGTSTP);
	screen_resume();
	c->changed = true;
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
	case INPUT_REDRAW:
		screen_forget();
		break;
	case INPUT_SUSPEND:
		suspend(c);
		break;
	}
}

/* Does what the keys ask for. */
static void
obey_keys(struct chat *c)
{
	enum input_event event;

	while (!c->done && (event = input_next()) != INPUT_NONE)
		obey_key(c, event);
	c->changed = true;
}

static void
read_keys(struct chat *c)
{
	static char keys[CHUNK];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

	if (n > 0) {
		input_feed(keys, (size_t)n);
		obey_keys(c);
	} else if (n == 0 || errno != EINTR) { /* the terminal is gone */
		leave(c);
		c->done = true;
	}
}

/* --- The screen. --- */

/* The left side of the status bar: who, since when, state. */
static void
describe(const struct chat *c, char *status, size_t size)
{
	const char *name = c->link.peer.name;
	char since[8];
	struct tm tm;

	strftime(since, sizeof since, "%H:%M", localtime_r(&c->since, &tm));
	switch (c->state) {
	case DIALLING:
		dial_describe(c->dial, status, size);
		break;
	case TALKING:
		snprintf(status, size, "%s \u00b7 since %s", name, since);
		break;
	case CLOSING:
		snprintf(status, size, "%s \u00b7 hanging up", name);
		break;
	case OVER:
		snprintf(status, size, "%s \u00b7 over \u00b7 Ctrl-D leaves", name);
		break;
	}
}

static void
draw(struct chat *c)
{
	char status[512], hint[64] = "";
	struct scene scene = {
		.pane = &c->pane,
		.own_label = "you",
		.peer_label = c->link.peer.host,
		.status = status,
		.hint = hint,
		.input = input_view(),
	};

	describe(c, status, sizeof status);
	if (pane_unseen(&c->pane) > 0)
		snprintf(hint, sizeof hint, "%ju new below", (uintmax_t)pane_unseen(&c->pane));
	else if (!c->pane.following)
		snprintf(hint, sizeof hint, "scrolled back");
	screen_draw(&scene);
	c->changed = false;
	c->next_frame = clock_now() + FRAME_MS;
}

/* --- Everything at once. --- */

/* Waits until something happens, and sees to it. */
static void
turn(struct chat *c)
{
	enum { KEYBOARD, SCREEN, LINES, SOCKET, DIAL };
	struct pollfd fds[DIAL + DIAL_FDS];
	bool linked = c->state == TALKING || c->state == CLOSING;
	bool listening = linked && c->link.ending.how == ENDING_NONE;
	bool due = c->changed && clock_until(c->next_frame) == 0;
	int timeout = input_timeout();
	struct peer other;
	nfds_t count;

	if (c->changed && !due)
		timeout = clock_sooner(timeout, clock_until(c->next_frame));
	if (c->state == CLOSING)
		timeout = clock_sooner(timeout, clock_until(c->deadline));
	fds[KEYBOARD] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	/* A terminal that takes no output, stopped by Ctrl-S perhaps, must not stop the program. */
	fds[SCREEN] = (struct pollfd){.fd = due ? STDOUT_FILENO : -1, .events = POLLOUT};
	fds[LINES] = (struct pollfd){.fd = listening ? c->link.lines : -1, .events = POLLIN};
	fds[SOCKET] = (struct pollfd){
		.fd = linked && link_is_waiting(&c->link) ? c->link.peer.socket : -1,
		.events = POLLOUT};
	count = DIAL + dial_poll(c->dial, fds + DIAL, &timeout);
	signals_poll(fds, count, timeout);

	if (signals_take(SIGWINCH)) {
		screen_resize();
		c->changed = true;
	}
	if (signals_take(SIGTSTP))
		suspend(c);
	if (fds[KEYBOARD].revents != 0)
		read_keys(c);
	else if (input_timeout() == 0)
		obey_keys(c);
	if (c->done)
		return;
	if (fds[SCREEN].revents != 0)
		draw(c);
	if (fds[LINES].revents != 0)
		read_lines(c);
	if (fds[SOCKET].revents != 0)
		link_flush(&c->link);
	if (c->state == CLOSING &&
	    ((c->link.ending.how != ENDING_NONE && !link_is_waiting(&c->link)) ||
	     clock_until(c->deadline) == 0))
		hang_up(c);
	if (c->state == DIALLING)
		step_dialling(c);
	else
		while (dial_refuse(c->dial, &other))
			say(c, "%s called while the line was busy", other.name);
	flush_log(c);
}

int
chat_run(const struct options *options, struct log *log)
{
	struct chat c = {.options = options, .log = log};
	char error[512];

	if ((c.dial = dial_new(options, error, sizeof error)) == NULL) {
		notice(log, "%s", error);
		return 1;
	}
	input_open();
	if (!screen_open())
		fatal("cannot use the terminal %s", getenv("TERM"));
	c.history = history_new(HISTORY_LINES);
	pane_init(&c.pane, c.history);
	start_dialling(&c);
	while (!c.done && signals_deadly() == 0)
		turn(&c);
	screen_close();

	if (c.state == DIALLING && c.status != 0)
		notice(log, "%s", dial_error(c.dial));
	if (c.state == TALKING || c.state == CLOSING) {
		link_linger(&c.link);
		link_close(&c.link);
	}
	if (*input_text() != '\0')
		notice(log, "not sent: %s", input_text());
	flush_log(&c);
	dial_free(c.dial);
	history_free(c.history);
	buffer_free(&c.partial);
	input_close();
	return c.status;
}
