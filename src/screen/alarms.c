#include <config.h>

#include <string.h>

#include "screen/alarms.h"
#include "screen/report.h"

#define LINES_MAX 65536 /* bytes that are kept */

void
alarms_add(struct alarms *alarms, const char *line)
{
	if (buffer_length(&alarms->lines) >= LINES_MAX)
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
