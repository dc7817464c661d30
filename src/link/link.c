#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/sockios.h>
#include <sys/sendfile.h>
#endif

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "link/birth.h"
#include "link/link.h"
#include "link/listener.h"
#include "text/label.h"
#include "trust/tls.h"

#define SEALED_MAX 65536	/* about so much is sealed at once */
#define HELD_MAX ((size_t)1024 * 1024) /* taken by the kernel: then it is asked what need not be held */
#define FILE_MAX ((size_t)1024 * 1024) /* sent from a file at once */
#define LOOK_MS 2000		/* how often to look whether the peer answers */
#define UNWATCHED_MS 4000	/* longer without a look, and nothing is known of that time */
#define UNANSWERED_MS 500	/* then it is said that it does not */
#define SILENCE_MS 60000	/* then it is given up */

void
link_init(struct link *link, const struct peer *peer, struct tls *tls)
{
	*link = (struct link){.peer = *peer,
			      .tls = tls,
			      .lines = -1,
			      .report = -1,
			      .intake = {.socket = peer->socket, .tls = tls},
			      .socket_slot = POLLS_NONE,
			      .lines_slot = POLLS_NONE,
			      .report_slot = POLLS_NONE};
}

int
link_listen(struct link *link, int output, enum link_filter how, const char *name, struct log *log)
{
	struct listener listener = {.intake = link->intake,
				    .output = output,
				    .relays = how == LINK_RELAYED,
				    .log = log,
				    .pipe = {-1, -1}};
	int lines[2] = {-1, -1}, report[2];
	char place[sizeof link->peer.place], label[LABEL_MAX]; /* what is secluded, as a link may be, is in no child */
	pid_t parent = getpid(), pid;

	listener.intake.raw = how == LINK_RAW;
	strlcpy(place, link->peer.place, sizeof place);
	strlcpy(label, name != NULL ? name : "", sizeof label);
	listener.name = name != NULL ? label : NULL;
	if (pipe2(report, O_CLOEXEC) == -1)
		return -1;
	if (output == LINK_PIPE && pipe2(lines, O_CLOEXEC) == -1)
		goto fail;
	if (output == LINK_PIPE)
		listener.output = lines[1];
	listener.report = report[1];
	link->lines = lines[0];
	if ((pid = fork()) == 0)
		birth(listener, place, output == LINK_PIPE, parent);
	if (pid == -1)
		goto fail;
	link->listener.pid = pid;
	close(report[1]);
	link->report = report[0];
	if (output == LINK_PIPE)
		close(lines[1]);
	return 0;

fail:
	link->lines = -1;
	for (int i = 0; i < 2; i++) {
		close(report[i]);
		if (lines[i] != -1)
			close(lines[i]);
	}
	return -1;
}

/* Whether a goodbye is due that is not sealed. */
static bool
must_part(const struct link *link)
{
	return link->tls != NULL && link->phase == LINK_FINISHING;
}

bool
link_is_waiting(const struct link *link)
{
	return link->send_error == 0 &&
	       (link_queued(link) > link->outbox_taken || buffer_length(&link->sealed.pending) > 0 ||
		must_part(link));
}

void
link_set_source(struct link *link, const struct link_source *source, void *context)
{
	link->source = source;
	link->context = context;
}

size_t
link_queued(const struct link *link)
{
	return (size_t)(link->queued - link->start);
}

/* What is to be sent, or sealed, next, where done bytes since the start are already. */
static struct span
next_piece(const struct link *link, size_t done)
{
	size_t left = link_queued(link) - done;
	struct span piece;

	if (link->source == NULL)
		return (struct span){buffer_data(&link->outbox) + done, left};
	piece = link->source->next(link->context);
	if (piece.length > left) /* what is said after this link has finished is none of its own */
		piece.length = left;
	return piece;
}

/* So much of that is sent, or sealed. */
static void
take_piece(struct link *link, size_t length)
{
	if (link->source != NULL)
		link->source->take(link->context, length);
}

/* Sends some of what is there.  Returns 0, or -1 and errno. */
static int
send_some(struct link *link)
{
	struct span piece = next_piece(link, link->outbox_taken);
	ssize_t n = send(link->peer.socket, piece.text, piece.length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0) {
		link->outbox_taken += (size_t)n;
		take_piece(link, (size_t)n);
	}
	return n == -1 ? -1 : 0;
}

