/*
 * The text filter alone: how many bytes a second pass it, of each kind of text.
 *
 * usage: filter [milliseconds]     (for each of several runs of each kind; by default 100)
 *
 * The text comes in pieces as the listener reads them.  What is counted is this process's own
 * processor time in user mode, and what is printed is the median of the runs, so that other programs
 * disturb little.
 */
#include <config.h>

#include <sys/resource.h>

#include <err.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "text/filter.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEXT (1024 * 1024) /* bytes of each kind: more than branches can be learnt from */
#define PIECE (256 * 1024) /* passed at once */
#define LINE 70		   /* mean bytes of a line */
#define RUNS 9

static const char *const english[] = {"the", "quick", "brown", "fox", "jumps", "over", "a", "lazy",
				      "dog", "and", "then", "sleeps", "under", "some", "old", "trees,",
				      "words", "of", "different", "length.", "I", "suppose"};
static const char *const french[] = {"les", "élèves", "sont", "allés", "à", "la", "plage", "où", "il",
				     "fait", "chaud", "avec", "un", "garçon", "dont", "je", "parle",
				     "souvent", "et", "des", "fenêtres", "noires", "pour", "demain"};
static const char *const japanese[] = {"今日は", "とても", "良い", "天気", "ですね。", "東京", "へ",
				       "行きます", "コンピュータ", "の", "話を", "しましょう、", "私",
				       "たち", "日本語", "「はい」"};
static const char *const emoji[] = {"😀", "👍", "🎉", "👩\xE2\x80\x8D🚀", "❤\xEF\xB8\x8F", "👋🏽",
				    "🇫🇷", "🤔", "🔥", "🙏", "🛠\xEF\xB8\x8F", "✨", "🥳", "💡"};
/* With each accent as a character of its own, and many of them. */
static const char *const marked[] = {"les", "e\xCC\x81le\xCC\x80ves", "a\xCC\x80", "o\xCC\x88u\xCC\x82",
				     "n\xCC\x83i\xCC\x81", "か\xE3\x82\x99", "が", "words"};
/* As many on a letter as pass, and one more. */
#define MARK "\xCC\x81"
#define FIVE MARK MARK MARK MARK MARK
#define HEAP FIVE FIVE FIVE FIVE FIVE FIVE
static const char *const heaps[] = {"a" HEAP, "b" HEAP MARK};
static const char *const mixed[] = {"the", "quick", "naïve", "café", "Grüße", "élan", "你好", "世界",
				    "мир", "привет", "😀", "👍", "words", "plain", "ones", "again",
				    "for", "most", "of", "the", "line", "it’s", "over", "lazy", "dog"};
static const char *const escapes[] = {"\x1B[31m", "\x1B[0m", "\x1B[2J", "\x1B]0;title\a", "\x1B[1;24r",
				      "\r", "\b\b", "red", "a few words", "\302\2335m", "\x1B(0", "\n",
				      "\xE2\x80\xAE", "\x1B[10;20H"};

static uint64_t
random_number(void) /* splitmix64 */
{
	static uint64_t state;
	uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* Adds words in random order until there is enough of them, with LF after LINE bytes or more. */
static void
add_words(struct buffer *text, const char *const *words, size_t count, const char *space)
{
	size_t line = 0;

	while (buffer_length(text) < TEXT) {
		const char *word = words[random_number() % count];

		buffer_add(text, word, strlen(word));
		line += strlen(word) + strlen(space);
		if (random_number() % LINE < line / 2 && line > LINE / 2) {
			buffer_add(text, "\n", 1);
			line = 0;
		} else {
			buffer_add(text, space, strlen(space));
		}
	}
}

static void
add_random(struct buffer *text)
{
	while (buffer_length(text) < TEXT) {
		uint64_t bytes = random_number();
		buffer_add(text, (const char *)&bytes, sizeof bytes);
	}
}

static double
user_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

/* Filters the text once.  Returns something that depends on what came out. */
static size_t
pass(const struct buffer *text)
{
	const char *next = buffer_data(text), *end = next + buffer_length(text);
	struct filter filter;
	struct span span;
	size_t sum = 0;

	filter_init(&filter);
	while (next < end) {
		const char *piece = (size_t)(end - next) < PIECE ? end : next + PIECE;

		while ((span = filter_next(&filter, &next, piece)).length > 0)
			sum += span.length + (unsigned char)span.text[span.length - 1];
	}
	return sum;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(const char *name, struct buffer *text, double seconds)
{
	double speeds[RUNS];
	size_t sum = 0;

	for (int i = 0; i < RUNS; i++) {
		double start = user_seconds(), used = 0;
		uint64_t bytes = 0;

		while (used < seconds) {
			sum += pass(text);
			bytes += buffer_length(text);
			used = user_seconds() - start;
		}
		speeds[i] = (double)bytes / used;
	}
	if (sum == 0)
		errx(1, "nothing comes out");
	qsort(speeds, RUNS, sizeof *speeds, compare);
	printf("%-10s %8.0f MB/s\n", name, speeds[RUNS / 2] / 1e6);
	fflush(stdout);
	buffer_free(text);
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name, *space;
		const char *const *words;
		size_t count;
	} kinds[] = {
		{"ascii", " ", english, COUNT(english)},   {"french", " ", french, COUNT(french)},
		{"japanese", "", japanese, COUNT(japanese)}, {"emoji", " ", emoji, COUNT(emoji)},
		{"marked", " ", marked, COUNT(marked)},	   {"mixed", " ", mixed, COUNT(mixed)},
		{"escapes", "", escapes, COUNT(escapes)},  {"heaps", "", heaps, COUNT(heaps)},
	};
	double seconds = (argc > 1 ? atof(argv[1]) : 100) / 1000;
	struct buffer text = {0};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		errx(1, "there is no locale C.UTF-8");
	for (size_t i = 0; i < COUNT(kinds); i++) {
		add_words(&text, kinds[i].words, kinds[i].count, kinds[i].space);
		measure(kinds[i].name, &text, seconds);
	}
	add_random(&text);
	measure("random", &text, seconds);
	return 0;
}
