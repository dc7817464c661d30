#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "call/browse.h"

#define FIELD_SIZE 1024 /* the longest that is looked at: a name, each byte of which is escaped, takes less */

/* Takes the next field, up to a semicolon or the end, off the line.  False if there is none, or it is too long. */
static bool
take_field(const char **next, const char *end, char field[FIELD_SIZE])
{
	const char *start = *next, *stop;
	size_t length;

	if (start == NULL)
		return false;
	stop = memchr(start, ';', (size_t)(end - start));
	length = (size_t)((stop != NULL ? stop : end) - start);
	*next = stop != NULL ? stop + 1 : NULL;
	if (length >= FIELD_SIZE || memchr(start, '\0', length) != NULL)
		return false;
	memcpy(field, start, length);
	field[length] = '\0';
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte that a text begins with, which may be escaped, \032 or \. for example; -1 if it is none.  Moves it on. */
static int
take_byte(const char **next)
{
	const char *c = *next;

	if (*c != '\\') {
		*next += 1;
		return (unsigned char)*c;
	}
	if (is_digit(c[1]) && is_digit(c[2]) && is_digit(c[3])) {
		int value = (c[1] - '0') * 100 + (c[2] - '0') * 10 + (c[3] - '0');

		*next += 4;
		return value > 0 && value <= 255 ? value : -1;
	}
	if (c[1] == '\0' || is_digit(c[1]))
		return -1;
	*next += 2;
	return (unsigned char)c[1];
}

/* Copies a text that is escaped as it is meant.  False if it is empty, too long, or none. */
static bool
unescape(const char *text, char *out, size_t size)
{
	size_t length = 0;

	while (*text != '\0') {
		int byte = take_byte(&text);

		if (byte == -1 || length == size - 1)
			return false;
		out[length++] = (char)byte;
	}
	out[length] = '\0';
	return length > 0;
}

static bool
read_protocol(const char *text, int *protocol)
{
	*protocol = strcmp(text, "IPv4") == 0 ? AF_INET : strcmp(text, "IPv6") == 0 ? AF_INET6 : AF_UNSPEC;
	return *protocol != AF_UNSPEC;
}

static bool
read_port(const char *text, unsigned *port)
{
	const char *problem;

	if (!is_digit(*text))
		return false;
	*port = (unsigned)strtonum(text, 1, 65535, &problem);
	return problem == NULL;
}

static bool
read_address(const char *text, unsigned port, struct address *address)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		memcpy(&address->storage, &four, sizeof four);
		address->length = sizeof four;
	} else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
		memcpy(&address->storage, &six, sizeof six);
		address->length = sizeof six;
	} else {
		return false;
	}
	return true;
}

/* Whether what it says of itself, strings in quotes, is that it does not encrypt. */
static bool
says_bare(const char *texts, const char *end)
{
	static const char bare[] = "\"tls=no\"";

	return texts != NULL && memmem(texts, (size_t)(end - texts), bare, sizeof bare - 1) != NULL;
}

bool
browse_parse(const char *line, size_t length, struct sighting *s)
{
	const char *next = line, *end = line + length;
	char kind[FIELD_SIZE], field[FIELD_SIZE];

	memset(s, 0, sizeof *s); /* so that equal ones are equal byte by byte */
	if (!take_field(&next, end, kind) || (strcmp(kind, "=") != 0 && strcmp(kind, "-") != 0))
		return false;
	s->gone = *kind == '-';
	if (!take_field(&next, end, field) || *field == '\0' ||
	    strlcpy(s->interface, field, sizeof s->interface) >= sizeof s->interface)
		return false;
	if (!take_field(&next, end, field) || !read_protocol(field, &s->protocol) ||
	    !take_field(&next, end, field) || !unescape(field, s->name, sizeof s->name) ||
	    !take_field(&next, end, field) || strcmp(field, BROWSE_TYPE) != 0 || !take_field(&next, end, field))
		return false;
	if (s->gone)
		return true;
	if (!take_field(&next, end, field) || !unescape(field, s->host, sizeof s->host) ||
	    !take_field(&next, end, kind) || !take_field(&next, end, field) || !read_port(field, &s->port) ||
	    !read_address(kind, s->port, &s->address))
		return false;
	s->tls = !says_bare(next, end);
	return true;
}

/* --- All of them. --- */

struct sighting *
sightings_find(const struct sightings *sightings, const struct sighting *like)
{
	for (size_t i = 0; i < sightings->count; i++) {
		struct sighting *s = &sightings->all[i];

		if (s->protocol == like->protocol && strcmp(s->name, like->name) == 0 &&
		    strcmp(s->interface, like->interface) == 0)
			return s;
	}
	return NULL;
}

bool
sighting_is_of_same(const struct sighting *a, const struct sighting *b)
{
	return a->port == b->port && strcmp(a->name, b->name) == 0 && strcmp(a->host, b->host) == 0;
}

bool
sightings_have(const struct sightings *sightings, const struct sighting *like)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (sighting_is_of_same(&sightings->all[i], like))
			return true;
	return false;
}

bool
sightings_have_alike(const struct sightings *sightings, const struct sighting *one)
{
	for (size_t i = 0; i < sightings->count; i++) {
		const struct sighting *s = &sightings->all[i];

		if (memcmp(&s->look, &one->look, sizeof s->look) == 0 && !sighting_is_of_same(s, one))
			return true;
	}
	return false;
}

struct sighting *
sightings_add(struct sightings *sightings, const struct sighting *one)
{
	struct sighting *added;

	if (sightings->count == sightings->room)
		return NULL;
	added = &sightings->all[sightings->count++];
	*added = *one;
	name_look(added->name, &added->look);
	return added;
}

void
sightings_remove(struct sightings *sightings, struct sighting *one)
{
	*one = sightings->all[--sightings->count];
}
