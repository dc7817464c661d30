#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fatal.h"
#include "base/secluded.h"
#include "text/filter.h"
#include "text/hash.h"
#include "record/history.h"

#define BYTES_MIN ((size_t)1024 * 1024)
#define BLOCK (FILTER_LINE_MAX + 4096) /* room for any line, and for many short ones */
#define BUCKETS_MIN 16
#define NOBODY UINT32_MAX

struct entry {
	time_t when;
	uint32_t end; /* of the line's text, in the block; it starts where the line before ends ... */
	unsigned voice : 8, speaker : 24; /* the speaker's number: there are no more of them than lines */
};

_Static_assert(sizeof(struct entry) <= 16, "what a line costs");

/*
 * Some of the lines, all together in one piece of memory: text from its start on, entries from its end
 * on backwards.  Before the text of one's own line stands where it ends in the stream.
 */
struct block {
	uint64_t first; /* the number of the first line */
	size_t count;
	union {
		char text[BLOCK];
		struct entry entries[BLOCK / sizeof(struct entry)];
	};
};

/* Who says some of the lines that are held, or will say the next.  Each stands once in the table, at its number. */
struct speaker {
	char *label; /* NULL: the number is free */
	size_t lines;
	uint32_t next; /* in the same bucket, or of the numbers that are free; NOBODY: none */
};

struct history {
	size_t max_lines, max_bytes;
	uint64_t start, end;	/* numbers of the oldest line and of the next */
	size_t bytes;		/* of text */
	struct buffer blocks;	/* pointers to them, oldest first; only the last one takes lines */
	struct block *spare;	/* the last one that was given back; NULL: none */
	struct buffer speakers; /* the table */
	uint32_t free;		/* a number in it that is; NOBODY: none */
	size_t held;		/* so many are not */
	uint32_t current;	/* who says the next line */
	uint32_t *buckets;	/* by the labels' hashes: the first in each, or NOBODY */
	size_t bucket_count;	/* a power of 2 */
	uint32_t seed;		/* of the hashes: whoever chooses a name is not to choose the bucket */
};

/* --- Blocks. --- */

static struct block **
all_blocks(const struct history *h)
{
	return (struct block **)(void *)buffer_data(&h->blocks);
}

static size_t
block_count(const struct history *h)
{
	return buffer_length(&h->blocks) / sizeof(struct block *);
}

/* The block that holds the line of that number. */
static struct block *
find_block(const struct history *h, uint64_t number)
{
	struct block **blocks = all_blocks(h);
	size_t low = 0, high = block_count(h); /* it is blocks[low] or between them */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (blocks[middle]->first <= number)
			low = middle;
		else
			high = middle;
	}
	return blocks[low];
}

/* A block's entry of that index, which can be the one that is still to be written. */
static struct entry *
entry_at(struct block *block, size_t index)
{
	return &block->entries[sizeof block->entries / sizeof block->entries[0] - 1 - index];
}

/* Where the text ends that stands before the entry of that index. */
static size_t
end_before(struct block *block, size_t index)
{
	return index == 0 ? 0 : entry_at(block, index - 1)->end;
}

/* The entries need not reach to the very end: where time_t has 32 bits, some bytes are left there. */
static bool
has_room(struct block *block, size_t length)
{
	return end_before(block, block->count) + length + (block->count + 1) * sizeof(struct entry) <=
	       sizeof block->entries;
}

/* Memory for a block. */
static struct block *
get_block(struct history *h)
{
	struct block *block = h->spare;

	h->spare = NULL;
	return block != NULL ? block : secluded_get(sizeof *block);
}

/* Gives it back, or keeps it for the next lines: the kernel takes longer for one than they do. */
static void
free_block(struct history *h, struct block *block)
{
	if (h->spare == NULL)
		h->spare = block;
	else
		secluded_free(block, sizeof *block);
}

/* A block at the end that has room for so many bytes. */
static struct block *
make_room(struct history *h, size_t length)
{
	size_t count = block_count(h);
	struct block *block;

	if (count > 0 && has_room(all_blocks(h)[count - 1], length))
		return all_blocks(h)[count - 1];
	block = get_block(h);
	block->first = h->end;
	block->count = 0;
	buffer_add(&h->blocks, (char *)&block, sizeof(struct block *));
	return block;
}

static struct line
line_of(struct block *block, uint64_t number)
{
	size_t index = (size_t)(number - block->first), start = end_before(block, index);
	const struct entry *e = entry_at(block, index);
	struct line line = {.when = e->when, .voice = (enum voice)e->voice};

	if (line.voice == VOICE_SELF) {
		memcpy(&line.stream_end, block->text + start, sizeof line.stream_end);
		start += sizeof line.stream_end;
	}
	line.text = block->text + start;
	line.length = e->end - start;
	return line;
}

/* --- Who speaks. --- */

static struct speaker *
speaker_at(const struct history *h, uint32_t number)
{
	return (struct speaker *)(void *)buffer_data(&h->speakers) + number;
}

/* The bucket for a label. */
static uint32_t *
bucket_of(const struct history *h, const char *label)
{
	return &h->buckets[hash_text(h->seed, label) & (h->bucket_count - 1)];
}

static void
put_into_bucket(struct history *h, uint32_t number)
{
	struct speaker *speaker = speaker_at(h, number);
	uint32_t *bucket = bucket_of(h, speaker->label);

	speaker->next = *bucket;
	*bucket = number;
}

