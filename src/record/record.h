/*
 * record - what was said, kept in two places: the history, to be seen, and the log.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#include "base/bilingual.h"
#include "base/buffer.h"
#include "record/history.h"
#include "record/log.h"

struct record {
	struct history *history; /* or NULL */
	struct log *log; /* or NULL */
	time_t looked;	 /* when the day was last looked at */
	int day;	 /* of the last line */
};

/*
 * An empty record of at most max_lines lines (0: there is no history), with a log that may be NULL and stays the
 * other's.
 */
void record_init(struct record *record, size_t max_lines, struct log *log);

/*
 * Adds the lines that are complete in a buffer of safe text, and drops them there; before them, where another day
 * has begun, that day.  stream_end is for one's own lines, 0 for others.  Returns how many.
 */
size_t record_lines(struct record *record, enum voice voice, struct buffer *lines, uint64_t stream_end);

/* The same for lines of one of several others, whose name, safe text, they have in the history and in the log. */
size_t record_lines_of(struct record *record, const char *speaker, struct buffer *lines);

/*
 * Adds what the program itself has to say, made safe: a bilingual text (bilingual_vprint).  In the log it is English,
 * and each of its voices is a notice.  In the person's language it is written to safe, too.
 */
#define RECORD_NOTICE_MAX (3 * SENTENCE_MAX) /* a byte that is no UTF-8 becomes three */
void record_notice(struct record *record, enum voice voice, char safe[RECORD_NOTICE_MAX], const char *format,
		   va_list arguments) __attribute__((format(printf, 4, 0)));

/* The same for a text that is in the log already, or is not for it: safe, and in the person's language. */
void record_unlogged(struct record *record, enum voice voice, const char *safe);

void record_free(struct record *record);

#endif
