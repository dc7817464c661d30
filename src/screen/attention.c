#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "screen/attention.h"
#include "screen/screen.h"
#include "screen/terminal.h"

void
attention_init(struct attention *a, enum bell bell)
{
	*a = (struct attention){.bell = bell, .focused = true};
}

void
attention_lines(struct attention *a, uint64_t lines, bool in_view)
{
	bool seen = a->focused && in_view;

	if (lines == 0)
		return;
	if (!seen)
		a->unread += lines;
	if (a->bell == BELL_ALWAYS || (a->bell == BELL_AUTO && !seen))
		a->ring = true;
}

void
attention_ring(struct attention *a)
{
	if (a->ring)
		screen_ring();
	a->ring = false;
}

void
attention_show(struct attention *a, bool in_view, const char *peer)
{
	char title[sizeof a->title], count[32] = "";

	if (a->focused && in_view)
		a->unread = 0;
	attention_ring(a);
	if (a->unread > 0)
		snprintf(count, sizeof count, "(%" PRIu64 ") ", a->unread);
	snprintf(title, sizeof title, "%stchat%s%s", count, *peer != '\0' ? ": " : "", peer);
	if (strcmp(title, a->title) == 0)
		return;
	strlcpy(a->title, title, sizeof a->title);
	terminal_set_title(title);
}
