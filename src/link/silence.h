/*
 * silence - for how long an answer has been owed.
 *
 * A struct of zeros is one that begins with the first look.
 */
#ifndef SILENCE_H
#define SILENCE_H

#include <stdbool.h>
#include <stdint.h>

struct silence {
	bool owed;	  /* when last looked */
	int64_t answered; /* until then nothing was owed, or an answer came */
	int64_t looked;	  /* when that was last */
};

/*
 * A look, now: whether an answer is owed, and when something was last heard.  Returns for how long there
 * has been silence.  All in milliseconds (base/clock.h).  While nobody has looked for longer than gap, as
 * nothing was owed or the program was stopped, nothing is known: that time does not count.
 */
int64_t silence_look(struct silence *silence, int64_t now, bool owed, int64_t heard, int64_t gap);

#endif
