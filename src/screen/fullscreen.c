#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/foreground.h"
#include "base/polls.h"
#include "base/signals.h"
#include "record/notice.h"
#include "screen/addressee.h"
#include "screen/alarms.h"
#include "screen/asking.h"
#include "screen/cover.h"
#include "screen/fullscreen.h"
#include "screen/input.h"
#include "screen/knock.h"
#include "screen/labels.h"
#include "screen/loan.h"
#include "screen/output.h"
#include "screen/pane.h"
#include "screen/report.h"
#include "screen/screen.h"
#include "screen/slip.h"
#include "screen/status.h"
#include "talk/talk.h"

#define FRAME_MS 16	/* the screen is drawn at most so often */
#define COURTESY_MS 1	/* what was sent is drawn so much later: on the same processor, it is heard before */
#define WHEEL_ROWS 3	/* that a notch of the mouse's wheel scrolls */

struct fullscreen {
	struct talk *talk;
	bool leaving;	    /* the person wants to */
	bool gone;	    /* the terminal is, or nothing more can be typed */
	bool broken;	    /* ... because Readline cannot be had */
	bool advised;	    /* the person was, on a line that looked like a command */

	unsigned met;	    /* who was there last */
	unsigned noticed;   /* ... for whom the bell has rung */
	size_t members;	    /* of a group, who were there last */
	struct addressee addressee;
	struct asking asking;
	struct knock knock; /* of a group */
	struct alarms alarms;

	struct labels labels;
	struct pane pane;
	struct attention attention;
	struct search search;
	struct cover cover;
	struct loan loan;   /* of the terminal, to the pager */
	bool changed;	    /* something is to be drawn */
	int64_t next_frame; /* not before then */
	struct polls polls;
	int keyboard, display; /* slots */
};

/* Who is there, or was last; zeros if nobody was. */
static struct talk_view
view_of(const struct fullscreen *f)
{
	struct talk_view view = {.name = "", .secrecy = ""};

	(void)talk_view(f->talk, 0, &view);
	return view;
}

/* Whether the program ends: the person has left, or there is nobody to talk to, and was nobody. */
static bool
is_done(const struct fullscreen *f)
{
	if (f->gone || signals_deadly() != 0)
		return true;
	return talk_is_over(f->talk) && !talk_can_call(f->talk) && (f->leaving || view_of(f).id == 0);
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
	if (!talk_is_group(f->talk))
		alarms_forget(&f->alarms);
	screen_watch_focus();
}

/* All are about to be left: what has failed in a group that went on all the same is not why the program fails. */
static void
begin_to_leave(struct fullscreen *f, int ms)
{
	if (talk_is_group(f->talk) && !f->leaving && talk_status(f->talk) == 0)
		alarms_forget(&f->alarms);
	talk_leave(f->talk, ms);
}

/* Something has come that a person may wait for: so many lines, a call, a question. */
static void
call_attention(struct fullscreen *f, size_t count)
{
	attention_add(&f->attention, count, f->pane.following && !loan_is_out(&f->loan));
	f->changed = true;
}

/* The same for those of a group who have come. */
static void
announce_members(struct fullscreen *f)
{
	size_t members = talk_members(f->talk);

	if (members > f->members)
		call_attention(f, members - f->members);
	f->members = members;
}

/* The same for who is there, once that was said. */
static void
announce(struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	if (talk_is_group(f->talk)) {
		announce_members(f);
		return;
	}
	if (!view.told || view.again || view.id == f->noticed)
		return;
	f->noticed = view.id;
	call_attention(f, 1);
}

/* Something to notice is in the record. */
static void
say(void *context, enum voice voice, const char *text)
{
	struct fullscreen *f = context;

	meet(f);
	announce(f);
	if (voice == VOICE_ALARM)
		alarms_add(&f->alarms, text);
	f->changed = true;
}

/* Somebody has said something; one of a group may be gone by the time that it is drawn. */
static void
heard(void *context, size_t lines)
{
	struct fullscreen *f = context;
	const struct history *history = f->pane.history;
	struct line last = history_line(history, history_end(history) - 1);

	if (last.voice == VOICE_PEER)
		labels_widen(&f->labels, last.speaker);
	call_attention(f, lines);
}

