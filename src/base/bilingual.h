/*
 * bilingual - what the program says, in the person's language and in English.
 *
 * A person reads their own language, as gettext(3) has it.  What is only shown is translated where it is said, with
 * _() and ngettext().  The log and the wire are English whatever the language, and what goes there and to a person,
 * too, is said once, in both: such a text is bilingual.  It is a string like any other, which may be copied, sent
 * through a pipe and be part of another one, in which what differs stands in both languages, between bytes that are not
 * in UTF-8.  Only bilingual_print cuts it such that something is left of both.  Where a sentence has no translation it
 * is that sentence and nothing else.
 */
#ifndef BILINGUAL_H
#define BILINGUAL_H

#include <stdarg.h>
#include <stddef.h>

#if defined(ENABLE_NLS)
#include <libintl.h>
#else
#define gettext(sentence) (sentence)
#define ngettext(one, many, count) ((count) == 1 ? (one) : (many))
#endif

#define _(sentence) gettext(sentence)
#define N_(sentence) sentence /* is translated elsewhere */

/* How much of a sentence is kept, in either language and in both. */
#define SENTENCE_MAX ((size_t)5120) /* a line of a terminal, with what is said of it (N_TTY_BUF_SIZE) */
#define BILINGUAL_MAX (2 * SENTENCE_MAX + 4)
#define BILINGUAL_LINE 1024 /* room for a line in both, such as what has failed, on what, and why */

enum language {
	ENGLISH,
	PERSONAL /* the person's, where there is a translation */
};

/*
 * Finds the sentences in the person's language, that of the locale, among those in a directory, for this process and
 * its children.  Before, all is in English.
 */
void bilingual_open(const char *directory);

/* Reads all there is for a domain of messages, of a library, say, so that no file is opened later. */
void bilingual_load(const char *domain);

/*
 * Writes a text for both languages, as snprintf(3) does: format is an English sentence, and its arguments may be
 * bilingual.  What has no room is cut in both.
 */
void bilingual_print(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void bilingual_vprint(char *text, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

/* The same for a sentence about a number of things, which in English is one of two. */
void bilingual_print_count(char *text, size_t size, const char *one, const char *many, size_t count, ...)
	__attribute__((format(printf, 3, 6), format(printf, 4, 6)));

/* Makes one of a text in English and one in the person's language. */
void bilingual_join(const char *one, const char *other, char *text, size_t size);

/* A sentence, or part of one, in both.  It stays for ever. */
const char *bilingual(const char *sentence);

/*
 * What a library says of a number, in both: describe is gai_strerror(3) or another function that answers in the
 * person's language.  And what strerror(3) says of an errno, and strsignal(3) of a signal.  They stay for ever.
 */
const char *bilingual_describe(const char *(*describe)(int number), int number);
const char *bilingual_error(int error);
const char *bilingual_signal(int signal);

/* Writes what a bilingual text is in one language to out, which has room for size bytes, one at least. */
void bilingual_choose(const char *text, enum language language, char *out, size_t size);

#endif
