#include <config.h>

#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/outflow.h"
#include "base/polls.h"
#include "base/signals.h"
#include "plain/host.h"
#include "record/notice.h"
#include "talk/talk.h"

#define CHUNK 65536		   /* read from standard input at once */
#define UNSHOWN_MAX ((size_t)1024 * 1024) /* what waits for standard output: then the members are not heard */
#define UNSHOWN_MS 10000	   /* ... but for so long, if it takes nothing */

struct host {
	struct talk *talk;
	struct polls polls;
	struct outflow output;
	size_t missed;	  /* lines that it did not take */
	bool input_ended;
	bool leaving;	  /* a signal has asked for that */
	int input;	  /* slot */
};

/* --- Standard output. --- */

/* Whether it takes nothing, and nobody is to wait for it. */
static bool
is_stuck(const struct host *h)
{
	return outflow_length(&h->output) > UNSHOWN_MAX && clock_now() - h->output.moved >= UNSHOWN_MS;
}

/* Somebody has said something. */
static void
show(void *context, struct span lines)
{
	struct host *h = context;

	if (is_stuck(h))
		h->missed += span_count_lines(lines);
	else
		outflow_add(&h->output, lines);
}

/* Writes what it takes; those who speak are heard as far as it does, or nobody waits for it any more. */
static void
step_output(struct host *h)
{
	int cause = outflow_flush(&h->output);

	if (cause != 0)
		talk_notice(h->talk, VOICE_ALARM, "cannot write what arrives: %s", strerror(cause));
	if (h->missed > 0 && outflow_length(&h->output) == 0) {
		talk_notice(h->talk, VOICE_ALARM, "%zu line%s not shown: standard output took nothing", h->missed,
			    h->missed == 1 ? " was" : "s were");
		h->missed = 0;
	}
	talk_hear(h->talk, outflow_length(&h->output) <= UNSHOWN_MAX || is_stuck(h));
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
		talk_notice(h->talk, VOICE_ALARM, "cannot read standard input: %s", strerror(errno));
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
	struct talk_view view;

	for (unsigned i = 0; talk_view(h->talk, i, &view); i++) {
		if (view.state != PARTY_ASKED)
			continue;
		talk_refuse(h->talk, ": in a group nobody is asked in plain mode, --pin or the full screen lets in");
		return;
	}
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
	outflow_poll(&h->output, &h->polls);
	if (outflow_length(&h->output) > UNSHOWN_MAX)
		polls_until(&h->polls, h->output.moved + UNSHOWN_MS);
	talk_poll(h->talk, &h->polls);
	polls_wait(&h->polls);
	step_input(h);
	heed_signals(h);
	talk_step(h->talk, &h->polls);
	refuse_unknown(h);
	step_output(h);
}

/* Something to notice. */
static void
say(void *context, enum voice voice, const char *text)
{
	(void)context, (void)voice;
	warnx("%s", text);
}

static struct host *running; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	talk_last_words(running->talk);
}

int
host_run(const struct talk_base *base)
{
	struct host h = {.input = POLLS_NONE};
	const struct talk_options talk = {
		.ear = EAR_PIPE,
		.invites = isatty(STDERR_FILENO), /* else no person may be there */
	};
	const struct talk_face face = {.context = &h, .say = say, .show = show};
	char error[512];
	int status;

	signals_default_stop();
	if (outflow_open(&h.output, STDOUT_FILENO) == -1) {
		notice(base->log, "cannot write to standard output: %s", strerror(errno));
		return 1;
	}
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
	outflow_drain(&h.output);
	status = talk_status(h.talk);
	fatal_first(NULL);
	outflow_close(&h.output);
	polls_free(&h.polls);
	talk_free(h.talk);
	return status;
}
