#include <config.h>

#include <stdio.h>

#include "base/bilingual.h"
#include "call/call.h"
#include "call/peer.h"
#include "text/filter.h"

void
call_describe_none(const struct call_options *o, char *text, size_t size)
{
	char safe[PEER_NAME_MAX];

	filter_string(o->host, safe, sizeof safe);
	bilingual_print(text, size, "not connected to %s port %u", safe, o->port);
}

void
call_describe(const struct call_options *o, char *text, size_t size)
{
	const char *name = o->role == ROLE_CLIENT ? o->host : o->bind;
	char safe[PEER_NAME_MAX];

	filter_string(name != NULL ? name : "", safe, sizeof safe);
	if (o->role == ROLE_CLIENT)
		bilingual_print(text, size, "calling %s port %u", safe, o->port);
	else if (o->bind != NULL)
		bilingual_print(text, size, "waiting on %s port %u", safe, o->port);
	else
		bilingual_print(text, size, "waiting on port %u", o->port);
}
