/*
 * notice - what there is to say where there is no talk, which is before it: on standard error, and in the log.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include "record/log.h"

/* Says one line, formatted as by printf(3) and then made safe, after "tchat: ". */
void notice(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes what is left of the log, to which nothing more will be added (log_finish), and says so if that fails. */
void notice_finish_log(struct log *log);

#endif
