#include <config.h>

#include <string.h>

#include "screen/alarms.h"
#include "screen/report.h"

#define LINES_MAX 65536 /* bytes that are kept */

/* Whether the newest of them is that line. */
static bool
is_newest(const struct alarms *alarms, const char *line)
{
	size_t length = strlen(line), all = buffer_length(&alarms->lines);
	const char *end = buffer_data(&alarms->lines) + all;

	return all > length && memcmp(end - length - 1, line, length) == 0 &&
	       (all == length + 1 || end[-length - 2] == '\n');
}

void
alarms_add(struct alarms *alarms, const char *line)
{
	if (buffer_length(&alarms->lines) >= LINES_MAX || is_newest(alarms, line))
		return;
	buffer_add(&alarms->lines, line, strlen(line));
	buffer_add(&alarms->lines, "\n", 1);
}

void
alarms_note_seen(struct alarms *alarms)
{
	alarms->seen = buffer_length(&alarms->lines);
}

void
alarms_report(const struct alarms *alarms, bool all)
{
	struct span lines = buffer_span(&alarms->lines);

	if (!all && alarms->seen > 0)
		lines = (struct span){lines.text + alarms->seen, lines.length - alarms->seen};
	report_alarms(lines);
}

void
alarms_forget(struct alarms *alarms)
{
	buffer_free(&alarms->lines);
	alarms->seen = 0;
}
