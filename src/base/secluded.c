#include <config.h>

#include <sys/mman.h>

#include "base/fatal.h"
#include "base/secluded.h"

void *
secluded_get(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fatal("cannot get %zu bytes of memory", size);
#if defined(MADV_DONTFORK)
	(void)madvise(memory, size, MADV_DONTFORK);
#endif
	return memory;
}

void
secluded_free(void *memory, size_t size)
{
	munmap(memory, size);
}
