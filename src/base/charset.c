#include <config.h>

#include <err.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/charset.h"

static char asked_for[64]; /* empty: none */

/* The name of the locale for characters. */
static const char *
locale_name(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return "";
}

/* Takes the character set out of a name such as de_DE.ISO-8859-15@euro. */
static void
ask_by_name(const char *name)
{
	const char *dot = strchr(name, '.');

	strlcpy(asked_for, dot != NULL ? dot + 1 : "", sizeof asked_for);
	asked_for[strcspn(asked_for, "@")] = '\0';
}

static bool
names_none(const char *locale)
{
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

void
charset_use_utf8(void)
{
	const char *locale;

	if (setlocale(LC_ALL, "") == NULL) { /* as one of all categories fails */
		setlocale(LC_MESSAGES, "");
		setlocale(LC_TIME, "");
	}
	locale = setlocale(LC_CTYPE, "");
	if (locale == NULL)
		ask_by_name(locale_name());
	else if (!names_none(locale))
		strlcpy(asked_for, nl_langinfo(CODESET), sizeof asked_for);
	if (locale != NULL && strcmp(asked_for, "UTF-8") == 0)
		return;
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		errx(1, "there is no locale for UTF-8: neither the environment's nor C.UTF-8");
	unsetenv("LC_ALL"); /* Readline looks there */
	setenv("LC_CTYPE", "C.UTF-8", 1);
}

const char *
charset_foreign(void)
{
	if (*asked_for == '\0' || strcasecmp(asked_for, "UTF-8") == 0 || strcasecmp(asked_for, "UTF8") == 0)
		return NULL;
	return asked_for;
}
