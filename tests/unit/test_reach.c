/*
 * By what a server can be called: a machine's name and its addresses.
 */
#include <config.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "call/reach.h"

#define WORKS (IFF_UP | IFF_RUNNING)
#define INTERFACES 12

/* A machine that the tests make, address by address. */
static struct ifaddrs interfaces[INTERFACES];
static struct sockaddr_storage addresses[INTERFACES];
static int count;

static void
write_address(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){.ss_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
	if (address->ss_family == AF_INET)
		assert_int_equal(inet_pton(AF_INET, text, &four->sin_addr), 1);
	else
		assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
}

/* An interface has an address; NULL: one of no family that is known here. */
static void
has(const char *text, unsigned flags)
{
	struct ifaddrs *i = &interfaces[count];

	*i = (struct ifaddrs){.ifa_name = (char *)(uintptr_t)"net0", .ifa_flags = flags};
	if (text != NULL) {
		write_address(text, &addresses[count]);
		i->ifa_addr = (struct sockaddr *)&addresses[count];
	}
	if (count > 0)
		interfaces[count - 1].ifa_next = i;
	count++;
}

static int
set_up(void **state)
{
	(void)state;
	count = 0;
	has(NULL, WORKS);
	has("127.0.0.1", WORKS | IFF_LOOPBACK);
	has("::1", WORKS | IFF_LOOPBACK);
	return 0;
}

/* By what this machine, called so, can be called where these two are listened on; the second may be NULL. */
static const char *
reach_of(const char *name, const char *one, const char *other, FILE *flags)
{
	static char hosts[REACH_SIZE];
	const struct machine machine = {.name = name, .interfaces = interfaces, .flags = flags};
	struct address listening[2] = {{0}};

	write_address(one, &listening[0].storage);
	if (other != NULL)
		write_address(other, &listening[1].storage);
	memset(hosts, 'x', sizeof hosts);
	reach_list(listening, other != NULL ? 2 : 1, &machine, hosts);
	return hosts;
}

static const char *
reach_anywhere(const char *name)
{
	return reach_of(name, "::", "0.0.0.0", NULL);
}

/* All addresses that lead here, IPv4 first, and the name. */
static void
test_name_and_addresses(void **state)
{
	(void)state;
	has("fe80::1", WORKS);
	has("2001:db8::5", WORKS);
	has("192.0.2.5", WORKS);
	assert_string_equal(reach_anywhere("desk"), "192.0.2.5 2001:db8::5 desk");
	assert_string_equal(reach_of("desk", "0.0.0.0", NULL, NULL), "192.0.2.5 desk");
	assert_string_equal(reach_of("desk", "::", NULL, NULL), "2001:db8::5 desk");
}

/* What leads nowhere is left out, and so is a name that does. */
static void
test_no_network(void **state)
{
	(void)state;
	has("fe80::1", WORKS);
	has("192.0.2.5", IFF_UP);
	has("192.0.2.6", IFF_RUNNING);
	has("127.1.2.3", WORKS);
	has("192.0.2.7", WORKS | IFF_LOOPBACK);
	assert_string_equal(reach_anywhere("desk"), "");
}

/* Names that are not set, or are none that can be told. */
static void
test_unfit_names(void **state)
{
	static const char *const unfit[] = {
		"", "localhost", "LocalHost.localdomain", "-s", ".desk", "a b", "d\033[2Jesk", "d\xc3\xa9sk", "8080", "192.0.2.9",
		"a:1", "a%1", "n123456789012345678901234567890123456789012345678901234567890123"};

	(void)state;
	has("192.0.2.5", WORKS);
	for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++)
		assert_string_equal(reach_anywhere(unfit[i]), "192.0.2.5");
	assert_string_equal(reach_anywhere("localhosts"), "192.0.2.5 localhosts");
	assert_string_equal(reach_anywhere("my_desk-2.example.org"), "192.0.2.5 my_desk-2.example.org");
	assert_string_equal(reach_anywhere("2desk"), "192.0.2.5 2desk");
}

/* Where it is listened on one address, that one is said, whatever others there are. */
static void
test_one_address(void **state)
{
	(void)state;
	has("192.0.2.5", WORKS);
	has("192.0.2.6", WORKS);
	assert_string_equal(reach_of("desk", "192.0.2.6", NULL, NULL), "192.0.2.6");
	assert_string_equal(reach_of("desk", "fe80::1", NULL, NULL), "fe80::1");
	assert_string_equal(reach_of("desk", "127.0.0.1", "::1", NULL), "");
}

/* IPv6 addresses that will be others soon, or are none yet, are not told; those that nothing is said of are. */
static void
test_fleeting_addresses(void **state)
{
	static char flags[] = "20010db8000000000000000000000005 02 40 00 80     net0\n"
			      "20010db8000000000000000000000006 02 40 00 01     net0\n"
			      "20010db8000000000000000000000007 02 40 00 20     net0\n"
			      "20010db8000000000000000000000008 02 40 00 c0  longername0\n"
			      "20010db8000000000000000000000009 02 40 00 88     net0\n";
	FILE *file = fmemopen(flags, sizeof flags - 1, "r");

	(void)state;
	assert_non_null(file);
	for (const char *last = "56789a"; *last != '\0'; last++) {
		char text[] = "2001:db8::?";

		text[sizeof text - 2] = *last;
		has(text, WORKS);
	}
	assert_string_equal(reach_of("", "::", NULL, file), "2001:db8::5 2001:db8::a");
	fclose(file);
}

/* A handful is enough, and there is room for the longest. */
static void
test_many_addresses(void **state)
{
	static const char longest[] = "n12345678901234567890123456789012345678901234567890123456789012";
	char expected[REACH_SIZE];

	(void)state;
	for (const char *last = "123456"; *last != '\0'; last++) {
		char text[] = "2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaa?";

		text[sizeof text - 2] = *last;
		has(text, WORKS);
	}
	snprintf(expected, sizeof expected, "%s1 %s2 %s3 %s4 %s", "2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaa",
		 "2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaa", "2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaa",
		 "2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaa", longest);
	assert_string_equal(reach_anywhere(longest), expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_name_and_addresses, set_up),
		cmocka_unit_test_setup(test_no_network, set_up),
		cmocka_unit_test_setup(test_unfit_names, set_up),
		cmocka_unit_test_setup(test_one_address, set_up),
		cmocka_unit_test_setup(test_fleeting_addresses, set_up),
		cmocka_unit_test_setup(test_many_addresses, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
