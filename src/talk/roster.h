/*
 * roster - who is in a group, and what each is called.
 *
 * Pure: it keeps names apart, and knows nothing of calls.  No two of those who are there have names that look the same
 * (text/name.h).  Everybody is shown in one form, in whatever is said of them or by them:
 *
 *   ann        a key vouches for the name
 *   ~bob       nothing does
 *   ~guest 3   number 3 has no name
 *   host       nor has the host
 *   "~b, ann"  a name that would look like two among others is quoted; no name has quotation marks
 *
 * What is vouched for has no ~ and no name can have one, so none can be taken for a person with a key.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/span.h"
#include "text/name.h"

#define ROSTER_HOST 0	  /* the number of whoever runs the room, who is in it as well */
#define ROSTER_COLUMNS 20 /* that a name may take which somebody types */
#define ROSTER_SHOWN_MAX (NAME_SIZE + 3) /* bytes, with the NUL */

struct roster_member {
	unsigned number;
	bool vouched;
	char name[NAME_SIZE]; /* empty: none */
	struct name_look look;
	char shown[ROSTER_SHOWN_MAX];
};

/* A zeroed one is empty. */
struct roster {
	struct roster_member *members; /* by their numbers, in the order in which they came */
	size_t count, room;
};

/*
 * Somebody comes, without a name.  The number is greater than those of all who are there.  A key vouches for whatever
 * name it is given, or nothing does; the host vouches for itself.
 */
void roster_enter(struct roster *roster, unsigned number, bool vouched);

/* Somebody who is there goes, and the name with them. */
void roster_leave(struct roster *roster, unsigned number);

/*
 * Gives somebody who is there a name, instead of the one there was, or says why not, in English words (N_) that go on
 * after "a name that"; NULL: it is done.  Blanks around the name do not count.  What nobody vouches for is as somebody
 * typed it, of any length and content; it is neither too long or hard to tell from others, nor belongs to a key in
 * `known`, the text of the file of known peers (trust/known.h), or NULL.
 */
const char *roster_name(struct roster *roster, unsigned number, struct span name, const struct buffer *known);

/*
 * Why somebody who is still to come cannot have a name that is one, as roster_name says it; or NULL: it and those who
 * are there leave it.
 */
const char *roster_fault(const struct roster *roster, unsigned number, const char *name);

/* Takes the name of somebody who is there away. */
void roster_unname(struct roster *roster, unsigned number);

/* Whoever is there with that number, or a name that looks like that one; or NULL.  Good until anybody comes or goes. */
const struct roster_member *roster_find(const struct roster *roster, unsigned number);
const struct roster_member *roster_find_name(const struct roster *roster, const char *name);

/*
 * Lists those who are there, all but one (or UINT_MAX, which is nobody): "ann, ~bob and ~guest 3", or as many as there
 * is room for: "ann, ~bob and 27 others".  Empty if there is nobody.
 */
void roster_list(const struct roster *roster, unsigned but, char *list, size_t size);

/* Gives the memory back; the roster is empty. */
void roster_free(struct roster *roster);

#endif
