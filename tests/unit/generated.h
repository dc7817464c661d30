/*
 * generated - what unit tests share that make up their text: it follows from a seed.
 */
#ifndef GENERATED_H
#define GENERATED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

/* The next number: splitmix64, whose state is the seed before the first one. */
static inline uint64_t
random_number(uint64_t *random)
{
	uint64_t z = *random += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* One that is less than bound, which is not 0. */
static inline size_t
below(uint64_t *random, size_t bound)
{
	return (size_t)(random_number(random) % bound);
}

static inline void
add_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}

/* Adds it so many times. */
static inline void
add_times(struct buffer *buffer, size_t count, const char *string)
{
	while (count-- > 0)
		add_string(buffer, string);
}

#endif
