#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/signals.h"
#include "call/sounding.h"
#include "talk/inside.h"
#include "trust/bare.h"
#include "trust/tls.h"

#define AGREE_MS 2000 /* for agreeing, while somebody else calls: with who means well it takes a moment */
#define ANNOUNCE_MS 1000 /* who stays so long is somebody */
#define FAREWELL_MS 2000 /* with nothing on its way, the other side's goodbye */
#define HEARD_MAX ((size_t)1024 * 1024) /* what nobody takes waits in the socket beyond this */
#define CHUNK 65536	 /* received at once */
#define KEPT_MAX ((size_t)1024 * 1024) /* beyond this, lines that have arrived are kept no more */

bool
party_is_linked(const struct party *p)
{
	return p->state == PARTY_TALKING || p->state == PARTY_CLOSING || p->state == PARTY_REAPING;
}

bool
party_can_lose(const struct party *p)
{
	return p->state == PARTY_TALKING || p->state == PARTY_CLOSING;
}

bool
party_takes_lines(const struct party *p)
{
	/* In the full screen a line stays where it was typed, not to be lost, as long as nobody is said to be there. */
	bool shy = p->sounding && !p->announced && p->talk->options->ear == EAR_PIPE;

	return p->state == PARTY_TALKING && p->link.phase == LINK_OPEN && !shy;
}

/* --- What is said of it. --- */

void
party_say(void *party, enum voice voice, const char *text)
{
	struct party *p = party;
	char byte = (char)voice;

	if (p->announced) {
		talk_say_text(p->talk, voice, text);
		return;
	}
	buffer_add(&p->held, &byte, 1);
	buffer_add(&p->held, text, strlen(text) + 1);
}

/* Says that it is there: a caller's port stands in the log alone. */
static void
say_met(struct party *p)
{
	char shown[BILINGUAL_LINE], logged[2 * PEER_WHOLE_MAX + 128], whole[PEER_WHOLE_MAX];

	if (p->talk->room != NULL) /* it is told once it has joined */
		return;
	peer_describe(&p->peer, whole);
	if (p->talk->base->call->role == ROLE_SERVER) {
		bilingual_print(shown, sizeof shown, "%s has called", p->peer.name);
		bilingual_print(logged, sizeof logged, "%s has called", whole);
	} else if (p->peer.local) {
		bilingual_print(shown, sizeof shown, "connected to %s, where %s waits", p->peer.place, p->peer.host);
		strlcpy(logged, shown, sizeof logged);
	} else {
		bilingual_print(shown, sizeof shown, "connected to %s", p->peer.place);
		strlcpy(logged, shown, sizeof logged);
	}
	talk_say_apart(p->talk, VOICE_NOTICE, shown, logged);
}

void
party_announce(struct party *p)
{
	const char *held;

	if (p->announced)
		return;
	p->announced = true;
	talk_sum_up(p->talk);
	say_met(p);
	for (; buffer_length(&p->held) > 0; buffer_drop(&p->held, strlen(held) + 1)) {
		held = buffer_data(&p->held);
		talk_say_text(p->talk, (enum voice)*held, held + 1);
	}
	buffer_free(&p->held);
}

/* --- What has arrived, and what has not. --- */

uint64_t
party_taken(const struct party *p)
{
	uint64_t taken;

	if (!party_is_linked(p))
		return UINT64_MAX;
	if (p->talk->room != NULL)
		return p->member.reader.next;
	taken = link_taken(&p->link);
	return taken == p->link.queued ? UINT64_MAX : p->joined + taken;
}

uint64_t
party_arrived(const struct party *p)
{
	if (!party_is_linked(p))
		return UINT64_MAX;
	if (p->talk->room != NULL)
		return p->member.place;
	if (p->peer.via) /* the command has it, as the system may */
		return p->joined;
	if (p->delivery.arrived == p->link.queued)
		return UINT64_MAX;
	return p->joined + p->delivery.arrived;
}

void
party_keep(struct party *p, struct span lines)
{
	if (p->talk->options->ear == EAR_PIPE)
		buffer_add(&p->kept, lines.text, lines.length);
}

