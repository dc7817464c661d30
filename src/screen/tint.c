#include <config.h>

#include "screen/tint.h"
#include "text/hash.h"

const short tint_colours[TINT_COUNT] = {27, 28, 29, 30,  31,  62,  63,	64,  65,  96,  97,
					98, 99, 129, 130, 131, 132, 133, 161, 162, 164};

unsigned
tint_of(const char *name)
{
	return hash_text(0, name) % TINT_COUNT;
}
