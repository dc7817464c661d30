/*
 * The transcript: what its lines look like, who shares it, and what happens when it fails.
 */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "record/log.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define JANUARY 1769875509 /* 2026-01-31 16:05:09 UTC */
#define JULY 1785513909	   /* 2026-07-31 16:05:09 UTC */
#define STAMP "2026-01-31T16:05:09+00:00"

static char directory[] = "test_log.XXXXXX";
static char path[sizeof directory + 4];

/* The time of day of this program: it stands in for the one of the C library. */
static time_t now;

time_t
time(time_t *t)
{
	if (t != NULL)
		*t = now;
	return now;
}

/*
 * Who reads the log, if it is a FIFO: it takes a page after SLOWNESS milliseconds, by a clock that goes on only while
 * it is waited for.
 */
#define SLOWNESS 800
static int reader;
static int64_t clock_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *when);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *when)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	*when = (struct timespec){.tv_sec = (time_t)(clock_ms / 1000), .tv_nsec = (long)(clock_ms % 1000 * 1000000)};
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	char page[4096];

	if (timeout < SLOWNESS) {
		clock_ms += timeout;
		return 0;
	}
	clock_ms += SLOWNESS;
	assert_int_equal(read(reader, page, sizeof page), sizeof page);
	return __real_poll(fds, count, 0);
}

static void
use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* ---- Around each test: no log yet, a winter's day, UTC ---- */

static int
make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/log", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int
begin(void **state)
{
	(void)state;
	now = JANUARY;
	use_zone("UTC0");
	return 0;
}

static int
remove_log(void **state)
{
	(void)state;
	return unlink(path) == -1 && errno != ENOENT ? -1 : 0;
}

static struct log *
open_log(void)
{
	struct log *log = log_open(path);

	if (log == NULL)
		fail_msg("cannot open %s: %s", path, strerror(errno));
	return log;
}

static void
add(struct log *log, enum voice voice, const char *text)
{
	log_line(log, voice, text, strlen(text));
}

