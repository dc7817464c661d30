/*
 * The file of known peers: what is found in it, and what is added to it.
 */
#include <config.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "trust/known.h"

#define KEY "SHA256:b9b6oE6M00MUAK3JTq8vbAoYvFR/H6OtBLQGimg8vfA"
#define OTHER_KEY "SHA256:BZ9vjYk7SIjMTj8/o/ptRXkdCwKLfczStbgDUG2Gdus"
#define THIRD_KEY "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

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

/* One at a path, or announced by a name, has no port, and may have blanks; in a path capitals count. */
static void
test_servers_without_a_port(void **state)
{
	struct known path_known = {KNOWN_SERVER, OTHER_KEY, "/run/a chat", 0};
	char other[FINGERPRINT_SIZE];

	(void)state;
	write_file("server " KEY " /run/a chat\nserver " OTHER_KEY "  @Ann of York \nserver " KEY " @ann 80\n");
	assert_int_equal(known_server(text(), "/run/a chat", 0, KEY, other), SERVER_SAME);
	assert_int_equal(known_server(text(), "/run/A chat", 0, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(text(), "/run/a chat", 8080, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(text(), "@Ann of York", 0, KEY, other), SERVER_CHANGED);
	assert_string_equal(other, OTHER_KEY);
	assert_int_equal(known_server(text(), "@ann-of-york", 0, OTHER_KEY, other), SERVER_SAME);
	assert_int_equal(known_server(text(), "@ann", 80, KEY, other), SERVER_NEW);
	assert_int_equal(known_server(text(), "@ann 80", 0, KEY, other), SERVER_SAME);
	assert_int_equal(known_add(path, &path_known), -1);
	assert_int_equal(errno, EEXIST);
	strlcpy(path_known.name, "/run/other\nserver " OTHER_KEY " @Ann", sizeof path_known.name);
	assert_int_equal(known_add(path, &path_known), -1);
	assert_int_equal(errno, EINVAL);
	strlcpy(path_known.name, "/run/other", sizeof path_known.name);
	assert_int_equal(known_add(path, &path_known), 0);
	assert_int_equal(known_server(text(), "/run/other", 0, OTHER_KEY, other), SERVER_SAME);
}

/* Who is called by a name that is announced: what is known of a server by that, or a caller, but nothing of its own. */
static void
test_callees(void **state)
{
	const struct call_options ann = {.role = ROLE_CLIENT, .nearby = "Ann"}, bob = {.nearby = "bob"};
	const struct call_options host = {.role = ROLE_CLIENT, .host = "ann", .port = 80};
	char other[FINGERPRINT_SIZE];

	(void)state;
	write_file("caller " KEY " A.n.n\nserver " OTHER_KEY " host 80\nname " OTHER_KEY " Bob\n");
	assert_int_equal(known_callee(text(), &ann, KEY, other), SERVER_SAME);
	assert_int_equal(known_callee(text(), &ann, OTHER_KEY, other), SERVER_CHANGED);
	assert_string_equal(other, KEY);
	assert_int_equal(known_callee(text(), &bob, OTHER_KEY, other), SERVER_NEW);
	assert_int_equal(known_callee(text(), &host, KEY, other), SERVER_NEW);
	assert_true(known_has_key(text(), &ann));
	assert_true(known_has_key(text(), &bob));
	assert_false(known_has_key(text(), &host));
	write_file("name " OTHER_KEY " Bob\n");
	assert_false(known_has_key(text(), &bob));
}

/* Whose host looks the same, and is another one. */
static void
test_hosts_that_look_alike(void **state)
{
	char other[KNOWN_NAME_MAX];

	(void)state;
	write_file("server " KEY " some-host 80\nserver " KEY " /somehosts\ncaller " KEY " othername\n");
	assert_true(known_looks_like(text(), "SomeHost", other));
	assert_string_equal(other, "some-host");
	assert_false(known_looks_like(text(), "some-HOST", other));
	assert_false(known_looks_like(text(), "somehosts", other));
	assert_false(known_looks_like(text(), "othername", other));
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
	assert_true(known_is_taken(text(), "Ann Example", KEY));
	assert_true(known_is_taken(text(), "ann\u2800example", KEY));
	assert_false(known_is_taken(text(), "Ann Example", OTHER_KEY));
	assert_false(known_is_taken(text(), "Ann", KEY));
	assert_false(known_is_taken(text(), "example.org", OTHER_KEY));
	write_file("caller " KEY " \u00A0\ncaller " KEY " you\n");
	assert_false(known_caller(text(), KEY, name));
}

/* A key has one name, whichever way it is met; that of a server lets nobody in, and is free once its key is gone. */
static void
test_names(void **state)
{
	char name[KNOWN_NAME_MAX], other[FINGERPRINT_SIZE];

	(void)state;
	write_file("server " KEY " ::1 80\nname " KEY " Ann\ncaller " OTHER_KEY " Bob\nname " THIRD_KEY " Eve\n"
		   "name " KEY " you\nname " OTHER_KEY "\n");
	assert_true(known_name(text(), KEY, name));
	assert_string_equal(name, "Ann");
	assert_true(known_name(text(), OTHER_KEY, name));
	assert_string_equal(name, "Bob");
	assert_false(known_caller(text(), KEY, name));
	assert_int_equal(known_server(text(), "Ann", 80, KEY, other), SERVER_NEW);
	assert_true(known_is_taken(text(), "ann", OTHER_KEY));
	assert_false(known_is_taken(text(), "ann", KEY));
	assert_false(known_is_taken(text(), "Eve", KEY));
	write_file("name " KEY " Ann\n");
	assert_false(known_name(text(), OTHER_KEY, name));
}

static void
test_adding_names(void **state)
{
	struct known ann = {KNOWN_NAME, KEY, "Ann", 0}, renamed = {KNOWN_NAME, KEY, "Anna", 0};
	struct known another = {KNOWN_NAME, OTHER_KEY, "ANN", 0}, caller = {KNOWN_CALLER, OTHER_KEY, "Ann", 0};

	(void)state;
	write_file("server " KEY " ::1 80\n");
	assert_int_equal(known_add(path, &ann), 0);
	assert_int_equal(known_add(path, &renamed), 0);
	assert_string_equal(renamed.name, "Ann");
	assert_int_equal(known_add(path, &another), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(known_add(path, &caller), -1);
	assert_int_equal(errno, EEXIST);
	file_must_be("server " KEY " ::1 80\nname " KEY " Ann\n");
}

/* The name of a server goes with its key: whoever removes that line need not know of the other. */
static void
test_name_without_its_key(void **state)
{
	char name[KNOWN_NAME_MAX];
	struct buffer text;

	(void)state;
	write_file("name " KEY " Ann\nserver " OTHER_KEY " ::1 80\n");
	assert_int_equal(known_read(path, &text), 0);
	assert_false(known_name(&text, KEY, name));
	assert_false(known_is_taken(&text, "Ann", OTHER_KEY));
	buffer_free(&text);
}

/* The first line that is neither an entry nor a comment is pointed out. */
static void
test_misunderstood(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} files[] = {
		{"", 0},
		{"\n \t\r\n# comment\n  # comment\r\n#", 0},
		{"caller " KEY " Ann\nserver " KEY " ::1 80", 0},
		{"caller " KEY " Ann # who is that\nserver " KEY " ::1 80", 1},
		{"nonsense", 1},
		{"\n\nserver " KEY " ::1 80 # mine\nnonsense\n", 3},
		{"\uFEFFserver " KEY " ::1 80\n", 1},
		{"# comment\nserver " KEY " ::1 65536\n", 2},
		{"# comment\ncaller " KEY "\n", 2},
		{"# comment\ncaller " KEY " you\n", 2},
		{"name " KEY " Ann\n", 0},
		{"name " KEY "\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		write_file(files[i].text);
		assert_int_equal(known_misunderstood(text()), files[i].line);
	}
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
	struct known server = {KNOWN_SERVER, OTHER_KEY, "::1", 80};
	struct known caller = {KNOWN_CALLER, KEY, "Eve", 0};
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

/* What another tchat has added since the person was asked is judged again. */
static void
test_adding_after_another(void **state)
{
	struct known server = {KNOWN_SERVER, KEY, "EXAMPLE.org", 8080};
	struct known another_server = {KNOWN_SERVER, OTHER_KEY, "example.org", 8080};
	struct known ann = {KNOWN_CALLER, OTHER_KEY, "Annabel", 0};
	struct known another_ann = {KNOWN_CALLER, THIRD_KEY, "ann\u2800example", 0};

	(void)state;
	write_file(people);
	assert_int_equal(known_add(path, &server), 0);
	assert_int_equal(known_add(path, &another_server), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(known_add(path, &ann), 0);
	assert_string_equal(ann.name, "Ann Example");
	assert_int_equal(known_add(path, &another_ann), -1);
	assert_int_equal(errno, EEXIST);
	file_must_be(people);
}

/* What would not be read again as it was meant is not written. */
static void
test_adding_what_is_not_understood(void **state)
{
	static const char *const names[] = {"", "   ", "\u00A0", "\u3164", " Eve", "Eve ", "*", "you"};
	struct known server = {KNOWN_SERVER, KEY, "two words", 8080};

	(void)state;
	write_file("");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct known caller = {KNOWN_CALLER, KEY, "", 0};

		strlcpy(caller.name, names[i], sizeof caller.name);
		assert_int_equal(known_add(path, &caller), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(known_add(path, &server), -1);
	assert_int_equal(errno, EINVAL);
	file_must_be("");
}

/* However little of a line there is room for, nothing of it stays. */
static void
test_adding_on_a_full_disk(void **state)
{
	static const char before[] = "# my people\n# not finished";
	const size_t line = sizeof "\nserver " KEY " example.org 8080";
	struct rlimit unlimited, limit;

	(void)state;
	write_file(before);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t room = 0; room < line; room++) {
		struct known server = {KNOWN_SERVER, KEY, "example.org", 8080};
		int result;

		limit = (struct rlimit){sizeof before - 1 + room, unlimited.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		result = known_add(path, &server);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
		assert_int_equal(result, -1);
		file_must_be(before);
	}
}

static int crash_at; /* that call of fsync(2); 0: none */

/* Takes the place of the system's, where a crash is most likely to be seen by others. */
int
fsync(int fd)
{
	(void)fd;
	if (crash_at > 0 && --crash_at == 0)
		_exit(0);
	return 0;
}

/* Adds an entry and crashes at that call of fsync(2). */
static void
add_and_crash(struct known *known, int at)
{
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (child == 0) {
		crash_at = at;
		known_add(path, known);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &(int){0}, 0), child);
}

/* A crash leaves all of a line, or nothing that says anything, also after the next is added. */
static void
test_crashes(void **state)
{
	static const unsigned ports[] = {8, 80, 808, 8080};
	struct known server = {KNOWN_SERVER, KEY, "example.org", 8080};
	struct known caller = {KNOWN_CALLER, OTHER_KEY, "Eve", 0};
	char other[FINGERPRINT_SIZE], name[KNOWN_NAME_MAX];

	(void)state;
	write_file("");
	add_and_crash(&server, 2);
	assert_int_equal(known_server(text(), "example.org", 8080, KEY, other), SERVER_SAME);
	for (int lost = 0; lost < 6; lost++) { /* bytes that had not got to the disk */
		struct stat status;

		write_file("# my people\n");
		add_and_crash(&server, 1);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(truncate(path, status.st_size - lost), 0);
		for (int added = 0; added < 2; added++) {
			for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
				assert_int_equal(known_server(text(), "example.org", ports[i], KEY, other),
						 SERVER_NEW);
			assert_int_equal(known_add(path, &caller), 0);
		}
		assert_true(known_caller(text(), OTHER_KEY, name));
	}
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
		cmocka_unit_test(test_servers_without_a_port),
		cmocka_unit_test(test_callees),
		cmocka_unit_test(test_hosts_that_look_alike),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_adding_names),
		cmocka_unit_test(test_name_without_its_key),
		cmocka_unit_test(test_misunderstood),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_adding_after_another),
		cmocka_unit_test(test_adding_what_is_not_understood),
		cmocka_unit_test(test_adding_on_a_full_disk),
		cmocka_unit_test(test_crashes),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
