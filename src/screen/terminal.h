/*
 * terminal - what is asked of the terminal itself, beside what ncurses draws.
 *
 * These are xterm's control sequences (ctlseqs), which today's terminals know and others pass over.
 * All but terminal_can_draw, terminal_unknown and terminal_has_links need output_capture to have been called.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* Whether the terminal can place a cursor; TERM unset or "dumb" cannot. */
bool terminal_can_draw(void);

/* The name of a terminal of which terminfo(5) has no description on this machine; NULL if it has, or TERM says none. */
const char *terminal_unknown(void);

/* Ends a control sequence that was cut, and the link that it may have been in. */
void terminal_cancel(void);

/*
 * Has what is too wide for its row go on in the next one, as usual; or end in the last column (DECAWM), whatever
 * the terminal takes a character's width to be.  ncurses does not know, and may switch it on: when it takes the
 * terminal, and when it draws the lower right corner.
 */
void terminal_wrap(bool on);

/* Whether what screen/placed.h writes can be written: where wrapping can be stopped, and the cursor saved. */
bool terminal_can_place(void);

/* Asks the terminal to say where a paste begins and ends; or no longer. */
void terminal_report_pastes(bool on);

/* ... and when its window gets and loses the keyboard, which many say at once when they are asked. */
void terminal_report_focus(bool on);

/*
 * Whether it is known to make a link of cells (OSC 8), as the environment names it; what is not known is left alone.
 * And what ends a link.
 */
bool terminal_has_links(void);
#define TERMINAL_LINK_ENDS "\033]8;;\033\\"

/* ... and where its mouse is clicked, and its wheel turned; or leave both to the terminal, which selects text. */
void terminal_report_mouse(bool on);

/*
 * Asks the terminal, if it is one that tells the wheel of the mouse from keys so, for all that kitty's keyboard
 * protocol can tell (https://sw.kovidgoyal.net/kitty/keyboard-protocol); or for keys as ever.
 */
void terminal_tell_keys(bool on);

/*
 * Has the wheel of the mouse do nothing, where the terminal would send arrow keys for it (alternate scroll, mode 1007);
 * or has it do what it did.  A terminal that tells it from keys is left alone.  One that cannot save the mode has it on
 * when nobody asks (alacritty, Windows Terminal).
 */
void terminal_ignore_wheel(bool on);

/* Has the keypad send what the terminal's description says, where Delete does not do so otherwise: in st. */
void terminal_use_keypad(bool on);

/* Saves the title of the window, to be set from then on, where it is another one; and puts it back. */
#define TERMINAL_TITLE_MAX 300
void terminal_save_title(void);
void terminal_set_title(const char *title);
void terminal_restore_title(void);

#endif
