/*
 * digit - the digits of all scripts.
 */
#ifndef DIGIT_H
#define DIGIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a character can be read as a digit: those that The Unicode Standard, chapter 4.6, gives the value of one, and
 * numbers in circles, parentheses, or with a full stop.
 */
bool digit_is(uint32_t c);

/* How many characters of UTF-8 text can. */
size_t digit_count(const char *text);

#endif
