/*
 * Strict turns, in a talk that hears by itself.  The harness is all that they have around them: the keyboard,
 * the screen, the peer, who has connected it, the clock, and the order in which things happen.  It stands in for
 * signals_poll, so it sees what was done between any two waits, and says what there is next.
 *
 * A case is a first byte, 'm' where this side speaks first, and then a line for each thing that happens
 * the next time turns waits:
 *
 *   kTEXT   TEXT and an LF are typed    KTEXT   ... without the LF      e   end of input
 *   pTEXT   the peer sends as much      PTEXT   ... without the LF      E   the peer ends
 *   !       a signal tells the program to end
 *
 * When all of it has happened, both sides end.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/signals.h"
#include "call/opening.h"
#include "fuzz.h"
#include "plain/turns.h"
#include "talk/inside.h"
#include "text/filter.h"

#define CASE_MAX 32768 /* what a pipe and a socket surely take at once */

static struct {
	const uint8_t *next, *end; /* what is still to happen */
	int keyboard, screen, peer;
	int socket;		 /* the program's to the peer, until it has been handed over, then -1 */
	int64_t now, idle;	 /* what time it is; so much of it has passed since both have ended */
	bool input_ended, peer_ended;
	int deadly;		 /* the signal that has come */
	struct buffer typed;	 /* all of it */
	struct buffer sent;	 /* by the peer */
	struct buffer said;	 /* what has reached the peer */
	struct buffer shown;	 /* what has reached the screen */
	bool peer_saw_end;
	size_t said_lines, shown_lines;
	bool first;		 /* this side speaks first */
	int notices;		 /* that lines were typed ahead */
} world;

/* ---- What turns has around it ---- */

static size_t
count_lines(const struct buffer *text)
{
	const char *s = buffer_data(text);
	size_t count = 0;

	for (size_t i = 0; i < buffer_length(text); i++)
		count += s[i] == '\n';
	return count;
}

/* Reads what there is; returns whether that is the end. */
static bool
drain(int fd, struct buffer *text)
{
	ssize_t n;

	while ((n = read(fd, buffer_reserve(text, 4096), 4096)) > 0)
		buffer_grow(text, (size_t)n);
	return n == 0;
}

/* How many lines there are, the last one counted even if it lacks its LF. */
static size_t
count_all_lines(const struct buffer *text)
{
	size_t length = buffer_length(text);

	return count_lines(text) + (length > 0 && buffer_data(text)[length - 1] != '\n');
}

static bool
all_is_said(void)
{
	return world.input_ended && world.said_lines == count_all_lines(&world.typed);
}

/* The filter keeps lines, as they are short here. */
static bool
all_is_shown(void)
{
	return world.peer_ended && world.shown_lines == count_all_lines(&world.sent);
}

/* Whether what the peer has sent is no conversation: it speaks TLS, or is busy. */
static bool
nobody_was_there(void)
{
	const char *sent = buffer_data(&world.sent);
	size_t length = buffer_length(&world.sent);

	return opening_is_tls(sent, length) || opening_is_busy(sent, length);
}

/*
 * Looks at what has come out since the last time: each side waits for the other, until the other has
 * ended.  There is a wait before each line that is shown, so what was said since was said after it.
 * Once it is to end, the program shows all that has come.
 */
static void
look(void)
{
	size_t ahead = world.first; /* so many more lines may be said than shown */
	bool was_said = all_is_said();

	drain(world.screen, &world.shown);
	world.shown_lines = count_lines(&world.shown);
	must(world.shown_lines <= world.said_lines + 1 - ahead || was_said || world.deadly != 0);
	if (drain(world.peer, &world.said))
		world.peer_saw_end = true;
	world.said_lines = count_lines(&world.said);
	must(world.said_lines <= world.shown_lines + ahead || all_is_shown());
	must(!world.peer_saw_end || all_is_said() || world.deadly != 0 || nobody_was_there());
}

static void
write_to(int fd, const uint8_t *text, size_t length, struct buffer *all)
{
	if (length == 0)
		return;
	must(write(fd, text, length) == (ssize_t)length);
	buffer_add(all, (const char *)text, length);
}

static void
type(const uint8_t *text, size_t length, bool enter)
{
	if (world.input_ended)
		return;
	write_to(world.keyboard, text, length, &world.typed);
	if (enter)
		write_to(world.keyboard, (const uint8_t *)"\n", 1, &world.typed);
}

static void
send_to(const uint8_t *text, size_t length, bool enter)
{
	if (world.peer_ended)
		return;
	write_to(world.peer, text, length, &world.sent);
	if (enter)
		write_to(world.peer, (const uint8_t *)"\n", 1, &world.sent);
}

static void
end_input(void)
{
	if (!world.input_ended)
		close(world.keyboard);
	world.input_ended = true;
}

