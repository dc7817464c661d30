#include <config.h>

#include <string.h>

#include "base/span.h"

struct span
span_line(struct span *text)
{
	const char *lf = text->length > 0 ? memchr(text->text, '\n', text->length) : NULL;
	struct span line = {text->text, lf != NULL ? (size_t)(lf + 1 - text->text) : text->length};

	text->length -= line.length;
	if (text->length > 0)
		text->text += line.length;
	return line;
}

bool
span_is_complete(struct span line)
{
	return line.length > 0 && line.text[line.length - 1] == '\n';
}

size_t
span_count_lines(struct span text)
{
	size_t count = 0;

	while (span_line(&text).length > 0)
		count++;
	return count;
}
