/*
 * digit - the digits of all scripts.
 */
#ifndef DIGIT_H
#define DIGIT_H

#include <stddef.h>

/*
 * How many characters of UTF-8 text can be read as digits: those that The Unicode Standard, chapter 4.6, gives the
 * value of one, and numbers in circles, parentheses, or with a full stop.
 */
size_t digit_count(const char *text);

#endif
