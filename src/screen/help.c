#include <config.h>

#include <stddef.h>

#include "screen/help.h"

/* None has more than 35 columns, so that all fit beside another program in half of a terminal of 80. */
const char *const help_rows[] = {
	"Enter      send; Ctrl-C abandons it",
	"Alt-Enter  go on in another line",
	"Ctrl-D     leave, on an empty line",
	"PgUp PgDn  scroll; Ctrl: to an end",
	"F1 Alt-?   show these keys",
	"F2         all of it in $PAGER",
	"F3         who is there; encryption",
	"F4         search the conversation",
	"F6         send lost lines again",
	"F8         hang up, and stay",
	"F9         the wheel scrolls or not",
	"Up Down    lines typed before",
	"Ctrl-R     search in them",
	"Ctrl-L     draw the screen again",
	"Ctrl-Z     suspend",
	"\u2713 arrived, \u2717 lost, ? perhaps unseen",
	"Editing: GNU Readline, ~/.inputrc",
	"Any key closes this.",
	NULL,
};
