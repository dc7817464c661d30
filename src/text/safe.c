#include <config.h>

#include <wchar.h>
#include <wctype.h>

#include "text/safe.h"
#include "text/utf8.h"

#if defined(__x86_64__) && !defined(PORTABLE)
#define BLOCK 64
#define BATCH 1024 /* a few blocks */
#define SPARE (UTF8_LONGEST - 2) /* after a block: of a character that has but its first two bytes in it */
#include <immintrin.h>
#endif

uint64_t safe_letters[0x110000 / 64], safe_marks[0x110000 / 64];

/* What a character is to a terminal that is no C0 control or DEL: safe as itself, not safe, or nobody knows. */
enum verdict { SAFE, UNSAFE, FOREIGN };

static enum verdict
judge(uint32_t c)
{
	if (c < 0x7F)
		return SAFE;
	if (c < 0xA0) /* C1 controls: some terminals obey them */
		return UNSAFE;
	if (c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) /* joiner and variation selectors: emoji */
		return SAFE;
	if (c == 0x2028 || c == 0x2029) /* line and paragraph separators */
		return UNSAFE;
	if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) /* bidirectional controls */
		return UNSAFE;
	if (c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F)) /* byte order mark, tags */
		return UNSAFE;
	if ((c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE) /* noncharacters */
		return UNSAFE;
	return iswprint((wint_t)c) ? SAFE : FOREIGN;
}

/* Whether a character that is safe has no column of its own. */
static bool
is_mark(uint32_t c)
{
	return wcwidth((wchar_t)c) <= 0;
}

bool
safe_learn(uint32_t c)
{
	if (judge(c) != SAFE)
		return false;
	(is_mark(c) ? safe_marks : safe_letters)[c / 64] |= UINT64_C(1) << c % 64;
	return true;
}

bool
safe_is_unknown(uint32_t c)
{
	return judge(c) == FOREIGN;
}

bool
safe_is_unknown_mark(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} blocks[] = {
		{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},   {0x2060, 0x2065},
		{0x206A, 0x206F}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}, {0xFFF0, 0xFFFB}, {0xE0080, 0xE0FFF},
	};

	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (c >= blocks[i].first && c <= blocks[i].last)
			return true;
	return false;
}

#ifdef BLOCK

/*
 * Blocks of 64 bytes, with AVX2.  That they are UTF-8 is found out as John Keiser and Daniel Lemire
 * describe in "Validating UTF-8 In Less Than One Instruction Per Byte" (2021): all that can be wrong
 * with two bytes, one after the other, follows from three of their four halves.  For each of these a
 * table says, one bit for each thing that can be wrong, whether it allows that; wrong is what all three
 * allow.  Only how many continuation bytes follow is looked at otherwise.
 *
 * The same halves, and the fourth, tell which characters need a closer look: controls, and those whose
 * first two bytes they share with something unsafe or with a mark.
 */
enum {
	TOO_SHORT = 1 << 0,	 /* a start, and no continuation after it */
	TOO_LONG = 1 << 1,	 /* a continuation after ASCII */
	OVERLONG_3 = 1 << 2,	 /* E0 80 to E0 9F */
	TOO_LARGE = 1 << 3,	 /* F4 90 to F4 BF, and F5 to FF before 90 to BF */
	SURROGATE = 1 << 4,	 /* ED A0 to ED BF */
	OVERLONG_2 = 1 << 5,	 /* C0, C1 */
	TOO_LARGE_80 = 1 << 6,	 /* F5 to FF before 80 to 8F */
	OVERLONG_4 = 1 << 6,	 /* F0 80 to F0 8F: by the first byte it is one or the other */
	TWO_CONTINUED = 1 << 7,	 /* two continuations, fine after a start of three or four bytes */
	ANYTHING = TOO_SHORT | TOO_LONG | TWO_CONTINUED
};

