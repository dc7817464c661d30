#include <config.h>

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/filter.h"
#include "record/notice.h"

/* Says that the log has failed, if it has. */
static void
say_failed(int cause)
{
	if (cause != 0)
		warnc(cause, "cannot write to the log; the conversation goes on without it");
}

void
notice(struct log *log, const char *format, ...)
{
	char said[1024], line[3 * sizeof said]; /* a byte that is no UTF-8 becomes three */
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said, sizeof said, format, arguments);
	va_end(arguments);
	filter_string(said, line, sizeof line); /* a name or a file name can hold anything */
	warnx("%s", line);
	log_line(log, VOICE_NOTICE, line, strlen(line));
	say_failed(log_flush(log));
}

void
notice_finish_log(struct log *log)
{
	say_failed(log_finish(log));
}
