/*
 * A talk, without a front end: who is there, from the call to the goodbye, in every way that it can go.
 *
 * Its other sides are ends of TCP connections in this process, and so is the caller, which the test plays: it
 * stands in for call/caller.c.  Time is the test's (world.h).  Whenever the talk waits with nothing ready, it is
 * checked that nobody has anything to do that it does not wait for.
 */
#include <config.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "call/opening.h"
#include "link/cell.h"
#include "link/listener.h"
#include "call/sounding.h"
#include "loopback.h"
#include "talk/inside.h"
#include "trust/keeper.h"
#include "trust/tls.h"
#include "world.h"

#define LITTLE 4096 /* for a socket's buffers, where they are to be full soon */
#define PORT 8080
#define NAMES_MAX 8

/* Goes on until that is so. */
#define UNTIL(condition) \
	while (!(condition)) \
		go_on()

/* ---- The talk and what it has around it ---- */

static struct {
	struct call_options call;
	struct trust_options trust;
	struct talk_options options;
	struct talk_face face;
	unsigned changes; /* so often there was something to be shown */
	struct caller caller;
	struct talk_base base;
	struct talk *talk;
	struct polls polls;
	struct buffer said;  /* all that there was to notice, in lines, each after its voice */
	size_t heard;	     /* lines */
	bool confined;	     /* the speaker */
	bool needs_files;    /* as it was last confined */
	unsigned open_before; /* descriptors */
	char directory[32];  /* for files, if there are any */
} here;

/* The caller, as the test plays it. */
static struct {
	struct {
		enum caller_news news;
		bool knock;
		struct peer peer;
	} news[NAMES_MAX];
	unsigned count;
	unsigned admitted, refused, called, stopped; /* orders */
	int64_t patience; /* of the last call */
	bool cannot_open;
} played;

int
caller_open(struct caller *caller)
{
	if (!played.cannot_open)
		return 0;
	snprintf(caller->error, sizeof caller->error, "cannot listen on port %d: for a test", PORT);
	return -1;
}

void
caller_answer(struct caller *caller, enum caller_answer answer)
{
	caller->knocked = false;
	if (answer == CALLER_ADMIT)
		played.admitted++;
	else
		played.refused++;
}

void
caller_call(struct caller *caller, int64_t patience)
{
	(void)caller;
	played.called++;
	played.patience = patience;
}

void
caller_stop(struct caller *caller)
{
	(void)caller;
	played.stopped++;
}

void
caller_end_command(struct caller *caller)
{
	(void)caller;
}

void
caller_retire(struct caller *caller)
{
	caller->done = true;
}

bool
caller_is_done(const struct caller *caller)
{
	return caller->done;
}

void
caller_poll(struct caller *caller, struct polls *polls)
{
	(void)caller;
	if (played.count > 0)
		polls_within(polls, 0);
}

enum caller_news
caller_step(struct caller *caller, const struct polls *polls, struct peer *peer)
{
	enum caller_news news;

	(void)polls;
	if (played.count == 0)
		return CALLER_NOTHING;
	news = played.news[0].news;
	caller->knocked |= played.news[0].knock;
	*peer = played.news[0].peer;
	memmove(played.news, played.news + 1, --played.count * sizeof *played.news);
	if (news == CALLER_CONNECTED)
		caller->done = !caller->options->keep && caller->options->wait == 0 &&
			       (!caller->options->tls || caller->options->once);
	if (news == CALLER_FAILED)
		caller->done = true;
	return news;
}

void
caller_close(struct caller *caller)
{
	caller->done = true;
}

/* The time of day of this program: it stands in for the one of the C library. */
static time_t time_of_day;

time_t
time(time_t *t)
{
	if (t != NULL)
		*t = time_of_day;
	return time_of_day;
}

/* This process goes on to make connections and to open files. */
void __wrap_confine_speaker(bool needs_files);

void
__wrap_confine_speaker(bool needs_files)
{
	here.confined = true;
	here.needs_files = needs_files;
}

/* There is no process to name. */
void
setproctitle(const char *format, ...)
{
	(void)format;
}

/* A listener that does as the test says, if that is set. */
static struct ending (*lie)(struct listener *listener);

struct ending __real_listener_run(struct listener *listener);
struct ending __wrap_listener_run(struct listener *listener);

struct ending
__wrap_listener_run(struct listener *listener)
{
	return lie != NULL ? lie(listener) : __real_listener_run(listener);
}

/* A cell that cannot be entered, if that is set. */
static bool cell_is_shut;

int __real_cell_enter(void);
int __wrap_cell_enter(void);

int
__wrap_cell_enter(void)
{
	if (!cell_is_shut)
		return __real_cell_enter();
	errno = EPERM;
	return -1;
}

static void
say(void *context, enum voice voice, const char *text)
{
	const char mark[] = {(char)voice, ' '};

	assert_ptr_equal(context, &here);
	assert_true(here.confined); /* nobody hears that one can call before the speaker is what it will be */
	buffer_add(&here.said, mark, sizeof mark);
	buffer_add(&here.said, text, strlen(text));
	buffer_add(&here.said, "\n", 1);
}

static void
heard(void *context, size_t lines)
{
	assert_ptr_equal(context, &here);
	here.heard += lines;
}

/* ---- Looking at it ---- */

/* What was said, as a string. */
static const char *
all_said(void)
{
	buffer_add(&here.said, "", 1);
	here.said.end--;
	return buffer_data(&here.said);
}

static unsigned
times_said(const char *text)
{
	unsigned times = 0;

	for (const char *next = all_said(); (next = strstr(next, text)) != NULL; next++)
		times++;
	return times;
}

/* That was said, with its voice, and once. */
static void __attribute__((format(printf, 1, 2)))
assert_said(const char *format, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (times_said(line) != 1)
		fail_msg("\"%s\" was said %u times in:\n%s", line, times_said(line), all_said());
}

static struct talk_view
view(unsigned number)
{
	struct talk_view view = {.state = PARTY_OVER};

	(void)talk_view(here.talk, number, &view);
	return view;
}

/* Those who are there, from 0 on. */
static struct party *
party(unsigned number)
{
	struct party *p = STAILQ_FIRST(&here.talk->parties);

	while (number-- > 0)
		p = STAILQ_NEXT(p, entry);
	assert_non_null(p);
	return p;
}

/* The other sides' lines in the history, each after who has said it: "ann: hello|". */
static const char *
record_of_others(void)
{
	static char text[4096];
	const struct history *history = talk_record(here.talk)->history;

	*text = '\0';
	for (uint64_t n = history_start(history); n < history_end(history); n++) {
		struct line line = history_line(history, n);

		if (line.voice != VOICE_PEER)
			continue;
		strlcat(text, line.speaker, sizeof text);
		strlcat(text, ": ", sizeof text);
		strncat(text, line.text, line.length < 80 ? line.length : 80);
		strlcat(text, "|", sizeof text);
	}
	return text;
}

/* The number of one's own line that was said last but so many, in the history. */
static struct line
own_line(unsigned before)
{
	const struct history *history = talk_record(here.talk)->history;

	for (uint64_t n = history_end(history); n-- > history_start(history);)
		if (history_line(history, n).voice == VOICE_SELF && before-- == 0)
			return history_line(history, n);
	fail();
	return history_line(history, 0);
}

static bool
is_ready(int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};

	return fd != -1 && poll(&one, 1, 0) > 0 && (one.revents & events) != 0;
}

/* Whether this one could go on. */
static bool
has_something_to_do(const struct party *p)
{
	bool listening = p->link.listener.pid != 0 && !p->link.reported;

	if (!party_is_linked(p))
		return false;
	if (p->state != PARTY_REAPING && link_is_waiting(&p->link) && is_ready(p->link.peer.socket, POLLOUT))
		return true;
	if (listening && is_ready(p->link.lines != -1 ? p->link.lines : p->link.report, POLLIN))
		return true;
	return p->state == PARTY_TALKING && here.options.ear == EAR_SELF && p->link.ending.how == ENDING_NONE &&
	       buffer_length(&p->heard) == 0 && is_ready(p->link.peer.socket, POLLIN);
}

static bool
somebody_has(void)
{
	const struct party *p;

	STAILQ_FOREACH(p, &here.talk->parties, entry)
		if (has_something_to_do(p))
			return true;
	return false;
}

/* ---- Going on ---- */

/* Whatever is said or heard is to be shown. */
static void
step(void)
{
	size_t said = buffer_length(&here.said), heard_before = here.heard;
	bool changed = talk_step(here.talk, &here.polls);

	assert_true(changed || (buffer_length(&here.said) == said && here.heard == heard_before));
	here.changes += changed;
}

static void
go_on(void)
{
	polls_clear(&here.polls);
	talk_poll(here.talk, &here.polls);
	polls_wait(&here.polls);
	step();
}

/* Goes on for a few rounds, in which nothing special has to happen. */
static void
linger(void)
{
	for (int i = 0; i < 8; i++) {
		polls_clear(&here.polls);
		talk_poll(here.talk, &here.polls);
		polls_within(&here.polls, 1);
		polls_wait(&here.polls);
		talk_step(here.talk, &here.polls);
	}
}

static bool
is_over(void)
{
	return talk_is_over(here.talk);
}

static void
finish(void)
{
	UNTIL(is_over());
}

/* The same, where what is waited for is that time passes. */
static void
let_pass(void)
{
	world.time_passes = true;
	finish();
	world.time_passes = false;
}

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	memset(&here, 0, sizeof here);
	memset(&played, 0, sizeof played);
	lie = NULL;
	cell_is_shut = false;
	time_of_day = 1000000000;
	here.call = (struct call_options){.role = ROLE_SERVER, .port = PORT};
	here.options = (struct talk_options){.ear = EAR_PIPE, .output = -1, .history = 1000, .members = 1};
	here.face = (struct talk_face){.context = &here, .say = say, .heard = heard};
	here.base = (struct talk_base){.call = &here.call, .trust = &here.trust, .caller = &here.caller};
	here.caller.options = &here.call;
	here.open_before = count_descriptors();
	return 0;
}

/* Nothing is left: no process, no descriptor, no file. */
static int
tear_down(void **state)
{
	(void)state;
	world.busy = NULL;
	talk_free(here.talk);
	log_close(here.base.log);
	polls_free(&here.polls);
	buffer_free(&here.said);
	if (*here.directory != '\0')
		rmdir(here.directory);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_descriptors(), here.open_before);
	return 0;
}

/* Begins with the options as they are. */
static void
begin(void)
{
	char error[256] = "";

	here.talk = talk_new(&here.base, &here.options, &here.face, error, sizeof error);
	assert_non_null(here.talk);
	talk_begin(here.talk);
	world.busy = somebody_has;
}

/* ---- The other sides ---- */

static void
tell(enum caller_news news, const char *name, int socket)
{
	struct peer *peer = &played.news[played.count].peer;

	played.news[played.count].news = news;
	played.news[played.count++].knock = false;
	*peer = (struct peer){.socket = socket};
	if (name == NULL)
		return;
	strlcpy(peer->host, name, sizeof peer->host);
	strlcpy(peer->name, name, sizeof peer->name);
	snprintf(peer->place, sizeof peer->place, "%s port 1", name);
}

/* Somebody is at the door. */
static void
knock(void)
{
	tell(CALLER_NOTHING, NULL, -1);
	played.news[played.count - 1].knock = true;
}

/* Two ends, the near one with little room. */
static void
connect_narrowly(int ends[2])
{
	unsigned port;
	int door = loopback_listen(&port), size = LITTLE;
	struct sockaddr_in address = loopback_address(port);

	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&address, sizeof address), 0);
	ends[1] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ends[1] != -1);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
	close(door);
}

/* Somebody of that name has been connected; the answer is that one's end. */
static int
arrive_by(const char *name, void (*connect_ends)(int ends[2]))
{
	int ends[2];

	connect_ends(ends);
	tell(CALLER_CONNECTED, name, ends[1]);
	UNTIL(played.count == 0);
	return ends[0];
}

static int
arrive(const char *name)
{
	return arrive_by(name, loopback_connect);
}

/* Begins, and Ann is there. */
static int
begin_with_ann(void)
{
	begin();
	return arrive("ann");
}

