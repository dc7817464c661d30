#include <config.h>

#include <string.h>

#include "text/url.h"

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 3986: unreserved, reserved, and the beginning of what is encoded. */
static bool
is_of_url(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", c) != NULL);
}

/* Where the word begins that has the byte at a place; or too far before. */
static size_t
find_start(const char *text, size_t place)
{
	size_t start = place;

	while (start > 0 && place - start <= URL_MAX && is_of_url(text[start - 1]))
		start--;
	return start;
}

/* Where it ends; or too far behind. */
static size_t
find_end(const char *text, size_t length, size_t start)
{
	size_t end = start;

	while (end < length && end - start <= URL_MAX && is_of_url(text[end]))
		end++;
	return end;
}

/* The bytes of a scheme at a place, and of what follows it; 0: none is there. */
static size_t
scheme_length(const char *text, size_t start, size_t end)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t length = strlen(schemes[i]);

		if (end - start > length && memcmp(text + start, schemes[i], length) == 0)
			return length;
	}
	return 0;
}

static bool
has(const char *text, const struct url *url, char c)
{
	return memchr(text + url->start, c, url->end - url->start) != NULL;
}

/* Whether the last byte is more likely of the sentence: a full stop, or a bracket that was opened before. */
static bool
ends_with_punctuation(const char *text, const struct url *url)
{
	char last = text[url->end - 1];

	return strchr(".,;:!?'", last) != NULL || (last == ')' && !has(text, url, '(')) ||
	       (last == ']' && !has(text, url, '['));
}

/* Finds the one in a word, if there is one. */
static bool
find_in_word(const char *text, size_t length, size_t start, size_t end, struct url *url)
{
	size_t scheme = 0;

	if (end < length && (text[end] & 0x80) != 0)
		return false;
	for (url->start = start; url->start < end; url->start++)
		if ((url->start == start || !is_letter_or_digit(text[url->start - 1])) &&
		    (scheme = scheme_length(text, url->start, end)) > 0)
			break;
	if (scheme == 0)
		return false;
	for (url->end = end; url->end > url->start + scheme && ends_with_punctuation(text, url); url->end--)
		;
	return url->end > url->start + scheme;
}

bool
url_find(const char *text, size_t length, size_t from, size_t to, struct url *url)
{
	size_t place = from;

	while (place < to) {
		size_t start = find_start(text, place), end = find_end(text, length, start);

		if (end > place && end - start <= URL_MAX && find_in_word(text, length, start, end, url) &&
		    url->end > from && url->start < to)
			return true;
		while (place < to && is_of_url(text[place]))
			place++;
		while (place < to && !is_of_url(text[place]))
			place++;
	}
	return false;
}
