/*
 * Strict turns.  The harness is all that turns has around it: the keyboard, the screen, the peer, and
 * the order in which things happen.  It stands in for signals_poll, so it sees what was done between
 * any two waits, and says what there is next.
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
#include "call/dial.h"
#include "text/filter.h"
#include "fuzz.h"
#include "call/opening.h"
#include "link/link.h"
#include "record/notice.h"
#include "base/signals.h"
#include "plain/turns.h"

#define CASE_MAX 32768 /* what a pipe and a socket surely take at once */

static struct {
	const uint8_t *next, *end; /* what is still to happen */
	int keyboard, screen, peer;
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
	must(!world.peer_saw_end || all_is_said());
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

/* A wait: something happens, and whatever is ready then is; a signal ends the wait. */
int
signals_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int before = world.deadly, ready;

	(void)timeout;
	look();
	if (before == 0 && !happen()) {
		/* When both have ended, there is nothing left to wait for. */
		must(!world.input_ended || !world.peer_ended || poll(fds, count, 0) > 0);
		end_input();
		end_peer();
	}
	ready = poll(fds, count, 0);
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

void
signals_child(void)
{
}

void
signals_ignore_stop(void)
{
}

nfds_t
dial_poll(const struct dial *dial, struct pollfd fds[DIAL_FDS], int *timeout)
{
	(void)dial;
	(void)fds;
	(void)timeout;
	return 0;
}

bool
dial_refuse(struct dial *dial, struct peer *peer)
{
	(void)dial;
	(void)peer;
	return false;
}

/* There is no process to name. */
void
setproctitle(const char *format, ...)
{
	(void)format;
}

void
notice(struct log *log, const char *format, ...)
{
	(void)log;
	world.notices += strstr(format, "typed ahead") != NULL;
}

void
notice_flush_log(struct log *log)
{
	(void)log;
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
	bool is_tls = link->ending.how == ENDING_HELLO; /* nothing of that is said or shown */
	bool is_busy = link->ending.how == ENDING_BUSY; /* nor is anything said to it after that */
	bool whole = world.deadly == 0 && !is_tls && !is_busy;
	struct buffer safe = make_safe(&world.sent);

	end_line(&world.typed);
	must_begin(&world.said, &world.typed, whole);
	must_begin(&world.shown, &safe, whole);
	must(!whole || (link->ending.how == ENDING_LEFT && world.peer_saw_end && world.notices == 0));
	must(!is_tls || (hello_is_tls(buffer_data(&world.sent), buffer_length(&world.sent)) &&
			 buffer_length(&world.shown) == 0));
	must(!is_busy || hello_is_busy(buffer_data(&world.sent), buffer_length(&world.sent)));
	buffer_free(&safe);
}

/* ---- The case ---- */

static void
move(int from, int to)
{
	must(dup2(from, to) == to);
	close(from);
}

/* The keyboard, the screen and the peer.  Returns the program's socket. */
static int
open_world(void)
{
	int keys[2], sockets[2];
	char path[64];

	must(pipe2(keys, O_CLOEXEC) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	must(fcntl(sockets[1], F_SETFL, O_NONBLOCK) == 0);
	move(keys[0], STDIN_FILENO);
	world.keyboard = keys[1];
	world.peer = sockets[1];
	world.screen = memfd_create("screen", MFD_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d", world.screen);
	move(open(path, O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	return sockets[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options = {.role = ROLE_SERVER, .alternate = true};
	struct peer peer = {.name = "peer"};
	struct link link;

	if (size == 0 || size > CASE_MAX)
		return 0;
	memset(&world, 0, sizeof world);
	world.next = data + 1;
	world.end = data + size;
	world.first = data[0] == 'm';
	options.first = world.first ? FIRST_ME : FIRST_PEER;
	peer.socket = open_world();
	link_init(&link, &peer);

	turns_converse(&options, NULL, NULL, &link);
	look();
	must_be_right(&link);

	end_input();
	link_close(&link);
	close(world.peer);
	close(world.screen);
	buffer_free(&world.typed);
	buffer_free(&world.sent);
	buffer_free(&world.said);
	buffer_free(&world.shown);
	return 0;
}