void
party_forget_kept(struct party *p, uint64_t arrived)
{
	struct span kept = buffer_span(&p->kept);
	uint64_t known = arrived > p->kept_from ? arrived - p->kept_from : 0;
	const char *lf = known > 0 && known <= kept.length ? memrchr(kept.text, '\n', (size_t)known) : NULL;

	if (lf == NULL)
		return;
	kept.length = (size_t)(lf + 1 - kept.text);
	p->forgotten += span_count_lines(kept);
	p->kept_from += kept.length;
	buffer_drop(&p->kept, kept.length);
}

/* --- The end. --- */

/* What has become of it, as the program's status; of one of a group that counts only if lines are lost as all leave. */
static int
status_of(const struct party *p, bool lost)
{
	if (p->talk->room != NULL)
		return p->talk->leaving && lost;
	return lost || !ending_is_orderly(&p->link.ending);
}

/* Whether it is to be said how the conversation has ended: not before all that was said has been taken. */
static bool
can_tell_ending(const struct party *p)
{
	bool taken = p->talk->options->ear != EAR_SELF || buffer_length(&p->heard) == 0;

	return !p->told && p->link.ending.how != ENDING_NONE && taken;
}

static void
tell_ending(struct party *p)
{
	char text[BILINGUAL_LINE];

	if (!can_tell_ending(p))
		return;
	p->told = true;
	if (p->talk->room != NULL) {
		room_leave(p);
		return;
	}
	if (ending_is_our_failure(&p->link.ending))
		party_announce(p);
	ending_describe(&p->link.ending, p->peer.name, text, sizeof text);
	party_say(p, p->link.ending.how == ENDING_LEFT ? VOICE_NOTICE : VOICE_ALARM, text);
}

/* Takes the lines that are complete in safe text: they are recorded, under its name.  Returns how many. */
static size_t
take_heard(struct party *p, struct buffer *safe)
{
	struct record *record = &p->talk->record;

	if (p->talk->room != NULL)
		return room_hear(p, safe);
	party_announce(p);
	if (record->history != NULL)
		history_set_speaker(record->history, p->peer.name);
	return record_lines(record, VOICE_PEER, safe, 0);
}

/* Nothing more of a line will arrive: it ends where it is, which can be amid a character. */
static void
end_line(struct party *p)
{
	struct buffer safe = {0};

	if (p->talk->options->ear != EAR_PIPE || p->link.strayed || buffer_length(&p->heard) == 0)
		return;
	filter_text(buffer_data(&p->heard), buffer_length(&p->heard), FILTER_LINE_MAX, &safe);
	buffer_drop(&p->heard, buffer_length(&p->heard));
	buffer_add(&safe, "\n", 1);
	take_heard(p, &safe);
	buffer_free(&safe);
}

void
party_hang_up(struct party *p)
{
	bool again = p->sounding && p->link.ending.how == ENDING_BUSY;
	bool repeats = again && p->talk->options->ear != EAR_PIPE;
	char lost[BILINGUAL_LINE];

	if (!party_can_lose(p))
		return;
	if (p->sounding && !again)
		talk_close_door(p->talk);
	p->delivery.arrived = link_arrived(&p->link);
	end_line(p);
	tell_ending(p);
	if (p->talk->room != NULL)
		room_leave(p);
	party_settle(p);
	party_describe_lost(p, lost, sizeof lost);
	party_note_lost(p);
	if (*lost != '\0' && !repeats) {
		party_announce(p);
		party_say(p, VOICE_ALARM, lost);
	}
	p->status = status_of(p, *lost != '\0');
	p->state = PARTY_REAPING;
	link_abandon(&p->link);
}

void
party_close(struct party *p, int ms)
{
	int64_t deadline = ms < 0 ? CLOCK_NEVER : clock_now() + ms;

	if (p->state == PARTY_CLOSING && deadline < p->deadline)
		p->deadline = deadline;
	if (p->state == PARTY_CLOSING)
		p->urgent_count = signals_urgent_count();
	if (p->state != PARTY_TALKING)
		return;
	log_end(p->talk->record.log, VOICE_SELF);
	if (p->talk->room != NULL)
		relay_send_last(p);
	link_finish(&p->link);
	p->state = PARTY_CLOSING;
	p->deadline = deadline;
	p->farewell = clock_now() + FAREWELL_MS;
	p->urgent_count = signals_urgent_count();
}

