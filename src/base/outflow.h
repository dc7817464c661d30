/*
 * outflow - what goes out by a descriptor that others may have opened, and may not read: nobody waits for it.
 *
 * O_NONBLOCK belongs to a description, which is shared with the shell and other programs, so it is not set there: the
 * file is opened once more where that can be done.  Where it cannot, as it is another user's, no more is written at
 * once than there is room for if poll(2) finds any: PIPE_BUF in a pipe, and on a terminal, a pseudo-terminal at least,
 * a piece of a line.  Who fills or stops it between that and the write(2) makes this process wait all the same.
 */
#ifndef OUTFLOW_H
#define OUTFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/polls.h"
#include "base/span.h"

struct outflow {
	int fd;
	bool is_socket;
	bool shared;	     /* its description is the others', too, and may make whoever writes wait */
	bool is_terminal;
	struct buffer waits; /* to be written */
	int64_t moved;	     /* when some was taken last, or there was nothing */
	int cause;	     /* why it takes nothing any more, an errno; 0: it does */
	int slot;
};

/* Returns 0, or -1 and errno.  The descriptor stays the other's. */
int outflow_open(struct outflow *outflow, int fd);

void outflow_add(struct outflow *outflow, struct span bytes);

/* How many bytes wait. */
size_t outflow_length(const struct outflow *outflow);

/* Waits until there is room, if something waits; then writes what there is room for. */
void outflow_poll(struct outflow *outflow, struct polls *polls);

/* Writes what is taken at once.  Returns 0, or an errno the first time that it fails: what waits is dropped then. */
int outflow_flush(struct outflow *outflow);

/* Writes what is left in both, for a second at most. */
void outflow_drain(struct outflow *one, struct outflow *other);

void outflow_close(struct outflow *outflow);

#endif
