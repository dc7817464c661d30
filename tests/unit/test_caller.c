/*
 * The caller: a process of its own that waits for calls on 127.0.0.1, or calls there, and what its speaker makes of
 * what it says; also where it has been taken over, and says what it never would.
 */
#include <config.h>

#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/signals.h"
#include "call/caller.h"
#include "call/opening.h"
#include "loopback.h"
#include "text/utf8.h"
#include "world.h"

/* Goes on until that is so. */
#define UNTIL(condition) \
	while (!(condition)) \
		go_on()

static struct {
	struct call_options options;
	struct caller caller;
	struct polls polls;
	struct peer peer; /* of the last news */
	enum caller_news news;
	unsigned told[CALLER_FAILED + 1]; /* so often there was such news */
	unsigned open_before;		  /* descriptors */
} here;

/* There is no process to name. */
void
setproctitle(const char *format, ...)
{
	(void)format;
}

static void
go_on(void)
{
	polls_clear(&here.polls);
	caller_poll(&here.caller, &here.polls);
	polls_wait(&here.polls);
	here.news = caller_step(&here.caller, &here.polls, &here.peer);
	here.told[here.news]++;
}

/* Goes on for a while, in which nothing special has to happen. */
static void
linger(void)
{
	for (int i = 0; i < 20; i++) {
		polls_clear(&here.polls);
		caller_poll(&here.caller, &here.polls);
		polls_within(&here.polls, 1);
		polls_wait(&here.polls);
		here.told[caller_step(&here.caller, &here.polls, &here.peer)]++;
	}
}

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	memset(&here, 0, sizeof here);
	here.options = (struct call_options){.role = ROLE_SERVER, .bind = "127.0.0.1", .family = AF_INET};
	here.caller.socket = -1;
	here.open_before = count_descriptors();
	return 0;
}

/* Nothing is left: no process, no descriptor. */
static int
tear_down(void **state)
{
	(void)state;
	caller_close(&here.caller);
	polls_free(&here.polls);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_descriptors(), here.open_before);
	return 0;
}

/* Starts a server's process, on a port that is free. */
static void
serve(void)
{
	do {
		close(loopback_bind(&here.options.port));
		assert_int_equal(caller_start(&here.caller, &here.options), 0);
	} while (caller_open(&here.caller) == -1); /* somebody else was faster */
}

/* Somebody calls, and knocks. */
static int
knock(void)
{
	int fd = loopback_call(here.options.port);

	assert_true(fd != -1);
	UNTIL(here.caller.knocked);
	return fd;
}

/* Lets in who has knocked.  Returns the near end, which is that one's. */
static int
admit(int fd)
{
	struct sockaddr_in own = {0};
	socklen_t length = sizeof own;
	unsigned before = here.told[CALLER_CONNECTED];
	char expected[64];

	caller_answer(&here.caller, CALLER_ADMIT);
	assert_false(here.caller.knocked);
	UNTIL(here.told[CALLER_CONNECTED] > before);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &length), 0);
	snprintf(expected, sizeof expected, "127.0.0.1 port %u", ntohs(own.sin_port));
	assert_string_equal(here.peer.place, expected);
	assert_string_equal(here.peer.host, "127.0.0.1");
	assert_string_equal(here.peer.name, "127.0.0.1");
	assert_true(fcntl(here.peer.socket, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(here.peer.socket, F_GETFL) & O_NONBLOCK);
	return here.peer.socket;
}

/* Both ends are of one connection. */
static void
assert_connected(int near, int far)
{
	char got;

	assert_int_equal(write(near, "n", 1), 1);
	assert_int_equal(read(far, &got, 1), 1);
	assert_int_equal(got, 'n');
	assert_int_equal(write(far, "f", 1), 1);
	assert_int_equal(read(near, &got, 1), 1);
	assert_int_equal(got, 'f');
}

/* ---- A server's ---- */

static void
test_admits(void **state)
{
	int far, near;

	(void)state;
	here.options.keep = true;
	serve();
	assert_false(caller_is_done(&here.caller));
	far = knock();
	near = admit(far);
	assert_connected(near, far);
	assert_false(caller_is_done(&here.caller));
	close(near);
	close(far);
}

