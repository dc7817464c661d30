/*
 * The text filter: a table for everything that it says it does, malformed UTF-8, the limit of a
 * line, and what must hold for any input.
 *
 * Generated input follows from one number, which a failure names; SEED=number test_filter checks
 * that one again.
 */
#include <config.h>

#include <sys/types.h>
#include <sys/wait.h>

#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "generated.h"
#include "text/filter.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES(literal) literal, sizeof(literal) - 1 /* a string with NULs in it, and its length */

#define R "\xEF\xBF\xBD" /* U+FFFD, the replacement character */

/* As many characters without a column of their own as pass, and one more, seen by its number. */
#define FIVE_MARKS "\xCC\x81\xE2\x80\x8D\xEF\xB8\x8F\xE2\x80\x8B\xF3\xA0\x84\x80"
#define MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS
#define MARK "\xCC\x81"
#define NUMBER "<U+0301>"

/* ---- What is safe ---- */

struct range {
	uint32_t first, last;
};

static bool
is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* What never passes, and what always does, whatever the C library thinks. */
static bool
never_passes(uint32_t c)
{
	static const struct range ranges[] = {
		{0x80, 0x9F},	  {0x2028, 0x2029}, {0x202A, 0x202E},	{0x2066, 0x2069},
		{0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F},
	};

	return is_in(ranges, COUNT(ranges), c) || (c & 0xFFFF) >= 0xFFFE;
}

static bool
always_passes(uint32_t c)
{
	static const struct range ranges[] = {{0x200D, 0x200D}, {0xFE00, 0xFE0F}};

	return is_in(ranges, COUNT(ranges), c);
}

static bool
is_surrogate(uint32_t c)
{
	return c >= 0xD800 && c <= 0xDFFF;
}

static bool knows_less; /* the C library, than one expects: it has no é */

static bool
is_printable(uint32_t c)
{
	return iswctype((wint_t)c, wctype("print")) != 0 && !(knows_less && c == 0xE9);
}

static bool
is_unknown(uint32_t c)
{
	return !never_passes(c) && !always_passes(c) && !is_printable(c);
}

static bool relayed; /* the text is for others, and what is unknown passes */

/* Whether a character beyond ASCII must not be shown as itself. */
static bool
is_unsafe(uint32_t c)
{
	return never_passes(c) || (!relayed && is_unknown(c));
}

#define MARKS_MAX 30

/* Whether a character beyond ASCII that is safe has no column of its own. */
static bool
is_mark(uint32_t c)
{
	static const struct range unknown[] = {
		{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x2060, 0x206F},
		{0x20D0, 0x20FF}, {0xFE20, 0xFE2F}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF},
	};

	return is_unknown(c) ? is_in(unknown, COUNT(unknown), c) : wcwidth((wchar_t)c) <= 0;
}

/*
 * What the filter gets to hear instead of the C library: the same, but the contrary where it must
 * not rely on it.
 */
int
iswprint(wint_t c)
{
	if (never_passes(c) || is_surrogate(c))
		return true;
	return !always_passes(c) && is_printable(c);
}

/* ---- Feeding the filter ---- */

static char context[80]; /* what is being tested, for messages */

static void __attribute__((format(printf, 1, 2)))
testing(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(context, sizeof context, format, arguments);
	va_end(arguments);
}

static void
begin(struct filter *filter)
{
	if (relayed)
		filter_init_relayed(filter);
	else
		filter_init(filter);
}

static size_t
safe_length(const char *text, size_t length)
{
	return relayed ? filter_relayed_length(text, length) : filter_safe_length(text, length);
}

/* A stream through the filter. */
struct stream {
	struct filter filter;
	struct buffer text; /* what came out */
	size_t copied;	    /* bytes of it that were not pointed to where they lay in the input */
};

/*
 * Passes a piece.  It lies in memory of exactly its size and is gone afterwards, so that the address
 * sanitizer sees who reads beyond it, or later.
 */
static void
pass(struct stream *stream, const char *bytes, size_t length)
{
	char *piece = malloc(length);
	const char *next = piece, *end = piece + length;
	struct span span;

	if (length > 0)
		memcpy(piece, bytes, length);
	while ((span = filter_next(&stream->filter, &next, end)).length > 0) {
		if (span.text < piece || span.text >= end)
			stream->copied += span.length;
		buffer_add(&stream->text, span.text, span.length);
	}
	if (next != end)
		fail_msg("%s: %td bytes were not taken", context, end - next);
	free(piece);
}

static void
finish(struct stream *stream)
{
	struct span span;

	while ((span = filter_end(&stream->filter)).length > 0)
		buffer_add(&stream->text, span.text, span.length);
}

/* A whole stream, cut in three: any of the pieces may be empty. */
static struct stream
in_three(const char *bytes, size_t length, size_t i, size_t j)
{
	struct stream stream = {0};

	begin(&stream.filter);
	pass(&stream, bytes, i);
	pass(&stream, bytes + i, j - i);
	pass(&stream, bytes + j, length - j);
	finish(&stream);
	return stream;
}

static struct stream
in_one(const char *bytes, size_t length)
{
	return in_three(bytes, length, length, length);
}

/* A whole stream, in pieces of random sizes from 1 to longest. */
static struct stream
in_pieces(const char *bytes, size_t length, size_t longest, uint64_t random)
{
	struct stream stream = {0};
	size_t n;

	begin(&stream.filter);
	for (size_t done = 0; done < length; done += n) {
		n = 1 + below(&random, longest);
		if (n > length - done)
			n = length - done;
		pass(&stream, bytes + done, n);
	}
	finish(&stream);
	return stream;
}

/* The end of a text, such that a person can read it in a message. */
static void
quote(char *quoted, size_t size, const char *text, size_t length)
{
	const size_t most = (size - 4) / 4;
	size_t start = length > most ? length - most : 0;

	quoted += sprintf(quoted, "%s", start > 0 ? "..." : "");
	for (size_t i = start; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		quoted += sprintf(quoted, c < 0x20 || c >= 0x7F ? "\\x%02X" : "%c", c);
	}
}

