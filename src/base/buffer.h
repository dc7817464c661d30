/*
 * buffer - bytes that are added at one end and taken away at the other.
 *
 * A zeroed struct is an empty buffer.  Out of memory ends the program with a message, through
 * exit(3), so that the terminal is restored.
 *
 * What is held is in no child (base/secluded.h): one that is to use a buffer of its parent's empties the struct first.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>

#include "base/span.h"

struct buffer {
	char *data;
	size_t start, end; /* what is held: data[start] to data[end - 1] */
	size_t room;	   /* what is allocated */
};

/* The first byte held; meaningless while the length is 0. */
char *buffer_data(const struct buffer *buffer);

/* How many bytes are held. */
size_t buffer_length(const struct buffer *buffer);

/* All of them; good until the buffer is changed. */
struct span buffer_span(const struct buffer *buffer);

/* The first line, with its LF; an empty span if none is complete.  Good until the buffer is changed. */
struct span buffer_line(const struct buffer *buffer);

/* All that are complete. */
struct span buffer_lines(const struct buffer *buffer);

/* Adds length bytes at the end. */
void buffer_add(struct buffer *buffer, const char *data, size_t length);

/* Room for at least length bytes behind the end, to be written to and then counted by buffer_grow. */
char *buffer_reserve(struct buffer *buffer, size_t length);
void buffer_grow(struct buffer *buffer, size_t length);

/* Takes length bytes, which are held, away from the front. */
void buffer_drop(struct buffer *buffer, size_t length);

/* Keeps the first length bytes of those that are held. */
void buffer_cut(struct buffer *buffer, size_t length);

/* Gives the memory back; the buffer is empty and can be used again. */
void buffer_free(struct buffer *buffer);

#endif
