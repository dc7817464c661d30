/*
 * The file of known peers: what is found in it, and what is added to it.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <locale.h>
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

/* The file, as known_read gives it; to be asked once. */
static const struct buffer *
text(void)
{
	static struct buffer text;

	buffer_free(&text);
	assert_int_equal(known_read(path, &text), 0);
	return &text;
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
	assert_int_equal(known_server(text(), "example.org", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(text(), "Example.ORG", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(text(), "example.org", 8081, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(text(), "example.com", 8080, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(text(), "example.org", 8080, OTHER_KEY, other), SERVER_CHANGED);
	assert_string_equal(other, KEY);
}

/* A server may have several keys: the person has written another line. */
static void
test_server_with_two_keys(void **state)
{
	char other[FINGERPRINT_SIZE];

	(void)state;
	write_file("server " KEY " ::1 8080\nserver " OTHER_KEY " ::1 8080\n");
	assert_int_equal(known_server(text(), "::1", 8080, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(text(), "::1", 8080, OTHER_KEY, other), SERVER_SAME);
}

static void
test_callers(void **state)
{
	char name[KNOWN_NAME_MAX];

	(void)state;
	write_file(people);
	assert_true(known_caller(text(), OTHER_KEY, name));
	assert_string_equal(name, "Ann Example");
	assert_true(known_caller(text(), KEY, name));
	assert_string_equal(name, "Bob");
	assert_true(known_name(text(), "Ann Example"));
	assert_true(known_name(text(), "ann\u2800example"));
	assert_false(known_name(text(), "Ann"));
	assert_false(known_name(text(), "example.org"));
}

/* A file that is not there is empty; one that cannot be trusted is an error. */
static void
test_reading(void **state)
{
	struct buffer text;

	(void)state;
	assert_int_equal(known_read("/nonexistent/file", &text), 0);
	assert_int_equal(buffer_length(&text), 0);
	write_file(people);
	assert_int_equal(chmod(path, 0622), 0);
	assert_int_equal(known_read(path, &text), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(known_read(path, &text), 0);
	assert_int_equal(buffer_length(&text), strlen(people));
	buffer_free(&text);
	assert_int_equal(known_read("/", &text), -1);
	buffer_free(&text);
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
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_adding),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
