#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/foreground.h"

/* Opens the terminal of this session, which need not be the one on standard input.  -1: there is none any more. */
static int
open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

void
foreground_give(pid_t group)
{
	int terminal = open_terminal();

	if (terminal == -1)
		return;
	(void)tcsetpgrp(terminal, group);
	close(terminal);
}

void
foreground_take(pid_t group)
{
	int terminal = open_terminal();

	if (terminal == -1)
		return;
	foreground_let_write(true); /* and so use it otherwise */
	if (tcgetpgrp(terminal) == group)
		(void)tcsetpgrp(terminal, getpgrp());
	foreground_let_write(false);
	close(terminal);
}

void
foreground_let_write(bool let)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(let ? SIG_BLOCK : SIG_UNBLOCK, &stop, NULL);
}
