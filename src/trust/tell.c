#include <config.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/bilingual.h"
#include "trust/tell.h"

void
trust_tell(const struct trust *t, enum voice voice, const char *format, ...)
{
	char text[TRUST_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	bilingual_vprint(text, sizeof text, format, arguments);
	va_end(arguments);
	t->say(t->context, voice, text);
}

const char *
trust_whom(const struct trust *t)
{
	return t->call->role == ROLE_CLIENT ? t->peer->place : t->peer->name;
}
