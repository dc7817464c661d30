/*
 * Delivery: what has arrived, and whether there is something to tell.
 */
#include <config.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/signals.h"
#include "loopback.h"
#include "talk/delivery.h"

/*
 * That a line has arrived is pending until delivery_check has told of it, also if somebody else has
 * asked for it before: nothing else would wake up who is to show it.
 */
static void
test_pending_until_told(void **state)
{
	struct delivery delivery;
	struct link link;
	struct peer peer = {0};
	int ends[2];

	(void)state;
	loopback_connect(ends);
	peer.socket = ends[0];
	link_init(&link, &peer, NULL);
	delivery_begin(&delivery);
	assert_false(delivery_is_pending(&delivery, &link));

	link_send(&link, "line\n", 5);
	assert_true(delivery_is_pending(&delivery, &link));
	while (link_can_deliver(&link)) /* until the other end's machine has it */
		poll(NULL, 0, 1);
	assert_true(delivery_is_pending(&delivery, &link));
	assert_true(delivery_check(&delivery, &link));
	assert_false(delivery_is_pending(&delivery, &link));
	assert_false(delivery_check(&delivery, &link));

	buffer_free(&link.outbox);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending_until_told),
	};

	signals_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
