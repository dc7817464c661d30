#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#endif

#include "base/child.h"
#include "base/fatal.h"
#include "base/signals.h"

#if defined(__linux__)

/* Asks the kernel to end this process when the parent ends. */
static void
ask_kernel(int report)
{
	(void)report;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#elif defined(__FreeBSD__)

static void
ask_kernel(int report)
{
	int signo = SIGKILL;

	(void)report;
	procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signo);
}

#else

static void
end(int signo)
{
	(void)signo;
	_exit(1);
}

/* Asks the kernel for a signal when the report can be written, and will be read by nobody. */
static void
ask_kernel(int report)
{
	struct sigaction action = {.sa_handler = end};
	sigset_t told;

	if (report == -1)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(SIGIO, &action, NULL);
	sigemptyset(&told);
	sigaddset(&told, SIGIO);
	sigprocmask(SIG_UNBLOCK, &told, NULL);
	fcntl(report, F_SETOWN, getpid());
	fcntl(report, F_SETFL, fcntl(report, F_GETFL) | O_ASYNC);
}

#endif

void
child_begin(pid_t parent, int report)
{
	fatal_first(NULL);
	signals_child();
	ask_kernel(report);
	if (getppid() != parent) /* it was faster */
		_exit(1);
}
