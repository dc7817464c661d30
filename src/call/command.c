#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "call/command.h"
#include "call/via.h"

#define QUIET_MS 1000	  /* who has said nothing for so long has connected, */
#define MAY_ASK_MS 3000	  /* ... where it could ask, for so long: who asks has to get there first, */
#define ANSWERED_MS 4000  /* ... and after an answer for so long: a wrong one is refused late on purpose (pam(8)); */
#define START_MS 10000	  /* ... and whatever it has said, so long after the last question */
#define HINT_MS 3000	  /* an unfinished line that may be no question is explained then */
#define ASKING ":?>"	  /* ... but not one that ends so, which is one */
#define GRACE_MS 300	  /* to end as the input does, */
#define END_MS 250	  /* ... and after SIGTERM, and SIGKILL; together less than a child has (base/child.h) */
#define GROUP_LOOK_MS 20  /* that others of a group have ended no signal says */
#define CHUNK 4096	  /* read at once of what is said */
#define CHUNKS 16	  /* ... and so many of them, before others have their turn */
#define NOT_FOUND 127	  /* the status of a shell that does not find a command, */
#define SIGNALLED 128	  /* ... and, with the number of a signal, of one whose command was killed */

void
command_init(struct command *c, command_tell *tell, void *context)
{
	*c = (struct command){.socket = -1,
			      .voice = -1,
			      .its_terminal = -1,
			      .told = true,
			      .tell = tell,
			      .context = context,
			      .hint = CLOCK_NEVER,
			      .voice_slot = POLLS_NONE,
			      .socket_slot = POLLS_NONE};
}

/* --- The beginning. --- */

static _Noreturn void
be_command(const struct call_options *o, int socket, int voice, bool has_terminal, pid_t parent)
{
	const int fds[] = {socket, socket, voice};
	struct buffer line = {0};

	child_begin(parent, -1);
	(void)setsid();
	if (descriptors_keep(fds, 3) == -1)
		_exit(NOT_FOUND);
	if (has_terminal)
		(void)ioctl(STDERR_FILENO, TIOCSCTTY, 0);
	signals_program();
	via_expand(o->via, o->host, o->port, &line);
	execl("/bin/sh", "sh", "-c", buffer_data(&line), (char *)NULL);
	_exit(NOT_FOUND);
}

/* Makes what it says come out here.  Returns the side that is the command's, or -1 and errno. */
static int
open_voice(struct command *c, bool asks)
{
	int ends[2];

	if (asks && console_open(&c->console)) {
		c->voice = console_make(&c->console, &c->its_terminal);
		c->has_terminal = c->voice != -1;
		if (c->has_terminal)
			return c->its_terminal;
		console_close(&c->console);
	}
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK); /* the other end is another description */
	c->voice = ends[0];
	return ends[1];
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* Closes all that is here of it. */
static void
close_all(struct command *c)
{
	console_close(&c->console);
	close_one(&c->socket);
	close_one(&c->voice);
	close_one(&c->its_terminal);
}

/* It has begun, or said something: how long it has to be silent from now on. */
static void
await_silence(struct command *c)
{
	int64_t silence = c->console.answered ? ANSWERED_MS : c->has_terminal ? MAY_ASK_MS : QUIET_MS;
	int64_t quiet = clock_now() + silence;

	c->quiet = quiet < c->latest ? quiet : c->latest;
}

int
command_start(struct command *c, const struct call_options *o, bool asks)
{
	bool had_terminal = c->had_terminal || c->has_terminal;
	pid_t parent = getpid();
	int ends[2], voice, cause;

	command_init(c, c->tell, c->context);
	c->had_terminal = had_terminal;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	c->socket = ends[0];
	voice = open_voice(c, asks);
	c->pid = voice != -1 ? fork() : -1;
	if (c->pid == 0)
		be_command(o, ends[1], voice, c->has_terminal, parent);
	cause = errno;
	close(ends[1]);
	if (voice != -1 && voice != c->its_terminal)
		close(voice);
	if (c->pid == -1) {
		close_all(c);
		c->pid = 0;
		errno = cause;
		return -1;
	}
	c->state = COMMAND_STARTING;
	c->told = false;
	c->latest = clock_now() + START_MS;
	await_silence(c);
	return 0;
}

/* --- What it says. --- */

/* Tells how many lines were left out, if some were, and more would not be now; or if that is the end of it. */
static void
tell_dropped(struct command *c, bool end)
{
	unsigned dropped = remarks_count(&c->remarks, clock_now(), end);
	char text[BILINGUAL_LINE];

	if (dropped == 0)
		return;
	bilingual_print_count(text, sizeof text, "%u more line of the command is not shown",
			      "%u more lines of the command are not shown", dropped, dropped);
	c->tell(c->context, text, c->console.open);
}

