/*
 * list - who waits in the local network, as far as they announce that (-L).
 */
#ifndef LIST_H
#define LIST_H

/*
 * Lists on standard output who comes and goes, for two seconds, or until a key where standard input is a terminal.
 * Returns the exit status; what there is to say besides has been said.
 */
int list_run(void);

#endif
