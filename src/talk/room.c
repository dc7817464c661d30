#include <config.h>

#include <sys/ioctl.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "link/link.h"
#include "talk/inside.h"
#include "trust/known.h"
#include "trust/store.h"

#define NAMELESS_MS 10000 /* who gives no name for so long is told of all the same */
#define NAMES_MAX 3	  /* so many names can be refused */
#define MEMBER_FILES 3	  /* descriptors: its socket, its listener's lines and report */
#define OTHER_FILES (40 + ROOM_ASKED_MAX) /* ... and what the program has besides, a new member for a moment, too */
#define HERE_MAX 512	  /* bytes of who is here */
#define COUNT_MAX 128	  /* ... and of how many, in both languages */
#define TEXT_MAX (2 * RELAY_TOLD_MAX) /* of what is told the others, and here, in both */

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* --- Who comes and goes. --- */

/* "3 are here", with whoever is here at the keyboard: a bilingual text. */
static void
count_here(const struct talk *t, char *text, size_t size)
{
	size_t count = t->room->roster.count;

	bilingual_print_count(text, size, "%zu is here", "%zu are here", count, count);
}

/* Tells of those who were not told of, if there are any. */
static void
sum_up(struct talk *t)
{
	char sum[512], here[COUNT_MAX], text[TEXT_MAX];

	if (!crowd_sum_up(&t->room->crowd, sum, sizeof sum))
		return;
	count_here(t, here, sizeof here);
	bilingual_print(text, sizeof text, "%s: %s", sum, here);
	relay_tell_others(t, STREAM_EVERYBODY, text);
	talk_notice(t, VOICE_NOTICE, "%s", text);
	if (t->waiting && room_tells_empty(t))
		talk_wait_for_next(t, true);
}

/* Tells that one has come or gone, to all but that one; where it is, and why it has gone, stand in the log alone. */
static void
tell_of(struct party *p, const char *what, const char *why)
{
	struct talk *t = p->talk;
	char here[COUNT_MAX], text[TEXT_MAX], whole[PEER_WHOLE_MAX];
	char logged[sizeof text + sizeof whole + BILINGUAL_LINE + 2];

	count_here(t, here, sizeof here);
	peer_describe(&p->peer, whole);
	bilingual_print(text, sizeof text, "%s: %s", what, here);
	/* (192.0.2.7 port 51312) */
	snprintf(logged, sizeof logged, "%s%s%s%s", text, whole + strlen(p->peer.name), *why != '\0' ? ", " : "", why);
	relay_tell_others(t, p->id, text);
	talk_say_apart(t, VOICE_NOTICE, text, logged);
}

/* It is to be told that it is there, under the name that it has. */
static void
tell_joined(struct party *p)
{
	char what[BILINGUAL_LINE];

	p->member.told = true;
	bilingual_print(what, sizeof what, "%s has joined", p->peer.name);
	if (crowd_may_tell(&p->talk->room->crowd, true)) {
		party_announce(p);
		tell_of(p, what, "");
	}
	p->announced = true;
}

/* Takes over the name that it has in the roster. */
static void
take_name(struct party *p)
{
	const char *shown = roster_find(&p->talk->room->roster, p->id)->shown;

	peer_name(&p->peer, shown);
	snprintf(p->member.prefix, sizeof p->member.prefix, "<%s> ", shown);
}

/* From now on what it says is passed on. */
static void
begin_to_speak(struct party *p)
{
	char before[PEER_NAME_MAX], what[TEXT_MAX];

	strlcpy(before, p->peer.name, sizeof before);
	take_name(p);
	p->member.named = true;
	p->member.tells = CLOCK_NEVER;
	if (!p->member.told) {
		tell_joined(p);
	} else if (strcmp(before, p->peer.name) != 0) {
		bilingual_print(what, sizeof what, "%s is %s now", before, p->peer.name);
		relay_tell_others(p->talk, p->id, what);
		talk_notice(p->talk, VOICE_NOTICE, "%s", what);
	}
}