/* Brings a question into view that was not yet.  Returns whether there is one. */
static bool
show_question(struct fullscreen *f)
{
	if (!asking_begins(&f->asking, f->talk))
		return false;
	talk_ask(f->talk);
	search_end(&f->search, &f->pane);
	pane_to_end(&f->pane);
	cover_close(&f->cover);
	return true;
}

/* Does what follows for the screen from who is there now. */
static void
follow(struct fullscreen *f)
{
	struct talk_view view = view_of(f);

	if (view.id != 0 && view.state == PARTY_TALKING)
		labels_widen(&f->labels, view.name);
	if (show_question(f))
		call_attention(f, 1);
	if (!talk_is_group(f->talk))
		return;
	if (knock_follow(&f->knock, &f->asking, f->talk))
		f->changed = true;
	if (knock_begins(&f->knock, f->talk))
		call_attention(f, 1);
}

/* Whether keys that have been pressed are still to be read or worked through. */
static bool
has_keys(void)
{
	return input_is_pending() || input_has_more();
}

/* Whether the person sees all that was said, and has pressed no key before. */
static bool
is_up_to_date(const struct fullscreen *f)
{
	return !f->changed && !output_is_behind() && !has_keys();
}

/* Whether what was said last is in view. */
static bool
shows_newest(const struct fullscreen *f)
{
	int rows, columns;

	screen_size(&rows, &columns);
	return rows > 1 && f->pane.following && !cover_is_open(&f->cover);
}

/*
 * Takes notice of it once the person sees what is said before a line can be sent: the question, which with the pager
 * there is still to be drawn, or who is there now, or what a line was perhaps meant for; or before one can be hung up
 * on.
 */
static void
note_seen(struct fullscreen *f)
{
	bool asks = asking_waits(&f->asking, f->talk), waits = f->addressee.named != 0 || knock_waits(&f->knock);

	if ((!asks && !waits && !guests_wait(&f->cover.guests)) || !is_up_to_date(f))
		return;
	guests_note_seen(&f->cover.guests);
	if (asks) {
		asking_note_seen(&f->asking, f->talk, input_text());
	} else if (shows_newest(f)) {
		addressee_note_seen(&f->addressee, f->talk);
		knock_note_seen(&f->knock);
	}
	f->changed = f->changed || asks;
}

/* --- The keyboard. --- */

/* Gives advice on what was sent, if there is some: once, as whoever has had it may mean the next one. */
static void
advise(struct fullscreen *f, const char *advice)
{
	if (advice != NULL && !f->advised)
		talk_notice(f->talk, VOICE_NOTICE, "%s", bilingual(advice));
	f->advised |= advice != NULL;
}

/* Sees to the line that was typed; pasted, it can be several. */
static void
take_line(struct fullscreen *f)
{
	struct span line = input_line();
	bool sent;

	if (knock_takes(&f->knock, &f->asking, f->talk, line))
		return;
	if (talk_can_call(f->talk)) { /* that is what Enter is for then */
		input_put_back(false);
		talk_call(f->talk);
		return;
	}
	if (asking_takes(&f->asking, f->talk, line))
		return;
	sent = addressee_send(&f->addressee, f->talk, line, f->asking.has_room);
	if (sent)
		advise(f, slip_advice(line));
	pane_to_end(&f->pane); /* there it is, or why it was not sent */
	if (sent && clock_until(f->next_frame) < COURTESY_MS)
		f->next_frame = clock_now() + COURTESY_MS;
}

/* The person leaves: at once if there is nothing to wait for, or if told twice. */
static void
leave(struct fullscreen *f)
{
	struct talk_view view = view_of(f);
	bool alone = talk_is_group(f->talk) || view.id == 0; /* one of a group who goes is not all of them */

	if (f->leaving || (!alone && view.state >= PARTY_CLOSING))
		talk_hang_up(f->talk);
	else
		begin_to_leave(f, TALK_LEAVE_MS);
	f->leaving = true;
	f->changed = true;
}

/* Opens the question of who asks to come into a group, or closes it. */
static void
toggle_question(struct fullscreen *f)
{
	if (!talk_is_group(f->talk))
		return;
	knock_toggle(&f->knock, &f->asking, f->talk);
	(void)show_question(f);
}