/* The file must hold exactly this. */
static void
must_hold(const char *expected)
{
	static char text[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

/* ---- Lines ---- */

/* Zones spelled such that no time zone database is needed. */
static void
test_format(void **state)
{
	static const struct {
		const char *zone;
		time_t now;
		enum voice voice;
		const char *text, *line;
	} rows[] = {
		{"UTC0", JANUARY, VOICE_SELF, "hello", "2026-01-31T16:05:09+00:00 > hello\n"},
		{"UTC0", JANUARY, VOICE_PEER, "hello", "2026-01-31T16:05:09+00:00 < hello\n"},
		{"UTC0", JANUARY, VOICE_NOTICE, "hello", "2026-01-31T16:05:09+00:00 * hello\n"},
		{"UTC0", JANUARY, VOICE_SELF, "", "2026-01-31T16:05:09+00:00 > \n"},
		{"IST-5:30", JANUARY, VOICE_SELF, "नमस्ते", "2026-01-31T21:35:09+05:30 > नमस्ते\n"},
		{"NST3:30", JANUARY, VOICE_SELF, "a", "2026-01-31T12:35:09-03:30 > a\n"},
		{"<+14>-14", JANUARY, VOICE_SELF, "a", "2026-02-01T06:05:09+14:00 > a\n"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", JANUARY, VOICE_SELF, "winter",
		 "2026-01-31T17:05:09+01:00 > winter\n"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", JULY, VOICE_SELF, "summer",
		 "2026-07-31T18:05:09+02:00 > summer\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log *log = open_log();

		use_zone(rows[i].zone);
		now = rows[i].now;
		add(log, rows[i].voice, rows[i].text);
		assert_int_equal(log_flush(log), 0);
		must_hold(rows[i].line);
		log_close(log);
		unlink(path);
	}
}

static void
test_time_goes_on(void **state)
{
	struct log *log = open_log();

	(void)state;
	add(log, VOICE_SELF, "one");
	add(log, VOICE_SELF, "two");
	now++;
	add(log, VOICE_SELF, "three");
	assert_int_equal(log_flush(log), 0);
	must_hold("2026-01-31T16:05:09+00:00 > one\n"
		  "2026-01-31T16:05:09+00:00 > two\n"
		  "2026-01-31T16:05:10+00:00 > three\n");
	log_close(log);
}

/* One of several has a name before what it says, whatever that is. */
static void
test_names(void **state)
{
	struct log *log = open_log();

	(void)state;
	log_line_of(log, VOICE_PEER, "~ann", "hello", 5);
	log_line_of(log, VOICE_PEER, "bob", "<ann> no", 8);
	log_line_of(NULL, VOICE_PEER, "bob", "a", 1);
	assert_int_equal(log_flush(log), 0);
	must_hold(STAMP " < <~ann> hello\n" STAMP " < <bob> <ann> no\n");
	log_close(log);
}

static void
test_written_by_flush(void **state)
{
	struct log *log = open_log();

	(void)state;
	add(log, VOICE_SELF, "one");
	must_hold("");
	assert_int_equal(log_flush(log), 0);
	must_hold(STAMP " > one\n");
	assert_int_equal(log_flush(log), 0);
	add(log, VOICE_SELF, "never flushed");
	log_close(log);
	must_hold(STAMP " > one\n");
}

/* A stream becomes safe lines, however it is cut; what is not finished waits, or ends with it. */
static void
test_bytes(void **state)
{
	static const struct {
		const char *pieces[4];
		const char *before, *after; /* the end */
	} rows[] = {
		{{"one\n"}, STAMP " < one\n", ""},
		{{"\n\n"}, STAMP " < \n" STAMP " < \n", ""},
		{{"one\ntwo\nthr", "ee\n"}, STAMP " < one\n" STAMP " < two\n" STAMP " < three\n", ""},
		{{"o", "n", "e\r", "\n"}, STAMP " < one\n", ""},
		{{"one\ntwo"}, STAMP " < one\n", STAMP " < two\n"},
		{{"\xC3", "\xA9\n\xC3"}, STAMP " < é\n", STAMP " < \xEF\xBF\xBD\n"},
		{{"\x1B[2J\r"}, "", STAMP " < ^[[2J^M\n"},
		{{"\xE2\x80\xAE\xFF\n"}, STAMP " < <U+202E>\xEF\xBF\xBD\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log *log = open_log();
		char whole[256];

		for (size_t j = 0; j < COUNT(rows[i].pieces) && rows[i].pieces[j] != NULL; j++)
			log_bytes(log, VOICE_PEER, rows[i].pieces[j], strlen(rows[i].pieces[j]));
		assert_int_equal(log_flush(log), 0);
		must_hold(rows[i].before);
		log_end(log, VOICE_PEER);
		assert_int_equal(log_flush(log), 0);
		snprintf(whole, sizeof whole, "%s%s", rows[i].before, rows[i].after);
		must_hold(whole);
		log_close(log);
		unlink(path);
	}
}

/* ---- The file ---- */

static void
test_mode(void **state)
{
	mode_t mask = umask(0);
	struct log *log = open_log();
	struct stat status;

	(void)state;
	umask(mask);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	log_close(log);
}

/* What is there stays, and so does what others add. */
static void
test_appending(void **state)
{
	FILE *file = fopen(path, "w");
	struct log *log = open_log();

	(void)state;
	fputs("before\n", file);
	fclose(file);
	add(log, VOICE_SELF, "one");
	assert_int_equal(log_flush(log), 0);
	log_close(log);

	log = open_log();
	add(log, VOICE_SELF, "two");
	assert_int_equal(log_flush(log), 0);
	log_close(log);
	must_hold("before\n" STAMP " > one\n" STAMP " > two\n");
}

static void
test_cannot_open(void **state)
{
	(void)state;
	errno = 0;
	assert_null(log_open("/nonexistent/log"));
	assert_int_equal(errno, ENOENT);
	assert_null(log_open(directory));
	assert_int_equal(errno, EISDIR);
}

static void
test_moved(void **state)
{
	struct log *log = open_log();
	int moved = fcntl(log_descriptor(log), F_DUPFD_CLOEXEC, 50);

	(void)state;
	assert_int_equal(moved, 50);
	close(log_descriptor(log));
	log_move(log, moved);
	assert_int_equal(log_descriptor(log), moved);
	add(log, VOICE_SELF, "one");
	assert_int_equal(log_flush(log), 0);
	must_hold(STAMP " > one\n");
	log_close(log);
	assert_int_equal(fcntl(moved, F_GETFD), -1);
}

static void
test_no_log(void **state)
{
	(void)state;
	log_line(NULL, VOICE_SELF, "a", 1);
	log_bytes(NULL, VOICE_SELF, "a", 1);
	log_end(NULL, VOICE_SELF);
	log_move(NULL, 7);
	assert_int_equal(log_flush(NULL), 0);
	assert_int_equal(log_descriptor(NULL), -1);
	log_close(NULL);
}

/* ---- Two processes ---- */

/* What is flushed is written at once, so that nothing comes between: here each write is a message. */
static void
test_one_write(void **state)
{
	static const char expected[] = STAMP " > one\n" STAMP " > two\n";
	struct log *log = open_log();
	char text[256];
	int sockets[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	close(log_descriptor(log));
	log_move(log, sockets[0]);
	add(log, VOICE_SELF, "one");
	add(log, VOICE_SELF, "two");
	assert_int_equal(log_flush(log), 0);
	assert_int_equal(recv(sockets[1], text, sizeof text, 0), sizeof expected - 1);
	assert_memory_equal(text, expected, sizeof expected - 1);
	log_close(log);
	close(sockets[1]);
}

/* Runs body in a child.  Returns its exit status. */
static int
in_child(int (*body)(struct log *), struct log *log)
{
	int status = -1;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		child_forget();
		log_move(log, log_descriptor(log));
		_exit(body(log));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define LINES 2000

static void
write_lines(struct log *log, enum voice voice)
{
	for (int i = 0; i < LINES; i++) {
		char text[16];

		snprintf(text, sizeof text, "%d", i);
		add(log, voice, text);
		log_flush(log);
	}
}

/* The lines of two processes at once are all there, whole, and those of each in order. */
static void
test_shared(void **state)
{
	pid_t pid = fork();
	struct log *log = open_log();
	int next[2] = {0, 0};
	char line[64], expected[64];
	FILE *file;

	(void)state;
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		child_forget();
		log_move(log, log_descriptor(log));
		write_lines(log, VOICE_PEER);
		_exit(0);
	}
	write_lines(log, VOICE_SELF);
	log_close(log);
	assert_int_equal(waitpid(pid, NULL, 0), pid);

	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		char voice = line[sizeof STAMP];

		snprintf(expected, sizeof expected, "%s %c %d\n", STAMP, voice,
			 next[voice == VOICE_SELF]++);
		assert_string_equal(line, expected);
	}
	fclose(file);
	assert_int_equal(next[0], LINES);
	assert_int_equal(next[1], LINES);
}

static struct log *
open_full(void)
{
	struct log *log = log_open("/dev/full");

	if (log == NULL)
		skip();
	return log;
}

static int
flush_line(struct log *log)
{
	add(log, VOICE_SELF, "a");
	return log_flush(log);
}

/* Of several attempts the first that fails says so, also for a process that shares the log from then on. */
static void
test_fails_once(void **state)
{
	struct log *log = open_full();

	(void)state;
	assert_int_equal(log_flush(log), 0);
	assert_int_equal(flush_line(log), ENOSPC);
	assert_int_equal(flush_line(log), 0);
	assert_int_equal(log_fails(log, EIO), 0);
	assert_int_equal(in_child(flush_line, log), 0);
	log_close(log);
}

/* A process that says so goes before those that come later, but goes on writing where it can. */
static void
test_child_fails_first(void **state)
{
	struct log *log = open_full();

	(void)state;
	assert_int_equal(in_child(flush_line, log), ENOSPC);
	assert_int_equal(log_fails(log, ENOSPC), ENOSPC);
	assert_int_equal(flush_line(log), 0);
	assert_int_equal(log_fails(log, ENOSPC), 0);
	assert_int_equal(in_child(flush_line, log), 0);
	log_close(log);
}

static void
test_log_of_which_a_child_complains(void **state)
{
	struct log *log = open_log();

	(void)state;
	assert_int_equal(log_fails(log, ENOSPC), ENOSPC);
	add(log, VOICE_SELF, "one");
	assert_int_equal(log_flush(log), 0);
	must_hold(STAMP " > one\n");
	log_close(log);
}

static struct log *
open_fifo(size_t lines)
{
	static const char kilobyte[1024 - sizeof STAMP - sizeof "< "] = "";
	struct log *log;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader != -1);
	log = open_log();
	for (size_t i = 0; i < lines; i++)
		log_line(log, VOICE_PEER, kilobyte, sizeof kilobyte);
	return log;
}

/* A reader that takes a page now and then, but too few of them, is not waited for as long as it does so. */
static void
test_reader_that_is_too_slow(void **state)
{
	struct log *log = open_fifo(2048);
	int64_t began = clock_ms;

	(void)state;
	assert_int_equal(log_flush(log), ENOBUFS);
	assert_true(clock_ms - began <= 1000);
	log_close(log);
	close(reader);
}

/* With less than that to be taken it is waited for at the end alone, and for longer. */
static void
test_reader_that_is_too_slow_at_the_end(void **state)
{
	struct log *log = open_fifo(512);
	int64_t began = clock_ms;

	(void)state;
	assert_int_equal(log_flush(log), 0);
	assert_int_equal(clock_ms, began);
	assert_int_equal(log_finish(log), ENOBUFS);
	assert_true(clock_ms - began <= 5000);
	log_close(log);
	close(reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, remove_log)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_format),
		TEST(test_time_goes_on),
		TEST(test_names),
		TEST(test_written_by_flush),
		TEST(test_bytes),
		TEST(test_mode),
		TEST(test_appending),
		TEST(test_cannot_open),
		TEST(test_moved),
		TEST(test_no_log),
		TEST(test_one_write),
		TEST(test_shared),
		TEST(test_fails_once),
		TEST(test_child_fails_first),
		TEST(test_log_of_which_a_child_complains),
		TEST(test_reader_that_is_too_slow),
		TEST(test_reader_that_is_too_slow_at_the_end),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
