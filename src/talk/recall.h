/*
 * recall - the last lines of a group, for those who come later (--recall).
 *
 * They are kept as they are given: "14:02 <~ann> text".  Whoever calls again and again gets them once a minute.
 */
#ifndef RECALL_H
#define RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

#define RECALL_BYTES ((size_t)64 * 1024) /* at most, of all lines together */
#define RECALL_EVERY_MS 60000

/* A zeroed one keeps nothing. */
struct recall {
	size_t most;	    /* lines that are kept */
	size_t count;	    /* ... and that are there */
	struct buffer lines;
	uint32_t seed;	    /* of the hashes of those who have got them */
	struct buffer given; /* struct recall_given: within the last minute */
};

struct recall_given {
	uint32_t whom;
	int64_t when; /* as of clock_now */
};

void recall_init(struct recall *recall, size_t most);

/* Somebody says a line, without LF, which the prefix with the name stands before (text/said.h). */
void recall_add(struct recall *recall, struct span prefix, struct span line);

/* The lines for somebody, of that key or address, who comes now; empty if there are none, or they were given. */
struct span recall_give(struct recall *recall, const char *whom);

void recall_free(struct recall *recall);

#endif