/* Has as many buckets as there are speakers, or more. */
static void
make_buckets(struct history *h)
{
	size_t count = h->bucket_count == 0 ? BUCKETS_MIN : 2 * h->bucket_count;
	uint32_t numbers = (uint32_t)(buffer_length(&h->speakers) / sizeof(struct speaker));

	if (h->held < h->bucket_count)
		return;
	free(h->buckets);
	if ((h->buckets = reallocarray(NULL, count, sizeof *h->buckets)) == NULL)
		fatal("cannot get memory");
	h->bucket_count = count;
	for (size_t i = 0; i < count; i++)
		h->buckets[i] = NOBODY;
	for (uint32_t number = 0; number < numbers; number++)
		if (speaker_at(h, number)->label != NULL)
			put_into_bucket(h, number);
}

/* The number of who has that label; NOBODY: none has. */
static uint32_t
find_speaker(const struct history *h, const char *label)
{
	uint32_t number = *bucket_of(h, label);

	while (number != NOBODY && strcmp(speaker_at(h, number)->label, label) != 0)
		number = speaker_at(h, number)->next;
	return number;
}

/* Gives somebody a number. */
static uint32_t
add_speaker(struct history *h, const char *label)
{
	struct speaker speaker = {.label = strdup(label)};
	uint32_t number = h->free;

	if (speaker.label == NULL)
		fatal("cannot get memory");
	make_buckets(h);
	if (number == NOBODY) {
		number = (uint32_t)(buffer_length(&h->speakers) / sizeof speaker);
		buffer_add(&h->speakers, (char *)&speaker, sizeof speaker);
	} else {
		h->free = speaker_at(h, number)->next;
		*speaker_at(h, number) = speaker;
	}
	put_into_bucket(h, number);
	h->held++;
	return number;
}

/* Forgets somebody who has said none of the lines that are held, nor will say the next. */
static void
drop_if_silent(struct history *h, uint32_t number)
{
	struct speaker *speaker;
	uint32_t *place;

	if (number == h->current || speaker_at(h, number)->lines > 0)
		return;
	speaker = speaker_at(h, number);
	for (place = bucket_of(h, speaker->label); *place != number; place = &speaker_at(h, *place)->next)
		;
	*place = speaker->next;
	free(speaker->label);
	*speaker = (struct speaker){.next = h->free};
	h->free = number;
	h->held--;
}

struct history *
history_new(size_t max_lines)
{
	struct history *h = malloc(sizeof *h);
	size_t bytes = max_lines * HISTORY_BYTES_PER_LINE;

	if (h == NULL)
		fatal("cannot get memory");
	*h = (struct history){.max_lines = max_lines,
			      .max_bytes = bytes < BYTES_MIN ? BYTES_MIN : bytes,
			      .free = NOBODY,
			      .seed = arc4random()};
	h->current = add_speaker(h, "");
	return h;
}

void
history_set_speaker(struct history *h, const char *label)
{
	uint32_t before = h->current;

	if (strcmp(speaker_at(h, before)->label, label) == 0)
		return;
	if ((h->current = find_speaker(h, label)) == NOBODY)
		h->current = add_speaker(h, label);
	drop_if_silent(h, before);
}

/* --- Lines. --- */

/* Forgets the oldest line, and gives its block back if it was the last one there. */
static void
drop_oldest(struct history *h)
{
	struct block *oldest = all_blocks(h)[0];
	struct line line = line_of(oldest, h->start);
	uint32_t speaker = entry_at(oldest, (size_t)(h->start - oldest->first))->speaker;

	h->bytes -= line.length;
	h->start++;
	if (line.voice == VOICE_PEER) {
		speaker_at(h, speaker)->lines--;
		drop_if_silent(h, speaker);
	}
	if (h->start < oldest->first + oldest->count)
		return;
	buffer_drop(&h->blocks, sizeof(struct block *));
	free_block(h, oldest);
}

void
history_add(struct history *h, enum voice voice, time_t when, const char *text, size_t length,
	    uint64_t stream_end)
{
	size_t prefix = voice == VOICE_SELF ? sizeof stream_end : 0, end;
	struct block *block;

	if (length > FILTER_LINE_MAX)
		length = FILTER_LINE_MAX;

	while (h->start < h->end &&
	       (h->end - h->start == h->max_lines || h->bytes + length > h->max_bytes))
		drop_oldest(h);
	block = make_room(h, prefix + length);
	end = end_before(block, block->count);
	memcpy(block->text + end, &stream_end, prefix);
	memcpy(block->text + end + prefix, text, length);
	*entry_at(block, block->count++) = (struct entry){.when = when,
							  .end = (uint32_t)(end + prefix + length),
							  .voice = (unsigned char)voice,
							  .speaker = h->current & 0xFFFFFF};
	if (voice == VOICE_PEER)
		speaker_at(h, h->current)->lines++;
	h->bytes += length;
	h->end++;
}

uint64_t
history_start(const struct history *h)
{
	return h->start;
}

uint64_t
history_end(const struct history *h)
{
	return h->end;
}

struct line
history_line(const struct history *h, uint64_t number)
{
	struct block *block = find_block(h, number);
	struct line line = line_of(block, number);

	if (line.voice == VOICE_PEER)
		line.speaker = speaker_at(h, entry_at(block, (size_t)(number - block->first))->speaker)->label;
	return line;
}

void
history_settle(struct history *h, uint64_t number, uint64_t fate)
{
	struct block *block = find_block(h, number);

	memcpy(block->text + end_before(block, (size_t)(number - block->first)), &fate, sizeof fate);
}

void
history_free(struct history *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < block_count(h); i++)
		secluded_free(all_blocks(h)[i], sizeof(struct block));
	if (h->spare != NULL)
		secluded_free(h->spare, sizeof *h->spare);
	buffer_free(&h->blocks);
	for (uint32_t number = 0; number < buffer_length(&h->speakers) / sizeof(struct speaker); number++)
		free(speaker_at(h, number)->label);
	buffer_free(&h->speakers);
	free(h->buckets);
	free(h);
}
