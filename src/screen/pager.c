#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "screen/habit.h"
#include "screen/pager.h"
#include "screen/size.h"
#include "text/wrap.h"

#define STOP_MS 1000

/* The status of a shell that cannot execute a command (POSIX). */
enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

/* Closes, and keeps errno. */
static void
close_quietly(FILE *file)
{
	int cause = errno;

	fclose(file);
	errno = cause;
}

/*
 * An empty file in memory: what may be said in secret is written to no disk, nor does a listener find it in memory
 * that was freed.  NULL on failure, and errno.
 */
static FILE *
open_file(void)
{
	static struct buffer written; /* not yet; there is one such file at a time */
	int fd = open_memory("conversation");
	FILE *file = fd != -1 ? fdopen(fd, "w+") : NULL;

	if (file != NULL)
		setvbuf(file, buffer_reserve(&written, BUFSIZ), _IOFBF, BUFSIZ);
	else if (fd != -1)
		close(fd);
	return file;
}

/* What stands before a line, but for its mark. */
static const char *
label_of(const struct line *line, const char *own_label)
{
	return line->voice == VOICE_SELF ? own_label : line->voice == VOICE_PEER ? line->speaker : "";
}

/* The history as text, at its beginning.  NULL on failure, and errno. */
static FILE *
write_history(const struct history *history, const char *own_label)
{
	FILE *file = open_file();

	if (file == NULL)
		return NULL;
	for (uint64_t n = history_start(history); n < history_end(history); n++) {
		struct line line = history_line(history, n);
		const char *label = label_of(&line, own_label);
		char when[24], mark[] = {(char)line.voice, '\0'};
		bool own = line.voice == VOICE_SELF;
		bool lost = own && line.stream_end == STREAM_LOST, doubted = own && line.stream_end == STREAM_DOUBTED;
		struct tm tm;

		strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime_r(&line.when, &tm));
		fprintf(file, "%s %s%s%s ", when, label, *label != '\0' ? " " : "",
			lost ? "\u2717" : doubted ? "?" : mark);
		fwrite(line.text, 1, line.length, file);
		putc('\n', file);
	}
	if (fflush(file) == EOF || ferror(file)) {
		close_quietly(file);
		return NULL;
	}
	rewind(file);
	return file;
}

const char *
pager_command(void)
{
	const char *pager = getenv("PAGER");

	return pager != NULL && *pager != '\0' ? pager : "less";
}

/* Has the pager open there, if it can be told. */
static void
set_place(struct habit_place place)
{
	const char *variable = habit_variable(pager_command());
	struct buffer value = {0};

	if (variable == NULL)
		return;
	habit_place(pager_command(), getenv(variable), place, &value);
	setenv(variable, buffer_data(&value), 1);
	buffer_free(&value);
}

/* The child, which has no copy of the history. */
static _Noreturn void
be_pager(int text, struct habit_place place, pid_t parent)
{
	child_begin(parent, -1);
	setpgid(0, 0);
	signals_program();
	size_restore_environment();
	set_place(place);
	if (dup2(text, STDIN_FILENO) == -1)
		_exit(NOT_EXECUTABLE);
	close(text);
	execl("/bin/sh", "sh", "-c", pager_command(), (char *)NULL);
	_exit(NOT_FOUND);
}

pid_t
pager_start(const struct pane *pane, const char *own_label)
{
	const struct habit_place place = {.line = pane_top(pane) - history_start(pane->history) + 1,
					  .newest = pane->following && pane_top(pane) > history_start(pane->history)};
	FILE *text = write_history(pane->history, own_label);
	pid_t parent = getpid(), pager;

	if (text == NULL)
		return -1;
	if ((pager = fork()) == 0)
		be_pager(fileno(text), place, parent);
	if (pager != -1)
		(void)setpgid(pager, pager); /* whoever of both is first */
	close_quietly(text);
	return pager;
}

enum pager_state
pager_look(pid_t pager, int *cause)
{
	int status;

	if (waitpid(pager, &status, WNOHANG | WUNTRACED) != pager)
		return PAGER_RUNS;
	if (WIFSTOPPED(status))
		return WSTOPSIG(status) == SIGTSTP					  ? PAGER_SUSPENDED
		       : WSTOPSIG(status) == SIGTTIN || WSTOPSIG(status) == SIGTTOU ? PAGER_WANTS_KEYS
										  : PAGER_RUNS;
	if (!WIFEXITED(status))
		return PAGER_KILLED;
	*cause = WEXITSTATUS(status) == NOT_FOUND ? ENOENT : WEXITSTATUS(status) == NOT_EXECUTABLE ? EACCES : 0;
	return *cause != 0 ? PAGER_FAILED : PAGER_ENDED;
}

/* How many rows the history takes in so many columns, as write_history writes it; not counted beyond most. */
static uint64_t
rows_of(const struct history *history, const char *own_label, int columns, uint64_t most)
{
	uint64_t rows = 0;

	for (uint64_t n = history_start(history); n < history_end(history) && rows <= most; n++) {
		struct line line = history_line(history, n);
		const char *label = label_of(&line, own_label);
		int width = (int)strlen("YYYY-MM-DD HH:MM < ") + (*label != '\0') +
			    wrap_measure(label, strlen(label)) + wrap_measure(line.text, line.length);

		rows += (uint64_t)((width + columns - 1) / columns);
	}
	return rows;
}

bool
pager_ends_at_once(const struct history *history, const char *own_label, int rows, int columns)
{
	const char *variable = habit_variable(pager_command());
	const struct habit_length text = {.lines = history_end(history) - history_start(history),
					  .rows = rows_of(history, own_label, columns, (uint64_t)rows),
					  .screen = (uint64_t)rows};

	return habit_ends_at_once(pager_command(), variable != NULL ? getenv(variable) : NULL, text);
}

void
pager_stop(pid_t pager)
{
	int64_t deadline = clock_now() + STOP_MS;
	int cause;

	kill(-pager, SIGTERM);
	kill(-pager, SIGCONT);
	while (pager_look(pager, &cause) < PAGER_ENDED) {
		if (clock_until(deadline) == 0)
			kill(-pager, SIGKILL);
		poll(NULL, 0, 10);
	}
}
