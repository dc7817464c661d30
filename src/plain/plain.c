#include <config.h>

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "link/cell.h"
#include "call/dial.h"
#include "base/fatal.h"
#include "text/filter.h"
#include "link/link.h"
#include "record/notice.h"
#include "plain/plain.h"
#include "trust/trust.h"
#include "base/signals.h"
#include "plain/turns.h"

#define CHUNK 262144 /* read from standard input at once */
#define TERMINAL_LINE_MAX 4096 /* Linux's N_TTY_BUF_SIZE; other systems have shorter lines */

struct plain {
	const struct options *options;
	struct log *log;
	struct dial *dial;
	struct link link;
	bool input_ended; /* nothing more is read, in this conversation */
	bool by_itself;	  /* raw bytes go from the file on standard input by themselves, see link_send_file */
	char last;	  /* the last byte read */
	int terminal;	  /* to ask the person on, or -1 */
};

/* The end of the input: what is queued is sent, then the peer sees the end. */
static void
end_input(struct plain *p)
{
	p->input_ended = true;
	if (!p->options->raw && p->last != '\n') {
		link_send(&p->link, "\n", 1);
		log_bytes(p->log, VOICE_SELF, "\n", 1);
	}
	log_end(p->log, VOICE_SELF);
	notice_flush_log(p->log);
	link_finish(&p->link);
}

/* Whether standard input is a file of bytes that nobody looks at. */
static bool
input_goes_by_itself(const struct plain *p)
{
	struct stat input;

	return options_pass_unseen(p->options) && fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode);
}

/* Sends some of the file on standard input. */
static void
send_file(struct plain *p)
{
	switch (link_send_file(&p->link, STDIN_FILENO)) {
	case LINK_FILE_GOES_ON:
		break;
	case LINK_FILE_ENDS:
		end_input(p);
		break;
	case LINK_FILE_UNFIT:
		p->by_itself = false;
		break;
	}
}

/* Sends what is there to be read from standard input. */
static void
send_input(struct plain *p)
{
	char *chunk = link_reserve(&p->link, CHUNK); /* if this fails, nothing that was read is lost */
	ssize_t n = read(STDIN_FILENO, chunk, CHUNK);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1)
		notice(p->log, "cannot read standard input: %s", strerror(errno));
	if (n <= 0) {
		end_input(p);
		return;
	}
	p->last = chunk[n - 1];
	log_bytes(p->log, VOICE_SELF, chunk, (size_t)n);
	notice_flush_log(p->log);
	link_send_reserved(&p->link, (size_t)n);
}

/* Whether input is still wanted once the peer has left: a person's is not, a file is sent whole. */
static bool
wants_input(const struct plain *p)
{
	if (p->input_ended || p->link.send_error != 0)
		return false;
	if (p->link.ending.how == ENDING_NONE)
		return true;
	return p->link.ending.how == ENDING_LEFT && !p->options->keep && !isatty(STDIN_FILENO);
}

/*
 * Whether all of the input has arrived, or cannot any more.  A file is given the time that the peer
 * takes for it; a person who wants to leave, or the next caller, is not kept waiting.
 */
static bool
is_delivered(struct plain *p)
{
	bool patient = !p->options->keep && !isatty(STDIN_FILENO);

	if (wants_input(p) || link_is_waiting(&p->link))
		return false;
	return !patient || !link_can_deliver(&p->link);
}

/* Whether there is nothing more to come in either direction. */
static bool
is_over(struct plain *p)
{
	switch (p->link.ending.how) {
	case ENDING_NONE: /* who shows nothing need not wait for the peer's end */
		return p->options->send_only && p->input_ended && is_delivered(p);
	case ENDING_LEFT:
		return is_delivered(p);
	default:
		return true;
	}
}

