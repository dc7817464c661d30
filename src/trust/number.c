#include <config.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "trust/number.h"

#define NUMBER_VERSION 0
#define ROUNDS 5200
#define SHA512_SIZE 64
#define GROUP_BYTES 5
#define GROUP_TEXT (NUMBER_HALF_SIZE / 6) /* with the blank, or the NUL, behind it */
#define GROUP_END 100000

static void
hash(const unsigned char *text, size_t length, unsigned char digest[SHA512_SIZE])
{
	if (gnutls_hash_fast(GNUTLS_DIG_SHA512, text, length, digest) < 0)
		fatal("cannot compute a number");
}

void
number_half(const char *fingerprint, char half[NUMBER_HALF_SIZE])
{
	unsigned char first[1 + FINGERPRINT_DIGEST] = {NUMBER_VERSION}, round[SHA512_SIZE + FINGERPRINT_DIGEST];

	fingerprint_read(fingerprint, first + 1);
	memcpy(round + SHA512_SIZE, first + 1, FINGERPRINT_DIGEST);
	hash(first, sizeof first, round);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned char digest[SHA512_SIZE];

		hash(round, sizeof round, digest);
		memcpy(round, digest, sizeof digest);
	}
	for (size_t group = 0; group * GROUP_TEXT < NUMBER_HALF_SIZE; group++) {
		uint64_t number = 0;

		for (size_t i = 0; i < GROUP_BYTES; i++)
			number = number << 8 | round[group * GROUP_BYTES + i];
		snprintf(half + group * GROUP_TEXT, GROUP_TEXT, "%05u", (unsigned)(number % GROUP_END));
		half[group * GROUP_TEXT + GROUP_TEXT - 1] = ' ';
	}
	half[NUMBER_HALF_SIZE - 1] = '\0';
}

void
number_order(const char *half, const char *other, const char *number[2])
{
	bool first = strcmp(half, other) <= 0;

	number[0] = first ? half : other;
	number[1] = first ? other : half;
}