/* Tells a line of it; before that, how many were left out. */
static void
tell_line(struct command *c, const char *line, bool complete)
{
	char text[BILINGUAL_LINE];

	tell_dropped(c, true);
	bilingual_print(text, sizeof text,
			complete || !c->has_terminal
				? N_("the command says: %s")
				: N_("the command asks, which can be answered only before the conversation begins: %s"),
			line);
	c->tell(c->context, text, c->console.open);
}

/* It has said something. */
static void
take(struct command *c, const char *bytes, size_t length)
{
	struct span said = {bytes, length};
	bool asked = c->console.asks;
	char line[REMARKS_TEXT];

	if (c->console.open)
		console_show(&c->console, bytes, length);
	if (asked || c->console.asks)
		c->latest = clock_now() + START_MS;
	await_silence(c);
	while (remarks_next(&c->remarks, &said, clock_now(), line))
		tell_line(c, line, true);
	if (!c->console.asks || c->remarks.typed || c->hinted)
		c->hint = CLOCK_NEVER;
	else if (c->hint == CLOCK_NEVER)
		c->hint = clock_now() + HINT_MS;
}

/* Whether the unfinished line ends as questions do. */
static bool
is_question(const struct remarks *r)
{
	size_t length = r->length;

	while (length > 0 && r->line[length - 1] == ' ')
		length--;
	return length > 0 && strchr(ASKING, r->line[length - 1]) != NULL;
}

/* Says why nothing goes on, if a line stands there that may be no question; and then shows it again. */
static void
give_hint(struct command *c)
{
	if (clock_until(c->hint) > 0)
		return;
	c->hint = CLOCK_NEVER;
	if (!c->console.asks || c->remarks.length == 0 || is_question(&c->remarks))
		return;
	c->hinted = true;
	console_tell(&c->console, _("the command has not ended this line: press Enter if that is no question"));
	console_show(&c->console, c->remarks.line, c->remarks.length);
}

/* Takes what can be read of it without waiting. */
static void
hear(struct command *c)
{
	char bytes[CHUNK];

	for (int i = 0; i < CHUNKS && c->voice != -1; i++) {
		ssize_t n = read(c->voice, bytes, sizeof bytes);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			take(c, bytes, (size_t)n);
		else
			close_one(&c->voice);
	}
}

/* Tells an unfinished line that has waited, or will not go on. */
static void
hear_rest(struct command *c)
{
	char line[REMARKS_TEXT];

	if (c->console.open) /* there a question waits for as long as it takes */
		return;
	if ((c->ended || clock_until(remarks_due(&c->remarks)) == 0) &&
	    remarks_rest(&c->remarks, clock_now(), line))
		tell_line(c, line, c->ended);
}

/* --- Whether it gets through. --- */

static void
get_through(struct command *c)
{
	c->state = COMMAND_THROUGH;
	console_close(&c->console);
}

