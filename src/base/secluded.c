#include <config.h>

#include <sys/mman.h>

#include <stdbool.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/secluded.h"

static _Noreturn void
lack(size_t size)
{
	fatal("cannot get %zu bytes of memory", size);
}

#if defined(MADV_DONTFORK) && !defined(SANITIZED)

#define SLAB ((size_t)64 * 1024) /* small pieces are cut from one; others have pages of their own */
#define SMALLEST ((size_t)256)
enum { SIZES = 5 }; /* SMALLEST, and twice, four times ... as much, up to LARGEST */
#define LARGEST (SMALLEST << (SIZES - 1))

/* A piece that was given back. */
struct idle {
	struct idle *next;
};

static struct idle *idle[SIZES]; /* of each size, the last one first */
static char *slab;		 /* what has not been cut from it */
static size_t slab_left;
static bool in_child;

static void *
map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		lack(size);
	if (!in_child) /* it has nobody to hide anything from, and may not ask for that */
		(void)madvise(memory, size, MADV_DONTFORK);
	return memory;
}

/* Which of the sizes that is, of less than a slab. */
static int
size_number(size_t size)
{
	int number = 0;

	while (SMALLEST << number < size)
		number++;
	return number;
}

/* What is left of the slab before was never touched, so it costs nothing. */
static void *
cut(size_t size)
{
	char *piece;

	if (slab_left < size) {
		slab_left = in_child ? LARGEST : SLAB; /* a child may have little memory left */
		slab = map(slab_left);
	}
	piece = slab;
	slab += size;
	slab_left -= size;
	return piece;
}

void *
secluded_get(size_t size)
{
	int number;
	struct idle *piece;

	if (size > LARGEST)
		return map(size);
	number = size_number(size);
	if ((piece = idle[number]) == NULL)
		return cut(SMALLEST << number);
	idle[number] = piece->next;
	return piece;
}

void
secluded_free(void *memory, size_t size)
{
	struct idle *piece = memory;
	int number;

	if (memory == NULL)
		return;
	if (size > LARGEST) {
		munmap(memory, size);
		return;
	}
	number = size_number(size);
	piece->next = idle[number];
	idle[number] = piece;
}

void
secluded_forget(void)
{
	for (int i = 0; i < SIZES; i++)
		idle[i] = NULL;
	slab_left = 0;
	in_child = true;
}

#else /* the sanitizers are to see each piece */

void *
secluded_get(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		lack(size);
	return memory;
}

void
secluded_free(void *memory, size_t size)
{
	(void)size;
	free(memory);
}

void
secluded_forget(void)
{
}

#endif
