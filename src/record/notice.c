#include <config.h>

#include <err.h>
#include <stdarg.h>

#include "base/bilingual.h"
#include "text/filter.h"
#include "record/notice.h"

/* Says that the log has failed, if it has. */
static void
say_failed(int cause)
{
	if (cause != 0)
		warnc(cause, "%s", _("cannot write to the log; the conversation goes on without it"));
}

void
notice(struct log *log, const char *format, ...)
{
	char said[BILINGUAL_MAX], line[3 * SENTENCE_MAX]; /* a byte that is no UTF-8 becomes three */
	va_list arguments;

	va_start(arguments, format);
	bilingual_vprint(said, sizeof said, format, arguments);
	va_end(arguments);
	filter_language(said, PERSONAL, line, sizeof line); /* a name or a file name can hold anything */
	warnx("%s", line);
	log_notice(log, said);
	say_failed(log_flush(log));
}

void
notice_finish_log(struct log *log)
{
	say_failed(log_finish(log));
}
