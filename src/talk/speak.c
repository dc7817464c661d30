#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bilingual.h"
#include "talk/inside.h"

#define OUTBOX_MAX ((size_t)1024 * 1024) /* bytes that one has not received; then lines stay in the input */
#define DAY ((time_t)24 * 60 * 60)

/* What is kept beyond this can be one more piece of the input (256 KiB): a mebibyte in all. */
#define UNHEARD_MAX ((size_t)768 * 1024)

/* --- Speaking. --- */

/* Records what was sent, made safe as the others' lines are: a paste can hold anything. */
static void
record_own(struct talk *t, struct span lines)
{
	struct record *record = &t->record;
	uint64_t end = t->stream - lines.length;
	struct buffer safe = {0};
	struct span line;

	if (record->history == NULL) {
		log_bytes(record->log, VOICE_SELF, lines.text, lines.length);
	} else {
		while ((line = span_line(&lines)).length > 0) {
			end += line.length;
			filter_text(line.text, line.length, FILTER_LINE_MAX, &safe);
			record_lines(record, VOICE_SELF, &safe, end);
		}
		buffer_free(&safe);
	}
	talk_flush(t);
}

/* The first one who takes lines; the next one after another. */
static struct party *
next_taker(const struct talk *t, const struct party *after)
{
	struct party *p = talk_next(t, after);

	while (p != NULL && !party_takes_lines(p))
		p = talk_next(t, p);
	return p;
}

bool
talk_may_repeat(const struct talk *t)
{
	const struct party *p = next_taker(t, NULL);

	return p != NULL && p->sounding && t->options->ear != EAR_PIPE;
}

/* What was put into the outboxes of all who take lines is part of the stream; who they are is told before it. */
static void
count_sent(struct talk *t, struct span text)
{
	for (struct party *p = next_taker(t, NULL); p != NULL; p = next_taker(t, p))
		if (!p->sounding)
			party_announce(p);
	if (talk_may_repeat(t))
		buffer_add(&t->unheard, text.text, text.length);
	t->stream += text.length;
	t->unfinished = !span_is_complete(text);
	t->sending = (struct span){NULL, 0};
	record_own(t, text);
}

static void
send_to_all(struct talk *t, struct span text)
{
	t->sending = text;
	for (struct party *p = next_taker(t, NULL); p != NULL; p = next_taker(t, p)) {
		link_send(&p->link, text.text, text.length);
		party_keep(p, text);
	}
	count_sent(t, text);
}

/* Whether so many bytes can be sent now, or why not. */
static enum talk_sent
look_ahead(const struct talk *t, size_t length)
{
	const struct party *p;

	if (t->room == NULL && talk_find(t, PARTY_ASKED) != NULL)
		return TALK_QUESTION;
	if (next_taker(t, NULL) == NULL)
		return TALK_NOBODY;
	for (p = t->room == NULL ? next_taker(t, NULL) : NULL; p != NULL; p = next_taker(t, p)) {
		size_t held = link_queued(&p->link);

		if (held > 0 && held + length > OUTBOX_MAX)
			return TALK_FULL;
	}
	return TALK_SENT;
}

enum talk_sent
talk_send(struct talk *t, const char *lines, size_t length)
{
	enum talk_sent sent = look_ahead(t, length);

	if (sent == TALK_SENT && t->room != NULL)
		return room_say(t, (struct span){lines, length});
	if (sent == TALK_SENT)
		send_to_all(t, (struct span){lines, length});
	return sent;
}

/* --- What was not delivered before. --- */

void
talk_offer_arrears(struct party *p)
{
	size_t count = arrears_count(&p->talk->arrears, &p->whom);
	const char *name = *p->whom.key != '\0' ? p->peer.name : p->peer.host; /* what it is known again by */
	char text[BILINGUAL_LINE];

	if (count == 0 || p->state != PARTY_TALKING)
		return;
	bilingual_print_count(text, sizeof text, "%zu line was not delivered to %s before: F6 sends it now%s",
			      "%zu lines were not delivered to %s before: F6 sends them now%s", count, count, name,
			      *p->whom.key != '\0' ? ""
						   : bilingual(", and nobody vouches that this is the same person"));
	party_say(p, VOICE_QUESTION, text);
}

