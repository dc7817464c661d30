/*
 * child - what a forked child does first.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

/*
 * In a child of the process parent: the child ends when the parent does, even by SIGKILL; a screen is not
 * its business; and signals have their usual effect, except that SIGHUP, SIGINT and SIGQUIT are ignored,
 * because the parent hears them too and decides what follows.
 *
 * report is the writing end of a pipe that nobody but the parent reads from, with what the child says last.
 * Where the kernel does not end a child with its parent (Linux and FreeBSD do), a signal from that pipe does
 * (O_ASYNC, open(2)), also when the report is read.  It is -1 for a child that becomes another program, which
 * ends by itself.
 */
void child_begin(pid_t parent, int report);

#endif
