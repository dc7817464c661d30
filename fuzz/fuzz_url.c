/*
 * Web addresses in a text: whatever is in it, what is found is one, in printable ASCII, and not too long; and it is the
 * same one wherever of it is looked.
 *
 * A case is the text, with a part that is looked at: two bytes for where that begins, and two for its length.
 */
#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "text/url.h"

static void
must_be_one(const char *text, size_t length, const struct url *url)
{
	size_t of_url = url->end - url->start;

	must(url->start < url->end && url->end <= length && of_url <= URL_MAX);
	must((of_url > 7 && memcmp(text + url->start, "http://", 7) == 0) ||
	     (of_url > 8 && memcmp(text + url->start, "https://", 8) == 0));
	for (size_t i = url->start; i < url->end; i++)
		must(text[i] > 0x20 && text[i] < 0x7F);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *text = (const char *)data + 4;
	size_t length, from, to;
	struct url url, again;

	if (size < 4)
		return 0;
	length = size - 4;
	from = length > 0 ? (size_t)(data[0] << 8 | data[1]) % length : 0;
	to = from + (size_t)(data[2] << 8 | data[3]) % (length - from + 1);
	for (; url_find(text, length, from, to, &url); from = url.end) {
		must_be_one(text, length, &url);
		must(url.end > from && url.start < to);
		must(url_find(text, length, url.start, url.start + 1, &again));
		must(again.start == url.start && again.end == url.end);
		must(url_find(text, length, url.end - 1, url.end, &again));
		must(again.start == url.start && again.end == url.end);
	}
	return 0;
}