/* Writes when that was, as a bilingual text. */
static void
print_time(time_t when, char *text, size_t size)
{
	bool today = time(NULL) - when < DAY;
	char one[64], other[64];
	struct tm tm;

	strftime(one, sizeof one, today ? "%H:%M" : "%Y-%m-%d %H:%M", localtime_r(&when, &tm));
	strftime(other, sizeof other, today ? _("%H:%M") : _("%Y-%m-%d %H:%M"), &tm);
	bilingual_join(one, other, text, size);
}

/* Sends again what was lost at the end of one conversation. */
static void
send_again(struct talk *t, struct arrear *arrear)
{
	char lost[144], text[512];

	print_time(arrear->lost, lost, sizeof lost);
	bilingual_print_count(text, sizeof text, "%zu line sent now, typed before %s:",
			      "%zu lines sent now, typed before %s:", arrear->count, arrear->count, lost);
	talk_notice(t, VOICE_NOTICE, "%s", text);
	arrears_take(&t->arrears, arrear);
	send_to_all(t, (struct span){arrear->text, arrear->length});
	arrear_free(arrear);
}

void
talk_send_arrears(struct talk *t)
{
	const struct party *taker = next_taker(t, NULL), *p = taker != NULL && !taker->sounding ? taker : NULL;
	struct arrear *arrear = p != NULL ? arrears_find(&t->arrears, &p->whom) : NULL;

	if (arrear == NULL)
		talk_notice(t, VOICE_NOTICE,
			    STAILQ_EMPTY(&t->arrears)
				    ? N_("there is nothing to be sent again: what has a ? has arrived")
			    : p == NULL ? N_("nobody is there to be sent that again")
					: N_("what is to be sent again is for somebody else"));
	for (; arrear != NULL; arrear = arrears_find(&t->arrears, &p->whom)) {
		if (look_ahead(t, arrear->length) != TALK_SENT) {
			talk_notice(t, VOICE_NOTICE, "too much is on its way: F6 sends the rest later");
			break;
		}
		send_again(t, arrear);
	}
}

struct talk_whom
talk_whom(const struct talk *t)
{
	return t->whom;
}

bool
talk_has_changed(const struct talk *t, const struct talk_whom *before)
{
	bool client = t->base->call->role == ROLE_CLIENT; /* whose other side is at the place that it calls */
	bool same_key = (client || *before->key != '\0') && strcmp(t->whom.key, before->key) == 0;

	/* What was begun before the first one came is for that one; in a group it is for whoever is there. */
	return t->room == NULL && before->id != 0 && before->id != t->whom.id && !same_key &&
	       next_taker(t, NULL) != NULL;
}

bool
talk_wants_input(const struct talk *t)
{
	const struct party *p = next_taker(t, NULL);

	if (t->room != NULL)
		return p != NULL && relay_has_room(t->room);
	if (p == NULL || talk_find(t, PARTY_ASKED) != NULL)
		return false;
	if (talk_may_repeat(t) && buffer_length(&t->unheard) > UNHEARD_MAX)
		return false;
	for (; p != NULL; p = next_taker(t, p)) /* what is read waits in the outbox */
		if (link_is_waiting(&p->link) || p->link.send_error != 0)
			return false;
	return true;
}

/* The first one who takes what is read: somebody does, as input was wanted. */
static struct party *
first_taker(const struct talk *t)
{
	struct party *p = next_taker(t, NULL);

	if (p == NULL)
		abort();
	return p;
}

char *
talk_reserve(struct talk *t, size_t length)
{
	if (t->room != NULL)
		return t->reserved = buffer_reserve(&t->room->typed, length);
	return t->reserved = link_reserve(&first_taker(t)->link, length);
}

void
talk_send_reserved(struct talk *t, size_t length)
{
	struct span text = {t->reserved, length};
	struct party *first;

	if (t->room != NULL) {
		room_say(t, text);
		return;
	}
	first = first_taker(t);
	for (struct party *p = next_taker(t, first); p != NULL; p = next_taker(t, p))
		link_send(&p->link, text.text, length);
	count_sent(t, text); /* before it is sent: an answer must not get into the log before what it answers */
	link_send_reserved(&first->link, length);
}

