/*
 * style - how the parts of the screen look: attributes, and colours that can be read on white and on black.
 *
 * Nobody knows which of the two a terminal has behind its text.  Of the first 16 colours every terminal makes what it
 * likes, and so do its users; the other 240 are the same everywhere (xterm's 256colres.h), and a few of them stand out
 * from white as well as from black.  So there are colours where there are 256 of them, or else attributes alone.
 * A_DIM is none of these: some terminals make it too faint to be read.
 */
#ifndef STYLE_H
#define STYLE_H

enum style {
	STYLE_PLAIN,
	STYLE_FAINT,	 /* what is read last: times, notices */
	STYLE_NAME,	 /* one's own */
	STYLE_PEER_NAME,
	STYLE_NEWEST,	 /* the newest line, while one reads older ones */
	STYLE_DELIVERED, /* the mark of that */
	STYLE_QUESTION,
	STYLE_ALARM,
	STYLE_FOUND,	  /* what was found by a search */
	STYLE_LIKE_FOUND, /* and the rest of what it can find */
	STYLE_OVER,	 /* what is not the conversation: the status bar, the help */
	STYLE_COUNT
};

/* Gets the colours ready, once ncurses has the terminal; none if NO_COLOR is set to something (no-color.org). */
void style_open(void);

/* What is drawn from now on looks like this. */
void style_set(enum style style);

/* ... or as a name among several, each of which has its colour (screen/tint.h). */
void style_set_name(const char *name);

/* What is drawn from a place on, in so many columns, looks like this. */
void style_change(int y, int x, int columns, enum style style);

#endif
