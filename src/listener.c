#include <config.h>

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include "filter.h"
#include "listener.h"
#include "notice.h"

#define CHUNK (256 * 1024) /* read at once */
#define SPANS 64	   /* written at once */

/* Safe text on its way out.  Short pieces are copied, because what they point to does not last. */
struct outlet {
	int output;
	struct iovec pieces[SPANS];
	int count;
	char copies[16 * FILTER_MADE];
	size_t copied;
};

/* Writes what is waiting.  Returns 0, or -1 and errno. */
static int
outlet_flush(struct outlet *outlet)
{
	struct iovec *next = outlet->pieces;

	while (outlet->count > 0) {
		ssize_t n = writev(outlet->output, next, outlet->count);
		if (n == -1 && wait_for_room(outlet->output))
			continue;
		if (n == -1)
			return -1;
		while (outlet->count > 0 && (size_t)n >= next->iov_len) {
			n -= (ssize_t)next->iov_len;
			next++;
			outlet->count--;
		}
		if (outlet->count > 0) {
			next->iov_base = (char *)next->iov_base + n;
			next->iov_len -= (size_t)n;
		}
	}
	outlet->copied = 0;
	return 0;
}

/* Adds a piece; whole says that it points into the input, which stays.  Returns 0, or -1 and errno. */
static int
outlet_add(struct outlet *outlet, struct span span, bool whole)
{
	char *text = (char *)(uintptr_t)span.text;

	if (!whole && sizeof outlet->copies - outlet->copied < span.length && outlet_flush(outlet) == -1)
		return -1;
	if (!whole) {
		text = memcpy(outlet->copies + outlet->copied, span.text, span.length);
		outlet->copied += span.length;
	}
	outlet->pieces[outlet->count++] = (struct iovec){text, span.length};
	return outlet->count == SPANS ? outlet_flush(outlet) : 0;
}

/* Filters bytes and writes what comes out.  Returns 0, or -1 and errno. */
static int
pass_on(struct filter *filter, struct outlet *outlet, const char *bytes, size_t length)
{
	const char *next = bytes, *end = bytes + length;
	struct span span;

	while ((span = filter_next(filter, &next, end)).length > 0)
		if (outlet_add(outlet, span, span.text >= bytes && span.text < end) == -1)
			return -1;
	return outlet_flush(outlet);
}

/* Writes what the end of the stream leaves.  Returns 0, or -1 and errno. */
static int
pass_end(struct filter *filter, struct outlet *outlet)
{
	struct span span;

	while ((span = filter_end(filter)).length > 0)
		if (outlet_add(outlet, span, false) == -1)
			return -1;
	return outlet_flush(outlet);
}

#ifdef __linux__

#define PIPE (1024 * 1024) /* held between the socket and the output: what anybody may ask for */

/* Writes so many bytes of the pipe.  Returns 0, or -1 and errno. */
static int
pour(int pipe, int output, size_t length)
{
	while (length > 0) {
		ssize_t n = splice(pipe, NULL, output, NULL, length, SPLICE_F_MOVE);
		if (n == -1 && wait_for_room(output))
			continue;
		if (n == -1 && errno == EINVAL) { /* opened for appending, or a device */
			static char chunk[CHUNK];
			if ((n = read_all(pipe, chunk, length < CHUNK ? length : CHUNK)) > 0 &&
			    write_all(output, chunk, (size_t)n) == -1)
				return -1;
		}
		if (n == -1)
			return -1;
		length -= (size_t)n;
	}
	return 0;
}

/*
 * Where nobody looks at the bytes they need not come into this process: the kernel moves them into a
 * pipe, and on from there, and copies them once less.  Returns false if it has no pipe for that.
 */
static bool
pass_unseen(const struct listener *listener, struct ending *ending)
{
	int pipe[2];
	ssize_t n;

	if (pipe2(pipe, O_CLOEXEC) == -1)
		return false;
	(void)fcntl(pipe[1], F_SETPIPE_SZ, PIPE); /* with less it is slower */
	while ((n = splice(listener->socket, NULL, pipe[1], NULL, PIPE, SPLICE_F_MOVE)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		if (pour(pipe[0], listener->output, (size_t)n) == -1) {
			*ending = (struct ending){ENDING_OUTPUT, errno};
			return true;
		}
	}
	*ending = (struct ending){n == 0 ? ENDING_LEFT : ENDING_BROKEN, n == 0 ? 0 : errno};
	return true;
}

#else

static bool
pass_unseen(const struct listener *listener, struct ending *ending)
{
	(void)listener;
	(void)ending;
	return false;
}

#endif

struct ending
listener_run(const struct listener *listener)
{
	static char chunk[CHUNK];
	static struct outlet outlet;
	struct ending ending;
	struct filter filter;
	ssize_t n;

	if (listener->raw && listener->log == NULL && listener->output != -1 &&
	    pass_unseen(listener, &ending))
		return ending;
	filter_init(&filter);
	outlet.output = listener->output;
	while ((n = recv(listener->socket, chunk, sizeof chunk, 0)) != 0) {
		int written = 0;

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		/* Before it is shown: an answer must not get into the log before what it answers. */
		log_bytes(listener->log, VOICE_PEER, chunk, (size_t)n);
		notice_flush_log(listener->log);
		if (listener->output == -1)
			continue;
		if (listener->raw)
			written = write_all(listener->output, chunk, (size_t)n);
		else
			written = pass_on(&filter, &outlet, chunk, (size_t)n);
		if (written == -1)
			return (struct ending){ENDING_OUTPUT, errno};
	}

	ending = (struct ending){n == 0 ? ENDING_LEFT : ENDING_BROKEN, n == 0 ? 0 : errno};
	log_end(listener->log, VOICE_PEER);
	notice_flush_log(listener->log);
	if (listener->output != -1 && !listener->raw && pass_end(&filter, &outlet) == -1)
		ending = (struct ending){ENDING_OUTPUT, errno};
	return ending;
}
