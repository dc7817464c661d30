#include <config.h>

#include <sys/socket.h>

#include <errno.h>

#include "trust/tls.h"
#include "link/sealed.h"

ssize_t
wire_seal(struct wire *wire, struct tls *tls, const char *text, size_t length)
{
	size_t before = buffer_length(&wire->sealed);
	ssize_t n = tls_seal(tls, text, length, &wire->sealed);

	wire->bytes += buffer_length(&wire->sealed) - before;
	if (n > 0) {
		wire->text += (size_t)n;
		buffer_add(&wire->ends, (const char *)&(struct wire_end){wire->text, wire->bytes},
			   sizeof(struct wire_end));
	}
	return n;
}

void
wire_seal_end(struct wire *wire, struct tls *tls)
{
	size_t before = buffer_length(&wire->sealed);

	tls_seal_end(tls, &wire->sealed);
	wire->bytes += buffer_length(&wire->sealed) - before;
}

int
wire_send(struct wire *wire, int socket)
{
	while (buffer_length(&wire->sealed) > 0) {
		ssize_t n = send(socket, buffer_data(&wire->sealed), buffer_length(&wire->sealed),
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			buffer_drop(&wire->sealed, (size_t)n);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* The end of a record, by number. */
static const struct wire_end *
end_number(const struct wire *wire, size_t number)
{
	const struct wire_end *ends = (const void *)buffer_data(&wire->ends); /* as malloc(3) aligns */

	return number < buffer_length(&wire->ends) / sizeof *ends ? &ends[number] : NULL;
}

uint64_t
wire_taken(struct wire *wire)
{
	uint64_t taken = wire->bytes - buffer_length(&wire->sealed);
	const struct wire_end *end;

	while ((end = end_number(wire, wire->untaken)) != NULL && end->bytes <= taken) {
		wire->text_taken = end->text;
		wire->untaken++;
	}
	return wire->text_taken;
}

uint64_t
wire_arrived(struct wire *wire, size_t unacknowledged)
{
	uint64_t taken = wire->bytes - buffer_length(&wire->sealed);
	uint64_t arrived = taken > unacknowledged ? taken - unacknowledged : 0;
	const struct wire_end *end;
	size_t count = 0;

	wire->bytes_arrived = arrived;
	wire_taken(wire);
	while ((end = end_number(wire, count)) != NULL && end->bytes <= arrived) {
		wire->text_arrived = end->text;
		count++;
	}
	wire->untaken -= count;
	buffer_drop(&wire->ends, count * sizeof *end);
	return wire->text_arrived;
}

void
wire_free(struct wire *wire)
{
	buffer_free(&wire->sealed);
	buffer_free(&wire->ends);
}
