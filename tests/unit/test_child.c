/*
 * A child, as its parent sees it: it ends by itself, or is made to.
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/signals.h"
#include "world.h"

#define GRACE 1000 /* milliseconds that it has to end */

static struct polls polls;
static struct child child;
static int reader; /* of its report */
static int status;

static int
set_up(void **state)
{
	(void)state;
	world_begin();
	child = (struct child){0};
	reader = -1;
	return 0;
}

/* It is gone: not even its name is left. */
static int
tear_down(void **state)
{
	(void)state;
	child_end(&child);
	polls_free(&polls);
	if (reader != -1)
		close(reader);
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

/*
 * Starts one that ends with that status, or stays (-1) and does not listen to anybody but its parent, who alone
 * could read its report.
 */
static void
start(int ends_with)
{
	pid_t parent = getpid();
	int ready[2];
	int report[2];

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	if ((child.pid = fork()) == 0) {
		close(report[0]);
		child_begin(parent, report[1]);
		signals_ignore(SIGTERM);
		close(ready[1]);
		if (ends_with != -1)
			_exit(ends_with);
		for (;;)
			pause();
	}
	close(ready[1]);
	close(report[1]);
	assert_int_equal(read(ready[0], (char[1]){0}, 1), 0);
	close(ready[0]);
	reader = report[0];
}

/* Waits as the program does, until it has ended. */
static void
wait_for_end(void)
{
	while (!child_has_ended(&child, &status)) {
		polls_clear(&polls);
		child_poll(&child, &polls);
		polls_wait(&polls);
	}
}

static void
test_none(void **state)
{
	(void)state;
	polls_clear(&polls);
	child_poll(&child, &polls);
	assert_int_equal(polls.timeout, -1);
	child_kill(&child); /* nobody, above all not oneself */
	assert_true(child_has_ended(&child, &status));
	assert_int_equal(status, 0);
	child_end(&child);
}

static void
test_ends_by_itself(void **state)
{
	(void)state;
	start(7);
	wait_for_end();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(child.pid, 0);
	assert_int_equal(child.deadline, 0);
	assert_true(child_has_ended(&child, &status));
}

static void
test_is_waited_for(void **state)
{
	(void)state;
	start(0);
	child_finish(&child);
	assert_int_equal(child.pid, 0);
	child_finish(&child); /* there is none */
	start(-1);
	world.time_passes = true;
	child_finish(&child);
	assert_int_equal(world.passed, GRACE);
	assert_int_equal(child.pid, 0);
}

/* It has a second from the first time on that this is asked, and no more. */
static void
test_is_made_to(void **state)
{
	(void)state;
	start(-1);
	polls_clear(&polls);
	child_poll(&child, &polls);
	assert_int_equal(polls.timeout, -1); /* nobody has asked */
	world_turn(5000);
	assert_false(child_has_ended(&child, &status));
	polls_clear(&polls);
	child_poll(&child, &polls);
	assert_int_equal(polls.timeout, GRACE);
	world_turn(GRACE - 1);
	assert_false(child_has_ended(&child, &status));
	assert_int_equal(kill(child.pid, 0), 0);
	world_turn(1);
	wait_for_end();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* A stopped one is no exception. */
static void
test_stopped(void **state)
{
	(void)state;
	start(-1);
	kill(child.pid, SIGSTOP);
	assert_int_equal(waitpid(child.pid, NULL, WUNTRACED), child.pid);
	assert_false(child_has_ended(&child, &status));
	world_turn(GRACE);
	wait_for_end();
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
test_killed(void **state)
{
	(void)state;
	start(-1);
	child_kill(&child);
	wait_for_end();
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(world.now, 1000000); /* no time had to pass */
}

static void
test_end(void **state)
{
	(void)state;
	start(-1);
	child_end(&child);
	assert_int_equal(child.pid, 0);
	child_end(&child);
}

/* One that somebody else has waited for has ended, nobody knows how. */
static void
test_unknown(void **state)
{
	(void)state;
	start(3);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_true(child_has_ended(&child, &status));
	assert_int_equal(status, 0);
}

/* What its parent hears of, and decides about, does not end a child; and it ends with its parent. */
static void
test_signals_of_the_terminal(void **state)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT};

	(void)state;
	start(-1);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		kill(child.pid, signals[i]);
	kill(child.pid, SIGSTOP); /* they have been taken when it is stopped */
	assert_int_equal(waitpid(child.pid, &status, WUNTRACED), child.pid);
	assert_true(WIFSTOPPED(status));
}

/* The others have their usual effect. */
static void
test_told_to_end(void **state)
{
	pid_t parent = getpid();

	(void)state;
	if ((child.pid = fork()) == 0) {
		child_begin(parent, -1);
		for (;;)
			pause();
	}
	kill(child.pid, SIGTERM);
	wait_for_end();
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

/* One whose parent has ended before it began ends at once. */
static void
test_orphan(void **state)
{
	(void)state;
	if ((child.pid = fork()) == 0) {
		child_begin(getpid(), -1); /* that is not its parent */
		_exit(0);
	}
	wait_for_end();
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
test_ends_with_its_parent(void **state)
{
	int held[2];
	pid_t parent;

	(void)state;
	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	if ((parent = fork()) == 0) {
		start(-1); /* it holds the pipe, too */
		raise(SIGKILL);
	}
	close(held[1]);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(read(held[0], (char[1]){0}, 1), 0);
	close(held[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_is_made_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stopped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signals_of_the_terminal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_with_its_parent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_told_to_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_orphan, set_up, tear_down),
	};

	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
