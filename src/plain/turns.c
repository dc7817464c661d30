#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/signals.h"
#include "plain/turns.h"

#define CHUNK 65536	/* read at once; of a line so long, what is there is sent before its end is */
#define HINT_MS 5000 /* before the first line, until tchat says what may be wrong */

/* What is to be sent next: a line, or what is there of one that is long; empty if there is nothing yet. */
static struct span
next_typed(const struct turns *t)
{
	struct span line = buffer_line(&t->typed), text = buffer_span(&t->typed);

	return line.length > 0 || text.length < CHUNK ? line : text;
}

/* Sends it. */
static void
say(struct turns *t, struct span line)
{
	memcpy(talk_reserve(t->talk, line.length), line.text, line.length);
	talk_send_reserved(t->talk, line.length);
	buffer_drop(&t->typed, line.length);
}

/*
 * Writes to standard output; once a signal asks the program to end, only what is taken at once.
 * After poll(2) says so, a pipe takes PIPE_BUF bytes without blocking (pipe(7)).  Returns 0, or -1
 * and errno: EINTR after such a signal.
 */
static int
write_out(const char *text, size_t length)
{
	while (length > 0) {
		struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
		ssize_t n;

		bool ending = signals_deadly() != 0;
		if (signals_poll(&out, 1, ending ? 0 : -1) == 0) {
			if (ending)
				return errno = EINTR, -1;
			continue;
		}
		n = write(STDOUT_FILENO, text, length < PIPE_BUF ? length : PIPE_BUF);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == -1)
			return -1;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

/*
 * Shows one line, or a part of one, which is then shown as a line.  Returns whether that went well; if not, nothing
 * more is shown.
 */
static bool
show(struct turns *t, struct span line)
{
	struct buffer *heard = talk_heard(t->talk);
	struct span label = label_next(&t->label);

	buffer_data(heard)[line.length - 1] = '\n';
	talk_log_heard(t->talk, line);
	if (write_out(label.text, label.length) == 0 && write_out(line.text, line.length) == 0) {
		buffer_drop(heard, line.length);
		return true;
	}
	if (errno != EINTR)
		talk_fail_output(t->talk, errno);
	buffer_drop(heard, buffer_length(heard));
	return false;
}

/* Who is at the other end. */
static struct talk_view
view_of(const struct turns *t)
{
	struct talk_view view = {.state = PARTY_OVER};

	(void)talk_view(t->talk, 0, &view);
	return view;
}

/* The peer will speak no more, and what it said was shown. */
static bool
peer_is_done(const struct turns *t)
{
	return view_of(t).ended && buffer_length(talk_heard(t->talk)) == 0;
}

/*
 * Takes one turn, or a part of one, if its line is there.  Once one side has ended, the other need not wait for it
 * any more.  Returns whether something was done.
 */
static bool
take_turn(struct turns *t)
{
	struct span mine, theirs = talk_heard_line(t->talk);
	bool my_turn = t->mine ? !t->finished : peer_is_done(t);

	/* The last line of a file may lack its LF. */
	if (t->input_ended && buffer_length(&t->typed) > 0 && !span_is_complete(buffer_span(&t->typed)))
		buffer_add(&t->typed, "\n", 1);
	mine = next_typed(t);
	if (my_turn && mine.length > 0) {
		t->mine = t->mine && !span_is_complete(mine);
		say(t, mine);
		return true;
	}
	if (my_turn && t->input_ended && !t->finished) {
		t->finished = true;
		talk_finish(t->talk);
		return true;
	}
	if (!my_turn && theirs.length > 0) {
		bool ends = span_is_complete(theirs), shown = show(t, theirs);

		t->mine = shown && ends;
		t->hint = CLOCK_NEVER;
		return shown;
	}
	return false;
}

/* Reads what was typed. */
static void
read_input(struct turns *t)
{
	ssize_t n = read(STDIN_FILENO, buffer_reserve(&t->typed, CHUNK), CHUNK);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1)
		talk_notice(t->talk, VOICE_ALARM, "cannot read standard input: %s", bilingual_error(errno));
	if (n > 0)
		buffer_grow(&t->typed, (size_t)n);
	else
		t->input_ended = true;
}

/* Whether a line from standard input is what has to come next. */
static bool
wants_input(const struct turns *t)
{
	if (t->over || t->input_ended || next_typed(t).length > 0 || !talk_wants_input(t->talk))
		return false;
	return t->mine || peer_is_done(t);
}

/* Says that both ends may be waiting for each other. */
static void
give_hint(struct turns *t)
{
	if (clock_until(t->hint) != 0)
		return;
	t->hint = CLOCK_NEVER;
	talk_notice(t->talk, VOICE_NOTICE,
		    "still waiting for the peer's first line; "
		    "if the peer waits too, leave and start again with -f me");
}

/* No turn is waited for any more: shows all that has come, as far as that can be. */
static void
show_rest(struct turns *t)
{
	struct span line;

	while ((line = talk_heard_line(t->talk)).length > 0 && show(t, line))
		;
}

/* Says what is not sent. */
static void
end(struct turns *t)
{
	size_t left = span_count_lines(buffer_span(&t->typed));
	char text[256];

	if (left > 0) {
		bilingual_print_count(text, sizeof text, "%zu line was typed ahead, not sent",
				      "%zu lines were typed ahead, not sent", left, left);
		talk_notice(t->talk, VOICE_NOTICE, "%s", text);
	}
	buffer_drop(&t->typed, buffer_length(&t->typed));
	talk_note_closing(t->talk);
	t->over = true;
	t->hint = CLOCK_NEVER;
}

void
turns_begin(struct turns *t, struct talk *talk, bool mine, bool labels)
{
	turns_free(t);
	*t = (struct turns){.talk = talk,
			    .mine = mine,
			    .hint = mine ? CLOCK_NEVER : clock_now() + HINT_MS,
			    .input = POLLS_NONE};
	if (labels) {
		strlcpy(t->name, view_of(t).name, sizeof t->name);
		t->label.name = t->name;
	}
}

void
turns_go_on(struct turns *t)
{
	if (t->hint != CLOCK_NEVER)
		t->hint = clock_now() + HINT_MS;
}

void
turns_poll(struct turns *t, struct polls *polls)
{
	t->input = POLLS_NONE;
	if (t->talk == NULL)
		return;
	if (wants_input(t))
		t->input = polls_add(polls, STDIN_FILENO, POLLIN);
	if (view_of(t).state == PARTY_TALKING)
		polls_until(polls, t->hint);
}

void
turns_step(struct turns *t, const struct polls *polls)
{
	if (t->talk == NULL)
		return;
	if (polls_found(polls, t->input) != 0)
		read_input(t);
	if (view_of(t).state == PARTY_TALKING) {
		while (take_turn(t))
			;
		give_hint(t);
	}
	if (view_of(t).state == PARTY_CLOSING)
		show_rest(t);
	if (view_of(t).state == PARTY_CLOSING && !t->over)
		end(t);
}

void
turns_free(struct turns *t)
{
	buffer_free(&t->typed);
}
