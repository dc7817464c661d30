#include <config.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "call/via.h"
#include "text/name.h"
#include "text/utf8.h"

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

/* Whether a resolver takes that for a dot. */
static bool
is_dot(uint32_t c)
{
	return c == '.' || c == 0x2024 || c == 0x3002 || c == 0xFE52 || c == 0xFF0E || c == 0xFF61;
}

/* The letter of "onion" that a resolver makes of one in another style: as it is, in any case, or c. */
static uint32_t
plain_letter(uint32_t c)
{
	static const struct {
		uint32_t styled;
		char plain;
	} letters[] = {
		{0x00BA, 'o'}, {0x1D3C, 'o'}, {0x1D52, 'o'}, {0x2092, 'o'}, {0x2134, 'o'}, {0x1D3A, 'n'},
		{0x207F, 'n'}, {0x2099, 'n'}, {0x2115, 'n'}, {0x1D35, 'i'}, {0x1D62, 'i'}, {0x2071, 'i'},
		{0x2110, 'i'}, {0x2111, 'i'}, {0x2139, 'i'}, {0x2148, 'i'}, {0x2160, 'i'}, {0x2170, 'i'},
	};

	if (c >= 0xFF01 && c <= 0xFF5E) /* of full width */
		return c - 0xFF01 + '!';
	if (c >= 0x24B6 && c <= 0x24E9) /* in a circle */
		return 'a' + (c - 0x24B6) % 26;
	if (c >= 0x1D400 && c <= 0x1D6A3) /* bold, italic, and so on */
		return 'a' + (c - 0x1D400) % 26;
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].styled == c)
			return (unsigned char)letters[i].plain;
	return c;
}

bool
via_is_onion(const char *host)
{
	const char *end = host + strlen(host), *next;
	char label[NAME_SIZE] = "";
	size_t length = 0;
	uint32_t c;

	for (; host < end; host = next) {
		next = utf8_next(host, end, &c);
		if (is_dot(c) && next == end)
			break;
		if (is_dot(c)) {
			length = 0;
		} else if (length + UTF8_LONGEST < sizeof label) {
			if (plain_letter(c) < 0x80)
				label[length++] = (char)plain_letter(c);
			else
				for (; host < next; host++)
					label[length++] = *host;
		}
	}
	label[length] = '\0';
	return name_is_alike(label, ONION);
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
