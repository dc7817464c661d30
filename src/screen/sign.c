#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "screen/sign.h"

static const struct {
	uint32_t sign;
	char form;
} forms[] = {
	{0x00B7, '-'}, /* MIDDLE DOT: between words; the mark of what waits */
	{0x203A, '>'}, /* SINGLE RIGHT-POINTING ANGLE QUOTATION MARK: ... of what is sent */
	{0x2713, '+'}, /* CHECK MARK: ... of what has arrived */
	{0x2717, 'x'}, /* BALLOT X: ... of what is lost */
	{0x2026, '~'}, /* HORIZONTAL ELLIPSIS: here something was cut off */
	{0x23CE, '$'}, /* RETURN SYMBOL: here a pasted line ends */
};

/* Terminals whose names begin so, and go on without a letter: vt100 is meant, vte is not. */
static const char *const poor[] = {"linux", "screen.linux", "vt", "ansi", "pcansi", "cons", "wsvt", "sun"};

static bool is_poor;

void
sign_open(const char *terminal)
{
	is_poor = false;
	for (size_t i = 0; i < sizeof poor / sizeof poor[0]; i++) {
		size_t length = strlen(poor[i]);

		if (strncmp(terminal, poor[i], length) == 0 && !isalpha((unsigned char)terminal[length]))
			is_poor = true;
	}
}

uint32_t
sign_form(uint32_t character)
{
	for (size_t i = 0; is_poor && i < sizeof forms / sizeof forms[0]; i++)
		if (forms[i].sign == character)
			return (uint32_t)forms[i].form;
	return character;
}
