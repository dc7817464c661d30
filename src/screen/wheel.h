/*
 * wheel - the mouse's wheel, which a terminal tells as arrow keys.
 *
 * Pure.  Where kitty's keyboard protocol says when a key is let go, it differs from keys: a notch is five times down
 * and up in kitty, and three times down and once up in foot, all within a few milliseconds; a key that is held down
 * says that it repeats.
 */
#ifndef WHEEL_H
#define WHEEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* That one of these arrow keys goes down and up, without any other key, at the start of some text. */
struct wheel {
	size_t length; /* bytes; 0: there is nothing of it */
	int presses;
	bool up;	   /* away from the person */
	bool tells_more;   /* than programs always got: the protocol is in use */
};
struct wheel wheel_examine(struct span text);

#endif
