/*
 * number - what two people on the phone compare instead of two fingerprints: 60 digits, the same on both screens.
 *
 * Half of it comes of each key, so that a key that goes with many others is computed with once, and made as Signal
 * makes its safety numbers: that a key gives 30 digits of somebody's choice is slowed down 5,200 times.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include "trust/fingerprint.h"

#define NUMBER_HALF_SIZE 36 /* six groups of five digits, blanks between them, and a NUL */

/*
 * Writes the half that comes of a valid fingerprint.  h is the SHA-512 of a byte 0, which is the version, and the 32
 * bytes of the fingerprint, then 5,200 times the SHA-512 of h and the fingerprint; each five bytes at its start,
 * big-endian, modulo 100,000, are a group.  That takes milliseconds.
 */
void number_half(const char *fingerprint, char half[NUMBER_HALF_SIZE]);

/* Puts two halves in the order in which both sides show them: the one that is lower as text comes first. */
void number_order(const char *half, const char *other, const char *number[2]);

#endif
