/*
 * fingerprint - how people compare keys: "SHA256:" and the base64 of the SHA-256 of the public key
 * (its SubjectPublicKeyInfo, RFC 5280, 4.1), without padding, as ssh writes it.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#define FINGERPRINT_DIGEST 32 /* bytes of a SHA-256 */
#define FINGERPRINT_SIZE 51   /* of the text, with its NUL */

/* Whether the text has the form of a fingerprint. */
bool fingerprint_is_valid(const char *text);

/* Writes the text for a digest. */
void fingerprint_write(const unsigned char digest[FINGERPRINT_DIGEST], char text[FINGERPRINT_SIZE]);

/* The digest that a valid text is for. */
void fingerprint_read(const char *text, unsigned char digest[FINGERPRINT_DIGEST]);

#endif
