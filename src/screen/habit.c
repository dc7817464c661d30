#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "screen/habit.h"

#define BLANKS " \t"
#define WITH_VALUE "bDhjkoOpPtTxyz#\"" /* options of less that the rest of the word belongs to */

static const struct pager {
	const char *name, *variable;
	const char *at;	    /* behind + and a line */
	const char *at_end; /* the end of the text; NULL: it has no word for that */
} pagers[] = {
	{"less", "LESS", "g$", "+G$"}, /* a $ ends a value there */
	{"more", "MORE", " ", NULL},
};

/* The next word, which is taken off the text; empty: there is none. */
static struct span
next_word(const char **text)
{
	const char *start = *text + strspn(*text, BLANKS);

	*text = start + strcspn(start, BLANKS);
	return (struct span){start, (size_t)(*text - start)};
}

static const struct pager *
find(const char *command)
{
	struct span name = next_word(&command);
	const char *slash;

	while ((slash = memchr(name.text, '/', name.length)) != NULL)
		name = (struct span){slash + 1, (size_t)(name.text + name.length - slash) - 1};
	for (size_t i = 0; i < sizeof pagers / sizeof pagers[0]; i++)
		if (strlen(pagers[i].name) == name.length && memcmp(pagers[i].name, name.text, name.length) == 0)
			return &pagers[i];
	return NULL;
}

const char *
habit_variable(const char *command)
{
	const struct pager *pager = find(command);

	return pager != NULL ? pager->variable : NULL;
}

void
habit_place(const char *command, const char *options, struct habit_place place, struct buffer *value)
{
	const struct pager *pager = find(command);
	char first[32];

	if (pager == NULL)
		return;
	if (options == NULL)
		options = "";
	if (place.newest && pager->at_end != NULL)
		strlcpy(first, pager->at_end, sizeof first);
	else
		snprintf(first, sizeof first, "+%" PRIu64 "%s", place.line, pager->at);
	/* What is one's own comes behind it, and so need not be understood. */
	buffer_add(value, first, strlen(first));
	buffer_add(value, options, strlen(options) + 1);
}

/* Whether a word of less's options is the long one of that name, or begins it so that none else is meant. */
static bool
is_long(struct span word, const char *name)
{
	return word.length > strlen("--quit-") && word.length <= strlen(name) &&
	       memcmp(word.text, name, word.length) == 0;
}

/* Whether an option of less is set in a text.  Where the text is a command, its first word is none. */
static bool
is_set_in(const char *text, char letter, const char *name, bool is_command)
{
	bool first = true;

	for (struct span word = next_word(&text); word.length > 0; word = next_word(&text), first = false) {
		const char *end = word.text + word.length, *s = word.text;

		if (is_long(word, name))
			return true;
		if (*s == '-')
			s++;
		else if (!first || is_command) /* LESS=FRX is -FRX, too */
			continue;
		for (; s < end && *s != '-' && *s != '+' && strchr(WITH_VALUE, *s) == NULL; s++)
			if (*s == letter)
				return true;
	}
	return false;
}

static bool
is_set(const char *command, const char *options, char letter, const char *name)
{
	return is_set_in(command, letter, name, true) || (options != NULL && is_set_in(options, letter, name, false));
}

bool
habit_ends_at_once(const char *command, const char *options, struct habit_length text)
{
	const struct pager *pager = find(command);
	bool cuts = is_set(command, options, 'S', "--chop-long-lines");

	if (pager == NULL || strcmp(pager->name, "less") != 0)
		return false;
	if (is_set(command, options, 'E', "--QUIT-AT-EOF"))
		return true;
	return (cuts ? text.lines : text.rows) <= text.screen && is_set(command, options, 'F', "--quit-if-one-screen");
}
