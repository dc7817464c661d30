#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/fatal.h"
#include "base/polls.h"
#include "base/signals.h"
#include "plain/plain.h"
#include "plain/question.h"
#include "plain/turns.h"
#include "record/notice.h"
#include "talk/talk.h"

#define CHUNK 262144  /* read from standard input at once */

struct plain {
	const struct plain_options *options;
	struct talk *talk;
	struct polls polls;
	struct question question;
	struct turns turns;
	unsigned met;	  /* whose conversation the rest is about */
	bool input_ended; /* nothing more is read in it */
	bool straight;	  /* raw bytes go straight from the file on standard input, see talk_send_file */
	bool leaving;	  /* a signal has asked for that */
	int input, room;  /* slots */
};

/* --- Standard input. --- */

static void
end_input(struct plain *p)
{
	p->input_ended = true;
	talk_finish(p->talk);
}

/* Sends some of the file on standard input. */
static void
send_file(struct plain *p)
{
	int more = talk_send_file(p->talk, STDIN_FILENO);

	if (more == 0)
		end_input(p);
	else if (more == -1)
		p->straight = false;
}

/* Sends what is there to be read from standard input. */
static void
send_input(struct plain *p)
{
	char *chunk = talk_reserve(p->talk, CHUNK); /* if this fails, nothing that was read is lost */
	ssize_t n = read(STDIN_FILENO, chunk, CHUNK);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1)
		talk_notice(p->talk, VOICE_ALARM, "cannot read standard input: %s", bilingual_error(errno));
	if (n > 0)
		talk_send_reserved(p->talk, (size_t)n);
	else
		end_input(p);
}

static void
poll_input(struct plain *p)
{
	bool wanted = !p->input_ended && talk_wants_input(p->talk);
	bool straight = p->straight && !talk_may_repeat(p->talk);

	p->input = wanted && !straight ? polls_add(&p->polls, STDIN_FILENO, POLLIN) : POLLS_NONE;
	p->room = wanted && straight ? talk_poll_room(p->talk, &p->polls) : POLLS_NONE;
}

static void
step_input(struct plain *p)
{
	if (polls_found(&p->polls, p->input) != 0)
		send_input(p);
	else if (polls_found(&p->polls, p->room) != 0)
		send_file(p);
}

/* --- The conversation. --- */

/* Whether standard input is a file of bytes that nobody looks at. */
static bool
input_goes_straight(const struct plain_options *options)
{
	struct stat input;

	return options->unseen && fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode);
}

/* Begins the conversation with somebody else, if there is one; or goes on with one who was busy. */
static void
greet(struct plain *p)
{
	struct talk_view view;

	if (!talk_view(p->talk, 0, &view) || view.state != PARTY_TALKING || view.id == p->met)
		return;
	p->met = view.id;
	if (view.again) {
		turns_go_on(&p->turns);
		return;
	}
	p->straight = input_goes_straight(p->options);
	p->input_ended = p->options->receive_only; /* the sending side stays open: shut, it would look like leaving */
	if (p->options->alternate)
		turns_begin(&p->turns, p->talk, p->options->speaks_first, p->options->labels);
}

/* Leaves, once a signal asks for that. */
static void
heed_signals(struct plain *p)
{
	if (signals_deadly() == 0 || p->leaving)
		return;
	p->leaving = true;
	talk_leave(p->talk, TALK_HURRY_MS);
}

/* Waits until something happens, and sees to it. */
static void
step(struct plain *p)
{
	heed_signals(p); /* one can have come while a turn was shown */
	if (talk_is_over(p->talk))
		return;
	polls_clear(&p->polls);
	if (p->options->alternate)
		turns_poll(&p->turns, &p->polls);
	else
		poll_input(p);
	question_poll(&p->question, &p->polls);
	talk_poll(p->talk, &p->polls);
	polls_wait(&p->polls);

	if (!p->options->alternate)
		step_input(p); /* before signals: the input that was found ready was wanted until then */
	heed_signals(p); /* before the next step: a second one is haste */
	talk_step(p->talk, &p->polls);
	question_step(&p->question, &p->polls);
	greet(p);
	if (p->options->alternate)
		turns_step(&p->turns, &p->polls);
}

/* Something to notice. */
static void
say(void *context, enum voice voice, const char *text)
{
	struct plain *p = context;

	question_say(&p->question, voice, text);
}

static struct plain *running; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	char lost[BILINGUAL_LINE];

	question_free(&running->question);
	talk_last_words(running->talk);
	talk_describe_lost(running->talk, lost, sizeof lost);
	if (*lost != '\0')
		notice(NULL, "%s", lost);
}

int
plain_run(const struct plain_options *options, const struct talk_base *base)
{
	struct plain p = {.options = options, .input = POLLS_NONE, .room = POLLS_NONE};
	const struct talk_options talk = {
		.ear = options->alternate ? EAR_SELF : EAR_OUTPUT,
		.output = options->send_only ? -1 : STDOUT_FILENO,
		.raw = options->raw,
		.labels = options->labels,
		.unseen = options->unseen,
		.invites = isatty(STDERR_FILENO), /* else no person may be there */
		/* A file is sent whole; a person who wants to leave, or the next caller, is not kept waiting. */
		.patient = !options->keep && !options->receive_only && !isatty(STDIN_FILENO),
		.members = 1,
	};
	const struct talk_face face = {.context = &p, .say = say};
	char error[BILINGUAL_LINE];
	int status;

	signals_default_stop();
	if ((p.talk = talk_new(base, &talk, &face, error, sizeof error)) == NULL) {
		if (*error != '\0')
			notice(base->log, "%s", error);
		return 1;
	}
	question_init(&p.question, p.talk);
	running = &p;
	fatal_first(last_words);
	talk_begin(p.talk);
	while (!talk_is_over(p.talk))
		step(&p);
	question_free(&p.question);
	status = talk_status(p.talk);
	fatal_first(NULL);
	turns_free(&p.turns);
	polls_free(&p.polls);
	talk_free(p.talk);
	return status;
}
