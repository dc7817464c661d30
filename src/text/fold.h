/*
 * fold - which characters are the same but for their case.
 *
 * Pure.  LC_CTYPE must be a UTF-8 locale; which one does not matter.
 */
#ifndef FOLD_H
#define FOLD_H

#include <stdint.h>

/*
 * Letters that differ in case alone become one, small; also those with several small forms, as sigma.  What languages
 * make of case differs for the i with and without its dot alone (The Unicode Standard, chapter 5.18), so all of these
 * are one, and no locale changes what is alike.
 */
uint32_t fold_case(uint32_t character);

#endif