struct span
party_heard_line(const struct party *p)
{
	struct span text = buffer_span(&p->heard), line = buffer_line(&p->heard);
	size_t length = line.length > 0 ? line.length : text.length;
	const char *cut = length > 0 ? memchr(text.text, TALK_CUT, length) : NULL;

	return cut != NULL ? (struct span){text.text, (size_t)(cut + 1 - text.text)} : line;
}

/* EAR_SELF: whether so much has been heard that nothing more is received before some of it is taken. */
static bool
is_full(const struct party *p)
{
	return buffer_length(&p->heard) >= HEARD_MAX;
}

/* Whether closing has come to its end: all has arrived, or cannot any more, or not in time. */
static bool
is_closed(struct party *p)
{
	bool self = p->talk->options->ear == EAR_SELF;

	if (self && !p->closing_noted)
		return false;
	if (clock_until(p->deadline) == 0 || signals_urgent_count() != p->urgent_count)
		return true;
	if (link_can_deliver(&p->link)) {
		p->farewell = clock_now() + FAREWELL_MS;
		return false;
	}
	if (self && party_heard_line(p).length > 0)
		return false;
	return p->link.ending.how != ENDING_NONE || clock_until(p->farewell) == 0;
}

/* Whether the rest of the input is still to be sent, though the other side will say nothing more. */
static bool
outlasts_end(const struct party *p)
{
	return p->link.ending.how == ENDING_LEFT && p->talk->options->patient && party_takes_lines(p) &&
	       p->link.send_error == 0;
}

/* The other side will say nothing more. */
static void
end(struct party *p)
{
	bool patient = p->link.ending.how == ENDING_LEFT && p->talk->options->patient;

	tell_ending(p);
	p->left_first |= p->state == PARTY_TALKING;
	if (p->state == PARTY_TALKING && !outlasts_end(p))
		party_close(p, patient ? -1 : TALK_LEAVE_MS);
}

/* --- The conversation. --- */

/*
 * Says what trust has to say.  Where there is a history, a question does not go there, to be pushed out of view: the
 * front end shows it as long as it is one (talk_question), and before its outcome stands whom it was about.
 */
static void
say_for_trust(void *context, enum voice voice, const char *text)
{
	struct party *p = context;
	bool asked = *p->trust.prompt != '\0';
	char about[TRUST_TEXT_MAX];

	if (voice == VOICE_QUESTION && p->question_put && p->talk->options->ear == EAR_PIPE) {
		talk_put_question(p->talk, text);
		return;
	}
	if (asked && !p->question_noted) {
		bilingual_choose(trust_question(&p->trust)[0], PERSONAL, about, sizeof about);
		record_unlogged(&p->talk->record, VOICE_NOTICE, about);
	}
	p->question_noted = asked;
	party_say(p, voice, text);
}

/*
 * Why somebody who is asked about cannot be let in by a name (trust_fault): another one in the room has one that looks
 * like it.
 */
static const char *
fault_in_room(void *context, const char *name)
{
	const struct party *p = context;

	return p->talk->room != NULL ? roster_fault(&p->talk->room->roster, p->id, name) : NULL;
}

/* It came to nothing; the socket is closed. */
static void
give_up(struct party *p)
{
	p->state = PARTY_OVER;
	p->came_to_nothing = true;
	p->status = p->talk->room == NULL;
}

/* Starts the listener, if there is one.  Returns 0, or -1 and errno. */
static int
start_listener(struct party *p)
{
	const struct talk_options *o = p->talk->options;

	switch (o->ear) {
	case EAR_PIPE:
		return link_listen(&p->link, LINK_PIPE, p->talk->room != NULL ? LINK_RELAYED : LINK_SHOWN, NULL, NULL);
	case EAR_OUTPUT:
		return link_listen(&p->link, o->output, o->raw ? LINK_RAW : LINK_SHOWN,
				   o->labels ? p->peer.name : NULL, p->talk->record.log);
	case EAR_SELF:
		break;
	}
	return 0;
}

/* Somebody listens, or is taken for one who does: nobody else is called, and what that one lacks is offered. */
static void
begin_for_good(struct party *p)
{
	talk_close_door(p->talk);
	talk_offer_arrears(p);
}

