#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/child.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "call/avahi.h"
#include "call/browse.h"
#include "text/filter.h"

#define CHUNK 65536    /* read at once */
#define LINE_MAX_LENGTH 16384 /* a longer one is left out: of all that is announced, texts too, one message has room */

#define NOT_STARTED "not started: " /* what it is said in place of the program, and an errno */
#define ESTABLISHED "Established under name '"

/* --- The processes. --- */

/* Becomes the program.  It speaks English: what it says is looked at. */
static _Noreturn void
be_program(const char *const *words, pid_t parent)
{
	child_begin(parent, -1);
	signals_program();
	close(STDIN_FILENO);
	if (descriptors_standard() == 0 && setenv("LC_ALL", "C", 1) == 0)
		execvp(words[0], (char *const *)(uintptr_t)words);
	dprintf(STDERR_FILENO, NOT_STARTED "%d\n", errno);
	_exit(1);
}

/* Has the program run until the lifeline has no other end. */
static _Noreturn void
be_guard(const char *const *words, const int *pipes, pid_t parent)
{
	pid_t guard, program;
	char byte;

	child_begin(parent, -1);
	signals_ignore(SIGTERM); /* one for the whole group */
	(void)setpgid(0, 0);	 /* Ctrl-C and Ctrl-Z are for others */
	if (descriptors_keep(pipes, 3) == -1 || descriptors_standard() == -1)
		_exit(1);
	guard = getpid();
	if ((program = fork()) == 0)
		be_program(words, guard);
	if (program == -1)
		dprintf(STDERR_FILENO, NOT_STARTED "%d\n", errno);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	(void)descriptors_standard();
	setproctitle("guarding %s", words[0]);
	confine_guard();
	while (read(STDIN_FILENO, &byte, 1) == -1 && errno == EINTR)
		;
	if (program != -1)
		kill(program, SIGKILL);
	_exit(0);
}

static void
close_both(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* Makes pipes: the lifeline, and for what the program prints and says.  Returns 0, or -1 and errno. */
static int
make_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++) {
		int cause;

		if (pipe2(pipes[i], O_CLOEXEC) == 0)
			continue;
		cause = errno;
		while (i-- > 0)
			close_both(pipes[i]);
		errno = cause;
		return -1;
	}
	return 0;
}

/* There is no program, for a cause. */
static void
fail(struct avahi *a, int cause)
{
	a->state = AVAHI_ENDED;
	snprintf(a->said, sizeof a->said, NOT_STARTED "%d", cause);
}

static void
start(struct avahi *a, const char *const *words, bool prints)
{
	pid_t parent = getpid();
	int pipes[3][2], theirs[3];

	*a = (struct avahi){.program = words[0], .lifeline = -1, .out = {.fd = -1}, .err = {.fd = -1}};
	if (make_pipes(pipes) == -1) {
		fail(a, errno);
		return;
	}
	theirs[0] = pipes[0][0];
	theirs[1] = prints ? pipes[1][1] : -1;
	theirs[2] = pipes[2][1];
	if ((a->guard = fork()) == 0)
		be_guard(words, theirs, parent);
	if (a->guard == -1) {
		fail(a, errno);
		for (int i = 0; i < 3; i++)
			close_both(pipes[i]);
		return;
	}
	a->state = AVAHI_RUNS;
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	a->lifeline = pipes[0][1];
	a->out.fd = pipes[1][0];
	a->err.fd = pipes[2][0];
}

void
avahi_publish(struct avahi *a, const char *name, unsigned port, bool tls)
{
	char number[8];
	const char *const words[] = {
		"avahi-publish", "-s", "--", name, BROWSE_TYPE, number, tls ? "tls=yes" : "tls=no", NULL};

	snprintf(number, sizeof number, "%u", port);
	start(a, words, false);
}

void
avahi_browse(struct avahi *a)
{
	static const char *const words[] = {"avahi-browse", "-p", "-r", "-k", BROWSE_TYPE, NULL};

	start(a, words, true);
}

/* --- What they write. --- */

static void
close_stream(struct avahi_stream *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	s->slot = POLLS_NONE;
}

static void
poll_stream(struct avahi_stream *s, struct polls *polls)
{
	s->slot = s->fd != -1 ? polls_add(polls, s->fd, POLLIN) : POLLS_NONE;
}

