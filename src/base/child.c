#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#endif

#include "base/child.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/secluded.h"
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

static int its_report;

/* The report can be written to again, because it has been read, or will be read by nobody. */
static void
end_with_reader(int signo)
{
	struct pollfd report = {.fd = its_report};
	int cause = errno;

	(void)signo;
	if (poll(&report, 1, 0) == 1)
		_exit(1);
	errno = cause;
}

/* Asks the kernel for a signal when the report can be written, and will be read by nobody. */
static void
ask_kernel(int report)
{
	struct sigaction action = {.sa_handler = end_with_reader};
	sigset_t told;

	if (report == -1)
		return;
	its_report = report;
	sigemptyset(&action.sa_mask);
	sigaction(SIGIO, &action, NULL);
	sigemptyset(&told);
	sigaddset(&told, SIGIO);
	sigprocmask(SIG_UNBLOCK, &told, NULL);
	fcntl(report, F_SETOWN, getpid());
	fcntl(report, F_SETFL, fcntl(report, F_GETFL) | O_ASYNC);
}

#endif

#define FORGETS_MAX 4

static struct {
	void (*forget)(void *context);
	void *context;
} forgets[FORGETS_MAX];
static size_t forget_count;

void
child_forgets(void (*forget)(void *context), void *context)
{
	if (forget_count == FORGETS_MAX)
		abort();
	forgets[forget_count].forget = forget;
	forgets[forget_count++].context = context;
}

void
child_forget(void)
{
	secluded_forget();
	for (size_t i = 0; i < forget_count; i++)
		forgets[i].forget(forgets[i].context);
	forget_count = 0;
}

void
child_begin(pid_t parent, int report)
{
	child_forget();
	fatal_first(NULL);
	signals_child();
	ask_kernel(report);
	if (getppid() != parent) /* it was faster */
		_exit(1);
}

void
child_outlive(void)
{
#if defined(__linux__)
	prctl(PR_SET_PDEATHSIG, 0);
#elif defined(__FreeBSD__)
	int none = 0;

	procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &none);
#endif
}

#define END_MS 1000 /* then it has ended, or is made to */

bool
child_has_ended(struct child *child, int *status)
{
	pid_t pid;

	*status = 0;
	if (child->pid == 0)
		return true;
	if (child->deadline == 0)
		child->deadline = clock_now() + END_MS;
	pid = waitpid(child->pid, status, WNOHANG);
	if (pid == 0 || (pid == -1 && errno == EINTR)) {
		if (clock_until(child->deadline) == 0)
			child_kill(child);
		return false;
	}
	*child = (struct child){0};
	return true;
}

void
child_poll(const struct child *child, struct polls *polls)
{
	if (child->deadline != 0)
		polls_until(polls, child->deadline);
}

void
child_kill(struct child *child)
{
	if (child->pid != 0)
		kill(child->pid, SIGKILL);
	child->deadline = CLOCK_NEVER;
}

void
child_finish(struct child *child)
{
	struct polls polls = {0};
	int status;

	while (!child_has_ended(child, &status)) {
		polls_clear(&polls);
		child_poll(child, &polls);
		polls_wait(&polls);
	}
	polls_free(&polls);
}

void
child_end(struct child *child)
{
	child_kill(child);
	while (child->pid != 0 && waitpid(child->pid, NULL, 0) == -1 && errno == EINTR)
		;
	*child = (struct child){0};
}
