#include <config.h>

#include <signal.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#endif

#include "child.h"
#include "fatal.h"
#include "signals.h"

/* Asks the kernel to end this process when the parent ends. */
static void
die_with_parent(pid_t parent)
{
	int signo = SIGKILL;

#if defined(__linux__)
	prctl(PR_SET_PDEATHSIG, signo);
#elif defined(__FreeBSD__)
	procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signo);
#else
	(void)signo; /* the pipe to the parent will break at the next line */
#endif
	if (getppid() != parent) /* it was faster */
		_exit(1);
}

void
child_begin(pid_t parent)
{
	fatal_first(NULL);
	die_with_parent(parent);
	signals_child();
}
