/*
 * screen - the terminal, drawn with ncurses: conversation pane, status bar, input line.
 *
 * It is drawn from what it is shown, and keeps only what of that the terminal has already; ncurses sends what has
 * changed.  There is one screen, as there is one terminal.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

#include "screen/bar.h"
#include "screen/input.h"
#include "screen/pane.h"
#include "screen/search.h"

struct talk;

/* What is to be seen of a group, besides. */
struct scene_group {
	int mark_width; /* columns for the mark before one's own lines, 1 to 3: of the highest number there */
	const struct talk *talk;
	size_t (*on_its_way)(const struct talk *talk, uint64_t stream_end); /* talk_on_its_way */
};

/* Everything that is to be seen. */
struct scene {
	struct pane *pane;	  /* its size is set by screen_draw */
	const char *own_label;	  /* before one's own lines */
	int label_width;	  /* columns of the widest of all labels, where there is room for that */
	bool marks;		  /* whether it is known what has arrived of one's own lines */
	uint64_t taken;		  /* the stream's bytes that are on their way, or have arrived */
	uint64_t arrived;	  /* those that have arrived */
	const struct scene_group *group; /* or NULL: there is one other side */
	const char *const *question; /* rows above the status bar, up to a NULL: all (talk_question) or none; or NULL */
	const struct bar *bar;
	const char *const *help;  /* rows to be shown over the pane, up to a NULL; or NULL */
	const struct search *search; /* what is to be marked in the pane */
	struct input_view input;
};

/* Takes the terminal over; gives it back when the program ends by fatal.  False if that fails. */
bool screen_open(void);

void screen_draw(const struct scene *scene);

/* Whether there is room for the question of a scene, whose bar need not be known yet. */
bool screen_has_room(const struct scene *scene);

/* How many rows and columns of text there would be shown of a help. */
void screen_help_size(const struct scene *scene, int *rows, int *columns);

/*
 * From now on, has the terminal say when its window gets and loses the keyboard.  To be asked for once it
 * matters: an answer that comes after the end would be typed into the shell.
 */
void screen_watch_focus(void);

/*
 * Has the terminal say what the mouse does, or leave that to itself again, which then selects text; and whether it
 * does.
 */
void screen_toggle_mouse(void);
bool screen_has_mouse(void);

/* Rings the bell. */
void screen_ring(void);

/* Asks the terminal for its size again; of one that is larger than anybody can read the rest stays empty. */
void screen_resize(void);

/* What is on the terminal is not known any more: draws everything the next time. */
void screen_forget(void);

/* How large the terminal is. */
void screen_size(int *rows, int *columns);

/* Gives the terminal back for a while, even if it could not take all that was drawn, and takes it again. */
void screen_suspend(void);
void screen_resume(void);

/*
 * While it is given back: says a text below what another program has left there, and has keys come as they are typed.
 * Then screen_resume, screen_suspend or screen_close follows.
 */
void screen_ask(const char *text);

/*
 * Stops, with the terminal given back meanwhile: upon SIGTSTP, or a key that is meant for the whole job.  After
 * screen_pause it still is; false: for good, as a signal that came meanwhile ends the program.
 */
bool screen_pause(bool job);
void screen_stop(bool job);

/* Gives the terminal back as it was.  Harmless when it was not taken. */
void screen_close(void);

#endif
