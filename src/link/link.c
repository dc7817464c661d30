#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/sockios.h>
#include <sys/sendfile.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/child.h"
#include "base/clock.h"
#include "link/cell.h"
#include "base/descriptor.h"
#include "link/link.h"
#include "base/signals.h"
#include "trust/tls.h"

#define SEALED_MAX 65536	/* about so much is sealed at once */
#define REAP_MS 1000		/* a listener that has said that it ends has ended by then */
#define FILE_MAX ((size_t)1024 * 1024) /* sent from a file at once */
#define LOOK_MS 2000		/* how often to look whether the peer answers */
#define UNWATCHED_MS 4000	/* longer without a look, and nothing is known of that time */
#define UNANSWERED_MS 500	/* then it is said that it does not */
#define SILENCE_MS 60000	/* then it is given up */

void
link_init(struct link *link, const struct peer *peer)
{
	*link = (struct link){.peer = *peer, .lines = -1, .report = -1};
}

/* The descriptors of a listener. */
enum {
	ITS_INPUT,
	ITS_OUTPUT,
	ITS_ERRORS,
	ITS_SOCKET,
	ITS_REPORT,
	ITS_LOG,
	ITS_PIPE_OUT,
	ITS_PIPE_IN,
	ITS_COUNT
};

static bool may_splice; /* as of link_prepare */

/* The child. */
static _Noreturn void
be_listener(const struct link *link, struct listener listener, int report, pid_t parent)
{
	bool spliced = may_splice && listener_open_pipe(&listener);
	const int fds[ITS_COUNT] = {[ITS_INPUT] = -1,
				    [ITS_OUTPUT] = listener.output,
				    [ITS_ERRORS] = STDERR_FILENO,
				    [ITS_SOCKET] = link->peer.socket,
				    [ITS_REPORT] = report,
				    [ITS_LOG] = log_descriptor(listener.log),
				    [ITS_PIPE_OUT] = listener.pipe[0],
				    [ITS_PIPE_IN] = listener.pipe[1]};
	struct ending ending;
	bool ready;

	child_begin(parent, report);
	if (link->lines != -1)
		signals_ignore_stop();
	setproctitle("listening to %s", link->peer.name);
	ready = descriptors_keep(fds, ITS_COUNT) == 0;
	if (ready)
		report = ITS_REPORT;
	log_move(listener.log, ITS_LOG);
	listener.socket = ITS_SOCKET;
	if (listener.tls != NULL)
		tls_listen(listener.tls, ITS_SOCKET);
	if (listener.output != -1)
		listener.output = ITS_OUTPUT;
	if (spliced) {
		listener.pipe[0] = ITS_PIPE_OUT;
		listener.pipe[1] = ITS_PIPE_IN;
	}
	if (ready && confine_listener() == 0)
		ending = listener_run(&listener);
	else
		ending = (struct ending){ENDING_UNHEARD, errno};
	write_all(report, &ending, sizeof ending); /* before the lines end: the parent then looks here */
	_exit(ending.how == ENDING_LEFT ? 0 : 1);
}

int
link_prepare(bool unseen)
{
	may_splice = unseen;
	return confine_prepare(&(struct confinement){.count = ITS_COUNT,
						     .socket = ITS_SOCKET,
						     .splices = unseen,
						     .pipe_in = ITS_PIPE_IN,
						     .pipe_out = ITS_PIPE_OUT,
						     .output = ITS_OUTPUT});
}

int
link_listen(struct link *link, int output, bool raw, struct log *log)
{
	struct listener listener = {
		.tls = link->peer.tls, .output = output, .raw = raw, .log = log, .pipe = {-1, -1}};
	int lines[2] = {-1, -1}, report[2];
	pid_t parent = getpid();

	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if (output == LINK_PIPE && pipe2(lines, O_CLOEXEC) == -1)
		goto fail;
	if (output == LINK_PIPE)
		listener.output = lines[1];
	link->lines = lines[0];
	if ((link->listener = fork()) == -1)
		goto fail;
	if (link->listener == 0)
		be_listener(link, listener, report[1], parent);
	close(report[1]);
	link->report = report[0];
	if (output == LINK_PIPE)
		close(lines[1]);
	setproctitle("talking to %s", link->peer.name);
	return 0;

fail:
	link->listener = 0;
	link->lines = -1;
	for (int i = 0; i < 2; i++) {
		close(report[i]);
		if (lines[i] != -1)
			close(lines[i]);
	}
	return -1;
}

