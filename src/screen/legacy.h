/*
 * legacy - keys as newer protocols tell them, in the form that programs have always had them in.
 *
 * Pure.  The protocols are kitty's (https://sw.kovidgoyal.net/kitty/keyboard-protocol), with all that it can tell;
 * xterm's modifyOtherKeys; rxvt's ESC before a key for Alt, as xterm's sequences have it; and that of VT100's keypad,
 * where a program that ended early has left it on.
 */
#ifndef LEGACY_H
#define LEGACY_H

#include "base/span.h"

#define LEGACY_KEY_MAX 64

/*
 * A key in that form, which may be the key itself, and is otherwise written to the room.  Empty if nothing happens: the
 * key was let go, or changes others, as Shift does.  Enter with any of those keys is Alt-Enter, as there is no other.
 */
struct span legacy_key(struct span key, char room[LEGACY_KEY_MAX]);

#endif
