#include <config.h>

#include <stdint.h>
#include <string.h>

#include "screen/placed.h"
#include "text/utf8.h"

/* A sign says how many columns the glyph has, and how many characters of it follow. */
#define SIGN 0x10F000
#define SIGN_COUNTS 8 /* signs for each number of columns */
#define SIGN_END (SIGN + (GLYPH_COLUMNS_MAX + 1) * SIGN_COUNTS)
#define SIGN_LEAD 0xF4 /* the first byte of each */

#define SAVE_CURSOR "\0337"
#define RESTORE_CURSOR "\0338"
#define CURSOR_RIGHT "\033[C"

const wchar_t placed_next = SIGN;

void
placed_encode(const struct glyph *glyph, wchar_t cell[PLACED_CELL_MAX])
{
	int count = 1;

	memset(cell, 0, PLACED_CELL_MAX * sizeof *cell);
	cell[count++] = (wchar_t)glyph->character;
	for (const uint32_t *mark = glyph->marks; *mark != 0; mark++)
		cell[count++] = (wchar_t)*mark;
	cell[0] = (wchar_t)(SIGN + glyph->columns * SIGN_COUNTS + count - 1);
}

bool
placed_is(wchar_t first)
{
	return first >= SIGN && first < SIGN_END;
}

static void
add(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

/* Adds what draws a glyph, the characters of which are at text.  Returns where what is behind them begins. */
static const char *
draw(uint32_t sign, const char *text, const char *end, struct buffer *buffer)
{
	uint32_t columns = (sign - SIGN) / SIGN_COUNTS, count = (sign - SIGN) % SIGN_COUNTS, character;
	const char *behind = text;

	while (count-- > 0 && behind < end)
		behind = utf8_next(behind, end, &character);
	if (columns > 0) {
		add(buffer, SAVE_CURSOR);
		while (columns-- > 0)
			add(buffer, " ");
		add(buffer, RESTORE_CURSOR SAVE_CURSOR);
		buffer_add(buffer, text, (size_t)(behind - text));
		add(buffer, RESTORE_CURSOR);
	}
	add(buffer, CURSOR_RIGHT);
	return behind;
}

void
placed_decode(const char *text, size_t length, struct buffer *buffer)
{
	const char *end = text + length, *sign;

	while ((sign = memchr(text, SIGN_LEAD, (size_t)(end - text))) != NULL) {
		uint32_t character;
		const char *behind = utf8_next(sign, end, &character);

		buffer_add(buffer, text, (size_t)(sign - text));
		if (placed_is((wchar_t)character)) {
			text = draw(character, behind, end, buffer);
		} else {
			buffer_add(buffer, sign, (size_t)(behind - sign));
			text = behind;
		}
	}
	buffer_add(buffer, text, (size_t)(end - text));
}
