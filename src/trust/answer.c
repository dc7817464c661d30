#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bilingual.h"
#include "base/span.h"
#include "text/filter.h"
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
		return N_("is too long");
	if (memchr(typed.text, '\0', typed.length) != NULL)
		return N_("has a NUL in it");
	memcpy(answer, typed.text, typed.length);
	answer[typed.length] = '\0';
	return NULL;
}

/* What comes after a word that an answer begins with, which is all of it or ends with a blank; or NULL. */
static const char *
after_word(const char *answer, const char *word)
{
	size_t length = strlen(word);

	return strncasecmp(answer, word, length) == 0 && (answer[length] == '\0' || answer[length] == ' ')
		       ? answer + length
		       : NULL;
}

/* The same, for a word in English or in the person's language: but not one letter, which is typed by mistake. */
static const char *
after_either(const char *answer, const char *word)
{
	const char *own = _(word), *after = after_word(answer, word);

	return after == NULL && mbstowcs(NULL, own, 0) > 1 ? after_word(answer, own) : after;
}

bool
answer_is_no(const char *answer)
{
	/* TRANSLATORS: what is typed for an answer; "no" is understood, too.  A word, and not a letter. */
	const char *after = after_either(answer, N_("no"));

	return after != NULL && *after == '\0';
}

const char *
answer_yes(const char *answer)
{
	/* TRANSLATORS: what is typed for an answer; "yes" is understood, too.  A word, and not a letter. */
	const char *after = after_either(answer, N_("yes"));

	return after != NULL ? after + strspn(after, " ") : NULL;
}

void
answer_remark(const char *answer, const char *fault, char remark[ANSWER_REMARK])
{
	char typed[3 * ANSWER_SIZE];

	*remark = '\0';
	filter_string(fault == NULL ? answer : "", typed, sizeof typed);
	if (fault != NULL)
		bilingual_print(remark, ANSWER_REMARK, "that is no answer: it %s", bilingual(fault));
	else if (*answer != '\0')
		bilingual_print(remark, ANSWER_REMARK, "\"%s\" is no answer", typed);
}