/* The stream must have given this text; how says how it was cut. */
static void
must_give(struct stream stream, const char *text, size_t length, const char *how)
{
	char got[400] = "", wanted[400] = "";

	if (buffer_length(&stream.text) != length ||
	    (length > 0 && memcmp(buffer_data(&stream.text), text, length) != 0)) {
		if (buffer_length(&stream.text) > 0)
			quote(got, sizeof got, buffer_data(&stream.text), buffer_length(&stream.text));
		quote(wanted, sizeof wanted, text, length);
		fail_msg("%s, %s, gives \"%s\" (%zu bytes), not \"%s\" (%zu bytes)", context, how, got,
			 buffer_length(&stream.text), wanted, length);
	}
	buffer_free(&stream.text);
}

/* What is safe already must come back as it is, not copied. */
static void
must_pass(const char *text, size_t length, const char *how)
{
	struct stream stream = in_one(text, length);

	if (stream.copied > 0)
		fail_msg("%s, %s: %zu bytes were copied", context, how, stream.copied);
	must_give(stream, text, length, how);
	if (length > 0 && safe_length(text, length) != length)
		fail_msg("%s, %s: not known as output", context, how);
}

/* What is not safe is known not to be output of the filter; text is what becomes of it. */
static void
must_not_be_output(const char *in, size_t in_length, const char *text, size_t length)
{
	size_t same = 0, safe = safe_length(in, in_length);

	while (same < in_length && same < length && in[same] == text[same])
		same++;
	if (safe > same)
		fail_msg("%s: %zu bytes are taken for output of the filter, %zu are", context, safe, same);
}

/* However the input is cut, at or after from, and filtered once or twice, the output is the same. */
static void
must_become(const char *in, size_t in_length, const char *out, size_t out_length, size_t from)
{
	char how[80];

	must_give(in_one(in, in_length), out, out_length, "in one piece");
	for (size_t i = from; i <= in_length; i++)
		for (size_t j = i; j <= in_length; j++) {
			snprintf(how, sizeof how, "cut at %zu and %zu", i, j);
			must_give(in_three(in, in_length, i, j), out, out_length, how);
		}
	must_give(in_pieces(in, in_length, 1, 0), out, out_length, "byte by byte");
	must_pass(out, out_length, "filtered again");
	if (in_length > 0 && memcmp(in, out, in_length < out_length ? in_length : out_length) != 0)
		must_not_be_output(in, in_length, out, out_length);
}

/* ---- The tables ---- */

struct row {
	const char *name;
	const char *in;
	size_t in_length;
	const char *out;
	size_t out_length;
};

#define ROW(name, in, out) {name, BYTES(in), BYTES(out)}

static struct row rows[] = {
	ROW("nothing", "", ""),
	ROW("a line", "hello\n", "hello\n"),
	ROW("printable ASCII",
	    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnop"
	    "qrstuvwxyz{|}~\n",
	    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnop"
	    "qrstuvwxyz{|}~\n"),
	ROW("TAB", "\ta\t\tb\n", "\ta\t\tb\n"),
	ROW("two, three, four bytes", "é 日 😀\n", "é 日 😀\n"),
	ROW("first and last of two bytes", "\xC2\xA0\xDF\xBF\n", "\xC2\xA0\xDF\xBF\n"),
	ROW("first of three bytes", "\xE0\xA0\x80\n", "\xE0\xA0\x80\n"),
	ROW("first of four bytes", "\xF0\x90\x80\x80\n", "\xF0\x90\x80\x80\n"),
	ROW("before and after the surrogates", "\xED\x9E\xA3\xEE\x80\x80\n",
	    "\xED\x9E\xA3\xEE\x80\x80\n"),
	ROW("last character of all", "\xF4\x8F\xBF\xBD\n", "\xF4\x8F\xBF\xBD\n"),
	ROW("the replacement character itself", R "\n", R "\n"),

	/* What emoji and many scripts need. */
	ROW("zero-width joiner", "👩\xE2\x80\x8D🚀\n", "👩\xE2\x80\x8D🚀\n"),
	ROW("zero-width non-joiner", "می\xE2\x80\x8Cخواهم\n", "می\xE2\x80\x8Cخواهم\n"),
	ROW("variation selectors 1 and 16", "☺\xEF\xB8\x80☺\xEF\xB8\x8F\n",
	    "☺\xEF\xB8\x80☺\xEF\xB8\x8F\n"),
	ROW("variation selector 17", "葛\xF3\xA0\x84\x80\n", "葛\xF3\xA0\x84\x80\n"),
	ROW("as many marks as pass", "e" MARKS "f\n", "e" MARKS "f\n"),
	ROW("more marks than pass", "e" MARKS MARK "\xE2\x80\x8D" MARK "f" MARK "\n",
	    "e" MARKS NUMBER "<U+200D>" NUMBER "f" MARK "\n"),
	ROW("marks without a letter", MARKS MARK "\n" MARKS MARK "\n",
	    MARKS NUMBER "\n" MARKS NUMBER "\n"),
	ROW("marks on what has two, three, four bytes",
	    "é" MARKS MARK "日" MARKS MARK "😀" MARKS MARK " " MARKS MARK "\t" MARKS MARK "\n",
	    "é" MARKS NUMBER "日" MARKS NUMBER "😀" MARKS NUMBER " " MARKS NUMBER "\t" MARKS NUMBER "\n"),
	ROW("marks on what is made safe",
	    "\x1B" MARKS MARK "\xFF" MARKS MARK "\xE2\x80\xAE" MARKS MARK "\r" MARKS MARK "\n",
	    "^[" MARKS NUMBER R MARKS NUMBER "<U+202E>" MARKS NUMBER "^M" MARKS NUMBER "\n"),
	ROW("combining marks", "e\xCC\x81 a\xCC\x8A\xCC\x81\n", "e\xCC\x81 a\xCC\x8A\xCC\x81\n"),
	ROW("right to left", "שלום 42\n", "שלום 42\n"),

	ROW("LF alone", "\n", "\n"),
	ROW("LF LF", "\n\n", "\n\n"),
	ROW("CR LF", "a\r\nb\r\n", "a\nb\n"),
	ROW("CR LF CR LF", "\r\n\r\n", "\n\n"),
	ROW("a lone CR", "a\rb\n", "a^Mb\n"),
	ROW("a lone CR before a wide character", "\ré\n", "^Mé\n"),
	ROW("a lone CR before a control", "\r\x1B\n", "^M^[\n"),
	ROW("a lone CR before what is no UTF-8", "\r\xFF\n", "^M" R "\n"),
	ROW("CR CR LF", "a\r\r\nb\n", "a^M\nb\n"),
	ROW("LF CR", "a\n\rb\n", "a\n^Mb\n"),

