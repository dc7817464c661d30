/*
 * Dialling: how it ends, and what it asks the program to wait for.
 */
#include <config.h>

#include <sys/un.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/polls.h"
#include "base/signals.h"
#include "call/dial.h"
#include "loopback.h"
#include "world.h"

static struct polls polls;

/* Goes on as long as it is in such a state; returns the next one. */
static enum dial_state
leave(struct dial *dial, enum dial_state state)
{
	while (dial->state == state) {
		polls_clear(&polls);
		dial_poll(dial, &polls);
		polls_wait(&polls);
		dial_step(dial, &polls);
	}
	return dial->state;
}

/* Calls 127.0.0.1, until it has somebody or does so no more in this round. */
static void
call(struct dial *dial, const struct call_options *options)
{
	assert_int_equal(dial_open(dial, options), 0);
	dial_begin(dial);
	leave(dial, DIAL_RESOLVING);
	leave(dial, DIAL_CONNECTING);
}

/* What it waits for now. */
static void
assert_waits(struct dial *dial, size_t descriptors, int timeout)
{
	polls_clear(&polls);
	dial_poll(dial, &polls);
	assert_int_equal(polls.count, descriptors);
	assert_int_equal(polls.timeout, timeout);
}

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	return 0;
}

/* Once connected, a client has nothing to wait for, and no deadline. */
static void
test_connected(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .wait = 5};
	struct dial dial;
	int door = loopback_listen(&options.port), other;

	(void)state;
	call(&dial, &options);
	assert_int_equal(dial.state, DIAL_CONNECTED);
	assert_waits(&dial, 0, -1);
	other = accept(door, NULL, NULL);
	assert_int_equal(write(dial.socket, "x", 1), 1);
	assert_int_equal(read(other, (char[1]){0}, 1), 1);
	close(other);
	close(dial.socket);
	close(door);
}

/* Nothing is done before it is told to. */
static void
test_idle(void **state)
{
	const struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .port = 1};
	struct dial dial;

	(void)state;
	assert_int_equal(dial_open(&dial, &options), 0);
	assert_waits(&dial, 0, -1);
	assert_int_equal(dial_step(&dial, &polls), DIAL_IDLE);
	assert_int_equal(world.forks, 0);
}

/* What a helper sends. */
struct answer {
	int count;
	struct address addresses[RESOLVE_MAX];
};

/* A helper sends so much of it, and stays.  Returns what is made of that. */
static int
resolve_by(const struct answer *answer, size_t length)
{
	struct address addresses[RESOLVE_MAX];
	struct resolver resolver;
	int ends[2], result;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], answer, length), (ssize_t)length);
	resolver.pipe = ends[0];
	if ((resolver.helper = fork()) == 0) {
		pause();
		_exit(0);
	}
	result = resolve_finish(&resolver, addresses);
	close(ends[1]);
	return result;
}

static const struct answer *
answer_of(int count, int family, size_t length)
{
	static struct answer answer;

	answer.count = count;
	for (int i = 0; i < RESOLVE_MAX; i++) {
		answer.addresses[i].length = (socklen_t)length;
		answer.addresses[i].storage.ss_family = (sa_family_t)family;
	}
	return &answer;
}

/* A helper that was taken over has found what can be found, and no more addresses than there is room for. */
static void
test_helper_that_says_anything(void **state)
{
	const size_t four = sizeof(struct sockaddr_in), six = sizeof(struct sockaddr_in6), whole = sizeof(struct answer);
	const struct answer *good = answer_of(RESOLVE_MAX, AF_INET, four);

	(void)state;
	assert_int_equal(resolve_by(good, whole), RESOLVE_MAX);
	assert_int_equal(resolve_by(answer_of(1, AF_INET6, six), whole), 1);
	assert_int_equal(resolve_by(answer_of(-3, 0, 0), whole), -3);
	assert_true(resolve_by(answer_of(RESOLVE_MAX + 1, AF_INET, four), whole) < 0);
	assert_true(resolve_by(answer_of(INT_MAX, AF_INET, four), whole) < 0);
	assert_in_range(-resolve_by(answer_of(INT_MIN, AF_INET, four), whole), 1, 1000);
	assert_true(resolve_by(answer_of(0, AF_INET, four), whole) < 0);
	assert_true(resolve_by(answer_of(1, AF_INET, six), whole) < 0);
	assert_true(resolve_by(answer_of(1, AF_INET6, SIZE_MAX), whole) < 0);
	assert_true(resolve_by(answer_of(1, AF_UNIX, sizeof(struct sockaddr_un)), whole) < 0);
	good = answer_of(1, AF_INET, four);
	assert_true(resolve_by(good, 1) < 0); /* and nobody waits for the rest */
	assert_true(resolve_by(good, whole - 1) < 0);
}