/* Sends and waits for the listener's end, until the conversation is over or a signal ends it. */
static void
converse(struct plain *p)
{
	for (;;) {
		enum { INPUT, SOCKET, REPORT, OWN };
		struct pollfd fds[OWN + DIAL_FDS];
		/* Asked before it is over or not: what arrives after that wakes nobody up. */
		bool under_way = link_can_deliver(&p->link);
		int timeout = under_way && p->input_ended ? LINK_ACKNOWLEDGE_MS : link_patience(&p->link);
		struct peer other;
		nfds_t count;

		if (is_over(p) || signals_deadly() != 0)
			break;
		/* What is read waits in the outbox, so no more is read before that is sent. */
		bool reads = wants_input(p) && !link_is_waiting(&p->link);
		bool sends = link_is_waiting(&p->link) || (reads && p->by_itself);
		fds[INPUT] = (struct pollfd){.fd = reads && !p->by_itself ? STDIN_FILENO : -1,
					     .events = POLLIN};
		fds[SOCKET] = (struct pollfd){.fd = sends ? p->link.peer.socket : -1, .events = POLLOUT};
		fds[REPORT] = (struct pollfd){
			.fd = p->link.ending.how == ENDING_NONE ? p->link.report : -1, .events = POLLIN};
		count = OWN + dial_poll(p->dial, fds + OWN, &timeout);
		signals_poll(fds, count, timeout);

		if (fds[INPUT].revents != 0)
			send_input(p);
		if (fds[SOCKET].revents != 0 && link_is_waiting(&p->link))
			link_flush(&p->link);
		else if (fds[SOCKET].revents != 0)
			send_file(p);
		if (fds[REPORT].revents != 0)
			link_listener_ended(&p->link);
		if (dial_refuse(p->dial, &other))
			notice(p->log, DIAL_BUSY, other.name);
	}
}

/* Counts in words what was not delivered; an empty text if all was. */
static void
describe_lost(const struct plain *p, char *text, size_t size)
{
	uint64_t lost = p->options->raw ? link_undelivered_bytes(&p->link)
					: link_undelivered_count(&p->link);

	*text = '\0';
	if (lost > 0)
		snprintf(text, size, "%" PRIu64 " %s%s not delivered", lost,
			 p->options->raw ? "byte" : "line", lost == 1 ? " was" : "s were");
}

/* Says how the conversation has ended.  Returns the exit status. */
static int
conclude(struct plain *p)
{
	bool orderly = p->link.ending.how == ENDING_NONE || p->link.ending.how == ENDING_LEFT;
	char text[512], lost[64];

	link_acknowledged(&p->link); /* it may have been asked a while ago */
	describe_lost(p, lost, sizeof lost);
	if (p->link.ending.how != ENDING_NONE) {
		link_describe_ending(&p->link, text, sizeof text);
		notice(p->log, "%s", text);
	}
	if (*lost != '\0')
		notice(p->log, "%s", lost);
	return orderly && *lost == '\0' ? 0 : 1;
}

/* What secure_begin and the like have to say. */
static void
say(void *context, enum voice voice, const char *text)
{
	const struct plain *p = context;
	char safe[1024];

	(void)voice;
	notice(p->log, "%s", text);
	if (p->terminal == -1 || isatty(STDERR_FILENO)) /* else a question would not be seen */
		return;
	filter_string(text, safe, sizeof safe);
	dprintf(p->terminal, "tchat: %s\n", safe);
}