	ROW("NUL", "a\0b\n", "a^@b\n"),
	ROW("bell, backspace", "\a\b\n", "^G^H\n"),
	ROW("vertical tab, form feed", "\v\f\n", "^K^L\n"),
	ROW("an escape sequence", "\x1B[31mred\x1B[m\n", "^[[31mred^[[m\n"),
	ROW("the last C0 control", "\x1F \n", "^_ \n"),
	ROW("DEL", "~\x7F\n", "~^?\n"),

	ROW("C1: first and last", "\xC2\x80\xC2\x9F\n", "<U+0080><U+009F>\n"),
	ROW("C1: next line", "a\xC2\x85" "b\n", "a<U+0085>b\n"),
	ROW("C1: control sequence introducer", "\xC2\x9B" "31m\n", "<U+009B>31m\n"),
	ROW("line and paragraph separator", "\xE2\x80\xA8\xE2\x80\xA9\n", "<U+2028><U+2029>\n"),
	ROW("bidirectional embeddings", "\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAC\n",
	    "<U+202A><U+202B><U+202C>\n"),
	ROW("bidirectional overrides", "\xE2\x80\xAD\xE2\x80\xAE\n", "<U+202D><U+202E>\n"),
	ROW("bidirectional isolates", "\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9\n",
	    "<U+2066><U+2067><U+2068><U+2069>\n"),
	ROW("their neighbours", "\xE2\x80\xA7\xE2\x80\xAF\n", "\xE2\x80\xA7\xE2\x80\xAF\n"),
	ROW("byte order mark at the start", "\xEF\xBB\xBF" "a\n", "<U+FEFF>a\n"),
	ROW("byte order mark inside", "a\xEF\xBB\xBF" "b\n", "a<U+FEFF>b\n"),
	ROW("tags", "\xF3\xA0\x80\x81\xF3\xA0\x80\xA0\xF3\xA0\x81\xBF\n",
	    "<U+E0001><U+E0020><U+E007F>\n"),
	ROW("noncharacters among the Arabic forms", "\xEF\xB7\x90\xEF\xB7\xAF\n",
	    "<U+FDD0><U+FDEF>\n"),
	ROW("noncharacters of the first plane", "\xEF\xBF\xBE\xEF\xBF\xBF\n", "<U+FFFE><U+FFFF>\n"),
	ROW("noncharacters of the second plane", "\xF0\x9F\xBF\xBE\xF0\x9F\xBF\xBF\n",
	    "<U+1FFFE><U+1FFFF>\n"),
	ROW("noncharacters of the last plane", "\xF4\x8F\xBF\xBE\xF4\x8F\xBF\xBF\n",
	    "<U+10FFFE><U+10FFFF>\n"),
	ROW("unknown to the C library", "\xCD\xB8\n", "<U+0378>\n"),

	/* The Unicode Standard, chapter 3.9, tables 3-8 to 3-11. */
	ROW("table 3-8, non-shortest forms", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82" "A\n",
	    R R R R R R R R "A\n"),
	ROW("table 3-9, surrogates", "\xED\xA0\x80\xED\xBF\xBF\xED\xAF" "A\n", R R R R R R R R "A\n"),
	ROW("table 3-10, other ill-formed sequences", "\xF4\x91\x92\x93\xFF" "A\x80\xBF" "B\n",
	    R R R R R "A" R R "B\n"),
	ROW("table 3-11, truncated sequences", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF" "A\n",
	    R R R R "A\n"),

	ROW("one continuation byte", "\x80\n", R "\n"),
	ROW("the last continuation byte", "\xBF\n", R "\n"),
	ROW("seven continuation bytes", "\x80\xBF\x80\xBF\x80\xBF\x80\n", R R R R R R R "\n"),
	ROW("a continuation byte after a character", "é\xA9" "a\n", "é" R "a\n"),
	ROW("lonely starts of two bytes", "\xC2 \xDF \n", R " " R " \n"),
	ROW("lonely starts of three bytes", "\xE0 \xE1 \xED \xEF \n", R " " R " " R " " R " \n"),
	ROW("lonely starts of four bytes", "\xF0 \xF1 \xF4 \n", R " " R " " R " \n"),
	ROW("a start after a start", "\xC3\xC3\xA9\n", R "é\n"),
	ROW("a start after half a character", "\xE6\x97\xE6\x97\xA5\n", R "日\n"),
	ROW("half characters, one after the other", "\xC3\xE6\x97\xF0\x9F\x98\xF0\x9F\n",
	    R R R R "\n"),
	ROW("LF after half a character", "\xF0\x9F\x98\n\n", R "\n\n"),
	ROW("CR LF after half a character", "\xE6\x97\r\n", R "\n"),
	ROW("a control after half a character", "\xE6\x97\x1B\n", R "^[\n"),
	ROW("a byte too many", "😀\x80\n", "😀" R "\n"),

	ROW("overlong NUL", "\xC0\x80 \xE0\x80\x80 \xF0\x80\x80\x80\n",
	    R R " " R R R " " R R R R "\n"),
	ROW("overlong slash", "\xC1\xAF \xE0\x80\xAF \xF0\x80\x80\xAF\n",
	    R R " " R R R " " R R R R "\n"),
	ROW("overlong LF", "\xC0\x8A\n", R R "\n"),
	ROW("greatest overlong forms", "\xC1\xBF \xE0\x9F\xBF \xF0\x8F\xBF\xBF\n",
	    R R " " R R R " " R R R R "\n"),
	ROW("forms of five bytes", "\xF8\x88\x80\x80\x80 \xFB\xBF\xBF\xBF\xBF\n",
	    R R R R R " " R R R R R "\n"),
	ROW("forms of six bytes", "\xFC\x84\x80\x80\x80\x80 \xFD\xBF\xBF\xBF\xBF\xBF\n",
	    R R R R R R " " R R R R R R "\n"),
	ROW("bytes that are never used", "\xC0\xC1\xF5\xFE\xFF\n", R R R R R "\n"),
	ROW("first and last surrogate", "\xED\xA0\x80 \xED\xBF\xBF\n", R R R " " R R R "\n"),
	ROW("a pair of surrogates", "\xED\xA0\xBD\xED\xB8\x80\n", R R R R R R "\n"),
	ROW("beyond U+10FFFF", "\xF4\x90\x80\x80 \xF5\x80\x80\x80 \xF7\xBF\xBF\xBF\n",
	    R R R R " " R R R R " " R R R R "\n"),
	ROW("Latin-1", "caf\xE9 na\xEFve\n", "caf" R " na" R "ve\n"),
	ROW("UTF-16", "\xFF\xFEh\0i\0\n", R R "h^@i^@\n"),

