#include <config.h>

#include <curses.h>
#include <stdbool.h>
#include <stdlib.h>

#include "screen/style.h"
#include "screen/tint.h"

#define PALETTE 256 /* with more, a colour's number is no place in a table, but what it is made of */

/* The colours have a contrast (WCAG 2.1, 1.4.3) of at least 4.5 to 1 to #ffffff and to #000000. */
static const struct {
	attr_t attributes;
	short colour; /* 0: the terminal's own */
} looks[STYLE_COUNT] = {
	[STYLE_PLAIN] = {A_NORMAL, 0},
	[STYLE_FAINT] = {A_NORMAL, 243},     /* #767676 */
	[STYLE_NAME] = {A_BOLD, 0},
	[STYLE_PEER_NAME] = {A_BOLD, 63},    /* #5f5fff */
	[STYLE_NEWEST] = {A_BOLD, 0},
	[STYLE_DELIVERED] = {A_NORMAL, 29},  /* #00875f */
	[STYLE_QUESTION] = {A_BOLD, 0},
	[STYLE_ALARM] = {A_BOLD, 163},	     /* #d700af */
	[STYLE_FOUND] = {A_BOLD | A_REVERSE, 0},
	[STYLE_LIKE_FOUND] = {A_BOLD | A_UNDERLINE, 0},
	[STYLE_OVER] = {A_REVERSE, 0},
};

static bool has_palette;

void
style_open(void)
{
	const char *no_color = getenv("NO_COLOR");

	if (no_color != NULL && *no_color != '\0')
		return;
	if (!has_colors() || start_color() == ERR || use_default_colors() == ERR || COLORS != PALETTE)
		return;
	has_palette = true;
	for (int i = 0; i < STYLE_COUNT; i++)
		if (looks[i].colour != 0)
			init_pair((short)i, looks[i].colour, -1);
	for (int i = 0; i < TINT_COUNT; i++)
		init_pair((short)(STYLE_COUNT + i), tint_colours[i], -1);
}

/* The pair of colours of a style. */
static short
pair_of(enum style style)
{
	return (short)(has_palette && looks[style].colour != 0 ? (int)style : 0);
}

void
style_set(enum style style)
{
	attr_set(looks[style].attributes, pair_of(style), NULL);
}

void
style_set_name(const char *name)
{
	short pair = (short)(has_palette ? STYLE_COUNT + (int)tint_of(name) : 0);

	attr_set(looks[STYLE_PEER_NAME].attributes, pair, NULL);
}

void
style_change(int y, int x, int columns, enum style style)
{
	mvchgat(y, x, columns, looks[style].attributes, pair_of(style), NULL);
}
