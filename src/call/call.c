#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "call/call.h"
#include "call/peer.h"
#include "text/filter.h"

void
call_place(const struct call_options *o, char place[CALL_PLACE_MAX])
{
	const char *called = o->nearby != NULL ? o->nearby : o->host;
	const char *name = o->path != NULL ? o->path : o->role == ROLE_CLIENT ? called : o->bind;
	char safe[PEER_NAME_MAX];

	filter_string(name, safe, sizeof safe);
	if (o->path != NULL)
		strlcpy(place, safe, CALL_PLACE_MAX);
	else if (o->nearby != NULL)
		snprintf(place, CALL_PLACE_MAX, "@%s", safe);
	else
		snprintf(place, CALL_PLACE_MAX, "%s port %u", safe, o->port);
}

bool
call_is_narrow(const struct call_options *o)
{
	return o->role == ROLE_CLIENT || o->bind != NULL || o->path != NULL;
}

int
call_key_place(const struct call_options *o, char host[CALL_PLACE_MAX], unsigned *port)
{
	bool relative = o->path != NULL && *o->path != '/';
	char folder[PATH_MAX] = "";

	*port = o->path == NULL && o->nearby == NULL ? o->port : 0;
	*host = '\0';
	if (o->nearby != NULL)
		return snprintf(host, CALL_PLACE_MAX, "@%s", o->nearby) < CALL_PLACE_MAX ? 0 : -1;
	if (relative && getcwd(folder, sizeof folder) == NULL)
		return -1;
	strlcpy(host, folder, CALL_PLACE_MAX);
	strlcat(host, relative ? "/" : "", CALL_PLACE_MAX);
	return strlcat(host, o->path != NULL ? o->path : o->host, CALL_PLACE_MAX) < CALL_PLACE_MAX ? 0 : -1;
}

void
call_describe_none(const struct call_options *o, char *text, size_t size)
{
	char place[CALL_PLACE_MAX];

	call_place(o, place);
	bilingual_print(text, size, "not connected to %s", place);
}

void
call_describe(const struct call_options *o, char *text, size_t size)
{
	char place[CALL_PLACE_MAX];

	if (!call_is_narrow(o)) {
		bilingual_print(text, size, "waiting on port %u", o->port);
		return;
	}
	call_place(o, place);
	bilingual_print(text, size, o->role == ROLE_CLIENT ? N_("calling %s") : N_("waiting on %s"), place);
}
