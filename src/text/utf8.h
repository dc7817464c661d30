/*
 * utf8 - characters in bytes, as in chapter 3.9 of The Unicode Standard.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum utf8_sequence {
	UTF8_COMPLETE,	 /* a character */
	UTF8_INCOMPLETE, /* could become one with the bytes that follow */
	UTF8_BROKEN	 /* will never be one */
};

/*
 * Looks at the sequence at the start of length bytes (at least one).  *used is how many bytes belong
 * to it: of a broken one, its maximal subpart (D93b).
 */
enum utf8_sequence utf8_examine(const char *text, size_t length, size_t *used);

/* The character that a complete sequence of length bytes encodes. */
static inline uint32_t
utf8_decode(const char *text, size_t length)
{
	static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t c = (unsigned char)text[0] & mask[length];

	for (size_t i = 1; i < length; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3F);
	return c;
}

#define UTF8_LONGEST 4

/* How many bytes a character beyond ASCII has. */
static inline size_t
utf8_length(uint32_t c)
{
	return 2U + (c >= 0x800) + (c >= 0x10000);
}

/*
 * The same without branches and without being told how long the sequence is, which is two bytes or more
 * and lies in at least UTF8_LONGEST bytes that can be read.
 */
static inline __attribute__((always_inline)) uint32_t
utf8_decode_wide(const char *text)
{
	uint32_t bytes, c;
	int length;

	memcpy(&bytes, text, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	bytes = __builtin_bswap32(bytes);
#endif
	length = __builtin_clz(~bytes);
	c = (bytes >> 24 & 0x7FU >> length) << 18 | (bytes & 0x3F0000) >> 4 | (bytes & 0x3F00) >> 2 |
	    (bytes & 0x3F);
	return c >> 6 * (UTF8_LONGEST - length);
}

/*
 * Takes the character at text, which is valid UTF-8 and ends at end, and returns where the next one
 * starts.  A byte that is not valid after all counts as U+FFFD.
 */
const char *utf8_next(const char *text, const char *end, uint32_t *character);

#endif
