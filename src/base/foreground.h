/*
 * foreground - which processes have the keyboard of the terminal: job control, as a shell has it (POSIX, Base
 * Definitions, chapter 11.1.4).
 *
 * The terminal is the one that controls this session.  A process in the background that reads from it is stopped by
 * SIGTTIN, and by SIGTTOU where it changes its settings: so its parent learns that it wants the keyboard.
 */
#ifndef FOREGROUND_H
#define FOREGROUND_H

#include <sys/types.h>

#include <stdbool.h>

/* Gives the keyboard to another group of processes.  Who is in the background is stopped, as by any use of it. */
void foreground_give(pid_t group);

/* Takes it back from a group; not from another one, to which a shell may have given it. */
void foreground_take(pid_t group);

/* Lets this process use the terminal from the background, also where that stops others (stty tostop); or no more. */
void foreground_let_write(bool let);

#endif