static void
start_talking(struct party *p)
{
	struct record *record = &p->talk->record;
	char text[BILINGUAL_LINE];

	link_init(&p->link, &p->peer, p->trust.tls);
	p->trust.tls = NULL;
	p->whom = (struct talk_whom){.id = p->id};
	strlcpy(p->whom.place, p->peer.host, sizeof p->whom.place);
	p->is_known = p->link.tls != NULL && tls_peer(p->link.tls, p->whom.key);
	if (p->is_known && p->talk->room == NULL)
		party_announce(p);
	p->sounding = p->link.tls == NULL && talk_sounds(p->talk);
	if (p->talk->room != NULL)
		room_enter(p);
	if (!p->sounding && start_listener(p) == -1) {
		bilingual_print(text, sizeof text, "%s cannot be listened to: %s", p->peer.name,
				bilingual_error(errno));
		party_say(p, VOICE_ALARM, text);
		if (p->talk->room != NULL)
			room_leave(p);
		link_close(&p->link);
		give_up(p);
		return;
	}
	if (p->talk->room != NULL)
		setproctitle("a room of %u", p->talk->count + 1);
	else
		setproctitle("talking to %s", p->peer.place);
	p->talk->whom = p->whom;
	if (record->history != NULL)
		p->first_line = history_end(record->history);
	filter_init(&p->filter);
	delivery_begin(&p->delivery);
	p->joined = p->talk->stream;
	p->since = time(NULL);
	p->began = clock_now();
	p->sounds_until = p->began + SOUNDING_MS;
	p->state = PARTY_TALKING;
	if (p->sounding)
		talk_repeat(p->talk, p);
	else if (p->talk->room == NULL)
		begin_for_good(p);
}

/* Whether it has shown a key that is banned: then it is over, and what there was to say of it is not said. */
static bool
turn_away(struct party *p)
{
	if (p->talk->room == NULL || !bans_have(&p->talk->room->bans, p->trust.fingerprint))
		return false;
	p->turned_away = true;
	p->announced = false;
	party_refuse(p, "");
	talk_turn_away(p->talk, &p->peer);
	return true;
}

/* Does what follows from where agreeing on encryption has got to. */
static void
follow_trust(struct party *p, enum trust_state state)
{
	if ((state == TRUST_ASKING || state == TRUST_DONE) && p->state == PARTY_AGREEING && turn_away(p))
		return;
	switch (state) {
	case TRUST_AGREEING:
		break;
	case TRUST_ASKING:
		p->sounding = false;
		p->state = PARTY_ASKED;
		break;
	case TRUST_DONE:
		p->secrecy = p->trust.secrecy;
		start_talking(p);
		break;
	case TRUST_FAILED:
		give_up(p);
		break;
	}
}

void
party_begin(struct party *p, struct talk *talk, unsigned id, const struct peer *peer)
{
	const struct call_options *call = talk->base->call;
	bool bare = !call->tls || peer->bare;

	p->talk = talk;
	p->id = id;
	p->peer = *peer;
	p->secrecy = bare_secrecy(peer);
	if (call->role == ROLE_CLIENT)
		p->announced = !talk->again || !talk_calls_again(talk);
	else /* into a group that is not encrypted one comes without anything to be told before the name */
		p->announced = (talk->room == NULL || call->tls) && strangers_may_tell(&talk->callers);
	p->announces = clock_now() + ANNOUNCE_MS;
	if (p->announced)
		say_met(p);
	if (bare && !peer->bare && !bare_is_known()) {
		start_talking(p);
		return;
	}
	p->state = PARTY_AGREEING;
	p->sounding = bare && !p->announced;
	p->makes_room = clock_now() + AGREE_MS;
	if (bare)
		bare_begin(&p->trust, talk->base->trust, call, &p->peer, p->sounding, say_for_trust, p);
	else
		trust_begin(&p->trust, talk->base->trust, call, &p->peer, say_for_trust, fault_in_room, p);
	follow_trust(p, trust_step(&p->trust)); /* a client has to say something first */
}

void
party_answer(struct party *p, const char *text, size_t length)
{
	follow_trust(p, trust_answer(&p->trust, text, length));
}

void
party_refuse(struct party *p, const char *why)
{
	trust_refuse(&p->trust, why);
	give_up(p);
}

void
party_give_way(struct party *p)
{
	if (p->state == PARTY_ASKED) {
		trust_show(&p->trust);
		party_refuse(p, bilingual(": too many ask to come in, and it has asked for longest"));
		return;
	}
	trust_give_way(&p->trust, AGREE_MS);
	give_up(p);
}

