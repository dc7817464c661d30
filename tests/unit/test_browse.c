/*
 * What avahi-browse(1) prints, line by line, and who is seen by it.
 */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "call/browse.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TAIL ";_tchat._tcp;local;tower.local;192.0.2.7;8080;\"tls=yes\""

static struct sighting sighting;

static bool
parse(const char *line)
{
	return browse_parse(line, strlen(line), &sighting);
}

/* Somebody is there. */
static void
test_there(void **state)
{
	const struct sockaddr_in *four = (const void *)&sighting.address.storage;
	char address[INET_ADDRSTRLEN];

	(void)state;
	assert_true(parse("=;eth0;IPv4;Ann" TAIL));
	assert_false(sighting.gone);
	assert_string_equal(sighting.interface, "eth0");
	assert_int_equal(sighting.protocol, AF_INET);
	assert_string_equal(sighting.name, "Ann");
	assert_string_equal(sighting.host, "tower.local");
	assert_int_equal(sighting.port, 8080);
	assert_true(sighting.tls);
	assert_int_equal(four->sin_family, AF_INET);
	assert_int_equal(ntohs(four->sin_port), 8080);
	assert_string_equal(inet_ntop(AF_INET, &four->sin_addr, address, sizeof address), "192.0.2.7");
}

/* An address can be of the other family than that by which it is seen. */
static void
test_six(void **state)
{
	const struct sockaddr_in6 *six = (const void *)&sighting.address.storage;

	(void)state;
	assert_true(parse("=;wlan0;IPv4;Ann;_tchat._tcp;local;tower.local;fe80::1;1;"));
	assert_int_equal(sighting.protocol, AF_INET);
	assert_int_equal(six->sin6_family, AF_INET6);
	assert_int_equal(sighting.address.length, sizeof *six);
	assert_int_equal(six->sin6_scope_id, 0);
}

static void
test_gone(void **state)
{
	(void)state;
	assert_true(parse("-;eth0;IPv6;Ann;_tchat._tcp;local"));
	assert_true(sighting.gone);
	assert_int_equal(sighting.protocol, AF_INET6);
	assert_string_equal(sighting.name, "Ann");
	assert_int_equal(sighting.port, 0);
}

/* Names are what the escapes stand for, whatever that is. */
static void
test_escapes(void **state)
{
	static const struct {
		const char *escaped, *name;
	} rows[] = {
		{"Ann\\032of\\032York", "Ann of York"},
		{"\\195\\137lo\\195\\175se", "\u00C9lo\u00EFse"},
		{"a\\.b\\\\c\\059d", "a.b\\c;d"},
		{"\\027[2J\\010", "\033[2J\n"},
		{"\\255\\254", "\xFF\xFE"},
		{"-Ann", "-Ann"},
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(line, sizeof line, "=;eth0;IPv4;%s" TAIL, rows[i].escaped);
		assert_true(parse(line));
		assert_string_equal(sighting.name, rows[i].name);
	}
}

/* Only who says so does without encryption. */
static void
test_texts(void **state)
{
	static const struct {
		const char *texts;
		bool tls;
	} rows[] = {
		{"", true}, {"\"tls=no\"", false}, {"\"tls=yes\"", true}, {"\"a=b\" \"tls=no\" \"c\"", false},
		{"\"tls=no way\"", true}, {"\"xtls=no\"", true}, {"tls=no", true},
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(line, sizeof line, "=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;8080;%s",
			 rows[i].texts);
		assert_true(parse(line));
		assert_int_equal(sighting.tls, rows[i].tls);
	}
	assert_true(parse("=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;8080"));
	assert_true(sighting.tls);
}

/* What tells of nobody. */
static void
test_nobody(void **state)
{
	static const char *const lines[] = {
		"", "=", ";;;;;;;;;", "garbage",
		"+;eth0;IPv4;Ann;_tchat._tcp;local",
		"==;eth0;IPv4;Ann" TAIL,
		"=;;IPv4;Ann" TAIL,
		"=;an-interface-too-long;IPv4;Ann" TAIL,
		"=;eth0;IPv5;Ann" TAIL,
		"=;eth0;IPv4;" TAIL,
		"=;eth0;IPv4;a\\000b" TAIL,
		"=;eth0;IPv4;a\\256" TAIL,
		"=;eth0;IPv4;a\\25" TAIL,
		"=;eth0;IPv4;a\\" TAIL,
		"=;eth0;IPv4;1234567890123456789012345678901234567890123456789012345678901234" TAIL,
		"=;eth0;IPv4;Ann;_http._tcp;local;tower.local;192.0.2.7;8080;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;0;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;65536;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;+80;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2.7;80x;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local;192.0.2;80;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;;192.0.2.7;80;",
		"=;eth0;IPv4;Ann;_tchat._tcp;local;tower.local",
		"-;eth0;IPv4;Ann;_tchat._tcp",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		if (parse(lines[i]))
			fail_msg("%s", lines[i]);
	assert_false(browse_parse("=;eth0;IPv4;A\0n" TAIL, sizeof "=;eth0;IPv4;A\0n" TAIL - 1, &sighting));
}

/* The longest name has 63 bytes, each of which can be escaped. */
static void
test_longest(void **state)
{
	char line[1024] = "=;eth0;IPv4;";

	(void)state;
	for (int i = 0; i < 63; i++)
		strlcat(line, "\\064", sizeof line);
	strlcat(line, TAIL, sizeof line);
	assert_true(parse(line));
	assert_int_equal(strlen(sighting.name), 63);
}

/* A service that is seen twice is there until it is seen nowhere. */
static void
test_sightings(void **state)
{
	struct sighting room[2], four, six, other;
	struct sightings seen = {room, 0, COUNT(room)};

	(void)state;
	assert_true(parse("=;eth0;IPv4;Ann" TAIL));
	four = sighting;
	assert_true(parse("=;eth0;IPv6;Ann" TAIL));
	six = sighting;
	assert_true(parse("=;eth0;IPv4;A-n.N" TAIL));
	other = sighting;
	assert_null(sightings_find(&seen, &four));
	assert_non_null(sightings_add(&seen, &four));
	assert_null(sightings_find(&seen, &six));
	assert_true(sightings_have(&seen, &six));
	assert_non_null(sightings_add(&seen, &six));
	assert_null(sightings_add(&seen, &other));
	assert_false(sightings_have(&seen, &other));
	assert_false(sightings_have_alike(&seen, &room[0]));
	sightings_remove(&seen, sightings_find(&seen, &four));
	assert_true(sightings_have(&seen, &four));
	assert_true(sightings_have_alike(&seen, sightings_add(&seen, &other)));
	sightings_remove(&seen, sightings_find(&seen, &six));
	assert_false(sightings_have(&seen, &four));
	assert_int_equal(seen.count, 1);
	assert_true(sightings_have(&seen, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),	cmocka_unit_test(test_six),	cmocka_unit_test(test_gone),
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_texts),	cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_longest), cmocka_unit_test(test_sightings),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
