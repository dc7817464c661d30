#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/polls.h"
#include "base/signals.h"
#include "record/notice.h"
#include "screen/addressee.h"
#include "screen/fullscreen.h"
#include "screen/help.h"
#include "screen/input.h"
#include "screen/output.h"
#include "screen/pager.h"
#include "screen/pane.h"
#include "screen/report.h"
#include "screen/screen.h"
#include "screen/status.h"
#include "talk/talk.h"
#include "text/filter.h"
#include "text/wrap.h"

#define FRAME_MS 16	/* the screen is drawn at most so often */
#define CHUNK 65536	/* read at once */
#define LABEL_MAX 256
#define WHEEL_ROWS 3	/* that a notch of the mouse's wheel scrolls */
#define ALARMS_MAX 65536 /* bytes that are kept to be said once more */

struct fullscreen {
	struct talk *talk;
	char own_label[LABEL_MAX]; /* before one's own lines; safe text */
	int label_width;	   /* of the widest label so far: columns that do not come and go */
	bool leaving;		   /* the person wants to */
	bool gone;		   /* the terminal is, or nothing more can be typed */
	bool broken;		   /* ... because Readline cannot be had */

	unsigned asked;		   /* whose question the person sees, and can answer; 0: none */
	bool has_room;		   /* for the question on the screen */
	unsigned shown;		   /* whose was brought into view */
	unsigned met;		   /* who was there last */
	struct addressee addressee;
	struct buffer draft;	   /* what was in the input line when the question could be answered */

	struct buffer alarms;	   /* since the other side came; safe lines, said once more if the status is 1 */
	size_t seen;		   /* so many bytes of them were said before the screen was put away */
	struct pane pane;
	struct attention attention;
	pid_t pager;		   /* not 0: the terminal is this one's */
	const char *const *rows;   /* the help, or the like, is shown; or NULL */
	bool changed;		   /* something is to be drawn */
	int64_t next_frame;	   /* not before then */
	struct polls polls;
	int keyboard, display;	   /* slots */
};

/* Who is there, or was last; zeros if nobody was. */
static struct talk_view
view_of(const struct fullscreen *f)
{
	struct talk_view view = {.host = "", .port = "", .name = "", .secrecy = ""};

	(void)talk_view(f->talk, 0, &view);
	return view;
}

static bool
is_asked(const struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	return view.id != 0 && view.state == PARTY_ASKED;
}

/* Whether the program ends: the person has left, or nobody could be called. */
static bool
is_done(const struct fullscreen *f)
{
	return f->gone || signals_deadly() != 0 || (talk_is_over(f->talk) && (f->leaving || view_of(f).id == 0));
}

/* --- What the talk tells. --- */

/* Takes notice of who is there, if that is somebody else. */
static void
meet(struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	if (view.id == 0 || view.id == f->met)
		return;
	f->met = view.id;
	buffer_drop(&f->alarms, buffer_length(&f->alarms));
	screen_watch_focus();
}

/* Something to notice is in the record. */
static void
say(void *context, enum voice voice, const char *text)
{
	struct fullscreen *f = context;

	meet(f);
	if (voice == VOICE_ALARM && buffer_length(&f->alarms) < ALARMS_MAX) {
		buffer_add(&f->alarms, text, strlen(text));
		buffer_add(&f->alarms, "\n", 1);
	}
	f->changed = true;
}

/* Somebody has said something. */
static void
heard(void *context, size_t lines)
{
	struct fullscreen *f = context;

	attention_lines(&f->attention, lines, f->pane.following);
	f->changed = true;
}

/* Makes room for a label. */
static void
widen(struct fullscreen *f, const char *label)
{
	int width = wrap_measure(label, strlen(label));

	if (width > f->label_width)
		f->label_width = width;
}

/* Does what follows for the screen from who is there now. */
static void
follow(struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	if (view.id != 0 && view.state == PARTY_TALKING)
		widen(f, view.host);
	if (view.id != f->shown && is_asked(f)) { /* the question comes into view, whatever was looked at */
		f->shown = view.id;
		talk_ask(f->talk);
		pane_to_end(&f->pane);
		f->rows = NULL;
	}
}

/* --- The question. --- */

/* Whether keys that have been pressed are still to be read or worked through. */
static bool
has_keys(void)
{
	struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};

	return input_is_pending() || poll(&keyboard, 1, 0) != 0;
}

/* Whether the person sees all that was said, and has pressed no key before. */
static bool
is_up_to_date(const struct fullscreen *f)
{
	return !f->changed && !output_is_behind() && !has_keys();
}