/* Who is turned away can read why, and then sees the end, whatever that one has said before. */
static void
test_refuses(void **state)
{
	bool tls = *state != NULL;
	struct opening busy = opening_busy(tls, false);
	char got[128];
	int far, another;

	here.options.keep = true;
	here.options.tls = tls;
	serve();
	far = knock();
	assert_int_equal(write(far, "hello?\n", 7), 7);
	caller_answer(&here.caller, CALLER_REFUSE);
	UNTIL(here.told[CALLER_REFUSED] == 1);
	assert_int_equal(strncmp(here.peer.place, "127.0.0.1 port ", 15), 0);
	assert_int_equal(recv(far, got, busy.length, MSG_WAITALL), (ssize_t)busy.length);
	assert_memory_equal(got, busy.bytes, busy.length);
	assert_int_equal(recv(far, got, 1, 0), 0);
	close(far);
	another = knock(); /* it goes on */
	close(admit(another));
	close(another);
}

/* Who comes while nothing is ordered waits, is not turned away, and is let in in turn. */
static void
test_waits_for_orders(void **state)
{
	int first, second, near;

	(void)state;
	here.options.keep = true;
	serve();
	first = knock();
	second = loopback_call(here.options.port);
	linger();
	assert_true(here.caller.knocked);
	assert_int_equal(here.told[CALLER_CONNECTED] + here.told[CALLER_REFUSED], 0);
	near = admit(first);
	assert_connected(near, first);
	close(near);
	UNTIL(here.caller.knocked);
	near = admit(second);
	assert_connected(near, second);
	close(near);
	close(first);
	close(second);
}

/* Who broke off before is nobody; what that one has said is still heard. */
static void
test_broke_off(void **state)
{
	int gone, far;

	(void)state;
	here.options.keep = true;
	serve();
	gone = knock();
	loopback_reset(gone);
	caller_answer(&here.caller, CALLER_ADMIT);
	far = knock();
	assert_int_equal(here.told[CALLER_CONNECTED], 0);
	close(admit(far));
	close(far);
	far = knock();
	assert_int_equal(write(far, "f", 1), 1);
	shutdown(far, SHUT_WR);
	close(admit(far));
	close(far);
}

static void
test_port_is_free_afterwards(void **state)
{
	unsigned port;
	int far;

	(void)state;
	here.options.keep = true;
	serve();
	far = knock(); /* and is not let in */
	caller_close(&here.caller);
	assert_true(caller_is_done(&here.caller));
	port = here.options.port;
	assert_int_equal(loopback_call(port), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(far);
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), 0);
}

static void
test_port_is_taken(void **state)
{
	char expected[128];
	int door = loopback_listen(&here.options.port);

	(void)state;
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), -1);
	snprintf(expected, sizeof expected, "cannot listen on 127.0.0.1 port %u: %s; if somebody waits there, call with -c",
		 here.options.port, strerror(EADDRINUSE));
	assert_string_equal(here.caller.error, expected);
	assert_true(caller_is_done(&here.caller));
	linger(); /* the process may have been waited for already, and nothing wakes us */
	assert_int_equal(here.told[CALLER_NOTHING], 20); /* that was said */
	close(door);
}

