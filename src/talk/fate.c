#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/bilingual.h"
#include "talk/inside.h"

/* The oldest line of the conversation that the history holds. */
static uint64_t
first_line(const struct party *p)
{
	const struct history *history = p->talk->record.history;

	return history != NULL && p->first_line < history_start(history) ? history_start(history) : p->first_line;
}

/* Whether it has shown nothing of what it was sent, whatever has arrived: it says so, and has said nothing else. */
static bool
has_shown_nothing(const struct party *p)
{
	const struct ending *ending = &p->link.ending;

	return ending_is_refusal(ending) && (ending->how != ENDING_TLS || !p->has_spoken);
}

/*
 * Whether nobody knows if what was said after its last word was seen.  Its machine has it; but if the connection
 * broke, the program there need not have read it, and a machine in between may have stood in for its own.  One
 * that leaves in order has read all, unless somebody in between, who found nobody behind, has left: who has never
 * said a word may be such a one.  A goodbye that is encrypted is its own.
 */
static bool
is_doubted(const struct party *p)
{
	switch (p->link.ending.how) {
	case ENDING_BROKEN:
	case ENDING_CUT:
	case ENDING_TLS:
		return true;
	case ENDING_LEFT:
		if (p->peer.via) /* of the command that makes the connection nothing is known */
			return p->left_first;
		return p->left_first && !p->has_spoken && p->link.tls == NULL;
	case ENDING_NONE:
	case ENDING_UNHEARD:
	case ENDING_IS_TLS:
	case ENDING_BUSY:
	case ENDING_OUTPUT:
	case ENDING_KILLED:
		break;
	}
	return false;
}

/* Of a group: whether another one has got a line that ends there, or still can: who has come later cannot. */
static bool
others_get(const struct party *p, uint64_t stream_end)
{
	for (const struct party *q = talk_next(p->talk, NULL); q != NULL; q = talk_next(p->talk, q))
		if (q != p && party_can_lose(q) && q->joined < stream_end)
			return true;
	return false;
}

/* Notes in the log one of one's own lines that was not delivered, as safe text. */
static void
log_lost(struct talk *t, const char *text, size_t length)
{
	struct buffer noted = {0};

	buffer_add(&noted, "not delivered: ", strlen("not delivered: "));
	buffer_add(&noted, text, length);
	log_line(t->record.log, VOICE_NOTICE, buffer_data(&noted), buffer_length(&noted));
	buffer_free(&noted);
}

/* ... what one has not got the others have; the last one takes what nobody has. */
static void
settle_last(struct party *p)
{
	struct history *history = p->talk->record.history;

	if (history == NULL || p->member.place == p->talk->stream) /* it has all */
		return;
	for (uint64_t n = first_line(p); n < history_end(history); n++) {
		struct line line = history_line(history, n);

		if (line.voice != VOICE_SELF || line.stream_end <= p->member.place ||
		    line.stream_end >= STREAM_DOUBTED || others_get(p, line.stream_end))
			continue;
		history_settle(history, n, STREAM_LOST);
		log_lost(p->talk, line.text, line.length);
	}
}

void
party_settle(struct party *p)
{
	struct history *history = p->talk->record.history;
	uint64_t here = p->joined + (has_shown_nothing(p) ? 0 : p->delivery.arrived);
	uint64_t sure = is_doubted(p) ? p->joined + p->answered : here;
	uint64_t everywhere = p->peer.via ? here : talk_arrived(p->talk);
	size_t doubted = 0;
	char text[BILINGUAL_LINE];

	if (p->talk->room != NULL) {
		settle_last(p);
		return;
	}
	for (uint64_t n = first_line(p); history != NULL && n < history_end(history); n++) {
		struct line line = history_line(history, n);

		if (line.voice != VOICE_SELF || line.stream_end == STREAM_DELIVERED ||
		    line.stream_end >= STREAM_DOUBTED)
			continue;
		if (line.stream_end > here)
			history_settle(history, n, STREAM_LOST);
		else if (line.stream_end <= everywhere)
			history_settle(history, n, line.stream_end <= sure ? STREAM_DELIVERED : STREAM_DOUBTED);
		doubted += history_line(history, n).stream_end == STREAM_DOUBTED;
	}
	if (doubted == 0)
		return;
	bilingual_print_count(text, sizeof text, "%zu line may not have been seen: nothing was heard after it",
			      "%zu lines may not have been seen: nothing was heard after them", doubted, doubted);
	party_announce(p);
	party_say(p, ending_is_orderly(&p->link.ending) ? VOICE_NOTICE : VOICE_ALARM, text);
}

/*
 * What was not delivered, as safe text: what has not arrived; but where nothing was shown all of it, as far as it is
 * kept.
 */
static struct buffer
lost_lines(const struct party *p)
{
	struct span lost = has_shown_nothing(p) ? buffer_span(&p->kept) : link_undelivered(&p->link);
	struct buffer lines = {0};

	filter_text(lost.text, lost.length, SIZE_MAX, &lines);
	return lines;
}

static size_t
count_lost(const struct party *p)
{
	struct buffer lines;
	size_t count;

	if (p->talk->room != NULL)
		return relay_count_undelivered(p);
	if (p->talk->options->raw)
		return link_undelivered_bytes(&p->link);
	if (p->talk->options->ear != EAR_PIPE)
		return span_count_lines(link_undelivered(&p->link));
	lines = lost_lines(p);
	count = span_count_lines(buffer_span(&lines)) + (has_shown_nothing(p) ? p->forgotten : 0);
	buffer_free(&lines);
	return count;
}

void
talk_describe_amount(const struct talk *t, size_t lost, char *text, size_t size)
{
	*text = '\0';
	if (lost > 0 && t->options->raw)
		bilingual_print_count(text, size, "%zu byte was not delivered", "%zu bytes were not delivered", lost,
				      lost);
	else if (lost > 0)
		bilingual_print_count(text, size, "%zu line was not delivered", "%zu lines were not delivered", lost,
				      lost);
}

void
party_describe_lost(const struct party *p, char *text, size_t size)
{
	size_t lost = count_lost(p);

	if (p->talk->room != NULL && lost > 0)
		bilingual_print_count(text, size, "%zu line was not delivered to %s",
				      "%zu lines were not delivered to %s", lost, lost, p->peer.name);
	else
		talk_describe_amount(p->talk, lost, text, size);
}

/* Keeps what was not delivered for when it is there again. */
static void
keep_lost(struct party *p)
{
	struct talk *t = p->talk;
	char text[256];
	size_t dropped;

	if (!has_shown_nothing(p))
		party_forget_kept(p, p->delivery.arrived);
	dropped = arrears_add(&t->arrears, &p->whom, buffer_span(&p->kept), time(NULL));
	buffer_free(&p->kept);
	bilingual_print_count(text, sizeof text, "too much was lost since: %zu older line cannot be sent again",
			      "too much was lost since: %zu older lines cannot be sent again", dropped, dropped);
	if (dropped > 0)
		talk_notice(t, VOICE_ALARM, "%s", text);
}

void
party_note_lost(struct party *p)
{
	struct talk *t = p->talk;
	struct buffer safe = t->options->ear == EAR_PIPE ? lost_lines(p) : (struct buffer){0};
	struct span lost, line;

	if (t->room != NULL) /* the others have them, but for what party_settle has noted */
		return;
	for (lost = buffer_span(&safe); (line = span_line(&lost)).length > 0;)
		log_lost(t, line.text, line.length - span_is_complete(line));
	buffer_free(&safe);
	keep_lost(p); /* last, as there may be no memory for it */
}
