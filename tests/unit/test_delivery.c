/*
 * Delivery: what has arrived, and whether there is something to tell.
 */
#include <config.h>

#include <sys/socket.h>

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "talk/delivery.h"
#include "base/signals.h"

/* Two ends of a TCP connection. */
static void
connect_both(int ends[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int door = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(door, 1), 0);
	assert_int_equal(getsockname(door, (struct sockaddr *)&address, &length), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&address, length), 0);
	ends[1] = accept(door, NULL, NULL);
	assert_true(ends[1] != -1);
	close(door);
}

/*
 * That a line has arrived is pending until delivery_check has told of it, also if somebody else has
 * asked for it before: nothing else would wake up who is to show it.
 */
static void
test_pending_until_told(void **state)
{
	struct record record;
	struct delivery delivery = {0};
	struct link link;
	struct peer peer = {0};
	int ends[2];

	(void)state;
	connect_both(ends);
	peer.socket = ends[0];
	record_init(&record, 100, NULL);
	link_init(&link, &peer);
	delivery_begin(&delivery, &record);
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
	delivery_free(&delivery);
	record_free(&record);
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
