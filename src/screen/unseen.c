#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <readline/readline.h>

#include "screen/unseen.h"
#include "text/glyph.h"
#include "text/utf8.h"

/* Whether Readline stops on a character that is not drawn. */
static bool
is_unseen(int place)
{
	uint32_t c;

	if (place < 0 || place >= rl_end)
		return false;
	utf8_next(rl_line_buffer + place, rl_line_buffer + rl_end, &c);
	return glyph_columns(c) == 0 && wcwidth((wchar_t)c) > 0;
}

/* Where the character before the cursor is; -1: there is none. */
static int
before_cursor(void)
{
	int place = rl_point - 1;

	while (place > 0 && (rl_line_buffer[place] & 0xC0) == 0x80)
		place--;
	return place;
}

struct unseen
unseen_note(void)
{
	return (struct unseen){.cursor = rl_point, .end = rl_end, .before = is_unseen(before_cursor())};
}

static void
erase_before(bool unseen)
{
	while (unseen && rl_point > 0) {
		unseen = is_unseen(before_cursor());
		rl_rubout(1, 0);
	}
}

static void
erase_behind(void)
{
	while (is_unseen(rl_point))
		rl_delete(1, 0);
}

static void
move_on(bool back)
{
	while (is_unseen(rl_point) && rl_point > 0)
		if (back)
			rl_backward_char(1, 0);
		else
			rl_forward_char(1, 0);
}

void
unseen_pass(const struct unseen *noted)
{
	if (rl_end < noted->end && rl_last_func == rl_rubout)
		erase_before(noted->before);
	else if (rl_end < noted->end && rl_last_func == rl_delete)
		erase_behind();
	else if (rl_end == noted->end && rl_point != noted->cursor)
		move_on(rl_point < noted->cursor);
}