enum {
	CONTROL_0 = 1 << 0, /* 00 to 0F, but TAB and LF */
	CONTROL_1 = 1 << 1, /* 10 to 1F */
	CONTROL_7 = 1 << 2, /* DEL */
	TWO_C = 1 << 3,	    /* CC, CD, CE */
	TWO_D = 1 << 4,	    /* D2, D4 to D9, DB to DF; F4 as well */
	MANY = 1 << 5,	    /* E0 to E3, EE, EF, F0 to F3 */
	C1 = 1 << 6,	    /* C2 80 to C2 9F */
	ENDS = 1 << 7	    /* EA 80 to EA AF, ED 80 to ED AF */
};

/* What the halves of a byte, and of the one before it, allow. */
static const unsigned char first_high[16] = {
	[0x0] = TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
	[0x8] = TWO_CONTINUED, TWO_CONTINUED, TWO_CONTINUED, TWO_CONTINUED,
	[0xC] = TOO_SHORT | OVERLONG_2,
	[0xD] = TOO_SHORT,
	[0xE] = TOO_SHORT | OVERLONG_3 | SURROGATE,
	[0xF] = TOO_SHORT | TOO_LARGE | TOO_LARGE_80 | OVERLONG_4};
#define LARGE (ANYTHING | TOO_LARGE | TOO_LARGE_80)
static const unsigned char first_low[16] = {
	[0x0] = ANYTHING | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
	[0x1] = ANYTHING | OVERLONG_2,
	[0x2] = ANYTHING, ANYTHING,
	[0x4] = ANYTHING | TOO_LARGE,
	[0x5] = LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE,
	[0xD] = LARGE | SURROGATE, LARGE, LARGE};
#define CONTINUED (TOO_LONG | OVERLONG_2 | TWO_CONTINUED)
static const unsigned char second_high[16] = {
	[0x0] = TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
	[0x8] = CONTINUED | OVERLONG_3 | TOO_LARGE_80 | OVERLONG_4,
	[0x9] = CONTINUED | OVERLONG_3 | TOO_LARGE,
	[0xA] = CONTINUED | SURROGATE | TOO_LARGE, CONTINUED | SURROGATE | TOO_LARGE,
	[0xC] = TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT};

/* And for the closer look; of controls it is the byte itself that counts. */
static const unsigned char look_first_high[16] = {
	[0xC] = TWO_C | C1, [0xD] = TWO_D, [0xE] = MANY | ENDS, [0xF] = MANY | TWO_D};
static const unsigned char look_first_low[16] = {
	[0x0] = MANY, MANY, MANY | C1 | TWO_D, MANY,
	[0x4] = TWO_D, TWO_D, TWO_D, TWO_D, TWO_D, TWO_D,
	[0xA] = ENDS, TWO_D,
	[0xC] = TWO_D | TWO_C, TWO_D | TWO_C | ENDS, TWO_D | TWO_C | MANY, TWO_D | MANY};
static const unsigned char look_second_high[16] = {
	[0x0] = CONTROL_0, CONTROL_1,
	[0x7] = CONTROL_7,
	[0x8] = TWO_C | TWO_D | MANY | C1 | ENDS, TWO_C | TWO_D | MANY | C1 | ENDS,
	[0xA] = TWO_C | TWO_D | MANY | ENDS, TWO_C | TWO_D | MANY};
#define CONTROL (CONTROL_0 | CONTROL_1)
static const unsigned char control_low[16] = {
	CONTROL,   CONTROL,   CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL,
	CONTROL_1, CONTROL_1, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL | CONTROL_7};

/* If the C library does not think so of all that needs no closer look here, then everything does. */
static const unsigned char look_always[16] = {[0xC] = MANY, MANY, MANY, MANY};
static const unsigned char look_all[16] = {MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,
					   MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY};