static void
test_no_process(void **state)
{
	(void)state;
	world.forks_to_fail = 1;
	assert_int_equal(caller_start(&here.caller, &here.options), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(caller_is_done(&here.caller));
}

/* It ends with the speaker, who need not say so. */
static void
test_ends_with_the_speaker(void **state)
{
	int status;

	(void)state;
	serve();
	close(here.caller.socket);
	here.caller.socket = -1;
	assert_int_equal(waitpid(here.caller.child.pid, &status, 0), here.caller.child.pid);
	assert_true(WIFEXITED(status));
	here.caller.child = (struct child){0};
}

static void
test_is_killed(void **state)
{
	char expected[128];

	(void)state;
	serve();
	kill(here.caller.child.pid, SIGKILL);
	UNTIL(here.told[CALLER_FAILED] == 1);
	snprintf(expected, sizeof expected, "the process that waits for calls died: %s", strsignal(SIGKILL));
	assert_string_equal(here.caller.error, expected);
	assert_true(caller_is_done(&here.caller));
	assert_int_equal(here.caller.child.pid, 0);
	caller_answer(&here.caller, CALLER_ADMIT); /* is none any more */
	polls_clear(&here.polls);
	caller_poll(&here.caller, &here.polls);
	assert_int_equal(here.polls.count, 0);
	assert_int_equal(here.polls.timeout, -1);
}

/* Without -k there is nobody else to wait for: the process ends by itself, as it should, and the port is free. */
static void
test_only_one(void **state)
{
	int far, near;

	(void)state;
	serve();
	far = knock();
	near = admit(far);
	assert_true(caller_is_done(&here.caller));
	UNTIL(here.caller.child.pid == 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(here.told[CALLER_FAILED], 0);
	assert_int_equal(loopback_call(here.options.port), -1);
	assert_connected(near, far);
	close(near);
	close(far);
}

/* ---- A client's ---- */

static void
test_calls(void **state)
{
	int door, far;

	(void)state;
	here.options = (struct call_options){.role = ROLE_CLIENT, .host = "127.0.0.1"};
	door = loopback_listen(&here.options.port);
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), 0);
	linger();
	assert_int_equal(here.told[CALLER_CONNECTED], 0);
	caller_call(&here.caller, 0);
	UNTIL(here.told[CALLER_CONNECTED] == 1);
	assert_int_equal(strncmp(here.peer.place, "127.0.0.1 port ", 15), 0);
	assert_true(caller_is_done(&here.caller));
	far = accept(door, NULL, NULL);
	assert_connected(here.peer.socket, far);
	UNTIL(here.caller.child.pid == 0);
	assert_int_equal(here.told[CALLER_FAILED], 0);
	close(here.peer.socket);
	close(far);
	close(door);
}

static void
test_nobody_answers(void **state)
{
	char expected[128];
	int held;

	(void)state;
	here.options = (struct call_options){.role = ROLE_CLIENT, .host = "127.0.0.1"};
	held = loopback_bind(&here.options.port); /* and nobody listens */
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), 0);
	caller_call(&here.caller, 0);
	UNTIL(here.told[CALLER_FAILED] == 1);
	snprintf(expected, sizeof expected, "cannot call 127.0.0.1 port %u: %s; the other side waits with tchat -s %u",
		 here.options.port, strerror(ECONNREFUSED), here.options.port);
	assert_string_equal(here.caller.error, expected);
	UNTIL(here.caller.child.pid == 0);
	assert_int_equal(here.told[CALLER_FAILED], 1);
	close(held);
}

/* Starts a client's process that may call several times.  Returns what could be called, if it listened. */
static int
begin_to_call(struct call_options options)
{
	int door;

	here.options = options;
	here.options.role = ROLE_CLIENT;
	here.options.host = "127.0.0.1";
	door = loopback_bind(&here.options.port);
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), 0);
	return door;
}

/* It goes on after each call, whether somebody answers or not. */
static void
assert_calls_again(int door)
{
	int far;

	caller_call(&here.caller, 0);
	UNTIL(here.told[CALLER_UNREACHED] == 1);
	assert_non_null(strstr(here.caller.error, strerror(ECONNREFUSED)));
	assert_int_equal(listen(door, 8), 0);
	for (unsigned n = 1; n <= 3; n++) {
		assert_false(caller_is_done(&here.caller));
		caller_call(&here.caller, 0);
		UNTIL(here.told[CALLER_CONNECTED] == n);
		far = accept(door, NULL, NULL);
		assert_connected(here.peer.socket, far);
		close(here.peer.socket);
		close(far);
	}
	assert_int_equal(here.told[CALLER_FAILED], 0);
	close(door);
}

/* For more than one conversation, and for one that does not come about as the line is busy (-w). */
static void
test_calls_again(void **state)
{
	(void)state;
	assert_calls_again(begin_to_call((struct call_options){.keep = true}));
}

static void
test_patient_client_calls_again(void **state)
{
	(void)state;
	assert_calls_again(begin_to_call((struct call_options){.wait = 1}));
}