/* Forgets the line that was given, and what is of a line that is too long. */
static void
tidy(struct avahi_stream *s)
{
	buffer_drop(&s->text, s->given);
	s->given = 0;
	if (buffer_line(&s->text).length == 0 && buffer_length(&s->text) > LINE_MAX_LENGTH) {
		buffer_drop(&s->text, buffer_length(&s->text));
		s->skipping = true;
	}
}

static void
read_stream(struct avahi_stream *s, const struct polls *polls)
{
	ssize_t n;

	if (s->fd == -1 || polls_found(polls, s->slot) == 0)
		return;
	tidy(s);
	n = read(s->fd, buffer_reserve(&s->text, CHUNK), CHUNK);
	if (n > 0)
		buffer_grow(&s->text, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_stream(s);
}

/* The next line, without its LF.  False if none is complete. */
static bool
next_line(struct avahi_stream *s, struct span *line)
{
	bool skips;

	do {
		tidy(s);
		*line = buffer_line(&s->text);
		skips = s->skipping;
		s->given = line->length;
		if (line->length > 0)
			s->skipping = false;
	} while (line->length > 0 && (skips || line->length - 1 > LINE_MAX_LENGTH));
	if (line->length == 0)
		return false;
	line->length--;
	return true;
}

/* Takes note of what the program says beside what it prints. */
static void
take_said(struct avahi *a, struct span line)
{
	char said[AVAHI_SAID_MAX], *end;

	snprintf(said, sizeof said, "%.*s", (int)(line.length < sizeof said ? line.length : sizeof said), line.text);
	if (strncmp(said, ESTABLISHED, strlen(ESTABLISHED)) == 0 && (end = strrchr(said, '\'')) != NULL) {
		*end = '\0';
		if (end > said + strlen(ESTABLISHED))
			strlcpy(a->name, said + strlen(ESTABLISHED), sizeof a->name);
		a->told = false;
		*a->said = '\0';
	} else if (*said != '\0') {
		strlcpy(a->said, said, sizeof a->said);
	}
}

/* The guard ends at once then, and the program with it. */
static void
end_guard(struct avahi *a)
{
	close(a->lifeline);
	while (waitpid(a->guard, NULL, 0) == -1 && errno == EINTR)
		;
}

void
avahi_poll(struct avahi *a, struct polls *polls)
{
	if (a->state != AVAHI_RUNS)
		return;
	poll_stream(&a->out, polls);
	poll_stream(&a->err, polls);
}

void
avahi_step(struct avahi *a, const struct polls *polls)
{
	struct span line;

	if (a->state != AVAHI_RUNS)
		return;
	read_stream(&a->out, polls);
	read_stream(&a->err, polls);
	while (next_line(&a->err, &line))
		take_said(a, line);
	if (a->out.fd == -1 && a->err.fd == -1) {
		end_guard(a);
		a->state = AVAHI_ENDED;
	}
}

bool
avahi_line(struct avahi *a, struct span *line)
{
	return a->state != AVAHI_NONE && next_line(&a->out, line);
}

const char *
avahi_announced(struct avahi *a)
{
	if (a->told || *a->name == '\0')
		return NULL;
	a->told = true;
	return a->name;
}

void
avahi_explain(const struct avahi *a, char *text, size_t size)
{
	char said[3 * AVAHI_SAID_MAX];
	bool started = strncmp(a->said, NOT_STARTED, strlen(NOT_STARTED)) != 0;
	int cause = started ? 0 : (int)strtol(a->said + strlen(NOT_STARTED), NULL, 10);

	filter_string(a->said, said, sizeof said);
	if (cause == ENOENT)
		bilingual_print(text, size, "there is no %s: install the package avahi-utils", a->program);
	else if (cause != 0)
		bilingual_print(text, size, "%s cannot be started: %s", a->program, bilingual_error(cause));
	else if (strstr(a->said, "Daemon not running") != NULL)
		bilingual_print(text, size, "the daemon does not run: install the package avahi-daemon, or start it");
	else if (strstr(a->said, "Local name collision") != NULL)
		bilingual_print(text, size, "another one here is announced by that name: choose one with -n");
	else if (*a->said != '\0')
		bilingual_print(text, size, "%s: %s", a->program, said);
	else
		bilingual_print(text, size, "%s has ended", a->program);
}

void
avahi_end(struct avahi *a)
{
	if (a->state == AVAHI_NONE)
		return;
	if (a->state == AVAHI_RUNS)
		end_guard(a);
	close_stream(&a->out);
	close_stream(&a->err);
	buffer_free(&a->out.text);
	buffer_free(&a->err.text);
	a->state = AVAHI_NONE;
}
