#include <config.h>

#include "talk/stream.h"

#define TOGETHER_MAX 65536 /* given at once */

static const struct stream_run *
run_number(const struct stream *s, uint64_t number)
{
	const struct stream_run *runs = (const void *)buffer_data(&s->runs); /* as malloc(3) aligns */

	return &runs[number - s->first_run];
}

/* The number of the run after the last. */
static uint64_t
end_of_runs(const struct stream *s)
{
	return s->first_run + buffer_length(&s->runs) / sizeof(struct stream_run);
}

void
stream_add(struct stream *s, unsigned author, struct span lines)
{
	struct stream_run run = {.author = author};
	bool goes_on;

	if (lines.length == 0)
		return;
	goes_on = buffer_length(&s->runs) > 0 && run_number(s, end_of_runs(s) - 1)->author == author;
	buffer_add(&s->text, lines.text, lines.length);
	s->end += lines.length;
	run.end = s->end;
	if (goes_on)
		buffer_cut(&s->runs, buffer_length(&s->runs) - sizeof run);
	buffer_add(&s->runs, (const char *)&run, sizeof run);
}

void
stream_trim(struct stream *s, uint64_t place)
{
	if (place <= s->start)
		return;
	buffer_drop(&s->text, (size_t)(place - s->start));
	s->start = place;
	/* The last one can go on. */
	while (end_of_runs(s) - s->first_run > 1 && run_number(s, s->first_run)->end <= place) {
		buffer_drop(&s->runs, sizeof(struct stream_run));
		s->first_run++;
	}
}

void
stream_free(struct stream *s)
{
	buffer_free(&s->text);
	buffer_free(&s->runs);
}

/* The text from one place to another, both of which are held. */
static struct span
text_between(const struct stream *s, uint64_t from, uint64_t to)
{
	if (from == to)
		return (struct span){NULL, 0};
	return (struct span){buffer_data(&s->text) + (from - s->start), (size_t)(to - from)};
}

void
reader_begin(struct reader *r, struct stream *s, unsigned id)
{
	uint64_t runs = end_of_runs(s);

	*r = (struct reader){.stream = s, .id = id, .next = s->end};
	r->run = runs > s->first_run ? runs - 1 : runs; /* the last one can go on */
}

void
reader_add_aside(struct reader *r, struct span lines)
{
	buffer_add(&r->aside, lines.text, lines.length);
}

/* Goes on to what is not its own: to the end if all that follows is. */
static void
skip_own(struct reader *r)
{
	const struct stream *s = r->stream;

	if (r->run < s->first_run) /* it has long had all of that */
		r->run = s->first_run;
	for (; r->run < end_of_runs(s); r->run++) {
		const struct stream_run *run = run_number(s, r->run);

		if (run->author == r->id)
			r->next = run->end;
		if (r->next < run->end || run->end == s->end) /* that one can go on */
			break;
	}
}

/* Where that ends which it can be given at once: there, it or the text comes to its own. */
static uint64_t
end_of_piece(const struct reader *r)
{
	const struct stream *s = r->stream;
	uint64_t end = r->next;

	for (uint64_t n = r->run; n < end_of_runs(s) && end - r->next < TOGETHER_MAX; n++) {
		const struct stream_run *run = run_number(s, n);

		if (run->author == r->id)
			break;
		end = run->end;
	}
	return end;
}

struct span
reader_next(struct reader *r)
{
	bool waits = buffer_length(&r->aside) > 0;
	struct span piece;

	if (waits && !r->amid)
		return buffer_span(&r->aside);
	skip_own(r);
	piece = text_between(r->stream, r->next, end_of_piece(r));
	return waits ? span_line(&piece) : piece;
}

/* Notes that so many bytes are on their way, with the last of which it has come to its place. */
static void
add_leg(struct reader *r, size_t length, bool aside)
{
	struct reader_leg leg = {.given = r->given, .place = r->next, .aside = aside}, *last;
	size_t count = buffer_length(&r->legs);

	last = count > 0 ? (struct reader_leg *)(void *)(buffer_data(&r->legs) + count - sizeof leg) : NULL;
	if (last != NULL && last->aside == aside && (aside ? last->place == r->next : last->place + length == r->next))
		*last = leg;
	else
		buffer_add(&r->legs, (const char *)&leg, sizeof leg);
}

void
reader_take(struct reader *r, size_t length)
{
	bool aside = !r->amid && buffer_length(&r->aside) > 0;

	if (length == 0)
		return;
	r->given += length;
	if (aside) {
		buffer_drop(&r->aside, length);
	} else {
		r->next += length;
		r->amid = buffer_data(&r->stream->text)[r->next - 1 - r->stream->start] != '\n';
	}
	add_leg(r, length, aside);
}

uint64_t
reader_place(struct reader *r, uint64_t arrived)
{
	const struct reader_leg *leg;

	for (; buffer_length(&r->legs) > 0; buffer_drop(&r->legs, sizeof *leg)) {
		leg = (const void *)buffer_data(&r->legs);
		if (leg->given > arrived)
			return leg->aside ? leg->place : leg->place - (leg->given - arrived);
	}
	skip_own(r);
	return r->next;
}

size_t
reader_count_lines(const struct reader *r, uint64_t place, uint64_t end)
{
	const struct stream *s = r->stream;
	uint64_t from = place > s->start ? place : s->start;
	size_t count = 0;

	for (uint64_t n = s->first_run; n < end_of_runs(s) && from < end; n++) {
		const struct stream_run *run = run_number(s, n);
		uint64_t to = run->end < end ? run->end : end;

		if (to <= from)
			continue;
		if (run->author != r->id)
			count += span_count_lines(text_between(s, from, to));
		from = to;
	}
	return count;
}

void
reader_free(struct reader *r)
{
	buffer_free(&r->aside);
	buffer_free(&r->legs);
}