/* A call is patient if that is asked for, and can be given up. */
static void
test_stops_calling(void **state)
{
	int door, far;

	(void)state;
	door = begin_to_call((struct call_options){.keep = true});
	caller_call(&here.caller, 1000000);
	linger();
	caller_stop(&here.caller);
	linger();
	assert_int_equal(listen(door, 8), 0);
	linger();
	assert_int_equal(here.told[CALLER_UNREACHED] + here.told[CALLER_CONNECTED], 0);
	caller_call(&here.caller, 1000000);
	UNTIL(here.told[CALLER_CONNECTED] == 1);
	far = accept(door, NULL, NULL);
	assert_connected(here.peer.socket, far);
	close(here.peer.socket);
	close(far);
	close(door);
}

static void
test_client_is_killed(void **state)
{
	char expected[128];

	(void)state;
	here.options = (struct call_options){.role = ROLE_CLIENT, .host = "127.0.0.1", .port = 1};
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	assert_int_equal(caller_open(&here.caller), 0);
	kill(here.caller.child.pid, SIGKILL);
	UNTIL(here.told[CALLER_FAILED] == 1);
	snprintf(expected, sizeof expected, "the process that calls died: %s", strsignal(SIGKILL));
	assert_string_equal(here.caller.error, expected);
}

/* ---- No descriptor is left ---- */

/* Uses up all descriptors up to a limit that is set, and was *before; returns how many that took. */
static int
use_up(int used[64], struct rlimit *before)
{
	struct rlimit limit;
	int count = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
	limit = (struct rlimit){.rlim_cur = 64, .rlim_max = before->rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((used[count] = dup(STDERR_FILENO)) != -1)
		count++;
	assert_int_equal(errno, EMFILE);
	return count;
}

/* Who waits stays, that is told once, and there is room again later. */
static void
test_no_descriptor(void **state)
{
	char expected[128];
	int used[64], count, far, near;
	struct rlimit limit;

	(void)state;
	here.options.keep = true;
	serve();
	far = knock();
	caller_answer(&here.caller, CALLER_ADMIT);
	count = use_up(used, &limit);
	UNTIL(here.told[CALLER_TROUBLED] == 1);
	snprintf(expected, sizeof expected, "nobody can be let in: %s", strerror(EMFILE));
	assert_string_equal(here.caller.error, expected);
	world.time_passes = true; /* it is tried again and again, not all the time */
	while (world.passed < 1000)
		go_on();
	world.time_passes = false;
	assert_int_equal(here.told[CALLER_TROUBLED], 1);
	assert_int_equal(here.told[CALLER_CONNECTED], 0);
	while (count > 0)
		close(used[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	world_turn(100);
	UNTIL(here.told[CALLER_CONNECTED] == 1);
	near = here.peer.socket;
	assert_connected(near, far);
	close(near);
	close(far);
}

/* ---- A process that was taken over ---- */

/*
 * What a real one says: taken from its socket, to be said again with changes.  Each message begins with its kind.
 */
struct said {
	char bytes[2048];
	size_t length;
};
static struct said ready, knocked, connected, failed;

static void
set_kind(struct said *said, int kind)
{
	memcpy(said->bytes, &kind, sizeof kind);
}

static void
listen_to(int fd, struct said *said)
{
	ssize_t n = recv(fd, said->bytes, sizeof said->bytes, 0); /* without what is handed over */

	assert_in_range(n, sizeof(int), sizeof said->bytes - 1);
	said->length = (size_t)n;
}

/* Tells a process what no speaker says so: to begin. */
static void
order_to_open(void)
{
	const struct {
		int what;
		int64_t patience;
	} open = {0};

	assert_int_equal(send(here.caller.socket, &open, sizeof open, 0), (ssize_t)sizeof open);
}

static void
record_a_real_one(void)
{
	int far, door;

	here.options.keep = true;
	serve();
	far = loopback_call(here.options.port);
	listen_to(here.caller.socket, &knocked);
	caller_answer(&here.caller, CALLER_ADMIT);
	listen_to(here.caller.socket, &connected);
	close(far);
	caller_close(&here.caller);
	door = loopback_listen(&here.options.port);
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	order_to_open();
	listen_to(here.caller.socket, &failed);
	caller_close(&here.caller);
	close(door);
	assert_int_equal(caller_start(&here.caller, &here.options), 0);
	order_to_open();
	listen_to(here.caller.socket, &ready);
	caller_close(&here.caller);
}

static int its_socket; /* the other end, which the test has */

/* A process whose part the test plays. */
static void
take_over(void)
{
	pid_t parent = getpid();
	int ends[2];

	record_a_real_one();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	here.caller = (struct caller){.options = &here.options, .socket = ends[0], .slot = POLLS_NONE};
	its_socket = ends[1];
	if ((here.caller.child.pid = fork()) == 0) {
		child_begin(parent, -1);
		for (;;)
			pause();
	}
}

/* Says that, with so many descriptors, each of that. */
static void
say_with_that(const struct said *said, int descriptors, int that)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)said->bytes, .iov_len = said->length};
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr aligned;
	} control = {{0}};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	const int fds[4] = {that, that, that, that};
	struct cmsghdr *rights;

	if (descriptors > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE((size_t)descriptors * sizeof *fds);
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN((size_t)descriptors * sizeof *fds);
		memcpy(CMSG_DATA(rights), fds, (size_t)descriptors * sizeof *fds);
	}
	assert_int_equal(sendmsg(its_socket, &header, 0), (ssize_t)said->length);
}

