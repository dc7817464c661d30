/*
 * link - a conversation's connection and its two processes.
 *
 *        keyboard                              screen
 *           |                                     ^
 *   parent: outbox -> socket          child: socket -> filter -> lines (or standard output)
 *
 * The parent, the speaker, only sends on the socket; the child, the listener, only receives.
 */
#ifndef LINK_H
#define LINK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "text/filter.h"
#include "link/listener.h"
#include "call/peer.h"
#include "link/silence.h"
#include "link/sealed.h"

struct link {
	struct peer peer;
	struct buffer outbox; /* typed, and not yet known to have arrived */
	size_t taken;	      /* so many bytes of it, the first ones, the kernel has taken */
	uint64_t unheld;      /* so many before it are from a file, and not known to have arrived */
	struct wire wire;     /* encrypted: what became of the bytes since they were sealed */
	uint64_t arrived;     /* bytes that were acknowledged; encrypted ones are more than text */
	struct silence silence;
	bool unanswered;      /* the peer's machine owes an answer, and not just now */
	uint64_t queued;      /* bytes to send so far: the length of the stream */
	bool closing;	      /* nothing more will be typed: once all is sent, the sending side is shut */
	bool parted;	      /* encrypted: the goodbye is sealed, nothing can follow it */
	bool shut;	      /* the sending side is shut */
	bool end_queued;      /* ... and the kernel sends that, as the last byte of the stream */
	int send_error;	      /* why sending failed, or 0 */

	pid_t listener;	      /* the child; 0: there is none */
	int lines;	      /* full screen: what the listener lets through comes out here, else -1 */
	int report;	      /* tells how the listener has ended; at its end, it has died */
	struct ending ending; /* set by link_end */
};

/* A link over a connected peer, whose socket and TLS session it takes, without a listener. */
void link_init(struct link *link, const struct peer *peer);

/*
 * Before the first listener, while there is memory: makes what will confine them, and without which none
 * can be started.  Where bytes pass unseen, they may go as listener_splices has it, and only then.  Returns
 * 0, or -1 and errno.
 */
int link_prepare(bool unseen);

/*
 * Starts the listener.  With output of LINK_PIPE, link->lines is where safe lines come out;
 * otherwise the listener writes to the descriptor output itself, or nowhere if it is -1.  Returns 0,
 * or -1 and errno.
 */
#define LINK_PIPE (-2)
int link_listen(struct link *link, int output, bool raw, struct log *log);

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
 * nobody looks at, in a conversation that is not encrypted, while nothing is in the outbox.  Where that
 * cannot be done, or the file not be read, the usual way works or tells why.
 */
enum link_file { LINK_FILE_GOES_ON, LINK_FILE_ENDS, LINK_FILE_UNFIT };
enum link_file link_send_file(struct link *link, int file);

/*
 * Sends from the outbox without waiting; to be called when the socket takes more.  Where the link is
 * closing and all is sent, shuts the sending side.  What fails is kept in send_error.
 */
void link_flush(struct link *link);

/* Whether bytes wait for the socket to become writable. */
bool link_is_waiting(const struct link *link);

/* Nothing more will be sent: what is in the outbox still is, then the peer sees the end. */
void link_finish(struct link *link);

/*
 * To be called when link->lines has ended or, without it, when link->report is readable: takes
 * leave of the listener and sets link->ending to what it reported, or to how it died.
 */
void link_listener_ended(struct link *link);

/*
 * Sets link->ending.  A failure to send outweighs the peer's orderly farewell: each error of a
 * socket is told to one system call only, and if the speaker got it, the receiving side saw but the
 * end of the stream.
 */
void link_end(struct link *link, struct ending ending);

/* Ends a listener that does what it should not: it will be said to have died. */
void link_stop_listening(struct link *link);

/* How many bytes of the stream the kernel has taken. */
uint64_t link_sent(const struct link *link);

/*
 * How many bytes of the stream the peer's machine has acknowledged.  The wire is not touched: our
 * kernel knows how much it has not (SIOCOUTQ, tcp(7)).  Where a system does not say, what was sent
 * counts.  After the connection broke, the answer is what it was then.
 *
 * To be asked every now and then, see link_patience: the connection is given up when the peer's machine
 * has owed an answer for a minute.  The kernel would wait much longer by itself; its own limit
 * (TCP_USER_TIMEOUT) would also end the connection to a peer that is there and only does not read.
 */
uint64_t link_acknowledged(struct link *link);

/* How long poll(2) may wait before link_acknowledged is to be asked again; -1: for ever. */
int link_patience(struct link *link);

/* Whether there is something to deliver that still can arrive. */
bool link_can_deliver(struct link *link);

/* Whether link_acknowledged is more than a guess. */
bool link_knows_acknowledged(void);

/*
 * The next line that has not arrived, or the rest of one, from *from on, which starts at 0 and is
 * moved on.  A span of length 0 means that there are no more.
 */
struct span link_undelivered(const struct link *link, size_t *from);

/* How many of them there are; how many bytes, those from a file included. */
size_t link_undelivered_count(const struct link *link);
uint64_t link_undelivered_bytes(const struct link *link);

/*
 * Finishes, and waits until all has arrived and the peer has hung up too: at most LINK_LINGER_MS, or until
 * somebody is in a hurry (signals_urgent_count).  A close with unread bytes in the socket would reset the
 * connection, and that can destroy lines already sent.  Where there is link->lines, take is called to read
 * from it and, at its end, to take leave of the listener (link_listener_ended).
 */
#define LINK_LINGER_MS 2000
#define LINK_ACKNOWLEDGE_MS 50 /* how often to ask what was acknowledged: nothing else tells */
typedef void link_take(void *context);
void link_linger(struct link *link, link_take *take, void *context);

/* Ends the listener, if it still runs, and closes everything. */
void link_close(struct link *link);

/* Says in one line how the conversation has ended, with the cause and the peer's name. */
void link_describe_ending(const struct link *link, char *text, size_t size);

#endif