/* Whether something has come from the other side, by way of it; or notes that nothing will. */
static bool
has_answered(struct command *c)
{
	char byte;
	ssize_t n = recv(c->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	c->has_shut = n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
	return n > 0;
}

static void
look_whether_through(struct command *c)
{
	bool answered = has_answered(c) || (c->ended && c->status == 0); /* then the other side has left at once */
	bool quiet = !c->console.asks && clock_until(c->quiet) == 0;

	if (answered || (quiet && !c->ended)) {
		get_through(c);
	} else if (c->ended) {
		c->state = COMMAND_FAILED;
		c->told = true; /* as the failure of the call */
		close_all(c);
	}
}

/* --- The end. --- */

/* To all of the group; to itself, where it has not made that yet. */
static void
send_signal(const struct command *c, int signo)
{
	if (kill(-c->pid, signo) == -1 && !c->ended)
		(void)kill(c->pid, signo);
}

/* Looks whether it has ended.  It stays a zombie, so that nobody else gets its number, until all is to end. */
static void
look_whether_ended(struct command *c)
{
	siginfo_t info = {.si_pid = 0};

	if (c->ended || waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid == 0)
		return;
	c->ended = true;
	c->status = info.si_code == CLD_EXITED ? info.si_status : SIGNALLED + info.si_status;
	c->obeyed = c->stage >= COMMAND_TERMINATED;
}

/* Whether it has ended in order; that is so, too, where it was told to, or nobody hears it any more (SIGPIPE). */
static bool
is_in_order(const struct command *c)
{
	return c->status == 0 || c->status == SIGNALLED + SIGPIPE || c->obeyed;
}

/* How it has ended otherwise. */
static void
describe_end(const struct command *c, char *text, size_t size)
{
	if (c->status == NOT_FOUND)
		bilingual_print(text, size, "the command was not found (status %d)", c->status);
	else if (c->status > SIGNALLED && c->status < SIGNALLED + NSIG)
		bilingual_print(text, size, "the command was killed: %s", bilingual_signal(c->status - SIGNALLED));
	else
		bilingual_print(text, size, "the command ended with status %d", c->status);
}

void
command_describe_failure(const struct command *c, char *text, size_t size)
{
	char why[BILINGUAL_LINE];

	describe_end(c, why, sizeof why);
	if (c->had_terminal && !c->has_terminal)
		bilingual_print(text, size, "%s; it has no terminal to ask on any more", why);
	else
		strlcpy(text, why, size);
}

bool
command_has_ended(struct command *c, char *text, size_t size)
{
	bool news = (c->ended || c->pid == 0) && !c->told;

	*text = '\0';
	if (!news)
		return false;
	c->told = true;
	if (c->ended && !is_in_order(c))
		describe_end(c, text, size);
	return true;
}

void
command_end(struct command *c)
{
	if (c->pid == 0 || c->stage != COMMAND_RUNS)
		return;
	console_close(&c->console);
	close_one(&c->socket);
	c->stage = COMMAND_MAY_END;
	c->deadline = clock_now() + GRACE_MS;
	c->state = c->state == COMMAND_FAILED ? COMMAND_FAILED : COMMAND_NONE;
}

/* Nothing of it is left. */
static void
forget(struct command *c)
{
	close_all(c);
	c->pid = 0;
}

static void
go_to(struct command *c, enum command_stage stage, int signo)
{
	send_signal(c, signo);
	c->stage = stage;
	c->deadline = clock_now() + END_MS;
}

/* Ends all of its group, in stages. */
static void
go_on_ending(struct command *c)
{
	bool late = clock_until(c->deadline) == 0;

	if (c->stage == COMMAND_MAY_END && (c->ended || late))
		go_to(c, COMMAND_TERMINATED, SIGTERM);
	else if (c->stage == COMMAND_TERMINATED && late)
		go_to(c, COMMAND_KILLED, SIGKILL);
	else if (c->stage == COMMAND_KILLED && late) /* it is another user's, as sudo(8) */
		forget(c);
	if (c->pid == 0 || !c->ended || c->stage < COMMAND_TERMINATED)
		return;
	(void)waitpid(c->pid, NULL, WNOHANG);
	if (c->stage == COMMAND_KILLED || kill(-c->pid, 0) == -1)
		forget(c);
}

void
command_poll(struct command *c, struct polls *polls)
{
	bool starting = c->state == COMMAND_STARTING;

	c->voice_slot = c->voice != -1 ? polls_add(polls, c->voice, POLLIN) : POLLS_NONE;
	c->socket_slot = starting && !c->has_shut ? polls_add(polls, c->socket, POLLIN) : POLLS_NONE;
	console_poll(&c->console, polls);
	if (starting && !c->console.asks)
		polls_until(polls, c->quiet);
	if (c->pid == 0)
		return;
	polls_until(polls, c->hint);
	polls_until(polls, remarks_count_due(&c->remarks));
	if (!c->console.open)
		polls_until(polls, remarks_due(&c->remarks));
	if (c->stage != COMMAND_RUNS)
		polls_until(polls, c->deadline);
	if (c->stage == COMMAND_TERMINATED)
		polls_within(polls, GROUP_LOOK_MS);
}

enum command_state
command_step(struct command *c, const struct polls *polls)
{
	bool had_ended = c->ended;

	if (c->pid == 0)
		return c->state;
	look_whether_ended(c); /* before its last words are looked for */
	if (console_step(&c->console, polls, c->voice)) {
		remarks_interrupt(&c->remarks);
		c->hint = CLOCK_NEVER;
	}
	if (c->ended || polls_found(polls, c->voice_slot) != 0)
		hear(c);
	hear_rest(c);
	give_hint(c);
	tell_dropped(c, c->ended && !had_ended);
	if (c->state == COMMAND_STARTING)
		look_whether_through(c);
	if (c->ended && c->socket == -1) /* others of its group would hold on to the connection */
		command_end(c);
	if (c->stage != COMMAND_RUNS)
		go_on_ending(c);
	return c->state;
}

void
command_finish(struct command *c)
{
	struct polls polls = {0};

	command_end(c);
	while (!command_is_gone(c)) {
		polls_clear(&polls);
		command_poll(c, &polls);
		polls_wait(&polls);
		command_step(c, &polls);
	}
	polls_free(&polls);
}

bool
command_is_gone(const struct command *c)
{
	return c->pid == 0;
}
