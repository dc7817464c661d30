/*
 * log - the transcript: the conversation, line by line, in a file.
 *
 *   2026-01-31T17:05:09+01:00 > a line that was sent
 *   2026-01-31T17:05:11+01:00 < a line that was received
 *   2026-01-31T17:05:15+01:00 < <~ann> a line that one of several others has sent
 *   2026-01-31T17:05:20+01:00 * a notice
 *
 * The file is opened for appending and only whole lines are written, so the two processes of a
 * conversation can share it.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/polls.h"

/*
 * Who speaks; the value is the letter in the log.  What the program says on the screen can be a notice,
 * a question, or an alarm: something has failed, or is dangerous.
 */
enum voice {
	VOICE_SELF = '>',
	VOICE_PEER = '<',
	VOICE_NOTICE = '*',
	VOICE_QUESTION = '?',
	VOICE_ALARM = '!'
};

struct log;

/*
 * Opens path, which must stay good, with mode 0600 if it is new.  A FIFO must have a reader within a second.  NULL on
 * failure, and errno: EPIPE if it has none.
 */
struct log *log_open(const char *path);

/* The path of a file that others can read; NULL: they cannot, or it is no file. */
const char *log_exposed(const struct log *log);

/* Adds a line, which is safe text without its LF.  A log of NULL takes everything and keeps nothing. */
void log_line(struct log *log, enum voice voice, const char *text, size_t length);

/* The same for what the program itself says: a bilingual text, which is made safe, and is English in the log. */
void log_notice(struct log *log, const char *text);

/* The same for a line of one of several, by name, which is safe text, too. */
void log_line_of(struct log *log, enum voice voice, const char *speaker, const char *text, size_t length);

/*
 * Adds bytes of a stream as they were sent or received: they pass the text filter, and each line
 * is added once it is complete.  In one process only one voice may do so.
 */
void log_bytes(struct log *log, enum voice voice, const char *bytes, size_t length);

/* The stream of log_bytes has ended: an unfinished line is added. */
void log_end(struct log *log, enum voice voice);

/*
 * Writes what was added, as far as the log takes it: a FIFO, or a terminal, may take nothing just now.  Then the rest
 * is written when this is called again, and log_poll waits for that.  Returns 0, or an errno the first time that it
 * fails: ENOBUFS where much is left after a second.  A process whose log has failed writes to it no
 * more.
 */
int log_flush(struct log *log);
bool log_is_behind(const struct log *log);
void log_poll(const struct log *log, struct polls *polls);

/*
 * The same for all that is left: nothing more will be added.  ENOBUFS where nothing was taken for a second, or not all
 * within five.
 */
int log_finish(struct log *log);

/* Another process that shares the log says that it has failed.  Returns cause, or 0 if that is known. */
int log_fails(struct log *log, int cause);

/*
 * The descriptor that the log writes to; after it was renumbered in a child, log_move says the new one.  What was not
 * written before is the parent's to write.
 */
int log_descriptor(const struct log *log);
void log_move(struct log *log, int descriptor);

/* Closes; what was not written is gone.  NULL is fine. */
void log_close(struct log *log);

#endif
