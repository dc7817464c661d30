#include <config.h>

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "text/filter.h"
#include "text/label.h"
#include "link/listener.h"

#define CHUNK ((size_t)128 * 1024) /* read at once */
#define LOGGED ((size_t)16 * 1024) /* ... where there is a log: it has up to 30 bytes for each, with the time */
#define SPANS 64	   /* written at once */
#define PIPE ((size_t)1024 * 1024) /* held between the socket and the output: as much as anybody may ask for */

/* Safe text on its way out.  Short pieces are copied, because what they point to does not last. */
struct outlet {
	int output;
	struct iovec pieces[SPANS];
	int count;
	char copies[16 * FILTER_MADE];
	size_t copied;
	struct label label;
	bool amid; /* a line has begun */
};

/* Writes what is waiting.  Returns 0, or -1 and errno. */
static int
outlet_flush(struct outlet *outlet)
{
	struct iovec *next = outlet->pieces;

	while (outlet->count > 0) {
		ssize_t n = writev(outlet->output, next, outlet->count);
		if (n == -1 && is_to_be_repeated(outlet->output, POLLOUT))
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

/* Adds safe text, with a label before each line if they are wanted.  Returns 0, or -1 and errno. */
static int
outlet_add_lines(struct outlet *outlet, struct span text, bool whole)
{
	if (outlet->label.name == NULL)
		return outlet_add(outlet, text, whole);
	while (text.length > 0) {
		struct span piece = text;
		const char *lf = memchr(text.text, '\n', text.length);

		if (!outlet->amid && outlet_add(outlet, label_next(&outlet->label), false) == -1)
			return -1;
		if (lf != NULL)
			piece.length = (size_t)(lf + 1 - text.text);
		if (outlet_add(outlet, piece, whole) == -1)
			return -1;
		outlet->amid = lf == NULL;
		text = (struct span){text.text + piece.length, text.length - piece.length};
	}
	return 0;
}

/* Filters bytes and writes what comes out.  Returns 0, or -1 and errno. */
static int
pass_on(struct filter *filter, struct outlet *outlet, const char *bytes, size_t length)
{
	const char *next = bytes, *end = bytes + length;
	struct span span;

	while ((span = filter_next(filter, &next, end)).length > 0)
		if (outlet_add_lines(outlet, span, span.text >= bytes && span.text < end) == -1)
			return -1;
	return outlet_flush(outlet);
}

/* Writes what the end of the stream leaves.  Returns 0, or -1 and errno. */
static int
pass_end(struct filter *filter, struct outlet *outlet)
{
	struct span span;

	while ((span = filter_end(filter)).length > 0)
		if (outlet_add_lines(outlet, span, false) == -1)
			return -1;
	return outlet_flush(outlet);
}

/* Whether nobody looks at the bytes, which then need not come into this process. */
static bool
splices(const struct listener *listener)
{
#if defined(__linux__)
	return listener->intake.raw && listener->output != -1 && listener->intake.tls == NULL && listener->log == NULL;
#else
	(void)listener;
	return false;
#endif
}

bool
listener_open_pipe(struct listener *listener)
{
	listener->pipe[0] = listener->pipe[1] = -1;
	if (!splices(listener) || pipe2(listener->pipe, O_CLOEXEC) == -1)
		return false;
#if defined(F_SETPIPE_SZ)
	(void)fcntl(listener->pipe[1], F_SETPIPE_SZ, PIPE); /* with less it is slower */
#endif
	return true;
}

#if defined(__linux__)

/*
 * Moves so many bytes from the pipe to the output.  The kernel does not splice to an output opened for
 * appending, nor to many a device: then it is a copy.  Returns 0, or -1 and errno.
 */
static int
pour(int pipe, int output, size_t length)
{
	static char chunk[CHUNK];

	while (length > 0) {
		ssize_t n = splice(pipe, NULL, output, NULL, length, SPLICE_F_MOVE);

		if (n == -1 && is_to_be_repeated(output, POLLOUT))
			continue;
		if (n == 0 || (n == -1 && errno == EINVAL)) {
			n = read_all(pipe, chunk, length < CHUNK ? length : CHUNK);
			if (n > 0 && write_all(output, chunk, (size_t)n) == -1)
				return -1;
		}
		if (n == -1)
			return -1;
		length -= (size_t)n;
	}
	return 0;
}

/* Passes on bytes that nobody looks at: the kernel moves them, and copies them once less. */
static struct ending
pass_unseen(const struct listener *listener)
{
	char start[64];
	ssize_t n, seen;
	struct ending farewell;

	while ((seen = recv(listener->intake.socket, start, sizeof start, MSG_PEEK)) == -1 &&
	       is_to_be_repeated(listener->intake.socket, POLLIN))
		;
	if (seen <= 0)
		return intake_ending(NULL, seen);
	farewell = intake_farewell(NULL, start, (size_t)seen);
	while ((n = splice(listener->intake.socket, NULL, listener->pipe[1], NULL, PIPE, SPLICE_F_MOVE)) != 0) {
		if (n == -1 && is_to_be_repeated(listener->intake.socket, POLLIN))
			continue;
		if (n == -1)
			break;
		if (pour(listener->pipe[0], listener->output, (size_t)n) == -1)
			return (struct ending){ENDING_OUTPUT, errno};
		if (n != seen)
			farewell.how = ENDING_NONE;
		seen = 0;
	}
	return farewell.how != ENDING_NONE && n == 0 ? farewell : intake_ending(NULL, n);
}

#else

static struct ending
pass_unseen(const struct listener *listener)
{
	(void)listener; /* without splice(2) there is no pipe */
	return (struct ending){ENDING_NONE, 0};
}

#endif

/* Tells the speaker how the log fares. */
static void
report_log(const struct listener *listener, int cause)
{
	write_all(listener->report, &(struct ending){ENDING_NONE, cause}, sizeof(struct ending));
}

/* Says that the log has failed, if it has; and when it falls behind, and when it is not any more. */
static void
flush_log(struct listener *listener)
{
	int cause = log_flush(listener->log);

	if (cause != 0)
		report_log(listener, cause);
	if (log_is_behind(listener->log) == listener->behind)
		return;
	listener->behind = !listener->behind;
	report_log(listener, 0);
}

/* Nothing more is to be added: the last line ends.  That all is written, the report of the end says. */
static void
finish_log(const struct listener *listener)
{
	int cause;

	log_end(listener->log, VOICE_PEER);
	if ((cause = log_finish(listener->log)) != 0)
		report_log(listener, cause);
}

/* Until something arrives, what the log has not taken yet is written as it takes it. */
static void
look_after_log(struct listener *listener)
{
	while (log_is_behind(listener->log)) {
		struct pollfd fds[] = {{.fd = listener->intake.socket, .events = POLLIN},
				       {.fd = log_descriptor(listener->log), .events = POLLOUT}};

		if (poll(fds, 2, -1) > 0 && fds[0].revents != 0)
			break;
		flush_log(listener);
	}
}

/* As intake_receive; no more at once than there is memory for its lines in the log, all of which may be empty. */
static ssize_t
receive(struct listener *listener, char chunk[CHUNK], struct ending *ending)
{
	size_t size = listener->log != NULL ? LOGGED : CHUNK;

	look_after_log(listener);
	return intake_receive(&listener->intake, chunk, size, 0, ending);
}

/* Passes on what arrives; what the end of the stream leaves is left. */
static struct ending
pass_stream(struct listener *listener, struct filter *filter, struct outlet *outlet)
{
	static char chunk[CHUNK];
	struct ending ending;
	ssize_t n;

	while ((n = receive(listener, chunk, &ending)) != 0) {
		int written = 0;

		if (n == -1) {
			(void)is_to_be_repeated(listener->intake.socket, POLLIN);
			continue;
		}
		/* Before it is shown: an answer must not get into the log before what it answers. */
		log_bytes(listener->log, VOICE_PEER, chunk, (size_t)n);
		flush_log(listener);
		if (listener->output == -1)
			continue;
		if (listener->intake.raw)
			written = write_all(listener->output, chunk, (size_t)n);
		else
			written = pass_on(filter, outlet, chunk, (size_t)n);
		if (written == -1)
			return (struct ending){ENDING_OUTPUT, errno};
	}
	return ending;
}

struct ending
listener_run(struct listener *listener)
{
	static struct outlet outlet;
	struct filter filter;
	struct ending ending;

	if (listener->pipe[0] != -1)
		return pass_unseen(listener);
	if (listener->relays)
		filter_init_relayed(&filter);
	else
		filter_init(&filter);
	outlet.output = listener->output;
	outlet.label.name = listener->name;
	ending = pass_stream(listener, &filter, &outlet);
	finish_log(listener);
	if (ending.how != ENDING_OUTPUT && listener->output != -1 && !listener->intake.raw &&
	    pass_end(&filter, &outlet) == -1)
		ending = (struct ending){ENDING_OUTPUT, errno};
	return ending;
}
