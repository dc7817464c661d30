/*
 * filter - bytes from a stranger to text that is safe on a terminal.
 *
 * Pure and streaming: bytes in, text out, no I/O, and the result does not depend on how the input
 * was cut into pieces.  Its output is valid UTF-8 whose only control characters are TAB and LF, and
 * which the filter itself passes unchanged.
 *
 *   valid, printable UTF-8; TAB          itself
 *   LF, CR LF                            LF
 *   other C0 controls, DEL, a lone CR    caret notation: ^[ ^? ^M
 *   C1 controls, line and paragraph separators, bidirectional embeddings, overrides and isolates,
 *   U+FEFF, tag characters, noncharacters, what iswprint(3) does not know
 *                                        their number: <U+202E>
 *   combining marks and others without a column of their own, after SAFE_MARKS_MAX in a row
 *                                        their number, too
 *   bytes that are no UTF-8              U+FFFD for each maximal subpart of an ill-formed sequence
 *                                        (The Unicode Standard, chapter 3.9, table 3-11 and the text
 *                                        after D93b; the WHATWG Encoding Standard decodes alike)
 *   a line over FILTER_LINE_MAX bytes    is ended there, the rest is a line of its own
 *   an unfinished last line              gets its LF
 */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bilingual.h"
#include "base/buffer.h"
#include "base/span.h"

#define FILTER_LINE_MAX 65536 /* bytes of safe text, without the LF */
#define FILTER_MADE 4096      /* bytes of safe text at most that are made at once */

struct filter {
	char pending[4]; /* the start of a character, not yet complete */
	uint8_t held;		  /* how many bytes of it there are */
	bool cr;		  /* a CR was read, what follows decides what it means */
	bool relayed;		  /* see filter_init_relayed */
	bool cut;		  /* the last piece begins with the end of a line that was too long */
	uint8_t marks;		  /* so many characters without a column of their own came last */
	size_t line_max;	  /* where a line is ended, in bytes of safe text */
	size_t column;		  /* so many are in the current line */
	char made[FILTER_MADE];	  /* what a span points to when it is not the input itself */
};

/* A filter at the beginning of a stream.  LC_CTYPE must be a UTF-8 locale, for iswprint(3). */
void filter_init(struct filter *filter);

/*
 * The same for text that is passed on to others, whose C libraries may know more: characters that iswprint(3) does not
 * know, and which nothing else in the table above is about, are not seen by their number, but pass.  Tags are: they
 * show nothing, but in the flags of three countries.  Before such text is shown here it needs the usual filter.
 */
void filter_init_relayed(struct filter *filter);

/*
 * Takes bytes from *input, moves *input on, and returns the next piece of safe text, which points
 * into the input wherever it can and is good until the next call.  A span of length 0 means that all
 * bytes up to end were taken.
 */
struct span filter_next(struct filter *filter, const char **input, const char *end);

/*
 * What the end of the stream makes of the bytes still held back and of an unfinished line.  To be
 * called until it returns a span of length 0; then the filter is as new.
 */
struct span filter_end(struct filter *filter);

/*
 * How many bytes of a text, which begins with a line, can be output of a filter: it would pass them unchanged, and
 * the rest not, at least not its beginning.
 */
size_t filter_safe_length(const char *text, size_t length);

/* The same of a filter for text that is passed on. */
size_t filter_relayed_length(const char *text, size_t length);

/*
 * Adds a whole text, made safe, to the buffer; an unfinished last line stays without LF.  Lines are
 * ended after line_max bytes: FILTER_LINE_MAX, or SIZE_MAX for never.
 */
void filter_text(const char *text, size_t length, size_t line_max, struct buffer *safe);

/*
 * Adds a text in which only controls are made visible, as above, and line ends are LF: CR and CR LF are, too.  The rest
 * is as it was, to be sent: what is safe to show is another matter.  The text is valid UTF-8.
 */
void filter_controls(const char *text, size_t length, struct buffer *visible);

/* Writes a string, made safe, to be shown in one line: LF is ^J, TAB is ^I.  It is cut to what there is room for. */
void filter_string(const char *text, char *safe, size_t size);

/* The same for what a bilingual text (base/bilingual.h) is in one language; and in both, so that it stays bilingual. */
void filter_language(const char *text, enum language language, char *safe, size_t size);
void filter_bilingual(const char *text, char *safe, size_t size);

#endif
