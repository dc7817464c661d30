#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "trust/answer.h"

/* Cuts blanks and ends of lines off both ends of what was typed. */
static struct span
trim(struct span typed)
{
	while (typed.length > 0 && isspace((unsigned char)*typed.text))
		typed = (struct span){typed.text + 1, typed.length - 1};
	while (typed.length > 0 && isspace((unsigned char)typed.text[typed.length - 1]))
		typed.length--;
	return typed;
}

const char *
answer_read(const char *text, size_t length, char answer[ANSWER_SIZE])
{
	struct span typed = trim((struct span){text, length});

	if (typed.length >= ANSWER_SIZE)
		return "is too long";
	if (memchr(typed.text, '\0', typed.length) != NULL)
		return "has a NUL in it";
	memcpy(answer, typed.text, typed.length);
	answer[typed.length] = '\0';
	return NULL;
}

void
answer_remark(const char *answer, const char *fault, char remark[ANSWER_REMARK])
{
	*remark = '\0';
	if (fault != NULL)
		snprintf(remark, ANSWER_REMARK, "that is no answer: it %s", fault);
	else if (*answer != '\0')
		snprintf(remark, ANSWER_REMARK, "\"%s\" is no answer", answer);
}
