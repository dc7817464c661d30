#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "call/remarks.h"
#include "text/filter.h"

/* From when on one more may be told. */
static int64_t
may_tell_from(const struct remarks *r)
{
	return r->used_until - (int64_t)(REMARKS_AT_ONCE - 1) * REMARKS_EVERY_MS;
}

/* Whether one more may be told now; it is counted in any case. */
static bool
may_tell(struct remarks *r, int64_t now)
{
	if (now < may_tell_from(r)) {
		r->dropped++;
		return false;
	}
	r->used_until = (r->used_until > now ? r->used_until : now) + REMARKS_EVERY_MS;
	return true;
}

/* What there is of the line is to be told, unless it was, or is empty.  Returns whether it is put into text. */
static bool
tell(struct remarks *r, int64_t now, char text[REMARKS_TEXT])
{
	bool tells = !r->told && r->length > 0 && may_tell(r, now);

	r->line[r->length] = '\0';
	r->length = 0;
	r->told = true;
	if (tells)
		filter_string(r->line, text, REMARKS_TEXT);
	return tells;
}

bool
remarks_next(struct remarks *r, struct span *written, int64_t now, char text[REMARKS_TEXT])
{
	bool tells = false;

	while (written->length > 0 && !tells) {
		char c = *written->text++;

		written->length--;
		r->since = now;
		if (c == '\n') {
			tells = tell(r, now, text);
			r->told = r->typed = false;
		} else if (c != '\r' && c != '\0' && !r->told && !r->typed) {
			r->line[r->length++] = c;
			if (r->length == sizeof r->line - 1)
				tells = tell(r, now, text);
		}
	}
	return tells;
}

void
remarks_interrupt(struct remarks *r)
{
	r->typed = true;
}

int64_t
remarks_due(const struct remarks *r)
{
	return r->length > 0 ? r->since + REMARKS_WAIT_MS : CLOCK_NEVER;
}

bool
remarks_rest(struct remarks *r, int64_t now, char text[REMARKS_TEXT])
{
	return r->length > 0 && tell(r, now, text);
}

int64_t
remarks_count_due(const struct remarks *r)
{
	return r->dropped > 0 ? may_tell_from(r) : CLOCK_NEVER;
}

unsigned
remarks_count(struct remarks *r, int64_t now, bool end)
{
	unsigned dropped = end || now >= remarks_count_due(r) ? r->dropped : 0;

	r->dropped -= dropped;
	return dropped;
}
