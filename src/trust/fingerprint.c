#include <config.h>

#include <string.h>

#include "trust/fingerprint.h"

#define PREFIX "SHA256:"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool
fingerprint_is_valid(const char *text)
{
	size_t prefix = sizeof PREFIX - 1;

	return strlen(text) == FINGERPRINT_SIZE - 1 && strncmp(text, PREFIX, prefix) == 0 &&
	       strspn(text + prefix, digits) == FINGERPRINT_SIZE - 1 - prefix;
}

void
fingerprint_write(const unsigned char digest[FINGERPRINT_DIGEST], char text[FINGERPRINT_SIZE])
{
	char *next = text + strlcpy(text, PREFIX, FINGERPRINT_SIZE);
	unsigned bits = 0;
	int count = 0;

	/* Base64 (RFC 4648, 4): six bits a digit, the most significant first. */
	for (int i = 0; i < FINGERPRINT_DIGEST; i++) {
		bits = bits << 8 | digest[i];
		for (count += 8; count >= 6; count -= 6)
			*next++ = digits[bits >> (count - 6) & 63];
	}
	*next++ = digits[bits << (6 - count) & 63];
	*next = '\0';
}

void
fingerprint_read(const char *text, unsigned char digest[FINGERPRINT_DIGEST])
{
	const char *next = text + sizeof PREFIX - 1;
	unsigned bits = 0;
	int count = 0;

	for (int i = 0; i < FINGERPRINT_DIGEST; i++) {
		for (; count < 8; count += 6)
			bits = bits << 6 | (unsigned)(strchr(digits, *next++) - digits);
		digest[i] = (unsigned char)(bits >> (count -= 8));
	}
}
