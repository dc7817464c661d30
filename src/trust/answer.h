/*
 * answer - what a person has typed for an answer.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

#define ANSWER_SIZE 256 /* more than any answer takes */

/* Copies it, without blanks and ends of lines around it.  Returns why it is none, after "it", or NULL. */
const char *answer_read(const char *text, size_t length, char answer[ANSWER_SIZE]);

#define ANSWER_REMARK (ANSWER_SIZE + 32)

/*
 * Writes what there is to say of one that is none.  As it is not in the input line any more, it is shown once more;
 * where it could not be read, the fault is.  Of nothing at all there is nothing to say.
 */
void answer_remark(const char *answer, const char *fault, char remark[ANSWER_REMARK]);

#endif