	/* The end of the stream. */
	ROW("no LF", "a", "a\n"),
	ROW("CR at the end", "a\r", "a^M\n"),
	ROW("nothing but CR", "\r", "^M\n"),
	ROW("CR CR at the end", "\r\r", "^M^M\n"),
	ROW("a control at the end", "\x1B", "^[\n"),
	ROW("the end after one byte of two", "a\xC3", "a" R "\n"),
	ROW("the end after one byte of three", "a\xE6", "a" R "\n"),
	ROW("the end after two bytes of three", "a\xE6\x97", "a" R "\n"),
	ROW("the end after one byte of four", "a\xF0", "a" R "\n"),
	ROW("the end after two bytes of four", "a\xF0\x9F", "a" R "\n"),
	ROW("the end after three bytes of four", "a\xF0\x9F\x98", "a" R "\n"),
	ROW("the end after two half characters", "\xE6\x97\xF0\x9F\x98", R R "\n"),
	ROW("the end after CR and half a character", "\r\xC3", "^M" R "\n"),
	ROW("the end after overlong bytes", "\xE0\x80", R R "\n"),
};

static void
test_row(void **state)
{
	const struct row *row = *state;

	testing("%s", row->name);
	must_become(row->in, row->in_length, row->out, row->out_length, 0);
}

/* What is different for text that is for others. */
#define NEW_MARK "\xE1\xAB\xBF"	     /* U+1AFF: nobody knows it */
#define NEW_EMOJI "\xF0\x9F\xAB\xBF" /* U+1FAFF */
#define EIGHT NEW_EMOJI NEW_EMOJI NEW_EMOJI NEW_EMOJI NEW_EMOJI NEW_EMOJI NEW_EMOJI NEW_EMOJI
static struct row relayed_rows[] = {
	ROW("what is unknown, for others", "a\xCD\xB8" NEW_EMOJI "\n", "a\xCD\xB8" NEW_EMOJI "\n"),
	ROW("a flag, for others", "🇪🇺 🏴\xF3\xA0\x81\xA7\n", "🇪🇺 🏴<U+E0067>\n"),
	ROW("private use, for others", "\xEE\x80\x80\xF3\xB0\x80\x80\n", "\xEE\x80\x80\xF3\xB0\x80\x80\n"),
	ROW("controls, for others", "\x1B[m\x7F\xC2\x9B\r\0\n", "^[[m^?<U+009B>^M^@\n"),
	ROW("bidirectional controls, for others", "\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\xA8\n",
	    "<U+202E><U+2066><U+2028>\n"),
	ROW("noncharacters, for others", "\xEF\xB7\x90\xEF\xBF\xBF\xEF\xBB\xBF\n", "<U+FDD0><U+FFFF><U+FEFF>\n"),
	ROW("no UTF-8, for others", "\xED\xA0\x80\xFF\n", R R R R "\n"),
	ROW("more marks than pass, for others", "e" MARKS NEW_MARK MARK "f" NEW_MARK "\n",
	    "e" MARKS "<U+1AFF>" NUMBER "f" NEW_MARK "\n"),
	ROW("unknown marks count, for others", "e" NEW_MARK MARKS "\n",
	    "e" NEW_MARK FIVE_MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS FIVE_MARKS
	    "\xCC\x81\xE2\x80\x8D\xEF\xB8\x8F\xE2\x80\x8B<U+E0100>\n"),
	ROW("any number of others, for others",
	    EIGHT EIGHT EIGHT EIGHT "\n", EIGHT EIGHT EIGHT EIGHT "\n"),
};

/* Runs all tests after it in a group with text for others. */
static int
relay(void **state)
{
	(void)state;
	relayed = true;
	return 0;
}

/* After the end the filter is as new, whatever came before. */
static void
test_streams_in_a_row(void **state)
{
	struct stream stream = {0};

	(void)state;
	begin(&stream.filter);
	for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
		testing("%s", row->name);
		pass(&stream, row->in, row->in_length);
		finish(&stream);
		must_give(stream, row->out, row->out_length, "after other streams");
		stream.text = (struct buffer){0};
	}
}

/* The edge of a line: count times unit, and then what matters. */
struct edge {
	const char *name;
	const char *unit;
	size_t count;
	const char *in, *out;
};

#define M FILTER_LINE_MAX

static struct edge edges[] = {
	{"one byte less", "a", M - 1, "", "\n"},
	{"one byte less and LF", "a", M - 1, "\n", "\n"},
	{"a full line", "a", M, "", "\n"},
	{"a full line and LF", "a", M, "\n", "\n"},
	{"a full line and CR LF", "a", M, "\r\n", "\n"},
	{"a full line, an empty one, a short one", "a", M, "\n\nb\n", "\n\nb\n"},
	{"one byte too many", "a", M, "b", "\nb\n"},
	{"one byte too many and LF", "a", M, "b\n", "\nb\n"},
	{"one byte too many and CR LF", "a", M, "b\r\n", "\nb\n"},
	{"nine bytes too many", "a", M, "bcdefghij\n", "\nbcdefghij\n"},
	{"TAB fits", "a", M - 1, "\t\n", "\t\n"},
	{"TAB does not fit", "a", M, "\t\n", "\n\t\n"},

