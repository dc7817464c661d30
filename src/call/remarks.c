#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "call/remarks.h"
#include "text/filter.h"

/* Whether one more may be told now; it is counted in any case. */
static bool
may_tell(struct remarks *r, int64_t now)
{
	int64_t start = r->used_until > now ? r->used_until : now;

	if (start - now >= (int64_t)REMARKS_AT_ONCE * REMARKS_EVERY_MS) {
		r->dropped++;
		return false;
	}
	r->used_until = start + REMARKS_EVERY_MS;
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
			r->told = false;
		} else if (c == '\b') { /* of an answer, as a terminal echoes it */
			r->length -= r->length > 0;
		} else if (c != '\r' && c != '\0' && !r->told) {
			r->line[r->length++] = c;
			if (r->length == sizeof r->line - 1)
				tells = tell(r, now, text);
		}
	}
	return tells;
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