static void
end_peer(void)
{
	shutdown(world.peer, SHUT_WR);
	world.peer_ended = true;
}

/* Whether the peer has no room for more, as the program shows many lines before it reads on. */
static bool
peer_is_full(void)
{
	struct pollfd peer = {.fd = world.peer, .events = POLLOUT};

	return poll(&peer, 1, 0) == 0;
}

/* The next thing happens, or waits for room.  Returns whether there was one. */
static bool
happen(void)
{
	const uint8_t *what = world.next, *lf;
	size_t length;

	if (what == world.end)
		return false;
	if ((what[0] == 'p' || what[0] == 'P') && !world.peer_ended && peer_is_full())
		return true;
	lf = memchr(what, '\n', (size_t)(world.end - what));
	length = (size_t)((lf != NULL ? lf : world.end) - what);
	world.next = lf != NULL ? lf + 1 : world.end;
	if (length == 0)
		return true;
	switch (what[0]) {
	case 'k':
	case 'K':
		type(what + 1, length - 1, what[0] == 'k');
		break;
	case 'p':
	case 'P':
		send_to(what + 1, length - 1, what[0] == 'p');
		break;
	case 'e':
		end_input();
		break;
	case 'E':
		end_peer();
		break;
	case '!':
		world.deadly = SIGTERM;
		break;
	default:
		break;
	}
	return true;
}

/*
 * A wait: something happens, and whatever is ready then is; a signal ends the wait.  Where nothing is, time passes.
 * Once both have ended, there is nothing left to wait for but what arrives; after a signal, the peer's goodbye.
 */
int
signals_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int before = world.deadly, ready;
	bool all_over = (world.input_ended && world.peer_ended) || before != 0;

	look();
	if (before == 0 && !happen()) {
		end_input();
		end_peer();
	}
	ready = poll(fds, count, 0);
	must(ready > 0 || timeout >= 0 || !all_over);
	if (ready == 0 && timeout > 0 && all_over)
		world.idle += timeout;
	must(world.idle <= LINK_ARRIVED_MS || world.deadly != 0);
	if (ready == 0 && timeout > 0)
		world.now += timeout;
	if (world.deadly == before)
		return ready;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = 0;
	return 0;
}

int
signals_deadly(void)
{
	return world.deadly;
}

int
signals_urgent_count(void)
{
	return world.deadly != 0;
}

bool
signals_are_due(void)
{
	return false;
}

void
signals_child(void)
{
}

void
signals_ignore(int signo)
{
	(void)signo;
}

int64_t
clock_now(void)
{
	return world.now;
}

int
clock_until(int64_t deadline)
{
	if (deadline == CLOCK_NEVER)
		return -1;
	return deadline > world.now ? (int)(deadline - world.now) : 0;
}

int
clock_sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* The caller: hands the peer over, and ends. */

int
caller_open(struct caller *caller)
{
	(void)caller;
	return 0;
}

void
caller_answer(struct caller *caller, enum caller_answer answer)
{
	(void)caller;
	(void)answer;
}

void
caller_call(struct caller *caller, int64_t patience)
{
	(void)caller;
	(void)patience;
}

void
caller_stop(struct caller *caller)
{
	(void)caller;
}

void
caller_end_command(struct caller *caller)
{
	(void)caller;
}

void
caller_retire(struct caller *caller)
{
	(void)caller;
}

bool
caller_is_done(const struct caller *caller)
{
	(void)caller;
	return world.socket == -1;
}

void
caller_poll(struct caller *caller, struct polls *polls)
{
	(void)caller;
	if (world.socket != -1)
		polls_within(polls, 0);
}

enum caller_news
caller_step(struct caller *caller, const struct polls *polls, struct peer *peer)
{
	(void)caller;
	(void)polls;
	if (world.socket == -1)
		return CALLER_NOTHING;
	*peer = (struct peer){.socket = world.socket, .host = "peer", .name = "peer"};
	world.socket = -1;
	return CALLER_CONNECTED;
}

void
caller_close(struct caller *caller)
{
	(void)caller;
}

/* This process has files to open for the next case. */
void __wrap_confine_speaker(bool needs_files);

void
__wrap_confine_speaker(bool needs_files)
{
	(void)needs_files;
}

/* There is no process to name. */
void
setproctitle(const char *format, ...)
{
	(void)format;
}

/* What the talk has to say. */
static void
say(void *context, enum voice voice, const char *text)
{
	(void)context;
	(void)voice;
	world.notices += strstr(text, "typed ahead") != NULL;
}

/* ---- What must hold ---- */

/* The text as the peer gets it: the last line of a file may lack its LF. */
static void
end_line(struct buffer *text)
{
	size_t length = buffer_length(text);

	if (length > 0 && buffer_data(text)[length - 1] != '\n')
		buffer_add(text, "\n", 1);
}