/* The same, with connections. */
static void
say_with(const struct said *said, int descriptors)
{
	int ends[2];

	loopback_connect(ends);
	say_with_that(said, descriptors, ends[0]);
	close(ends[0]);
	close(ends[1]);
}

/* That is not what a process says: it is ended, and that is told. */
static void
assert_ends_with(const struct said *said, int descriptors)
{
	char expected[128];

	take_over();
	say_with(said, descriptors);
	UNTIL(here.told[CALLER_FAILED] == 1);
	snprintf(expected, sizeof expected, "the process that waits for calls died: %s", strsignal(SIGKILL));
	assert_string_equal(here.caller.error, expected);
	assert_true(caller_is_done(&here.caller));
	assert_int_equal(here.told[CALLER_CONNECTED], 0);
	close(its_socket);
}

static void
test_too_short(void **state)
{
	struct said said;

	(void)state;
	record_a_real_one();
	said = knocked;
	said.length--;
	assert_ends_with(&said, 0);
}

static void
test_too_long(void **state)
{
	struct said said;

	(void)state;
	record_a_real_one();
	said = knocked;
	said.bytes[said.length++] = 0;
	assert_ends_with(&said, 0);
}

/* It begins with a connection that nobody has asked for. */
static void
test_begins_with_a_socket(void **state)
{
	(void)state;
	take_over();
	say_with(&connected, 1);
	assert_int_equal(caller_open(&here.caller), -1);
	close(its_socket);
}

/* A signal that asks the program to end ends the wait, and nothing is said. */
static void
test_told_to_end(void **state)
{
	(void)state;
	take_over();
	raise(SIGTERM);
	assert_int_equal(caller_open(&here.caller), -1);
	assert_string_equal(here.caller.error, "");
	close(its_socket);
}

static void
test_nothing_but_a_socket(void **state)
{
	struct said said;

	(void)state;
	record_a_real_one();
	said = connected;
	said.length = 1;
	assert_ends_with(&said, 1);
}

static void
test_unknown_kinds(void **state)
{
	struct said said;

	(void)state;
	record_a_real_one();
	said = knocked;
	set_kind(&said, 99);
	assert_ends_with(&said, 0);
	here.told[CALLER_FAILED] = 0;
	set_kind(&said, -1);
	assert_ends_with(&said, 1);
}

static void
test_connected_without_a_socket(void **state)
{
	(void)state;
	record_a_real_one();
	assert_ends_with(&connected, 0);
}

static void
test_knocked_with_a_socket(void **state)
{
	(void)state;
	record_a_real_one();
	assert_ends_with(&knocked, 1);
}

/* More than one descriptor is none of its messages, and none stays here. */
static void
test_several_sockets(void **state)
{
	(void)state;
	record_a_real_one();
	assert_ends_with(&connected, 2);
	here.told[CALLER_FAILED] = 0;
	assert_ends_with(&connected, 4);
	here.told[CALLER_FAILED] = 0;
	assert_ends_with(&knocked, 2);
}

