#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "plain/question.h"

#define TERMINAL_LINE_MAX 4096 /* Linux's N_TTY_BUF_SIZE; other systems have shorter lines */
#define HELD_MAX ((size_t)16384)

void
question_init(struct question *q, struct talk *talk)
{
	*q = (struct question){.talk = talk, .terminal = -1, .slot = POLLS_NONE};
}

/* Whether somebody is agreed with, or asked about. */
static bool
view_stranger(const struct question *q, struct talk_view *view)
{
	return talk_view(q->talk, 0, view) && (view->state == PARTY_AGREEING || view->state == PARTY_ASKED);
}

/* The terminal to ask on, or -1. */
static int
open_terminal(struct question *q)
{
	if (!q->looked)
		q->terminal = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	q->looked = true;
	return q->terminal;
}

static void
close_terminal(struct question *q)
{
	if (q->terminal != -1)
		close(q->terminal);
	q->terminal = -1;
	q->looked = false;
}

static void
tell(struct question *q, const char *text)
{
	warnx("%s", text);
	if (!q->dropping && q->terminal != -1 && !isatty(STDERR_FILENO))
		dprintf(q->terminal, "tchat: %s\n", text);
}

/* The question is over: tells what has waited. */
static void
release(struct question *q)
{
	char text[256];
	struct span line;

	while ((line = buffer_line(&q->held)).length > 0) {
		buffer_data(&q->held)[line.length - 1] = '\0';
		tell(q, line.text);
		buffer_drop(&q->held, line.length);
	}
	if (q->unheld > 0) {
		snprintf(text, sizeof text,
			 ngettext("and %zu more notice while the question was open",
				  "and %zu more notices while the question was open", q->unheld), q->unheld);
		tell(q, text);
	}
	q->unheld = 0;
	buffer_free(&q->held);
}

void
question_say(struct question *q, enum voice voice, const char *text)
{
	struct talk_view view;
	bool stranger = view_stranger(q, &view);
	bool asked = stranger && view.state == PARTY_ASKED && q->asked == view.id;

	if (stranger)
		open_terminal(q);
	if (asked && voice == VOICE_QUESTION) {
		tell(q, text);
	} else if (!asked || q->answering) { /* the question is over */
		release(q);
		tell(q, text);
	} else if (buffer_length(&q->held) + strlen(text) < HELD_MAX) {
		buffer_add(&q->held, text, strlen(text));
		buffer_add(&q->held, "\n", 1);
	} else {
		q->unheld++;
	}
}

void
question_free(struct question *q)
{
	release(q);
	buffer_free(&q->answer);
	close_terminal(q);
}

/*
 * Takes what was typed for as much of the answer.  Only a whole line is one: the terminal hands on parts of it where
 * it is long, or at Ctrl-D.
 */
static void
take_typed(struct question *q, const char *typed, size_t length)
{
	buffer_add(&q->answer, typed, length);
	if (typed[length - 1] != '\n')
		return;
	talk_answer(q->talk, buffer_data(&q->answer), buffer_length(&q->answer));
	buffer_free(&q->answer);
}

/* Reads the answer from the terminal, at most to the end of a line. */
static void
read_answer(struct question *q)
{
	char typed[TERMINAL_LINE_MAX];
	ssize_t n = read(q->terminal, typed, sizeof typed);

	q->answering = true;
	if (n > 0)
		take_typed(q, typed, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		talk_refuse(q->talk, "");
	q->answering = false;
}

/* Drops what can be read from the terminal, line by line, and says so. */
static void
drop_lines(struct question *q)
{
	char line[TERMINAL_LINE_MAX];
	ssize_t n;

	q->dropping = true;
	while ((n = read(q->terminal, line, sizeof line)) > 0)
		talk_notice(q->talk, VOICE_NOTICE, "not an answer, as it was typed before the question: %.*s",
			    (int)(line[n - 1] == '\n' ? n - 1 : n), line);
	q->dropping = false;
}

/* What was typed before there was a question is no answer to it. */
static void
drop_typed(struct question *q)
{
	struct termios settings, at_once;

	drop_lines(q);
	if (tcgetattr(q->terminal, &settings) == -1)
		return;
	/* An unfinished line can be read only where lines are not waited for. */
	at_once = settings;
	at_once.c_lflag &= ~(tcflag_t)ICANON;
	at_once.c_cc[VMIN] = 1;
	at_once.c_cc[VTIME] = 0;
	tcsetattr(q->terminal, TCSANOW, &at_once);
	drop_lines(q);
	tcflush(q->terminal, TCIFLUSH); /* a key pressed just now would be a line of its own */
	tcsetattr(q->terminal, TCSANOW, &settings);
}

void
question_poll(struct question *q, struct polls *polls)
{
	struct talk_view view;
	bool asked = view_stranger(q, &view) && view.state == PARTY_ASKED;

	q->slot = asked && q->terminal != -1 ? polls_add(polls, q->terminal, POLLIN) : POLLS_NONE;
}

void
question_step(struct question *q, const struct polls *polls)
{
	struct talk_view view;

	if (!view_stranger(q, &view)) {
		question_free(q);
		return;
	}
	if (open_terminal(q) == -1 && view.state == PARTY_ASKED) {
		talk_refuse(q->talk, bilingual(": there is no terminal to ask on"));
	} else if (view.state == PARTY_ASKED && q->asked != view.id) {
		drop_typed(q);
		buffer_free(&q->answer); /* about somebody else */
		talk_ask(q->talk);
		q->asked = view.id;
	} else if (polls_found(polls, q->slot) != 0) {
		read_answer(q);
		if (!view_stranger(q, &view))
			question_free(q);
	}
}