int
talk_send_file(struct talk *t, int file)
{
	struct party *p = first_taker(t);

	return next_taker(t, p) == NULL ? link_send_file(&p->link, file) : -1;
}

int
talk_poll_room(const struct talk *t, struct polls *polls)
{
	return polls_add(polls, first_taker(t)->link.peer.socket, POLLOUT);
}

/* Tells all who take lines that there are no more. */
static void
end_stream(struct talk *t)
{
	const struct talk_options *o = t->options;
	struct party *p;

	while ((p = next_taker(t, NULL)) != NULL) {
		link_finish(&p->link);
		if (o->ear == EAR_OUTPUT && o->output == -1) /* who shows nothing need not wait for what they say */
			party_close(p, o->patient ? -1 : TALK_LEAVE_MS);
	}
}

void
talk_finish(struct talk *t)
{
	if (t->room != NULL) { /* it ends nothing that others say */
		room_finish(t);
		return;
	}
	if (t->unfinished && !t->options->raw)
		send_to_all(t, (struct span){"\n", 1});
	log_end(t->record.log, VOICE_SELF);
	t->finished = talk_may_repeat(t);
	end_stream(t);
	t->unfinished = false;
	talk_flush(t);
}

void
talk_repeat(struct talk *t, struct party *p)
{
	struct span unheard = buffer_span(&t->unheard);
	size_t lines = span_count_lines(unheard);
	char text[256];

	p->joined -= unheard.length; /* it is in the talk's stream already */
	if (unheard.length > 0) {
		if (t->options->raw)
			bilingual_print_count(text, sizeof text, "sent again, as nobody heard it: %zu byte",
					      "sent again, as nobody heard it: %zu bytes", unheard.length,
					      unheard.length);
		else
			bilingual_print_count(text, sizeof text, "sent again, as nobody heard it: %zu line",
					      "sent again, as nobody heard it: %zu lines", lines, lines);
		party_say(p, VOICE_NOTICE, text);
		link_send(&p->link, unheard.text, unheard.length);
	}
	t->unfinished = unheard.length > 0 && !span_is_complete(unheard);
	if (t->finished)
		end_stream(t);
}

/* --- How far what was sent has come. --- */

/* How far the slowest is. */
static uint64_t
slowest(const struct talk *t, uint64_t (*place)(const struct party *))
{
	uint64_t least = t->stream;

	for (struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (place(p) < least)
			least = place(p);
	return least;
}

uint64_t
talk_taken(const struct talk *t)
{
	return slowest(t, party_taken);
}

uint64_t
talk_arrived(const struct talk *t)
{
	return slowest(t, party_arrived);
}

bool
talk_knows_arrived(void)
{
	return link_knows_arrived();
}

struct span
talk_sending(const struct talk *t)
{
	return t->sending;
}

/* How many lines are on their way to one. */
static size_t
count_undelivered(const struct party *p)
{
	if (!party_can_lose(p))
		return 0;
	return p->talk->room != NULL ? relay_count_undelivered(p) : span_count_lines(link_undelivered(&p->link));
}

size_t
talk_count_undelivered(const struct talk *t)
{
	size_t most = 0;

	for (const struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		size_t count = count_undelivered(p);

		if (count > most)
			most = count;
	}
	return most;
}

/* --- Hearing. --- */

const struct record *
talk_record(const struct talk *t)
{
	return &t->record;
}

/* With ears of one's own there is one other side. */
static struct party *
only_one(const struct talk *t)
{
	return talk_next(t, NULL);
}

struct buffer *
talk_heard(struct talk *t)
{
	static struct buffer nothing;

	return only_one(t) != NULL ? &only_one(t)->heard : &nothing;
}

struct span
talk_heard_line(const struct talk *t)
{
	return only_one(t) != NULL ? party_heard_line(only_one(t)) : (struct span){NULL, 0};
}

void
talk_note_closing(struct talk *t)
{
	only_one(t)->closing_noted = true;
}

void
talk_log_heard(struct talk *t, struct span line)
{
	log_line(t->record.log, VOICE_PEER, line.text, line.length - 1);
	talk_flush(t);
}

void
talk_fail_output(struct talk *t, int cause)
{
	struct party *p = only_one(t);

	link_end(&p->link, (struct ending){ENDING_OUTPUT, cause});
	party_close(p, 0);
}