/* The same, encrypted: no more is sealed than is sent at once; the goodbye comes last. */
static int
send_some_sealed(struct link *link)
{
	struct sealed *sealed = &link->sealed;
	size_t done = (size_t)(sealed->text - link->start);
	int result, cause;

	while (done < link_queued(link) && buffer_length(&sealed->pending) < SEALED_MAX) {
		struct span piece = next_piece(link, done);
		ssize_t n = sealed_add(sealed, link->tls, piece.text, piece.length);

		if (n == -1)
			return -1;
		done += (size_t)n;
		take_piece(link, (size_t)n);
	}
	if (done == link_queued(link) && must_part(link)) {
		link->phase = LINK_PARTED;
		sealed_add_end(sealed, link->tls);
	}
	result = sealed_send(sealed, link->peer.socket);
	cause = errno;
	link->outbox_taken = (size_t)(sealed_taken(sealed) - link->start); /* it may have taken some */
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

/*
 * Sends from the outbox without waiting.  Where nothing will follow and all is sent, shuts the sending side.
 * What fails is kept in send_error.
 */
static void
flush(struct link *link)
{
	while (link_is_waiting(link)) {
		int result = link->tls != NULL ? send_some_sealed(link) : send_some(link);

		if (result == -1 && is_passing(errno))
			break;
		if (result == -1 && errno != EINTR)
			fail_to_send(link, errno);
	}
	if (link->outbox_taken > HELD_MAX)
		link_arrived(link);
	if (link->phase != LINK_OPEN && link->phase != LINK_SHUT && !link_is_waiting(link)) {
		link->phase = LINK_SHUT;
		link->end_queued = shutdown(link->peer.socket, SHUT_WR) == 0;
	}
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
	flush(link);
}

void
link_send_from_source(struct link *link, size_t length)
{
	link->queued += length;
	flush(link);
}

void
link_send(struct link *link, const char *bytes, size_t length)
{
	memcpy(link_reserve(link, length), bytes, length);
	link_send_reserved(link, length);
}

void
link_finish(struct link *link)
{
	if (link->phase == LINK_OPEN)
		link->phase = LINK_FINISHING;
	flush(link);
}

#if defined(__linux__)

/* Whether a failure is one of a connection (tcp(7), ip(7)), and not of a file. */
static bool
is_of_connection(int cause)
{
	return cause == EPIPE || cause == ECONNRESET || cause == ECONNABORTED || cause == ECONNREFUSED ||
	       cause == ETIMEDOUT || cause == EHOSTUNREACH || cause == ENETUNREACH || cause == EHOSTDOWN ||
	       cause == ENETDOWN || cause == ENETRESET;
}

#endif

int
link_send_file(struct link *link, int file)
{
#if defined(__linux__)
	int socket = link->peer.socket;
	ssize_t n;

	/* There is no MSG_DONTWAIT here.  Only the listener shares the description, and does not mind. */
	if (fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == -1)
		return -1;
	n = sendfile(socket, file, NULL, FILE_MAX);
	if (n == 0)
		return 0;
	if (n == -1 && is_of_connection(errno))
		fail_to_send(link, errno);
	else if (n == -1 && errno != EINTR && !is_passing(errno))
		return -1; /* reading it tells what is wrong with it, if it is not only that it cannot be sent so */
	if (n > 0) {
		link->queued += (uint64_t)n;
		link->start += (uint64_t)n;
		link->from_file += (uint64_t)n;
	}
	return 1;
#else
	(void)link, (void)file;
	return -1;
#endif
}

uint64_t
link_taken(const struct link *link)
{
	return link->start + link->outbox_taken;
}

/* Whether its socket is one of this machine: nothing is acknowledged there, but read, or not. */
static bool
is_unix(const struct link *link)
{
	return link->peer.local || link->peer.via;
}

#if defined(__linux__)

/* Whether the peer has closed its socket, as far as the ending says, with nothing in it that it had not read. */
static bool
has_closed_in_order(const struct link *link)
{
	switch (link->ending.how) {
	case ENDING_LEFT:
	case ENDING_CUT:
	case ENDING_BUSY:
		return link->send_error != ECONNRESET;
	case ENDING_BROKEN: /* what was sent came too late (link_end) */
		return link->ending.cause == EPIPE;
	case ENDING_NONE:
	case ENDING_UNHEARD:
	case ENDING_TLS:
	case ENDING_IS_TLS:
	case ENDING_OUTPUT:
	case ENDING_KILLED:
		break;
	}
	return false;
}

/*
 * Whether a Unix-domain socket of which the kernel holds nothing more may hold nothing because the peer has closed it:
 * what it had not read is dropped then.  Before that is done, our end hangs up and, if there was something, has an
 * error, which is told to one system call only: perhaps it is the listener's.
 */
static bool
may_be_dropped(struct link *link)
{
	struct pollfd end = {.fd = link->peer.socket};

	if (poll(&end, 1, 0) == 0)
		return false;
	if ((end.revents & POLLERR) != 0 && link->send_error == 0)
		fail_to_send(link, ECONNRESET);
	return (end.revents & POLLERR) != 0 || !has_closed_in_order(link);
}

#endif

/* How many bytes the kernel has taken and the peer, as far as is known, has not acknowledged. */
static size_t
unacknowledged(struct link *link)
{
#if defined(__linux__)
	int bytes;

	/* If the kernel does not say it now, no line is taken for delivered. */
	if (ioctl(link->peer.socket, SIOCOUTQ, &bytes) == -1)
		return SIZE_MAX;
	if (is_unix(link)) /* it counts the kernel's memory there: none, if all has been read */
		return bytes == 0 && !may_be_dropped(link) ? 0 : SIZE_MAX;
	/* The end of the stream counts as a byte, the last of all. */
	return (size_t)(link->end_queued && bytes > 0 ? bytes - 1 : bytes);
#else
	(void)link; /* the BSDs' FIONWRITE forgets what was under way when the connection breaks */
	return 0;
#endif
}

bool
link_knows_arrived(void)
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
link_arrived(struct link *link)
{
	size_t held = unacknowledged(link);
	uint64_t arrived;

	look_for_answer(link);
	if (link->tls != NULL) /* bytes to text */
		held = link->outbox_taken - (size_t)(sealed_arrived(&link->sealed, held) - link->start);
	if (held < link->outbox_taken) {
		link->start += link->outbox_taken - held;
		if (link->source == NULL)
			buffer_drop(&link->outbox, link->outbox_taken - held);
		link->outbox_taken = held;
	}
	if (held - link->outbox_taken < link->from_file)
		link->from_file = held - link->outbox_taken;
	arrived = link->start - link->from_file;
	if (is_unix(link)) /* of what has been taken, not all may have been read for a long time */
		link->progress = link_taken(link);
	else
		link->progress = link->tls != NULL ? link->sealed.bytes_arrived : arrived;
	link->looked_at = clock_now();
	return arrived;
}

uint64_t
link_arrived_lately(struct link *link)
{
	if (clock_now() - link->looked_at >= LINK_ARRIVED_MS)
		return link_arrived(link);
	return link->start - link->from_file;
}

int
link_timeout(struct link *link)
{
	return link_arrived_lately(link) < link->queued || link->silence.owed ? LOOK_MS : -1;
}

struct span
link_undelivered(const struct link *link)
{
	return (struct span){buffer_data(&link->outbox), buffer_length(&link->outbox)};
}

size_t
link_undelivered_bytes(const struct link *link)
{
	return (size_t)link->from_file /* which the kernel has */ + buffer_length(&link->outbox);
}

void
link_end(struct link *link, struct ending ending)
{
	if ((ending.how == ENDING_LEFT || ending.how == ENDING_CUT) && link->send_error != 0)
		ending = (struct ending){ENDING_BROKEN, link->send_error};
	link->ending = ending;
}

size_t
link_hear(struct link *link, const struct polls *polls, struct buffer *lines, size_t most)
{
	ssize_t n;

	if (polls_found(polls, link->lines_slot) == 0)
		return 0;
	n = read(link->lines, buffer_reserve(lines, most), most);
	if (n > 0)
		buffer_grow(lines, (size_t)n);
	else if (n == 0)
		link->reported = true;
	else if (errno != EINTR && errno != EAGAIN)
		fatal("cannot read what arrives");
	return n > 0 ? (size_t)n : 0;
}

size_t
link_receive(struct link *link, const struct polls *polls, char *bytes, size_t size)
{
	struct ending ending;
	ssize_t n;

	if ((polls_found(polls, link->socket_slot) & ~POLLOUT) == 0)
		return 0;
	n = intake_receive(&link->intake, bytes, size, MSG_DONTWAIT, &ending);
	if (n == 0)
		link_end(link, ending);
	return n > 0 ? (size_t)n : 0;
}

/* Ends the listener. */
static void
stop(struct link *link)
{
	child_kill(&link->listener);
	link->reported = true;
}

void
link_stop_listening(struct link *link)
{
	link->strayed = true;
	stop(link);
}

bool
link_can_deliver(struct link *link)
{
	if (link->send_error != 0 ||
	    (link->ending.how != ENDING_NONE && link->ending.how != ENDING_LEFT))
		return false;
	return link_arrived(link) < link->queued;
}

void
link_poll(struct link *link, struct polls *polls, bool receives)
{
	bool listened = link->listener.pid != 0, listening = listened && !link->reported;
	short events = (short)((link_is_waiting(link) ? POLLOUT : 0) | (receives && !listened ? POLLIN : 0));

	link->socket_slot = link->lines_slot = link->report_slot = POLLS_NONE;
	if (events != 0)
		link->socket_slot = polls_add(polls, link->peer.socket, events);
	if (listening && link->lines != -1)
		link->lines_slot = receives ? polls_add(polls, link->lines, POLLIN) : POLLS_NONE;
	else if (listening)
		link->report_slot = polls_add(polls, link->report, POLLIN);
	child_poll(&link->listener, polls);
}

/*
 * Reads from the report, in which there is something, or its end.  Whoever has taken the listener over can report
 * anything.  Returns whether nothing more is to be expected.
 */
static bool
read_report(struct link *link)
{
	struct ending said;
	ssize_t n;

	while ((n = read(link->report, &said, sizeof said)) == -1 && is_to_be_repeated(link->report, POLLIN))
		;
	if (n != sizeof said)
		return true;
	if (said.how == ENDING_NONE && said.cause == 0) {
		link->log_waits = !link->log_waits;
		return false;
	}
	if (said.how == ENDING_NONE && link->log_error == 0) {
		link->log_error = said.cause;
		return false;
	}
	link->said = said;
	return true;
}

/* The listener is gone: reads what it has said.  If that is not the end, what it had for the log went with it. */
static void
read_rest(struct link *link)
{
	while (link->said.how == ENDING_NONE && !read_report(link))
		;
	if (link->said.how == ENDING_NONE && link->log_waits && link->log_error == 0)
		link->log_error = ENOBUFS;
}

/* How the conversation ended, where the listener is gone. */
static struct ending
ending_of(const struct link *link, int status)
{
	if (link->strayed)
		return (struct ending){ENDING_KILLED, SIGSYS};
	if (link->said.how > ENDING_NONE && link->said.how < ENDING_KILLED)
		return link->said;
	return (struct ending){ENDING_KILLED, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

bool
link_step(struct link *link, const struct polls *polls)
{
	int status;

	if (polls_found(polls, link->socket_slot) & (POLLOUT | POLLERR | POLLHUP))
		flush(link);
	if (polls_found(polls, link->report_slot) != 0 && read_report(link))
		link->reported = true;
	if (link->listener.pid == 0)
		return true;
	if (!link->reported || !child_has_ended(&link->listener, &status))
		return false;
	read_rest(link);
	if (link->ending.how == ENDING_NONE)
		link_end(link, ending_of(link, status));
	return true;
}

void
link_abandon(struct link *link)
{
	int status;

	if (link->send_error == 0)
		link->send_error = ECANCELED;
	stop(link);
	/* Before, perhaps: no signal would tell of it again. */
	if (link->listener.pid != 0 && child_has_ended(&link->listener, &status))
		read_rest(link);
}

void
link_close(struct link *link)
{
	child_end(&link->listener);
	if (link->lines != -1)
		close(link->lines);
	if (link->report != -1)
		close(link->report);
	socket_close(link->peer.socket);
	tls_free(link->tls);
	link->tls = NULL;
	sealed_free(&link->sealed);
	buffer_free(&link->outbox);
}