/* Whether all characters of two or three bytes that begin with these are safe, and none is a mark. */
static bool
are_letters(unsigned char first, unsigned char second)
{
	uint32_t c = first < 0xE0 ? (first & 0x1FU) << 6 | (second & 0x3FU)
				  : (first & 0x0FU) << 12 | (second & 0x3FU) << 6;
	uint32_t last = first < 0xE0 ? c : c + 0x3F;

	for (; c <= last; c++)
		if ((judge(c) != SAFE || is_mark(c)) && (c < 0xD800 || c > 0xDFFF)) /* those are no UTF-8 */
			return false;
	return true;
}

/* Whether what the tables let pass without a closer look may pass. */
static bool
can_trust_tables(void)
{
	for (unsigned first = 0xC2; first < 0xF0; first++)
		for (unsigned second = 0x80; second < 0xC0; second++)
			if ((look_first_high[first >> 4] & look_first_low[first & 15] &
			     look_second_high[second >> 4]) == 0 &&
			    !are_letters((unsigned char)first, (unsigned char)second))
				return false;
	return true;
}

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt"))) static inline

/*
 * The characters of a text that want a closer look, by where their second bytes are.  To gather these
 * places first, a few at a time whether there are as many or not, and to look at them later saves
 * branches that cannot be foreseen, which would cost more than all else.
 */
#define FEW 2
struct places {
	uint16_t second[BATCH / 2 + FEW];
	size_t count;
	uint32_t other[BATCH / 2]; /* the characters that are no letters */
};

/* Adds the places of a block that are marked; the block itself is at that place. */
AVX2 void
gather(struct places *places, size_t block, uint64_t marked)
{
	size_t last = places->count + (size_t)_mm_popcnt_u64(marked);

	do {
		for (size_t i = places->count; i < places->count + FEW; i++) {
			places->second[i] = (uint16_t)(block + _tzcnt_u64(marked)); /* 64 where none is left */
			marked &= marked - 1;
		}
		places->count += FEW;
	} while (places->count < last);
	places->count = last;
}

/*
 * The first of these characters of a text that is not safe there, or NULL.  Counts the marks before it.
 * The places of letters are dropped, again without branches, before the rest is looked at.
 */
AVX2 const char *
first_unsafe(const char *text, struct places *places, struct marks *marks)
{
	struct marks counted = *marks; /* not in memory, which would be slower */
	const char *unsafe = NULL;
	size_t others = 0;

	for (size_t i = 0; i < places->count; i++) {
		uint16_t second = places->second[i];
		uint32_t c = utf8_decode_wide(text + second - 1);

		places->second[others] = second;
		places->other[others] = c;
		others += !safe_is_letter(c);
	}
	for (size_t i = 0; i < others && unsafe == NULL; i++) {
		const char *s = text + places->second[i] - 1;
		uint32_t c = places->other[i];

		if (safe_character(c, s, &counted))
			safe_count(c, s, s + utf8_length(c), &counted);
		else
			unsafe = s;
	}
	*marks = counted;
	return unsafe;
}

/* Where the last character before s ends, if s is not between two, and starts at start or later. */
static const char *
whole(const char *start, const char *s)
{
	static const int length[16] = {[0xC] = 2, 2, 3, 4};

	for (int i = 1; i < 4 && s - i >= start; i++)
		if (length[(unsigned char)s[-i] >> 4] > i)
			return s - i;
	return s;
}

AVX2 __m256i
in_table(const unsigned char *table, __m256i index)
{
	__m128i half = _mm_loadu_si128((const __m128i *)(const void *)table);

	return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), index);
}

AVX2 __m256i
high_half(__m256i bytes)
{
	return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
}

AVX2 __m256i
low_half(__m256i bytes)
{
	return _mm256_and_si256(bytes, _mm256_set1_epi8(0x0F));
}

/* A bit for each byte of a block that is not 0. */
AVX2 uint64_t
bits(__m256i low, __m256i high)
{
	const __m256i zero = _mm256_setzero_si256();
	uint32_t l = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, zero));
	uint32_t h = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, zero));

	return ~((uint64_t)h << 32 | l);
}

/* Half a block, after the half before it: what is wrong there, and where to look closer. */
struct half {
	__m256i wrong, look;
};

