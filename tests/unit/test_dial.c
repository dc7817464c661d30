/*
 * Dialling, between two ends in one process: what it asks the program to wait for.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "call/dial.h"
#include "base/signals.h"

/* A server on a port that is free, whose number is set. */
static struct dial *
serve(struct options *options)
{
	struct dial *dial = NULL;
	char error[256];

	for (options->port = 20000; dial == NULL && options->port < 30000; options->port++)
		dial = dial_new(options, error, sizeof error);
	options->port--;
	assert_non_null(dial);
	return dial;
}

/* Once connected, a client has nothing to wait for, and no deadline. */
static void
test_connected(void **state)
{
	struct options server = {.role = ROLE_SERVER, .bind = "127.0.0.1"};
	struct options client = {.role = ROLE_CLIENT, .host = "127.0.0.1"};
	struct dial *waiting = serve(&server), *calling;
	struct pollfd fds[DIAL_FDS];
	struct peer peer, caller;
	int timeout = -1;

	(void)state;
	client.port = server.port;
	calling = dial_new(&client, NULL, 0);
	assert_int_equal(dial_wait(calling, &peer), DIAL_CONNECTED);
	assert_int_equal(dial_wait(waiting, &caller), DIAL_CONNECTED);
	assert_int_equal(dial_poll(calling, fds, &timeout), 0);
	assert_int_equal(timeout, -1);
	assert_int_equal(dial_poll(waiting, fds, &timeout), 0);
	assert_int_equal(timeout, -1);
	close(peer.socket);
	close(caller.socket);
	dial_free(calling);
	dial_free(waiting);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connected),
	};

	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
