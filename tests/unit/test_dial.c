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
	dial_begin(dial, (int64_t)options->wait * 1000);
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

/* A helper that sends so much of it, and stays. */
static struct resolver
helper_with(const struct answer *answer, size_t length)
{
	struct resolver resolver;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(send(ends[1], answer, length, 0), (ssize_t)length);
	resolver.socket = ends[0];
	if ((resolver.helper = fork()) == 0) {
		pause();
		_exit(0);
	}
	close(ends[1]);
	return resolver;
}

/* What is made of its answer. */
static int
resolve_by(const struct answer *answer, size_t length)
{
	struct resolver resolver = helper_with(answer, length);
	struct address addresses[RESOLVE_MAX];

	return resolve_finish(&resolver, addresses);
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
	snprintf(expected, sizeof expected, "cannot call 127.0.0.1 port %u: %s; the other side waits with tchat -s %u",
		 options.port, strerror(ECONNREFUSED), options.port);
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

/* --- Several addresses. --- */

/* Calls somebody who has these addresses of this machine: for each a family, "4" or "6", and a port. */
static void
call_several(struct dial *dial, const struct call_options *options, const char *families, const unsigned *ports)
{
	struct answer answer = {.count = (int)strlen(families)};

	for (int i = 0; i < answer.count; i++) {
		struct sockaddr_in four = loopback_address(ports[i]);
		struct sockaddr_in6 six = {.sin6_family = AF_INET6,
					   .sin6_port = four.sin_port,
					   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
		struct address *address = &answer.addresses[i];

		address->length = families[i] == '4' ? sizeof four : sizeof six;
		if (families[i] == '4')
			memcpy(&address->storage, &four, sizeof four);
		else
			memcpy(&address->storage, &six, sizeof six);
	}
	assert_int_equal(dial_open(dial, options), 0);
	dial_begin(dial, (int64_t)options->wait * 1000);
	(void)resolve_finish(&dial->resolver, dial->addresses);
	dial->resolver = helper_with(&answer, sizeof answer);
	leave(dial, DIAL_RESOLVING);
}

static const struct call_options to_somebody = {.role = ROLE_CLIENT, .host = "127.0.0.1", .port = 1};

/* The families take turns, beginning with the one that is preferred, and each in its order. */
static void
test_families_take_turns(void **state)
{
	const unsigned ports[] = {1, 2, 3, 4, 5, 6}, tried[] = {1, 3, 2, 6, 4, 5};
	struct dial dial;

	(void)state;
	call_several(&dial, &to_somebody, "664664", ports);
	for (int i = 0; i < dial.count; i++) { /* ports of both families are at the same place */
		struct sockaddr_in to;

		memcpy(&to, &dial.addresses[i].storage, sizeof to);
		assert_int_equal(ntohs(to.sin_port), tried[i]);
	}
	assert_int_equal(dial.count, 6);
	for (int i = 0; i < dial.begun; i++)
		close(dial.attempts[i].socket);
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
	dial_begin(&dial, (int64_t)options.wait * 1000);
	assert_int_equal(leave(&dial, DIAL_RESOLVING), DIAL_CONNECTING);
	assert_waits(&dial, 1, 10000);
	world.time_passes = true;
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_FAILED);
	assert_non_null(strstr(dial.error, strerror(ETIMEDOUT)));
	assert_int_equal(world.passed, 10000);
	close(first);
	close(door);
}

/* One on which nobody listens; one on which nobody answers; and what keeps them so. */
static unsigned refusing, silent;
static int held[3];

static int
set_up_ports(void **state)
{
	held[0] = loopback_bind(&refusing);
	held[1] = loopback_bind(&silent);
	assert_int_equal(listen(held[1], 0), 0);
	held[2] = loopback_call(silent); /* more do not fit */
	return set_up(state);
}

static int
tear_down_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
		close(held[i]);
	return 0;
}

