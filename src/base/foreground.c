#include <config.h>

#include <signal.h>
#include <unistd.h>

#include "base/foreground.h"

void
foreground_give(pid_t group)
{
	(void)tcsetpgrp(STDIN_FILENO, group); /* it fails where the terminal is gone, or is no job's */
}

void
foreground_take(pid_t group)
{
	sigset_t stop, before;

	if (tcgetpgrp(STDIN_FILENO) != group)
		return;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &before); /* then who is in the background may */
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	sigprocmask(SIG_SETMASK, &before, NULL);
}