/* Whether more of what it says is wanted, by way of its listener, if it has one. */
static bool
wants_bytes(const struct party *p)
{
	if (p->link.ending.how != ENDING_NONE)
		return false;
	if (p->sounding)
		return !p->sounds_busy;
	if (p->talk->room != NULL)
		return relay_hears(p);
	return p->talk->options->ear != EAR_SELF || p->state == PARTY_CLOSING || !is_full(p);
}

void
party_poll(struct party *p, struct polls *polls)
{
	switch (p->state) {
	case PARTY_AGREEING:
	case PARTY_ASKED:
		trust_poll(&p->trust, polls);
		break;
	case PARTY_TALKING:
		polls_within(polls, link_timeout(&p->link));
		if (!p->announced && p->talk->room == NULL)
			polls_until(polls, p->announces);
		/* What the front end has taken or finished since the last step can be what was waited for. */
		if (p->link.ending.how != ENDING_NONE && (!outlasts_end(p) || can_tell_ending(p)))
			polls_within(polls, 0);
		if (p->talk->options->ear == EAR_PIPE && delivery_is_pending(&p->delivery, &p->link))
			polls_within(polls, LINK_ARRIVED_MS);
		if (p->sounding)
			polls_until(polls, p->sounds_until);
		if (p->sounding && p->sounds_busy) /* what comes next does not make the socket ready: it is */
			polls_within(polls, LINK_ARRIVED_MS);
		link_poll(&p->link, polls, wants_bytes(p));
		break;
	case PARTY_CLOSING:
		polls_within(polls, is_closed(p) ? 0 : LINK_ARRIVED_MS);
		polls_until(polls, p->deadline);
		link_poll(&p->link, polls, wants_bytes(p));
		break;
	case PARTY_REAPING:
		link_poll(&p->link, polls, false);
		if (p->link.listener.pid == 0) /* there is nothing to wait for */
			polls_within(polls, 0);
		break;
	case PARTY_MET:
	case PARTY_OVER:
		break;
	}
}

/* It has said something: what it has by now, whoever says that will have seen. */
static void
note_answer(struct party *p)
{
	p->has_spoken = true;
	if (delivery_is_pending(&p->delivery, &p->link))
		p->answered = link_arrived(&p->link);
	else
		p->answered = p->delivery.arrived;
}

/*
 * Hears what the listener lets through.  A line that its filter cannot have made ends it: whoever has taken it over
 * can write anything.  Returns how many lines.
 */
static size_t
hear(struct party *p, const struct polls *polls)
{
	const struct room *room = p->talk->room;
	size_t most = room != NULL ? relay_hears_at_once(room) : LINK_HEARD, whole, safe, n;
	struct span heard;
	const char *lf;

	if (room != NULL && !relay_hears(p)) /* the others have said so much in this step */
		return 0;
	if ((n = link_hear(&p->link, polls, &p->heard, most)) == 0)
		return 0;
	heard = buffer_span(&p->heard);
	note_answer(p);
	lf = memrchr(heard.text + heard.length - n, '\n', n);
	whole = lf != NULL ? (size_t)(lf + 1 - heard.text) : 0; /* what follows may end amid a character */
	safe = room != NULL ? filter_relayed_length(heard.text, whole) : filter_safe_length(heard.text, whole);
	if (safe < whole || heard.length - whole > FILTER_LINE_MAX)
		link_stop_listening(&p->link);
	if (safe < whole) /* what is before that still counts, line by line */
		buffer_cut(&p->heard, safe);
	return whole > 0 ? take_heard(p, &p->heard) : 0;
}

/* Adds a piece of safe text.  The end of a line that was too long is none of the other side's: it is told apart. */
static void
add_heard(struct party *p, struct span span)
{
	buffer_add(&p->heard, span.text, span.length);
	if (p->filter.cut)
		buffer_data(&p->heard)[buffer_length(&p->heard) - span.length] = TALK_CUT;
}