/* The same, where little fits on the way to her. */
static int
begin_with_slow_ann(void)
{
	begin();
	return arrive_by("ann", connect_narrowly);
}

static void
write_line(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* That one has received this, and no more so far. */
static void
assert_received(int fd, const char *text)
{
	char got[1024] = "";
	size_t length = strlen(text), done = 0;

	while (done < length) {
		ssize_t n = recv(fd, got + done, length - done, MSG_DONTWAIT);

		assert_true(n != 0);
		if (n == -1)
			go_on();
		else
			done += (size_t)n;
	}
	assert_string_equal(got, text);
	assert_true(recv(fd, got, 1, MSG_DONTWAIT | MSG_PEEK) <= 0);
}

/* That one has received the end, and nothing before it. */
static void
assert_ended(int fd)
{
	UNTIL(is_ready(fd, POLLIN));
	assert_int_equal(recv(fd, (char[1]){0}, 1, MSG_DONTWAIT), 0);
}

/* That one reads whatever there is.  Returns how many bytes. */
static size_t
drain(int fd)
{
	static char sink[65536];
	size_t count = 0;
	ssize_t n;

	while ((n = recv(fd, sink, sizeof sink, MSG_DONTWAIT)) > 0)
		count += (size_t)n;
	return count;
}

/* ... and goes on doing so until it is over. */
static size_t
drain_until_over(int fd)
{
	size_t count = 0;

	while (!is_over()) {
		count += drain(fd);
		go_on();
	}
	return count + drain(fd);
}

/* ... until nothing is queued for that one, who has that number. */
static void
drain_queue(int fd, unsigned number)
{
	while (view(number).queued > 0) {
		drain(fd);
		world_turn(LINK_ARRIVED_MS);
		go_on();
	}
}

static void
send_line(const char *line)
{
	assert_int_equal(talk_send(here.talk, line, strlen(line)), TALK_SENT);
}

/* What was not delivered, good until the next call. */
static struct span
all_lost(void)
{
	static struct buffer lines;

	buffer_free(&lines);
	lines = talk_lost(here.talk);
	return buffer_span(&lines);
}

/* Says more than there is room for on the way to who is there: lines of some thousand bytes.  Returns how many. */
static unsigned
say_much(void)
{
	static char line[8192];
	unsigned count = 0;

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	while (party(0)->link.outbox_taken == buffer_length(&party(0)->link.outbox) || count < 40) {
		assert_int_equal(talk_send(here.talk, line, sizeof line), TALK_SENT);
		count++;
	}
	return count;
}

/* All that was said has arrived, and that was seen. */
static bool
all_has_arrived(void)
{
	world_turn(LINK_ARRIVED_MS);
	return talk_arrived(here.talk) == here.talk->stream;
}

/* So many more find the line busy. */
static void
turn_away(unsigned count)
{
	while (count-- > 0) {
		tell(CALLER_REFUSED, "bob", -1);
		UNTIL(played.count == 0);
	}
}

/* ---- Nobody is there ---- */

static void
test_waits(void **state)
{
	struct talk_view nobody;
	char text[64];

	(void)state;
	begin();
	linger();
	assert_false(is_over());
	assert_said("* waiting on port 8080\n");
	assert_int_equal(times_said("\n"), 1);
	talk_describe(here.talk, text, sizeof text);
	assert_string_equal(text, "waiting on port 8080");
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	assert_false(talk_wants_input(here.talk));
	assert_false(talk_view(here.talk, 0, &nobody));
	assert_string_equal(talk_secrecy(here.talk)[0], "Nobody is there.");
	assert_int_equal(played.admitted, 0);
	assert_false(here.needs_files);
	talk_finish(here.talk);
	assert_false(is_over());
}

/* A client is told to call, once. */
static void
test_calls(void **state)
{
	(void)state;
	here.call = (struct call_options){.role = ROLE_CLIENT, .host = "ann", .port = PORT};
	begin();
	assert_said("* calling ann port 8080\n");
	assert_int_equal(played.called, 1);
	close(arrive("ann"));
	finish();
	assert_said("* connected to ann port 1\n");
	assert_int_equal(played.called, 1);
	assert_int_equal(played.admitted, 0);
	assert_int_equal(talk_status(here.talk), 0);
}

static void
test_cannot_listen(void **state)
{
	char error[256];

	(void)state;
	played.cannot_open = true;
	assert_null(talk_new(&here.base, &here.options, &here.face, error, sizeof error));
	assert_string_equal(error, "cannot listen on port 8080: for a test");
}

static int
tear_down_nothing(void **state)
{
	(void)state;
	assert_int_equal(count_descriptors(), here.open_before);
	return 0;
}

static void
test_leaves_while_waiting(void **state)
{
	(void)state;
	begin();
	talk_leave(here.talk, 1000);
	assert_true(is_over());
	assert_int_equal(talk_status(here.talk), 0);
}

static void
test_hangs_up_while_waiting(void **state)
{
	(void)state;
	begin();
	talk_hang_up(here.talk);
	assert_true(is_over());
	assert_int_equal(talk_status(here.talk), 0);
}

/* Nobody will come any more. */
static void
test_caller_dies_while_waiting(void **state)
{
	(void)state;
	begin();
	strlcpy(here.caller.error, "the process that waits for calls died: Killed", sizeof here.caller.error);
	tell(CALLER_FAILED, NULL, -1);
	finish();
	assert_said("! the process that waits for calls died: Killed\n");
	assert_int_equal(talk_status(here.talk), 1);
}

/* What the caller has to say of others is passed on. */
static void
test_news_of_others(void **state)
{
	(void)state;
	begin();
	strlcpy(here.caller.error, "nobody can be let in: Too many open files", sizeof here.caller.error);
	tell(CALLER_TROUBLED, NULL, -1);
	UNTIL(played.count == 0);
	assert_said("! nobody can be let in: Too many open files\n");
	tell(CALLER_REFUSED, "bob", -1);
	UNTIL(played.count == 0);
	assert_said("* bob called while the line was busy\n");
	assert_false(is_over());
}

/* Two ends, the near one of which waits when it is closed, as whoever hands it over may have it. */
static int lingering = -1; /* another descriptor for that one */

static void
connect_lingering(int ends[2])
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 60};

	loopback_connect(ends);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	lingering = dup(ends[1]);
}

/* Closing does not wait for all that. */
static void
assert_closed_without_waiting(void)
{
	struct linger linger;

	assert_int_equal(getsockopt(lingering, SOL_SOCKET, SO_LINGER, &linger, &(socklen_t){sizeof linger}), 0);
	assert_int_equal(linger.l_onoff, 0);
	close(lingering);
}

static void
test_lingering_socket(void **state)
{
	int ann;

	(void)state;
	begin();
	ann = arrive_by("ann", connect_lingering);
	close(ann);
	finish();
	assert_closed_without_waiting();
}

static void
test_lingering_socket_that_comes_too_late(void **state)
{
	int bob;

	(void)state;
	begin();
	talk_leave(here.talk, 1000);
	bob = arrive_by("bob", connect_lingering);
	assert_closed_without_waiting();
	close(bob);
}

/* Who comes when one has left already is nobody. */
static void
test_comes_too_late(void **state)
{
	int bob;

	(void)state;
	begin();
	talk_leave(here.talk, 1000);
	bob = arrive("bob");
	assert_true(is_over());
	assert_ended(bob);
	close(bob);
}

/* ---- One other side leaves ---- */

static void
test_peer_leaves(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	assert_said("* ann has called\n");
	assert_int_equal(view(0).state, PARTY_TALKING);
	assert_string_equal(view(0).secrecy, "not encrypted");
	assert_int_equal(view(0).id, 1);
	assert_false(view(0).ended);
	write_line(ann, "one\ntwo\n");
	UNTIL(here.heard == 2);
	assert_string_equal(record_of_others(), "ann: one|ann: two|");
	send_line("three\n");
	assert_received(ann, "three\n");
	close(ann);
	finish();
	assert_said("* ann has left\n");
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(view(0).state, PARTY_OVER); /* it stays in view */
	assert_string_equal(view(0).name, "ann");
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	assert_int_equal(own_line(0).stream_end, STREAM_DELIVERED);
}

/* A line gets the time at which it is said, however long nothing has happened before. */
static void
test_time_of_a_line(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	assert_int_equal(view(0).since, time_of_day);
	time_of_day += 600;
	send_line("one\n");
	assert_int_equal(own_line(0).when, time_of_day);
	close(ann);
	finish();
}

/* What it has not finished is a line all the same. */
static void
test_peer_leaves_in_a_line(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "one\nunfin");
	close(ann);
	finish();
	assert_int_equal(here.heard, 2);
	assert_string_equal(record_of_others(), "ann: one|ann: unfin|");
	assert_int_equal(talk_status(here.talk), 0);
}

/* Who has left only its own side still gets what was on its way; it has some seconds for that. */
static void
test_peer_leaves_and_reads(void **state)
{
	unsigned said;
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	said = say_much();
	shutdown(ann, SHUT_WR);
	UNTIL(view(0).state == PARTY_CLOSING);
	assert_true(view(0).ended);
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	assert_int_equal(drain_until_over(ann), said * 8192);
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
}

