/*
 * link - a conversation's connection and its two processes.
 *
 *        keyboard                              screen
 *           |                                     ^
 *   parent: outbox -> socket          child: socket -> filter -> lines (or standard output)
 *
 * The parent, the speaker, only sends on the socket; the child, the listener, only receives.  Where there is
 * no listener (turns), the speaker does both.  Nothing here waits.
 *
 * What is sent is a stream of bytes, and these are the places in it, each as far as the next at most:
 *
 *   0 ........ arrived ........ taken ........ sealed ........ queued
 *     |           |               |               |               |
 *     |           |               |               |               link_send: what was typed ends here
 *     |           |               |               what is encrypted, where it is: sealed_add
 *     |           |               what the kernel has: each send(2) moves it
 *     |           what the peer's machine has acknowledged: link_arrived asks for it
 *     the outbox begins at arrived, and ends at queued; what has not arrived when all is over is lost
 */
#ifndef LINK_H
#define LINK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/polls.h"
#include "base/span.h"
#include "call/peer.h"
#include "link/ending.h"
#include "link/intake.h"
#include "link/sealed.h"
#include "link/silence.h"
#include "record/log.h"

/* How far the end of what is sent has come. */
enum link_phase {
	LINK_OPEN,	/* more can be sent */
	LINK_FINISHING, /* nothing more will be queued; what is in the outbox still goes out */
	LINK_PARTED,	/* encrypted: the goodbye is sealed, nothing can follow it */
	LINK_SHUT	/* the sending side of the socket is shut */
};

/*
 * Where what is sent is kept, if somebody else does that for several links at once, and not each in its outbox: gives
 * as much of what is to be sent next as lies together, and is told how much of that has been taken.
 */
struct link_source {
	struct span (*next)(void *context);
	void (*take)(void *context, size_t length);
};

struct link {
	struct peer peer;     /* its socket is this link's */
	struct tls *tls;      /* of an encrypted conversation, else NULL */

	const struct link_source *source; /* or NULL: what is sent is in the outbox */
	void *context;	      /* of the source */
	struct buffer outbox; /* from start to queued */
	uint64_t start;	      /* what is before has arrived, but for what came from a file */
	size_t outbox_taken;  /* so many bytes from there on the kernel has taken */
	uint64_t from_file;   /* so many before it were sent from a file, and are not known to have arrived */
	uint64_t queued;
	struct sealed sealed; /* encrypted: what became of the bytes since they were sealed */
	enum link_phase phase;
	bool end_queued;      /* LINK_SHUT: ... and the kernel still has the end to send, which counts as a byte */
	int send_error;	      /* why sending failed, or 0 */

	uint64_t progress;    /* bytes that are acknowledged, records and all: only whether it grows counts */
	int64_t looked_at;    /* when the kernel was last asked how much has arrived */
	struct silence silence;
	bool unanswered;      /* for some seconds the peer's machine has not acknowledged what was sent to it */

	struct child listener;
	int lines;	      /* LINK_PIPE: what the listener lets through comes out here, else -1 */
	int report;	      /* tells how the listener has ended; at its end, it has died */
	bool reported;	      /* the listener says that it ends, or has died */
	struct ending said;   /* ... how the conversation ended, as it says */
	bool strayed;	      /* ... or it did what it should not: link_stop_listening */
	bool log_waits;	      /* something waits there to be written to the log */
	int log_error;	      /* why the listener, as it says, cannot write to the log; 0: it can */
	struct intake intake; /* what has been received; a listener goes on with a copy of its own */
	struct ending ending; /* set by link_end */
	int socket_slot, lines_slot, report_slot;
};

/* A link over a connected peer, whose socket it takes, and the session, without a listener. */
void link_init(struct link *link, const struct peer *peer, struct tls *tls);

/*
 * Starts the listener.  With output of LINK_PIPE, link_hear reads the safe lines; otherwise the listener
 * writes to the descriptor output itself, or nowhere if it is -1, and before each line its label if there is
 * a name for it (text/label.h), or NULL.  Returns 0, or -1 and errno.
 */
#define LINK_PIPE (-2)
enum link_filter {
	LINK_SHOWN,   /* what comes is made safe to be shown */
	LINK_RELAYED, /* ... and to be passed on to others (filter_init_relayed) */
	LINK_RAW      /* it passes unchanged */
};
int link_listen(struct link *link, int output, enum link_filter how, const char *name, struct log *log);

/* --- Sending. --- */

