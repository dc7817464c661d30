#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/outflow.h"
#include "base/polls.h"
#include "base/signals.h"
#include "plain/host.h"
#include "record/notice.h"
#include "record/record.h"
#include "talk/talk.h"

#define CHUNK 65536		   /* read from standard input at once */
#define UNSHOWN_MAX ((size_t)1024 * 1024) /* what waits for standard output: then the members are not heard */
#define UNSHOWN_MS 10000	   /* ... but for so long, if it takes nothing */
#define UNTOLD_MAX 8192		   /* what waits for standard error, for which nobody waits */

/* Standard output, or error. */
struct outlet {
	struct outflow flow;
	size_t missed; /* lines that it did not take */
};

struct host {
	struct talk *talk;
	struct polls polls;
	struct outlet output, errors;
	bool input_ended;
	bool leaving;	  /* a signal has asked for that */
	int input;	  /* slot */
};

/* --- Standard output and error. --- */

/* Whether members are not to be heard, as standard output has not taken what they said before. */
static bool
is_behind(const struct host *h)
{
	return outflow_length(&h->output.flow) > UNSHOWN_MAX;
}

/* Whether it takes nothing, and nobody is to wait for it. */
static bool
is_stuck(const struct host *h)
{
	return is_behind(h) && clock_now() - h->output.flow.moved >= UNSHOWN_MS;
}

/* Somebody has said something. */
static void
show(void *context, struct span lines)
{
	struct host *h = context;

	if (is_stuck(h))
		h->output.missed += span_count_lines(lines);
	else
		outflow_add(&h->output.flow, lines);
}

/* Writes the notices that standard error takes; a failure can be told nobody, and may be over with the next one. */
static void
flush_errors(struct host *h)
{
	if (outflow_flush(&h->errors.flow) != 0)
		h->errors.flow.cause = 0;
}

/* Something to notice; it goes at once where it can, so before the lines that are shown after it. */
static void
say(void *context, enum voice voice, const char *text)
{
	struct host *h = context;
	char line[RECORD_NOTICE_MAX + 16];
	int length = snprintf(line, sizeof line, "tchat: %s\n", text);

	(void)voice;
	if (outflow_length(&h->errors.flow) > UNTOLD_MAX) {
		h->errors.missed++;
		return;
	}
	outflow_add(&h->errors.flow, (struct span){line, (size_t)length});
	flush_errors(h);
}

/* Says how many lines it did not take, once it does. */
static void
tell_missed(struct host *h, struct outlet *outlet)
{
	size_t missed = outlet->missed;
	char text[256];

	if (missed == 0 || outflow_length(&outlet->flow) > 0)
		return;
	outlet->missed = 0;
	if (outlet == &h->output)
		bilingual_print_count(text, sizeof text, "%zu line was not shown: standard output took nothing",
				      "%zu lines were not shown: standard output took nothing", missed, missed);
	else
		bilingual_print_count(text, sizeof text, "%zu notice was not shown: standard error took nothing",
				      "%zu notices were not shown: standard error took nothing", missed, missed);
	talk_notice(h->talk, VOICE_ALARM, "%s", text);
}

/* Writes what they take; those who speak are heard as far as output does, or nobody waits for it any more. */
static void
step_output(struct host *h)
{
	int cause;

	flush_errors(h);
	cause = outflow_flush(&h->output.flow);
	if (cause != 0)
		talk_notice(h->talk, VOICE_ALARM, "cannot write what arrives: %s", bilingual_error(cause));
	tell_missed(h, &h->output);
	tell_missed(h, &h->errors);
	talk_hear(h->talk, !is_behind(h) || is_stuck(h));
}

/* Writes what is left of both, as far as they take it. */
static void
drain(struct host *h)
{
	outflow_drain(&h->output.flow, &h->errors.flow);
	tell_missed(h, &h->output);
	tell_missed(h, &h->errors);
}

