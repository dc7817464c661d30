/*
 * hash - a number for a text, in which each of its bytes has a part: FNV-1a, of 32 bits.
 */
#ifndef HASH_H
#define HASH_H

#include <stdint.h>

/* The same seed and text give the same number everywhere; with another seed the numbers are others. */
uint32_t hash_text(uint32_t seed, const char *text);

#endif