/* Reads the answer to a question from the terminal. */
static void
read_answer(struct plain *p, struct secure *secure)
{
	char line[1024];
	ssize_t n = read(p->terminal, line, sizeof line);

	if (n > 0)
		secure_answer(secure, line, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		secure_refuse(secure, "");
}

/* Drops what can be read from the terminal, line by line, and says so. */
static void
drop_lines(struct plain *p)
{
	char line[TERMINAL_LINE_MAX];
	ssize_t n;

	while ((n = read(p->terminal, line, sizeof line)) > 0)
		notice(p->log, "not an answer, as it was typed before the question: %.*s",
		       (int)(line[n - 1] == '\n' ? n - 1 : n), line);
}

/* What was typed before there was a question is no answer to it. */
static void
drop_typed(struct plain *p)
{
	struct termios settings, at_once;

	drop_lines(p);
	if (tcgetattr(p->terminal, &settings) == -1)
		return;
	/* An unfinished line can be read only where lines are not waited for. */
	at_once = settings;
	at_once.c_lflag &= ~(tcflag_t)ICANON;
	at_once.c_cc[VMIN] = 1;
	at_once.c_cc[VTIME] = 0;
	tcsetattr(p->terminal, TCSANOW, &at_once);
	drop_lines(p);
	tcflush(p->terminal, TCIFLUSH); /* a key pressed just now would be a line of its own */
	tcsetattr(p->terminal, TCSANOW, &settings);
}

/* With -t: agrees with the peer on encryption.  Returns whether the conversation can begin. */
static bool
agree(struct plain *p, struct peer *peer)
{
	struct secure secure;
	bool asked = false;

	p->terminal = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	secure_begin(&secure, p->options, p->dial, peer, say, p);
	while (secure_step(&secure) < SECURE_DONE && signals_deadly() == 0) {
		enum { TERMINAL, OWN };
		struct pollfd fds[OWN + SECURE_FDS];
		bool asking = secure.state == SECURE_ASKING;
		int timeout = -1;
		nfds_t count;

		if (asking && p->terminal == -1) {
			secure_show(&secure);
			secure_refuse(&secure, ": there is no terminal to ask on");
			break;
		}
		if (asking && !asked) {
			drop_typed(p);
			secure_ask(&secure);
		}
		asked = asking;
		fds[TERMINAL] = (struct pollfd){.fd = asking ? p->terminal : -1, .events = POLLIN};
		count = OWN + secure_poll(&secure, fds + OWN, &timeout);
		signals_poll(fds, count, timeout);
		if (fds[TERMINAL].revents != 0)
			read_answer(p, &secure);
	}
	if (secure.state < SECURE_DONE)
		secure_refuse(&secure, "");
	if (p->terminal != -1)
		close(p->terminal);
	p->terminal = -1;
	return secure.state == SECURE_DONE;
}

static struct plain *talking; /* what last_words is about */

/* What is done before fatal() ends the program. */
static void
last_words(void)
{
	char lost[64];

	link_acknowledged(&talking->link);
	describe_lost(talking, lost, sizeof lost);
	if (*lost != '\0')
		warnx("%s", lost);
}

/* Holds one conversation with the peer.  Returns the exit status. */
static int
talk(struct plain *p, struct peer *peer)
{
	const struct options *o = p->options;
	int output = o->send_only ? -1 : STDOUT_FILENO, status;

	notice(p->log, o->role == ROLE_SERVER ? "%s has called" : "connected to %s", peer->name);
	if (o->tls && !agree(p, peer)) {
		dial_rest(p->dial);
		return 1;
	}
	link_init(&p->link, peer);
	p->last = '\n';
	p->by_itself = input_goes_by_itself(p);
	p->input_ended = o->receive_only; /* the sending side stays open: shut, it would look like leaving */
	if (!o->alternate && link_listen(&p->link, output, o->raw, p->log) == -1) {
		notice(p->log, "%s cannot be listened to: %s", peer->name, strerror(errno));
		link_close(&p->link);
		return 1;
	}
	talking = p;
	fatal_first(last_words);
	confine_speaker(o->tls && o->keep);
	if (o->alternate)
		turns_converse(o, p->log, p->dial, &p->link);
	else
		converse(p);
	log_end(p->log, VOICE_SELF);
	link_linger(&p->link, NULL, NULL);
	status = conclude(p);
	fatal_first(NULL);
	link_close(&p->link);
	return status;
}

int
plain_run(const struct options *options, struct log *log)
{
	struct plain p = {.options = options, .log = log, .terminal = -1};
	enum dial_state state;
	struct peer peer;
	char text[512];
	int status = 1;

	signals_default_stop();
	if ((p.dial = dial_new(options, text, sizeof text)) == NULL) {
		notice(log, "%s", text);
		return 1;
	}
	if (options->tls)
		secure_introduce(options, say, &p);
	if (confine_missing() != NULL)
		notice(log, CONFINE_MISSING, confine_missing());
	do {
		dial_describe(p.dial, text, sizeof text);
		notice(log, "%s", text);
		while ((state = dial_wait(p.dial, &peer)) == DIAL_TROUBLED)
			notice(log, "%s", dial_error(p.dial));
		if (state == DIAL_CONNECTED)
			status = talk(&p, &peer);
		else if (state == DIAL_FAILED)
			notice(log, "%s", dial_error(p.dial));
	} while (options->keep && signals_deadly() == 0 && p.link.ending.how != ENDING_OUTPUT);
	dial_free(p.dial);
	return status;
}