/* --- Standard input. --- */

static void
step_input(struct host *h)
{
	char *chunk;
	ssize_t n;

	if (polls_found(&h->polls, h->input) == 0)
		return;
	chunk = talk_reserve(h->talk, CHUNK); /* if this fails, nothing that was read is lost */
	n = read(STDIN_FILENO, chunk, CHUNK);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1)
		talk_notice(h->talk, VOICE_ALARM, "cannot read standard input: %s", bilingual_error(errno));
	if (n > 0) {
		talk_send_reserved(h->talk, (size_t)n);
		return;
	}
	h->input_ended = true;
	talk_finish(h->talk);
	if (isatty(STDERR_FILENO))
		talk_notice(h->talk, VOICE_NOTICE, "the input has ended, the room goes on: Ctrl-C ends it");
}

/* --- The group. --- */

/* Nobody can be asked about a key: a line that is typed goes to all. */
static void
refuse_unknown(struct host *h)
{
	while (talk_asked(h->talk) != 0)
		talk_refuse(h->talk, bilingual(": in a group nobody is asked in plain mode, "
						 "--pin or the full screen lets in"));
}

static void
heed_signals(struct host *h)
{
	if (signals_deadly() == 0 || h->leaving)
		return;
	h->leaving = true;
	talk_leave(h->talk, TALK_HURRY_MS);
}

/* Waits until something happens, and sees to it. */
static void
step(struct host *h)
{
	bool wanted = !h->input_ended && talk_wants_input(h->talk);

	polls_clear(&h->polls);
	h->input = wanted ? polls_add(&h->polls, STDIN_FILENO, POLLIN) : POLLS_NONE;
	outflow_poll(&h->output.flow, &h->polls);
	outflow_poll(&h->errors.flow, &h->polls);
	if (is_behind(h))
		polls_until(&h->polls, h->output.flow.moved + UNSHOWN_MS);
	talk_poll(h->talk, &h->polls);
	polls_wait(&h->polls);
	step_input(h);
	heed_signals(h);
	talk_step(h->talk, &h->polls);
	refuse_unknown(h);
	step_output(h);
}

static struct host *running; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	talk_last_words(running->talk);
	outflow_drain(&running->output.flow, &running->errors.flow);
}

/* Opens one of them, which is a descriptor so far.  Returns 0, or -1, once it is said why. */
static int
open_outlet(struct outlet *outlet, int fd, struct log *log)
{
	if (outflow_open(&outlet->flow, fd) == 0)
		return 0;
	notice(log, fd == STDOUT_FILENO ? N_("cannot write to standard output: %s")
					: N_("cannot write to standard error: %s"), bilingual_error(errno));
	return -1;
}

int
host_run(const struct talk_base *base)
{
	struct host h = {
		.input = POLLS_NONE,
	};
	const struct talk_options talk = {
		.ear = EAR_PIPE,
		.invites = isatty(STDERR_FILENO), /* else no person may be there */
	};
	const struct talk_face face = {.context = &h, .say = say, .show = show};
	char error[BILINGUAL_LINE];
	int status;

	signals_default_stop();
	if (open_outlet(&h.output, STDOUT_FILENO, base->log) == -1 ||
	    open_outlet(&h.errors, STDERR_FILENO, base->log) == -1)
		return 1;
	if ((h.talk = talk_new(base, &talk, &face, error, sizeof error)) == NULL) {
		if (*error != '\0')
			notice(base->log, "%s", error);
		return 1;
	}
	running = &h;
	fatal_first(last_words);
	talk_begin(h.talk);
	while (!talk_is_over(h.talk))
		step(&h);
	drain(&h);
	status = talk_status(h.talk);
	fatal_first(NULL);
	outflow_close(&h.output.flow);
	outflow_close(&h.errors.flow);
	polls_free(&h.polls);
	talk_free(h.talk);
	return status;
}
