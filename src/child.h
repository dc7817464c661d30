/*
 * child - what a forked child does first.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

/*
 * In a child of the process parent: the child ends when the parent does, even by SIGKILL (Linux and
 * FreeBSD); a screen is not its business; and signals have their usual effect, except that SIGHUP,
 * SIGINT and SIGQUIT are ignored, because the parent hears them too and decides what follows.
 */
void child_begin(pid_t parent);

#endif