/* The text as the screen gets it. */
static struct buffer
make_safe(const struct buffer *text)
{
	struct buffer safe = {0};

	if (buffer_length(text) > 0)
		filter_text(buffer_data(text), buffer_length(text), FILTER_LINE_MAX, &safe);
	end_line(&safe);
	return safe;
}

/* Lines of the whole, from its first on, each once and in order; all of them, if that is demanded. */
static void
must_begin(const struct buffer *part, const struct buffer *whole, bool all)
{
	size_t length = buffer_length(part);

	must(length <= buffer_length(whole));
	must(!all || length == buffer_length(whole));
	must(length == 0 || memcmp(buffer_data(part), buffer_data(whole), length) == 0);
	must(length == 0 || buffer_data(part)[length - 1] == '\n');
}

static void
must_be_right(const struct link *link)
{
	bool is_tls = link->ending.how == ENDING_IS_TLS; /* nothing of that is said or shown */
	bool is_busy = link->ending.how == ENDING_BUSY; /* nor is anything said to it after that */
	bool whole = world.deadly == 0 && !is_tls && !is_busy;
	struct buffer safe = make_safe(&world.sent);

	end_line(&world.typed);
	must_begin(&world.said, &world.typed, whole);
	must_begin(&world.shown, &safe, whole);
	must(!whole || (link->ending.how == ENDING_LEFT && link->end_queued && world.notices == 0));
	must(!whole || world.peer_saw_end);
	must(!is_tls || (opening_is_tls(buffer_data(&world.sent), buffer_length(&world.sent)) &&
			 buffer_length(&world.shown) == 0));
	must(!is_busy || opening_is_busy(buffer_data(&world.sent), buffer_length(&world.sent)));
	buffer_free(&safe);
}

/* ---- The case ---- */

static void
move(int from, int to)
{
	must(dup2(from, to) == to);
	close(from);
}

/* The keyboard, the screen and the peer. */
static void
open_world(void)
{
	int keys[2], sockets[2];
	char path[64];

	must(pipe2(keys, O_CLOEXEC) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	must(fcntl(sockets[1], F_SETFL, O_NONBLOCK) == 0);
	move(keys[0], STDIN_FILENO);
	world.keyboard = keys[1];
	world.socket = sockets[0];
	world.peer = sockets[1];
	world.screen = memfd_create("screen", MFD_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d", world.screen);
	move(open(path, O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
}

static void
close_world(void)
{
	end_input();
	if (world.socket != -1)
		close(world.socket);
	close(world.peer);
	close(world.screen);
	buffer_free(&world.typed);
	buffer_free(&world.sent);
	buffer_free(&world.said);
	buffer_free(&world.shown);
}

/* Waits until something happens, and sees to it, as plain.c does. */
static void
turn(struct talk *talk, struct turns *turns, struct polls *polls)
{
	struct talk_view view;

	polls_clear(polls);
	turns_poll(turns, polls);
	talk_poll(talk, polls);
	polls_wait(polls);
	talk_step(talk, polls);
	if (turns->talk == NULL && talk_view(talk, 0, &view) && view.state == PARTY_TALKING)
		turns_begin(turns, talk, world.first, false);
	turns_step(turns, polls);
}

/* Holds the conversation. */
static void
converse(struct talk *talk)
{
	struct turns turns = {0};
	struct polls polls = {0};
	bool leaving = false;

	talk_begin(talk);
	for (;;) {
		if (world.deadly != 0 && !leaving) {
			leaving = true;
			talk_leave(talk, TALK_HURRY_MS);
		}
		if (talk_is_over(talk))
			break;
		turn(talk, &turns, &polls);
	}
	turns_free(&turns);
	polls_free(&polls);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct call_options call = {.role = ROLE_SERVER, .port = 8080};
	/* As plain.c has it where standard input is no terminal. */
	const struct talk_options options = {.ear = EAR_SELF, .output = STDOUT_FILENO, .patient = true, .members = 1};
	const struct talk_face face = {.say = say};
	struct caller caller = {.options = &call, .socket = -1};
	const struct talk_base base = {.call = &call, .caller = &caller};
	char error[256];
	struct talk *talk;

	if (size == 0 || size > CASE_MAX)
		return 0;
	memset(&world, 0, sizeof world);
	world.now = 1;
	world.next = data + 1;
	world.end = data + size;
	world.first = data[0] == 'm';
	open_world();

	must((talk = talk_new(&base, &options, &face, error, sizeof error)) != NULL);
	converse(talk);
	look();
	if (talk_find(talk, PARTY_OVER) != NULL)
		must_be_right(&talk_find(talk, PARTY_OVER)->link);
	talk_free(talk);
	close_world();
	return 0;
}