/* What is handed over is no connection. */
static void
test_other_sockets(void **state)
{
	const char *which = *state;
	int others[2] = {-1, -1};

	if (which == NULL)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, others), 0);
	else if (*which == 'p')
		assert_int_equal(pipe2(others, O_CLOEXEC), 0);
	else
		assert_true((others[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) != -1);
	take_over();
	say_with_that(&connected, 1, others[1]);
	close(others[1]);
	UNTIL(here.told[CALLER_FAILED] == 1);
	assert_int_equal(here.told[CALLER_CONNECTED], 0);
	assert_true(caller_is_done(&here.caller));
	close(its_socket);
	if (others[0] != -1)
		close(others[0]);
}

/* Whoever made a socket may have asked that closing it waits: it does not. */
static void
test_lingering_socket(void **state)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 60};
	int ends[2];

	(void)state;
	loopback_connect(ends);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	take_over();
	say_with_that(&knocked, 1, ends[1]);
	UNTIL(here.told[CALLER_FAILED] == 1);
	assert_int_equal(getsockopt(ends[1], SOL_SOCKET, SO_LINGER, &linger, &(socklen_t){sizeof linger}), 0);
	assert_int_equal(linger.l_onoff, 0);
	close(its_socket);
	close(ends[0]);
	close(ends[1]);
}

/* An address that is longer than there is room for. */
static void
test_long_address(void **state)
{
	struct said said;

	(void)state;
	record_a_real_one();
	said = connected;
	memset(said.bytes + sizeof(int), 0xFF, said.length - sizeof(int));
	assert_ends_with(&said, 1);
}

/* Where the address is that a message is about. */
static char *
address_in(struct said *said)
{
	static const char address[] = {127, 0, 0, 1};
	char *found = memmem(said->bytes, said->length, address, sizeof address);

	assert_non_null(found);
	return found - offsetof(struct sockaddr_in, sin_addr);
}

/* An address of no known family is somebody's all the same. */
static void
test_strange_address(void **state)
{
	(void)state;
	take_over();
	memset(address_in(&connected), 0xFF, sizeof(struct sockaddr_in));
	say_with(&connected, 1);
	UNTIL(here.told[CALLER_CONNECTED] == 1);
	assert_true(strlen(here.peer.name) > 0);
	close(here.peer.socket);
	close(its_socket);
}

/* A path is none: who is there would be called as this machine is. */
static void
test_unix_address(void **state)
{
	const struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "path"};
	char expected[64];

	(void)state;
	take_over();
	memcpy(address_in(&connected), &path, sizeof path);
	say_with(&connected, 1);
	UNTIL(here.told[CALLER_CONNECTED] == 1);
	snprintf(expected, sizeof expected, "somebody port %u", here.options.port);
	assert_string_equal(here.peer.place, expected);
	close(here.peer.socket);
	close(its_socket);
}

/* All news is passed on: who hears of it counts it. */
static void
test_several_news(void **state)
{
	struct said refused, troubled;

	(void)state;
	take_over();
	refused = knocked;
	set_kind(&refused, 2);
	troubled = failed;
	set_kind(&troubled, 4);
	say_with(&refused, 0);
	say_with(&refused, 0);
	say_with(&troubled, 0);
	say_with(&troubled, 0);
	say_with(&knocked, 0);
	UNTIL(here.caller.knocked);
	assert_int_equal(here.told[CALLER_REFUSED], 2);
	assert_int_equal(here.told[CALLER_TROUBLED], 2);
	assert_false(caller_is_done(&here.caller));
	close(its_socket);
}

/* What it says of errors is text without controls, in its room. */
static void
assert_is_safe(const char *text)
{
	size_t length = strlen(text), used;

	assert_in_range(length, 1, sizeof here.caller.error - 1);
	for (size_t i = 0; i < length; i += used) {
		assert_int_equal(utf8_examine(text + i, length - i, &used), UTF8_COMPLETE);
		assert_true(used > 1 || (text[i] >= 0x20 && text[i] < 0x7F));
	}
}

