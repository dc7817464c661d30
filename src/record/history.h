/*
 * history - the conversation so far: a bounded store of lines.
 *
 * Lines are held in blocks of memory, which are taken as lines come in and given back as the oldest
 * are forgotten: a line costs its text and 16 bytes, one's own 8 more.  Lines are numbered from 0 in
 * the order of their arrival, and keep their numbers.  Who spoke is a number in an entry, of a label that
 * is held once, as long as it stands before a line that is held.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "record/log.h"

#define HISTORY_BYTES_PER_LINE 256 /* of the limit on text, which no line exceeds by itself */

struct history;

struct line {
	const char *text; /* safe text without LF; good until the next line is added */
	size_t length;
	time_t when;
	enum voice voice;
	const char *speaker; /* the peer's lines: its label; good until the next line is added */
	uint64_t stream_end; /* one's own lines: the end in the stream of bytes sent; or as follows */
};
#define STREAM_DELIVERED UINT64_C(0) /* all of it has arrived */
#define STREAM_LOST UINT64_MAX	     /* it has not, and never will */
#define STREAM_DOUBTED (UINT64_MAX - 1) /* it has, but the way in which all ended leaves open whether anybody saw it */

/*
 * A history of at most max_lines lines (1 or more), and of at most HISTORY_BYTES_PER_LINE for each of
 * them together, or 1 MiB if that is more.
 */
struct history *history_new(size_t max_lines);

/* From now on the peer's lines are said by somebody of that label, which is safe text; before the first call, of "". */
void history_set_speaker(struct history *history, const char *label);

/*
 * Adds a line of safe text.  The filter makes none longer than FILTER_LINE_MAX; whoever does, has it cut
 * there.  stream_end is for one's own lines.
 */
void history_add(struct history *history, enum voice voice, time_t when, const char *text,
		 size_t length, uint64_t stream_end);

/* The number of the oldest line held, and the number that the next line will get. */
uint64_t history_start(const struct history *history);
uint64_t history_end(const struct history *history);

/* The line of that number, which must be held. */
struct line history_line(const struct history *history, uint64_t number);

/* Settles what became of one's own line, which must be held: its stream_end is one of the above from now on. */
void history_settle(struct history *history, uint64_t number, uint64_t fate);

/* Gives the memory back.  NULL is fine. */
void history_free(struct history *history);

#endif
