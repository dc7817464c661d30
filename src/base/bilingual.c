#include <config.h>

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/fatal.h"

/* English, BETWEEN and the person's language stand between these, none of which is ever in UTF-8 (RFC 3629, 3). */
#define BEGIN 0xfd
#define BETWEEN 0xfe
#define END 0xff
#define MARKS ((size_t)4) /* these, and the NUL */

static locale_t english; /* in which libraries say all in English; 0: not opened */

/* What was asked for once, and is kept. */
struct kept {
	struct kept *next;
	char text[];
};
static struct kept *all_kept;

static const char *
keep(const char *text)
{
	struct kept *kept;
	size_t size = strlen(text) + 1;

	for (kept = all_kept; kept != NULL; kept = kept->next)
		if (strcmp(kept->text, text) == 0)
			return kept->text;
	if ((kept = malloc(sizeof *kept + size)) == NULL)
		fatal("cannot get memory");
	memcpy(kept->text, text, size);
	kept->next = all_kept;
	return all_kept = kept, kept->text;
}

void
bilingual_load(const char *domain)
{
#if defined(ENABLE_NLS)
	bind_textdomain_codeset(domain, "UTF-8");
	(void)dgettext(domain, "");	 /* which each has: how it becomes UTF-8 is known then */
	(void)dgettext(domain, "\001"); /* which none has: it is looked for in all that are there */
#else
	(void)domain;
#endif
}

void
bilingual_open(const char *directory)
{
#if defined(ENABLE_NLS)
	bindtextdomain(PACKAGE, directory);
	textdomain(PACKAGE);
	bilingual_load(PACKAGE);
	bilingual_load("libc");
#else
	(void)directory;
	(void)strerror(EIO); /* what the C library says is in the person's language all the same */
#endif
	english = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void
bilingual_join(const char *one, const char *other, char *text, size_t size)
{
	size_t first = strlen(one), second = strlen(other), room;

	if (size < MARKS || strcmp(one, other) == 0) {
		strlcpy(text, size < MARKS ? "" : one, size);
		return;
	}
	room = (size - MARKS) / 2;
	if (first + second > 2 * room) {
		if (first <= room)
			second = 2 * room - first;
		else if (second <= room)
			first = 2 * room - second;
		else
			first = second = room;
	}
	snprintf(text, size, "%c%.*s%c%.*s%c", BEGIN, (int)first, one, BETWEEN, (int)second, other, END);
}

void
bilingual_choose(const char *text, enum language language, char *out, size_t size)
{
	const char *between, *end;
	size_t length = 0;

	for (; *text != '\0' && length + 1 < size; text++) {
		const char *from = text, *to = text + 1;

		if ((unsigned char)*text == BEGIN && (between = strchr(text, BETWEEN)) != NULL &&
		    (end = strchr(between, END)) != NULL) {
			from = language == ENGLISH ? text + 1 : between + 1;
			to = language == ENGLISH ? between : end;
			text = end;
		}
		while (from < to && length + 1 < size)
			out[length++] = *from++;
	}
	out[length] = '\0';
}

/* Writes a sentence in both languages, which differ. */
static void __attribute__((format(printf, 3, 0), format(printf, 4, 0)))
print_both(char *text, size_t size, const char *sentence, const char *translation, va_list arguments)
{
	char said[BILINGUAL_MAX], one[SENTENCE_MAX], other[SENTENCE_MAX];
	va_list again;

	va_copy(again, arguments);
	vsnprintf(said, sizeof said, sentence, arguments);
	bilingual_choose(said, ENGLISH, one, sizeof one);
	vsnprintf(said, sizeof said, translation, again);
	bilingual_choose(said, PERSONAL, other, sizeof other);
	va_end(again);
	bilingual_join(one, other, text, size);
}

void
bilingual_vprint(char *text, size_t size, const char *format, va_list arguments)
{
	print_both(text, size, format, gettext(format), arguments);
}

void
bilingual_print(char *text, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	bilingual_vprint(text, size, format, arguments);
	va_end(arguments);
}

void
bilingual_print_count(char *text, size_t size, const char *one, const char *many, size_t count, ...)
{
	va_list arguments;

	va_start(arguments, count);
	print_both(text, size, count == 1 ? one : many, ngettext(one, many, count), arguments);
	va_end(arguments);
}

const char *
bilingual(const char *sentence)
{
	const char *translation = gettext(sentence);
	char text[BILINGUAL_MAX];

	if (translation == sentence)
		return sentence;
	bilingual_join(sentence, translation, text, sizeof text);
	return keep(text);
}

const char *
bilingual_describe(const char *(*describe)(int number), int number)
{
	char text[BILINGUAL_MAX], one[SENTENCE_MAX];
	locale_t personal;

	if (english == (locale_t)0)
		return keep(describe(number));
	personal = uselocale(english);
	strlcpy(one, describe(number), sizeof one);
	uselocale(personal);
	bilingual_join(one, describe(number), text, sizeof text);
	return keep(text);
}

/* strerror(3), which returns what is not to be changed. */
static const char *
describe_error(int error)
{
	return strerror(error);
}

const char *
bilingual_error(int error)
{
	return bilingual_describe(describe_error, error);
}

/* strsignal(3), the same. */
static const char *
describe_signal(int signal)
{
	return strsignal(signal);
}

const char *
bilingual_signal(int signal)
{
	return bilingual_describe(describe_signal, signal);
}
