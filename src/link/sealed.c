#include <config.h>

#include <sys/socket.h>

#include <errno.h>

#include "trust/tls.h"
#include "link/sealed.h"

ssize_t
sealed_add(struct sealed *sealed, struct tls *tls, const char *text, size_t length)
{
	size_t before = buffer_length(&sealed->pending);
	ssize_t n = tls_seal(tls, text, length, &sealed->pending);

	sealed->bytes += buffer_length(&sealed->pending) - before;
	if (n > 0) {
		sealed->text += (size_t)n;
		buffer_add(&sealed->ends, (const char *)&(struct sealed_end){sealed->text, sealed->bytes},
			   sizeof(struct sealed_end));
	}
	return n;
}

void
sealed_add_end(struct sealed *sealed, struct tls *tls)
{
	size_t before = buffer_length(&sealed->pending);

	tls_seal_end(tls, &sealed->pending);
	sealed->bytes += buffer_length(&sealed->pending) - before;
}

int
sealed_send(struct sealed *sealed, int socket)
{
	while (buffer_length(&sealed->pending) > 0) {
		ssize_t n = send(socket, buffer_data(&sealed->pending), buffer_length(&sealed->pending),
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			buffer_drop(&sealed->pending, (size_t)n);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* The end of a record, by number. */
static const struct sealed_end *
end_number(const struct sealed *sealed, size_t number)
{
	const struct sealed_end *ends = (const void *)buffer_data(&sealed->ends); /* as malloc(3) aligns */

	return number < buffer_length(&sealed->ends) / sizeof *ends ? &ends[number] : NULL;
}

uint64_t
sealed_taken(struct sealed *sealed)
{
	uint64_t taken = sealed->bytes - buffer_length(&sealed->pending);
	const struct sealed_end *end;

	while ((end = end_number(sealed, sealed->untaken)) != NULL && end->bytes <= taken) {
		sealed->text_taken = end->text;
		sealed->untaken++;
	}
	return sealed->text_taken;
}

uint64_t
sealed_arrived(struct sealed *sealed, size_t unacknowledged)
{
	uint64_t taken = sealed->bytes - buffer_length(&sealed->pending);
	uint64_t arrived = taken > unacknowledged ? taken - unacknowledged : 0;
	const struct sealed_end *end;
	size_t count = 0;

	sealed->bytes_arrived = arrived;
	sealed_taken(sealed);
	while ((end = end_number(sealed, count)) != NULL && end->bytes <= arrived) {
		sealed->text_arrived = end->text;
		count++;
	}
	sealed->untaken -= count;
	buffer_drop(&sealed->ends, count * sizeof *end);
	return sealed->text_arrived;
}

void
sealed_free(struct sealed *sealed)
{
	buffer_free(&sealed->pending);
	buffer_free(&sealed->ends);
}
