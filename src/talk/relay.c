#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "link/link.h"
#include "talk/inside.h"
#include "text/said.h"

/*
 * What was said is kept until all have it.  While somebody is BEHIND_MAX behind, the room is full: then each of those
 * who are there has a share of SHARED_MAX to say, and is heard no more when that is used.  So whoever floods fills its
 * share alone, and the others go on.  Who leaves takes its share along, lest one who comes again and again have many.
 * That one is BEHIND_MAX behind ends soon: it comes on by PACE_MIN in BEHIND_MS each time, or is hung up on.
 */
#define BEHIND_MAX ((uint64_t)1024 * 1024)
#define BEHIND_MS 10000
#define PACE_MIN ((uint64_t)64 * 1024)
#define STREAM_MAX (16 * BEHIND_MAX)   /* no more than that is kept */
#define SHARED_MAX (STREAM_MAX / 2)    /* with what was said before, and with the names before short lines it is more */
#define SHARES_MIN 16		       /* one is for whoever comes next */
#define HEARD_MIN ((size_t)4096)       /* bytes of one at once, if all talk, or the room is full */

/* --- To the others. --- */

/* Adds lines to the stream, and offers them to all who take some, but for whom they are from: it has said them. */
static void
add(struct talk *t, unsigned author, struct span lines)
{
	struct party *p;

	stream_add(&t->room->stream, author, lines);
	t->stream = t->room->stream.end;
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (p->id == author)
			p->member.said += lines.length;
		else if (party_takes_lines(p))
			p->member.offered += lines.length;
}

void
relay_send(struct party *p)
{
	size_t offered = p->member.offered;

	p->member.offered = 0;
	if (offered > 0 && p->link.phase == LINK_OPEN)
		link_send_from_source(&p->link, offered);
}

void
relay_send_last(struct party *p)
{
	relay_send(p);
	p->member.end = p->talk->room->stream.end;
}

void
relay_send_all(struct talk *t)
{
	struct party *p;

	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (party_takes_lines(p))
			relay_send(p);
}

static struct span
next_of_reader(void *context)
{
	return reader_next(context);
}

static void
take_of_reader(void *context, size_t length)
{
	reader_take(context, length);
}

void
relay_begin(struct party *p)
{
	static const struct link_source reading = {next_of_reader, take_of_reader};
	struct stream *stream = &p->talk->room->stream;

	link_set_source(&p->link, &reading, &p->member.reader);
	reader_begin(&p->member.reader, stream, p->id);
	p->member.place = stream->end;
	p->member.patience = CLOCK_NEVER;
}

void
relay_end(struct party *p)
{
	reader_free(&p->member.reader);
	p->talk->room->used += p->member.said;
}

void
relay_give(struct party *p, struct span lines)
{
	reader_add_aside(&p->member.reader, lines);
	p->member.offered += lines.length;
}

void
relay_tell(struct party *p, const char *format, ...)
{
	char text[RELAY_TOLD_MAX];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(text, sizeof text - 1, format, arguments);
	va_end(arguments);
	length = strlcat(text, "\n", sizeof text);
	relay_give(p, (struct span){text, length});
}

void
relay_tell_others(struct talk *t, unsigned number, const char *text)
{
	char told[RELAY_TOLD_MAX], line[RELAY_TOLD_MAX + 4];

	bilingual_choose(text, ENGLISH, told, sizeof told);
	snprintf(line, sizeof line, "* %s\n", told);
	add(t, number, (struct span){line, strlen(line)});
}

void
relay_said(struct talk *t, unsigned author, const char *prefix, struct span lines)
{
	struct span before = {prefix, strlen(prefix)}, line;
	struct buffer said = {0}, shown = {0};

	while ((line = span_line(&lines)).length > 0) {
		line.length--;
		said_add(&said, before, line);
		recall_add(&t->room->recall, before, line);
	}
	add(t, author, buffer_span(&said));
	if (author != ROSTER_HOST && t->face->show != NULL) {
		filter_text(buffer_data(&said), buffer_length(&said), FILTER_LINE_MAX, &shown);
		t->face->show(t->face->context, buffer_span(&shown));
	}
	buffer_free(&shown);
	buffer_free(&said);
}

/* --- How far it has come. --- */

void
relay_note_arrived(struct party *p)
{
	p->member.place = reader_place(&p->member.reader, p->delivery.arrived);
}

/* How far behind it is. */
static size_t
behind(const struct party *p)
{
	return (size_t)(p->talk->room->stream.end - p->member.place);
}

/* Sees whether one who is far behind comes on: then it has as long again.  What it says itself it need not take. */
static void
note_pace(struct party *p)
{
	struct member *m = &p->member;

	if (behind(p) < BEHIND_MAX) {
		m->patience = CLOCK_NEVER;
	} else if (m->patience == CLOCK_NEVER || m->place - m->paced >= PACE_MIN) {
		m->paced = m->place;
		m->patience = clock_now() + BEHIND_MS;
	}
}

/* All have their whole share again. */
static void
share_anew(struct talk *t)
{
	struct party *p;

	t->room->used = 0;
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		p->member.said = 0;
}

void
relay_trim(struct talk *t)
{
	struct room *room = t->room;
	uint64_t least = room->stream.end;
	struct party *p;

	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		if (!party_can_lose(p))
			continue;
		relay_note_arrived(p);
		note_pace(p);
		if (p->member.place < least)
			least = p->member.place;
	}
	stream_trim(&room->stream, least);
	room->full = room->stream.end - least >= BEHIND_MAX;
	if (!room->full)
		share_anew(t);
}

int64_t
relay_patience(const struct party *p)
{
	return party_can_lose(p) ? p->member.patience : CLOCK_NEVER;
}

size_t
relay_count_undelivered(const struct party *p)
{
	uint64_t end = p->state == PARTY_CLOSING ? p->member.end : p->talk->room->stream.end;

	return reader_count_lines(&p->member.reader, p->member.place, end);
}

/* --- Who is heard. --- */

bool
relay_has_room(const struct room *room)
{
	return room->stream.end - room->stream.start < STREAM_MAX;
}

void
relay_look(struct talk *t, const struct polls *polls)
{
	const struct party *p;

	t->room->speaking = 0;
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		t->room->speaking += party_is_linked(p) && polls_found(polls, p->link.lines_slot) != 0;
}

bool
relay_hears(const struct party *p)
{
	const struct room *room = p->talk->room;
	unsigned shares = p->talk->count > SHARES_MIN ? p->talk->count : SHARES_MIN;

	if (room->deaf || !relay_has_room(room))
		return false;
	return !room->full || (room->used < SHARED_MAX && p->member.said < (SHARED_MAX - room->used) / shares);
}

void
talk_hear(struct talk *t, bool hears)
{
	t->room->deaf = !hears;
}

size_t
relay_hears_at_once(const struct room *room)
{
	size_t most = room->full ? 0 : LINK_HEARD / (room->speaking > 0 ? room->speaking : 1);

	return most > HEARD_MIN ? most : HEARD_MIN;
}
