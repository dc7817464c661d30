#include <config.h>

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/fatal.h"
#include "base/polls.h"
#include "base/signals.h"
#include "call/avahi.h"
#include "call/browse.h"
#include "list.h"
#include "record/notice.h"
#include "text/filter.h"
#include "text/wrap.h"

#define LIST_MS 2000
#define LIST_MAX 4096 /* sightings: a thousand who are seen by two protocols on two interfaces */
#define SHOWN_MAX 2048 /* bytes of a name or host, made safe */

enum { NAME, HOST, PORT, COLUMNS };

struct list {
	struct avahi avahi;
	struct sightings seen;
	size_t left_out;
	bool listed;   /* anybody */
	bool lined_up; /* the columns */
	int widths[COLUMNS]; /* of the longest so far */
	bool keyed;	/* a key ends it, of a terminal that was so before */
	struct termios before;
	int slot;
};

/* --- The lines. --- */

/* Writes what stands in a column, and as many blanks as it takes to where the next one begins. */
static void
put(struct list *l, int column, const char *text)
{
	int width = wrap_measure(text, strlen(text));

	if (!l->lined_up) {
		printf("%s\t", text);
		return;
	}
	if (width > l->widths[column])
		l->widths[column] = width;
	printf("%s%*s", text, l->widths[column] - width + 2, "");
}

/* Writes a line: somebody is there, or has gone. */
static void
show(struct list *l, const struct sighting *s, bool gone)
{
	char name[SHOWN_MAX], host[SHOWN_MAX], port[8];

	filter_string(s->name, name, sizeof name);
	filter_string(s->host, host, sizeof host);
	snprintf(port, sizeof port, "%u", s->port);
	put(l, NAME, name);
	put(l, HOST, host);
	put(l, PORT, port);
	fputs(gone ? _("gone") : s->tls ? _("encrypted") : _("not encrypted"), stdout);
	if (!gone && sightings_have_alike(&l->seen, s))
		printf("%s%s", l->lined_up ? "  " : "\t", _("looks like another one"));
	putchar('\n');
	l->listed = true;
}

/* Somebody is seen, or not any more, somewhere: which is shown of the first place, and the last. */
static void
take(struct list *l, const struct sighting *s)
{
	struct sighting *there = sightings_find(&l->seen, s), former;
	bool known;

	if (there != NULL && !s->gone && sighting_is_of_same(there, s))
		return;
	if (there != NULL) {
		former = *there;
		sightings_remove(&l->seen, there);
		if (!sightings_have(&l->seen, &former))
			show(l, &former, true);
	}
	if (s->gone)
		return;
	known = sightings_have(&l->seen, s);
	there = sightings_add(&l->seen, s);
	if (there != NULL && !known)
		show(l, there, false);
	l->left_out += there == NULL && !known;
}

/* --- The keyboard. --- */

/* Has a key end it, where there is a keyboard that is this program's. */
static void
take_keyboard(struct list *l)
{
	struct termios keys;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &l->before) == -1)
		return;
	keys = l->before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VSUSP] = _POSIX_VDISABLE; /* a key as any other: a shell would get the terminal as it is now */
	l->keyed = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

static void
give_keyboard_back(const struct list *l)
{
	if (l->keyed)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &l->before);
}

/* --- All of it. --- */

/* Lists until the time is over, or something ends it before. */
static void
list(struct list *l)
{
	int64_t deadline = clock_now() + LIST_MS;
	struct polls polls = {0};
	struct sighting sighting;
	struct span line;
	bool pressed = false;

	while (l->avahi.state == AVAHI_RUNS && clock_until(deadline) > 0 && signals_deadly() == 0 && !pressed) {
		polls_clear(&polls);
		avahi_poll(&l->avahi, &polls);
		polls_until(&polls, deadline);
		l->slot = l->keyed ? polls_add(&polls, STDIN_FILENO, POLLIN) : POLLS_NONE;
		polls_wait(&polls);
		avahi_step(&l->avahi, &polls);
		while (avahi_line(&l->avahi, &line))
			if (browse_parse(line.text, line.length, &sighting))
				take(l, &sighting);
		if (fflush(stdout) == EOF || ferror(stdout))
			break;
		pressed = polls_found(&polls, l->slot) != 0;
	}
	polls_free(&polls);
}

/* Says what the lines do not.  Returns the exit status. */
static int
conclude(const struct list *l)
{
	char text[BILINGUAL_LINE];

	if (ferror(stdout)) {
		warn("%s", _("cannot write to standard output"));
		return EXIT_FAILURE;
	}
	if (l->avahi.state == AVAHI_ENDED) {
		avahi_explain(&l->avahi, text, sizeof text);
		notice(NULL, "cannot list who waits in the local network: %s", text);
		return EXIT_FAILURE;
	}
	bilingual_print_count(text, sizeof text, "%zu more announcement is not listed",
			      "%zu more announcements are not listed", l->left_out, l->left_out);
	if (l->left_out > 0)
		notice(NULL, "%s", text);
	if (!l->listed)
		notice(NULL, "nobody who waits in the local network announces that");
	return EXIT_SUCCESS;
}

int
list_run(void)
{
	struct list l = {.lined_up = isatty(STDOUT_FILENO)};
	int status;

	signals_open();
	signals_default_stop();
	avahi_browse(&l.avahi);
	confine_speaker(false);
	if ((l.seen.all = calloc(LIST_MAX, sizeof *l.seen.all)) == NULL)
		fatal("cannot get memory");
	l.seen.room = LIST_MAX;
	take_keyboard(&l);
	list(&l);
	give_keyboard_back(&l);
	status = conclude(&l);
	avahi_end(&l.avahi);
	free(l.seen.all);
	if (signals_deadly() != 0)
		signals_obey(signals_deadly());
	return status;
}
