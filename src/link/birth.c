#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "base/signals.h"
#include "link/birth.h"
#include "link/cell.h"
#include "trust/tls.h"
#include "trust/trust.h"

/* The descriptors of a listener. */
enum {
	ITS_INPUT,
	ITS_OUTPUT,
	ITS_ERRORS,
	ITS_SOCKET,
	ITS_REPORT,
	ITS_LOG,
	ITS_PIPE_OUT,
	ITS_PIPE_IN,
	ITS_COUNT
};

static bool may_splice; /* as of birth_prepare */

/* It says nothing but by its output and its report, so it has no standard error, which can be the terminal. */
#if defined(SANITIZED) /* it has the sanitizers' messages */
#define ERRORS STDERR_FILENO
#else
#define ERRORS (-1)
#endif

/* What is done in it before fatal() would say that there is no memory. */
static void
report_lack(void)
{
	write_all(ITS_REPORT, &(struct ending){ENDING_UNHEARD, errno}, sizeof(struct ending));
	_exit(1);
}

_Noreturn void
birth(struct listener listener, const char *name, bool piped, pid_t parent)
{
	bool spliced = may_splice && listener_open_pipe(&listener);
	const int fds[ITS_COUNT] = {[ITS_INPUT] = -1,
				    [ITS_OUTPUT] = listener.output,
				    [ITS_ERRORS] = ERRORS,
				    [ITS_SOCKET] = listener.intake.socket,
				    [ITS_REPORT] = listener.report,
				    [ITS_LOG] = log_descriptor(listener.log),
				    [ITS_PIPE_OUT] = listener.pipe[0],
				    [ITS_PIPE_IN] = listener.pipe[1]};
	struct ending ending;
	bool ready;

	child_forget();
	trust_forget();
	tls_forget_others(listener.intake.tls);
	ready = descriptors_keep(fds, ITS_COUNT) == 0;
	if (ready)
		listener.report = ITS_REPORT;
	child_begin(parent, listener.report);
	fatal_first(report_lack);
	if (piped)
		signals_ignore(SIGTSTP);
	setproctitle("listening to %s", name);
	log_move(listener.log, ITS_LOG);
	listener.intake.socket = ITS_SOCKET;
	if (listener.intake.tls != NULL)
		tls_listen(listener.intake.tls, ITS_SOCKET);
	if (listener.output != -1)
		listener.output = ITS_OUTPUT;
	if (spliced) {
		listener.pipe[0] = ITS_PIPE_OUT;
		listener.pipe[1] = ITS_PIPE_IN;
	}
	if (ready && cell_enter(ITS_COUNT) == 0)
		ending = listener_run(&listener);
	else
		ending = (struct ending){ENDING_UNHEARD, errno};
	write_all(listener.report, &ending, sizeof ending); /* before the lines end: the parent then looks here */
	_exit(ending.how == ENDING_LEFT ? 0 : 1);
}

int
birth_prepare(bool unseen)
{
	may_splice = unseen;
	return cell_prepare(&(struct cell){.count = ITS_COUNT,
					   .socket = ITS_SOCKET,
					   .splices = unseen,
					   .pipe_in = ITS_PIPE_IN,
					   .pipe_out = ITS_PIPE_OUT,
					   .output = ITS_OUTPUT});
}