/*
 * Lets the person answer from now on, once the question is on the terminal (with the pager there, it is
 * still to be drawn) and what was typed before is in the input line, where it is no answer.
 */
static void
await_answer(struct fullscreen *f)
{
	if (!is_asked(f) || f->asked == f->met || !f->has_room || !is_up_to_date(f))
		return;
	f->asked = f->met;
	f->changed = true;
	buffer_free(&f->draft);
	buffer_add(&f->draft, input_text(), strlen(input_text()));
}

/* Takes a line for the answer to the question, unless it was begun before: that has to be looked at. */
static void
answer_question(struct fullscreen *f, struct span line)
{
	size_t drafted = buffer_length(&f->draft);
	bool begun_before = drafted > 0 && line.length >= drafted &&
			    memcmp(line.text, buffer_data(&f->draft), drafted) == 0;

	buffer_free(&f->draft);
	if (begun_before) {
		talk_notice(f->talk, VOICE_QUESTION,
			    "that was begun before the question, is it the answer? then once more");
		input_put_back();
	} else {
		talk_answer(f->talk, line.text, line.length);
	}
}

/* --- The keyboard. --- */

/* Sends the line that was typed; pasted, it can be several. */
static void
send_line(struct fullscreen *f)
{
	struct span line = input_line();

	if (is_asked(f) && f->asked == f->met) {
		answer_question(f, line);
		return;
	}
	if (!addressee_lets_send(&f->addressee, f->talk))
		return;
	switch (talk_send(f->talk, line.text, line.length)) {
	case TALK_SENT:
		pane_to_end(&f->pane);
		return;
	case TALK_QUESTION:
		talk_notice(f->talk, VOICE_QUESTION,
			    f->has_room ? "that was typed before the question: it stays in the input line"
					: "there is no room for the question: that stays in the input line");
		break;
	case TALK_NOBODY:
		talk_notice(f->talk, VOICE_NOTICE, "nobody is there to read that: it stays in the input line");
		break;
	case TALK_FULL:
		talk_notice(f->talk, VOICE_NOTICE,
			    "%s takes nothing and the queue is full: that stays in the input line", view_of(f).name);
		break;
	}
	input_put_back();
}

/* The person leaves: at once if there is nothing to wait for, or if told twice. */
static void
leave(struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	if (f->leaving || (view.id != 0 && view.state >= PARTY_CLOSING))
		talk_hang_up(f->talk);
	else
		talk_leave(f->talk, TALK_LEAVE_MS);
	f->leaving = true;
	f->changed = true;
}

/* Puts the screen away while stopped: by a signal, or by a key, which is meant for the whole job. */
static void
suspend(struct fullscreen *f, bool job)
{
	screen_suspend();
	if (job)
		signals_stop_job();
	else
		signals_obey(SIGTSTP);
	screen_resume();
	f->changed = true;
}

static void
say_no_pager(struct fullscreen *f, int cause)
{
	talk_notice(f->talk, VOICE_ALARM, "cannot start the pager %s: %s", pager_command(), strerror(cause));
}

static void
start_pager(struct fullscreen *f)
{
	screen_suspend();
	signals_ignore_interrupt(true);
	f->asked = 0; /* what is typed meanwhile is for the pager */
	f->pager = pager_start(talk_record(f->talk)->history, f->own_label);
	if (f->pager != -1)
		return;
	f->pager = 0;
	say_no_pager(f, errno);
	signals_ignore_interrupt(false);
	screen_resume();
}

static void
obey_key(struct fullscreen *f, enum input_event event)
{
	int page = f->pane.height > 1 ? f->pane.height - 1 : 1;

	switch (event) {
	case INPUT_NONE:
	case INPUT_EMPTIED:
		break;
	case INPUT_LINE:
		send_line(f);
		break;
	case INPUT_LEAVE:
		leave(f);
		break;
	case INPUT_PAGE_UP:
		pane_scroll(&f->pane, -page);
		break;
	case INPUT_PAGE_DOWN:
		pane_scroll(&f->pane, page);
		break;
	case INPUT_TO_START:
		pane_to_start(&f->pane);
		break;
	case INPUT_TO_END:
		pane_to_end(&f->pane);
		break;
	case INPUT_WHEEL_UP:
		pane_scroll(&f->pane, -WHEEL_ROWS);
		break;
	case INPUT_WHEEL_DOWN:
		pane_scroll(&f->pane, WHEEL_ROWS);
		break;
	case INPUT_MOUSE:
		screen_toggle_mouse();
		break;
	case INPUT_HELP:
		f->rows = help_rows;
		break;
	case INPUT_PAGER:
		start_pager(f);
		break;
	case INPUT_SECRECY:
		f->rows = talk_secrecy(f->talk);
		break;
	case INPUT_REDRAW:
		screen_forget();
		break;
	case INPUT_SUSPEND:
		suspend(f, true);
		break;
	case INPUT_FOCUS_IN:
		f->attention.focused = true;
		break;
	case INPUT_FOCUS_OUT:
		f->attention.focused = false;
		break;
	case INPUT_MENDED:
		talk_notice(f->talk, VOICE_ALARM,
			    "the line editor died: %s; look at what is in the input line, it is all that was typed",
			    input_trouble());
		break;
	case INPUT_BROKEN:
		talk_notice(f->talk, VOICE_ALARM, "the line editor died: %s; another cannot be started",
			    input_trouble());
		f->gone = f->broken = true;
		break;
	}
}