/* Reads which names belong to keys. */
static void
read_known(struct room *room)
{
	char path[PATH_MAX];

	buffer_free(&room->known);
	room->knows = store_find("known_peers", path, sizeof path) == -1 || known_read(path, &room->known) == 0;
}

/* It gets this name.  Returns NULL, or why it cannot be had, in words that go on after "a name that". */
static const char *
claim(struct party *p, struct span name)
{
	struct room *room = p->talk->room;

	if (p->talk->base->call->tls) /* a key may have been accepted since */
		read_known(room);
	/* If it cannot be told whose it is, it is nobody's. */
	return room->knows ? roster_name(&room->roster, p->id, name, &room->known) : "may be somebody else's";
}

/* It is a guest, whatever it says. */
static void
be_guest(struct party *p)
{
	begin_to_speak(p);
	relay_tell(p, "* You are %s.", p->peer.name);
}

/* What it has said is to be its name. */
static void
take_for_name(struct party *p, struct span line)
{
	const char *fault = line.length > 0 ? claim(p, line) : NULL;
	char said[COUNT_MAX], here[COUNT_MAX];

	if (fault != NULL)
		relay_tell(p, "* A name that %s will not do.%s", fault,
			   ++p->member.refused < NAMES_MAX ? " Another one, please:" : "");
	if (line.length == 0 || p->member.refused == NAMES_MAX) {
		be_guest(p);
	} else if (fault == NULL) {
		begin_to_speak(p);
		count_here(p->talk, said, sizeof said);
		bilingual_choose(said, ENGLISH, here, sizeof here);
		relay_tell(p, "* You are %s: %s.", p->peer.name, here);
	}
}

/*
 * Whether it has said something before it could be asked for its name.  With TLS that can be a goodbye, too: what waits
 * in the socket is read by the listener.  There all of it waits, as no more than the handshake was read (trust/tls.c).
 */