/* What leaves, on an empty line: from a question that is open it leads back. */
static void
leave_or_go_back(struct fullscreen *f)
{
	if (f->asking.opened != 0)
		knock_close(&f->knock, &f->asking);
	else
		leave(f);
}

static void
obey_key(struct fullscreen *f, enum input_event event)
{
	int spared = f->pane.following ? 2 : 1; /* rows: one stays in view, one is the newest line's, then or already */
	int page = f->pane.height > spared ? f->pane.height - spared : 1;

	switch (event) {
	case INPUT_NONE:
		break;
	case INPUT_EMPTIED:
		knock_note_empty(&f->knock);
		break;
	case INPUT_LINE:
		take_line(f);
		break;
	case INPUT_ENTER:
		talk_call(f->talk);
		break;
	case INPUT_GIVE_UP:
		if (!talk_calls_by_itself(f->talk) || !talk_stop_calling(f->talk))
			leave_or_go_back(f);
		break;
	case INPUT_LEAVE:
		leave_or_go_back(f);
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
	case INPUT_WHEEL_DOWN:
		search_end(&f->search, &f->pane);
		pane_scroll(&f->pane, event == INPUT_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		break;
	case INPUT_SEND_AGAIN:
		talk_send_arrears(f->talk);
		pane_to_end(&f->pane);
		break;
	case INPUT_ANSWER:
		toggle_question(f);
		break;
	case INPUT_HANG_UP:
		if (talk_is_group(f->talk)) /* on whom? */
			cover_show_who(&f->cover, f->talk);
		else
			talk_part(f->talk);
		break;
	case INPUT_MOUSE:
		screen_toggle_mouse();
		break;
	case INPUT_HELP:
		cover_show_help(&f->cover);
		break;
	case INPUT_PAGER:
		asking_pause(&f->asking);
		loan_begin(&f->loan, f->talk, &f->pane, f->labels.own);
		break;
	case INPUT_SECRECY:
		cover_show_who(&f->cover, f->talk);
		break;
	case INPUT_SEARCH:
		search_begin(&f->search, &f->pane, f->labels.own);
		break;
	case INPUT_REDRAW:
		screen_forget();
		break;
	case INPUT_SUSPEND:
		screen_stop(true);
		break;
	case INPUT_FOCUS_IN:
		attention_focus(&f->attention, true);
		break;
	case INPUT_FOCUS_OUT:
		if (f->attention.focused)
			pane_rule(&f->pane);
		attention_focus(&f->attention, false);
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

/* Has the search take the keys that are for it, if it is on; another key, or a paste, ends it. */
static void
search_with_keys(struct fullscreen *f)
{
	struct span key;

	while (f->search.mode != SEARCH_OFF && input_take_key(&key)) {
		attention_key(&f->attention);
		if (!search_press(&f->search, &f->pane, key))
			input_return_key(key);
	}
	if (input_meets_paste())
		search_end(&f->search, &f->pane);
}

/* Gives the next key to what is shown over the conversation.  False: there is none of one or the other. */
static bool
uncover(struct fullscreen *f)
{
	struct span key;

	if (!cover_is_open(&f->cover) || !input_take_key(&key))
		return false;
	cover_press(&f->cover, f->talk, key);
	attention_key(&f->attention);
	return true;
}

/* Has the Escape key close the question of a group that is open.  False: it is not there, or there is none. */
static bool
escape_question(struct fullscreen *f)
{
	if (!knock_takes_key(&f->knock, &f->asking))
		return false;
	attention_key(&f->attention);
	return true;
}

/*
 * What the next keys ask for, and what follows from their having been pressed.  While something is shown over the
 * conversation there are none, but what was pasted has to be seen.
 */
static enum input_event
next_event(struct fullscreen *f)
{
	size_t typed = strlen(input_text());
	bool pressed = input_is_pending();
	enum input_event event = input_next();

	if (strlen(input_text()) != typed)
		cover_close(&f->cover);
	if (pressed && event != INPUT_FOCUS_IN && event != INPUT_FOCUS_OUT)
		attention_key(&f->attention);
	return event;
}

/* Does what the keys ask for; what follows a key that starts the pager is kept for afterwards. */
static void
obey_keys(struct fullscreen *f)
{
	enum input_event event = INPUT_NONE;
	bool uncovered;

	do {
		if ((uncovered = uncover(f)))
			continue;
		search_with_keys(f);
		if ((uncovered = escape_question(f)))
			continue;
		event = next_event(f);
		obey_key(f, event);
		addressee_note_key(&f->addressee);
	} while ((uncovered || event != INPUT_NONE) && !is_done(f) && !loan_is_out(&f->loan));
	f->changed = true;
}

/* What has come from the keyboard. */
static struct span
read_some(struct fullscreen *f)
{
	struct span bytes;

	f->gone = f->gone || !input_read(&bytes);
	return f->gone ? (struct span){NULL, 0} : bytes;
}

static void
feed(struct fullscreen *f, struct span keys)
{
	if (keys.length == 0)
		return;
	addressee_note_keys(&f->addressee, f->talk);
	input_feed(keys.text, keys.length);
}

/* Works through what has come from the keyboard; nothing, where a key has had its time. */
static void
take_keys(struct fullscreen *f, struct span keys)
{
	bool waited = f->loan.waits;

	feed(f, waited ? loan_take_key(&f->loan, keys) : keys);
	if (loan_is_out(&f->loan))
		return;
	if (waited) /* that was a key, too */
		attention_key(&f->attention);
	obey_keys(f);
}

/* Milliseconds until that is to be done although nothing comes; -1: never. */
static int
keys_timeout(const struct fullscreen *f)
{
	return loan_is_out(&f->loan) ? loan_timeout(&f->loan) : input_timeout();
}

/* Does what follows from the signals that have arrived while the screen is away. */
static void
look_after_loan(struct fullscreen *f)
{
	switch (loan_heed_signals(&f->loan, f->talk)) {
	case LOAN_GOES_ON:
		break;
	case LOAN_WAITS:
		if (input_has_more())
			feed(f, read_some(f));
		break;
	case LOAN_OVER:
		attention_key(&f->attention);
		obey_keys(f);
		break;
	}
}

/* --- The screen. --- */

/* Says in the window's title who is there, and what came unseen. */
static void
show_title(struct fullscreen *f, const struct talk_view *view)
{
	bool linked = view->id != 0 && view->state >= PARTY_TALKING && view->state < PARTY_OVER;
	char who[LABELS_MAX] = "";

	if (!talk_is_group(f->talk))
		strlcpy(who, linked ? view->name : "", sizeof who);
	else if (talk_members(f->talk) > 0)
		status_count(f->talk, who, sizeof who);
	attention_show(&f->attention, f->pane.following, who);
}

/* Of whom the bar is to tell: who is there, or who asks to come into a group. */
static struct talk_view
bar_view_of(const struct fullscreen *f)
{
	struct talk_view view;

	if (!talk_is_group(f->talk))
		return view_of(f);
	if (talk_asked(f->talk) == 0 || !talk_view_of(f->talk, talk_asked(f->talk), &view))
		return (struct talk_view){.name = "", .secrecy = ""};
	return view;
}

static void
draw(struct fullscreen *f)
{
	struct talk_view view = bar_view_of(f);
	struct scene_group group = {
		.mark_width = f->labels.mark_width, .talk = f->talk, .on_its_way = talk_on_its_way};
	struct bar bar;
	int rows, columns;
	struct scene scene = {
		.pane = &f->pane,
		.own_label = f->labels.own,
		.label_width = f->labels.width,
		.marks = talk_knows_arrived(),
		.taken = talk_taken(f->talk),
		.arrived = talk_arrived(f->talk),
		.group = talk_is_group(f->talk) ? &group : NULL,
		.question = asking_rows(&f->asking, f->talk),
		.bar = &bar,
		.search = &f->search,
		.input = f->search.mode != SEARCH_OFF ? search_view(&f->search) : input_view(),
	};

	if (cover_is_open(&f->cover)) {
		screen_help_size(&scene, &rows, &columns);
		scene.help = cover_rows(&f->cover, f->talk, rows, columns);
	}
	asking_note_room(&f->asking, screen_has_room(&scene));
	status_describe(f->talk, &view, asking_status(&f->asking, f->talk, &view), &f->pane, input_lines(),
			f->search.mode == SEARCH_OFF && !cover_is_open(&f->cover), &bar);
	if (screen_has_mouse())
		strlcpy(bar.mouse, _("mouse"), sizeof bar.mouse);
	show_title(f, &view);
	screen_draw(&scene);
	f->changed = false;
}

/* Whether there is something to draw, or to ring where the screen is away, on a terminal that has taken all before. */
static bool
wants_output(const struct fullscreen *f)
{
	return !output_is_behind() && (loan_is_out(&f->loan) ? f->attention.ring : f->changed);
}

/* Has the terminal take what it can of that. */
static void
flush(const struct fullscreen *f)
{
	foreground_let_write(loan_is_out(&f->loan));
	output_flush();
	foreground_let_write(false);
}

static void
put_out(struct fullscreen *f)
{
	if (loan_is_out(&f->loan)) {
		attention_ring(&f->attention);
		flush(f);
	} else {
		if (talk_is_group(f->talk))
			labels_widen_for_group(&f->labels, f->talk);
		draw(f);
	}
	f->next_frame = clock_now() + FRAME_MS;
}

/* --- Everything at once. --- */

/* Does what follows from the signals that have arrived. */
static void
heed_signals(struct fullscreen *f)
{
	if (loan_is_out(&f->loan)) {
		look_after_loan(f);
		return;
	}
	if (signals_take(SIGWINCH)) {
		screen_resize();
		screen_forget(); /* the size may be as it was, and what the terminal shows not */
		f->changed = true;
	}
	if (signals_take(SIGTSTP)) {
		screen_stop(false);
		f->changed = true;
	}
}

/* Adds what to wait for. */
static void
add_polls(struct fullscreen *f)
{
	polls_clear(&f->polls);
	f->keyboard = f->loan.pager != 0 ? POLLS_NONE : polls_add(&f->polls, STDIN_FILENO, POLLIN);
	f->display = output_is_behind() ? polls_add(&f->polls, output_descriptor(), POLLOUT) : POLLS_NONE;
	polls_within(&f->polls, keys_timeout(f));
	if (wants_output(f))
		polls_until(&f->polls, f->next_frame);
	if (f->search.busy)
		polls_within(&f->polls, 0);
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
		take_keys(f, read_some(f));
	else if (keys_timeout(f) == 0)
		take_keys(f, (struct span){NULL, 0});
	if (f->gone || signals_deadly() != 0)
		return;
	if (polls_found(&f->polls, f->display) != 0)
		flush(f);
	if (talk_step(f->talk, &f->polls))
		f->changed = true;
	follow(f);
	if (f->search.busy) {
		search_step(&f->search, &f->pane);
		f->changed = true;
	}
	if (wants_output(f) && clock_until(f->next_frame) == 0)
		put_out(f);
	note_seen(f);
	heed_signals(f);
}

/* The screen is gone; what is on its way is delivered, for a moment. */
static void
end_talk(struct fullscreen *f)
{
	alarms_note_seen(&f->alarms);
	begin_to_leave(f, TALK_HURRY_MS);
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
	struct buffer lost = talk_lost(f->talk);

	alarms_report(&f->alarms, status_of(f) != 0);
	report_lost(buffer_span(&lost));
	buffer_free(&lost);
	report_unsent(buffer_span(&f->knock.draft));
	report_unsent((struct span){input_unsent(), strlen(input_unsent())});
	report_unsent(input_rest());
}

static struct fullscreen *running; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	struct fullscreen *f = running;

	loan_end(&f->loan);
	screen_close();
	alarms_note_seen(&f->alarms);
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
					  .invites = true,
					  .members = 1};
	const struct talk_face face = {.context = &f, .say = say, .heard = heard};
	char error[BILINGUAL_LINE];
	int status;

	if ((f.talk = talk_new(base, &talk, &face, error, sizeof error)) == NULL) {
		if (*error != '\0')
			notice(base->log, "%s", error);
		return 1;
	}
	labels_init(&f.labels, options->name != NULL ? options->name : _("you"));
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
	loan_end(&f.loan);
	screen_close();
	end_talk(&f);
	status = status_of(&f);
	report(&f);
	fatal_first(NULL);
	talk_free(f.talk);
	search_free(&f.search);
	asking_free(&f.asking);
	knock_free(&f.knock);
	cover_free(&f.cover);
	alarms_forget(&f.alarms);
	polls_free(&f.polls);
	input_close();
	return status;
}
