#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/dial.h"
#include "text/filter.h"
#include "call/opening.h"
#include "link/link.h"
#include "record/notice.h"
#include "base/signals.h"
#include "trust/tls.h"
#include "plain/turns.h"

#define CHUNK 65536		  /* read at once */
#define ARRIVED_MAX ((size_t)1024 * 1024) /* what comes early waits in the socket beyond this */
#define SILENCE_MS 5000		  /* before the first line, until tchat says what may be wrong */

struct turns {
	const struct options *options;
	struct log *log;
	struct dial *dial;
	struct link *link;
	struct filter filter;
	struct buffer arrived; /* safe text, not yet shown */
	struct buffer typed;   /* read from standard input, not yet sent */
	bool mine;	       /* whose turn it is */
	bool input_ended;      /* nothing more can be read */
	bool heard;	       /* the peer has said something */
	bool busy;	       /* ... namely that the line is busy, and nothing else */
	int64_t silence;       /* when to say that the peer is silent, or CLOCK_NEVER */
};

/* How long the first line in the buffer is, with its LF; 0 if none is complete. */
static size_t
first_line(const struct buffer *buffer)
{
	const char *text = buffer_data(buffer);
	size_t length = buffer_length(buffer);
	const char *lf = length > 0 ? memchr(text, '\n', length) : NULL;

	return lf != NULL ? (size_t)(lf - text) + 1 : 0;
}