static bool
speaks_unasked(const struct party *p)
{
	int bytes = 0;

	return ioctl(p->link.peer.socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* The name belongs to a key that comes: whoever has it without one is a guest from now on. */
static void
free_name(struct party *p, const char *name)
{
	struct roster *roster = &p->talk->room->roster;
	const struct roster_member *has = roster_find_name(roster, name);
	struct party *other = NULL;

	if (has == NULL || has->vouched)
		return;
	while ((other = talk_next(p->talk, other)) != NULL)
		if (other->id == has->number)
			break;
	roster_unname(roster, has->number);
	if (other == NULL)
		return;
	begin_to_speak(other);
	relay_tell(other, "* You are %s now: %s is the name of somebody with a key.", other->peer.name, name);
}

/* Whether it comes with a name that a key vouches for, and that nobody has who is here, as by the same key. */
static bool
brings_name(struct party *p)
{
	struct roster *roster = &p->talk->room->roster;
	bool vouched = p->is_known && p->trust.vouched;

	if (vouched)
		free_name(p, p->peer.name);
	roster_enter(roster, p->id, vouched);
	if (p->is_known && claim(p, span_of(p->peer.name)) == NULL)
		return true;
	roster_leave(roster, p->id);
	roster_enter(roster, p->id, false);
	return false;
}

/* Gives it the lines that were said before, and says what becomes of its own. */
static void
give_recall(struct party *p)
{
	struct recall *recall = &p->talk->room->recall;
	struct span lines = recall_give(recall, *p->whom.key != '\0' ? p->whom.key : p->whom.place);

	if (recall->most == 0)
		return;
	relay_give(p, lines);
	relay_tell(p, "* The last %zu line%s said here %s given to those who come later.", recall->most,
		   recall->most == 1 ? "" : "s", recall->most == 1 ? "is" : "are");
}

/* Asks it for its name, unless it speaks without that: then it is a guest, and the others are told once it is heard. */
static void
ask_for_name(struct party *p)
{
	p->member.unasked = speaks_unasked(p);
	if (p->member.unasked)
		relay_tell(p, "* You are %s.", p->peer.name);
	else
		relay_tell(p, "* What is your name? Your first line is it; what you say after that goes to all.");
}

void
room_enter(struct party *p)
{
	struct room *room = p->talk->room;
	char here[HERE_MAX];
	bool has_name;

	p->member = (struct member){
		.is_here = true, .tells = clock_now() + NAMELESS_MS};
	has_name = brings_name(p); /* whoever loses that is called otherwise before this one hears anything */
	relay_begin(p);
	roster_list(&room->roster, p->id, here, sizeof here);
	if (has_name) {
		begin_to_speak(p);
		relay_tell(p, "* Welcome, %s. Here: %s.", p->peer.name, here);
		give_recall(p);
	} else {
		take_name(p);
		relay_tell(p, "* Welcome. Here: %s.", here);
		give_recall(p);
		ask_for_name(p);
	}
	relay_send(p);
}

/* It is not here any more. */
static void
go(struct party *p)
{
	p->member.is_here = false;
	roster_leave(&p->talk->room->roster, p->id);
}

/* The same, as is told, and why, unless all have to leave. */
static void
leave(struct party *p, const char *what, const char *why)
{
	go(p);
	if (p->member.told && !p->talk->leaving && crowd_may_tell(&p->talk->room->crowd, false))
		tell_of(p, what, why);
}

/* It is not here any more, as it is hung up on, perhaps for being slow: that is told of each, however many they are. */
static void
hang_up_on(struct party *p, bool slow)
{
	char what[BILINGUAL_LINE];

	if (p->member.is_here)
		go(p);
	bilingual_print(what, sizeof what,
			slow ? N_("%s was hung up on, as it takes too little of what is said")
			     : N_("%s was hung up on"), p->peer.name);
	if (p->member.told)
		tell_of(p, what, "");
	else
		talk_notice(p->talk, VOICE_NOTICE, "hanging up on %s", p->peer.name);
}

void
room_dismiss(struct party *p, bool bans)
{
	relay_tell(p, bans ? "* The room is closed to you." : "* You were hung up on.");
	hang_up_on(p, false);
}

void
room_leave(struct party *p)
{
	const struct ending *ending = &p->link.ending;
	char what[BILINGUAL_LINE], why[BILINGUAL_LINE] = "";

	relay_note_arrived(p); /* for what is said next, of what it has not got */
	if (!p->member.is_here)
		return;
	if (!ending_is_orderly(ending))
		ending_describe(ending, p->peer.name, why, sizeof why);
	bilingual_print(what, sizeof what,
			ending->how == ENDING_NONE   ? N_("%s was hung up on")
			: ending->how == ENDING_LEFT ? N_("%s has left")
						     : N_("%s has gone: the connection broke"), p->peer.name);
	leave(p, what, why);
}

/* --- Hearing. --- */

size_t
room_hear(struct party *p, struct buffer *heard)
{
	struct buffer safe = {0};
	struct span line;
	size_t count;

	if (p->member.unasked && !p->member.named && p->member.is_here)
		begin_to_speak(p);
	/* It was hung up on, and says more; or cannot be told any more whether it gets its name. */
	if (!p->member.is_here || (!p->member.named && p->state != PARTY_TALKING)) {
		buffer_drop(heard, buffer_lines(heard).length);
		return 0;
	}
	while (!p->member.named && (line = buffer_line(heard)).length > 0) {
		take_for_name(p, (struct span){line.text, line.length - 1});
		buffer_drop(heard, line.length);
	}
	line = buffer_lines(heard);
	if (line.length == 0)
		return 0;
	relay_said(p->talk, p->id, p->member.prefix, line);
	filter_text(line.text, line.length, FILTER_LINE_MAX, &safe);
	buffer_drop(heard, line.length);
	count = record_lines_of(&p->talk->record, p->peer.name, &safe);
	buffer_free(&safe);
	return count;
}

/* --- What is typed here. --- */

/* Passes on the lines that are complete. */
static void
say_lines(struct talk *t)
{
	struct room *room = t->room;
	struct buffer safe = {0};
	struct span line;

	while ((line = buffer_line(&room->line)).length > 0) {
		relay_said(t, ROSTER_HOST, room->prefix, line);
		filter_text(line.text, line.length, FILTER_LINE_MAX, &safe);
		buffer_drop(&room->line, line.length);
		record_lines(&t->record, VOICE_SELF, &safe, t->stream);
	}
	buffer_free(&safe);
	talk_flush(t); /* before it is sent: an answer must not get into the log before what it answers */
	relay_send_all(t);
}

enum talk_sent
room_say(struct talk *t, struct span text)
{
	struct room *room = t->room;
	const char *next = text.text, *end = text.text + text.length;
	struct span piece;

	if (!relay_has_room(room))
		return TALK_FULL;
	while ((piece = filter_next(&room->filter, &next, end)).length > 0)
		buffer_add(&room->line, piece.text, piece.length);
	say_lines(t);
	return TALK_SENT;
}

void
room_finish(struct talk *t)
{
	struct room *room = t->room;
	struct span piece;

	while ((piece = filter_end(&room->filter)).length > 0)
		buffer_add(&room->line, piece.text, piece.length);
	say_lines(t);
}

/* --- All of them. --- */

bool
room_fits(unsigned members, char *error, size_t size)
{
	size_t needed = (size_t)members * MEMBER_FILES + OTHER_FILES, most = descriptors_raise();

	if (most >= needed)
		return true;
	bilingual_print(error, size,
			"cannot have %u members: that takes %zu open files, and %zu are allowed (ulimit -n)", members,
			needed, most);
	return false;
}

void
room_open(struct talk *t)
{
	const char *name = t->base->trust != NULL ? t->base->trust->name : NULL;
	struct room *room = calloc(1, sizeof *room);

	if (room == NULL)
		fatal("cannot get memory");
	t->room = room;
	filter_init_relayed(&room->filter);
	recall_init(&room->recall, t->base->call->recall);
	read_known(room);
	roster_enter(&room->roster, ROSTER_HOST, true);
	if (name != NULL) /* which it can have: options_parse has seen to that */
		(void)roster_name(&room->roster, ROSTER_HOST, span_of(name), NULL);
	snprintf(room->prefix, sizeof room->prefix, "<%s> ", roster_find(&room->roster, ROSTER_HOST)->shown);
}

void
room_close(struct talk *t)
{
	struct room *room = t->room;

	if (room == NULL)
		return;
	stream_free(&room->stream);
	buffer_free(&room->known);
	recall_free(&room->recall);
	roster_free(&room->roster);
	bans_free(&room->bans);
	buffer_free(&room->line);
	buffer_free(&room->typed);
	free(room);
}

void
room_end(struct talk *t)
{
	sum_up(t);
	if (t->count > 0)
		relay_tell_others(t, STREAM_EVERYBODY, "the room is closed");
	relay_send_all(t);
}

bool
room_tells_empty(struct talk *t)
{
	bool tells = t->room->left_untold && crowd_due(&t->room->crowd) == CLOCK_NEVER;

	t->room->left_untold &= !tells;
	return tells;
}

/* Whoever is far behind, and takes too little, goes. */
static bool
look_after(struct party *p)
{
	if (p->state == PARTY_TALKING && !p->member.told && clock_until(p->member.tells) == 0) {
		tell_joined(p);
		p->member.tells = CLOCK_NEVER;
		return true;
	}
	if (clock_until(relay_patience(p)) != 0)
		return false;
	if (p->member.is_here && !p->talk->leaving)
		hang_up_on(p, true);
	party_hang_up(p);
	return true;
}

void
room_poll(const struct talk *t, struct polls *polls)
{
	const struct party *p;

	polls_until(polls, crowd_due(&t->room->crowd));
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		if (p->state == PARTY_TALKING && !p->member.told)
			polls_until(polls, p->member.tells);
		polls_until(polls, relay_patience(p));
	}
}

bool
room_step(struct talk *t)
{
	struct party *p;
	bool changed = false;

	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		changed |= look_after(p);
	if (clock_until(crowd_due(&t->room->crowd)) == 0) {
		sum_up(t);
		changed = true;
	}
	relay_send_all(t);
	relay_trim(t);
	return changed;
}
