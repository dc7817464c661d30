/*
 * birth - how a listener begins: what it keeps of the speaker, and how it is locked in.
 */
#ifndef BIRTH_H
#define BIRTH_H

#include <sys/types.h>

#include <stdbool.h>

#include "link/listener.h"

/*
 * Before the first listener, while there is memory: makes what will confine them, and without which none
 * can be started.  Raw bytes that pass unseen, without TLS and log, may be moved by splice(2), and only then.
 * Returns 0, or -1 and errno.
 */
int birth_prepare(bool unseen);

/*
 * In a child of the process parent, with the descriptors of that one: becomes the listener to the peer of that name,
 * to the end.  Where what it writes is piped to the speaker, SIGTSTP is but for that one.
 */
_Noreturn void birth(struct listener listener, const char *name, bool piped, pid_t parent);

#endif
