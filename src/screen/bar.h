/*
 * bar - the words of the status bar: what to leave out where there is no room for all of them.
 *
 * Pure: words in, words out.
 */
#ifndef BAR_H
#define BAR_H

#define BAR_WORDS 128 /* bytes of what is said at once, in whatever language */
#define BAR_MAX 1280  /* ... of either side: of all of it that can be there */

/* Safe text, in the person's language; what does not apply is empty. */
struct bar {
	char name[272 + BAR_WORDS]; /* who, or what goes on without anybody; cut where it has to be */
	char state[BAR_WORDS];	/* how safe, or how, it goes; never cut, as half of it may be wrong */
	char detail[BAR_WORDS]; /* what else there is to know of that, and what to do about it */
	char since[BAR_WORDS];	/* ... or how long it has gone so */
	char act[BAR_WORDS];	/* ... and what would end it */
	char again[BAR_WORDS];	/* ... and what would be sent again, and by what */
	char typed[BAR_WORDS];	/* at the right end: how much is in the input line, and what sends it */
	char news[BAR_WORDS];	/* ... what is not in view */
	char key[BAR_WORDS];	/* ... and what shows it */
	char mouse[BAR_WORDS];	/* ... and that tchat has it */
	char tip[BAR_WORDS];	/* how to learn more */
	char hint[BAR_WORDS];	/* ... or, where there is no room for that, this much of it */
};

/* Writes the two ends of the bar, such that they fit into so many columns. */
void bar_write(const struct bar *bar, int columns, char left[BAR_MAX], char right[BAR_MAX]);

#endif
