#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/rewrite.h"
#include "text/safe.h"
#include "text/utf8.h"

/*
 * What came before a byte: nothing that matters to it, or the start of a character; ONE is when one byte
 * of it lacks.
 */
enum state { NOTHING, ONE, TWO, TWO_E0, TWO_ED, THREE, THREE_F0, THREE_F4, STATES };

/* A start of each kind.  How a character goes on after its second byte is the same for all. */
static const char starts[STATES] = {[ONE] = '\xC2',	 [TWO] = '\xE1',      [TWO_E0] = '\xE0',
				    [TWO_ED] = '\xED',	 [THREE] = '\xF1',    [THREE_F0] = '\xF0',
				    [THREE_F4] = '\xF4'};

/* What a byte gives. */
struct step {
	char text[6];
	uint8_t length;
	uint8_t special; /* SPECIAL: and more, see add_special */
};
#define SPECIAL 0x80

/* Where a byte of memory is in a number of 64 bits. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PLACE(byte) (8 * (byte))
#else
#define PLACE(byte) (56 - 8 * (byte))
#endif

static struct step steps[256][STATES];

/*
 * What the byte is to the one after it: after state s, the bits from 8s on say 8 times what.  So the
 * next state is a shift by the last one away, much less than a look into memory that depends on it.
 */
static uint64_t states[256];

static void
add(struct step *step, const char *text, size_t length)
{
	memcpy(step->text + step->length, text, length);
	step->length = (uint8_t)(step->length + length);
}

static void
add_replacement(struct step *step)
{
	add(step, "\xEF\xBF\xBD", 3); /* U+FFFD */
}

static enum state
state_after_start(unsigned char byte)
{
	for (enum state state = TWO_E0; state < STATES; state++)
		if (starts[state] == (char)byte)
			return state;
	return byte < 0xE0 ? ONE : byte < 0xF0 ? TWO : THREE;
}

/* A byte with which something starts. */
static enum state
add_start(struct step *step, unsigned char byte)
{
	size_t used;

	if (byte == '\r')
		step->special = SPECIAL;
	else if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F)
		add(step, (const char[]){'^', (char)(byte ^ 0x40)}, 2);
	else if (byte < 0x80)
		add(step, (const char *)&byte, 1);
	else if (utf8_examine((const char *)&byte, 1, &used) == UTF8_INCOMPLETE)
		return state_after_start(byte);
	else
		add_replacement(step);
	return NOTHING;
}

/* A byte after what came before. */
static enum state
add_next(struct step *step, enum state state, unsigned char byte)
{
	const char both[] = {starts[state], (char)byte};
	size_t used;

	if (state == NOTHING)
		return add_start(step, byte);
	switch (utf8_examine(both, sizeof both, &used)) {
	case UTF8_COMPLETE:
		step->special = SPECIAL;
		return NOTHING;
	case UTF8_INCOMPLETE:
		return state < THREE ? ONE : TWO;
	case UTF8_BROKEN:
		break;
	}
	add_replacement(step);
	return add_start(step, byte);
}

static void
make_tables(void)
{
	for (enum state state = 0; state < STATES; state++)
		for (unsigned byte = 0; byte < 256; byte++) {
			enum state after = add_next(&steps[byte][state], state, (unsigned char)byte);
			states[byte] |= (uint64_t)after << 3 << 8 * state;
		}
}

size_t
rewrite_number(unsigned c, char *out)
{
	size_t length = 3;

	memcpy(out, "<U+", length);
	for (int shift = c > 0xFFFFF ? 20 : c > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4)
		out[length++] = "0123456789ABCDEF"[c >> shift & 15];
	out[length++] = '>';
	return length;
}

/* A CR, or the character that ends at last.  Returns how many bytes it gives. */
static inline size_t
add_special(const char *last, char *out, struct marks *marks)
{
	const char *s = last - 1;
	bool safe;
	uint32_t c;

	if (*last == '\r') {
		out[0] = '^';
		out[1] = 'M';
		return last[1] == '\n' ? 0 : 2;
	}
	while ((*s & 0xC0) == 0x80)
		s--;
	c = utf8_decode_wide(s);
	memcpy(out, s, UTF8_LONGEST); /* here too */
	safe = safe_character(c, s, marks);
	safe_count(c, s, last + 1, marks);
	return safe ? (size_t)(last + 1 - s) : rewrite_number(c, out);
}

size_t
rewrite_block(const char **input, char *out, struct marks *marks)
{
	static bool made;
	const char *s = *input, *end = s + REWRITE_BLOCK;
	char *start = out;
	uint64_t state = 0;

	if (!made)
		make_tables();
	made = true;
	for (; s < end; s++) {
		unsigned char byte = (unsigned char)*s;
		uint64_t step; /* as one number, which costs less than to read it in parts */

		memcpy(&step, &steps[byte][state % 64 / 8], sizeof step);
		memcpy(out, &step, sizeof step); /* all of it, rather than ask how much is meant */
		out += step >> PLACE(offsetof(struct step, length)) & 7;
		if (step & (uint64_t)SPECIAL << PLACE(offsetof(struct step, special)))
			out += add_special(s, out, marks);
		state = states[byte] >> state % 64;
	}
	if (state % 64 != 0)
		for (s--; (*s & 0xC0) == 0x80;)
			s--;
	*input = s;
	return (size_t)(out - start);
}
