#include <config.h>

#include <string.h>

#include "screen/wheel.h"

/* The first of what an arrow key is told by: CSI 1 ; modifiers : event, and a letter.  Empty if it is none. */
static struct span
take_arrow(struct span *text, bool *press, bool *tells_more)
{
	static const struct {
		const char *bytes;
		bool press, tells_more;
	} forms[] = {
		{"\033[", true, false},
		{"\033[1;1:1", true, true},	{"\033[1;1:3", false, true},
		{"\033[1;129", true, true},	/* with Num Lock, as of foot */
		{"\033[1;129:1", true, true},	{"\033[1;129:3", false, true},
		{"\033[1;65", true, true},	/* with Caps Lock */
		{"\033[1;65:1", true, true},	{"\033[1;65:3", false, true},
		{"\033[1;193", true, true},	/* with both */
		{"\033[1;193:1", true, true},	{"\033[1;193:3", false, true},
	};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		size_t length = strlen(forms[i].bytes);
		char letter = (char)(length < text->length ? text->text[length] : '\0');

		if ((letter == 'A' || letter == 'B') && memcmp(text->text, forms[i].bytes, length) == 0) {
			struct span taken = {text->text, length + 1};

			*press = forms[i].press;
			*tells_more = forms[i].tells_more;
			*text = (struct span){text->text + length + 1, text->length - length - 1};
			return taken;
		}
	}
	return (struct span){NULL, 0};
}

struct wheel
wheel_examine(struct span text)
{
	struct wheel wheel = {.length = 0};
	struct span arrow;
	bool press, tells_more;

	while ((arrow = take_arrow(&text, &press, &tells_more)).length > 0) {
		bool up = arrow.text[arrow.length - 1] == 'A';

		if (wheel.length > 0 && up != wheel.up)
			break;
		wheel.length += arrow.length;
		wheel.presses += press;
		wheel.up = up;
		wheel.tells_more |= tells_more;
	}
	return wheel;
}