AVX2 struct half
examine(__m256i bytes, __m256i before, const unsigned char *look_high, const unsigned char *look_low)
{
	const __m256i joint = _mm256_permute2x128_si256(before, bytes, 0x21);
	const __m256i first = _mm256_alignr_epi8(bytes, joint, 15);
	const __m256i two_back = _mm256_alignr_epi8(bytes, joint, 14);
	const __m256i three_back = _mm256_alignr_epi8(bytes, joint, 13);
	const __m256i high = high_half(first), low = low_half(first), second = high_half(bytes);

	/* The top bit, that of TWO_CONTINUED, where a third or fourth byte has to be. */
	__m256i third = _mm256_subs_epu8(two_back, _mm256_set1_epi8((char)(0xE0 - 0x80)));
	__m256i fourth = _mm256_subs_epu8(three_back, _mm256_set1_epi8((char)(0xF0 - 0x80)));
	__m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
	__m256i wrong = _mm256_and_si256(_mm256_and_si256(in_table(first_high, high),
							  in_table(first_low, low)),
					 in_table(second_high, second));
	__m256i look = in_table(look_second_high, second);
	/* A shuffle gives 0 for an index of 80 or more, and ignores the upper half of others. */
	__m256i control = _mm256_and_si256(in_table(control_low, bytes), look);

	look = _mm256_and_si256(_mm256_and_si256(in_table(look_high, high), in_table(look_low, low)), look);
	return (struct half){_mm256_or_si256(_mm256_xor_si256(wrong, wanted), control), look};
}

AVX2 size_t
clean_blocks(const char *text, size_t length, struct marks *marks, bool trusted)
{
	const unsigned char *look_high = trusted ? look_first_high : look_always;
	const unsigned char *look_low = trusted ? look_first_low : look_all;
	const char *s = text, *end = text + length - SPARE;
	__m256i before = _mm256_setzero_si256();
	static struct places places;
	ptrdiff_t most = BLOCK; /* more each time, so that not much is in vain where something is unsafe */
	uint64_t wrong = 0;

	while (wrong == 0 && end - s >= BLOCK) {
		const char *batch = s, *unsafe;

		places.count = 0;
		do {
			__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)s);
			__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(s + BLOCK / 2));
			struct half l = examine(low, before, look_high, look_low);
			struct half h = examine(high, low, look_high, look_low);
			__m256i any = _mm256_or_si256(l.wrong, h.wrong);

			if (!_mm256_testz_si256(any, any))
				wrong = bits(l.wrong, h.wrong);
			gather(&places, (size_t)(s - batch), bits(l.look, h.look) & ~wrong & (wrong - 1));
			before = high;
			s += wrong == 0 ? BLOCK : _tzcnt_u64(wrong);
		} while (wrong == 0 && s - batch < most && end - s >= BLOCK);
		if ((unsafe = first_unsafe(batch, &places, marks)) != NULL)
			return (size_t)(unsafe - text);
		most = most < BATCH ? 2 * most : BATCH;
	}
	s = whole(text, s);
	if (marks->end > s) { /* a mark that is not whole was counted, too */
		marks->end = s;
		marks->count--;
	}
	return (size_t)(s - text);
}

/* All that AVX2 above asks for; the processors that have it have the rest too, nearly all of them. */
static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

size_t
safe_blocks(const char *text, size_t length, struct marks *marks)
{
	static enum { UNKNOWN, NONE, TRUSTED, DISTRUSTED } state;

	if (length < BLOCK + SPARE)
		return 0;
	if (state == UNKNOWN)
		state = !has_avx2() ? NONE : can_trust_tables() ? TRUSTED : DISTRUSTED;
	return state == NONE ? 0 : clean_blocks(text, length, marks, state == TRUSTED);
}

#else

size_t
safe_blocks(const char *text, size_t length, struct marks *marks)
{
	(void)text;
	(void)length;
	(void)marks;
	return 0;
}

#endif