static void
test_text_without_end(void **state)
{
	struct said said;
	char *text;

	(void)state;
	take_over();
	said = failed;
	text = memmem(said.bytes, said.length, "cannot listen", 13);
	assert_non_null(text);
	memset(text, '\x1B', (size_t)(said.bytes + said.length - text));
	memcpy(text, "\x1B]2;x\a\xC2\x9B\xFF", 9);
	say_with(&said, 0);
	UNTIL(here.told[CALLER_FAILED] == 1);
	assert_int_equal(strncmp(here.caller.error, "^[]2;x^G<U+009B>\uFFFD^[^[", 21), 0);
	assert_is_safe(here.caller.error);
	close(its_socket);
	caller_close(&here.caller);
	take_over(); /* the same before it is ready */
	say_with(&said, 0);
	assert_int_equal(caller_open(&here.caller), -1);
	assert_is_safe(here.caller.error);
	close(its_socket);
}

/* Before it is ready, too. */
static void
test_begins_with_nonsense(void **state)
{
	(void)state;
	take_over();
	say_with(&knocked, 0);
	assert_int_equal(caller_open(&here.caller), -1);
	assert_true(caller_is_done(&here.caller));
	close(its_socket);
	take_over();
	failed.length--;
	say_with(&failed, 0);
	assert_int_equal(caller_open(&here.caller), -1);
	assert_string_equal(here.caller.error, "the process that calls cannot begin");
	close(its_socket);
}

/* Whether the process has ended; it is not asked for in the caller's place. */
static bool
has_died(void)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)here.caller.child.pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid != 0;
}

/* It says that somebody knocks all the time, and takes no orders: it is ended when they do not fit any more. */
static void
test_takes_no_orders(void **state)
{
	(void)state;
	take_over();
	while (!has_died()) {
		say_with(&knocked, 0);
		UNTIL(here.caller.knocked);
		caller_answer(&here.caller, CALLER_ADMIT);
	}
	close(its_socket);
	UNTIL(here.told[CALLER_FAILED] == 1);
}

/* Readiness is said once only; said again, it is nothing. */
static void
test_ready_again(void **state)
{
	(void)state;
	take_over();
	say_with(&ready, 0);
	linger();
	assert_int_equal(here.told[CALLER_CONNECTED] + here.told[CALLER_FAILED] + here.told[CALLER_REFUSED], 0);
	assert_false(here.caller.knocked);
	say_with(&knocked, 0);
	UNTIL(here.caller.knocked);
	close(its_socket);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* With an argument, only the tests whose names match it, with * and ?. */
int
main(int argc, char *argv[])
{
	static char tls[] = "tls", pipe_end[] = "pipe", datagrams[] = "datagrams";
	const struct CMUnitTest tests[] = {
		TEST(test_admits),
		TEST(test_refuses),
		{"test_refuses, with TLS", test_refuses, set_up, tear_down, tls},
		TEST(test_waits_for_orders),
		TEST(test_broke_off),
		TEST(test_port_is_free_afterwards),
		TEST(test_port_is_taken),
		TEST(test_no_process),
		TEST(test_ends_with_the_speaker),
		TEST(test_is_killed),
		TEST(test_only_one),
		TEST(test_calls),
		TEST(test_nobody_answers),
		TEST(test_calls_again),
		TEST(test_patient_client_calls_again),
		TEST(test_stops_calling),
		TEST(test_client_is_killed),
		TEST(test_no_descriptor),
		TEST(test_too_short),
		TEST(test_nothing_but_a_socket),
		TEST(test_unknown_kinds),
		TEST(test_connected_without_a_socket),
		TEST(test_knocked_with_a_socket),
		TEST(test_several_sockets),
		TEST(test_other_sockets),
		{"test_other_sockets, pipe", test_other_sockets, set_up, tear_down, pipe_end},
		{"test_other_sockets, datagrams", test_other_sockets, set_up, tear_down, datagrams},
		TEST(test_lingering_socket),
		TEST(test_long_address),
		TEST(test_strange_address),
		TEST(test_unix_address),
		TEST(test_several_news),
		TEST(test_text_without_end),
		TEST(test_begins_with_nonsense),
		TEST(test_takes_no_orders),
		TEST(test_ready_again),
		TEST(test_too_long),
		TEST(test_begins_with_a_socket),
		TEST(test_told_to_end),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
