/*
 * safe - which characters may reach a terminal as themselves.
 */
#ifndef SAFE_H
#define SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a character that is no C0 control or DEL is safe.  LC_CTYPE must be a UTF-8 locale. */
bool safe_character(uint32_t c);

/*
 * How many bytes at the start of a text, which begins with a character, are known without a look at
 * each: whole, safe characters, TAB and LF.  It may be less than what is safe, for what follows is just
 * not known yet; it is never more.
 */
size_t safe_blocks(const char *text, size_t length);


#endif
