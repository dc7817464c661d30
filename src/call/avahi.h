/*
 * avahi - the programs of avahi-utils that tell the local network who waits here, and who waits there
 * (avahi-publish(1), avahi-browse(1)): started, read, and ended with whoever started them.
 *
 *   caller ----- lifeline ----> guard ---- starts, ends ---> avahi-publish
 *      ^------------------ what it prints, what is wrong --------'
 *
 * Who has confined itself can end no process, not even by its own death (Landlock), so a guard does that, which is
 * started before: once nobody holds the other end of its lifeline, the program is gone, after SIGKILL, too.  Neither
 * has a descriptor of whoever started it.
 */
#ifndef AVAHI_H
#define AVAHI_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/polls.h"
#include "base/span.h"

#define AVAHI_SAID_MAX 256

/* What the program writes to a pipe. */
struct avahi_stream {
	int fd; /* -1: it has ended */
	int slot;
	struct buffer text;
	size_t given;  /* bytes of the line that was given last */
	bool skipping; /* this line is too long */
};

/* A zeroed one is none. */
struct avahi {
	enum { AVAHI_NONE, AVAHI_RUNS, AVAHI_ENDED } state;
	const char *program;
	pid_t guard;
	int lifeline;
	struct avahi_stream out, err;
	char said[AVAHI_SAID_MAX]; /* the last that it said to be wrong */
	char name[AVAHI_SAID_MAX]; /* as what it has announced somebody; empty: not yet */
	bool told;		   /* avahi_announced has said so */
};

/* Announces who waits on that port.  Where that cannot be, it has ended. */
void avahi_publish(struct avahi *avahi, const char *name, unsigned port, bool tls);

/* Prints who comes and goes, for browse_parse.  Where that cannot be, it has ended. */
void avahi_browse(struct avahi *avahi);

void avahi_poll(struct avahi *avahi, struct polls *polls);

/* Takes what it has written; to be called after each wait. */
void avahi_step(struct avahi *avahi, const struct polls *polls);

/* The next line that was printed, without its LF, good until the next call; false: there is none yet. */
bool avahi_line(struct avahi *avahi, struct span *line);

/* The name under which somebody is announced from now on, which may be another one, once; or NULL.  Not safe text. */
const char *avahi_announced(struct avahi *avahi);

/* Writes why it has ended, and what helps, which is bilingual. */
void avahi_explain(const struct avahi *avahi, char *text, size_t size);

/* Ends it, if it runs. */
void avahi_end(struct avahi *avahi);

#endif
