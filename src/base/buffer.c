#include <config.h>

#include <string.h>

#include "base/buffer.h"
#include "base/secluded.h"

char *
buffer_data(const struct buffer *buffer)
{
	return buffer->data == NULL ? NULL : buffer->data + buffer->start;
}

size_t
buffer_length(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

struct span
buffer_span(const struct buffer *buffer)
{
	return (struct span){buffer_data(buffer), buffer_length(buffer)};
}

struct span
buffer_line(const struct buffer *buffer)
{
	struct span text = buffer_span(buffer), line = span_line(&text);

	return span_is_complete(line) ? line : (struct span){NULL, 0};
}

struct span
buffer_lines(const struct buffer *buffer)
{
	struct span text = buffer_span(buffer);
	const char *lf = text.text != NULL ? memrchr(text.text, '\n', text.length) : NULL;

	return lf != NULL ? (struct span){text.text, (size_t)(lf + 1 - text.text)} : (struct span){NULL, 0};
}

char *
buffer_reserve(struct buffer *buffer, size_t length)
{
	size_t held = buffer_length(buffer), room = buffer->room ? buffer->room : 256;

	if (buffer->room - buffer->end >= length)
		return buffer->data + buffer->end;

	/* Moving pays only when it frees much: then each byte is moved less than once for each added. */
	if (buffer->start > held && buffer->room - held >= length) {
		memcpy(buffer->data, buffer->data + buffer->start, held);
	} else {
		char *data;

		while (room - held < length)
			room *= 2;
		data = secluded_get(room);
		if (held > 0)
			memcpy(data, buffer->data + buffer->start, held);
		secluded_free(buffer->data, buffer->room);
		buffer->data = data;
		buffer->room = room;
	}
	buffer->start = 0;
	buffer->end = held;
	return buffer->data + held;
}

void
buffer_grow(struct buffer *buffer, size_t length)
{
	buffer->end += length;
}

void
buffer_add(struct buffer *buffer, const char *data, size_t length)
{
	if (length == 0)
		return;
	memcpy(buffer_reserve(buffer, length), data, length);
	buffer_grow(buffer, length);
}

void
buffer_drop(struct buffer *buffer, size_t length)
{
	buffer->start += length;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}

void
buffer_cut(struct buffer *buffer, size_t length)
{
	buffer->end = buffer->start + length;
}

void
buffer_free(struct buffer *buffer)
{
	secluded_free(buffer->data, buffer->room);
	*buffer = (struct buffer){0};
}
