#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/signals.h"

static const int caught[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
#define CAUGHT (sizeof caught / sizeof caught[0])

static volatile sig_atomic_t arrived[CAUGHT];
static volatile sig_atomic_t deadly, urgent_count;
static bool stays_ignored[CAUGHT]; /* as the program was started */

static bool
is_deadly(int signo)
{
	return signo == SIGHUP || signo == SIGINT || signo == SIGQUIT || signo == SIGTERM;
}

/* It has arrived, and asks for nothing. */
static void
note_alone(int signo)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i] == signo)
			arrived[i] = 1;
}

static void
note(int signo)
{
	note_alone(signo);
	if (is_deadly(signo)) {
		/* That the terminal goes comes from itself, from the kernel and from the shell: it is not haste. */
		if (signo != SIGHUP)
			urgent_count++;
		if (deadly == 0)
			deadly = signo;
	}
}

static void
set_action(int signo, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	if (sigaction(signo, &action, NULL) == -1)
		fatal("cannot catch signal %d", signo);
}

/* A signal that was ignored when the program was started stays so: nohup(1) asks for that. */
static bool
is_ignored(int signo)
{
	struct sigaction action;

	return sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Where a signal does nothing by default: that it is ignored then is nobody's wish. */
static bool
is_ignored_by_default(int signo)
{
	return signo == SIGCHLD || signo == SIGWINCH;
}

/*
 * Blocks no signal.  What the program was started with says nothing: one that takes signals by sigwait(3) or
 * signalfd(2) can have left them blocked, and then no child's end and no Ctrl-C would ever be heard of.
 */
static void
unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		fatal("cannot unblock signals");
}

void
signals_open(void)
{
	sigset_t inside;

	sigemptyset(&inside);
	for (size_t i = 0; i < CAUGHT; i++) {
		stays_ignored[i] = !is_ignored_by_default(caught[i]) && is_ignored(caught[i]);
		if (stays_ignored[i])
			continue;
		set_action(caught[i], note);
		sigaddset(&inside, caught[i]);
	}
	set_action(SIGPIPE, SIG_IGN);
	set_action(SIGXFSZ, SIG_IGN); /* a file that may not grow, as the log, is an error of write(2) */
	if (sigprocmask(SIG_SETMASK, &inside, NULL) == -1)
		fatal("cannot block signals");
}

void
signals_default_stop(void)
{
	sigset_t stop;

	if (is_ignored(SIGTSTP))
		return;
	set_action(SIGTSTP, SIG_DFL);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

/* ppoll(2) of Linux lets no signal in where something is ready at once: a flood would keep them away for ever. */
static void
let_in(void)
{
	sigset_t none, inside;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, &inside) == 0)
		sigprocmask(SIG_SETMASK, &inside, NULL);
}

int
signals_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec limit = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
	sigset_t none;
	int ready;

	sigemptyset(&none);
	ready = ppoll(fds, count, timeout < 0 ? NULL : &limit, &none);
	if (ready > 0)
		let_in();
	if (ready == -1) {
		if (errno != EINTR)
			fatal("cannot wait for input");
		ready = 0;
	}
	if (ready == 0)
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = 0;
	return ready;
}

int
signals_deadly(void)
{
	return deadly;
}

int
signals_urgent_count(void)
{
	return urgent_count;
}

bool
signals_are_due(void)
{
	sigset_t waiting;

	if (sigpending(&waiting) == -1)
		return false;
	for (size_t i = 0; i < CAUGHT; i++)
		if (is_deadly(caught[i]) && sigismember(&waiting, caught[i]) == 1)
			return true;
	return false;
}

bool
signals_take(int signo)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i] == signo && arrived[i]) {
			arrived[i] = 0;
			return true;
		}
	return false;
}

void
signals_lend_keyboard(bool lent)
{
	static const int keys[] = {SIGINT, SIGQUIT};
	static bool was_ignored[sizeof keys / sizeof keys[0]];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (lent)
			was_ignored[i] = is_ignored(keys[i]);
		if (!was_ignored[i])
			set_action(keys[i], lent ? note_alone : note);
	}
}

void
signals_child(void)
{
	set_action(SIGCHLD, SIG_DFL);
	set_action(SIGWINCH, SIG_DFL);
	set_action(SIGHUP, SIG_IGN);
	set_action(SIGQUIT, SIG_IGN);
	set_action(SIGINT, SIG_IGN);
	if (!is_ignored(SIGTERM))
		set_action(SIGTERM, SIG_DFL);
	if (!is_ignored(SIGTSTP))
		set_action(SIGTSTP, SIG_DFL);
	unblock_all();
}

void
signals_hear_children(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) == -1)
		fatal("cannot block signals");
	set_action(SIGCHLD, note);
}

void
signals_program(void)
{
	for (size_t i = 0; i < CAUGHT; i++)
		set_action(caught[i], stays_ignored[i] ? SIG_IGN : SIG_DFL);
	set_action(SIGPIPE, SIG_DFL);
	set_action(SIGXFSZ, SIG_DFL);
	set_action(SIGTTIN, SIG_DFL); /* in the background it waits for the keyboard: ignored, there would be none */
	unblock_all();
}

void
signals_ignore(int signo)
{
	set_action(signo, SIG_IGN);
}

/* Sends a signal to this process, or its whole group (0); here it takes its usual effect. */
static void
obey(int signo, pid_t receiver)
{
	sigset_t one;

	if (is_ignored(signo))
		return;
	set_action(signo, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, signo);
	kill(receiver, signo); /* still blocked, taken when unblocked */
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
	set_action(signo, note);
}

void
signals_obey(int signo)
{
	obey(signo, getpid());
}

void
signals_stop_job(void)
{
	obey(SIGTSTP, 0);
}

void
signals_stop(bool job)
{
	if (job)
		signals_stop_job();
	else
		signals_obey(SIGTSTP);
	let_in();
}
