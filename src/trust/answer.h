/*
 * answer - what a person has typed for an answer.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

#define ANSWER_SIZE 256 /* more than any answer takes */

/* Copies it, without blanks and ends of lines around it.  Returns why it is none, after "it", or NULL. */
const char *answer_read(const char *text, size_t length, char answer[ANSWER_SIZE]);

#endif