/* Does what the keys ask for; what follows a key that starts the pager is kept for afterwards. */
static void
obey_keys(struct fullscreen *f)
{
	enum input_event event;

	do {
		bool closes = f->rows != NULL && input_is_pending();

		event = input_next();
		/* Any key closes the help, F1 too; that the window's focus goes or comes is no key. */
		if (closes && event != INPUT_FOCUS_IN && event != INPUT_FOCUS_OUT)
			f->rows = NULL;
		if (!closes || (event != INPUT_HELP && event != INPUT_SECRECY))
			obey_key(f, event);
		addressee_note_key(&f->addressee);
	} while (event != INPUT_NONE && !is_done(f) && f->pager == 0);
	f->changed = true;
}

static void
read_keys(struct fullscreen *f)
{
	static char keys[CHUNK];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys);

	if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN)) /* the terminal is gone */
		f->gone = true;
	if (n <= 0)
		return;
	addressee_note_keys(&f->addressee, f->talk);
	input_feed(keys, (size_t)n);
	obey_keys(f);
}

/* The pager has ended: the terminal is ours again, and the keys that were typed before. */
static void
take_terminal_back(struct fullscreen *f, int cause)
{
	f->pager = 0;
	signals_ignore_interrupt(false);
	screen_resume();
	if (cause != 0)
		say_no_pager(f, cause);
	obey_keys(f);
}

/* --- The screen. --- */

/* What can be done about the question, if somebody is there whom it is about. */
static enum status_question
status_of_question(const struct fullscreen *f, const struct talk_view *view)
{
	if (!f->has_room)
		return STATUS_HIDDEN;
	return f->asked == view->id ? STATUS_ASKED : STATUS_NOT_ASKED;
}

static void
draw(struct fullscreen *f)
{
	struct talk_view view = view_of(f);
	bool linked = view.id != 0 && view.state >= PARTY_TALKING && view.state < PARTY_OVER;
	struct bar bar;
	struct scene scene = {
		.pane = &f->pane,
		.own_label = f->own_label,
		.label_width = f->label_width,
		.marks = talk_knows_arrived(),
		.taken = talk_taken(f->talk),
		.arrived = talk_arrived(f->talk),
		.question = talk_question(f->talk),
		.bar = &bar,
		.help = f->rows,
		.input = input_view(),
	};

	f->has_room = screen_has_room(&scene);
	if (!f->has_room)
		f->asked = 0;
	status_describe(f->talk, &view, status_of_question(f, &view), &f->pane, &bar);
	if (screen_has_mouse())
		strlcpy(bar.mouse, "mouse", sizeof bar.mouse);
	attention_show(&f->attention, f->pane.following, linked ? view.host : "");
	screen_draw(&scene);
	f->changed = false;
	f->next_frame = clock_now() + FRAME_MS;
}

/* Whether there is something to draw, on a terminal that is ours and has taken the last frame. */
static bool
wants_drawing(const struct fullscreen *f)
{
	return f->changed && f->pager == 0 && !output_is_behind();
}

/* --- Everything at once. --- */

/* Does what follows from the signals that have arrived. */
static void
heed_signals(struct fullscreen *f)
{
	bool paging = f->pager != 0;
	int cause;

	if (signals_take(SIGWINCH) && !paging) {
		screen_resize();
		screen_forget(); /* the size may be as it was, and what the terminal shows not */
		f->changed = true;
	}
	if (signals_take(SIGTSTP)) {
		if (paging)
			signals_obey(SIGTSTP);
		else
			suspend(f, false);
	}
	if (signals_take(SIGCHLD) && f->pager != 0 && pager_has_ended(f->pager, &cause))
		take_terminal_back(f, cause);
}

