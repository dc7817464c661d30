/*
 * safe - which characters may reach a terminal as themselves.
 */
#ifndef SAFE_H
#define SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bit for each character that was asked about and is safe: iswprint(3) is slow. */
extern uint64_t safe_known[0x110000 / 64];

static inline bool
safe_is_known(uint32_t c)
{
	return safe_known[c / 64] >> c % 64 & 1;
}

/* Whether a character that is no C0 control or DEL is safe.  LC_CTYPE must be a UTF-8 locale. */
bool safe_ask(uint32_t c);

static inline bool
safe_character(uint32_t c)
{
	return safe_is_known(c) || safe_ask(c);
}

/*
 * How many bytes at the start of a text, which begins with a character, are known without a look at
 * each: whole, safe characters, TAB and LF.  It may be less than what is safe, for what follows is just
 * not known yet; it is never more.
 */
size_t safe_blocks(const char *text, size_t length);


#endif
