/*
 * patience - while the person thinks about an answer: whether the other side is still there.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>

#include "base/polls.h"

/* Waits for its leaving; one that is known to have spoken may leave. */
void patience_poll(int socket, bool has_spoken, struct polls *polls);

/*
 * Whether it has left.  One that has said more than so many bytes before it left is still let in, to be heard: then
 * *has_spoken becomes true.
 */
bool patience_is_lost(int socket, int goodbye, bool *has_spoken);

#endif
