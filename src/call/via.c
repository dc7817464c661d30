#include <config.h>

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#if defined(HAVE_GNUTLS)
#include <gnutls/gnutls.h>
#endif

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

/* Writes a host as a resolver asks for it (RFC 5890, UTS 46), as far as it can be; else as it is. */
static void
write_ascii(const char *host, char *ascii, size_t size)
{
#if defined(HAVE_GNUTLS)
	gnutls_datum_t mapped;

	if (gnutls_idna_map(host, (unsigned)strlen(host), &mapped, 0) == GNUTLS_E_SUCCESS) {
		strlcpy(ascii, (const char *)mapped.data, size);
		gnutls_free(mapped.data);
		return;
	}
#endif
	strlcpy(ascii, host, size);
}

bool
via_is_onion(const char *host)
{
	size_t length, label = strlen(ONION);
	char ascii[NI_MAXHOST];

	write_ascii(host, ascii, sizeof ascii);
	length = strlen(ascii);
	if (length > 0 && ascii[length - 1] == '.')
		length--;
	if (length < label || strncasecmp(ascii + length - label, ONION, label) != 0)
		return false;
	return length == label || ascii[length - label - 1] == '.';
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