/* Sends one line, which is as long as that with its LF. */
static void
say(struct turns *t, size_t length)
{
	const char *line = buffer_data(&t->typed);

	link_send(t->link, line, length);
	log_bytes(t->log, VOICE_SELF, line, length);
	notice_flush_log(t->log);
	buffer_drop(&t->typed, length);
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

/* Shows one line, which is as long as that with its LF.  Returns whether that went well. */
static bool
show(struct turns *t, size_t length)
{
	const char *line = buffer_data(&t->arrived);

	if (write_out(line, length) == -1) {
		if (errno != EINTR)
			link_end(t->link, (struct ending){ENDING_OUTPUT, errno});
		return false;
	}
	log_line(t->log, VOICE_PEER, line, length - 1);
	notice_flush_log(t->log);
	buffer_drop(&t->arrived, length);
	return true;
}

/* The peer will speak no more, and what it said was shown. */
static bool
peer_is_done(const struct turns *t)
{
	return t->link->ending.how != ENDING_NONE && buffer_length(&t->arrived) == 0;
}

/*
 * Takes one turn, if its line is there.  Once one side has ended, the other need not wait for it any
 * more.  Returns whether something was done, or has failed: then it is over.
 */
static bool
take_turn(struct turns *t)
{
	size_t mine = first_line(&t->typed), theirs = first_line(&t->arrived);
	bool my_turn = t->mine ? !t->link->closing : peer_is_done(t);

	/* The last line of a file may lack its LF. */
	if (t->input_ended && mine == 0 && buffer_length(&t->typed) > 0) {
		buffer_add(&t->typed, "\n", 1);
		mine = buffer_length(&t->typed);
	}
	if (my_turn && mine > 0) {
		say(t, mine);
		t->mine = false;
		return true;
	}
	if (my_turn && t->input_ended && !t->link->closing) {
		link_finish(t->link);
		return true;
	}
	if (!my_turn && theirs > 0) {
		t->mine = show(t, theirs);
		t->silence = CLOCK_NEVER;
		return true;
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
		notice(t->log, "cannot read standard input: %s", strerror(errno));
	if (n > 0)
		buffer_grow(&t->typed, (size_t)n);
	else
		t->input_ended = true;
}

/* Reads what has arrived, and notes the end. */
static void
read_socket(struct turns *t)
{
	static char chunk[CHUNK];
	struct tls *tls = t->link->peer.tls;
	ssize_t n = tls != NULL ? tls_receive(tls, chunk, sizeof chunk, MSG_DONTWAIT)
				: recv(t->link->peer.socket, chunk, sizeof chunk, MSG_DONTWAIT);
	const char *next = chunk, *end = chunk + (n > 0 ? n : 0);
	struct span span;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		link_end(t->link, n == 0 && t->busy ? (struct ending){ENDING_BUSY, 0}
						    : listener_ending(tls, n));
	if (n > 0 && !t->heard && tls == NULL && hello_is_tls(chunk, (size_t)n)) {
		link_end(t->link, (struct ending){ENDING_HELLO, 0});
		return;
	}
	if (n > 0)
		t->busy = !t->heard && hello_is_busy(chunk, (size_t)n);
	t->heard = true;
	while ((span = filter_next(&t->filter, &next, end)).length > 0)
		buffer_add(&t->arrived, span.text, span.length);
	while (n <= 0 && (span = filter_end(&t->filter)).length > 0)
		buffer_add(&t->arrived, span.text, span.length);
}

/* Whether a line from standard input is what has to come next. */
static bool
wants_input(const struct turns *t)
{
	if (t->input_ended || t->link->closing || t->link->send_error != 0 || first_line(&t->typed) > 0)
		return false;
	return t->mine || peer_is_done(t);
}

/* Whether there is nothing more to come: a person's further lines are not waited for, a file's are. */
static bool
is_over(const struct turns *t)
{
	switch (t->link->ending.how) {
	case ENDING_NONE:
		return false;
	case ENDING_LEFT:
		if (isatty(STDIN_FILENO) || t->options->keep || t->link->send_error != 0)
			return !link_is_waiting(t->link);
		return peer_is_done(t) && t->link->closing && !link_is_waiting(t->link);
	default:
		return true;
	}
}

/* Says that both ends may be waiting for each other. */
static void
break_silence(struct turns *t)
{
	if (clock_until(t->silence) != 0)
		return;
	t->silence = CLOCK_NEVER;
	notice(t->log, "still waiting for the peer's first line; "
		       "if the peer waits too, leave and start again with -f me");
}

/* Takes turns until the conversation is over or a signal ends it. */
static void
alternate(struct turns *t)
{
	while (!is_over(t) && signals_deadly() == 0) {
		enum { INPUT, SOCKET, OWN };
		struct pollfd fds[OWN + DIAL_FDS];
		struct peer other;
		bool room = buffer_length(&t->arrived) < ARRIVED_MAX;
		int timeout = clock_sooner(clock_until(t->silence), link_patience(t->link));
		short events = 0;
		nfds_t count;

		if (take_turn(t))
			continue;
		if (room && t->link->ending.how == ENDING_NONE)
			events |= POLLIN;
		if (link_is_waiting(t->link))
			events |= POLLOUT;
		fds[INPUT] = (struct pollfd){.fd = wants_input(t) ? STDIN_FILENO : -1,
					     .events = POLLIN};
		fds[SOCKET] = (struct pollfd){.fd = events != 0 ? t->link->peer.socket : -1,
					      .events = events};
		count = OWN + dial_poll(t->dial, fds + OWN, &timeout);
		signals_poll(fds, count, timeout);

		if (fds[INPUT].revents != 0)
			read_input(t);
		if (fds[SOCKET].revents & POLLOUT)
			link_flush(t->link);
		if (fds[SOCKET].revents & (POLLIN | POLLHUP | POLLERR))
			read_socket(t);
		break_silence(t);
		if (dial_refuse(t->dial, &other))
			notice(t->log, DIAL_BUSY, other.name);
	}
	while (t->link->ending.how != ENDING_OUTPUT && first_line(&t->arrived) > 0 &&
	       show(t, first_line(&t->arrived)))
		;
}

void
turns_converse(const struct options *options, struct log *log, struct dial *dial, struct link *link)
{
	struct turns t = {.options = options, .log = log, .dial = dial, .link = link};
	size_t left = 0, length;

	t.mine = options->first == FIRST_ME ||
		 (options->first == FIRST_CLIENT && options->role == ROLE_CLIENT);
	t.silence = t.mine ? CLOCK_NEVER : clock_now() + SILENCE_MS;
	filter_init(&t.filter);
	alternate(&t);
	for (; (length = first_line(&t.typed)) > 0; left++)
		buffer_drop(&t.typed, length);
	left += buffer_length(&t.typed) > 0; /* an unfinished one */
	if (left > 0)
		notice(log, "%zu line%s typed ahead, not sent", left, left == 1 ? " was" : "s were");
	buffer_free(&t.arrived);
	buffer_free(&t.typed);
}
