/*
 * attention - what came while nobody looked, a line, a call or a question: bell, and a count in the window's title.
 */
#ifndef ATTENTION_H
#define ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

/* When the bell rings for what comes. */
enum bell {
	BELL_AUTO, /* if it is likely not to be seen */
	BELL_ALWAYS,
	BELL_NEVER
};

struct attention {
	enum bell bell;
	bool focused;	   /* the terminal's window has the keyboard, as far as the terminal says */
	bool reported;	   /* ... it has said so, or the contrary */
	int64_t last_key;  /* when it came */
	bool rung_idle;	   /* as none had come for a while */
	uint64_t unread;   /* what came since it had not, or since the pane was scrolled back */
	bool ring;	   /* the bell is due */
};

/* Attention for a window that has the keyboard. */
void attention_init(struct attention *attention, enum bell bell);

/* The window has got the keyboard, and what came meanwhile need not be counted any more; or it has lost it. */
void attention_focus(struct attention *attention, bool focused);

/* A key has been pressed. */
void attention_key(struct attention *attention);

/*
 * So many lines have come from the peer, or calls, or questions; in_view says whether the pane is there, and shows the
 * newest.
 */
void attention_add(struct attention *attention, uint64_t count, bool in_view);

/* Rings, if that is due. */
void attention_ring(struct attention *attention);

/* The same, and brings the title up to date.  peer is whom one talks to, or how many they are; or "". */
void attention_show(struct attention *attention, bool in_view, const char *peer);

#endif
