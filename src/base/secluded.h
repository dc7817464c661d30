/*
 * secluded - memory of which a child gets no copy, where that can be asked for (madvise(2)): what was said to one
 * other side is no business of the process that listens to the next one.
 */
#ifndef SECLUDED_H
#define SECLUDED_H

#include <stddef.h>

/* So many bytes, zeroed, in pages of their own.  Lack of memory ends the program. */
void *secluded_get(size_t size);

/* Gives them back. */
void secluded_free(void *memory, size_t size);

#endif