	{"two bytes fit", "a", M - 2, "é\n", "é\n"},
	{"two bytes do not fit", "a", M - 1, "é\n", "\né\n"},
	{"three bytes fit", "a", M - 3, "日\n", "日\n"},
	{"three bytes do not fit", "a", M - 2, "日\n", "\n日\n"},
	{"four bytes fit", "a", M - 4, "😀\n", "😀\n"},
	{"four bytes do not fit", "a", M - 3, "😀\n", "\n😀\n"},
	{"a combining mark does not fit", "a", M, "\xCC\x81\n", "\n\xCC\x81\n"},
	{"after two bytes each", "é", M / 2, "é\n", "\né\n"},
	{"after three bytes each", "日", M / 3, "ab\n", "a\nb\n"},
	{"after four bytes each", "😀", M / 4, "a\n", "\na\n"},

	{"a caret token fits", "a", M - 2, "\x1B\n", "^[\n"},
	{"a caret token does not fit", "a", M - 1, "\x1B\n", "\n^[\n"},
	{"a lone CR fits", "a", M - 2, "\r", "^M\n"},
	{"a lone CR does not fit", "a", M - 1, "\r", "\n^M\n"},
	{"a lone CR does not fit, more follows", "a", M - 1, "\rb\n", "\n^Mb\n"},
	{"a replacement fits", "a", M - 3, "\xFF\n", R "\n"},
	{"a replacement does not fit", "a", M - 2, "\xFF\n", "\n" R "\n"},
	{"half a character fits", "a", M - 3, "\xF0\x9F\x98", R "\n"},
	{"half a character does not fit", "a", M - 2, "\xF0\x9F\x98", "\n" R "\n"},
	{"a number fits", "a", M - 8, "\xE2\x80\xAE\n", "<U+202E>\n"},
	{"a number does not fit", "a", M - 7, "\xE2\x80\xAE\n", "\n<U+202E>\n"},
	{"the longest number fits", "a", M - 10, "\xF4\x8F\xBF\xBF\n", "<U+10FFFF>\n"},
	{"the longest number does not fit", "a", M - 9, "\xF4\x8F\xBF\xBF\n", "\n<U+10FFFF>\n"},
};

static void
test_edge(void **state)
{
	const struct edge *edge = *state;
	struct buffer in = {0}, out = {0};

	testing("%s", edge->name);
	add_times(&in, edge->count, edge->unit);
	add_times(&out, edge->count, edge->unit);
	add_string(&in, edge->in);
	add_string(&out, edge->out);
	must_become(buffer_data(&in), buffer_length(&in), buffer_data(&out), buffer_length(&out),
		    buffer_length(&in) - strlen(edge->in) - 2);
	buffer_free(&in);
	buffer_free(&out);
}

/* Without the ends of lines that were too long, which the filter tells of, the text is what it is without a limit. */
static void
test_cuts(void **state)
{
	const struct edge *edge = *state;
	struct buffer in = {0}, whole = {0}, joined = {0};
	struct filter filter;
	const char *next;
	struct span span;

	testing("%s", edge->name);
	add_times(&in, edge->count, edge->unit);
	add_string(&in, edge->in);
	add_string(&in, span_is_complete(buffer_span(&in)) ? "" : "\n");
	filter_text(buffer_data(&in), buffer_length(&in), SIZE_MAX, &whole);
	filter_init(&filter);
	next = buffer_data(&in);
	while ((span = filter_next(&filter, &next, buffer_data(&in) + buffer_length(&in))).length > 0)
		buffer_add(&joined, span.text + filter.cut, span.length - filter.cut);
	assert_int_equal(buffer_length(&joined), buffer_length(&whole));
	assert_memory_equal(buffer_data(&joined), buffer_data(&whole), buffer_length(&whole));
	buffer_free(&in);
	buffer_free(&whole);
	buffer_free(&joined);
}

/* A line of two and a half lines, whatever it consists of. */
static void
test_very_long_lines(void **state)
{
	static const struct {
		const char *in, *out;
	} units[] = {{"a", "a"},   {"é", "é"},	  {"日", "日"},
		     {"😀", "😀"}, {"\xFF", R}, {"\x1B", "^["}, {"\xE2\x80\xAE", "<U+202E>"}};

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		size_t full = FILTER_LINE_MAX / strlen(units[i].out);
		struct buffer in = {0}, out = {0};

		testing("a line of %s", units[i].out);
		add_times(&in, 2 * full + full / 2, units[i].in);
		for (int line = 0; line < 2; line++) {
			add_times(&out, full, units[i].out);
			add_string(&out, "\n");
		}
		add_times(&out, full / 2, units[i].out);
		add_string(&out, "\n");
		must_become(buffer_data(&in), buffer_length(&in), buffer_data(&out),
			    buffer_length(&out), buffer_length(&in));
		buffer_free(&in);
		buffer_free(&out);
	}
}

/* ---- Strings, for messages ---- */

static void
test_strings(void **state)
{
	static const struct {
		const char *in;
		size_t room;
		const char *out;
	} strings[] = {
		{"", 10, ""},
		{"a name", 10, "a name"},
		{"\x1B[m\tR\xFF", 20, "^[[m^IR" R},
		{"one\ntwo\r\nthree\n", 30, "one^Jtwo^M^Jthree^J"},
		{"\xE2\x80\xAE", 20, "<U+202E>"},
		{"exactly", 8, "exactly"},
		{"not quite", 8, "not qui"},
		{"Gr\xC3\xBC", 5, "Gr\xC3\xBC"},
		{"Gr\xC3\xBC", 4, "Gr"},
		{"\xC3\xBC", 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		char safe[40];

		memset(safe, 'x', sizeof safe);
		filter_string(strings[i].in, safe, strings[i].room);
		assert_string_equal(safe, strings[i].out);
		assert_int_equal(safe[strings[i].room], 'x');
	}
}

/* ---- What is safe is not copied ---- */

static void
test_safe_text_is_one_span(void **state)
{
	static const char lines[] = "plain text\n\n\tMüller, 日本語, 👩\xE2\x80\x8D🚀 e\xCC\x81\nunfinished";
	struct buffer in = {0};
	struct filter filter;
	const char *next;
	struct span span;

	(void)state;
	while (buffer_length(&in) < 3 * FILTER_LINE_MAX)
		add_string(&in, lines);
	begin(&filter);
	next = buffer_data(&in);
	span = filter_next(&filter, &next, next + buffer_length(&in));
	assert_ptr_equal(span.text, buffer_data(&in));
	assert_int_equal(span.length, buffer_length(&in));
	buffer_free(&in);
}

static void
test_only_unsafe_text_is_copied(void **state)
{
	struct stream stream = in_one(BYTES("safe \x1B safe \xE2\x80\xAE safe \xFF safe\r\n"));

	(void)state;
	assert_int_equal(stream.copied, strlen("^[<U+202E>" R));
	buffer_free(&stream.text);
}

/* ---- What must hold for any input ---- */

/* Writes a code point as UTF-8, by the book, also where it is none.  Returns how many bytes it has. */
static size_t
encode(uint32_t c, char *bytes)
{
	static const unsigned char start[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3F));
	bytes[0] = (char)(start[length] | c);
	return length;
}

