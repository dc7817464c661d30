/*
 * log - the transcript: the conversation, line by line, in a file.
 *
 *   2026-01-31T17:05:09+01:00 > a line that was sent
 *   2026-01-31T17:05:11+01:00 < a line that was received
 *   2026-01-31T17:05:20+01:00 * a notice
 *
 * The file is opened for appending and only whole lines are written, so the two processes of a
 * conversation can share it.
 */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

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

/* Opens path, with mode 0600 if it is new.  NULL on failure, and errno. */
struct log *log_open(const char *path);

/* Adds a line, which is safe text without its LF.  A log of NULL takes everything and keeps nothing. */
void log_line(struct log *log, enum voice voice, const char *text, size_t length);

/*
 * Adds bytes of a stream as they were sent or received: they pass the text filter, and each line
 * is added once it is complete.  In one process only one voice may do so.
 */
void log_bytes(struct log *log, enum voice voice, const char *bytes, size_t length);

/* The stream of log_bytes has ended: an unfinished line is added. */
void log_end(struct log *log, enum voice voice);

/*
 * Writes what was added.  Returns 0, or an errno the first time that it fails.  A process whose log has failed
 * writes to it no more.
 */
int log_flush(struct log *log);

/* Another process that shares the log says that it has failed.  Returns cause, or 0 if that is known. */
int log_fails(struct log *log, int cause);

/* The descriptor that the log writes to; after it was renumbered, log_move says the new one. */
int log_descriptor(const struct log *log);
void log_move(struct log *log, int descriptor);

/* Closes; what was not flushed is gone.  NULL is fine. */
void log_close(struct log *log);

#endif