/* Hears what comes from the socket itself. */
static void
receive(struct party *p, const struct polls *polls)
{
	static char chunk[CHUNK];
	bool open = p->link.ending.how == ENDING_NONE;
	bool full = is_full(p);
	const char *next = chunk;
	struct span span;
	size_t n;

	if (full && p->state == PARTY_TALKING)
		return;
	n = link_receive(&p->link, polls, chunk, sizeof chunk);
	if (full) /* it is read only lest the end be a reset */
		return;
	while (n > 0 && (span = filter_next(&p->filter, &next, chunk + n)).length > 0)
		add_heard(p, span);
	while (open && p->link.ending.how != ENDING_NONE && (span = filter_end(&p->filter)).length > 0)
		add_heard(p, span);
}

/*
 * Looks whether it listens, or is busy: then this is over, and it is called again.  From the moment that it is known to
 * listen, or that it would not be called again, it is heard.  Returns whether it is known now.
 */
static bool
sound(struct party *p)
{
	enum sounding found = sounding_look(p->link.peer.socket);

	p->sounds_busy = found == SOUNDING_PART;
	if (found == SOUNDING_BUSY) {
		link_end(&p->link, (struct ending){ENDING_BUSY, 0});
		party_hang_up(p);
		return true;
	}
	if (found != SOUNDING_SOMEBODY && clock_until(p->sounds_until) > 0)
		return false;
	p->sounding = false;
	party_announce(p);
	begin_for_good(p);
	if (start_listener(p) == -1)
		link_end(&p->link, (struct ending){ENDING_UNHEARD, errno});
	return true;
}

/* A step from TALKING to REAPING.  Returns whether there is something to be shown. */
static bool
step_link(struct party *p, const struct polls *polls)
{
	const struct talk_face *face = p->talk->face;
	bool stays = p->state == PARTY_TALKING && !p->announced && p->talk->room == NULL &&
		     clock_until(p->announces) == 0;
	bool ended = p->link.ending.how != ENDING_NONE, known = false, reaped, moved;
	size_t lines = 0;

	if (p->state != PARTY_REAPING && p->sounding)
		known = sound(p);
	else if (p->state != PARTY_REAPING && p->talk->options->ear == EAR_PIPE)
		lines = hear(p, polls);
	else if (p->state != PARTY_REAPING && p->talk->options->ear == EAR_SELF)
		receive(p, polls);
	if (lines > 0 && face->heard != NULL)
		face->heard(face->context, lines);
	if (stays)
		party_announce(p);
	reaped = link_step(&p->link, polls);
	if (p->link.log_error != 0 && p->talk->options->ear == EAR_OUTPUT && p->talk->record.log != NULL)
		talk_log_fails(p->talk, p->link.log_error);
	if (p->state == PARTY_REAPING) {
		if (reaped) {
			link_close(&p->link);
			buffer_free(&p->heard);
			p->state = PARTY_OVER;
		}
		return reaped;
	}
	if (!ended && p->link.ending.how != ENDING_NONE)
		end_line(p); /* it was killed in the middle of one */
	if (p->link.ending.how != ENDING_NONE)
		end(p);
	/* None of what was heard may be taken before something has been sent that cannot be sent any more. */
	if (p->state == PARTY_TALKING && is_full(p) && p->link.send_error != 0)
		party_close(p, TALK_LEAVE_MS);
	moved = delivery_check(&p->delivery, &p->link);
	/* Not at once: what it says may be that it has shown nothing. */
	if (moved && buffer_length(&p->kept) > KEPT_MAX)
		party_forget_kept(p, p->delivery.arrived);
	if (p->state == PARTY_CLOSING && is_closed(p))
		party_hang_up(p);
	return lines > 0 || stays || known || moved || ended != (p->link.ending.how != ENDING_NONE) ||
	       p->state != PARTY_TALKING;
}

bool
party_step(struct party *p, const struct polls *polls)
{
	enum party_state before = p->state;

	if (p->state == PARTY_AGREEING || p->state == PARTY_ASKED) {
		follow_trust(p, trust_step(&p->trust));
		return p->state != before;
	}
	return p->state != PARTY_OVER && step_link(p, polls);
}

void
party_free(struct party *p)
{
	if (p->state == PARTY_AGREEING || p->state == PARTY_ASKED)
		party_refuse(p, "");
	if (party_is_linked(p))
		link_close(&p->link);
	if (p->talk->room != NULL)
		relay_end(p);
	buffer_free(&p->heard);
	buffer_free(&p->held);
	buffer_free(&p->kept);
}
