#include <config.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "call/via.h"

#define HOST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:%"
#define ONION "onion"

const char *
via_unknown(const char *command)
{
	for (const char *s = strchr(command, '%'); s != NULL; s = strchr(s + 2, '%'))
		if (s[1] == '\0' || strchr("hp%", s[1]) == NULL)
			return s;
	return NULL;
}

bool
via_takes_host(const char *host)
{
	return *host != '\0' && *host != '-' && host[strspn(host, HOST)] == '\0';
}

bool
via_is_onion(const char *host)
{
	size_t length = strlen(host), label = strlen(ONION);

	if (length > 0 && host[length - 1] == '.')
		length--;
	if (length < label || strncasecmp(host + length - label, ONION, label) != 0)
		return false;
	return length == label || host[length - label - 1] == '.';
}

void
via_expand(const char *command, const char *host, unsigned port, struct buffer *expanded)
{
	char number[16];
	const char *s = command, *place;

	snprintf(number, sizeof number, "%u", port);
	for (; (place = strchr(s, '%')) != NULL; s = place + 2) {
		const char *word = place[1] == 'h' ? host : place[1] == 'p' ? number : "%";

		buffer_add(expanded, s, (size_t)(place - s));
		buffer_add(expanded, word, strlen(word));
	}
	buffer_add(expanded, s, strlen(s) + 1);
}
