#include <config.h>

#include <stddef.h>

#include "screen/help.h"

const char *const help_rows[] = {
	"Enter      send the line; Ctrl-C abandons it",
	"Alt-Enter  go on in another line",
	"Ctrl-D     leave, on an empty line",
	"PgUp PgDn  scroll; with Ctrl to either end",
	"F1 Alt-?   show these keys",
	"F2         all of it in $PAGER: search, copy",
	"F3         who is there, and how encrypted",
	"F4         search in the conversation",
	"F9         the mouse's wheel scrolls, or not",
	"Up Down    lines typed before",
	"Ctrl-R     search in them",
	"Ctrl-L     draw the screen again",
	"Ctrl-Z     suspend",
	"",
	"Marks: \u2713 arrived, \u2717 lost, ? perhaps not seen",
	"Edited as with GNU Readline, and ~/.inputrc.",
	"Any key closes this.",
	NULL,
};
