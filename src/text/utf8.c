#include <config.h>

#include "text/utf8.h"

/*
 * How many bytes a sequence that starts with lead has, and the bounds of its second byte (table
 * 3-7); 0 where no sequence starts so.
 */
static size_t
sequence_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	*high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

enum utf8_sequence
utf8_examine(const char *text, size_t length, size_t *used)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low, high;
	size_t wanted = sequence_length(s[0], &low, &high);

	*used = 1;
	if (wanted == 0)
		return UTF8_BROKEN;
	while (*used < wanted) {
		if (*used == length)
			return UTF8_INCOMPLETE;
		if (s[*used] < low || s[*used] > high)
			return UTF8_BROKEN;
		low = 0x80;
		high = 0xBF;
		++*used;
	}
	return UTF8_COMPLETE;
}

const char *
utf8_next(const char *text, const char *end, uint32_t *character)
{
	size_t used;

	if (utf8_examine(text, (size_t)(end - text), &used) == UTF8_COMPLETE)
		*character = utf8_decode(text, used);
	else
		*character = 0xFFFD;
	return text + used;
}
