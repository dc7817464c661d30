#include <config.h>

#include <stddef.h>

#include "base/bilingual.h"
#include "screen/help.h"

/* None has more than 35 columns, so that all fit beside another program in half of a terminal of 80. */
static const char *const rows[] = {
	/*
	 * TRANSLATORS: The next rows are those of the help, which F1 shows.  They have 35 columns at most, also in
	 * translation; what is longer goes on in a row of its own, as ugly as that is.  What the keys do stands below
	 * each other, in whichever column.  Please use signs that any console's font has, here and everywhere: " or
	 * guillemets, ', ... and -, and no blank that is narrower than the no-break space U+00A0.
	 */
	N_("Enter      send; Ctrl-C abandons it"),
	N_("Alt-Enter  go on in another line"),
	N_("Ctrl-D     leave, on an empty line"),
	N_("PgUp PgDn  scroll; Ctrl: to an end"),
	N_("F1 Alt-?   show these keys"),
	N_("F2         all of it in $PAGER"),
	N_("F3         who is there; encryption"),
	N_("F4         search the conversation"),
	N_("F6         send lost lines again"),
	N_("F8         hang up, and stay"),
	N_("F9         the wheel scrolls or not"),
	N_("Up Down    lines typed before"),
	N_("Ctrl-R     search in them"),
	N_("Ctrl-L     draw the screen again"),
	N_("Ctrl-Z     suspend"),
	N_("\u2713 arrived, \u2717 lost, ? perhaps unseen"),
	N_("Editing: GNU Readline, ~/.inputrc"),
	N_("Any key closes this."),
};
#define ROWS (sizeof rows / sizeof rows[0])

const char *const *
help_rows(void)
{
	static const char *translated[ROWS + 1];

	for (size_t i = 0; i < ROWS; i++)
		translated[i] = _(rows[i]);
	return translated;
}
