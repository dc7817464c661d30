/*
 * bar - the words of the status bar: what to leave out where there is no room for all of them.
 *
 * Pure: words in, words out.
 */
#ifndef BAR_H
#define BAR_H

#define BAR_MAX 512 /* bytes of either side */

/* Safe text; what does not apply is empty. */
struct bar {
	char name[272];	 /* who, or what goes on without anybody; cut where it has to be */
	char state[64];	 /* how safe, or how, it goes; never cut, as half of it may be wrong */
	char detail[48]; /* what else there is to know of that, and what to do about it */
	char since[16];	 /* ... or how long it has gone so */
	char act[16];	 /* ... and what would end it */
	char again[48];	 /* ... and what would be sent again, and by what */
	char typed[48];	 /* at the right end: how much is in the input line, and what sends it */
	char news[64];	 /* ... what is not in view */
	char key[16];	 /* ... and what shows it */
	char mouse[8];	 /* ... and that tchat has it */
	char tip[16];	 /* how to learn more */
	char hint[16];	 /* ... or, where there is no room for that, this much of it */
};

/* Writes the two ends of the bar, such that they fit into so many columns. */
void bar_write(const struct bar *bar, int columns, char left[BAR_MAX], char right[BAR_MAX]);

#endif