/* Adds what to wait for. */
static void
add_polls(struct fullscreen *f)
{
	polls_clear(&f->polls);
	f->keyboard = f->pager != 0 ? POLLS_NONE : polls_add(&f->polls, STDIN_FILENO, POLLIN);
	f->display = output_is_behind() ? polls_add(&f->polls, output_descriptor(), POLLOUT) : POLLS_NONE;
	if (f->pager == 0)
		polls_within(&f->polls, input_timeout());
	if (wants_drawing(f))
		polls_until(&f->polls, f->next_frame);
	talk_poll(f->talk, &f->polls);
}

/*
 * Waits until something happens, and sees to it: keys first, so that nothing that arrives delays them.  A question
 * is drawn before it can be answered, and the terminal is given away (heed_signals) when all is drawn.
 */
static void
step(struct fullscreen *f)
{
	add_polls(f);
	polls_wait(&f->polls);
	if (signals_deadly() != 0)
		return;
	if (polls_found(&f->polls, f->keyboard) != 0)
		read_keys(f);
	else if (input_timeout() == 0 && f->pager == 0)
		obey_keys(f);
	if (f->gone)
		return;
	if (polls_found(&f->polls, f->display) != 0)
		output_flush();
	if (talk_step(f->talk, &f->polls))
		f->changed = true;
	follow(f);
	if (wants_drawing(f) && clock_until(f->next_frame) == 0)
		draw(f);
	await_answer(f);
	if (f->addressee.named != 0 && is_up_to_date(f))
		addressee_note_seen(&f->addressee, f->talk);
	heed_signals(f);
}

/* The screen is gone; what is on its way is delivered, for a moment. */
static void
end_talk(struct fullscreen *f)
{
	f->seen = buffer_length(&f->alarms);
	talk_leave(f->talk, TALK_HURRY_MS);
	while (!talk_is_over(f->talk)) {
		polls_clear(&f->polls);
		talk_poll(f->talk, &f->polls);
		polls_wait(&f->polls);
		talk_step(f->talk, &f->polls);
	}
}

static int
status_of(const struct fullscreen *f)
{
	return f->broken ? 1 : talk_status(f->talk);
}

/* Says on standard error what is not said otherwise when the program ends. */
static void
report(const struct fullscreen *f)
{
	struct span alarms = buffer_span(&f->alarms);

	if (status_of(f) == 0 && f->seen > 0) /* those that were not seen */
		alarms = (struct span){alarms.text + f->seen, alarms.length - f->seen};
	report_alarms(alarms);
	report_lost(talk_lost(f->talk));
	report_unsent((struct span){input_unsent(), strlen(input_unsent())});
	report_unsent(input_rest());
}

static struct fullscreen *running; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	struct fullscreen *f = running;

	screen_close();
	f->seen = buffer_length(&f->alarms);
	talk_last_words(f->talk);
	report_unsent(talk_sending(f->talk));
	report(f);
}

int
fullscreen_run(const struct screen_options *options, const struct talk_base *base)
{
	struct fullscreen f = {.changed = true};
	const struct talk_options talk = {.ear = EAR_PIPE,
					  .needs_files = true, /* for the pager */
					  .history = options->history,
					  .members = 1};
	const struct talk_face face = {.context = &f, .say = say, .heard = heard};
	char error[512];
	int status;

	if ((f.talk = talk_new(base, &talk, &face, error, sizeof error)) == NULL) {
		if (*error != '\0')
			notice(base->log, "%s", error);
		return 1;
	}
	filter_string(options->name != NULL ? options->name : "you", f.own_label, sizeof f.own_label);
	widen(&f, f.own_label);
	input_open();
	if (!screen_open())
		fatal("cannot use the terminal %s", getenv("TERM"));
	pane_init(&f.pane, talk_record(f.talk)->history);
	attention_init(&f.attention, options->bell);
	running = &f;
	fatal_first(last_words);
	if (options->waits)
		screen_watch_focus();
	talk_begin(f.talk);
	while (!is_done(&f))
		step(&f);
	if (f.pager != 0)
		pager_stop(f.pager);
	screen_close();
	end_talk(&f);
	status = status_of(&f);
	report(&f);
	fatal_first(NULL);
	talk_free(f.talk);
	buffer_free(&f.draft);
	buffer_free(&f.alarms);
	polls_free(&f.polls);
	input_close();
	return status;
}