/* From now on what is sent comes from there, and not from the outbox; so many more bytes of it are there. */
void link_set_source(struct link *link, const struct link_source *source, void *context);
void link_send_from_source(struct link *link, size_t length);

/* How many bytes have not arrived, or the kernel has not taken. */
size_t link_queued(const struct link *link);

/* Puts bytes into the outbox and sends what can be sent at once. */
void link_send(struct link *link, const char *bytes, size_t length);

/*
 * The same in two steps, for what can be read into the outbox itself: room in it for at least length
 * bytes, and the sending of those that were written there.
 */
char *link_reserve(struct link *link, size_t length);
void link_send_reserved(struct link *link, size_t length);

/*
 * Sends from a file what the socket takes at once, straight from the kernel's memory: for bytes that
 * nobody looks at, in a conversation that is not encrypted, while nothing is in the outbox.  Returns 1; 0 at
 * the end of the file; or -1 where that cannot be done, or the file not be read: then the usual way works, or
 * tells why.
 */
int link_send_file(struct link *link, int file);

/* Nothing more will be sent: what is in the outbox still is, then the peer sees the end. */
void link_finish(struct link *link);

/* Whether bytes wait for the socket to become writable. */
bool link_is_waiting(const struct link *link);

/* How many bytes of the stream the kernel has taken. */
uint64_t link_taken(const struct link *link);

/*
 * How many bytes of the stream have arrived: the peer's machine has acknowledged them.  The wire is not
 * touched: our kernel knows how much it has not (SIOCOUTQ, tcp(7)).  Where a system does not say, what the
 * kernel has taken counts.  After the connection broke, the answer is what it was then.
 *
 * On a Unix-domain socket nothing is acknowledged: there it is all that was sent, once the peer has read all of it, and
 * until then what it was before.  Once the peer has closed its end it grows only if link->ending says that this was in
 * order: what had not been read is gone, too.
 *
 * To be asked every now and then, see link_timeout: the connection is given up when the peer's machine
 * has owed an answer for a minute.  The kernel would wait much longer by itself; its own limit
 * (TCP_USER_TIMEOUT) would also end the connection to a peer that is there and only does not read.
 */
uint64_t link_arrived(struct link *link);

/* The same where an answer of up to LINK_ARRIVED_MS ago will do. */
#define LINK_ARRIVED_MS 50 /* nothing becomes readable when something arrives, so it is asked so often */
uint64_t link_arrived_lately(struct link *link);

/* How long poll(2) may wait before that is to be asked again; -1: for ever. */
int link_timeout(struct link *link);

/* Whether there is something to deliver that still can arrive. */
bool link_can_deliver(struct link *link);

/* Whether link_arrived is more than a guess. */
bool link_knows_arrived(void);

/*
 * What has not arrived, in lines, the first of which may be the rest of one; and bytes, with those from a file.  With a
 * source there is nothing of it here: whoever keeps what is sent knows (link_arrived).
 */
struct span link_undelivered(const struct link *link);
size_t link_undelivered_bytes(const struct link *link);

/* --- Receiving. --- */

/*
 * After a wait that has found something: adds what the listener lets through to lines, at most so many bytes.
 * Returns how many.
 */
#define LINK_HEARD 65536 /* more than that a pipe does not hold */
size_t link_hear(struct link *link, const struct polls *polls, struct buffer *lines, size_t most);

/*
 * The same without a listener, with room for size bytes; what comes is not filtered.  At the end of the
 * stream link->ending is set.
 */
size_t link_receive(struct link *link, const struct polls *polls, char *bytes, size_t size);

/*
 * Sets link->ending.  A failure to send outweighs the peer's orderly farewell: each error of a
 * socket is told to one system call only, and if the speaker got it, the receiving side saw but the
 * end of the stream.
 */
void link_end(struct link *link, struct ending ending);

/* Ends a listener, because it does what it should not; so the ending says, whatever it reports. */
void link_stop_listening(struct link *link);

/* --- Both. --- */

/* What to wait for; receives says whether link_hear or, without a listener, link_receive is wanted. */
void link_poll(struct link *link, struct polls *polls, bool receives);

/*
 * Goes on with sending, and sees to a listener that ends: then link->ending is set to what it reported, or
 * to how it died.  Returns whether the listener is gone, or there is none.
 */
bool link_step(struct link *link, const struct polls *polls);

/* The conversation is over: nothing more is sent, and the listener is ended; link_step says when it is gone. */
void link_abandon(struct link *link);

/* Closes everything; the listener must be gone (link_step), or is killed and waited for. */
void link_close(struct link *link);

#endif