static void
test_peer_leaves_and_does_not_read(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	say_much();
	shutdown(ann, SHUT_WR);
	UNTIL(view(0).state == PARTY_CLOSING);
	let_pass();
	assert_in_range(world.passed, TALK_LEAVE_MS, TALK_LEAVE_MS + LINK_ARRIVED_MS);
	assert_int_equal(times_said(" were not delivered\n"), 1);
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

static void
test_reset(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	loopback_reset(ann);
	finish();
	assert_said("! the connection to ann broke: %s\n", strerror(ECONNRESET));
	assert_int_equal(talk_status(here.talk), 1);
}

/* A line that was sent into a reset is lost, and that is said. */
static void
test_reset_with_lines_on_their_way(void **state)
{
	int ann;
	char lost[64];

	(void)state;
	ann = begin_with_slow_ann();
	say_much();
	loopback_reset(ann);
	finish();
	assert_int_equal(times_said(" were not delivered\n"), 1);
	assert_int_equal(talk_status(here.talk), 1);
	assert_int_equal(own_line(0).stream_end, STREAM_LOST);
	talk_describe_lost(here.talk, lost, sizeof lost);
	assert_string_equal(lost, "");
}

/* A busy tchat, or one that wants encryption, is no conversation. */
static void
test_busy(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	assert_int_equal(write(ann, opening_busy(false, false).bytes, opening_busy(false, false).length),
			 (ssize_t)opening_busy(false, false).length);
	close(ann);
	finish();
	assert_said("! ann is busy, and has heard nothing\n");
	assert_int_equal(talk_status(here.talk), 1);
}

/* ---- ... but a patient client (-w) calls again ---- */

/* A client begins that is patient for so many seconds, with that ear, and Ann is there. */
static int
begin_patiently(unsigned seconds, enum talk_ear ear)
{
	here.call = (struct call_options){.role = ROLE_CLIENT, .host = "ann", .port = PORT, .wait = seconds};
	here.call.keep = ear == EAR_PIPE;
	here.options.ear = ear;
	here.options.history = ear == EAR_PIPE ? 1000 : 0;
	return begin_with_ann();
}

/* She is busy, and then called again, unless it is over: waits for that. */
static void
find_busy(int ann)
{
	write_line(ann, opening_busy(false, false).bytes);
	shutdown(ann, SHUT_WR);
	UNTIL(here.talk->count == 0);
	close(ann);
	world.time_passes = true;
	UNTIL(here.talk->redial.due == CLOCK_NEVER);
	world.time_passes = false;
}

/* A line is read, and sent. */
static void
read_line(const char *line)
{
	UNTIL(talk_wants_input(here.talk));
	memcpy(talk_reserve(here.talk, strlen(line)), line, strlen(line));
	talk_send_reserved(here.talk, strlen(line));
}

/* What was sent is sent again, and it is said once that it is busy; then Ann is called no more. */
static void
test_busy_line_is_called_again(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(60, EAR_OUTPUT);
	read_line("one\n");
	assert_received(ann, "one\n");
	find_busy(ann);
	assert_int_equal(played.called, 2);
	assert_in_range(played.patience, 58000, 60000 - REDIAL_BUSY_MS);
	ann = arrive("ann");
	assert_true(view(0).again);
	assert_received(ann, "one\n");
	read_line("two");
	assert_received(ann, "two");
	talk_finish(here.talk);
	assert_received(ann, "\n");
	find_busy(ann);
	ann = arrive("ann");
	assert_received(ann, "one\ntwo\n");
	assert_ended(ann);
	assert_int_equal(times_said("connected to ann port 1\n"), 1);
	assert_int_equal(times_said("sent again"), 0);
	assert_true(talk_may_repeat(here.talk) == false); /* nothing more can be sent */
	assert_false(caller_is_done(&here.caller));
	write_line(ann, "hello\n");
	UNTIL(caller_is_done(&here.caller));
	assert_int_equal(buffer_length(&here.talk->unheard), 0);
	assert_int_equal(times_said("connected to ann port 1\n"), 2);
	assert_said("* sent again, as nobody heard it: 2 lines\n");
	assert_said("! ann is busy, and has heard nothing\n");
	assert_said("* calling again while the line is busy, for up to 60 s\n");
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(played.called, 3);
}

/* Until its patience is over. */
static void
test_patience_ends(void **state)
{
	int calls;

	(void)state;
	find_busy(begin_patiently(3, EAR_OUTPUT));
	for (calls = 1; !is_over(); calls++)
		find_busy(arrive("ann"));
	assert_int_equal(calls, 3);
	assert_int_equal(played.called, 3);
	assert_int_equal(times_said("! ann is busy, and has heard nothing\n"), 2);
	assert_int_equal(talk_status(here.talk), 1);
}

/* The last call, for which there is but a moment, is one like the others. */
static void
test_last_call(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(3, EAR_OUTPUT);
	read_line("one\n");
	assert_received(ann, "one\n");
	talk_finish(here.talk);
	find_busy(ann);
	find_busy(arrive("ann"));
	assert_int_equal(played.called, 3);
	assert_false(talk_calls_again(here.talk));
	ann = arrive("ann");
	assert_received(ann, "one\n");
	assert_ended(ann);
	write_line(ann, "hello\n");
	close(ann);
	finish();
	assert_said("* sent again, as nobody heard it: 1 line\n");
	assert_int_equal(talk_status(here.talk), 0);
}

/* If she is busy then, or when there is no time for another call, what was sent is counted. */
static void
test_busy_at_last(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(2, EAR_OUTPUT);
	read_line("one\n");
	here.talk->again_until = clock_now() + REDIAL_BUSY_MS;
	find_busy(ann);
	assert_true(is_over());
	assert_said("! ann is busy, and has heard nothing\n");
	assert_said("! 1 line was not delivered\n");
	assert_int_equal(played.called, 1);
	assert_int_equal(talk_status(here.talk), 1);
}

/* Who says nothing for a while listens; if not, it is said that this is not made good. */
static void
test_busy_too_late(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(60, EAR_OUTPUT);
	read_line("one\n");
	assert_int_equal(party(0)->link.listener.pid, 0);
	world.time_passes = true;
	UNTIL(caller_is_done(&here.caller));
	world.time_passes = false;
	assert_in_range(world.passed, SOUNDING_MS, SOUNDING_MS);
	assert_int_not_equal(party(0)->link.listener.pid, 0);
	find_busy(ann);
	assert_said("! ann is busy, and has heard nothing\n");
	assert_said("! not called again: what it was sent is not kept any more\n");
	assert_int_equal(played.called, 1);
	assert_int_equal(talk_status(here.talk), 1);
}

/* No more is read than is kept. */
static void
test_keeps_a_mebibyte(void **state)
{
	static char line[256 * 1024];
	size_t sent = 0;
	int ann;

	(void)state;
	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	ann = begin_patiently(60, EAR_OUTPUT);
	while (buffer_length(&here.talk->unheard) < 1024 * 1024) {
		while (!talk_wants_input(here.talk)) {
			sent += drain(ann);
			go_on();
		}
		memcpy(talk_reserve(here.talk, sizeof line), line, sizeof line);
		talk_send_reserved(here.talk, sizeof line);
	}
	while (sent < 1024 * 1024) {
		sent += drain(ann);
		go_on();
	}
	linger();
	assert_false(talk_wants_input(here.talk));
	write_line(ann, "hello\n");
	UNTIL(talk_wants_input(here.talk));
	close(ann);
	finish();
}

/* The process that calls dies before it calls again: nobody will be there, and what was kept is lost. */
static void
test_caller_dies_while_line_is_busy(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(60, EAR_OUTPUT);
	read_line("one\n");
	assert_received(ann, "one\n");
	write_line(ann, opening_busy(false, false).bytes);
	close(ann);
	UNTIL(here.talk->redial.due != CLOCK_NEVER);
	strlcpy(here.caller.error, "the process that calls died: Killed", sizeof here.caller.error);
	tell(CALLER_FAILED, NULL, -1);
	finish();
	assert_said("! the process that calls died: Killed\n");
	assert_said("! 1 line was not delivered\n");
	assert_int_equal(talk_status(here.talk), 1);
}

/* A listener that cannot be started then is said as ever. */
static void
test_busy_line_with_no_listener(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(60, EAR_OUTPUT);
	world.forks_to_fail = -1;
	write_line(ann, "hello\n");
	let_pass();
	assert_said("! ann cannot be listened to: Resource temporarily unavailable\n");
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* In the full screen what was sent is shown to be lost, and later lines stay where they are until somebody is there. */
static void
test_busy_line_in_the_screen(void **state)
{
	int ann;

	(void)state;
	ann = begin_patiently(60, EAR_PIPE);
	send_line("one\n");
	assert_received(ann, "one\n");
	find_busy(ann);
	assert_said("! 1 line was not delivered\n");
	assert_int_equal(own_line(0).stream_end, STREAM_LOST);
	ann = arrive("ann");
	assert_int_equal(talk_send(here.talk, "two\n", 4), TALK_NOBODY);
	world.time_passes = true;
	UNTIL(times_said("connected to ann port 1\n") == 2);
	world.time_passes = false;
	send_line("two\n");
	assert_received(ann, "two\n");
	write_line(ann, "hello\n");
	UNTIL(here.heard == 1);
	assert_string_equal(record_of_others(), "ann: hello|");
	talk_part(here.talk);
	close(ann);
	UNTIL(view(0).state == PARTY_OVER);
}

/* Then nothing that was sent has been shown, though it has arrived. */
static void
test_busy_with_lines(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	send_line("two\n");
	assert_received(ann, "one\ntwo\n");
	UNTIL(all_has_arrived());
	assert_int_equal(write(ann, opening_busy(false, false).bytes, opening_busy(false, false).length),
			 (ssize_t)opening_busy(false, false).length);
	close(ann);
	finish();
	assert_int_equal(times_said("! 2 lines were not delivered\n"), 1);
	assert_int_equal(own_line(0).stream_end, STREAM_LOST);
	assert_int_equal(own_line(1).stream_end, STREAM_LOST);
	assert_int_equal(all_lost().length, strlen("one\ntwo\n"));
	assert_memory_equal(all_lost().text, "one\ntwo\n", strlen("one\ntwo\n"));
}

/* Where the connection breaks, what was answered has been seen; what was said later need not have been. */
static void
test_doubted(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	assert_received(ann, "one\n");
	write_line(ann, "yes\n");
	UNTIL(here.heard == 1);
	send_line("two\n");
	assert_received(ann, "two\n");
	UNTIL(all_has_arrived());
	loopback_reset(ann);
	finish();
	assert_int_equal(times_said("! 1 line may not have been seen: nothing was heard after it\n"), 1);
	assert_int_equal(own_line(1).stream_end, STREAM_DELIVERED);
	assert_int_equal(own_line(0).stream_end, STREAM_DOUBTED);
	assert_int_equal(all_lost().length, 0);
}

/* Who leaves in order, and has never said a word, may be a relay that has found nobody. */
static void
test_leaves_without_a_word(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	send_line("two\n");
	assert_received(ann, "one\ntwo\n");
	UNTIL(all_has_arrived());
	close(ann);
	finish();
	assert_int_equal(times_said("* 2 lines may not have been seen: nothing was heard after them\n"), 1);
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(own_line(0).stream_end, STREAM_DOUBTED);
	assert_int_equal(own_line(1).stream_end, STREAM_DOUBTED);
}

static void
test_speaks_tls(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	assert_int_equal(write(ann, "\x16\x03\x01\x02", 4), 4);
	finish();
	assert_said("! ann speaks TLS: that needs -t here\n");
	assert_int_equal(here.heard, 0);
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* ---- Leaving ---- */

static void
test_leaves(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	talk_leave(here.talk, 5000);
	assert_int_equal(view(0).state, PARTY_CLOSING);
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	assert_received(ann, "one\n");
	assert_ended(ann);
	write_line(ann, "goodbye\n");
	UNTIL(here.heard == 1);
	close(ann);
	finish();
	assert_string_equal(record_of_others(), "ann: goodbye|");
	assert_int_equal(times_said("not delivered"), 0);
	assert_int_equal(own_line(0).stream_end, STREAM_DELIVERED);
	assert_int_equal(talk_status(here.talk), 0);
}

/* With nothing to deliver, the other side's goodbye is waited for, not long. */
static void
test_leaves_without_goodbye(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	UNTIL(all_has_arrived());
	talk_leave(here.talk, 5000);
	let_pass();
	assert_in_range(world.passed, 2000, 2000 + LINK_ARRIVED_MS);
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(times_said("!"), 0);
	close(ann);
}

/* ... not longer than one has said oneself. */
static void
test_leaves_in_less_time(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	talk_leave(here.talk, 5000);
	talk_leave(here.talk, 500);
	talk_leave(here.talk, 5000);
	let_pass();
	assert_in_range(world.passed, 500, 500 + LINK_ARRIVED_MS);
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
}

/* What was lost: how many lines, and which. */
static void
assert_all_is_lost(unsigned lines)
{
	struct span rest = all_lost();
	unsigned count = (unsigned)span_count_lines(rest);

	assert_in_range(count, 1, lines);
	assert_said("! %u lines were not delivered\n", count);
	assert_int_equal(rest.text[rest.length - 1], '\n');
	assert_int_equal(own_line(0).stream_end, STREAM_LOST);
	assert_int_equal(talk_status(here.talk), 1);
	assert_int_equal(talk_count_undelivered(here.talk), 0); /* nobody is there any more */
}

static void
test_leaves_who_does_not_read(void **state)
{
	unsigned lines;
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	lines = say_much();
	assert_in_range(talk_count_undelivered(here.talk), 1, lines);
	talk_leave(here.talk, 5000);
	let_pass();
	assert_in_range(world.passed, 5000, 5000 + LINK_ARRIVED_MS);
	assert_all_is_lost(lines);
	close(ann);
}

static void
test_hangs_up(void **state)
{
	unsigned lines;
	char lost[64];
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	lines = say_much();
	talk_describe_lost(here.talk, lost, sizeof lost);
	assert_non_null(strstr(lost, " lines were not delivered"));
	talk_hang_up(here.talk);
	assert_int_equal(view(0).state, PARTY_REAPING);
	world.time_passes = true;
	finish();
	assert_int_equal(world.passed, 0);
	assert_all_is_lost(lines);
	close(ann);
}

/* ... with nothing on its way. */
static void
test_hangs_up_with_nothing_to_say(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	talk_hang_up(here.talk);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
	assert_ended(ann);
	close(ann);
}

/* ... in the middle of somebody's line, and while leaving. */
static void
test_hangs_up_while_leaving(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "unfin");
	UNTIL(buffer_length(&party(0)->heard) == 5);
	talk_leave(here.talk, 5000);
	linger();
	talk_hang_up(here.talk);
	finish();
	assert_string_equal(record_of_others(), "ann: unfin|");
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
}

/* Who is told once more by a signal to leave is in a hurry. */
static void
test_hurry(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	say_much();
	talk_leave(here.talk, 5000);
	linger();
	assert_int_equal(view(0).state, PARTY_CLOSING);
	raise(SIGTERM);
	world.time_passes = true;
	finish();
	assert_in_range(world.passed, 0, LINK_ARRIVED_MS);
	assert_int_equal(times_said(" were not delivered\n"), 1);
	close(ann);
}

/* The program's last words, where it cannot go on. */
static void
test_last_words(void **state)
{
	unsigned lines;
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	lines = say_much();
	talk_last_words(here.talk);
	assert_in_range(span_count_lines(all_lost()), 1, lines);
	assert_true(here.caller.done);
	close(ann);
}

/* ---- The listener ---- */

static void
test_listener_is_killed(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "one\nunfin");
	UNTIL(here.heard == 1 && buffer_length(&party(0)->heard) == 5);
	kill(party(0)->link.listener.pid, SIGKILL);
	finish();
	assert_said("! the listener died: %s\n", strsignal(SIGKILL));
	assert_string_equal(record_of_others(), "ann: one|ann: unfin|");
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* A line that no filter lets through. */
static struct ending
say_without_end(struct listener *listener)
{
	static char much[8192];

	memset(much, 'x', sizeof much);
	while (write(listener->output, much, sizeof much) > 0)
		;
	return (struct ending){ENDING_LEFT, 0};
}

static void
test_listener_says_without_end(void **state)
{
	int ann;

	(void)state;
	lie = say_without_end;
	ann = begin_with_ann();
	finish();
	assert_said("! the listener died: it attempted what it may not do\n");
	assert_string_equal(record_of_others(), "");
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* Bytes that no filter lets through, after a line and before another. */
static struct ending
say_what_cannot_be(struct listener *listener)
{
	static const char text[] = "one\ntwo\033[2J\nthree\n";

	(void)!write(listener->output, text, sizeof text - 1);
	return (struct ending){ENDING_LEFT, 0};
}

static void
test_listener_says_what_cannot_be(void **state)
{
	int ann;

	(void)state;
	lie = say_what_cannot_be;
	ann = begin_with_ann();
	finish();
	assert_said("! the listener died: it attempted what it may not do\n");
	assert_string_equal(record_of_others(), "ann: one|");
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* A listener that says that the log fails, again and again. */
static _Noreturn struct ending
complain(struct listener *listener)
{
	for (;;)
		(void)!write(listener->report, &(struct ending){ENDING_NONE, EIO}, sizeof(struct ending));
}

static void
test_listener_complains_without_end(void **state)
{
	int ann;

	(void)state;
	lie = complain;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .members = 1};
	ann = begin_with_ann();
	UNTIL(party(0)->link.reported);
	let_pass();
	finish();
	assert_int_equal(times_said("cannot write to the log"), 0);
	assert_int_equal(times_said("! the listener died: "), 1);
	close(ann);
}

/* A listener that has lines for a log wait and wait no more, again and again. */
static _Noreturn struct ending
waver(struct listener *listener)
{
	for (;;)
		(void)!write(listener->report, &(struct ending){ENDING_NONE, 0}, sizeof(struct ending));
}

static void
test_listener_wavers_without_end(void **state)
{
	int ann;

	(void)state;
	lie = waver;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .members = 1};
	ann = begin_with_ann();
	UNTIL(party(0)->link.log_waits);
	UNTIL(!party(0)->link.log_waits);
	talk_hang_up(here.talk);
	finish();
	assert_int_equal(times_said("cannot write to the log"), 0); /* there is none */
	close(ann);
}

/* A listener that does nothing more, for ever. */
static _Noreturn struct ending
stay(struct listener *listener)
{
	for (;;)
		(void)recv(listener->intake.socket, (char[1]){0}, 1, MSG_PEEK);
}

/* Has the lines end, as the listener itself cannot while it lives. */
static void
end_lines(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_not_equal(dup2(ends[0], party(0)->link.lines), -1);
	close(ends[0]);
}

static void
test_listener_stays(void **state)
{
	int ann;

	(void)state;
	lie = stay;
	ann = begin_with_ann();
	end_lines();
	UNTIL(party(0)->link.reported);
	let_pass();
	assert_int_equal(world.passed, 1000);
	assert_int_equal(times_said("! the listener died: "), 1);
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* What no listener reports. */
static struct ending
report_nonsense(struct listener *listener)
{
	struct ending ending = {.cause = -12345};
	int how = 12345;

	(void)listener;
	memcpy(&ending.how, &how, sizeof ending.how);
	return ending;
}

static void
test_listener_reports_nonsense(void **state)
{
	int ann;

	(void)state;
	lie = report_nonsense;
	ann = begin_with_ann();
	finish();
	assert_said("! the listener died: unknown cause\n");
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

static struct ending
report_broken_output(struct listener *listener)
{
	(void)listener;
	return (struct ending){ENDING_OUTPUT, EPIPE};
}

/* One whose lines are read here ends its own conversation with that, and nobody else's. */
static void
test_listener_reports_broken_output(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	lie = report_broken_output;
	ann = begin_with_ann();
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_said("! cannot write what arrives: Broken pipe\n");
	assert_false(is_over());
	close(ann);
}

/* A listener that cannot be confined hears nothing. */
static void
test_listener_cannot_begin(void **state)
{
	int ann;

	(void)state;
	cell_is_shut = true;
	ann = begin_with_ann();
	finish();
	assert_said("! ann cannot be listened to: %s\n", strerror(EPERM));
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

static void
test_no_listener(void **state)
{
	int ann;

	(void)state;
	begin();
	world.forks_to_fail = 1;
	ann = arrive("ann");
	assert_true(is_over());
	assert_said("! ann cannot be listened to: %s\n", strerror(EAGAIN));
	assert_int_equal(talk_status(here.talk), 1);
	assert_ended(ann);
	close(ann);
}

/* A server goes on; the next one is let in a second later. */
static void
test_no_listener_for_a_moment(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	world.forks_to_fail = 1;
	close(arrive("ann"));
	assert_false(is_over());
	assert_int_equal(times_said("* waiting on port 8080\n"), 2);
	knock();
	UNTIL(played.count == 0);
	world_turn(999);
	linger();
	assert_int_equal(played.admitted, 0);
	world.time_passes = true;
	UNTIL(played.admitted > 0);
	assert_int_equal(world.passed, 1);
	world.time_passes = false;
	ann = arrive("ann");
	assert_int_equal(view(0).state, PARTY_TALKING);
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 3);
}

/* ---- Where what is said goes ---- */

/* Lines of who is there come out made safe, at that descriptor. */
static void
test_output(void **state)
{
	char got[64] = "";
	int out[2], ann;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = out[1], .members = 1};
	ann = begin_with_ann();
	write_line(ann, "a\x1B[2Jb\nunfin");
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
	close(out[1]);
	assert_int_equal(read(out[0], got, sizeof got - 1), 14);
	assert_string_equal(got, "a^[[2Jb\nunfin\n");
	close(out[0]);
}

static void
test_raw_output(void **state)
{
	char got[64] = "";
	int out[2], ann;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	here.options = (struct talk_options){
		.ear = EAR_OUTPUT, .output = out[1], .raw = true, .unseen = true, .members = 1};
	ann = begin_with_ann();
	write_line(ann, "a\x1B[2Jb\nunfin");
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(read(out[0], got, sizeof got), 12);
	assert_string_equal(got, "a\x1B[2Jb\nunfin");
	close(out[0]);
	close(out[1]);
}

static void
test_output_fails(void **state)
{
	int out[2], ann;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	close(out[0]);
	here.call.keep = true; /* it is of no use to the next one either */
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = out[1], .members = 1};
	ann = begin_with_ann();
	write_line(ann, "one\n");
	finish();
	assert_said("! cannot write what arrives: %s\n", strerror(EPIPE));
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
	close(out[1]);
}

/* A listener that has reported and does not end is given a second. */
static struct ending
report_and_stay(struct listener *listener)
{
	const int report = 4; /* its number there, see link.c */

	(void)!write(report, "nonsense", 8);
	return stay(listener);
}

static void
test_output_listener_stays(void **state)
{
	int ann;

	(void)state;
	lie = report_and_stay;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .members = 1};
	ann = begin_with_ann();
	UNTIL(party(0)->link.reported);
	let_pass();
	assert_int_equal(world.passed, 1000);
	assert_int_equal(times_said("! the listener died: "), 1);
	close(ann);
}

/* Who shows nothing need not wait for what the others say, once all is sent. */
static void
test_finishes_without_output(void **state)
{
	int ann;

	(void)state;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .members = 1};
	ann = begin_with_ann();
	assert_true(talk_wants_input(here.talk));
	send_line("unfin");
	talk_finish(here.talk);
	assert_int_equal(view(0).state, PARTY_CLOSING);
	assert_received(ann, "unfin\n"); /* the last line of a file may lack its LF */
	assert_ended(ann);
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

/* Others hear what is said after the end of one's own. */
static void
test_finishes_and_listens(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	talk_finish(here.talk);
	assert_ended(ann);
	assert_int_equal(view(0).state, PARTY_TALKING);
	assert_false(talk_wants_input(here.talk));
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	world_turn(3600000);
	linger();
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

/* All of a file is sent, though the other side has said goodbye, and however long that takes. */
static void
test_patient(void **state)
{
	unsigned said;
	int ann;

	(void)state;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .patient = true, .members = 1};
	ann = begin_with_slow_ann();
	shutdown(ann, SHUT_WR);
	UNTIL(view(0).ended);
	linger();
	assert_int_equal(view(0).state, PARTY_TALKING);
	assert_true(talk_wants_input(here.talk));
	assert_said("* ann has left\n");
	said = say_much();
	assert_false(talk_wants_input(here.talk));
	talk_finish(here.talk);
	assert_int_equal(view(0).state, PARTY_CLOSING);
	world_turn(3600000);
	linger();
	assert_int_equal(view(0).state, PARTY_CLOSING);
	assert_int_equal(drain_until_over(ann), said * 8192);
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
}

/* Reading in place sends the same. */
static void
test_reserved(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	memcpy(talk_reserve(here.talk, 100), "in place\n", 9);
	talk_send_reserved(here.talk, 9);
	assert_received(ann, "in place\n");
	assert_int_equal(own_line(0).length, 8);
	UNTIL(all_has_arrived());
	close(ann);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

/* A file goes by itself, and what of it has not arrived is counted. */
static void
test_sends_file(void **state)
{
	FILE *file = tmpfile();
	char line[8192];
	int ann, more = 1;

	(void)state;
	memset(line, 'x', sizeof line);
	for (int i = 0; i < 100; i++)
		assert_int_equal(fwrite(line, 1, sizeof line, file), sizeof line);
	assert_int_equal(fflush(file), 0);
	rewind(file);
	here.options = (struct talk_options){
		.ear = EAR_OUTPUT, .output = -1, .raw = true, .unseen = true, .members = 1};
	ann = begin_with_slow_ann();
	more = talk_send_file(here.talk, fileno(file));
	polls_clear(&here.polls);
#if defined(__linux__)
	assert_int_equal(more, 1);
#endif
	assert_int_equal(talk_poll_room(here.talk, &here.polls), 0);
	assert_int_equal(here.polls.fds[0].events, POLLOUT);
	talk_hang_up(here.talk);
	finish();
	assert_int_equal(times_said(" bytes were not delivered\n"), more != -1); /* not every system can */
	close(ann);
	fclose(file);
}

/* ---- The log ---- */

static void
test_log_fails(void **state)
{
	int ann;

	(void)state;
	if ((here.base.log = log_open("/dev/full")) == NULL)
		skip();
	ann = begin_with_ann();
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	send_line("two\n");
	assert_received(ann, "two\n");
	close(ann);
	finish();
	assert_int_equal(times_said("! cannot write to the log; the conversation goes on without it: "), 1);
	assert_int_equal(talk_status(here.talk), 0);
}

static char log_path[64];

/* There is a log. */
static void
keep_log(void)
{
	strlcpy(here.directory, "talk.XXXXXX", sizeof here.directory);
	assert_non_null(mkdtemp(here.directory));
	snprintf(log_path, sizeof log_path, "%s/log", here.directory);
	assert_non_null(here.base.log = log_open(log_path));
}

/* The end of it; nothing more is to be logged. */
static const char *
logged(void)
{
	static char text[64 * 1024];
	int fd = open(log_path, O_RDONLY);
	off_t end = lseek(fd, 0, SEEK_END);
	size_t length = end < (off_t)sizeof text - 1 ? (size_t)end : sizeof text - 1;

	assert_int_equal(pread(fd, text, length, end - (off_t)length), length);
	text[length] = '\0';
	close(fd);
	unlink(log_path);
	return text;
}

/* What was not delivered is in the log, too. */
static void
test_log_of_what_is_lost(void **state)
{
	const char *text;
	int ann;

	(void)state;
	keep_log();
	ann = begin_with_slow_ann();
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	say_much();
	send_line("the last\x1B one\n");
	talk_hang_up(here.talk);
	finish();
	close(ann);
	text = logged();
	assert_non_null(strstr(text, " * not delivered: the last^[ one\n"));
	assert_non_null(strstr(text, " lines were not delivered\n"));
}

/* The port of who calls is in the log, once; otherwise one goes by the host, or a name. */
static void
test_log_of_ports(void **state)
{
	const char *text;
	int ann;

	(void)state;
	keep_log();
	ann = begin_with_ann();
	turn_away(ALLOWANCE_AT_ONCE + 2);
	assert_string_equal(talk_secrecy(here.talk)[0], "ann port 1");
	strlcpy(party(0)->peer.name, "Ann", sizeof party(0)->peer.name);
	assert_string_equal(talk_secrecy(here.talk)[0], "Ann (ann port 1)");
	close(ann);
	finish();
	assert_int_equal(times_said("port 1\n"), 0);
	assert_int_equal(times_said("port 1 "), 0);
	text = logged();
	assert_non_null(strstr(text, " * ann port 1 has called\n"));
	assert_non_null(strstr(text, " * bob port 1 called while the line was busy\n"));
	assert_non_null(strstr(text, " * 2 more called while the line was busy, the last of them: bob port 1\n"));
	assert_non_null(strstr(text, " has left\n"));
	assert_null(strstr(text, "port 1 has left\n"));
}

/* ---- A server that keeps waiting ---- */

static void
test_one_after_the_other(void **state)
{
	int ann, bob;

	(void)state;
	here.call.keep = true;
	begin();
	knock();
	UNTIL(played.admitted == 1);
	ann = arrive("ann");
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	knock(); /* bob */
	UNTIL(played.refused == 1);
	send_line("to ann\n");
	assert_received(ann, "to ann\n");
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_false(is_over());
	assert_false(talk_view(here.talk, 0, &(struct talk_view){0}));
	knock();
	UNTIL(played.admitted == 2);
	bob = arrive("bob");
	assert_int_equal(view(0).id, 2);
	write_line(bob, "two\n");
	UNTIL(here.heard == 2);
	assert_string_equal(record_of_others(), "ann: one|bob: two|");
	send_line("to bob\n");
	assert_int_equal(talk_arrived(here.talk), strlen("to ann\n"));
	assert_received(bob, "to bob\n");
	UNTIL(all_has_arrived());
	talk_leave(here.talk, 1000);
	close(bob);
	finish();
	assert_int_equal(own_line(0).stream_end, STREAM_DELIVERED);
	assert_int_equal(talk_status(here.talk), 0);
}

/* Who comes while the one who is there is about to go waits, and is not turned away. */
static void
test_next_waits_for_room(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	ann = begin_with_slow_ann();
	say_much();
	shutdown(ann, SHUT_WR);
	UNTIL(view(0).state == PARTY_CLOSING);
	knock();
	UNTIL(played.count == 0);
	linger();
	assert_int_equal(played.refused + played.admitted, 0);
	world.time_passes = true;
	UNTIL(played.admitted == 1);
	assert_in_range(world.passed, TALK_LEAVE_MS, TALK_LEAVE_MS + 1000);
	assert_int_equal(played.refused, 0);
	close(ann);
}

/* Without -k nobody else comes. */
static void
test_caller_dies_while_talking(void **state)
{
	bool keep = *state != NULL;
	int ann;

	here.call.keep = keep;
	ann = begin_with_ann();
	strlcpy(here.caller.error, "the process that waits for calls died: Killed", sizeof here.caller.error);
	tell(CALLER_FAILED, NULL, -1);
	UNTIL(played.count == 0);
	assert_said("! the process that waits for calls died: Killed\n");
	write_line(ann, "one\n");
	UNTIL(here.heard == 1);
	send_line("two\n");
	assert_received(ann, "two\n");
	close(ann);
	finish(); /* also with -k */
	assert_int_equal(talk_status(here.talk), keep ? 1 : 0);
	assert_int_equal(times_said("* waiting on port 8080\n"), 1);
}

/* What one has not received is not the next one's, and is said at the end all the same. */
static void
test_lost_before(void **state)
{
	int ann, bob;

	(void)state;
	here.call.keep = true;
	ann = begin_with_slow_ann();
	say_much();
	loopback_reset(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_true(all_lost().length > 0);
	bob = arrive("bob");
	assert_int_equal(view(0).arrears, 0);
	talk_send_arrears(here.talk);
	assert_said("* what is to be sent again is for somebody else\n");
	talk_leave(here.talk, 1000);
	assert_ended(bob);
	close(bob);
	finish();
	assert_int_equal(times_said("F6"), 0);
	assert_true(all_lost().length > 0);
	talk_send_arrears(here.talk);
	assert_said("* nobody is there to be sent that again\n");
}

/* ---- Lines that were not delivered, and are sent again ---- */

/* Ann, to whom little gets through, calls, is told so many lines, and the connection breaks. */
static void
lose(const char *line, unsigned times)
{
	unsigned waited = times_said("* waiting on port 8080\n");
	int ann = arrive_by("ann", connect_narrowly);

	while (times-- > 0)
		send_line(line);
	loopback_reset(ann);
	UNTIL(times_said("* waiting on port 8080\n") > waited);
}

/* A line that is long enough that none gets through whole. */
static const char *
long_line(char letter)
{
	static char line[400 * 1024];

	memset(line, letter, sizeof line - 2);
	line[0] = '\x1B';
	line[sizeof line - 2] = '\n';
	line[sizeof line - 1] = '\0';
	return line;
}

/* Ann is there, and reads lines that begin so, to their end. */
static void
assert_gets(int ann, const char *lines)
{
	size_t length = strlen(lines), done = 0;
	static char got[64 * 1024];
	ssize_t n;

	while (done < length) {
		if ((n = recv(ann, got, length - done < sizeof got ? length - done : sizeof got, MSG_DONTWAIT)) > 0) {
			assert_memory_equal(got, lines + done, (size_t)n);
			done += (size_t)n;
		} else {
			go_on();
		}
	}
}

/* They are offered to who has not got them, and sent once, as they were typed, though some of the first had arrived. */
static void
test_sent_again(void **state)
{
	const char *line = long_line('x');
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	talk_send_arrears(here.talk);
	assert_said("* there is nothing to be sent again: what has a ? has arrived\n");
	lose(line, 2);
	assert_int_equal(span_count_lines(all_lost()), 2);
	ann = arrive("ann");
	assert_said("? 2 lines were not delivered to ann before: F6 sends them now, and nobody vouches that this is the "
		    "same person\n");
	assert_int_equal(view(0).arrears, 2);
	send_line("by the way\n");
	assert_received(ann, "by the way\n"); /* nothing goes by itself */
	talk_send_arrears(here.talk);
	assert_said("* 2 lines sent now, typed before 01:46:\n");
	assert_int_equal(view(0).arrears, 0);
	assert_gets(ann, line);
	assert_gets(ann, line);
	assert_int_equal(own_line(0).stream_end, here.talk->stream);
	UNTIL(all_has_arrived());
	talk_send_arrears(here.talk);
	assert_int_equal(times_said("* there is nothing to be sent again: what has a ? has arrived\n"), 2);
	talk_leave(here.talk, 1000);
	close(ann);
	finish();
	assert_int_equal(all_lost().length, 0);
}

/* What is lost in one conversation after the other is sent in that order, and what is lost once more is kept again. */
static void
test_lost_again(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	lose(long_line('x'), 1);
	time_of_day += 24 * 60 * 60;
	lose(long_line('y'), 1);
	ann = arrive_by("ann", connect_narrowly);
	assert_said("? 2 lines were not delivered to ann before: F6 sends them now");
	talk_send_arrears(here.talk);
	assert_said("* 1 line sent now, typed before 2001-09-09 01:46:\n");
	assert_said("* 1 line sent now, typed before 01:46:\n");
	assert_int_equal(all_lost().length, 0);
	loopback_reset(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 4);
	assert_int_equal(span_count_lines(all_lost()), 2);
	ann = arrive("ann");
	assert_int_equal(times_said("? 2 lines were not delivered to ann before: F6 sends them now"), 2);
	talk_send_arrears(here.talk);
	assert_said("* 2 lines sent now, typed before 01:46:\n");
	assert_gets(ann, long_line('x'));
	assert_gets(ann, long_line('y'));
	close(ann);
}

/* Where the queue is too long for all of them, some stay until there is room. */
static void
test_not_all_at_once(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	lose(long_line('x'), 2);
	lose(long_line('y'), 2);
	ann = arrive("ann");
	talk_send_arrears(here.talk);
	assert_said("* too much is on its way: F6 sends the rest later\n");
	assert_int_equal(view(0).arrears, 2);
	drain_queue(ann, 0);
	talk_send_arrears(here.talk);
	assert_int_equal(times_said("* 2 lines sent now, typed before 01:46:\n"), 2);
	assert_int_equal(view(0).arrears, 0);
	close(ann);
}

/* Who says that nothing was shown has not got what has arrived; but only so much of that is remembered. */
static void
test_much_has_arrived(void **state)
{
	const struct buffer *kept;
	uint64_t much = 3 * 1024 * 1024;
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	ann = arrive("ann");
	kept = &party(0)->kept;
	while (here.talk->stream < much) {
		send_line(long_line('x'));
		drain_queue(ann, 0);
		UNTIL(all_has_arrived());
		assert_true(buffer_length(kept) <= (size_t)1024 * 1024);
	}
	send_line("one\n");
	drain_queue(ann, 0);
	UNTIL(all_has_arrived());
	assert_int_equal(write(ann, opening_busy(false, false).bytes, opening_busy(false, false).length),
			 (ssize_t)opening_busy(false, false).length);
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_in_range(all_lost().length, 4, 1024 * 1024);
	assert_memory_equal(all_lost().text + all_lost().length - 4, "one\n", 4);
}

/* Whoever is let in unasked, while there is no room, is nobody: the caller may have been taken over. */
static void
test_second_without_order(void **state)
{
	int ann, bob;

	(void)state;
	here.call.keep = true;
	ann = begin_with_ann();
	bob = arrive("bob");
	assert_ended(bob);
	assert_false(talk_view(here.talk, 1, &(struct talk_view){0}));
	assert_int_equal(times_said("bob"), 0);
	assert_int_equal(view(0).state, PARTY_TALKING);
	close(ann);
	close(bob);
}

/* Who knocks while one leaves is turned away at once. */
static void
test_knocks_while_leaving(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	ann = begin_with_ann();
	talk_leave(here.talk, 5000);
	assert_int_equal(view(0).state, PARTY_CLOSING);
	knock();
	UNTIL(played.count == 0);
	assert_int_equal(played.refused, 1);
	assert_int_equal(played.admitted, 0);
	close(ann);
	finish();
}

/* The time for a goodbye begins when all has arrived. */
static void
test_goodbye_after_a_slow_reader(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_slow_ann();
	say_much();
	talk_leave(here.talk, 60000);
	for (int i = 0; i < 10; i++) {
		world_turn(1000);
		linger();
	}
	drain_queue(ann, 0);
	linger();
	assert_int_equal(view(0).state, PARTY_CLOSING);
	write_line(ann, "goodbye\n");
	UNTIL(here.heard == 1);
	shutdown(ann, SHUT_WR);
	drain_until_over(ann);
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
}

/* Who is patient waits for a slow reader as long as that takes, also after its goodbye. */
static void
test_patient_at_the_end(void **state)
{
	unsigned said;
	int out[2], ann;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = out[1], .patient = true, .members = 1};
	ann = begin_with_slow_ann();
	said = say_much();
	talk_finish(here.talk);
	shutdown(ann, SHUT_WR);
	UNTIL(view(0).state == PARTY_CLOSING);
	world_turn(3600000);
	linger();
	assert_int_equal(view(0).state, PARTY_CLOSING);
	assert_int_equal(drain_until_over(ann), said * 8192);
	assert_int_equal(talk_status(here.talk), 0);
	close(ann);
	close(out[0]);
	close(out[1]);
}

/* ---- Ears of one's own ---- */

static int
set_up_self(void **state)
{
	set_up(state);
	here.options = (struct talk_options){.ear = EAR_SELF, .output = STDOUT_FILENO, .members = 1};
	return 0;
}

static struct span
first_heard(void)
{
	struct span text = buffer_span(talk_heard(here.talk));

	return span_line(&text);
}

static void
take_line(const char *expected)
{
	assert_int_equal(first_heard().length, strlen(expected));
	assert_memory_equal(first_heard().text, expected, strlen(expected));
	talk_log_heard(here.talk, first_heard());
	buffer_drop(talk_heard(here.talk), strlen(expected));
}

/* Lines wait until they are taken; the end is told after the last one. */
static void
test_self_hears(void **state)
{
	int ann;

	(void)state;
	begin();
	assert_int_equal(buffer_length(talk_heard(here.talk)), 0);
	ann = arrive("ann");
	assert_int_equal(world.forks, 0);
	write_line(ann, "a\ab\nunfin");
	close(ann);
	UNTIL(view(0).ended);
	assert_int_equal(times_said(" has left"), 0);
	take_line("a^Gb\n");
	linger();
	assert_int_equal(times_said(" has left"), 0);
	assert_false(is_over());
	take_line("unfin\n");
	UNTIL(times_said("* ann has left\n") == 1);
	linger();
	assert_false(is_over());
	talk_note_closing(here.talk);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

static void
take_heard(size_t length, char last)
{
	struct span line = talk_heard_line(here.talk);

	assert_int_equal(line.length, length);
	assert_int_equal(line.text[length - 1], last);
	buffer_drop(talk_heard(here.talk), length);
}

/* Where a line is too long is told apart from where it ends. */
static void
test_self_hears_a_long_line(void **state)
{
	static char much[FILTER_LINE_MAX + 1];
	int ann;

	(void)state;
	memset(much, 'x', sizeof much);
	ann = begin_with_ann();
	assert_int_equal(write_all(ann, much, FILTER_LINE_MAX), 0);
	linger();
	assert_int_equal(talk_heard_line(here.talk).length, 0);
	assert_int_equal(write_all(ann, much, FILTER_LINE_MAX), 0);
	UNTIL(talk_heard_line(here.talk).length > 0);
	take_heard(FILTER_LINE_MAX + 1, TALK_CUT);
	assert_int_equal(talk_heard_line(here.talk).length, 0);
	write_line(ann, "\nab\n");
	UNTIL(talk_heard_line(here.talk).length > 0);
	take_heard(FILTER_LINE_MAX + 1, '\n');
	take_heard(3, '\n');
	talk_hang_up(here.talk);
	finish();
	close(ann);
}

/* Who leaves still shows the lines that have come. */
static void
test_self_leaves_with_lines(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "one\n");
	close(ann);
	UNTIL(view(0).ended);
	talk_leave(here.talk, 5000);
	talk_note_closing(here.talk);
	linger();
	assert_false(is_over());
	take_line("one\n");
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

static void
test_self_output_fails(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	write_line(ann, "one\n");
	UNTIL(first_heard().length > 0);
	talk_fail_output(here.talk, ENOSPC);
	buffer_drop(talk_heard(here.talk), buffer_length(talk_heard(here.talk)));
	talk_note_closing(here.talk);
	finish();
	assert_said("! cannot write what arrives: %s\n", strerror(ENOSPC));
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* What nobody takes waits in the socket in the end. */
static void
test_self_is_flooded(void **state)
{
	static char much[65536];
	size_t written = 0;
	int ann;
	ssize_t n;

	(void)state;
	memset(much, 'x', sizeof much);
	ann = begin_with_ann();
	for (int quiet = 0; quiet < 8;) {
		quiet++;
		while ((n = send(ann, much, sizeof much, MSG_DONTWAIT)) > 0) {
			written += (size_t)n;
			quiet = 0;
		}
		linger();
	}
	assert_in_range(buffer_length(talk_heard(here.talk)), 1024 * 1024, 1024 * 1024 + 2 * sizeof much);
	assert_true(written > buffer_length(talk_heard(here.talk)));
	talk_hang_up(here.talk);
	finish();
	close(ann);
}

/* ---- The queue ---- */

static void
test_full(void **state)
{
	static char line[65536];
	unsigned sent = 0;
	enum talk_sent result;
	int ann;

	(void)state;
	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	ann = begin_with_slow_ann();
	while ((result = talk_send(here.talk, line, sizeof line)) == TALK_SENT)
		sent++;
	assert_int_equal(result, TALK_FULL);
	assert_in_range(sent, 16, 20);
	assert_in_range(view(0).queued, 1024 * 1024 - sizeof line, 1024 * 1024);
	do { /* the kernels may have something to tell each other still, in their own time */
		go_on();
		world_turn(1000);
		go_on();
	} while (!view(0).stalled);
	while (talk_send(here.talk, line, sizeof line) == TALK_FULL) { /* until there is room again */
		drain(ann);
		go_on();
		world_turn(LINK_ARRIVED_MS);
	}
	talk_hang_up(here.talk);
	finish();
	close(ann);
}

/* How far what was sent has come is known, and told. */
static void
test_arrives(void **state)
{
	uint64_t first;
	int ann;

	(void)state;
	ann = begin_with_ann();
	send_line("one\n");
	send_line("two\n");
	first = own_line(1).stream_end;
	assert_int_equal(first, 4);
	assert_int_equal(own_line(0).stream_end, 8);
	assert_int_equal(talk_taken(here.talk), 8);
	UNTIL(all_has_arrived());
	assert_int_equal(view(0).queued, 0);
	assert_int_equal(talk_count_undelivered(here.talk), 0);
	assert_int_equal(talk_sending(here.talk).length, 0);
	close(ann);
	finish();
}

/* ---- Two other sides at once ---- */

static int
set_up_two(void **state)
{
	set_up(state);
	here.call.keep = true;
	here.options.members = 2;
	return 0;
}

/* Both are there. */
static void
meet_two(int *ann, int *bob, void (*connect_ann)(int ends[2]))
{
	begin();
	knock();
	UNTIL(played.admitted == 1);
	*ann = arrive_by("ann", connect_ann);
	knock();
	UNTIL(played.admitted == 2);
	*bob = arrive("bob");
	assert_string_equal(view(0).name, "ann");
	assert_string_equal(view(1).name, "bob");
	assert_int_equal(view(0).state, PARTY_TALKING);
	assert_int_equal(view(1).state, PARTY_TALKING);
	assert_false(talk_view(here.talk, 2, &(struct talk_view){0}));
}

static void
test_two_hear_and_are_heard(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	send_line("to both\n");
	assert_received(ann, "to both\n");
	assert_received(bob, "to both\n");
	write_line(ann, "from an");
	UNTIL(buffer_length(&party(0)->heard) == 7);
	write_line(bob, "from bob\n");
	UNTIL(here.heard == 1);
	write_line(ann, "n\n");
	UNTIL(here.heard == 2);
	assert_string_equal(record_of_others(), "bob: from bob|ann: from ann|");
	write_line(bob, "bob again\n");
	UNTIL(here.heard == 3);
	assert_string_equal(record_of_others(), "bob: from bob|ann: from ann|bob: bob again|");
	close(ann);
	close(bob);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_int_equal(talk_status(here.talk), 0);
	assert_int_equal(own_line(0).stream_end, STREAM_DELIVERED);
}

/* What is read in place is for both. */
static void
test_two_get_what_is_read_in_place(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	assert_true(talk_wants_input(here.talk));
	memcpy(talk_reserve(here.talk, 100), "in place\n", 9);
	talk_send_reserved(here.talk, 9);
	assert_received(ann, "in place\n");
	assert_received(bob, "in place\n");
	UNTIL(all_has_arrived());
	close(ann);
	close(bob);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
}

/* One leaves, in the middle of a line, and the other goes on. */
static void
test_one_of_two_leaves(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	write_line(ann, "unfin");
	UNTIL(buffer_length(&party(0)->heard) == 5);
	write_line(bob, "one\n");
	UNTIL(here.heard == 1);
	close(ann);
	UNTIL(times_said("* ann has left\n") == 1 && view(0).id == 2);
	assert_string_equal(record_of_others(), "bob: one|ann: unfin|");
	assert_int_equal(times_said("* waiting on port 8080\n"), 1);
	assert_false(talk_view(here.talk, 1, &(struct talk_view){0}));
	send_line("two\n");
	assert_received(bob, "two\n");
	write_line(bob, "three\n");
	UNTIL(times_said("has left") == 1 && strstr(record_of_others(), "bob: three|") != NULL);
	knock(); /* there is room for one more */
	UNTIL(played.admitted == 3);
	ann = arrive("ann");
	assert_int_equal(view(1).id, 3);
	send_line("four\n");
	assert_received(ann, "four\n"); /* and nothing of before */
	assert_received(bob, "four\n");
	talk_leave(here.talk, 1000);
	close(ann);
	close(bob);
	finish();
	assert_int_equal(talk_status(here.talk), 0);
}

static void
test_third_is_refused(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	knock();
	UNTIL(played.refused == 1);
	assert_int_equal(played.admitted, 2);
	talk_hang_up(here.talk);
	finish();
	close(ann);
	close(bob);
}

/* Both are left: what has not arrived at one of them is lost. */
static void
test_leaves_two(void **state)
{
	int ann, bob;
	unsigned lines;

	(void)state;
	meet_two(&ann, &bob, connect_narrowly);
	lines = say_much();
	talk_leave(here.talk, 5000);
	assert_int_equal(view(0).state, PARTY_CLOSING);
	assert_int_equal(view(1).state, PARTY_CLOSING);
	while (view(1).state == PARTY_CLOSING && view(1).id == 2) {
		drain(bob);
		shutdown(bob, SHUT_WR);
		go_on();
	}
	assert_int_equal(view(0).state, PARTY_CLOSING);
	let_pass();
	assert_in_range(span_count_lines(all_lost()), 1, lines);
	assert_int_equal(times_said(" were not delivered\n"), 1);
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
	close(bob);
}

/* The marks are those of who has less. */
static void
test_marks_of_two(void **state)
{
	uint64_t taken, arrived;
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, connect_narrowly);
	send_line("first\n");
	UNTIL(all_has_arrived());
	say_much();
	drain(bob);
	while (!view(0).stalled) {
		world_turn(500);
		linger();
	}
	taken = talk_taken(here.talk);
	arrived = talk_arrived(here.talk);
	assert_int_equal(taken, party_taken(party(0)));
	assert_int_equal(arrived, party_arrived(party(0)));
	assert_true(6 <= arrived && arrived <= taken && taken < here.talk->stream);
	assert_true(view(0).queued > 0);
	drain_queue(bob, 1);
	assert_false(view(1).stalled);
	assert_int_equal(own_line(0).stream_end, here.talk->stream);
	loopback_reset(ann); /* what is waited for is only what can still arrive */
	UNTIL(view(0).id == 2);
	assert_int_equal(talk_arrived(here.talk), here.talk->stream);
	assert_int_equal(own_line(0).stream_end, STREAM_LOST);
	close(bob);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
}

/* What has arrived at who leaves has not arrived yet where somebody else is still waited for. */
static void
test_settled_by_both(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, connect_narrowly);
	write_line(ann, "I read later\n");
	UNTIL(here.heard == 1);
	say_much(); /* ann, who does not read, stays; bob goes */
	drain_queue(bob, 1);
	close(bob);
	UNTIL(times_said("* bob has left\n") == 1 && !talk_view(here.talk, 1, &(struct talk_view){0}));
	assert_int_equal(own_line(0).stream_end, here.talk->stream);
	assert_true(talk_arrived(here.talk) < here.talk->stream);
	drain_queue(ann, 0);
	assert_int_equal(talk_arrived(here.talk), here.talk->stream);
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_int_equal(own_line(0).stream_end, STREAM_DELIVERED);
}

/* ---- ... one of whom is hostile ---- */

/* bob is told something, and heard, while time stands still and nothing is waited for. */
static void
assert_bob_goes_on(int bob)
{
	size_t before = here.heard;

	send_line("for bob\n");
	assert_received(bob, "for bob\n");
	write_line(bob, "from bob\n");
	UNTIL(strstr(record_of_others(), "bob: from bob|") != NULL);
	assert_true(here.heard > before);
	assert_int_equal(world.passed, 0);
}

static void
test_stopped_listener(void **state)
{
	int ann, bob;
	pid_t listener;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	listener = party(0)->link.listener.pid;
	kill(listener, SIGSTOP);
	assert_int_equal(waitpid(listener, NULL, WUNTRACED), listener);
	write_line(ann, "one\n");
	assert_bob_goes_on(bob);
	assert_int_equal(here.heard, 1);
	close(ann);
	close(bob);
	UNTIL(times_said("* bob has left\n") == 1);
	talk_hang_up(here.talk);
	finish();
	assert_int_equal(times_said("ann has left"), 0);
}

/* ann says more than can be heard, from a process of her own. */
static void
test_flood(void **state)
{
	int ann, bob;
	pid_t parent = getpid(), flood;

	(void)state;
	meet_two(&ann, &bob, loopback_connect);
	if ((flood = fork()) == 0) {
		child_begin(parent, -1);
		while (send(ann, "flood\n", 6, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	UNTIL(here.heard > 10000);
	send_line("for bob\n");
	assert_received(bob, "for bob\n");
	drain(ann);
	write_line(bob, "from bob\n");
	for (bool found = false; !found; go_on()) {
		const struct history *history = talk_record(here.talk)->history;

		for (uint64_t n = history_start(history); n < history_end(history); n++) {
			struct line line = history_line(history, n);
			found |= line.voice == VOICE_PEER && strcmp(line.speaker, "bob") == 0;
		}
	}
	kill(flood, SIGKILL);
	waitpid(flood, NULL, 0);
	talk_hang_up(here.talk);
	finish();
	close(ann);
	close(bob);
}

/* ann takes nothing; bob still gets his lines, as long as the queue is not full. */
static void
test_one_of_two_does_not_read(void **state)
{
	int ann, bob;

	(void)state;
	meet_two(&ann, &bob, connect_narrowly);
	say_much();
	drain_queue(bob, 1);
	assert_true(link_is_waiting(&party(0)->link));
	assert_bob_goes_on(bob);
	talk_hang_up(here.talk);
	finish();
	close(ann);
	close(bob);
}

/* ann's listener lies; only her conversation ends. */
static void
test_one_of_two_lies(void **state)
{
	int ann, bob;

	(void)state;
	begin();
	bob = arrive("bob");
	lie = say_without_end;
	ann = arrive("ann");
	UNTIL(times_said("! the listener died: ") == 1);
	assert_bob_goes_on(bob);
	assert_int_equal(talk_find(here.talk, PARTY_TALKING)->id, 1);
	close(ann);
	close(bob);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
}

/* ---- Strangers ---- */

/* Whether nothing but somebody else's doing is waited for. */
static bool
is_at_rest(void)
{
	polls_clear(&here.polls);
	talk_poll(here.talk, &here.polls);
	return here.polls.timeout == -1;
}

/* Of those who find the line busy a few are told of, and then one a minute; the others are summed up. */
static void
test_busy_strangers(void **state)
{
	unsigned changes;
	int ann;

	(void)state;
	here.call.keep = true;
	ann = begin_with_ann();
	turn_away(ALLOWANCE_AT_ONCE);
	changes = here.changes;
	turn_away(90);
	assert_int_equal(here.changes, changes);
	assert_int_equal(times_said("* bob called while the line was busy\n"), ALLOWANCE_AT_ONCE);
	assert_int_equal(times_said(" more "), 0);
	world.time_passes = true;
	UNTIL(times_said(" more ") == 1);
	assert_int_equal(world.passed, STRANGERS_SUM_MS);
	assert_said("* 90 more called while the line was busy, the last of them: bob\n");
	assert_true(is_at_rest());
	world.time_passes = false;
	turn_away(4);
	assert_int_equal(times_said("* bob called while the line was busy\n"), ALLOWANCE_AT_ONCE + 1);
	assert_false(is_at_rest());
	talk_leave(here.talk, 1000); /* nothing is kept to oneself */
	assert_said("* 3 more called while the line was busy, the last of them: bob\n");
	close(ann);
	finish();
}

/* Why nobody can be let in can change as often as somebody calls. */
static void
test_troubles(void **state)
{
	(void)state;
	here.call.keep = true;
	begin();
	strlcpy(here.caller.error, "nobody can be let in: Too many open files", sizeof here.caller.error);
	for (int i = 0; i < 15; i++) {
		tell(CALLER_TROUBLED, NULL, -1);
		UNTIL(played.count == 0);
	}
	assert_int_equal(times_said("! nobody can be let in: Too many open files\n"), ALLOWANCE_AT_ONCE);
	world.time_passes = true;
	UNTIL(times_said("! 10 more times: nobody can be let in: Too many open files\n") == 1);
	assert_true(is_at_rest());
}

/* Somebody calls and leaves, having said that, or NULL. */
static void
come_and_go(const char *said)
{
	int eve = arrive("eve");

	if (said != NULL)
		write_line(eve, said);
	close(eve);
	UNTIL(!talk_view(here.talk, 0, &(struct talk_view){0}));
}

/* Who leaves at once is not told of either, where there are many; who stays for a second is. */
static void
test_strangers_who_leave(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	here.options = (struct talk_options){.ear = EAR_OUTPUT, .output = -1, .members = 1};
	begin();
	for (int i = 0; i < 30; i++)
		come_and_go(NULL);
	assert_int_equal(times_said("* eve has called\n"), ALLOWANCE_AT_ONCE);
	assert_int_equal(times_said("* eve has left\n"), ALLOWANCE_AT_ONCE);
	assert_int_equal(times_said("* waiting on port 8080\n"), ALLOWANCE_AT_ONCE + 1);
	ann = arrive("ann");
	world_turn(999);
	linger();
	assert_int_equal(times_said("ann has called"), 0);
	world_turn(1);
	UNTIL(times_said("* 25 more called, the last of them: eve\n* ann has called\n") == 1);
	close(ann);
	UNTIL(times_said("* ann has left\n* waiting on port 8080\n") == 1);
}

/* Somebody is at the door, and is let in as soon as may be. */
static void
be_let_in(void)
{
	unsigned before = played.admitted;

	knock();
	world.time_passes = true;
	UNTIL(played.admitted == before + 1);
	world.time_passes = false;
}

/* Whom the person has answered is no stranger: nobody waits for that. */
static void
test_callers_who_are_answered(void **state)
{
	int ann;

	(void)state;
	here.call.keep = true;
	begin();
	for (unsigned i = 0; i < 3 * ALLOWANCE_AT_ONCE; i++) {
		be_let_in();
		ann = arrive("ann");
		UNTIL(talk_send(here.talk, "hello\n", 6) == TALK_SENT);
		close(ann);
		UNTIL(!talk_view(here.talk, 0, &(struct talk_view){0}));
	}
	assert_int_equal(world.passed, 0);
}

/* What they say cannot be summed up.  So a few are let in at once, and then one a minute, for an hour. */
static void
test_strangers_who_speak(void **state)
{
	(void)state;
	here.call.keep = true;
	begin();
	for (unsigned i = 0; i < ALLOWANCE_AT_ONCE; i++) {
		be_let_in();
		come_and_go("x\n");
	}
	assert_int_equal(world.passed, 0);
	for (unsigned i = 0; i < 60; i++) {
		be_let_in();
		come_and_go("x\n");
	}
	assert_int_equal(world.passed, 3600 * 1000);
	assert_int_equal(here.heard, ALLOWANCE_AT_ONCE + 60);
	assert_int_equal(times_said("\n"), 1 + 3 * (ALLOWANCE_AT_ONCE + 60)); /* has called, has left, waiting */
}

#if defined(HAVE_GNUTLS)

/* That one has received the end, after whatever was said to it. */
static void
assert_gone(int fd)
{
	ssize_t n;

	while ((n = recv(fd, (char[64]){0}, 64, MSG_DONTWAIT)) != 0)
		if (n == -1)
			go_on();
}

/* ---- Agreeing on encryption ---- */

static struct keeper other; /* of the other sides' key */

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static char store[32]; /* the directory with the keys of this test's own */

static int
make_store(void **state)
{
	char path[PATH_MAX];

	(void)state;
	strlcpy(store, "talk.XXXXXX", sizeof store);
	if (mkdtemp(store) == NULL || realpath(store, path) == NULL)
		return -1;
	setenv("XDG_DATA_HOME", path, 1);
	return 0;
}

static int
remove_store(void **state)
{
	(void)state;
	return nftw(store, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Nobody is known. */
static int
set_up_tls(void **state)
{
	const struct trust_options options = {.name = NULL};
	char error[256], known[64];

	set_up(state);
	snprintf(known, sizeof known, "%s/tchat/known_peers", store);
	unlink(known);
	here.call.tls = here.call.keep = true;
	return trust_open(&options, ROLE_SERVER, error, sizeof error) == 0 &&
	       keeper_start(&other, "Ann", ROLE_CLIENT, error, sizeof error) == 0 ? 0 : -1;
}

static int
tear_down_tls(void **state)
{
	keeper_close(&other);
	trust_close();
	return tear_down(state);
}

/* What that one gets in plain text who says nothing. */
static void
assert_told_what_is_wanted(int fd)
{
	char got[128] = "";

	assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), strlen(opening_wanted));
	assert_string_equal(got, opening_wanted);
}

/* Who says nothing is waited for ten seconds, and then told what is expected. */
static void
test_says_nothing(void **state)
{
	int ann;

	(void)state;
	here.call.keep = false;
	here.call.once = true;
	begin();
	assert_true(here.needs_files);
	ann = arrive("ann");
	assert_int_equal(view(0).state, PARTY_AGREEING);
	assert_true(here.needs_files);
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_NOBODY);
	assert_false(talk_wants_input(here.talk));
	let_pass();
	assert_int_equal(world.passed, 10000);
	assert_said("! cannot agree on encryption with ann: it took more than 10 seconds; "
		    "it most likely does not encrypt: it needs -t\n");
	assert_told_what_is_wanted(ann);
	assert_ended(ann);
	assert_int_equal(talk_status(here.talk), 1);
	assert_false(here.needs_files); /* nobody with a key can come any more */
	close(ann);
}

/* ... only two while somebody else calls, who is let in a second later. */
static void
test_gives_way(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	world_turn(1500);
	knock();
	UNTIL(played.count == 0);
	linger();
	assert_int_equal(view(0).state, PARTY_AGREEING);
	assert_int_equal(played.admitted + played.refused, 0);
	world.time_passes = true;
	UNTIL(times_said("it took more than 2 seconds, and others call; ") == 1);
	assert_int_equal(world.passed, 500);
	assert_ended(ann);
	UNTIL(played.admitted == 1);
	assert_int_equal(world.passed, 1500);
	assert_int_equal(played.refused, 0);
	assert_int_equal(times_said("* waiting on port 8080\n"), 2);
	close(ann);
}

/* Who leaves meanwhile has missed nothing. */
static void
test_leaves_while_agreeing(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	talk_leave(here.talk, 5000);
	assert_true(is_over());
	assert_int_equal(talk_status(here.talk), 0);
	assert_gone(ann);
	close(ann);
}

static void
test_hangs_up_while_agreeing(void **state)
{
	int ann;

	(void)state;
	ann = begin_with_ann();
	talk_hang_up(here.talk);
	finish();
	assert_int_equal(world.passed, 0);
	assert_gone(ann);
	close(ann);
}

/* Freed in the middle of it. */
static void
test_freed_while_agreeing(void **state)
{
	(void)state;
	begin();
	close(arrive("ann"));
	assert_int_equal(view(0).state, PARTY_AGREEING);
}

/* No TLS is said at once. */
static void
test_speaks_no_tls(void **state)
{
	int ann;

	(void)state;
	here.call.keep = false;
	here.call.once = true;
	ann = begin_with_ann();
	write_line(ann, "hello, is anybody there?\n");
	finish();
	assert_int_equal(times_said("! cannot agree on encryption with ann: "), 1);
	assert_int_equal(world.passed, 0);
	assert_int_equal(talk_status(here.talk), 1);
	close(ann);
}

/* Somebody with a key, about whom the person has to be asked, or who is known. */
static struct tls *
arrive_with_key(int *fd, enum party_state then)
{
	struct tls *tls;

	*fd = arrive("ann");
	tls = tls_new(&other, false, TLS_KEY_WANTED, *fd);
	while (tls_handshake(tls) == TLS_PENDING)
		go_on();
	UNTIL(view(0).state == then);
	return tls;
}

/* Nobody is told of too many who do not agree on encryption; the next one with a key is, and is asked about. */
static void
test_strangers_who_agree_on_nothing(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	begin();
	for (int i = 0; i < 30; i++) {
		come_and_go(i % 2 == 0 ? "hello, is anybody there?\n" : NULL);
		world_turn(1000);
	}
	assert_true(times_said("* eve has called\n") <= ALLOWANCE_AT_ONCE + 1);
	assert_int_equal(times_said("! cannot agree on encryption with eve: "),
			 times_said("* eve has called\n"));
	assert_int_equal(times_said(" more "), 0);
	tls = arrive_with_key(&ann, PARTY_ASKED);
	assert_int_equal(times_said("ann has called"), 0);
	talk_ask(here.talk);
	assert_int_equal(times_said("the last of them: eve\n* ann has called\n? the caller's key"), 1);
	talk_answer(here.talk, "yes", 3);
	UNTIL(view(0).state == PARTY_TALKING);
	tls_free(tls);
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") > 0 && !talk_view(here.talk, 0, &(struct talk_view){0}));
}

/* Whoever is asked about costs lines, too, and is let in the later, the more of them have come. */
static void
test_strangers_with_keys(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	begin();
	for (unsigned i = 0; i <= ALLOWANCE_AT_ONCE; i++) {
		be_let_in();
		tls = arrive_with_key(&ann, PARTY_ASKED);
		talk_ask(here.talk);
		tls_free(tls);
		close(ann);
		UNTIL(!talk_view(here.talk, 0, &(struct talk_view){0}));
	}
	assert_int_equal(world.passed, ALLOWANCE_EVERY_MS);
}

static void
test_is_asked_and_says_yes(void **state)
{
	char got[16] = "";
	struct tls *tls;
	int ann;

	(void)state;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	assert_int_equal(times_said("? "), 0); /* the person may not be ready for it */
	assert_int_equal(talk_send(here.talk, "x\n", 2), TALK_QUESTION);
	assert_false(talk_wants_input(here.talk));
	assert_true(here.needs_files);
	talk_ask(here.talk);
	assert_int_equal(times_said("? the caller's key is not known yet: SHA256:"), 1);
	talk_answer(here.talk, "perhaps\n", 8);
	assert_int_equal(view(0).state, PARTY_ASKED);
	time_of_day += 60;
	talk_answer(here.talk, "yes Ann\n", 8);
	assert_int_equal(view(0).state, PARTY_TALKING);
	assert_int_equal(view(0).since, time_of_day);
	assert_string_equal(view(0).name, "Ann");
	assert_string_equal(view(0).secrecy, "encrypted, new key");
	send_line("secret\n");
	while (tls_receive(tls, got, sizeof got, MSG_DONTWAIT) == -1)
		go_on();
	assert_string_equal(got, "secret\n");
	close(ann);
	tls_free(tls);
	UNTIL(times_said("the connection to Ann was cut off: it ended without a goodbye\n") == 1);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	tls = arrive_with_key(&ann, PARTY_TALKING);
	assert_string_equal(view(0).name, "Ann");
	assert_string_equal(view(0).secrecy, "encrypted");
	talk_hang_up(here.talk);
	finish();
	tls_free(tls);
	close(ann);
}

static void
test_is_asked_and_says_no(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	here.call.keep = false;
	here.call.once = true;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	assert_true(here.needs_files);
	talk_ask(here.talk);
	talk_answer(here.talk, "no", 2);
	assert_true(is_over());
	assert_said("! the key was not accepted\n");
	assert_int_equal(talk_status(here.talk), 1);
	tls_free(tls);
	close(ann);
}

/* There is nobody to ask; which key it was is said all the same. */
static void
test_nobody_to_ask(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	here.call.keep = false;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_refuse(here.talk, ": there is no terminal to ask on");
	assert_true(is_over());
	assert_int_equal(times_said("? the caller's key is not known yet: SHA256:"), 1);
	assert_said("! the key was not accepted: there is no terminal to ask on\n");
	assert_int_equal(talk_status(here.talk), 1);
	tls_free(tls);
	close(ann);
}

/* The other side does not wait for the answer.  That was a stranger: until one is agreed with, there can be others. */
static void
test_leaves_while_asked_about(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	here.call.keep = false;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_ask(here.talk);
	tls_free(tls);
	close(ann);
	UNTIL(times_said("* waiting on port 8080\n") == 2);
	assert_said("! ann has left\n");
	assert_false(is_over());
	assert_false(here.caller.done);
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_ask(here.talk);
	talk_answer(here.talk, "yes ann\n", 8);
	assert_true(here.caller.done);
	tls_free(tls);
	close(ann);
	finish();
}

/* ... unless one is all. */
static void
test_leaves_while_asked_about_once(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	here.call.keep = false;
	here.call.once = true;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_ask(here.talk);
	tls_free(tls);
	close(ann);
	finish();
	assert_said("! ann has left\n");
	assert_int_equal(talk_status(here.talk), 1);
	talk_answer(here.talk, "yes\n", 4); /* too late */
	assert_true(is_over());
}

static void
test_leaves_while_asked(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_ask(here.talk);
	talk_leave(here.talk, 5000);
	assert_true(is_over());
	assert_said("! the key was not accepted\n");
	assert_int_equal(talk_status(here.talk), 1);
	tls_free(tls);
	close(ann);
}

static void
test_hangs_up_while_asked(void **state)
{
	struct tls *tls;
	int ann;

	(void)state;
	begin();
	tls = arrive_with_key(&ann, PARTY_ASKED);
	talk_hang_up(here.talk);
	assert_true(is_over());
	tls_free(tls);
	close(ann);
}

#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_TLS(name) cmocka_unit_test_setup_teardown(name, set_up_tls, tear_down_tls)
#define TEST_SELF(name) cmocka_unit_test_setup_teardown(name, set_up_self, tear_down)
#define TEST_TWO(name) cmocka_unit_test_setup_teardown(name, set_up_two, tear_down)

/* With an argument, only the tests whose names match it, with * and ?. */
int
main(int argc, char *argv[])
{
	static char keep[] = "with -k";
	const struct CMUnitTest tests[] = {
		TEST(test_waits),
		TEST(test_calls),
		cmocka_unit_test_setup_teardown(test_cannot_listen, set_up, tear_down_nothing),
		TEST(test_leaves_while_waiting),
		TEST(test_hangs_up_while_waiting),
		TEST(test_caller_dies_while_waiting),
		TEST(test_news_of_others),
		TEST(test_comes_too_late),
		TEST(test_lingering_socket),
		TEST(test_lingering_socket_that_comes_too_late),
		TEST(test_peer_leaves),
		TEST(test_time_of_a_line),
		TEST(test_peer_leaves_in_a_line),
		TEST(test_peer_leaves_and_reads),
		TEST(test_peer_leaves_and_does_not_read),
		TEST(test_reset),
		TEST(test_reset_with_lines_on_their_way),
		TEST(test_busy),
		TEST(test_busy_line_is_called_again),
		TEST(test_patience_ends),
		TEST(test_last_call),
		TEST(test_busy_at_last),
		TEST(test_busy_too_late),
		TEST(test_keeps_a_mebibyte),
		TEST(test_caller_dies_while_line_is_busy),
		TEST(test_busy_line_with_no_listener),
		TEST(test_busy_line_in_the_screen),
		TEST(test_busy_with_lines),
		TEST(test_doubted),
		TEST(test_busy_strangers),
		TEST(test_troubles),
		TEST(test_strangers_who_leave),
		TEST(test_strangers_who_speak),
		TEST(test_callers_who_are_answered),
		TEST(test_leaves_without_a_word),
		TEST(test_speaks_tls),
		TEST(test_leaves),
		TEST(test_leaves_without_goodbye),
		TEST(test_leaves_in_less_time),
		TEST(test_leaves_who_does_not_read),
		TEST(test_hangs_up),
		TEST(test_hangs_up_with_nothing_to_say),
		TEST(test_hangs_up_while_leaving),
		TEST(test_hurry),
		TEST(test_last_words),
		TEST(test_listener_is_killed),
		TEST(test_listener_says_without_end),
		TEST(test_listener_says_what_cannot_be),
		TEST(test_listener_complains_without_end),
		TEST(test_listener_wavers_without_end),
		TEST(test_listener_stays),
		TEST(test_listener_reports_nonsense),
		TEST(test_listener_reports_broken_output),
		TEST(test_listener_cannot_begin),
		TEST(test_no_listener),
		TEST(test_no_listener_for_a_moment),
		TEST(test_output),
		TEST(test_raw_output),
		TEST(test_output_fails),
		TEST(test_output_listener_stays),
		TEST(test_finishes_without_output),
		TEST(test_finishes_and_listens),
		TEST(test_patient),
		TEST(test_reserved),
		TEST(test_sends_file),
		TEST(test_log_fails),
		TEST(test_log_of_what_is_lost),
		TEST(test_log_of_ports),
		TEST(test_one_after_the_other),
		TEST(test_next_waits_for_room),
		TEST(test_caller_dies_while_talking),
		{"test_caller_dies_while_talking, with -k", test_caller_dies_while_talking, set_up, tear_down, keep},
		TEST_SELF(test_self_hears),
		TEST_SELF(test_self_hears_a_long_line),
		TEST_SELF(test_self_output_fails),
		TEST_SELF(test_self_leaves_with_lines),
		TEST(test_lost_before),
		TEST(test_sent_again),
		TEST(test_lost_again),
		TEST(test_not_all_at_once),
		TEST(test_much_has_arrived),
		TEST(test_second_without_order),
		TEST(test_knocks_while_leaving),
		TEST(test_goodbye_after_a_slow_reader),
		TEST(test_patient_at_the_end),
		TEST_SELF(test_self_is_flooded),
		TEST(test_full),
		TEST(test_arrives),
		TEST_TWO(test_two_hear_and_are_heard),
		TEST_TWO(test_two_get_what_is_read_in_place),
		TEST_TWO(test_one_of_two_leaves),
		TEST_TWO(test_third_is_refused),
		TEST_TWO(test_leaves_two),
		TEST_TWO(test_marks_of_two),
		TEST_TWO(test_settled_by_both),
		TEST_TWO(test_stopped_listener),
		TEST_TWO(test_flood),
		TEST_TWO(test_one_of_two_does_not_read),
		TEST_TWO(test_one_of_two_lies),
	};
#if defined(HAVE_GNUTLS)
	const struct CMUnitTest tls_tests[] = {
		TEST_TLS(test_says_nothing),
		TEST_TLS(test_gives_way),
		TEST_TLS(test_leaves_while_agreeing),
		TEST_TLS(test_hangs_up_while_agreeing),
		TEST_TLS(test_freed_while_agreeing),
		TEST_TLS(test_speaks_no_tls),
		TEST_TLS(test_strangers_who_agree_on_nothing),
		TEST_TLS(test_strangers_with_keys),
		TEST_TLS(test_is_asked_and_says_yes),
		TEST_TLS(test_is_asked_and_says_no),
		TEST_TLS(test_nobody_to_ask),
		TEST_TLS(test_leaves_while_asked_about),
		TEST_TLS(test_leaves_while_asked_about_once),
		TEST_TLS(test_leaves_while_asked),
		TEST_TLS(test_hangs_up_while_asked),
	};
#endif
	int failed = 0;

	setenv("TZ", "UTC", 1);
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	signals_open();
#if defined(HAVE_GNUTLS) /* before there is a signal that asks the program to end: no key is opened then */
	failed = cmocka_run_group_tests(tls_tests, make_store, remove_store);
#endif
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
