#include <config.h>

#include <err.h>
#include <stdint.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/buffer.h"
#include "screen/report.h"
#include "text/filter.h"

#define REPORTED 1000 /* lines that are said one by one, as many as a terminal can be scrolled back */

/* Says a line, which may lack its LF. */
static void
say(const char *what, struct span line)
{
	warnx("%s%.*s", what, (int)(line.length - span_is_complete(line)), line.text);
}

void
report_alarms(struct span alarms)
{
	struct span line;

	while ((line = span_line(&alarms)).length > 0)
		say("", line);
}

void
report_lost(struct span lost)
{
	struct span line;
	size_t more;

	for (int said = 0; said < REPORTED && (line = span_line(&lost)).length > 0; said++)
		say(_("not delivered: "), line);
	if ((more = span_count_lines(lost)) > 0)
		warnx(ngettext("and %zu more line was not delivered", "and %zu more lines were not delivered", more),
		      more);
}

void
report_unsent(struct span typed)
{
	struct buffer text = {0};
	struct span rest, line;

	if (span_is_complete(typed)) /* nothing follows */
		typed.length--;
	if (typed.length == 0)
		return;
	filter_text(typed.text, typed.length, SIZE_MAX, &text);
	for (rest = buffer_span(&text); (line = span_line(&rest)).length > 0;)
		say(_("not sent: "), line);
	buffer_free(&text);
}
