#include <config.h>

#include "text/hash.h"

#define BASIS UINT32_C(2166136261)
#define PRIME UINT32_C(16777619)

uint32_t
hash_text(uint32_t seed, const char *text)
{
	uint32_t hash = BASIS ^ seed;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * PRIME;
	return hash ^ hash >> 16; /* the lower half knows more of the bytes than itself has */
}
