/*
 * host - a group on standard input and output: for pipes, ssh, screen readers, and servers with nobody at the keyboard.
 *
 * What the members say is written as "<~ann> text"; what is read goes to all of them.  The end of the input ends
 * nothing: a signal does.
 */
#ifndef HOST_H
#define HOST_H

struct talk_base;

/* Holds the group.  Returns the exit status; a signal that told it to end is left to whoever called this. */
int host_run(const struct talk_base *base);

#endif
