#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/bilingual.h"
#include "base/fatal.h"

static void (*first)(void);

void
fatal_first(void (*cleanup)(void))
{
	first = cleanup;
}

void
fatal(const char *format, ...)
{
	int cause = errno;
	void (*cleanup)(void) = first;
	va_list arguments;

	first = NULL; /* it can fail, too */
	if (cleanup != NULL)
		cleanup();
	va_start(arguments, format);
	vwarnc(cause, gettext(format), arguments);
	va_end(arguments);
	exit(1);
}
