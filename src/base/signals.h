/*
 * signals - they arrive only while the program waits, so nothing else has to expect them.
 *
 * From signals_open on, the signals that tchat acts on are blocked except inside signals_poll; what
 * arrived there is asked for afterwards.  There is no race between looking and sleeping: ppoll(2).
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/*
 * Starts catching SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP and SIGWINCH; SIGPIPE is ignored.  What was
 * ignored when the program was started stays so, as nohup(1) asks for SIGHUP, but for SIGCHLD and SIGWINCH; what
 * was blocked does not stay so.
 */
void signals_open(void);

/* Leaves SIGTSTP to the kernel again: for whoever has no screen to put away first. */
void signals_default_stop(void);

/*
 * Waits like poll(2), in milliseconds, -1 for ever.  A signal ends the wait; then, and when time is
 * up, every revents is 0 and the answer is 0.  Where something is ready, signals have arrived, too.  Does
 * not fail: what can go wrong is a mistake in the program, and ends it.
 */
int signals_poll(struct pollfd *fds, nfds_t count, int timeout);

/* The first signal that told the program to end (SIGHUP, SIGINT, SIGQUIT, SIGTERM), or 0. */
int signals_deadly(void);

/* How many such signals have arrived so far, SIGHUP left out: who is told once more is in a hurry. */
int signals_urgent_count(void);

/* Whether such a signal has come, and will arrive in the next wait: for what may take a moment, and not longer then. */
bool signals_are_due(void);

/* Whether signo arrived since this was last asked. */
bool signals_take(int signo);

/* While the keyboard is lent to another program, SIGINT and SIGQUIT are meant for that one, and only noted here. */
void signals_lend_keyboard(bool lent);

/* In a forked child: nothing is caught any more; see child_begin. */
void signals_child(void);

/* In a forked child that has children of its own: that one of them ends ends a wait (signals_poll). */
void signals_hear_children(void);

/* In a child that becomes another program: as that expects it, nothing is caught or blocked. */
void signals_program(void);

/* In a child, this one is ignored: SIGTSTP where it may not be continued when its parent is, for example. */
void signals_ignore(int signo);

/*
 * Lets a deadly or stopping signal take its usual effect.  Returns only after a stop, or where the
 * signal was ignored when the program was started.
 */
void signals_obey(int signo);

/*
 * Stops the whole process group, as the terminal does with Ctrl-Z: a shell comes back only when all of a
 * job has stopped, and a script that runs this program is part of it.  Returns like signals_obey.
 */
void signals_stop_job(void);

/*
 * The one or the other, upon SIGTSTP, or a key that is meant for the whole job.  A signal that has come meanwhile, and
 * that ends the program, is seen then (signals_deadly).
 */
void signals_stop(bool job);

#endif
