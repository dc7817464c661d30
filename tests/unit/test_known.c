/*
 * The file of known peers: what is found in it, and what is added to it.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "known.h"

#define KEY "SHA256:b9b6oE6M00MUAK3JTq8vbAoYvFR/H6OtBLQGimg8vfA"
#define OTHER_KEY "SHA256:BZ9vjYk7SIjMTj8/o/ptRXkdCwKLfczStbgDUG2Gdus"

static char path[] = "known_peers.XXXXXX";

/* Makes the file anew. */
static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
file_must_be(const char *text)
{
	static char found[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	found[fread(found, 1, sizeof found - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, text);
}

static const char people[] = "# my people\n"
			     "\n"
			     "server " KEY " example.org 8080\n"
			     "nonsense\n"
			     "caller " OTHER_KEY " Ann Example\r\n"
			     "  caller\t" KEY "   Bob ";

static void
test_servers(void **state)
{
	char other[FINGERPRINT_SIZE];

	(void)state;
	write_file(people);
	assert_int_equal(known_server(path, "example.org", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(path, "Example.ORG", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(path, "example.org", 8081, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(path, "example.com", 8080, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(path, "example.org", 8080, OTHER_KEY, other), SERVER_CHANGED);
	assert_string_equal(other, KEY);
	assert_int_equal(known_server("/nonexistent/file", "example.org", 8080, KEY, other), SERVER_NEW);
}

/* A server may have several keys: the person has written another line. */
static void
test_server_with_two_keys(void **state)
{
	char other[FINGERPRINT_SIZE];

	(void)state;
	write_file("server " KEY " ::1 8080\nserver " OTHER_KEY " ::1 8080\n");
	assert_int_equal(known_server(path, "::1", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(path, "::1", 8080, OTHER_KEY, other), SERVER_SAME);
}

static void
test_callers(void **state)
{
	char name[KNOWN_NAME_MAX];

	(void)state;
	write_file(people);
	assert_true(known_caller(path, OTHER_KEY, name));
	assert_string_equal(name, "Ann Example");
	assert_true(known_caller(path, KEY, name));
	assert_string_equal(name, "Bob");
	assert_true(known_name(path, "Ann Example"));
	assert_false(known_name(path, "Ann"));
	assert_false(known_name(path, "example.org"));
}

/* What was there stays as it is, an unfinished last line included. */
static void
test_adding(void **state)
{
	const struct known server = {KNOWN_SERVER, OTHER_KEY, "::1", 80};
	const struct known caller = {KNOWN_CALLER, KEY, "Eve", 0};
	struct stat status;

	(void)state;
	unlink(path);
	assert_int_equal(known_add(path, &server), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(known_add(path, &caller), 0);
	file_must_be("server " OTHER_KEY " ::1 80\ncaller " KEY " Eve\n");
	write_file("# cut");
	assert_int_equal(known_add(path, &caller), 0);
	file_must_be("# cut\ncaller " KEY " Eve\n");
	assert_int_equal(known_add("/nonexistent/file", &caller), -1);
	assert_int_equal(errno, ENOENT);
}

static int
set_up(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_server_with_two_keys),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_adding),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
