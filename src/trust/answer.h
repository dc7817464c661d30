/*
 * answer - what a person has typed for an answer.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_SIZE 256 /* more than any answer takes */

/*
 * Copies it, without blanks and ends of lines around it.  Returns why it is none, in English words (N_) that go
 * on after "it", or NULL.
 */
const char *answer_read(const char *text, size_t length, char answer[ANSWER_SIZE]);

/*
 * Whether an answer is no; and what comes after the yes that it begins with, without the blanks between them, or NULL.
 * The words are English, or those of the person's language, of several letters each, in capitals or not.
 */
bool answer_is_no(const char *answer);
const char *answer_yes(const char *answer);

#define ANSWER_REMARK 2048 /* in both languages, in which a byte that is no UTF-8 becomes three */

/*
 * Writes what there is to say of one that is none, as safe text, which is bilingual.  As it is not in the input line
 * any more, it is shown once more; where it could not be read, the fault is.  Of nothing at all there is nothing to
 * say.
 */
void answer_remark(const char *answer, const char *fault, char remark[ANSWER_REMARK]);

#endif