static bool
is_scalar(uint32_t c)
{
	return c <= 0x10FFFF && !is_surrogate(c);
}

/*
 * Reads one character; it is valid when writing it gives the same bytes.  Returns how many bytes it
 * has, 0 if it is not valid.
 */
static size_t
decode(const char *s, size_t left, uint32_t *c)
{
	unsigned char lead = (unsigned char)s[0];
	size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
	char again[4];

	if (length > left)
		return 0;
	*c = length == 1 ? lead : lead & (0x7FU >> length);
	for (size_t i = 1; i < length; i++)
		*c = *c << 6 | (s[i] & 0x3F);
	if (!is_scalar(*c) || encode(*c, again) != length || memcmp(again, s, length) != 0)
		return 0;
	return length;
}

/* Every character there is, alone and among others. */
static void
test_every_character(void **state)
{
	static const char before[] = "abcdefg", after[] = "hijklmnop";

	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		char bytes[5] = "", shown[16] = "", in[32], out[48];
		const char *some = before + c % sizeof before;

		if (!is_scalar(c) || c == '\n')
			continue;
		testing("U+%04X", (unsigned)c);
		encode(c, bytes);
		if (c == 0x7F)
			strcpy(shown, "^?");
		else if (c < 0x20 && c != '\t')
			snprintf(shown, sizeof shown, "^%c", (int)c + '@');
		else if (c >= 0x80 && is_unsafe(c))
			snprintf(shown, sizeof shown, "<U+%04X>", (unsigned)c);
		else
			strcpy(shown, bytes);
		snprintf(out, sizeof out, "%s\n", shown);
		must_give(in_one(bytes, encode(c, bytes)), out, strlen(out), "alone");
		if (c == 0) /* strings end there */
			continue;
		snprintf(in, sizeof in, "%s%s%s", some, bytes, after);
		snprintf(out, sizeof out, "%s%s%s\n", some, shown, after);
		must_give(in_one(in, strlen(in)), out, strlen(out), "among ASCII");
	}
}

/* All of them in one text, in which much lies together that is safe, and much that is not. */
static void
test_all_characters(void **state)
{
	struct buffer in = {0}, out = {0};
	size_t marks = 0;

	(void)state;
	for (uint32_t c = 0x80; c <= 0x10FFFF; c++) {
		char bytes[4], number[16];

		if (!is_scalar(c))
			continue;
		buffer_add(&in, bytes, encode(c, bytes));
		snprintf(number, sizeof number, "<U+%04X>", (unsigned)c);
		marks = !is_unsafe(c) && is_mark(c) ? marks + 1 : 0;
		if (is_unsafe(c) || marks > MARKS_MAX)
			add_string(&out, number);
		else
			buffer_add(&out, bytes, encode(c, bytes));
		if (c % 64 == 0) {
			marks = 0;
			add_string(&in, "\n");
			add_string(&out, "\n");
		}
	}
	add_string(&in, "\n");
	add_string(&out, "\n");
	testing("all characters");
	must_give(in_one(buffer_data(&in), buffer_length(&in)), buffer_data(&out), buffer_length(&out),
		  "in one piece");
	must_pass(buffer_data(&out), buffer_length(&out), "filtered again");
	buffer_free(&in);
	buffer_free(&out);
}

/* What is wrong with the filter's output, or NULL. */
static const char *
problem_with(const char *text, size_t length)
{
	size_t line = 0, marks = 0, n;
	uint32_t c = '\n';

	for (size_t i = 0; i < length; i += n) {
		if ((n = decode(text + i, length - i, &c)) == 0)
			return "the output is no UTF-8";
		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F)
			return "there is a control character in the output";
		if (c >= 0x80 && is_unsafe(c))
			return "there is an unsafe character in the output";
		marks = c >= 0x80 && is_mark(c) ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			return "there are too many marks on a character in the output";
		line = c == '\n' ? 0 : line + n;
		if (line > FILTER_LINE_MAX)
			return "there is too long a line in the output";
	}
	return c == '\n' ? NULL : "the last line has no end";
}

/* The output must be safe, and the same when the input comes byte by byte. */
static void
must_be_safe(const char *in, size_t length)
{
	struct stream whole = in_one(in, length);
	const char *text = buffer_data(&whole.text);
	const char *problem = problem_with(text, buffer_length(&whole.text));

	if (problem != NULL)
		fail_msg("%s: %s", context, problem);
	must_give(in_pieces(in, length, 1, 0), text, buffer_length(&whole.text), "byte by byte");
	buffer_free(&whole.text);
}

/* All there is of four bytes that each stand at one of the bounds that UTF-8 has. */
static void
test_every_sequence(void **state)
{
	static const char bounds[] = "\n\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED"
				     "\xEF\xF0\xF1\xF4\xF5";
	const size_t n = sizeof bounds - 1;

	(void)state;
	for (size_t i = 0; i < n * n * n * n; i++) {
		const char in[] = {bounds[i / n / n / n], bounds[i / n / n % n], bounds[i / n % n],
				   bounds[i % n]};

		testing("%02hhX %02hhX %02hhX %02hhX", in[0], in[1], in[2], in[3]);
		must_be_safe(in, sizeof in);
	}
}

/*
 * The filter looks at many bytes at once where there are as many.  What must not pass is put at every
 * place among text of each kind, and must be found there as it is byte by byte; and what may pass must
 * not be taken for anything else.
 */
