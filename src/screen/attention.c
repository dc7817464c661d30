#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "screen/attention.h"
#include "screen/screen.h"
#include "screen/terminal.h"

#define IDLE_MS 60000 /* whoever has pressed no key for so long may have gone, if the terminal cannot say */

void
attention_init(struct attention *a, enum bell bell)
{
	*a = (struct attention){.bell = bell, .focused = true, .last_key = clock_now()};
}

void
attention_focus(struct attention *a, bool focused)
{
	a->reported = true;
	a->focused = focused;
	if (focused)
		a->unread = 0;
}

void
attention_key(struct attention *a)
{
	a->last_key = clock_now();
	a->rung_idle = false;
}

/* Whether nobody may be there, and the bell has not rung for that yet: what comes would ring once. */
static bool
is_idle(const struct attention *a)
{
	return !a->reported && !a->rung_idle && clock_now() - a->last_key >= IDLE_MS;
}

void
attention_add(struct attention *a, uint64_t count, bool in_view)
{
	bool seen = a->focused && in_view, idle = is_idle(a);

	if (count == 0)
		return;
	if (!seen)
		a->unread += count;
	if (a->bell == BELL_ALWAYS || (a->bell == BELL_AUTO && (!seen || idle)))
		a->ring = true;
	a->rung_idle = a->rung_idle || idle;
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
	char title[TERMINAL_TITLE_MAX], count[32] = "";

	if (a->focused && in_view)
		a->unread = 0;
	attention_ring(a);
	if (a->unread > 0)
		snprintf(count, sizeof count, "(%" PRIu64 ") ", a->unread);
	snprintf(title, sizeof title, "%stchat%s%s", count, *peer != '\0' ? ": " : "", peer);
	terminal_set_title(title);
}