/* The next address is tried when the first has had its head start. */
static void
test_head_start(void **state)
{
	unsigned port;
	int door = loopback_listen(&port);
	struct dial dial;

	(void)state;
	call_several(&dial, &to_somebody, "44", (unsigned[]){silent, port});
	assert_int_equal(dial.state, DIAL_CONNECTING);
	assert_waits(&dial, 1, 250);
	world_turn(249);
	assert_int_equal(dial_step(&dial, &polls), DIAL_CONNECTING);
	assert_waits(&dial, 1, 1);
	world_turn(1);
	assert_int_equal(dial_step(&dial, &polls), DIAL_CONNECTING);
	assert_waits(&dial, 2, 9750);
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_CONNECTED);
	assert_waits(&dial, 0, -1);
	close(dial.socket);
	close(door);
}

/* ... or at once, when the one before has failed. */
static void
test_next_after_a_refusal(void **state)
{
	unsigned port;
	int door = loopback_listen(&port);
	struct dial dial;

	(void)state;
	call_several(&dial, &to_somebody, "444", (unsigned[]){refusing, refusing, port});
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_CONNECTED);
	assert_int_equal(world.passed, 0);
	close(dial.socket);
	close(door);
}

/* Who has answered later, and not been taken, finds no call that ends in order, but none. */
static void
test_who_has_lost_is_reset(void **state)
{
	unsigned ports[2];
	int doors[] = {loopback_listen(&ports[0]), loopback_listen(&ports[1])}, won, lost;
	struct dial dial;

	(void)state;
	call_several(&dial, &to_somebody, "44", ports);
	assert_waits(&dial, 1, 250); /* nothing is looked for yet */
	world_turn(250);
	assert_int_equal(dial_step(&dial, &polls), DIAL_CONNECTING);
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_CONNECTED);
	won = accept(doors[0], NULL, NULL);
	lost = accept(doors[1], NULL, NULL);
	assert_int_equal(write(dial.socket, "x", 1), 1);
	assert_int_equal(read(won, (char[1]){0}, 1), 1);
	assert_int_equal(read(lost, (char[1]){0}, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(won);
	close(lost);
	close(dial.socket);
	close(doors[0]);
	close(doors[1]);
}

/* All of them together take little longer than one; and that one of them has refused is what is said. */
static void
test_all_fail(void **state)
{
	struct dial dial;

	(void)state;
	call_several(&dial, &to_somebody, "4444", (unsigned[]){silent, refusing, silent, silent});
	world_turn(250);
	assert_int_equal(dial_step(&dial, &polls), DIAL_CONNECTING);
	while (dial.begun < 3) { /* the refusal takes a moment, and no time */
		polls_clear(&polls);
		dial_poll(&dial, &polls);
		polls_wait(&polls);
		dial_step(&dial, &polls);
	}
	world.time_passes = true;
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_FAILED);
	assert_int_equal(world.passed, 250 + 10000); /* after the last two had their turns */
	assert_non_null(strstr(dial.error, strerror(ECONNREFUSED)));
	assert_waits(&dial, 0, -1);
}

/* With -w no attempt lasts longer than is called. */
static void
test_patience_is_for_all(void **state)
{
	struct call_options options = to_somebody;
	struct dial dial;

	(void)state;
	options.wait = 1;
	call_several(&dial, &options, "44", (unsigned[]){silent, silent});
	world.time_passes = true;
	assert_int_equal(leave(&dial, DIAL_CONNECTING), DIAL_FAILED);
	assert_int_equal(world.passed, 1000);
	assert_non_null(strstr(dial.error, strerror(ETIMEDOUT)));
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
		cmocka_unit_test_setup(test_families_take_turns, set_up),
#if defined(__linux__)
		cmocka_unit_test_setup(test_no_answer, set_up),
		cmocka_unit_test_setup_teardown(test_head_start, set_up_ports, tear_down_ports),
		cmocka_unit_test_setup_teardown(test_next_after_a_refusal, set_up_ports, tear_down_ports),
		cmocka_unit_test_setup_teardown(test_who_has_lost_is_reset, set_up_ports, tear_down_ports),
		cmocka_unit_test_setup_teardown(test_all_fail, set_up_ports, tear_down_ports),
		cmocka_unit_test_setup_teardown(test_patience_is_for_all, set_up_ports, tear_down_ports),
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