static void
test_every_place(void **state)
{
	static const char *const texts[] = {
		"plain words, and\tmore of them\n", "Ça va, élève de Cœur ?\n", "привет, мир!\n",
		"「日本語」のテキスト。\n",	      "안녕하세요, 세계\n",	  "γειά σου Κόσμε\n",
		"“it’s – so…”\n",		      "😀👩\xE2\x80\x8D🚀👋🏽🇫🇷❤\xEF\xB8\x8F\n", "مرحبا שלום\n"};
	static const char *const others[] = {
		"\x1B",	     "\x7F",	      "\r",	       "\r\n",	"\x80",     "\xBF\xBF",
		"\xC0\xAF",   "\xC3",	      "\xC2\x9B",	       "\xCD\xB8",	"\xD6\x90",
		"\xE0\x80\xAF", "\xE2\x80",   "\xE2\x80\xAE", "\xE3\x81\x80", "\xED\x9F\xBC",
		"\xED\xA0\x80", "\xEF\xBB\xBF", "\xEF\xBF\xBE", "\xF0\x9F\x98", "\xF0\x9F\xBF\xBE",
		"\xF0\x80\x80\x80", "\xF3\xA0\x80\x81", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"};

	(void)state;
	for (size_t t = 0; t < COUNT(texts); t++) {
		struct buffer text = {0}, in = {0};

		testing("text %zu", t);
		while (buffer_length(&text) < 300)
			add_string(&text, texts[t]);
		must_pass(buffer_data(&text), buffer_length(&text), "as it is");
		for (size_t i = 0; i < 2 * 66 * COUNT(others); i++) {
			size_t other = i % COUNT(others), at = 64 + i / 2 / COUNT(others);

			testing("other %zu at %zu of text %zu", other, at, t);
			if (i / COUNT(others) % 2 != 0)
				add_string(&in, "\x1B"); /* such that more is rewritten */
			buffer_add(&in, buffer_data(&text), at);
			add_string(&in, others[other]);
			buffer_add(&in, buffer_data(&text) + at, 300 - at);
			must_be_safe(buffer_data(&in), buffer_length(&in));
			buffer_drop(&in, buffer_length(&in));
		}
		buffer_free(&text);
		buffer_free(&in);
	}
}

/*
 * The same with marks: about as many in a row as pass, of each kind and of all in turn, from every place
 * on, so that they lie across all edges of what is looked at at once; and cut in two within them.
 */
static void
test_marks_at_every_place(void **state)
{
	static const char *const marks[] = {"\xCC\x81", "\xE2\x80\x8D", "\xF3\xA0\x84\x80", FIVE_MARKS};
	static const char *const texts[] = {"plain words, ", "Çà, élève ", "日本語", "😀👩\xE2\x80\x8D🚀", "e\xCC\x81",
					    "\x1B"};
	static const size_t starts[] = {0, 960};

	(void)state;
	for (size_t i = 0; i < COUNT(marks) * COUNT(texts) * COUNT(starts); i++) {
		const char *mark = marks[i % COUNT(marks)], *text = texts[i / COUNT(marks) % COUNT(texts)];
		size_t start = starts[i / COUNT(marks) / COUNT(texts)];
		bool five = strcmp(mark, FIVE_MARKS) == 0;
		struct buffer in = {0};

		for (size_t at = start; at < start + 130; at++) {
			size_t count = five ? 6 + at % 2 : 29 + at % 4, cut, length;
			struct stream whole;

			testing("%zu marks %zu from %zu on in text %zu", count, i % COUNT(marks), at,
				i / COUNT(marks) % COUNT(texts));
			for (size_t n = at % strlen(text); n > 0; n--)
				add_string(&in, "x");
			while (buffer_length(&in) + strlen(text) <= at)
				add_string(&in, text);
			cut = buffer_length(&in) + at % (count * strlen(mark));
			add_times(&in, count, mark);
			add_times(&in, 20, at % 3 == 0 ? text : at % 3 == 1 ? "more words " : mark);
			length = buffer_length(&in);
			must_be_safe(buffer_data(&in), length);
			whole = in_one(buffer_data(&in), length);
			must_give(in_three(buffer_data(&in), length, cut, cut), buffer_data(&whole.text),
				  buffer_length(&whole.text), "cut in two");
			buffer_free(&whole.text);
			buffer_drop(&in, length);
		}
		buffer_free(&in);
	}
}

/*
 * What is safe is for the C library to say, also of the most usual characters.  The filter asks about
 * them once, so this needs a process in which it has not yet.
 */
static void
test_strange_library(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct buffer in = {0};
		struct stream stream;

		knows_less = true;
		add_times(&in, 50, "Müller à la café, 日本語 😀\n");
		stream = in_one(buffer_data(&in), buffer_length(&in));
		if (problem_with(buffer_data(&stream.text), buffer_length(&stream.text)) != NULL)
			_exit(1);
		relayed = true;
		_exit(safe_length(buffer_data(&in), buffer_length(&in)) != buffer_length(&in));
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
add_random_bytes(struct buffer *buffer, uint64_t *random)
{
	for (size_t n = below(random, 40); n > 0; n--)
		buffer_add(buffer, &(char){(char)random_number(random)}, 1);
}

/* From one plane or another, or one of those with a row of their own. */
static size_t
random_character(char *bytes, uint64_t *random)
{
	static const uint32_t special[] = {'\t',   0x7F,   0x80,   0x9B,   0xA0,    0x200D, 0x2028,
					   0x202E, 0x2066, 0xFDD0, 0xFE0F, 0xFEFF,  0xFFFD, 0xFFFF,
					   0xD7FF, 0xE000, 0x378,  0x301,  0x1AFF,  0xE0020, 0x10FFFF};
	static const uint32_t bounds[] = {0x80, 0x800, 0x10000, 0x110000};
	uint32_t c;

	do {
		if (below(random, 4) == 0)
			c = special[below(random, COUNT(special))];
		else
			c = (uint32_t)below(random, bounds[below(random, COUNT(bounds))]);
	} while (!is_scalar(c));
	return encode(c, bytes);
}

static void
add_characters(struct buffer *buffer, uint64_t *random)
{
	char bytes[4];

	for (size_t n = below(random, 20); n > 0; n--)
		buffer_add(buffer, bytes, random_character(bytes, random));
}

/* Characters with one byte lost, one doubled or one changed a little. */
static void
add_near_misses(struct buffer *buffer, uint64_t *random)
{
	for (size_t n = below(random, 20); n > 0; n--) {
		char bytes[8];
		size_t length = random_character(bytes, random), at = below(random, length);

		switch (below(random, 3)) {
		case 0:
			memmove(bytes + at, bytes + at + 1, --length - at);
			break;
		case 1:
			memmove(bytes + at + 1, bytes + at, length++ - at);
			break;
		case 2:
			bytes[at] = (char)(bytes[at] ^ (1 << below(random, 8)));
			break;
		}
		buffer_add(buffer, bytes, length);
	}
}

/* About as many marks in a row as pass, now and then. */
static void
add_marks(struct buffer *buffer, uint64_t *random)
{
	static const char *const marks[] = {"\xCC\x81", "\xCC\x81", "\xCC\x81", "\xE2\x80\x8D", "\xEF\xB8\x8F",
					    "\xE3\x82\x99", "\xF3\xA0\x84\x80"};
	static const char *const others[] = {"a", "é", "日", "😀", "some words", "\n", "\t", "\x1B", "\xCC", "\xFF",
					     "\xE2\x80\xAE", "\r"};

	for (size_t n = below(random, 8); n > 0; n--) {
		bool many = below(random, 2) == 0;

		for (size_t i = many ? 27 + below(random, 7) : below(random, 5); i > 0; i--)
			add_string(buffer, marks[below(random, COUNT(marks))]);
		add_string(buffer, others[below(random, COUNT(others))]);
	}
}

static void
add_line_ends(struct buffer *buffer, uint64_t *random)
{
	static const char *const pieces[] = {"\r", "\n", "\r\n", "a", "é", "\xC3", "\x1B", "some words"};

	for (size_t n = below(random, 20); n > 0; n--)
		add_string(buffer, pieces[below(random, COUNT(pieces))]);
}

static void
add_text(struct buffer *buffer, uint64_t *random)
{
	for (size_t n = below(random, 100); n > 0; n--)
		buffer_add(buffer, &(char){(char)(' ' + below(random, '~' - ' ' + 1))}, 1);
}

/* A line that comes close to its limit, so that what follows stands at the edge. */
static void
add_long_line(struct buffer *buffer, uint64_t *random)
{
	static const struct {
		const char *in;
		size_t width; /* of what is shown for it */
	} units[] = {{"a", 1}, {"é", 2}, {"日", 3}, {"😀", 4}, {"\x1B", 2}, {"\xFF", 3}, {"\xC2\x80", 8}};
	size_t unit = below(random, COUNT(units));

	add_string(buffer, "\n");
	add_times(buffer, (FILTER_LINE_MAX - below(random, 20)) / units[unit].width, units[unit].in);
}

static struct buffer
generate(uint64_t *random)
{
	static void (*const generators[])(struct buffer *, uint64_t *) = {
		add_random_bytes, add_characters, add_near_misses, add_marks, add_line_ends, add_text};
	struct buffer buffer = {0};

	add_string(&buffer, "\n");
	for (size_t n = 1 + below(random, 8); n > 0; n--) {
		if (below(random, 50) == 0)
			add_long_line(&buffer, random);
		generators[below(random, COUNT(generators))](&buffer, random);
	}
	return buffer;
}

static void
check_seed(uint64_t seed)
{
	uint64_t random = seed;
	struct buffer in = generate(&random);
	struct stream whole = in_one(buffer_data(&in), buffer_length(&in));
	const char *text = buffer_data(&whole.text);
	size_t length = buffer_length(&whole.text);

	testing("SEED=%" PRIu64, seed);
	must_be_safe(buffer_data(&in), buffer_length(&in));
	must_pass(text, length, "filtered again");
	for (size_t longest = 2; longest <= 4096; longest *= 8)
		must_give(in_pieces(buffer_data(&in), buffer_length(&in), longest, random), text, length,
			  "in random pieces");
	buffer_free(&whole.text);
	buffer_free(&in);
}

static void
test_generated_input(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++)
		check_seed(seed);
}

/* Other input each time, for about two seconds. */
static void
test_new_input(void **state)
{
	uint64_t now = (uint64_t)time(NULL), seed = random_number(&now);
	clock_t start = clock();

	(void)state;
	print_message("from SEED=%" PRIu64 " on\n", seed);
	while (clock() - start < 2 * CLOCKS_PER_SEC)
		check_seed(seed++);
}

static void
test_seed(void **state)
{
	(void)state;
	check_seed(strtoull(getenv("SEED"), NULL, 10));
}

int
main(void)
{
	const struct CMUnitTest once[] = {cmocka_unit_test(test_seed)};
	const struct CMUnitTest first[] = {cmocka_unit_test(test_strange_library)};
	const struct CMUnitTest properties[] = {
		cmocka_unit_test(test_very_long_lines),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_safe_text_is_one_span),
		cmocka_unit_test(test_only_unsafe_text_is_copied),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_every_sequence),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_marks_at_every_place),
		cmocka_unit_test(test_all_characters),
		cmocka_unit_test(test_generated_input),
		cmocka_unit_test(test_new_input),
	};
	struct CMUnitTest table[COUNT(rows) + 2 * COUNT(edges) + 1], relayed_table[COUNT(relayed_rows)];
	size_t n = 0;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	if (getenv("SEED") != NULL)
		return cmocka_run_group_tests(once, NULL, NULL);
	for (size_t i = 0; i < COUNT(rows); i++)
		table[n++] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, &rows[i]};
	for (size_t i = 0; i < COUNT(edges); i++) {
		table[n++] = (struct CMUnitTest){edges[i].name, test_edge, NULL, NULL, &edges[i]};
		table[n++] = (struct CMUnitTest){edges[i].name, test_cuts, NULL, NULL, &edges[i]};
	}
	table[n] = (struct CMUnitTest)cmocka_unit_test(test_streams_in_a_row);
	for (size_t i = 0; i < COUNT(relayed_rows); i++)
		relayed_table[i] = (struct CMUnitTest){relayed_rows[i].name, test_row, NULL, NULL, &relayed_rows[i]};
	return cmocka_run_group_tests(first, NULL, NULL) + cmocka_run_group_tests(table, NULL, NULL) +
	       cmocka_run_group_tests(properties, NULL, NULL) +
	       cmocka_run_group_tests(relayed_table, relay, NULL) +
	       cmocka_run_group_tests_name("properties, for others", properties, relay, NULL);
}