static void
test_refused(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1"};
	struct dial dial;
	char expected[128];
	int held = loopback_bind(&options.port); /* and nobody listens */

	(void)state;
	call(&dial, &options);
	assert_int_equal(dial.state, DIAL_FAILED);
	snprintf(expected, sizeof expected, "cannot call 127.0.0.1 port %u: %s", options.port, strerror(ECONNREFUSED));
	assert_string_equal(dial.error, expected);
	assert_waits(&dial, 0, -1);
	assert_int_equal(dial.socket, -1);
	close(held);
}

/* With -w it calls again, for so long, and whoever answers then is connected. */
static void
test_calls_again(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .wait = 1};
	struct dial dial;
	int door = loopback_bind(&options.port);

	(void)state;
	call(&dial, &options);
	assert_int_equal(dial.state, DIAL_RETRYING);
	assert_waits(&dial, 0, 250);
	assert_int_equal(dial_step(&dial, &polls), DIAL_RETRYING);
	assert_int_equal(listen(door, 1), 0);
	world_turn(250);
	assert_int_equal(dial_step(&dial, &polls), DIAL_RESOLVING);
	leave(&dial, DIAL_RESOLVING);
	leave(&dial, DIAL_CONNECTING);
	assert_int_equal(dial.state, DIAL_CONNECTED);
	close(dial.socket);
	close(door);
}

/* ... and gives up when that is over. */
static void
test_gives_up(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .wait = 1};
	struct dial dial;
	int held = loopback_bind(&options.port), rounds = 1;

	(void)state;
	call(&dial, &options);
	for (world.time_passes = true; dial.state == DIAL_RETRYING; rounds++) {
		leave(&dial, DIAL_RETRYING);
		world.time_passes = false;
		leave(&dial, DIAL_RESOLVING);
		leave(&dial, DIAL_CONNECTING);
		world.time_passes = true;
	}
	assert_int_equal(dial.state, DIAL_FAILED);
	assert_int_equal(rounds, 4);
	assert_int_equal(world.passed, 750);
	close(held);
}

#if defined(__linux__) /* where it is known how many wait at a door that nobody opens */

/* Who does not answer is given up after ten seconds. */
static void
test_no_answer(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1"};
	struct dial dial;
	int door = loopback_bind(&options.port), first;

	(void)state;
	assert_int_equal(listen(door, 0), 0);
	first = loopback_call(options.port); /* more do not fit */
	assert_int_equal(dial_open(&dial, &options), 0);
	dial_begin(&dial);
	assert_int_equal(leave(&dial, DIAL_RESOLVING), DIAL_CONNECTING);
	assert_waits(&dial, 1, 10000);
	world.time_passes = true;
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_FAILED);
	assert_non_null(strstr(dial.error, strerror(ETIMEDOUT)));
	assert_int_equal(world.passed, 10000);
	close(first);
	close(door);
}

#endif

/* The process that looks the name up cannot be had. */
static void
test_no_lookup(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .port = 1};
	struct dial dial;

	(void)state;
	world.forks_to_fail = -1;
	call(&dial, &options);
	assert_int_equal(dial.state, DIAL_FAILED);
	assert_int_equal(strncmp(dial.error, "cannot look up 127.0.0.1: ", 26), 0);
	assert_non_null(strstr(dial.error, strerror(EAGAIN)));
	assert_waits(&dial, 0, -1);
}

/* ... for the moment. */
static void
test_lookup_again(void **state)
{
	struct call_options options = {.role = ROLE_CLIENT, .host = "127.0.0.1", .wait = 1};
	struct dial dial;
	int door = loopback_listen(&options.port);

	(void)state;
	world.forks_to_fail = 1;
	call(&dial, &options);
	assert_int_equal(dial.state, DIAL_RETRYING);
	world_turn(250);
	assert_int_equal(dial_step(&dial, &polls), DIAL_RESOLVING);
	leave(&dial, DIAL_RESOLVING);
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_CONNECTED);
	close(dial.socket);
	close(door);
}

/* An address to call from has to be one of the family that is asked for. */
static void
test_no_address_to_call_from(void **state)
{
	const struct call_options options = {
		.role = ROLE_CLIENT, .host = "127.0.0.1", .bind = "::1", .family = AF_INET};
	struct dial dial;

	(void)state;
	assert_int_equal(dial_open(&dial, &options), -1);
	assert_int_equal(strncmp(dial.error, "cannot call from ::1: ", 22), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_idle, set_up),
		cmocka_unit_test_setup(test_connected, set_up),
		cmocka_unit_test_setup(test_helper_that_says_anything, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_calls_again, set_up),
		cmocka_unit_test_setup(test_gives_up, set_up),
#if defined(__linux__)
		cmocka_unit_test_setup(test_no_answer, set_up),
#endif
		cmocka_unit_test_setup(test_no_lookup, set_up),
		cmocka_unit_test_setup(test_lookup_again, set_up),
		cmocka_unit_test_setup(test_no_address_to_call_from, set_up),
	};
	int failed;

	signals_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	polls_free(&polls);
	return failed;
}
