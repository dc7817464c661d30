#include <config.h>

#include <string.h>

#include "base/bilingual.h"
#include "talk/inside.h"
#include "talk/invite.h"
#include "trust/answer.h"
#include "trust/bare.h"

/* --- The question of trust. --- */

static struct party *
asked(const struct talk *t)
{
	struct party *p;

	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (p->state == PARTY_ASKED && p->question_put)
			return p;
	return talk_find(t, PARTY_ASKED);
}

unsigned
talk_asked(const struct talk *t)
{
	const struct party *p = asked(t);

	return p != NULL ? p->id : 0;
}

void
talk_ask(struct talk *t)
{
	struct party *p = asked(t);

	if (p == NULL)
		return;
	p->question_put = true;
	party_announce(p);
	trust_ask(&p->trust);
}

const char *const *
talk_question(const struct talk *t)
{
	static char shown[TRUST_ROWS_MAX][TRUST_TEXT_MAX];
	static const char *rows[TRUST_ROWS_MAX];
	const struct party *p = asked(t);
	const char *const *said;
	size_t count;

	if (p == NULL || !p->question_put)
		return NULL;
	said = trust_question(&p->trust);
	for (count = 0; said[count] != NULL; count++) {
		bilingual_choose(said[count], PERSONAL, shown[count], sizeof shown[count]);
		rows[count] = shown[count];
	}
	rows[count] = NULL;
	return rows;
}

/* Whether an answer is no. */
static bool
is_no(const char *text, size_t length)
{
	char answer[ANSWER_SIZE];

	return answer_read(text, length, answer) == NULL && answer_is_no(answer);
}

void
talk_answer(struct talk *t, const char *text, size_t length)
{
	struct party *p = asked(t);

	if (t->room != NULL && !talk_has_room(t) && !is_no(text, length))
		talk_notice(t, VOICE_QUESTION, "the room is full: answer no, or once somebody has left");
	else if (p != NULL)
		party_answer(p, text, length);
	talk_follow(t);
}

void
talk_refuse(struct talk *t, const char *why)
{
	struct party *p = asked(t);

	if (p != NULL && !p->question_put)
		trust_show(&p->trust);
	if (p != NULL) {
		p->unasked = true;
		party_refuse(p, why);
	}
	talk_follow(t);
}

/* --- Who is there. --- */

static struct talk_view
view_of(const struct talk *t, const struct party *p)
{
	bool linked = party_is_linked(p);

	return (struct talk_view){
		.id = p->id,
		.state = p->state,
		.name = p->peer.name,
		.secrecy = p->secrecy,
		.host = p->peer.host,
		.place = p->peer.place,
		.local = p->peer.local,
		.key = linked ? p->whom.key : p->trust.fingerprint,
		.since = p->since,
		.stalled = linked && delivery_is_stalled(&p->delivery, &p->link),
		.unanswered = linked && p->link.unanswered,
		.ended = linked && p->link.ending.how != ENDING_NONE,
		.silent = !p->has_spoken,
		.arrears = party_takes_lines(p) && !p->sounding ? arrears_count(&t->arrears, &p->whom) : 0,
		.told = p->announced,
		.again = t->again && p->sounding,
		.queued = linked ? link_queued(&p->link) : 0,
	};
}

bool
talk_view(const struct talk *t, unsigned number, struct talk_view *view)
{
	const struct party *p = talk_next(t, NULL);

	while (p != NULL && number-- > 0)
		p = talk_next(t, p);
	if (p == NULL)
		return false;
	*view = view_of(t, p);
	return true;
}

bool
talk_view_of(const struct talk *t, unsigned id, struct talk_view *view)
{
	for (unsigned i = 0; talk_view(t, i, view); i++)
		if (view->id == id)
			return true;
	return false;
}

