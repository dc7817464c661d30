#include <config.h>

#include <wctype.h>

#include "text/fold.h"

#define CAPITAL_I_WITH_DOT 0x130
#define SMALL_I_WITHOUT_DOT 0x131

uint32_t
fold_case(uint32_t c)
{
	if (c == 'I' || c == CAPITAL_I_WITH_DOT || c == SMALL_I_WITHOUT_DOT)
		return 'i';
	return (uint32_t)towlower(towupper((wint_t)c));
}
