/*
 * stream - what is said in a group: kept once, and each member reads it at its own pace.
 *
 *   start ................................................. end
 *     |     <~ann> hello      <~bob> hello ann      * ...    |
 *     |          |                    |
 *     |          ann's reader: next   bob's reader: next
 *     what is before has arrived at everybody's machine (stream_trim)
 *
 * A reader gets whole lines, all in the same order, but for its own; and now and then something that is for it alone,
 * which goes out between two lines.  Pure: text in, text out; a reader is the source of a link (link/link.h).
 */
#ifndef STREAM_H
#define STREAM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

#define STREAM_EVERYBODY UINT_MAX /* who says what is for all */

/* A zeroed struct is an empty stream. */
struct stream {
	uint64_t start, end; /* what is held: places, in bytes that were ever said */
	struct buffer text;
	struct buffer runs;  /* struct stream_run: what one says after the other */
	uint64_t first_run;  /* the number of the first of them */
};

struct stream_run {
	uint64_t end;
	unsigned author;
};

/* Adds whole lines, each with its LF, that somebody says. */
void stream_add(struct stream *stream, unsigned author, struct span lines);

/* Forgets what is before a place. */
void stream_trim(struct stream *stream, uint64_t place);

void stream_free(struct stream *stream);

/* One who reads it.  What it was given is a stream of its own, of bytes that are sent to it. */
struct reader {
	struct stream *stream;
	unsigned id;	      /* what it says itself it does not get */
	uint64_t next;	      /* the place of what it gets next */
	uint64_t run;	      /* ... which is in the run of that number, or at its end */
	bool amid;	      /* a line */
	struct buffer aside;  /* for it alone, before the next line */
	uint64_t given;	      /* bytes that it was given */
	struct buffer legs;   /* struct reader_leg: the way of those that have not arrived */
};

/* Up to the given byte of that number it was given the stream up to that place, or something aside. */
struct reader_leg {
	uint64_t given, place;
	bool aside;
};

/* Begins with what is said next. */
void reader_begin(struct reader *reader, struct stream *stream, unsigned id);

/* Adds whole lines that are for it alone.  Who counts what it gets (talk/relay.h) has to count them, too. */
void reader_add_aside(struct reader *reader, struct span lines);

/* What it gets next, as much as lies together; empty if there is nothing.  Good until the stream goes on. */
struct span reader_next(struct reader *reader);

/* It has taken so much of that. */
void reader_take(struct reader *reader, size_t length);

/*
 * The place up to which everything has arrived, where so many bytes of those that it was given have; the end of the
 * stream, if nothing of it is to be waited for.
 */
uint64_t reader_place(struct reader *reader, uint64_t arrived);

/* How many lines for it there are between a place, which is held, and the end of what it gets. */
size_t reader_count_lines(const struct reader *reader, uint64_t place, uint64_t end);

void reader_free(struct reader *reader);

#endif