char *
link_reserve(struct link *link, size_t length)
{
	return buffer_reserve(&link->outbox, length);
}

void
link_send_reserved(struct link *link, size_t length)
{
	buffer_grow(&link->outbox, length);
	link->queued += length;
	link_flush(link);
}

void
link_send(struct link *link, const char *bytes, size_t length)
{
	memcpy(link_reserve(link, length), bytes, length);
	link_send_reserved(link, length);
}

/* Whether a goodbye is due that is not sealed. */
static bool
must_part(const struct link *link)
{
	return link->peer.tls != NULL && link->closing && !link->parted;
}

bool
link_is_waiting(const struct link *link)
{
	return link->send_error == 0 &&
	       (buffer_length(&link->outbox) > link->taken || buffer_length(&link->wire.sealed) > 0 ||
		must_part(link));
}

/* Where in the stream the outbox begins: what is before has arrived. */
static uint64_t
outbox_start(const struct link *link)
{
	return link->queued - buffer_length(&link->outbox);
}

/* Sends some of the outbox.  Returns 0, or -1 and errno. */
static int
send_some(struct link *link)
{
	ssize_t n = send(link->peer.socket, buffer_data(&link->outbox) + link->taken,
			 buffer_length(&link->outbox) - link->taken, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		link->taken += (size_t)n;
	return n == -1 ? -1 : 0;
}

/* The same, encrypted: no more is sealed than is sent at once; the goodbye comes last. */
static int
send_some_sealed(struct link *link)
{
	struct wire *wire = &link->wire;
	size_t sealed = (size_t)(wire->text - outbox_start(link)); /* of the outbox */
	int result, cause;

	while (sealed < buffer_length(&link->outbox) && buffer_length(&wire->sealed) < SEALED_MAX) {
		ssize_t n = wire_seal(wire, link->peer.tls, buffer_data(&link->outbox) + sealed,
				      buffer_length(&link->outbox) - sealed);
		if (n == -1)
			return -1;
		sealed += (size_t)n;
	}
	if (sealed == buffer_length(&link->outbox) && must_part(link)) {
		link->parted = true;
		wire_seal_end(wire, link->peer.tls);
	}
	result = wire_send(wire, link->peer.socket);
	cause = errno;
	link->taken = (size_t)(wire_taken(wire) - outbox_start(link)); /* it may have taken some */
	errno = cause;
	return result;
}

/*
 * Nothing can be sent any more.  The listener need not have noticed: for it the stream ends now, after
 * what has arrived, and link_end sees why.
 */
static void
fail_to_send(struct link *link, int cause)
{
	link->send_error = cause;
	shutdown(link->peer.socket, SHUT_RD);
}

/* Whether a failure to send passes. */
static bool
is_passing(int cause)
{
	return cause == EAGAIN || cause == EWOULDBLOCK || cause == ENOBUFS || cause == ENOMEM;
}

void
link_flush(struct link *link)
{
	while (link_is_waiting(link)) {
		int result = link->peer.tls != NULL ? send_some_sealed(link) : send_some(link);

		if (result == -1 && is_passing(errno))
			break;
		if (result == -1 && errno != EINTR)
			fail_to_send(link, errno);
	}
	link_acknowledged(link); /* what has arrived need not be held */
	if (link->closing && !link->shut && !link_is_waiting(link)) {
		link->shut = true;
		link->end_queued = shutdown(link->peer.socket, SHUT_WR) == 0;
	}
}

enum link_file
link_send_file(struct link *link, int file)
{
#if defined(__linux__)
	int socket = link->peer.socket;
	ssize_t n;

	/* There is no MSG_DONTWAIT here.  Only the listener shares the description, and does not mind. */
	if (fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == -1)
		return LINK_FILE_UNFIT;
	n = sendfile(socket, file, NULL, FILE_MAX);
	if (n == 0)
		return LINK_FILE_ENDS;
	if (n == -1 && (errno == EINVAL || errno == ENOSYS || errno == EIO || errno == EOVERFLOW))
		return LINK_FILE_UNFIT;
	if (n == -1 && errno != EINTR && !is_passing(errno))
		fail_to_send(link, errno);
	if (n > 0) {
		link->queued += (uint64_t)n;
		link->unheld += (uint64_t)n;
	}
	return LINK_FILE_GOES_ON;
#else
	(void)link, (void)file;
	return LINK_FILE_UNFIT;
#endif
}

uint64_t
link_sent(const struct link *link)
{
	return link->queued - (buffer_length(&link->outbox) - link->taken);
}


/* How many bytes the kernel has taken and the peer, as far as is known, has not acknowledged. */
static size_t
unacknowledged(const struct link *link)
{
#if defined(__linux__)
	int bytes;

	/* If the kernel does not say it now, no line is taken for delivered. */
	if (ioctl(link->peer.socket, SIOCOUTQ, &bytes) == -1)
		return SIZE_MAX;
	/* The end of the stream counts as a byte, the last of all. */
	return (size_t)(link->end_queued && bytes > 0 ? bytes - 1 : bytes);
#else
	(void)link; /* the BSDs' FIONWRITE forgets what was under way when the connection breaks */
	return 0;
#endif
}

bool
link_knows_acknowledged(void)
{
#if defined(__linux__)
	return true;
#else
	return false;
#endif
}

/* Looks whether the peer's machine still answers. */
static void
look_for_answer(struct link *link)
{
	int64_t now = clock_now(), ago = 0, silence;
	bool owed = peer_owes_answer(&link->peer, &ago);

	silence = silence_look(&link->silence, now, owed, now - ago, UNWATCHED_MS);
	link->unanswered = silence >= UNANSWERED_MS;
	if (silence >= SILENCE_MS && link->send_error == 0)
		fail_to_send(link, ETIMEDOUT);
}

uint64_t
link_acknowledged(struct link *link)
{
	size_t held = unacknowledged(link);
	uint64_t acknowledged;

	look_for_answer(link);
	if (link->peer.tls != NULL) /* bytes to text */
		held = link->taken - (size_t)(wire_arrived(&link->wire, held) - outbox_start(link));
	if (held < link->taken) {
		buffer_drop(&link->outbox, link->taken - held);
		link->taken = held;
	}
	if (held - link->taken < link->unheld)
		link->unheld = held - link->taken;
	acknowledged = outbox_start(link) - link->unheld;
	link->arrived = link->peer.tls != NULL ? link->wire.bytes_arrived : acknowledged;
	return acknowledged;
}

int
link_patience(struct link *link)
{
	return link_can_deliver(link) || link->silence.owed ? LOOK_MS : -1;
}

struct span
link_undelivered(const struct link *link, size_t *from)
{
	size_t left = buffer_length(&link->outbox) - *from;
	const char *text, *lf;

	if (left == 0)
		return (struct span){NULL, 0};
	text = buffer_data(&link->outbox) + *from;
	lf = memchr(text, '\n', left);
	left = lf != NULL ? (size_t)(lf - text) + 1 : left;
	*from += left;
	return (struct span){text, left};
}

size_t
link_undelivered_count(const struct link *link)
{
	size_t from = 0, count = 0;

	while (link_undelivered(link, &from).length > 0)
		count++;
	return count;
}

uint64_t
link_undelivered_bytes(const struct link *link)
{
	return link->unheld + buffer_length(&link->outbox);
}

void
link_finish(struct link *link)
{
	link->closing = true;
	link_flush(link);
}

void
link_end(struct link *link, struct ending ending)
{
	if ((ending.how == ENDING_LEFT || ending.how == ENDING_CUT) && link->send_error != 0)
		ending = (struct ending){ENDING_BROKEN, link->send_error};
	link->ending = ending;
}

/* Waits for the listener's end; one that does not go is made to.  Returns its status as of waitpid(2). */
static int
reap(struct link *link)
{
	int64_t deadline = clock_now() + REAP_MS;
	int status = 0;
	pid_t pid;

	while (((pid = waitpid(link->listener, &status, WNOHANG)) == 0 || (pid == -1 && errno == EINTR)) &&
	       clock_until(deadline) > 0)
		signals_poll(NULL, 0, clock_until(deadline));
	if (pid == 0) {
		kill(link->listener, SIGKILL);
		while (waitpid(link->listener, &status, 0) == -1 && errno == EINTR)
			;
	}
	link->listener = 0;
	return status;
}

void
link_listener_ended(struct link *link)
{
	struct ending ending;
	int status = reap(link);
	bool reported = read_all(link->report, &ending, sizeof ending) == sizeof ending;

	/* Whoever has taken the listener over can report anything. */
	if (!reported || ending.how <= ENDING_NONE || ending.how >= ENDING_KILLED)
		ending = (struct ending){ENDING_KILLED, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
	link_end(link, ending);
}

void
link_stop_listening(struct link *link)
{
	if (link->listener != 0)
		kill(link->listener, SIGKILL);
}

/* Reads and drops what is there.  Returns whether the stream has ended. */
static bool
drop_input(int fd)
{
	static char sink[65536];
	ssize_t n = read(fd, sink, sizeof sink);

	return n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN);
}

bool
link_can_deliver(struct link *link)
{
	if (link->send_error != 0 ||
	    (link->ending.how != ENDING_NONE && link->ending.how != ENDING_LEFT))
		return false;
	return link_acknowledged(link) < link->queued;
}

void
link_linger(struct link *link, link_take *take, void *context)
{
	int64_t deadline = clock_now() + LINK_LINGER_MS;
	int signals = signals_urgent_count();
	bool ended = link->ending.how != ENDING_NONE || link->send_error != 0;

	link_finish(link);
	while ((link_can_deliver(link) || !ended) && signals_urgent_count() == signals &&
	       clock_until(deadline) > 0) {
		enum { SOCKET, INPUT, COUNT };
		int input = link->listener == 0 ? link->peer.socket
			    : link->lines != -1 ? link->lines
						: link->report;
		struct pollfd fds[COUNT] = {
			[SOCKET] = {.fd = link_is_waiting(link) ? link->peer.socket : -1,
				    .events = POLLOUT},
			[INPUT] = {.fd = ended ? -1 : input, .events = POLLIN},
		};

		/* That bytes were acknowledged makes nothing readable. */
		signals_poll(fds, COUNT, clock_sooner(clock_until(deadline), LINK_ACKNOWLEDGE_MS));
		if (fds[SOCKET].revents != 0)
			link_flush(link);
		if (fds[INPUT].revents == 0)
			continue;
		if (input == link->lines) {
			take(context);
			ended = link->ending.how != ENDING_NONE;
		} else if (input == link->report) {
			link_listener_ended(link);
			ended = true;
		} else {
			ended = drop_input(input);
		}
	}
}

void
link_close(struct link *link)
{
	if (link->listener != 0) {
		kill(link->listener, SIGKILL);
		reap(link);
	}
	if (link->lines != -1)
		close(link->lines);
	if (link->report != -1)
		close(link->report);
	close(link->peer.socket);
	tls_free(link->peer.tls);
	link->peer.tls = NULL;
	wire_free(&link->wire);
	buffer_free(&link->outbox);
#if defined(__GLIBC__)
	malloc_trim(0); /* else what a long queue took stays with a server, and with each listener to come */
#endif
	setproctitle(NULL);
}

void
link_describe_ending(const struct link *link, char *text, size_t size)
{
	const struct ending *e = &link->ending;

	switch (e->how) {
	case ENDING_NONE:
	case ENDING_LEFT:
		snprintf(text, size, "%s has left", link->peer.name);
		break;
	case ENDING_UNHEARD:
		snprintf(text, size, "%s cannot be listened to: %s", link->peer.name,
			 strerror(e->cause));
		break;
	case ENDING_BROKEN:
		snprintf(text, size, "the connection to %s broke: %s", link->peer.name,
			 strerror(e->cause));
		break;
	case ENDING_CUT:
		snprintf(text, size, "the connection to %s was cut off: it ended without a goodbye",
			 link->peer.name);
		break;
	case ENDING_TLS:
		tls_explain(e->cause, link->peer.name, text, size);
		break;
	case ENDING_HELLO:
		snprintf(text, size, "%s speaks TLS: that needs -t", link->peer.name);
		break;
	case ENDING_BUSY:
		snprintf(text, size, "%s is busy, and has heard nothing", link->peer.name);
		break;
	case ENDING_OUTPUT:
		snprintf(text, size, "cannot write what arrives: %s", strerror(e->cause));
		break;
	case ENDING_KILLED:
		snprintf(text, size, "the listener died: %s",
			 e->cause == SIGSYS ? "it attempted what it may not do"
			 : e->cause != 0    ? strsignal(e->cause)
					    : "unknown cause");
		break;
	}
}
