/*
 * secluded - memory of which a child gets no copy, where that can be asked for (MADV_DONTFORK, madvise(2)): what was
 * said to one other side is no business of the process that listens to the next one.
 *
 * In a child there is nothing at those addresses.  What it inherits of this kind it must not touch, not even give back.
 */
#ifndef SECLUDED_H
#define SECLUDED_H

#include <stddef.h>

/*
 * So many bytes, at least one, aligned for anything; what is in them is not known.  Up to 4 KiB the next power of two
 * is taken, 256 at least, mostly without a system call; more has pages of its own.  Lack of memory ends the program.
 */
void *secluded_get(size_t size);

/*
 * Gives them back, as many as were asked for: to the kernel where they have pages of their own, else to whoever wants
 * such a piece next.
 */
void secluded_free(void *memory, size_t size);

/* In a child: begins anew, without what the parent had.  Its own memory it shares with its children (child.h). */
void secluded_forget(void);

#endif