void
talk_describe(const struct talk *t, char *line, size_t size)
{
	char doing[BILINGUAL_LINE];

	if (t->waiting || t->base->call->role == ROLE_SERVER || talk_in_trial(t) != NULL)
		call_describe(t->base->call, doing, sizeof doing);
	else
		call_describe_none(t->base->call, doing, sizeof doing);
	bilingual_choose(doing, PERSONAL, line, size);
}

/* Who somebody is, and how safe it is to talk to them. */
static const char *const *
rows_of(const struct party *p, const struct tls *tls)
{
	static char who[PEER_WHOLE_MAX];
	static const char *rows[TRUST_ROWS_MAX + 1] = {who};
	const char *const *safety = tls != NULL ? trust_rows(tls) : bare_rows(&p->peer);
	int count = 1;

	peer_describe(&p->peer, who);
	do
		rows[count++] = *safety;
	while (*safety++ != NULL);
	return rows;
}

const char *const *
talk_secrecy(const struct talk *t)
{
	static const char *nobody[2 + INVITE_ROWS];
	const struct party *p = asked(t);
	int count = 1;

	if (p != NULL)
		return rows_of(p, p->trust.tls);
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (party_is_linked(p))
			return rows_of(p, p->link.tls);
	nobody[0] = _("Nobody is there.");
	for (const char *const *row = invite_rows(t->base); t->waiting && *row != NULL; row++)
		nobody[count++] = *row;
	nobody[count] = NULL;
	return nobody;
}

/* --- A group. --- */

bool
talk_is_group(const struct talk *t)
{
	return t->base->call->group;
}

size_t
talk_members(const struct talk *t)
{
	size_t count = 0;

	for (const struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		count += p->state == PARTY_TALKING;
	return count;
}

size_t
talk_on_its_way(const struct talk *t, uint64_t stream_end)
{
	size_t count = 0;

	for (const struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		count += p->state == PARTY_TALKING && party_arrived(p) < stream_end;
	return count;
}

bool
talk_encrypts(const struct talk *t)
{
	return t->base->call->tls;
}

void
talk_each(const struct talk *t, void (*look)(void *context, const struct talk_view *view), void *context)
{
	for (const struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		struct talk_view view = view_of(t, p);

		look(context, &view);
	}
}

/* --- The end of the program. --- */

void
talk_last_words(struct talk *t)
{
	struct party *p;

	record_free(&t->record); /* so that there is memory for what follows */
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p)) {
		if (!party_can_lose(p))
			continue;
		p->delivery.arrived = link_arrived(&p->link);
		party_note_lost(p);
	}
	log_finish(t->record.log);
	caller_close(t->base->caller);
}

/* Of a group: one's own lines in the history that nobody has got. */
static void
add_lost_by_all(const struct talk *t, struct buffer *lines)
{
	const struct history *history = t->record.history;

	for (uint64_t n = history != NULL ? history_start(history) : 0;
	     history != NULL && n < history_end(history); n++) {
		struct line line = history_line(history, n);

		if (line.voice != VOICE_SELF || line.stream_end != STREAM_LOST)
			continue;
		buffer_add(lines, line.text, line.length);
		buffer_add(lines, "\n", 1);
	}
}

struct buffer
talk_lost(const struct talk *t)
{
	struct buffer lines = {0};
	const struct arrear *arrear;

	if (t->room != NULL)
		add_lost_by_all(t, &lines);
	for (arrear = STAILQ_FIRST(&t->arrears); arrear != NULL; arrear = STAILQ_NEXT(arrear, entry))
		filter_text(arrear->text, arrear->length, SIZE_MAX, &lines);
	return lines;
}

void
talk_describe_lost(const struct talk *t, char *text, size_t size)
{
	struct span unheard = buffer_span(&t->unheard);
	struct party *p;

	*text = '\0';
	for (p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (party_can_lose(p) && *text == '\0')
			party_describe_lost(p, text, size);
	if (t->count == 0)
		talk_describe_amount(t, t->options->raw ? unheard.length : span_count_lines(unheard), text, size);
}
