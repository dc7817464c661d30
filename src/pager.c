#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "pager.h"

/* The history as text, in a file that has no name; at its beginning.  NULL on failure, and errno. */
static FILE *
write_history(const struct history *history, const char *own_label, const char *peer_label)
{
	FILE *file = tmpfile();

	if (file == NULL)
		return NULL;
	for (uint64_t n = history_start(history); n < history_end(history); n++) {
		struct line line = history_line(history, n);
		char when[24];
		struct tm tm;

		strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime_r(&line.when, &tm));
		fprintf(file, "%s %s ", when,
			line.voice == VOICE_SELF   ? own_label
			: line.voice == VOICE_PEER ? peer_label
						   : "*");
		fwrite(line.text, 1, line.length, file);
		putc('\n', file);
	}
	rewind(file);
	if (ferror(file)) {
		fclose(file);
		return NULL;
	}
	return file;
}

/* The child. */
static _Noreturn void
be_pager(int text, pid_t parent)
{
	const char *pager = getenv("PAGER");

	child_begin(parent);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(text, STDIN_FILENO) == -1)
		_exit(126);
	execl("/bin/sh", "sh", "-c", pager != NULL && *pager != '\0' ? pager : "less", (char *)NULL);
	_exit(127);
}

int
pager_start(struct pager *pager, const struct history *history, const char *own_label,
	    const char *peer_label)
{
	FILE *text = write_history(history, own_label, peer_label);
	pid_t parent = getpid();
	int ends[2];

	if (text == NULL)
		return -1;
	if (pipe(ends) == -1) {
		fclose(text);
		return -1;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC); /* the other end stays open as long as the pager lives */
	if ((pager->process = fork()) == 0)
		be_pager(fileno(text), parent);
	close(ends[1]);
	fclose(text);
	if (pager->process == -1) {
		close(ends[0]);
		return -1;
	}
	pager->end = ends[0];
	return 0;
}

void
pager_finish(struct pager *pager)
{
	while (waitpid(pager->process, NULL, 0) == -1 && errno == EINTR)
		;
	close(pager->end);
	pager->process = 0;
}

void
pager_stop(struct pager *pager)
{
	kill(pager->process, SIGTERM);
	pager_finish(pager);
}
