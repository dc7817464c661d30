/*
 * A command that makes the connection: whatever the host is, it stays one word of the command.
 *
 * A case is the command, a LF, and the host.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "call/via.h"
#include "fuzz.h"

/* Whether a shell sees nothing but the letters themselves. */
static bool
is_harmless(const char *host)
{
	return *host != '-' && host[strcspn(host, " \t\n\r\"'`$\\|&;<>()[]{}*?~#!=^/,@+")] == '\0';
}

/* As long as its parts, which are counted here one by one. */
static size_t
length_of(const char *command, const char *host)
{
	size_t length = 0;

	for (const char *s = command; *s != '\0'; s++) {
		if (*s != '%')
			length++;
		else if (*++s == 'h')
			length += strlen(host);
		else
			length += *s == 'p' ? strlen("65535") : 1;
	}
	return length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *command = malloc(size + 1), *host;
	struct buffer expanded = {0};

	must(command != NULL);
	if (size > 0)
		memcpy(command, data, size);
	command[size] = '\0';
	host = strchr(command, '\n');
	if (host != NULL) {
		*host++ = '\0';
		must(!via_takes_host(host) || is_harmless(host));
		(void)via_is_onion(host);
		if (via_unknown(command) == NULL) {
			via_expand(command, host, 65535, &expanded);
			must(buffer_length(&expanded) == length_of(command, host) + 1);
			must(strlen(buffer_data(&expanded)) == length_of(command, host));
		} else {
			must(*via_unknown(command) == '%');
		}
	}
	buffer_free(&expanded);
	free(command);
	return 0;
}
